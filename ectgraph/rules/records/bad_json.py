"""A header or payload that is no JSON object."""

from __future__ import annotations

from ectgraph.rule import Hit, Problem, Severity, problem_rule


@problem_rule(
    "ECT004",
    "bad-json",
    Severity.ERROR,
    cites="RFC 7515 §4, RFC 7519 §7.2",
    advice="Treat the token as unreadable; ask its issuer to make it anew.",
    good=("a@0",),
    bad=("a@0 !nan", "a@0 !cut", "a@0 !nested"),
    step=1,
)
def check(problem: Problem) -> Hit:
    """The header or the payload is not a JSON object, holds NaN or Infinity, or nests too deep.

    Some readers take NaN, trailing text or an array where an object must be; others stop. What
    one of them reads is not what the other would have verified. Deep nesting crashes recursive
    readers.
    """
    return Hit(
        f"the {problem.where} is no JSON object that can be relied on: {problem.detail}",
        witness=problem.where,
    )
