"""An algorithm outside the allow-list."""

from __future__ import annotations

from ectgraph.rule import Hit, Problem, Severity, problem_rule


@problem_rule(
    "ECT102",
    "algorithm-not-allowed",
    Severity.ERROR,
    cites="draft-00 §3, RFC 8725 §3.1",
    advice="Never accept it; find out how a token with this algorithm got into the ledger.",
    baseline=False,
    good=("a@0",),
    bad=("a@0 alg=none", "a@0 alg=HS256", "a@0 alg="),
    step=3,
)
def check(problem: Problem) -> Hit:
    """The header's `alg` is absent or not on the allow-list; `none` and HMAC never are.

    With `none` nobody signed. With HMAC the verifier's own key makes signatures: an attacker
    takes the public key everybody has, uses it as the secret, and a careless library agrees.
    """
    return Hit(f"its signature cannot be accepted: {problem.detail}", witness=problem.where)
