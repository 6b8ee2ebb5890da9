"""A key that signs for somebody else."""

from __future__ import annotations

from ectgraph.rule import Hit, Problem, Severity, problem_rule


@problem_rule(
    "ECT205",
    "issuer-not-bound",
    Severity.ERROR,
    cites="draft-00 §4 (iss), docs/formats.md",
    advice="Find out who holds this key: its owner signed in another agent's name.",
    baseline=False,
    good=("a@0; !bound",),
    bad=("a@0 iss=spiffe://example.com/agent/other; !bound",),
    step=7,
)
def check(problem: Problem) -> Hit:
    """The key set binds this key to one issuer, and the token names another.

    The signature fits, so whoever holds the key made the token, and put somebody else's name on it.
    In a workflow where every agent has a good key, that is the way to forge an approval. Harmless
    where an agent was renamed and the key set was not.
    """
    return Hit(f"its issuer has another key: {problem.detail}", witness=problem.where)
