"""Ledger, graph and report -> pandas. Each row can be followed back to its bytes.

Times come as UTC timestamps to the microsecond; a time that no calendar holds is `NaT` here and
stays as it is in the graph. The columns `source line offset index sha256` are a record's place.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Sequence
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd

from ectgraph import escape
from ectgraph.graph import nodes
from ectgraph.integrity import level, recorded
from ectgraph.ledger import Ledger
from ectgraph.model import Finding, Place, Record

PLACE = ["source", "line", "offset", "index", "sha256"]
_CALENDAR = range(-62_135_596_800, 253_402_300_800)  # the years 1 to 9999, in seconds
TEXT = pd.StringDtype("python")
"""The type of every text column; pyarrow's takes no file name that is no text."""
_NAT = np.iinfo(np.int64).min
_INTEGERS = ("line", "offset", "index", "records", "parents", "children", "findings", "seq")


def tasks(ledger: Ledger, graph: nx.DiGraph[str], findings: Iterable[Finding] = ()) -> pd.DataFrame:
    """One row for each task, recorded or only named.

    Columns: `task` (the node) and its attributes, its token's `draft`, `records parents children
    findings` (counts), and the place of its first record.
    """
    counts: dict[str | None, int] = {}
    for finding in findings:
        if finding.counts:
            counts[finding.task] = counts.get(finding.task, 0) + 1
    attributes = ["jti", "wid", "iss", "exec_act", "iat", "exp", "kid", "trust", "level"]
    rows = []
    for task, data in nodes(graph):
        entries = ledger.entries_of(task)
        rows.append(
            (
                task,
                *(data.get(name) for name in attributes),
                _draft(ledger, task) if entries else None,
                data["status"],
                len(entries),
                len(graph.pred[task]),
                len(graph.succ[task]),
                counts.get(task, 0),
                *_place(entries[0].record if entries else None),
            )
        )
    columns = [
        "task",
        *attributes,
        "draft",
        "status",
        "records",
        "parents",
        "children",
        "findings",
        *PLACE,
    ]
    return _frame(rows, columns, times=("iat", "exp"))


def _draft(ledger: Ledger, task: str) -> str | None:
    token = ledger.witness(task).token
    return None if token is None else token.draft


def edges(ledger: Ledger, graph: nx.DiGraph[str]) -> pd.DataFrame:
    """One row for each parent link.

    Columns: `parent child` (nodes), `parent_act child_act parent_iat child_iat`, `gap_s` (seconds
    from parent to child; negative where the parent is later), `parent_status`, and the place of the
    child's first record.
    """
    rows = []
    for parent, child in graph.edges:
        before, after = graph.nodes[parent], graph.nodes[child]
        times = before.get("iat"), after.get("iat")
        gap = None if None in times else float(after["iat"] - before["iat"])
        record = ledger.entries_of(child)[0].record
        acts = before.get("exec_act"), after.get("exec_act")
        rows.append((parent, child, *acts, *times, gap, before["status"], *_place(record)))
    columns = ["parent", "child", "parent_act", "child_act", "parent_iat", "child_iat", "gap_s"]
    return _frame(rows, [*columns, "parent_status", *PLACE], times=("parent_iat", "child_iat"))


def findings(found: Iterable[Finding]) -> pd.DataFrame:
    """One row for each finding, ignored and known ones too; `evidence` is JSON text."""
    rows = []
    for finding in found:
        place = finding.places[0] if finding.places else None
        evidence = _unchanged_by_escapes(json.dumps(finding.evidence))
        rows.append(
            (
                finding.code,
                finding.name,
                finding.severity.value,
                finding.message,
                finding.task,
                finding.jti,
                finding.wid,
                finding.iss,
                finding.exec_act,
                finding.ignored,
                finding.known,
                finding.reason or None,
                finding.fingerprint,
                evidence,
                *_place(place),
            )
        )
    columns = ["code", "name", "severity", "message", "task", "jti", "wid", "iss", "exec_act"]
    columns += ["ignored", "known", "reason", "fingerprint", "evidence"]
    return _frame(rows, [*columns, *PLACE])


def _unchanged_by_escapes(text: str) -> str:
    """The same JSON of ASCII, such that it is no other after it was made safe for a spreadsheet."""
    for odd, escaped in (("\x7f", r"\u007f"), ("::", r":\u003a"), ("##", r"#\u0023")):
        text = text.replace(odd, escaped)
    return text


def records(ledger: Ledger, chained: Container[str] = frozenset()) -> pd.DataFrame:
    """One row for each record, readable or not, in the order found.

    Columns: the place, `address` (where lines mean nothing), `jti wid iss exec_act` (as the token
    says), `trust level draft alg kid`, `seq`, `recorded_at` (as the ledger says), and `codes` (of
    what the record alone gave rise to).
    """
    rows = []
    for entry in ledger.entries:
        token, record = entry.token, entry.record
        said: tuple[str | None, ...] = (None,) * 4
        if token is not None:
            said = (token.jti, token.wid, token.iss, token.exec_act)
        rows.append(
            (
                *_place(record),
                record.address,
                *said,
                entry.trust.value if token else None,
                level(entry, chained),
                token.draft if token else None,
                token.alg if token else None,
                token.kid if token else None,
                entry.seq,
                None if entry.recorded_at is None else recorded(entry),
                " ".join(dict.fromkeys(code for code, _ in entry.hits)),
            )
        )
    columns = ["address", "jti", "wid", "iss", "exec_act", "trust", "level", "draft", "alg", "kid"]
    return _frame(rows, [*PLACE, *columns, "seq", "recorded_at", "codes"], times=("recorded_at",))


def to_csv(frame: pd.DataFrame, *, header: bool = True) -> str:
    r"""Write a frame as CSV (RFC 4180, `\n`), every text made safe for spreadsheets."""
    safe = frame.copy()
    for name in safe.columns:
        if pd.api.types.is_string_dtype(safe[name].dtype):
            safe[name] = safe[name].map(escape.csv, na_action="ignore")
    return str(safe.to_csv(index=False, header=header, lineterminator="\n"))


def _place(place: Record | Place | None) -> tuple[Any, ...]:
    if place is None:
        return (None,) * len(PLACE)
    return place.source, place.line, place.offset, place.index, place.sha256


def _frame(rows: list[Any], columns: list[str], times: Sequence[str] = ()) -> pd.DataFrame:
    values = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    data: dict[str, Any] = {}
    for name, column in zip(columns, values, strict=True):
        if name in times:
            data[name] = _timestamps(column)
        elif name in _INTEGERS:
            data[name] = pd.array(column, dtype="Int64")
        elif name == "gap_s":
            data[name] = np.array(column, dtype=np.float64)
        elif name in ("ignored", "known"):
            data[name] = np.array(column, dtype=np.bool_)
        else:
            data[name] = pd.array(column, dtype=TEXT)
    return pd.DataFrame(data, columns=columns)


def _timestamps(seconds: Sequence[float | None]) -> pd.DatetimeIndex:
    """Seconds since 1970 -> UTC timestamps."""
    micros = [
        round(second * 1_000_000) if second is not None and int(second) in _CALENDAR else _NAT
        for second in seconds
    ]
    naive = pd.DatetimeIndex(np.array(micros, dtype=np.int64).view("datetime64[us]"))
    return naive.tz_localize("UTC")
