"""What was done seldom: actions, actions of an agent, and steps from one action to another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

import networkx as nx

from ectgraph.graph import nodes

Kind: TypeAlias = Literal["action", "agent and action", "step"]
_KINDS: tuple[Kind, ...] = ("action", "agent and action", "step")


@dataclass(frozen=True, kw_only=True)
class Habit:
    """Something that was done, and how often."""

    kind: Kind
    exec_act: str
    iss: str | None
    """Of an agent and its action."""
    parent_act: str | None
    """Of a step: what the task builds on."""
    count: int
    """Tasks, or links, that it is true of."""
    share: float
    """Of all that are of its kind, 0 to 1."""
    workflows: int
    """Distinct `wid`s of them; of a step, those of the child."""
    example: str
    """The first task; of a step, the child."""


def habits(graph: nx.DiGraph[str]) -> list[Habit]:
    """All that was done, the rarest first; of as many, actions before agents' actions before steps.

    Missing tasks, and those without an `exec_act`, did nothing that is known.

    >>> from ectgraph.graph import build
    >>> from ectgraph.testing import sketch
    >>> found = habits(build(sketch("a@0; b@1<a; c@2<a act=b").ledger()))
    >>> [(each.kind, each.parent_act, each.exec_act, each.count) for each in found][::2]
    [('action', None, 'a', 1), ('action', None, 'b', 2), ('step', 'a', 'b', 2)]

    """
    seen: dict[tuple[Kind, str, str | None, str | None], list[tuple[str, str | None]]] = {}
    totals = dict.fromkeys(_KINDS, 0)
    for kind, act, iss, before, task in _met(graph):
        totals[kind] += 1
        seen.setdefault((kind, act, iss, before), []).append((task, graph.nodes[task].get("wid")))
    found = [
        Habit(
            kind=kind,
            exec_act=act,
            iss=iss,
            parent_act=before,
            count=len(tasks),
            share=len(tasks) / totals[kind],
            workflows=len({wid for _, wid in tasks} - {None}),
            example=tasks[0][0],
        )
        for (kind, act, iss, before), tasks in seen.items()
    ]
    return sorted(found, key=_order)


def _met(graph: nx.DiGraph[str]) -> Iterator[tuple[Kind, str, str | None, str | None, str]]:
    acts: dict[str, str] = {}
    for task, data in nodes(graph):
        act, iss = data.get("exec_act"), data.get("iss")
        if act is not None:
            acts[task] = act
            yield "action", act, None, None, task
            if iss is not None:
                yield "agent and action", act, iss, None, task
    for parent, child in graph.edges:
        if parent in acts and child in acts:
            yield "step", acts[child], None, acts[parent], child


def _order(habit: Habit) -> tuple[int, int, str, str, str]:
    kind = _KINDS.index(habit.kind)
    return habit.count, kind, habit.exec_act, habit.iss or "", habit.parent_act or ""
