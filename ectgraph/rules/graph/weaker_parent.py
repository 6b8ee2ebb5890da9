"""A signed task on an unsigned parent."""

from __future__ import annotations

from ectgraph.rule import Hit, Link, Policy, Severity, link_rule


@link_rule(
    "ECT309",
    "weaker-parent",
    Severity.WARNING,
    cites="draft-01 §6 (levels)",
    advice="Have the parent signed; a path is only as good as its weakest token.",
    good=("a@0; b@5<a; !minimum_level=L1",),
    bad=("a@0 draft=01 !unsigned; b@5<a draft=01; !minimum_level=L1",),
    step=14,
)
def check(link: Link, policy: Policy) -> Hit | None:
    """A signed task (level L2) builds on an unsigned one (level L1).

    Anybody could have written the parent. The signature of the child covers the parent's id,
    not what the parent says.
    """
    if link.child.level == "L1" or link.parent.level != "L1" or policy.minimum_level != "L1":
        return None  # where unsigned tokens are refused, the parent is not verified: ECT308
    return Hit(f"it is signed, its parent {link.parent_name} is not")
