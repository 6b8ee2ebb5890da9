"""Graph + ledger + findings -> what happened when: lanes of agents, bars of tasks, links.

All that a timeline shows, before it is a chart. No time is altered here; a time that no calendar
holds has no place in a picture, and is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import networkx as nx

from ectgraph.graph import nodes
from ectgraph.integrity import recorded
from ectgraph.ledger import Ledger
from ectgraph.model import Finding, Severity, Trust
from ectgraph.render import caption
from ectgraph.render.facts import Facts, findings_by_task
from ectgraph.render.timeline.ruler import CALENDAR, Ruler, on_calendar

MOST_LANES = 40
"""Agents that have a lane of their own; the rest share one."""
MOST_LINKS = 2000
"""Parent links that are drawn; where there are more, only those that go back in time."""
MOST_STAMPS = 2000
"""Tasks up to which each has its mark at its end, and its recorded times."""
WIDTH = 1000
"""Of the plot, in pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """The tasks of one agent, or of all those that have no lane of their own."""

    iss: str | None
    """`None` where tasks name no agent, and where several agents share it."""
    tasks: int
    slot: int | None
    """The agent's place in a palette, as in every other picture."""
    agents: int = 1
    """How many share it."""
    rows: int = 1
    """Rows that its bars need so as not to hide each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One task: from when it was begun, as far as that is known, until its token was issued."""

    task: str
    jti: str
    exec_act: str | None
    iss: str | None
    start: float
    """`iat` less the execution time; the `iat` itself where the token states no usable one."""
    iat: float
    trust: str
    duplicate: bool
    """Whether several different records claim it."""
    recorded: tuple[float, ...] = ()
    """When its records say that they were taken in, in the order found."""
    codes: tuple[str, ...] = ()
    """Its findings, worst first, as `caption.badges` words them."""
    states: tuple[str, ...] = ()
    """What else has to be said of it, as `caption.states` words it."""
    severity: Severity | None = None
    claims: tuple[tuple[str, str], ...] = ()
    words: str = ""
    """What is written beside it."""
    lane: int = 0
    row: int = 0

    @property
    def verified(self) -> bool:
        """Whether its signature was checked, and holds."""
        return self.trust == Trust.VERIFIED.value

    @property
    def early(self) -> float:
        """How many seconds it was recorded before it was issued; 0 where it was not."""
        return max(0.0, self.iat - min(self.recorded, default=self.iat))

    @property
    def spans(self) -> Iterator[tuple[float, float]]:
        """The stretches of time that it takes: its own, and the moments at which it was recorded.

        Between those it only waited, so that may be cut out.
        """
        yield self.start, self.iat
        yield from ((time, time) for time in self.recorded)

    @property
    def first(self) -> float:
        """The earliest of its times."""
        return min(self.start, *self.recorded) if self.recorded else self.start

    @property
    def last(self) -> float:
        """The latest of its times."""
        return max(self.iat, *self.recorded) if self.recorded else self.iat


@dataclass(frozen=True, slots=True)
class Way:
    """One parent link, between two bars."""

    parent: int
    """Position of the bar that it comes from."""
    child: int
    back: float
    """How many seconds the child was issued before its parent; 0 where it was not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What is not in the picture."""

    missing: int = 0
    """Tasks without a record, and so without a time."""
    timeless: int = 0
    """Tasks whose token has no `iat`, or one that no calendar holds."""
    outside: int = 0
    """Tasks outside of what was asked for."""
    spans: int = 0
    """Execution times that are no time, or lead out of the calendar."""
    records: int = 0
    """Recorded times that no calendar holds."""
    links: int = 0
    """Parent links between drawn tasks that are not drawn."""
    loose_links: int = 0
    """Parent links with an end that has no place in the picture."""
    crowded: int = 0
    """Tasks that lie over others, for want of rows."""
    unnamed: int = 0
    """Tasks with findings whose codes are not written out."""
    unreadable: int = 0
    """Records that are no task."""
    unplaced: int = 0
    """Findings that are about no task, or about one that is not drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """What a timeline shows."""

    lanes: tuple[Lane, ...]
    """By their first task."""
    bars: tuple[Bar, ...]
    """By when they begin."""
    links: tuple[Way, ...]
    """Those that go back in time first."""
    ruler: Ruler
    left: Left
    scope: tuple[str, ...] = ()
    """What it was narrowed to, in phrases."""
    named: bool = False
    """Whether tasks are written out."""
    margin: float = 0.0
    """Pixels at the right end of the plot for words beside the last bars."""
    tight: bool = False
    """Whether there are more tasks than can be drawn one by one."""

    @property
    def tasks(self) -> int:
        """Tasks that have a place."""
        return len(self.bars)

    @property
    def plain(self) -> bool:
        """Whether there are too many tasks for marks; only those with something to tell have."""
        return len(self.bars) > MOST_STAMPS


def gather(
    graph: nx.DiGraph[str],
    *,
    ledger: Ledger,
    findings: Iterable[Finding] = (),
    tasks: Collection[str] | None = None,
    scope: Sequence[str] = (),
    max_tasks: int = 10_000,
    links: bool = True,
) -> Moments:
    """Work out what a timeline shows; see `drawing.timeline` for the arguments."""
    by_task = findings_by_task(findings)
    facts = Facts(graph=graph, ledger=ledger, by_task=by_task)
    within = set(graph if tasks is None else tasks)
    timed = [task for task, data in nodes(graph) if task in within and on_calendar(data.get("iat"))]
    drawn, tight = set(timed), len(timed) > max_tasks
    faults: Counter[str] = Counter()
    bars = [_bar(facts, task, faults, brief=tight) for task in timed]
    bars.sort(key=lambda bar: (bar.start, bar.iat, bar.task))
    missing = sum(data["status"] == "missing" for task, data in nodes(graph) if task in within)
    left = Left(
        missing=missing,
        timeless=len(within) - missing - len(timed),
        outside=len(graph) - len(within),
        spans=faults["span"],
        records=faults["recorded"],
        unreadable=sum(entry.token is None or entry.token.jti is None for entry in ledger.entries),
        unplaced=sum(
            len(found)
            for task, found in by_task.items()
            if task not in graph or (task in within and task not in drawn)
        ),
    )
    lanes, lane_of = _lanes(graph, bars)
    bars = [replace(bar, lane=lane_of[bar.iss]) for bar in bars]
    ruler = Ruler.of(span for bar in bars for span in bar.spans)
    made = Moments(
        lanes=tuple(lanes),
        bars=tuple(bars),
        links=(),
        ruler=ruler,
        left=left,
        scope=tuple(scope),
        tight=tight,
    )
    return made if tight else _linked(made, graph, within, wanted=links)


def _bar(facts: Facts, task: str, faults: Counter[str], *, brief: bool) -> Bar:
    """One task; what of its times cannot be drawn is counted in `faults`."""
    data = facts.graph.nodes[task]
    iat = data["iat"]
    bar = Bar(
        task=task,
        jti=data["jti"],
        exec_act=data.get("exec_act"),
        iss=data.get("iss"),
        start=_start(facts, task, iat, faults),
        iat=iat,
        trust=data.get("trust", Trust.UNCHECKED.value),
        duplicate=data["status"] == "duplicate",
        severity=facts.severity([task]),
    )
    if brief:
        return bar
    assert facts.ledger is not None  # noqa: S101
    times = [recorded(entry) for entry in facts.ledger.entries_of(task)]
    stated = [time for time in times if time is not None]
    drawn = tuple(dict.fromkeys(time for time in stated if on_calendar(time)))
    faults["recorded"] += sum(not on_calendar(time) for time in stated)
    box = facts.box([task])
    return replace(
        bar,
        recorded=drawn,
        codes=tuple(caption.badges(box)),
        claims=box.claims,
        states=tuple(caption.states(box)),
    )


def _start(facts: Facts, task: str, iat: float, faults: Counter[str]) -> float:
    """When a task was begun: it was finished when its token was issued, and took so long."""
    entry = facts.witness(task)
    token = entry.token if entry else None
    stated = token.ext.get("exec_time_ms") if token and token.ext else None
    if stated is None:
        return iat
    if isinstance(stated, bool) or not isinstance(stated, (int, float)) or not stated >= 0:
        faults["span"] += 1
        return iat
    if stated > 1000 * (iat - CALENDAR.start):
        faults["span"] += 1
        return iat
    return float(iat - stated / 1000)


def _lanes(graph: nx.DiGraph[str], bars: Sequence[Bar]) -> tuple[list[Lane], dict[str | None, int]]:
    """The lanes by their first task, and for each agent its lane."""
    from ectgraph.render.compose import agent_slots  # noqa: PLC0415

    counts = Counter(bar.iss for bar in bars)
    slots = agent_slots(graph)
    busiest = sorted(counts, key=lambda iss: (-counts[iss], iss or ""))
    own = set(busiest if len(busiest) <= MOST_LANES + 1 else busiest[:MOST_LANES])
    order = [iss for iss in dict.fromkeys(bar.iss for bar in bars) if iss in own]
    lanes = [Lane(iss=iss, tasks=counts[iss], slot=slots.get(iss or "")) for iss in order]
    lane_of = {iss: number for number, iss in enumerate(order)}
    rest = [iss for iss in counts if iss not in own]
    if rest:
        lane_of.update(dict.fromkeys(rest, len(lanes)))
        total = sum(counts[iss] for iss in rest)
        lanes.append(Lane(iss=None, tasks=total, slot=None, agents=len(rest)))
    return lanes, lane_of


def _linked(
    made: Moments, graph: nx.DiGraph[str], within: Collection[str], *, wanted: bool
) -> Moments:
    """With parent links, those that go back in time first, as many as can be drawn."""
    place = {bar.task: number for number, bar in enumerate(made.bars)}
    found, loose = [], 0
    for parent, child in graph.edges:
        above, below = place.get(parent), place.get(child)
        if above is None or below is None:
            loose += parent in within or child in within
            continue
        back = max(0.0, made.bars[above].iat - made.bars[below].iat)
        found.append(Way(above, below, back))
    found.sort(key=lambda way: (-way.back, way.child, way.parent))
    back = sum(way.back > 0 for way in found)
    drawn = found if wanted and len(found) <= MOST_LINKS else found[: min(back, MOST_LINKS)]
    left = replace(made.left, links=len(found) - len(drawn), loose_links=loose)
    return replace(made, links=tuple(drawn), left=left)
