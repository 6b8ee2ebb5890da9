"""A key of the key set that cannot be used."""

from __future__ import annotations

from collections.abc import Iterator

from ectgraph.model import Place
from ectgraph.rule import Evidence, Hit, Severity, ledger_rule


@ledger_rule(
    "ECT209",
    "bad-key",
    Severity.WARNING,
    cites="RFC 7517 §4",
    advice="Correct the key or take it out; tokens that name it stay unverified.",
    good=("a@0",),
    bad=("a@0; !bad-key",),
)
def check(evidence: Evidence) -> Iterator[Hit]:
    """A key of the given set is broken, symmetric, not for signing, or without a `kid`.

    The others are used all the same; tokens that name this one are told as signed by an unknown
    key.
    """
    for key in evidence.ring.bad if evidence.ring else ():
        name = "the key" if key.kid is None else f"the key {key.kid!r}"
        yield Hit(
            f"{name} in the key set cannot be used: {key.reason}",
            evidence={"kid": key.kid, "reason": key.reason},
            witness=f"{key.index} {key.kid}",
            place=Place(key.source, index=key.index),
        )
