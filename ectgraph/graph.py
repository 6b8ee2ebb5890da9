"""Ledger -> networkx.DiGraph, and pure measures over it.

Edges run from parent to child, as time does. The graph holds everything that is *claimed*, also by
tokens that did not verify; `proven` is the view of what verified.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import networkx as nx

from ectgraph.collector import paused
from ectgraph.formats.entry import token_bytes
from ectgraph.integrity import level
from ectgraph.ledger import Ledger
from ectgraph.model import Entry, Trust

ANCESTOR_SEARCH = 20_000_000
"""Steps after which the counting of ancestors gives up."""
CYCLE_SEARCH = 2_000_000
"""Steps after which the search for a knot's shortest cycle settles for the shortest one found."""


def build(ledger: Ledger, chained: Container[str] = frozenset()) -> nx.DiGraph[str]:
    """Make the graph: a node for each task that is recorded or named, an edge for each parent link.

    Node attributes are flat plain values, and absent where the token has none: `jti wid iss
    exec_act iat exp kid trust level status`; `status` is `present`, `duplicate` (several different
    records claim the task, or one source holds it twice) or `missing` (only named as a parent).
    Where several records claim one task, the node has the links of all and the attributes of the
    first that verified, else of the first.

    Args:
        ledger: the entries.
        chained: the sources whose hash chain holds; the signed tokens in them are of level `L3`.

    """
    graph: nx.DiGraph[str] = nx.DiGraph()
    with paused():
        graph.add_nodes_from(ledger.tasks)
        entries = ledger.entries
        for (task, node), positions in zip(nodes(graph), ledger.tasks.values(), strict=True):
            _describe(
                node, ledger.witness(task), [entries[position] for position in positions], chained
            )
        missing: dict[str, str] = {}
        graph.add_edges_from(_edges(ledger, missing))
        for jti, name in missing.items():
            graph.add_node(name, jti=jti, status="missing")
    return graph


def _describe(
    node: dict[str, Any], entry: Entry, entries: list[Entry], chained: Container[str]
) -> None:
    """Fill in a node's attributes from the entry that speaks for it, of all that claim the task."""
    status = "present" if len(entries) == 1 or _are_copies(entries) else "duplicate"
    token = entry.token
    if token is None:  # pragma: no cover  # a task always has a token
        return
    node.update(
        jti=token.jti,
        wid=token.wid,
        iss=token.iss,
        exec_act=token.exec_act,
        iat=token.iat,
        exp=token.exp,
        kid=token.header.kid if token.header else None,
        trust=str(entry.trust),
        level=level(entry, chained),
        status=status,
    )
    if None in node.values():
        for name in [name for name, value in node.items() if value is None]:
            del node[name]


def versions(ledger: Ledger, positions: Iterable[int]) -> dict[bytes, list[int]]:
    """Positions of entries by the bytes of their tokens, in the order found."""
    found: dict[bytes, list[int]] = {}
    for position in positions:
        token = token_bytes(ledger.entries[position].record.body)
        found.setdefault(token, []).append(position)
    return found


def _are_copies(entries: list[Entry]) -> bool:
    """Whether entries are one token held by several sources, once each: copies of one evidence."""
    sources = {entry.record.source for entry in entries}
    tokens = {token_bytes(entry.record.body) for entry in entries}
    return len(sources) == len(entries) and len(tokens) == 1


def _edges(ledger: Ledger, missing: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Parent links in the order found; collects the parents that no record has in `missing`."""
    entries, resolve = ledger.entries, ledger.node
    taken: set[str] = set()
    for child, positions in ledger.tasks.items():
        for position in positions:
            token = entries[position].token
            for jti in token.parents if token else ():
                parent = resolve(jti, token.wid if token else None) or missing.get(jti)
                if parent is None:
                    parent = missing[jti] = _unused(jti, ledger.tasks, taken)
                    taken.add(parent)
                yield parent, child


def _unused(name: str, tasks: Container[str], taken: Container[str]) -> str:
    """A node name for a missing task; its `jti`, unless a hostile ledger made that a name."""
    while name in tasks or name in taken:
        name += "'"
    return name


def nodes(graph: nx.DiGraph[Any]) -> Iterable[tuple[Any, dict[str, Any]]]:
    """(task, its attributes) of every task; for type checkers, whose stubs do not know this."""
    return cast("Iterable[tuple[Any, dict[str, Any]]]", graph.nodes.data())


def values(graph: nx.DiGraph[Any], name: str) -> dict[Any, Any]:
    """One attribute of every task; `None` for those that do not have it.

    >>> values(nx.DiGraph([("a", "b")]), "iat")
    {'a': None, 'b': None}
    """
    return {task: data.get(name) for task, data in nodes(graph)}


def proven(graph: nx.DiGraph[str]) -> nx.DiGraph[str]:
    """The view of the tasks whose tokens verified, and the links between them.

    >>> g = nx.DiGraph()
    >>> g.add_node("a", trust="verified")
    >>> g.add_edge("missing", "a")
    >>> list(proven(g))
    ['a']
    """
    trust = values(graph, "trust")
    return graph.subgraph(node for node in graph if trust[node] == Trust.VERIFIED.value)


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How a graph is built, cycles included."""

    depth: int
    """Parent links on the longest path; a knot of cycles counts as one task."""
    deepest: str | None
    """A task at the end of a longest path; of several, the first by name."""
    knots: tuple[tuple[str, ...], ...]
    """Strongly connected components of several tasks, each and all sorted by name."""


def measure(graph: nx.DiGraph[str]) -> Shape:
    """Measure depth and knots in linear time, without recursion.

    >>> measure(nx.DiGraph([("a", "b"), ("b", "c"), ("c", "b"), ("c", "d")]))
    Shape(depth=2, deepest='d', knots=(('b', 'c'),))
    """
    if not graph:
        return Shape(depth=0, deepest=None, knots=())
    try:
        generation: list[str] = []
        depth = -1
        for depth, generation in enumerate(nx.topological_generations(graph)):  # noqa: B007
            pass
        return Shape(depth=depth, deepest=min(generation), knots=())
    except nx.NetworkXUnfeasible:
        pass
    condensed = nx.condensation(graph)
    members = values(condensed, "members").values()
    last: list[int] = []
    depth = -1
    for depth, last in enumerate(nx.topological_generations(condensed)):  # noqa: B007
        pass
    deepest = min(node for c in last for node in condensed.nodes[c]["members"])
    knots = sorted(sorted(component) for component in members if len(component) > 1)
    return Shape(depth=depth, deepest=deepest, knots=tuple(map(tuple, knots)))


def crowded(graph: nx.DiGraph[str], limit: int) -> list[tuple[str, bool]]:
    """Tasks that nobody builds on and that have more than `limit` ancestors.

    With each comes whether its ancestors were counted. Bounds settle nearly all tasks in linear
    time; where they do not, ancestors are counted one by one, up to the limit. A graph that would
    need more than `ANCESTOR_SEARCH` steps for that has the rest told as not counted.

    >>> crowded(nx.DiGraph([("a", "b"), ("b", "c")]), 1)
    [('c', True)]
    """
    if len(graph) - 1 <= limit:
        return []
    most = _ancestor_bounds(graph, limit)
    found: list[tuple[str, bool]] = []
    known: dict[frozenset[str], bool] = {}
    steps = 0
    for leaf, children in graph.out_degree():
        if children or most.get(leaf, limit + 1) <= limit:
            continue
        parents = frozenset(graph.predecessors(leaf))
        if parents not in known and steps <= ANCESTOR_SEARCH:
            seen, queue = set(parents), list(parents)
            while queue and len(seen) <= limit:
                above = graph.pred[queue.pop()]
                steps += len(above) + 1
                queue += [task for task in above if task not in seen]
                seen.update(above)
            known[parents] = len(seen) > limit
        if known.get(parents, True):
            found.append((leaf, parents in known))
    return found


def _ancestor_bounds(graph: nx.DiGraph[str], limit: int) -> dict[str, int]:
    """How many ancestors each task has at most, counted to just above the limit.

    In a graph with cycles the tasks after them are left out: nothing is known of those.
    """
    most: dict[str, int] = {}
    with contextlib.suppress(nx.NetworkXUnfeasible):
        for task in nx.topological_sort(graph):
            bound = 0
            for parent in graph.predecessors(task):
                bound += most[parent] + 1
            most[task] = bound if bound <= limit else limit + 1
    return most


def shortest_cycle(graph: nx.DiGraph[str], knot: Iterable[str]) -> list[str]:
    """A shortest cycle within a strongly connected component, as the tasks along it.

    One breadth-first search from each task finds the shortest of all. In a knot so large that this
    would take more than `CYCLE_SEARCH` steps, the search ends there with the shortest found so far.
    The order of the graph makes no difference.

    >>> g = nx.DiGraph([("a", "b"), ("b", "c"), ("c", "a"), ("c", "b")])
    >>> shortest_cycle(g, ["a", "b", "c"])
    ['b', 'c']
    """
    tasks = list(knot)
    inside = graph.subgraph(tasks).copy()
    steps = inside.number_of_nodes() + inside.number_of_edges()
    best: list[str] = []
    for start in tasks[: max(1, CYCLE_SEARCH // steps)]:
        cycle = _cycle_through(inside, start)
        if not best or len(cycle) < len(best):
            best = cycle
        if len(best) == 2:
            break
    return best


def _cycle_through(graph: nx.DiGraph[str], start: str) -> list[str]:
    """The shortest cycle through one task of a strongly connected graph."""
    came_from: dict[str, str] = {}
    queue = deque([start])
    while queue:
        node = queue.popleft()
        for child in sorted(graph.succ[node]):
            if child == start and node != start:
                path = [node]
                while path[-1] != start:
                    path.append(came_from[path[-1]])
                return path[::-1]
            if child not in came_from and child != start:
                came_from[child] = node
                queue.append(child)
    return [start]
