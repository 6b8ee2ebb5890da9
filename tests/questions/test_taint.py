"""What a lost key, agent or task spoils, and what a revocation would change, in words and rows."""

from __future__ import annotations

import pytest

from ectgraph import foreign
from ectgraph.keys import KeyRing
from ectgraph.opening import load
from ectgraph.questions.answer import Answer
from ectgraph.questions.revocation import revocation
from ectgraph.questions.taint import taint
from ectgraph.testing import AGENTS, EPOCH, jwks, sketch, task_id

NAMES = {task_id(name): name for name in "abcdefgz"}
BAD = "by=agent-b"


def short(answer: Answer, *names: str) -> list[tuple]:
    """Some columns of its rows, tasks by the names that the sketch gives them."""
    places = [[column.name for column in answer.columns].index(name) for name in names]
    return [tuple(NAMES.get(row[n], row[n]) for n in places) for row in answer.rows]


def test_all_that_was_built_on_a_key_is_told_by_distance():
    drawn = sketch(f"a@0 {BAD}; b@5<a; c@9<b; d@0 wid=other; e@10<d; f@11<e {BAD} wid=other")

    found = taint(drawn.evidence(), kid="agent-b")

    assert short(found, "distance", "via", "proof", "doubt", "task") == [
        (0, None, "verified", None, "a"),
        (0, None, "verified", None, "f"),
        (1, "a", None, None, "b"),
        (2, "b", None, None, "c"),
    ]
    workflows = f"{task_id('workflow')}, {task_id('other')}"
    assert found.established == (
        "2 tasks are of the key agent-b: 2 verified.",
        "2 other tasks build on that: 1 directly, 1 at 2 links.",
        f"The taint is in 2 of 2 workflows: {workflows}.",
        (
            "Clean are 2 of 6 recorded tasks, 0 whole workflows, and 0 of 2 tasks on which "
            "nothing builds."
        ),
    )
    assert found.tasks == tuple(map(task_id, "afbc"))


def test_time_as_stated_and_as_recorded_are_told_apart():
    drawn = sketch(
        f"a@0 {BAD} recorded=5; b@1 {BAD} recorded=50; c@40 {BAD}; d@9 {BAD} !no-iat; e@2 {BAD};"
        "f@60<b; g@70<c,f; z@5<a"
    )

    found = taint(drawn.evidence(), kid="agent-b", since=EPOCH + 30)

    assert short(found, "distance", "proof", "doubt", "task") == [
        (0, "verified", "older", "b"),
        (0, "verified", None, "c"),
        (0, "verified", None, "d"),
        (1, None, "through doubts", "f"),
        (1, None, None, "g"),
    ]
    moment = "2026-02-24"
    assert moment in found.title
    assert found.not_established[:4] == (
        (
            "Counted, though older by the time stated in it: 1 source, recorded at that moment or "
            "later. Whoever holds a key writes any time."
        ),
        (
            "Left out, as older by the time stated in it: 2 tokens; of 1 nobody states when it was "
            "recorded."
        ),
        "Counted, without a time of issue: 1 token.",
        "Tainted through nothing but sources in doubt: 1 task.",
    )


def test_what_only_names_a_key_is_in_doubt():
    drawn = sketch("a@0 kid=agent-b !flipped; b@5<a; c@0 by=agent-b !no-jti; d@1 by=agent-b")

    found = taint(drawn.evidence(), kid="agent-b")

    assert short(found, "proof", "doubt", "task") == [
        ("named", "named", "a"),
        ("verified", None, "d"),
        (None, "through doubts", "b"),
    ]
    assert found.established[0] == ("2 tasks are of the key agent-b: 1 verified, 1 only in name.")
    assert found.not_established[:3] == (
        "Not verified, so that anybody may have written it: 1 source.",
        "Left out, without a jti to build on: 1 token.",
        "Tainted through nothing but sources in doubt: 1 task.",
    )


def test_an_agent_may_be_named_by_its_end():
    evidence = sketch(f"a@0 {BAD}; b@5<a; c@9").evidence()
    assert taint(evidence, iss="agent-b").rows == taint(evidence, iss=f"{AGENTS}agent-b").rows
    assert short(taint(evidence, iss="agent-b"), "distance", "task") == [(0, "a"), (1, "b")]


def test_one_task_may_be_missing_or_abbreviated():
    evidence = sketch("a@0; b@5<a,z; c@9<b").evidence()
    found = taint(evidence, jti=task_id("z")[:8])
    assert short(found, "distance", "proof", "doubt", "task") == [
        (0, None, None, "z"),
        (1, None, None, "b"),
        (2, None, None, "c"),
    ]
    assert found.established[0] == f"It is 1 task: a task {task_id('z')[:8]}, which has no record."
    assert found.established[-1].startswith("Clean are 1 of 3 recorded tasks")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a@0", "which verified"),
        ("a@0 !flipped", "which did not verify"),
        ("a@0 kid=nobody", "which did not verify"),
        ("a@0; !no-keys", "whose signature was not checked"),
    ],
)
def test_one_task_is_told_with_what_its_signature_came_to(text, said):
    found = taint(sketch(text).evidence(), jti=task_id("a"))
    assert found.established[:2] == (
        f"It is 1 task: a {task_id('a')[:8]}, {said}.",
        "No other task builds on that.",
    )


def test_a_key_that_nobody_used_spoils_nothing():
    drawn = sketch("a@0 by=agent-a; b@5<a")
    spare = sketch("a@0; b@0 by=agent-b").ring
    evidence = type(drawn)(drawn.records, spare).evidence()

    found = taint(evidence, kid="agent-b")

    assert (found.rows, found.tasks) == ((), ())
    assert found.established == (
        "No task is of the key agent-b.",
        (
            "Clean are 2 of 2 recorded tasks, 1 whole workflow, and 1 of 1 task on which nothing "
            "builds."
        ),
    )


@pytest.mark.parametrize("given", [{}, {"kid": "agent-a", "iss": "x"}])
def test_a_taint_begins_with_one_thing(refusal, given):
    told = refusal(taint, sketch("a@0").evidence(), **given)
    assert told.startswith("a taint begins with one thing: give kid, iss or jti")


def test_a_name_that_is_not_there_is_told_with_the_nearest(refusal):
    evidence = sketch("a@0; b@1 iss=urn:x:1; c@2 iss=urn:y:1").evidence()
    assert refusal(taint, evidence, kid="agent-aa") == (
        "there is no kid 'agent-aa'; did you mean agent-a?"
    )
    assert "there is no iss 'nobody'; there are" in refusal(taint, evidence, iss="nobody")


def test_a_circle_and_an_empty_ledger_are_answered(refusal):
    ring = sketch(f"a@0<c {BAD}; b@1<a; c@2<b").evidence()
    assert short(taint(ring, kid="agent-b"), "distance", "task") == [(0, "a"), (1, "b"), (2, "c")]
    empty = sketch("!no-keys").evidence()
    assert refusal(taint, empty, kid="x") == "there is no kid 'x'; there are none"


def test_a_thumbprint_means_one_of_the_keys_that_share_a_name():
    case = load("sample_ledgers/old-archive.jsonl.gz", "sample_ledgers/old-archive.keys.json")
    kid = "meter-desk@solar.example"
    of_2022 = next(key for key in case.ring.keys if key.kid == kid and key.unfit(1.65e9) is None)

    all_keys = taint(case._evidence, kid=kid)
    one_key = taint(case._evidence, kid=of_2022.thumbprint)

    assert all_keys.established[0].startswith("27 tasks are of the key ")
    assert all_keys.not_established[0].startswith("Which of the 7 keys of that name is bad")
    assert one_key.established[0].startswith("4 tasks are of the key ")
    sources = [
        entry.token.jti
        for entry in case.ledger
        if entry.key is not None and case.ring.keys[entry.key] == of_2022
    ]
    assert [row[3] for row in one_key.rows if row[0] == 0] == sources


# Revocation


def test_what_a_revocation_would_change_is_told():
    evidence = sketch(f"a@0 {BAD}; b@60<a {BAD}; c@90<b; d@99<c; e@0").evidence()

    found = revocation(evidence, kid="agent-b", since=EPOCH + 30)

    assert short(found, "change", "distance", "via", "code", "task") == [
        ("falls", 0, None, None, "b"),
        ("builds on it", 1, "b", None, "c"),
        ("builds on it", 2, "c", None, "d"),
        ("finding comes", None, None, "ECT210", None),
        ("finding comes", None, None, "ECT206", "b"),
        ("finding comes", None, None, "ECT308", "c"),
    ]
    assert "was revoked from" in found.rows[0][-2]
    assert found.rows[0][-3] == "sketch:2"
    assert found.established == (
        "1 of 2 tokens that verify with the key agent-b would fall.",
        "2 other tasks build on what would fall: 1 directly, 1 at 2 links.",
        (
            "3 findings would come: 1 ECT206 key-not-valid-then, 1 ECT210 key-revoked-later, "
            "1 ECT308 untrusted-parent."
        ),
        "No finding would go.",
    )
    assert found.tasks == tuple(map(task_id, "bcd"))


def test_a_revocation_that_changes_nothing_says_so():
    found = revocation(sketch("a@0; b@0 by=agent-b").evidence(), kid="agent-b", since=EPOCH - 9)
    assert found.established[0] == ("1 of 1 token that verifies with the key agent-b would fall.")
    later = sketch("a@0; !revoked=5").evidence()
    again = revocation(later, kid="agent-a", since=EPOCH + 10)
    assert again.established[1:] == (
        "No other task builds on what would fall.",
        "No finding would come.",
        "No finding would go.",
    )
    assert again.rows == ()


def test_a_finding_goes_with_the_token_that_it_was_about():
    evidence = sketch(f"a@0 {BAD} !flipped; b@9<a").evidence()
    found = revocation(evidence, kid="agent-a", since=EPOCH)
    assert short(found, "change", "code", "task") == [
        ("falls", None, "b"),
        ("finding comes", "ECT206", "b"),
        ("finding goes", "ECT308", "b"),
    ]
    assert found.established[-1] == "1 finding would go: 1 ECT308 untrusted-parent."


def test_without_a_moment_a_key_was_never_good():
    found = revocation(sketch("a@0; b@9 by=agent-b").evidence(), kid="agent-a")
    assert short(found, "change", "task") == [("falls", "a"), ("finding comes", "a")]
    assert "from 1970-01-01 00:00:00 UTC on" in found.title


def test_a_revocation_needs_a_key_that_is_there(refusal):
    evidence = sketch("a@0").evidence()
    assert "no key has the kid 'x'" in refusal(revocation, evidence, kid="x", since=5)
    bare = sketch("a@0; !no-keys").evidence()
    assert "no keys were given" in refusal(revocation, bare, kid="agent-a", since=5)


def test_keys_that_share_a_name_are_told():
    case = load("sample_ledgers/old-archive.jsonl.gz", "sample_ledgers/old-archive.keys.json")
    kid = case.ring.keys[0].kid
    found = revocation(case._evidence, kid=kid, since=case.ledger[30].token.iat)
    assert found.not_established[0].startswith("Which of the 7 keys of that name was lost")


def test_a_revocation_is_judged_by_the_rules_of_the_case(tmp_path):
    acme = tmp_path / "acme.py"
    acme.write_text(ACME, "utf-8")
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_bytes(sketch("a@0; b@9").data)
    case = load(ledger, KeyRing.from_jwks(jwks("agent-a")), rules=foreign.load([acme]))

    found = case.ask.revocation(kid="agent-a")

    assert found.established[2:] == (
        "3 findings would come: 1 ACME001 nothing-verifies, 2 ECT206 key-not-valid-then.",
        "No finding would go.",
    )
    then = case.revoked("agent-a", 0)
    assert [each.code for each in then.report.findings].count("ACME002") == 2
    assert then.ask.revocation(kid="agent-a").rows == ()


ACME = """
from ectgraph.rule import Hit, Severity, ledger_rule, token_rule

ABOUT = dict(cites="Acme", advice="Look.", good=("a@0",), bad=("a@0 !flipped",))


@ledger_rule("ACME001", "nothing-verifies", Severity.WARNING, **ABOUT)
def nothing(evidence):
    if not any(entry.trust == "verified" for entry in evidence.ledger):
        yield Hit("nothing verifies")


@token_rule("ACME002", "any-token", Severity.NOTE, **ABOUT)
def anything(token, policy):
    return [Hit("a token")]
"""


def test_a_task_that_is_older_than_the_moment_is_told_as_that():
    evidence = sketch("a@0; b@5<a").evidence()
    answer = taint(evidence, jti=task_id("a"), since=EPOCH + 3)
    assert answer.rows == ()
    assert answer.established[0] == "a 9c45cf02 is older, as it says itself."
    assert answer.established[1].startswith("Clean are 2 of 2 recorded tasks")
