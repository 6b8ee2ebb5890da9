"""One token that a source holds twice."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from ectgraph.rule import Evidence, Hit, Severity, ledger_rule


@ledger_rule(
    "ECT301",
    "replayed",
    Severity.ERROR,
    cites="draft-00 §6",
    advice="Find out who wrote the second record; a gate with a replay cache refuses it.",
    good=("a@0; b@5<a",),
    bad=("a@0; b@5<a; a@0",),
    step=13,
)
def check(evidence: Evidence) -> Iterator[Hit]:
    """The same token, byte for byte, is in one source more than once.

    A ledger records each task once. A second record of a payment counts the payment twice for
    whoever adds up the ledger. The same token in two *sources* is two copies of one piece of
    evidence, and fine.
    """
    for task, versions in evidence.contested:
        for token, positions in versions.items():
            by_source: dict[str, list[int]] = {}
            for position in positions:
                by_source.setdefault(evidence.ledger[position].record.source, []).append(position)
            for records in by_source.values():
                if len(records) > 1:
                    yield Hit(
                        f"this very token is in the ledger {len(records)} times",
                        task,
                        evidence={"records": len(records)},
                        witness=sha256(token).hexdigest(),
                        records=tuple(records),
                    )
