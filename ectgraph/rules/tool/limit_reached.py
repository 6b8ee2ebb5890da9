"""Something was cut short at a limit."""

from __future__ import annotations

from ectgraph.rule import Hit, Problem, Severity, problem_rule


@problem_rule(
    "ECT902",
    "limit-reached",
    Severity.WARNING,
    cites="policy",
    advice="If what lies beyond is genuine, raise the limit and look again.",
    baseline=False,
    good=("a@0",),
    bad=(),
    step=1,
)
def check(problem: Problem) -> Hit:
    """There was more than a limit allows, and what lies beyond it was not looked at.

    Nothing is known about the rest. A gate that stopped there and let the message pass could be
    led past any check by enough padding, and a replay cache that forgot the oldest to make room
    would let it pass again. So at a gate this is an error, and so it is where records of a source
    were left unread.
    """
    severity = Severity.ERROR if problem.where == "source" else None
    said = f"a limit was reached: {problem.detail}"
    return Hit(said, witness=problem.where, severity=severity)
