"""Finding -> a card: what was found, where, what to do, and what the rule saw."""

from __future__ import annotations

import json

from ectgraph import labels
from ectgraph.model import Finding
from ectgraph.reports.cards.markup import NOTHING, Html, card, code, line, strong, text
from ectgraph.reports.cards.pieces import CELL, SENTENCE, level, mark, members_of, part, places_of


def finding(finding: Finding) -> Html:
    """A finding: what was found, where, what to do, and what the rule saw."""
    why = f"it does not count: {_why_not(finding)}" if not finding.counts else ""
    seen = [
        (name, json.dumps(each, ensure_ascii=False, default=str))
        for name, each in finding.evidence.items()
    ]
    return card(
        line(level(finding), strong(f"{finding.code} {finding.name}"), looks="title"),
        line(text(_task_of(finding)), code(finding.jti or "") if finding.jti else NOTHING),
        line(text(finding.message, SENTENCE)),
        line(mark("→", ""), text(finding.advice, SENTENCE)),
        line(text(why, SENTENCE)),
        part("Where", places_of(finding.places)),
        part("What the rule saw", members_of(seen)),
        line(
            text(f"source: {finding.cites} · fingerprint"), code(finding.fingerprint), looks="faint"
        ),
    )


def _why_not(finding: Finding) -> str:
    how = "it is ignored" if finding.ignored else "it is known, by the baseline"
    return f"{how} ({finding.reason})" if finding.reason else how


def _task_of(finding: Finding) -> str:
    """Whose task it is about, without its id."""
    if finding.missing:
        return "about a task without a record"
    if finding.jti is None:
        return "not about a task"
    by = f" by {finding.iss}" if finding.iss is not None else ""
    return f"about {labels.fit(finding.exec_act or 'a task', labels.LONGEST)}{by}"


def row(finding: Finding) -> tuple[Html, ...]:
    """Its cells in a table: severity, code and name, task, place, message."""
    act = "a missing task" if finding.missing else finding.exec_act
    return (
        level(finding),
        text(f"{finding.code} {finding.name}"),
        text(labels.task(act, finding.jti) if finding.jti is not None else "", CELL),
        code(str(finding.places[0]), CELL) if finding.places else NOTHING,
        text(finding.message, 2 * CELL),
    )
