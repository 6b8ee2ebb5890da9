"""Which outputs fed which inputs: a task's `out_hash` is another's `inp_hash`.

Parent links say that work was handed on; the hashes say what. Where an input is the output of no
parent, it may be that of another task, whom no token names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeAlias

import networkx as nx

from ectgraph.artifacts import Artifacts, Content
from ectgraph.encoding import hash_bytes
from ectgraph.ledger import Ledger
from ectgraph.model import Token

Claim: TypeAlias = Literal["inp_hash", "out_hash"]
"""The claims that state what went in, and what came out."""
CLAIMS: tuple[Claim, Claim] = ("inp_hash", "out_hash")

COMMON = 1000
"""Pairs of tasks that one hash ties together above which it tells nothing of who fed whom."""


class DataFlow:
    """What the hashes of a ledger tie together: along parent links, and beside them.

    Hashes are compared as bytes, so the two ways to write SHA-256 are one. Of a task with several
    records, what its witness states counts.

    >>> from ectgraph.encoding import hash_of
    >>> from ectgraph.graph import build
    >>> from ectgraph.testing import sketch, task_id
    >>> text = hash_of(b"a text")
    >>> ledger = sketch(f"a@0 out_hash={text}; b@1<a inp_hash={text}; c@2 inp_hash={text}").ledger()
    >>> flow = DataFlow(build(ledger), ledger)
    >>> flow.links == {(task_id("a"), task_id("b"))}
    True
    >>> list(flow.pairs()) == [(task_id("a"), task_id("c"))]
    True

    """

    def __init__(self, graph: nx.DiGraph[str], ledger: Ledger) -> None:
        """Take a graph, or the part of one that is looked at, and the ledger it was built from."""
        read: dict[str, bytes | None] = {}
        made: dict[str, bytes] = {}
        taken: dict[str, bytes] = {}
        for task in graph:
            token = ledger.witness(task).token if task in ledger.tasks else None
            stated_hashes = (token.out_hash, token.inp_hash) if token else (None, None)
            for stated, by_task in zip(stated_hashes, (made, taken), strict=True):
                if stated is not None:
                    if stated not in read:
                        read[stated] = hash_bytes(stated)
                    if (found := read[stated]) is not None:
                        by_task[task] = found
        self.links = frozenset(
            (parent, child)
            for parent, child in graph.edges
            if parent != child and parent in made and made[parent] == taken.get(child)
        )
        """The parent links along which an output became an input."""
        explained = {child for _, child in self.links}
        self._makers = _by_hash(made)
        self._takers = _by_hash(
            {task: found for task, found in taken.items() if task not in explained}
        )

    def pairs(self) -> Iterator[tuple[str, str]]:
        """(maker, taker) where the taker's input is the output of the maker, and of no parent.

        Those of a hash that ties more than `COMMON` pairs together are left out: that of an empty
        text, for one. They are counted by `common`.
        """
        for found, takers in self._takers.items():
            makers = self._makers.get(found, ())
            if len(makers) * len(takers) <= COMMON:
                yield from (
                    (maker, taker) for maker in makers for taker in takers if maker != taker
                )

    @property
    def common(self) -> int:
        """How many pairs are left out, because their hash is that of too many tasks."""
        sizes = ((self._makers.get(found, ()), takers) for found, takers in self._takers.items())
        return sum(
            len(makers) * len(takers) - len({*makers} & {*takers})
            for makers, takers in sizes
            if len(makers) * len(takers) > COMMON
        )


def _by_hash(by_task: dict[str, bytes]) -> dict[bytes, list[str]]:
    found: dict[bytes, list[str]] = {}
    for task, stated in by_task.items():
        found.setdefault(stated, []).append(task)
    return found


@dataclass(frozen=True, kw_only=True)
class Loose:
    """Inputs that nobody put out, or outputs that nobody took in."""

    tasks: dict[str, str]
    """For each such task the hash, as it states it; in the order of the ledger."""
    alike: dict[str, int]
    """For each of these tasks, how many of them state that hash."""
    met: int
    """How many tasks state a hash that another task states on the other side."""
    silent: int
    """How many tasks state none, or what is no hash."""
    alone: int
    """How many of `tasks` state a hash of a kind in which nobody on the other side states any, so
    that none could have met it: of another algorithm."""


def loose(ledger: Ledger, claim: Claim) -> Loose:
    """The tasks whose input is the output of no other task, or the other way round.

    Of a task with several records, what its witness states is looked for, and what any of them
    states counts as found. So does what a record states that has no `jti`. Time plays no part.

    Args:
        ledger: the entries.
        claim: the side that is looked at.

    >>> from ectgraph.encoding import hash_of
    >>> from ectgraph.testing import sketch, task_id
    >>> text, other = hash_of(b"a text"), hash_of(b"another")
    >>> made = sketch(f"a@0 out_hash={text}; b@1<a inp_hash={text}; c@2 inp_hash={other}").ledger()
    >>> list(loose(made, "inp_hash").tasks) == [task_id("c")]
    True

    """
    read = cache(hash_bytes)
    other: Claim = "out_hash" if claim == "inp_hash" else "inp_hash"
    opposite: dict[bytes, str | None] = {}  # by hash the one task that states it; None: several do
    for entry in ledger:
        stated = None if entry.token is None else getattr(entry.token, other)
        found = None if stated is None else read(stated)
        if found is not None:
            task = _task(ledger, entry.token)
            opposite[found] = task if opposite.get(found, task) == task else None
    sizes = set(map(len, opposite))
    tasks: dict[str, bytes] = {}
    texts: dict[str, str] = {}
    met = silent = 0
    for task in ledger.tasks:
        stated = getattr(ledger.witness(task).token, claim)
        found = None if stated is None else read(stated)
        if found is None:
            silent += 1
        elif opposite.get(found, task) != task:
            met += 1
        else:
            tasks[task], texts[task] = found, stated
    counts = Counter(tasks.values())
    return Loose(
        tasks=texts,
        alike={task: counts[found] for task, found in tasks.items()},
        met=met,
        silent=silent,
        alone=sum(len(found) not in sizes for found in tasks.values()),
    )


def _task(ledger: Ledger, token: Token | None) -> str:
    """The task of a token; empty where it has none, which is no task's name."""
    if token is None or token.jti is None:
        return ""
    return ledger.node(token.jti, token.wid) or ""


@dataclass(frozen=True, kw_only=True)
class Matches:
    """Files, and the hashes that tokens state."""

    stated: tuple[tuple[int, Claim, Content | None], ...]
    """(position of the entry, claim, the content that has the hash): once for each task, claim and
    hash, in the order of the ledger; `None` where no file has it."""
    unmatched: tuple[Content, ...]
    """What no token states, sorted by name."""
    unhashed: int
    """How many statements were left out, because files were not hashed in their way."""


def match(ledger: Ledger, artifacts: Artifacts) -> Matches:
    """Which file is what went into a task, or came out of it.

    >>> from ectgraph.encoding import hash_of
    >>> from ectgraph.testing import sketch
    >>> found = match(sketch(f"a@0 out_hash={hash_of(b'x')}").ledger(), Artifacts.of([b"x", b"y"]))
    >>> [(claim, content.name) for _, claim, content in found.stated], found.unmatched[0].name
    ([('out_hash', '1')], '2')

    """
    read = cache(hash_bytes)
    stated: list[tuple[int, Claim, Content | None]] = []
    seen: set[tuple[str | int, Claim, bytes]] = set()
    used: set[str] = set()
    unhashed = 0
    for position, entry in enumerate(ledger):
        for claim in CLAIMS:
            text: str | None = None if entry.token is None else getattr(entry.token, claim)
            found = None if text is None else read(text)
            if text is None or found is None:
                continue
            key = _task(ledger, entry.token) or position, claim, found
            if key in seen:
                continue
            seen.add(key)
            try:
                content = artifacts.find(text)
            except LookupError:
                unhashed += 1
                continue
            stated.append((position, claim, content))
            if content is not None:
                used.add(content.name)
    unmatched = tuple(content for content in artifacts.contents if content.name not in used)
    return Matches(stated=tuple(stated), unmatched=unmatched, unhashed=unhashed)
