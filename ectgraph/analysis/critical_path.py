"""The chain of tasks that took longest: what has to be faster for the whole to be.

How long a task took is its agent's word (`ext.exec_time_ms`); where nobody says, the times between
`iat`s stand in for it, and without those the number of links.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeGuard

import networkx as nx

from ectgraph.analysis.times import stated as dated
from ectgraph.encoding import MAX_NUMBER
from ectgraph.graph import values
from ectgraph.ledger import Ledger

By: TypeAlias = Literal["exec_time_ms", "iat", "links"]


@dataclass(frozen=True, kw_only=True)
class CriticalPath:
    """A way from a root to a leaf that no other outweighs."""

    tasks: tuple[str, ...]
    """In order, root first. All tasks of a knot are part of it, sorted by name."""
    weight: float
    """In seconds; by `links` it is how many there are."""
    by: By
    """What was added up."""
    knots: int
    """Strongly connected components of several tasks that it goes through."""
    silent: int
    """Tasks of it that do not state the figure, or none that can be true: they count as nothing."""


def critical_path(graph: nx.DiGraph[str], ledger: Ledger | None = None) -> CriticalPath:
    """The heaviest way from a root to a leaf; of several, the first by the names of its tasks.

    A task weighs its `exec_time_ms`, as soon as one of the graph has one. Else a link weighs the
    time from its parent's `iat` to its child's, or nothing where that goes back in time; and where
    no link has both times, each link weighs one. A knot of cycles counts as one task: it weighs
    what its tasks weigh, and links within it nothing. An `iat` that no calendar holds is no time,
    and an `exec_time_ms` beyond 2^53, on which not all readers of JSON agree, is none either.

    Args:
        graph: as `ectgraph.graph.build` makes it, or a part of that.
        ledger: where the tokens are; without it nothing is known of `exec_time_ms`.

    >>> critical_path(nx.DiGraph([("a", "b"), ("b", "c"), ("a", "c")])).tasks
    ('a', 'b', 'c')

    """
    scale = _scale(graph, ledger)
    knots = _knots(graph)
    place = {task: number for number, knot in enumerate(knots) for task in knot}
    heaviest = [0.0] * len(knots)  # from a knot to a leaf, both included
    onward: list[int | None] = [None] * len(knots)
    roots = set(range(len(knots)))
    # `nx.dag_longest_path` leaves ties to the order of the graph, and may end before a leaf.
    for number in reversed(range(len(knots))):
        ways = [
            (-scale.link(task, child) - heaviest[below], knots[below][0], below)
            for task in knots[number]
            for child in graph.succ[task]
            if (below := place[child]) != number
        ]
        heaviest[number] = math.fsum(scale.task(task) for task in knots[number])
        if ways:
            weight, _, onward[number] = min(ways)
            heaviest[number] -= weight
            roots.difference_update(below for _, _, below in ways)
    at = min(roots, key=lambda root: (-heaviest[root], knots[root][0]), default=None)
    weight = 0.0 if at is None else heaviest[at]
    way: list[tuple[str, ...]] = []
    while at is not None:
        way.append(knots[at])
        at = onward[at]
    tasks = tuple(task for knot in way for task in knot)
    return CriticalPath(
        tasks=tasks,
        weight=weight / 1000 if scale.by == "exec_time_ms" else weight,
        by=scale.by,
        knots=sum(len(knot) > 1 for knot in way),
        silent=sum(task not in scale.stated for task in tasks) if scale.by != "links" else 0,
    )


def _knots(graph: nx.DiGraph[str]) -> list[tuple[str, ...]]:
    """Strongly connected components, mostly of one task, parents before children."""
    try:
        return [(task,) for task in nx.topological_sort(graph)]
    except nx.NetworkXUnfeasible:
        condensed = nx.condensation(graph)
        members = values(condensed, "members")
        return [tuple(sorted(members[number])) for number in nx.topological_sort(condensed)]


@dataclass(frozen=True, kw_only=True)
class _Scale:
    """What tasks and links weigh."""

    by: By
    stated: Mapping[str, float]
    """The figure of each task that has one that can be used."""
    task: Callable[[str], float] = lambda _: 0.0
    link: Callable[[str, str], float] = lambda *_: 0.0


def _scale(graph: nx.DiGraph[str], ledger: Ledger | None) -> _Scale:
    stated = {} if ledger is None else spent(graph, ledger)
    if stated:
        return _Scale(by="exec_time_ms", stated=stated, task=lambda task: stated.get(task, 0.0))
    times = dated(graph)
    if not any(one in times and two in times for one, two in graph.edges if one != two):
        return _Scale(by="links", stated={}, link=lambda *_: 1.0)

    def passed(parent: str, child: str) -> float:
        known = parent in times and child in times
        return max(0.0, times[child] - times[parent]) if known else 0.0

    return _Scale(by="iat", stated=times, link=passed)


def spent(graph: nx.DiGraph[str], ledger: Ledger) -> dict[str, float]:
    """How long tasks took, as their tokens say (`ext.exec_time_ms`), in milliseconds.

    A task that says nothing, or nothing that can be true, is left out.
    """
    found: dict[str, float] = {}
    for task in graph:
        token = ledger.witness(task).token if task in ledger.tasks else None
        stated = token.ext.get("exec_time_ms") if token is not None and token.ext else None
        if _is_span(stated):
            found[task] = stated
    return found


def _is_span(number: Any) -> TypeGuard[float]:
    return type(number) in (int, float) and 0 <= number <= MAX_NUMBER
