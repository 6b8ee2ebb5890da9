"""The chain of tasks that took longest, against every way there is, tried one by one."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.analysis.critical_path import CriticalPath, critical_path
from ectgraph.graph import build
from ectgraph.ledger import Ledger
from ectgraph.model import Entry
from ectgraph.testing import EPOCH, sketch, task_id

NODES = "abcdef"
LINKS = st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=12)
HALVES = st.integers(0, 6).map(lambda number: number / 2)
"""Numbers of which every sum is exact, and many are the same."""


@pytest.fixture(scope="module")
def ledger_of(entry: Callable[..., Entry]) -> Callable[..., Ledger]:
    """Make a ledger of links, where tasks have what `fields` says of them."""

    def make(links: list[tuple[str, str]], **fields: dict[str, Any]) -> Ledger:
        return Ledger(
            entry(
                node,
                None,
                [parent for parent, child in links if child == node],
                **{name: of[node] for name, of in fields.items() if node in of},
            )
            for node in NODES
        )

    return make


def tried(
    links: list[tuple[str, str]],
    task: Callable[[str], float] = lambda _: 0,
    link: Callable[[str, str], float] = lambda *_: 0,
) -> tuple[tuple[str, ...], float, int]:
    """The tasks, the weight and the knots of the best of all ways from a root to a leaf."""
    leads = set(links) | {(node, node) for node in NODES}
    for middle, first, last in product(NODES, NODES, NODES):
        if (first, middle) in leads and (middle, last) in leads:
            leads.add((first, last))
    knot = {
        a: tuple(sorted(b for b in NODES if (a, b) in leads and (b, a) in leads)) for a in NODES
    }
    steps: dict[tuple, dict[tuple, float]] = {each: {} for each in knot.values()}
    for a, b in links:
        if knot[a] != knot[b]:
            steps[knot[a]][knot[b]] = max(steps[knot[a]].get(knot[b], 0), link(a, b))
    entered = {below for each in steps.values() for below in each}
    open_ = [((root,), sum(map(task, root))) for root in steps if root not in entered]
    ways = []
    while open_:
        way, weight = open_.pop()
        if not steps[way[-1]]:
            ways.append((-weight, [each[0] for each in way], way))
        for below, more in steps[way[-1]].items():
            open_.append(((*way, below), weight + more + sum(map(task, below))))
    weight, _, way = min(ways)
    return sum(way, ()), -weight, sum(len(each) > 1 for each in way)


@given(LINKS, st.dictionaries(st.sampled_from(NODES), HALVES, min_size=1))
def test_by_execution_time_it_is_the_heaviest_way_of_all(ledger_of, links, spent):
    ledger = ledger_of(links, ext={node: {"exec_time_ms": ms} for node, ms in spent.items()})

    found = critical_path(build(ledger), ledger)

    tasks, weight, knots = tried(links, task=lambda node: spent.get(node, 0))
    silent = sum(task not in spent for task in tasks)
    assert found == CriticalPath(
        tasks=tasks, weight=weight / 1000, by="exec_time_ms", knots=knots, silent=silent
    )


@given(LINKS, st.dictionaries(st.sampled_from(NODES), HALVES | st.integers(-9, 9)))
def test_without_execution_times_it_is_the_way_that_took_longest(ledger_of, links, iat):
    graph = build(ledger_of(links, iat=iat))

    def passed(parent: str, child: str) -> float:
        return max(0, iat[child] - iat[parent]) if {parent, child} <= iat.keys() else 0

    found = critical_path(graph)

    if any(a != b and {a, b} <= iat.keys() for a, b in links):
        assert (found.tasks, found.weight, found.knots) == tried(links, link=passed)
        assert found.by == "iat"
        assert found.silent == len(set(found.tasks) - iat.keys())
    else:
        assert (found.tasks, found.weight, found.knots) == tried(links, link=lambda *_: 1)
        assert (found.by, found.silent) == ("links", 0)


@given(LINKS, st.permutations(NODES), st.dictionaries(st.sampled_from(NODES), st.floats(0, 9)))
def test_the_order_of_the_ledger_makes_no_difference(entry, links, order, spent):
    def path(nodes: list[str], links: list[tuple[str, str]]) -> CriticalPath:
        ledger = Ledger(
            entry(
                node,
                None,
                [parent for parent, child in links if child == node],
                ext={"exec_time_ms": spent[node]} if node in spent else None,
            )
            for node in nodes
        )
        return critical_path(build(ledger), ledger)

    assert path(list(NODES), links) == path(order, links[::-1])


def test_it_goes_from_a_root_to_a_leaf_through_a_whole_knot():
    drawn = sketch("a@0; b@1<a,d; c@2<b; d@3<c; e@9<d; f@4<a; g@5<f")
    names = {task_id(name): name for name in "abcdefg"}

    found = critical_path(build(drawn.ledger()))

    knot = "".join(sorted("bcd", key=task_id))
    assert "".join(names[task] for task in found.tasks) == f"a{knot}e"
    assert (found.by, found.knots) == ("iat", 1)
    assert found.weight == 7  # from a to b and from d to e; what is within the knot is not counted


def test_a_way_that_takes_no_time_still_ends_in_a_leaf():
    graph = build(sketch("a@5; b@5<a; c@0<b").ledger())
    assert critical_path(graph).tasks == tuple(map(task_id, "abc"))


def test_a_graph_of_nothing_and_of_one():
    nothing = CriticalPath(tasks=(), weight=0, by="links", knots=0, silent=0)
    assert critical_path(nx.DiGraph()) == nothing
    assert critical_path(nx.DiGraph({"a": ["a"]})).tasks == ("a",)


@pytest.mark.parametrize(
    "odd", [True, "5", None, -1, math.nan, math.inf, 1e308, 10**400, [5], {"ms": 5}]
)
def test_what_is_no_time_counts_as_nothing(entry, odd):
    parents = {"a": [], "b": ["a"], "c": ["a"]}
    spent = {"a": 1, "b": odd, "c": 0.5}
    ledger = Ledger(
        entry(name, None, parents[name], ext={"exec_time_ms": spent[name]}) for name in "abc"
    )

    assert critical_path(build(ledger), ledger) == CriticalPath(
        tasks=("a", "c"), weight=0.0015, by="exec_time_ms", knots=0, silent=0
    )
    only = Ledger([entry("b", ext={"exec_time_ms": odd})])
    assert critical_path(build(only), only).by == "links"


@pytest.mark.parametrize("low", [-1e308, -(2.0**60), math.nan, True, "0", -math.inf])
@pytest.mark.parametrize("high", [1e308, 2**60, 10**400, math.inf])
def test_dates_beyond_all_calendars_count_as_nothing(entry, low, high):
    graph = build(Ledger([entry("a", iat=low), entry("b", None, ["a"], iat=high)]))
    assert critical_path(graph) == CriticalPath(
        tasks=("a", "b"), weight=1, by="links", knots=0, silent=0
    )


def test_a_missing_task_is_part_of_the_way_and_silent():
    ledger = sketch('a@0<z ext={"exec_time_ms":250}').ledger()

    found = critical_path(build(ledger), ledger)

    assert found.tasks == (task_id("z"), task_id("a"))
    assert (found.weight, found.silent) == (0.25, 1)


def test_what_the_witness_says_counts(entry):
    forged = entry("a", trust=sketch("a@0 !flipped").ledger()[0].trust, ext={"exec_time_ms": 9000})
    ledger = Ledger([forged, entry("a", ext={"exec_time_ms": 10})])
    assert critical_path(build(ledger), ledger).weight == 0.01


@pytest.mark.parametrize(("size", "knotted"), [(100_000, False), (20_000, True)])
def test_a_very_long_chain_is_no_trouble(size, knotted):
    graph = nx.DiGraph((f"t{n}", f"t{n + 1}") for n in range(size - 1))
    if knotted:
        graph.add_edge("t9", "t0")
    for number, data in enumerate(graph.nodes.values()):
        data["iat"] = EPOCH + number

    found = critical_path(graph)

    assert len(found.tasks) == size
    assert found.weight == size - 1 - 9 * knotted


def test_a_task_with_10_000_parents_follows_the_slowest():
    graph = nx.DiGraph((f"p{number}", "join") for number in range(10_000))
    nx.set_node_attributes(
        graph, {task: EPOCH - int(task[1:]) for task in graph.pred["join"]}, "iat"
    )
    graph.nodes["join"]["iat"] = EPOCH
    assert critical_path(graph).tasks == ("p9999", "join")


def test_a_time_that_no_calendar_holds_outweighs_nothing():
    graph = nx.DiGraph([("a", "b"), ("a", "c")])
    nx.set_node_attributes(graph, {"a": 0, "b": 2**53, "c": 5}, "iat")
    assert critical_path(graph) == CriticalPath(
        tasks=("a", "c"), weight=5, by="iat", knots=0, silent=0
    )
