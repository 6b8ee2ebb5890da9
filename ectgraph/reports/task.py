"""One task -> everything about it: its records, what they say, each check, and its neighbours.

Everything in a token is written by somebody else; what is shown of it goes through `escape`.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.text import Text

from ectgraph import escape, labels
from ectgraph.agent.parse import parse
from ectgraph.agent.steps import Outcome
from ectgraph.agent.verdict import STEPS
from ectgraph.errors import EctgraphError
from ectgraph.formats.entry import TOKEN_MEMBERS, unwrap
from ectgraph.integrity import recorded
from ectgraph.linter import place
from ectgraph.model import Entry, Finding, Severity, Token, Trust
from ectgraph.reports.json import finding_document, indented
from ectgraph.reports.text import STYLES
from ectgraph.reports.verdict import MARKS, decoded, shown
from ectgraph.rule import Evidence
from ectgraph.rules import RULES

RAW = 4000
"""Characters of a record's raw bytes that are shown to people."""

_ALSO = {"ECT207": 6, "ECT402": 10, "ECT403": 10, "ECT404": 9, "ECT601": 15, "ECT602": 15}
_ALSO |= {"ECT006": 15, "ECT301": 13, "ECT603": 15, "ECT604": 1}
"""Steps that rules of archives belong to, next to those that the gate takes."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check of a record, and what became of it."""

    number: int
    title: str
    outcome: Outcome
    detail: str = ""
    """What it was judged by; of one that failed, what was found; of one not done, why not."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """One record of a task."""

    entry: Entry
    raw: bytes
    header: Any
    claims: Any
    stated: dict[str, Any]
    """What the ledger's entry says next to the token."""
    checks: tuple[Check, ...]


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """A parent or a child."""

    jti: str
    exec_act: str | None
    iss: str | None
    trust: str
    """Its trust; `missing` where it has no record."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One task whole."""

    name: str
    attributes: dict[str, Any]
    """Those of its node in the graph."""
    records: tuple[Account, ...]
    parents: tuple[Neighbour, ...]
    children: tuple[Neighbour, ...]
    findings: tuple[Finding, ...]


def find(evidence: Evidence, jti: str) -> str:
    """The node that a `jti`, a node's name, or the beginning of one means.

    Raises:
        EctgraphError: none begins so, or several do; the message lists some.

    """
    graph = evidence.graph
    if jti in graph:
        return jti
    known = evidence.values("jti")
    exact = [node for node, its in known.items() if its == jti]
    found = exact or [node for node in graph if jti and node.startswith(jti)]
    if len(found) == 1:
        return found[0]
    if not found:
        message = f"no task's jti begins with {jti!r}; `ectgraph table … tasks` lists them"
        raise EctgraphError(message)
    message = f"{len(found)} tasks begin with {jti!r}: {labels.some(sorted(found), 5)}"
    raise EctgraphError(message)


def describe(evidence: Evidence, findings: Iterable[Finding], node: str) -> Task:
    """Everything about one task of the graph."""
    graph = evidence.graph
    findings = list(findings)
    own = tuple(finding for finding in findings if finding.task == node)
    of_lineage = own + tuple(finding for finding in findings if finding.code == "ECT303")
    return Task(
        name=node,
        attributes=dict(graph.nodes[node]),
        records=tuple(
            _account(evidence, entry, of_lineage) for entry in evidence.ledger.entries_of(node)
        ),
        parents=tuple(_neighbour(evidence, each) for each in graph.predecessors(node)),
        children=tuple(_neighbour(evidence, each) for each in graph.successors(node)),
        findings=own,
    )


def _neighbour(evidence: Evidence, node: str) -> Neighbour:
    data = evidence.graph.nodes[node]
    return Neighbour(
        jti=data["jti"],
        exec_act=data.get("exec_act"),
        iss=data.get("iss"),
        trust=data.get("trust", data["status"]),
    )


def _account(evidence: Evidence, entry: Entry, findings: Sequence[Finding]) -> Account:
    raw, body = entry.record.raw, entry.record.body
    content = unwrap(body, evidence.policy.max_json_depth)
    header, claims = None, content.claims
    if content.compact is not None:
        said = decoded(parse(content.compact))
        header, claims = said["header"], said["payload"]
    stated = {name: value for name, value in content.stated.items() if name not in TOKEN_MEMBERS}
    return Account(
        entry=entry,
        raw=raw,
        header=header,
        claims=claims,
        stated=stated | (entry.record.beside or {}),
        checks=tuple(_checks(evidence, entry, findings)),
    )


def _checks(evidence: Evidence, entry: Entry, findings: Sequence[Finding]) -> Iterator[Check]:
    """Each step of verifying, as it turned out for a record of the archive."""
    token = entry.token
    failed: dict[int, list[Finding]] = {}
    here = place(entry.record)
    for finding in findings:
        if here in finding.places:
            number = _ALSO.get(finding.code) or RULES[finding.code].step or 14
            if finding.code == "ECT408" and "iat" in finding.evidence:
                number = 10
            failed.setdefault(number, []).append(finding)
    undone = _undone(evidence, entry, token or Token())
    for number, title in STEPS.items():
        found = failed.get(number, [])
        bad = [each for each in found if each.severity.rank >= Severity.ERROR.rank]
        told = "; ".join(f"{each.code} {each.name}: {each.message}" for each in bad or found)
        if bad:
            yield Check(number=number, title=title, outcome=Outcome.FAILED, detail=told)
        elif number in undone:
            yield Check(number=number, title=title, outcome=Outcome.NOT_DONE, detail=undone[number])
        else:
            detail = told or _judged_by(evidence, entry, number)
            yield Check(number=number, title=title, outcome=Outcome.PASSED, detail=detail)


def _undone(evidence: Evidence, entry: Entry, token: Token) -> dict[int, str]:
    """The steps that were not done, and why."""
    why = _undone_with_keys(evidence, entry, token)
    if evidence.policy.audience is None:
        why[8] = "no audience given"
    if evidence.policy.at is None and recorded(entry) is None:
        why |= dict.fromkeys((9, 10), "no time of recording is stated, and none given with --at")
    if entry.record.source not in evidence.chained:
        why[15] = "its source is no hash chain that holds"
    return why


def _undone_with_keys(evidence: Evidence, entry: Entry, token: Token) -> dict[int, str]:
    """The steps that need a signature and its key, and were not done."""
    if token.level == "L1":
        return dict.fromkeys(range(2, 8), "the token is unsigned (level L1)")
    if entry.trust is Trust.UNCHECKED:
        return dict.fromkeys(range(4, 8), "no keys were given")
    if entry.trust in (Trust.UNKNOWN_KEY, Trust.UNSUPPORTED):
        return dict.fromkeys(range(5, 8), f"the signature was not looked at ({entry.trust})")
    if entry.key is None or evidence.ring is None:
        return dict.fromkeys((5, 7), "no given key made this signature")
    key = evidence.ring.keys[entry.key]
    why = {} if key.has_window else {5: "the key set does not say when the key was good"}
    return why if key.iss else why | {7: "the key set does not say whose key it is"}


def _judged_by(evidence: Evidence, entry: Entry, number: int) -> str:
    """What a step that was passed was judged by."""
    token = entry.token or Token()
    at = recorded(entry) if evidence.policy.at is None else evidence.policy.at
    when = "" if at is None else f"judged at {labels.time(at)}"
    key = "" if entry.key is None or evidence.ring is None else evidence.ring.keys[entry.key].source
    number_there = "" if entry.seq is None else f"as number {entry.seq} "
    return {
        2: token.typ or "",
        3: token.alg or "",
        4: f"kid {token.kid!r}" + (f" of {key}" if key else ""),
        8: evidence.policy.audience or "",
        9: when,
        10: when,
        14: labels.count(len(token.parents), "parent") if token.parents else "a root, no parents",
        15: f"{number_there}of a hash chain that holds",
    }.get(number, "")


def to_text(task: Task) -> Iterator[Text]:
    """Lines for a terminal."""
    data = task.attributes
    title = data.get("exec_act") or "a missing task" if data["status"] == "missing" else None
    name = title or data.get("exec_act") or "(no action)"
    yield Text.assemble((escape.terminal(name, 80), "bold"), f"  {escape.terminal(data['jti'])}")
    facts = [data.get("iss"), data.get("trust"), data.get("level"), data.get("draft")]
    if any(facts):
        yield Text("  " + " · ".join(escape.terminal(str(each), 120) for each in facts if each))
    for account in task.records:
        yield from _record(account)
    if not task.records:
        yield Text("  no record of it is here; it is only named as a parent", "yellow")
    for title, neighbours in (("Parents", task.parents), ("Children", task.children)):
        yield Text(f"\n{title}", "bold")
        for each in neighbours:
            yield _line_of(each)
        if not neighbours:
            yield Text("  none", "dim")
    yield Text("\nFindings", "bold")
    for finding in task.findings:
        label = Text("  ").append(finding.severity.value, STYLES[finding.severity])
        ignored = " (ignored)" if finding.ignored else ""
        yield label.append(f" {finding.code} {finding.name}{ignored}")
        yield Text(f"    {escape.terminal(finding.message, escape.LONG)}")
        yield Text("    → ", "dim").append(finding.advice)
    if not task.findings:
        yield Text("  none", "dim")


def _line_of(neighbour: Neighbour) -> Text:
    act = escape.terminal(neighbour.exec_act or "?", 60)
    agent = escape.terminal(labels.agent(neighbour.iss or ""), 60)
    by = f" by {agent}" if agent else ""
    return Text.assemble(
        f"  {act}{by}  {escape.terminal(neighbour.jti, 80)}  ", (neighbour.trust, "dim")
    )


def _record(account: Account) -> Iterator[Text]:
    record = account.entry.record
    where = [f"record {record.index + 1}"]
    where += [f"byte {record.offset:,}"] if record.offset is not None else []
    where += [record.address] if record.address else []
    where += [f"{record.length:,} bytes", f"sha256 {record.sha256}"]
    yield Text(f"\n{escape.terminal(str(place(record)))}", "bold")
    yield Text("  " + escape.terminal(" · ".join(where), escape.LONG))
    for title, members in (
        ("Entry", account.stated),
        ("Header", account.header),
        ("Claims", account.claims),
    ):
        if isinstance(members, dict) and members:
            yield Text(f"\n  {title}", "bold")
            for name, value in members.items():
                text = escape.terminal(shown(name, value), escape.LONG)
                yield Text(f"    {escape.terminal(name, 40):<14}  {text}")
    yield Text("\n  Checks", "bold")
    for check in account.checks:
        mark, style = MARKS[check.outcome]
        line = Text.assemble((f"    {mark}", style), f" {check.number:>2} {check.title}")
        if check.outcome is Outcome.NOT_DONE:
            line.append(" (not done)")
        if check.detail:
            line.append(f": {escape.terminal(check.detail, escape.LONG)}", "dim")
        yield line
    yield Text("\n  Raw bytes", "bold")
    text = account.raw.decode("utf-8", "backslashreplace").removesuffix("\n")
    yield Text(f"    {escape.terminal(text, RAW)}")


def to_json(task: Task) -> bytes:
    """Write it as `ectgraph-task/1` (docs/formats.md)."""
    return indented(
        {
            "format": "ectgraph-task/1",
            "task": task.name,
            "attributes": task.attributes,
            "records": [_record_document(account) for account in task.records],
            "parents": [vars(each) for each in task.parents],
            "children": [vars(each) for each in task.children],
            "findings": [finding_document(finding) for finding in task.findings],
        },
        1,
    )


def _record_document(account: Account) -> dict[str, Any]:
    record = account.entry.record
    return {
        "source": record.source,
        "line": record.line,
        "offset": record.offset,
        "index": record.index,
        "address": record.address,
        "length": record.length,
        "sha256": record.sha256,
        "raw_base64": base64.b64encode(account.raw).decode(),
        "entry": account.stated,
        "header": account.header,
        "claims": account.claims,
        "trust": account.entry.trust.value,
        "checks": [
            {
                "number": check.number,
                "title": check.title,
                "outcome": check.outcome.value,
                "detail": check.detail,
            }
            for check in account.checks
        ],
    }
