"""What a picture shows: boxes, links, frames, and what is left out. Every drawer draws from this.

`compose` makes a `Diagram` of a graph; `dot`, `mermaid`, `lanes` and `positions` write it down.
All text in it is a token's, as it was found: it is escaped where it is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ectgraph import labels
from ectgraph.model import Severity

Collapse = Literal["chain", "layer", "action", "agent", "workflow"]
"""What becomes one box: tasks in a row; tasks of one agent and action, equally deep; of one agent
and action; of one agent; of one workflow."""
Cluster = Literal["auto", "none", "workflow", "agent"]
"""What a frame is drawn around; `auto` frames workflows where there are several, but not many."""
MAX_NODES = 400
"""Boxes of a picture; above that nobody can read it, and few programs can draw it."""
MISSING = "missing"
"""Stands among the trusts of a box for tasks that have no record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One task, or several that are drawn as one."""

    tasks: tuple[str, ...]
    """The nodes of the graph that it stands for, in the order of the graph."""
    jti: str | None
    """Of a box that is one task; so with all claims: a group has those that its tasks share."""
    wid: str | None
    iss: str | None
    exec_act: str | None
    wids: int
    """How many different `wid` its tasks have; so for agents and actions."""
    agents: int
    actions: int
    first: float | None
    """The earliest `iat`, as NumericDate."""
    last: float | None
    trust: Mapping[str, int]
    """Tasks by their trust; those without a record as `missing`. Sorted by name."""
    duplicates: int
    """Tasks that several different records claim."""
    findings: Mapping[str, int]
    """How many findings there are of each code, worst first."""
    severity: Severity | None
    """Of the worst finding."""
    decisions: Mapping[str, int]
    """Policy decisions, as stated. Sorted by name."""
    compensations: int
    """Tasks that say of themselves that they undo something."""
    roots: int
    """Tasks that name no parent, in the whole graph."""
    leaves: int
    """Tasks that no other names, in the whole graph."""
    inside: int = 0
    """Parent links between its own tasks; not those of a single task to itself, which are links."""
    more_parents: int = 0
    """Links from tasks that the picture does not show."""
    more_children: int = 0
    """Links to tasks that the picture does not show."""
    frame: int | None = None
    """Position of the innermost frame around it."""
    claims: tuple[tuple[str, str], ...] = ()
    """What its token says, claim by claim, for those who ask; only of a single task."""

    @property
    def single(self) -> bool:
        """Whether it is one task."""
        return len(self.tasks) == 1

    @property
    def missing(self) -> bool:
        """Whether none of its tasks has a record."""
        return self.trust.get(MISSING, 0) == len(self.tasks)

    @property
    def unverified(self) -> int:
        """Tasks with a record whose signature did not verify."""
        return len(self.tasks) - self.trust.get("verified", 0) - self.trust.get(MISSING, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One arrow: some parent links between two boxes, or a way that data went without one."""

    parent: int
    """Position of the box that it comes from."""
    child: int
    kind: Literal["parent", "data"] = "parent"
    """`data`: an `out_hash` meets an `inp_hash` where no token names a parent."""
    count: int = 1
    """How many links of the graph it stands for."""
    data: int = 0
    """Of a parent link: in how many the child's `inp_hash` is the parent's `out_hash`."""
    crossing: int = 0
    """In how many the two tasks are of different workflows."""
    circle: int = 0
    """How many are part of a circle."""
    back: int = 0
    """In how many the child was issued before its parent."""
    jump: float = 0
    """The longest of those jumps back in time, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A line around boxes that belong together."""

    kind: Literal["workflow", "agent", "circle"]
    label: str
    """The `wid` or the `iss`; of a circle nothing."""
    tasks: int
    """How many tasks of the picture's scope are in it, drawn or not."""
    parent: int | None = None
    """Position of the frame around it; it comes before this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """An issuer in the picture."""

    iss: str
    tasks: int
    """How many of the tasks that are drawn are its own."""
    slot: int
    """Its place in a palette of any length; the same in every picture of the ledger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagram:
    """A whole picture, before anybody draws it.

    Parent links of the graph are all accounted for: those of `links`, those `inside` of boxes,
    `hidden_links` and `outside_links` add up to the edges of the graph.
    """

    boxes: tuple[Box, ...]
    """In the order of the graph, groups by their first task."""
    links: tuple[Link, ...]
    """Sorted by parent, child and kind."""
    frames: tuple[Frame, ...] = ()
    agents: tuple[Agent, ...] = ()
    """Those in the picture, sorted by `iss`."""
    tasks: int
    """Tasks of the graph, recorded or only named."""
    edges: int
    """Parent links of the graph."""
    scope: tuple[str, ...] = ()
    """What it was narrowed to, in phrases; nothing: it is of the whole graph. May hold ids."""
    in_scope: int
    """Tasks that the scope leaves; of these `hidden` are in no box."""
    hidden: int = 0
    hidden_links: int = 0
    """Parent links between tasks of the scope that no arrow shows."""
    outside_links: int = 0
    """Parent links of the graph with an end outside of the scope."""
    hidden_data: int = 0
    """Ways of data between tasks of the scope that no arrow shows."""
    collapse: Collapse | None = None
    """How tasks were grouped."""
    by_itself: bool = False
    """Whether grouping or hiding was not asked for, but needed to keep to the node budget."""
    alone: int = 0
    """Tasks with errors that were kept out of groups, to be seen."""
    unreadable: int = 0
    """Records that are no task, and so in no picture: they cannot be read, or have no `jti`."""
    unplaced: int = 0
    """Findings that no box tells: about no task, or about a hidden one."""
    remarks: tuple[str, ...] = field(default=())
    """What else has to be said of it; plain text of ours."""

    @property
    def groups(self) -> int:
        """Boxes that stand for several tasks."""
        return sum(not box.single for box in self.boxes)

    @property
    def deep(self) -> bool:
        """Whether it has more boxes in a row than side by side, so that it should go downwards."""
        above: dict[int, int] = {}
        for link in self.links:  # sorted by parent, which mostly comes before its child
            if link.kind == "parent" and link.parent < link.child:
                level = above.get(link.parent, 0) + 1
                above[link.child] = max(above.get(link.child, 0), level)
        rows = max(above.values(), default=0) + 1
        return len(self.boxes) <= rows * max(WIDE, rows // 4)


WIDE = 4
"""Boxes a row, on average, above which a picture goes from left to right."""

GROUPED: dict[str, str] = {
    "chain": "tasks in a row are one box",
    "layer": "tasks of one agent and action, equally deep, are one box",
    "action": "tasks of one agent and action are one box",
    "agent": "tasks of one agent are one box",
    "workflow": "tasks of one workflow are one box",
}
"""How tasks were grouped, in words."""


def headline(diagram: Diagram) -> str:
    """What the picture shows, in a line: the sums, and what is grouped, outside or hidden.

    >>> headline(Diagram(boxes=(), links=(), tasks=0, edges=0, in_scope=0))
    '0 tasks, 0 parent links'
    """
    drawn = diagram.in_scope - diagram.hidden
    missing = sum(box.trust.get(MISSING, 0) for box in diagram.boxes)
    links = sum(link.count for link in diagram.links if link.kind == "parent")
    links += sum(box.inside for box in diagram.boxes)
    words = labels.count(drawn - missing, "task")
    words += f" and {missing:,} missing" if missing else ""
    if diagram.groups:
        single = len(diagram.boxes) - diagram.groups
        words += f" in {labels.count(diagram.groups, 'group')}"
        words += f" and {single:,} by themselves" if single else ""
    words += f", {labels.count(links, 'parent link')}"
    outside = diagram.tasks - diagram.in_scope
    if outside:
        are = "is" if outside == 1 else "are"
        words += f"; {labels.count(outside, 'task')} {are} outside of what was asked for"
    if diagram.hidden:
        words += f"; {diagram.hidden:,} hidden"
    return words
