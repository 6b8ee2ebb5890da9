"""What policies decided, and who went on after they had said no, or had not decided yet."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import networkx as nx

from ectgraph.claims import APPROVED, DECISIONS
from ectgraph.ledger import Ledger


@dataclass(frozen=True, kw_only=True)
class Decided:
    """How one agent's tasks were decided by one policy."""

    iss: str | None
    pol: str | None
    approved: int
    rejected: int
    pending: int
    other: int
    """Decisions that are none of the three that there are."""


def decided(ledger: Ledger) -> list[Decided]:
    """How tasks were decided, by agent and policy; those who were refused most come first.

    Of a task with several records the witness counts. Tasks without a decision are left out.

    >>> from ectgraph.testing import sketch
    >>> text = "a@0 pol=p pol_decision=approved; b@1 pol=p pol_decision=rejected; c@2"
    >>> [(each.pol, each.approved, each.rejected) for each in decided(sketch(text).ledger())]
    [('p', 1, 1)]

    """
    counts: dict[tuple[str | None, str | None], list[int]] = {}
    for task in ledger.tasks:
        token = ledger.witness(task).token
        if token is not None and token.pol_decision is not None:
            count = counts.setdefault((token.iss, token.pol), [0] * 4)
            known = token.pol_decision in DECISIONS
            count[DECISIONS.index(token.pol_decision) if known else 3] += 1
    found = [
        Decided(iss=iss, pol=pol, approved=yes, rejected=no, pending=open_, other=other)
        for (iss, pol), (yes, no, open_, other) in counts.items()
    ]
    found.sort(key=lambda each: (each.iss or "", each.pol or ""))
    return sorted(found, key=lambda each: (-each.rejected, -each.pending, -each.approved))


def refused(ledger: Ledger, decisions: Collection[str]) -> dict[str, str]:
    """The tasks that have one of some decisions, and which; in the order found."""
    stated = ((task, ledger.witness(task).token) for task in ledger.tasks)
    return {
        task: token.pol_decision
        for task, token in stated
        if token is not None and token.pol_decision in decisions and token.pol_decision is not None
    }


@dataclass(frozen=True, kw_only=True)
class Sequel:
    """A task that builds, near or far, on one that was refused."""

    task: str
    after: str
    """The nearest refused task; of several, the first in the ledger."""
    distance: int
    """Links from that one."""
    settled: bool
    """Whether on every way to it from any refused task something lies between that was approved,
    or says that it undoes something."""


def sequels(graph: nx.DiGraph[str], ledger: Ledger, after: Collection[str]) -> list[Sequel]:
    """What builds on refused tasks: nearest first, then in the order of the graph.

    A refused task is itself among them where it builds on another one, or in a circle on itself.
    A link of a task to itself does not count. Takes time in proportion to the graph.

    >>> from ectgraph.graph import build
    >>> from ectgraph.testing import sketch, task_id
    >>> text = "a@0 pol=p pol_decision=rejected; b@1<a pol=p pol_decision=approved; c@2<b"
    >>> ledger = sketch(text).ledger()
    >>> found = sequels(build(ledger), ledger, [task_id("a")])
    >>> [(each.distance, each.settled) for each in found]
    [(1, False), (2, True)]

    """
    place = {task: number for number, task in enumerate(graph)}
    sources = sorted(after, key=place.__getitem__)
    regardless = _reached(graph, sources, {task for task in graph if _settles(ledger, task)})
    found = [
        Sequel(task=task, after=source, distance=distance, settled=task not in regardless)
        for task, (source, distance) in _reached(graph, sources).items()
    ]
    return sorted(found, key=lambda each: (each.distance, place[each.task]))


def _settles(ledger: Ledger, task: str) -> bool:
    """Whether a task was approved, or says that it undoes something."""
    token = ledger.witness(task).token if task in ledger.tasks else None
    return token is not None and (token.pol_decision == APPROVED or token.compensates)


def _reached(
    graph: nx.DiGraph[str], sources: Collection[str], ends: Collection[str] = ()
) -> dict[str, tuple[str, int]]:
    """What can be reached from some tasks by a link or more: from which, and how far it is.

    Args:
        graph: the graph.
        sources: where to begin; of two as near, the first is told.
        ends: tasks that ways do not go on from, unless they begin there.

    """
    found: dict[str, tuple[str, int]] = {}
    front = [(source, source) for source in sources]
    distance = 0
    while front:
        distance += 1
        ahead: list[tuple[str, str]] = []
        for task, source in front:
            for child in graph.succ[task]:
                if child not in found and child != task:
                    found[child] = source, distance
                    if child not in ends:
                        ahead.append((child, source))
        front = ahead
    return found
