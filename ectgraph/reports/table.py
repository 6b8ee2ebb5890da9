"""Frame -> table for a terminal; the place of each record as `file:line`."""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd
from rich import box
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from ectgraph import escape, labels
from ectgraph.reports.cell import fitting

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
WIDTH = 200
"""Characters of a line where nobody knows how wide a terminal is."""
_FOLDED = 20
"""Characters of a cell's line; the rest goes below where there is no room."""
_IDS = frozenset({"task", "parent", "child", "jti"})
_WHOLE = _IDS | {"iat", "first_iat", "last_iat", "revoked_at", "code", "severity", "trust", "level"}


def to_table(name: str, frame: pd.DataFrame, max_rows: int = 50, width: int = WIDTH) -> Table:
    """Lay out a frame; every text is made safe, and what is cut is told below.

    Args:
        name: which of the tables it is, a key of `COLUMNS`.
        frame: a table of `frames`.
        max_rows: rows to show; 0 shows all.
        width: characters that a line has room for.

    """
    shown = frame if max_rows == 0 else frame.head(max_rows)
    rows = shown.to_dict("records")
    cells = {column: [_cell(column, row) for row in rows] for column in COLUMNS[name]}
    needed = (
        max(map(cell_len, (column, *(text[:_FOLDED] for text in texts))))
        for column, texts in cells.items()
    )
    room = fitting(needed, width, _FOLDED)
    table = Table(
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        caption=_left_out(len(frame), len(frame) - len(shown), COLUMNS[name][room:]),
        caption_justify="left",
    )
    for column in COLUMNS[name][:room]:
        number = pd.api.types.is_numeric_dtype(frame[column].dtype)
        justify: Literal["left", "right"] = "right" if number else "left"
        table.add_column(column, justify=justify, overflow="fold", no_wrap=column in _WHOLE)
    for row in zip(*(cells[column] for column in COLUMNS[name][:room]), strict=True):
        table.add_row(*map(Text, row))
    return table


def _left_out(rows: int, hidden: int, columns: tuple[str, ...]) -> str | None:
    """What a table does not show, and how to see it."""
    notes = []
    if hidden:
        notes.append(f"{hidden:,} more of {rows:,} rows; --max-rows 0 shows all")
    if columns:
        notes.append(f"no room for {', '.join(columns)}; CSV has every column")
    return "\n".join(notes) or None


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
