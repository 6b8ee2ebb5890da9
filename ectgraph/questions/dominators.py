"""Which tasks cannot be gone round."""

from __future__ import annotations

from ectgraph import labels
from ectgraph.analysis import dominators as through
from ectgraph.analysis import lineage
from ectgraph.columns import Column
from ectgraph.questions import doubts, rows
from ectgraph.questions.about import TASK, about, called
from ectgraph.questions.answer import Answer
from ectgraph.questions.question import Task, question
from ectgraph.rule import Evidence


@question
def dominators(evidence: Evidence, task: Task) -> Answer:
    """Through which tasks does every way to a task lead?

    A payment that every way leads to through an approval rests on that approval. Ways begin at the
    roots, and in circles that no way leads into. The last row is the nearest such task. It shows
    what the links say, and not that the one task needed the other.

    >>> from ectgraph.testing import sketch, task_id
    >>> evidence = sketch("a@0; b@5<a; c@6<a; d@9<b,c; e@12<d").evidence()
    >>> dominators(evidence, task_id("e")).established[0]
    'Every way to it leads through 2 tasks; the nearest is d 4e28f57a.'
    """
    graph = evidence.graph
    node = lineage.find(graph, task)
    found = through.dominators(graph, node)
    says = "No task lies on every way to it"
    if not graph.pred[node]:
        says = "No way leads to it: it has no parents"
    elif found:
        number, nearest = labels.count(len(found), "task"), called(evidence, found[-1])
        says = f"Every way to it leads through {number}; the nearest is {nearest}"
    return Answer(
        question="dominators",
        title=f"What every way to {called(evidence, node)} leads through",
        columns=(Column("step", "integer", "place in the order of every way"), *TASK),
        rows=tuple((step, *about(evidence, each)) for step, each in enumerate(found, 1)),
        established=(f"{says}.",),
        not_established=doubts.of_links(evidence, lineage.ancestors(graph, [node])),
        tasks=(*found, node),
    )


@question
def bottlenecks(evidence: Evidence, *, limit: int = 20) -> Answer:
    """On which single tasks do the most other tasks rest?

    `cuts_off` is the number of other tasks that no way from the roots would lead to any more, if
    this one were lost or not to be trusted: all that it dominates. A task with many children has a
    low number when these have other parents as well. Exact, also in ledgers with circles; where it
    might take too long, in very deep ledgers of very many joins, nothing is counted.

    >>> from ectgraph.testing import sketch
    >>> found = bottlenecks(sketch("a@0; b@5<a; c@6<a; d@9<b,c; e@12<d").evidence())
    >>> [row[0] for row in found.rows]
    [4, 1]
    """
    graph = evidence.graph
    cut = through.cut_off(graph, through.STEPS)
    known = cut or {}
    found = sorted(filter(known.get, graph), key=lambda task: -known[task])
    told, left = rows.first(found, limit, "task")
    sentences = ["No task cuts another one off."]
    if cut is None:
        sentences = ["Which tasks cut others off was not counted."]
        left = (f"Any of that: to count it might take more than {through.STEPS:,} steps.",)
    elif found:
        most = labels.count(known[found[0]], "other task")
        number = labels.count(len(found), "task")
        cuts = "cuts" if len(found) == 1 else "cut"
        sentences = [
            f"{number} of {len(graph):,} {cuts} others off, if lost.",
            f"{called(evidence, found[0])} cuts off the most: {most}.",
        ]
    return Answer(
        question="bottlenecks",
        title="The tasks on which the most others rest",
        columns=(
            Column("cuts_off", "integer", "other tasks that no way would lead to without it"),
            Column("parents", "integer", "tasks that it builds on directly"),
            Column("children", "integer", "tasks that build on it directly"),
            *TASK,
        ),
        rows=tuple(
            (known[task], len(graph.pred[task]), len(graph.succ[task]), *about(evidence, task))
            for task in told
        ),
        established=tuple(sentences),
        not_established=(*left, *doubts.of_links(evidence, graph)),
        tasks=tuple(told),
    )
