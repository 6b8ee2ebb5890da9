"""What is judged of one token's claims: every limit to the last byte, and each defect told once."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.claims import DECISIONS
from ectgraph.model import Finding, Severity, Token
from ectgraph.policy import Policy
from ectgraph.rules import RULES
from ectgraph.testing import EPOCH, Sketch, sketch, token

HEADER_01 = {"alg": "ES256", "typ": "exec+jwt", "kid": "agent-a"}
POLICY = Policy()

both_drafts = pytest.mark.parametrize("draft", ["00", "01"])


def only_finding(text: str) -> Finding:
    (finding,) = sketch(text).lint().findings
    return finding


# Ids, ECT112


@given(
    st.uuids().map(str)
    | st.uuids().map(lambda made: str(made).upper())
    | st.uuids().map(lambda made: made.hex)
    | st.uuids().map(lambda made: made.urn)
    | st.text("0123456789abcdefgABCDEF-{}", max_size=40)
    | st.tuples(st.uuids().map(str), st.sampled_from("\n g-é\uff15")).map("".join)
)
def test_an_id_is_a_uuid_when_it_is_how_uuids_are_written(text):
    try:
        usual = str(uuid.UUID(text)) == text.lower()
    except ValueError:
        usual = False

    assert (RULES["ECT112"].look(Token(jti=text), POLICY) == ()) == usual
    assert (RULES["ECT112"].look(Token(wid=text), POLICY) == ()) == usual


def test_digits_of_other_scripts_make_no_uuid():
    assert RULES["ECT112"].look(Token(jti="\uff1550e8400-e29b-41d4-a716-446655440000"), POLICY)


@pytest.mark.parametrize(
    ("changes", "witnesses"),
    [
        ({}, []),
        ({"jti": "t1"}, ["jti"]),
        ({"wid": "w1"}, ["wid"]),
        ({"jti": "t1", "wid": "w1"}, ["jti", "wid"]),
    ],
)
def test_each_odd_id_is_told_and_absent_ones_are_not(claims, changes, witnesses):
    made = claims(**changes)

    hits = RULES["ECT112"].look(Token(jti=made["jti"], wid=made.get("wid")), POLICY)

    assert [hit.witness for hit in hits] == witnesses
    assert all(repr(made[hit.witness]) in hit.message for hit in hits)


def test_an_id_that_is_no_text_is_told_as_ill_typed_and_not_as_no_uuid(codes_of, claims):
    assert codes_of(claims(wid=7)) == ["ECT111"]
    assert codes_of(claims(jti=7)) == ["ECT111"]
    assert codes_of(claims(jti=None)) == ["ECT110"]


# Policy and decision, ECT120


@pytest.mark.parametrize(
    ("top", "codes"),
    [
        ({}, []),
        ({"pol": "p1", "pol_decision": "approved"}, []),
        ({"pol_decision": "approved"}, []),
        ({"pol": "p2"}, ["ECT120"]),
        ({"pol_decision": "rejected"}, ["ECT120"]),
        ({"pol": "p2", "pol_decision": "rejected"}, ["ECT120", "ECT120"]),
        ({"pol": 7}, ["ECT111"]),
    ],
)
def test_a_policy_in_two_places_has_one_value(codes_of, claims, top, codes):
    below = {"pol": "p1", "pol_decision": "approved"}

    assert codes_of(claims(par=None, pred=[], ect_ext=below, **top), HEADER_01) == codes


def test_two_decisions_are_told_with_both(claims, ring):
    below = {"pol": "p1", "pol_decision": "approved"}
    made = claims(par=None, pred=[], ect_ext=below, pol_decision="rejected")

    (finding,) = Sketch((token(made, "agent-a"),), ring).lint().findings

    assert (finding.code, finding.severity) == ("ECT120", Severity.ERROR)
    assert (
        finding.message == "'pol_decision' is 'rejected' at the top and 'approved' in the extension"
    )


# Hashes, ECT113


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.mark.parametrize("prefix", ["", "sha-256:", "sha-384:", "sha-512:"])
@pytest.mark.parametrize("size", [0, 31, 32, 33, 47, 48, 49, 63, 64, 65])
def test_a_hash_has_the_length_of_its_kind_and_no_other(codes_of, claims, prefix, size):
    fits = {"": 32, "sha-256:": 32, "sha-384:": 48, "sha-512:": 64}[prefix] == size
    value = prefix + b64(b"\xfb" * size)

    for name in ("inp_hash", "out_hash"):
        expected = [] if fits else ["ECT111" if value == "" else "ECT113"]
        assert codes_of(claims(**{name: value})) == expected


def test_both_hashes_are_told_apart():
    first, second = sketch("a@0 inp_hash=abc out_hash=sha-1:abc").lint().findings

    assert (first.code, second.code) == ("ECT113", "ECT113")
    assert first.fingerprint != second.fingerprint
    assert "inp_hash" in first.message
    assert "'sha-1'" in second.message


@pytest.mark.parametrize("value", [7, None, [43 * "A"], True])
def test_a_hash_that_is_no_text_is_ill_typed_and_nothing_else(codes_of, claims, value):
    assert codes_of(claims() | {"out_hash": value}) == ["ECT111"]


# The extension, ECT115 and ECT116


def with_extension(claims: Any, draft: str, extension: Any) -> dict[str, Any]:
    if draft == "00":
        return claims(ext=extension)
    return claims(par=None, pred=[], ect_ext=extension)


def extension_of(size: int, filler: str = "x") -> dict[str, str]:
    """An extension that takes so many bytes as compact JSON."""
    room = size - len('{"note":""}')
    each = len(filler.encode())
    made = {"note": filler * (room // each) + "x" * (room % each)}
    assert len(json.dumps(made, separators=(",", ":"), ensure_ascii=False).encode()) == size
    return made


@both_drafts
@pytest.mark.parametrize("filler", ["x", "é", "日", "\U0001f600"])
def test_an_extension_of_4096_bytes_is_the_largest(codes_of, claims, draft, filler):
    for size, codes in ((4095, []), (4096, []), (4097, ["ECT115"])):
        made = with_extension(claims, draft, extension_of(size, filler))
        assert codes_of(made, HEADER_01 if draft == "01" else None) == codes


def test_white_space_around_an_extension_does_not_count(codes_of, claims):
    made = json.dumps(claims(ext=extension_of(4096)), indent=9, ensure_ascii=False).encode()

    assert codes_of(made) == []


@both_drafts
@pytest.mark.parametrize("text", ["!ext-large", 'ext={"a":{"b":{"c":{"d":{"e":1}}}}}'])
def test_an_extension_beyond_its_limits_is_an_error_in_draft_01_alone(draft, text):
    finding = only_finding(f"a@0 draft={draft} {text}")

    assert finding.code in ("ECT115", "ECT116")
    assert finding.severity is (Severity.ERROR if draft == "01" else Severity.WARNING)


def test_an_extension_of_the_early_draft_only_should_be_small():
    finding = only_finding("a@0 pol=p pol_decision=approved !ext-large")

    assert (finding.code, finding.severity) == ("ECT115", Severity.WARNING)


def test_the_caller_decides_last_how_bad_a_large_extension_is():
    drawn = sketch("a@0 draft=01 !ext-large")
    policy = Policy(severities={"ECT115": Severity.NOTE})

    (finding,) = Sketch(drawn.records, drawn.ring, policy).lint().findings

    assert finding.severity is Severity.NOTE


def test_a_large_extension_is_told_with_its_size():
    assert only_finding("a@0 !ext-large").evidence == {"bytes": 4107, "max_ext_bytes": 4096}
    assert only_finding('a@0 ext={"a":1}; !max_ext_bytes=6').evidence == {
        "bytes": 7,
        "max_ext_bytes": 6,
    }
    assert sketch('a@0 ext={"a":1}; !max_ext_bytes=7').codes() == []


def test_numbers_of_any_size_can_be_in_an_extension(codes_of, claims):
    assert codes_of(claims(ext={"n": [1e308, 5e-324, 2**53 - 1, 1 - 2**53]})) == []
    assert codes_of(claims(ext={"n": [10**40, -(2**64)]})) == ["ECT007"]


@both_drafts
@pytest.mark.parametrize(
    ("extension", "deep"),
    [
        ({}, False),
        ({"a": {"b": {"c": {"d": 1}}}}, False),
        ({"a": {"b": {"c": {"d": {}}}}}, False),
        ({"a": {"b": {"c": {"d": []}}}}, False),
        ({"a": {"b": {"c": {"d": {"e": 1}}}}}, True),
        ({"a": {"b": {"c": {"d": {"e": None}}}}}, True),
        ({"a": {"b": {"c": {"d": {"e": {}}}}}}, True),
        ({"a": [[[1]]]}, False),
        ({"a": [[[[1]]]]}, True),
        ({"a": 1, "b": [1, [2, [3, [4, [5]]]]]}, True),
        ({"a": [1] * 500}, False),
    ],
)
def test_an_extension_has_five_levels_its_innermost_value_counted(
    codes_of, claims, draft, extension, deep
):
    made = with_extension(claims, draft, extension)

    assert codes_of(made, HEADER_01 if draft == "01" else None) == (["ECT116"] if deep else [])


def test_the_depth_of_an_extension_is_the_policys(codes_of, claims):
    made = claims(ext={"a": {"b": 1}})

    assert codes_of(made, max_ext_depth=3) == []
    assert codes_of(made, max_ext_depth=2) == ["ECT116"]


def test_an_extension_may_be_too_large_and_too_deep(codes_of, claims):
    made = claims(ext={"a": {"b": {"c": {"d": {"e": "x" * 5000}}}}})

    assert codes_of(made) == ["ECT115", "ECT116"]


def test_an_unsigned_token_has_its_extension_judged_too():
    text = 'a@0 draft=01 ext={"a":1} !unsigned; !max_ext_bytes=6; !minimum_level=L1'

    assert sketch(text).codes() == ["ECT115"]


# Decisions, and their policies, ECT119 and ECT120


@both_drafts
@pytest.mark.parametrize("decision", DECISIONS)
def test_the_three_decisions_are_known(draft, decision):
    assert sketch(f"a@0 pol=p pol_decision={decision} draft={draft}").codes() == []


@both_drafts
@pytest.mark.parametrize("decision", ["Approved", "APPROVED", "approve", "pending", "0", "none"])
def test_any_other_decision_is_none(draft, decision):
    finding = only_finding(f"a@0 pol=p pol_decision={decision} draft={draft}")

    assert finding.code == "ECT119"
    assert repr(decision) in finding.message


@pytest.mark.parametrize("decision", ["", None, 1, True, ["approved"]])
def test_a_decision_that_is_no_text_is_ill_typed_and_nothing_else(codes_of, claims, decision):
    assert codes_of(claims() | {"pol": "p", "pol_decision": decision}) == ["ECT111"]
    inner = {"pol": "p", "pol_decision": decision}
    assert codes_of(claims(par=None, pred=[], ect_ext=inner), HEADER_01) == ["ECT111"]


@both_drafts
@pytest.mark.parametrize("decision", [None, "approved", 7, ""])
@pytest.mark.parametrize("policy", [None, "p1", 7, ""])
def test_a_policy_goes_with_a_decision_and_a_defect_is_told_once(
    codes_of, claims, draft, policy, decision
):
    pair = {"pol": policy, "pol_decision": decision}
    there = {name: value for name, value in pair.items() if value is not None}
    ill_typed = [value for value in there.values() if value in (7, "")]
    unpaired = len(there) == 1 and not ill_typed
    made = claims(**there) if draft == "00" else claims(par=None, pred=[], ect_ext=there)

    expected = ["ECT111"] * len(ill_typed) + ["ECT120"] * unpaired

    assert codes_of(made, HEADER_01 if draft == "01" else None) == expected


@pytest.mark.parametrize(("stated", "absent"), [("pol", "pol_decision"), ("pol_decision", "pol")])
def test_an_unpaired_policy_says_which_half_is_there(stated, absent):
    finding = only_finding(f"a@0 {stated}=approved")

    assert (finding.code, finding.message) == ("ECT120", f"'{stated}' without '{absent}'")


def test_a_policy_that_is_null_is_ill_typed_and_not_unpaired(codes_of, claims):
    made = claims() | {"pol": None, "pol_decision": "approved"}

    assert codes_of(made) == ["ECT111"]


def test_the_halves_of_a_policy_may_stand_inside_and_outside_the_extension(codes_of, claims):
    made = claims(par=None, pred=[], pol="p", ect_ext={"pol_decision": "approved"})

    assert codes_of(made, HEADER_01) == []


# The subject, ECT121


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"sub": "spiffe://example.com/agent/a"}, []),
        ({"sub": "spiffe://example.com/agent/A"}, ["ECT121"]),
        ({"sub": "spiffe://example.com/agent/a/"}, ["ECT121"]),
        ({"sub": 7}, ["ECT111"]),
        ({"sub": ""}, ["ECT111"]),
        ({"sub": "x", "iss": None}, ["ECT110"]),
        ({"sub": "x", "iss": 7}, ["ECT111"]),
    ],
)
def test_a_subject_is_the_issuer_to_the_letter(codes_of, claims, changes, codes):
    assert codes_of(claims(**changes)) == codes


# The audience, ECT122


@pytest.mark.parametrize(
    ("aud", "codes"),
    [
        ("gate", []),
        (["gate"], []),
        (["other", "gate", "third"], []),
        ("gate/", ["ECT122"]),
        ("Gate", ["ECT122"]),
        ("gateway", ["ECT122"]),
        (["g", "a", "t", "e"], ["ECT122"]),
        (None, ["ECT110"]),
        ([], ["ECT111"]),
        (7, ["ECT111"]),
    ],
)
def test_a_token_is_for_those_whom_it_names(codes_of, claims, aud, codes):
    assert codes_of(claims(aud=aud), audience="gate") == codes


def test_a_verifier_that_does_not_say_who_it_is_takes_any_audience(codes_of, claims):
    assert codes_of(claims(aud="somebody else")) == []


def test_a_token_for_others_is_told_with_their_names():
    finding = only_finding("a@0 aud=other; !audience=gate")

    assert finding.message == "it is for other, not for gate"
    assert finding.evidence == {"aud": ["other"], "verifier": "gate"}


# Whatever the claims say


def test_a_token_from_a_year_that_no_calendar_knows_is_judged_all_the_same(codes_of, claims):
    assert codes_of(claims(iat=2**53 - 700, exp=2**53 - 100), at=EPOCH) == ["ECT408"]
