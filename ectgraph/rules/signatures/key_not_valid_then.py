"""A key that was not good when it signed."""

from __future__ import annotations

from ectgraph.rule import Hit, Problem, Severity, problem_rule


@problem_rule(
    "ECT206",
    "key-not-valid-then",
    Severity.ERROR,
    cites="draft-00 §6, docs/formats.md",
    advice="Ask whose key it was then; after a theft, re-examine all that it signed.",
    baseline=False,
    good=("a@0",),
    bad=("a@70; b@75<a; !revoked=60", "a@60; !revoked=60"),
    step=5,
)
def check(problem: Problem) -> Hit:
    """The token was issued outside the time in which its key was good, or after its revocation.

    A stolen key makes perfect signatures; only its dates tell. The `iat` is the signer's own
    word, so a thief can backdate as well: compare it with the time at which the ledger took the
    token in.
    """
    return Hit(f"its key was not good then: {problem.detail}", witness=problem.where)
