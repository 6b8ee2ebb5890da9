"""A task that names itself as its parent."""

from __future__ import annotations

from collections.abc import Iterator

from ectgraph.rule import Evidence, Hit, Severity, ledger_rule


@ledger_rule(
    "ECT304",
    "own-parent",
    Severity.ERROR,
    cites="draft-00 §6",
    advice="Fix the agent that issued it: the list of parents holds the token's own `jti`.",
    good=("a@0; b@5<a",),
    bad=("a@0<a",),
)
def check(evidence: Evidence) -> Iterator[Hit]:
    """The token's own `jti` is in its list of parents.

    No task builds on itself. A verifier that follows parents without looking would never end.
    """
    for task, children in evidence.graph.adjacency():
        if task in children:
            yield Hit("this task names itself as its own parent", task)
