"""The legend of a picture as an HTML-like DOT label: a sample of each look, what it means, a count.

Its rows are those of `legend`; here is only how Graphviz can be made to show them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from ectgraph import escape
from ectgraph.render.diagram import Diagram, headline
from ectgraph.render.legend import Look, Row, rows
from ectgraph.render.style import Style

NAME = 60
"""Characters of an agent's name."""
LONG = 8
"""Rows above which there are two columns: agents, and the rest."""

MARKS: dict[Look, str] = {
    "unverified": "double line",
    "missing": "dashed",
    "duplicate": "solid body",
    "findings": "thick line",
    "group": "one for several",
    "data": "with a dot",
    "data only": "dotted",
    "crossing": "dashed",
    "circle": "thick",
    "back": "with a time",
}
"""What the looks are called; beside each is a sample."""


def table(diagram: Diagram, style: Style) -> str:
    """The legend, below a line that says what the picture shows."""
    columns = _columns(rows(diagram, len(style.palette)))
    head = f"<B>{escape.dot_html(headline(diagram))}</B>"
    body = f'<TR><TD ALIGN="LEFT" COLSPAN="7">{head}</TD></TR>'
    for beside in zip_longest(*columns):
        body += f"<TR>{'<TD>  </TD>'.join(_cells(row, style) for row in beside)}</TR>"
    return _table(body, 'CELLPADDING="2"')


def _columns(found: Sequence[Row]) -> list[Sequence[Row]]:
    """All rows, or those about agents and the others."""
    agents = sum(row.look == "agent" for row in found)
    others = (place for place, row in enumerate(found) if row.look not in ("agent", "text"))
    half = next(others, agents) if len(found) > LONG else 0
    return [column for column in (found[:half], found[half:]) if column]


def _cells(row: Row | None, style: Style) -> str:
    """A sample, what it means, how many there are."""
    if row is None:
        return '<TD COLSPAN="3"></TD>'
    mark = f"{MARKS[row.look]}: " if row.look in MARKS else ""
    words = mark + escape.dot_html(row.words, NAME if row.look == "agent" else None) or " "
    count = "" if row.count is None else f"{row.count:,}"
    return (
        f'<TD>{_sample(row, style)}</TD><TD ALIGN="LEFT">{words}</TD>'
        f'<TD ALIGN="RIGHT" WIDTH="{25 + len(words) // 2}">{count}</TD>'
    )


def _sample(row: Row, style: Style) -> str:
    """A small piece of the look that a row is about."""
    line = f'BORDER="1" COLOR="{style.outline}"'
    body = f'{line} SIDES="TR" ALIGN="LEFT" VALIGN="BOTTOM"'
    samples = {
        "agent": _box(f'{line} BGCOLOR="{style.agent(row.slot or 0)}" STYLE="ROUNDED"'),
        "unverified": _box(line, _box(line, width=18, height=6)),
        "missing": _box(f'{line} STYLE="DASHED"'),
        "duplicate": _box(body, _box(line, width=19, height=8)),
        "findings": _box(f'BORDER="3" COLOR="{style.error}"'),
        "group": _folder(f'{line} FIXEDSIZE="TRUE"'),
        "text": " ",
    }
    return samples.get(row.look) or _arrow(row.look, style)


def _arrow(look: Look, style: Style) -> str:
    """A line and its two ends: the upper side of a cell, after a spot, before a mark of text."""
    colour = style.data if look == "data only" else style.line
    colour = style.error if look in ("circle", "back") else colour
    dashes = {"data only": "DOTTED", "crossing": "DASHED"}.get(look, "SOLID")
    side = f'BORDER="{3 if look == "circle" else 1}" SIDES="T" STYLE="{dashes}" COLOR="{colour}"'
    size = 'FIXEDSIZE="TRUE" WIDTH="17" HEIGHT="7"'
    spot = f'<TD FIXEDSIZE="TRUE" WIDTH="5" HEIGHT="5" BGCOLOR="{colour}" STYLE="ROUNDED"></TD>'
    before = _table(f"<TR>{spot}</TR>") if look == "data" else " "
    head = f'<FONT COLOR="{colour}"><B>&gt;</B></FONT>'
    upper = f'<TD ROWSPAN="2">{before}</TD><TD {size}></TD><TD ROWSPAN="2">{head}</TD>'
    return _table(f"<TR>{upper}</TR><TR><TD {side} {size}></TD></TR>", 'CELLPADDING="0"')


def _box(look: str, inner: str = "", width: int = 24, height: int = 12) -> str:
    cell = f'<TD {look} FIXEDSIZE="TRUE" WIDTH="{width}" HEIGHT="{height}">{inner}</TD>'
    return _table(f"<TR>{cell}</TR>", 'CELLPADDING="0"')


def _folder(look: str) -> str:
    """A flap, and a wider box below it."""
    flap = f'<TD SIDES="LTR" {look} WIDTH="9" HEIGHT="3"></TD><TD></TD>'
    body = f'<TD COLSPAN="2" {look} WIDTH="24" HEIGHT="9"></TD>'
    return _table(f"<TR>{flap}</TR><TR>{body}</TR>", 'CELLPADDING="0"')


def _table(body: str, look: str = "") -> str:
    """Rows as a table without lines."""
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" {look}>{body}</TABLE>'
