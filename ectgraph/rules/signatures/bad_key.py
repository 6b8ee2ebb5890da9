"""A key of the key set that cannot be used."""

from __future__ import annotations

from collections.abc import Iterator

from ectgraph.model import Place
from ectgraph.rule import Evidence, Hit, Severity, Trust, ledger_rule


@ledger_rule(
    "ECT209",
    "bad-key",
    Severity.WARNING,
    cites="RFC 7517 §4",
    advice="Correct the key or take it out; tokens that name it stay unverified.",
    baseline=False,
    good=("a@0",),
    bad=("a@0; !bad-key",),
)
def check(evidence: Evidence) -> Iterator[Hit]:
    """A key of the given set is broken, symmetric, not for signing, or without a `kid`.

    The others are used all the same. Tokens that name this one and did not verify are told with
    it: they are by an unknown key, and may be good all the same.
    """
    bad = evidence.ring.bad if evidence.ring else ()
    named: dict[str, list[int]] = {key.kid: [] for key in bad if key.kid is not None}
    for position, entry in enumerate(evidence.ledger) if named else ():
        if entry.token is not None and entry.trust is not Trust.VERIFIED:
            named.get(entry.token.kid or "", []).append(position)
    for key in bad:
        name = "the key" if key.kid is None else f"the key {key.kid!r}"
        records = named[key.kid] if key.kid is not None else []
        yield Hit(
            f"{name} in the key set cannot be used: {key.reason}",
            evidence={"kid": key.kid, "reason": key.reason, "tokens": len(records)},
            witness=f"{key.index} {key.kid}",
            records=tuple(records),
            place=Place(key.source, index=key.index),
        )
