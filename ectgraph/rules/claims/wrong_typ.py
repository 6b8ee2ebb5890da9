"""A token that does not say that it is an ECT."""

from __future__ import annotations

from ectgraph.rule import Hit, Problem, Severity, problem_rule


@problem_rule(
    "ECT101",
    "wrong-typ",
    Severity.ERROR,
    cites="draft-00 §3, draft-01 §3, RFC 8725 §3.11",
    advice="Check what the token was made for; it is not accepted as an ECT.",
    good=("a@0", "a@0 draft=01"),
    bad=("a@0 typ=JWT", "a@0 typ="),
    step=2,
)
def check(problem: Problem) -> Hit:
    """The header's `typ` is absent or names another kind of token.

    `typ` keeps tokens of different meaning apart that one key may sign: an access token, or an
    Agent Context Token, must not pass for a record of a task because its claims look alike. The
    usual cause is a library for JWTs of any kind, which writes `JWT`.
    """
    return Hit(f"this is not marked as an ECT: {problem.detail}", witness=problem.where)
