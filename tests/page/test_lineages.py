"""The ancestors of many tasks at once, against a search for each."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.ledger import Ledger
from ectgraph.model import Entry, Finding, Severity, Trust
from ectgraph.page import lineages as module
from ectgraph.page.lineages import lineages
from ectgraph.policy import Policy
from ectgraph.rule import Evidence

NODES = "abcdefg"
LINKS = st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=14)
SOME = st.sets(st.sampled_from(NODES))


@pytest.fixture(scope="module")
def evidence_of(entry: Callable[..., Entry]) -> Callable[..., Evidence]:
    """A ledger of links, in which some tasks did not verify and some have no record."""

    def make(
        links: list[tuple[str, str]], doubtful: set[str], missing: set[str] = frozenset()
    ) -> Evidence:
        entries = (
            entry(
                node,
                None,
                [parent for parent, child in links if child == node],
                trust=Trust.INVALID if node in doubtful else Trust.VERIFIED,
            )
            for node in NODES
            if node not in missing
        )
        return Evidence(Ledger(entries), None, Policy())

    return make


def wrong(task: str) -> Finding:
    return Finding(
        code="ECT201", name="x", severity=Severity.ERROR, message="", advice="", cites="", task=task
    )


def above(links: list[tuple[str, str]], task: str) -> set[str]:
    """The ancestors of a task: parents of what is known, until there are no more."""
    found: set[str] = set()
    while True:
        more = {parent for parent, child in links if child == task or child in found} - found
        if not more:
            return found - {task}
        found |= more


@given(LINKS, SOME, SOME, SOME)
def test_counts_are_those_of_a_search_for_each_task(evidence_of, links, invalid, bad, missing):
    evidence = evidence_of(links, invalid, missing)
    links = [(parent, child) for parent, child in links if child not in missing]
    told = [wrong(task) for task in sorted(bad) if task in evidence.graph]
    found = lineages(evidence, told, evidence.graph)

    assert list(found) == list(evidence.graph)
    for task, lineage in found.items():
        expected = above(links, task)
        assert lineage.exact
        assert lineage.known == len(expected)
        assert lineage.doubtful == len(expected & (invalid | bad | missing))


@given(LINKS, SOME)
def test_where_too_many_would_be_counted_a_doubt_is_still_told(evidence_of, links, invalid):
    evidence = evidence_of(links, invalid)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MOST", 0)
        found = lineages(evidence, (), evidence.graph)

    for task, lineage in found.items():
        expected = above(links, task)
        assert not lineage.exact
        assert lineage.known <= len(expected)
        assert lineage.doubtful <= len(expected & invalid)
        assert bool(lineage.doubtful) == bool(expected & invalid)
        assert bool(lineage.known) == bool(expected)


def test_only_the_tasks_that_are_asked_for_are_told(evidence_of):
    evidence = evidence_of([("a", "b"), ("b", "c")], {"a"})
    found = lineages(evidence, (), ["c", "b"])
    assert {task: (each.known, each.doubtful) for task, each in found.items()} == {
        "c": (2, 1),
        "b": (1, 1),
    }


def test_a_long_chain_and_a_large_ring_take_linear_steps(entry):
    chain = [entry(f"c{n}", None, [f"c{n - 1}"] if n else []) for n in range(20_000)]
    ring = [entry(f"r{n}", None, [f"r{(n + 1) % 3000}"]) for n in range(3000)]
    evidence = Evidence(Ledger([*chain, *ring]), None, Policy())

    found = lineages(evidence, [wrong("c0"), wrong("r7")], ["c19999", "r7", "r8"])

    assert [(each.known, each.doubtful) for each in found.values()] == [
        (19_999, 1),
        (2999, 0),
        (2999, 1),
    ]
