"""Text that is not base64url or UTF-8 as the standards want it."""

from __future__ import annotations

from ectgraph.rule import Hit, Problem, Severity, problem_rule


@problem_rule(
    "ECT003",
    "bad-encoding",
    Severity.ERROR,
    cites="RFC 7515 §2, RFC 7797 §7",
    advice="Ask for the token as it was sent; a token must not be re-encoded on its way.",
    baseline=False,
    good=("a@0",),
    bad=("a@0 !padded", "a@0 !trailing-bits"),
    step=1,
)
def check(problem: Problem) -> Hit:
    """Some part is not strict base64url, or not UTF-8, or names a lone surrogate.

    JWS allows one encoding of given bytes: no padding, no other alphabet, no unused bits that
    are set. Lenient readers take more, so the same token gets several spellings: it slips past
    a check for duplicates, and two readers may decode two different texts.

    A header that says with `b64`, `zip` or `cty` that the payload is no base64url of claims asks
    for another reading of the same signed bytes, which some readers give it.
    """
    return Hit(
        f"the {problem.where} is not encoded as it must be: {problem.detail}", witness=problem.where
    )
