"""Lines of JSON: one for each report, one for each finding."""

from __future__ import annotations

import json

from ectgraph.reports.json import to_json


def test_a_line_tells_the_report_and_then_comes_one_for_each_finding(everything, written):
    first, *others = map(json.loads, written("jsonl", everything).splitlines())
    expected = json.loads(to_json(everything))
    del expected["tool"], first["tool"]

    assert (first.pop("kind"), first.pop("source")) == ("report", "sketch")
    assert {(each.pop("kind"), each.pop("source")) for each in others} == {("finding", "sketch")}
    assert first | {"findings": others} == expected


def test_of_several_reports_each_finding_names_its_ledger(judged, written):
    lines = written("jsonl", judged("a@0<a", "one.jws"), judged("b@0<b", "two.jws")).splitlines()

    assert [(line["kind"], line["source"]) for line in map(json.loads, lines)] == [
        ("report", "one.jws"),
        ("finding", "one.jws"),
        ("report", "two.jws"),
        ("finding", "two.jws"),
    ]


def test_hostile_text_stays_in_its_line_and_is_what_it_was(
    hostile_text: str, hostile_report, written
):
    report = hostile_report(hostile_text)

    _, *found = map(json.loads, written("jsonl", report).split("\n")[:-1])

    assert [each["jti"] for each in found] == [each.jti for each in report.findings]
    assert [each["iss"] for each in found] == [each.iss for each in report.findings]
