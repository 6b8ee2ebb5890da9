"""Report -> JUnit XML, which every CI server reads: a suite for each report, a case for each rule.

Nothing of the machine or the time goes into it: the same ledger gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from ectgraph import escape
from ectgraph.model import Finding, Report, Severity
from ectgraph.reports import wording
from ectgraph.reports.forms import Options

LISTED = 1000
"""Findings of each rule that are listed; a CI server has limits, too."""
_FIGURES = ("records", "tokens", "unreadable", "tasks", "edges", "missing", "workflows", "agents")


def write(reports: Sequence[Report], options: Options) -> Iterator[bytes]:
    """Write what every rule came to: passed, failed, or skipped where its findings are ignored."""
    document = JUnitXml("ectgraph")
    for report in reports:
        document.append(_suite(report, options))  # add_testsuite compares it with all others
    document.update_statistics()
    file = BytesIO()
    document.write(file, pretty=True)
    yield file.getvalue()


def _suite(report: Report, options: Options) -> TestSuite:
    ledger = escape.xml(wording.sources(report))
    suite = TestSuite(ledger)
    for figure in _FIGURES:
        suite.add_property(figure, str(getattr(report.summary, figure)))
    for trust, number in report.summary.trust.items():
        suite.add_property(f"signatures {trust}", str(number))
    for source in report.inputs:
        suite.add_property(f"sha256 of {escape.xml(source.source)}", source.sha256)
    found: dict[str, list[Finding]] = {}
    for finding in report.findings:
        found.setdefault(finding.code, []).append(finding)
    names = {rule.code: rule.name for rule in options.catalogue.values()}
    names |= {finding.code: finding.name for finding in report.findings}
    suite.add_testcases(
        [_case(f"{code} {name}", found.get(code, []), ledger) for code, name in names.items()]
    )
    return suite


def _case(name: str, findings: list[Finding], ledger: str) -> TestCase:
    """What a rule came to; findings that do not count are no failure."""
    case = TestCase(name, classname=ledger, time=0)
    bad = wording.worst_first(each for each in findings if each.counts)
    known = [each for each in findings if each.known]
    ignored = [each for each in findings if each.ignored]
    if bad:
        broken = bad[0].severity is Severity.FATAL
        message = escape.xml(bad[0].message, escape.LONG)
        if len(bad) > 1:
            message += f" (and {len(bad) - 1:,} more)"
        result = (Error if broken else Failure)(message, bad[0].severity.value)
        result.text = f"{_list(bad)}\n→ {escape.xml(bad[0].advice)}"
        case.result = [result]
    elif ignored:
        why = escape.xml(ignored[0].reason or "no reason given", escape.LONG)
        case.result = [Skipped(f"{len(ignored):,} ignored: {why}")]
    if known:
        case.system_out = _list(known)
    return case


def _list(findings: Sequence[Finding]) -> str:
    """The first of some findings, one a line, and how many more there are."""
    more = len(findings) - LISTED
    last = [f"and {more:,} more, not listed"] if more > 0 else []
    return "\n".join([*map(_line, findings[:LISTED]), *last])


def _line(finding: Finding) -> str:
    known = "known: " if finding.known else ""
    where = f"{escape.xml(str(finding.places[0]))}: " if finding.places else ""
    message = escape.xml(finding.message, escape.LONG)
    return f"{known}{where}{finding.severity}: {message} [{finding.fingerprint[:8]}]"
