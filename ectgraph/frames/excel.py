"""Frame -> an Excel workbook: one sheet with the rows, one that says what the columns mean.

XlsxWriter does it; it is an extra, and only imported here. A text is written as a text, so it is no
formula and no link; and it is made safe as for CSV besides, because workbooks are saved as CSV. The
same frame is the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from ectgraph import escape, labels
from ectgraph.columns import Column
from ectgraph.errors import EctgraphError
from ectgraph.extras import extra
from ectgraph.frames.values import iso, rows

ROWS = 1_048_575
"""Rows that a sheet has room for, next to the names of the columns."""
CELL = 32_767
"""Characters that a cell has room for, as UTF-16 counts them."""
_EXACT = 10**15  # Excel keeps 15 digits of a number
_FIRST = datetime(1900, 3, 1, tzinfo=UTC)  # Excel takes 1900 for a leap year
_WIDEST, _LOOKED_AT = 60, 1000
_MADE = datetime(2000, 1, 1, tzinfo=UTC)


def need() -> Any:
    """The library.

    Raises:
        EctgraphError: it is not installed.

    """
    return extra("xlsxwriter", "excel", "Excel needs XlsxWriter")


def to_excel(
    frame: pd.DataFrame, title: str, columns: Iterable[Column] = ()
) -> tuple[bytes, tuple[str, ...]]:
    """Write a frame as a workbook: (its bytes, sentences about what was cut).

    Excel knows no time zones: names of columns with times end in `(UTC)`. Times before March 1900,
    and numbers of more than 15 digits, are written as text. A text that is too long for a cell is
    cut, and a sentence says how many there are, in the workbook as well.

    Args:
        frame: what to write.
        title: what it is.
        columns: what the columns mean, as far as somebody says.

    Raises:
        EctgraphError: XlsxWriter is not installed, or no sheet has room for so many rows.

    >>> import zipfile
    >>> data, notes = to_excel(pd.DataFrame({"act": ["=1+1"]}), "tasks")
    >>> zipfile.ZipFile(io.BytesIO(data)).testzip() is None, notes
    (True, ())

    """
    xlsxwriter = need()
    if len(frame) > ROWS or frame.shape[1] > 16_384:
        found = f"{len(frame):,}"
        message = f"an Excel sheet holds {ROWS:,} rows, and there are {found}; write csv or parquet"
        raise EctgraphError(message)
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        book.set_properties({"title": escape.csv(title), "created": _MADE.replace(tzinfo=None)})
        sheet = _Sheet(book, book.add_worksheet("table"))
        sheet.fill(frame)
        notes = tuple(sheet.notes())
        about = _Sheet(book, book.add_worksheet("columns"))
        about.explain(columns, [f"{title}: {labels.count(len(frame), 'row')}", *notes])
    return file.getvalue(), notes


class _Sheet:
    """Writes one sheet."""

    def __init__(self, book: Any, sheet: Any) -> None:
        self._sheet = sheet
        self._head = book.add_format({"bold": True, "bottom": 1, "valign": "top"})
        self._time = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss.000"})
        self._cut = 0

    def fill(self, frame: pd.DataFrame) -> None:
        """Write the names of the columns and every row."""
        sheet, count = self._sheet, frame.shape[1]
        columns = [frame.iloc[:, number] for number in range(count)]
        times = [isinstance(column.dtype, pd.DatetimeTZDtype) for column in columns]
        for number, name in enumerate(frame.columns):
            head = f"{name} (UTC)" if times[number] else str(name)
            self._text(0, number, head, self._head)
            longest = [_width(value) for value in columns[number].head(_LOOKED_AT).dropna()]
            width = 23 if times[number] else max([len(head) + 3, *longest])
            sheet.set_column(number, number, min(width + 1, _WIDEST))
        for row, values in enumerate(rows(frame), 1):
            for number, value in enumerate(values):
                if value is not None:
                    self._write(row, number, value)
        sheet.freeze_panes(1, 0)
        if count:
            sheet.autofilter(0, 0, len(frame), count - 1)
            sheet.repeat_rows(0)
        sheet.set_landscape()

    def explain(self, columns: Iterable[Column], sentences: Iterable[str]) -> None:
        """Write what the columns mean, and what else there is to say."""
        row = 0
        for row, sentence in enumerate(sentences, 1):
            self._text(row - 1, 0, sentence)
        told = [("column", "holds", "what"), *((c.name, c.kind, c.about) for c in columns)]
        for number, line in enumerate(told):
            for at, text in enumerate(line):
                self._text(row + 1 + number, at, text, None if number else self._head)
        self._sheet.set_column(0, 1, 18)
        self._sheet.set_column(2, 2, 90)

    def notes(self) -> Iterable[str]:
        """What was cut."""
        if self._cut:
            texts = labels.count(self._cut, "text")
            yield f"{texts} cut to {CELL:,} characters, which is all that a cell of Excel holds"

    def _write(self, row: int, column: int, value: Any) -> None:
        sheet = self._sheet
        if isinstance(value, bool):
            sheet.write_boolean(row, column, value)
        elif isinstance(value, datetime):
            if value >= _FIRST:
                sheet.write_datetime(row, column, value.replace(tzinfo=None), self._time)
            else:
                self._text(row, column, iso(value))
        elif isinstance(value, (int, float)) and abs(value) < _EXACT:
            sheet.write_number(row, column, value)
        else:
            self._text(row, column, str(value))

    def _text(self, row: int, column: int, text: str, looks: Any = None) -> None:
        safe = escape.csv(text)
        if len(safe.encode("utf-16-le")) > 2 * CELL:
            self._cut += 1
            kept = safe.encode("utf-16-le")[: 2 * (CELL - 1)].decode("utf-16-le", "ignore")
            safe = f"{kept}…"
        self._sheet.write_string(row, column, safe, looks)


def _width(value: Any) -> int:
    return len(str(value)[:_WIDEST])
