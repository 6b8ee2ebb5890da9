"""Report -> Markdown, for a comment on a merge request or the summary of a job."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ectgraph import escape, labels
from ectgraph.model import Finding, Report
from ectgraph.reports import wording
from ectgraph.reports.forms import Options


def write(reports: Sequence[Report], options: Options) -> Iterator[bytes]:
    """Write a heading with the verdict, then each report: findings, conclusions, inputs."""
    verdict = wording.counts([report.summary for report in reports])
    yield f"## ectgraph: {verdict}\n".encode()
    why = wording.reasons(reports)
    if why:
        yield f"\nIgnored: {escape.markdown(why)}\n".encode()
    for report in reports:
        for line in _report(report, options, separate=len(reports) > 1):
            yield f"{line}\n".encode()


def _report(report: Report, options: Options, *, separate: bool) -> Iterator[str]:
    if separate:
        name = escape.markdown_code(wording.sources(report))
        yield f"\n### {name}: {wording.counts([report.summary])}"
    findings = wording.worst_first(wording.told(report))
    shown = findings[: options.max_findings] if options.max_findings else findings
    if shown:
        yield from _table("severity", "finding", "task", "place", "message")
        for finding in shown:
            yield _row(_severity(finding), _code(finding, options), *_about(finding))
    if len(shown) < len(findings):
        yield f"\n{labels.count(len(findings) - len(shown), 'finding')} more, not shown."
    for title, sentences in (
        ("Established", report.established),
        ("Not established", report.not_established),
    ):
        if sentences:
            yield f"\n**{title}**\n"
            yield from (f"- {escape.markdown(sentence)}" for sentence in sentences)
    yield from _table("input", "format", "records", "SHA-256")
    for source in report.inputs:
        packed = f".{source.compression}" if source.compression else ""
        yield _row(
            escape.markdown_code(source.source),
            f"{source.format}{packed}",
            f"{source.records:,}",
            escape.markdown_code(source.sha256),
        )
    for basis in report.basis:
        digest = f", SHA-256 {escape.markdown_code(basis.sha256)}" if basis.sha256 else ""
        yield f"\nJudged by {basis.kind} {escape.markdown_code(basis.source)}{digest}"


def _table(*heads: str) -> Iterator[str]:
    yield f"\n{_row(*heads)}"
    yield _row(*("---" for _ in heads))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _severity(finding: Finding) -> str:
    return f"{finding.severity} (known)" if finding.known else finding.severity.value


def _code(finding: Finding, options: Options) -> str:
    """The code and the name, which lead to the page of rules."""
    text = f"{finding.code} {escape.markdown(finding.name)}"
    page = options.page(finding.code)
    return f"[{text}]({page})" if page else text


def _about(finding: Finding) -> tuple[str, str, str]:
    """The task, the place and the message."""
    act = "a missing task" if finding.missing else finding.exec_act
    named = "" if finding.jti is None else labels.task(act, finding.jti)
    return (
        escape.markdown_code(named, 80) if named else "",
        escape.markdown_code(str(finding.places[0])) if finding.places else "",
        escape.markdown(finding.message, escape.LONG),
    )
