"""Report -> workflow commands of GitHub, which show findings beside the lines they are about.

GitHub shows ten of each kind for each step, so the worst come first. What is not a command would
only fill the log: there is no last line, and no line at all where nothing was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ectgraph import escape
from ectgraph.model import Finding, Report, Severity
from ectgraph.reports import wording
from ectgraph.reports.forms import Options

_COMMANDS = {
    Severity.FATAL: "error",
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "notice",
}


def write(reports: Sequence[Report], _options: Options) -> Iterator[bytes]:
    """Write a command for each finding that is not ignored; those that are known are notices."""
    found = [(finding, report) for report in reports for finding in wording.told(report)]
    for finding, report in sorted(found, key=lambda pair: wording.rank(pair[0])):
        yield _command(finding, report)


def _command(finding: Finding, report: Report) -> bytes:
    place = wording.place(finding, report)
    title = f"{finding.code} {finding.name}" + (" (known)" if finding.known else "")
    members = {"file": place.source, "line": place.line, "title": title}
    said = ",".join(
        f"{name}={escape.github(str(value), member=True)}"
        for name, value in members.items()
        if value is not None
    )
    command = "notice" if finding.known else _COMMANDS[finding.severity]
    text = f"{escape.github(finding.message, escape.LONG)}%0A→ {escape.github(finding.advice)}"
    return f"::{command} {said}::{text}\n".encode()
