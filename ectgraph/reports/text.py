"""Report -> text for people: grouped by task, capped, and ending in what was established.

Lines of rich `Text`, so that a terminal shows colours and a pipe gets the same words without them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import networkx as nx
from rich.text import Text

from ectgraph import escape, labels
from ectgraph.model import Finding, Place, Report, Severity, Summary

STYLES = {
    Severity.FATAL: "bold white on red",
    Severity.ERROR: "bold red",
    Severity.WARNING: "yellow",
    Severity.NOTE: "cyan",
}
PER_RULE = 5
"""Findings of each rule that are shown when there are too many to show all."""
PLACES = 3
"""Places of a finding that are named."""


def to_text(report: Report, graph: nx.DiGraph[str], max_findings: int = 50) -> Iterator[Text]:
    """The lines of a report.

    Args:
        report: what to tell.
        graph: names the tasks.
        max_findings: when there are more findings than this, only the first few of each rule are
            shown, and the others counted; 0 shows all.

    """
    findings = [finding for finding in report.findings if not finding.ignored]
    shown = _first_of_each_rule(findings) if 0 < max_findings < len(findings) else findings
    for subject, group in _by_subject(shown).items():
        yield _heading(subject, graph)
        for finding in group:
            yield from _finding(finding)
        yield Text()
    if len(shown) < len(findings):
        yield from _not_shown(findings, shown)
    yield from _figures(report)
    for title, mark, style, sentences in (
        ("Established", "✓", "green", report.established),
        ("Not established", "?", "yellow", report.not_established),
    ):
        if sentences:
            yield Text(f"\n{title}", "bold")
            for sentence in sentences:
                yield Text.assemble((f"  {mark} ", style), escape.terminal(sentence))
    yield Text()
    yield _verdict(report.summary)


def _first_of_each_rule(findings: Iterable[Finding]) -> list[Finding]:
    seen: Counter[str] = Counter()
    shown = []
    for finding in findings:
        seen[finding.code] += 1
        if seen[finding.code] <= PER_RULE:
            shown.append(finding)
    return shown


def _by_subject(findings: Iterable[Finding]) -> Mapping[str | None, list[Finding]]:
    """Findings by task, in order; those of no task by their place."""
    groups: dict[str | None, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.task, []).append(finding)
    return groups


def _heading(task: str | None, graph: nx.DiGraph[str]) -> Text:
    if task is None:
        return Text("Not about a task", "bold")
    data = graph.nodes[task]
    jti = escape.terminal(data["jti"], 60)
    if data["status"] == "missing":
        return Text.assemble(("a missing task", "bold"), f" · {jti}")
    act = escape.terminal(data.get("exec_act", "(no action)"), 60)
    return Text.assemble((act, "bold"), f" · {escape.terminal(data.get('iss', '?'), 80)} · {jti}")


def _finding(finding: Finding) -> Iterator[Text]:
    label = Text("  ").append(finding.severity.value, STYLES[finding.severity])
    label.append(f" {finding.code} {finding.name}")
    if finding.places:
        label.append(f"  {_places(finding.places)}", "dim")
    yield label
    yield Text("    ").append(escape.terminal(finding.message, 400))
    yield Text("    → ", "dim").append(finding.advice)


def _places(places: tuple[Place, ...]) -> str:
    """The first few places; a source that was just named is not named again."""
    named: list[str] = []
    source = None
    for place in places[:PLACES]:
        text = str(place)
        named.append(text.removeprefix(place.source) if place.source == source else text)
        source = place.source
    more = len(places) - PLACES
    text = escape.terminal(", ".join(named))
    return f"{text} and {more} more" if more > 0 else text


def _not_shown(findings: list[Finding], shown: list[Finding]) -> Iterator[Text]:
    total, visible = (Counter((f.code, f.name) for f in some) for some in (findings, shown))
    hidden = total - visible
    yield Text(f"{labels.count(sum(hidden.values()), 'finding')} more, not shown", "bold")
    for (code, name), count in sorted(hidden.items()):
        yield Text(f"  {code} {name}: {count:,} more of {total[code, name]:,}")
    yield Text("  → --max-findings 0 shows all, --format json and the findings table have them\n")


def _figures(report: Report) -> Iterator[Text]:
    figures = report.summary
    for source in report.inputs:
        name = escape.terminal(source.source)
        packed = f".{source.compression}" if source.compression else ""
        facts = f"{source.format}{packed}, {source.bytes:,} bytes, sha256 {source.sha256[:16]}…"
        yield Text.assemble(
            (name, "bold"), f"  {labels.count(source.records, 'record')}  ({facts})"
        )
    shape = [
        labels.count(figures.tasks, "task"),
        labels.count(figures.edges, "parent link"),
        labels.count(figures.workflows, "workflow"),
        labels.count(figures.agents, "agent"),
        f"depth {figures.depth:,}",
        f"{labels.count(figures.roots, 'root')}, {labels.count(figures.leaves, 'leaf', 'leaves')}",
    ]
    yield Text("  " + " · ".join(shape))
    levels = [f"{n:,} {level}" for level, n in figures.levels.items() if n]
    drafts = [f"{n:,} of draft {draft}" for draft, n in figures.drafts.items() if n]
    if levels:
        yield Text("  " + " · ".join(levels + drafts))
    trust = [f"{n:,} {kind.replace('_', ' ')}" for kind, n in figures.trust.items() if n]
    if trust:
        yield Text("  signatures: " + " · ".join(trust))


def _verdict(figures: Summary) -> Text:
    counts: dict[str, Any] = figures.findings
    worst = next((s for s in reversed(Severity) if counts[s.value]), None)
    parts = [labels.count(counts[s.value], s.value) for s in reversed(Severity) if counts[s.value]]
    if counts["ignored"]:
        parts.append(f"{counts['ignored']:,} ignored")
    text = ", ".join(parts) or "no findings"
    return Text(text, STYLES[worst] if worst else "green")
