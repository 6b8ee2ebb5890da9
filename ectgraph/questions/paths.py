"""The ways from one task to another, and the one of all that took longest."""

from __future__ import annotations

from typing import Any

from ectgraph import labels
from ectgraph.analysis import critical_path as critical
from ectgraph.analysis import lineage
from ectgraph.analysis import paths as ways
from ectgraph.analysis.times import stated as dated
from ectgraph.columns import Column
from ectgraph.questions import doubts
from ectgraph.questions.about import TASK, about, called
from ectgraph.questions.answer import Answer
from ectgraph.questions.question import Task, question
from ectgraph.rule import Evidence

_LARGE = 10**12
"""A number that few people can read."""


@question
def paths(evidence: Evidence, first: Task, last: Task, *, limit: int = 100) -> Answer:
    """On which ways does one task build on another?

    All ways of parent links that meet no task twice, the shortest first, one row for each task of
    each way. The two can be given in either order. At most `limit` ways are listed. Where no circle
    lies between the two, all ways are counted, exactly, however many; in circles that is not
    possible without walking them all, and the search ends after a number of steps.

    >>> from ectgraph.testing import sketch, task_id
    >>> evidence = sketch("a@0; b@5<a; c@6<a; d@9<b,c").evidence()
    >>> paths(evidence, task_id("a"), task_id("d")).established
    ('2 ways lead from a 9c45cf02 to d 4e28f57a, over 4 tasks; the shortest has 2 links.',)
    """
    graph = evidence.graph
    doubts.check_limit(limit)
    start, end = lineage.find(graph, first), lineage.find(graph, last)
    found = ways.paths(graph, start, end, limit)
    turned = not found.paths and ways.paths(graph, end, start, limit)
    if turned and turned.paths:
        start, end, found = end, start, turned
    rows = tuple(
        (number, step, *about(evidence, task))
        for number, way in enumerate(found.paths, 1)
        for step, task in enumerate(way)
    )
    tasks = tuple(dict.fromkeys(task for way in found.paths for task in way))
    ends = f"{called(evidence, start)} to {called(evidence, end)}"
    return Answer(
        question="paths",
        title=f"The ways from {ends}",
        columns=(
            Column("path", "integer", "number of the way; the shortest is 1"),
            Column("step", "integer", "links from its beginning"),
            *TASK,
        ),
        rows=rows,
        established=(_how_many(found, ends),),
        not_established=(*_left_out(found), *doubts.of_links(evidence, tasks)),
        tasks=tasks or (start, end),
    )


def _how_many(found: ways.Paths, ends: str) -> str:
    if not found.paths:
        return f"No way leads from {ends}, or back."
    shortest = labels.count(len(found.paths[0]) - 1, "link")
    over = f"over {labels.count(found.between, 'task')}; the shortest has {shortest}."
    number, least, size = found.total, "", ""
    if number is None and not found.cyclic:
        return f"More than 10^{len(str(ways.MOST)) - 1} ways lead from {ends}, {over}"
    if number is None:
        least, number = "At least ", len(found.paths)
    if number >= _LARGE:
        size = f" (about 10^{len(str(number)) - 1})"
    lead = "leads" if number == 1 else "lead"
    return f"{least}{labels.count(number, 'way')}{size} {lead} from {ends}, {over}"


def _left_out(found: ways.Paths) -> tuple[str, ...]:
    """What bounds kept from being told."""
    told = labels.count(len(found.paths), "way")
    left = []
    if found.cut:
        left.append(f"The search ended after {ways.STEPS:,} steps, with {told} found.")
    elif found.total is None or found.total > len(found.paths):
        left.append(f"Only the shortest are listed, up to the limit: {told}.")
    if found.cyclic and found.total is None:
        left.append(
            "Circles lie between the two, so how many ways there are in all is not known: they "
            "could only be counted by walking every one."
        )
    return tuple(left)


@question
def critical_path(evidence: Evidence) -> Answer:
    """Which chain of tasks took longest from a root to a leaf?

    What has to be faster for the whole to be. Tasks weigh the `exec_time_ms` that they state, as
    soon as any does; else links weigh the time from one `iat` to the next, and without those one
    each. A knot of circles counts as one task. How long a task took, and when it ended, is the word
    of its agent.

    >>> from ectgraph.testing import sketch
    >>> critical_path(sketch("a@0; b@50<a; c@20<a").evidence()).established
    ('It has 2 tasks and takes 50 s, by the times of issue (iat).',)
    """
    graph, ledger = evidence.graph, evidence.ledger
    found = critical.critical_path(graph, ledger)
    stated = critical.spent(graph, ledger)
    iat = dated(graph)
    rows: list[tuple[Any, ...]] = []
    for step, task in enumerate(found.tasks):
        before = iat.get(found.tasks[step - 1]) if step else None
        now = iat.get(task)
        gap = None if before is None or now is None else now - before
        took = stated[task] / 1000 if task in stated else None
        rows.append((step, took, gap, *about(evidence, task)))
    return Answer(
        question="critical-path",
        title="The chain of tasks that took longest",
        columns=(
            Column("step", "integer", "tasks before it on the chain"),
            Column("took_s", "number", "how long it took, as it says (exec_time_ms), in seconds"),
            Column("gap_s", "number", "from the iat of the task before to its own, in seconds"),
            *TASK,
        ),
        rows=tuple(rows),
        established=(_weight(found),),
        not_established=(*_silence(found), *doubts.of_links(evidence, found.tasks)),
        tasks=found.tasks,
    )


def _weight(found: critical.CriticalPath) -> str:
    if not found.tasks:
        return "There are no tasks."
    has = f"It has {labels.count(len(found.tasks), 'task')}"
    if found.by == "links":
        return (
            f"{has} and {labels.count(int(found.weight), 'link')}; no link has a time at both ends."
        )
    by = "by their exec_time_ms" if found.by == "exec_time_ms" else "by the times of issue (iat)"
    return f"{has} and takes {labels.seconds(found.weight)}, {by}."


def _silence(found: critical.CriticalPath) -> tuple[str, ...]:
    said = []
    if found.silent:
        tasks = labels.count(found.silent, "task")
        state = "states" if found.silent == 1 else "state"
        said.append(f"{tasks} of it {state} no such time, and counted as nothing.")
    if found.knots:
        knots = labels.count(found.knots, "knot")
        said.append(f"It goes through {knots} of circles, in which no order of tasks is known.")
    return tuple(said)
