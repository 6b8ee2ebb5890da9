"""A token that names no key."""

from __future__ import annotations

from ectgraph.rule import Hit, Problem, Severity, problem_rule


@problem_rule(
    "ECT103",
    "no-kid",
    Severity.ERROR,
    cites="draft-00 §3",
    advice="Have the agent put its key's `kid` into the header; trying every key is no substitute.",
    baseline=False,
    good=("a@0",),
    bad=("a@0 kid=",),
    step=4,
)
def check(problem: Problem) -> Hit:
    """The header has no `kid`, so nobody can say which key should have signed.

    Trying every key until one fits would let any holder of any key sign for everybody, and an
    attacker needs no more than one key of the set. The usual cause is an agent that was given a
    bare key file, without a name for it.
    """
    return Hit(f"it does not say which key signed it: {problem.detail}", witness=problem.where)
