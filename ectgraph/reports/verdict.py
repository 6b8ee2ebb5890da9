"""How a token fared at the gate -> lines of text, or JSON; and what a token says, unverified.

Everything in a token is written by somebody else; what is shown of it goes through `escape`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from rich.text import Text

from ectgraph import escape, labels
from ectgraph.agent.parse import Parsed, parse
from ectgraph.agent.steps import Account, Outcome, Step
from ectgraph.encoding import EncodingError, decode_base64url, read_json
from ectgraph.formats.entry import Content
from ectgraph.model import Finding
from ectgraph.policy import Policy
from ectgraph.reports.json import finding_document, indented
from ectgraph.reports.text import STYLES

_MARKS = {
    Outcome.PASSED: ("✓", "green"),
    Outcome.FAILED: ("✗", "bold red"),
    Outcome.NOT_DONE: ("?", "yellow"),
}
_SHOWN = ("iss", "sub", "aud", "exec_act", "jti", "wid", "par", "pred", "iat", "exp")
_SHOWN_LATER = ("inp_hash", "out_hash", "pol", "pol_decision", "ext", "ect_ext")


def to_text(account: Account) -> Iterator[Text]:
    """The steps, what the token says, and the verdict, as lines."""
    for step in account.steps:
        yield step_line(step)
    parsed = account.parsed
    if parsed.token is not None:
        yield Text(f"\n{_title(account)}", "bold")
        for name in (*_SHOWN, *_SHOWN_LATER):
            if name in parsed.claims:
                value = escape.terminal(shown(name, parsed.claims[name]), escape.LONG)
                yield Text(f"  {name:<12}  {value}")
    yield Text()
    for remark in account.remarks:
        yield from _finding(remark)
    yield from _verdict(account)


def _title(account: Account) -> str:
    if account.refusal is not None:
        return "What it claims, and was refused"
    return "What it says" if account.verified else "What it claims, without a signature"


def step_line(step: Step) -> Text:
    """A step and what became of it, in one line."""
    mark, style = _MARKS[step.outcome]
    line = Text.assemble((f"  {mark}", style), f" {step.number:>2} {step.title}")
    if step.outcome is Outcome.NOT_DONE:
        line.append(" (not done)")
    if step.detail:
        line.append(f": {escape.terminal(step.detail, escape.LONG)}", "dim")
    return line


def shown(name: str, value: Any) -> str:
    """A claim's value as text; a time with what it is in UTC. Not yet escaped."""
    if name in ("iat", "exp") and type(value) in (int, float):
        return f"{value} ({labels.time(value)})"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _finding(finding: Finding) -> Iterator[Text]:
    label = Text("  ").append(finding.severity.value, STYLES[finding.severity])
    yield label.append(f" {finding.code} {finding.name}")
    yield Text(f"    {escape.terminal(finding.message, escape.LONG)}")
    if finding.evidence:
        evidence = json.dumps(finding.evidence, ensure_ascii=False, default=str)
        yield Text(f"    evidence: {escape.terminal(evidence, escape.LONG)}", "dim")
    yield Text("    → ", "dim").append(finding.advice)


def _verdict(account: Account) -> Iterator[Text]:
    token = account.parsed.token
    if account.refusal is None:
        if account.verified and token is not None:
            kid = escape.terminal(repr(token.kid), escape.LONG)
            yield Text.assemble(("Verified", "bold green"), f": signed with the key {kid}.")
            yield Text("A signature shows who says that the task was done, not that it was.")
        else:
            yield Text("Let in without a signature: anybody could have written it.", "bold yellow")
        return
    failed = account.failed
    where = f" at step {failed.number}, {failed.title}" if failed else ": the gate itself failed"
    yield Text(f"Refused{where}", "bold red")
    yield from _finding(account.refusal)


def to_json(account: Account) -> bytes:
    """An account as `ectgraph-verdict/1` (docs/formats.md), printable, with a final newline."""
    return indented(document(account))


def document(account: Account) -> dict[str, Any]:
    """An account as plain JSON values: members may be added, none renamed or dropped."""
    return {
        "format": "ectgraph-verdict/1",
        "accepted": account.refusal is None,
        "verified": account.verified,
        "sha256": account.parsed.digest.hex(),
        "steps": [
            {
                "number": step.number,
                "title": step.title,
                "outcome": step.outcome.value,
                "detail": step.detail,
            }
            for step in account.steps
        ],
        "header": _header(account.parsed),
        "payload": _payload(account.parsed),
        "refusal": _advised(account.refusal) if account.refusal else None,
        "remarks": [_advised(remark) for remark in account.remarks],
    }


def _advised(finding: Finding) -> dict[str, Any]:
    return finding_document(finding) | {"advice": finding.advice}


def decoded(parsed: Parsed) -> dict[str, Any]:
    """What a token says of itself, as far as it can be read, and what is wrong with the rest."""
    return {
        "unverified": True,
        "header": _header(parsed),
        "payload": _payload(parsed),
        "problems": [
            {"kind": problem.kind, "where": problem.where, "detail": problem.detail}
            for problem in parsed.facts.problems
        ],
    }


def header_and_claims(content: Content) -> tuple[Any, dict[str, Any] | None]:
    """What a record's token says of itself, as far as it can be read; unsigned ones have claims."""
    if content.compact is None:
        return None, content.claims
    parsed = parse(content.compact)
    return _header(parsed), _payload(parsed)


def _payload(parsed: Parsed) -> dict[str, Any] | None:
    """All claims as found; `None` where they could not be read."""
    return None if parsed.token is None else parsed.claims


def _header(parsed: Parsed) -> Any:
    """The whole header; `None` where there is none, or none that can be read."""
    text, dot, _ = parsed.raw.partition(b".")
    if not dot or parsed.raw.count(b".") != 2:
        return None
    policy = Policy()
    if len(parsed.raw) > policy.max_record_bytes:
        return None
    try:
        value, _ = read_json(decode_base64url(text), policy.max_json_depth)
    except EncodingError:
        return None
    return value
