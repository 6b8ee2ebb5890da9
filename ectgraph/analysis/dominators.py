"""Which tasks cannot be gone round: every way from the roots to a task leads through them.

The roots are `lineage.origins`: tasks without parents, and, where a circle has no way in, each task
of it, for nothing says where it was begun.

`networkx.immediate_dominators` is quick on ledgers as they come, and quadratic where somebody made
many joins that reach far up: 50,000 tasks can keep it busy for minutes. So it is not asked where it
might take too long.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any

import networkx as nx

from ectgraph.analysis.lineage import origins

STEPS = 300_000_000
"""Steps after which the counting gives up; some ten million of them take a second."""


def dominators(graph: nx.DiGraph[str], task: str) -> list[str]:
    """The tasks through which every way from a root to a task leads, from the root's end on.

    The task itself is not among them; the last of them is its immediate dominator. Linear, whatever
    the graph: one way is walked, and a task of it counts where no detour goes round it.

    >>> dominators(nx.DiGraph([("a", "b"), ("b", "d"), ("a", "c"), ("c", "d"), ("d", "e")]), "e")
    ['a', 'd']
    """
    begin = {each for origin in origins(graph) for each in origin}
    way = _way(graph, begin, task)
    place = {each: number for number, each in enumerate(way)}
    farthest = max(place[each] for each in begin & place.keys())
    seen = begin - place.keys()
    detours = list(seen)  # reached, and not yet left, without what comes next on the way
    found = []
    for number, each in enumerate(way[:-1]):
        while detours:
            for child in graph.succ[detours.pop()]:
                if child in place:
                    farthest = max(farthest, place[child])
                elif child not in seen:
                    seen.add(child)
                    detours.append(child)
        if number == farthest:
            found.append(each)
        detours.append(each)
    return found


def _way(graph: nx.DiGraph[str], begin: Container[str], task: str) -> list[str]:
    """Some way to a task from one of those where ways begin."""
    onward: dict[str, str | None] = {task: None}
    queue = [task]
    for each in queue:
        if each in begin:
            break
        for parent in graph.pred[each]:
            if parent not in onward:
                onward[parent] = each
                queue.append(parent)
    way = [each]
    while (after := onward[way[-1]]) is not None:
        way.append(after)
    return way


def cut_off(graph: nx.DiGraph[str], limit: int = STEPS) -> dict[str, int] | None:
    """How many other tasks no way from the roots would lead to, if a task were not there.

    That is the number of tasks that it dominates. `None` where it might take more steps than the
    limit to find out.

    Args:
        graph: as `ectgraph.graph.build` makes it, or a part of that.
        limit: steps of `networkx.immediate_dominators`, at most.

    >>> cut_off(nx.DiGraph([("a", "b"), ("b", "d"), ("a", "c"), ("c", "d"), ("d", "e")]))
    {'a': 4, 'b': 0, 'd': 1, 'c': 0, 'e': 0}

    """
    if not graph:
        return {}
    begin = [each for origin in origins(graph) for each in origin]
    start: Any = object()  # no task has this name
    whole: nx.DiGraph[Any] = nx.DiGraph(graph.edges)
    whole.add_edges_from((start, task) for task in begin)
    order = list(nx.dfs_postorder_nodes(whole, start))
    if _steps(whole, order) > limit:
        return None
    above = nx.immediate_dominators(whole, start)
    found = dict.fromkeys(graph, 0)
    for task in order[:-1]:  # after all that it dominates; the last is where the search began
        if above[task] is not start:
            found[above[task]] += found[task] + 1
    return found


def _steps(whole: nx.DiGraph[Any], order: Sequence[Any]) -> int:
    """The most steps that `networkx.immediate_dominators` may need.

    It goes over the tasks, from the end of this order on, until nothing changes: at most three
    times, and once more for each link that goes back (Cooper, Harvey and Kennedy, 2006). At a join
    it walks up from each parent, past no more tasks than lie on the shortest way to that parent
    along links that do not go back.
    """
    away: dict[Any, int] = {}
    back = 0
    for task in reversed(order):
        parents = whole.pred[task]
        before = [away[parent] for parent in parents if parent in away]
        back += len(parents) - len(before)
        away[task] = min(before, default=-1) + 1
    joins = (parents for parents in whole.pred.values() if len(parents) > 1)
    walks = sum(away[parent] + 1 for parents in joins for parent in parents)
    return (3 + back) * (len(away) + walks)
