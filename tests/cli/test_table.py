"""table: CSV into a pipe, a table for a person, and a file when asked."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import pytest

from ectgraph import frames
from ectgraph.testing import sketch


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("tasks", 3),
        ("edges", 2),
        ("findings", 2),
        ("records", 2),
        ("agents", 2),
        ("workflows", 1),
        ("keys", 2),
    ],
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

    assert done == (0, "", "edges: edges, 1 row\n")
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


# Forms


@pytest.mark.parametrize("name", frames.COLUMNS)
def test_every_table_can_be_shown(ectgraph_, name: str):
    done = ectgraph_(f"table faulty.jws {name} --keys keys.json --format table")

    assert (done.code, done.err) == (0, "")
    assert len(done.out.splitlines()) > 3


@pytest.mark.parametrize(
    ("suffix", "begin"),
    [
        ("csv", b"task,"),
        ("json", b'[\n{"task": '),
        ("md", b"| task |"),
        ("html", b"<!doctype html>"),
        ("parquet", b"PAR1"),
        ("xlsx", b"PK"),
    ],
)
def test_the_suffix_of_a_file_says_its_form(ectgraph_, folder: Path, suffix: str, begin: bytes):
    pytest.importorskip({"parquet": "pyarrow", "xlsx": "xlsxwriter"}.get(suffix, "json"))

    done = ectgraph_(f"table clean.jws tasks --keys keys.json -o t.{suffix}")

    assert done == (0, "", f"t.{suffix}: tasks, 2 rows\n")
    assert (folder / f"t.{suffix}").read_bytes().startswith(begin)


def test_a_form_that_is_asked_for_goes_before_the_suffix(ectgraph_, folder: Path):
    ectgraph_("table clean.jws tasks --format json -o t.csv")

    assert len(json.loads((folder / "t.csv").read_bytes())) == 2


def test_a_suffix_that_means_no_form_is_refused(ectgraph_, folder: Path):
    done = ectgraph_("table clean.jws tasks -o t.pdf")

    assert done.code == 2
    assert "there are .csv, .parquet, .xlsx" in done.err
    assert not (folder / "t.pdf").exists()


@pytest.mark.parametrize(("form", "name"), [("excel", "tasks.xlsx"), ("parquet", "tasks.parquet")])
def test_what_is_no_text_does_not_go_to_a_terminal(on_a_terminal, folder: Path, form, name):
    code, out, err = on_a_terminal(folder, f"table clean.jws tasks --format {form}")

    assert (code, out) == (2, "")
    assert f"-o {name}" in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(("module", "suffix"), [("xlsxwriter", "xlsx"), ("pyarrow", "parquet")])
def test_a_library_that_is_missing_is_told_before_the_work(
    ectgraph_, folder: Path, monkeypatch, module: str, suffix: str
):
    monkeypatch.setitem(sys.modules, module, None)

    done = ectgraph_(f"table nowhere.jws tasks -o t.{suffix}")

    assert done.code == 2
    assert "pip install" in done.err
    assert not (folder / f"t.{suffix}").exists()


def test_what_a_workbook_has_no_room_for_is_told(ectgraph_, folder: Path):
    pytest.importorskip("xlsxwriter")
    (folder / "long.jws").write_bytes(sketch(f"a@0 act={'x' * 40_000}").data)

    done = ectgraph_("table long.jws tasks -o t.xlsx")

    assert done.code == 0
    assert "1 text cut to 32,767 characters" in done.err


def test_there_is_no_table_of_another_name(ectgraph_):
    done = ectgraph_("table clean.jws people")

    assert done.code == 2
    assert "tasks, edges, findings, records, agents, workflows, keys" in done.err
