"""One finding, or one task -> a short story: what is wrong, on what records, and where to go on.

Nothing is judged here: findings and facts only. Texts are as found, and only cut; `narration` shows
them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ectgraph.agent.steps import Outcome, Step
from ectgraph.linter import place
from ectgraph.model import Entry, Finding, Place, Report
from ectgraph.reports.checks import checks, lineage
from ectgraph.reports.invocation import Invocation
from ectgraph.reports.json import finding_document, indented
from ectgraph.reports.stories.ancestry import Ancestry, Kin, ancestry
from ectgraph.reports.stories.exhibits import Exhibit, exhibits, located, where
from ectgraph.reports.stories.meaning import AmbiguityError, Scene, meant
from ectgraph.reports.stories.onward import Command, commands, not_known
from ectgraph.reports.task import Neighbour, neighbour
from ectgraph.rule import BROKEN, Evidence, Rule
from ectgraph.rules import RULES

RECORDS = 6
"""Records that are shown."""
CHAPTERS = 6
"""Rules whose findings are told of one task, and `TOLD` findings of each."""
TOLD = 3
PARAGRAPHS = 2
"""Paragraphs of what a rule says of itself; `ectgraph rule` has the rest."""
_BEGINNING = 120
"""Bytes of a record without a token that are shown."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """One record, in short."""

    place: str
    offset: int | None
    sha256: str | None
    task: Neighbour | None
    """`None` where no token could be read, and for what is no record."""
    kid: str | None
    issued: float | None
    recorded: str | int | float | None
    """As the ledger states it."""
    begins: str
    """How its bytes begin, where no token could be read."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """One finding, and what it rests on."""

    finding: Finding
    exhibits: tuple[Exhibit, ...]


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """A rule, and what it found."""

    code: str
    name: str
    doc: tuple[str, ...]
    """The first paragraphs of what the rule says of itself."""
    advice: str
    cites: str
    told: tuple[Told, ...]
    more: int


@dataclass(frozen=True, kw_only=True, repr=False)
class Explanation:
    """A short story of one finding, or of one task; it shows itself as text."""

    asked: str
    of_task: bool
    """Whether it is about a task, and all that was found there; else about one finding."""
    node: str | None
    """The task's name in the graph."""
    task: Neighbour | None
    remarks: tuple[str, ...]
    """What else could have been meant."""
    chapters: tuple[Chapter, ...]
    more_chapters: tuple[str, ...]
    """Codes of the rules whose findings are not told."""
    passed: tuple[Step, ...]
    """The steps of verifying that a task without findings passed."""
    records: tuple[Card, ...]
    more_records: int
    ancestry: Ancestry | None
    not_known: tuple[str, ...]
    commands: tuple[Command, ...]

    def __str__(self) -> str:
        """The story as text."""
        from ectgraph.reports.stories.narration import to_text  # noqa: PLC0415  # which is made of this

        return "\n".join(line.plain for line in to_text(self))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from ectgraph.reports import cards  # noqa: PLC0415  # which show what is made here

        return cards.explanation(self)


# What is meant


def explain(
    evidence: Evidence,
    report: Report,
    what: str,
    *,
    rules: Mapping[str, Rule] = RULES,
    invocation: Invocation | None = None,
) -> Explanation:
    """Tell one finding, or one task.

    Args:
        evidence: the ledger, its keys, and what was asked of them.
        report: what the rules found there.
        what: a fingerprint or its beginning (4 characters or more), the code or the name of a rule
            that has one finding, or a `jti` or its beginning.
        rules: the rules, by code.
        invocation: how the caller reads this ledger from a command line; without it, by the names
            of the sources.

    Raises:
        AmbiguityError: several findings are meant.
        EctgraphError: nothing is meant, several tasks are, or a finding and a task.

    """
    findings, node, is_task_too = meant(evidence, report.findings, rules, what)
    if len({finding.fingerprint for finding in findings}) > 1:
        raise AmbiguityError(f"{len(findings):,} findings are meant", findings)
    scene = Scene(evidence, report.findings, rules, invocation or by_sources(evidence))
    remarks = ["a task is called so as well; `ectgraph show` tells it"] if is_task_too else []
    if len(findings) > 1:
        remarks.append(f"{len(findings):,} findings have this fingerprint")
    if findings:
        return _tell(scene, what, findings[0].task, findings, remarks, of_task=False)
    return _tell(scene, what, node, scene.concerning(node or ""), remarks, of_task=True)


def by_sources(evidence: Evidence) -> Invocation:
    """The command line that reads the sources again, by their names."""
    keys = evidence.ring.sources if evidence.ring else ()
    options = [word for source in keys for word in ("--keys", source.source)]
    return Invocation(
        paths=tuple(source.source for source in evidence.ledger.inputs), options=tuple(options)
    )


# What is told


def _tell(
    scene: Scene,
    asked: str,
    node: str | None,
    findings: Sequence[Finding],
    remarks: Sequence[str],
    *,
    of_task: bool,
) -> Explanation:
    """Put a story together."""
    evidence = scene.evidence
    places = _places(evidence, node if of_task else None, findings)
    entries = located(evidence.ledger, places)
    by_code: dict[str, list[Finding]] = {}
    for finding in findings:
        by_code.setdefault(finding.code, []).append(finding)
    codes = list(by_code)
    cards = [_card(each, entries.get(each)) for each in places[:RECORDS]]
    shown = [entries[each] for each in places[:RECORDS] if each in entries]
    passed, undone = _steps(scene, node) if of_task and not findings else ([], [])
    return Explanation(
        asked=asked,
        of_task=of_task,
        node=node,
        task=None if node is None else neighbour(evidence, node),
        remarks=tuple(remarks),
        chapters=tuple(_chapter(scene, by_code[code], entries) for code in codes[:CHAPTERS]),
        more_chapters=tuple(codes[CHAPTERS:]),
        passed=tuple(passed),
        records=tuple(cards),
        more_records=len(places) - len(cards),
        ancestry=None if node is None else ancestry(evidence, scene.codes, node),
        not_known=tuple(not_known(scene, node, findings, shown, undone)),
        commands=tuple(commands(scene, node, findings, shown)),
    )


def _places(evidence: Evidence, node: str | None, findings: Sequence[Finding]) -> list[Place]:
    """The places of a story: those of the task's own records, then those of the findings."""
    own = [] if node is None else [place(e.record) for e in evidence.ledger.entries_of(node)]
    told = [each for finding in findings for each in finding.places]
    return list(dict.fromkeys([*own, *told]))


def _chapter(scene: Scene, findings: Sequence[Finding], entries: Mapping[Place, Entry]) -> Chapter:
    first = findings[0]
    rule = scene.rules.get(first.code)
    paragraphs = re.split(r"\n\s*\n", rule.doc)[:PARAGRAPHS] if rule else []
    told = [
        Told(
            finding=finding,
            exhibits=tuple(
                exhibits(
                    scene.evidence,
                    finding,
                    {each: entries[each] for each in finding.places if each in entries},
                )
            ),
        )
        for finding in findings[:TOLD]
    ]
    return Chapter(
        code=first.code,
        name=first.name,
        doc=tuple(" ".join(paragraph.split()) for paragraph in paragraphs),
        advice=first.advice,
        cites=first.cites,
        told=tuple(told),
        more=len(findings) - len(told),
    )


def _card(at: Place, entry: Entry | None) -> Card:
    token = None if entry is None else entry.token
    task, kid, issued, begins = None, None, None, ""
    if entry is not None and token is not None:
        task = Neighbour(
            jti=token.jti or "", exec_act=token.exec_act, iss=token.iss, trust=entry.trust.value
        )
        kid, issued = token.kid, token.iat
    elif entry is not None:
        begins = entry.record.body[:_BEGINNING].decode("utf-8", "backslashreplace")
    return Card(
        place=where(at),
        offset=at.offset,
        sha256=at.sha256,
        task=task,
        kid=kid,
        issued=issued,
        recorded=None if entry is None else entry.recorded_at,
        begins=begins,
    )


def _steps(scene: Scene, node: str | None) -> tuple[list[Step], list[Step]]:
    """The steps of verifying that a task without findings passed, and those that were not done."""
    evidence = scene.evidence
    if node is None or node not in evidence.ledger.tasks:
        return [], []
    entry = evidence.ledger.witness(node)
    broken = [finding for finding in scene.findings if finding.code == BROKEN]
    steps = list(checks(evidence, entry, broken, lineage(evidence, scene.findings, node)))
    return (
        [step for step in steps if step.outcome is Outcome.PASSED],
        [step for step in steps if step.outcome is Outcome.NOT_DONE],
    )


# As JSON


def to_json(explanation: Explanation) -> bytes:
    """Write it as `ectgraph-explanation/1` (docs/formats.md)."""
    return indented(
        {
            "format": "ectgraph-explanation/1",
            "asked": explanation.asked,
            "subject": "task" if explanation.of_task else "finding",
            "task": explanation.node,
            "remarks": explanation.remarks,
            "chapters": [_chapter_document(chapter) for chapter in explanation.chapters],
            "more_chapters": explanation.more_chapters,
            "passed": [{"number": step.number, "title": step.title} for step in explanation.passed],
            "records": [
                vars(card) | {"task": None if card.task is None else vars(card.task)}
                for card in explanation.records
            ],
            "more_records": explanation.more_records,
            "lineage": _ancestry_document(explanation.ancestry),
            "not_known": explanation.not_known,
            "commands": [vars(command) for command in explanation.commands],
        },
        1,
    )


def _chapter_document(chapter: Chapter) -> dict[str, Any]:
    return {
        "code": chapter.code,
        "name": chapter.name,
        "doc": chapter.doc,
        "advice": chapter.advice,
        "cites": chapter.cites,
        "findings": [
            finding_document(told.finding) | {"exhibits": [vars(each) for each in told.exhibits]}
            for told in chapter.told
        ],
        "more": chapter.more,
    }


def _ancestry_document(told: Ancestry | None) -> dict[str, Any] | None:
    if told is None:
        return None
    return {
        "parents": [_kin_document(kin) for kin in told.parents],
        "more_parents": told.more_parents,
        "children": [_kin_document(kin) for kin in told.children],
        "more_children": told.more_children,
        "inferred": [
            vars(flow.task) | {"task": flow.node, "into": flow.into, "hash": flow.hash}
            for flow in told.flows
        ],
        "more_inferred": told.more_flows,
    }


def _kin_document(kin: Kin) -> dict[str, Any]:
    return {
        "task": kin.node,
        **vars(kin.task),
        "codes": kin.codes,
        "signed": kin.signed,
        "again": kin.again,
        "behind": [_kin_document(each) for each in kin.behind],
        "more": kin.hidden,
    }
