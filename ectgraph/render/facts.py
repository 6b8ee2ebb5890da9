"""What is known of each task, and what of several that are drawn as one: facts -> Box.

The graph knows who, what and when; the ledger's tokens know the rest.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral, Real
from typing import Any

import networkx as nx

from ectgraph import labels
from ectgraph.graph import Shape, measure, values
from ectgraph.ledger import Ledger
from ectgraph.linter import place
from ectgraph.model import Entry, Finding, Severity, Token, Trust
from ectgraph.render.diagram import MISSING, Box

CLAIM = 200
"""Characters of one claim that a picture holds for the curious."""
TOLD = 5
"""Parents, addressees and findings of a task that a picture holds."""
DECISIONS = ("approved", "rejected", "pending_human_review")


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of each task, from where it is known; everything is looked up once."""

    graph: nx.DiGraph[str]
    ledger: Ledger | None
    by_task: Mapping[str | None, list[Finding]]
    """Findings, worst first."""
    measured: Shape | None = None
    """Depth and circles of the graph, where somebody measured it already."""

    @cached_property
    def shape(self) -> Shape:
        """Depth and circles of the graph."""
        return self.measured or measure(self.graph)

    @cached_property
    def knots(self) -> dict[str, int]:
        """For each task in a circle, which one."""
        return {task: number for number, knot in enumerate(self.shape.knots) for task in knot}

    @cached_property
    def _values(self) -> dict[str, dict[str, Any]]:
        return {}

    def values(self, name: str) -> dict[str, Any]:
        """One attribute of every task, or `None`."""
        if name not in self._values:
            found = values(self.graph, name)
            if name == "iat":  # readers put other numbers into a graph: those of numpy, or NaN
                found = {task: _plain(iat) for task, iat in found.items()}
            self._values[name] = found
        return self._values[name]

    @cached_property
    def tokens(self) -> dict[str, Token]:
        """What the entry that speaks for each task says."""
        if self.ledger is None:
            return {}
        known, witness = self.ledger.tasks, self.ledger.witness
        found = ((task, witness(task).token) for task in self.graph if task in known)
        return {task: token for task, token in found if token is not None}

    @cached_property
    def _with_parents(self) -> set[str]:
        return {child for _, child in self.graph.edges}

    @cached_property
    def _with_children(self) -> set[str]:
        return {parent for parent, _ in self.graph.edges}

    def witness(self, task: str) -> Entry | None:
        """The entry that speaks for a task."""
        known = self.ledger is not None and task in self.ledger.tasks
        return self.ledger.witness(task) if self.ledger is not None and known else None

    def severity(self, tasks: Iterable[str]) -> Severity | None:
        """Of the worst finding of some tasks."""
        found = (self.by_task[task][0].severity for task in tasks if task in self.by_task)
        return max(found, key=lambda severity: severity.rank, default=None)

    def box(self, tasks: list[str]) -> Box:
        """What is to be said of some tasks; links and frames are not known yet."""
        wid, iss, act = (
            Counter(map(self.values(name).get, tasks)) for name in ("wid", "iss", "exec_act")
        )
        iat, status, trust = (self.values(name) for name in ("iat", "status", "trust"))
        times = [iat[task] for task in tasks if iat[task] is not None]
        recorded = [task for task in tasks if status[task] != MISSING]
        trusts = Counter(str(trust[task] or Trust.UNCHECKED) for task in recorded)
        trusts[MISSING] = len(tasks) - len(recorded)
        told = [finding for task in tasks for finding in self.by_task.get(task, ())]
        codes = Counter(finding.code for finding in told)
        worst: Counter[str] = Counter()
        for finding in told:
            worst[finding.code] = max(worst[finding.code], finding.severity.rank)
        tokens = [self.tokens[task] for task in tasks if task in self.tokens]
        return Box(
            tasks=tuple(tasks),
            jti=(self.values("jti")[tasks[0]] or str(tasks[0])) if len(tasks) == 1 else None,
            wid=common(wid),
            iss=common(iss),
            exec_act=common(act),
            wids=_distinct(wid),
            agents=_distinct(iss),
            actions=_distinct(act),
            first=min(times, default=None),
            last=max(times, default=None),
            trust={name: number for name, number in sorted(trusts.items()) if number},
            duplicates=sum(status[task] == "duplicate" for task in tasks),
            findings=dict(sorted(codes.items(), key=lambda code: (-worst[code[0]], code[0]))),
            severity=self.severity(tasks),
            decisions=dict(sorted(_decisions(tokens, single=len(tasks) == 1).items())),
            compensations=sum(token.compensates for token in tokens),
            roots=sum(task not in self._with_parents for task in recorded),
            leaves=sum(task not in self._with_children for task in recorded),
            claims=tuple(self._claims(tasks[0])) if len(tasks) == 1 else (),
        )

    def _claims(self, task: str) -> Iterator[tuple[str, str]]:
        """What a task's token says, and what its findings are, each cut to a length."""
        entry = self.witness(task)
        if entry is None or entry.token is None:
            for name, value in self.graph.nodes[task].items():
                yield name, labels.fit(str(value), CLAIM)
        else:
            yield from _stated(entry, entry.token)
        told = self.by_task.get(task, ())
        for finding in told[:TOLD]:
            yield finding.code, labels.fit(finding.message, CLAIM)
        if len(told) > TOLD:
            yield "and", labels.count(len(told) - TOLD, "more finding")


def _plain(number: object) -> float | None:
    """A number as Python and JSON have it; nothing for what is none."""
    if isinstance(number, bool) or not isinstance(number, Real) or not math.isfinite(number):
        return None
    return int(number) if isinstance(number, Integral) else float(number)


def _distinct(names: Counter[str | None]) -> int:
    return len(names) - (None in names)


def _decisions(tokens: list[Token], *, single: bool) -> Counter[str]:
    """Policy decisions; in a group, those that the drafts do not know count as one."""
    stated = [token.pol_decision for token in tokens if token.pol_decision is not None]
    if single:
        return Counter(stated)
    return Counter(word if word in DECISIONS else "other" for word in stated)


def _stated(entry: Entry, token: Token) -> Iterator[tuple[str, str]]:
    """The claims of a token, the ledger's own facts, and what its signature came to."""
    for name in ("jti", "wid", "iss", "sub", "exec_act"):
        yield from _text(name, getattr(token, name))
    for name, found in (("aud", token.aud), ("parents", token.parents)):
        shown = [labels.fit(each, CLAIM) for each in found[:TOLD]]
        if found:
            yield name, labels.some(shown, TOLD)
        if len(found) > TOLD:
            yield f"more {name}", f"{len(found) - TOLD:,}"
    for name in ("iat", "exp"):
        seconds = getattr(token, name)
        yield from _text(name, None if seconds is None else labels.time(seconds))
    for name in ("inp_hash", "out_hash", "pol", "pol_decision", "alg", "kid"):
        yield from _text(name, getattr(token, name))
    yield from _text("ext", token.ext and json.dumps(token.ext, ensure_ascii=False))
    yield from _text("recorded", entry.recorded_at)
    yield "signature", str(entry.trust).replace("_", " ")
    yield from _text("record", place(entry.record))


def _text(name: str, value: object) -> Iterator[tuple[str, str]]:
    """A claim, if there is one, cut to a length."""
    if value is not None:
        yield name, labels.fit(str(value), CLAIM)


def findings_by_task(findings: Iterable[Finding]) -> dict[str | None, list[Finding]]:
    """The findings of each task that are to be seen, worst first; and those about no task."""
    found: dict[str | None, list[Finding]] = {}
    for finding in findings:
        if not finding.ignored:
            found.setdefault(finding.task, []).append(finding)
    for told in found.values():
        told.sort(key=lambda finding: (-finding.severity.rank, finding.code))
    return found


def common(names: Counter[str | None]) -> str | None:
    """The one name that all have; `None` where they differ, or one has none.

    >>> common(Counter(["a", "a"])), common(Counter(["a", None]))
    ('a', None)
    """
    return next(iter(names)) if len(names) == 1 else None
