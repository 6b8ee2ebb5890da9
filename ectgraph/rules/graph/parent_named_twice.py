"""A parent that is named twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ectgraph import labels
from ectgraph.rule import Hit, Policy, Severity, Token, token_rule


@token_rule(
    "ECT306",
    "parent-named-twice",
    Severity.WARNING,
    cites="draft-00 §4 (par)",
    advice="Fix the agent that issued it; a list of parents is a set.",
    good=("a@0; b@5<a",),
    bad=("a@0; b@5<a,a",),
    step=14,
)
def check(token: Token, policy: Policy) -> Sequence[Hit]:
    """The list of parents holds one `jti` more than once.

    Readers that count parents and readers that collect them see different joins: a step that
    needs two approvals could be shown the same one twice.
    """
    parents = token.parents
    if len(parents) < 2 or len(set(parents)) == len(parents):
        return ()
    twice = [jti for jti, times in Counter(parents).items() if times > 1]
    names = [labels.short(jti) for jti in twice]
    return [Hit(f"it names {labels.some(names)} more than once", evidence={"parents": twice})]
