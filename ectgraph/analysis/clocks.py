"""How far the clocks of agents are apart, estimated from the times of parents and children.

A task cannot end before one that it builds on. Where the `iat`s say that it did, and nobody lied,
the two agents' clocks differ by at least that much. What is estimated is one constant offset for
each clock; the times themselves are never changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import networkx as nx

from ectgraph.analysis.times import stated
from ectgraph.graph import values

MOST = 1_000
"""Pairs of agents that hang together, some of them by links that go back, beyond which their clocks
are not estimated: the search takes time in the square of them at worst."""
_MICRO = 1_000_000
_ROOT = -1
"""The node that stands for a clock that is right; agents are numbered from 0."""

_Agents: TypeAlias = list[int]
_Bounds: TypeAlias = dict[tuple[int, int], int]
"""For (one, other): how much later the other's clock can be than the one's, in microseconds."""
_Offsets: TypeAlias = dict[int, int]


@dataclass(frozen=True, kw_only=True)
class Clock:
    """What is estimated of one agent's clock. All in seconds; more than 0 is fast."""

    iss: str
    offset: float
    """By how much it is fast, in the smallest correction of all clocks that explains the times: the
    least sum of offsets. Of several, one that corrects clocks with few partners; of several still,
    the middle."""
    least: float
    """The least that its offset is in any smallest correction; where `least` and `most` have 0
    between them, others may be wrong in its stead."""
    most: float
    low: float | None
    """The least that its offset can be when those of all others are as estimated; `None`: there is
    no such bound, as it builds on no other."""
    high: float | None
    """The most; `None`: no other builds on it."""
    links: int
    """Links to and from other agents that the estimate rests on."""
    partners: int
    """How many other agents those are with."""
    against: int
    """Of the links, those that would go back in time if this clock alone were right after all."""
    accusers: int
    """How many other agents those are with."""


@dataclass(frozen=True, kw_only=True)
class Clash:
    """Agents whose times no constant offsets explain."""

    circle: tuple[str, ...]
    """Agents who build on each other in turn, the last on the first's tasks and so on."""
    links: tuple[tuple[str, str], ...]
    """(parent, child): the link of least time from each to the next, in the same order."""
    total: float
    """Seconds that pass along them in sum, whatever the offsets are: less than 0."""
    agents: int
    """How many agents hang together with them, and have no estimate therefore."""


@dataclass(frozen=True, kw_only=True)
class Clocks:
    """What the times of parents and children say of clocks."""

    clocks: tuple[Clock, ...]
    """Of each agent that has a timed link with another, those with the largest offset first."""
    clashes: tuple[Clash, ...]
    links: int
    """Links between different agents with both times, in no circle of tasks."""
    back: int
    """Of those, the ones whose child is dated before its parent."""
    own_back: int
    """Links of an agent to itself that go back in time: no constant offset explains any of them."""
    circular: int
    """Links between agents in circles of tasks; they are not looked at, as they cannot all be."""
    untimed: int
    """Links between agents of which a time is not known."""
    crowded: int
    """Agents without an estimate, as more than `MOST` pairs of them hang together."""


def clocks(graph: nx.DiGraph[str]) -> Clocks:
    """Estimate by how much each agent's clock is fast, from the links of the graph.

    A link from a task of A to one of B shows that B's clock is later than A's by the time between
    their `iat`s at most, and more so the shorter that is. Offsets that fit all links are
    looked for such that their sum is least, each taken as positive; that is a linear program, and
    the dual of a flow of least cost, which networkx finds exactly, in whole microseconds. Where
    every link goes forward, all offsets are 0. Only differences between clocks can be known: when
    all are wrong alike, nothing shows it. A slow child looks like a fast parent; `least` and `most`
    tell where it could be either.

    Args:
        graph: as `ectgraph.graph.build` makes it, or a part of that, such as `graph.proven`.

    >>> from ectgraph.graph import build
    >>> from ectgraph.testing import sketch
    >>> text = "z@-9 by=agent-z; a@0<z; b@-400<a by=agent-b; c@5<a,b by=agent-c"
    >>> worst = clocks(build(sketch(text).ledger())).clocks[0]
    >>> worst.iss[-1], worst.offset, worst.least, worst.most
    ('b', -400.0, -400.0, -391.0)

    """
    observed = _observe(graph)
    bounds = {pair: min(gap for gap, *_ in found) for pair, found in observed.gaps.items()}
    pairs: nx.DiGraph[int] = nx.DiGraph(list(bounds))
    clashes: list[Clash] = []
    estimates: dict[int, tuple[int | float, int, int]] = {}
    crowded = 0
    for members in nx.weakly_connected_components(pairs):
        agents = sorted(members)
        inside = {pair: bounds[pair] for pair in pairs.edges(agents)}
        if min(inside.values()) >= 0:
            estimates |= dict.fromkeys(agents, (0, 0, 0))
        elif len(inside) > MOST:
            crowded += len(agents)
        else:
            try:
                estimates |= _estimate(agents, inside)
            except nx.NetworkXUnbounded:
                clashes.append(_clash(observed, agents, inside))
    return Clocks(
        clocks=tuple(_clocks(observed, bounds, estimates)),
        clashes=tuple(clashes),
        links=sum(map(len, observed.gaps.values())),
        back=sum(gap < 0 for found in observed.gaps.values() for gap, *_ in found),
        own_back=observed.own_back,
        circular=observed.circular,
        untimed=observed.untimed,
        crowded=crowded,
    )


@dataclass
class _Observed:
    """Links between agents, who are numbered by name."""

    names: list[str]
    gaps: dict[tuple[int, int], list[tuple[int, str, str]]]
    """(microseconds, parent, child) of each link between two."""
    own_back: int = 0
    circular: int = 0
    untimed: int = 0


def _observe(graph: nx.DiGraph[str]) -> _Observed:
    iss = {task: who for task, who in values(graph, "iss").items() if who is not None}
    times = {task: round(iat * _MICRO) for task, iat in stated(graph).items()}
    names = sorted(set(iss.values()))
    number = {name: at for at, name in enumerate(names)}
    knot = _knots(graph)
    observed = _Observed(names, {})
    for parent, child in graph.edges:
        if parent not in iss or child not in iss or parent == child:
            continue
        one, other = number[iss[parent]], number[iss[child]]
        timed = parent in times and child in times
        if one == other:
            observed.own_back += timed and times[child] < times[parent]
        elif not timed:
            observed.untimed += 1
        elif parent in knot and knot[parent] == knot.get(child):
            observed.circular += 1
        else:
            gap = times[child] - times[parent]
            observed.gaps.setdefault((one, other), []).append((gap, parent, child))
    return observed


def _knots(graph: nx.DiGraph[str]) -> dict[str, int]:
    """The number of its knot for each task that is in one."""
    if nx.is_directed_acyclic_graph(graph):
        return {}
    found = (knot for knot in nx.strongly_connected_components(graph) if len(knot) > 1)
    return {task: number for number, knot in enumerate(found) for task in knot}


def _estimate(
    agents: _Agents, bounds: _Bounds
) -> Iterator[tuple[int, tuple[int | float, int, int]]]:
    """For each agent its offset, and the least and the most of it in any smallest correction.

    Raises:
        NetworkXUnbounded: no offsets fit.

    """
    alike = dict.fromkeys(agents, 1)
    lowest, highest = _smallest(bounds, alike)
    partners = dict.fromkeys(agents, 0)
    for one, other in {(min(pair), max(pair)) for pair in bounds}:
        partners[one] += 1
        partners[other] += 1
    # So much that the number of partners decides only where the sum of offsets leaves it open.
    total = sum(map(abs, lowest.values()))
    much = 1 + max(partners.values()) * total
    below, above = _smallest(bounds, {agent: much + partners[agent] for agent in agents})
    for agent in agents:
        yield agent, ((below[agent] + above[agent]) / 2, lowest[agent], highest[agent])


def _smallest(bounds: _Bounds, price: Mapping[int, int]) -> tuple[_Offsets, _Offsets]:
    """The least and the most of each offset among those that fit and cost least in sum.

    The price of an offset is that of its agent for each microsecond. Offsets that fit and cost
    least are the potentials of a flow of least cost: along each pair at the cost of its bound, and
    between each agent and the true time, for nothing, as much as its price. All such potentials
    together are what the arcs allow that the flow leaves open, and so the shortest ways over
    those arcs are the extremes. Each of the two results is itself such a set of offsets.
    """
    network: nx.DiGraph[int] = nx.DiGraph()
    network.add_weighted_edges_from((one, other, bound) for (one, other), bound in bounds.items())
    for agent, room in price.items():
        network.add_edge(_ROOT, agent, weight=0, capacity=room)
        network.add_edge(agent, _ROOT, weight=0, capacity=room)
    _, flow = nx.network_simplex(network)
    open_: nx.DiGraph[int] = nx.DiGraph()
    for one, other, arc in network.edges(data=True):
        used, cost = flow[one][other], arc["weight"]
        ways = [(one, other, cost)] if used < arc.get("capacity", used + 1) else []
        ways += [(other, one, -cost)] if used else []
        for begin, end, weight in ways:
            known = open_.get_edge_data(begin, end)
            if known is None or known["weight"] > weight:
                open_.add_edge(begin, end, weight=weight)
    highest = nx.single_source_bellman_ford_path_length(open_, _ROOT)
    lowest = nx.single_source_bellman_ford_path_length(open_.reverse(copy=False), _ROOT)
    return {agent: -int(lowest[agent]) for agent in price}, {
        agent: int(highest[agent]) for agent in price
    }


def _clash(observed: _Observed, agents: _Agents, bounds: _Bounds) -> Clash:
    """A circle of agents along which less than no time passes."""
    network: nx.DiGraph[int] = nx.DiGraph()
    network.add_weighted_edges_from((one, other, bound) for (one, other), bound in bounds.items())
    network.add_weighted_edges_from((_ROOT, agent, 0) for agent in agents)
    *circle, _ = nx.find_negative_cycle(network, _ROOT)
    first = circle.index(min(circle))
    circle = circle[first:] + circle[:first]
    shortest = [
        min(observed.gaps[pair]) for pair in zip(circle, circle[1:] + circle[:1], strict=True)
    ]
    return Clash(
        circle=tuple(observed.names[agent] for agent in circle),
        links=tuple((parent, child) for _, parent, child in shortest),
        total=sum(gap for gap, *_ in shortest) / _MICRO,
        agents=len(agents),
    )


def _clocks(
    observed: _Observed, bounds: _Bounds, estimates: Mapping[int, tuple[float, int, int]]
) -> Iterator[Clock]:
    """Put down for each estimate what it rests on."""
    offset = {agent: estimate[0] for agent, estimate in estimates.items()}
    low: dict[int, float] = {}
    high: dict[int, float] = {}
    links = dict.fromkeys(offset, 0)
    against = dict.fromkeys(offset, 0)
    partners: dict[int, set[int]] = {agent: set() for agent in offset}
    accusers: dict[int, set[int]] = {agent: set() for agent in offset}
    for (one, other), found in observed.gaps.items():
        if one not in offset:
            continue
        bound = bounds[one, other]
        low[one] = max(low.get(one, offset[other] - bound), offset[other] - bound)
        high[other] = min(high.get(other, offset[one] + bound), offset[one] + bound)
        for agent, partner in ((one, other), (other, one)):
            links[agent] += len(found)
            partners[agent].add(partner)
        # Where one of both were right, the time between would be that much.
        for agent, partner, others in ((one, other, -offset[other]), (other, one, offset[one])):
            number = sum(gap + others < 0 for gap, *_ in found) if offset[agent] else 0
            if number:
                against[agent] += number
                accusers[agent].add(partner)
    worst = sorted(offset, key=lambda agent: (-abs(offset[agent]), agent))
    for agent in worst:
        _, least, most = estimates[agent]
        yield Clock(
            iss=observed.names[agent],
            offset=offset[agent] / _MICRO,
            least=least / _MICRO,
            most=most / _MICRO,
            low=low[agent] / _MICRO if agent in low else None,
            high=high[agent] / _MICRO if agent in high else None,
            links=links[agent],
            partners=len(partners[agent]),
            against=against[agent],
            accusers=len(accusers[agent]),
        )
