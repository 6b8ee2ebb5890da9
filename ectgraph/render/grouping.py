"""Tasks -> boxes: which of them become one, when somebody asks for it or there are too many.

Each way to group is a key; tasks with the same key are one box. Frames are never torn: tasks of
different frames are never one box.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import networkx as nx

from ectgraph.graph import values
from ectgraph.render.diagram import MISSING, Collapse

LADDER: tuple[Collapse, ...] = ("chain", "layer", "action", "agent")
"""From fine to coarse: a picture that is too large is grouped by the first that makes it fit."""
SHORTEST_CHAIN = 3
"""Tasks in a row from which on they become one box: fewer would hide more than they save."""
MOST_CROSSED = 8000
"""Layers that the arrows of a picture may cross all together; see `layers_crossed`."""

Keys: TypeAlias = Callable[[str], Hashable]


@dataclass(frozen=True, kw_only=True)
class Grouping:
    """Which tasks become which boxes."""

    members: list[list[str]]
    """The tasks of each box, in the order of the graph; boxes by their first task."""
    collapse: Collapse | None = None
    by_itself: bool = False
    """Whether nobody asked for it."""


def group(
    graph: nx.DiGraph[str],
    tasks: Sequence[str],
    *,
    collapse: Collapse | None,
    max_nodes: int | None,
    frame: Mapping[str, str | None],
    alone: Collection[str],
    layers: int = 0,
) -> Grouping:
    """Group tasks as asked for, and more coarsely while there are too many boxes or arrows.

    Where there always are, the way that leaves the fewest boxes is taken.

    Args:
        graph: the whole graph.
        tasks: those of the picture, in the order of the graph.
        collapse: how to group them; not at all without it, as long as they fit.
        max_nodes: the most boxes; `None`: however many.
        frame: what each task is framed by.
        alone: tasks that are not to be in any group.
        layers: how many layers there are at least, to spare the work of making them.

    >>> g = nx.DiGraph([("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")])
    >>> for task in g:
    ...     g.nodes[task].update(iss=task if task in "ad" else "x", status="present")
    >>> group(g, list(g), collapse="agent", max_nodes=None, frame={}, alone=()).members
    [['a'], ['b', 'c'], ['d']]

    """
    rungs = LADDER if collapse is None else LADDER[_first_rung(collapse) :]
    tried: list[Collapse | None] = [collapse, *(rung for rung in rungs if rung != collapse)]
    found = []
    for how in tried:
        if how == "layer" and max_nodes is not None and layers > max_nodes:
            continue
        members = _members(graph, tasks, how, frame, alone)
        found.append(Grouping(members=members, collapse=how, by_itself=how != collapse))
        if max_nodes is None or _fits(graph, found[-1], max_nodes):
            return found[-1]
    return min(found, key=lambda grouping: len(grouping.members))


def _first_rung(collapse: Collapse) -> int:
    return LADDER.index(collapse) if collapse in LADDER else len(LADDER)


def most_links(boxes: int, collapse: Collapse | None) -> int:
    """Arrows between so many boxes that people can follow, and that Graphviz can lay out.

    Groups by agent, action or workflow lead back and forth to each other, which is far harder for
    both: 180 such boxes with 350 arrows took 2 seconds, and with 400 more than 25.

    >>> most_links(100, None), most_links(100, "agent")
    (500, 210)
    """
    if collapse in (None, "chain", "layer"):
        return 4 * boxes + 100
    return boxes * 3 // 2 + 60


def layers_crossed(arrows: Iterable[tuple[int, int]]) -> int:
    """How many layers arrows between boxes lead through, all together, at most.

    Graphviz keeps a place in each of those layers for each arrow, and sorts them: that is what
    takes its time. As it does, this turns an arrow round that closes a circle.

    >>> layers_crossed([(0, 1), (1, 2), (0, 2), (2, 0)])
    4
    """
    found = sorted({pair for pair in arrows if pair[0] != pair[1]})
    graph: nx.DiGraph[int] = nx.DiGraph(found)
    down: nx.DiGraph[int] = nx.DiGraph()
    way: set[int] = set()
    for above, below, kind in nx.dfs_labeled_edges(graph, sort_neighbors=sorted):
        if kind == "reverse":
            way.discard(below)
        elif kind == "nontree" and below in way:
            down.add_edge(below, above)
        elif above != below:
            down.add_edge(above, below)
        if kind == "forward":
            way.add(below)
    layers = enumerate(nx.topological_generations(down))
    layer = {box: depth for depth, boxes in layers for box in boxes}
    return sum(layer[below] - layer[above] for above, below in down.edges)


def can_be_laid_out(
    arrows: Collection[tuple[int, int]], boxes: int, collapse: Collapse | None
) -> bool:
    """Whether people can follow so many arrows, and Graphviz can place them in some seconds."""
    return len(arrows) <= most_links(boxes, collapse) and layers_crossed(arrows) <= MOST_CROSSED


def _fits(graph: nx.DiGraph[str], grouping: Grouping, max_nodes: int) -> bool:
    members = grouping.members
    if len(members) > max_nodes:
        return False
    box = {task: number for number, tasks in enumerate(members) for task in tasks}
    arrows = {
        (box[parent], box[child])
        for parent, child in graph.edges
        if parent in box
        and child in box
        and (box[parent] != box[child] or len(members[box[parent]]) == 1)
    }
    return can_be_laid_out(arrows, len(members), grouping.collapse)


def _members(
    graph: nx.DiGraph[str],
    tasks: Sequence[str],
    how: Collapse | None,
    frame: Mapping[str, str | None],
    alone: Collection[str],
) -> list[list[str]]:
    if how is None:
        return [[task] for task in tasks]
    key = _KEYS[how](graph, tasks, frame, alone)
    found: dict[Hashable, list[str]] = {}
    for task in tasks:
        name = ("alone", task) if task in alone else (frame.get(task), key(task))
        found.setdefault(name, []).append(task)
    return list(found.values())


def _by_agent(graph: nx.DiGraph[str], *_: object) -> Keys:
    iss, status = values(graph, "iss"), values(graph, "status")
    return lambda task: (status[task] == MISSING, iss[task])


def _by_action(graph: nx.DiGraph[str], *_: object) -> Keys:
    agent, act = _by_agent(graph), values(graph, "exec_act")
    return lambda task: (agent(task), act[task])


def _by_layer(graph: nx.DiGraph[str], *_: object) -> Keys:
    action, depth = _by_action(graph), depths(graph)
    return lambda task: (action(task), depth[task])


def _by_workflow(graph: nx.DiGraph[str], *_: object) -> Keys:
    wid, status = values(graph, "wid"), values(graph, "status")
    return lambda task: (status[task] == MISSING, wid[task])


def depths(graph: nx.DiGraph[str]) -> dict[str, int]:
    """How many links above each task there are at most; those of a circle are equally deep.

    >>> depths(nx.DiGraph([("a", "b"), ("b", "c"), ("c", "b"), ("c", "d")]))
    {'a': 0, 'b': 1, 'c': 1, 'd': 2}
    """
    try:
        layers = enumerate(nx.topological_generations(graph))
        return {task: depth for depth, layer in layers for task in layer}
    except nx.NetworkXUnfeasible:
        condensed: nx.DiGraph[Any] = nx.condensation(graph)
        layers = enumerate(nx.topological_generations(condensed))
        members = values(condensed, "members")
        found = {task: depth for depth, layer in layers for knot in layer for task in members[knot]}
        return {task: found[task] for task in graph}


def _by_chain(
    graph: nx.DiGraph[str],
    tasks: Sequence[str],
    frame: Mapping[str, str | None],
    alone: Collection[str],
) -> Keys:
    """Tasks that nothing but the one before leads to, and nothing but the next builds on."""
    children = {task: next(iter(found)) for task, found in graph.adjacency() if len(found) == 1}
    above = graph.reverse(copy=False).adjacency()
    parents = {task: next(iter(found)) for task, found in above if len(found) == 1}
    status = values(graph, "status")
    ours = {task for task in tasks if task not in alone and status[task] != MISSING}
    after = {
        parent: child
        for parent, child in children.items()
        if parent in ours
        and child in ours
        and parents.get(child) == parent
        and frame.get(parent) == frame.get(child)
    }
    chain: dict[str, str] = {}
    for first in after.keys() - after.values():  # so a ring of such links has no beginning
        row = [first]
        while row[-1] in after:
            row.append(after[row[-1]])
        if len(row) >= SHORTEST_CHAIN:
            chain.update(dict.fromkeys(row, first))
    return lambda task: chain.get(task, task)


_KEYS: dict[Collapse, Callable[..., Keys]] = {
    "chain": _by_chain,
    "layer": _by_layer,
    "action": _by_action,
    "agent": _by_agent,
    "workflow": _by_workflow,
}
