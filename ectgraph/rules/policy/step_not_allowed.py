"""A step after another that the policy does not let it follow."""

from __future__ import annotations

from ectgraph import labels
from ectgraph.policy import matcher
from ectgraph.rule import Hit, Link, Policy, Severity, link_rule

WIDTH = 200
"""Characters of the parent's action that a finding shows: it may have many thousand children."""
_POLICY = '!steps=[{"act":"pay","after":["approve","approve_*"]},{"act":"ask","after":[]}]'


@link_rule(
    "ECT712",
    "step-not-allowed",
    Severity.ERROR,
    cites="policy: steps, after",
    advice="Ask why the step was taken from there; if it was meant, add the action to its `after`.",
    good=(
        f"ask@0; approve@5<ask; approve_b@5<ask; pay@9<approve,approve_b; {_POLICY}",
        f"ask@0; ship@5<ask; {_POLICY}",
    ),
    bad=(f"ask@0; pay@5<ask; {_POLICY}", f"sign@0; ask@5<sign; {_POLICY}"),
    step=14,
)
def check(link: Link, policy: Policy) -> Hit | None:
    """A step builds on one that the policy does not let it follow: its `after` names others.

    A workflow has an order, and each token only says what it follows, not that it may. A payment
    that hangs directly on the invoice has gone round its approval, and looks like any other link
    in a drawing. Every parent must be one that `after` names. What must not be absent, whatever the
    links are, is for `needs` (ECT713): a task without any parent breaks no `after`. Harmless where
    the workflow was changed and the file was not.
    """
    act, parent = link.child.exec_act, link.parent.exec_act
    if not policy.steps or act is None or parent is None:
        return None
    for step in policy.steps_of(act):
        if step.after is None or matcher(step.after)(parent):
            continue
        allowed = f"only {labels.some(step.after)}" if step.after else "nothing"
        return Hit(
            f"{labels.fit(act, 60)} follows {link.parent_name}; "
            f"the policy lets it follow {allowed}",
            evidence={
                "exec_act": act,
                "parent_act": labels.fit(parent, WIDTH),
                "after": list(step.after[:20]),
            },
        )
    return None
