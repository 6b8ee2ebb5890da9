"""A task that went on after a rejection."""

from __future__ import annotations

from ectgraph import labels
from ectgraph.claims import PENDING, REJECTED
from ectgraph.rule import Hit, Link, Policy, Severity, link_rule

_UNDO = 'ext={"compensation_required":true,"compensation_reason":"rejected"}'


@link_rule(
    "ECT701",
    "went-on-after-rejection",
    Severity.ERROR,
    cites="early draft-00 §6; companion draft",
    advice="Ask who let it go on. A token that undoes something has to say so in its extension.",
    good=(
        f"a@0 pol=p pol_decision=rejected; b@5<a {_UNDO}",
        "a@0 pol=p pol_decision=rejected; b@5<a pol=p pol_decision=pending_human_review",
    ),
    bad=(
        "a@0 pol=p pol_decision=rejected; b@5<a",
        "a@0 pol=p pol_decision=rejected; b@5<a pol=p pol_decision=approved",
    ),
    step=14,
)
def check(link: Link, policy: Policy) -> Hit | None:
    """The parent was rejected by policy, and the task builds on it as if nothing had happened.

    What may follow a rejection is undoing (`compensation_required: true` in the extension), or
    asking a person (`pol_decision` is `pending_human_review`). Everything else is a control
    that was not heeded.
    """
    if link.parent.pol_decision != REJECTED:
        return None
    if policy.compensation_by_flag and link.child.compensates:
        return None
    if policy.review_by_decision and link.child.pol_decision == PENDING:
        return None
    pol = labels.fit(repr(link.parent.pol), 60)
    return Hit(f"its parent {link.parent_name} was rejected (policy {pol})")
