"""Who was asked and did not answer."""

from __future__ import annotations

from ectgraph import labels
from ectgraph.analysis import silence
from ectgraph.columns import Column
from ectgraph.questions import rows
from ectgraph.questions.answer import Answer
from ectgraph.questions.doubts import of_claims
from ectgraph.questions.question import question
from ectgraph.rule import Evidence


@question
def silent(evidence: Evidence, *, limit: int = 50) -> Answer:
    """Who was named as audience and made no task, or stopped before the others did?

    One row for each name in `aud` that has no task of its own, and for each agent that tasks of
    others name later than its last one; those without any task come first. `answered` is how many
    of the tasks that name it one of its own builds on. An audience need not be an agent: a ledger
    is one as well, and whoever has the last word is named by nobody. Tasks may be missing because
    they were never recorded, or taken out (draft-00 §4, `aud`).

    >>> from ectgraph.testing import sketch
    >>> text = "a@0; b@5<a by=agent-b; c@9<b aud=spiffe://example.com/agent/agent-b"
    >>> found = silent(sketch(text).evidence())
    >>> [(labels.agent(row[0]), row[1], row[2], row[4]) for row in found.rows]
    [('ledger', 0, 2, 0), ('agent-b', 1, 2, 1)]

    """
    everyone = silence.addressed(evidence.graph, evidence.ledger)
    never = [each for each in everyone if not each.tasks]
    stopped = [each for each in everyone if each.after]
    shown, hidden = rows.first([*never, *stopped], limit, "name")
    number = labels.count(len(everyone), "name is", "names are")
    said = (
        f"{number} in the `aud` of others; {len(never):,} of them made no task here, and "
        f"{len(stopped):,} none after others still named them."
        if everyone
        else "No task names anybody else in its `aud`."
    )
    return Answer(
        question="silent",
        title="Who was named, and is not heard of",
        columns=(
            Column("name", "category", "who is named in `aud`"),
            Column("tasks", "integer", "tasks of its own"),
            Column("named", "integer", "tasks of others that name it"),
            Column("answered", "integer", "of those, the ones that a task of its own builds on"),
            Column("named_after", "integer", "of those, the ones dated after its own last task"),
            Column("first_named", "time", "the earliest `iat` of those tasks"),
            Column("last_named", "time", "the latest"),
            Column("last_seen", "time", "the latest `iat` of a task of its own"),
        ),
        rows=tuple(
            (
                each.name,
                each.tasks,
                each.named,
                each.answered,
                each.after,
                each.first_named,
                each.last_named,
                each.last_seen,
            )
            for each in shown
        ),
        established=(said,),
        not_established=(
            *hidden,
            *(
                ("That they should have made one: `aud` may name ledgers and verifiers.",)
                if everyone
                else ()
            ),
            *of_claims(evidence, evidence.ledger.tasks),
        ),
    )
