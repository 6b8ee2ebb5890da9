"""Whose key it was, and when: bindings, windows, revocations, rotation."""

from __future__ import annotations

from typing import Any

import pytest

from ectgraph.keys import KeyRing
from ectgraph.model import Finding, Trust
from ectgraph.testing import AGENTS, EPOCH, Sketch, jwks, sketch, token

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
        ({"nbf": EPOCH + 0.5}, 0.5, GOOD),
        ({"exp": EPOCH}, -1, GOOD),
        ({"exp": EPOCH}, -0.25, GOOD),
        ({"exp": EPOCH}, 0, UNFIT),
        ({"exp": EPOCH}, 1, UNFIT),
        ({"revoked_at": EPOCH}, -1, GOOD),
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

    assert [(f.code, f.places[0].line) for f in findings] == [("ECT206", 3), ("ECT206", 4)]


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
