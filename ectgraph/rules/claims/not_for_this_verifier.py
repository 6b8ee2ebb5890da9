"""A token for somebody else."""

from __future__ import annotations

from collections.abc import Sequence

from ectgraph import labels
from ectgraph.rule import Hit, Policy, Severity, Token, token_rule


@token_rule(
    "ECT122",
    "not-for-this-verifier",
    Severity.ERROR,
    cites="draft-00 §4 (aud), §5; RFC 7519 §4.1.3",
    advice="Ask the issuer to name this verifier in `aud`; do not take tokens meant for others.",
    good=("a@0 aud=urn:example:gate; !audience=urn:example:gate",),
    bad=("a@0 aud=urn:example:other; !audience=urn:example:gate",),
    step=8,
)
def check(token: Token, policy: Policy) -> Sequence[Hit]:
    """The verifier gave its own id, and `aud` does not hold it.

    A token that is shown to somebody whom its issuer did not mean was passed on, or stolen.
    Only checked where the verifier says who it is: an archive holds tokens for everybody.
    """
    if policy.audience is None or not token.aud or policy.audience in token.aud:
        return ()
    return [
        Hit(
            f"it is for {labels.some(token.aud)}, not for {policy.audience}",
            evidence={"aud": list(token.aud), "verifier": policy.audience},
        )
    ]
