"""Something was cut short at a limit."""

from __future__ import annotations

from ectgraph.rule import Hit, Problem, Severity, problem_rule


@problem_rule(
    "ECT902",
    "limit-reached",
    Severity.WARNING,
    cites="policy",
    advice="What lies beyond was not looked at; if it is genuine, raise the limit and look again.",
    good=("a@0",),
    bad=(),
    step=1,
)
def check(problem: Problem) -> Hit:
    """There was more to read than a limit allows, and what lies beyond it was not looked at.

    Nothing is known about the rest. A gate that stopped reading there and let the message pass
    could be led past any check by enough padding, so at a gate this is an error.
    """
    return Hit(f"it was cut short: {problem.detail}", witness=problem.where)
