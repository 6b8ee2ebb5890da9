"""The sketch language: everybody's examples rest on it, so it may not misread one silently."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ectgraph.model import Token, Trust
from ectgraph.policy import Policy
from ectgraph.testing import AGENTS, EPOCH, FAULTS, FORMS, LIFETIME, sketch, task_id

LEDGER = "spiffe://example.com/ledger"


def only_token(text: str) -> Token:
    (entry,) = sketch(text).ledger()
    assert entry.token is not None
    return entry.token


# What a line of text says


def test_a_task_has_its_name_its_time_and_its_parents():
    _, second = sketch("a@0; b@5<a,z").ledger()

    assert second.trust is Trust.VERIFIED
    assert second.token.jti == task_id("b")
    assert second.token.parents == (task_id("a"), task_id("z"))
    assert (second.token.iat, second.token.exp) == (EPOCH + 5, EPOCH + 5 + LIFETIME)
    assert second.token.exec_act == "b"
    assert second.token.wid == task_id("workflow")
    assert second.token.iss == "spiffe://example.com/agent/agent-a"
    assert second.token.aud == (LEDGER,)
    assert (second.token.alg, second.token.typ, second.token.kid) == (
        "ES256",
        "wimse-exec+jwt",
        "agent-a",
    )


@pytest.mark.parametrize(
    ("option", "attribute", "value"),
    [
        ("by=agent-b", "iss", "spiffe://example.com/agent/agent-b"),
        ("by=agent-b", "kid", "agent-b"),
        ("act=review", "exec_act", "review"),
        ("wid=other", "wid", task_id("other")),
        ("wid=", "wid", None),
        ("iss=urn:x", "iss", "urn:x"),
        ("iss=", "iss", None),
        ("aud=urn:y", "aud", ("urn:y",)),
        ("aud=", "aud", ()),
        ("jti=x", "jti", "x"),
        ("jti=", "jti", None),
        ("act=", "exec_act", None),
        ("typ=JWT", "typ", "JWT"),
        ("typ=", "typ", None),
        ("alg=none", "alg", "none"),
        ("kid=", "kid", None),
        ("draft=01", "draft", "01"),
        ("draft=01", "typ", "exec+jwt"),
        ("draft=00", "draft", "00"),
        ("!no-exp", "exp", None),
        ("!unsigned", "level", "L1"),
        ("!iat-string", "iat", None),
    ],
)
def test_an_option_changes_what_it_says(option: str, attribute: str, value):
    assert getattr(only_token(f"a@0 {option}"), attribute) == value


@pytest.mark.parametrize(
    ("text", "iat"), [("a", 0), ("a@7", 7), ("a@-7", -7), ("a@0.5", 0.5), ("a@1000000", 1_000_000)]
)
def test_seconds_count_from_the_epoch_of_sketches(text: str, iat: float):
    found = only_token(text).iat

    assert found == EPOCH + iat
    assert type(found) is type(iat)


def test_an_agent_of_a_sketch_has_its_key_in_the_ring():
    drawn = sketch("a@0 by=agent-c; b@5<a")

    assert [key.kid for key in drawn.ring.keys] == ["agent-a", "agent-c"]
    assert {entry.trust for entry in drawn.ledger()} == {Trust.VERIFIED}


def test_text_in_quotes_is_a_record_as_it_stands():
    assert sketch("'hello ledger'; a@0").records[0] == b"hello ledger"


def test_switches_set_keys_policy_and_rules():
    assert sketch("a@0; !no-keys").ring is None
    assert [bad.kid for bad in sketch("a@0; !bad-key").ring.bad] == ["secret"]
    assert sketch("a@0; !skew=5; !max_depth=3").policy == Policy(skew=5, max_depth=3)
    assert "ECT999" in sketch("a@0; !broken-rule").rules
    assert "ECT999" not in sketch("a@0").rules


def test_records_lie_in_the_file_a_line_each():
    drawn = sketch("a@0; b@5<a")

    assert drawn.data == drawn.records[0] + b"\n" + drawn.records[1] + b"\n"
    assert sketch(" ; ; ").data == b""


@pytest.mark.parametrize(
    "text",
    [
        "<a",
        "a@",
        "a@soon",
        "a@1.2.3",
        "a@0 !wrong",
        "a@0 !flipped !short",
        "a@0 !high-s !low-s",
        "a@0 !flipped !low-s",
        "a@0 flipped",
        "a@0 atc=review",
        "a@0 draft=02",
        "a@0; !no-key",
        "a@0; !max_depht=3",
        "a@0; !max_depth=deep",
    ],
)
def test_what_is_no_sketch_is_refused_and_not_guessed(text: str, refusal):
    assert refusal(sketch, text)


def test_a_sketch_is_the_same_bytes_in_another_process():
    text = "a@0; b@5<a by=agent-b; c@6 !flipped; 'x'"
    script = f"from ectgraph.testing import sketch; print(sketch({text!r}).data.hex())"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)

    assert bytes.fromhex(done.stdout.decode()) == sketch(text).data


# Whom a task is addressed to


@pytest.mark.parametrize(
    ("text", "audience"),
    [
        ("a@0", []),
        ("a@0; b@5<a; c@6<a", []),
        ("a@0; b@5<a by=x", ["x"]),
        ("b@5<a by=x; a@0", ["x"]),
        ("a@0; b@5<a by=y; c@5<a by=x; d@5<a by=y; e@5<a", ["y", "x"]),
        ("a@0 by=x; b@5<a by=x; c@5<a", ["agent-a"]),
        ("a@0; b@5<a; c@6<b by=x", []),
        ("a@0; b@5<a by=x iss=", []),
        ("a@0; b@5<a by=x iss=spiffe://example.com/agent/agent-a", []),
        ("a@0; b@5<a iss=spiffe://example.com/agent/x", ["x"]),
        ("a@0 jti=z; b@5<a by=x", []),
        ("a@0; b@5<a by=x !cut; c@9<a by=y wid=other draft=01", ["x", "y"]),
    ],
)
def test_a_task_is_addressed_to_a_ledger_and_to_the_other_agents_that_build_on_it(text, audience):
    (aud,) = (e.token.aud for e in sketch(text).ledger() if e.token and e.token.exec_act == "a")

    assert aud == (LEDGER, *(AGENTS + name for name in audience))


@pytest.mark.parametrize(("stated", "aud"), [("urn:x", ("urn:x",)), ("", ())])
def test_an_audience_that_is_stated_is_the_one(stated: str, aud: tuple[str, ...]):
    first, _ = sketch(f"a@0 aud={stated}; b@5<a by=x").ledger()

    assert first.token.aud == aud


# The form of signatures


def test_all_tokens_without_a_fault_can_be_signed_in_the_low_form():
    names = "abcdefgh"
    text = "; ".join(f"{name}@0 by=agent-{name}" for name in names)
    low = "; ".join(f"{name}@0 by=agent-{name} !low-s" for name in names)

    assert sketch(f"{text}; !low-s").records == sketch(low).records != sketch(text).records


@pytest.mark.parametrize("fault", [*FAULTS, *FORMS, "no-exp"])
def test_what_a_fault_says_is_done_whatever_the_form_of_the_others(fault: str):
    assert sketch(f"b@5<a !{fault}; !low-s").records == sketch(f"b@5<a !{fault}").records


# Options that make claims which are usually not there


@pytest.mark.parametrize("draft", ["00", "01"])
@pytest.mark.parametrize(
    ("option", "attribute", "value"),
    [
        ("sub=urn:x", "sub", "urn:x"),
        ("sub=", "sub", None),
        ("pol=p pol_decision=approved", "pol", "p"),
        ("pol=p pol_decision=approved", "pol_decision", "approved"),
        ("inp_hash=abc", "inp_hash", "abc"),
        ("out_hash=sha-256:abc", "out_hash", "sha-256:abc"),
        ('ext={"a":[1,true]}', "ext", {"a": [1, True]}),
        ("life=7", "exp", EPOCH + 7),
        ("life=-7", "exp", EPOCH - 7),
    ],
)
def test_an_option_adds_a_claim_in_the_place_of_its_draft(option, attribute, value, draft):
    made = only_token(f"a@0 draft={draft} {option}")

    assert getattr(made, attribute) == value
    assert made.draft == "01" if draft == "01" else made.draft != "01"


def test_the_policy_of_draft_01_lies_in_its_extension_next_to_what_else_is_there():
    ext = only_token('a@0 draft=01 pol=p pol_decision=rejected ext={"note":1}').ext

    assert ext == {"note": 1, "pol": "p", "pol_decision": "rejected"}
    assert only_token('a@0 pol=p pol_decision=rejected ext={"note":1}').ext == {"note": 1}


def test_a_task_without_such_options_has_no_extension_and_no_policy():
    made = only_token("a@0")

    assert (made.ext, made.pol, made.pol_decision, made.sub) == (None, None, None, None)
    assert (made.inp_hash, made.out_hash) == (None, None)


def test_keys_can_be_bound_and_revoked():
    bound = sketch("a@0; b@5<a by=agent-b; !bound; !revoked=60").ring.keys
    free = sketch("a@0").ring.keys

    assert [(key.iss, key.revoked_at) for key in bound] == [
        ("spiffe://example.com/agent/agent-a", EPOCH + 60),
        ("spiffe://example.com/agent/agent-b", EPOCH + 60),
    ]
    assert [(key.iss, key.revoked_at) for key in free] == [(None, None)]


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("!at=5", Policy(at=EPOCH + 5)),
        ("!at=-5", Policy(at=EPOCH - 5)),
        ("!at=0.5", Policy(at=EPOCH + 0.5)),
        ("!audience=gate", Policy(audience="gate")),
        ("!minimum_level=L1", Policy(minimum_level="L1")),
        ("!cross_workflow=true", Policy(cross_workflow=True)),
        ("!review_by_decision=false; !max_age=0", Policy(review_by_decision=False, max_age=0)),
        ("!max_children=3", Policy(max_children=3)),
        ("!max_children=null", Policy()),
        ("!low_s=true; !disjoint_workflows=true", Policy(low_s=True, disjoint_workflows=True)),
        ("!no-keys; !bound; !broken-rule; !low-s", Policy()),
    ],
)
def test_a_choice_of_the_policy_is_made_as_its_type_wants(text: str, policy: Policy):
    assert sketch(f"a@0; {text}").policy == policy


@pytest.mark.parametrize(
    "text",
    [
        "a@0; !at=soon",
        "a@0; !at",
        "a@0; !minimum_level=L3",
        "a@0; !cross_workflow=perhaps",
        "a@0; !severities=error",
        "a@0; !max_parents=1.5",
        "a@0; !binding",
        "a@0 sub",
        "a@0 pol_enforcer=x",
    ],
)
def test_a_choice_that_there_is_not_is_refused(text: str, refusal):
    assert refusal(sketch, text)


@pytest.mark.parametrize(
    "text",
    [
        "a@0; !revoked=soon",
        "a@0; !revoked",
        "a@0; !revoked=1.5",
        "a@0 life=long",
        "a@0 life=",
        "a@0 ext={",
        "a@0 ext=",
        "a@0 ext=[]",
        "a@0 ext=5 draft=01",
    ],
)
def test_a_number_or_an_extension_that_is_none_is_refused(text: str, refusal):
    assert refusal(sketch, text)
