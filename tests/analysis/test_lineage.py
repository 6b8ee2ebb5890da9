"""Which task is meant, what it builds on, what builds on it, and what lies around and between."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.analysis.lineage import (
    ancestors,
    around,
    between,
    common_ancestors,
    depths,
    descendants,
    distances,
    find,
    origins,
    siblings,
    steps,
)
from ectgraph.graph import build
from ectgraph.ledger import Ledger
from ectgraph.model import Entry

NODES = "abcdefg"
GRAPHS = st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=14)
"""Links, with circles and tasks that are their own parents."""
SOME = st.lists(st.sampled_from(NODES), max_size=3)


def graph_of(links: list[tuple[str, str]]) -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_nodes_from(NODES)
    graph.add_edges_from(links)
    return graph


def reach(links: list[tuple[str, str]]) -> set[tuple[str, str]]:
    """Which task leads to which, by trying every task as a step between any two (Warshall)."""
    found = set(links) | {(node, node) for node in NODES}
    for middle, first, last in product(NODES, NODES, NODES):
        if (first, middle) in found and (middle, last) in found:
            found.add((first, last))
    return found


# What builds on what


@given(GRAPHS, SOME)
def test_ancestors_are_all_that_lead_to_one_of_the_tasks(links, tasks):
    leads = reach(links)

    assert ancestors(graph_of(links), tasks) == {
        node for node in NODES if any((node, task) in leads for task in tasks)
    }


@given(GRAPHS, SOME)
def test_descendants_are_all_to_which_one_of_the_tasks_leads(links, tasks):
    leads = reach(links)

    assert descendants(graph_of(links), iter(tasks)) == {
        node for node in NODES if any((task, node) in leads for task in tasks)
    }


@given(GRAPHS, SOME, st.integers(0, 8))
def test_around_is_what_so_many_links_lead_to_in_either_direction(links, tasks, hops):
    expected = set(tasks)
    for _ in range(hops):
        expected |= {a for a, b in links if b in expected} | {b for a, b in links if a in expected}

    assert around(graph_of(links), tasks, hops) == expected


@given(GRAPHS, st.sampled_from(NODES), st.sampled_from(NODES))
def test_between_is_every_task_on_a_way_from_the_one_to_the_other(links, first, last):
    leads = reach(links)

    assert between(graph_of(links), first, last) == {
        node for node in NODES if (first, node) in leads and (node, last) in leads
    }


def test_a_graph_is_as_it_was_after_its_ancestors_were_asked_for():
    graph = graph_of([("a", "b")])
    ancestors(graph, ["b"])
    assert list(graph.edges) == [("a", "b")]


def test_a_chain_of_100_000_tasks_is_no_trouble():
    graph = nx.path_graph(100_000, create_using=nx.DiGraph)

    assert len(ancestors(graph, [99_999])) == 100_000
    assert len(descendants(graph, [0])) == 100_000
    assert len(between(graph, 10, 99_989)) == 99_980
    assert len(around(graph, [50_000], 100_000)) == 100_000


def test_10_000_parents_are_10_000_ancestors():
    graph = nx.DiGraph((f"p{number}", "join") for number in range(10_000))

    assert len(ancestors(graph, ["join"])) == 10_001
    assert len(around(graph, ["p0"], 1)) == 2
    assert len(around(graph, ["p0"], 2)) == 10_001


# How far, and what is shared


def walks(links: list[tuple[str, str]], first: str) -> dict[str, int]:
    """How many links lead to each task at least, by relaxing every link again and again."""
    far = {first: 0}
    for _ in NODES:
        for a, b in links:
            if a in far:
                far[b] = min(far.get(b, len(NODES)), far[a] + 1)
    return far


@given(GRAPHS, SOME)
def test_distances_are_those_of_the_shortest_ways(links, tasks):
    near = [walks(links, task) for task in tasks]
    expected = {
        node: min(far[node] for far in near if node in far)
        for node in NODES
        if any(node in far for far in near)
    }

    found = distances(graph_of(links), tasks)

    assert found == expected
    assert list(found.values()) == sorted(found.values())


@given(GRAPHS, st.sampled_from(NODES))
def test_a_step_is_the_first_parent_by_name_that_is_nearer(links, first):
    graph = graph_of(links)
    far = walks(links, first)

    assert steps(graph, distances(graph, [first])) == {
        node: min(a for a, b in links if b == node and far.get(a) == far[node] - 1)
        for node in far
        if far[node]
    }


@given(GRAPHS, st.sampled_from(NODES))
def test_siblings_are_all_that_name_a_parent_of_the_task(links, task):
    found = siblings(graph_of(links), task)

    assert {node: sorted(parents) for node, parents in found.items()} == {
        node: sorted({a for a, b in links if b == node and (a, task) in links})
        for node in NODES
        if node != task and any((a, task) in links for a, b in links if b == node)
    }


def knots_of(leads: set[tuple[str, str]], among: Iterable[str]) -> set[tuple[str, ...]]:
    """Tasks that lead to each other, as one."""
    among = sorted(among)
    return {tuple(b for b in among if (a, b) in leads and (b, a) in leads) for a in among}


@given(GRAPHS)
def test_origins_are_the_knots_into_which_nothing_leads(links):
    leads = reach(links)
    closed = {
        knot
        for knot in knots_of(leads, NODES)
        if not any(b in knot and a not in knot for a, b in links)
    }

    found = origins(graph_of(links))

    assert sorted(found) == sorted(closed)
    alone = [
        each[0] for each in found if len(each) == 1 and not any(b == each[0] for _, b in links)
    ]
    assert [(task,) for task in alone] == found[: len(alone)]  # the roots come first


@given(GRAPHS, st.lists(st.sampled_from(NODES), min_size=1, max_size=3))
def test_the_nearest_common_ancestors_are_those_below_which_there_is_none(links, tasks):
    leads = reach(links)
    shared = {node for node in NODES if all((node, task) in leads for task in tasks)}
    lowest = {
        knot
        for knot in knots_of(leads, shared)
        if not any((knot[0], other) in leads for other in shared - set(knot))
    }

    common, nearest = common_ancestors(graph_of(links), tasks)

    assert common == shared
    assert sorted(nearest) == sorted(lowest)


@given(GRAPHS)
def test_depth_is_the_longest_way_between_knots(links):
    leads = reach(links)
    knot = {node: each for each in knots_of(leads, NODES) for node in each}
    expected = dict.fromkeys(NODES, 0)
    for _ in NODES:
        for a, b in links:
            if knot[a] != knot[b]:
                longest = max(expected[node] for node in knot[a]) + 1
                for node in knot[b]:
                    expected[node] = max(expected[node], longest)

    assert depths(graph_of(links)) == expected


@pytest.mark.parametrize("circle", [False, True])
def test_what_is_far_and_deep_takes_no_recursion(circle):
    graph = nx.path_graph(12_000, create_using=nx.DiGraph)
    if circle:
        graph.add_edge(2_999, 0)

    assert max(distances(graph, [0]).values()) == 11_999
    assert steps(graph, distances(graph, [0]))[11_999] == 11_998
    assert len(origins(graph)[0]) == (3_000 if circle else 1)
    assert max(depths(graph).values()) == (9_000 if circle else 11_999)
    assert common_ancestors(graph, [11_999, 11_990])[1] == [(11_990,)]


# Which task is meant


@pytest.fixture
def named(entry: Callable[..., Entry]) -> nx.DiGraph:
    """A graph of tasks with names that begin alike, and of one that two workflows use."""
    tasks = [("pay", None), ("pay-1", None), ("pay-2", None), ("x", "w"), ("x", "v")]
    return build(Ledger(entry(jti, wid, ["gone"]) for jti, wid in tasks))


@pytest.mark.parametrize(
    ("text", "node"),
    [("pay", "pay"), ("pay-1", "pay-1"), ("x@w", "x@w"), ("x@v", "x@v"), ("go", "gone")],
)
def test_a_name_means_what_it_is_and_else_what_begins_so(named, text, node):
    assert find(named, text) == node


def test_nothing_is_guessed(named, refusal):
    assert refusal(find, named, "pay-") == "2 tasks begin with 'pay-': pay-1, pay-2"
    assert refusal(find, named, "x") == "2 tasks begin with 'x': x@v, x@w"
    none = "no task's jti begins with {}; `ectgraph table … tasks` lists them"
    assert refusal(find, named, "nobody") == none.format("'nobody'")
    assert refusal(find, named, "") == none.format("''")
    assert refusal(find, nx.DiGraph(), "a") == none.format("'a'")


def test_names_that_others_wrote_are_printable_and_short_in_a_message(refusal):
    graph = nx.DiGraph()
    graph.add_nodes_from(["a\x1b[31m\n" + "x" * 100_000, "a\u202egpj"])

    told = refusal(find, graph, "a")

    assert told.isprintable()
    assert len(told) < 300
    assert refusal(find, graph, "\x1b" + "y" * 100_000).isprintable()


def test_tasks_to_choose_from_are_told_with_what_they_did(entry, refusal):
    acts = ["pay", None, "review\n\x1b[31m" + "x" * 100_000, "a", "b", "c"]
    graph = build(Ledger(entry(f"t-{n}", exec_act=act) for n, act in enumerate(acts)))

    told = refusal(find, graph, "t-")

    assert told.startswith("6 tasks begin with 't-': t-0 (pay), t-1, t-2 (review")
    assert told.endswith("), t-3 (a), t-4 (b) and 1 more")
    assert told.isprintable()
    assert len(told) < 200
