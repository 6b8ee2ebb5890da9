"""A parent in another workflow."""

from __future__ import annotations

from ectgraph import labels
from ectgraph.rule import Hit, Link, Policy, Severity, link_rule

WIDTH = 200
"""Characters of the parent's `wid` that a finding shows: it may have many thousand children."""


@link_rule(
    "ECT307",
    "cross-workflow-parent",
    Severity.ERROR,
    cites="draft-01 §6; policy: cross_workflow, links",
    advice="Ask who joined the two workflows; if it was meant, let the policy's `links` allow it.",
    good=(
        "a@0 wid=one; b@5<a wid=one",
        "a@0 wid=; b@5<a wid=one",
        'a@0 wid=one; b@5<a wid=two; !crossings=[{"parent":"*","child":"*"}]',
    ),
    bad=("a@0 wid=one; b@5<a wid=two",),
    step=14,
)
def check(link: Link, policy: Policy) -> Hit | None:
    """A task and its parent carry different `wid`s.

    A workflow that borrows its approvals from another one looks complete from inside. Tasks
    without a `wid` belong to none, and link to any. Where workflows do hand over to each other, the
    policy can name the pairs that may.
    """
    ours, theirs = link.child.wid, link.parent.wid
    if ours == theirs or ours is None or theirs is None or policy.cross_workflow:
        return None
    if policy.crossings and policy.crosses(theirs, ours):
        return None
    return Hit(
        f"its parent {link.parent_name} is of another workflow: "
        f"{labels.fit(theirs, 60)}, not {labels.fit(ours, 60)}",
        evidence={"wid": ours, "parent_wid": labels.fit(theirs, WIDTH)},
    )
