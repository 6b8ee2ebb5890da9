"""Ledger, graph and report -> pandas, and pandas -> files. Each row leads back to its bytes.

What the tables hold is in `COLUMNS`, and on the page docs/frames.md. Times come as UTC timestamps
to the microsecond; one that no calendar holds is `NaT` here and stays as it is in the graph. Claims
are as they were found: the writers next to this file make them safe, each for its own place.
"""

from ectgraph.frames.arrays import TEXT, frame
from ectgraph.frames.catalogue import COLUMNS
from ectgraph.frames.csv import to_csv
from ectgraph.frames.excel import to_excel
from ectgraph.frames.groups import agents, keys, workflows
from ectgraph.frames.html import to_html
from ectgraph.frames.json import to_json
from ectgraph.frames.markdown import to_markdown
from ectgraph.frames.parquet import read_parquet, to_parquet
from ectgraph.frames.rows import edges, findings, records, tasks

__all__ = [
    "COLUMNS",
    "TEXT",
    "agents",
    "edges",
    "findings",
    "frame",
    "keys",
    "read_parquet",
    "records",
    "tasks",
    "to_csv",
    "to_excel",
    "to_html",
    "to_json",
    "to_markdown",
    "to_parquet",
    "workflows",
]
