"""One record at a time: read, verified, judged, and never an exception."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ectgraph.encoding import compact_json, encode_base64url
from ectgraph.examiner import Examiner, Facts
from ectgraph.keys import KeyRing
from ectgraph.model import Hit, Problem, Token, Trust
from ectgraph.policy import Policy
from ectgraph.rules import RULES, judge
from ectgraph.testing import EPOCH, FAULTS, jwks, sketch, task_id, token

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
        ("duplicate-member", "'ect' twice")
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


def test_a_record_is_judged_once_with_all_that_is_known_of_it(ring):
    seen: list[tuple[Token | None, tuple[Problem, ...], Policy, float | None]] = []

    def tell(
        token: Token | None,
        problems: tuple[Problem, ...],
        policy: Policy,
        recorded: float | None,
    ) -> tuple[tuple[str, Hit], ...]:
        seen.append((token, problems, policy, recorded))
        return tuple(("ECT000", Hit(problem.detail)) for problem in problems)

    policy = Policy(max_parents=7)
    (record,) = sketch("a@0 typ=JWT alg=none kid= !no-iat").records
    fact = examine(record, ring, policy, judge=tell)
    assert [problem.kind for problem in fact.problems] == [
        "missing-claim",
        "wrong-typ",
        "algorithm-not-allowed",
        "no-kid",
    ]
    assert seen == [(fact.token, fact.problems, policy, None)]
    assert fact.hits == tuple(("ECT000", Hit(problem.detail)) for problem in fact.problems)


def test_a_problem_met_twice_is_told_once(ring):
    (record,) = sketch("a@0").records
    twice = b'{"x":{"y":1,"y":2},"z":{"y":1,"y":2},"ect":"%s"}' % record
    assert examine(twice, ring).problems == (Problem("duplicate-member", "entry", "'y' twice"),)
    header = {"alg": "ES256", "typ": "exec+jwt", "kid": "agent-a", "crit": ["b64", "b64"]}
    (problem,) = [
        p for p in examine(token({}, "agent-a", header), ring).problems if p.where == "crit"
    ]
    assert problem.kind == "unknown-critical"


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_that_can_be_made_verifies(ring, fault):
    (record,) = sketch(f"b@5<a !{fault}").records
    fact = examine(record, ring, judge=judge)
    claims_alone = {"iat-string", "iat-true", "two-lists", "ext-large"}  # rightly signed, but wrong
    assert (fact.trust is Trust.VERIFIED) == (fault in claims_alone | {"jwk"})
    assert fact.hits
    assert all(code in RULES for code, _ in fact.hits)


@pytest.mark.parametrize("form", ["high-s", "low-s"])
def test_the_form_of_a_signature_is_told_of_tokens_that_verified(ring, form):
    (record,) = sketch(f"a@0 !{form}").records

    for found in (examine(record, ring), Examiner(ring, Policy()).examine_token(record)):
        assert (found.trust, found.high_s) == (Trust.VERIFIED, form == "high-s")
    assert examine(b'{"ect":"%s"}' % record, ring).high_s == (form == "high-s")
    assert not examine(b'{"ect":"%s","ect":"%s"}' % (record, B), ring).high_s
    assert not examine(record, None).high_s
    assert not examine(record, KeyRing.from_jwks(jwks("agent-b"))).high_s


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


# What the source says beside the record


def test_what_stands_beside_a_record_is_said_of_it(ring):
    beside = {"seq": 7, "recorded_at": EPOCH, "jti": task_id("a")}
    examiner = Examiner(ring, Policy(), judge)

    fact = examiner.examine(A, len(A), beside)

    assert (fact.seq, fact.recorded_at, fact.trust, fact.hits) == (7, EPOCH, Trust.VERIFIED, ())
    assert (fact.prev_hash, fact.digest) == (None, None)


def test_what_an_entry_says_itself_comes_before_what_stands_beside_it(ring):
    body = wrapped(A, seq=1, recorded_at=EPOCH + 1)
    beside = {"sequence": 7, "timestamp": EPOCH + 10**6}

    fact = Examiner(ring, Policy(), judge).examine(body, len(body), beside)

    assert (fact.seq, fact.recorded_at, fact.hits) == (1, EPOCH + 1, ())


@pytest.mark.parametrize(
    ("members", "beside", "where"),
    [
        ({"jti": "other"}, {}, ["jti"]),
        ({}, {"jti": "other"}, ["jti"]),
        ({"jti": "other"}, {"iss": "somebody"}, ["jti", "iss"]),
        ({"jti": "other"}, {"jti": "other"}, ["jti"]),
        ({"jti": "other"}, {"jti": "another"}, ["jti", "jti"]),
    ],
)
def test_whatever_disagrees_with_the_token_is_told(ring, members, beside, where):
    body = wrapped(A, **members)

    fact = Examiner(ring, Policy(), judge).examine(body, len(body), beside)

    assert [(p.kind, p.where) for p in fact.problems] == [("wrapper-disagrees", w) for w in where]
    assert {code for code, _ in fact.hits} == {"ECT006"}
    assert fact.trust is Trust.VERIFIED  # the token is what was signed, whatever is said of it


def test_a_token_that_is_unsigned_is_compared_as_well(ring, claims):
    body = compact_json(claims(jti="a"))

    fact = Examiner(ring, Policy(minimum_level="L1")).examine(body, len(body), {"jti": "b"})

    assert [problem.kind for problem in fact.problems] == ["wrapper-disagrees"]


@pytest.mark.parametrize(
    "body",
    [
        wrapped(A, jws=B.decode()),
        b'{"ect":"%s","token":"junk"}' % A,
        wrapped(A, Ect=B.decode()),
        wrapped(A, payload="p", protected="h", signature="s"),
        b'{"ect":"%s","ect":"%s"}' % (B, A),
    ],
)
def test_an_entry_with_two_readings_verifies_neither(ring, body):
    fact = examine(body, ring, judge=judge)

    assert fact.trust is Trust.INVALID
    assert fact.token.jti == task_id("a")
    assert {code for code, _ in fact.hits} <= {"ECT005", "ECT006"}
    assert fact.hits
    assert fact.key == 0  # the signature is that key's all the same
    assert examine(body, None).trust is Trust.UNCHECKED


def test_a_token_in_json_serialization_verifies_like_the_compact_one(ring):
    header, payload, mark = A.decode().split(".")
    flat = {"protected": header, "payload": payload, "signature": mark}
    signature = {"protected": header, "signature": mark, "header": {"x": 1}}
    general = {"payload": payload, "signatures": [signature]}

    for value in (flat, general):
        fact = examine(compact_json(value), ring, judge=judge)
        assert fact == examine(A, ring, judge=judge)
    twice = examine(compact_json(flat | {"header": {"alg": "none"}}), ring, judge=judge)
    assert twice.trust is Trust.INVALID
    assert [code for code, _ in twice.hits] == ["ECT005"]
    two = examine(compact_json(general | {"signatures": [signature] * 2}), ring, judge=judge)
    assert (two.token, [code for code, _ in two.hits]) == (None, ["ECT001"])


# When it was recorded


def judged_at(body: bytes, ring: object, beside: dict[str, object] | None = None) -> list[object]:
    seen: list[object] = []

    def tell(*given: object) -> tuple[tuple[str, Hit], ...]:
        seen.append(given[3])
        return ()

    Examiner(ring, Policy(), tell).examine(body, len(body), beside)
    return seen


@pytest.mark.parametrize(
    ("stated", "seconds"),
    [
        (EPOCH, EPOCH),
        (0.5, 0.5),
        (0, 0),
        ("2026-02-24T14:23:20Z", EPOCH),
        ("2026-02-24T15:23:20.25+01:00", EPOCH + 0.25),
        ("2026-02-24T14:23:20", None),
        ("soon", None),
        (None, None),
        (True, None),
    ],
)
def test_a_record_is_judged_at_the_time_at_which_it_was_recorded(ring, stated, seconds):
    assert judged_at(wrapped(A, recorded_at=stated), ring) == [seconds]
    assert judged_at(A, ring, {"recorded_at": stated}) == [seconds]
    assert judged_at(wrapped(b"junk", recorded_at=stated), ring) == [seconds]


# Links of a chain


def test_what_states_a_hash_is_hashed_itself(ring):
    for body in (wrapped(A, prev_hash=""), wrapped(b"junk", previous_hash="00")):
        assert examine(body, ring).digest == hashlib.sha256(body).hexdigest()
    for body in (A, b"junk", wrapped(A), wrapped(A, prev_hash=None), wrapped(A, prev_hash=5)):
        assert examine(body, ring).digest is None


# A record that its source breaks off in


def torn(body: bytes, ring: object, **choices: object) -> list[tuple[str, str]]:
    fact = Examiner(ring, Policy(**choices), judge).examine(body, len(body), torn=True)
    assert len(fact.hits) >= len(fact.problems)
    return [(problem.kind, problem.where) for problem in fact.problems]


@pytest.mark.parametrize("keys", [True, False])
@pytest.mark.parametrize("made", ["bare", "wrapped", "string"])
def test_a_record_that_lacks_any_part_is_told_as_torn_and_no_more(ring, keys, made):
    body = {"bare": A, "wrapped": wrapped(A, seq=1), "string": b'"' + A + b'"'}[made]
    for length in range(1, len(body)):
        ((kind, _),) = torn(body[:length], ring if keys else None)
        assert kind == "torn-tail"
    assert torn(body, ring if keys else None) == []


def test_only_what_the_tear_did_is_told_as_torn(ring):
    def cut(text: str) -> bytes:
        return sketch(text).records[0][:-20]

    assert torn(cut("a@0 typ=JWT"), ring) == [("torn-tail", "signature"), ("wrong-typ", "typ")]
    assert torn(cut("a@0 !no-iss"), ring) == [("torn-tail", "signature"), ("missing-claim", "iss")]
    assert torn(cut("a@0 !twice"), ring)[0] == ("torn-tail", "signature")
    assert torn(sketch("a@0 !flipped").records[0], ring) == [("bad-signature", "signature")]
    broken_header = b"e30=" + A[A.index(b".") : -20]
    assert torn(broken_header, ring) == [("torn-tail", "signature"), ("bad-encoding", "header")]


@pytest.mark.parametrize(("alg", "size"), [("ES256", 64), ("ES384", 96), ("RS256", 256)])
def test_how_long_a_signature_has_to_be_is_the_algorithms(alg, size):
    header = encode_base64url(compact_json({"alg": alg, "typ": "exec+jwt", "kid": "k"}))
    payload = A.split(b".")[1]
    for length in (0, 1, size - 1, size, size + 1):
        body = b".".join([header, payload, encode_base64url(bytes(length))])
        found = torn(body, None, algorithms=(alg,))
        assert (("torn-tail", "signature") in found) is (length < size)


def test_unsigned_claims_that_are_whole_are_not_torn(ring, claims):
    body = compact_json(claims())

    assert torn(body, ring) == [("below-minimum-level", "signature")]
    assert torn(body, ring, minimum_level="L1") == []
    assert torn(body[:-1], ring, minimum_level="L1") == [("torn-tail", "entry")]


def test_a_record_that_is_too_long_is_not_called_torn(ring):
    fact = Examiner(ring, Policy(max_record_bytes=10)).examine(A, len(A), torn=True)

    assert [problem.kind for problem in fact.problems] == ["oversized-record"]


@given(st.binary(max_size=60) | st.text('eyJ.{}[]":,ect\\ud8', max_size=60).map(str.encode))
def test_any_bytes_may_be_torn(ring, data):
    fact = Examiner(ring, Policy(), judge).examine(data, len(data), torn=True)

    assert fact.trust is not Trust.VERIFIED
    assert len(fact.hits) == len(fact.problems) > 0
    assert [problem.kind for problem in fact.problems].count("torn-tail") <= 1


# A token that no record wraps


@pytest.mark.parametrize("text", ["a@0", "b@5<a !flipped", "c@9 !unsigned", "d@9 !twice", "'x'"])
def test_a_bare_token_is_examined_like_a_record_that_holds_it(ring, text):
    (record,) = sketch(text).records
    bare = encode_base64url(record) if "unsigned" in text else record
    examiner = Examiner(ring, Policy(), judge)

    fact = examiner.examine_token(bare)

    assert fact == examiner.examine(bare, len(bare))
    assert (fact.seq, fact.recorded_at, fact.prev_hash) == (None, None, None)


def test_a_wrapped_token_is_no_token(ring):
    for body in (wrapped(A), b'"' + A + b'"', A + b"\n", b" " + A):
        fact = Examiner(ring, Policy(), judge).examine_token(body)
        assert fact.trust is not Trust.VERIFIED
        assert fact.problems


@pytest.mark.parametrize(
    ("usual", "at", "codes"),
    [
        (None, None, []),
        (None, EPOCH, []),
        (None, EPOCH + 0.5, []),
        (None, EPOCH + 901, ["ECT408", "ECT408"]),
        (None, 0, ["ECT408"]),
        (EPOCH, None, []),
        (EPOCH, 0, ["ECT408"]),
        (EPOCH + 901, None, ["ECT408", "ECT408"]),
        (EPOCH + 901, EPOCH, []),
    ],
)
def test_a_token_is_judged_at_the_time_given_else_at_that_of_the_policy(ring, usual, at, codes):
    examiner = Examiner(ring, Policy(at=usual), judge)

    assert [code for code, _ in examiner.examine_token(A, at).hits] == codes


def test_a_time_that_was_given_does_not_stay(ring):
    examiner = Examiner(ring, Policy(), judge)

    assert examiner.examine_token(A, EPOCH + 901).hits
    assert examiner.examine_token(A).hits == ()
    assert examiner.examine(A, len(A)).hits == ()


@pytest.mark.parametrize("at", [None, EPOCH])
def test_everything_but_the_time_is_the_policys_of_the_examiner(ring, at):
    def codes(**choices: object) -> list[str]:
        examiner = Examiner(ring, Policy(**choices), judge)
        return [code for code, _ in examiner.examine_token(A, at).hits]

    assert codes(audience="spiffe://example.com/ledger") == []
    assert codes(audience="gate") == ["ECT122"]
    assert codes(max_lifetime=599) == ["ECT406"]
    assert codes(max_record_bytes=10) == ["ECT002"]


def test_a_bare_token_beyond_the_size_limit_is_not_read(ring):
    policy = Policy(max_record_bytes=len(A) - 1)

    fact = Examiner(ring, policy, judge).examine_token(A)

    assert (fact.token, fact.trust) == (None, Trust.INVALID)
    assert [code for code, _ in fact.hits] == ["ECT002"]
    assert Examiner(ring, policy, judge).examine_token(A[:-1]).token is not None


@given(st.binary(max_size=60) | st.text('eyJ.{}[]":,ect\\ud8', max_size=60).map(str.encode))
def test_any_bytes_are_a_token_or_a_problem_at_the_gate_too(ring, data):
    fact = Examiner(ring, Policy(audience="gate"), judge).examine_token(data, EPOCH)

    assert fact.trust is not Trust.VERIFIED
    assert fact.problems
    assert "ECT901" not in {code for code, _ in fact.hits}


def test_an_examiner_takes_a_resolver_as_well_as_a_ring(ring):
    keys = {key.kid: key for key in ring.keys}

    for body in (A, B, A[:-4] + b"AAAA", sketch("a@0 kid=nobody").records[0]):
        by_ring = examine(body, ring, judge=judge)  # which has a key for each position
        assert examine(body, keys.get, judge=judge) == replace(by_ring, key=None)
