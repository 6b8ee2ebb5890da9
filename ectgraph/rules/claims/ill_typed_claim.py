"""A claim of the wrong type."""

from __future__ import annotations

from ectgraph.rule import Hit, Problem, Severity, problem_rule


@problem_rule(
    "ECT111",
    "ill-typed-claim",
    Severity.ERROR,
    cites="draft-00 §4, RFC 7519 §4.1",
    advice="Fix the agent that issued it; until then the claim counts as absent.",
    good=("a@0",),
    bad=("a@0 !iat-string", "a@0 !iat-true"),
    step=11,
)
def check(problem: Problem) -> Hit:
    """A claim has a type that it must not have: a time as a string, an empty action.

    Readers convert such values each in their own way: `true` becomes the time 1, `"5"` stays a
    string or becomes a number. Whoever wants two verdicts on one token writes such a value; a
    careless agent does as well. What cannot be read in one way is read as absent.
    """
    return Hit(
        f"the claim {problem.where!r} is of the wrong type: {problem.detail}", witness=problem.where
    )
