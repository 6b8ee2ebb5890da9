"""Report -> GitLab's Code Quality report; a merge request shows what its target does not have."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import PurePath
from typing import Any

from ectgraph import escape
from ectgraph.model import Report, Severity
from ectgraph.reports import wording
from ectgraph.reports.forms import Options
from ectgraph.reports.json import filled, formatted, name

_SEVERITIES = {
    Severity.FATAL: "blocker",
    Severity.ERROR: "critical",
    Severity.WARNING: "major",
    Severity.NOTE: "info",
}


def write(reports: Sequence[Report], _options: Options) -> Iterator[bytes]:
    """Write all findings that are not ignored; those that are known are for information."""
    texts = filled([], ([formatted(issue)] for issue in _issues(reports)))
    yield from (text.encode() for text in texts)
    yield b"\n"


def _issues(reports: Sequence[Report]) -> Iterator[dict[str, Any]]:
    seen: Counter[str] = Counter()
    for report in reports:
        for finding in wording.told(report):
            place = wording.place(finding, report)
            message = escape.terminal(finding.message, escape.LONG)
            seen[finding.fingerprint] += 1
            yield {
                "description": ("known: " if finding.known else "")
                + f"{finding.code} {finding.name}: {message}",
                "check_name": finding.code,
                "fingerprint": _unique(finding.fingerprint, seen[finding.fingerprint]),
                "severity": "info" if finding.known else _SEVERITIES[finding.severity],
                "location": {"path": _path(place.source), "lines": {"begin": place.line or 1}},
            }


def _unique(fingerprint: str, which: int) -> str:
    """A fingerprint that is in the report once; several ledgers may have the same finding."""
    if which == 1:
        return fingerprint
    return sha256(f"{fingerprint}\0{which}".encode()).hexdigest()[: len(fingerprint)]


def _path(source: str) -> str:
    """A path as GitLab wants it: with slashes, and without `./`."""
    return posixpath.normpath(name(PurePath(source).as_posix()))
