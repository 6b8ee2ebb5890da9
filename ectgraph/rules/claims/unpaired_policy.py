"""A policy without its decision, or the reverse."""

from __future__ import annotations

from ectgraph.rule import Hit, Problem, Severity, problem_rule


@problem_rule(
    "ECT120",
    "unpaired-policy",
    Severity.ERROR,
    cites="early draft-00 §4; companion draft",
    advice="Fix the agent that issued it: `pol` and `pol_decision` go together.",
    good=("a@0 pol=p1 pol_decision=approved",),
    bad=("a@0 pol=p1", "a@0 pol_decision=approved", "a@0 draft=01 pol=p1"),
    step=12,
)
def check(problem: Problem) -> Hit:
    """`pol` is there without `pol_decision`, or the reverse, or one claim with two values.

    A decision without a policy can not be checked against anything, and a policy without a decision
    reads as an approval to whoever wants to see one. A token with one decision at the top and
    another in its draft-01 extension tells two readers two stories.
    """
    return Hit(f"{problem.detail}", witness=problem.where)
