"""Decisions and what followed them, against every pair of tasks, tried one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.analysis.decisions import decided, refused, sequels
from ectgraph.graph import build
from ectgraph.ledger import Ledger
from ectgraph.model import Entry
from ectgraph.testing import sketch, task_id

NODES = "abcdef"
LINKS = st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=10)
SAYS = st.dictionaries(
    st.sampled_from(NODES), st.sampled_from(["approved", "rejected", "undo", "odd"])
)
UNDO = {"compensation_required": True}


@pytest.fixture(scope="module")
def ledger_of(entry: Callable[..., Entry]) -> Callable[..., Ledger]:
    def make(links: list[tuple[str, str]], says: dict[str, str]) -> Ledger:
        return Ledger(
            entry(
                node,
                None,
                [parent for parent, child in links if child == node],
                pol_decision=None if says.get(node) == "undo" else says.get(node),
                ext=UNDO if says.get(node) == "undo" else None,
            )
            for node in NODES
        )

    return make


def way(links: set[tuple[str, str]], one: str, two: str, shut: set[str]) -> int | None:
    """Links of the shortest way of a link or more, through no task that is shut."""
    reached, distance = {one}, 0
    while distance <= len(NODES):
        distance += 1
        reached = {b for a, b in links if a in reached and a != b and (a == one or a not in shut)}
        if two in reached:
            return distance
    return None


@given(LINKS, SAYS)
def test_sequels_are_all_that_some_way_leads_to(ledger_of, links, says):
    ledger = ledger_of(links, says)
    graph = build(ledger)
    sources = [node for node in NODES if says.get(node) == "rejected"]
    settling = {node for node in NODES if says.get(node) in ("approved", "undo")}

    assert list(refused(ledger, ["rejected"])) == sources
    found = {each.task: each for each in sequels(graph, ledger, sources)}

    for node in NODES:
        ways = [
            (far, source) for source in sources if (far := way(set(links), source, node, set()))
        ]
        assert (node in found) == bool(ways)
        if ways:
            each = found[node]
            assert (each.distance, each.after) == min(ways)
            free = [way(set(links), source, node, settling) for source in sources]
            assert each.settled == (not any(free))


@given(LINKS, SAYS)
def test_nearest_come_first_and_then_the_order_of_the_ledger(ledger_of, links, says):
    ledger = ledger_of(links, says)
    graph = build(ledger)
    found = sequels(graph, ledger, refused(ledger, ["rejected", "odd"]))
    order = [(each.distance, list(graph).index(each.task)) for each in found]
    assert order == sorted(order)


@given(
    st.lists(
        st.tuples(
            st.sampled_from("mn"),
            st.sampled_from(["p", "q", None]),
            st.sampled_from(["approved", "rejected", "pending_human_review", "yes", None]),
        )
    )
)
def test_decisions_are_counted_by_agent_and_policy(entry, stated):
    ledger = Ledger(
        entry(f"t{at}", iss=iss, pol=pol, pol_decision=says)
        for at, (iss, pol, says) in enumerate(stated)
    )
    counted = Counter(stated)
    found = decided(ledger)
    for each in found:
        key = each.iss, each.pol
        assert each.approved == counted[*key, "approved"]
        assert each.rejected == counted[*key, "rejected"]
        assert each.pending == counted[*key, "pending_human_review"]
        assert each.other == counted[*key, "yes"]
    assert {(each.iss, each.pol) for each in found} == {key[:2] for key in counted if key[2]}
    assert [each.rejected for each in found] == sorted(
        (each.rejected for each in found), reverse=True
    )


def test_of_rivals_the_one_that_verified_decides():
    text = "a@0 pol=p pol_decision=approved !flipped; x@0 jti={0} act=a pol=p pol_decision=rejected"
    ledger = sketch(text.format(task_id("a"))).ledger()
    assert refused(ledger, ["rejected", "approved"]) == {task_id("a"): "rejected"}


def test_a_missing_task_was_not_refused():
    ledger = sketch("b@5<a").ledger()
    assert sequels(build(ledger), ledger, []) == []
    assert sequels(nx.DiGraph(), Ledger(), []) == []
