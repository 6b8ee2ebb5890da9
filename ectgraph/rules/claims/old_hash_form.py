"""A hash in the form of the early draft, in a token that is not of it."""

from __future__ import annotations

from collections.abc import Sequence

from ectgraph.encoding import hash_defect
from ectgraph.rule import Hit, Policy, Severity, Token, token_rule


@token_rule(
    "ECT114",
    "old-hash-form",
    Severity.NOTE,
    cites="draft-00 §4 (inp_hash, out_hash), draft-01 §4",
    advice="Have the agent write SHA-256 as base64url alone; compare the hash, not its text.",
    good=(
        f"a@0 out_hash={43 * 'A'}",
        f"a@0 pol=p1 pol_decision=approved out_hash=sha-256:{43 * 'A'}",
    ),
    bad=(f"a@0 out_hash=sha-256:{43 * 'A'}", f"a@0 draft=01 inp_hash=sha-512:{86 * 'A'}"),
    step=12,
)
def check(token: Token, policy: Policy) -> Sequence[Hit]:
    """A hash has `sha-256:`, `sha-384:` or `sha-512:` in front, which the published drafts dropped.

    The hash is read all the same. But a reader that knows the published form alone takes it for
    none, and one that compares texts does not find the output of one task in the input of the next.

    It is told where nothing else in the token is of the early draft. There (`sub`, `pol` or
    `pol_decision` at the top) the prefix is how a hash is written, and a note on each would say
    nothing. The usual cause is an agent that was moved to a newer draft by half, which is harmless.
    """
    inp, out = token.inp_hash or "", token.out_hash or ""
    if ":" not in inp and ":" not in out:
        return ()
    names = [
        name
        for name, value in (("inp_hash", inp), ("out_hash", out))
        if ":" in value and hash_defect(value) is None
    ]
    if not names or (token.draft != "01" and _is_early(token)):
        return ()
    stated = " and ".join(f"'{name}'" for name in names)
    return [Hit(f"{stated}: the kind of hash is in front of it, as in the early draft")]


def _is_early(token: Token) -> bool:
    return not (token.sub is None and token.pol is None and token.pol_decision is None)
