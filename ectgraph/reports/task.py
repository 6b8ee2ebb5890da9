"""One task -> everything about it: its records, what they say, each check, and its neighbours.

Everything in a token is written by somebody else; what is shown of it goes through `escape`.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from rich.text import Text

from ectgraph import escape, labels
from ectgraph.agent.steps import Step
from ectgraph.formats.entry import TOKEN_MEMBERS, unwrap
from ectgraph.linter import place
from ectgraph.model import Entry, Finding
from ectgraph.policy import Policy
from ectgraph.reports.checks import checks, lineage
from ectgraph.reports.json import finding_document, indented
from ectgraph.reports.text import STYLES
from ectgraph.reports.verdict import header_and_claims, shown, step_line
from ectgraph.rule import BROKEN, Evidence

RAW = 4000
"""Characters of a record's raw bytes that are shown to people."""

ALIKE = frozenset({"ECT208", "ECT209", "ECT210", "ECT301", "ECT302", "ECT303", "ECT305"})
"""Rules whose findings are about every record that they name, and not about one task alone."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """One record of a task."""

    entry: Entry
    raw: bytes
    header: Any
    claims: Any
    stated: dict[str, Any]
    """What the ledger's entry says next to the token."""
    checks: tuple[Step, ...]


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """A parent or a child."""

    jti: str
    exec_act: str | None
    iss: str | None
    trust: str
    """Its trust; `missing` where it has no record."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Task:
    """One task whole; it shows itself as a line, `print` shows all of it, and Jupyter a card."""

    name: str
    attributes: dict[str, Any]
    """Those of its node in the graph."""
    records: tuple[Account, ...]
    parents: tuple[Neighbour, ...]
    children: tuple[Neighbour, ...]
    findings: tuple[Finding, ...]

    def __repr__(self) -> str:
        """Say which it is, in a line."""
        data = self.attributes
        name = escape.terminal(labels.task(data.get("exec_act"), data["jti"]), 80)
        agent = escape.terminal(labels.agent(data.get("iss") or ""), 80)
        facts = (
            data.get("trust", data["status"]),
            labels.count(len(self.records), "record"),
            labels.count(len(self.parents), "parent"),
            labels.count(len(self.children), "child", "children"),
            labels.count(len(self.findings), "finding"),
        )
        return f"<Task {name}{f' by {agent}' if agent else ''}: {', '.join(facts)}>"

    def __str__(self) -> str:
        """Everything about it, as the command `show` tells it."""
        return "\n".join(line.plain for line in to_text(self))

    def _repr_html_(self) -> str:
        from ectgraph.reports import cards  # noqa: PLC0415  # which show what is made here

        return cards.task(self)


def describe(evidence: Evidence, findings: Iterable[Finding], node: str) -> Task:
    """Everything about one task of the graph."""
    graph = evidence.graph
    findings = list(findings)
    entries = evidence.ledger.entries_of(node)
    places = {place(entry.record) for entry in entries}
    own = [
        finding
        for finding in findings
        if finding.task == node or (finding.code in ALIKE and not places.isdisjoint(finding.places))
    ]
    told = own + [finding for finding in findings if finding.code == BROKEN]
    above = lineage(evidence, findings, node)
    return Task(
        name=node,
        attributes=dict(graph.nodes[node]),
        records=tuple(
            account_of(entry, evidence.policy, tuple(checks(evidence, entry, told, above)))
            for entry in entries
        ),
        parents=tuple(neighbour(evidence, each) for each in graph.predecessors(node)),
        children=tuple(neighbour(evidence, each) for each in graph.successors(node)),
        findings=tuple(own),
    )


def neighbour(evidence: Evidence, node: str) -> Neighbour:
    """What is said of a task that another one hangs together with."""
    data = evidence.graph.nodes[node]
    return Neighbour(
        jti=data["jti"],
        exec_act=data.get("exec_act"),
        iss=data.get("iss"),
        trust=data.get("trust", data["status"]),
    )


def account_of(entry: Entry, policy: Policy, checked: tuple[Step, ...]) -> Account:
    """One record with what it says; its bytes are read back if they were left in the file.

    Raises:
        EctgraphError: the file is gone, or no longer holds the bytes that were loaded.

    """
    raw, body = entry.record.raw, entry.record.body
    content = unwrap(body, policy.max_json_depth)
    header, claims = header_and_claims(content)
    stated = {name: value for name, value in content.stated.items() if name not in TOKEN_MEMBERS}
    return Account(
        entry=entry,
        raw=raw,
        header=header,
        claims=claims,
        stated=stated | (entry.record.beside or {}),
        checks=checked,
    )


def to_text(task: Task) -> Iterator[Text]:
    """Lines for a terminal."""
    data = task.attributes
    title = data.get("exec_act") or "a missing task" if data["status"] == "missing" else None
    name = title or data.get("exec_act") or "(no action)"
    yield Text.assemble(
        (escape.terminal(name, 80), "bold"), f"  {escape.terminal(data['jti'], escape.LONG)}"
    )
    drafts = {
        f"draft {account.entry.token.draft}" for account in task.records if account.entry.token
    }
    facts = [data.get("iss"), data.get("trust"), data.get("level"), *sorted(drafts)]
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
        yield Text("  ").append_text(step_line(check))
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
        "source": record.source.encode(errors="backslashreplace").decode(),
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
