"""Who was asked and did not answer: agents that `aud` names, and what came from them."""

from __future__ import annotations

from dataclasses import dataclass, field

import networkx as nx

from ectgraph.analysis.times import usable
from ectgraph.graph import values
from ectgraph.ledger import Ledger


@dataclass(frozen=True, kw_only=True)
class Addressed:
    """Somebody whom tasks of others name in `aud`."""

    name: str
    named: int
    """Tasks of others that name it."""
    answered: int
    """Of those, the ones that a task of its own builds on."""
    tasks: int
    """Its own."""
    after: int
    """Of the tasks that name it, those dated after the last task of its own."""
    first_named: float | None
    last_named: float | None
    last_seen: float | None
    """The last usable `iat` of a task of its own."""


@dataclass
class _Named:
    tasks: int = 0
    answered: int = 0
    times: list[float] = field(default_factory=list)


def addressed(graph: nx.DiGraph[str], ledger: Ledger) -> list[Addressed]:
    """All whom a task of somebody else names, those first who are named most.

    Of a task with several records the witness counts. Not all who are named are agents: a ledger is
    an audience as well.

    >>> from ectgraph.graph import build
    >>> from ectgraph.testing import sketch
    >>> ledger = sketch("a@0; b@5<a by=agent-b").ledger()
    >>> found = addressed(build(ledger), ledger)
    >>> [(each.name.rpartition("/")[2], each.named, each.answered, each.tasks) for each in found]
    [('ledger', 2, 0, 0), ('agent-b', 1, 1, 1)]

    """
    iss = values(graph, "iss")
    named: dict[str, _Named] = {}
    own: dict[str, int] = {}
    seen: dict[str, float] = {}
    for task in ledger.tasks:
        token = ledger.witness(task).token
        if token is None:
            continue
        iat = token.iat if usable(token.iat) else None
        if token.iss is not None:
            own[token.iss] = own.get(token.iss, 0) + 1
            if iat is not None:
                seen[token.iss] = max(seen.get(token.iss, iat), iat)
        answers = {iss[child] for child in graph.succ[task]}
        for name in dict.fromkeys(token.aud):
            if name != token.iss:
                each = named.setdefault(name, _Named())
                each.tasks += 1
                each.answered += name in answers
                if iat is not None:
                    each.times.append(iat)
    found = [
        Addressed(
            name=name,
            named=each.tasks,
            answered=each.answered,
            tasks=own.get(name, 0),
            after=sum(time > seen[name] for time in each.times) if name in seen else 0,
            first_named=min(each.times, default=None),
            last_named=max(each.times, default=None),
            last_seen=seen.get(name),
        )
        for name, each in named.items()
    ]
    return sorted(found, key=lambda each: (-each.named, each.name))
