"""Tasks -> boxes: each way to group against its plain meaning, and which way is taken when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Mapping
from itertools import pairwise
from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.render.diagram import GROUPED, Collapse
from ectgraph.render.grouping import (
    LADDER,
    SHORTEST_CHAIN,
    Grouping,
    depths,
    group,
    most_links,
)

NODES = "abcdefghij"
FRAMES = ["v", "w", "alone", None]


@st.composite
def graphs(draw: st.DrawFn, *, cycles: bool = True) -> nx.DiGraph[str]:
    """Small graphs, often with tasks in a row."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    names = draw(st.permutations(NODES[: draw(st.integers(0, len(NODES)))]))
    for node in names:
        if draw(st.integers(0, 6)) == 0:
            graph.add_node(node, jti=node, status="missing")
            continue
        claims = {
            "iss": draw(st.sampled_from(["x", "y", None])),
            "exec_act": draw(st.sampled_from(["plan", "pay", None])),
            "wid": draw(st.sampled_from(["v", "w", None])),
        }
        graph.add_node(node, jti=node, status="present", trust="verified")
        graph.nodes[node].update({name: value for name, value in claims.items() if value})
    if names:
        some = st.sampled_from(sorted(names))
        links = [*draw(st.lists(st.tuples(some, some), max_size=8))]
        links += [link for link in pairwise(sorted(names)) if draw(st.booleans())]
        graph.add_edges_from(link for link in links if cycles or link[0] < link[1])
    return graph


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """A graph, and the arguments that go with it."""
    graph = draw(graphs())
    some = st.sets(st.sampled_from(sorted(graph))) if graph else st.just(set())
    left_out = draw(st.one_of(st.just(set()), some))
    framed = draw(st.booleans())
    return {
        "graph": graph,
        "tasks": [task for task in graph if task not in left_out],
        "frame": {t: draw(st.sampled_from(FRAMES)) for t in graph} if framed else {},
        "alone": draw(st.one_of(st.just(set()), some)),
    }


def grouped(case: Mapping[str, Any], collapse: Collapse | None, room: int | None) -> Grouping:
    return group(
        case["graph"],
        case["tasks"],
        collapse=collapse,
        max_nodes=room,
        frame=case["frame"],
        alone=case["alone"],
    )


def of(graph: nx.DiGraph[str], **options: Any) -> Grouping:
    """Group a whole graph without frames."""
    usual = {"collapse": None, "max_nodes": None, "frame": {}, "alone": ()}
    return group(graph, list(graph), **(usual | options))


def row_of(*rows: str, **claims: Any) -> nx.DiGraph[str]:
    """Tasks in rows, one letter each."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(dict.fromkeys("".join(rows)), status="present", trust="verified", **claims)
    for row in rows:
        graph.add_edges_from(pairwise(row))
    return graph


def told(grouping: Grouping) -> list[str]:
    """The boxes, as words of letters."""
    return ["".join(box) for box in grouping.members]


# What each way means, in the plainest words there are


def below(graph: nx.DiGraph[str], task: str, seen: Collection[str]) -> int:
    """Links of the longest way down to a task that is in no circle, by trying all of them."""
    ways = [below(graph, p, {*seen, task}) + 1 for p in graph.pred[task] if p not in seen]
    return max(ways, default=0)


def plain_depth(graph: nx.DiGraph[str]) -> dict[str, int]:
    """For each task the longest way to it, in which a circle counts as one task."""
    knot = {
        task: min(set(nx.ancestors(graph, task)) & set(nx.descendants(graph, task)) | {task})
        for task in graph
    }
    small: nx.DiGraph[str] = nx.DiGraph()
    small.add_nodes_from(knot.values())
    small.add_edges_from((knot[a], knot[b]) for a, b in graph.edges if knot[a] != knot[b])
    return {task: below(small, knot[task], ()) for task in graph}


def meaning(case: Mapping[str, Any], collapse: Collapse) -> dict[str, Hashable]:
    """What the tasks of one box have in common."""
    graph: nx.DiGraph[str] = case["graph"]

    def claim(task: str, *names: str) -> Hashable:
        node = graph.nodes[task]
        return (node["status"] == "missing", *(node.get(name) for name in names))

    if collapse == "layer":
        depth = plain_depth(graph)
        return {t: (claim(t, "iss", "exec_act"), depth[t]) for t in case["tasks"]}
    names = {"action": ("iss", "exec_act"), "agent": ("iss",), "workflow": ("wid",)}[collapse]
    return {task: claim(task, *names) for task in case["tasks"]}


def chained(case: Mapping[str, Any], parent: str, child: str) -> bool:
    """Whether two tasks are next to each other in a row that is one box, if it is long enough."""
    graph: nx.DiGraph[str] = case["graph"]
    both = {parent, child}
    return (
        graph.has_edge(parent, child)
        and graph.out_degree(parent) == graph.in_degree(child) == 1
        and both <= set(case["tasks"])
        and not both & set(case["alone"])
        and all(graph.nodes[task]["status"] != "missing" for task in both)
        and case["frame"].get(parent) == case["frame"].get(child)
    )


@given(cases(), st.sampled_from(["layer", "action", "agent", "workflow"]))
def test_tasks_are_one_box_when_they_have_in_common_what_was_asked_for(case, collapse):
    found = grouped(case, collapse, None)
    place = {task: number for number, box in enumerate(found.members) for task in box}
    means, frame, alone = meaning(case, collapse), case["frame"], case["alone"]

    assert (found.collapse, found.by_itself) == (collapse, False)
    for one in case["tasks"]:
        for two in case["tasks"]:
            same = means[one] == means[two] and frame.get(one) == frame.get(two)
            apart = one in alone or two in alone
            assert (place[one] == place[two]) == (one == two or (same and not apart))


@given(cases())
def test_a_chain_is_a_row_of_tasks_that_nothing_else_joins_or_leaves(case):
    found = grouped(case, "chain", None)
    rows: nx.Graph[str] = nx.Graph()
    rows.add_nodes_from(case["tasks"])
    rows.add_edges_from((a, b) for a in case["graph"] for b in case["graph"] if chained(case, a, b))
    wanted = set()
    for part in nx.connected_components(rows):
        size = rows.subgraph(part).number_of_edges() + 1
        if size == len(part) >= SHORTEST_CHAIN:  # one more link, and it is a ring
            wanted.add(frozenset(part))
        else:
            wanted |= {frozenset({task}) for task in part}

    assert {frozenset(box) for box in found.members} == wanted


@given(cases(), st.sampled_from([None, *GROUPED]), st.one_of(st.none(), st.integers(1, 8)))
def test_whatever_is_asked_for_tasks_stay_whole_frames_untorn_and_some_alone(case, collapse, room):
    found = grouped(case, collapse, room)

    assert Counter(t for box in found.members for t in box) == Counter(case["tasks"])
    places = {task: number for number, task in enumerate(case["graph"])}
    for box in found.members:
        assert [places[task] for task in box] == sorted(places[task] for task in box)
        assert len({case["frame"].get(task) for task in box}) == 1
        assert len(box) == 1 or not set(box) & set(case["alone"])
    firsts = [places[box[0]] for box in found.members]
    assert firsts == sorted(firsts)


@given(graphs())
def test_depth_is_the_longest_way_in_which_a_circle_counts_as_one(graph):
    assert depths(graph) == plain_depth(graph)


# The ladder


def arrows(case: Mapping[str, Any], members: list[list[str]]) -> int:
    """How many arrows a picture of these boxes has."""
    place = {task: number for number, box in enumerate(members) for task in box}
    return len(
        {
            (place[a], place[b])
            for a, b in case["graph"].edges
            if a in place and b in place and (place[a] != place[b] or len(members[place[a]]) == 1)
        }
    )


def ladder(collapse: Collapse | None) -> list[Collapse | None]:
    """What is tried, one after the other."""
    if collapse is None:
        return [None, *LADDER]
    return [*LADDER[LADDER.index(collapse) :]] if collapse in LADDER else [collapse]


@given(cases(), st.sampled_from([None, *GROUPED]), st.integers(1, 8))
def test_the_finest_way_that_fits_is_taken_else_the_one_with_the_fewest_boxes(case, collapse, room):
    found = grouped(case, collapse, room)
    every = {how: grouped(case, how, None).members for how in ladder(collapse)}
    fitting = [
        how
        for how, boxes in every.items()
        if len(boxes) <= room and arrows(case, boxes) <= most_links(len(boxes), how)
    ]
    fewest = min(every, key=lambda how: len(every[how]))

    assert found.collapse == (fitting or [fewest])[0]
    assert found.members == every[found.collapse]
    assert found.by_itself == (found.collapse != collapse)


def test_what_fits_stays_as_it_is():
    assert told(of(row_of("abcd"), max_nodes=4)) == ["a", "b", "c", "d"]
    assert of(row_of("abcd"), max_nodes=4).collapse is None


def test_one_box_too_many_and_rows_become_boxes():
    found = of(row_of("abcd", "de", "df"), max_nodes=5)

    assert told(found) == ["abcd", "e", "f"]
    assert (found.collapse, found.by_itself) == ("chain", True)


def test_many_arrows_are_too_many_though_the_boxes_fit():
    graph = row_of("")
    graph.add_nodes_from([f"p{n}" for n in range(15)], status="present", iss="x")
    graph.add_nodes_from([f"c{n}" for n in range(15)], status="present", iss="y")
    graph.add_edges_from((f"p{n}", f"c{m}") for n in range(15) for m in range(15))
    graph.remove_edges_from([(f"p{n}", f"c{n}") for n in range(5)])

    assert of(graph, max_nodes=30).collapse is None  # 220 arrows, 220 at most
    graph.add_edge("p0", "c0")
    assert of(graph, max_nodes=30).collapse == "layer"


def test_when_each_agent_has_one_task_the_ladder_does_not_undo_what_helped():
    graph = row_of("abcdefgh", "ix", "jx", "kx", "lx")
    for task in graph:
        graph.nodes[task]["iss"] = task

    found = of(graph, max_nodes=4)

    assert (found.collapse, len(found.members)) == ("chain", 6)


def test_where_nothing_makes_fewer_boxes_nothing_is_said_to_be_grouped():
    graph = row_of("abcd")
    found = of(graph, max_nodes=2, alone=set(graph))

    assert (found.collapse, found.by_itself) == (None, False)


def test_workflows_are_not_split_up_again_when_they_are_too_many():
    graph = row_of("abcd")
    for task in graph:
        graph.nodes[task]["wid"] = task

    found = of(graph, collapse="workflow", max_nodes=2)

    assert (found.collapse, found.by_itself, len(found.members)) == ("workflow", False, 4)


@pytest.mark.parametrize(
    ("collapse", "tried"), [("chain", "layer"), ("layer", "action"), ("action", "agent")]
)
def test_what_was_asked_for_is_made_coarser_when_it_does_not_fit(collapse: Collapse, tried: str):
    graph = row_of("ab", "ac", "cd", "de")  # depth 0 to 3
    acts = {"chain": "pppppp", "layer": "pppppp", "action": "pqrstu"}[collapse]
    for task, act in zip(graph, acts, strict=False):
        graph.nodes[task].update(iss="x", exec_act=act)
    room = {"chain": 4, "layer": 3, "action": 2}[collapse]
    if collapse == "chain":
        graph.add_nodes_from("yz", status="present", iss="x", exec_act="p")

    found = of(graph, collapse=collapse, max_nodes=room)

    assert found.by_itself
    assert found.collapse == tried


def test_more_layers_than_boxes_need_not_be_made_to_know_that():
    graph = row_of("abcdefgh", iss="x", exec_act="p")
    graph.add_edges_from([("a", "c"), ("b", "d"), ("d", "f"), ("f", "h")])

    assert of(graph, max_nodes=7, layers=8) == of(graph, max_nodes=7)
    assert of(graph, max_nodes=7).collapse == "action"


# Hard cases


def test_a_ring_by_itself_has_no_beginning_and_stays():
    graph = row_of("abcda")

    assert told(of(graph, collapse="chain")) == ["a", "b", "c", "d"]


def test_a_task_that_is_its_own_parent_ends_a_row():
    graph = row_of("abcd")
    graph.add_edge("d", "d")

    assert told(of(graph, collapse="chain")) == ["abc", "d"]


def test_a_link_to_a_task_outside_of_the_picture_ends_a_row():
    graph = row_of("abcdef", "cx")

    assert told(group(graph, "abcdef", collapse="chain", max_nodes=None, frame={}, alone=())) == [
        "abc",
        "def",
    ]


def test_a_row_through_two_frames_is_a_row_in_each_if_it_is_long_enough_there():
    graph = row_of("abcdefg")
    frame = dict(zip("abcdefg", "vvvvwwx", strict=True))
    found = group(graph, list(graph), collapse="chain", max_nodes=None, frame=frame, alone=())

    assert told(found) == ["abcd", "e", "f", "g"]


def test_a_task_that_is_its_own_parent_is_one_arrow_more():
    tasks = [f"t{n}" for n in range(12)]
    graph: nx.DiGraph[str] = nx.DiGraph((one, two) for one in tasks for two in tasks)
    graph.add_edges_from((one, "end") for one in tasks[:4])
    tasks.append("end")
    for task in tasks:
        graph.nodes[task].update(status="present", iss="x")

    assert of(graph, max_nodes=13).collapse is None  # 148 arrows, 152 at most
    graph.add_edges_from((one, "end") for one in tasks[:9])
    assert of(graph, max_nodes=13).by_itself  # 153


def test_a_row_is_cut_at_a_task_that_is_to_be_seen():
    assert told(of(row_of("abcdefg"), collapse="chain", alone={"d"})) == ["abc", "d", "efg"]


def test_missing_tasks_are_a_box_of_their_own():
    graph = row_of("ab", iss="x")
    graph.add_nodes_from("yz", status="missing")
    graph.add_node("c", status="present")  # of no agent, as the missing ones are

    assert told(of(graph, collapse="agent")) == ["ab", "yz", "c"]
    assert told(of(graph, collapse="workflow")) == ["abc", "yz"]


def test_a_workflow_that_is_called_like_a_key_of_ours_changes_nothing():
    graph = row_of("abc", "cd")
    frame = dict.fromkeys(graph, "alone")
    found = group(graph, list(graph), collapse="chain", max_nodes=None, frame=frame, alone={"d"})

    assert told(found) == ["abc", "d"]


def test_nothing_is_grouped_into_nothing():
    assert of(nx.DiGraph(), collapse="chain", max_nodes=1).members == []


def long_row(size: int) -> nx.DiGraph[str]:
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(map(str, range(size)), status="present", iss="x", exec_act="p")
    graph.add_edges_from((str(n), str(n + 1)) for n in range(size - 1))
    return graph


@pytest.mark.parametrize(("collapse", "how"), [(None, "chain"), ("layer", "action")])
def test_a_hundred_thousand_tasks_in_a_row(collapse: Collapse | None, how: Collapse):
    found = of(long_row(100_000), collapse=collapse, max_nodes=5)

    assert found.collapse == how
    assert [len(box) for box in found.members] == [100_000]


@pytest.mark.parametrize("collapse", GROUPED)
def test_a_circle_at_the_end_of_a_long_row(collapse: Collapse):
    graph = long_row(5000)
    graph.add_edge("4999", "4998")
    found = of(graph, collapse=collapse)

    assert len(found.members) == {"chain": 3, "layer": 4999}.get(collapse, 1)
