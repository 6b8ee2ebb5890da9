"""What somebody typed -> the findings, or the task, that it means; and what to type for a task."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ectgraph import escape, labels
from ectgraph.analysis.lineage import find
from ectgraph.errors import EctgraphError
from ectgraph.linter import place
from ectgraph.model import Finding
from ectgraph.reports.invocation import Invocation
from ectgraph.rule import Evidence, Rule


class AmbiguityError(EctgraphError):
    """What was asked for means several findings; `findings` has them, for the caller to choose."""

    def __init__(self, message: str, findings: Sequence[Finding]) -> None:
        """Take the findings that are meant."""
        some = labels.some([finding.fingerprint for finding in findings], 5)
        super().__init__(f"{message}; choose one by its fingerprint: {some}")
        self.findings = tuple(findings)


def meant(
    evidence: Evidence, findings: Sequence[Finding], rules: Mapping[str, Rule], what: str
) -> tuple[list[Finding], str | None, bool]:
    """(the findings that are meant, else the task, whether a task has the same name).

    What is meant exactly counts more than a beginning.
    """
    wanted = what.strip().lower()
    node, refusal = None, ""
    try:
        node = find(evidence.graph, what)
    except EctgraphError as error:
        refusal = str(error)
    named = node is not None and what in (node, evidence.graph.nodes[node]["jti"])
    exact = [each for each in findings if each.fingerprint == wanted]
    exact = exact or [each for each in findings if wanted in (each.code.lower(), each.name)]
    if exact:
        return exact, None, named
    if named:
        return [], node, False
    begun = []
    if re.fullmatch("[0-9a-f]{4,}", wanted):
        begun = [each for each in findings if each.fingerprint.startswith(wanted)]
    typed = f"'{escape.terminal(what, 80)}'"
    several = node is None and what != "" and any(each.startswith(what) for each in evidence.graph)
    if begun and (node is not None or several):
        tasks = "several tasks" if several else "a task"
        message = (
            f"{labels.count(len(begun), 'finding')} and {tasks} begin with {typed}; "
            f"give more of it: {begun[0].fingerprint} is the finding"
        )
        raise EctgraphError(message)
    if begun or node is not None:
        return begun, node, False
    if several:
        raise EctgraphError(refusal)
    for rule in rules.values():
        if wanted in (rule.code.lower(), rule.name):
            message = f"{rule.code} {rule.name} has no finding here; `ectgraph rule {rule.code}`"
            raise EctgraphError(f"{message} tells what it is about")
    message = (
        f"no finding's fingerprint and no task's jti begins with {typed}; "
        "`ectgraph lint` shows the fingerprints, `ectgraph table … tasks` the tasks"
    )
    raise EctgraphError(message)


@dataclass(frozen=True)
class Scene:
    """What a story is told from."""

    evidence: Evidence
    findings: Sequence[Finding]
    rules: Mapping[str, Rule]
    invocation: Invocation

    @cached_property
    def codes(self) -> dict[str, tuple[str, ...]]:
        """Codes of the findings that count, by task."""
        found: dict[str, dict[str, None]] = {}
        for finding in self.findings:
            if finding.task is not None and not finding.ignored:
                found.setdefault(finding.task, {})[finding.code] = None
        return {task: tuple(codes) for task, codes in found.items()}

    def concerning(self, node: str) -> list[Finding]:
        """The findings about a task and those that name its records: its own first, worst first."""
        places = {place(entry.record) for entry in self.evidence.ledger.entries_of(node)}
        found = [
            finding
            for finding in self.findings
            if finding.task == node or not places.isdisjoint(finding.places)
        ]
        found.sort(key=lambda each: (not each.counts, each.task != node, -each.severity.rank))
        return found

    def name(self, node: str) -> str:
        """A task as a person would name it, cut to a readable length."""
        return labels.fit(self.evidence.name(node), 60)

    def handle(self, node: str) -> str | None:
        """The beginning of a task's name that means it and nothing else; `None` without one."""
        for length in (8, 13, 18, 24, len(node)):
            text = node[:length]
            try:
                found, task, _ = meant(self.evidence, self.findings, self.rules, text)
            except EctgraphError:
                continue
            if not found and task == node:
                return text
        return None
