"""What the rules said of one token -> findings, in the order of the gate's steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from ectgraph.errors import VerificationError
from ectgraph.linter import finding
from ectgraph.model import Finding, Hit, Place, Severity, Token
from ectgraph.policy import Policy
from ectgraph.rules import RULES

Hits: TypeAlias = Sequence[tuple[str, Hit]]

STEPS: dict[int, str] = {
    1: "size and shape",
    2: "typ",
    3: "algorithm",
    4: "key known",
    5: "key usable at that time",
    6: "signature",
    7: "key belongs to the issuer",
    8: "meant for this verifier",
    9: "not expired",
    10: "neither too old nor from the future",
    11: "required claims and their types",
    12: "formats and limits",
    13: "not seen before",
    14: "lineage",
    15: "entered in the ledger",
}
"""The steps of verifying one token at a gate, in this order (draft-00 §5)."""


def step(code: str, hit: Hit) -> int:
    """The step that a hit fails; one that belongs to none fails at once.

    >>> step("ECT201", Hit("it does not verify"))
    6
    """
    if code == "ECT408" and hit.witness == "iat":
        return 10  # one rule tells all three ways to be outside one's time
    return RULES[code].step or 0


def findings(hits: Hits, token: Token | None, digest: bytes, policy: Policy) -> list[Finding]:
    """The findings of one token in the order of the steps that they fail.

    Args:
        hits: (code, hit) of every rule that hit.
        token: what it says of itself; `None` where it could not be read.
        digest: SHA-256 of the token's bytes.
        policy: says how bad each finding is.

    """
    jti, wid = (token.jti, token.wid) if token is not None else (None, None)
    subject = f"{jti}\0{wid or ''}" if jti else digest.hex()
    place = Place("<token>", sha256=digest.hex())
    return [
        finding(RULES[code], hit, policy, subject=subject, jti=jti, wid=wid, places=(place,))
        for code, hit in sorted(hits, key=lambda found: step(*found))
    ]


def refuse(
    hits: Hits, token: Token | None, digest: bytes, policy: Policy, *, anyway: bool = False
) -> None:
    """Raise the first finding that is an error; with `anyway`, the first finding there is.

    Raises:
        VerificationError: with that finding.

    """
    if not hits and not anyway:
        return
    found = findings(hits, token, digest, policy)
    for each in found:
        if each.severity.rank >= Severity.ERROR.rank:
            raise VerificationError(each)
    if anyway:
        raise VerificationError(found[0])
