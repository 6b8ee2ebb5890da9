"""One record at a time: read, verified, judged, and never an exception."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.examiner import Examiner, Facts
from ectgraph.model import Hit, Problem, Trust
from ectgraph.policy import Policy
from ectgraph.rules import RULES, judge
from ectgraph.testing import FAULTS, compact_json, sketch, token

A, B = sketch("a@0; b@5<a by=agent-b").records


def examine(body: bytes, ring: object, policy: Policy | None = None, **options: object) -> Facts:
    return Examiner(ring, policy or Policy(), **options).examine(body, len(body))


def wrapped(compact: bytes, **members: object) -> bytes:
    return json.dumps({**members, "ect": compact.decode()}).encode()


@pytest.mark.parametrize("compact", [A, B])
def test_a_good_token_in_any_wrapping(ring, compact):
    bodies = [compact, b'"' + compact + b'"', wrapped(compact)]
    facts = [examine(body, ring) for body in bodies]
    assert [(fact.trust, fact.problems, fact.hits) for fact in facts] == [
        (Trust.VERIFIED, (), ())
    ] * 3
    assert facts[0].token == facts[1].token == facts[2].token
    assert facts[0].token.kid in ("agent-a", "agent-b")


def test_the_operators_words_come_along(ring):
    fact = examine(wrapped(A, seq=7, recorded_at="2026", prev_hash="ab"), ring)
    assert (fact.seq, fact.recorded_at, fact.prev_hash) == (7, "2026", "ab")
    bare = examine(A, ring)
    assert (bare.seq, bare.recorded_at, bare.prev_hash) == (None, None, None)


def test_without_keys_nothing_readable_or_not_was_checked():
    for body in (A, b"hello", b"{", wrapped(A)):
        assert examine(body, None).trust is Trust.UNCHECKED


@pytest.mark.parametrize("body", [b"hello", b"", b"{", b"[]", b"a.b.c", b"\xff"])
def test_what_cannot_be_read_is_invalid(ring, body):
    fact = examine(body, ring)
    assert fact.token is None
    assert fact.trust is Trust.INVALID
    assert fact.problems


def test_a_wrapper_with_two_tokens_verifies_neither(ring):
    body = b'{"ect":"%s","ect":"%s"}' % (A, B)
    fact = examine(body, ring)
    assert fact.trust is Trust.INVALID
    assert [(problem.kind, problem.detail) for problem in fact.problems] == [
        ("duplicate-member", "ect")
    ]
    assert fact.token is not None


def test_unsigned_claims_are_read_and_never_verified(ring, claims):
    fact = examine(compact_json(claims()), ring)
    assert fact.trust is Trust.UNSIGNED
    assert fact.token.jti == claims()["jti"]
    assert fact.token.level == "L1"
    assert [problem.kind for problem in fact.problems] == ["below-minimum-level"]
    allowing = examine(compact_json(claims()), ring, Policy(minimum_level="L1"))
    assert (allowing.trust, allowing.problems) == (Trust.UNSIGNED, ())


def test_the_size_limit_is_exact_and_counts_the_whole_record(ring):
    policy = Policy(max_record_bytes=len(A))
    assert examine(A, ring, policy).trust is Trust.VERIFIED
    for body, length in ((A, len(A) + 1), (A[:20], 10 * len(A))):
        fact = Examiner(ring, policy).examine(body, length)
        assert (fact.token, fact.trust) == (None, Trust.INVALID)
        (problem,) = fact.problems
        assert (problem.kind, problem.where) == ("oversized-record", "record")
        assert problem.detail == f"{length} bytes, more than the {len(A)} allowed"


def test_the_depth_limit_is_the_policys(ring, claims):
    body = compact_json(claims(x=[[1]]))
    assert examine(body, ring, Policy(max_json_depth=3)).token is not None
    assert examine(body, ring, Policy(max_json_depth=2)).token is None


def test_every_problem_is_worded_once_in_its_order(ring):
    seen: list[Problem] = []

    def word(problem: Problem) -> tuple[str, Hit]:
        seen.append(problem)
        return "ECT000", Hit(problem.detail)

    (record,) = sketch("a@0 typ=JWT alg=none kid= !no-iat").records
    fact = examine(record, ring, judge=word)
    assert [problem.kind for problem in fact.problems] == [
        "missing-claim",
        "wrong-typ",
        "algorithm-not-allowed",
        "no-kid",
    ]
    assert tuple(seen) == fact.problems
    assert fact.hits == tuple(("ECT000", Hit(problem.detail)) for problem in fact.problems)


def test_a_problem_met_twice_is_told_once(ring):
    (record,) = sketch("a@0").records
    twice = b'{"x":{"y":1,"y":2},"z":{"y":1,"y":2},"ect":"%s"}' % record
    assert examine(twice, ring).problems == (Problem("duplicate-member", "entry", "y"),)
    header = {"alg": "ES256", "typ": "exec+jwt", "kid": "agent-a", "crit": ["b64", "b64"]}
    (problem,) = [
        p for p in examine(token({}, "agent-a", header), ring).problems if p.where == "crit"
    ]
    assert problem.kind == "unknown-critical"


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_that_can_be_made_verifies(ring, fault):
    (record,) = sketch(f"b@5<a !{fault}").records
    fact = examine(record, ring, judge=judge)
    claims_alone = {"iat-string", "iat-true", "two-lists"}  # rightly signed, but wrong
    assert (fact.trust is Trust.VERIFIED) == (fault in claims_alone)
    assert fact.problems
    assert all(code in RULES for code, _ in fact.hits)


def test_many_records_are_examined_like_each_alone(ring):
    records = sketch("a@0; b@5<a by=agent-b; c@9<b !flipped; d@9 !nan; e@9 !unsigned; 'x'").records
    examined = Examiner(ring, Policy(), judge).examine_all([(r, len(r)) for r in records * 2])
    assert examined == [examine(record, ring, judge=judge) for record in records * 2]


@given(st.binary(max_size=60) | st.text('eyJ.{}[]":,ect\\ud8', max_size=60).map(str.encode))
def test_any_bytes_are_a_token_or_a_problem_that_some_rule_tells(ring, data):
    fact = examine(data, ring, judge=judge)
    assert fact.trust is not Trust.VERIFIED
    assert fact.problems
    assert len(fact.hits) == len(fact.problems)


@given(st.data())
def test_any_claims_in_any_wrapping_raise_nothing(ring, json_values, data):
    members = st.sampled_from(["ect", "jws", "seq", "recorded_at", "prev_hash", "jti", "iss", "x"])
    value = data.draw(st.dictionaries(members, json_values) | json_values)
    fact = examine(json.dumps(value).encode(), ring, judge=judge)
    assert fact.trust is not Trust.VERIFIED
    assert fact.problems
