"""Report -> text for people: grouped by task, capped, and ending in what was established.

Lines of rich `Text`, so that a terminal shows colours and links and a pipe gets the same words
without them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from rich.style import Style
from rich.text import Text

from ectgraph import escape, labels
from ectgraph.model import Finding, Input, Place, Report, Severity, Summary
from ectgraph.reports import wording
from ectgraph.reports.forms import Options
from ectgraph.reports.invocation import about

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
INPUTS = 10
"""Files of one ledger that are named."""
WHOLE = 12
"""Ledgers up to which those without findings are told in full."""
_NAME = 60
"""Characters of a ledger's name in its line of the summary."""


def lines(reports: Sequence[Report], options: Options) -> Iterator[Text]:
    """The lines of one report; of several, then a line that sums up each, the worst first."""
    if len(reports) == 1:
        yield from to_text(reports[0], options)
        return
    left_out = 0
    if options.statistics:
        yield from statistics(reports)
    else:
        whole = [each for each in reports if len(reports) <= WHOLE or wording.told(each)]
        left_out = len(reports) - len(whole)
        for report in whole:
            yield from to_text(report, options)
            if not options.quiet:
                yield Text("─" * 80, "dim")
    if not options.quiet:
        yield from _summed_up(reports, left_out)


def to_text(report: Report, options: Options | None = None) -> Iterator[Text]:
    """The lines of one report.

    Where there are more findings than asked for, only the first few of each rule are shown, and the
    others counted.
    """
    options = options or Options()
    findings = wording.told(report)
    cut = 0 < options.max_findings < len(findings)
    shown = _some_of_each_rule(findings, options.max_findings) if cut else findings
    if options.statistics:
        yield from statistics([report])
    else:
        for group in _by_subject(shown).values():
            yield _heading(group[0])
            for finding in group:
                yield from _finding(finding, options)
            yield Text()
        if len(shown) < len(findings):
            yield from _not_shown(findings, shown)
    if not options.quiet:
        yield from _next_steps(findings, options)
        yield from _figures(report)
        yield from _conclusions(report)
        yield Text()
        yield Text(wording.verdict([report]), _style(report.summary))


def _style(figures: Summary) -> str:
    worst = wording.worst(figures)
    return STYLES[worst] if worst else "green"


def _some_of_each_rule(findings: Sequence[Finding], most: int) -> list[Finding]:
    """The first few of each rule, in order; where even that is too much, the worst rules' first."""
    seen: Counter[str] = Counter()
    found = []
    for number, finding in enumerate(findings):
        seen[finding.code] += 1
        if seen[finding.code] <= PER_RULE:
            found.append((seen[finding.code], wording.rank(finding), number))
    return [findings[number] for number in sorted(number for *_, number in sorted(found)[:most])]


def _by_subject(findings: Iterable[Finding]) -> Mapping[str | None, list[Finding]]:
    """Findings by task, in order; those of no task together."""
    groups: dict[str | None, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.task, []).append(finding)
    return groups


def _heading(finding: Finding) -> Text:
    if finding.task is None:
        return Text("Not about a task", "bold")
    jti = escape.terminal(finding.jti or "", 60)
    if finding.missing:
        return Text.assemble(("a missing task", "bold"), f" · {jti}")
    act = escape.terminal("(no action)" if finding.exec_act is None else finding.exec_act, 60)
    iss = escape.terminal("?" if finding.iss is None else finding.iss, 80)
    return Text.assemble((act, "bold"), f" · {iss} · {jti}")


def _finding(finding: Finding, options: Options) -> Iterator[Text]:
    label = Text("  ", _dim(finding)).append(severity(finding)).append(" ")
    label.append(code(finding, options)).append(f" {finding.name}")
    if finding.places:
        label.append("  ").append(_places(finding.places))
    label.append(f"  [{finding.fingerprint[:8]}]", "dim")
    yield label
    yield Text(f"    {escape.terminal(finding.message, escape.LONG)}", _dim(finding))
    yield Text("    → ", "dim").append(finding.advice, _dim(finding))


def _dim(finding: Finding) -> str:
    return "dim" if finding.known else ""


def severity(finding: Finding) -> Text:
    """How bad a finding is, in its colour; a known one without colour, and called known."""
    if finding.known:
        return Text(f"known {finding.severity}", "dim")
    return Text(finding.severity.value, STYLES[finding.severity])


def code(finding: Finding, options: Options) -> Text:
    """The code, which leads to the page of rules."""
    page = options.page(finding.code)
    return Text(finding.code, Style(link=page) if page else "")


def linked(text: str, source: str) -> Text:
    """A place, which leads to its file."""
    return Text(escape.terminal(text), Style(dim=True, link=_uri(source)))


def _uri(source: str) -> str | None:
    """The URI of a source that is a file."""
    try:
        path = Path(source)
        return path.absolute().as_uri() if path.is_file() else None
    except (OSError, ValueError):  # a name that no file can have
        return None


def _places(places: tuple[Place, ...]) -> Text:
    """The first few places; a source that was just named is not named again."""
    named: list[Text] = []
    source = None
    for place in places[:PLACES]:
        text = str(place)
        if place.source == source:
            text = text.removeprefix(place.source)
        named.append(linked(text, place.source))
        source = place.source
    more = len(places) - PLACES
    line = Text(", ", "dim").join(named)
    return line.append(f" and {more} more", "dim") if more > 0 else line


def _not_shown(findings: list[Finding], shown: list[Finding]) -> Iterator[Text]:
    total, visible = (Counter((f.code, f.name) for f in some) for some in (findings, shown))
    hidden = total - visible
    yield Text(f"{labels.count(sum(hidden.values()), 'finding')} more, not shown", "bold")
    for (code, name), count in sorted(hidden.items()):
        yield Text(f"  {code} {name}: {count:,} more of {total[code, name]:,}")
    yield Text("  → --max-findings 0 shows all, --format json and the findings table have them\n")


def statistics(reports: Iterable[Report]) -> Iterator[Text]:
    """A line for each rule that hit: how often, and how bad it is; the worst first."""
    found: dict[tuple[int, str, str], Counter[str]] = {}
    for finding in (finding for report in reports for finding in report.findings):
        key = (-finding.severity.rank, finding.code, finding.name)
        kind = "ignored" if finding.ignored else "known" if finding.known else "counts"
        found.setdefault(key, Counter())[kind] += 1
    ordered = sorted(found.items(), key=lambda item: (item[0][0], -item[1]["counts"], item[0]))
    width = max((len(f"{each['counts']:,}") for each in found.values()), default=0)
    name_width = max((len(name) for _, _, name in found), default=0)
    for (rank, code, name), each in ordered:
        level = list(Severity)[-rank]
        line = Text(f"{each['counts']:>{width},}  {code}  {name:<{name_width}}  ")
        line.append(f"{level:<7}", STYLES[level] if each["counts"] else "dim")
        beside = [f"{each[kind]:,} {kind}" for kind in ("known", "ignored") if each[kind]]
        line.append(f"  {', '.join(beside)}" if beside else "", "dim")
        line.rstrip()
        yield line
    if found:
        yield Text()


def _next_steps(findings: Iterable[Finding], options: Options) -> Iterator[Text]:
    """What to type to know more, of the worst finding."""
    worst = next(iter(wording.worst_first(findings)), None)
    if worst is None or not worst.counts:
        return
    command = f"{escape.terminal(options.command)} {worst.fingerprint[:8]}"
    rule = escape.terminal(about(worst.code, options.catalogue))
    yield Text(f"→ what a code means:  {rule}", "dim")
    yield Text(f"  one finding, told:  {command}\n", "dim")


def _figures(report: Report) -> Iterator[Text]:
    figures = report.summary
    for source in _worst_inputs(report):
        name = linked(source.source, source.source)
        name.stylize("bold not dim")
        packed = f".{source.compression}" if source.compression else ""
        facts = f"{source.format}{packed}, {source.bytes:,} bytes, sha256 {source.sha256[:16]}…"
        yield Text.assemble(name, f"  {labels.count(source.records, 'record')}  ({facts})")
    more = len(report.inputs) - INPUTS
    if more > 0:
        yield Text(f"and {labels.count(more, 'file')} more; --format json lists them", "bold")
    for basis in report.basis:
        digest = f" (sha256 {basis.sha256[:16]}…)" if basis.sha256 else ""
        yield Text(f"  judged by {basis.kind} {escape.terminal(basis.source)}{digest}")
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


def _worst_inputs(report: Report) -> list[Input]:
    """The files that are named: of many, those with the worst findings first."""
    if len(report.inputs) <= INPUTS:
        return list(report.inputs)
    worst: dict[str, int] = {}
    for finding in report.at_least(Severity.NOTE):
        for place in finding.places[:1]:
            worst[place.source] = max(worst.get(place.source, 0), finding.severity.rank + 1)
    return sorted(report.inputs, key=lambda each: -worst.get(each.source, 0))[:INPUTS]


def _conclusions(report: Report) -> Iterator[Text]:
    for title, mark, style, sentences in (
        ("Established", "✓", "green", report.established),
        ("Not established", "?", "yellow", report.not_established),
    ):
        if sentences:
            yield Text(f"\n{title}", "bold")
            for sentence in sentences:
                yield Text.assemble((f"  {mark} ", style), escape.terminal(sentence))


def _summed_up(reports: Sequence[Report], left_out: int) -> Iterator[Text]:
    """A line for each ledger, the worst first, and one for all of them."""
    if not reports:
        yield Text("nothing to check")
        return
    if left_out:
        what = labels.count(left_out, "ledger has", "ledgers have")
        yield Text(f"{what} no findings, and no more than a line below.\n")
    rows = [
        (labels.fit(escape.terminal(wording.sources(each)), _NAME), _read(each.summary), each)
        for each in reports
    ]
    name_width = max(len(name) for name, _, _ in rows)
    read_width = max(len(read) for _, read, _ in rows)
    for name, read, report in sorted(rows, key=lambda row: (*_how_bad(row[2]), row[0])):
        line = Text.assemble((f"{name:<{name_width}}", "bold"), f"  {read:<{read_width}}  ")
        yield line.append(_outcome(report), _style(report.summary))
    records = sum(report.summary.records for report in reports)
    total = f"{labels.count(len(reports), 'ledger')}, {labels.count(records, 'record')}"
    yield Text()
    worst = max((report.summary for report in reports), key=_rank)
    yield Text(f"{total}: {wording.verdict(reports)}", _style(worst))


def _read(figures: Summary) -> str:
    """How much there was, and how much of it verified."""
    verified = f"{figures.trust['verified']:,} of {labels.count(figures.tokens, 'token')}"
    return f"{labels.count(figures.records, 'record')}, {verified} verified"


def _outcome(report: Report) -> str:
    figures = report.summary
    if not figures.records and not any(figures.findings.values()):
        return "nothing to check"
    return wording.counts([figures])


def _rank(figures: Summary) -> int:
    worst = wording.worst(figures)
    return -1 if worst is None else worst.rank


def _how_bad(report: Report) -> tuple[int, int]:
    """What ledgers are sorted by: the worst severity, and how often it is."""
    worst = wording.worst(report.summary)
    return -_rank(report.summary), -report.summary.findings[worst] if worst else 0
