"""Answer -> a card: its sentences, the beginning of its table, its doubts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ectgraph.columns import Column
from ectgraph.reports.cards.markup import Html, card, code, element, line, strong, table, text
from ectgraph.reports.cards.pieces import CELL, DOUBT, GOOD, more, part, sentences, trust
from ectgraph.reports.cell import is_number, words

if TYPE_CHECKING:
    from ectgraph.questions.answer import Answer

ROWS = 20
"""Rows that are shown."""


def answer(answer: Answer) -> Html:
    """An answer: what it establishes, the beginning of its table, and what it does not."""
    rows = [
        [_value(*each) for each in zip(answer.columns, row, strict=True)]
        for row in answer.rows[:ROWS]
    ]
    return card(
        line(strong(answer.title), looks="title"),
        sentences(GOOD, answer.established),
        table(
            [_head(column) for column in answer.columns],
            rows,
            right=[is_number(column) for column in answer.columns],
        ),
        more(len(answer.rows) - ROWS, ".table"),
        part("Not established", sentences(DOUBT, answer.not_established)),
    )


def _head(column: Column) -> Html:
    return text(f"{column.name} (UTC)" if column.kind == "time" else column.name, CELL)


def _value(column: Column, value: Any) -> Html:
    """A cell: as in every form of an answer, with a sign for trust, and ids to be copied."""
    said = words(column, value)
    if column.name == "trust" and said:
        return trust(said)
    if column.kind == "time" and said:
        return element("span", text(said, CELL), looks="whole")
    return code(said, CELL) if column.kind == "text" and said else text(said, CELL)
