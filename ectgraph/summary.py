"""The figures of a ledger, counted from the evidence (docs/formats.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ectgraph.model import Finding, Severity, Summary, Trust
from ectgraph.rule import Evidence


def summarize(evidence: Evidence, findings: Iterable[Finding]) -> Summary:
    """Count what there is.

    `roots` name no parent and `leaves` are named by nobody; both are tasks that have a record.
    """
    ledger, graph = evidence.ledger, evidence.graph
    tokens = [entry.token for entry in ledger.entries if entry.token is not None]
    kinds: Counter[tuple[str, str, str]] = Counter(
        (entry.trust.value, entry.token.level, entry.token.draft)
        for entry in ledger.entries
        if entry.token is not None
    )
    trust, levels, drafts = (_by(kinds, part) for part in range(3))
    counts = Counter("ignored" if f.ignored else f.severity.value for f in findings)
    parents, children, tasks = graph.pred, graph.succ, ledger.tasks
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
        max_parents=max(map(len, parents.values()), default=0),
        max_children=max(map(len, children.values()), default=0),
        levels={level: levels[level] for level in ("L1", "L2")},
        drafts={draft: drafts[draft] for draft in ("00", "01", "early-00")},
        trust={kind.value: trust[kind.value] for kind in Trust},
        findings={name: counts[name] for name in (*map(str, reversed(Severity)), "ignored")},
    )


def _by(kinds: Counter[tuple[str, str, str]], part: int) -> Counter[str]:
    """Totals by one part of a combined key."""
    totals: Counter[str] = Counter()
    for key, count in kinds.items():
        totals[key[part]] += count
    return totals
