"""Diagram -> JSON with a place for everything, for others to draw: `ectgraph-diagram/1`.

The places are Graphviz' where it laid the picture out, else those of `layers`. The format is
described in docs/formats.md; members may be added, never renamed or dropped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct, field

from ectgraph import escape
from ectgraph.render import caption, legend
from ectgraph.render.diagram import Box, Diagram, Frame, Link, headline
from ectgraph.render.layers import MARGIN, Place, layered
from ectgraph.render.style import COLOURS, LIGHT, Direction, Style

FORMAT = "ectgraph-diagram/1"
TASKS = 100
"""Tasks of a group that are listed."""
LINE = 13.5
"""Points a line of text needs, where nobody has measured it."""
CHARACTER = 5.6
"""Points a character needs, likewise."""
NARROWEST = 90.0


class Room(Struct, frozen=True):
    """A rectangle: its middle and its size, in points; y goes downwards."""

    x: float
    y: float
    width: float
    height: float


class Curve(Struct, frozen=True):
    """An arrow as cubic Bézier curves: a start, then three points each."""

    points: list[Place]
    tip: Place | None = None
    """Where its head ends, next to the last point."""
    tail: Place | None = None
    """Where a mark at its beginning ends, next to the first point."""


class Layout(Struct, frozen=True):
    """Where everything is."""

    width: float
    height: float
    boxes: list[Room]
    frames: Mapping[int, Room] = {}
    """By the position of the frame; one whose boxes do not lie together has none."""
    curves: Mapping[int, Curve] = {}
    """By the position of the link; the others go straight."""


def to_json(diagram: Diagram, style: Style = LIGHT, layout: bytes | None = None) -> bytes:
    """Write a diagram as JSON, with the words, the colours and the place of everything.

    Args:
        diagram: the picture.
        style: its colours, and what is written on a box.
        layout: what Graphviz makes of the DOT of the same diagram, as its `json` or `json0`.
            Without it, or where it is of another picture, boxes are in layers.

    >>> empty = Diagram(boxes=(), links=(), tasks=0, edges=0, in_scope=0)
    >>> json.loads(to_json(empty))["headline"]
    '0 tasks, 0 parent links'

    """
    words = list(_words(diagram, style))
    direction = _direction(diagram, style)
    places = None if layout is None else _laid_out(diagram, layout)
    found = {
        "format": FORMAT,
        "headline": headline(diagram),
        "positions": "layered" if places is None else "graphviz",
        "direction": direction,
        **_document(diagram, style, words, places or _in_layers(diagram, words, direction)),
    }
    text = json.dumps(msgspec.to_builtins(found), ensure_ascii=False, separators=(",", ":"))
    return f"{escape.json(text)}\n".encode()


def _direction(diagram: Diagram, style: Style) -> Direction:
    if style.direction == "auto":
        return "TB" if diagram.deep else "LR"
    return style.direction


def _document(
    diagram: Diagram, style: Style, words: list[dict[str, list[str]]], places: Layout
) -> dict[str, Any]:
    """All members but those that say what document it is."""
    colours = {agent.iss: style.agent(agent.slot) for agent in diagram.agents}
    sums = ("tasks", "edges", "scope", "in_scope", "hidden", "hidden_links", "outside_links")
    choices = ("hidden_data", "collapse", "by_itself", "alone", "unreadable", "unplaced", "remarks")
    return {
        "width": places.width,
        "height": places.height,
        **{name: getattr(diagram, name) for name in (*sums, *choices)},
        "style": {name: getattr(style, name) for name in (*COLOURS, "font", "fixed_font")},
        "agents": [
            {"iss": agent.iss, "tasks": agent.tasks, "colour": colours[agent.iss]}
            for agent in diagram.agents
        ],
        "legend": [
            {
                "look": row.look,
                "words": row.words,
                "count": row.count,
                "colour": None if row.slot is None else style.agent(row.slot),
            }
            for row in legend.rows(diagram, len(style.palette))
        ],
        "boxes": [
            _box(box) | said | {"colour": colours.get(box.iss or "", style.fill)} | _fields(room)
            for box, said, room in zip(diagram.boxes, words, places.boxes, strict=True)
        ],
        "links": [
            _fields(link)
            | {"words": caption.on_link(link)}
            | _fields(places.curves.get(number, Curve([])))
            for number, link in enumerate(diagram.links)
        ],
        "frames": [
            _fields(frame) | {"place": places.frames.get(number)}
            for number, frame in enumerate(diagram.frames)
        ],
    }


def _fields(thing: Link | Frame | Struct) -> dict[str, Any]:
    """The members of a part, by name."""
    found: dict[str, Any] = msgspec.to_builtins(thing)
    return found


def _box(box: Box) -> dict[str, Any]:
    """What a box is, with its first tasks only, and how many they are."""
    found = {name: getattr(box, name) for name in Box.__slots__}
    return found | {"tasks": box.tasks[:TASKS], "size": len(box.tasks)}


def _words(diagram: Diagram, style: Style) -> Iterator[dict[str, list[str]]]:
    """What is written on each box."""
    one_day = caption.same_day(diagram)
    for box in diagram.boxes:
        yield {
            "lines": caption.lines(box, diagram, style.label, one_day=one_day),
            "states": caption.states(box),
            "ends": caption.ends(box),
            "badges": caption.badges(box),
        }


def _in_layers(diagram: Diagram, words: list[dict[str, list[str]]], direction: Direction) -> Layout:
    """Layers of boxes that are equally wide, with room for the words of each."""
    sizes = [_size(said) for said in words]
    width = max((size[0] for size in sizes), default=0.0)
    height = max((size[1] for size in sizes), default=0.0)
    places = layered(diagram, (width, height), downwards=direction == "TB")
    boxes = [
        Room(round(x, 2), round(y, 2), width, size[1])
        for (x, y), size in zip(places, sizes, strict=True)
    ]
    frames = dict(_outermost(diagram, boxes))
    every = [*boxes, *frames.values()]
    right = max((room.x + room.width / 2 for room in every), default=0.0)
    bottom = max((room.y + room.height / 2 for room in every), default=0.0)
    return Layout(round(right, 2), round(bottom, 2), boxes, frames)


def _size(said: Mapping[str, list[str]]) -> tuple[float, float]:
    """About the room that the words of a box take; ends and badges have a line each."""
    rows = [*said["lines"], *said["states"], " · ".join(said["ends"]), "  ".join(said["badges"])]
    rows = [row for row in rows if row]
    return max(NARROWEST, round(max(map(len, rows)) * CHARACTER + 16)), len(rows) * LINE + 14


def _outermost(diagram: Diagram, boxes: list[Room]) -> Iterator[tuple[int, Room]]:
    """A rectangle for each frame that is in no other: such a one is a block of its own."""
    outer: list[int] = []
    for number, frame in enumerate(diagram.frames):
        outer.append(number if frame.parent is None else outer[frame.parent])
    within: dict[int, list[Room]] = {}
    for box, room in zip(diagram.boxes, boxes, strict=True):
        if box.frame is not None:
            within.setdefault(outer[box.frame], []).append(room)
    for number, rooms in sorted(within.items()):
        left, right = min(r.x - r.width / 2 for r in rooms), max(r.x + r.width / 2 for r in rooms)
        top, bottom = min(r.y - r.height / 2 for r in rooms), max(r.y + r.height / 2 for r in rooms)
        pad = MARGIN - 6
        middle = (left + right) / 2, (top + bottom) / 2
        yield number, Room(*middle, right - left + 2 * pad, bottom - top + 2 * pad)


class _Object(Struct):
    """A node or a cluster, as Graphviz writes it."""

    name: str
    number: int = field(name="_gvid")
    pos: str = ""
    width: str = ""
    height: str = ""
    bb: str = ""


class _Edge(Struct):
    tail: int
    head: int
    pos: str = ""


class _Graph(Struct):
    bb: str = "0,0,0,0"
    objects: list[_Object] = []
    edges: list[_Edge] = []


def _laid_out(diagram: Diagram, layout: bytes) -> Layout | None:
    """The places that Graphviz found; nothing where it does not tell that of each box."""
    try:
        graph = msgspec.json.decode(layout, type=_Graph)
        left, bottom, right, top = map(float, graph.bb.split(","))
        named = {found.name: found for found in graph.objects}
        boxes = [_room(named[f"n{number}"], left, top) for number in range(len(diagram.boxes))]
        frames = {
            number: _bounds(named[f"cluster_{number}"].bb, left, top)
            for number in range(len(diagram.frames))
            if f"cluster_{number}" in named
        }
        curves = dict(_curves(diagram, graph, left, top))
    except (msgspec.MsgspecError, ValueError, KeyError):
        return None
    return Layout(round(right - left, 2), round(top - bottom, 2), boxes, frames, curves)


def _point(text: str, left: float, top: float) -> Place:
    """A place, of which Graphviz counts y upwards."""
    x, y = text.rstrip("!").split(",")
    return round(float(x) - left, 2), round(top - float(y), 2)


def _room(found: _Object, left: float, top: float) -> Room:
    """Of a node, whose size is in inches."""
    size = round(float(found.width) * 72, 2), round(float(found.height) * 72, 2)
    return Room(*_point(found.pos, left, top), *size)


def _bounds(bb: str, left: float, top: float) -> Room:
    """Of a cluster, of which two corners are known."""
    x0, y0, x1, y1 = map(float, bb.split(","))
    middle = _point(f"{(x0 + x1) / 2},{(y0 + y1) / 2}", left, top)
    return Room(*middle, round(x1 - x0, 2), round(y1 - y0, 2))


def _curves(
    diagram: Diagram, graph: _Graph, left: float, top: float
) -> Iterator[tuple[int, Curve]]:
    """The arrows; of several between the same boxes, in the order of the links."""
    names = {found.number: found.name for found in graph.objects}
    waiting: dict[tuple[str, str], list[int]] = {}
    for number, link in reversed(list(enumerate(diagram.links))):
        waiting.setdefault((f"n{link.parent}", f"n{link.child}"), []).append(number)
    for edge in graph.edges:
        numbers = waiting.get((names[edge.tail], names[edge.head]))
        if not numbers or not edge.pos:
            continue
        ends: dict[str, Place] = {}
        points = []
        for part in edge.pos.partition(";")[0].split():
            if part[:2] in ("s,", "e,"):
                ends[part[0]] = _point(part[2:], left, top)
            else:
                points.append(_point(part, left, top))
        yield numbers.pop(), Curve(points, ends.get("e"), ends.get("s"))
