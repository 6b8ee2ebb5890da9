"""An extension that nests too deep."""

from __future__ import annotations

from collections.abc import Sequence

from ectgraph.encoding import deeper_than
from ectgraph.rule import Hit, Policy, Severity, Token, token_rule


@token_rule(
    "ECT116",
    "ext-too-deep",
    Severity.WARNING,
    cites="draft-01 §4 (MUST), draft-00 §4 (SHOULD); policy: max_ext_depth",
    advice="Flatten the extension, or keep the data elsewhere and put its hash into the token.",
    good=('a@0 ext={"a":{"b":{"c":{"d":1}}}}',),
    bad=('a@0 ext={"a":{"b":{"c":{"d":{"e":1}}}}}',),
    step=12,
)
def check(token: Token, policy: Policy) -> Sequence[Hit]:
    """The extension object nests deeper than 5 levels, itself and the innermost value counted.

    An error in draft-01, which says MUST NOT; a warning in draft-00, which says SHOULD NOT. Deep
    nesting is a cheap way to exhaust a verifier.
    """
    if token.ext is None or not deeper_than(token.ext, policy.max_ext_depth, leaves=True):
        return ()
    return [
        Hit(
            f"the extension nests deeper than the {policy.max_ext_depth} levels allowed",
            evidence={"max_ext_depth": policy.max_ext_depth},
            severity=Severity.ERROR if token.draft == "01" else None,
        )
    ]
