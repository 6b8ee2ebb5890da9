"""The ways from one task to another, against every order of every choice of tasks between them."""

from __future__ import annotations

from itertools import combinations, pairwise, permutations

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.analysis import paths as paths_
from ectgraph.analysis.paths import MOST, Paths, paths

NODES = "abcdef"
GRAPHS = st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=16)
NODE = st.sampled_from(NODES)


def graph_of(links: list[tuple[str, str]]) -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_nodes_from(NODES)
    graph.add_edges_from(links)
    return graph


def tried(links: list[tuple[str, str]], first: str, last: str) -> list[tuple[str, ...]]:
    """All ways that meet no task twice, by trying every order of every choice of tasks."""
    if first == last:
        return [(first,)]
    others = [node for node in NODES if node not in (first, last)]
    ways = [
        (first, *order, last)
        for size in range(len(others) + 1)
        for choice in combinations(others, size)
        for order in permutations(choice)
    ]
    found = [way for way in ways if all(link in links for link in pairwise(way))]
    return sorted(found, key=lambda way: (len(way), way))


@given(GRAPHS, NODE, NODE)
def test_all_ways_are_found_the_shortest_first_and_counted(links, first, last):
    expected = tried(links, first, last)

    found = paths(graph_of(links), first, last)

    assert list(found.paths) == expected
    assert found.total == len(expected)
    assert not found.cut


@given(GRAPHS, NODE, NODE, st.integers(1, 4))
def test_with_a_limit_the_shortest_are_found_and_without_circles_all_are_counted(
    links, first, last, limit
):
    expected = tried(links, first, last)

    found = paths(graph_of(links), first, last, limit)

    assert [len(way) for way in found.paths] == [len(way) for way in expected[:limit]]
    assert set(found.paths) <= set(expected)
    if not found.cyclic or len(expected) <= limit:
        assert found.total == len(expected)
    else:
        assert found.total is None
    if found.cyclic:
        assert not nx.is_directed_acyclic_graph(graph_of(links))


@given(GRAPHS, NODE, NODE, st.integers(1, 3))
def test_the_order_of_the_graph_makes_no_difference(links, first, last, limit):
    links = [*links, (first, last)]
    there, back = nx.DiGraph(links), nx.DiGraph(links[::-1])
    assert paths(there, first, last, limit) == paths(back, first, last, limit)


def test_more_ways_than_atoms_are_counted_exactly_and_a_few_are_listed():
    diamonds = [
        (f"{n}{end}", f"{n + 1}{other}") for n in range(300) for end in "ab" for other in "ab"
    ]
    graph = nx.DiGraph([("first", "0a"), ("first", "0b"), *diamonds[: 4 * 200], ("200a", "last")])

    found = paths(graph, "first", "last", 3)

    assert (found.total, len(found.paths), found.cut) == (2**200, 3, False)
    assert found.between == 2 + 2 * 200 + 1
    assert paths(nx.DiGraph([*diamonds, ("0b", "0a")]), "0a", "200a").total == 2**199


def test_nobody_counts_on_above_a_very_large_number():
    ways = [(f"{n}{end}", f"{n + 1}{other}") for n in range(2000) for end in "ab" for other in "ab"]
    found = paths(nx.DiGraph(ways), "0a", "2000a", 2)
    assert MOST < 2**1999
    assert (found.total, found.cyclic, len(found.paths)) == (None, False, 2)


def test_in_circles_the_search_ends_after_some_steps(monkeypatch: pytest.MonkeyPatch):
    graph = nx.relabel_nodes(nx.complete_graph(12, create_using=nx.DiGraph), str)
    monkeypatch.setattr(paths_, "STEPS", 1000)

    found = paths(graph, "0", "11", 10**6)

    assert found.cyclic
    assert found.cut
    assert found.total is None
    assert 10 < len(found.paths) < 1000
    assert found.paths[0] == ("0", "11")


def test_a_circle_that_no_way_takes_is_no_circle_between_the_two():
    graph = nx.DiGraph([("a", "b"), ("b", "a"), ("b", "c"), ("c", "c"), ("c", "d"), ("d", "b")])
    assert paths(graph, "a", "d") == Paths(
        paths=(("a", "b", "c", "d"),), total=1, between=4, cyclic=False, cut=False
    )


@pytest.mark.parametrize("ring", [False, True])
def test_a_very_long_chain_is_one_way(ring):
    graph = nx.path_graph([f"{n:06}" for n in range(15_000)], create_using=nx.DiGraph)
    if ring:
        graph.add_edge("014998", "000001")

    found = paths(graph, "000000", "014999")

    assert [len(way) for way in found.paths] == [15_000]
    assert (found.total, found.cyclic, found.cut) == (1, ring, False)


def test_long_ways_are_listed_as_far_as_steps_go(monkeypatch: pytest.MonkeyPatch):
    ways = [(f"{n}{end}", f"{n + 1}{other}") for n in range(2000) for end in "ab" for other in "ab"]
    monkeypatch.setattr(paths_, "STEPS", 20_000)

    found = paths(nx.DiGraph(ways), "0a", "2000a")

    assert found.cut
    assert 2 <= len(found.paths) <= 7


def test_at_least_one_way_is_found_however_few_the_steps(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(paths_, "STEPS", 1)
    found = paths(nx.DiGraph([("a", "b"), ("b", "c"), ("c", "d")]), "a", "d")
    assert found == Paths(paths=(tuple("abcd"),), total=1, between=4, cyclic=False, cut=True)


@pytest.mark.parametrize("limit", [0, -1])
def test_no_way_at_all_is_no_limit(refusal, limit):
    told = refusal(paths, nx.DiGraph([("a", "b")]), "a", "b", limit)
    assert told == f"limit: {limit} is too few, at least 1 is needed"
