"""Which workflows are built alike, and by what the others differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ectgraph import labels
from ectgraph.analysis import shapes as built
from ectgraph.analysis.shapes import Workflow
from ectgraph.columns import Column
from ectgraph.questions import names, rows
from ectgraph.questions.answer import Answer
from ectgraph.questions.doubts import of_claims
from ectgraph.questions.question import question
from ectgraph.rule import Evidence

_SHOWN = 12
"""Characters of a shape's digest in tables."""
_UNSEEN = (
    "What the shape leaves out: who did it and when; like tasks with like parents and children may "
    "be joined otherwise among each other."
)


@question
def shapes(evidence: Evidence, *, limit: int = 50) -> Answer:
    """Which workflows are built alike?

    One row for each shape, the most frequent first. Workflows (`wid`) have the same shape when they
    differ in nothing but ids, agents, times and the order of records: the same actions, linked the
    same way, with links from elsewhere coming from the same actions. `shape` is the beginning of a
    digest that is the same in every ledger. A rare shape is no fault; `conformance` tells by what
    workflows differ.

    >>> from ectgraph.testing import sketch
    >>> pay = "a{0}@0 wid=w{0} act=ask; b{0}@1<a{0} wid=w{0} act=pay"
    >>> text = "; ".join(pay.format(n) for n in range(3)) + "; x@0 wid=w9 act=pay"
    >>> shapes(sketch(text).evidence()).established
    ('4 workflows are of 2 shapes; the most frequent is that of 3, 1 shape is that of one alone.',)

    """
    groups = built.alike(built.workflows(evidence.graph))
    shown, hidden = rows.first(groups, limit, "shape")
    total = sum(map(len, groups))
    said = "No task is of a workflow: there is nothing to compare."
    if total == 1:
        said = f"There is one workflow, {_name(groups[0][0])}, and none to compare it with."
    elif groups:
        lone = sum(len(group) == 1 for group in groups)
        alone = labels.count(lone, "shape is that", "shapes are those")
        said = (
            f"{total:,} workflows are of {labels.count(len(groups), 'shape')}; the most frequent "
            f"is that of {len(groups[0]):,}, {alone} of one alone."
        )
    return Answer(
        question="shapes",
        title="How workflows are built",
        columns=(
            Column("shape", "text", "the beginning of a digest of it"),
            Column("workflows", "integer", "how many workflows are of it"),
            Column("share", "number", "of all workflows, 0 to 1"),
            Column("tasks", "integer", "tasks of each of them"),
            Column("links", "integer", "links within each of them"),
            Column("across", "integer", "links to each from tasks elsewhere"),
            Column("missing", "integer", "links to each from tasks without a record"),
            Column("exec_acts", "text", "its actions, the most frequent first"),
            Column("wid", "text", "the first of these workflows"),
        ),
        rows=tuple(
            (
                group[0].shape[:_SHOWN],
                len(group),
                len(group) / total,
                len(group[0].tasks),
                sum(group[0].steps.values()),
                group[0].across,
                group[0].missing,
                labels.some(_told(group[0].acts), 5),
                group[0].wid,
            )
            for group in shown
        ),
        established=(said,),
        not_established=(*hidden, *_outside(evidence), *((_UNSEEN,) if groups else ())),
    )


@question
def conformance(evidence: Evidence, *, like: str | None = None, limit: int = 50) -> Answer:
    """By what do workflows differ from the usual one, or from a given one?

    The template is the workflow `like` (a `wid`, or its beginning), or else the first one of the
    most frequent shape. One row for each workflow of another shape, those that differ most first,
    of these the ones that lack most tasks: the actions and steps (`parent → child`) that it lacks
    and has more, each with a number. Their sum is `distance`; where it is 0, the same steps are
    joined otherwise, or links come from elsewhere. The most frequent shape is what is usual here,
    and not what should be.

    >>> from ectgraph.testing import sketch
    >>> pay = "a{0}@0 wid=w{0} act=ask; b{0}@1<a{0} wid=w{0} act=pay"
    >>> text = "; ".join(pay.format(n) for n in range(3)) + "; x@0 wid=w9 act=pay"
    >>> found = conformance(sketch(text).evidence())
    >>> found.established[1]
    '3 of 4 workflows are of its shape; 1 is not.'
    >>> found.rows[0][1:5]
    (2, '1 ask, 1 ask → pay', None, 1)

    """
    workflows = built.workflows(evidence.graph)
    groups = built.alike(workflows)
    title = "By what workflows differ from a template"
    template, sentences, doubts = _template(workflows, groups, like)
    others = [each for each in workflows if template and each.shape != template.shape]
    found = [(built.difference(template, each), each) for each in others if template]
    found.sort(key=lambda pair: (-pair[0].distance, -sum(pair[0].acts_lacking.values())))
    shown, hidden = rows.first(found, limit, "workflow")
    if template:
        same = len(workflows) - len(others)
        is_not = "1 is not" if len(others) == 1 else f"{len(others):,} are not"
        are = "is" if same == 1 else "are"
        total = labels.count(len(workflows), "workflow")
        sentences += (f"{same:,} of {total} {are} of its shape; {is_not}.",)
        doubts += (_UNSEEN,)
    return Answer(
        question="conformance",
        title=title,
        columns=(
            Column("wid", "text", "the workflow"),
            Column("distance", "integer", "actions and steps that it lacks or has more"),
            Column("lacks", "text", "actions and steps that it lacks, with numbers"),
            Column("has_more", "text", "actions and steps that the template lacks"),
            Column("tasks", "integer", "its tasks"),
            Column("across", "integer", "links to it from tasks elsewhere"),
            Column("missing", "integer", "links to it from tasks without a record"),
            Column("shape", "text", "the beginning of a digest of its shape"),
        ),
        rows=tuple(
            (
                each.wid,
                found.distance,
                _all((*_told(found.acts_lacking), *_steps(found.steps_lacking))),
                _all((*_told(found.acts_more), *_steps(found.steps_more))),
                len(each.tasks),
                each.across,
                each.missing,
                each.shape[:_SHOWN],
            )
            for found, each in shown
        ),
        established=sentences,
        not_established=(*hidden, *doubts, *_outside(evidence)),
    )


def _template(
    workflows: list[Workflow], groups: list[tuple[Workflow, ...]], like: str | None
) -> tuple[Workflow | None, tuple[str, ...], tuple[str, ...]]:
    """The workflow to compare with; what is said of it, and what is left open."""
    if like is not None:
        wid = names.meant("wid", like, (each.wid for each in workflows))
        template = next(each for each in workflows if each.wid == wid)
        return template, (f"The template is the workflow {_name(template)}, as asked for.",), ()
    if not groups:
        return None, ("No task is of a workflow: there is nothing to compare.",), ()
    if len(workflows) == 1:
        said = f"There is one workflow, {_name(workflows[0])}, and none to compare it with."
        return None, (said,), ()
    if len(groups[0]) == 1:
        number = labels.count(len(groups), "workflow")
        said = f"No two of {number} are alike: none is usual. Name one to compare with, by `like`."
        return None, (said,), ()
    template = groups[0][0]
    said = (
        f"The template is the workflow {_name(template)}: its shape is that of "
        f"{len(groups[0]):,} of {labels.count(len(workflows), 'workflow')}, more than any other."
    )
    if len(groups) > 1 and len(groups[1]) == len(groups[0]):
        said = said.replace(", more than any other", ", and the first of those as frequent")
        return template, (said,), ("Which shape is the usual one: several are as frequent.",)
    return template, (said,), ()


def _name(workflow: Workflow) -> str:
    return labels.fit(workflow.wid, labels.LONGEST)


def _told(acts: Mapping[str | None, int]) -> list[str]:
    """Actions with their numbers, the most frequent first."""
    return [f"{count:,} {_act(act)}" for act, count in _sorted(acts.items())]


def _steps(steps: Mapping[tuple[str | None, str | None], int]) -> list[str]:
    return [f"{n:,} {_act(one)} → {_act(two)}" for (one, two), n in _sorted(steps.items())]


def _sorted(counts: Iterable[tuple[Any, int]]) -> list[tuple[Any, int]]:
    return sorted(counts, key=lambda each: (-each[1], repr(each[0])))


def _act(act: str | None) -> str:
    return "(no action)" if act is None else labels.fit(act, labels.LONGEST)


def _all(told: tuple[str, ...]) -> str | None:
    return labels.some(told, 20) if told else None


def _outside(evidence: Evidence) -> tuple[str, ...]:
    """Which tasks are of no workflow, and which of the others are believed."""
    wids, recorded = evidence.values("wid"), evidence.ledger.tasks
    number = sum(wids[task] is None for task in recorded)
    outside = (f"Anything about {labels.count(number, 'task')} without a `wid`.",) if number else ()
    return outside + of_claims(evidence, (task for task in recorded if wids[task] is not None))
