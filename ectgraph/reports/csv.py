"""Report -> the table of its findings as CSV; separate reports in one table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from ectgraph import frames
from ectgraph.model import Finding, Report
from ectgraph.reports import wording
from ectgraph.reports.forms import Options

ROWS = 10_000
"""Rows that are made at a time."""


def write(reports: Sequence[Report], options: Options) -> Iterator[bytes]:
    """Write all findings; of separate reports, behind a column that names the ledger of each."""
    named = len(reports) != 1 or options.separate
    yield _rows("", (), named=named, header=True)
    for report in reports:
        for start in range(0, len(report.findings), ROWS):
            some = report.findings[start : start + ROWS]
            yield _rows(wording.sources(report), some, named=named, header=False)


def _rows(ledger: str, findings: Sequence[Finding], *, named: bool, header: bool) -> bytes:
    table = frames.findings(findings)
    if named:
        table.insert(0, "ledger", pd.Series([ledger] * len(table), dtype=frames.TEXT))
    return frames.to_csv(table, header=header).encode()
