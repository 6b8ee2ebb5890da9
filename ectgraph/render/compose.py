"""Graph + ledger + findings -> Diagram: the one place that decides what a picture shows.

Nothing is lost on the way: every task of the graph is in a box, hidden or outside of the scope, and
every parent link is an arrow, inside a box, hidden or outside. Linear in the graph.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import Any, get_args

import networkx as nx

from ectgraph.analysis.data_flow import DataFlow
from ectgraph.errors import EctgraphError
from ectgraph.graph import Shape, values
from ectgraph.ledger import Ledger
from ectgraph.model import Finding, Severity
from ectgraph.render.diagram import (
    GROUPED,
    MAX_NODES,
    MISSING,
    Agent,
    Box,
    Cluster,
    Collapse,
    Diagram,
    Frame,
    Link,
)
from ectgraph.render.facts import Facts, findings_by_task
from ectgraph.render.grouping import can_be_laid_out, group, most_links
from ectgraph.render.scope import Scope, narrow
from ectgraph.toml import did_you_mean

SLOTS = 8
"""Places in a palette after which colours recur."""
MOST_WORKFLOWS = 12
"""Workflows that are framed without anybody asking for it."""


def compose(
    graph: nx.DiGraph[str],
    *,
    ledger: Ledger | None = None,
    findings: Iterable[Finding] = (),
    scope: Scope | None = None,
    collapse: Collapse | None = None,
    cluster: Cluster = "auto",
    max_nodes: int | None = MAX_NODES,
    data_flow: bool = True,
    shape: Shape | None = None,
) -> Diagram:
    """Decide what a picture shows.

    Args:
        graph: as `ectgraph.graph.build` makes it, or any part or view of that.
        ledger: what the graph was built from; without it nothing is known of policy decisions,
            compensation, data and other claims.
        findings: those that are to be seen; ignored ones are not.
        scope: what to narrow the picture to.
        collapse: what becomes one box.
        cluster: what to draw frames around.
        max_nodes: the most boxes. A picture that would have more, or too many arrows (see
            `grouping.can_be_laid_out`), is grouped by itself, then boxes are hidden: those
            without findings, the smallest and those with the fewest links first. `None`: all is
            drawn.
        data_flow: whether to tell where an output meets an input.
        shape: depth and circles of the graph, where somebody measured it already.

    Raises:
        EctgraphError: the scope names something that there is not, or a word is unknown.

    >>> g = nx.DiGraph()
    >>> g.add_node("a", jti="a", exec_act="plan", status="present", trust="verified")
    >>> compose(g).boxes[0].exec_act
    'plan'

    """
    _check("collapse", collapse, (None, *GROUPED))
    _check("cluster", cluster, get_args(Cluster))
    if max_nodes is not None and max_nodes < 1:
        message = f"max_nodes: {max_nodes} leaves no room for anything"
        raise EctgraphError(message)
    by_task = findings_by_task(findings)
    shown, phrases = narrow(
        graph, scope or Scope(), ledger=ledger, findings=chain.from_iterable(by_task.values())
    )
    tasks = list(graph) if shown is None else shown
    facts = Facts(graph=graph, ledger=ledger, by_task=by_task, measured=shape)
    frame = _frames_of(facts, tasks, cluster)
    alone = _alone(tasks, by_task, max_nodes)
    grouping = group(
        graph,
        tasks,
        collapse=collapse,
        max_nodes=max_nodes,
        frame=frame,
        alone=alone,
        layers=facts.shape.depth + 1 if shown is None else 0,
    )
    members, hidden = _within(grouping.members, max_nodes, facts)
    drawing = _Drawing(facts=facts, tasks=tasks, members=members, data_flow=data_flow)
    frames, inner = _frames(drawing, frame, cluster)
    arrows = [*drawing.parent_links(), *drawing.data_links()]
    arrows.sort(key=lambda link: (link.parent, link.child, link.kind))
    links, dropped = arrows, list[Link]()
    if max_nodes is not None:
        links, dropped = _fitting(arrows, len(members), grouping.collapse)
    drawing.not_drawn(dropped)
    boxes = tuple(drawing.box(number, inner.get(number)) for number in range(len(members)))
    in_groups = any(len(tasks) > 1 for tasks in members)
    unseen = (by_task.keys() - set(graph)) | (set(tasks) - drawing.box_of.keys())
    return Diagram(
        boxes=boxes,
        links=tuple(links),
        frames=tuple(frames),
        agents=_agents(graph, members),
        tasks=len(graph),
        edges=graph.number_of_edges(),
        scope=phrases,
        in_scope=len(tasks),
        hidden=hidden,
        hidden_links=drawing.hidden_links,
        outside_links=drawing.outside_links,
        hidden_data=drawing.hidden_data,
        collapse=grouping.collapse,
        by_itself=grouping.by_itself or bool(hidden),
        alone=len(alone) if in_groups else 0,
        unreadable=0 if ledger is None else _no_task(ledger),
        unplaced=sum(len(told) for task, told in by_task.items() if task in unseen),
    )


def _no_task(ledger: Ledger) -> int:
    """Records that cannot be read, or have no `jti`."""
    return len(ledger) - sum(map(len, ledger.tasks.values()))


def _check(name: str, value: object, known: Collection[object]) -> None:
    if value not in known:
        words = [word for word in known if isinstance(word, str)]
        message = f"{name}: {value!r} is not possible{did_you_mean(str(value), words)}"
        raise EctgraphError(message)


def _frames_of(facts: Facts, tasks: Sequence[str], cluster: Cluster) -> dict[str, str | None]:
    """The workflow or the agent that each task is framed by; nothing where there are no frames.

    A task without a record belongs to the workflow of those that name it, if that is one.
    """
    if cluster == "none":
        return {}
    names = facts.values("iss" if cluster == "agent" else "wid")
    found = {task: names[task] for task in tasks}
    several = len({*found.values()} - {None})
    if cluster == "auto" and not 1 < several <= MOST_WORKFLOWS:
        return {}
    if cluster != "agent":
        status = facts.values("status")
        for task in found:
            if status[task] == MISSING:
                naming = {names[child] for child in facts.graph.succ[task]}
                found[task] = naming.pop() if len(naming) == 1 else None
    return found


def _alone(
    tasks: Sequence[str], by_task: Mapping[str | None, list[Finding]], max_nodes: int | None
) -> Collection[str]:
    """Tasks with errors, which no group is to hide; none where they are too many for that."""
    most = (max_nodes or MAX_NODES) // 4
    found = {
        task
        for task in tasks
        if task in by_task and by_task[task][0].severity.rank >= Severity.ERROR.rank
    }
    return found if len(found) <= most else set()


def _within(
    members: list[list[str]], max_nodes: int | None, facts: Facts
) -> tuple[list[list[str]], int]:
    """The boxes that there is room for, in their order, and how many tasks are in none of them."""
    if max_nodes is None or len(members) <= max_nodes:
        return members, 0

    above, below = facts.graph.pred, facts.graph.succ

    def weight(number: int) -> tuple[int, int, int, int]:
        box = members[number]
        severity = facts.severity(box)
        links = sum(len(above[task]) + len(below[task]) for task in box)
        return -(severity.rank if severity else -1), -len(box), -links, number

    chosen = sorted(sorted(range(len(members)), key=weight)[:max_nodes])
    kept = [members[number] for number in chosen]
    return kept, sum(map(len, members)) - sum(map(len, kept))


def _fitting(
    arrows: list[Link], boxes: int, collapse: Collapse | None
) -> tuple[list[Link], list[Link]]:
    """The arrows that there is room for, and the others, in their order.

    What is marked goes first, then what stands for many links, then what does not lead far.
    """

    def weight(number: int) -> tuple[bool, bool, int, int, int]:
        link = arrows[number]
        marked = bool(link.back or link.circle or link.crossing)
        far = abs(link.parent - link.child)
        return link.kind != "parent", not marked, -link.count, far, number

    kept = sorted(range(len(arrows)), key=weight)[: most_links(boxes, collapse)]
    while kept and not can_be_laid_out(
        [(arrows[number].parent, arrows[number].child) for number in kept], boxes, collapse
    ):
        del kept[len(kept) * 7 // 8 :]
    chosen = set(kept)
    return (
        [link for number, link in enumerate(arrows) if number in chosen],
        [link for number, link in enumerate(arrows) if number not in chosen],
    )


def agent_slots(graph: nx.DiGraph[str]) -> dict[str, int]:
    """For each agent its place in a palette: by its name, whatever else is in the ledger.

    Where two agents would have one place, the later by name takes the next that is free; so an
    agent has its colour in other ledgers as well, as far as there are colours.

    >>> agent_slots(nx.DiGraph())
    {}
    """
    slots: dict[str, int] = {}
    free = set(range(SLOTS))
    for iss in sorted(set(values(graph, "iss").values()) - {None}):
        wanted = hashlib.sha256(iss.encode("utf-8", "surrogatepass")).digest()[0] % SLOTS
        slot = next(s % SLOTS for s in range(wanted, wanted + SLOTS) if s % SLOTS in free)
        slots[iss] = slot
        free.discard(slot)
        free = free or set(range(SLOTS))
    return slots


def _agents(graph: nx.DiGraph[str], members: list[list[str]]) -> tuple[Agent, ...]:
    iss = values(graph, "iss")
    tasks = Counter(iss[task] for box in members for task in box if iss[task] is not None)
    slots = agent_slots(graph)
    return tuple(Agent(iss=name, tasks=tasks[name], slot=slots[name]) for name in sorted(tasks))


@dataclass(kw_only=True)
class _Drawing:
    """The boxes that were chosen, and the links between and beside them."""

    facts: Facts
    tasks: Sequence[str]
    members: list[list[str]]
    data_flow: bool
    hidden_links: int = 0
    outside_links: int = 0
    hidden_data: int = 0
    more_parents: Counter[int] = field(default_factory=Counter)
    more_children: Counter[int] = field(default_factory=Counter)
    inside: Counter[int] = field(default_factory=Counter)

    @cached_property
    def box_of(self) -> dict[str, int]:
        """For each task that is drawn, its box."""
        return {task: number for number, box in enumerate(self.members) for task in box}

    @cached_property
    def flow(self) -> DataFlow | None:
        """Which outputs fed which inputs in the scope, if it is to be told."""
        graph, ledger = self.facts.graph, self.facts.ledger
        part = graph if len(self.tasks) == len(graph) else graph.subgraph(self.tasks)
        return DataFlow(part, ledger) if self.data_flow and ledger else None

    def box(self, number: int, frame: int | None) -> Box:
        """One box, with what links and frames say of it."""
        return replace(
            self.facts.box(self.members[number]),
            inside=self.inside[number],
            more_parents=self.more_parents[number],
            more_children=self.more_children[number],
            frame=frame,
        )

    def parent_links(self) -> list[Link]:
        """One for each pair of boxes; counts those that no arrow can show."""
        box_of, alone = self.box_of, {n for n, box in enumerate(self.members) if len(box) == 1}
        scope = set(self.tasks)
        between: dict[tuple[int, int], list[tuple[str, str]]] = {}
        for parent, child in self.facts.graph.edges:
            above, below = box_of.get(parent), box_of.get(child)
            if above is None or below is None:
                inside = parent in scope and child in scope
                self.hidden_links += inside
                self.outside_links += not inside
                if above is not None:
                    self.more_children[above] += 1
                if below is not None:
                    self.more_parents[below] += 1
            elif above == below and above not in alone:
                self.inside[above] += 1
            else:
                between.setdefault((above, below), []).append((parent, child))
        return [self._link(*pair, edges) for pair, edges in between.items()]

    def _link(self, above: int, below: int, edges: list[tuple[str, str]]) -> Link:
        knots, iat, wid = self.facts.knots, self.facts.values("iat"), self.facts.values("wid")
        along = self.flow.links if self.flow else frozenset()
        times = ((iat[parent], iat[child]) for parent, child in edges)
        jumps = [a - b for a, b in times if a is not None and b is not None and b < a]
        wids = ((wid[parent], wid[child]) for parent, child in edges)
        crossing = sum(one != two and None not in (one, two) for one, two in wids)
        circle = len(edges) if above == below else 0  # a task that names itself
        if knots and not circle:
            circle = sum(
                parent in knots and knots[parent] == knots.get(child) for parent, child in edges
            )
        return Link(
            parent=above,
            child=below,
            count=len(edges),
            crossing=crossing,
            circle=circle,
            data=sum(edge in along for edge in edges),
            back=len(jumps),
            jump=max(jumps, default=0),
        )

    def data_links(self) -> list[Link]:
        """One for each pair of boxes between which data went without a parent link.

        What went from a hidden box, to one, or within one is counted as not drawn.
        """
        if self.flow is None:
            return []
        self.hidden_data += self.flow.common
        between: Counter[tuple[int, int]] = Counter()
        for maker, taker in self.flow.pairs():
            above, below = self.box_of.get(maker), self.box_of.get(taker)
            if above is None or below is None or above == below:
                self.hidden_data += 1
            else:
                between[above, below] += 1
        return [
            Link(parent=above, child=below, kind="data", count=number)
            for (above, below), number in between.items()
        ]

    def not_drawn(self, links: Iterable[Link]) -> None:
        """Count links for which there is no room."""
        for link in links:
            if link.kind == "data":
                self.hidden_data += link.count
                continue
            self.hidden_links += link.count
            self.more_children[link.parent] += link.count
            self.more_parents[link.child] += link.count


def _frames(
    drawing: _Drawing, frame: Mapping[str, str | None], cluster: Cluster
) -> tuple[list[Frame], dict[int, int]]:
    """Frames around boxes, and for each box the innermost.

    A circle gets a frame within that of its workflow or agent. One that runs through several of
    them is framed by itself: a box can be in one place only. One of which the picture does not show
    every task as a box has none: red arrows tell of it.
    """
    names = {number: frame.get(box[0]) for number, box in enumerate(drawing.members)}
    sizes = Counter(drawing.facts.knots.values())
    circles: dict[int, list[int]] = {}
    for number, box in enumerate(drawing.members):
        knot = drawing.facts.knots.get(box[0])
        if len(box) == 1 and knot is not None:
            circles.setdefault(knot, []).append(number)
    whole = {knot: boxes for knot, boxes in sorted(circles.items()) if len(boxes) == sizes[knot]}
    for boxes in whole.values():
        if len({names[number] for number in boxes}) > 1:
            names.update(dict.fromkeys(boxes))
    kind: Any = "agent" if cluster == "agent" else "workflow"
    tasks = Counter(name for task in drawing.tasks if (name := frame.get(task)) is not None)
    used = sorted({name for name in names.values() if name is not None})
    outer = {name: place for place, name in enumerate(used)}
    frames = [Frame(kind=kind, label=name, tasks=tasks[name]) for name in outer]
    inner = {number: outer[name] for number, name in names.items() if name is not None}
    for knot, boxes in whole.items():
        parent = inner.get(boxes[0])
        inner.update(dict.fromkeys(boxes, len(frames)))
        frames.append(Frame(kind="circle", label="", tasks=sizes[knot], parent=parent))
    return frames, inner
