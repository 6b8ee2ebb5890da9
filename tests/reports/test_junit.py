"""JUnit XML, read back by the library that CI tools use."""

from __future__ import annotations

from collections import Counter

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped

from ectgraph import escape
from ectgraph.reports import junit
from ectgraph.rules import RULES


def cases(text: str) -> dict[str, object]:
    """The cases of the only suite by the codes of their rules."""
    (suite,) = JUnitXml.fromstring(text.encode())
    return {case.name.split()[0]: case for case in suite}


def test_there_is_a_case_for_each_rule(judged, written):
    found = cases(written("junit", judged("a@0; b@5<a")))

    assert list(found) == list(RULES)
    assert all(case.is_passed for case in found.values())
    assert {case.classname for case in found.values()} == {"sketch"}


def test_a_rule_that_hit_has_failed_with_all_its_findings(judged, written):
    report = judged("a@0<a; b@5<a,b; c@9<b,c")

    found = cases(written("junit", report))

    (result,) = found["ECT304"].result
    assert isinstance(result, Failure)
    assert result.type == "error"
    assert result.message == f"{report.findings[0].message} (and 2 more)"
    assert all(f"[{finding.fingerprint[:8]}]" in result.text for finding in report.findings)
    assert [code for code, case in found.items() if not case.is_passed] == ["ECT304"]


def test_no_more_findings_of_a_rule_are_listed_than_a_server_takes(judged, monkeypatch, written):
    monkeypatch.setattr(junit, "LISTED", 2)
    case = cases(written("junit", judged("a@0<a; b@5<a,b; c@9<b,c")))["ECT304"]

    lines = case.result[0].text.splitlines()
    assert len(lines) == 4
    assert lines[2] == "and 1 more, not listed"
    assert case.result[0].message.endswith("(and 2 more)")


def test_a_finding_of_a_rule_in_no_catalogue_fails_as_well(judged, few, written):
    report = judged("a@0<a")

    found = cases(written("junit", report, rules=few))

    assert list(found) == [*few, "ECT304"]
    assert isinstance(found["ECT304"].result[0], Failure)


def test_a_rule_that_broke_is_an_error(judged, written):
    found = cases(written("junit", judged("a@0; !broken-rule")))

    (result,) = found["ECT901"].result
    assert isinstance(result, Error)
    assert result.type == "fatal"


def test_a_rule_whose_findings_are_ignored_is_skipped_and_says_why(everything, written):
    (result,) = cases(written("junit", everything))["ECT209"].result

    assert isinstance(result, Skipped)
    assert result.message == "1 ignored: the keys of last year"


@pytest.mark.parametrize("others", ["", "; c@9<y"])
def test_a_known_finding_is_told_and_fails_nothing(others: str, judged, written):
    text = f"a@0<z{others}"
    known = judged(text).findings[0].fingerprint

    case = cases(written("junit", judged(text, baseline=[known])))["ECT303"]

    assert case.is_passed is not bool(others)
    assert case.system_out.startswith("known: sketch:1: error: ")
    assert known[:8] in case.system_out


def test_a_suite_counts_and_has_figures(everything, judged, written):
    document = JUnitXml.fromstring(
        written("junit", everything, judged("a@0", "clean.jws")).encode()
    )
    first, second = document

    failed = {f.code for f in everything.findings if f.counts}
    assert (first.failures, first.errors, first.skipped) == (len(failed), 0, 1)
    assert (document.tests, document.failures) == (2 * len(RULES), len(failed))
    assert (first.name, second.name) == ("sketch", "clean.jws")
    properties = {each.name: each.value for each in first.properties()}
    assert properties["records"] == str(everything.summary.records)
    assert properties["sha256 of sketch"] == everything.inputs[0].sha256


def test_nothing_tells_the_machine_or_the_time(everything, written):
    text = written("junit", everything)

    assert "timestamp" not in text
    assert "hostname" not in text
    assert set(Counter(case.time for case in cases(text).values())) == {0}


def test_hostile_text_stays_text(hostile_text: str, hostile_report, written):
    report = hostile_report(hostile_text)
    found = cases(written("junit", report))

    assert {case.classname for case in found.values()} == {escape.terminal(hostile_text)}
    for finding in report.findings:
        case = found[finding.code]
        if finding.counts:
            assert escape.terminal(finding.message, escape.LONG) in case.result[0].text
        elif finding.known:
            assert escape.terminal(finding.message, escape.LONG) in case.system_out
