"""A task that undoes something where nothing is to be undone."""

from __future__ import annotations

from collections.abc import Iterator

from ectgraph import labels
from ectgraph.claims import APPROVED
from ectgraph.rule import Evidence, Hit, Severity, ledger_rule

REASON = 200
"""Characters of the stated reason that a finding shows."""

_UNDO = 'ext={"compensation_required":true,"compensation_reason":"failed"}'


@ledger_rule(
    "ECT704",
    "nothing-to-compensate",
    Severity.NOTE,
    cites="draft-00 §4 (compensation_required); early draft-00 §6",
    advice="Read the reason that it gives, and ask what it undid.",
    good=(
        f"a@0 pol=p pol_decision=rejected; b@5<a {_UNDO}; c@9<b {_UNDO}",
        f"a@0 pol=p pol_decision=pending_human_review; b@5<a {_UNDO}",
        'a@0; b@5<a ext={"compensation_required":false}',
    ),
    bad=(
        f"a@0; b@5<a {_UNDO}",
        f"a@0 pol=p pol_decision=approved; b@5<a {_UNDO}",
    ),
)
def check(evidence: Evidence) -> Iterator[Hit]:
    """A task says `compensation_required: true`, and no ancestor of it was rejected or is pending.

    The flag lets a task go on after a rejection (ECT701). Where there was none it is idle, and it
    may be there to be copied: whoever sets it always passes every gate that trusts it. A step that
    failed without any policy saying no, and is undone, looks the same and is legitimate.

    Not told where the record of an ancestor is missing: that one may have been rejected.
    """
    ledger = evidence.ledger
    undoing: dict[str, int] = {}
    refused: dict[str, None] = {}
    for task, positions in ledger.tasks.items():
        for position in positions:
            token = ledger[position].token
            if token is None:
                continue
            if token.compensates:
                undoing.setdefault(task, position)
            if token.pol_decision not in (None, APPROVED):
                refused[task] = None
    if not undoing or ledger.earlier:  # then not all ancestors were read again
        return
    below = _below(evidence, refused)
    for task, position in undoing.items():
        if task not in below:
            token = ledger[position].token
            reason = token.ext.get("compensation_reason") if token and token.ext else None
            shown = labels.fit(reason, REASON) if isinstance(reason, str) else None
            yield Hit(
                "it says that it undoes something; nothing before it was rejected or is pending",
                task,
                records=(position,),
                evidence={"compensation_reason": shown},
            )


def _below(evidence: Evidence, refused: dict[str, None]) -> set[str]:
    """The tasks that come after some that were refused, or after one that is missing."""
    import networkx as nx  # noqa: PLC0415  # workers never need networkx

    graph = evidence.graph
    missing = [task for task, status in evidence.values("status").items() if status == "missing"]
    children = {child for task in (*refused, *missing) for child in graph.succ[task]}
    return {task for layer in nx.bfs_layers(graph, children) for task in layer}
