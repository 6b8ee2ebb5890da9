"""The agents, keys and workflows of a case, as tables of a page: a row for each, from `frames`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from ectgraph import frames, labels
from ectgraph.columns import Column
from ectgraph.model import Finding
from ectgraph.page.tables import Table, table
from ectgraph.rule import Evidence

if TYPE_CHECKING:
    from pandas import DataFrame

ROWS = 5000
"""Rows of each table; a hostile ledger has an agent for each token."""
_FIRST = {
    "agents": ("iss", "tasks", "verified", "invalid", "findings", "first_iat", "last_iat"),
    "keys": ("kid", "iss", "status", "tokens", "verified", "alg", "revoked_at", "thumbprint"),
    "workflows": ("wid", "tasks", "verified", "invalid", "missing", "agents", "findings"),
}
"""What is asked first stands first; a screen has no room for all."""
_PLACE = frozenset({"source", "line", "offset", "index", "sha256"})


class Groups:
    """Agents, keys and workflows."""

    def __init__(self, evidence: Evidence, findings: Sequence[Finding]) -> None:
        """Count them, in the order in which records state them; keys that are used come first."""
        ledger, graph = evidence.ledger, evidence.graph
        records = frames.records(ledger, evidence.chained, evidence.ring)
        parts = (
            frames.tasks(ledger, graph, findings),
            frames.edges(ledger, graph),
            records,
            frames.findings(findings),
        )
        self._frames = {
            "agents": frames.agents(*parts),
            "keys": frames.keys(records, evidence.ring).sort_values(
                "tokens", ascending=False, kind="stable", key=lambda tokens: tokens > 0
            ),
            "workflows": frames.workflows(*parts),
        }

    def tables(self) -> dict[str, Table]:
        """Each as a table, with as many rows as a page holds."""
        return {name: _table(name, frame.head(ROWS)) for name, frame in self._frames.items()}

    def limits(self) -> Iterator[str]:
        """What these tables leave out, in sentences."""
        for name, frame in self._frames.items():
            if len(frame) > ROWS:
                yield (
                    f"The table of {name} holds the first {ROWS:,} of "
                    f"{labels.count(len(frame), name[:-1])}; `ectgraph table` writes all."
                )


def _table(name: str, frame: DataFrame) -> Table:
    known = {
        each.name: each
        for each in frames.COLUMNS[name]
        if each.name.removeprefix("last_") not in _PLACE
    }
    columns = [known[each] for each in dict.fromkeys((*_FIRST[name], *known))]
    values = [_values(frame[column.name], column) for column in columns]
    return table(columns, zip(*values, strict=True))


def _values(series: pd.Series[Any], column: Column) -> Iterator[Any]:
    """The values of a column as plain ones; times in seconds since 1970."""
    for value in series.astype(object):
        if value is None or value is pd.NA or value is pd.NaT or value != value:  # noqa: PLR0124
            yield None
        elif column.kind == "time":
            seconds = value.timestamp()
            yield int(seconds) if seconds == int(seconds) else seconds
        elif column.kind in ("integer", "number", "flag"):
            yield getattr(value, "item", lambda: value)()  # noqa: B023
        else:
            yield str(value)
