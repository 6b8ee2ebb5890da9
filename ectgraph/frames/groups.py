"""Frames of tasks, links, records and findings -> a row for each agent, workflow and key.

Counting is done over the numbers of categories, so hostile text makes no difference to it. Frames
that were narrowed beforehand give the figures of what is left.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from ectgraph.frames.arrays import assembled, positions
from ectgraph.frames.catalogue import KINDS, PLACE

if TYPE_CHECKING:
    from ectgraph.keys import KeyRing

Numbers: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
Mask: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]
Series: TypeAlias = "pd.Series[Any]"


def agents(
    tasks: pd.DataFrame, edges: pd.DataFrame, records: pd.DataFrame, findings: pd.DataFrame
) -> pd.DataFrame:
    """One row for each agent, in the order in which records state them; see `COLUMNS["agents"]`.

    Everything is as tokens state it, whether their signatures verified or not.

    >>> import ectgraph
    >>> case = ectgraph.load("sample_ledgers/two-truths.jsonl", "sample_ledgers/keys.json")
    >>> agents(case.tasks, case.edges, case.records, case.findings).tasks.tolist()
    [1, 1, 1, 1, 1, 1]

    """
    group = _Groups(*_numbered(records.iss))
    other = group.differ(edges.parent_iss, edges.child_iss)
    columns = _common(group, "iss", tasks, records, findings) | {
        "kids": group.distinct(records.iss, records.kid),
        "workflows": group.distinct(records.iss, records.wid),
        "builds_on": group.distinct(edges.child_iss, edges.parent_iss, other),
        "used_by": group.distinct(edges.parent_iss, edges.child_iss, other),
    }
    return assembled(columns, KINDS["agents"])


def workflows(
    tasks: pd.DataFrame, edges: pd.DataFrame, records: pd.DataFrame, findings: pd.DataFrame
) -> pd.DataFrame:
    """One row for each `wid`, in the order in which records state them; see `COLUMNS["workflows"]`.

    Everything is as tokens state it, whether their signatures verified or not. Tasks without `wid`
    are in no row: `tasks[tasks.wid.isna()]`.

    >>> import ectgraph
    >>> case = ectgraph.load("sample_ledgers/two-truths.jsonl", "sample_ledgers/keys.json")
    >>> workflows(case.tasks, case.edges, case.records, case.findings).agents.tolist()
    [6]

    """
    group = _Groups(*_numbered(records.wid))
    unseen = _are(edges.parent_status, "missing")
    columns = _common(group, "wid", tasks, records, findings) | {
        "missing": group.distinct(edges.child_wid, edges.parent, unseen),
        "agents": group.distinct(records.wid, records.iss),
        "edges": group.count(edges.child_wid),
        "crossing": group.count(edges.child_wid, group.differ(edges.parent_wid, edges.child_wid)),
    }
    spans = columns["last_iat"] - columns["first_iat"]
    columns["span_s"] = np.asarray(spans / np.timedelta64(1, "s"), np.float64)
    return assembled(columns, KINDS["workflows"])


def keys(records: pd.DataFrame, ring: KeyRing | None = None) -> pd.DataFrame:
    """One row for each key of the key files, then for each `kid` that is in none of them.

    See `COLUMNS["keys"]`. What tokens name is their word; what was signed with a key is not. A key
    that lies in several files has a row for each, and the same figures in all of them.

    Args:
        records: as `records` makes it of a ledger, with the same keys.
        ring: the keys; without any, every `kid` is missing.

    """
    good, bad = (ring.keys, ring.bad) if ring else ((), ())
    named = _Groups(*_numbered(records.kid))
    known = {key.kid for key in good} | {key.kid for key in bad}
    lost = [name for name in named.names if name not in known]
    rows: list[dict[str, Any]] = [{"status": "usable", "key_file": key.source} for key in good]
    for row, key in zip(rows, good, strict=True):
        row |= {name: getattr(key, name) for name in _OF_KEY}
    rows += [
        {"kid": key.kid, "status": "unusable", "key_file": key.source, "reason": key.reason}
        for key in bad
    ]
    rows += [{"kid": kid, "status": "missing"} for kid in lost]
    columns: dict[str, Any] = {
        name: [row.get(name) for row in rows] for name in (*_OF_KEY, "status", "key_file", "reason")
    }
    which = np.array([named.number.get(kid, -1) for kid in columns["kid"]], np.int64)
    columns["tokens"] = _looked_up(named.count(records.kid), which)
    columns |= _places(records, named, which)
    columns |= _signed(records, zip(columns["kid"], columns["thumbprint"], strict=True))
    return assembled(columns, KINDS["keys"])


_OF_KEY = (
    *("kid", "kind", "alg", "thumbprint", "iss", "nbf", "exp", "revoked_at"),
    *("certificate", "root"),
)


def _signed(
    records: pd.DataFrame, wanted: Iterable[tuple[str | None, str | None]]
) -> dict[str, Any]:
    """What keys signed, by their names and thumbprints."""
    made = records[records.thumbprint.notna().to_numpy()]
    pair, names = positions(list(zip(made.kid.tolist(), made.thumbprint.tolist(), strict=True)))
    signed = _Groups(pair, names)
    which = np.array([signed.number.get(each, -1) for each in wanted], np.int64)
    first, last = signed.times(made["iat"])
    return {
        "signed": _looked_up(signed.count(pair), which),
        "verified": _looked_up(signed.count(pair, _are(made.trust, "verified")), which),
        "agents": _looked_up(signed.distinct(pair, made.iss), which),
        "first_iat": first.take(which, allow_fill=True),
        "last_iat": last.take(which, allow_fill=True),
    }


def _common(
    group: _Groups,
    by: str,
    tasks: pd.DataFrame,
    records: pd.DataFrame,
    findings: pd.DataFrame,
) -> dict[str, Any]:
    """What is counted of agents and of workflows alike."""
    recorded = ~_are(tasks.status, "missing")
    counting = ~(findings.ignored | findings.known).to_numpy(np.bool_)
    first, last = group.times(records["iat"])
    return {
        by: group.names,
        "records": group.count(records[by]),
        "tasks": group.count(tasks[by]),
        "verified": group.count(tasks[by], _are(tasks.trust, "verified")),
        "invalid": group.count(records[by], _are(records.trust, "invalid")),
        "exec_acts": group.distinct(records[by], records.exec_act),
        "roots": group.count(tasks[by], recorded & (tasks.parents == 0).to_numpy(np.bool_)),
        "leaves": group.count(tasks[by], recorded & (tasks.children == 0).to_numpy(np.bool_)),
        "findings": group.count(findings[by], counting),
        "first_iat": first,
        "last_iat": last,
        **_places(records, group, np.arange(len(group.names))),
    }


class _Groups:
    """The distinct values of a column, in the order found, and what can be counted for each."""

    def __init__(self, numbers: Numbers, names: list[Any]) -> None:
        """Take the number of each row, -1 where there is none, and the values that they mean."""
        self.names = names
        self.number = {name: number for number, name in enumerate(names)}
        found, first = np.unique(numbers, return_index=True)
        last = len(numbers) - 1 - np.unique(numbers[::-1], return_index=True)[1]
        self.first, self.last = first[found >= 0], last[found >= 0]
        """The first and the last row of each."""
        self._rows = numbers

    def of(self, column: Series) -> Numbers:
        """The group of each row of a column that holds values of the same sort; -1: of none."""
        codes, names = _coded(column)
        place = np.array([*(self.number.get(name, -1) for name in names), -1], np.int64)
        return place[codes]  # -1 leads to the last

    def differ(self, one: Series, two: Series) -> Mask:
        """Whether the rows of two columns are of groups, and not of the same."""
        first, second = self.of(one), self.of(two)
        other: Mask = (first >= 0) & (second >= 0) & (first != second)
        return other

    def count(self, column: Series | Numbers, where: Mask | None = None) -> Numbers:
        """How many rows each has, of those that are asked for."""
        rows = column if isinstance(column, np.ndarray) else self.of(column)
        kept = rows >= 0 if where is None else (rows >= 0) & where
        return np.bincount(rows[kept], minlength=len(self.names))

    def distinct(
        self, column: Series | Numbers, other: Series, where: Mask | None = None
    ) -> Numbers:
        """How many different values another column has in the rows of each."""
        rows = column if isinstance(column, np.ndarray) else self.of(column)
        if where is not None:
            rows, other = rows[where], other[where]
        values, names = _coded(other)
        kept = (rows >= 0) & (values >= 0)
        pairs = np.unique(rows[kept] * max(1, len(names)) + values[kept])
        return np.bincount(pairs // max(1, len(names)), minlength=len(self.names))

    def times(self, column: Series) -> tuple[Any, Any]:
        """The earliest and the latest time of each, of those that a calendar holds."""
        own = self._rows >= 0
        found = column.reset_index(drop=True)[own].groupby(self._rows[own])
        every = range(len(self.names))
        return found.min().reindex(every).array, found.max().reindex(every).array


def _numbered(column: Series) -> tuple[Numbers, list[Any]]:
    """(number of each value, -1 where it is absent; the distinct values in the order found)."""
    codes, names = _coded(column)
    seen, first = np.unique(codes[codes >= 0], return_index=True)
    seen = seen[np.argsort(first)]
    place = np.full(len(names) + 1, -1)  # the last is where -1 leads
    place[seen] = np.arange(len(seen))
    return place[codes], [names[number] for number in seen.tolist()]


def _coded(column: Series) -> tuple[Numbers, list[Any]]:
    """(number of each value, -1 where it is absent; the values, perhaps some that no row has)."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return np.asarray(column.cat.codes, np.int64), column.cat.categories.tolist()
    return positions(column.astype(object).where(column.notna(), None).tolist())


def _are(column: Series, value: str) -> Mask:
    """Whether each value is this one."""
    same: Mask = (column == value).fillna(value=False).to_numpy(np.bool_)
    return same


def _looked_up(figures: Numbers, which: Numbers) -> list[int]:
    """Figures of groups by their numbers; none of what has no group."""
    found: list[int] = np.append(figures, 0)[which].tolist()  # -1 leads to the last
    return found


def _places(records: pd.DataFrame, group: _Groups, which: Numbers) -> dict[str, Any]:
    """The columns that lead to the first and to the last record of groups."""
    found: dict[str, Any] = {}
    for begin, rows in (("", group.first), ("last_", group.last)):
        at = np.append(rows, -1)[which]
        for name in PLACE:
            found[begin + name] = records[name].array.take(at, allow_fill=True)
    return found
