"""What questions find in thirty invoices is what `sample_ledgers/routine.py` says by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import ectgraph
from ectgraph.formats.entry import instant
from ectgraph.questions.answer import Answer

SAMPLES = Path(__file__).parents[1] / "sample_ledgers"
TOLD = json.loads((SAMPLES / "routine/expected.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def case() -> ectgraph.Case:
    return ectgraph.load(SAMPLES / TOLD["ledger"], SAMPLES / TOLD["keys"])


def rows(answer: Answer) -> list[dict[str, Any]]:
    """The rows, each by the names of the columns."""
    names = [column.name for column in answer.columns]
    return [dict(zip(names, row, strict=True)) for row in answer.rows]


def wids(case: ectgraph.Case, tasks: tuple[str, ...]) -> list[str]:
    """The workflows of some tasks, in the order of the first task of each."""
    return list(dict.fromkeys(case.graph.nodes[task]["wid"] for task in tasks))


def part(row: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """Of a row what is told of it."""
    return {name: row[name] for name in told}


def test_most_are_of_one_shape(case: ectgraph.Case) -> None:
    usual, *others = rows(case.ask.shapes())

    assert part(usual, TOLD["usual"]) == TOLD["usual"]
    assert [(each["workflows"], each["tasks"]) for each in others] == [(2, 7), (1, 5)]


def test_the_one_without_approval_is_the_first_that_does_not_conform(case: ectgraph.Case) -> None:
    worst, *others = rows(case.ask.conformance())
    second = TOLD["second_approval"]

    assert part(worst, TOLD["without_approval"]) == TOLD["without_approval"]
    assert [each["wid"] for each in others] == second["wids"]
    for each in others:
        assert (each["lacks"], each["has_more"]) == (second["lacks"], second["has_more"])


def test_the_rarest_of_all_is_a_payment_right_after_a_check(case: ectgraph.Case) -> None:
    rarest, *others = rows(case.ask.rare())

    assert part(rarest, TOLD["rarest"]) == TOLD["rarest"]
    assert wids(case, (rarest["task"],)) == [TOLD["without_approval"]["wid"]]
    assert min(each["count"] for each in others) == len(TOLD["second_approval"]["wids"])


def test_the_burst_is_the_week_with_four_invoices(case: ectgraph.Case) -> None:
    told, (first, *others) = TOLD["burst"], rows(case.ask.bursts())
    tasks = [
        task
        for task, data in case.graph.nodes(data=True)
        if first["begin"] <= data["iat"] < first["begin"] + first["window_s"]
    ]

    assert (first["begin"], first["window_s"]) == (instant(told["begin"]), told["seconds"])
    assert first["tasks"] == len(tasks) == told["tasks"]
    assert sorted(wids(case, tuple(tasks))) == sorted(told["wids"])
    assert first["iss"] is None
    assert all(each["iss"] is not None for each in others)  # of the ledger there is no other


def test_what_is_outside_of_usual_hours_was_paid_at_night_within_minutes(
    case: ectgraph.Case,
) -> None:
    told, answer = TOLD["at_night"], case.ask.hours()
    times = [case.graph.nodes[task]["iat"] for task in answer.tasks]
    outside = [each for each in rows(answer) if each["outside"]]

    assert sorted(answer.tasks) == sorted(told["tasks"])
    assert [each["iss"] for each in outside] == [told["iss"]]
    assert outside[0][f"h{told['hour']:02}"] == len(told["tasks"])
    assert max(times) - min(times) < told["within_s"]


def test_the_longest_gap_of_the_ledger_is_the_holiday(case: ectgraph.Case) -> None:
    told = TOLD["gap"]
    holiday, *others = (each for each in rows(case.ask.gaps()) if each["of"] == "ledger")
    days = [instant(f"{told[end]}T00:00:00Z") for end in ("from", "to")]

    assert (holiday["before"], holiday["after"]) == (told["before"], told["after"])
    assert [holiday[end] // 86_400 * 86_400 for end in ("from", "to")] == days
    assert holiday["gap_s"] > 5 * max(each["gap_s"] for each in others)


def test_the_supervisor_is_the_only_agent_who_never_answers(case: ectgraph.Case) -> None:
    found = [each for each in rows(case.ask.silent()) if "/agent/" in each["name"]]

    assert [part(each, TOLD["silent"]) for each in found] == [TOLD["silent"]]
    assert found[0]["tasks"] == 0
