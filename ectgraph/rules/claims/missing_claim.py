"""A required claim that is absent."""

from __future__ import annotations

from ectgraph.rule import Hit, Problem, Severity, problem_rule


@problem_rule(
    "ECT110",
    "missing-claim",
    Severity.ERROR,
    cites="draft-00 §4, draft-01 §4",
    advice="Fix the agent that issued it; the record stays incomplete.",
    good=("a@0; b@5<a",),
    bad=("a@0 !no-exp", "a@0 !no-par"),
    step=11,
)
def check(problem: Problem) -> Hit:
    """One of `iss aud iat exp jti exec_act`, or the list of parents, is absent.

    A root says so with an empty list. A token without the list may be a root, or one whose
    parents somebody would rather not show. One without `exp` can be shown again for ever, and one
    without `jti` cannot be told from its copies. The usual cause is an agent that was written by
    hand and never met a strict verifier.
    """
    return Hit(f"the required claim {problem.where!r} is missing", witness=problem.where)
