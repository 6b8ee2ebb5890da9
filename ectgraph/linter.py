"""Run the rules over the evidence -> Report. The rules judge; what they say gets its place here."""

from __future__ import annotations

import traceback
from collections.abc import Collection, Iterator
from hashlib import sha256

from msgspec.structs import replace

from ectgraph import escape
from ectgraph.collector import paused
from ectgraph.conclusions import conclude
from ectgraph.model import Finding, Hit, Place, Record, Report, Severity
from ectgraph.policy import Policy
from ectgraph.rule import Evidence, Rule
from ectgraph.rules import RULES
from ectgraph.rules import judge as judge_token
from ectgraph.summary import summarize

_TOOL_RULES = {code: rule for code, rule in RULES.items() if rule.severity is Severity.FATAL}
"""Rules about the tool itself; they always run."""


def lint(
    evidence: Evidence,
    *,
    select: Collection[str] = (),
    ignore: Collection[str] = (),
    rules: dict[str, Rule] | None = None,
) -> Report:
    """Judge a ledger by every rule.

    Every rule always runs. Findings that were not selected, or are to be ignored, stay in the
    report, marked so; a failure of the tool itself cannot be ignored.

    Args:
        evidence: the ledger, its keys and the policy.
        select: codes, or beginnings of codes, of the rules that count; all of them when empty.
        ignore: codes, or beginnings of codes, of rules that do not count.
        rules: the rules to run; the whole catalogue without it.

    """
    rules = RULES if rules is None else _TOOL_RULES | rules
    evidence.broken.clear()
    chosen = {
        code
        for code, rule in rules.items()
        if rule.severity is Severity.FATAL
        or (
            (not select or code.startswith(tuple(select)))
            and not (ignore and code.startswith(tuple(ignore)))
        )
    }
    with paused():
        found = sorted(_findings(evidence, rules, chosen), key=lambda item: item[0])
        findings = tuple(finding for _, finding in found)
        summary = summarize(evidence, findings)
        established, not_established = conclude(evidence, summary, findings, rules)
    return Report(
        inputs=tuple(evidence.ledger.inputs),
        keys=evidence.ring.sources if evidence.ring else (),
        summary=summary,
        established=established,
        not_established=not_established,
        findings=findings,
    )


PLACES = 20
"""Records of one task that a finding names; a hostile ledger has many thousand of one."""

_Order = tuple[int, str, str, str]


def _findings(
    evidence: Evidence, rules: dict[str, Rule], chosen: set[str]
) -> Iterator[tuple[_Order, Finding]]:
    ledger = evidence.ledger
    for position, entry in enumerate(ledger.entries):
        for code, hit in entry.hits:
            if code in rules:
                yield _finding(evidence, rules[code], hit, (position,), ignored=code not in chosen)
    for source in ledger.inputs:
        for code, hit in judge_token(None, source.problems, evidence.policy):
            if code in rules:
                witness = f"{source.source} {hit.message}"
                placed = replace(hit, place=Place(source.source), witness=witness)
                yield _finding(evidence, rules[code], placed, (), ignored=code not in chosen)
    # Rules about the tool itself come last: they tell what went wrong in the others.
    for rule in sorted(rules.values(), key=lambda rule: rule.severity is Severity.FATAL):
        for hit, positions in judge(evidence, rule):
            yield _finding(evidence, rule, hit, positions, ignored=rule.code not in chosen)


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
            hit = compare(link, policy)
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
    evidence: Evidence, rule: Rule, hit: Hit, positions: tuple[int, ...], *, ignored: bool
) -> tuple[_Order, Finding]:
    ledger = evidence.ledger
    task, jti, wid = hit.task, None, None
    if task is not None:
        node = evidence.graph.nodes[task]
        jti, wid = node["jti"], node.get("wid")
    elif positions and hit.place is None:
        token = ledger.entries[positions[0]].token
        if token is not None and token.jti is not None:
            jti, wid = token.jti, token.wid
            task = ledger.node(jti, wid)
    subject = f"{jti}\0{wid or ''}" if jti else ""
    if not subject and positions and hit.place is None:
        subject = sha256(ledger.entries[positions[0]].record.body).hexdigest()
    places = tuple(place(ledger.entries[position].record) for position in positions)
    made = finding(
        rule, hit, evidence.policy, subject=subject, task=task, jti=jti, wid=wid, places=places
    )
    first = positions[0] if positions else len(ledger)
    found = replace(made, ignored=True) if ignored else made
    return (first, rule.code, hit.witness, hit.message), found


def finding(
    rule: Rule,
    hit: Hit,
    policy: Policy,
    *,
    subject: str,
    places: tuple[Place, ...],
    task: str | None = None,
    jti: str | None = None,
    wid: str | None = None,
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
        jti: that task's `jti`.
        wid: that task's workflow.

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
        jti=jti,
        wid=wid,
        places=(hit.place, *places) if hit.place else places,
        evidence=hit.evidence,
        fingerprint=fingerprint.hexdigest()[:16],
    )


def place(record: Record) -> Place:
    """Where a record is."""
    return Place(
        record.source, record.line, record.offset, record.index, record.sha256, record.address
    )
