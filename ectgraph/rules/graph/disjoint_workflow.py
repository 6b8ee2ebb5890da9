"""A workflow in several pieces."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from ectgraph import labels
from ectgraph.rule import Evidence, Hit, Severity, ledger_rule

MOST = 20
"""Pieces of a workflow that a finding names."""


@ledger_rule(
    "ECT310",
    "disjoint-workflow",
    Severity.WARNING,
    cites="draft-00 §4 (wid), §6; policy: disjoint_workflows",
    advice="Ask what joins the pieces; if the work runs side by side, allow `disjoint_workflows`.",
    good=(
        "a@0; b@5<a; c@9<a",
        "a@0 wid=one; b@5<a wid=one; c@0 wid=two",
        "a@0 wid=; b@5 wid=",
        "a@0; b@5; !disjoint_workflows=true",
    ),
    bad=("a@0; b@5", "a@0; b@5<a; x@0; y@5<x"),
)
def check(evidence: Evidence) -> Iterator[Hit]:
    """The tasks of one `wid` are in several pieces, with no parent link between them.

    An agent that hides what it did can keep two lineages under one `wid`: one to be shown, and a
    shadow of it. Whoever follows the parents back from a result never meets the other. Parallel
    work with roots of its own that never meets again looks the same and is legitimate. So is a
    `wid` that was used twice by mistake.

    Not told where one of the pieces lacks the record of a parent, which may be what joins them
    (ECT303). A record that cannot be read may be what joins them too; that does not keep this
    rule from telling.
    """
    ledger, nodes = evidence.ledger, evidence.graph.nodes
    if ledger.earlier:  # what joins the pieces may not have been read again
        return

    def age(task: str) -> tuple[bool, float, str]:
        iat = nodes[task].get("iat")
        return iat is None, iat or 0, nodes[task]["jti"]

    for wid, pieces in _pieces(evidence).items():
        if len(pieces) < 2 or evidence.policy.of(wid).disjoint_workflows:
            continue
        first = {min(piece, key=age): len(piece) for piece in pieces}
        order = sorted(first, key=lambda task: (-first[task], age(task)))
        oldest = min(first, key=age)  # which stays the same when another piece grows
        sizes = [first[task] for task in order]
        yield Hit(
            f"workflow {wid} is in {len(order):,} pieces that no parent link joins; "
            f"the largest has {sizes[0]:,} of its {labels.count(sum(sizes), 'task')}",
            oldest,
            records=tuple(ledger.tasks[task][0] for task in dict.fromkeys((oldest, *order[:MOST]))),
            evidence={
                "pieces": len(order),
                "sizes": sizes[:MOST],
                "tasks": evidence.jtis(order[:MOST]),
            },
            witness=sha256("\0".join(sorted(evidence.jtis(first))).encode()).hexdigest(),
        )


def _pieces(evidence: Evidence) -> dict[str, list[list[str]]]:
    """The tasks of each workflow by the piece of the graph that they are in.

    Workflows are left out that have a task in a piece from which a record is missing.
    """
    wids, status = evidence.values("wid"), evidence.values("status")
    missing = {task for task, what in status.items() if what == "missing"}
    pieces: dict[str, list[list[str]]] = {}
    torn: set[str] = set()
    for component in evidence.components:
        own: dict[str, list[str]] = {}
        for task in component:
            if wids[task] is not None:
                own.setdefault(wids[task], []).append(task)
        for wid, tasks in own.items():
            pieces.setdefault(wid, []).append(tasks)
        if not missing.isdisjoint(component):
            torn.update(own)
    return {wid: found for wid, found in pieces.items() if wid not in torn}
