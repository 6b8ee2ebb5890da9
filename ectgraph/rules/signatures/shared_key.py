"""One key that several issuers sign with."""

from __future__ import annotations

from collections.abc import Iterator

from ectgraph import labels
from ectgraph.keys import Key
from ectgraph.model import Place
from ectgraph.rule import Evidence, Hit, Severity, Trust, ledger_rule


@ledger_rule(
    "ECT208",
    "shared-key",
    Severity.WARNING,
    cites="draft-00 §4 (iss), §6",
    advice="Give each agent a key of its own, and bind it to the agent's `iss` in the key set.",
    baseline=False,
    good=("a@0; b@5 wid=two by=agent-b",),
    bad=("a@0; b@5 wid=two iss=spiffe://example.com/agent/agent-b",),
)
def check(evidence: Evidence) -> Iterator[Hit]:
    """Tokens of several issuers verified with one and the same key. One finding for each key.

    Whoever holds the key can speak for each of them, so no signature shows which of them did
    a task: a separation of duties between them is on paper only. Keys are compared by
    themselves, not by their `kid`. Copies of one agent that go by several names look the same,
    and are harmless where nobody relies on their being different.
    """
    if evidence.ring is None:
        return
    keys = evidence.ring.keys
    issuers: dict[bytes, dict[str, int]] = {}
    for position, entry in enumerate(evidence.ledger):
        if entry.key is not None and entry.trust is Trust.VERIFIED:
            iss = entry.token.iss if entry.token else None
            if iss is not None:
                issuers.setdefault(keys[entry.key].spki, {}).setdefault(iss, position)
    named: dict[bytes, list[Key]] = {}
    for key in keys:
        named.setdefault(key.spki, []).append(key)
    for spki, first in issuers.items():
        if len(first) > 1:
            thumbprint = named[spki][0].thumbprint
            yield Hit(
                f"{len(first)} issuers sign with one key: {labels.some(sorted(first))}",
                evidence={
                    "thumbprint": thumbprint,
                    "kids": sorted({key.kid for key in named[spki]}),
                    "issuers": sorted(first),
                },
                witness=thumbprint,
                records=tuple(first.values()),
                place=Place(named[spki][0].source),
            )
