"""The model of a picture: what it sums up to, and which way it goes."""

from __future__ import annotations

from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.render.compose import compose
from ectgraph.render.diagram import GROUPED, WIDE, Box, Diagram, Link, headline
from ectgraph.testing import sketch, task_id


def box(*tasks: str, **changes: Any) -> Box:
    """A box about which nothing is known but its tasks, which verified."""
    nothing = dict.fromkeys(("jti", "wid", "iss", "exec_act", "first", "last", "severity"))
    zero = dict.fromkeys(("wids", "agents", "actions", "duplicates", "compensations"), 0)
    usual = {"trust": {"verified": len(tasks)}, "findings": {}, "decisions": {}}
    ends = {"roots": 0, "leaves": 0}
    return Box(tasks=tasks, **(nothing | zero | usual | ends | changes))


def of(*boxes: Box, links: tuple[Link, ...] = (), **changes: Any) -> Diagram:
    """A whole picture of these boxes."""
    size = sum(len(box.tasks) for box in boxes)
    edges = sum(link.count for link in links) + sum(box.inside for box in boxes)
    usual = {"tasks": size, "in_scope": size, "edges": edges}
    return Diagram(boxes=boxes, links=links, **(usual | changes))


# Boxes


def test_a_box_knows_how_many_of_its_tasks_are_recorded_and_did_not_verify():
    mixed = box(*"abcdef", trust={"invalid": 1, "missing": 2, "unknown_key": 2, "verified": 1})

    assert (mixed.unverified, mixed.missing, mixed.single) == (3, False, False)
    assert box("a").unverified == 0
    assert box("a", trust={"unchecked": 1}).unverified == 1


@pytest.mark.parametrize("size", [1, 3])
def test_a_box_is_missing_when_all_of_its_tasks_are(size: int):
    gone = box(*"abc"[:size], trust={"missing": size})

    assert (gone.missing, gone.unverified, gone.single) == (True, 0, size == 1)


# The headline


@pytest.mark.parametrize(
    ("diagram", "words"),
    [
        (of(), "0 tasks, 0 parent links"),
        (of(box("a")), "1 task, 0 parent links"),
        (of(box("a"), box("b"), links=(Link(parent=0, child=1),)), "2 tasks, 1 parent link"),
        (of(box("a"), box("z", trust={"missing": 1})), "1 task and 1 missing, 0 parent links"),
        (of(box("z", trust={"missing": 1})), "0 tasks and 1 missing, 0 parent links"),
        (of(box(*"abc", inside=2)), "3 tasks in 1 group, 2 parent links"),
        (
            of(box(*"ab", inside=1), box("c"), links=(Link(parent=0, child=1, count=2),)),
            "3 tasks in 1 group and 1 by themselves, 3 parent links",
        ),
        (
            of(box("a"), box("b"), links=(Link(parent=0, child=1, kind="data", count=9),)),
            "2 tasks, 0 parent links",
        ),
        (
            of(box("a"), tasks=2, edges=1),
            "1 task, 0 parent links; 1 task is outside of what was asked for",
        ),
        (
            of(box("a"), tasks=5001, edges=1),
            "1 task, 0 parent links; 5,000 tasks are outside of what was asked for",
        ),
        (
            of(box(*"ab"), box(*"cd"), tasks=14, in_scope=13, hidden=9, edges=9000),
            "4 tasks in 2 groups, 0 parent links; 1 task is outside of what was asked for; 9 hidden",
        ),
    ],
)
def test_the_headline_sums_up(diagram: Diagram, words: str):
    assert headline(diagram) == words


@pytest.mark.parametrize("collapse", [None, *GROUPED])
def test_grouping_changes_no_sum_of_the_headline(collapse):
    graph = sketch("a@0; b@1<a; c@2<b; d@3<c,z; e@3<c").evidence().graph
    words = headline(compose(graph, collapse=collapse))

    assert words.startswith("5 tasks and 1 missing")
    assert words.endswith(", 5 parent links")


def test_what_is_not_asked_for_or_has_no_room_is_in_the_headline():
    graph = sketch("; ".join(f"t{n}@{n}" for n in range(9)) + "; z@9<t8").evidence().graph
    for number, task in enumerate(graph):
        graph.nodes[task]["iss"] = str(number)

    assert headline(compose(graph, max_nodes=4)) == "4 tasks, 1 parent link; 6 hidden"
    assert task_id("z") in graph


# The direction


def brute(diagram: Diagram) -> int:
    """Boxes of the longest row of forward links."""
    forward: nx.DiGraph[int] = nx.DiGraph()
    forward.add_nodes_from(range(len(diagram.boxes)))
    forward.add_edges_from(
        (link.parent, link.child)
        for link in diagram.links
        if link.kind == "parent" and link.parent < link.child
    )
    return nx.dag_longest_path_length(forward) + 1 if diagram.boxes else 1


@given(st.integers(0, 9), st.sets(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=12))
def test_a_picture_is_deep_when_its_longest_row_outweighs_its_width(size, pairs):
    links = tuple(
        Link(parent=a, child=b, kind="data" if (a + b) % 5 == 0 else "parent")
        for a, b in sorted(pairs)
        if max(a, b) < size
    )
    diagram = of(*[box(str(number)) for number in range(size)], links=links)

    assert diagram.deep == (size <= WIDE * brute(diagram))


def test_a_fan_goes_to_the_right_and_a_row_downwards():
    ten = [box(str(number)) for number in range(10)]

    assert of(*ten, links=tuple(Link(parent=n, child=n + 1) for n in range(9))).deep
    assert not of(*ten, links=tuple(Link(parent=0, child=n) for n in range(1, 10))).deep
    assert of().deep
