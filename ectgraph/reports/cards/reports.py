"""Report -> a card: what was established and what not, and on what that rests; and of its case."""

from __future__ import annotations

from collections.abc import Sequence

from ectgraph import labels
from ectgraph.model import Input, Report, Severity, Summary
from ectgraph.reports import wording
from ectgraph.reports.cards.findings import row
from ectgraph.reports.cards.markup import (
    NOTHING,
    Html,
    card,
    code,
    element,
    joined,
    line,
    strong,
    table,
    text,
)
from ectgraph.reports.cards.pieces import (
    DOUBT,
    GOOD,
    SENTENCE,
    badge,
    digest,
    more,
    part,
    sentences,
    signature,
)

FINDINGS = 10
"""Findings that are shown."""
FILES = 10
"""Ledger files, key files, and files of other kinds."""


def case(report: Report) -> Html:
    """A case: what was read, what it came to, and what to ask it."""
    figures = report.summary
    rows = {
        "read": _files(report.inputs),
        "keys": _keys(report),
        "holds": text(" · ".join(shape(figures))),
        "signatures": _signatures(figures),
        "findings": _verdict(report),
        "go on with": joined([code(each) for each in NEXT], " · "),
    }
    return card(
        line(strong("Case"), text(wording.sources(report)), looks="title"),
        table([], [(text(name), told) for name, told in rows.items()]),
    )


NEXT = ("case.report", "case.draw()", "case.tasks", "case.explain(…)", "case.ask")
"""What the card of a case leads to."""


def report(report: Report) -> Html:
    """A report: what was established and what not, the worst findings, and what was read."""
    findings = wording.worst_first(wording.told(report))
    return card(
        line(strong("Report"), text(wording.sources(report)), looks="title"),
        line(_verdict(report)),
        part("Established", sentences(GOOD, report.established)),
        part("Not established", sentences(DOUBT, report.not_established)),
        part(
            "Findings, the worst first",
            table(
                [text(head) for head in ("severity", "finding", "task", "place", "message")],
                [row(each) for each in findings[:FINDINGS]],
            ),
            more(len(findings) - FINDINGS, ".findings"),
        ),
        part(
            "What it rests on",
            _inputs(report.inputs),
            line(text("keys:"), _keys(report)),
            _basis(report),
        ),
    )


def shape(figures: Summary) -> tuple[str, ...]:
    """What a ledger holds, in phrases."""
    return (
        labels.count(figures.records, "record"),
        labels.count(figures.tasks, "task"),
        labels.count(figures.edges, "parent link"),
        labels.count(figures.workflows, "workflow"),
        labels.count(figures.agents, "agent"),
        f"depth {figures.depth:,}",
    )


def _verdict(report: Report) -> Html:
    """How many findings there are of each severity, and why some do not count."""
    found = report.summary.findings
    parts = [
        badge(each, labels.count(found[each], each.value))
        for each in reversed(Severity)
        if found[each]
    ]
    parts += [text(f"{found[kind]:,} {kind}") for kind in ("known", "ignored") if found[kind]]
    why = wording.reasons([report])
    return joined([*parts, text(f"({why})", SENTENCE) if why else NOTHING]) or text("no findings")


def _signatures(figures: Summary) -> Html:
    """How many tokens verified, and how many did not in each way."""
    told = [
        joined([signature(outcome), text(f"{number:,} {outcome.replace('_', ' ')}")], "")
        for outcome, number in figures.trust.items()
        if number
    ]
    return joined(told, " · ") or text("no token")


def _keys(report: Report) -> Html:
    """The files that keys came from."""
    if not report.keys:
        return Html(DOUBT + text("none were given: no signature was checked"))
    named = [
        joined([code(each.source), text(f"({labels.count(each.keys, 'key')})")])
        for each in report.keys[:FILES]
    ]
    hidden = len(report.keys) - FILES
    return joined([*named, text(f"and {hidden:,} more") if hidden > 0 else NOTHING], " · ")


def _format(source: Input) -> str:
    return f"{source.format}.{source.compression}" if source.compression else source.format


def _files(inputs: Sequence[Input]) -> Html:
    """The ledger files, and how their digests begin."""
    told = []
    for each in inputs[:FILES]:
        size = f"{labels.count(each.records, 'record')}, {labels.count(each.bytes, 'byte')}"
        facts = text(f"{_format(each)}, {size}, SHA-256")
        told.append(line(code(each.source), facts, code(f"{each.sha256[:16]}…")))
    return joined([*told, more(len(inputs) - FILES)], "") or text("nothing")


def _inputs(inputs: Sequence[Input]) -> Html:
    """The ledger files with their digests."""
    heads = [text(head) for head in ("ledger", "format", "records", "bytes", "SHA-256")]
    rows = [
        (
            code(each.source),
            text(_format(each)),
            text(f"{each.records:,}"),
            text(f"{each.bytes:,}"),
            element("code", text(each.sha256), looks="digest"),
        )
        for each in inputs[:FILES]
    ]
    right = [False, False, True, True, False]
    return joined([table(heads, rows, right), more(len(inputs) - FILES, ".inputs")], "")


def _basis(report: Report) -> Html:
    """What else it was judged by."""
    told = [
        line(text(f"judged by {each.kind}"), code(each.source), digest(each.sha256))
        for each in report.basis[:FILES]
    ]
    return joined([*told, more(len(report.basis) - FILES, ".basis")], "")
