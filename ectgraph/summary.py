"""The figures of a ledger, counted from the evidence (docs/formats.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import get_args

from ectgraph.integrity import level
from ectgraph.model import Assurance, Draft, Finding, Severity, Summary, Trust
from ectgraph.rule import Evidence


def summarize(evidence: Evidence, findings: Iterable[Finding]) -> Summary:
    """Count what there is.

    `roots` name no parent and `leaves` are named by nobody; both are tasks that have a record.
    """
    ledger, graph, tasks = evidence.ledger, evidence.graph, evidence.ledger.tasks
    read = [entry for entry in ledger.entries if entry.token is not None]
    tokens = [entry.token for entry in read if entry.token is not None]
    # Lists count a hundred thousand enumeration members ten times as fast as a Counter does.
    trust = [entry.trust for entry in read]
    levels = [level(entry, evidence.chained) for entry in read]
    drafts = [token.draft for token in tokens]
    counts = Counter(
        "ignored" if f.ignored else "known" if f.known else f.severity.value for f in findings
    )
    parents, children = dict(graph.in_degree()), dict(graph.out_degree())
    kinds = (*map(str, reversed(Severity)), "known", "ignored")
    return Summary(
        records=len(ledger),
        tokens=len(tokens),
        unreadable=len(ledger) - len(tokens),
        tasks=len(tasks),
        edges=graph.number_of_edges(),
        missing=len(graph) - len(tasks),
        workflows=len({token.wid for token in tokens} - {None}),
        agents=len({token.iss for token in tokens} - {None}),
        roots=sum(not parents[task] for task in tasks),
        leaves=sum(not children[task] for task in tasks),
        depth=evidence.shape.depth,
        max_parents=max(parents.values(), default=0),
        max_children=max(children.values(), default=0),
        levels={name: levels.count(name) for name in get_args(Assurance)},
        drafts={draft: drafts.count(draft) for draft in sorted(get_args(Draft))},
        trust={kind.value: trust.count(kind) for kind in Trust},
        findings={kind: counts[kind] for kind in kinds},
    )
