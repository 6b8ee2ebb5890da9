"""Frame -> table for a terminal; the place of each record as `file:line`."""

from __future__ import annotations

from typing import Any

import pandas as pd
from rich import box
from rich.table import Table
from rich.text import Text

from ectgraph import escape

CELL = 48
"""Characters of a cell; longer text ends in an ellipsis."""
_LEFT_OUT = frozenset({"offset", "index", "sha256", "line", "evidence", "fingerprint"})


def to_table(frame: pd.DataFrame, max_rows: int = 50) -> Table:
    """Lay out a frame; every text is made safe, and rows that are cut are counted.

    Args:
        frame: a table of `frames`.
        max_rows: rows to show; 0 shows all.

    """
    shown = frame if max_rows == 0 else frame.head(max_rows)
    hidden = len(frame) - len(shown)
    caption = f"{hidden:,} more of {len(frame):,} rows; --max-rows 0 shows all" if hidden else None
    table = Table(box=box.SIMPLE, caption=caption, caption_justify="left")
    columns = [str(name) for name in frame.columns if name not in _LEFT_OUT]
    for name in columns:
        number = pd.api.types.is_numeric_dtype(frame[name].dtype)
        table.add_column(name, justify="right" if number else "left", overflow="fold")
    for row in shown.to_dict("records"):
        table.add_row(*(Text(_cell(name, row)) for name in columns))
    return table


def _cell(name: str, row: dict[Any, Any]) -> str:
    value = row[name]
    if pd.isna(value):
        return ""
    if name == "source" and not pd.isna(row.get("line", pd.NA)):
        value = f"{value}:{row['line']}"
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d %H:%M:%SZ")
    return escape.terminal(str(value), CELL)
