"""Who took part: agents, the keys that they name, and who builds on whom.

An agent is an `iss`. What a token says of its agent is only as good as its signature, so both are
counted: what a token names, and what verified.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import networkx as nx

from ectgraph.analysis.times import stated, usable
from ectgraph.graph import values
from ectgraph.ledger import Ledger
from ectgraph.model import Entry, Trust


@dataclass(frozen=True, kw_only=True)
class KeyUse:
    """What one key of an agent's was used for, or only named for."""

    kid: str | None
    key: int | None
    """Position in the key ring of the key that made the signatures; `None`: they did not verify."""
    records: int
    first: float | None
    """The earliest usable `iat`, in seconds; `None` where no token has one."""
    last: float | None


@dataclass(frozen=True, kw_only=True)
class Agent:
    """An `iss`, and what the records that name it come to."""

    iss: str
    tasks: int
    """Those that it speaks for: of a task with several records, the witness decides."""
    records: int
    verified: int
    acts: tuple[tuple[str, int], ...]
    """(`exec_act`, how many of its tasks), most frequent first."""
    keys: tuple[KeyUse, ...]
    """In the order of their first use; those without times last."""
    at_once: int
    """The most keys in use at one time, each taken to be in use from its first to its last `iat`:
    1 where one follows another; 0 where no token has a time. Where no signature verified, names of
    keys are counted in their stead."""
    workflows: int
    first: float | None
    last: float | None


@dataclass
class _Tally:
    """Records, counted as they are met."""

    records: int = 0
    verified: int = 0
    first: float | None = None
    last: float | None = None

    def add(self, entry: Entry) -> None:
        self.records += 1
        self.verified += entry.trust is Trust.VERIFIED
        iat = entry.token.iat if entry.token else None
        if usable(iat):
            self.first = iat if self.first is None else min(self.first, iat)
            self.last = iat if self.last is None else max(self.last, iat)


@dataclass
class _Met(_Tally):
    """An agent, as it is met."""

    tasks: int = 0
    acts: Counter[str] = field(default_factory=Counter)
    keys: dict[tuple[str | None, int | None], _Tally] = field(default_factory=dict)
    wids: set[str] = field(default_factory=set)


def agents(ledger: Ledger) -> list[Agent]:
    """All agents, those with most tasks first. Tokens without `iss` are those of nobody.

    >>> from ectgraph.testing import sketch
    >>> one, other = agents(sketch("a@0; b@5<a by=agent-b; c@9<b").ledger())
    >>> one.iss, one.tasks, one.acts, one.at_once, other.tasks
    ('spiffe://example.com/agent/agent-a', 2, (('a', 1), ('c', 1)), 1, 1)

    """
    met: dict[str, _Met] = {}
    for entry in ledger:
        token = entry.token
        if token is None or token.iss is None:
            continue
        agent = met.get(token.iss)
        if agent is None:
            agent = met[token.iss] = _Met()
        agent.add(entry)
        used = token.kid, entry.key if entry.trust is Trust.VERIFIED else None
        key = agent.keys.get(used)
        if key is None:
            key = agent.keys[used] = _Tally()
        key.add(entry)
        if token.wid is not None:
            agent.wids.add(token.wid)
    for task in ledger.tasks:
        token = ledger.witness(task).token
        if token is not None and token.iss is not None:
            met[token.iss].tasks += 1
            if token.exec_act is not None:
                met[token.iss].acts[token.exec_act] += 1
    found = [_agent(iss, each) for iss, each in met.items()]
    return sorted(found, key=lambda agent: (-agent.tasks, -agent.records, agent.iss))


def _agent(iss: str, met: _Met) -> Agent:
    keys = [
        KeyUse(kid=kid, key=key, records=use.records, first=use.first, last=use.last)
        for (kid, key), use in met.keys.items()
    ]
    keys.sort(key=lambda use: (use.first is None, use.first or 0, use.kid or "", use.key is None))
    proven = [use for use in keys if use.key is not None]
    return Agent(
        iss=iss,
        tasks=met.tasks,
        records=met.records,
        verified=met.verified,
        acts=tuple(sorted(met.acts.items(), key=lambda item: (-item[1], item[0]))),
        keys=tuple(keys),
        at_once=_at_once(proven or [use for use in keys if use.kid is not None]),
        workflows=len(met.wids),
        first=met.first,
        last=met.last,
    )


def _at_once(keys: Iterable[KeyUse]) -> int:
    """How many spans of use share a moment, at most; the ends of a span are part of it."""
    ends = [
        (moment, end)
        for key in keys
        for moment, end in ((key.first, 0), (key.last, 1))
        if moment is not None
    ]
    most = now = 0
    for _, end in sorted(ends):
        now += -1 if end else 1
        most = max(most, now)
    return most


@dataclass(frozen=True, kw_only=True)
class Pair:
    """An agent and another one that builds on its tasks."""

    parent: str
    child: str
    links: int
    verified: int
    """Links of which both tokens verified."""
    workflows: int
    """Distinct `wid`s of the children."""
    timed: int
    """Links of which both ends have a usable `iat`."""
    back: int
    """Of those, the ones whose child is dated before its parent."""
    shortest: float | None
    """The least of the times from parent to child, in seconds."""
    first: float | None
    """The earliest `iat` of a child."""
    last: float | None


@dataclass(frozen=True, kw_only=True)
class Partners:
    """Who builds on whom."""

    pairs: tuple[Pair, ...]
    """Of different agents; those with most links first."""
    own: int
    """Links of an agent to itself."""
    unknown: int
    """Links of which one end has no record, or no `iss`."""


def partners(graph: nx.DiGraph[str]) -> Partners:
    """Who builds on whom, by the links of the graph.

    >>> from ectgraph.graph import build
    >>> from ectgraph.testing import sketch
    >>> found = partners(build(sketch("a@0; b@5<a by=agent-b; c@9<b by=agent-b").ledger()))
    >>> [(pair.parent[-1], pair.child[-1], pair.links) for pair in found.pairs], found.own
    ([('a', 'b', 1)], 1)

    """
    iss, wid, trust = (values(graph, name) for name in ("iss", "wid", "trust"))
    times = stated(graph)
    links: dict[tuple[str, str], list[tuple[str, str]]] = {}
    own = unknown = 0
    for parent, child in graph.edges:
        ends = iss[parent], iss[child]
        if None in ends:
            unknown += 1
        elif ends[0] == ends[1]:
            own += 1
        else:
            links.setdefault(ends, []).append((parent, child))
    pairs = []
    for (one, other), found in links.items():
        gaps = [
            times[child] - times[parent]
            for parent, child in found
            if {parent, child} <= times.keys()
        ]
        ended = [times[child] for _, child in found if child in times]
        pairs.append(
            Pair(
                parent=one,
                child=other,
                links=len(found),
                verified=sum(
                    trust[parent] == trust[child] == Trust.VERIFIED for parent, child in found
                ),
                workflows=len({wid[child] for _, child in found} - {None}),
                timed=len(gaps),
                back=sum(gap < 0 for gap in gaps),
                shortest=min(gaps, default=None),
                first=min(ended, default=None),
                last=max(ended, default=None),
            )
        )
    pairs.sort(key=lambda pair: (-pair.links, pair.parent, pair.child))
    return Partners(pairs=tuple(pairs), own=own, unknown=unknown)
