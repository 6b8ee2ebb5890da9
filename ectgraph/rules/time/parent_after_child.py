"""A parent that was issued after its child."""

from __future__ import annotations

from ectgraph import labels
from ectgraph.rule import Hit, Link, Policy, Severity, link_rule


@link_rule(
    "ECT401",
    "parent-after-child",
    Severity.ERROR,
    cites="draft-00 §6; policy: skew",
    advice="Compare the clocks of both agents; if they are right, the child was backdated.",
    good=("a@0; b@5<a", "a@30; b@0<a"),
    bad=("a@31; b@0<a",),
    step=14,
)
def check(link: Link, policy: Policy) -> Hit | None:
    """A parent's `iat` is later than its child's by more than the clocks may differ.

    A task cannot build on one that was not there yet. Clocks that run apart are the usual
    cause; a record made up later to justify an earlier one is the other. Both times are shown
    as they are.
    """
    before, iat = link.parent.iat, link.child.iat
    if before is None or iat is None or before <= iat + policy.skew:
        return None
    gap = before - iat
    return Hit(
        f"its parent {link.parent_name} was issued {gap} s after it "
        f"({labels.time(before)} after {labels.time(iat)}; skew allowed: {policy.skew} s)",
        evidence={"iat": iat, "parent_iat": before, "gap": gap, "skew": policy.skew},
    )
