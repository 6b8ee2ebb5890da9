"""CSV: read back as it was, and nothing in it that a spreadsheet would run."""

from __future__ import annotations

import io

import pandas as pd
import pytest

from ectgraph import frames
from ectgraph.case import Case
from ectgraph.testing import EPOCH, Sketch, sketch, token

NAMES = ("tasks", "edges", "findings", "records")
FAULTY = "a@0; b@5<a,z by=agent-b; c@0<a,b !flipped; 'junk'; a@1; d@9 wid=; !bad-key"


def case_of(drawn: Sketch) -> Case:
    return Case(drawn.ledger(), drawn.ring, drawn.policy)


def frame_of(text: str, name: str) -> pd.DataFrame:
    return getattr(case_of(sketch(text)), name)


@pytest.mark.parametrize("name", NAMES)
def test_a_csv_file_can_be_read_back(name: str):
    frame = frame_of(FAULTY, name)

    read = pd.read_csv(io.StringIO(frames.to_csv(frame)), dtype=str, keep_default_na=False)
    assert list(read.columns) == list(frame.columns)
    for column in frame:
        wanted = ["" if pd.isna(value) else str(value) for value in frame[column]]
        assert read[column].tolist() == wanted


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_frame_is_a_line_of_csv(name: str):
    assert (
        frames.to_csv(frame_of("", name).head(0))
        == ",".join(column.name for column in frames.COLUMNS[name]) + "\n"
    )


def test_lines_of_csv_end_in_a_newline_alone():
    assert "\r" not in frames.to_csv(frame_of(FAULTY, "findings"))


@pytest.mark.parametrize(
    "act", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|'/c calc'!A0"]
)
def test_a_formula_in_a_claim_is_text_for_a_spreadsheet(act: str):
    compact = token({"jti": act, "exec_act": act, "iat": EPOCH, "par": []}, "agent-a")
    written = frames.to_csv(case_of(Sketch((compact,), None)).tasks)

    row = pd.read_csv(io.StringIO(written), dtype=str).iloc[0]

    assert row.task.startswith("'")
    assert row.jti.startswith("'")
    assert row.exec_act.startswith("'")


def test_numbers_are_not_made_text():
    written = frames.to_csv(frame_of("a@60; b@0<a", "edges"))

    assert ",-60.0," in written


def test_writing_a_frame_does_not_change_it():
    frame = frame_of("a@0 act==1+1", "tasks")
    before = frame.copy()

    frames.to_csv(frame)

    pd.testing.assert_frame_equal(frame, before)
    assert frame.exec_act[0] == "=1+1"


def test_claims_are_in_a_frame_as_they_are():
    assert frame_of("a@0 act=\u202e\x1b[31m", "tasks").exec_act[0] == "\u202e\x1b[31m"


def test_a_name_of_a_column_is_text_for_a_spreadsheet():
    assert frames.to_csv(pd.DataFrame({"=1+1": [1]})) == "'=1+1\n1\n"


def test_categories_that_look_alike_when_they_are_escaped_are_no_reason_to_fail():
    made = frames.frame([("\x1b",), ("\\x1b",), (None,)], {"act": "category"})

    assert frames.to_csv(made) == 'act\n\\x1b\n\\x1b\n""\n'
