"""Run the rules over the evidence -> Report. The rules judge; what they say gets its place here."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any

from msgspec.structs import replace

from ectgraph import escape
from ectgraph.collector import paused
from ectgraph.conclusions import conclude
from ectgraph.model import Basis, Finding, Hit, Place, Record, Report, Severity
from ectgraph.policy import Policy
from ectgraph.rule import Evidence, Rule
from ectgraph.rules import RULES, Catalogue
from ectgraph.summary import summarize

_TOOL_RULES = {code: rule for code, rule in RULES.items() if rule.severity is Severity.FATAL}
"""Rules about the tool itself; they always run."""


def lint(
    evidence: Evidence,
    *,
    select: Collection[str] = (),
    ignore: Collection[str] | Mapping[str, str] = (),
    baseline: Collection[str] = (),
    rules: Mapping[str, Rule] | None = None,
    basis: Iterable[Basis] = (),
) -> Report:
    """Judge a ledger by every rule.

    Every rule always runs. Findings that were not selected, are to be ignored or are known stay in
    the report, marked so; a failure of the tool itself cannot be ignored.

    Args:
        evidence: the ledger, its keys and the policy.
        select: the rules that count, by code, beginning of codes or name; all of them when empty.
        ignore: the rules that do not count, named so too; with why, if it is a mapping.
        baseline: fingerprints of findings that are known; see `baseline`.
        rules: the rules to run; without it, those of the evidence.
        basis: what the caller judges by, to be put down in the report.

    Raises:
        EctgraphError: no rule has a code or name that was given.

    """
    by = catalogue(evidence.rules if rules is None else rules)
    evidence.broken.clear()
    mark = _marker(by, select, ignore, baseline)
    with paused():
        found = sorted(_findings(evidence, by), key=lambda item: item[0])
        findings = tuple(mark(finding) for _, finding in found)
        summary = summarize(evidence, findings)
        established, not_established = conclude(evidence, summary, findings, by)
    return Report(
        inputs=tuple(evidence.ledger.inputs),
        keys=evidence.ring.sources if evidence.ring else (),
        summary=summary,
        established=established,
        not_established=not_established,
        findings=findings,
        basis=tuple(basis),
    )


def catalogue(rules: Mapping[str, Rule] | None) -> Catalogue:
    """Rules as a catalogue, those about the tool itself among them; `None`: all of ectgraph."""
    if rules is None:
        return RULES
    if isinstance(rules, Catalogue):
        return rules
    return Catalogue({**_TOOL_RULES, **rules}.values(), None)


def _marker(
    rules: Catalogue,
    select: Collection[str],
    ignore: Collection[str] | Mapping[str, str],
    baseline: Collection[str],
) -> Callable[[Finding], Finding]:
    """Marks the findings that do not count, and says why."""
    reasons = ignore if isinstance(ignore, Mapping) else dict.fromkeys(ignore, "")
    ignored = {code: reason for text, reason in reasons.items() for code in rules.meant(text)}
    if select:
        selected = {code for text in select for code in rules.meant(text)}
        ignored |= dict.fromkeys(rules.keys() - selected, "not selected")
    for code in _TOOL_RULES:
        ignored.pop(code, None)

    def mark(finding: Finding) -> Finding:
        if finding.code in ignored:
            return replace(finding, ignored=True, reason=ignored[finding.code])
        if finding.fingerprint in baseline and rules[finding.code].baseline:
            return replace(finding, known=True)
        return finding

    return mark


PLACES = 20
"""Records of one task that a finding names; a hostile ledger has many thousand of one."""

_Order = tuple[int, str, str, str]


def _findings(evidence: Evidence, rules: Mapping[str, Rule]) -> Iterator[tuple[_Order, Finding]]:
    ledger = evidence.ledger
    for position, entry in enumerate(ledger.entries):
        for code, hit in entry.hits:
            if code in rules:
                yield _finding(evidence, rules[code], hit, (position,))
    for source in ledger.inputs:
        for code, hit in RULES.judge(None, source.problems, evidence.policy):
            if code in rules:
                witness = f"{source.source} {hit.message}"
                placed = replace(hit, place=Place(source.source), witness=witness)
                yield _finding(evidence, rules[code], placed, ())
    # Rules about the tool itself come last: they tell what went wrong in the others.
    for rule in sorted(rules.values(), key=lambda rule: rule.severity is Severity.FATAL):
        for hit, positions in judge(evidence, rule):
            yield _finding(evidence, rule, hit, positions)


def judge(evidence: Evidence, rule: Rule) -> Iterator[tuple[Hit, tuple[int, ...]]]:
    """What a rule over links, or over the ledger, finds: (hit, positions of the entries concerned).

    A rule that raises is put down as broken, and the others go on.
    """
    try:
        for hit in _hits(evidence, rule):
            yield hit, _positions(evidence, hit)
    except Exception:  # noqa: BLE001  # whatever a rule does wrong, the run goes on: ECT901
        evidence.broken.append((rule.code, traceback.format_exc()))


def _hits(evidence: Evidence, rule: Rule) -> Iterator[Hit]:
    """What a rule over links, or over the ledger, finds."""
    if rule.check is not None:
        yield from rule.check(evidence)
    compare, policy = rule.compare, evidence.policy
    if compare is not None:
        ledger = evidence.ledger
        for parent, position, link in evidence.links:
            hit = compare(link, policy.of(link.child.wid))
            if hit is not None:
                child = ledger.node(link.child.jti or "", link.child.wid)
                records = (position, *ledger.tasks[parent][:PLACES])
                witness = link.parent.jti or ""
                if child is not None and len(ledger.tasks[child]) > 1:  # in several versions
                    witness += f" {ledger[position].record.sha256}"
                yield replace(hit, task=child, related=(parent,), records=records, witness=witness)


def _positions(evidence: Evidence, hit: Hit) -> tuple[int, ...]:
    """Entries that a hit is about: those of its task, then those of the related ones.

    Raises:
        LookupError: there is no such task.

    """
    if hit.task is not None and hit.task not in evidence.graph:
        raise LookupError(hit.task)
    if hit.records:
        return hit.records
    tasks = evidence.ledger.tasks
    nodes = hit.related if hit.task is None else (hit.task, *hit.related)
    return tuple(position for node in nodes for position in tasks.get(node, ())[:PLACES])


def _finding(
    evidence: Evidence, rule: Rule, hit: Hit, positions: tuple[int, ...]
) -> tuple[_Order, Finding]:
    ledger = evidence.ledger
    task = hit.task
    said: dict[str, Any] = {}
    if task is not None:
        said = evidence.graph.nodes[task]
    elif positions and hit.place is None:
        token = ledger.entries[positions[0]].token
        if token is not None:
            said = {name: getattr(token, name) for name in _SUBJECT}
            task = None if token.jti is None else ledger.node(token.jti, token.wid)
    about = {name: said.get(name) for name in _SUBJECT}
    jti, wid = about["jti"], about["wid"]
    subject = f"{jti}\0{wid or ''}" if jti else ""
    if not subject and positions and hit.place is None:
        subject = sha256(ledger.entries[positions[0]].record.body).hexdigest()
    places = tuple(place(ledger.entries[position].record) for position in positions)
    made = finding(
        rule,
        hit,
        evidence.policy,
        subject=subject,
        places=places,
        task=task,
        missing=said.get("status") == "missing",
        **about,
    )
    first = positions[0] if positions else len(ledger)
    return (first, rule.code, hit.witness, hit.message), made


_SUBJECT = ("jti", "wid", "iss", "exec_act")
"""What a finding says of the task that it is about."""


def finding(
    rule: Rule,
    hit: Hit,
    policy: Policy,
    *,
    subject: str,
    places: tuple[Place, ...],
    task: str | None = None,
    missing: bool = False,
    **about: Any,
) -> Finding:
    """Make a finding of what a rule said, here and at the live gate.

    Args:
        rule: the rule.
        hit: what it said.
        policy: says how bad that is.
        subject: what it is about, in a form that stays when the record moves; the fingerprint is
            made of it.
        places: the records it is about, the primary one first.
        task: the node of the graph it is about, if any.
        missing: whether that task has no record.
        about: that task's `jti`, `wid`, `iss` and `exec_act`.

    """
    fingerprint = sha256(f"{rule.code}\0{subject}\0{hit.witness}".encode(errors="replace"))
    return Finding(
        code=rule.code,
        name=rule.name,
        severity=policy.severity(rule.code, hit.severity or rule.severity),
        message=escape.terminal(hit.message),
        advice=rule.advice,
        cites=rule.cites,
        task=task,
        missing=missing,
        places=(hit.place, *places) if hit.place else places,
        evidence=hit.evidence,
        fingerprint=fingerprint.hexdigest()[:16],
        **about,
    )


def place(record: Record) -> Place:
    """Where a record is."""
    return Place(
        record.source, record.line, record.offset, record.index, record.sha256, record.address
    )
