"""An unsigned token where signed ones are asked for."""

from __future__ import annotations

from ectgraph.rule import Hit, Problem, Severity, problem_rule


@problem_rule(
    "ECT203",
    "below-minimum-level",
    Severity.ERROR,
    cites="draft-01 §5; policy: minimum_level",
    advice='If unsigned records are acceptable here, set the policy\'s `minimum_level` to "L1".',
    baseline=False,
    good=("a@0 draft=01",),
    bad=("a@0 !unsigned",),
    step=6,
)
def check(problem: Problem) -> Hit:
    """The token is level L1: plain claims without a signature, and the policy asks for L2.

    Anybody can write such a record. Replacing a signed token by an unsigned one with other
    claims is the simplest forgery there is, so the level is never lowered without the caller's
    word. Harmless where all agents are in one trusted house that agreed on L1.
    """
    return Hit(
        f"it does not reach the level that the policy asks for: {problem.detail}",
        witness=problem.where,
    )
