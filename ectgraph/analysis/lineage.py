"""Which task is meant, what it builds on, what builds on it, and what lies around and between."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

import networkx as nx

from ectgraph import escape, labels
from ectgraph.errors import EctgraphError
from ectgraph.graph import values

_ID = 80
"""Characters of an id in a message."""


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
    some = labels.some([escape.terminal(node, _ID) for node in sorted(found)], 5)
    message = f"{len(found)} tasks begin with {meant}: {some}"
    raise EctgraphError(message)


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
