"""A task with more parents than the policy allows."""

from __future__ import annotations

from collections.abc import Sequence

from ectgraph.rule import Hit, Policy, Severity, Token, token_rule

_PARENTS = [f"p{n}" for n in range(101)]
JOIN = ";".join(f"{name}@0" for name in _PARENTS) + f"; join@1<{','.join(_PARENTS)}"


@token_rule(
    "ECT502",
    "too-many-parents",
    Severity.WARNING,
    cites="policy: max_parents",
    advice="Split the join, or raise `max_parents` if joins of this size are normal here.",
    good=("a@0; b@5<a",),
    bad=(JOIN,),
    step=14,
)
def check(token: Token, policy: Policy) -> Sequence[Hit]:
    """A task joins more parents than the policy allows.

    Wide joins are slow to verify and a cheap way to exhaust a verifier. An agent that names
    everything it ever saw as a parent hides what it really built on. A report that draws together
    a whole month looks the same and is legitimate.
    """
    if len(token.parents) <= policy.max_parents:
        return ()
    parents, limit = len(set(token.parents)), policy.max_parents
    if parents <= limit:
        return ()
    return [
        Hit(
            f"it has {parents} parents, at most {limit} are allowed",
            evidence={"parents": parents, "max_parents": limit},
        )
    ]
