"""Frames as files: Excel, JSON, Markdown and HTML; claims stay text in each of them."""

from __future__ import annotations

import io
import json
import re
import sys
import time
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
from markdown_it import MarkdownIt

from ectgraph import escape, frames
from ectgraph.columns import Column
from ectgraph.errors import EctgraphError
from ectgraph.frames import excel, files

HOSTILE = [
    "=1+1",
    "@SUM(A1)",
    "+cmd|' /C calc'!A0",
    "\t=1",
    "https://evil.example",
    "mailto:a@b.example",
    "_x0041_",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "| a | *b* [c](https://evil.example)",
    "\u202e\x1b[31m\0",
    "\udcff",
    "𝄞" * 20_000,
]
KINDS = {"text": "text", "act": "category", "n": "integer", "share": "number", "ok": "flag"}
ROWS = [(text, text, number, number / 2, number % 2 == 0) for number, text in enumerate(HOSTILE)]
ABOUT = (Column("text", "text", "what it *says*"),)


def hostile() -> pd.DataFrame:
    return frames.frame([*ROWS, (None,) * 5], KINDS)


def moments(*seconds: float | None) -> pd.DataFrame:
    return frames.frame([(second,) for second in seconds], {"iat": "time"})


# Excel


def sheet(data: bytes, number: int = 1) -> list[dict[str, Any]]:
    """The rows of a sheet: for each cell its column, and its text or its number."""
    pytest.importorskip("xlsxwriter")
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        root = ET.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))  # noqa: S314
    assert root.find(".//{*}f") is None
    assert root.find(".//{*}hyperlink") is None
    return [
        {re.sub(r"\d", "", cell.get("r")): _cell(cell) for cell in row.iterfind("{*}c")}
        for row in root.iterfind(".//{*}row")
    ]


def _cell(cell: ET.Element) -> str | float:
    if cell.get("t") == "inlineStr":
        return "".join(cell.itertext()).replace("_x005F_", "_")
    return float(cell.findtext("{*}v"))


def test_a_text_in_a_workbook_is_a_text_and_nothing_else():
    pytest.importorskip("xlsxwriter")
    data, notes = frames.to_excel(hostile(), "tasks", ABOUT)

    _, *rows = sheet(data)  # a row without any cell is not written
    assert [row["A"] for row in rows[:-1]] == [escape.csv(text) for text in HOSTILE[:-1]]
    assert [row["B"] for row in rows[:-1]] == [escape.csv(text) for text in HOSTILE[:-1]]
    assert [(row["C"], row["D"], row["E"]) for row in rows] == [
        (n, n / 2, float(n % 2 == 0)) for n in range(len(HOSTILE))
    ]
    assert rows[-1]["A"] == "𝄞" * 16_383 + "…"
    assert notes == ("2 texts cut to 32,767 characters, which is all that a cell of Excel holds",)
    assert notes[0] in [row.get("A") for row in sheet(data, 2)]


def test_a_name_of_a_column_in_a_workbook_is_no_formula():
    pytest.importorskip("xlsxwriter")
    data, _ = frames.to_excel(pd.DataFrame({"=1+1": [1]}), "tasks")

    assert sheet(data)[0] == {"A": "'=1+1"}


def test_times_in_a_workbook_say_that_they_are_utc():
    pytest.importorskip("xlsxwriter")
    data, _ = frames.to_excel(moments(1771943000.25, None, -62_135_596_800), "tasks")

    head, first, old = sheet(data)
    assert head == {"A": "iat (UTC)"}
    assert first["A"] == pytest.approx(25569 + 1771943000.25 / 86400, abs=1e-9)
    assert old == {"A": "0001-01-01T00:00:00Z"}


def test_numbers_that_excel_would_round_are_text():
    pytest.importorskip("xlsxwriter")
    data, _ = frames.to_excel(frames.frame([(2**60,), (10**14,)], {"n": "integer"}), "tasks")

    assert [row["A"] for row in sheet(data)[1:]] == [str(2**60), 1e14]


def test_a_workbook_has_a_fixed_head_a_filter_and_a_sheet_that_explains_it():
    pytest.importorskip("xlsxwriter")
    data, _ = frames.to_excel(hostile(), "tasks", ABOUT)

    with zipfile.ZipFile(io.BytesIO(data)) as book:
        written = book.read("xl/worksheets/sheet1.xml").decode()
    assert '<pane ySplit="1"' in written
    assert f'<autoFilter ref="A1:E{len(HOSTILE) + 2}"/>' in written
    assert {"A": "text", "B": "text", "C": "what it *says*"} in sheet(data, 2)


def test_the_same_frame_is_the_same_workbook(monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("xlsxwriter")
    now = time.time()
    first, _ = frames.to_excel(hostile(), "tasks")
    monkeypatch.setattr(time, "time", lambda: now + 1e6)

    assert frames.to_excel(hostile(), "tasks")[0] == first


def test_more_rows_than_a_sheet_holds_are_refused(monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("xlsxwriter")
    monkeypatch.setattr(excel, "ROWS", len(HOSTILE))

    with pytest.raises(EctgraphError, match="write csv or parquet"):
        frames.to_excel(hostile(), "tasks")


def test_without_xlsxwriter_the_command_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)

    with pytest.raises(EctgraphError, match=r"pip install 'ectgraph\[excel\]'"):
        frames.to_excel(hostile(), "tasks")


# JSON


def test_json_is_the_rows_whole_and_printable():
    written = frames.to_json(hostile())

    assert written.replace("\n", "").isprintable()
    read = json.loads(written)
    assert read == [
        *(dict(zip(KINDS, row, strict=True)) for row in ROWS),
        dict.fromkeys(KINDS),
    ]


def test_times_in_json_are_rfc_3339():
    assert json.loads(frames.to_json(moments(0, 1771943000.25, None))) == [
        {"iat": "1970-01-01T00:00:00Z"},
        {"iat": "2026-02-24T14:23:20.250000Z"},
        {"iat": None},
    ]


@pytest.mark.parametrize("rows", [0, 1, 10_001])
def test_json_has_every_row(rows: int):
    frame = frames.frame([(n,) for n in range(rows)], {"n": "integer"})

    assert [row["n"] for row in json.loads(frames.to_json(frame))] == list(range(rows))


# Markdown


def test_markdown_is_one_table_with_every_text_as_it_is():
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(frames.to_markdown(hostile()))

    cells = [token for token in tokens if token.type == "inline"]
    kinds = {child.type for token in cells for child in token.children}
    assert kinds <= {"text", "text_special"}
    assert len(cells) == 5 * (len(HOSTILE) + 2)
    assert [token.type for token in tokens].count("table_open") == 1


# HTML


class Page(HTMLParser):
    """What elements a page has, and what stands in its cells."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.cells: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag == "td":
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.cells and data.strip():
            self.cells[-1] += data


def test_a_page_holds_every_row_and_no_element_of_a_claim():
    page = Page(frames.to_html(hostile(), "<b>tasks</b>", ABOUT))

    assert page.elements.isdisjoint({"script", "img", "b", "a", "link"})
    assert not [name for name in page.attributes if name.startswith("on") or name == "style"]
    assert page.cells[0 : 5 * len(HOSTILE) : 5] == [escape.terminal(text) for text in HOSTILE]


def test_a_page_runs_nothing_and_loads_nothing():
    page = frames.to_html(hostile(), "tasks")
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)

    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "script-src" not in policy
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


# All of them


@pytest.mark.parametrize("form", ["csv", "parquet", "excel", "json", "markdown", "html"])
def test_an_empty_frame_can_be_written_in_every_form(form: Any):
    pytest.importorskip({"parquet": "pyarrow", "excel": "xlsxwriter"}.get(form, "json"))

    written = files.write(hostile().head(0), form, "tasks")

    assert written.data
    assert written.notes == ()


@pytest.mark.parametrize("name", ["tasks", "tasks.pdf"])
def test_a_name_without_a_known_suffix_is_refused(name: str):
    with pytest.raises(EctgraphError, match=r"\.csv, \.parquet, \.xlsx"):
        files.form(Path(name))


def test_writing_a_frame_does_not_change_it():
    frame = hostile()

    for form in ("csv", "json", "markdown", "html"):
        files.write(frame, form, "tasks")

    pd.testing.assert_frame_equal(frame, hostile())
