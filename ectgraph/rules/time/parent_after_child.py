"""A parent that was issued after its child."""

from __future__ import annotations

from collections.abc import Iterator

from ectgraph import labels
from ectgraph.rule import Evidence, Hit, Severity, ledger_rule


@ledger_rule(
    "ECT401",
    "parent-after-child",
    Severity.ERROR,
    cites="draft-00 §6; policy: skew",
    advice="Compare the clocks of both agents; if they are right, the child was backdated.",
    good=("a@0; b@5<a", "a@30; b@0<a"),
    bad=("a@31; b@0<a",),
)
def check(evidence: Evidence) -> Iterator[Hit]:
    """A parent's `iat` is later than its child's by more than the clocks may differ.

    A task cannot build on one that was not there yet. Clocks that run apart are the usual
    cause; a record made up later to justify an earlier one is the other. Both times are shown
    as they are.
    """
    graph, skew = evidence.graph, evidence.policy.skew
    issued = evidence.values("iat")
    for parent, child in graph.edges:
        before, iat = issued[parent], issued[child]
        if before is not None and iat is not None and before > iat + skew:
            gap = before - iat
            yield Hit(
                f"its parent {evidence.name(parent)} was issued {gap} s after it "
                f"({labels.time(before)} after {labels.time(iat)}; skew allowed: {skew} s)",
                child,
                related=(parent,),
                evidence={"iat": iat, "parent_iat": before, "gap": gap, "skew": skew},
                witness=graph.nodes[parent]["jti"],
            )
