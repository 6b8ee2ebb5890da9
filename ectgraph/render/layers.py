"""Diagram -> a place for each box, in linear time: for pictures that are too big for Graphviz.

Boxes stand in layers, each after all of its parents. What belongs together, a frame or a piece of
the graph, is a block by itself; a long layer is folded, and the blocks are packed like text.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import networkx as nx

from ectgraph.graph import values
from ectgraph.render.diagram import Diagram

Place = tuple[float, float]

CELL = (200.0, 72.0)
"""Width and height of a box, in points, unless somebody knows better."""
BETWEEN_LAYERS = 48.0
BESIDE = 18.0
"""Points between boxes of one layer."""
MARGIN = 28.0
"""Points around a block, where its frame is drawn."""
ASPECT = 1.6
"""Width to height, as far as there is a choice."""
SHORTEST = 6
"""Boxes of a layer that are never folded."""


def layered(
    diagram: Diagram, cell: tuple[float, float] = CELL, *, downwards: bool | None = None
) -> list[Place]:
    """The middle of each box, x to the right and y downwards, from the corner at (0, 0).

    Args:
        diagram: the picture.
        cell: width and height of the largest box.
        downwards: whether children stand below their parents, or to the right of them; what suits
            the shape of the graph without it.

    >>> layered(Diagram(boxes=(), links=(), tasks=0, edges=0, in_scope=0))
    []

    """
    downwards = diagram.deep if downwards is None else downwards
    block_of = _blocks(diagram)
    blocks = _layers(diagram, block_of)
    along, across = cell if not downwards else cell[::-1]
    steps = along + BETWEEN_LAYERS, across + BESIDE
    ratio = 1 / ASPECT if not downwards else ASPECT
    laid = []
    for layers in blocks:
        size = sum(map(len, layers))
        most = max(SHORTEST, math.ceil(math.sqrt(size * ratio * steps[0] / steps[1])))
        laid.append(_block(layers, most, steps, downwards=downwards))
    return _pack(laid, cell, len(diagram.boxes))


def _blocks(diagram: Diagram) -> list[int]:
    """For each box the block it is in: an outermost frame, else a piece of what is in none."""
    outermost: list[int] = []
    for number, frame in enumerate(diagram.frames):
        outermost.append(number if frame.parent is None else outermost[frame.parent])
    block_of = [-1 if box.frame is None else outermost[box.frame] for box in diagram.boxes]
    loose: nx.Graph[int] = nx.Graph()
    loose.add_nodes_from(box for box, block in enumerate(block_of) if block < 0)
    loose.add_edges_from(
        (link.parent, link.child)
        for link in diagram.links
        if block_of[link.parent] < 0 and block_of[link.child] < 0
    )
    for number, piece in enumerate(nx.connected_components(loose), len(diagram.frames)):
        for box in piece:
            block_of[box] = number
    return block_of


def _layers(diagram: Diagram, block_of: Sequence[int]) -> list[list[list[int]]]:
    """The blocks, each as its layers of boxes; boxes of one circle stand together in one layer."""
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(len(diagram.boxes)))
    graph.add_edges_from(
        (link.parent, link.child)
        for link in diagram.links
        if link.kind == "parent" and block_of[link.parent] == block_of[link.child]
    )
    if not graph:
        return []
    knots = nx.condensation(graph)
    members = {knot: sorted(found) for knot, found in values(knots, "members").items()}
    by_block: dict[int, list[list[int]]] = defaultdict(list)
    for depth, generation in enumerate(nx.topological_generations(knots)):
        for knot in sorted(generation, key=members.__getitem__):
            layers = by_block[block_of[members[knot][0]]]
            if len(layers) == depth:
                layers.append([])
            layers[depth].append(knot)
    for layers in by_block.values():
        _untangle(layers, knots)
    return [
        [[box for knot in layer for box in members[knot]] for layer in layers]
        for _, layers in sorted(by_block.items())
    ]


def _untangle(layers: list[list[int]], graph: nx.DiGraph[int]) -> None:
    """Order each layer by where its neighbours stand: down by parents, up by children, down."""
    place: dict[int, float] = {}
    for layer in layers:
        _spread(layer, place)
    for above, ordered in (
        (graph.pred, layers),
        (graph.succ, layers[::-1]),
        (graph.pred, layers),
    ):
        for layer in ordered:
            wanted = {knot: _mean(above[knot], place, place[knot]) for knot in layer}
            layer.sort(key=wanted.__getitem__)
            _spread(layer, place)


def _spread(layer: Sequence[int], place: dict[int, float]) -> None:
    """Note where each stands in its layer, from 0 to 1."""
    for number, knot in enumerate(layer):
        place[knot] = (number + 0.5) / len(layer)


def _mean(neighbours: Mapping[int, object], place: Mapping[int, float], without: float) -> float:
    found = [place[knot] for knot in neighbours]
    return sum(found) / len(found) if found else without


@dataclass(frozen=True)
class _Block:
    """Boxes with their places, from the corner of the block."""

    places: dict[int, Place]
    width: float
    height: float


def _block(
    layers: Sequence[Sequence[int]], most: int, steps: tuple[float, float], *, downwards: bool
) -> _Block:
    """Set the layers one after the other, each in the middle, in rows of at most so many."""
    rows = [
        layer[start : start + length]
        for layer in layers
        for length in [math.ceil(len(layer) / math.ceil(len(layer) / most))]
        for start in range(0, len(layer), length)
    ]
    widest = max(map(len, rows))
    places = {
        box: (number * steps[0], (position + (widest - len(row)) / 2) * steps[1])
        for number, row in enumerate(rows)
        for position, box in enumerate(row)
    }
    size = (len(rows) - 1) * steps[0], (widest - 1) * steps[1]
    if downwards:
        return _Block({box: place[::-1] for box, place in places.items()}, size[1], size[0])
    return _Block(places, *size)


def _pack(blocks: Sequence[_Block], cell: tuple[float, float], boxes: int) -> list[Place]:
    """Put blocks side by side in rows, the highest first."""
    outer = [
        (block.width + cell[0] + 2 * MARGIN, block.height + cell[1] + 2 * MARGIN)
        for block in blocks
    ]
    room = math.sqrt(ASPECT * sum(width * height for width, height in outer))
    room = max([room, *(width for width, _ in outer)])
    places: list[Place] = [(0.0, 0.0)] * boxes
    x = y = deepest = 0.0
    for number in sorted(range(len(blocks)), key=lambda number: (-outer[number][1], number)):
        width, height = outer[number]
        if x + width > room:
            x, y, deepest = 0.0, y + deepest, 0.0
        left, top = x + MARGIN + cell[0] / 2, y + MARGIN + cell[1] / 2
        for box, (dx, dy) in blocks[number].places.items():
            places[box] = (left + dx, top + dy)
        x, deepest = x + width, max(deepest, height)
    return places
