"""Where the lines of a terminal drawing run: each box has its row and place, each link its lane.

Pure layout; `lanes` writes it down. A lane runs downwards, and whoever feeds it is a parent of all
who take from it further down. Children of the same parents share one, so that a task with ten
thousand children, or parents, needs a single lane. Some links may find no lane: a row names those.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal

import networkx as nx

from ectgraph.render.diagram import Diagram

FEW = 4
"""Parents of one task up to which a lane for each of them is no trouble."""

Gap = Literal["", "line", "left", "right"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One place of a row: where lines go from it. A line that only crosses another is not part."""

    up: bool = False
    down: bool = False
    left: bool = False
    right: bool = False
    box: bool = False
    gap: Gap = ""
    """What is between it and the next: a line, perhaps with an arrow head."""
    colour: int | None = None
    """The number of its lane."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the drawing; one without a box only leads lines on."""

    cells: tuple[Cell, ...]
    box: int | None = None
    unlaned: tuple[int, ...] = ()
    """Parents above the box to which no line leads."""

    @property
    def below(self) -> tuple[Cell, ...]:
        """The lines that go on from here, as a row of their own."""
        return tuple(
            Cell(up=True, down=True, colour=cell.colour) if cell.down else Cell()
            for cell in self.cells
        )


def rows(diagram: Diagram, most: int) -> Iterator[Row]:
    """Lay out a diagram, from the top, with at most so many lanes side by side."""
    ranks = {box: rank for rank, box in enumerate(order(diagram))}
    weaver = _Weaver(_lanes(diagram, ranks), most)
    for box in ranks:
        yield from weaver.place(box)


def order(diagram: Diagram) -> list[int]:
    """Parents before children, one connected part after the other, otherwise by time.

    The tasks of a circle come together, by time alone. A task without a record, and so without a
    time, stands where the first that names it does.
    """
    links = _links(diagram)
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(len(diagram.boxes)))
    graph.add_edges_from(links)
    never = float("inf")
    times = [never if box.first is None else box.first for box in diagram.boxes]
    for parent, child in links:
        if diagram.boxes[parent].first is None:
            times[parent] = min(times[parent], times[child])
    begins: dict[int, tuple[float, int]] = {}
    for part in nx.weakly_connected_components(graph):
        begins |= dict.fromkeys(part, min((times[box], box) for box in part))
    circles = nx.condensation(graph)
    members: dict[int, list[int]] = {
        circle: sorted(circles.nodes[circle]["members"], key=lambda box: (times[box], box))
        for circle in circles
    }

    def place(circle: int) -> tuple[tuple[float, int], float, int]:
        first = members[circle][0]
        return begins[first], times[first], first

    found = nx.lexicographical_topological_sort(circles, key=place)
    return [*chain.from_iterable(members[circle] for circle in found)]


def _links(diagram: Diagram) -> list[tuple[int, int]]:
    return [(link.parent, link.child) for link in diagram.links if link.kind == "parent"]


@dataclass(eq=False, slots=True)
class _Lane:
    """A line downwards; its sources are above its sinks, and each is a parent of each."""

    number: int
    sources: list[int]
    sinks: list[int] = field(default_factory=list)
    drawn: bool = True


def _lanes(diagram: Diagram, ranks: dict[int, int]) -> list[_Lane]:
    """Decide which links share a lane. Links that lead back up have none.

    Usually a parent has one for all of its children. Children of the same parents have one of their
    own where that makes those of several parents needless, or where the parents are many.
    """
    parents: dict[int, list[int]] = {}
    for parent, child in _links(diagram):
        if ranks[parent] < ranks[child]:
            parents.setdefault(child, []).append(parent)
    families: dict[tuple[int, ...], list[int]] = {}
    for child in ranks:
        if child in parents:
            family = tuple(sorted(parents[child], key=ranks.__getitem__))
            families.setdefault(family, []).append(child)
    number_of = Counter(chain.from_iterable(families))
    found: dict[tuple[int, ...], _Lane] = {}
    for family, children in families.items():
        needless = sum(number_of[parent] == 1 for parent in family)
        together = needless > 1 or len(family) > FEW
        for sources in [family] if together else [(parent,) for parent in family]:
            lane = found.setdefault(sources, _Lane(len(found), [*sources]))
            lane.sinks += children
    for lane in found.values():
        lane.sinks.sort(key=ranks.__getitem__)
    return [*found.values()]


class _Weaver:
    """Gives boxes and lanes their places, row by row."""

    def __init__(self, lanes: Sequence[_Lane], most: int) -> None:
        self._feeds: dict[int, list[_Lane]] = {}
        self._takes: dict[int, list[_Lane]] = {}
        for lane in lanes:
            for box in lane.sources:
                self._feeds.setdefault(box, []).append(lane)
            for box in lane.sinks:
                self._takes.setdefault(box, []).append(lane)
        self._open: list[_Lane | None] = [None] * (most + 1)
        """The lanes that run at this height; the last place is for a box that finds no other."""
        self._marked: int | None = None
        """Where the row above has a box."""

    def place(self, box: int) -> Iterator[Row]:
        """The row of a box, and a row above it where lines could be mistaken without."""
        takes = self._takes.get(box, [])
        taken = {place for place, lane in enumerate(self._open) if lane in takes}
        ending = {place for place in taken if self._sinks(place)[-1] == box}
        place = self._choose(taken, ending)
        beside = taken - {place}
        if place == self._marked and (place in taken) is bool(beside):
            yield self._pass()  # a box right below a box, and with no arrow head, is its child
        before = [*self._open]
        for each in ending:
            self._open[each] = None
        between = [*self._open]
        fed = self._feed(box, place)
        if {one < place for one in beside} & {one < place for one in fed}:  # on the same side
            between[place] = before[place] or before[min(beside)]
            yield Row(_cells(place, before, between, beside, (), box=False))
            before, beside = between, set()
        cells = _cells(place, before, self._open, beside, fed, box=True)
        unlaned = chain.from_iterable(lane.sources for lane in takes if not lane.drawn)
        self._marked = place
        yield Row(cells, box, tuple(unlaned))

    def _sinks(self, place: int) -> list[int]:
        lane = self._open[place]
        return lane.sinks if lane else []

    def _choose(self, taken: Collection[int], ending: Collection[int]) -> int:
        """A place for a box: where a lane ends, or further left; else a free one."""
        if ending:
            place = free = min(ending)
            while free and self._open[free - 1] is None:
                free -= 1
            return place if free == self._marked else free
        free_ones = [place for place, lane in enumerate(self._open) if lane is None]
        if taken:
            right = (place for place in free_ones if place > min(taken))
            return next(right, free_ones[0])
        if all(lane is None for lane in self._open):
            return 0
        return next((place for place in free_ones if place != self._marked), free_ones[0])

    def _feed(self, box: int, place: int) -> set[int]:
        """Lead lines from a box to its lanes; the places of those that it does not stand on."""
        lanes = self._feeds.get(box, [])
        fed = {each for each, lane in enumerate(self._open) if lane in lanes}
        for lane in sorted(lanes, key=lambda lane: len(lane.sources)):
            if lane.sources[0] != box:
                continue
            free = [each for each, other in enumerate(self._open[:-1]) if other is None]
            if len(lane.sources) > 1 and len(free) > 1:  # the next source may stand here
                free.sort(key=lambda each: (each == place, each < place, each))
            elif place in free:
                free = [place]
            if not free:
                lane.drawn = False
                continue
            self._open[free[0]] = lane
            fed.add(free[0])
        return fed - {place}

    def _pass(self) -> Row:
        """A row in which all lines go on."""
        self._marked = None
        return Row(
            tuple(
                Cell() if lane is None else Cell(up=True, down=True, colour=lane.number)
                for lane in self._open
            )
        )


def _cells(
    centre: int,
    before: Sequence[_Lane | None],
    after: Sequence[_Lane | None],
    beside: Collection[int],
    fed: Collection[int],
    *,
    box: bool,
) -> tuple[Cell, ...]:
    """A row with lines from a place to others, or from there to it."""
    touched = {centre, *beside, *fed}
    first, last = min(touched), max(touched)
    cells = []
    for place, (above, below) in enumerate(zip(before, after, strict=True)):
        joined = place in touched or (first < place < last and above is None and below is None)
        gap: Gap = "line" if first <= place < last else ""
        if gap and place == centre - 1 and any(one < centre for one in beside):
            gap = "right"
        if gap and place == centre and any(one > centre for one in beside):
            gap = "left"
        lane = below or above
        cells.append(
            Cell(
                up=above is not None,
                down=below is not None,
                left=joined and first < place,
                right=joined and place < last,
                box=box and place == centre,
                gap=gap,
                colour=lane.number if lane else None,
            )
        )
    return tuple(cells)
