"""Estimated clocks, against all offsets there are, tried one by one."""

from __future__ import annotations

from itertools import permutations, product

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ectgraph
from ectgraph.analysis.clocks import Clocks, clocks
from ectgraph.graph import build
from ectgraph.testing import sketch

AGENTS = "ABC"
LINKS = st.lists(
    st.tuples(st.sampled_from(AGENTS), st.sampled_from(AGENTS), st.integers(-3, 3)), max_size=7
)
TRIED = range(-7, 8)
"""Offsets beyond the sum of the two worst links help nobody."""


def graph_of(links: list[tuple[str, str, float]]) -> nx.DiGraph:
    """A graph of links between two tasks each, by agents, that take so many seconds."""
    graph = nx.DiGraph()
    for number, (parent, child, gap) in enumerate(links):
        graph.add_node(f"{number}p", iss=parent, iat=1000 * number, status="present")
        graph.add_node(f"{number}c", iss=child, iat=1000 * number + gap, status="present")
        graph.add_edge(f"{number}p", f"{number}c")
    return graph


def fits(offsets: dict[str, float], links: list[tuple[str, str, float]]) -> bool:
    return all(gap - offsets[child] + offsets[parent] >= 0 for parent, child, gap in links)


def goes_round(links: list[tuple[str, str, int]]) -> bool:
    """Whether some circle of agents takes less than no time."""
    least: dict[tuple[str, str], int] = {}
    for parent, child, gap in links:
        least[parent, child] = min(gap, least.get((parent, child), gap))
    circles = (way for size in (2, 3) for way in permutations(AGENTS, size))
    rounds = ([*zip(way, way[1:] + way[:1], strict=True)] for way in circles)
    return any(
        all(step in least for step in way) and sum(least[step] for step in way) < 0
        for way in rounds
    )


@given(LINKS)
def test_it_is_the_smallest_correction_of_all(links):
    between = [link for link in links if link[0] != link[1]]
    agents = sorted({name for link in between for name in link[:2]})
    found = clocks(graph_of(links))

    if goes_round(between):
        (clash,) = found.clashes
        assert clash.total < 0
        assert goes_round([(a, b, g) for a, b, g in between if {a, b} <= set(clash.circle)])
        assert len(agents) == clash.agents + len(found.clocks)
        return
    assert not found.clashes
    every = [
        dict(zip(agents, offsets, strict=True)) for offsets in product(TRIED, repeat=len(agents))
    ]
    fitting = [offsets for offsets in every if fits(offsets, between)]
    cost = min(sum(map(abs, offsets.values())) for offsets in fitting)
    best = [offsets for offsets in fitting if sum(map(abs, offsets.values())) == cost]
    estimate = {clock.iss: clock.offset for clock in found.clocks}
    assert sorted(estimate) == agents
    assert fits(estimate, between)
    assert sum(map(abs, estimate.values())) == cost
    for clock in found.clocks:
        assert clock.least == min(offsets[clock.iss] for offsets in best)
        assert clock.most == max(offsets[clock.iss] for offsets in best)


@given(LINKS)
def test_bounds_and_witnesses_are_those_of_the_links(links):
    between = [link for link in links if link[0] != link[1]]
    found = clocks(graph_of(links))
    estimate = {clock.iss: clock.offset for clock in found.clocks}

    for clock in found.clocks:
        own = [link for link in between if clock.iss in link[:2]]
        right = estimate | {clock.iss: 0}
        against = [link for link in own if not fits(right, [link])]
        assert (clock.links, clock.against) == (len(own), len(against))
        partners = {name for link in own for name in link[:2]} - {clock.iss}
        assert clock.partners == len(partners)
        assert clock.accusers == len({n for link in against for n in link[:2]} - {clock.iss})
        for bound, beyond in ((clock.low, -0.5), (clock.high, 0.5)):
            if bound is None:
                assert fits(estimate | {clock.iss: beyond * 10**6}, own)
            else:
                assert fits(estimate | {clock.iss: bound}, own)
                assert not fits(estimate | {clock.iss: bound + beyond}, own)


@given(LINKS, st.permutations(range(7)))
def test_the_order_of_links_makes_no_difference(links, order):
    one = clocks(graph_of(links))
    graph = graph_of(links)
    mixed = nx.DiGraph()
    names = sorted(graph, key=lambda task: (order[int(task[:-1])], task))
    mixed.add_nodes_from((task, graph.nodes[task]) for task in names)
    mixed.add_edges_from(sorted(graph.edges, reverse=True))
    assert clocks(mixed).clocks == one.clocks


def test_a_slow_child_cannot_be_told_from_a_fast_parent():
    first, second = clocks(graph_of([("A", "B", -100)])).clocks
    assert (first.offset, first.least, first.most) == (50, 0, 100)
    assert (second.offset, second.least, second.most) == (-50, -100, 0)
    assert (first.accusers, second.accusers) == (1, 1)


def test_who_has_more_partners_is_believed():
    links = [("A", "B", -100), ("C", "A", 500), ("D", "A", 500)]
    (worst, *others) = clocks(graph_of(links)).clocks
    assert (worst.iss, worst.offset, worst.least, worst.most) == ("B", -100, -100, 0)
    assert {each.offset for each in others} == {0}


def test_the_slow_scanner_of_the_harbour_is_found():
    case = ectgraph.load("sample_ledgers/clock-trouble.jsonl", "sample_ledgers/keys.json")
    found = clocks(case.graph)
    worst = found.clocks[0]
    assert worst.iss.endswith("/scanner")
    assert worst.offset == worst.high == -355
    assert worst.low <= -420 <= worst.high  # as the story has it: seven minutes slow
    assert all(clock.offset == 0 for clock in found.clocks[1:])


def test_a_history_of_one_agent_says_nothing_of_clocks(shared):
    folder = shared / "ledgers"
    case = ectgraph.load(folder / "starfly-60.jsonl", folder / "starfly-60.keys.json")
    assert clocks(case.graph).clocks == ()
    assert clocks(case.graph).links == 0


def test_an_agent_whose_own_clock_goes_back_is_counted_and_not_explained():
    found = clocks(build(sketch("a@100; b@0<a; c@5<b").ledger()))
    assert (found.clocks, found.own_back) == ((), 1)


def test_circles_of_tasks_are_not_looked_at():
    text = "a@0<c; b@5<a by=agent-b; c@9<b by=agent-c; d@12<c by=agent-d"
    found = clocks(build(sketch(text).ledger()))
    assert (found.circular, found.links) == (3, 1)
    assert {clock.iss[-1] for clock in found.clocks} == {"c", "d"}


@pytest.mark.parametrize("odd", [None, 1e308, -1e308, 10**400, float("nan"), True])
def test_a_time_that_is_none_binds_nobody(odd):
    graph = graph_of([("A", "B", 5)])
    graph.nodes["0c"]["iat"] = odd
    found = clocks(graph)
    assert (found.clocks, found.untimed) == ((), 1)


def test_fractions_of_seconds_count():
    assert clocks(graph_of([("A", "B", -0.25)])).clocks[0].offset == 0.125


def test_nothing_says_nothing():
    nothing = Clocks(
        clocks=(), clashes=(), links=0, back=0, own_back=0, circular=0, untimed=0, crowded=0
    )
    assert clocks(nx.DiGraph()) == nothing


def test_too_many_agents_are_told_and_not_estimated(monkeypatch):
    monkeypatch.setattr("ectgraph.analysis.clocks.MOST", 1)
    found = clocks(graph_of([("A", "B", -1), ("B", "C", 9), ("X", "Y", -4)]))
    assert found.crowded == 3
    assert [clock.iss for clock in found.clocks] == ["X", "Y"]
