"""The ways from one task down to another: the shortest of them, and how many there are.

There may be more ways than atoms, so they are counted without being walked where no circle lies
between the two, and listed up to a limit. In circles ways that meet no task twice cannot be counted
but by walking them (that is #P-complete), and then the walk has a bound of its own.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, takewhile
from typing import NamedTuple

import networkx as nx

from ectgraph.analysis.lineage import between, distances
from ectgraph.collector import paused
from ectgraph.errors import EctgraphError

STEPS = 500_000
"""Steps after which the search for ways ends with those found so far, and at least with one."""
MOST = 10**100
"""Number of ways above which nobody counts on."""


@dataclass(frozen=True, kw_only=True)
class Paths:
    """Ways from one task to another, none of which meets a task twice."""

    paths: tuple[tuple[str, ...], ...]
    """Each from the first task to the last, shortest first, ways of one length by name."""
    total: int | None
    """How many there are; `None` where that is not known."""
    between: int
    """How many tasks lie on any way, both ends included."""
    cyclic: bool
    """Whether circles lie between the two: then ways are not counted but by finding them all."""
    cut: bool
    """Whether the search ended at `STEPS`, and not at the limit."""


def paths(graph: nx.DiGraph[str], first: str, last: str, limit: int = 100) -> Paths:
    """The shortest ways from one task down to another, and how many there are in all.

    From a task to itself there is one way, of no links. Takes at most `STEPS` steps, next to the
    linear time in which the ways are counted.

    Args:
        graph: any digraph.
        first: where the ways begin.
        last: where they end.
        limit: how many of them are wanted, at most.

    Raises:
        EctgraphError: `limit` is below 1.

    >>> found = paths(nx.DiGraph([("a", "b"), ("b", "d"), ("a", "c"), ("c", "d")]), "a", "d")
    >>> found.paths, found.total
    ((('a', 'b', 'd'), ('a', 'c', 'd')), 2)

    """
    if limit < 1:
        raise EctgraphError(f"limit: {limit} is too few, at least 1 is needed")
    with paused():
        return _paths(_between(graph, first, last), first, last, limit)


def _paths(part: nx.DiGraph[str], first: str, last: str, limit: int) -> Paths:
    """The ways in a graph of which they take every link."""
    if not part:
        return Paths(paths=(), total=0, between=0, cyclic=False, cut=False)
    cyclic = not nx.is_directed_acyclic_graph(part)
    total = None if cyclic else _count(part, first, last)
    found: list[tuple[str, ...]] = []
    cut = False
    for path in _search(part, first, last):
        if path is None:
            cut = True
            found = found or [tuple(nx.shortest_path(part, first, last))]
        elif len(found) == limit:
            break
        else:
            found.append(path)
    else:
        total = total if cut else len(found)
    found.sort(key=lambda path: (len(path), path))
    return Paths(paths=tuple(found), total=total, between=len(part), cyclic=cyclic, cut=cut)


def _between(graph: nx.DiGraph[str], first: str, last: str) -> nx.DiGraph[str]:
    """The links that a way from one task to another may take; nothing without a way.

    No way comes back to where it began, or goes on from where it ends: that spares many circles.
    """
    part: nx.DiGraph[str] = nx.DiGraph()
    inside = between(graph, first, last)
    if not inside or first == last:
        part.add_nodes_from(inside & {first})
        return part
    links = [
        (task, child)
        for task in sorted(inside)
        for child in sorted(graph.succ[task])
        if child in inside
    ]
    part.add_edges_from(
        (task, child) for task, child in links if task != last and child not in (task, first)
    )
    if part.number_of_edges() < len(links):  # then some tasks lead nowhere now
        part.remove_nodes_from(part.nodes - between(part, first, last))
    return part


def _count(part: nx.DiGraph[str], first: str, last: str) -> int | None:
    """How many ways there are, where there are no circles; `None` for more than `MOST`."""
    ways = {first: 1}
    for task in nx.topological_sort(part):
        if task == last:
            break
        here = ways.pop(task)  # which bounds the memory that large numbers take
        if here > MOST:  # and every one of them goes on to the end
            return None
        for child in part.succ[task]:
            ways[child] = ways.get(child, 0) + here
    return ways[last] if ways[last] <= MOST else None


class _Way(NamedTuple):
    """A task, and the way on which it was reached."""

    task: str
    before: _Way | None
    least: int
    """How near to the end the way has been, in links."""

    def back(self) -> Iterator[str]:
        """The tasks of the way, last one first."""
        at: _Way | None = self
        while at is not None:
            yield at.task
            at = at.before


def _search(part: nx.DiGraph[str], first: str, last: str) -> Iterator[tuple[str, ...] | None]:
    """All ways, the shortest first; ends with `None` after `STEPS`.

    Best first (A*), by the links so far and the fewest that remain. Without circles that estimate
    is exact, and no step is wasted. With them a way may come back to where it was, but never to a
    knot that it left, and not with a step that is nearer to the end than it has ever been.
    """
    remains = distances(part.reverse(copy=False), [last])
    knots = enumerate(nx.strongly_connected_components(part))
    knot = {task: number for number, tasks in knots for task in tasks}
    order = count()
    ways = [(remains[first], 0, next(order), _Way(first, None, remains[first]))]
    steps = 0
    while ways:
        if steps > STEPS:
            yield None
            return
        _, depth, _, way = heapq.heappop(ways)
        steps += 1
        if way.task == last:
            found = tuple(way.back())[::-1]
            steps += len(found)
            yield found
            continue
        children = part.succ[way.task]
        steps += len(children)
        met: set[str] = set()
        if any(remains[child] >= way.least for child in children):
            met = set(takewhile(lambda task: knot[task] == knot[way.task], way.back()))  # noqa: B023
            steps += len(met)
        for child in sorted(children):
            if child not in met:
                links = 1 - depth
                reached = _Way(child, way, min(way.least, remains[child]))
                heapq.heappush(ways, (links + remains[child], -links, next(order), reached))
