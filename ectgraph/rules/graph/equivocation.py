"""One `jti` with different tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256

from ectgraph import labels
from ectgraph.model import Token
from ectgraph.rule import Evidence, Hit, Severity, ledger_rule


@ledger_rule(
    "ECT302",
    "equivocation",
    Severity.ERROR,
    cites="draft-00 §4 (jti), §6",
    advice="Compare the versions claim by claim; one of them was not meant to be seen.",
    baseline=False,
    good=("a@0; b@5<a", "a@0 wid=one; a@0 wid=two"),
    bad=("a@0; b@5<a; a@1", "a@0 wid=; b@5 wid=; a@1 wid=x"),
    step=14,
)
def check(evidence: Evidence) -> Iterator[Hit]:
    """Different tokens have one `jti` within one workflow (without `wid`: within the whole ledger).

    A task happened once and left one record. Two records that differ mean that somebody showed
    one to some and the other to others, or changed the story later. It is far worse than a
    replay.
    """
    for task, versions in evidence.contested:
        if len(versions) > 1:
            positions = sorted(position for found in versions.values() for position in found)
            differ = differences([evidence.ledger[position].token for position in positions])
            what = labels.some(differ, 6) or "their signature, or claims without a meaning here"
            yield Hit(
                f"{len(versions)} different tokens claim to be this task; they differ in {what}",
                task,
                evidence={
                    "sha256": [sha256(token).hexdigest() for token in versions],
                    "differ": differ,
                },
                records=tuple(positions),
            )


def differences(tokens: Sequence[Token | None]) -> list[str]:
    """Names of the claims, and of header members, in which tokens of one task differ."""
    first = tokens[0]
    names = [name for name in Token.__struct_fields__ if name not in ("header", "both_lists")]
    return [
        name
        for name in (*names, "kid", "alg", "typ")
        if any(getattr(token, name) != getattr(first, name) for token in tokens)
    ]
