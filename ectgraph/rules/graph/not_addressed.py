"""A task of an agent that its parent was not meant for."""

from __future__ import annotations

from ectgraph import labels
from ectgraph.rule import Hit, Link, Policy, Severity, link_rule

MOST = 20
"""Members of an `aud` that a finding names."""
LONGEST = 256
"""Members of an `aud` beyond which it is not looked through for every child."""
WIDTH = 200
"""Characters of each that a finding shows: one parent may have many thousand children."""


@link_rule(
    "ECT311",
    "not-addressed",
    Severity.WARNING,
    cites="draft-00 §4 (aud), §5",
    advice="Ask how the agent came by the parent's token; if it was meant to, name it in `aud`.",
    good=(
        "a@0; b@5<a by=agent-b",
        "a@0; b@5<a",
        "a@0 aud=spiffe://example.com/agent/agent-b; b@5<a by=agent-b",
    ),
    bad=(
        "a@0 aud=spiffe://example.com/ledger; b@5<a by=agent-b",
        "a@0 aud=spiffe://example.com/agent/agent-c; b@5<a by=agent-b",
    ),
    step=14,
)
def check(link: Link, policy: Policy) -> Hit | None:
    """A task builds on a parent whose `aud` does not name the agent that issued it.

    `aud` says for whom a token is: an agent that is not in it should have refused the token as
    not meant for it. One that builds on it all the same took it from somebody else's wire or
    store, or works with a gate that does not look. Agents that hand on by way of a shared ledger,
    and name that ledger alone, look the same. An agent need not name itself to go on with its own
    work, and an `aud` of more than 256 members is taken to be meant for everybody.
    """
    iss, aud = link.child.iss, link.parent.aud
    if iss is None or link.parent.iss is None or iss == link.parent.iss:
        return None
    if not aud or len(aud) > LONGEST or iss in aud:
        return None
    readers = [labels.fit(labels.agent(each), 60) for each in aud[:3]]
    return Hit(
        f"it is by {labels.fit(labels.agent(iss), 60)}, and its parent {link.parent_name} is "
        f"addressed to {labels.some([*readers, *aud[3:]])} alone",
        evidence={"iss": iss, "aud": [labels.fit(each, WIDTH) for each in aud[:MOST]]},
    )
