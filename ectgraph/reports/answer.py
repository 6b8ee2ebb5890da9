"""Answer -> text, JSON, CSV or Markdown: what it establishes, its table, and its doubts."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any, Literal

from rich import box
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from ectgraph import escape, labels
from ectgraph.questions.answer import Answer
from ectgraph.reports.cell import fitting, is_number, words
from ectgraph.reports.json import indented
from ectgraph.version import __version__

ROWS = 50
"""Rows of a table for people, unless they ask for another number."""
CELL = 100
"""Characters of a cell."""
FOLDED = 60
"""Characters of a cell's line; the rest goes below where there is no room."""
WIDTH = 200
"""Characters of a line where nobody knows how wide a terminal is."""
_LINE = 96


def to_text(answer: Answer, max_rows: int = ROWS, width: int = WIDTH) -> Iterator[RenderableType]:
    """What a console prints: title, sentences, table, doubts. Every text is made safe.

    Args:
        answer: what came out.
        max_rows: rows to show; 0 shows all.
        width: characters that a line has room for; columns that do not fit are named below.

    """
    yield Text(escape.terminal(answer.title, escape.LONG), "bold")
    yield Text()
    yield from _sentences(answer.established, ("✓ ", "green"))
    if answer.rows:
        yield _table(answer, max_rows, width)
    yield from _sentences(answer.not_established, ("? ", "yellow"))


def as_text(answer: Answer, width: int = WIDTH, max_rows: int = ROWS) -> str:
    """The same as one text, as `print` in Python shows it."""
    options: dict[str, Any] = {"markup": False, "emoji": False, "highlight": False}
    console = Console(width=width, color_system=None, force_terminal=False, **options)
    with console.capture() as captured:
        for part in to_text(answer, max_rows, width):
            console.print(part, soft_wrap=isinstance(part, Text))
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _sentences(sentences: tuple[str, ...], mark: tuple[str, str]) -> Iterator[Text]:
    for sentence in sentences:
        safe = escape.terminal(sentence, 2 * escape.LONG)
        for number, line in enumerate(textwrap.wrap(safe, _LINE, break_on_hyphens=False)):
            yield Text.assemble("  " if number else mark, line)


def _table(answer: Answer, max_rows: int, width: int) -> Table:
    shown = answer.rows if max_rows == 0 else answer.rows[:max_rows]
    cells = [
        [escape.terminal(words(column, row[number]), CELL) for row in shown]
        for number, column in enumerate(answer.columns)
    ]
    room = fitting(
        [
            max(map(cell_len, (column.name, *found)))
            for column, found in zip(answer.columns, cells, strict=True)
        ],
        width,
        FOLDED,
    )
    table = Table(
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        caption=_left_out(answer, len(shown), room),
        caption_justify="left",
    )
    for column in answer.columns[:room]:
        justify: Literal["left", "right"] = "right" if is_number(column) else "left"
        table.add_column(column.name, justify=justify, overflow="fold")
    for row in zip(*cells[:room], strict=True):
        table.add_row(*map(Text, row))
    return table


def _left_out(answer: Answer, rows: int, columns: int) -> str | None:
    """What a table does not show, and how to see it."""
    notes = []
    if rows < len(answer.rows):
        notes.append(_hidden(answer, rows))
    if columns < len(answer.columns):
        names = ", ".join(column.name for column in answer.columns[columns:])
        notes.append(f"no room for {names}; CSV and JSON have all")
    return "\n".join(notes) or None


def _hidden(answer: Answer, shown: int) -> str:
    return f"{len(answer.rows) - shown:,} more of {labels.count(len(answer.rows), 'row')}"


def to_json(answer: Answer) -> bytes:
    """Write it as `ectgraph-answer/1` (docs/formats.md): every row, times as they were found."""
    return indented(
        {
            "format": "ectgraph-answer/1",
            "tool": {"name": "ectgraph", "version": __version__},
            "question": answer.question,
            "title": _legal(answer.title),
            "established": [*map(_legal, answer.established)],
            "not_established": [*map(_legal, answer.not_established)],
            "columns": [vars(column) for column in answer.columns],
            "rows": [[*map(_legal, row)] for row in answer.rows],
            "tasks": [*map(_legal, answer.tasks)],
        },
        1,
    )


def _legal(value: Any) -> Any:
    """Text that JSON can hold: the name of a file may be any bytes."""
    return value.encode(errors="backslashreplace").decode() if isinstance(value, str) else value


def to_csv(answer: Answer) -> str:
    """Write its table as CSV, safe for spreadsheets; the sentences are not in it."""
    from ectgraph.frames import to_csv  # noqa: PLC0415  # pandas only where it is needed

    return to_csv(answer.table)


def to_markdown(answer: Answer, max_rows: int = 0) -> str:
    """Write it as Markdown, with every row unless a number says otherwise."""
    shown = answer.rows if max_rows == 0 else answer.rows[:max_rows]
    lines = [f"## {escape.markdown(answer.title, escape.LONG)}", ""]
    lines += [f"- {escape.markdown(sentence)}" for sentence in answer.established]
    if shown:
        heads = [escape.markdown(column.name) for column in answer.columns]
        rules = ["---:" if is_number(column) else "---" for column in answer.columns]
        lines += ["", _row(heads), _row(rules)]
        for row in shown:
            cells = zip(answer.columns, row, strict=True)
            lines.append(_row([escape.markdown(words(*each), CELL) for each in cells]))
    lines += ["", _hidden(answer, len(shown))] if len(shown) < len(answer.rows) else []
    if answer.not_established:
        lines += ["", "Not established:", ""]
        lines += [f"- {escape.markdown(sentence)}" for sentence in answer.not_established]
    return "\n".join([*lines, ""])


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
