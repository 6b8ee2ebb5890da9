"""GitLab's Code Quality report."""

from __future__ import annotations

import json

import pytest

from ectgraph import escape


def test_an_issue_has_what_gitlab_asks_for(judged, written):
    report = judged("a@0; b@5<a !flipped", "./in/led.jws")
    (finding,) = report.findings

    assert json.loads(written("gitlab", report)) == [
        {
            "description": f"ECT201 bad-signature: {finding.message}",
            "check_name": "ECT201",
            "fingerprint": finding.fingerprint,
            "severity": "critical",
            "location": {"path": "in/led.jws", "lines": {"begin": 2}},
        }
    ]


@pytest.mark.parametrize(
    ("text", "severity"),
    [("a@0; !broken-rule", "blocker"), ("a@0<a", "critical"), ("a@0; !bad-key", "major")],
)
def test_severities_are_those_of_gitlab(text: str, severity: str, judged, written):
    (issue,) = json.loads(written("gitlab", judged(text)))

    assert issue["severity"] == severity
    assert issue["location"]["lines"] == {"begin": 1}


def test_known_findings_are_for_information_and_ignored_ones_are_left_out(everything, written):
    issues = json.loads(written("gitlab", everything))

    known = [issue for issue in issues if issue["severity"] == "info"]
    assert [issue["description"][:20] for issue in known] == ["known: ECT303 missin"]
    assert "ECT209" not in {issue["check_name"] for issue in issues}


def test_fingerprints_are_unique_also_where_ledgers_are_alike(judged, written):
    report = judged("a@0<a; b@5<a !flipped")

    issues = json.loads(written("gitlab", report, report, report))

    fingerprints = [issue["fingerprint"] for issue in issues]
    assert len(set(fingerprints)) == len(fingerprints) == 6
    assert fingerprints[:2] == [finding.fingerprint for finding in report.findings]


def test_no_finding_is_an_empty_array(judged, written):
    assert json.loads(written("gitlab", judged("a@0"))) == []


def test_hostile_text_stays_text(hostile_text: str, hostile_report, written):
    report = hostile_report(hostile_text)
    told = [finding for finding in report.findings if not finding.ignored]

    issues = json.loads(written("gitlab", report))

    assert len(issues) == len(told)
    for issue, finding in zip(issues, told, strict=True):
        assert issue["description"].endswith(escape.terminal(finding.message, escape.LONG))
