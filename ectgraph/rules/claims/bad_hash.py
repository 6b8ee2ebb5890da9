"""A hash that is none."""

from __future__ import annotations

from collections.abc import Sequence

from ectgraph.encoding import hash_defect
from ectgraph.rule import Hit, Policy, Severity, Token, token_rule


@token_rule(
    "ECT113",
    "bad-hash",
    Severity.ERROR,
    cites="draft-00 §4 (inp_hash, out_hash)",
    advice="Fix the agent that issued it: SHA-256 as base64url without padding, 43 characters.",
    good=(
        f"a@0 out_hash={43 * 'A'}",
        f"a@0 pol=p1 pol_decision=approved inp_hash=sha-512:{86 * 'A'}",
    ),
    bad=("a@0 out_hash=abc", f"a@0 inp_hash={43 * 'A'}=", f"a@0 inp_hash=md5:{22 * 'A'}"),
    step=12,
)
def check(token: Token, policy: Policy) -> Sequence[Hit]:
    """`inp_hash` or `out_hash` is no hash of the kind it should be: 43 characters of base64url.

    The early draft put `sha-256:`, `sha-384:` or `sha-512:` in front; that is read as well. A
    hash of the wrong form matches no artefact, so what went in and what came out stay unproven.
    """
    if token.inp_hash is None and token.out_hash is None:
        return ()
    return [
        Hit(f"the claim {name!r} {defect}", witness=name)
        for name, value in (("inp_hash", token.inp_hash), ("out_hash", token.out_hash))
        if value is not None and (defect := hash_defect(value)) is not None
    ]
