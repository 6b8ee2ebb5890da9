"""The tables of a page: columns and rows of plain JSON values, as they were found.

Rows tell of a task by its position in the table of tasks. Times are seconds since 1970, as in the
tokens; a number that JavaScript would round is text.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ectgraph.columns import Column
from ectgraph.encoding import MAX_NUMBER
from ectgraph.frames import COLUMNS
from ectgraph.linter import place
from ectgraph.model import Finding
from ectgraph.reports.json import name
from ectgraph.rule import Evidence, Rule

LONG = 2000
"""Characters of a text in a cell; the details of a task have more of it."""

_TASK = {column.name: column for column in COLUMNS["tasks"]}
TASKS = (
    *(_TASK[name] for name in ("exec_act", "jti", "iss", "iat", "trust", "status", "findings")),
    Column("severity", "category", "of the worst of its findings that count"),
    *(_TASK[name] for name in ("kid", "level", "wid", "parents", "children", "records")),
    *(_TASK[name] for name in ("draft", "exp")),
    Column("place", "text", "where its record is; that of its witness, of several"),
    _TASK["task"],
)
"""What is read first comes first."""
FINDINGS = (
    Column("code", "category", "the rule"),
    Column("name", "category", "the rule's name"),
    Column("severity", "category", "how bad it is"),
    Column("message", "text", "what was found"),
    Column("advice", "category", "what to do next"),
    Column("cites", "category", "where the requirement comes from"),
    Column("task", "integer", "the row of its task; none where the page does not hold it"),
    Column("jti", "text", "of its task"),
    Column("wid", "category", "of its task"),
    Column("iss", "category", "of its task"),
    Column("exec_act", "category", "of its task"),
    Column("place", "text", "where it is"),
    Column("fingerprint", "text", "what it is called, while the fact is the same"),
    Column("state", "category", "counts, ignored, or known by the baseline"),
    Column("reason", "text", "why it does not count, as the caller says"),
    Column("evidence", "text", "numbers, times and names to check it by, as JSON"),
)

Table = dict[str, Any]


def table(columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> Table:
    """Columns and rows as a page takes them; names of tasks are never cut, as they lead to rows.

    >>> table([Column("n", "integer", "a number")], [[2**60]])["rows"]
    [['1152921504606846976']]
    """
    return {
        "columns": [vars(column) for column in columns],
        "rows": [
            [
                value if column.name == "task" else _cell(value)
                for column, value in zip(columns, row, strict=True)
            ]
            for row in rows
        ],
    }


def _cell(value: Any) -> Any:
    """A value that JSON and JavaScript hold as it is."""
    if type(value) is int:
        return value if -MAX_NUMBER <= value <= MAX_NUMBER else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, str):
        return fit(value)
    return value


def fit(text: str) -> str:
    """A text as a cell holds it.

    >>> len(fit("x" * 100_000))
    2001
    """
    return text if len(text) <= LONG else f"{text[:LONG]}…"


def tasks(evidence: Evidence, findings: Iterable[Finding], chosen: Sequence[str]) -> Table:
    """Some tasks, a row for each."""
    counts: Counter[str | None] = Counter()
    worst: dict[str | None, Finding] = {}
    for each in findings:
        if each.counts:
            counts[each.task] += 1
            if each.task not in worst or each.severity.rank > worst[each.task].severity.rank:
                worst[each.task] = each
    return table(TASKS, (_task(evidence, task, counts[task], worst.get(task)) for task in chosen))


def _task(evidence: Evidence, task: str, findings: int, worst: Finding | None) -> tuple[Any, ...]:
    graph, ledger = evidence.graph, evidence.ledger
    data = graph.nodes[task]
    entries = ledger.entries_of(task)
    witness = ledger.witness(task) if entries else None
    token = witness.token if witness else None
    found = dict(data) | {
        "task": task,
        "draft": token.draft if token else None,
        "records": len(entries),
        "parents": len(graph.pred[task]),
        "children": len(graph.succ[task]),
        "findings": findings,
        "severity": worst.severity.value if worst else None,
        "place": name(str(place(witness.record))) if witness else None,
    }
    return tuple(found.get(column.name) for column in TASKS)


def links(evidence: Evidence, rows: Mapping[str, int]) -> list[tuple[int, int]]:
    """The parent links between tasks that have rows: row of the parent, row of the child."""
    return [
        (rows[parent], row)
        for child, row in rows.items()
        for parent in evidence.graph.pred[child]
        if parent in rows
    ]


def findings(found: Iterable[Finding], rows: Mapping[str, int]) -> Table:
    """Findings, a row for each, in their order."""
    return table(FINDINGS, (_finding(each, rows) for each in found))


def _finding(finding: Finding, rows: Mapping[str, int]) -> tuple[Any, ...]:
    state = "ignored" if finding.ignored else "known" if finding.known else "counts"
    return (
        finding.code,
        finding.name,
        finding.severity.value,
        finding.message,
        finding.advice,
        finding.cites,
        None if finding.task is None else rows.get(finding.task),
        finding.jti,
        finding.wid,
        finding.iss,
        finding.exec_act,
        name(str(finding.places[0])) if finding.places else None,
        finding.fingerprint,
        state,
        finding.reason or None,
        json.dumps(finding.evidence, ensure_ascii=False, default=str),
    )


def rules(codes: Iterable[str], catalogue: Mapping[str, Rule]) -> dict[str, Any]:
    """The rules of some codes: name, what each is about, where it comes from, what to do."""
    return {
        code: {
            "name": rule.name,
            "severity": rule.severity.value,
            "doc": " ".join(rule.doc.partition("\n\n")[0].replace("`", "").split()),
            "cites": rule.cites,
            "advice": rule.advice,
        }
        for code in sorted(set(codes))
        if (rule := catalogue.get(code)) is not None
    }
