"""A JSON member that occurs twice."""

from __future__ import annotations

from ectgraph.rule import Hit, Problem, Severity, problem_rule


@problem_rule(
    "ECT005",
    "duplicate-member",
    Severity.ERROR,
    cites="RFC 7515 §4, RFC 7519 §4",
    advice="Treat it as forged until its issuer explains it; no honest writer does this.",
    good=("a@0",),
    bad=("a@0 !twice",),
    step=1,
)
def check(problem: Problem) -> Hit:
    """A member occurs twice in one JSON object: in the header, the payload or the entry.

    Some readers take the first, most the last, and both verify the same signature. So one token
    says two things: `"iss":"alice"` to the gate and `"iss":"mallory"` to the ledger.
    """
    return Hit(
        f"the {problem.where} has the member {problem.detail!r} twice: it has two readings",
        witness=problem.where,
    )
