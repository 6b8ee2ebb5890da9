"""Diagram -> Mermaid, which GitHub, GitLab and many editors draw within Markdown.

Boxes are named `n0 n1 …` and frames `c0 c1 …`, by their places in the diagram. Ids and claims are
in labels only, and every text of a token goes through `escape.mermaid`. Only syntax that Mermaid
has had for years is used: a site with an old version would draw nothing at all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from ectgraph import escape, labels
from ectgraph.model import Severity
from ectgraph.render import caption
from ectgraph.render.diagram import Box, Diagram, Frame, Link, headline
from ectgraph.render.legend import Look, Row, rows
from ectgraph.render.style import LIGHT, Style

MOST_EDGES = 500
"""Arrows of a picture; with more of them Mermaid draws nothing (its `maxEdges`)."""
MOST_CHARACTERS = 50_000
"""Of a whole text; the same holds (`maxTextSize`)."""
NAME = 60
"""Characters of the name of a frame, or of an agent in the legend."""

_HEAD = """\
---
title: {title}
config:
  flowchart:
    wrappingWidth: 480
---
flowchart {direction}
accDescr: {description}"""


def to_mermaid(diagram: Diagram, style: Style = LIGHT) -> str:
    """Write a diagram as a Mermaid flowchart.

    The page that shows it chooses light or dark; of a style it takes the palette and the colours of
    trouble, the direction, the lines of a label, and whether there is a legend.

    >>> empty = Diagram(boxes=(), links=(), tasks=0, edges=0, in_scope=0)
    >>> print(to_mermaid(empty).splitlines()[6])
    flowchart TD

    """
    direction = style.direction
    if direction == "auto":
        direction = "TB" if diagram.deep else "LR"
    head = headline(diagram)
    begin = _HEAD.format(
        title=json.dumps(head),
        direction=direction.replace("TB", "TD"),
        description=escape.mermaid(head),
    )
    written = [begin, *_boxes(diagram, style), *map(_link, diagram.links)]
    if style.legend:
        written += _legend(diagram, style)
    return "\n".join([*written, *_looks(diagram, style)]) + "\n"


def in_markdown(mermaid: str) -> str:
    r"""Put a flowchart into a block that Markdown's readers draw.

    No text in it can end the block: it has no backtick.

    >>> in_markdown("flowchart TD\n")
    '```mermaid\nflowchart TD\n```\n'
    """
    return f"```mermaid\n{mermaid}```\n"


# Boxes, within their frames


def _boxes(diagram: Diagram, style: Style) -> Iterator[str]:
    """Every box, and around it its frames; those without a box in them are left out."""
    one_day = caption.same_day(diagram)
    inside: dict[int | None, list[str]] = {}
    for number, box in enumerate(diagram.boxes):
        lines = caption.lines(box, diagram, style.label, one_day=one_day)
        inside.setdefault(box.frame, []).append(_box(number, box, lines))
    for number, frame in reversed([*enumerate(diagram.frames)]):  # the inner ones come later
        if number in inside:
            body = (f"  {line}" for line in inside.pop(number))
            block = [f"subgraph c{number}[{_quoted(_title(frame))}]", *body, "end"]
            inside[frame.parent] = [*block, *inside.get(frame.parent, ())]
    yield from inside.get(None, ())


def _box(number: int, box: Box, lines: list[str]) -> str:
    """A box: its shape is its trust, its text what every picture says of it."""
    words = [*lines, *caption.states(box)]
    ends, badges = caption.ends(box), caption.badges(box)
    words += [text for text in (", ".join(ends), " ".join(badges)) if text]
    before, after = _shape(box)
    return f"n{number}{before}{_quoted(*words)}{after}"


def _shape(box: Box) -> tuple[str, str]:
    if box.missing:
        return "[", "]"
    if box.unverified:
        return "[[", "]]"
    if not box.single:
        return "{{", "}}"
    return ("[(", ")]") if box.duplicates else ("(", ")")


def _title(frame: Frame) -> str:
    tasks = labels.count(frame.tasks, "task")
    if frame.kind == "circle":
        return f"circle of {tasks}"
    return f"{frame.kind} {labels.fit(frame.label, NAME)}: {tasks}"


def _quoted(*lines: str) -> str:
    """Lines of text, of which none may be missing or means anything to Mermaid."""
    return f'"{"<br>".join(escape.mermaid(line) or " " for line in lines)}"'


# Arrows


def _link(link: Link) -> str:
    """An arrow: dotted is data alone, thick a circle, a round end data along a parent link."""
    line = "-.-" if link.kind == "data" else "==" if link.circle else "--"
    end = "o" if link.data and link.kind == "parent" else ">"
    words = "; ".join(_words(link))
    label = f"|{_quoted(words)}|" if words else ""
    return f"n{link.parent} {line}{end}{label} n{link.child}"


def _words(link: Link) -> Iterator[str]:
    """What is written at an arrow: in a group of links also how many are of which kind."""
    if words := caption.on_link(link):
        yield words
    if link.kind == "parent" and 0 < link.data < link.count:
        yield f"{link.data:,} with data"
    if link.crossing:
        yield "other workflow" if link.count == 1 else f"{link.crossing:,} to other workflows"
    if 0 < link.circle < link.count:
        yield f"{link.circle:,} in a circle"


# The legend


_MARKS: dict[Look, str] = {
    "unverified": "double line",
    "missing": "dashed",
    "duplicate": "drum, or in words",
    "findings": "thick line",
    "group": "six corners, or in words",
    "data": "round end",
    "data only": "dotted",
    "crossing": "“other workflow”",
    "circle": "thick",
    "back": "“back”",
}
"""What a look is here."""


def _legend(diagram: Diagram, style: Style) -> Iterator[str]:
    """The legend: a text without a line around it, as Mermaid has no place for one."""
    found = rows(diagram, len(style.palette))
    if found:
        yield f"legend[{_quoted(*map(_row, found))}]"
        yield "classDef legend fill:none,stroke:none,text-align:left"
        yield "class legend legend"


def _row(row: Row) -> str:
    """A line of the legend; agents are named in their boxes, and so need no sample of a colour."""
    words = labels.fit(row.words, NAME) if row.look == "agent" else row.words
    if row.look in _MARKS:
        words = f"{_MARKS[row.look]}: {row.words}"
    return words if row.count is None else f"{words}: {row.count:,}"


# Colours


def _looks(diagram: Diagram, style: Style) -> Iterator[str]:
    """The colours and lines of boxes and arrows; later ones prevail."""
    slots = {agent.iss: agent.slot % len(style.palette) for agent in diagram.agents}
    found: dict[str, list[str]] = {}
    looks = {}
    for number, box in enumerate(diagram.boxes):
        slot = None if box.iss is None else slots.get(box.iss)
        for name, look in _look(box, slot, style):
            looks[name] = look
            found.setdefault(name, []).append(f"n{number}")
    for name in sorted(found):
        yield f"classDef {name} {looks[name]}"
        yield f"class {','.join(found[name])} {name}"
    framed = {box.frame for box in diagram.boxes}
    for number, frame in reversed([*enumerate(diagram.frames)]):
        if number in framed:
            framed.add(frame.parent)
    for name, kinds, look in (
        ("frames", ("workflow", "agent"), "fill:none"),
        ("circles", ("circle",), f"fill:none,stroke:{style.error},stroke-dasharray:5 4"),
    ):
        some = [
            f"c{n}" for n, frame in enumerate(diagram.frames) if n in framed and frame.kind in kinds
        ]
        if some:
            yield f"classDef {name} {look}"
            yield f"class {','.join(some)} {name}"
    trouble = [str(n) for n, link in enumerate(diagram.links) if link.circle or link.back]
    if trouble:
        yield f"linkStyle {','.join(trouble)} stroke:{style.error}"


def _look(box: Box, slot: int | None, style: Style) -> Iterator[tuple[str, str]]:
    """(name of a class, what it looks like) of a box; the names sort as they are to be applied."""
    if box.missing:  # the page's own colours, which are light or dark
        yield "absent", "fill:none,stroke-dasharray:5 4"
    else:
        name, fill = ("agents", style.fill) if slot is None else (f"agent{slot}", style.agent(slot))
        yield name, f"fill:{fill},stroke:{style.outline},color:{style.text}"
    if box.severity is not None:
        colours = {Severity.NOTE: style.note, Severity.WARNING: style.warning}
        colour = colours.get(box.severity, style.error)
        yield f"found_{box.severity}", f"stroke:{colour},stroke-width:4px"
