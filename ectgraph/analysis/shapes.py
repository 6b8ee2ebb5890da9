"""How workflows are built: which of them are alike, and by what one differs from another.

A workflow is the tasks of one `wid`, with the links among them; of links from elsewhere only what
they come from counts.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import networkx as nx

from ectgraph.graph import values

_Acts: TypeAlias = Counter[str | None]
_Steps: TypeAlias = Counter[tuple[str | None, str | None]]
_Labels: TypeAlias = dict[str, str]
_Links: TypeAlias = dict[str, list[str]]


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """One workflow, as far as its shape goes."""

    wid: str
    tasks: tuple[str, ...]
    """In the order of the graph."""
    shape: str
    """SHA-256 in hex, the same for workflows that are alike."""
    acts: Mapping[str | None, int]
    """How many tasks there are of each `exec_act`."""
    steps: Mapping[tuple[str | None, str | None], int]
    """(parent's `exec_act`, child's) and how many links there are of it, within the workflow."""
    across: int
    """Links to its tasks from tasks elsewhere."""
    missing: int
    """Links to its tasks from tasks without a record."""


def workflows(graph: nx.DiGraph[str]) -> list[Workflow]:
    """Each workflow of the graph, in the order of the first tasks.

    The shape is made of what tasks did (`exec_act`), of how they are linked, and of where links
    come in from elsewhere. Two workflows that differ in nothing but `jti`s, agents, times and the
    order of tasks have the same. Each task is told by its whole history, each of those by its
    whole future; workflows have the same shape where their tasks are told alike, in the same
    numbers. So a task that is more or less, does something else, or builds on something else
    shows. What does not show: like tasks that have like parents and like children, and are
    joined with others of their kind; and within circles how tasks of like acts and numbers of links
    are joined. Takes linear time, but for the sorting of each task's links.

    >>> from ectgraph.graph import build
    >>> from ectgraph.testing import sketch
    >>> text = "a@0 wid=one; b@1<a wid=one; c@0 wid=two act=a; d@1<c wid=two act=b"
    >>> one, two = workflows(build(sketch(text).ledger()))
    >>> one.shape == two.shape
    True

    """
    wid = values(graph, "wid")
    act = values(graph, "exec_act")
    status = values(graph, "status")
    tasks: dict[str, list[str]] = {}
    for task, of in wid.items():
        if of is not None:
            tasks.setdefault(of, []).append(task)
    before: _Links = {task: [] for inside in tasks.values() for task in inside}
    after: _Links = {task: [] for task in before}
    outer: dict[str, list[str]] = {}
    steps: dict[str, _Steps] = {of: Counter() for of in tasks}
    across, missing = dict.fromkeys(tasks, 0), dict.fromkeys(tasks, 0)
    for parent, child in graph.edges:
        of = wid[child]
        if of is None:
            continue
        if wid[parent] == of:
            before[child].append(parent)
            after[parent].append(child)
            steps[of][act[parent], act[child]] += 1
        else:
            lost = status[parent] == "missing"
            (missing if lost else across)[of] += 1
            outer.setdefault(child, []).append("missing" if lost else repr(act[parent]))
    digest = cache(_digest)  # workflows that are alike have most of them in common
    told = {task: digest(act[task], *sorted(outer.get(task, ()))) for task in before}
    knots = _knots(graph, wid)
    told = _told(knots, before, after, told, digest)
    told = _told(knots[::-1], after, before, told, digest)
    return [
        Workflow(
            wid=of,
            tasks=tuple(inside),
            shape=_digest(*sorted(told[task] for task in inside)),
            acts=Counter(act[task] for task in inside),
            steps=steps[of],
            across=across[of],
            missing=missing[of],
        )
        for of, inside in tasks.items()
    ]


def _told(
    knots: Iterable[Sequence[str]],
    before: _Links,
    after: _Links,
    own: _Labels,
    digest: Callable[..., str],
) -> _Labels:
    """For each task a digest of what it is itself and of all that comes before it."""
    found: _Labels = {}
    for knot in knots:
        (first, *more) = knot
        if not more and first not in before[first]:
            found[first] = digest(own[first], *sorted(map(found.__getitem__, before[first])))
            continue
        inside = set(knot)
        within = {
            task: digest(
                own[task],
                sum(each in inside for each in before[task]),
                sum(each in inside for each in after[task]),
                *sorted(found[each] for each in before[task] if each not in inside),
            )
            for task in knot
        }
        whole = digest("circle", *sorted(within.values()))
        found |= {task: digest(each, whole) for task, each in within.items()}
    return found


def _knots(graph: nx.DiGraph[str], wid: Mapping[str, str | None]) -> list[Sequence[str]]:
    """Tasks of workflows, parents first; those of a workflow that are in one circle, together."""
    try:
        return [(task,) for task in nx.topological_sort(graph) if wid[task] is not None]
    except nx.NetworkXUnfeasible:
        condensed = nx.condensation(graph)
        members = values(condensed, "members")
    found: list[Sequence[str]] = []
    for number in nx.topological_sort(condensed):
        inside: dict[str, list[str]] = {}
        for task in members[number]:
            of = wid[task]
            if of is not None:
                inside.setdefault(of, []).append(task)
        found += inside.values()
    return found


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def alike(found: Iterable[Workflow]) -> list[tuple[Workflow, ...]]:
    """Workflows by shape: the most frequent shape first; of as many, the one that came first."""
    by_shape: dict[str, list[Workflow]] = {}
    for workflow in found:
        by_shape.setdefault(workflow.shape, []).append(workflow)
    return sorted(map(tuple, by_shape.values()), key=len, reverse=True)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """By what one workflow differs from another, told by actions."""

    acts_lacking: Mapping[str | None, int]
    acts_more: Mapping[str | None, int]
    steps_lacking: Mapping[tuple[str | None, str | None], int]
    steps_more: Mapping[tuple[str | None, str | None], int]
    distance: int
    """All of these added up; 0 also where the same acts and steps are joined otherwise."""


def difference(template: Workflow, other: Workflow) -> Difference:
    """What a workflow lacks that a template has, and has that the template lacks.

    Links from elsewhere are no part of it.
    """
    acts_lacking: _Acts = Counter(template.acts) - Counter(other.acts)
    acts_more: _Acts = Counter(other.acts) - Counter(template.acts)
    steps_lacking: _Steps = Counter(template.steps) - Counter(other.steps)
    steps_more: _Steps = Counter(other.steps) - Counter(template.steps)
    return Difference(
        acts_lacking=acts_lacking,
        acts_more=acts_more,
        steps_lacking=steps_lacking,
        steps_more=steps_more,
        distance=sum(each.total() for each in (acts_lacking, acts_more, steps_lacking, steps_more)),
    )
