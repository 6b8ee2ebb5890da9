"""A token outside its time."""

from __future__ import annotations

from collections.abc import Sequence

from ectgraph import labels
from ectgraph.rule import Hit, Policy, Severity, Token, token_rule


@token_rule(
    "ECT408",
    "outside-its-time",
    Severity.ERROR,
    cites="draft-00 §5; policy: at, leeway, max_age, max_ahead",
    advice="Have a new token issued; `--at iat` judges an old one at its own time.",
    good=("a@0; b@5<a", "a@0; !at=600", "a@30; !at=0"),
    bad=("a@0; !at=631", "a@0 life=900; !at=901", "a@31; !at=0"),
    step=9,
)
def check(token: Token, policy: Policy) -> Sequence[Hit]:
    """At the given time the token has expired, is too old, or comes from the future.

    Only checked against a clock that somebody gives, as a gate does: years later every token has
    expired, and that is as it should be. A gate takes a token for 15 minutes after its `iat`, and
    until its `exp`, give or take what clocks may differ.
    """
    at = policy.at
    if at is None:
        return ()
    hits = []
    exp, iat = token.exp, token.iat
    if exp is not None and not at <= exp + policy.leeway:  # a time that is none passes nothing
        said = f"it expired {at - exp:.0f} s before, at {labels.time(exp)}"
        hits.append(Hit(said, witness="exp", evidence={"at": at, "exp": exp}))
    if iat is not None and not at <= iat + policy.max_age:
        said = f"it was issued {at - iat:.0f} s before, at most {policy.max_age} s are allowed"
        hits.append(Hit(said, witness="iat", evidence={"at": at, "iat": iat}))
    if iat is not None and not iat <= at + policy.max_ahead:
        said = f"it was issued {iat - at:.0f} s ahead, at {labels.time(iat)}"
        hits.append(Hit(said, witness="iat", evidence={"at": at, "iat": iat}))
    return hits
