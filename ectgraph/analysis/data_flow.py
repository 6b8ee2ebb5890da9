"""Which outputs fed which inputs: a task's `out_hash` is another's `inp_hash`.

Parent links say that work was handed on; the hashes say what. Where an input is the output of no
parent, it may be that of another task, whom no token names.
"""

from __future__ import annotations

from collections.abc import Iterator

import networkx as nx

from ectgraph.encoding import hash_bytes
from ectgraph.ledger import Ledger

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
