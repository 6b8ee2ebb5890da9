"""Which tasks and findings are on a page that cannot hold them all."""

from __future__ import annotations

import networkx as nx
import pytest

from ectgraph.model import Finding, Severity
from ectgraph.page.selection import select

CHAIN = nx.DiGraph([(f"t{n}", f"t{n + 1}") for n in range(9)])


def finding(task: str | None, severity: Severity = Severity.ERROR, **fields: bool) -> Finding:
    return Finding(
        code="ECT201",
        name="x",
        severity=severity,
        message=f"{task} {severity}",
        advice="",
        cites="",
        task=task,
        **fields,
    )


def test_where_there_is_room_everything_is_on_it():
    chosen = select(CHAIN, [finding("t3"), finding(None)], max_tasks=10)
    assert chosen.tasks == tuple(CHAIN)
    assert len(chosen.findings) == 2
    assert list(chosen.limits()) == []


@pytest.mark.parametrize(
    ("room", "tasks"),
    [
        (1, ["t8"]),
        (2, ["t2", "t8"]),
        (4, ["t2", "t7", "t8", "t9"]),
        (6, ["t1", "t2", "t3", "t7", "t8", "t9"]),
        (7, ["t0", "t1", "t2", "t3", "t7", "t8", "t9"]),
    ],
)
def test_findings_come_first_the_worst_of_them_then_neighbours_then_the_rest(room, tasks):
    told = [finding("t2", Severity.NOTE), finding("t8"), finding("t5", ignored=True)][:2]
    assert list(select(CHAIN, told, max_tasks=room).tasks) == tasks


def test_what_does_not_count_comes_after_what_does():
    told = [finding("t5", ignored=True), finding("t2", Severity.NOTE)]
    chosen = select(CHAIN, told, max_tasks=1)
    assert chosen.tasks == ("t2",)
    assert [each.task for each in chosen.findings] == ["t2", "t5"]


def test_what_is_left_out_is_said_with_its_numbers():
    told = [finding("t2"), finding("t3", Severity.NOTE), finding("t4", Severity.FATAL)]
    chosen = select(CHAIN, told, max_tasks=4, max_findings=2)
    assert [each.task for each in chosen.findings] == ["t4", "t2"]
    tasks, findings = chosen.limits()
    assert "4 of 10 tasks" in tasks
    assert "2 of 3 findings" in findings
