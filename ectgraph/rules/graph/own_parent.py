"""A task that names itself as its parent."""

from __future__ import annotations

from collections.abc import Sequence

from ectgraph.rule import Hit, Policy, Severity, Token, token_rule


@token_rule(
    "ECT304",
    "own-parent",
    Severity.ERROR,
    cites="draft-00 §6",
    advice="Fix the agent that issued it: the list of parents holds the token's own `jti`.",
    baseline=False,
    good=("a@0; b@5<a",),
    bad=("a@0<a",),
    step=14,
)
def check(token: Token, policy: Policy) -> Sequence[Hit]:
    """The token's own `jti` is in its list of parents.

    No task builds on itself. A verifier that follows parents without looking would never end. It is
    a mistake of whoever made the token, or a probe for verifiers that go round for ever.
    """
    if token.jti is None or token.jti not in token.parents:
        return ()
    return [Hit("this task names itself as its own parent")]
