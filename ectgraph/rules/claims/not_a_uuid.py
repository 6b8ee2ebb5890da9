"""An id that is no UUID."""

from __future__ import annotations

from collections.abc import Sequence

from ectgraph.claims import is_uuid
from ectgraph.rule import Hit, Policy, Severity, Token, token_rule


@token_rule(
    "ECT112",
    "not-a-uuid",
    Severity.WARNING,
    cites="draft-00 §4 (jti, wid), RFC 9562 §4",
    advice="Have the agent use random UUIDs; short or counted ids collide, and can be guessed.",
    good=("a@0",),
    bad=("a@0 jti=1", "a@0 jti={550e8400-e29b-41d4-a716-446655440000}"),
    step=12,
)
def check(token: Token, policy: Policy) -> Sequence[Hit]:
    """The `jti` or the `wid` is not a UUID in its usual form.

    Everything hangs on ids that nobody else uses. Whoever can guess the id of a task can name
    it as a parent before it is done, or take it first and have the real token refused as a
    replay.
    """
    jti, wid = token.jti, token.wid
    if (jti is None or is_uuid(jti)) and (wid is None or is_uuid(wid)):
        return ()
    return [
        Hit(f"the claim {name!r} is no UUID: {value!r}", witness=name)
        for name, value in (("jti", jti), ("wid", wid))
        if value is not None and not is_uuid(value)
    ]
