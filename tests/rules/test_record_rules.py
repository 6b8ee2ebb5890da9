"""What is judged of a record's bytes: each way to have two readings is told, and spoils the token."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from ectgraph.encoding import compact_json
from ectgraph.model import Finding, Severity, Trust
from ectgraph.testing import EPOCH, Sketch, seal, sketch, task_id

HEADER = {"alg": "ES256", "typ": "wimse-exec+jwt", "kid": "agent-a"}


@pytest.fixture(scope="module")
def judged(ring):
    """(findings, trust) of a token of agent-a that consists of these very bytes."""

    def judge(header: dict[str, Any] | bytes, payload: dict[str, Any] | bytes):
        parts = [part if isinstance(part, bytes) else compact_json(part) for part in (header, payload)]  # fmt: skip
        drawn = Sketch((seal(*parts, "agent-a"),), ring)
        return drawn.lint().findings, drawn.ledger()[0].trust

    return judge


def told(findings: tuple[Finding, ...]) -> list[str]:
    return [f"{finding.code} {finding.message}" for finding in findings]


# Another payload, ECT003


@pytest.mark.parametrize(
    ("members", "claim"),
    [
        ({"b64": False}, "'b64' says that it is not base64url"),
        ({"zip": "DEF"}, "'zip' says that it is compressed"),
        ({"cty": "JWT"}, "'cty' says that it is another token"),
    ],
)
def test_a_header_that_asks_for_another_payload_spoils_the_token(judged, claims, members, claim):
    findings, trust = judged(HEADER | members, claims())

    assert told(findings) == [f"ECT003 the payload is not encoded as it must be: {claim}"]
    assert trust is Trust.INVALID


def test_an_unencoded_payload_that_is_announced_is_told_as_just_that(judged, claims):
    findings, trust = judged(HEADER | {"crit": ["b64"], "b64": False}, claims())

    assert [finding.code for finding in findings] == ["ECT104"]
    assert trust is Trust.UNSUPPORTED


# One member twice, ECT005


@pytest.mark.parametrize(
    ("header", "payload", "message"),
    [
        ({}, b'"exec_act":"x"', "the payload has 'exec_act' twice"),
        ({}, b'"own":{"a":[{"b":1,"b":1}]}', "the payload has 'b' twice"),
        ({}, b'"exec\\u005fact":"x"', "the payload has 'exec_act' twice"),
        ({}, b'"JTI":"x"', "the payload has 'JTI', which some readers take for 'jti'"),
        ({}, b'"Wid":"x"', "the payload has 'Wid', which some readers take for 'wid'"),
        ({}, b'"ext":{"Pol":"x"}', "the ext has 'Pol', which some readers take for 'pol'"),
        ({"Kid": "x"}, b'"own":1', "the header has 'Kid', which some readers take for 'kid'"),
    ],
)
def test_a_member_that_two_readers_read_differently_spoils_the_token(
    judged, claims, header, payload, message
):
    made = compact_json(claims())[:-1] + b"," + payload + b"}"

    findings, trust = judged(HEADER | header, made)

    assert told(findings) == [f"ECT005 it has two readings: {message}"]
    assert findings[0].severity is Severity.ERROR
    assert trust is Trust.INVALID


def test_two_extensions_spoil_the_token(judged, claims):
    made = claims(par=None, pred=[], ext={"pol": "a"}, ect_ext={"pol": "b", "pol_decision": "approved"})  # fmt: skip

    findings, trust = judged(HEADER, made)

    assert told(findings) == [
        "ECT005 it has two readings: the payload has both 'ext' and 'ect_ext', which differ"
    ]
    assert trust is Trust.INVALID


def test_each_member_that_is_there_twice_is_a_finding_of_its_own(judged, claims):
    made = compact_json(claims())[:-1] + b',"exec_act":"x","iss":"urn:y","EXP":1,"eXP":2}'

    findings, _ = judged(HEADER, made)

    assert [finding.code for finding in findings] == ["ECT005"] * 4
    assert len({finding.fingerprint for finding in findings}) == 4


def test_an_entry_with_a_member_twice_is_told_as_the_entrys(ring, good_token):
    record = b'{"note":1,"note":2,"ect":"%s"}' % good_token

    (finding,) = Sketch((record,), ring).lint().findings

    assert finding.message == "it has two readings: the entry has 'note' twice"


# Odd numbers, ECT007


@pytest.mark.parametrize("seconds", [0, 1, -5])
def test_a_time_in_whole_seconds_is_not_odd(seconds):
    assert sketch(f"a@{seconds}").codes() == []


def test_odd_times_are_notes_and_the_token_is_good(judged, claims):
    made = json.dumps(claims()).encode().replace(b"%d" % EPOCH, b"%d.0" % EPOCH)

    findings, trust = judged(HEADER, made)

    message = "1771943000.0 is written with a fraction or an exponent"
    assert told(findings) == [f"ECT007 not all readers read the number in 'iat' alike: {message}"]
    assert findings[0].severity is Severity.NOTE
    assert trust is Trust.VERIFIED


def test_an_integer_that_some_readers_round_is_a_note(judged, claims):
    findings, trust = judged(HEADER, claims(ext={"span": [10**60]}))

    message = f"1{39 * '0'} is beyond 2^53, where many readers round"
    assert told(findings) == [f"ECT007 not all readers read the number in 'ext' alike: {message}"]
    assert trust is Trust.VERIFIED


def test_an_odd_time_is_no_reason_to_refuse_a_token_at_a_gate(passed):
    verified = passed(sketch("a@0.5").records[0])

    assert verified.trust is Trust.VERIFIED
    assert [code for code, _ in verified.hits] == ["ECT007", "ECT007"]


# Two dialects, ECT008


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a@0; b@5<a draft=01", 1),
        ("a@0 sub=spiffe://example.com/agent/agent-a; b@5<a draft=01", 1),
        ("a@0; b@5<a sub=spiffe://example.com/agent/agent-a", 0),
        ("a@0 draft=01; b@5<a draft=01", 0),
        ("a@0; b@0 wid=two draft=01", 0),
        ("a@0 wid=; b@0 wid= draft=01", 0),
        ("a@0; b@0 wid= draft=01", 0),
        ("a@0 wid=x; b@0 wid=x draft=01; c@0 wid=y; d@0 wid=y draft=01; e@0 wid=z", 2),
        ("a@0; b@5<a !two-lists", 0),
        ("a@0; b@5 !two-lists", 1),
        ("a@0 draft=01; b@5 !two-lists", 1),
    ],
)
def test_drafts_are_mixed_where_one_workflow_or_one_token_has_both(text, found):
    findings = [f for f in sketch(text).lint().findings if f.code == "ECT008"]

    assert len(findings) == found
    assert {finding.severity for finding in findings} <= {Severity.NOTE}


def test_a_mixed_workflow_is_told_with_counts_and_the_earliest_token_of_each_draft():
    early = "sub=spiffe://example.com/agent/agent-a"
    drawn = sketch(f"b@9 draft=01; a@0; c@5; d@4 draft=01; e@7 {early}; x@1 !no-iat")
    (finding,) = (f for f in drawn.lint().findings if f.code == "ECT008")

    assert finding.message == (
        "the tokens of this workflow are of several drafts: 3 of 00, 2 of 01, 1 of early-00"
    )
    assert finding.evidence == {
        "wid": task_id("workflow"),
        "drafts": {"00": 3, "01": 2, "early-00": 1},
    }
    assert [place.line for place in finding.places] == [2, 4, 5]


def test_a_mixed_workflow_is_the_same_finding_wherever_its_records_lie():
    drawn = sketch("a@0; b@1<a draft=01; c@2<b; d@3<c draft=01")
    prints = set()
    for records in itertools.permutations(drawn.records):
        (finding,) = Sketch(records, drawn.ring).lint().findings
        prints.add((finding.fingerprint, finding.jti))

    assert len(prints) == 1


def test_a_token_with_both_lists_is_told_and_is_of_neither_draft(judged, claims):
    findings, trust = judged(HEADER, claims(par=["p"], pred=["p"]))

    assert told(findings)[0] == "ECT008 it has both 'par' (draft 00) and 'pred' (draft 01), which agree"  # fmt: skip
    assert [finding.code for finding in findings] == ["ECT008", "ECT303"]
    assert trust is Trust.VERIFIED


def test_lists_that_differ_are_told_as_that_alone(judged, claims):
    findings, _ = judged(HEADER, claims(par=[], pred=["p"]))

    assert [finding.code for finding in findings] == ["ECT117", "ECT303"]
