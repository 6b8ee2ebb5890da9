"""What the marks of a picture mean: only those that are there, with how often they are."""

from __future__ import annotations

from typing import Any

import pytest

from ectgraph import linter
from ectgraph.encoding import hash_of
from ectgraph.render.compose import compose
from ectgraph.render.diagram import Agent, Diagram
from ectgraph.render.legend import AGENTS, Row, rows
from ectgraph.testing import sketch


def legend(text: str, **options: Any) -> list[Row]:
    evidence = sketch(text).evidence()
    told = {"findings": linter.lint(evidence).findings, "ledger": evidence.ledger}
    return rows(compose(evidence.graph, **(told | options)), 8)


def of(diagram: Diagram, colours: int = 8) -> list[tuple[str, int | None]]:
    return [(row.words, row.count) for row in rows(diagram, colours)]


def empty(**changes: Any) -> Diagram:
    return Diagram(**({"boxes": (), "links": (), "tasks": 0, "edges": 0, "in_scope": 0} | changes))


DATA = hash_of(b"a text")


def test_of_nothing_there_is_nothing_to_explain():
    assert rows(empty(), 8) == []


def test_where_nothing_is_odd_there_are_only_agents():
    found = legend("a@0; b@5<a by=agent-b; c@6<a")

    assert [(row.look, row.words.rpartition("/")[2], row.count) for row in found] == [
        ("agent", "agent-a", 2),
        ("agent", "agent-b", 1),
    ]


@pytest.mark.parametrize(
    ("text", "look", "count"),
    [
        ("a@0 !flipped; b@1<a; c@2<b !flipped", "unverified", 2),
        ("a@0; !no-keys", "unverified", 1),
        ("a@0<y; b@1<a,z", "missing", 2),
        ("a@0; a@1; b@2<a", "duplicate", 1),
        ("a@0<y,z; b@1<a !flipped", "findings", 3),
        (f"a@0 out_hash={DATA}; b@1<a inp_hash={DATA}", "data", 1),
        (f"a@0 out_hash={DATA}; b@1 inp_hash={DATA}; c@1 inp_hash={DATA}", "data only", 2),
        ("a@0 wid=v; b@1<a wid=w; c@1<a wid=w", "crossing", 2),
        ("a@0<b; b@1<a; c@2<b", "circle", 2),
        ("a@0<a", "circle", 1),
        ("a@9; b@1<a; c@2<a", "back", 2),
    ],
)
def test_a_mark_is_explained_and_counted(text: str, look: str, count: int):
    (row,) = (row for row in legend(text) if row.look == look)

    assert row.count == count
    assert row.slot is None


@pytest.mark.parametrize(
    ("collapse", "words"),
    [
        ("chain", "tasks in a row are one box"),
        ("agent", "tasks of one agent are one box"),
    ],
)
def test_groups_are_counted_not_their_tasks(collapse: str, words: str):
    (row,) = (row for row in legend("a@0; b@1<a; c@2<b", collapse=collapse) if row.look == "group")

    assert (row.words, row.count) == (words, 1)


def test_marks_are_counted_in_tasks_and_links_also_where_these_are_grouped():
    text = "a@0 wid=v; b@1 wid=v; c@2<a,b wid=w by=agent-b; d@2<a wid=w by=agent-b; !no-keys"
    told = legend(text, collapse="agent", cluster="none", findings=())
    found = {row.look: row.count for row in told}

    assert found["unverified"] == 4
    assert found["crossing"] == 3
    assert found["group"] == 2


def test_findings_that_are_ignored_or_of_no_task_need_no_explanation():
    evidence = sketch("a@0 !flipped; 'junk'").evidence()
    told = linter.lint(evidence, ignore=["ECT201"]).findings

    assert "findings" not in {row.look for row in rows(compose(evidence.graph, findings=told), 8)}


# Agents


def agents(count: int, slots: int = 8) -> tuple[Agent, ...]:
    """The later, the more tasks."""
    return tuple(Agent(iss=f"a{n:02}", tasks=n + 1, slot=n % slots) for n in range(count))


def test_of_many_agents_those_with_most_tasks_are_named_in_the_order_of_their_names():
    found = rows(empty(agents=agents(AGENTS + 2)), 8)

    assert [row.words for row in found[:AGENTS]] == [f"a{n:02}" for n in range(2, AGENTS + 2)]
    assert [row.count for row in found[:AGENTS]] == [*range(3, AGENTS + 3)]
    assert [row.words for row in found[AGENTS:]] == [
        "and 2 agents more",
        "some agents share a colour",
    ]


@pytest.mark.parametrize(
    ("count", "slots", "colours", "said"),
    [
        (8, 8, 8, []),
        (8, 8, 3, ["some agents share a colour"]),
        (2, 8, 1, ["some agents share a colour"]),
        (9, 8, 8, ["some agents share a colour"]),
        (1, 8, 1, []),
    ],
)
def test_it_is_said_when_two_agents_have_one_colour(
    count: int, slots: int, colours: int, said: list[str]
):
    found = rows(empty(agents=agents(count, slots)), colours)

    assert [row.words for row in found if row.look == "text"] == said


def test_an_agent_keeps_its_name_as_it_was_found_and_its_slot():
    iss = "<b>\u202e" + "x" * 100_000
    (row,) = rows(empty(agents=(Agent(iss=iss, tasks=1, slot=5),)), 8)

    assert row == Row("agent", iss, 1, 5)


# What is left out


def test_what_is_left_out_is_said_last_with_its_number():
    whole = empty(
        agents=agents(1),
        scope=("what a builds on", "tasks with findings"),
        alone=2,
        hidden=3,
        hidden_links=4,
        outside_links=5,
        hidden_data=6,
        unreadable=7,
        unplaced=8,
        remarks=("it took too long",),
    )

    assert of(whole)[1:] == [
        ("only what a builds on", None),
        ("only tasks with findings", None),
        ("tasks with errors are not in groups", 2),
        ("tasks hidden, for want of room", 3),
        ("links between tasks not drawn, for want of room", 4),
        ("links to tasks outside of the picture", 5),
        ("meetings of output and input not drawn", 6),
        ("records that are no task: not readable, or without a jti", 7),
        ("findings about no task that is drawn: see the report", 8),
        ("it took too long", None),
    ]
