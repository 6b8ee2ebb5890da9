"""When agents work: by hour of the day and day of the week, in UTC and by their own clocks."""

from __future__ import annotations

from dataclasses import dataclass

import networkx as nx

from ectgraph.analysis.times import stated
from ectgraph.graph import values

USUAL = (9, 10)
"""The share of an agent's tasks that its usual hours hold at least, as a fraction."""
_THURSDAY = 3  # 1970-01-01, counted from Monday


@dataclass(frozen=True, kw_only=True)
class Hours:
    """At which hours an agent worked."""

    iss: str
    tasks: int
    """Those with a usable `iat`; all figures are of them."""
    by_hour: tuple[int, ...]
    """24 counts, by UTC hour of the day."""
    weekend: int
    """Tasks of Saturdays and Sundays, in UTC."""
    begin: int
    """The hour at which its usual hours begin, 0 to 23."""
    length: int
    """How many hours they are, 1 to 24; they may go on after midnight."""
    outside: tuple[str, ...]
    """Tasks outside of its usual hours, in the order of the graph."""


def hours(graph: nx.DiGraph[str]) -> list[Hours]:
    """The working hours of each agent that states times; those with most tasks first.

    The usual hours of an agent are the fewest hours in a row, around the clock, that hold at least
    nine of ten of its tasks; of several such runs the one with most tasks, then the earliest.
    Less than ten tasks are all within them.

    >>> from ectgraph.graph import build
    >>> from ectgraph.testing import sketch
    >>> found, = hours(build(sketch("a@0; b@5<a; c@7200<b").ledger()))  # EPOCH is at 14:23
    >>> found.begin, found.length, found.by_hour[14:17], found.outside
    (14, 3, (2, 0, 1), ())

    """
    iss = values(graph, "iss")
    by_agent: dict[str, list[tuple[str, int, int]]] = {}
    for task, iat in stated(graph).items():
        if iss[task] is not None:
            second = int(iat // 1)
            when = second // 3600 % 24, (second // 86_400 + _THURSDAY) % 7
            by_agent.setdefault(iss[task], []).append((task, *when))
    found = []
    for agent, tasks in by_agent.items():
        by_hour = [0] * 24
        for _, hour, _ in tasks:
            by_hour[hour] += 1
        begin, length = _usual(by_hour)
        found.append(
            Hours(
                iss=agent,
                tasks=len(tasks),
                by_hour=tuple(by_hour),
                weekend=sum(day >= 5 for _, _, day in tasks),
                begin=begin,
                length=length,
                outside=tuple(task for task, hour, _ in tasks if (hour - begin) % 24 >= length),
            )
        )
    return sorted(found, key=lambda each: (-each.tasks, each.iss))


def _usual(by_hour: list[int]) -> tuple[int, int]:
    """(first hour, how many) of the shortest run of hours that holds the usual share of tasks."""
    share, whole = USUAL
    total = sum(by_hour)
    runs = (
        (length, -held, begin)
        for begin in range(24)
        for length in range(1, 25)
        if (held := sum((by_hour * 2)[begin : begin + length])) * whole >= total * share
    )
    length, _, begin = min(runs)
    return begin, length
