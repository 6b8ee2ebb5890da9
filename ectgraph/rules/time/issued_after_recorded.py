"""A token that is younger than its record."""

from __future__ import annotations

from ectgraph import labels
from ectgraph.rule import Hit, Policy, Severity, Token, entry_rule


@entry_rule(
    "ECT402",
    "issued-after-recorded",
    Severity.ERROR,
    cites="draft-00 §7; policy: skew",
    advice="Compare the clocks of the agent and of the ledger; else the record was made up later.",
    good=("a@0 recorded=0", "a@30 recorded=0"),
    bad=("a@31 recorded=0",),
)
def check(token: Token, recorded: float, policy: Policy) -> Hit | None:
    """The ledger says that it took the token in before the token was issued.

    Nothing can be recorded before it exists. A clock that is wrong is the usual cause; a ledger
    that was written again, with old times and new tokens, looks the same.
    """
    iat = token.iat
    if iat is None or iat <= recorded + policy.skew:
        return None
    return Hit(
        f"it was issued {labels.seconds(iat - recorded)} after it was recorded "
        f"({labels.time(iat)} after {labels.time(recorded)}; skew allowed: {policy.skew} s)",
        evidence={"iat": iat, "recorded": recorded, "skew": policy.skew},
    )
