"""A verified task on a parent that is not."""

from __future__ import annotations

from ectgraph.rule import Hit, Link, Policy, Severity, Trust, link_rule


@link_rule(
    "ECT308",
    "untrusted-parent",
    Severity.ERROR,
    cites="draft-00 §6",
    advice="Settle the parent first; until then what the child says rests on nothing.",
    baseline=False,
    good=("a@0; b@5<a",),
    bad=("a@0 !flipped; b@5<a",),
    step=14,
)
def check(link: Link, policy: Policy) -> Hit | None:
    """The task verified, and a parent that it builds on did not.

    The honest child makes the forged parent look good: it was accepted by somebody. Either its gate
    was open, or the parent's record was changed after the child had seen it.
    """
    if link.child_trust is not Trust.VERIFIED or link.parent_trust is Trust.VERIFIED:
        return None
    if link.parent_trust is Trust.UNSIGNED and policy.minimum_level == "L1":
        return None  # unsigned tokens are taken, so building on one is a weakness, and told as such
    how = link.parent_trust.value.replace("_", " ")
    return Hit(
        f"it builds on {link.parent_name}, which is not verified ({how})",
        evidence={"parent_trust": link.parent_trust.value},
    )
