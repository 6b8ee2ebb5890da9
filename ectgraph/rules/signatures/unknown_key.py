"""A `kid` for which no key was given."""

from __future__ import annotations

from ectgraph.rule import Hit, Problem, Severity, problem_rule


@problem_rule(
    "ECT202",
    "unknown-key",
    Severity.ERROR,
    cites="draft-00 §5",
    advice="If the agent is genuine, add its public key to `--keys`; never one from the token.",
    baseline=False,
    good=("a@0",),
    bad=("a@0 kid=nobody",),
    step=4,
)
def check(problem: Problem) -> Hit:
    """No key of the given set has the token's `kid`, so its signature could not be checked.

    It is not known to be false; nothing is known. A forger who cannot sign under a known key
    will name an unknown one and hope that somebody adds it. The usual cause is harmless: a new
    agent, or a key that was changed after the key set was made.
    """
    return Hit(f"its signature could not be checked: {problem.detail}", witness=problem.where)
