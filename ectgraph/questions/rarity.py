"""What was done seldom."""

from __future__ import annotations

from ectgraph import labels
from ectgraph.analysis import rarity
from ectgraph.columns import Column
from ectgraph.questions import rows
from ectgraph.questions.answer import Answer
from ectgraph.questions.doubts import of_claims
from ectgraph.questions.question import question
from ectgraph.rule import Evidence


@question
def rare(evidence: Evidence, *, limit: int = 50) -> Answer:
    """What was done seldom, by whom, and after what?

    One row for each action, each agent and action, and each step from one action to another, the
    rarest first; `share` is of all of its kind. `task` is the first of them; of a step, the child.
    Where every action is frequent, the first rows are frequent as well: read the numbers. What is
    rare is no fault, and what happened once may be the only honest run.

    >>> from ectgraph.testing import sketch
    >>> text = "a@0; b@1<a; c@2<b act=b; d@3<c act=b; e@4<d act=a"
    >>> for sentence in rare(sketch(text).evidence()).established:
    ...     print(sentence)
    2 actions in 5 tasks: none is that of one task alone.
    2 pairs of agent and action in 5 tasks: none is that of one task alone.
    3 steps from action to action in 4 links: 2 are those of one link alone.

    """
    found = rarity.habits(evidence.graph)
    shown, hidden = rows.first(found, limit, "thing that was done", "things that were done")
    wids = {wid for wid in evidence.values("wid").values() if wid is not None}
    return Answer(
        question="rare",
        title="What was done seldom",
        columns=(
            Column("kind", "category", "`action`, `agent and action`, or `step`"),
            Column("count", "integer", "tasks; of a step, links"),
            Column("share", "number", "of all of this kind, 0 to 1"),
            Column("parent_act", "category", "of a step, what the task builds on"),
            Column("exec_act", "category", "the action"),
            Column("iss", "category", "of an agent and its action, the agent"),
            Column("workflows", "integer", "different `wid`s that it is in"),
            Column("of_workflows", "integer", "different `wid`s of the ledger"),
            Column("task", "text", "the first task that it is of"),
        ),
        rows=tuple(
            (
                each.kind,
                each.count,
                each.share,
                each.parent_act,
                each.exec_act,
                each.iss,
                each.workflows,
                len(wids),
                each.example,
            )
            for each in shown
        ),
        established=tuple(
            _numbers(kind, found)
            for kind in ("action", "agent and action", "step")
            if any(each.kind == kind for each in found)
        )
        or ("No task states an action.",),
        not_established=(
            *hidden,
            *(("In how many workflows: no task is of one.",) if found and not wids else ()),
            *of_claims(evidence, evidence.ledger.tasks),
        ),
        tasks=tuple(dict.fromkeys(each.example for each in shown)),
    )


_NOUNS = {
    "action": ("action", "actions", "task"),
    "agent and action": ("pair of agent and action", "pairs of agent and action", "task"),
    "step": ("step from action to action", "steps from action to action", "link"),
}


def _numbers(kind: str, found: list[rarity.Habit]) -> str:
    one, many, of = _NOUNS[kind]
    counts = [each.count for each in found if each.kind == kind]
    number, total = labels.count(len(counts), one, many), labels.count(sum(counts), of)
    once = counts.count(1)
    alone = "none is that" if not once else "1 is that" if once == 1 else f"{once:,} are those"
    return f"{number} in {total}: {alone} of one {of} alone."
