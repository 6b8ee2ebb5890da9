"""Shapes of workflows, against trees of histories written out, and against isomorphism."""

from __future__ import annotations

from collections import Counter

import networkx as nx
from hypothesis import assume, given
from hypothesis import strategies as st

from ectgraph.analysis.shapes import alike, difference, workflows
from ectgraph.graph import build
from ectgraph.testing import sketch

NODES = range(4)
ACTS = st.lists(st.sampled_from("ab"), min_size=4, max_size=4)
LINKS = st.sets(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=6)
OUTSIDE = st.sets(st.tuples(st.sampled_from("xy?"), st.sampled_from(NODES)), max_size=2)
"""(where a link comes from, to which task): other workflows, or a task without a record."""


def graph_of(*flows: tuple[list[str], set[tuple[int, int]], set[tuple[str, int]]]) -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_node("x", exec_act="x", status="present")
    graph.add_node("y", exec_act="y", wid="other", status="present")
    graph.add_node("?", status="missing")
    for wid, (acts, links, outside) in zip("PQ", flows, strict=False):
        for node, act in enumerate(acts):
            graph.add_node(f"{wid}{node}", exec_act=act, wid=wid, status="present")
        graph.add_edges_from((f"{wid}{one}", f"{wid}{two}") for one, two in links)
        graph.add_edges_from((source, f"{wid}{node}") for source, node in outside)
    return graph


def shape(graph: nx.DiGraph, wid: str) -> str:
    return next(each.shape for each in workflows(graph) if each.wid == wid)


def written_out(acts, links, outside) -> list:
    """Each task as its whole history, each part of it as its whole future; without circles."""

    def history(node: int) -> tuple:
        given = sorted(source for source, child in outside if child == node)
        return acts[node], given, sorted(history(one) for one, two in links if two == node)

    def future(node: int) -> tuple:
        return history(node), sorted(future(two) for one, two in links if one == node)

    return sorted(map(future, NODES))


@given(ACTS, LINKS, OUTSIDE, st.permutations(NODES), LINKS)
def test_without_circles_it_is_that_of_histories_and_futures(acts, links, outside, order, other):
    links = {(one, two) for one, two in links if one < two}
    mixed = [acts[order.index(node)] for node in NODES]
    moved = {
        (order[one], order[two]) for one, two in links ^ {pair for pair in other if len(other) == 1}
    }
    assume(nx.is_directed_acyclic_graph(nx.DiGraph(moved)))
    given_ = {(source, order[node]) for source, node in outside}
    one, two = (acts, links, outside), (mixed, moved, given_)

    graph = graph_of(one, two)

    assert (shape(graph, "P") == shape(graph, "Q")) == (written_out(*one) == written_out(*two))


@given(ACTS, LINKS, OUTSIDE, st.permutations(NODES))
def test_names_and_order_make_no_difference_in_circles_either(acts, links, outside, order):
    mixed = [acts[order.index(node)] for node in NODES]
    moved = {(order[one], order[two]) for one, two in links}
    given_ = {(source, order[node]) for source, node in outside}
    graph = graph_of((acts, links, outside), (mixed, moved, given_))
    assert shape(graph, "P") == shape(graph, "Q")


@given(ACTS, LINKS, ACTS, LINKS)
def test_what_counts_makes_a_difference_in_circles_too(acts, links, others, more):
    graph = graph_of((acts, links, set()), (others, more, set()))
    one, two = (each for each in workflows(graph) if each.wid in "PQ")
    assert one.acts == Counter(acts)
    assert one.steps == Counter((acts[a], acts[b]) for a, b in links)
    if one.acts != two.acts or sum(one.steps.values()) != sum(two.steps.values()):
        assert one.shape != two.shape


def test_the_direction_of_links_makes_a_difference():
    graph = graph_of(
        (list("aaaa"), {(0, 1), (0, 2)}, set()), (list("aaaa"), {(1, 0), (2, 0)}, set())
    )
    assert shape(graph, "P") != shape(graph, "Q")


def test_two_parents_that_changed_places_show():
    ask = "{0}x@0 wid={0} act=x; {0}y@0 wid={0} act=y; {0}a@1<{0}{1} wid={0} act=ok; {0}b@1<{0}{2} wid={0} act=ok"
    end = "; {0}p@2<{0}a wid={0} act=pay; {0}q@2<{0}b wid={0} act=file"
    text = (ask + end).format("m", "x", "y") + ";" + (ask + end).format("n", "y", "x")
    one, two = workflows(build(sketch(text).ledger()))
    assert (one.acts, one.steps) == (two.acts, two.steps)
    assert one.shape != two.shape
    assert difference(one, two).distance == 0


def test_what_a_workflow_lacks_and_has_more_is_told_by_actions():
    text = "a@0 wid=m; b@1<a wid=m; c@0 wid=n act=a; d@1<c wid=n; e@2<d,z wid=n"
    one, two = workflows(build(sketch(text).ledger()))
    found = difference(one, two)
    assert (found.acts_lacking, found.acts_more) == ({"b": 1}, {"d": 1, "e": 1})
    assert (found.steps_lacking, found.steps_more) == (
        {("a", "b"): 1},
        {("a", "d"): 1, ("d", "e"): 1},
    )
    assert (found.distance, two.missing, two.across) == (6, 1, 0)


def test_the_most_frequent_shape_comes_first_and_nothing_has_none():
    text = "a@0 wid=m act=x; b@0 wid=n act=x; c@0 wid=o; d@0 wid="
    groups = alike(workflows(build(sketch(text).ledger())))
    assert [len(group) for group in groups] == [2, 1]
    assert alike(workflows(build(sketch("a@0 wid=").ledger()))) == []
    assert workflows(nx.DiGraph()) == []
