"""A task that did not wait for the review."""

from __future__ import annotations

from ectgraph.claims import DECISIONS, PENDING
from ectgraph.rule import Hit, Link, Policy, Severity, link_rule


@link_rule(
    "ECT702",
    "went-on-while-pending",
    Severity.ERROR,
    cites="early draft-00 §6; companion draft",
    advice="Ask who let it go on before the person had decided.",
    good=("a@0 pol=p pol_decision=pending_human_review; b@5<a pol=p pol_decision=approved",),
    bad=("a@0 pol=p pol_decision=pending_human_review; b@5<a",),
    step=14,
)
def check(link: Link, policy: Policy) -> Hit | None:
    """The parent waits for a person to decide, and the task builds on it without that decision.

    The task that records the review carries a `pol_decision` of its own; undoing says
    `compensation_required: true`. Going on regardless makes the review a formality.
    """
    if link.parent.pol_decision != PENDING:
        return None
    if policy.compensation_by_flag and link.child.compensates:
        return None
    if policy.review_by_decision and link.child.pol_decision in DECISIONS:
        return None
    return Hit(f"its parent {link.parent_name} waits for a human review, and this is not it")
