"""Which task is meant, what it builds on, what builds on it, and what lies around and between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain

import networkx as nx

from ectgraph import escape, labels
from ectgraph.errors import EctgraphError
from ectgraph.graph import values

_ID, _ACT = 80, 40
"""Characters of an id, and of an action, in a message."""


def find(graph: nx.DiGraph[str], text: str) -> str:
    """The node that a `jti`, a node's name, or the beginning of one means.

    Raises:
        EctgraphError: none begins so, or several do; the message lists some.

    >>> find(nx.DiGraph([("plan-1", "pay-2")]), "pl")
    'plan-1'

    """
    if text in graph:
        return text
    exact: list[str] = [node for node, jti in values(graph, "jti").items() if jti == text]
    found = exact or [node for node in graph if text and node.startswith(text)]
    if len(found) == 1:
        return found[0]
    meant = escape.terminal(repr(text), _ID)
    if not found:
        message = f"no task's jti begins with {meant}; `ectgraph table … tasks` lists them"
        raise EctgraphError(message)
    some = labels.some([_told(graph, node) for node in sorted(found)], 5)
    message = f"{len(found)} tasks begin with {meant}: {some}"
    raise EctgraphError(message)


def _told(graph: nx.DiGraph[str], node: str) -> str:
    """A task's name and what it did, for somebody who has to choose."""
    act = graph.nodes[node].get("exec_act")
    done = "" if act is None else f" ({escape.terminal(labels.fit(act, _ACT), _ACT)})"
    return f"{escape.terminal(node, _ID)}{done}"


def ancestors(graph: nx.DiGraph[str], tasks: Iterable[str]) -> set[str]:
    """What some tasks build on, near or far; they themselves are part of it.

    >>> sorted(ancestors(nx.DiGraph([("a", "b"), ("b", "c"), ("b", "d")]), ["c"]))
    ['a', 'b', 'c']
    """
    return descendants(graph.reverse(copy=False), tasks)


def descendants(graph: nx.DiGraph[str], tasks: Iterable[str]) -> set[str]:
    """What builds on some tasks, near or far; they themselves are part of it.

    >>> sorted(descendants(nx.DiGraph([("a", "b"), ("b", "c"), ("x", "c")]), ["b", "x"]))
    ['b', 'c', 'x']
    """
    return set(chain.from_iterable(nx.bfs_layers(graph, list(tasks))))


def around(graph: nx.DiGraph[str], tasks: Iterable[str], hops: int) -> set[str]:
    """What is within so many links of some tasks, up or down; they themselves are part of it.

    >>> sorted(around(nx.DiGraph([("a", "b"), ("c", "b"), ("c", "d")]), ["a"], 2))
    ['a', 'b', 'c']
    """
    edge = set(tasks)
    found = set(edge)
    for _ in range(hops):
        near = (chain(graph.pred[task], graph.succ[task]) for task in edge)
        edge = set(chain.from_iterable(near)) - found
        if not edge:
            break
        found |= edge
    return found


def between(graph: nx.DiGraph[str], first: str, last: str) -> set[str]:
    """All tasks on any way from one task down to another, both included; none without a way.

    From a task to itself that is the task, and all that are in a circle with it.

    >>> sorted(between(nx.DiGraph([("a", "b"), ("b", "d"), ("a", "c"), ("c", "d")]), "a", "d"))
    ['a', 'b', 'c', 'd']
    >>> between(nx.DiGraph([("a", "b")]), "b", "a")
    set()
    """
    return descendants(graph, [first]) & ancestors(graph, [last])


def distances(graph: nx.DiGraph[str], tasks: Iterable[str]) -> dict[str, int]:
    """How many links, at least, lead from some tasks to each that builds on them; to those, none.

    >>> distances(nx.DiGraph([("a", "b"), ("b", "c"), ("a", "c"), ("x", "c")]), ["a"])
    {'a': 0, 'b': 1, 'c': 1}
    """
    layers = enumerate(nx.bfs_layers(graph, list(tasks)))
    return {task: links for links, layer in layers for task in layer}


def steps(graph: nx.DiGraph[str], distance: Mapping[str, int]) -> dict[str, str]:
    """For each task at a distance, the parent on a shortest way to it: the first by name.

    Args:
        graph: what the distances were measured in.
        distance: as `distances` tells it; tasks at no distance have no step before them.

    >>> graph = nx.DiGraph([("a", "b"), ("a", "c"), ("c", "d"), ("b", "d")])
    >>> steps(graph, distances(graph, ["a"]))["d"]
    'b'

    """
    return {
        task: min(parent for parent in graph.pred[task] if distance.get(parent) == links - 1)
        for task, links in distance.items()
        if links
    }


def siblings(graph: nx.DiGraph[str], task: str) -> dict[str, list[str]]:
    """The other children of a task's parents, each with the parents that it shares.

    >>> siblings(nx.DiGraph([("p", "a"), ("p", "b"), ("q", "a"), ("q", "b")]), "a")
    {'b': ['p', 'q']}
    """
    shared: dict[str, list[str]] = {}
    for parent in graph.pred[task]:
        for child in graph.succ[parent]:
            if child != task:
                shared.setdefault(child, []).append(parent)
    return shared


def origins(graph: nx.DiGraph[str]) -> list[tuple[str, ...]]:
    """What everything goes back to: each root, and each knot of circles that no way leads into.

    A root stands alone, the tasks of a knot are sorted. A task that names itself as its only
    parent is a knot of one. Every task of the graph can be reached from one of them.

    >>> origins(nx.DiGraph([("a", "b"), ("y", "x"), ("x", "y"), ("y", "b")]))
    [('a',), ('x', 'y')]
    """
    roots = [task for task in graph if not graph.pred[task]]
    reached = descendants(graph, roots)
    found: list[tuple[str, ...]] = [(task,) for task in roots]
    if len(reached) == len(graph):
        return found
    knots = (knot for knot in nx.strongly_connected_components(graph) if not knot & reached)
    closed = (knot for knot in knots if all(knot.issuperset(graph.pred[task]) for task in knot))
    return found + sorted(tuple(sorted(knot)) for knot in closed)


def common_ancestors(
    graph: nx.DiGraph[str], tasks: Iterable[str]
) -> tuple[set[str], list[tuple[str, ...]]]:
    """What all of some tasks build on, and the nearest of that: no other of it builds on those.

    A task counts as an ancestor of its own, so of two tasks in a row the first is the nearest. A
    knot of circles counts as one; it comes as its tasks, sorted.

    >>> graph = nx.DiGraph([("plan", "a"), ("plan", "b"), ("a", "x"), ("a", "y"), ("b", "y")])
    >>> common_ancestors(graph, ["x", "y"])[1]
    [('a',)]
    """
    common = set.intersection(*(ancestors(graph, [task]) for task in tasks))
    upward: nx.DiGraph[str] = nx.DiGraph()
    upward.add_nodes_from(task for task in graph if task in common)
    upward.add_edges_from(
        (child, task) for task in upward for child in graph.succ[task] if child in common
    )
    return common, origins(upward)


def depths(graph: nx.DiGraph[str]) -> dict[str, int]:
    """How many links the longest way from a root to each task has; a knot counts as one task.

    >>> depths(nx.DiGraph([("a", "b"), ("b", "c"), ("a", "c")]))
    {'a': 0, 'b': 1, 'c': 2}
    """
    if nx.is_directed_acyclic_graph(graph):
        layers = enumerate(nx.topological_generations(graph))
        return {task: depth for depth, layer in layers for task in layer}
    condensed = nx.condensation(graph)
    generations = enumerate(nx.topological_generations(condensed))
    depth_of = {knot: depth for depth, generation in generations for knot in generation}
    return {task: depth_of[knot] for task, knot in condensed.graph["mapping"].items()}
