"""A line for each finding."""

from __future__ import annotations

import re

from ectgraph import escape


def test_a_line_names_the_place_the_rule_and_what_it_says(judged, written):
    report = judged("a@0; b@5<a !flipped", "led.jws")
    (finding,) = report.findings

    first, last = written("concise", report).splitlines()

    said = f"{finding.message} [{finding.fingerprint[:8]}]"
    assert first == f"led.jws:2: error ECT201 bad-signature: {said}"
    assert last == "1 error"


def test_a_finding_without_a_place_is_about_the_ledger(judged, written):
    report = judged("", "led.jws")

    assert written("concise", report).startswith("led.jws: error ECT009 nothing-to-check: ")


def test_known_findings_are_marked_and_ignored_ones_counted(everything, written):
    *lines, last = written("concise", everything).splitlines()

    assert [line.split(": ")[1] for line in lines if "known" in line] == [
        "known error ECT303 missing-parent"
    ]
    assert not any("ECT209" in line for line in lines)
    assert last.endswith("1 known, 1 ignored (ECT209: the keys of last year)")


def test_quiet_leaves_the_findings_alone(everything, judged, written):
    lines = written("concise", everything).splitlines()

    assert written("concise", everything, quiet=True).splitlines() == lines[:-1]
    assert written("concise", judged("a@0"), quiet=True) == ""


def test_statistics_take_the_place_of_the_findings(everything, written):
    text = written("concise", everything, statistics=True)

    assert "sketch:" not in text
    assert "1  ECT303  missing-parent     error    1 known\n" in text


def test_there_is_a_line_for_each_finding_whatever_the_tokens_say(
    hostile_text: str, hostile_report, written
):
    report = hostile_report(hostile_text)
    told = [finding for finding in report.findings if not finding.ignored]

    *lines, _ = written("concise", report).split("\n")[:-1]

    assert len(lines) == len(told) > 10
    for line, finding in zip(lines, told, strict=True):
        assert escape.terminal(finding.message, escape.LONG) in line
        assert re.search(rf"{finding.code} {finding.name}: .* \[{finding.fingerprint[:8]}\]$", line)
