"""One token at the gate, step by step: what was established, what was not, and why not.

`verify` gives a token or an error; this tells people and logs how it came to that. Nothing is
checked here: the steps follow from what `verify` was given, and from what it said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from ectgraph import labels
from ectgraph.agent.parse import Parsed, parse
from ectgraph.agent.verdict import STEPS, findings, step
from ectgraph.agent.verify import VerifyOptions, verify
from ectgraph.errors import VerificationError
from ectgraph.model import Finding, Hit, Token, Trust
from ectgraph.policy import Policy


class Outcome(StrEnum):
    """What became of a step. A step that was not done is never good news."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_DONE = "not done"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of verifying one token."""

    number: int
    """Its number in `verdict.STEPS`."""
    title: str
    outcome: Outcome
    detail: str = ""
    """What it was judged by; of a step that was not done, why not."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """How a token fared at a gate."""

    parsed: Parsed
    """The token; `Verified` when it was let in."""
    steps: tuple[Step, ...]
    """All steps, in the order in which the gate takes them."""
    refusal: Finding | None
    """Why it was refused; `None` when it was let in."""
    remarks: tuple[Finding, ...] = ()
    """Of a token that was let in: what is odd about it, and no reason to refuse it."""

    @property
    def verified(self) -> bool:
        """Whether it was let in for its signature; an unsigned one may be let in without."""
        return self.refusal is None and self.parsed.trust is Trust.VERIFIED

    @property
    def failed(self) -> Step | None:
        """The step that failed; `None` also where the gate itself broke, before any step."""
        return next((each for each in self.steps if each.outcome is Outcome.FAILED), None)


def account(compact: str | bytes, options: VerifyOptions) -> Account:
    """Verify one token as `verify` does, and tell each step instead of raising.

    Raises:
        EctgraphError: there is nothing to verify with.

    >>> from ectgraph.keys import KeyRing
    >>> account("hello", VerifyOptions(keys=KeyRing())).failed.title
    'size and shape'
    """
    at = options.clock()
    asked: list[str] = []
    seen = options.jti_seen

    def remember(jti: str) -> bool:
        asked.append(jti)
        return seen is not None and seen(jti)

    watched = replace(options, clock=lambda: at, jti_seen=remember if seen else None)
    refusal: Finding | None = None
    try:
        parsed: Parsed = verify(compact, watched)
    except VerificationError as error:
        parsed, refusal = parse(compact), error.finding
    failed = None if refusal is None else _failed_step(refusal)
    # A memory is asked after the lineage was looked at; a ledger knows a replay before that.
    memory_is_last = seen is not None and (asked or failed != 13)
    order = (*range(1, 13), *((14, 13) if memory_is_last else (13, 14)), 15)
    return Account(
        parsed=parsed,
        steps=tuple(_told(order, failed, _passed(parsed, options, at), _left(parsed, options))),
        refusal=refusal,
        remarks=() if refusal else tuple(_remarks(parsed)),
    )


def _failed_step(refusal: Finding) -> int:
    witness = "iat" if "iat" in refusal.evidence else ""  # which of its times ECT408 is about
    return step(refusal.code, Hit(refusal.message, witness=witness))


def _told(
    order: tuple[int, ...], failed: int | None, passed: dict[int, str], left: dict[int, str]
) -> list[Step]:
    """The steps in order; `failed` is 0 where something failed that is no step."""
    told = []
    over = failed == 0
    for number in order:
        if number == failed:
            outcome, detail, over = Outcome.FAILED, "", True
        elif over or number in left:
            why = f"step {failed} failed" if failed else "a rule of the gate failed"
            outcome, detail = Outcome.NOT_DONE, left.get(number, why)
        else:
            outcome, detail = Outcome.PASSED, passed.get(number, "")
        told.append(Step(number=number, title=STEPS[number], outcome=outcome, detail=detail))
    return told


def _passed(parsed: Parsed, options: VerifyOptions, at: float) -> dict[int, str]:
    """What each step was judged by, if it passed."""
    token = parsed.token or Token()
    when = f"judged at {labels.time(at)}"
    memory = "not in the ledger, but no replay memory" if options.jti_seen is None else ""
    return {
        2: token.typ or "",
        3: token.alg or "",
        4: f"kid {token.kid!r}",
        8: options.verifier_id or "",
        9: when,
        10: when,
        13: memory,
        14: labels.count(len(token.parents), "parent") if token.parents else "a root, no parents",
    }


def _left(parsed: Parsed, options: VerifyOptions) -> dict[int, str]:
    """The steps that are not done, and why."""
    token = parsed.token
    left = {15: "verifying enters nothing in a ledger; appending does"}
    if options.store is None:
        left[14] = "no ledger given"
        if options.jti_seen is None:
            left[13] = "no replay memory"
    if options.verifier_id is None:
        left[8] = "no audience given"
    if token is None:
        return left
    if token.level == "L1":
        left |= dict.fromkeys(range(2, 8), "the token is unsigned (level L1)")
    else:
        left |= _said_of_key(token, options)
    if not token.aud:
        left[8] = "the token has no usable aud"
    if token.exp is None:
        left[9] = "the token has no usable exp"
    if token.iat is None:
        left[10] = "the token has no usable iat"
    return left


def _said_of_key(token: Token, options: VerifyOptions) -> dict[int, str]:
    """What cannot be established of the key, for nobody said it."""
    if options.keys is None:
        why = "only the resolver knows"
        return {5: why, 7: why}
    keys = [key for key in options.keys.keys if key.kid == token.kid]
    left = {}
    if not all(key.has_window for key in keys):
        left[5] = "the key set does not say when the key was good"
    elif token.iat is None:
        left[5] = "the token has no usable iat"
    if not all(key.iss for key in keys):
        left[7] = "the key set does not say whose key it is"
    return left


def _remarks(parsed: Parsed) -> list[Finding]:
    hits = list(parsed.hits)
    return findings(hits, parsed.token, parsed.digest, Policy()) if hits else []
