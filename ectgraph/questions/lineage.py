"""What a task builds on, what builds on it, and what it shares with others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import networkx as nx

from ectgraph import labels
from ectgraph.analysis import lineage
from ectgraph.columns import Column
from ectgraph.questions import doubts
from ectgraph.questions.about import TASK, about, called
from ectgraph.questions.answer import Answer
from ectgraph.questions.question import Task, question
from ectgraph.rule import Evidence

_SHOWN = 5
"""Distances that a sentence tells the numbers of."""


@question
def ancestors(evidence: Evidence, task: Task) -> Answer:
    """What does a task build on, near and far?

    All tasks from which parent links lead to it, the nearest first. The distance is the number of
    links on the shortest way, and `via` the task that comes next on such a way. Links are what
    tokens name as their parents (draft-00 §4); that a parent was used is its child's word.

    >>> from ectgraph.testing import sketch, task_id
    >>> evidence = sketch("a@0; b@5<a; c@9<b,a").evidence()
    >>> ancestors(evidence, task_id("c")).established[0]
    'It builds on 2 tasks: 2 directly.'
    """
    node = lineage.find(evidence.graph, task)
    title = f"What {called(evidence, node)} builds on"
    return _kin(evidence, node, evidence.graph.reverse(copy=False), ("ancestors", title))


@question
def descendants(evidence: Evidence, task: Task) -> Answer:
    """What builds on a task, near and far?

    All tasks to which parent links lead from it, the nearest first. The distance is the number of
    links on the shortest way, and `via` the parent on such a way. That no more is known does not
    mean that there is no more: what other ledgers hold may build on it, too.

    >>> from ectgraph.testing import sketch, task_id
    >>> evidence = sketch("a@0; b@5<a; c@9<b").evidence()
    >>> descendants(evidence, task_id("a")).established[0]
    '2 tasks build on it: 1 directly, 1 at 2 links.'
    """
    node = lineage.find(evidence.graph, task)
    title = f"What builds on {called(evidence, node)}"
    return _kin(evidence, node, evidence.graph, ("descendants", title))


_DISTANCE = Column("distance", "integer", "links between it and the task, on the shortest way")


def _kin(evidence: Evidence, node: str, graph: nx.DiGraph[str], asked: tuple[str, str]) -> Answer:
    """What can be reached from a task in a graph, which may be the one of the evidence reversed."""
    name, title = asked
    distance = lineage.distances(graph, [node])
    via = lineage.steps(graph, distance)
    found = [task for task in in_order(evidence, distance) if task != node]
    number = labels.count(len(found), "task")
    if name == "ancestors":
        says = f"It builds on {number}" if found else "It builds on no task"
    else:
        says = f"{number} build{'s' * (len(found) == 1)} on it" if found else "No task builds on it"
    sentences = [f"{says}{by_distance(distance[task] for task in found)}."]
    if any(parent in distance for parent in graph.pred[node]):
        sentences.append("It is in a circle: by its links it is an ancestor of itself.")
    return Answer(
        question=name,
        title=title,
        columns=(_DISTANCE, *TASK, Column("via", "text", "the next task on the shortest way")),
        rows=tuple((distance[task], *about(evidence, task), via[task]) for task in found),
        established=tuple(sentences),
        not_established=doubts.of_links(evidence, distance),
        tasks=(node, *found),
    )


def in_order(evidence: Evidence, rank: Mapping[str, Any]) -> list[str]:
    """The tasks that have a rank, by it, and else in the order of the ledger."""
    return sorted((task for task in evidence.graph if task in rank), key=rank.__getitem__)


def by_distance(distances: Iterable[int]) -> str:
    """How many tasks there are at each distance, as the end of a sentence."""
    numbers = sorted(Counter(distances).items())
    told = [
        f"{number:,} directly" if links == 1 else f"{number:,} at {links:,} links"
        for links, number in numbers[:_SHOWN]
    ]
    if len(numbers) > _SHOWN:
        told.append(f"and so on, up to {numbers[-1][0]:,} links")
    return f": {', '.join(told)}" if told else ""


@question
def siblings(evidence: Evidence, task: Task) -> Answer:
    """Which tasks share a parent with a task?

    The other children of its parents. How many parents they share is in `shared`, and the first of
    these by name in `through`. Tasks without parents have no siblings.

    >>> from ectgraph.testing import sketch, task_id
    >>> evidence = sketch("a@0; b@5<a; c@6<a").evidence()
    >>> siblings(evidence, task_id("b")).established
    ('1 task shares a parent with it; it has 1 parent.',)
    """
    graph = evidence.graph
    node = lineage.find(graph, task)
    shared = lineage.siblings(graph, node)
    found = in_order(evidence, {each: -len(parents) for each, parents in shared.items()})
    share = "shares" if len(found) == 1 else "share"
    parents = labels.count(len(graph.pred[node]), "parent")
    return Answer(
        question="siblings",
        title=f"What shares a parent with {called(evidence, node)}",
        columns=(
            Column("shared", "integer", "parents that they share"),
            *TASK,
            Column("through", "text", "one of these, the first by name"),
        ),
        rows=tuple(
            (len(shared[each]), *about(evidence, each), min(shared[each])) for each in found
        ),
        established=(
            f"{labels.count(len(found), 'task')} {share} a parent with it; it has {parents}.",
        ),
        not_established=doubts.of_links(evidence, [node, *found]),
        tasks=(node, *found),
    )


@question
def roots(evidence: Evidence, task: Task | None = None) -> Answer:
    """Which tasks does a task go back to, or the whole ledger?

    Roots are tasks that name no parent (draft-00 §4), as `kind` says. Where a parent has no record,
    nothing says whether it is a root, and it is told as missing. A circle of tasks that no way
    leads into stands for a root as well: all of its tasks are told, under one number.

    >>> from ectgraph.testing import sketch
    >>> roots(sketch("a@0; b@5<a,z; c@0").evidence()).established
    ('The ledger goes back to 2 roots and 1 missing task.',)
    """
    graph = evidence.graph
    node = None if task is None else lineage.find(graph, task)
    above = graph.nodes if node is None else lineage.ancestors(graph, [node])
    rows: list[tuple[Any, ...]] = []
    kinds: Counter[str] = Counter()
    found = [origin for origin in lineage.origins(graph) if origin[0] in above]
    for number, origin in enumerate(found, 1):
        kind = "circle" if graph.pred[origin[0]] else "root"
        if graph.nodes[origin[0]]["status"] == "missing":
            kind = "missing"
        kinds[kind] += 1
        rows += ((number, kind, *about(evidence, each)) for each in origin)
    told = [labels.count(kinds[kind], *name) for kind, name in _ORIGINS.items() if kinds[kind]]
    tasks = tuple(each for origin in found for each in origin)
    what = "The ledger" if node is None else "It"
    return Answer(
        question="roots",
        title=f"What {'the ledger' if node is None else called(evidence, node)} goes back to",
        columns=(
            Column("origin", "integer", "number of the root, or of the circle"),
            Column("kind", "category", "`root`, `missing` or `circle`"),
            *TASK,
        ),
        rows=tuple(rows),
        established=(f"{what} goes back to {' and '.join(told) or 'nothing: it has no tasks'}.",),
        not_established=doubts.of_links(evidence, tasks),
        tasks=tasks,
    )


_ORIGINS = {
    "root": ("root", "roots"),
    "missing": ("missing task", "missing tasks"),
    "circle": ("circle without a way in", "circles without a way in"),
}


@question
def common_ancestors(evidence: Evidence, first: Task, second: Task, *others: Task) -> Answer:
    """What do several tasks all build on, and what is the nearest of that?

    The nearest are those that no other common ancestor builds on; circles count as one task. A task
    counts as an ancestor of its own, so of two tasks in a row the first is the nearest. `distance`
    is the number of links to that of the tasks which is farthest away, on the shortest way.

    >>> from ectgraph.testing import sketch, task_id
    >>> evidence = sketch("a@0; b@5<a; c@6<b; d@7<b").evidence()
    >>> common_ancestors(evidence, task_id("c"), task_id("d")).established[0]
    'They have 2 ancestors in common; the nearest is b 2c065b68.'
    """
    graph = evidence.graph
    nodes = list(dict.fromkeys(lineage.find(graph, each) for each in (first, second, *others)))
    common, knots = lineage.common_ancestors(graph, nodes)
    nearest = {task for knot in knots for task in knot}
    upward = graph.reverse(copy=False)
    distances = [lineage.distances(upward, [node]) for node in nodes]
    far = {task: max(distance[task] for distance in distances) for task in common}
    found = in_order(evidence, {task: (task not in nearest, far[task]) for task in common})
    near = labels.some([called(evidence, task) for task in found if task in nearest])
    says = "They have no ancestor in common."
    if found:
        number = labels.count(len(found), "ancestor")
        are = "is" if len(nearest) == 1 else "are"
        says = f"They have {number} in common; the nearest {are} {near}."
    return Answer(
        question="common-ancestors",
        title=f"What {labels.some([called(evidence, node) for node in nodes])} all build on",
        columns=(
            Column("nearest", "flag", "whether no other of these builds on it"),
            Column(
                "distance", "integer", "links to the farthest of the tasks, on the shortest way"
            ),
            *TASK,
        ),
        rows=tuple((task in nearest, far[task], *about(evidence, task)) for task in found),
        established=(says,),
        not_established=doubts.of_links(evidence, found),
        tasks=tuple(dict.fromkeys([*nodes, *found])),
    )


@question
def generations(evidence: Evidence) -> Answer:
    """How deep does each task stand, and how many tasks are there at each depth?

    The depth of a task is the number of links on the longest way from a root to it; the tasks of a
    knot of circles are told at one depth, as if they were one task. `generation` is how many tasks
    stand at that depth. Tasks that are only named, as parents, stand where their name puts them.

    >>> from ectgraph.testing import sketch
    >>> generations(sketch("a@0; b@5<a; c@6<a").evidence()).established
    ('3 tasks stand at 2 depths, from 0 to 1.', 'At depth 1 there are most: 2 tasks.')
    """
    depths = lineage.depths(evidence.graph)
    sizes = Counter(depths.values())
    found = in_order(evidence, depths)
    sentences = ["There are no tasks."]
    if sizes:
        widest = min(sizes, key=lambda depth: (-sizes[depth], depth))
        number, stand = labels.count(len(found), "task"), "stands" if len(found) == 1 else "stand"
        span = f"{labels.count(len(sizes), 'depth')}, from 0 to {max(sizes):,}"
        sentences = [
            f"{number} {stand} at {span}.",
            f"At depth {widest:,} there are most: {labels.count(sizes[widest], 'task')}.",
        ]
    return Answer(
        question="generations",
        title="How deep each task stands",
        columns=(
            Column("depth", "integer", "links on the longest way from a root"),
            Column("generation", "integer", "tasks at this depth"),
            *TASK,
        ),
        rows=tuple((depths[task], sizes[depths[task]], *about(evidence, task)) for task in found),
        established=tuple(sentences),
        not_established=doubts.of_links(evidence, found),
        tasks=tuple(found),
    )
