"""What rules by others say: it is a sound finding, or a failure of the rule."""

from __future__ import annotations

import json

import pytest

import ectgraph
from ectgraph import foreign
from ectgraph.keys import KeyRing
from ectgraph.reports.json import to_json
from ectgraph.testing import jwks, sketch

RING = KeyRing.from_jwks(jwks("agent-a"))


def report(path, tmp_path, text: str = "a@0 recorded=1; b@5<a recorded=6"):
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_bytes(sketch(text).data)
    return ectgraph.load(ledger, RING, rules=foreign.load([path])).report


NONSENSE = {
    "a text": "'a@0'",
    "a number": "7",
    "true": "True",
    "a message that is no text": "Hit(7)",
    "evidence that is no object": "Hit('m', evidence=[1])",
    "evidence that is no JSON": "Hit('m', evidence={'a': object()})",
    "evidence that is a module": "Hit('m', evidence={'a': Hit})",
    "evidence of half a character": "Hit('m', evidence={'a': chr(0xd800)})",
    "evidence that holds itself": "(lambda e: e.update(e=e) or Hit('m', evidence=e))({})",
    "a witness that is no text": "Hit('m', witness=b'w')",
    "a severity that is none": "Hit('m', severity='bad')",
    "a fatal finding": "Hit('m', severity=Severity.FATAL)",
    "related that is no list": "Hit('m', related=7)",
    "records that are no numbers": "Hit('m', records=('a',))",
    "a place that is none": "Hit('m', place='here')",
    "an error": "1 / 0",
    "the end of the program": "exit(0)",
    "no end": "(lambda f: f(f))(lambda f: f(f))",
}
HOW = {"token": "return [{}]", "entry": "return {}", "link": "return {}", "ledger": "yield {}"}


@pytest.mark.parametrize("nonsense", NONSENSE)
@pytest.mark.parametrize("kind", HOW)
def test_nonsense_is_a_failure_of_the_rule(rule_file, tmp_path, kind: str, nonsense: str):
    path = rule_file(kind, body=HOW[kind].format(NONSENSE[nonsense]))

    found = report(path, tmp_path)

    assert {finding.code for finding in found.findings} == {"ECT901"}
    assert all("the rule ACME001 failed" in finding.message for finding in found.findings)
    assert json.loads(to_json(found))["summary"]["tasks"] == 2


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("token", "return [Hit('m', 'a task')]"),
        ("token", "return [Hit('m', records=(0,))]"),
        ("token", "return Hit('m')"),
        ("entry", "return [Hit('m')]"),
        ("entry", "return Hit('m', 'a task')"),
        ("link", "return [Hit('m')]"),
        ("ledger", "yield Hit('m', 'no such task')"),
        ("ledger", "yield Hit('m', records=(2,))"),
        ("ledger", "yield Hit('m', records=(-1,))"),
        ("ledger", "return 7"),
        ("ledger", "return None"),
    ],
)
def test_what_a_rule_of_that_kind_cannot_say_is_a_failure(rule_file, tmp_path, kind, body):
    found = report(rule_file(kind, body=body), tmp_path)

    assert {finding.code for finding in found.findings} == {"ECT901"}


def test_a_rule_that_fails_in_the_middle_has_said_what_it_said(rule_file, tmp_path):
    body = "yield Hit('one'); yield Hit('two', records=(1,)); yield 7"

    found = report(rule_file("ledger", body=body), tmp_path).findings

    assert sorted(finding.code for finding in found) == ["ACME001", "ACME001", "ECT901"]


@pytest.mark.parametrize(
    ("kind", "body", "count"),
    [
        ("token", "return ()", 0),
        ("token", "return None", 0),
        ("token", "yield Hit('m')", 2),
        ("token", "return iter([Hit('m', severity='error', evidence={'a': (1, 2)})])", 2),
        ("entry", "return None", 0),
        ("entry", "return Hit('m')", 2),
        ("link", "return Hit('m')", 1),
        ("ledger", "return []", 0),
        ("ledger", "return [Hit('m', next(iter(seen.graph)), related=['x'], records=[1])]", 1),
    ],
)
def test_what_is_meant_well_is_understood(rule_file, tmp_path, kind, body, count):
    found = report(rule_file(kind, body=body), tmp_path).findings

    assert [finding.code for finding in found] == ["ACME001"] * count
    assert json.loads(to_json(report(rule_file(kind, body=body), tmp_path)))


def test_evidence_becomes_what_json_makes_of_it(rule_file, tmp_path):
    given = "{'tuple': (1, 2), 'nan': float('nan'), 'large': 2**70}"
    (finding, _) = report(rule_file(body=f"return [Hit('m', evidence={given})]"), tmp_path).findings

    assert finding.evidence == {"tuple": [1, 2], "nan": None, "large": 2**70}


def test_a_message_of_several_lines_becomes_one(rule_file, tmp_path):
    (finding, _) = report(rule_file(body=r"return [Hit('a\n\x1b[31mb')]"), tmp_path).findings

    assert finding.message == r"a\n\x1b[31mb"


@pytest.mark.parametrize(
    ("body", "fails"),
    [
        ("seen.graph.clear(); return; yield", True),
        ("seen.graph.remove_nodes_from(list(seen.graph)); return; yield", True),
        ("seen.ledger.entries.pop(); return; yield", True),
        ("seen.ledger.entries.reverse(); yield Hit('m')", True),
        ("graph = seen.graph.copy(); graph.clear(); yield from ()", False),
    ],
)
def test_a_rule_cannot_change_what_others_look_at(rule_file, tmp_path, body: str, fails: bool):
    text = "a@0; b@5<a,z !flipped"
    plain = report(rule_file("ledger", body="yield from ()"), tmp_path, text)
    found = report(rule_file("ledger", code="AAA001", name="first-rule", body=body), tmp_path, text)

    assert [
        each for each in found.findings if each.code.startswith("ECT") and each.code != "ECT901"
    ] == list(plain.findings)
    assert any(each.code == "ECT901" for each in found.findings) == fails
    assert found.summary.tasks == plain.summary.tasks
    assert found.summary.records == plain.summary.records
