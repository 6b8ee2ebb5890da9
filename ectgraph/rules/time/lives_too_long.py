"""A token that lives too long."""

from __future__ import annotations

from collections.abc import Sequence

from ectgraph.rule import Hit, Policy, Severity, Token, token_rule


@token_rule(
    "ECT406",
    "lives-too-long",
    Severity.WARNING,
    cites="draft-00 §4 (exp); policy: max_lifetime",
    advice="Issue tokens for minutes; a ledger keeps what they said.",
    good=("a@0 life=900",),
    bad=("a@0 life=901",),
    step=12,
)
def check(token: Token, policy: Policy) -> Sequence[Hit]:
    """More than 900 seconds lie between `iat` and `exp`.

    An ECT travels once, to the next agent and to the ledger. The longer it lives, the longer
    whoever finds it can show it again where replays are not remembered. An agent that was set up
    with the lifetime of access tokens is the usual cause, and harmless in an archive.
    """
    iat, exp = token.iat, token.exp
    if iat is None or exp is None or exp - iat <= policy.max_lifetime:
        return ()
    return [
        Hit(
            f"it lives {exp - iat} s, at most {policy.max_lifetime} s are usual",
            evidence={"lifetime": exp - iat, "max_lifetime": policy.max_lifetime},
        )
    ]
