"""A token that expires before it is issued."""

from __future__ import annotations

from collections.abc import Sequence

from ectgraph.rule import Hit, Policy, Severity, Token, token_rule


@token_rule(
    "ECT405",
    "expires-before-issued",
    Severity.ERROR,
    cites="RFC 7519 §4.1.4, draft-00 §4",
    advice="Fix the agent that issued it; its clock jumped, or it mixed the claims up.",
    good=("a@0 life=1",),
    bad=("a@0 life=0", "a@0 life=-5"),
    step=12,
)
def check(token: Token, policy: Policy) -> Sequence[Hit]:
    """`exp` is not later than `iat`, so there was no moment at which the token was good.

    Verifiers that look at `exp` alone, or at `iat` alone, judge it differently. A clock that
    jumped between the two claims is the usual cause. A token that was dated forward by hand, to
    look newer than it is, shows itself so as well.
    """
    iat, exp = token.iat, token.exp
    if iat is None or exp is None or exp > iat:
        return ()
    said = f"it expires {iat - exp} s before it is issued" if exp < iat else "it expires at once"
    return [Hit(said, evidence={"iat": iat, "exp": exp})]
