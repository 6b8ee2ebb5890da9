"""Report -> lines of JSON for pipes: one that tells the report, then one for each finding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from ectgraph import escape
from ectgraph.model import Report
from ectgraph.reports import wording
from ectgraph.reports.forms import Options
from ectgraph.reports.json import finding_document, frame, name


def write(reports: Sequence[Report], _options: Options) -> Iterator[bytes]:
    """Write reports as JSON Lines: printable UTF-8, one value a line."""
    for report in reports:
        source = name(wording.sources(report))
        yield _line({"kind": "report", "source": source} | frame(report))
        for finding in report.findings:
            yield _line({"kind": "finding", "source": source} | finding_document(finding))


def _line(value: dict[str, Any]) -> bytes:
    return f"{escape.json(msgspec.json.encode(value).decode())}\n".encode()
