"""How fast tasks follow each other: windows with unusually many, and unusually long silences.

Both are told against what is usual for the same agent, workflow or ledger, with the numbers. All
times are the agents' own.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Literal, TypeAlias

import networkx as nx

from ectgraph.analysis.times import stated
from ectgraph.graph import values

WIDTHS = (
    *(1, 2, 5, 10, 30),
    *(minutes * 60 for minutes in (1, 2, 5, 10, 30)),
    *(hours * 3600 for hours in (1, 3, 6, 12)),
    *(days * 86_400 for days in (1, 7, 30, 90, 365)),
)
"""How long windows may be, in seconds."""
PER_WINDOW = 4
"""Tasks that a window is to hold on average."""
WINDOWS = 8
"""The fewest windows that tell what is usual."""
SCORE = 3.5
"""Above it a window is told; the bound that Iglewicz and Hoaglin (1993) give."""
_NORMAL_MEDIAN, _NORMAL_MEAN = 0.6745, 0.7979
"""Median and mean of how far a normal variable is from its middle, in standard deviations."""

Of: TypeAlias = Literal["ledger", "agent", "workflow"]


@dataclass(frozen=True, kw_only=True)
class Burst:
    """A window in which unusually many tasks ended."""

    begin: int
    """In seconds since 1970; it is a multiple of the width."""
    tasks: tuple[str, ...]
    """In the order of their times."""
    score: float
    """How many standard deviations above the median it is, estimated robustly."""


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How many tasks an agent, or all agents, made in windows of one width."""

    iss: str | None
    """`None`: of the whole ledger."""
    tasks: int
    width: int
    """Of a window, in seconds."""
    windows: int
    """Those in which the middle nine tenths of the tasks lie, empty ones too: they tell what is
    usual. A few tasks with forged times do not change that."""
    usual: float
    """The median of the tasks in a window."""
    spread: float
    """One standard deviation, estimated from the median distance of windows from the median; where
    that is 0, from the mean distance, and then as one task at least: in windows that are all alike
    one task more is no burst, and a hundred more are."""
    bursts: tuple[Burst, ...]
    """In the order of time, anywhere in the ledger."""


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A time without any task between two."""

    of: Of
    name: str | None
    """The `iss` or the `wid`."""
    before: str
    """The task before it."""
    after: str
    seconds: float
    usual: float
    """The median of all gaps of the same, but for those of no length."""
    tasks: int
    """Tasks of the same agent, workflow or ledger that have a time."""


def paces(graph: nx.DiGraph[str]) -> list[Pace]:
    """How many tasks the ledger, and each agent, made in a window, and where that was far more.

    A window is as short as it can be with four tasks in it on average. Who made tasks in less than
    eight such windows has no usual number, and is left out. The ledger comes first, then agents by
    their names.

    >>> from ectgraph.graph import build
    >>> from ectgraph.testing import sketch
    >>> steady = [f"t{n}@{n * 15}" for n in range(60)]
    >>> sudden = [f"s{n}@415" for n in range(30)]
    >>> ledger, _ = paces(build(sketch("; ".join(steady + sudden)).ledger()))
    >>> ledger.width, ledger.usual, [len(burst.tasks) for burst in ledger.bursts]
    (60, 4.0, [34])

    """
    found = (
        _pace(name, times) for of, name, times in _sequences(graph) if of in ("ledger", "agent")
    )
    return [pace for pace in found if pace is not None]


_Times: TypeAlias = Sequence[tuple[float, str]]


def _sequences(graph: nx.DiGraph[str]) -> Iterator[tuple[Of, str | None, _Times]]:
    """(what, its name, (time, task) in order) of the ledger, each agent and each workflow."""
    times = sorted(((iat, task) for task, iat in stated(graph).items()), key=lambda each: each[0])
    yield "ledger", None, times
    of: Of
    for of, attribute in (("agent", "iss"), ("workflow", "wid")):
        named = values(graph, attribute)
        found: dict[str, list[tuple[float, str]]] = {}
        for iat, task in times:
            if named[task] is not None:
                found.setdefault(named[task], []).append((iat, task))
        for name in sorted(found):
            yield of, name, found[name]


def _pace(iss: str | None, times: _Times) -> Pace | None:
    number = len(times)
    middle = times[number // 20 : number - number // 20]
    span = middle[-1][0] - middle[0][0] if middle else 0
    enough = (width for width in WIDTHS if width * len(middle) >= PER_WINDOW * span)
    width = next(enough, WIDTHS[-1])
    tasks: dict[int, list[str]] = {}
    for iat, task in times:
        tasks.setdefault(int(iat // width), []).append(task)
    first, last = (int(end[0] // width) for end in (middle[0], middle[-1])) if middle else (0, 0)
    # There are no more of them than tasks, or than years in a calendar: by the choice of the width.
    sizes = [len(tasks.get(window, ())) for window in range(first, last + 1)]
    if len(sizes) < WINDOWS:
        return None
    usual = median(sizes)
    distances = [abs(size - usual) for size in sizes]
    spread = median(distances) / _NORMAL_MEDIAN or max(1, fmean(distances) / _NORMAL_MEAN)
    return Pace(
        iss=iss,
        tasks=number,
        width=width,
        windows=len(sizes),
        usual=usual,
        spread=spread,
        bursts=tuple(
            Burst(begin=window * width, tasks=tuple(inside), score=(len(inside) - usual) / spread)
            for window, inside in tasks.items()
            if len(inside) - usual > SCORE * spread
        ),
    )


def gaps(graph: nx.DiGraph[str], each: int = 3) -> list[Gap]:
    """The longest silences of the ledger, of each agent and of each workflow.

    Those come first that are longest beside what is usual for the same. Who has less than two gaps
    of any length has no usual one, and is left out.

    Args:
        graph: as `ectgraph.graph.build` makes it.
        each: how many of each.

    >>> from ectgraph.graph import build
    >>> from ectgraph.testing import sketch
    >>> worst, *_ = gaps(build(sketch("a@0; b@5<a; c@8<b; d@300<c").ledger()), 1)
    >>> worst.of, worst.seconds, worst.usual
    ('ledger', 292, 5)

    """
    found: list[tuple[float, Gap]] = []
    for of, name, times in _sequences(graph):
        silences = [
            (times[at + 1][0] - times[at][0], at)
            for at in range(len(times) - 1)
            if times[at + 1][0] > times[at][0]
        ]
        if len(silences) < 2:
            continue
        usual = median(length for length, _ in silences)
        for length, at in heapq.nsmallest(each, silences, key=lambda pair: (-pair[0], pair[1])):
            gap = Gap(
                of=of,
                name=name,
                before=times[at][1],
                after=times[at + 1][1],
                seconds=length,
                usual=usual,
                tasks=len(times),
            )
            found.append((-length / usual, gap))
    found.sort(key=lambda pair: pair[0])
    return [gap for _, gap in found]
