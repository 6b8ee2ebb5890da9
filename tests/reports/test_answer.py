"""An answer in every form: the sentences, the table and the doubts, and nothing that acts."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest
from rich.console import Console
from rich.table import Table

from ectgraph.columns import Column
from ectgraph.questions.answer import Answer
from ectgraph.reports.answer import as_text, to_csv, to_json, to_markdown, to_text

HOSTILE = "\x1b[31m<b>|`x`\u202e =1+1 @octocat" + "y" * 500


def answer(rows: int = 3, text: str = "review") -> Answer:
    return Answer(
        question="made-up",
        title=f"What {text} is about",
        columns=(
            Column("task", "text", "the task"),
            Column("exec_act", "category", "what it did"),
            Column("iat", "time", "when"),
            Column("links", "integer", "how many"),
            Column("share", "number", "of all"),
            Column("root", "flag", "whether it has no parents"),
        ),
        rows=tuple(
            (f"550e8400-e29b-41d4-{number}", text, 1771943000, 1200, 0.25, number == 0)
            for number in range(rows)
        ),
        established=(f"There are {rows} of {text}.",),
        not_established=("Not all was looked at.",),
        tasks=("550e8400-e29b-41d4-0",),
    )


def test_people_see_the_sentences_the_table_and_the_doubts(snapshot):
    assert as_text(answer()) == snapshot
    assert str(answer()) == repr(answer()) == as_text(answer())


def test_rows_that_are_cut_are_counted():
    assert "48 more of 50 rows" in as_text(answer(50), max_rows=2)
    assert "more of" not in as_text(answer(50), max_rows=0)
    assert "48 more of 50 rows" in to_markdown(answer(50), max_rows=2)


def test_without_rows_there_is_no_table_but_what_is_known():
    text = as_text(answer(0))

    assert "There are 0" in text
    assert "exec_act" not in text
    assert not [part for part in to_text(answer(0)) if isinstance(part, Table)]


def test_programs_get_every_row_and_the_times_as_they_were_found():
    document = json.loads(to_json(answer(80)))

    assert document["format"] == "ectgraph-answer/1"
    assert len(document["rows"]) == 80
    assert document["rows"][0][2] == 1771943000
    assert [column["kind"] for column in document["columns"]][2:] == [
        "time",
        "integer",
        "number",
        "flag",
    ]
    assert document["established"] == ["There are 80 of review."]
    assert document["not_established"] == ["Not all was looked at."]
    assert document["tasks"] == ["550e8400-e29b-41d4-0"]


def test_a_file_name_that_is_no_text_is_told():
    document = json.loads(to_json(answer(1, "x\udcff.jws")))

    assert document["rows"][0][1] == "x\\udcff.jws"
    assert "x\\udcff.jws" in document["title"]


def test_a_spreadsheet_gets_the_table():
    head, *rows = csv.reader(io.StringIO(to_csv(answer(2))))

    assert head == ["task", "exec_act", "iat", "links", "share", "root"]
    assert rows[0][:2] == ["550e8400-e29b-41d4-0", "review"]
    assert len(rows) == 2


@pytest.mark.parametrize(
    ("wid", "shown"),
    [
        ("4caaa4e2-eee6-5303-8c25-e6fdcbbdc7ad", "4caaa4e2"),
        ("nightly-settlement-of-2026-02-24", "nightly…nt-of-2026-02-24"),
        ("nightly", "nightly"),
    ],
)
def test_people_see_the_beginning_of_a_workflow_and_programs_the_whole(wid, shown):
    made = replace(answer(1, wid).only("exec_act"), columns=(Column("wid", "category", "which"),))
    told = replace(made, title="", established=(), not_established=())

    assert as_text(told).split() == ["wid", "─" * len(shown), shown]
    assert f"| {shown} |" in to_markdown(told)
    assert wid in to_csv(told)
    assert json.loads(to_json(told))["rows"] == [[wid]]
    assert list(told.table["wid"]) == [wid]


def test_the_table_is_a_frame_with_its_columns_also_when_it_is_empty():
    assert list(answer(0).table.columns) == [column.name for column in answer(0).columns]
    assert [type(each) for each in answer(0).table.dtypes] == [
        type(each) for each in answer(1).table.dtypes
    ]
    assert len(answer(3).table) == len(answer(3)) == 3


@pytest.mark.parametrize("write", [as_text, to_markdown, lambda made: to_json(made).decode()])
def test_no_claim_reaches_a_terminal_as_it_is(write):
    text = write(answer(2, HOSTILE))

    assert all(line.isprintable() for line in text.splitlines())
    assert text.count("y" * 100) >= 2


def test_no_claim_is_markdown():
    text = to_markdown(answer(2, HOSTILE))

    assert not any(mark in text for mark in ("<b>", "`x`", "@octocat"))


def test_a_markdown_table_keeps_its_columns_whatever_is_in_it():
    lines = [line for line in to_markdown(answer(2, HOSTILE)).splitlines() if line[:1] == "|"]

    assert {line.count("|") for line in lines} == {7}
    assert len(lines) == 4


def test_a_hostile_cell_goes_to_a_spreadsheet_as_text():
    rows = list(csv.reader(io.StringIO(to_csv(answer(1, "=cmd()")))))

    assert rows[1][1] == "'=cmd()"


def test_long_sentences_are_wrapped_and_nothing_is_lost():
    long = "word " * 60
    made = Answer(question="q", title="t", columns=(), rows=(), established=(long,))
    console = Console(width=120, record=True, file=io.StringIO())
    for part in to_text(made):
        console.print(part)

    text = console.export_text()
    assert text.split().count("word") == 60
    assert max(map(len, text.splitlines())) <= 100
