"""Undoing without saying why."""

from __future__ import annotations

from collections.abc import Sequence

from ectgraph.rule import Hit, Policy, Severity, Token, token_rule

_REJECTED = "a@0 pol=p pol_decision=rejected; b@5<a"


@token_rule(
    "ECT703",
    "compensation-unexplained",
    Severity.WARNING,
    cites="draft-00 §4 (compensation_required, compensation_reason)",
    advice="Ask the agent's operator what was undone and why; have it state the reason.",
    good=(
        'a@0 ext={"compensation_required":false}',
        f'{_REJECTED} ext={{"compensation_required":true,"compensation_reason":"no-budget"}}',
    ),
    bad=(
        f'{_REJECTED} ext={{"compensation_required":true}}',
        f'{_REJECTED} ext={{"compensation_required":true,"compensation_reason":""}}',
    ),
    step=12,
)
def check(token: Token, policy: Policy) -> Sequence[Hit]:
    """The token says `compensation_required: true` and gives no `compensation_reason`.

    That flag lets a task follow a rejected one, so it is what somebody sets who wants to go on in
    spite of a rejection. A reason is what a reviewer can hold against what was really undone. An
    agent that undoes a task by itself, and was never told to give a reason, leaves it out as well.
    """
    if token.ext is None or not token.compensates:
        return ()
    reason = token.ext.get("compensation_reason")
    if isinstance(reason, str) and any(map(_is_seen, reason)):
        return ()
    if "compensation_reason" not in token.ext:
        return [Hit("it undoes something, and states no reason")]
    defect = "empty" if isinstance(reason, str) else "no text"
    return [Hit(f"it undoes something, and 'compensation_reason' is {defect}")]


def _is_seen(char: str) -> bool:
    """Whether a character shows anything; spaces, NUL and those without width do not."""
    return char.isprintable() and not char.isspace()
