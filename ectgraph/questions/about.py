"""The columns that say which task a row is about, alike in every answer."""

from __future__ import annotations

from typing import Any

from ectgraph import labels
from ectgraph.columns import Column
from ectgraph.linter import place
from ectgraph.rule import Evidence

TASK = (
    Column("task", "text", "the task, as a node of the graph"),
    Column("exec_act", "category", "what it did"),
    Column("iss", "category", "its agent"),
    Column("iat", "time", "when it says that it ended"),
    Column("trust", "category", "what its signature came to; `missing` without any record"),
    Column("place", "text", "where its record is; that of its witness, of several"),
)


def about(evidence: Evidence, task: str) -> tuple[Any, ...]:
    """The values of `TASK` for a task of the graph."""
    data = evidence.graph.nodes[task]
    known = task in evidence.ledger.tasks
    return (
        task,
        data.get("exec_act"),
        data.get("iss"),
        data.get("iat"),
        data.get("trust", data["status"]),
        str(place(evidence.ledger.witness(task).record)) if known else None,
    )


def called(evidence: Evidence, task: str) -> str:
    """A task as a sentence names it: what it did, and the beginning of its `jti`; as found."""
    data = evidence.graph.nodes[task]
    return labels.task(data.get("exec_act"), data.get("jti"))
