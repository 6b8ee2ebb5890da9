"""Diagram -> DOT. The text is complete and deterministic; no program is run.

Boxes are named `n0 n1 …` and frames `cluster_0 …`, by their places in the diagram: ids such as
`urn:uuid:…` would be split at the colon. Ids appear in labels and tooltips only, and every text of
a token goes through `escape`. What has to be seen is in shapes, lines and words; colour only helps.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import graphviz

from ectgraph import escape, labels
from ectgraph.model import Severity
from ectgraph.render import caption
from ectgraph.render.diagram import Box, Diagram, Frame, Link, headline
from ectgraph.render.dot_legend import table
from ectgraph.render.style import LIGHT, Style

NAME = 60
"""Characters of the name of a frame."""
MOST_CLAIMS = 40
"""Lines of a tooltip."""
BROAD = 0.63
"""Width of a letter, of its height, in a browser that has none but broad fonts."""
THICKEST = 6
"""Points of an arrow that stands for very many links."""


def to_dot(diagram: Diagram, style: Style = LIGHT) -> str:
    """Write a diagram as DOT.

    >>> empty = Diagram(boxes=(), links=(), tasks=0, edges=0, in_scope=0)
    >>> print(to_dot(empty).splitlines()[0])
    digraph workflow {

    """
    drawing = graphviz.Digraph("workflow")
    _begin(drawing, diagram, style)
    one_day = caption.same_day(diagram)
    frames = [graphviz.Digraph(f"cluster_{number}") for number in range(len(diagram.frames))]
    agents = {agent.iss: number for number, agent in enumerate(diagram.agents)}
    names = []
    for number, box in enumerate(diagram.boxes):
        lines = caption.lines(box, diagram, style.label, one_day=one_day)
        names.append(_name(box, lines))
        look = {"fillcolor": style.fill}
        agent = None if box.iss is None else agents.get(box.iss)
        if agent is not None:  # what one agent did stands in a row, where that is possible
            look = {"fillcolor": style.agent(diagram.agents[agent].slot), "group": f"a{agent}"}
        place = drawing if box.frame is None else frames[box.frame]
        place.node(f"n{number}", **look | _node(box, lines, style))
    _nest(drawing, frames, diagram, style)
    for link in diagram.links:
        drawing.edge(f"n{link.parent}", f"n{link.child}", **_edge(link, names, style))
    return str(drawing.source)


def _begin(drawing: graphviz.Digraph, diagram: Diagram, style: Style) -> None:
    """What holds for the whole picture, and its legend, which is its label: so it adds no node."""
    direction = style.direction
    if direction == "auto":
        direction = "TB" if diagram.deep else "LR"
    across, along = ("0.15", "0.8") if direction == "LR" else ("0.3", "0.45")
    drawing.attr(rankdir=direction, nodesep=across, ranksep=along, pad="0.15")
    drawing.attr(bgcolor=style.canvas)
    drawing.attr(fontname=style.font, fontsize="10", fontcolor=style.ink, labelloc="b")
    drawing.attr(tooltip=escape.dot_tooltip(headline(diagram)))
    if style.legend:
        drawing.attr(label=f"<{table(diagram, style)}>")
    drawing.attr(
        "node",
        shape="box",
        style="filled,rounded",
        color=style.outline,
        fontname=style.font,
        fontsize="9",
        fontcolor=style.text,
        margin="0.15,0.06",
        height="0.3",
    )
    drawing.attr(
        "edge",
        color=style.line,
        fontname=style.font,
        fontsize="9",
        fontcolor=style.faint,
        arrowsize="0.7",
    )


def _severity(box: Box, style: Style) -> str:
    """The colour of a box's worst finding."""
    if box.severity is None or box.severity is Severity.NOTE:
        return style.note
    return style.warning if box.severity is Severity.WARNING else style.error


def _name(box: Box, lines: Sequence[str]) -> str:
    """A box in a few words, for the tooltips of its arrows."""
    short = labels.short(box.jti or "")
    return lines[0] if short in lines[0] else f"{lines[0]} {short}"


# Boxes


def _node(box: Box, lines: Sequence[str], style: Style) -> dict[str, str]:
    """How a box looks: trust and records by line and shape, findings by a thick line and codes."""
    look: dict[str, str] = {}
    if box.missing:
        look |= {"style": "dashed", "fontcolor": style.ink, "penwidth": "1.5"}
    elif box.unverified:
        look |= {"style": "filled", "peripheries": "2"}
    if not box.single:
        look |= {"shape": "folder"}
    elif box.duplicates:
        look |= {"shape": "box3d"}
    if box.findings:
        look |= {"color": _severity(box, style), "penwidth": "2.5"}
    if style.tooltips:
        look["tooltip"] = graphviz.nohtml(_claims(box))
    return look | {"label": f"<{_card(box, lines, style)}>"}


def _card(box: Box, lines: Sequence[str], style: Style) -> str:
    """The words of a box, as an HTML-like label."""
    title, *others = lines
    words = caption.states(box)
    decisions = [*box.decisions, *(["compensation"] if box.compensations else [])]
    said = len(words) - len(decisions)  # policy and what is undone come last
    stamps = "".join(
        _stamp(text, getattr(style, _DECISIONS.get(name, "faint")), style)
        for name, text in zip(decisions, words[said:], strict=True)
    )
    codes = "".join(_badge(text, _severity(box, style), style) for text in caption.badges(box))
    rows = [_row(_line(line, box, style)) for line in others]
    rows += [_row(f"<B>{_text(line)}</B>", _room(line)) for line in words[:said]]
    rows += [_row(_pills(pills)) for pills in (stamps, codes) if pills]
    name = f'<FONT POINT-SIZE="11"><B>{_text(title)}</B></FONT>'
    rows.insert(0, _row(name, _room(title, 11)))
    ends = ", ".join(caption.ends(box))
    if ends:
        rows.append(_row(f"<I>{_text(ends)}</I>", _room(ends), "RIGHT"))
    if box.single and box.duplicates:
        rows.insert(0, _row("", 'HEIGHT="5"'))  # the upper side of the body
    look = 'BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1"'
    return f"<TABLE {look}>{''.join(rows)}</TABLE>"


_DECISIONS = {
    "approved": "good",
    "rejected": "error",
    "pending_human_review": "warning",
    "compensation": "note",
}
"""The colours of stamps, as a style calls them; an unknown decision is faint."""


def _row(content: str, look: str = "", align: str = "LEFT") -> str:
    return f'<TR><TD ALIGN="{align}" {look}>{content}</TD></TR>'


def _room(text: str, size: int = 9) -> str:
    """Least width of a cell: the font it is measured with is not always that it is shown in."""
    return f'WIDTH="{len(text) * size * BROAD:.0f}"'


def _text(text: str) -> str:
    return escape.dot_html(text) or " "  # an empty element is an error


def _line(line: str, box: Box, style: Style) -> str:
    """A line of the card; one with the id of its task is in letters of one width."""
    if {box.jti, labels.short(box.jti or "")}.intersection(line.split()):
        return f'<FONT FACE="{style.fixed_font}">{_text(line)}</FONT>'
    return _text(line)


def _pills(cells: str) -> str:
    return f'<TABLE BORDER="0" CELLSPACING="2" CELLPADDING="2"><TR>{cells}</TR></TABLE>'


def _stamp(text: str, colour: str, style: Style) -> str:
    """A small outlined cell."""
    words = f'<FONT COLOR="{colour}"><B>{_text(text)}</B></FONT>'
    look = f'BORDER="1" COLOR="{colour}" BGCOLOR="{style.canvas}" {_room(text, 10)}'
    return f"<TD {look}>{words}</TD>"


def _badge(text: str, colour: str, style: Style) -> str:
    """A small filled cell; its rim sets it off from a box of much the same colour."""
    words = f'<FONT COLOR="{style.canvas}"><B>{_text(text)}</B></FONT>'
    look = f'BORDER="1" COLOR="{style.canvas}" BGCOLOR="{colour}" {_room(text, 10)}'
    return f"<TD {look}>{words}</TD>"


def _claims(box: Box) -> str:
    """The tooltip of a box: its claims, one a line; of a group, what is to be said of it."""
    told = [f"{name}: {value}" for name, value in box.claims]
    if not told:
        told = [labels.count(len(box.tasks), "task"), *caption.states(box), *caption.ends(box)]
    more = len(told) - MOST_CLAIMS
    lines = [escape.dot_tooltip(line, escape.LONG) for line in told[:MOST_CLAIMS]]
    return "\\n".join([*lines, f"and {more:,} more"] if more > 0 else lines)


# Arrows


def _edge(link: Link, names: Sequence[str], style: Style) -> dict[str, str]:
    """How an arrow looks: line, ends and words each tell their own, so that all can be told."""
    look: dict[str, str] = {}
    width = min(THICKEST, 1 + 0.6 * math.log10(link.count))
    if link.kind == "data":
        look |= {"style": "dotted", "arrowhead": "vee", "constraint": "false"}
        look |= {"color": style.data, "fontcolor": style.data}
        width += 0.5
    if link.crossing:
        look["style"] = "dashed"
    if link.data:
        look |= {"dir": "both", "arrowtail": "dot"}
    if link.circle or link.back:
        look |= {"color": style.error, "fontcolor": style.error}
    if link.circle:
        width += 2
    if width > 1:
        look["penwidth"] = f"{width:.2g}"
    words = caption.on_link(link)
    if words:
        look["label"] = f"  {words} "
    if style.tooltips:
        told = (names[link.parent], f"to {names[link.child]}", *_counts(link))
        look["tooltip"] = graphviz.nohtml("\\n".join(map(escape.dot_tooltip, told)))
    return look


def _counts(link: Link) -> Iterator[str]:
    """What an arrow stands for, in words."""
    if link.kind == "data":
        yield "the output of the one is the input of the other, without a parent link"
        if link.count > 1:
            yield f"{link.count:,} times"
        return
    yield labels.count(link.count, "parent link")
    for number, words in (
        (link.data, "where the output is the input"),
        (link.crossing, "into another workflow"),
        (link.circle, "part of a circle"),
        (link.back, "back in time"),
    ):
        if number:
            yield words if link.count == 1 else f"{number:,} {words}"


# Frames


def _nest(
    drawing: graphviz.Digraph, frames: list[graphviz.Digraph], diagram: Diagram, style: Style
) -> None:
    """Put each frame into the one around it; innermost first, and side by side in their order."""
    inside: dict[int | None, list[int]] = {}
    for number, frame in enumerate(diagram.frames):
        inside.setdefault(frame.parent, []).append(number)
    for number, frame in reversed([*enumerate(diagram.frames)]):
        frames[number].attr(**_cluster(frame, style))
        for child in inside.get(number, ()):
            frames[number].subgraph(frames[child])
    for number in inside.get(None, ()):
        drawing.subgraph(frames[number])


def _cluster(frame: Frame, style: Style) -> dict[str, str]:
    """How a frame looks."""
    number = labels.count(frame.tasks, "task")
    if frame.kind == "circle":
        words = whole = f"circle of {number}"
        look = {"style": "dashed", "color": style.error, "penwidth": "1.5"}
        look |= {"fontcolor": style.error, "bgcolor": "transparent"}
    else:
        words = f"{frame.kind} {labels.fit(frame.label, NAME)}: {number}"
        whole = f"{frame.kind} {frame.label}: {number}"
        look = {"style": "filled,rounded", "color": style.faint, "fillcolor": style.frame}
    look |= {"labeljust": "l", "labelloc": "t", "margin": "10"}
    look["label"] = graphviz.nohtml(escape.dot(words))
    return look | {"tooltip": graphviz.nohtml(escape.dot_tooltip(whole, escape.LONG))}
