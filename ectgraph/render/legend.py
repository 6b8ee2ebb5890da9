"""What the marks of a picture mean, and how often each occurs in it.

Rows name a look by a word; each drawer has its own way to show it, and to call it. Only what is
there is explained.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ectgraph import labels
from ectgraph.render.diagram import GROUPED, MISSING, Diagram

AGENTS = 12
"""Agents that a legend names."""

Look = Literal[
    "agent",
    "unverified",
    "missing",
    "duplicate",
    "findings",
    "group",
    "data",
    "data only",
    "crossing",
    "circle",
    "back",
    "text",
]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a legend."""

    look: Look
    words: str
    """What it means; an agent's is its `iss`, as it was found."""
    count: int | None = None
    slot: int | None = None
    """Of an agent: its place in the palette."""


def rows(diagram: Diagram, colours: int = 0) -> list[Row]:
    """The lines of a legend: agents, looks of boxes, looks of links, what is left out.

    Args:
        diagram: the picture.
        colours: how many colours for agents there are, after which they recur; agents are not
            listed where there are none.

    """
    return [
        *(_agents(diagram, colours) if colours else ()),
        *(row for row in (*_boxes(diagram), *_links(diagram)) if row.count),
        *_left_out(diagram),
    ]


def _agents(diagram: Diagram, colours: int) -> Iterator[Row]:
    named = sorted(diagram.agents, key=lambda agent: (-agent.tasks, agent.iss))[:AGENTS]
    for agent in sorted(named, key=lambda agent: agent.iss):
        yield Row("agent", agent.iss, agent.tasks, agent.slot)
    more = len(diagram.agents) - len(named)
    if more:
        yield Row("text", f"and {labels.count(more, 'agent')} more")
    if len({agent.slot % colours for agent in diagram.agents}) < len(diagram.agents):
        yield Row("text", "some agents share a colour")


def _boxes(diagram: Diagram) -> Iterator[Row]:
    boxes = diagram.boxes
    unverified = sum(box.unverified for box in boxes)
    yield Row("unverified", "signature not verified", unverified)
    missing = sum(box.trust.get(MISSING, 0) for box in boxes)
    yield Row("missing", "named as a parent, no record", missing)
    duplicates = sum(box.duplicates for box in boxes)
    yield Row("duplicate", "recorded more than once", duplicates)
    found = sum(bool(box.findings) for box in boxes)
    yield Row("findings", "findings, named by their codes", found)
    yield Row("group", GROUPED[diagram.collapse or "chain"], diagram.groups)


def _links(diagram: Diagram) -> Iterator[Row]:
    signed = [link for link in diagram.links if link.kind == "parent"]
    data = sum(link.data for link in signed)
    yield Row("data", "the output of the one is the input of the other", data)
    only = sum(link.count for link in diagram.links if link.kind == "data")
    yield Row("data only", "output meets input, no parent link", only)
    crossing = sum(link.crossing for link in signed)
    yield Row("crossing", "into another workflow", crossing)
    circle = sum(link.circle for link in signed)
    yield Row("circle", "part of a circle", circle)
    back = sum(link.back for link in signed)
    yield Row("back", "the child was issued before its parent", back)


def _left_out(diagram: Diagram) -> Iterator[Row]:
    for phrase in diagram.scope:
        yield Row("text", f"only {phrase}")
    if diagram.alone:
        yield Row("text", "tasks with errors are not in groups", diagram.alone)
    for words, count in (
        ("tasks hidden, for want of room", diagram.hidden),
        ("links between tasks not drawn, for want of room", diagram.hidden_links),
        ("links to tasks outside of the picture", diagram.outside_links),
        ("meetings of output and input not drawn", diagram.hidden_data),
        ("records that are no task: not readable, or without a jti", diagram.unreadable),
        ("findings about no task that is drawn: see the report", diagram.unplaced),
    ):
        if count:
            yield Row("text", words, count)
    for remark in diagram.remarks:
        yield Row("text", remark)
