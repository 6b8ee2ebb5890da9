"""Task -> a card: its records with their checks, its neighbours, its findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ectgraph import labels
from ectgraph.agent.steps import Outcome, Step
from ectgraph.linter import place
from ectgraph.reports import wording
from ectgraph.reports.cards.markup import (
    NOTHING,
    Html,
    card,
    code,
    folded,
    joined,
    line,
    listed,
    strong,
    text,
)
from ectgraph.reports.cards.pieces import (
    BAD,
    CELL,
    DOUBT,
    GOOD,
    level,
    members_of,
    more,
    part,
    places_of,
    signature,
    trust,
)
from ectgraph.reports.verdict import shown

if TYPE_CHECKING:
    from ectgraph.reports.task import Account, Neighbour, Task

RECORDS = 3
"""Records that are shown."""
NEIGHBOURS = 10
"""Parents, and children."""
FINDINGS = 10
"""Findings, the worst first."""
_STEPS = {Outcome.PASSED: GOOD, Outcome.FAILED: BAD, Outcome.NOT_DONE: DOUBT}


def task(task: Task) -> Html:
    """A task: its records with their checks, its neighbours, and its findings."""
    data = task.attributes
    missing = data["status"] == "missing"
    act = data.get("exec_act") or ("a missing task" if missing else "(no action)")
    by = f"by {data['iss']}" if data.get("iss") else ""
    findings = wording.worst_first(task.findings)
    nothing = "No record of it is here; it is only named as a parent."
    return card(
        line(strong(act, CELL), text(by, 2 * CELL), looks="title"),
        line(code(data["jti"]), NOTHING if missing else trust(data["trust"])),
        line(DOUBT, text(nothing)) if not task.records else NOTHING,
        *(_record(account) for account in task.records[:RECORDS]),
        more(len(task.records) - RECORDS, ".records"),
        part("Parents", _neighbours(task.parents, ".parents", "not known" if missing else "none")),
        part("Children", _neighbours(task.children, ".children", "none")),
        part(
            "Findings",
            *(
                line(level(each), strong(f"{each.code} {each.name}"), text(each.message))
                for each in findings[:FINDINGS]
            ),
            NOTHING if findings else line(text("none")),
            more(len(findings) - FINDINGS, ".findings"),
        ),
    )


def _record(account: Account) -> Html:
    """A record: what it claims, each check, and where its bytes are."""
    return part(
        "Record",
        places_of([place(account.entry.record)]),
        _claims(account.claims),
        listed(_step(each) for each in account.checks),
        folded(text("header"), _claims(account.header)),
        folded(text("the ledger's entry around it"), _claims(account.stated)),
    )


def _claims(members: Any) -> Html:
    if not isinstance(members, Mapping):
        return NOTHING
    return members_of([(name, shown(name, value)) for name, value in members.items()])


def _step(step: Step) -> Html:
    undone = " (not done)" if step.outcome is Outcome.NOT_DONE else ""
    detail = f": {step.detail}" if step.detail else ""
    return joined([_STEPS[step.outcome], text(f"{step.number} {step.title}{undone}{detail}")], "")


def _neighbours(neighbours: Sequence[Neighbour], rest: str, without: str) -> Html:
    told = listed(_neighbour(each) for each in neighbours[:NEIGHBOURS])
    return joined([told or line(text(without)), more(len(neighbours) - NEIGHBOURS, rest)], "")


def _neighbour(task: Neighbour) -> Html:
    by = f" by {labels.agent(task.iss)}" if task.iss else ""
    named = text(f"{labels.fit(task.exec_act or '?', labels.LONGEST)}{by}")
    said = joined([named, code(task.jti, CELL), text(task.trust.replace("_", " "))])
    return joined([signature(task.trust), said], "")
