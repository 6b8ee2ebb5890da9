"""The sketch language: everybody's examples rest on it, so it may not misread one silently."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import uuid

import jwt
import pytest

from ectgraph import loader
from ectgraph.keys import KeyRing
from ectgraph.model import Token, Trust
from ectgraph.policy import Policy
from ectgraph.testing import (
    EPOCH,
    FAULTS,
    LIFETIME,
    Draft,
    compact_json,
    jwks,
    ledger_file,
    private_key,
    seal,
    sign,
    sketch,
    task_id,
    token,
)


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
    assert second.token.aud == ("spiffe://example.com/ledger",)
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


# Faults


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_spoils_the_token_and_always_in_the_same_way(fault: str):
    (good,) = sketch("b@5<a").records
    (bad,) = sketch(f"b@5<a !{fault}").records

    assert bad != good
    assert sketch(f"b@5<a !{fault}").records == (bad,)


FACTS = {
    "oversized": ("oversized-record", "record"),
    "padded": ("bad-encoding", "signature"),
    "trailing-bits": ("bad-encoding", "signature"),
    "nan": ("bad-json", "payload"),
    "cut": ("bad-json", "payload"),
    "nested": ("bad-json", "payload"),
    "twice": ("duplicate-member", "payload"),
    "crit": ("unknown-critical", "crit"),
    "iat-string": ("ill-typed-claim", "iat"),
    "iat-true": ("ill-typed-claim", "iat"),
    "two-lists": ("two-parent-lists", "par"),
    "flipped": ("bad-signature", "signature"),
    "short": ("bad-signature", "signature"),
    "stranger": ("bad-signature", "signature"),
    "unsigned": ("below-minimum-level", "signature"),
    "no-exp": ("missing-claim", "exp"),
}


@pytest.mark.parametrize("fault", FACTS)
def test_a_fault_is_one_fault(fault: str):
    (entry,) = sketch(f"b@5<a !{fault}").ledger()

    assert [(problem.kind, problem.where) for problem in entry.problems] == [FACTS[fault]]


def test_an_extension_can_be_too_large_and_all_else_right():
    for draft, severity in (("00", None), ("01", "error")):
        (entry,) = sketch(f"b@5<a draft={draft} !ext-large").ledger()

        assert entry.problems == ()
        assert [(code, hit.severity) for code, hit in entry.hits] == [("ECT115", severity)]


def test_every_fault_is_known_here():
    assert set(FACTS) == {*FAULTS, "no-exp"} - {"ext-large"}


@pytest.mark.parametrize(
    ("fault", "detail"),
    [
        ("short", "63 bytes"),
        ("iat-true", "true"),
        ("iat-string", '"1771943005"'),
        ("trailing-bits", "trailing bits"),
        ("nan", "NaN"),
        ("nested", "deeper than 64"),
        ("twice", "exec_act"),
        ("crit", "b64"),
        ("flipped", "agent-a"),
        ("two-lists", "par names 1 tasks, pred 0"),
    ],
)
def test_a_fault_is_the_one_that_its_name_says(fault: str, detail: str):
    (entry,) = sketch(f"b@5<a !{fault}").ledger()

    assert detail in entry.problems[0].detail


def test_a_draft_can_be_sealed_with_another_payload():
    draft = Draft({"alg": "ES256", "kid": "a"}, {"jti": "x"}, "a")

    assert draft.seal() == seal(b'{"alg":"ES256","kid":"a"}', b'{"jti":"x"}', "a")
    assert draft.seal(b"{}") == seal(b'{"alg":"ES256","kid":"a"}', b"{}", "a")


# Keys, signatures, files


def test_a_token_is_one_that_others_accept():
    (compact,) = sketch("a@0").records
    key = jwt.PyJWK(jwks("agent-a")["keys"][0])

    claims = jwt.decode(
        compact,
        key,
        algorithms=["ES256"],
        audience="spiffe://example.com/ledger",
        options={"verify_exp": False, "verify_iat": False},
    )

    assert claims["jti"] == task_id("a")


def test_a_token_signed_by_hand_verifies():
    compact = token({"jti": "x", "exec_act": "é"}, "agent-q")
    (entry,) = loader.load_bytes(compact, KeyRing.from_jwks(jwks("agent-q")))

    assert entry.trust is Trust.VERIFIED
    assert entry.token.exec_act == "é"


@pytest.mark.parametrize(
    ("claims", "typ"), [({"par": []}, "wimse-exec+jwt"), ({"pred": []}, "exec+jwt")]
)
def test_a_token_has_the_typ_of_its_dialect(claims: dict[str, list[str]], typ: str):
    (entry,) = loader.load_bytes(token({"jti": "x", **claims}, "a"))

    assert entry.token.typ == typ


def test_a_header_can_be_replaced():
    (entry,) = loader.load_bytes(token({"jti": "x"}, "a", {"alg": "none"}))

    assert (entry.token.alg, entry.token.typ, entry.token.kid) == ("none", None, None)


def test_signatures_and_keys_are_functions_of_their_arguments():
    assert sign(b"x", "a") == sign(b"x", "a")
    assert len(sign(b"x", "a")) == 64
    assert sign(b"x", "a") != sign(b"x", "b")
    numbers = {private_key(name).private_numbers().private_value for name in "abc"}
    assert len(numbers) == 3


def test_the_public_keys_hold_nothing_private():
    assert [set(key) for key in jwks("a", "b")["keys"]] == [
        {"kty", "crv", "use", "alg", "kid", "x", "y"}
    ] * 2


def test_ids_are_uuids():
    assert str(uuid.UUID(task_id("a"))) == task_id("a")


def test_compact_json_has_no_spaces_and_keeps_characters():
    assert compact_json({"a": [1, "é"]}) == '{"a":[1,"é"]}'.encode()


def test_a_sketch_is_the_same_bytes_in_another_process():
    text = "a@0; b@5<a by=agent-b; c@6 !flipped; 'x'"
    script = f"from ectgraph.testing import sketch; print(sketch({text!r}).data.hex())"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)

    assert bytes.fromhex(done.stdout.decode()) == sketch(text).data


def test_a_ledger_file_is_a_hash_chain_over_its_lines():
    tokens = sketch("a@0; b@5<a; 'junk'").records
    data = ledger_file(tokens, [EPOCH, EPOCH + 5, EPOCH + 6])

    lines = data.splitlines(keepends=True)
    entries = [json.loads(line) for line in lines]
    hashes = [hashlib.sha256(line.rstrip(b"\n")).hexdigest() for line in lines]
    assert [list(entry) for entry in entries] == [
        ["seq", "recorded_at", "jti", "prev_hash", "ect"]
    ] * 3
    assert [entry["seq"] for entry in entries] == [1, 2, 3]
    assert [entry["prev_hash"] for entry in entries] == ["", *hashes[:-1]]
    assert [entry["ect"].encode() for entry in entries] == list(tokens)
    assert [entry["jti"] for entry in entries] == [task_id("a"), task_id("b"), ""]
    assert entries[0]["recorded_at"] == "2026-02-24T14:23:20.000Z"
    assert all(re.fullmatch(r"[\d-]{10}T[\d:]{8}\.000Z", e["recorded_at"]) for e in entries)
    assert b" " not in data


def test_a_ledger_file_loads_with_what_its_wrapper_says():
    tokens = sketch("a@0; b@5<a").records
    first, second = loader.load_bytes(ledger_file(tokens, [EPOCH, EPOCH + 5]))

    assert (first.seq, second.seq) == (1, 2)
    assert first.prev_hash == ""
    assert second.prev_hash == hashlib.sha256(first.record.body).hexdigest()


def test_a_ledger_file_wants_a_time_for_each_token():
    with pytest.raises(ValueError, match="shorter"):
        ledger_file(sketch("a@0; b@5<a").records, [EPOCH])


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
        ("!no-keys; !bound; !broken-rule", Policy()),
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
