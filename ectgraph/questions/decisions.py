"""What policies decided, and who went on without heeding it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from ectgraph import labels, linter
from ectgraph.analysis import decisions as made
from ectgraph.claims import PENDING, REJECTED
from ectgraph.columns import Column
from ectgraph.model import Token, Trust
from ectgraph.questions import doubts, rows
from ectgraph.questions.about import TASK, about
from ectgraph.questions.answer import Answer
from ectgraph.questions.question import question
from ectgraph.rule import Evidence
from ectgraph.rules import RULES


@question
def decisions(evidence: Evidence, *, limit: int = 50) -> Answer:
    """What was decided about tasks, by which policies?

    One row for each agent and policy (`pol`) with a `pol_decision`; those rejected most come first.
    Of a task with several records, the one that verified counts. The decision is what the agent of
    the task states of it; who decided is not looked at. Early draft-00 §4.

    >>> from ectgraph.testing import sketch
    >>> text = "a@0 pol=p pol_decision=approved; b@1 pol=p pol_decision=rejected; c@2"
    >>> decisions(sketch(text).evidence()).established
    ('2 of 3 tasks state a decision: 1 approved, 1 rejected, 0 pending a human review.',)

    """
    found = made.decided(evidence.ledger)
    shown, hidden = rows.first(found, limit, "agent and policy", "agents and policies")
    approved, rejected, pending, other = (
        sum(getattr(each, name) for each in found)
        for name in ("approved", "rejected", "pending", "other")
    )
    number = approved + rejected + pending + other
    tasks = labels.count(len(evidence.ledger.tasks), "task")
    state = "states" if number == 1 else "state"
    odd = f", {other:,} other" if other else ""
    said = (
        f"{number:,} of {tasks} {state} a decision: {approved:,} approved, {rejected:,} rejected, "
        f"{pending:,} pending a human review{odd}."
    )
    refused = tuple(made.refused(evidence.ledger, (REJECTED, PENDING)))
    return Answer(
        question="decisions",
        title="What policies decided",
        columns=(
            Column("iss", "category", "the agent whose tasks they are"),
            Column("pol", "category", "the policy"),
            Column("tasks", "integer", "its tasks with a decision by it"),
            Column("approved", "integer", "`approved`"),
            Column("rejected", "integer", "`rejected`"),
            Column("pending", "integer", "`pending_human_review`"),
            Column("other", "integer", "anything else"),
        ),
        rows=tuple(
            (
                each.iss,
                each.pol,
                each.approved + each.rejected + each.pending + each.other,
                each.approved,
                each.rejected,
                each.pending,
                each.other,
            )
            for each in shown
        ),
        established=(said if number else f"None of {tasks} states a decision.",),
        not_established=(*hidden, *_not_theirs(evidence)),
        tasks=refused,
    )


def _not_theirs(evidence: Evidence) -> Iterator[str]:
    """Why decisions are less than sure."""
    witnesses = map(evidence.ledger.witness, evidence.ledger.tasks)
    number = sum(
        each.trust is not Trust.VERIFIED
        for each in witnesses
        if each.token is not None and each.token.pol_decision is not None
    )
    if number:
        of = labels.count(number, "decision is", "decisions are")
        yield f"Whose {of}: their tokens did not verify."


@question
def after_rejection(evidence: Evidence, *, limit: int = 50) -> Answer:
    """Who went on after a rejection, or before a person had decided?

    One row for each task that builds, near or far, on one that was rejected or is pending; the
    nearest come first. `settled`: on every way to it from such a task, something lies between that
    was approved, or says that it undoes something (`compensation_required`). `told_by_lint` is
    what `lint` says of its own links: ECT701 or ECT702, as the policy has it. To undo or to review
    is what should follow a rejection, so a row is no accusation. Early draft-00 §6.

    >>> from ectgraph.testing import sketch
    >>> text = "a@0 pol=p pol_decision=rejected; b@1<a; c@2<b by=agent-b"
    >>> found = after_rejection(sketch(text).evidence())
    >>> found.established[0]
    '1 task was rejected and 0 are pending; 2 tasks build on it, 1 of these directly.'
    >>> [row[:3] for row in found.rows]
    [(1, False, 'ECT701'), (2, False, None)]

    """
    graph, ledger = evidence.graph, evidence.ledger
    refused = made.refused(ledger, (REJECTED, PENDING))
    found = made.sequels(graph, ledger, refused)
    shown, hidden = rows.first(found, limit, "task")
    told = _told(evidence) if found else {}
    tokens = {each.task: ledger.witness(each.task).token for each in found}
    return Answer(
        question="after-rejection",
        title="Who went on after a rejection, or while it was pending",
        columns=(
            Column("distance", "integer", "links from the nearest that was rejected or is pending"),
            Column("settled", "flag", "whether an approval or an undoing lies on every way to it"),
            Column("told_by_lint", "text", "codes of lint's findings on its links"),
            *TASK,
            Column("compensates", "flag", "whether it says that it undoes something"),
            Column("pol_decision", "category", "the decision on the task itself"),
            Column("after", "text", "the nearest task that was rejected or is pending"),
            Column("after_decision", "category", "the decision on that one"),
        ),
        rows=tuple(
            (
                each.distance,
                each.settled,
                told.get(each.task),
                *about(evidence, each.task),
                token.compensates if token else None,
                token.pol_decision if token else None,
                each.after,
                refused[each.after],
            )
            for each in shown
            for token in (tokens[each.task],)
        ),
        established=tuple(_went_on(refused, found, list(tokens.values()), len(told))),
        not_established=(
            *hidden,
            *(("That an approval that lies between was meant for this.",) if found else ()),
            *doubts.of_links(evidence, [*refused, *tokens]),
        ),
        tasks=(*refused, *(each.task for each in shown if each.task not in refused)),
    )


def _went_on(
    refused: Mapping[str, str], found: list[made.Sequel], tokens: list[Token | None], told: int
) -> Iterator[str]:
    if not refused:
        yield "No task was rejected, and none is pending."
        return
    kinds = Counter(refused.values())
    rejected = labels.count(kinds[REJECTED], "task was", "tasks were")
    pending = f"{kinds[PENDING]:,} {'is' if kinds[PENDING] == 1 else 'are'} pending"
    build = labels.count(len(found), "task builds", "tasks build")
    direct = sum(each.distance == 1 for each in found)
    it = "it" if len(refused) == 1 else "them"
    yield f"{rejected} rejected and {pending}; {build} on {it}, {direct:,} of these directly."
    if found:
        undoing = sum(token is not None and token.compensates for token in tokens)
        settled = sum(each.settled for each in found)
        say = "says that it undoes" if undoing == 1 else "say that they undo"
        yield (
            f"{undoing:,} of these {say} something; before {settled:,} an approval or an undoing "
            "lies on every way."
        )
        are = "is" if told == 1 else "are"
        yield f"{told:,} of them {are} told by lint (ECT701, ECT702).{_by_agent(tokens)}"


def _by_agent(tokens: list[Token | None]) -> str:
    """How many tasks are of each agent, as a sentence; nothing where none names its agent."""
    agents = Counter(token.iss for token in tokens if token is not None and token.iss is not None)
    told = [f"{labels.agent(iss)} {number:,}" for iss, number in agents.most_common()]
    return f" By agent: {labels.some(told, 5)}." if told else ""


def _told(evidence: Evidence) -> dict[str, str]:
    """The codes of the rules that tell of going on, for each task that they tell it of."""
    told: dict[str, set[str]] = {}
    for code in ("ECT701", "ECT702"):
        for hit, _ in linter.judge(evidence, RULES[code]):
            if hit.task is not None:
                told.setdefault(hit.task, set()).add(code)
    return {task: " ".join(sorted(codes)) for task, codes in told.items()}
