"""A token that had expired when the ledger took it in."""

from __future__ import annotations

from ectgraph import labels
from ectgraph.rule import Hit, Policy, Severity, Token, entry_rule


@entry_rule(
    "ECT404",
    "expired-when-recorded",
    Severity.ERROR,
    cites="draft-00 §5 (exp), §7; policy: leeway",
    advice="No gate should have let it in: find out by which way it came into the ledger.",
    good=("a@0 recorded=630",),
    bad=("a@0 recorded=631",),
)
def check(token: Token, recorded: float, policy: Policy) -> Hit | None:
    """The token's `exp` had passed when it was recorded.

    That it has expired by now says nothing: every archived token has. But a ledger takes in what a
    gate has just verified, and a gate refuses what has expired. So it did not come through one.
    """
    exp = token.exp
    if exp is None or recorded <= exp + policy.leeway:
        return None
    return Hit(
        f"it had expired {labels.seconds(recorded - exp)} before it was recorded "
        f"({labels.time(exp)}, recorded {labels.time(recorded)})",
        evidence={"exp": exp, "recorded": recorded, "leeway": policy.leeway},
    )
