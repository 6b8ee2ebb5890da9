"""Tasks that cannot be gone round, against what is out of reach when each task is taken away."""

from __future__ import annotations

from itertools import product

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.analysis.dominators import cut_off, dominators

NODES = "abcdefg"
GRAPHS = st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=16)


def graph_of(links: list[tuple[str, str]]) -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_nodes_from(NODES)
    graph.add_edges_from(links)
    return graph


def lost(links: list[tuple[str, str]], gone: str) -> set[str]:
    """The tasks that nothing leads to any more when one is taken away, by trying every link."""
    leads = set(links) | {(node, node) for node in NODES}
    for middle, first, last in product(NODES, NODES, NODES):
        if (first, middle) in leads and (middle, last) in leads:
            leads.add((first, last))
    # A way begins where everything that leads there is also led to from there.
    begin = {b for b in NODES if all((b, a) in leads for a in NODES if (a, b) in leads)}
    reached = begin - {gone}
    for _ in NODES:
        reached |= {b for a, b in links if a in reached and b != gone}
    return set(NODES) - reached - {gone}


@given(GRAPHS)
def test_a_task_cuts_off_what_nothing_leads_to_without_it(links):
    assert cut_off(graph_of(links)) == {node: len(lost(links, node)) for node in NODES}


@given(GRAPHS, st.sampled_from(NODES))
def test_dominators_are_the_tasks_without_which_nothing_leads_to_the_task(links, task):
    graph = graph_of(links)

    found = dominators(graph, task)

    assert set(found) == {node for node in NODES if task in lost(links, node)}
    for number, each in enumerate(found):  # in the order in which every way meets them
        assert dominators(graph, each) == found[:number]


@given(GRAPHS)
def test_they_agree_with_networkx(links):
    graph = graph_of(links)
    whole = graph.copy()
    whole.add_edges_from((0, task) for task in NODES if not graph.pred[task])
    if 0 not in whole:
        return
    above = nx.immediate_dominators(whole, 0)
    if set(NODES) - above.keys():
        return  # circles without a way in have ways of their own here
    assert {task: (dominators(graph, task) or [0])[-1] for task in NODES} == {
        task: above[task] for task in NODES
    }


@pytest.mark.parametrize("ring", [False, True])
def test_a_very_long_chain_is_no_trouble(ring):
    graph = nx.path_graph(20_000, create_using=nx.DiGraph)
    if ring:
        graph.add_edge(15_000, 1)

    assert len(dominators(graph, 19_999)) == 19_999
    assert cut_off(graph)[10] == 19_989


def test_joins_that_were_made_to_take_long_are_not_counted():
    graph = nx.path_graph(200, create_using=nx.DiGraph)
    for number in range(200):
        graph.add_edges_from([(0, f"j{number}"), (199, f"j{number}")])

    assert cut_off(graph)[0] == 399
    assert cut_off(graph, limit=10_000) is None


def test_a_short_way_that_goes_back_does_not_hide_how_long_it_takes():
    graph = nx.path_graph(200, create_using=nx.DiGraph)
    graph.add_edges_from([(199, "back"), (0, "back"), ("back", 199)])
    for number in range(200):
        graph.add_edges_from([(0, f"j{number}"), (199, f"j{number}")])

    assert cut_off(graph)[0] == 400
    assert cut_off(graph, limit=20_000) is None  # each join is first met 199 links from the root


def test_nothing_is_cut_off_where_there_is_nothing():
    assert cut_off(nx.DiGraph()) == {}
    assert cut_off(nx.DiGraph([("a", "a")])) == {"a": 0}
