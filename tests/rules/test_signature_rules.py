"""Whose key it was, and when: bindings, windows, revocations, rotation, keys of no use."""

from __future__ import annotations

import time
from fractions import Fraction
from math import comb
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.keys import KeyRing
from ectgraph.model import Finding, Place, Severity, Trust
from ectgraph.rules.signatures.high_s_signature import _is_no_chance
from ectgraph.testing import AGENTS, EPOCH, Sketch, jwks, sketch, task_id, token

HEADER = {"alg": "ES256", "typ": "wimse-exec+jwt", "kid": "k"}
ALICE, BOB = f"{AGENTS}alice", f"{AGENTS}bob"


def ring_of(*keys: tuple[str, dict[str, Any]]) -> KeyRing:
    """Keys of several signers, all under the `kid` "k", each with its own members."""
    made = [jwks(signer)["keys"][0] | {"kid": "k"} | members for signer, members in keys]
    ring = KeyRing.from_jwks({"keys": made}, "keys.json")
    assert ring.bad == ()
    return ring


@pytest.fixture
def judged(claims):
    """(codes, trust) of a token of a signer, by a ring."""

    def judge(ring: KeyRing, signer: str = "one", **changes: Any) -> tuple[list[str], Trust]:
        drawn = Sketch((token(claims(**changes), signer, HEADER),), ring)
        return drawn.codes(), drawn.ledger()[0].trust

    return judge


GOOD = ([], Trust.VERIFIED)
FRACTION = (["ECT007"], Trust.VERIFIED)
REVOKED_LATER = (["ECT210"], Trust.VERIFIED)
UNFIT = (["ECT206"], Trust.INVALID)
UNBOUND = (["ECT205"], Trust.INVALID)
FORGED = (["ECT201"], Trust.INVALID)


def only_finding(text: str) -> Finding:
    (finding,) = sketch(text).lint().findings
    return finding


# When, ECT206


@pytest.mark.parametrize(
    ("members", "seconds", "expected"),
    [
        ({"nbf": EPOCH}, -1, UNFIT),
        ({"nbf": EPOCH}, 0, GOOD),
        ({"nbf": EPOCH}, 10**6, GOOD),
        ({"nbf": EPOCH + 0.5}, 0, UNFIT),
        ({"nbf": EPOCH + 0.5}, 0.5, FRACTION),
        ({"exp": EPOCH}, -1, GOOD),
        ({"exp": EPOCH}, -0.25, FRACTION),
        ({"exp": EPOCH}, 0, UNFIT),
        ({"exp": EPOCH}, 1, UNFIT),
        ({"revoked_at": EPOCH}, -1, REVOKED_LATER),
        ({"revoked_at": EPOCH}, 0, UNFIT),
        ({"revoked_at": EPOCH}, 1, UNFIT),
        ({"nbf": EPOCH, "exp": EPOCH + 60}, -1, UNFIT),
        ({"nbf": EPOCH, "exp": EPOCH + 60}, 59, GOOD),
        ({"nbf": EPOCH, "exp": EPOCH + 60}, 60, UNFIT),
        ({"nbf": EPOCH, "exp": EPOCH + 60, "revoked_at": EPOCH + 30}, 30, UNFIT),
        ({"nbf": EPOCH + 60, "exp": EPOCH}, 30, UNFIT),
        ({"nbf": 0}, 0, GOOD),
        ({"exp": 0}, 0, UNFIT),
        ({}, 0, GOOD),
    ],
)
def test_a_key_is_good_from_its_first_second_until_its_last(judged, members, seconds, expected):
    iat = EPOCH + seconds

    assert judged(ring_of(("one", members)), iat=iat, exp=iat + 60) == expected


def test_a_key_that_was_not_good_says_since_when():
    finding = only_finding("a@60; !revoked=60")

    assert finding.message == (
        "its key was not good then: key 'agent-a' was revoked from 2026-02-24 14:24:20 UTC on, "
        "and the token is of 2026-02-24 14:24:20 UTC"
    )


def test_a_signature_that_does_not_fit_is_told_and_not_the_time_of_its_key(judged):
    assert judged(ring_of(("one", {"exp": EPOCH})), "stranger") == FORGED


def test_after_a_revocation_only_later_tokens_fall():
    findings = sketch("a@0; b@59<a; c@60<a; d@61<b; !revoked=60").lint().findings

    fallen = [f.places[0].line for f in findings if f.code == "ECT206"]
    assert fallen == [3, 4]


@pytest.mark.parametrize("members", [{"nbf": 0}, {"exp": 2**50}, {"revoked_at": 2**50}])
def test_a_token_without_its_time_is_of_no_time_at_which_a_key_was_good(judged, members):
    ring = ring_of(("one", members))

    assert judged(ring, iat=None) == (["ECT110"], Trust.INVALID)
    assert judged(ring, iat="then") == (["ECT111"], Trust.INVALID)
    assert judged(ring, "stranger", iat=None) == (["ECT110", "ECT201"], Trust.INVALID)
    assert judged(ring_of(("one", {})), iat=None) == (["ECT110"], Trust.VERIFIED)


# Rotation: several keys under one kid

OLD, NEW = {"exp": EPOCH}, {"nbf": EPOCH}


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize(
    ("signer", "seconds", "expected"),
    [
        ("one", -1, GOOD),
        ("one", 0, UNFIT),
        ("two", -1, UNFIT),
        ("two", 0, GOOD),
        ("stranger", 0, FORGED),
    ],
)
def test_each_key_under_one_kid_signs_in_its_own_time(judged, signer, seconds, expected, backwards):
    keys = [("one", OLD), ("two", NEW)]
    iat = EPOCH + seconds

    ring = ring_of(*(keys[::-1] if backwards else keys))

    assert judged(ring, signer, iat=iat, exp=iat + 60) == expected


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("absent", ["iat", "iss"])
@pytest.mark.parametrize(
    ("signer", "trust"),
    [("free", Trust.VERIFIED), ("both", Trust.VERIFIED), ("tied", Trust.INVALID)],
)
def test_a_key_that_asks_for_nothing_is_taken_for_a_token_that_says_nothing(
    judged, signer, trust, absent, backwards
):
    tied = {"nbf": 0, "iss": ALICE}
    keys = [("tied", tied), ("free", {}), ("both", tied), ("both", {})]
    ring = ring_of(*(keys[::-1] if backwards else keys))

    assert judged(ring, signer, **{absent: None}) == (["ECT110"], trust)


@pytest.mark.parametrize("backwards", [False, True])
def test_one_key_may_have_several_windows(judged, backwards):
    windows = [
        ("one", {"nbf": EPOCH, "exp": EPOCH + 10}),
        ("one", {"nbf": EPOCH + 20, "exp": EPOCH + 30}),
    ]
    ring = ring_of(*(windows[::-1] if backwards else windows))

    found = [judged(ring, iat=EPOCH + n, exp=EPOCH + 99) for n in (-1, 0, 9, 10, 19, 20, 29, 30)]

    assert found == [UNFIT, GOOD, GOOD, UNFIT, UNFIT, GOOD, GOOD, UNFIT]


# Whose, ECT205


@pytest.mark.parametrize("member", ["iss", "identity"])
@pytest.mark.parametrize(
    ("issuer", "expected"),
    [(ALICE, GOOD), (BOB, UNBOUND), (f"{ALICE}/", UNBOUND), (ALICE.upper(), UNBOUND)],
)
def test_a_bound_key_signs_for_its_issuer_alone(judged, member, issuer, expected):
    assert judged(ring_of(("one", {member: ALICE})), iss=issuer) == expected


def test_a_key_that_is_bound_to_nobody_signs_for_anybody(judged):
    assert judged(ring_of(("one", {})), iss=ALICE) == GOOD
    assert judged(ring_of(("one", {})), iss=BOB) == GOOD


@pytest.mark.parametrize(
    ("signer", "issuer", "expected"),
    [
        ("one", ALICE, GOOD),
        ("two", BOB, GOOD),
        ("one", BOB, UNBOUND),
        ("two", ALICE, UNBOUND),
    ],
)
def test_two_agents_under_one_kid_do_not_sign_for_each_other(judged, signer, issuer, expected):
    ring = ring_of(("one", {"iss": ALICE}), ("two", {"iss": BOB}))

    assert judged(ring, signer, iss=issuer) == expected


@pytest.mark.parametrize("backwards", [False, True])
def test_one_key_may_have_several_owners(judged, backwards):
    owners = [("one", {"iss": ALICE}), ("one", {"iss": BOB})]
    ring = ring_of(*(owners[::-1] if backwards else owners))

    found = [judged(ring, iss=issuer) for issuer in (ALICE, BOB, "urn:x")]

    assert found == [GOOD, GOOD, UNBOUND]
    assert judged(ring, iss=None) == (["ECT110"], Trust.INVALID)
    assert judged(ring, "stranger", iss=ALICE) == FORGED


@pytest.mark.parametrize("backwards", [False, True])
def test_a_key_passed_on_from_owner_to_owner_is_each_ones_in_its_time(judged, backwards):
    owners = [("one", {"iss": ALICE, "exp": EPOCH}), ("one", {"iss": BOB, "nbf": EPOCH})]
    ring = ring_of(*(owners[::-1] if backwards else owners))

    found = {
        (issuer, seconds): judged(ring, iss=issuer, iat=EPOCH + seconds)[1]
        for issuer in (ALICE, BOB)
        for seconds in (-1, 0)
    }

    good = {(ALICE, -1), (BOB, 0)}
    assert {which for which, trust in found.items() if trust is Trust.VERIFIED} == good
    assert {trust for which, trust in found.items() if which not in good} == {Trust.INVALID}


def test_a_token_without_issuer_is_by_nobody_whom_a_key_is_bound_to(judged):
    ring = ring_of(("one", {"iss": ALICE}))

    assert judged(ring, iss=None) == (["ECT110"], Trust.INVALID)
    assert judged(ring, iss=7) == (["ECT111"], Trust.INVALID)
    assert judged(ring, "stranger", iss=None) == (["ECT110", "ECT201"], Trust.INVALID)
    assert judged(ring_of(("one", {})), iss=None) == (["ECT110"], Trust.VERIFIED)


def test_a_key_of_another_time_and_another_issuer_is_told_once(judged):
    ring = ring_of(("one", {"iss": ALICE, "exp": EPOCH}))

    assert judged(ring, iss=BOB) == UNFIT


def test_a_signature_that_does_not_fit_is_told_and_not_whose_key_it_should_be(judged):
    assert judged(ring_of(("one", {"iss": ALICE})), "stranger", iss=BOB) == FORGED


def test_a_key_of_somebody_else_is_told_with_both_names():
    finding = only_finding("a@0 iss=urn:x; !bound")

    assert finding.message == (
        f"its issuer has another key: key 'agent-a' belongs to {AGENTS}agent-a, "
        "and the token is by urn:x"
    )


def test_who_builds_on_a_stolen_name_is_told_too():
    drawn = sketch("a@0 iss=urn:x; b@5<a; !bound")

    assert drawn.codes() == ["ECT205", "ECT308"]


# One key, several issuers: ECT208


def lines(finding: Finding) -> list[int | None]:
    return [place.line for place in finding.places if place.source == "sketch"]


def by_key(text: str) -> Finding:
    """The only finding, which is about a key of the ring."""
    finding = only_finding(text)
    assert finding.places[0] == Place("sketch.keys.json")
    assert (finding.task, finding.jti) == (None, None)
    return finding


def test_a_shared_key_is_told_with_the_first_token_of_each_issuer():
    finding = by_key(
        "a@0; b@1<a iss=urn:y; c@2<a; d@3<a iss=urn:x; e@4<a iss=urn:y; f@5<a by=agent-b"
    )

    assert finding.message == (f"3 issuers sign with one key: {AGENTS}agent-a, urn:x, urn:y")
    assert finding.evidence == {
        "thumbprint": sketch("a@0").ring.keys[0].thumbprint,
        "kids": ["agent-a"],
        "issuers": [f"{AGENTS}agent-a", "urn:x", "urn:y"],
    }
    assert lines(finding) == [1, 2, 4]


def test_a_key_is_shared_under_whatever_names_it_has(claims):
    one = jwks("one")["keys"][0]
    ring = KeyRing.from_jwks({"keys": [one | {"kid": kid} for kid in ("k", "l", "m")]}, "k.json")
    tokens = [
        token(claims(iss=f"urn:{kid}", jti=task_id(kid)), "one", HEADER | {"kid": kid})
        for kid in ("l", "k")
    ]

    (finding,) = Sketch(tuple(tokens), ring).lint().findings

    assert finding.code == "ECT208"
    assert finding.evidence["kids"] == ["k", "l", "m"]
    assert finding.places[0] == Place("k.json")


@pytest.mark.parametrize(
    "text",
    [
        "a@0; b@5; c@9",
        "a@0; b@5 by=agent-b",
        "a@0; b@5 iss=urn:x !flipped",
        "a@0; b@5 iss=urn:x !no-iss",
    ],
)
def test_a_key_is_not_shared_but_by_tokens_that_verified_and_say_by_whom(text):
    assert "ECT208" not in sketch(text).codes()


def test_each_shared_key_is_told_once():
    text = "a@0; b@1 by=agent-b; c@2 iss=urn:x; d@3 by=agent-b iss=urn:x; e@4 iss=urn:y"
    findings = sketch(f"{text}; !disjoint_workflows=true").lint().findings

    assert [f.code for f in findings] == ["ECT208", "ECT208"]
    assert len({f.fingerprint for f in findings}) == 2


# Keys of no use: ECT209


def test_a_bad_key_is_told_with_the_tokens_that_name_it():
    drawn = sketch("a@0; b@5 kid=secret; c@9 kid=secret; !bad-key")
    (finding,) = (f for f in drawn.lint().findings if f.code == "ECT209")

    assert finding.places[0] == Place("sketch.keys.json", index=1)
    assert lines(finding) == [2, 3]
    assert finding.evidence["tokens"] == 2


def test_a_bad_key_of_the_name_of_a_good_one_touches_only_what_did_not_verify(claims):
    good, other = (jwks(name)["keys"][0] | {"kid": "k"} for name in ("one", "two"))
    ring = KeyRing.from_jwks({"keys": [good, other | {"x": "AA"}, {}]}, "keys.json")
    made = [token(claims(jti=task_id(name)), name, HEADER) for name in ("one", "two", "one")]

    found = [f for f in Sketch(tuple(made), ring).lint().findings if f.code == "ECT209"]

    assert [lines(finding) for finding in found] == [[2], []]
    assert [finding.evidence["kid"] for finding in found] == ["k", None]


# Revoked later: ECT210


def test_a_key_that_was_revoked_later_is_told_with_all_that_it_signed():
    finding = by_key("a@0; b@5; c@9<a; d@20<c; e@30<b,c; !revoked=60")

    assert finding.severity == "note"
    assert finding.message == (
        "the key 'agent-a' was revoked from 2026-02-24 14:24:20 UTC on; "
        "before that it signed 5 tokens here, and 0 other tasks build on that"
    )
    assert lines(finding) == [1, 2, 3, 4, 5]


def test_what_builds_on_a_key_that_was_revoked_later_is_counted(claims):
    """The lineage: a and x are signed by the key; b to e build on a, f on nothing of it."""
    keys = jwks("agent-a", "agent-b")["keys"]
    keys[0]["revoked_at"] = EPOCH + 60
    text = (
        "a@0; b@1<a by=agent-b; c@2<b by=agent-b; d@3<b,x by=agent-b; e@4<c,d,a by=agent-b;"
        "f@5 by=agent-b wid=; x@0<a"
    )
    drawn = Sketch(sketch(text).records, KeyRing.from_jwks({"keys": keys}, "keys.json"))

    (finding,) = drawn.lint().findings

    assert finding.code == "ECT210"
    assert finding.evidence == {
        "kid": "agent-a",
        "thumbprint": drawn.ring.keys[0].thumbprint,
        "revoked_at": EPOCH + 60,
        "tokens": 2,
        "built_on": 4,
    }
    assert lines(finding) == [1, 7]


def test_a_circle_of_tasks_is_walked_once():
    report = sketch("a@0<c; b@0<a; c@0<b; !revoked=60").lint()

    evidence = {f.code: f.evidence for f in report.findings}["ECT210"]
    assert (evidence["tokens"], evidence["built_on"]) == (3, 0)


@pytest.mark.parametrize("text", ["a@60; !revoked=60", "a@0 !flipped; !revoked=60", "a@0"])
def test_a_key_that_signed_nothing_good_before_it_was_revoked_is_not_told(text):
    assert "ECT210" not in sketch(text).codes()


def test_a_what_if_of_a_revocation_tells_what_would_have_to_be_looked_at():
    drawn = sketch("a@0; b@5<a by=agent-b; c@20<b; d@30<c by=agent-b")
    supposed = Sketch(drawn.records, drawn.ring.revoke("agent-a", EPOCH + 10))

    found = [(f.code, lines(f)) for f in supposed.lint().findings]

    assert found == [("ECT210", [1]), ("ECT206", [3]), ("ECT308", [4, 3])]


def test_a_ledger_without_keys_tells_nothing_of_keys():
    assert sketch("a@0; b@5<a iss=urn:x; !no-keys; !revoked=60").codes() == ["ECT204"]


# The high form of signatures, ECT207


def signed(high: int, low: int, by: str = "agent-a") -> str:
    """So many tasks in either form, each a workflow of its own."""
    forms = ["high-s"] * high + ["low-s"] * low
    return "; ".join(f"{by}-{n}@{n} wid={by}-{n} by={by} !{form}" for n, form in enumerate(forms))


def high_ones(drawn: Sketch) -> list[Finding]:
    return [finding for finding in drawn.lint().findings if finding.code == "ECT207"]


@pytest.mark.parametrize(
    ("high", "low", "told"),
    [
        (0, 60, 0),
        (1, 0, 0),
        (1, 23, 0),
        (1, 24, 1),
        (2, 26, 0),
        (2, 27, 2),
        (3, 30, 3),
        (13, 12, 0),
        (60, 0, 0),
        (24, 1, 0),
        (25, 175, 25),
        (50, 150, 50),
        (51, 149, 0),
        (51, 150, 0),
        (51, 153, 51),
        (80, 121, 0),
    ],
)
def test_a_high_signature_is_told_where_chance_hardly_ever_makes_so_few(high, low, told):
    findings = high_ones(sketch(signed(high, low)))

    assert len(findings) == told
    assert all(f.evidence == {"high": high, "signatures": high + low} for f in findings)


@given(st.integers(0, 300), st.integers(0, 300))
def test_so_few_are_no_chance_where_the_exact_odds_are_below_one_in_a_million(few, more):
    total = few + more
    odds = Fraction(sum(comb(total, heads) for heads in range(few + 1)), 2**total)

    assert _is_no_chance(few, total) == (4 * few <= total and odds < Fraction(1, 10**6))


def test_a_high_signature_is_told_with_its_own_record_and_the_count():
    finding = only_finding(f"{signed(0, 30)}; z@99 !high-s")

    assert finding.severity is Severity.NOTE
    assert [place.line for place in finding.places] == [31]
    assert finding.jti == task_id("z")
    assert "30 of 31 by its key are in the low form" in finding.message


def test_each_key_is_looked_at_by_itself():
    text = f"{signed(0, 40)}; {signed(20, 20, 'agent-b')}; z@99 !high-s"

    (finding,) = high_ones(sketch(text))

    assert (finding.jti, finding.evidence["signatures"]) == (task_id("z"), 41)


def test_copies_of_one_token_show_nothing_of_its_signer():
    assert high_ones(sketch("; ".join(["a@0 !low-s"] * 60 + ["z@99 !high-s"]))) == []


def test_what_did_not_verify_shows_nothing_of_any_signer():
    text = "; ".join(f"t{n}@{n} !flipped" for n in range(60))

    assert high_ones(sketch(f"{text}; z@99 !high-s")) == []
    assert high_ones(sketch(f"{signed(0, 60)}; z@99 !high-s; !no-keys")) == []


def test_one_key_under_several_names_is_one_signer(claims):
    """The `kid`, and the windows in which a key is good, make no other signer of it."""
    key = jwks("one")["keys"][0]
    ring = KeyRing.from_jwks({"keys": [key | {"kid": "k"}, key | {"kid": "l"}]}, "keys.json")
    drawn = sketch("; ".join(f"t{n}@{n} by=one kid={'kl'[n % 2]} !low-s" for n in range(30)))
    twin = sketch("z@99 by=one kid=l !high-s")

    (finding,) = high_ones(Sketch((*drawn.records, *twin.records), ring))

    assert finding.evidence == {"high": 1, "signatures": 31}


@pytest.mark.parametrize(("high", "low"), [(1, 0), (1, 1), (5, 3), (0, 4)])
def test_each_high_signature_is_told_where_all_signers_make_the_low_form(high, low):
    assert len(high_ones(sketch(f"{signed(high, low)}; !low_s=true"))) == high


def test_the_twin_of_a_token_is_told_next_to_the_token():
    """Both verify; that two tokens claim one task is told as that."""
    findings = sketch(f"{signed(0, 30)}; z@99 !low-s; z@99 !high-s").lint().findings

    assert sorted(finding.code for finding in findings) == ["ECT207", "ECT302"]


def test_a_million_signatures_take_no_longer_than_they_are_many():
    begin = time.process_time()

    assert not _is_no_chance(499_000, 1_000_000)
    assert _is_no_chance(250_000, 1_000_000)
    assert time.process_time() - begin < 1
