"""What several forms of a report say alike: the order of findings, the counts, the names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ectgraph import escape, labels
from ectgraph.model import Finding, Place, Report, Severity, Summary

REASONS = 5
"""Reasons for ignoring findings that are named."""


def rank(finding: Finding) -> tuple[bool, int]:
    """What to sort by: findings that count before those that do not, the worst first."""
    return not finding.counts, -finding.severity.rank


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Findings by their rank; those of the same rank stay in order."""
    return sorted(findings, key=rank)


def told(report: Report) -> list[Finding]:
    """The findings that are shown one by one: those that count, and the known ones."""
    return [finding for finding in report.findings if not finding.ignored]


def worst(figures: Summary) -> Severity | None:
    """The worst severity among the findings that count."""
    return next((each for each in reversed(Severity) if figures.findings[each.value]), None)


def counts(figures: Sequence[Summary]) -> str:
    """The numbers of findings by severity, then of those that do not count."""
    total: dict[str, Any] = {
        kind: sum(each.findings[kind] for each in figures)
        for kind in (*map(str, reversed(Severity)), "known", "ignored")
    }
    parts = [labels.count(total[s.value], s.value) for s in reversed(Severity) if total[s.value]]
    parts += [f"{total[kind]:,} {kind}" for kind in ("known", "ignored") if total[kind]]
    return ", ".join(parts) or "no findings"


def reasons(reports: Iterable[Report]) -> str:
    """Why findings are ignored, as the caller says: `ECT502: month-end joins many`; or nothing."""
    found: dict[str, set[str]] = {}
    for report in reports:
        for finding in report.findings:
            if finding.ignored and finding.reason:
                found.setdefault(finding.reason, set()).add(finding.code)
    said = [
        f"{labels.some(sorted(codes))}: {escape.terminal(reason, escape.LONG)}"
        for reason, codes in sorted(found.items(), key=lambda item: sorted(item[1]))
    ]
    more = f"; and {len(said) - REASONS:,} more" if len(said) > REASONS else ""
    return "; ".join(said[:REASONS]) + more


def verdict(reports: Sequence[Report]) -> str:
    """The last line: how many findings there are, and why some of them are ignored."""
    text, why = counts([report.summary for report in reports]), reasons(reports)
    return f"{text} ({why})" if why else text


def sources(report: Report) -> str:
    """The name of the ledger that a report is about; not yet escaped."""
    return labels.some([source.source for source in report.inputs]) or "no ledger"


def place(finding: Finding, report: Report) -> Place:
    """Where a finding is; what is about no record is put at the beginning of the ledger."""
    if finding.places:
        return finding.places[0]
    return Place(report.inputs[0].source if report.inputs else "-")
