"""An agent that did what the policy does not let it do."""

from __future__ import annotations

from collections.abc import Sequence

from ectgraph import labels
from ectgraph.rule import Hit, Policy, Severity, Token, token_rule

_POLICY = '!agents=[{"iss":"*/agent-a","may":["a","review_*"]},{"iss":"*/agent-b","may":["b"]}]'


@token_rule(
    "ECT711",
    "act-not-allowed",
    Severity.ERROR,
    cites="policy: agents",
    advice="Ask the agent's owner why it did this; if it was meant, add the action to its `may`.",
    good=(f"a@0; review_b@5<a; {_POLICY}", f"a@0; b@5<a by=agent-b; {_POLICY}"),
    bad=(f"a@0; b@5<a; {_POLICY}", f"a@0 by=agent-c; {_POLICY}"),
    step=12,
)
def check(token: Token, policy: Policy) -> Sequence[Hit]:
    """An agent did what nobody lets it do: the policy file does not name its `exec_act` for it.

    A signature shows who did something, not that it was theirs to do. The agent that reads invoices
    has a good key, and with it can sign an approval as well as anybody; only a list of who may do
    what tells the difference. It is how an agent that was taken over, or misled by what it read,
    shows itself: by doing somebody else's work. Harmless where a new agent or a new action is not
    in the file yet. With no `[[agents]]` in the policy, or without a policy, nothing is looked at.
    """
    iss, act = token.iss, token.exec_act
    if not policy.agents or iss is None or act is None or policy.may(iss, act):
        return ()
    may = policy.acts_of(iss)
    allowed = f"only {labels.some(may)}" if may else "nothing"
    return [
        Hit(
            f"{labels.fit(labels.agent(iss), 60)} may not do {labels.fit(act, 60)}; "
            f"the policy allows it {allowed}",
            evidence={"iss": iss, "exec_act": act, "may": list(may[:20])},
        )
    ]
