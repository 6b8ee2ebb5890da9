"""All that is known of each task, packed: a browser unpacks the few that somebody looks at.

Each record is told as `ectgraph show` tells it, with each check. Packed details are a few hundred
in a piece, as JSON, through gzip and base64.
"""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ectgraph.encoding import MAX_NUMBER
from ectgraph.linter import place
from ectgraph.model import Entry, Finding
from ectgraph.page.lineages import lineages
from ectgraph.reports.checks import Lineage, among, checks
from ectgraph.reports.json import name
from ectgraph.reports.task import ALIKE, account_of
from ectgraph.rule import BROKEN, Evidence

OF = 500
"""Details in a piece."""
RECORDS = 20
"""Records of one task that are told; a hostile ledger has many thousand of one."""
RAW = 2000
"""Characters of a record, and of a value that is cut."""
WHOLE = 20_000
"""Characters of JSON up to which a token's claims, its header or its entry are given whole."""
MEMBERS = 200
"""Members of a larger one that are given."""
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"')
_LONG = re.compile(r"(?<![.\d])\d{16,}(?![.\deE])")
"""An integer that may be greater than JavaScript holds."""


def packed(evidence: Evidence, findings: Sequence[Finding], tasks: Sequence[str]) -> dict[str, Any]:
    """The details of some tasks, in their order: how many are in a piece, and the pieces."""
    details = list(_details(evidence, findings, tasks))
    pieces = (details[start : start + OF] for start in range(0, len(details), OF))
    return {"of": OF, "chunks": [_pack(piece) for piece in pieces]}


def _pack(details: Sequence[dict[str, Any]]) -> str:
    text = json.dumps(details, ensure_ascii=True, separators=(",", ":"))
    return b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()


def _details(
    evidence: Evidence, findings: Sequence[Finding], tasks: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """What is told of each task."""
    ledger = evidence.ledger
    about = _Findings(findings)
    above = lineages(evidence, findings, tasks)
    seen = among(ledger)
    for task in tasks:
        entries = ledger.entries_of(task)
        own = about.task(task, entries)
        found = [_record(evidence, entry, own, above[task], seen) for entry in entries[:RECORDS]]
        more = {"more": len(entries) - RECORDS} if len(entries) > RECORDS else {}
        yield {"records": found} | more


class _Findings:
    """Findings by what they are about, so that no task has to look through all of them."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self._of_task: dict[str, list[Finding]] = {}
        self._at: dict[tuple[str, str | None], list[Finding]] = {}
        self._of_all: list[Finding] = []
        for each in findings:
            if each.code == BROKEN and not each.places:
                self._of_all.append(each)
            elif each.code in ALIKE or each.code == BROKEN:
                for where in each.places:
                    self._at.setdefault((where.source, where.sha256), []).append(each)
            elif each.task is not None:
                self._of_task.setdefault(each.task, []).append(each)

    def task(self, task: str, entries: Iterable[Entry]) -> list[Finding]:
        """Those that any check of a task's records may follow from, each once."""
        found = [*self._of_task.get(task, ()), *self._of_all]
        for entry in entries:
            found += self._at.get((entry.record.source, entry.record.sha256), ())
        return list({id(each): each for each in found}.values())


def _record(
    evidence: Evidence, entry: Entry, findings: Iterable[Finding], above: Lineage, seen: str
) -> dict[str, Any]:
    """One record of a task, with what its bytes say and what became of each check."""
    steps = tuple(checks(evidence, entry, findings, above, seen))
    account = account_of(entry, evidence.policy, steps)
    record = entry.record
    parts = {"header": account.header, "claims": account.claims, "entry": account.stated}
    cut: list[str] = []
    return {
        "place": name(str(place(record))),
        "source": name(record.source),
        "line": record.line,
        "offset": record.offset,
        "index": record.index,
        "length": record.length,
        "sha256": record.sha256,
        "trust": entry.trust.value if entry.token else None,
        **{part: _fitted(part, value, cut) for part, value in parts.items()},
        "cut": cut,
        "checks": [
            {
                "number": step.number,
                "title": step.title,
                "outcome": step.outcome.value,
                "detail": step.detail[:RAW],
            }
            for step in steps
        ],
        "raw": account.raw[: 4 * RAW].decode("utf-8", "backslashreplace")[:RAW],
    }


def _fitted(part: str, value: Any, cut: list[str]) -> Any:
    """A part of a token as it is; what is too long, or no number of JavaScript's, as JSON text.

    The names of such members are put down in `cut`.
    """
    whole = _text(value)
    if len(whole) <= WHOLE and not _is_great(whole):
        return value
    if not isinstance(value, dict):
        cut.append(part)
        return whole[:RAW]
    found: dict[str, Any] = {}
    for member, each in list(value.items())[:MEMBERS]:
        text = _text(each)
        too_long = len(whole) > WHOLE and len(text) > RAW
        odd = too_long or _is_great(text)
        found[member[:RAW]] = text[:RAW] if odd else each
        if odd:
            cut.append(f"{part}.{member[:RAW]}")
    if len(value) > MEMBERS:
        cut.append(part)
    return found


def _is_great(text: str) -> bool:
    """Whether a JSON text holds an integer that JavaScript would round."""
    if not _LONG.search(text):
        return False
    return any(int(each) > MAX_NUMBER for each in _LONG.findall(_STRINGS.sub("", text)))


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
