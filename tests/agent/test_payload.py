"""What an agent says of a task, in the words of each draft; and what is read back from a token."""

from __future__ import annotations

import dataclasses

import pytest

from ectgraph.agent.parse import parse
from ectgraph.agent.payload import (
    ECT_TYPE,
    ECT_TYPE_LEGACY,
    POL_DECISION_APPROVED,
    POL_DECISION_PENDING_HUMAN_REVIEW,
    POL_DECISION_REJECTED,
    Payload,
    valid_pol_decision,
    valid_uuid,
    validate_hash_format,
)
from ectgraph.signature import TYPES
from ectgraph.testing import token

WHOLE = Payload(
    iss="spiffe://example.com/agent/a",
    sub="spiffe://example.com/agent/a",
    aud=["spiffe://example.com/ledger"],
    iat=1000,
    exp=1600,
    jti="550e8400-e29b-41d4-a716-446655440000",
    wid="0d3f6f0e-0000-4000-8000-000000000001",
    exec_act="review",
    par=["550e8400-e29b-41d4-a716-446655440001"],
    inp_hash=43 * "A",
    out_hash=43 * "E",
    pol="p1",
    pol_decision="approved",
    pol_enforcer="spiffe://example.com/policy",
    pol_timestamp=999.5,
    ext={"exec_time_ms": 5},
    extra={"region": "eu"},
)


# What is written


def test_draft_00_has_par_and_ext_and_the_policy_beside_them():
    assert WHOLE.claims() == {
        "iss": "spiffe://example.com/agent/a",
        "sub": "spiffe://example.com/agent/a",
        "aud": ["spiffe://example.com/ledger"],
        "iat": 1000,
        "exp": 1600,
        "jti": "550e8400-e29b-41d4-a716-446655440000",
        "exec_act": "review",
        "par": ["550e8400-e29b-41d4-a716-446655440001"],
        "wid": "0d3f6f0e-0000-4000-8000-000000000001",
        "inp_hash": 43 * "A",
        "out_hash": 43 * "E",
        "pol": "p1",
        "pol_decision": "approved",
        "pol_enforcer": "spiffe://example.com/policy",
        "pol_timestamp": 999.5,
        "ext": {"exec_time_ms": 5},
        "region": "eu",
    }


def test_draft_01_has_pred_and_ect_ext_and_the_policy_within():
    claims = WHOLE.claims("01")

    assert claims["pred"] == WHOLE.par
    assert claims["ect_ext"] == {
        "exec_time_ms": 5,
        "pol": "p1",
        "pol_decision": "approved",
        "pol_enforcer": "spiffe://example.com/policy",
        "pol_timestamp": 999.5,
    }
    assert not {"par", "ext", "pol", "pol_decision"} & claims.keys()


@pytest.mark.parametrize("draft", ["00", "01"])
def test_writing_changes_nothing_of_the_payload(draft):
    before = dataclasses.asdict(WHOLE)

    WHOLE.claims(draft)

    assert dataclasses.asdict(WHOLE) == before


def test_what_is_none_is_left_out_and_what_is_required_never():
    assert Payload().claims() == {
        "iss": "",
        "aud": [],
        "iat": 0,
        "exp": 0,
        "jti": "",
        "exec_act": "",
        "par": [],
    }
    assert list(Payload().claims("01"))[-1] == "pred"


@pytest.mark.parametrize("name", ["iss", "aud", "iat", "jti", "par"])
def test_claims_of_ones_own_never_stand_in_for_those_of_the_draft(name):
    claims = dataclasses.replace(WHOLE, extra={name: "forged", "more": 1}).claims()

    assert claims[name] == getattr(WHOLE, name)
    assert claims["more"] == 1


def test_of_a_policy_said_twice_the_payloads_own_word_counts():
    claims = Payload(pol="p", ext={"pol": "q", "note": 1}).claims("01")

    assert claims["ect_ext"] == {"pol": "p", "note": 1}


def test_two_payloads_share_no_list():
    first, second = Payload(), Payload()
    first.par.append("a")
    first.extra["a"] = 1

    assert second == Payload()


@pytest.mark.parametrize(
    ("ext", "compensates"),
    [
        (None, False),
        ({}, False),
        ({"compensation_required": True}, True),
        ({"compensation_required": False}, False),
        ({"compensation_required": 1}, False),
        ({"compensation_required": "true"}, False),
    ],
)
def test_compensation_is_a_true_and_nothing_like_it(ext, compensates):
    assert Payload(ext=ext).compensation_required is compensates


# What is read back


@pytest.mark.parametrize("draft", ["00", "01"])
def test_what_was_written_is_read_back(draft):
    assert parse(token(WHOLE.claims(draft), "a")).payload == WHOLE


@pytest.mark.parametrize("draft", ["00", "01"])
@pytest.mark.parametrize("ext", [None, {}, {"note": {}}])
def test_an_empty_extension_is_no_absent_one(draft, ext):
    payload = dataclasses.replace(
        WHOLE, ext=ext, pol=None, pol_decision=None, pol_enforcer=None, pol_timestamp=None
    )

    assert parse(token(payload.claims(draft), "a")).payload == payload


def test_an_extension_of_policy_claims_alone_is_none():
    payload = dataclasses.replace(WHOLE, ext=None)

    assert parse(token(payload.claims("01"), "a")).payload == payload


@pytest.mark.parametrize("aud", ["one", ["one"], ["one", "two"]])
def test_an_audience_stays_what_it_was(aud):
    payload = dataclasses.replace(WHOLE, aud=aud)

    assert parse(token(payload.claims(), "a")).payload.aud == aud


@pytest.mark.parametrize(
    ("claim", "value", "name", "empty"),
    [
        ("iss", 5, "iss", ""),
        ("aud", 5, "aud", []),
        ("aud", [], "aud", []),
        ("iat", "5", "iat", 0),
        ("exp", True, "exp", 0),
        ("jti", None, "jti", ""),
        ("exec_act", [], "exec_act", ""),
        ("par", "a", "par", []),
        ("wid", 5, "wid", None),
        ("inp_hash", {}, "inp_hash", None),
        ("pol_enforcer", 5, "pol_enforcer", None),
        ("pol_timestamp", True, "pol_timestamp", None),
        ("ext", [], "ext", None),
    ],
)
def test_an_ill_typed_claim_is_read_as_empty(claim, value, name, empty):
    payload = parse(token(WHOLE.claims() | {claim: value}, "a")).payload

    assert getattr(payload, name) == empty
    assert payload == dataclasses.replace(WHOLE, **{name: empty})


def test_an_ill_typed_claim_is_not_taken_for_one_of_ones_own():
    assert parse(token(WHOLE.claims() | {"iat": "5"}, "a")).payload.extra == {"region": "eu"}


def test_what_was_only_read_is_not_verified():
    assert parse(token(WHOLE.claims(), "a")).payload.verified is None


def test_a_changed_copy_is_not_what_was_verified():
    payload = Payload()
    payload.verified = "a token"

    assert dataclasses.replace(payload, par=["x"]).verified is None
    assert payload == Payload()
    assert "token" not in repr(payload)


# The small questions


def test_the_types_are_those_that_signatures_are_checked_for():
    assert {ECT_TYPE, ECT_TYPE_LEGACY} == TYPES
    assert (ECT_TYPE, ECT_TYPE_LEGACY) == ("exec+jwt", "wimse-exec+jwt")


@pytest.mark.parametrize(
    "text",
    [POL_DECISION_APPROVED, POL_DECISION_REJECTED, POL_DECISION_PENDING_HUMAN_REVIEW],
)
def test_there_are_three_decisions(text):
    assert valid_pol_decision(text)
    assert not valid_pol_decision(text.upper())
    assert not valid_pol_decision(text + " ")


@pytest.mark.parametrize("text", ["", "ok", "pending"])
def test_everything_else_is_no_decision(text):
    assert not valid_pol_decision(text)


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("550e8400-e29b-41d4-a716-446655440000", True),
        ("550E8400-E29B-41D4-A716-446655440000", True),
        ("00000000-0000-0000-0000-000000000000", True),
        ("550e8400e29b41d4a716446655440000", False),
        ("{550e8400-e29b-41d4-a716-446655440000}", False),
        ("urn:uuid:550e8400-e29b-41d4-a716-446655440000", False),
        ("550e8400-e29b-41d4-a716-446655440000\n", False),
        ("550e8400-e29b-41d4-a716-44665544000\N{ARABIC-INDIC DIGIT ZERO}", False),
        ("", False),
    ],
)
def test_a_uuid_is_one_in_its_usual_form(text, valid):
    assert valid_uuid(text) is valid


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        (43 * "A", True),
        ("sha-256:" + 43 * "A", True),
        ("sha-384:" + 64 * "A", True),
        ("sha-512:" + 86 * "A", True),
        ("sha-512:" + 43 * "A", False),
        ("md5:" + 22 * "A", False),
        (42 * "A", False),
        (43 * "A" + "=", False),
        (42 * "A" + "B", False),
        ("", False),
        ("é" * 43, False),
    ],
)
def test_a_hash_is_one_of_the_right_length(text, valid):
    assert validate_hash_format(text) is valid
