"""A parent that no record shows."""

from __future__ import annotations

from collections.abc import Iterator

from ectgraph import labels
from ectgraph.rule import Evidence, Hit, Severity, ledger_rule


@ledger_rule(
    "ECT303",
    "missing-parent",
    Severity.ERROR,
    cites="draft-00 §6; policy: boundary",
    advice="Look for its record in other ledgers, and name them in this run as well.",
    good=("a@0; b@5<a; c@6<a,b",),
    bad=("b@5<a; c@6<a,b",),
    step=14,
)
def check(evidence: Evidence) -> Iterator[Hit]:
    """A task is named as a parent, and no record of it is here. One finding for each missing task.

    Partial ledgers are normal where tokens go from agent to agent, so this alone shows no
    wrong: the lineage is unverified, not false. But pruning a ledger, to hide a rejection say,
    looks the same. Of a task that the `boundary` of the policy names it is known that its record
    is elsewhere; that is worth a note, for what it says was not checked here.
    """
    graph, elsewhere = evidence.graph, evidence.policy.elsewhere
    for task, status in evidence.values("status").items():
        if status != "missing":
            continue
        jti, children = graph.nodes[task]["jti"], tuple(graph.successors(task))
        builders = labels.some([evidence.name(child) for child in children])
        found = {"needed_by": evidence.jtis(children)}
        if jti in elsewhere:
            yield Hit(
                f"task {jti}, a parent of {builders}, is recorded elsewhere, as the policy says",
                task,
                related=children,
                evidence=found | {"boundary": True},
                severity=Severity.NOTE,
            )
        else:
            yield Hit(
                f"no record of task {jti} is here, but it is a parent of {builders}",
                task,
                related=children,
                evidence=found,
            )
