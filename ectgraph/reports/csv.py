"""Report -> the table of its findings as CSV; separate reports in one table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from ectgraph import frames
from ectgraph.model import Report
from ectgraph.reports import wording
from ectgraph.reports.forms import Options


def write(reports: Sequence[Report], options: Options) -> Iterator[bytes]:
    """Write all findings; of separate reports, behind a column that names the ledger of each."""
    table = frames.findings(finding for report in reports for finding in report.findings)
    if len(reports) != 1 or options.separate:
        ledgers = [wording.sources(report) for report in reports for _ in report.findings]
        table.insert(0, "ledger", pd.Series(ledgers, dtype=frames.TEXT))
    yield frames.to_csv(table).encode()
