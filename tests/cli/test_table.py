"""table: CSV into a pipe, a table for a person, and a file when asked."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from ectgraph.testing import sketch


@pytest.mark.parametrize(
    ("name", "rows"), [("tasks", 3), ("edges", 2), ("findings", 2), ("records", 2)]
)
def test_table_writes_csv_into_a_pipe(ectgraph_, name: str, rows: int):
    done = ectgraph_(f"table faulty.jws {name} --keys keys.json")

    head, *body = csv.reader(io.StringIO(done.out))
    assert len(body) == rows
    assert "source" in head
    assert done.err == ""


def test_table_writes_a_table_when_asked(ectgraph_):
    done = ectgraph_("table faulty.jws findings --keys keys.json --format table")

    assert "ECT303" in done.out
    assert "faulty.jws:2" in done.out
    assert "," not in done.out.splitlines()[1]


def test_table_cuts_rows_as_asked(ectgraph_):
    done = ectgraph_("table faulty.jws tasks --format table --max-rows 1")

    assert "2 more of 3 rows" in done.out
    assert "more of" not in ectgraph_("table faulty.jws tasks --format table --max-rows 0").out


@pytest.mark.parametrize("format_", ["csv", "table"])
def test_table_writes_to_a_file(ectgraph_, folder: Path, format_: str):
    line = f"table clean.jws edges --keys keys.json --format {format_}"
    plain, done = ectgraph_(line), ectgraph_(f"{line} -o edges")

    assert done == (0, "", "")
    assert (folder / "edges").read_text("utf-8") == plain.out != ""
    assert ectgraph_(f"{line} -o edges") == done  # though a file has the name of the table now


def test_table_takes_several_files(ectgraph_, folder: Path):
    (folder / "more.jws").write_bytes(sketch("x@0").data)

    done = ectgraph_("table clean.jws more.jws tasks")

    assert len(done.out.splitlines()) == 4


def test_a_terminal_gets_a_table_where_a_pipe_gets_csv(on_a_terminal, folder: Path):
    code, out, _ = on_a_terminal(folder, "table clean.jws tasks --keys keys.json")

    assert code == 0
    assert "clean.jws:2" in out
    assert "sha256" not in out
