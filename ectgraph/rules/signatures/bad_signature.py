"""A signature that does not verify."""

from __future__ import annotations

from ectgraph.rule import Hit, Problem, Severity, problem_rule


@problem_rule(
    "ECT201",
    "bad-signature",
    Severity.ERROR,
    cites="draft-00 §5, RFC 7515 §5.2",
    advice="Treat the record as forged or damaged; compare it with another copy of the ledger.",
    baseline=False,
    good=("a@0; b@5<a",),
    bad=("a@0 !flipped", "a@0 !stranger", "a@0 !short"),
    step=6,
)
def check(problem: Problem) -> Hit:
    """None of the keys under this `kid` made this signature over these bytes.

    Either the token was changed after it was signed, or somebody else signed it. The claims are
    still shown, as claims: nobody with a known key stands behind them. It is what every forgery
    without a key looks like. So does a copy that an editor or a mail program touched, and a key
    that was replaced by another under the same `kid`.
    """
    return Hit(f"the signature does not verify: {problem.detail}", witness=problem.where)
