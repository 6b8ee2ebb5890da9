"""Time frames of a large ledger: `python frames.py [SIZE]`, beside the graph that they are made of.

No signature is checked here: the entries are made in memory, as a loader would have read them, and
every hundredth task has a finding.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from rules import entry, seconds

from ectgraph import frames
from ectgraph.collector import paused
from ectgraph.ledger import Ledger
from ectgraph.linter import place
from ectgraph.model import Finding, Severity
from ectgraph.policy import Policy
from ectgraph.rule import Evidence

SIZE = 1_000_000
FOUND = 100
"""Of so many tasks one has a finding."""


def finding(number: int, evidence: Evidence) -> Finding:
    """A finding about the task of one entry."""
    made = evidence.ledger.entries[number]
    token = made.token
    assert token is not None
    return Finding(
        code="ECT311",
        name="not-addressed",
        severity=Severity.WARNING,
        message="its agent is not in the aud of its parent",
        advice="",
        cites="",
        task=token.jti,
        jti=token.jti,
        wid=token.wid,
        iss=token.iss,
        exec_act=token.exec_act,
        places=(place(made.record),),
        evidence={"aud": list(token.aud)},
        fingerprint=made.record.sha256[:16],
    )


def main(size: int) -> None:
    """Print how long each table takes."""
    with paused():
        evidence = Evidence(Ledger(map(entry, range(size))), None, Policy())
        base = seconds(lambda: evidence.graph)
    ledger, graph = evidence.ledger, evidence.graph
    found = [finding(number, evidence) for number in range(0, size, FOUND)]
    tables: dict[str, pd.DataFrame] = {}
    four = ("tasks", "edges", "records", "findings")
    work: dict[str, Callable[[], pd.DataFrame]] = {
        "tasks": lambda: frames.tasks(ledger, graph, found),
        "edges": lambda: frames.edges(ledger, graph, tables["tasks"]),
        "records": lambda: frames.records(ledger),
        "findings": lambda: frames.findings(found),
        "agents": lambda: frames.agents(*(tables[name] for name in four)),
        "workflows": lambda: frames.workflows(*(tables[name] for name in four)),
        "keys": lambda: frames.keys(tables["records"]),
    }
    print(f"{size:,} tasks\n  {'the graph':12} {base:6.2f} s")
    total = 0.0
    for name, make in work.items():
        took = seconds(lambda name=name, make=make: tables.update({name: make()}))
        total += took
        print(f"  {name:12} {took:6.2f} s  {took / base:5.2f}  {len(tables[name]):>10,} rows")
    print(f"  {'together':12} {total:6.2f} s  {total / base:5.2f}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tasks.parquet"
        there = seconds(lambda: frames.to_parquet(tables["tasks"], path))
        back = seconds(lambda: frames.read_parquet(path))
        print(
            f"  tasks to Parquet {there:.2f} s, {path.stat().st_size >> 20} MiB; back {back:.2f} s"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SIZE)
