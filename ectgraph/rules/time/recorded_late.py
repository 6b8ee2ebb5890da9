"""A token that was recorded long after it was issued."""

from __future__ import annotations

from ectgraph import labels
from ectgraph.rule import Hit, Policy, Severity, Token, entry_rule


@entry_rule(
    "ECT403",
    "recorded-late",
    Severity.WARNING,
    cites="draft-00 §5 (iat), §7; policy: max_age",
    advice="Ask how the token got there; a deferred ledger explains it, backdating does as well.",
    good=("a@0 life=900 recorded=900",),
    bad=("a@0 life=900 recorded=901",),
)
def check(token: Token, recorded: float, policy: Policy) -> Hit | None:
    """More than 900 seconds lie between a token's `iat` and its entry in the ledger.

    Whoever holds a key can write any `iat` into a token. The time at which somebody else recorded
    it is what bounds that. The longer the gap, the more can have been backdated.
    """
    iat = token.iat
    if iat is None or recorded - iat <= policy.max_age:
        return None
    return Hit(
        f"it was recorded {labels.seconds(recorded - iat)} after it was issued, "
        f"at most {policy.max_age} s are usual",
        evidence={"iat": iat, "recorded": recorded, "max_age": policy.max_age},
    )
