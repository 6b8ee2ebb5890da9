"""Answer -> a card: its sentences, the beginning of its table, its doubts."""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING, Any

from ectgraph.columns import Column
from ectgraph.reports.cards.markup import (
    NOTHING,
    Html,
    card,
    code,
    element,
    line,
    strong,
    table,
    text,
)
from ectgraph.reports.cards.pieces import CELL, DOUBT, GOOD, more, part, sentences, trust
from ectgraph.reports.cell import is_number, words

if TYPE_CHECKING:
    from ectgraph.questions.answer import Answer

ROWS = 20
"""Rows that are shown."""


def answer(answer: Answer) -> Html:
    """An answer: what it establishes, the beginning of its table, and what it does not.

    Columns that hold nothing in any row are named below the table.
    """
    held = [any(row[at] is not None for row in answer.rows) for at in range(len(answer.columns))]
    columns = list(compress(answer.columns, held))
    rows = [
        [_value(*each) for each in zip(columns, compress(row, held), strict=True)]
        for row in answer.rows[:ROWS]
    ]
    empty = [column.name for column, some in zip(answer.columns, held, strict=True) if not some]
    return card(
        line(strong(answer.title), looks="title"),
        sentences(GOOD, answer.established),
        table(
            [_head(column) for column in columns],
            rows,
            right=[is_number(column) for column in columns],
        ),
        more(len(answer.rows) - ROWS, ".table"),
        line(text(f"without any value: {', '.join(empty)}"), looks="faint")
        if rows and empty
        else NOTHING,
        part("Not established", sentences(DOUBT, answer.not_established)),
    )


def _head(column: Column) -> Html:
    return text(f"{column.name} (UTC)" if column.kind == "time" else column.name, CELL)


def _value(column: Column, value: Any) -> Html:
    """A cell: as in every form of an answer, with a sign for trust, and ids to be copied."""
    said = words(column, value)
    if column.name == "trust" and said:
        return trust(said)
    if column.name == "place" or column.name.startswith("place_"):
        said = said.rpartition("/")[2]  # the whole of it is in `.table`
    if column.kind == "time" and said:
        return element("span", text(said, CELL), looks="whole")
    return code(said, CELL) if column.kind == "text" and said else text(said, CELL)
