"""Which task is meant, what it builds on, what builds on it, and what lies around and between."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.analysis.lineage import ancestors, around, between, descendants, find
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
