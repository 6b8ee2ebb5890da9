"""Ledger, graph and report -> a row for each task, parent link, finding and record.

They are made column by column: a row is a number, and what is said of a task or a record is looked
up by it. So a link says nothing anew, and its two ends have the same categories.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import chain
from operator import attrgetter
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeAlias

import networkx as nx
import numpy as np
import pandas as pd

from ectgraph.collector import paused
from ectgraph.columns import Kind
from ectgraph.frames.arrays import array, assembled
from ectgraph.frames.catalogue import KINDS, PLACE
from ectgraph.graph import nodes
from ectgraph.integrity import level, recorded
from ectgraph.ledger import Ledger
from ectgraph.model import Entry, Finding, Place, Record

if TYPE_CHECKING:
    from ectgraph.keys import KeyRing

Positions: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]


def tasks(ledger: Ledger, graph: nx.DiGraph[str], findings: Iterable[Finding] = ()) -> pd.DataFrame:
    """One row for each task, recorded or only named; the columns are `COLUMNS["tasks"]`.

    Where several records claim a task, the row is that of its witness (the first that verified,
    else the first), and so is the place.
    """
    with paused():
        said = [data for _, data in nodes(graph)]
        known = ledger.tasks
        entries = [ledger.witness(task) if task in known else None for task in graph]
        tokens = [None if entry is None else entry.token for entry in entries]
        counts = Counter(finding.task for finding in findings if finding.counts)
        columns: dict[str, Any] = {
            name: [data.get(name) for data in said]
            for name in (*_CLAIMED, "trust", "level", "status")
        }
        columns |= {
            name: [None if token is None else getattr(token, name) for token in tokens]
            for name in ("draft", "pol", "pol_decision", "inp_hash", "out_hash")
        }
        columns |= {
            "task": list(graph),
            "records": [len(known.get(task, ())) for task in graph],
            "parents": [number for _, number in graph.in_degree()],
            "children": [number for _, number in graph.out_degree()],
            "findings": [counts.get(task, 0) for task in graph],
            "exec_time_ms": [
                token.ext.get("exec_time_ms") if token is not None and token.ext else None
                for token in tokens
            ],
            "seq": [None if entry is None else entry.seq for entry in entries],
            "recorded_at": [None if entry is None else recorded(entry) for entry in entries],
        }
        places = [None if entry is None else entry.record for entry in entries]
        return assembled(columns | _places(places, KINDS["tasks"]), KINDS["tasks"])


_CLAIMED = ("jti", "wid", "iss", "exec_act", "iat", "exp", "kid")


def edges(
    ledger: Ledger, graph: nx.DiGraph[str], of_tasks: pd.DataFrame | None = None
) -> pd.DataFrame:
    """One row for each parent link; the columns are `COLUMNS["edges"]`.

    The place is that of the record that names the parent: the first of the child's that does.

    Args:
        ledger: the entries.
        graph: what was built of them.
        of_tasks: what `tasks` made of both, where that is there already; it saves half of the work.

    """
    of_tasks = tasks(ledger, graph) if of_tasks is None else of_tasks
    with paused():
        number = {task: position for position, task in enumerate(graph)}
        ends = map(number.__getitem__, chain.from_iterable(graph.edges))
        parents, children = np.fromiter(ends, np.int64).reshape(-1, 2).T
        columns: dict[str, Any] = {}
        for name, attribute in _ENDS.items():
            of_task = of_tasks[attribute].array
            columns[f"parent{name}"] = of_task.take(parents)
            columns[f"child{name}"] = of_task.take(children)
        times = array([data.get("iat") for _, data in nodes(graph)], "number")
        with np.errstate(over="ignore"):
            columns["gap_s"] = times[children] - times[parents]
        columns |= _places_of_links(ledger, graph, of_tasks, (parents, children))
        return assembled(columns, KINDS["edges"])


def _places_of_links(
    ledger: Ledger,
    graph: nx.DiGraph[str],
    of_tasks: pd.DataFrame,
    ends: tuple[Positions, Positions],
) -> dict[str, Any]:
    """The columns that lead to the record that names the parent."""
    if any(len(claimed) > 1 for claimed in ledger.tasks.values()):
        records, which = _naming(ledger, graph, *ends)
        places = _places(records, KINDS["edges"])
    else:  # then a task's place is that of its only record
        places, which = {name: of_tasks[name].array for name in PLACE}, ends[1]
    return {name: places[name].take(which) for name in PLACE}


_ENDS = {
    "": "task",
    "_act": "exec_act",
    "_iat": "iat",
    "_iss": "iss",
    "_wid": "wid",
    "_trust": "trust",
    "_status": "status",
}
"""What is told of both ends of a link, and the attribute that tells it."""


def _naming(
    ledger: Ledger, graph: nx.DiGraph[str], parents: Positions, children: Positions
) -> tuple[list[Record | None], Positions]:
    """Some records, and for each link which of them it is in which the child names the parent."""
    names, known, entries = list(graph), ledger.tasks, ledger.entries
    claimed = [known.get(task, ()) for task in names]
    records = [entries[found[0]].record if found else None for found in claimed]
    which = children.copy()
    rivals = np.array([len(found) > 1 for found in claimed], np.bool_)
    for link in np.flatnonzero(rivals[children]).tolist():
        parent = names[parents[link]]
        jti = graph.nodes[parent].get("jti")
        for position in claimed[children[link]]:
            token = entries[position].token
            if token is not None and any(
                (ledger.node(each, token.wid) or parent) == parent
                for each in token.parents
                if each == jti
            ):
                which[link] = len(records)
                records.append(entries[position].record)
                break
    return records, which


def findings(found: Iterable[Finding]) -> pd.DataFrame:
    """One row for each finding, ignored and known ones too; see `COLUMNS["findings"]`."""
    found = list(found)
    columns: dict[str, Any] = {
        name: [getattr(finding, name) for finding in found]
        for name in KINDS["findings"]
        if name not in PLACE
    }
    columns["reason"] = [finding.reason or None for finding in found]
    columns["evidence"] = [_unchanged_by_escapes(json.dumps(finding.evidence)) for finding in found]
    places = [finding.places[0] if finding.places else None for finding in found]
    return assembled(columns | _places(places, KINDS["findings"]), KINDS["findings"])


def _unchanged_by_escapes(text: str) -> str:
    """The same JSON of ASCII, such that it is no other after it was made safe for a spreadsheet."""
    for odd, escaped in (("\x7f", r"\u007f"), ("::", r":\u003a"), ("##", r"#\u0023")):
        text = text.replace(odd, escaped)
    return text


def records(
    ledger: Ledger, chained: Container[str] = frozenset(), ring: KeyRing | None = None
) -> pd.DataFrame:
    """One row for each record, readable or not, in the order found; see `COLUMNS["records"]`.

    Args:
        ledger: the entries.
        chained: the sources whose hash chain holds, for the assurance level.
        ring: the keys that the ledger was verified with, for the thumbprints.

    """
    with paused():
        entries = ledger.entries
        tokens = [entry.token for entry in entries]
        columns: dict[str, Any] = {
            name: [None if token is None else getattr(token, name) for token in tokens]
            for name in (*_CLAIMED, "draft", "alg")
        }
        task: list[str | None] = [None] * len(entries)
        for name, claimed in ledger.tasks.items():
            for position in claimed:
                task[position] = name
        thumbprints = [key.thumbprint for key in ring.keys] if ring else []
        columns |= {
            "address": [entry.record.address for entry in entries],
            "task": task,
            "trust": [entry.trust.value if entry.token else None for entry in entries],
            "level": [level(entry, chained) for entry in entries],
            "seq": [entry.seq for entry in entries],
            "recorded_at": [recorded(entry) for entry in entries],
            "codes": [_codes(entry) for entry in entries],
            "thumbprint": [
                thumbprints[entry.key] if entry.key is not None and thumbprints else None
                for entry in entries
            ],
        }
        places = _places([entry.record for entry in entries], KINDS["records"])
        return assembled(columns | places, KINDS["records"])


def _codes(entry: Entry) -> str:
    return " ".join(dict.fromkeys(code for code, _ in entry.hits)) if entry.hits else ""


def _places(found: Sequence[Record | Place | None], kinds: Mapping[str, Kind]) -> dict[str, Any]:
    """The columns that lead to the bytes of records."""
    known = [_NOWHERE if each is None else each for each in found]
    return {name: array(list(map(attrgetter(name), known)), kinds[name]) for name in PLACE}


_NOWHERE = SimpleNamespace(**dict.fromkeys(PLACE))
