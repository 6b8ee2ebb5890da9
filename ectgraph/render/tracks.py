"""Where the lines of a terminal drawing run: each box has its rows and its lane.

Pure layout; `lanes` writes it down. It is that of `git log --graph`, with the roots on top: a lane
runs down to one box that it awaits, and all who lead into it are parents of that box. Links that
find no lane are for words.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import networkx as nx

from ectgraph.render.diagram import Diagram

MARK = "●"
"""Stands for a box in its row."""
_LINES = "   │ ╯╮┤ ╰╭├─┴┬┼"
"""By where they lead: 1 for up, 2 for down, 4 for left, 8 for right, added up."""


@dataclass(frozen=True, slots=True)
class Step:
    """What is drawn for a box: every other character of a row is a lane."""

    box: int
    place: int
    """Its lane, from the left."""
    led: bool
    """Whether a line leads to it."""
    rows: tuple[str, ...]
    """The row with its mark, and one that leads lines to other lanes if there is need of it."""
    below: str
    """A row in which all lines just go on."""
    untold: tuple[int, ...]
    """Parents above it to which no line leads."""


def steps(diagram: Diagram, most: int) -> Iterator[Step]:
    """Lay out a diagram, from the top, with at most so many lines side by side."""
    ranks = {box: rank for rank, box in enumerate(order(diagram))}
    children: dict[int, list[int]] = {}
    for parent, child in _links(diagram):
        if ranks[parent] < ranks[child]:
            children.setdefault(parent, []).append(child)
    weaver = _Weaver(most)
    for box in ranks:
        yield weaver.place(box, sorted(children.get(box, ()), key=ranks.__getitem__))


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


class _Weaver:
    """Gives boxes and links their lanes, box by box."""

    def __init__(self, most: int) -> None:
        self._awaits: list[int | None] = [None] * (most + 1)
        """By lane the box that it leads to; the last is for boxes that find no other."""
        self._untold: dict[int, list[int]] = {}

    def place(self, box: int, children: Sequence[int]) -> Step:
        """Draw a box in the lane that awaits it, else in the first free one; then its links."""
        led = box in self._awaits
        place = self._awaits.index(box if led else None)
        self._awaits[place] = None
        before = [*self._awaits]
        touched = {place, *self._lead(box, place, children)}
        rows = [_row(before, before, {place}, place)]
        if len(touched) > 1:
            rows.append(_row(before, self._awaits, touched, place))
        below = _row(self._awaits, self._awaits)
        return Step(box, place, led, tuple(rows), below, tuple(self._untold.pop(box, ())))

    def _lead(self, box: int, place: int, children: Sequence[int]) -> Iterator[int]:
        """Lead lines from a box to its children; the lanes that they take or join."""
        awaits = self._awaits
        for child in children:
            if child in awaits:
                lane = awaits.index(child)
                if len(children) == 1 and place < lane:  # both go on further left
                    awaits[lane], awaits[place] = None, child
                yield lane
                continue
            free = [lane for lane, other in enumerate(awaits[:-1]) if other is None]
            if free:
                lane = min(free, key=lambda lane: (lane != place, lane < place, lane))
                awaits[lane] = child
                yield lane
            else:
                self._untold.setdefault(child, []).append(box)


def _row(
    above: Sequence[int | None],
    below: Sequence[int | None],
    touched: Collection[int] = (),
    place: int = -1,
) -> str:
    """A row that leads lines from a place to those touched; just its mark if that is all."""
    first, last = min(touched, default=-1), max(touched, default=-1)
    row = ""
    for lane, (up, down) in enumerate(zip(above, below, strict=True)):
        ways = (up is not None or lane == place) + 2 * (down is not None)
        run = first < lane < last
        if lane in touched:
            sign = MARK if first == last else _LINES[ways + 4 * (lane > first) + 8 * (lane < last)]
        else:
            sign = _LINES[ways or 12 * run]
        row += sign + ("─" if first <= lane < last else " ")
    return row.rstrip()
