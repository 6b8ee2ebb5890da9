"""Report -> a line for each finding, as editors and `grep` like it, and a last one that counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from ectgraph import escape
from ectgraph.model import Finding, Report
from ectgraph.reports import wording
from ectgraph.reports.forms import Options
from ectgraph.reports.text import code, linked, severity, statistics


def lines(reports: Sequence[Report], options: Options) -> Iterator[Text]:
    """The lines of reports: findings in their order, those that are ignored only counted."""
    if options.statistics:
        yield from statistics(reports)
    else:
        for report in reports:
            for finding in wording.told(report):
                yield _line(finding, report, options)
    if not options.quiet:
        yield Text(wording.verdict(reports))


def _line(finding: Finding, report: Report, options: Options) -> Text:
    place = wording.place(finding, report)
    return Text.assemble(
        linked(str(place), place.source),
        ": ",
        severity(finding),
        " ",
        code(finding, options),
        f" {finding.name}: {escape.terminal(finding.message, escape.LONG)} ",
        (f"[{finding.fingerprint[:8]}]", "dim"),
    )
