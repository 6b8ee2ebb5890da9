"""A policy decision that is none."""

from __future__ import annotations

from collections.abc import Sequence

from ectgraph.claims import DECISIONS
from ectgraph.rule import Hit, Policy, Severity, Token, token_rule


@token_rule(
    "ECT119",
    "bad-decision",
    Severity.ERROR,
    cites="early draft-00 §4 (pol_decision); companion draft",
    advice="Fix the agent that issued it: `approved`, `rejected` or `pending_human_review`.",
    good=("a@0 pol=p1 pol_decision=pending_human_review",),
    bad=("a@0 pol=p1 pol_decision=Approved", "a@0 pol=p1 pol_decision=ok"),
    step=12,
)
def check(token: Token, policy: Policy) -> Sequence[Hit]:
    """`pol_decision` is not one of `approved`, `rejected` and `pending_human_review`.

    A decision in words of one's own is read by some as approval, and by others not at all: what
    went on after `Rejected` or `denied` passes a gate that looks for `rejected`. A policy engine
    with words of its own, whose answer was passed on as it is, is the usual cause.
    """
    if token.pol_decision is None or token.pol_decision in DECISIONS:
        return ()
    return [Hit(f"{token.pol_decision!r} is no decision; known are {', '.join(DECISIONS)}")]
