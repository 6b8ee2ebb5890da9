"""A ledger without a record."""

from __future__ import annotations

from collections.abc import Iterator

from ectgraph.rule import Evidence, Hit, Severity, ledger_rule


@ledger_rule(
    "ECT009",
    "nothing-to-check",
    Severity.ERROR,
    cites="policy",
    advice="Check the path and the export; an empty ledger proves nothing.",
    baseline=False,
    good=("a@0",),
    bad=("",),
)
def check(evidence: Evidence) -> Iterator[Hit]:
    """There is no record at all, so nothing was checked and nothing is established.

    An empty file must never look like a clean ledger: it is what is left after everything was
    removed. A path that is not quite right, and an export that failed, leave the same. Harmless
    where a ledger has only just been opened.
    """
    if not evidence.ledger:
        yield Hit("there is no record to check")
