"""Which tasks and findings a page holds, where a ledger has more than a browser moves with ease."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import networkx as nx

from ectgraph import labels
from ectgraph.model import Finding
from ectgraph.reports.wording import worst_first

MAX_TASKS = 20_000
MAX_FINDINGS = 20_000


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What is on a page; the order of tasks is that of the graph, the worst findings come first."""

    tasks: tuple[str, ...]
    findings: tuple[Finding, ...]
    all_tasks: int
    all_findings: int

    def limits(self) -> Iterator[str]:
        """What is not on it, in sentences."""
        if len(self.tasks) < self.all_tasks:
            yield (
                f"The tables and details of this page hold {len(self.tasks):,} of "
                f"{labels.count(self.all_tasks, 'task')}: first those with findings and their "
                "neighbours, then the others as the ledger has them. All of them were judged."
            )
        if len(self.findings) < self.all_findings:
            yield (
                f"The table of findings holds {len(self.findings):,} of "
                f"{labels.count(self.all_findings, 'finding')}, the worst first; all are counted "
                "by code, and `ectgraph lint --format json` lists them."
            )


def select(
    graph: nx.DiGraph[str],
    findings: Sequence[Finding],
    max_tasks: int = MAX_TASKS,
    max_findings: int = MAX_FINDINGS,
) -> Selection:
    """Choose what is on a page.

    Where there are too many tasks, those with findings come first, the worst of them first, then
    the parents and children of these, then the others in the order of the graph.

    >>> few = select(nx.DiGraph([("a", "b"), ("b", "c"), ("x", "y")]), (), max_tasks=2)
    >>> few.tasks, next(few.limits())[:53]
    (('a', 'b'), 'The tables and details of this page hold 2 of 5 tasks')

    """
    ranked = worst_first(findings)
    tasks: tuple[str, ...] = tuple(graph)
    if len(tasks) > max_tasks:
        told = [each.task for each in ranked if each.task is not None and each.task in graph]
        chosen: dict[str, None] = {}
        for task in chain(told, _neighbours(graph, told), graph):
            if len(chosen) == max_tasks:
                break
            chosen[task] = None
        tasks = tuple(task for task in graph if task in chosen)
    return Selection(
        tasks=tasks,
        findings=tuple(ranked[:max_findings]),
        all_tasks=len(graph),
        all_findings=len(ranked),
    )


def _neighbours(graph: nx.DiGraph[str], tasks: Sequence[str]) -> Iterator[str]:
    for task in dict.fromkeys(tasks):
        yield from graph.pred[task]
        yield from graph.succ[task]
