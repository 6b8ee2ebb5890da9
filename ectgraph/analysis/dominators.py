"""Which tasks cannot be gone round: every way from the roots to a task leads through them.

The roots are `lineage.origins`: tasks without parents, and, where a circle has no way in, each task
of it, for nothing says where it was begun.

`networkx.immediate_dominators` is quadratic where many joins reach far up (50,000 tasks, made for
it, keep it busy for minutes), so what it does is done here by an algorithm with a bound.
"""

from __future__ import annotations

from collections.abc import Container, Iterator

import networkx as nx

from ectgraph.analysis.lineage import origins


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


def cut_off(graph: nx.DiGraph[str]) -> dict[str, int]:
    """How many other tasks no way from the roots would lead to, if a task were not there.

    That is the number of tasks that it dominates (Lengauer and Tarjan 1979, in the form that takes
    O(m log n) steps for m links of n tasks).

    >>> cut_off(nx.DiGraph([("a", "b"), ("b", "d"), ("a", "c"), ("c", "d"), ("d", "e")]))
    {'a': 4, 'b': 0, 'd': 1, 'c': 0, 'e': 0}
    """
    tasks = list(graph)
    number = {task: n for n, task in enumerate(tasks, 1)}
    children = [[number[each] for origin in origins(graph) for each in origin]]
    children += [[number[child] for child in graph.succ[task]] for task in tasks]
    order, parent = _depth_first(children)
    above = _immediate(children, order, parent)
    size = [1] * len(order)
    for position in range(len(order) - 1, 0, -1):
        size[above[position]] += size[position]
    found = dict(zip(order, size, strict=True))
    return {task: found[number[task]] - 1 for task in tasks}


def _depth_first(children: list[list[int]]) -> tuple[list[int], list[int]]:
    """Nodes in the order in which a search from node 0 meets them, and the places of parents."""
    order, parent = [0], [0]
    place = {0: 0}
    open_: list[tuple[int, Iterator[int]]] = [(0, iter(children[0]))]
    while open_:
        at, left = open_[-1]
        new = next((child for child in left if child not in place), None)
        if new is None:
            open_.pop()
            continue
        place[new] = len(order)
        order.append(new)
        parent.append(place[at])
        open_.append((new, iter(children[new])))
    return order, parent


class _Forest:
    """What is linked so far of the tree of the search; names as in the paper."""

    def __init__(self, size: int) -> None:
        self.semi = list(range(size))
        """The semidominator of each node, as far as it is known."""
        self.ancestor = [-1] * size
        self._label = list(range(size))

    def evaluate(self, node: int) -> int:
        """The node with the least semidominator on the way up from a node; shortens that way."""
        semi, label, ancestor = self.semi, self._label, self.ancestor
        passed = []
        at = node
        while ancestor[at] >= 0 and ancestor[ancestor[at]] >= 0:
            passed.append(at)
            at = ancestor[at]
        for each in reversed(passed):
            above = ancestor[each]
            if semi[label[above]] < semi[label[each]]:
                label[each] = label[above]
            ancestor[each] = ancestor[above]
        return label[node]


def _immediate(children: list[list[int]], order: list[int], parent: list[int]) -> list[int]:
    """The immediate dominator of each node; nodes are told by their places in `order`."""
    size = len(order)
    place = {node: position for position, node in enumerate(order)}
    before: list[list[int]] = [[] for _ in order]
    for position, node in enumerate(order):
        for child in children[node]:
            before[place[child]].append(position)
    forest = _Forest(size)
    semi = forest.semi
    dominator = [0] * size
    bucket: list[list[int]] = [[] for _ in order]
    for node in range(size - 1, 0, -1):
        semi[node] = min(semi[forest.evaluate(each)] for each in before[node])
        bucket[semi[node]].append(node)
        above = forest.ancestor[node] = parent[node]
        for each in bucket[above]:
            least = forest.evaluate(each)
            dominator[each] = least if semi[least] < above else above
        bucket[above].clear()
    for node in range(1, size):
        if dominator[node] != semi[node]:
            dominator[node] = dominator[dominator[node]]
    return dominator
