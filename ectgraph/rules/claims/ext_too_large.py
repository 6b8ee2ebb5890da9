"""An extension above the size limit."""

from __future__ import annotations

from collections.abc import Sequence

from ectgraph.encoding import compact_json
from ectgraph.rule import Hit, Policy, Severity, Token, token_rule


@token_rule(
    "ECT115",
    "ext-too-large",
    Severity.WARNING,
    cites="draft-01 §4 (MUST), draft-00 §4 (SHOULD); policy: max_ext_bytes",
    advice="Keep bulky data elsewhere, and put its hash into the token.",
    good=('a@0 ext={"exec_time_ms":5}',),
    bad=("a@0 !ext-large",),
    step=12,
)
def check(token: Token, policy: Policy) -> Sequence[Hit]:
    """The extension object takes more than 4096 bytes as compact JSON.

    An error in draft-01, which says MUST NOT; a warning in draft-00, which says SHOULD NOT.
    Extensions are kept by everybody down the line, and are the place to smuggle things in. An
    agent that puts its whole prompt or answer there does it in good faith, and spreads what it
    holds to everybody who keeps the token.
    """
    size = 0 if token.ext is None else len(compact_json(token.ext))
    if size <= policy.max_ext_bytes:
        return ()
    return [
        Hit(
            f"the extension has {size} bytes, at most {policy.max_ext_bytes} are allowed",
            evidence={"bytes": size, "max_ext_bytes": policy.max_ext_bytes},
            severity=Severity.ERROR if token.draft == "01" else None,
        )
    ]
