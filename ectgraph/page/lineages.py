"""The ancestors of many tasks at once, counted: of each how many, and how many are in doubt.

One search for each task would take quadratic time on a long chain. Here a set of ancestors is the
bits of one number, handed on from parent to child, so that a union is one step.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import networkx as nx

from ectgraph.collector import paused
from ectgraph.graph import values
from ectgraph.model import Finding
from ectgraph.reports.checks import Lineage, in_doubt
from ectgraph.rule import Evidence

MOST = 2**32
"""Tasks of a piece of the graph times its tasks and links, up to which its ancestors are counted;
about half a gigabyte of bits passes through the processor then."""


def lineages(
    evidence: Evidence, findings: Iterable[Finding], tasks: Collection[str]
) -> dict[str, Lineage]:
    """The ancestors of each of some tasks, as `checks.lineage` counts those of one.

    In a connected piece of the graph that is too large for that (`MOST`) they are not counted:
    parents are then, and whether any ancestor is in doubt is told all the same.

    >>> from ectgraph.testing import sketch
    >>> evidence = sketch("a@0; b@5<a; c@9<b,lost").evidence()
    >>> found = lineages(evidence, (), evidence.graph)
    >>> [(each.known, each.doubtful) for each in found.values()]
    [(0, 0), (1, 0), (3, 1), (0, 0)]

    """
    graph = evidence.graph
    wanted = set(tasks)
    doubted = in_doubt(evidence, findings, graph)
    found: dict[str, Lineage] = {}
    with paused():
        pieces = {
            task: piece
            for piece in (_piece(graph, component, doubted) for component in evidence.components)
            for task in piece.bits
        }
        walk = _Walk(graph, pieces, doubted)
        for unit in _units(graph):
            walk.enter(unit)
            found |= {task: walk.lineage(task, unit) for task in unit if task in wanted}
            walk.leave(unit)
    return {task: found[task] for task in tasks}


@dataclass(frozen=True, slots=True)
class _Piece:
    """A connected piece of the graph."""

    bits: dict[str, int]
    """The place of each task among the bits."""
    doubted: int
    """The bits of those in doubt."""
    counted: bool
    """Whether it is small enough."""


def _piece(graph: nx.DiGraph[str], tasks: Collection[str], doubted: Collection[str]) -> _Piece:
    bits = {task: bit for bit, task in enumerate(tasks)}
    links = sum(len(graph.pred[task]) for task in tasks)
    marks = bytearray(len(bits) // 8 + 1)
    for task, bit in bits.items():
        if task in doubted:
            marks[bit // 8] |= 1 << bit % 8
    counted = len(bits) * (len(bits) + links) <= MOST
    return _Piece(bits, int.from_bytes(marks, "little"), counted)


def _units(graph: nx.DiGraph[str]) -> Iterator[Sequence[str]]:
    """The tasks, parents before children; those of a knot of cycles together."""
    try:
        order = list(nx.topological_sort(graph))
    except nx.NetworkXUnfeasible:
        condensed = nx.condensation(graph)
        members = values(condensed, "members")
        yield from (sorted(members[each]) for each in nx.topological_sort(condensed))
    else:
        yield from ([task] for task in order)


class _Walk:
    """What is known of the tasks that were passed, and forgotten when nobody needs it any more."""

    def __init__(
        self, graph: nx.DiGraph[str], pieces: dict[str, _Piece], doubted: Collection[str]
    ) -> None:
        self._graph = graph
        self._pieces = pieces
        self._doubted = doubted
        self._above: dict[str, int] = {}
        """Of a task the bits of its ancestors, and its own; nothing where it is not counted."""
        self._doubt: dict[str, bool] = {}
        """Of a task whether it, or any ancestor of it, is in doubt."""
        self._inherited = False
        """Whether any ancestor outside of the unit that was entered last is in doubt."""
        self._waiting = {task: len(graph.succ[task]) for task in graph}

    def enter(self, unit: Sequence[str]) -> None:
        """Work out what the tasks of a unit, which share their ancestors, hand on."""
        parents = {parent for task in unit for parent in self._graph.pred[task]}.difference(unit)
        self._inherited = any(self._doubt[parent] for parent in parents)
        doubt = self._inherited or any(task in self._doubted for task in unit)
        piece = self._pieces[unit[0]]
        bits = 0
        if piece.counted:
            for parent in parents:
                bits |= self._above[parent]
            for task in unit:
                bits |= 1 << piece.bits[task]
        for task in unit:
            self._above[task], self._doubt[task] = bits, doubt

    def lineage(self, task: str, unit: Sequence[str]) -> Lineage:
        """The ancestors of a task of the unit that was entered last."""
        piece = self._pieces[task]
        if piece.counted:
            above = self._above[task] & ~(1 << piece.bits[task])
            doubtful = (above & piece.doubted).bit_count()
            return Lineage(known=above.bit_count(), doubtful=doubtful)
        near = {*self._graph.pred[task], *unit} - {task}
        doubtful = sum(each in self._doubted for each in near)
        return Lineage(known=len(near), doubtful=max(doubtful, int(self._inherited)), exact=False)

    def leave(self, unit: Sequence[str]) -> None:
        """Forget the parents all of whose children were passed."""
        for task in unit:
            for parent in self._graph.pred[task]:
                self._waiting[parent] -= 1
        for task in {*unit}.union(*(self._graph.pred[each] for each in unit)):
            if not self._waiting[task]:
                del self._above[task], self._doubt[task]
