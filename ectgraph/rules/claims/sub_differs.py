"""A subject that is not the issuer."""

from __future__ import annotations

from collections.abc import Sequence

from ectgraph.rule import Hit, Policy, Severity, Token, token_rule


@token_rule(
    "ECT121",
    "sub-differs",
    Severity.ERROR,
    cites="early draft-00 §4 (sub)",
    advice="Fix the agent that issued it: agents record their own tasks.",
    good=("a@0 sub=spiffe://example.com/agent/agent-a",),
    bad=("a@0 sub=spiffe://example.com/agent/other",),
    step=12,
)
def check(token: Token, policy: Policy) -> Sequence[Hit]:
    """`sub` names another than `iss`.

    An ECT says what its issuer did. With two names in it, a reader that shows the one and a
    reader that shows the other tell two stories of one signature. A library that writes the user
    or the session into `sub` is the usual cause, and harmless in itself.
    """
    if token.sub is None or token.sub == token.iss or token.iss is None:
        return ()
    return [Hit(f"'sub' is {token.sub!r}, 'iss' is {token.iss!r}")]
