"""Frame -> table for a terminal; the place of each record as `file:line`."""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd
from rich import box
from rich.table import Table
from rich.text import Text

from ectgraph import escape, labels

COLUMNS = {
    "tasks": ("task", "exec_act", "iss", "iat", "trust", "level", "draft", "findings", "source"),
    "edges": ("parent", "parent_act", "child", "child_act", "gap_s", "parent_status", "source"),
    "records": ("index", "exec_act", "iss", "jti", "trust", "level", "draft", "codes", "source"),
    "findings": ("code", "severity", "task", "message", "source"),
    "agents": (
        *("iss", "tasks", "verified", "invalid", "exec_acts", "workflows", "builds_on", "used_by"),
        *("findings", "first_iat", "last_iat"),
    ),
    "workflows": (
        *("wid", "tasks", "verified", "missing", "agents", "edges", "crossing", "findings"),
        *("first_iat", "span_s"),
    ),
    "keys": (
        *("kid", "status", "kind", "iss", "tokens", "signed", "verified", "revoked_at"),
        *("first_iat", "last_iat"),
    ),
}
"""What a terminal has room for; CSV has every column."""
CELL = 120
"""Characters of a cell; longer text ends in an ellipsis."""
_IDS = frozenset({"task", "parent", "child", "jti"})
_WHOLE = _IDS | {"iat", "first_iat", "last_iat", "revoked_at", "code", "severity", "trust", "level"}


def to_table(name: str, frame: pd.DataFrame, max_rows: int = 50) -> Table:
    """Lay out a frame; every text is made safe, and rows that are cut are counted.

    Args:
        name: which of the tables it is, a key of `COLUMNS`.
        frame: a table of `frames`.
        max_rows: rows to show; 0 shows all.

    """
    shown = frame if max_rows == 0 else frame.head(max_rows)
    hidden = len(frame) - len(shown)
    caption = f"{hidden:,} more of {len(frame):,} rows; --max-rows 0 shows all" if hidden else None
    table = Table(
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        caption=caption,
        caption_justify="left",
    )
    for column in COLUMNS[name]:
        number = pd.api.types.is_numeric_dtype(frame[column].dtype)
        whole = column in _WHOLE
        justify: Literal["left", "right"] = "right" if number else "left"
        table.add_column(column, justify=justify, overflow="fold", no_wrap=whole)
    for row in shown.to_dict("records"):
        table.add_row(*(Text(_cell(column, row)) for column in COLUMNS[name]))
    return table


def _cell(name: str, row: dict[Any, Any]) -> str:
    value = row[name]
    if name == "trust" and row.get("status") in ("missing", "duplicate"):
        value = row["status"] if pd.isna(value) else f"{value} ({row['status']})"
    if pd.isna(value):
        return ""
    if name == "source" and not pd.isna(row.get("line", pd.NA)):
        value = f"{value}:{row['line']}"
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if name in _IDS:
        return escape.terminal(labels.short(str(value)))
    if name == "iss":
        return escape.terminal(labels.agent(str(value)), CELL)
    return escape.terminal(str(value), CELL)
