"""What several forms of a report say alike."""

from __future__ import annotations

from msgspec.structs import replace

from ectgraph.reports import wording


def test_findings_that_count_come_first_and_the_worst_of_them(everything):
    ranked = wording.worst_first(everything.findings)

    assert [finding.counts for finding in ranked] == [True] * 4 + [False] * 2
    severities = [finding.severity.rank for finding in ranked if finding.counts]
    assert severities == sorted(severities, reverse=True)
    assert ranked[:4] == [finding for finding in everything.findings if finding.counts]


def test_only_the_first_reasons_are_named(judged):
    report = judged("a@0<a; !bad-key", ignore=["ECT"])
    many = tuple(
        replace(report.findings[0], code=f"ECT{n}", reason=f"because {n}") for n in range(100, 109)
    )

    assert wording.reasons([replace(report, findings=many)]).endswith(
        "ECT104: because 104; and 4 more"
    )
    assert wording.reasons([report]) == ""


def test_a_ledger_is_called_by_its_sources(judged):
    report = judged("a@0", "one.jws")
    several = tuple(replace(report.inputs[0], source=name) for name in "abcde")

    assert wording.sources(report) == "one.jws"
    assert wording.sources(replace(report, inputs=several)) == "a, b, c and 2 more"
    assert wording.sources(replace(report, inputs=())) == "no ledger"


def test_what_is_about_no_record_is_put_at_the_ledger(judged):
    report = judged("", "one.jws")
    (finding,) = report.findings

    assert str(wording.place(finding, report)) == "one.jws"
    assert str(wording.place(finding, replace(report, inputs=()))) == "-"
