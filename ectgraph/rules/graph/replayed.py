"""One token that a source holds twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256

from ectgraph.rule import Evidence, Hit, Severity, ledger_rule


@ledger_rule(
    "ECT301",
    "replayed",
    Severity.ERROR,
    cites="draft-00 §6",
    advice="Find out who wrote the second record; a gate with a replay cache refuses it.",
    baseline=False,
    good=("a@0; b@5<a",),
    bad=("a@0; b@5<a; a@0",),
    step=13,
)
def check(evidence: Evidence) -> Iterator[Hit]:
    """The same token, byte for byte, is in one ledger more than once.

    A ledger records each task once. A second record of a payment counts the payment twice for
    whoever adds up the ledger. The same token in two *sources* is two copies of one piece of
    evidence, and fine; but not where one of them goes on where the other ended, and the entries are
    two.
    """
    for task, versions in evidence.contested:
        for token, positions in versions.items():
            for records in _by_ledger(evidence, positions):
                if len(records) > 1:
                    yield Hit(
                        f"this very token is in the ledger {len(records)} times",
                        task,
                        evidence={"records": len(records)},
                        witness=sha256(token).hexdigest(),
                        records=tuple(records),
                    )


def _by_ledger(evidence: Evidence, positions: Iterable[int]) -> Iterable[list[int]]:
    """Positions by ledger; of an entry that several of its files hold, only the first."""
    found: dict[str, list[int]] = {}
    copies: dict[tuple[str, bytes], str] = {}
    for position in positions:
        record = evidence.ledger.entries[position].record
        ledger = evidence.ledgers.get(record.source, record.source)
        first = copies.setdefault((ledger, sha256(record.body).digest()), record.source)
        if first == record.source:
            found.setdefault(ledger, []).append(position)
    return found.values()
