"""What a lost key, a bad agent or a bad task spoils: everything that was built on it.

A source is a task of which some token is of the key, the agent or the task in question. How sure
that is, is kept apart: whoever has a key makes signatures that verify, while a token that does not
verify and only names a key may have been written by anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum

import networkx as nx

from ectgraph.analysis.lineage import descendants, distances, steps
from ectgraph.graph import values
from ectgraph.integrity import recorded
from ectgraph.keys import Key, KeyRing
from ectgraph.ledger import Ledger
from ectgraph.model import Entry, Trust


class Proof(IntEnum):
    """How sure it is that a token is of a key or of an agent, least first."""

    NAMED = 1
    """It only says so: its signature did not verify, or was not checked."""
    SIGNED = 2
    """The key made its signature, and was not to: it does not verify all the same."""
    VERIFIED = 3


@dataclass(frozen=True, order=True)
class Source:
    """Why a task is a source of taint; the better reason of two is the greater."""

    in_time: bool
    """Whether it is not of before the time in question, as it says itself."""
    proof: Proof

    @property
    def firm(self) -> bool:
        """Whether there is no doubt that it is one."""
        return self.in_time and self.proof > Proof.NAMED


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The tasks that are tainted by themselves."""

    tasks: Mapping[str, Source]
    """In the order of the ledger."""
    tokens: int
    """Tokens that they rest on."""
    nameless: int
    """Further tokens, without a `jti`: no task, and nobody can build on them."""
    undated: int
    """Tokens among those that do not say when they were made, so they may be of any time."""
    elder: int
    """Tokens that are left out because they say that they are of before the time in question."""
    unrecorded: int
    """Tokens among the elder ones of which nobody states when they were recorded."""


def by_key(ledger: Ledger, ring: KeyRing | None, name: str, since: float | None = None) -> Sources:
    """The tasks of which a token names a key, or was signed with it under another name.

    Args:
        ledger: the entries.
        ring: the keys that were given.
        name: a `kid`, which may be that of several keys; or the thumbprint of one.
        since: seconds since 1970; tokens of before that are left out. See `_in_time`.

    """
    keys = ring.keys if ring is not None else ()
    lost = keys_named(ring, name)
    spki = {key.spki for key in lost}
    same = frozenset(number for number, key in enumerate(keys) if key.spki in spki)
    names = {name, *(key.kid for key in lost)}

    def proof(entry: Entry) -> Proof | None:
        if entry.key is not None:
            good = Proof.VERIFIED if entry.trust is Trust.VERIFIED else Proof.SIGNED
            return good if entry.key in same else None
        named = entry.token is not None and entry.token.kid in names
        return Proof.NAMED if named else None

    return _sources(ledger, proof, since)


def keys_named(ring: KeyRing | None, name: str) -> list[Key]:
    """The keys that have a `kid`; where none has it, those that have it as their thumbprint."""
    keys = ring.keys if ring is not None else ()
    return [key for key in keys if key.kid == name] or [
        key for key in keys if key.thumbprint == name
    ]


def by_agent(ledger: Ledger, iss: str, since: float | None = None) -> Sources:
    """The tasks of which a token is of an agent, as it says; see `by_key`."""

    def proof(entry: Entry) -> Proof | None:
        if entry.token is None or entry.token.iss != iss:
            return None
        return Proof.VERIFIED if entry.trust is Trust.VERIFIED else Proof.NAMED

    return _sources(ledger, proof, since)


def by_task(graph: nx.DiGraph[str], ledger: Ledger, task: str, since: float | None) -> Sources:
    """One task, with a record or without; see `by_key`."""
    own = frozenset(ledger.tasks.get(task, ()))
    if not own and task in graph:
        source = Source(in_time=True, proof=Proof.VERIFIED)
        return Sources(tasks={task: source}, tokens=0, nameless=0, undated=0, elder=0, unrecorded=0)
    entries = {id(ledger[position]) for position in own}
    return _sources(ledger, lambda entry: Proof.VERIFIED if id(entry) in entries else None, since)


def _sources(
    ledger: Ledger, proof: Callable[[Entry], Proof | None], since: float | None
) -> Sources:
    """The tasks of the tokens that `proof` knows something of."""
    found: dict[int, Source] = {}
    undated = elder = unrecorded = nameless = 0
    for position, entry in enumerate(ledger.entries):
        known = proof(entry)
        if known is None or entry.token is None:
            continue
        in_time = _in_time(entry, since)
        if in_time is None:
            elder += 1
            unrecorded += recorded(entry) is None
            continue
        found[position] = Source(in_time, known)
        undated += entry.token.iat is None
        nameless += entry.token.jti is None
    tasks: dict[str, Source] = {}
    for task, positions in ledger.tasks.items() if found else ():
        reasons = [found[position] for position in positions if position in found]
        if reasons:
            tasks[task] = max(reasons)
    return Sources(
        tasks=tasks,
        tokens=len(found) - nameless,
        nameless=nameless,
        undated=undated,
        elder=elder,
        unrecorded=unrecorded,
    )


def _in_time(entry: Entry, since: float | None) -> bool | None:
    """Whether a token says that it is not of before a time; `None` where it is left out.

    Whoever holds a key writes any `iat`. A token that is older by its own word and was recorded
    at that time or later is not left out, and the answer is no. One without `iat` is not older.
    """
    iat = entry.token.iat if entry.token is not None else None
    if since is None or iat is None or not iat < since:
        return True
    time = recorded(entry)
    return False if time is not None and time >= since else None


@dataclass(frozen=True, kw_only=True)
class Taint:
    """How far a taint goes."""

    distance: Mapping[str, int]
    """How many links at least lead from a source to each tainted task; a source is at none."""
    via: Mapping[str, str]
    """The parent through which a task is tainted, on a shortest way; not of sources."""
    doubtful: frozenset[str]
    """The tainted tasks that build on no source that is firm."""
    workflows: Mapping[str | None, tuple[int, int]]
    """(tainted, all) of the tasks with a record of each workflow; `None`: those of no workflow."""
    leaves: tuple[int, int]
    """(tainted, all) of the tasks with a record on which nothing builds."""

    @property
    def recorded(self) -> tuple[int, int]:
        """(tainted, all) of the tasks with a record."""
        tainted, every = zip(*self.workflows.values(), strict=True) if self.workflows else ((), ())
        return sum(tainted), sum(every)


def spread(graph: nx.DiGraph[str], sources: Mapping[str, Source]) -> Taint:
    """Follow a taint from its sources to all that builds on them, claimed links included.

    >>> graph = nx.DiGraph([("a", "b"), ("b", "c"), ("x", "c")])
    >>> found = spread(graph, {"a": Source(True, Proof.VERIFIED)})
    >>> found.distance, found.via
    ({'a': 0, 'b': 1, 'c': 2}, {'b': 'a', 'c': 'b'})
    """
    distance = distances(graph, sources)
    firm = descendants(graph, [task for task, source in sources.items() if source.firm])
    wids, status = values(graph, "wid"), values(graph, "status")
    known = [task for task in graph if status[task] != "missing"]
    return Taint(
        distance=distance,
        via=steps(graph, distance),
        doubtful=frozenset(distance.keys() - firm),
        workflows=_shares((wids[task], task in distance) for task in known),
        leaves=_shares((None, task in distance) for task in known if not graph.succ[task]).get(
            None, (0, 0)
        ),
    )


def _shares(found: Iterable[tuple[str | None, bool]]) -> dict[str | None, tuple[int, int]]:
    """(how many of them, how many in all) by name."""
    shares: dict[str | None, tuple[int, int]] = {}
    for name, tainted in found:
        some, every = shares.get(name, (0, 0))
        shares[name] = some + tainted, every + 1
    return shares
