"""Frames on a terminal: what fits, what is cut, where a row comes from."""

from __future__ import annotations

import io

import pandas as pd
import pytest
from rich.console import Console

from ectgraph.case import Case
from ectgraph.keys import KeyRing
from ectgraph.policy import Policy
from ectgraph.reports.table import COLUMNS, to_table
from ectgraph.testing import Sketch, jwks, sketch, task_id, token

NAMES = ("tasks", "edges", "findings", "records")


def case_of(drawn: Sketch) -> Case:
    return Case(drawn.ledger(), drawn.ring, drawn.policy)


def shown(name: str, frame: pd.DataFrame, max_rows: int = 50, width: int = 200) -> list[str]:
    file = io.StringIO()
    console = Console(file=file, width=width, markup=False, highlight=False, emoji=False)
    console.print(to_table(name, frame, max_rows, width))
    return [line.rstrip() for line in file.getvalue().splitlines() if line.strip()]


def rows_of(text: str, name: str, max_rows: int = 50) -> list[str]:
    """The rows of a table without its heading."""
    return shown(name, getattr(case_of(sketch(text)), name), max_rows)[2:]


@pytest.mark.parametrize("name", NAMES)
def test_the_columns_are_columns_of_the_frame(name: str):
    frame = getattr(case_of(sketch("a@0; b@5<a,z")), name)

    assert set(COLUMNS[name]) <= set(frame.columns)
    assert shown(name, frame)[0].split() == list(COLUMNS[name])


def test_a_task_has_its_short_id_its_agent_its_time_and_its_line():
    _, row = rows_of("a@0; b@5<a by=agent-b", "tasks")

    assert row.split() == [
        task_id("b")[:8],
        "b",
        "agent-b",
        "2026-02-24",
        "14:23:25",
        "verified",
        "L2",
        "00",
        "0",
        "sketch:2",
    ]


def test_a_missing_task_has_blank_cells():
    _, missing = rows_of("a@0<z", "tasks")

    assert missing.split() == [task_id("z")[:8], "missing", "1"]


def test_a_link_has_both_ends_and_the_gap():
    (row,) = rows_of("a@60; b@5<a", "edges")

    assert row.split() == [
        task_id("a")[:8],
        "a",
        task_id("b")[:8],
        "b",
        "-55.0",
        "present",
        "sketch:2",
    ]


def test_a_finding_has_its_message_and_its_line():
    (row,) = rows_of("a@0 !flipped", "findings")

    assert row.startswith(" ECT201  error")
    assert "does not verify" in row
    assert row.endswith("sketch:1")


def test_a_record_has_its_number_its_token_and_the_codes_of_what_is_wrong_with_it():
    good, junk, forged = rows_of("a@0; 'junk'; b@5<a act=pay by=agent-b !flipped", "records")

    assert good.split() == [
        *("0", "a", "agent-a", task_id("a")[:8], "verified", "L2", "00", "sketch:1")
    ]
    assert junk.split() == ["1", "ECT001", "sketch:2"]
    assert forged.split() == [
        *("2", "pay", "agent-b", task_id("b")[:8], "invalid", "L2", "00", "ECT201", "sketch:3")
    ]


@pytest.mark.parametrize(
    ("max_rows", "rows", "caption"),
    [(3, 3, "9 more of 12 rows"), (12, 12, None), (50, 12, None), (0, 12, None)],
)
def test_rows_that_are_cut_are_counted(max_rows: int, rows: int, caption: str | None):
    found = rows_of("; ".join(f"t{n}@{n}" for n in range(12)), "tasks", max_rows)

    assert len([line for line in found if "sketch:" in line]) == rows
    assert (caption is None) == (len(found) == rows)
    assert caption is None or caption in found[-1]


def test_a_long_cell_ends_in_an_ellipsis():
    table = "\n".join(rows_of(f"a@0 act={'x' * 500}", "tasks"))

    assert 20 < table.count("x") <= 120
    assert "…" in table


def test_on_a_narrow_terminal_ids_and_times_stay_whole():
    frame = case_of(sketch(f"a@0 act={'word-' * 20}")).tasks
    narrow = "\n".join(shown("tasks", frame, width=100))

    assert task_id("a")[:8] in narrow
    assert "2026-02-24 14:23:20" in narrow
    assert "word-word" in narrow


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_frame_is_a_heading(name: str):
    case = case_of(sketch("a@0"))
    frame = getattr(case, name).head(0)

    assert rows_of("a@0", "edges") == []
    assert len(shown(name, frame)) == 2


@pytest.mark.parametrize("iat", [-(10**11), -62_135_596_801, 253_402_300_799, 2**53 - 1, 0.25])
def test_a_time_that_no_calendar_holds_is_no_reason_to_fail(iat: float):
    """Whoever writes `iat` chooses the year; `table` must show the ledger all the same."""
    compact = token({"jti": "x", "exec_act": "a", "iat": iat, "par": ["x"]}, "agent-a")
    case = case_of(Sketch((compact,), KeyRing.from_jwks(jwks("agent-a")), Policy()))

    for name in NAMES:
        assert "sketch:1" in "\n".join(shown(name, getattr(case, name)))


def test_markup_in_claims_is_text():
    (row,) = rows_of("a@0 act=[red]x[/red]:smile:", "tasks")

    assert "[red]x[/red]:smile:" in row


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [40, 60, 80])
def test_columns_without_room_are_named_below(name: str, width: int):
    frame = getattr(case_of(sketch("plan_a_long_way@0; b@5<plan_a_long_way,z !flipped")), name)

    lines = shown(name, frame, width=width)
    heads = lines[0].split()

    assert 2 <= len(heads) < len(COLUMNS[name]) or width == 80
    assert tuple(heads) == COLUMNS[name][: len(heads)]
    told = " ".join(lines).replace("\n", " ")
    assert all(column in told for column in COLUMNS[name])
    assert max(map(len, lines)) <= width


def test_a_finding_is_told_whole_on_80_columns():
    frame = case_of(sketch("a@0; b@5<a,z")).findings

    assert shown("findings", frame, width=80)[0].split() == list(COLUMNS["findings"])
