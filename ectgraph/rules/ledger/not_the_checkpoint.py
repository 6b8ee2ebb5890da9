"""A ledger that lacks, or differs in, what a checkpoint saw of it."""

from __future__ import annotations

from collections.abc import Iterator

from ectgraph import escape
from ectgraph.checkpoint import Comparison, Fate
from ectgraph.labels import count
from ectgraph.model import Place
from ectgraph.rule import Evidence, Hit, Severity, ledger_rule


@ledger_rule(
    "ECT605",
    "not-the-checkpoint",
    Severity.ERROR,
    cites="draft-00 §7; docs/formats.md",
    advice="Keep this file as it is and get the ledger as it was; ask who could write to it.",
    baseline=False,
    good=("a@0",),
    bad=(),
)
def check(evidence: Evidence) -> Iterator[Hit]:
    """The ledger is not what a checkpoint saw: its end was cut off, or it was written anew.

    A ledger only ever grows. A hash chain shows changes in the middle, but not that its end is
    gone, nor that all of it was made up again, chain and all. A checkpoint that was kept out of
    reach of whoever can write to the ledger shows both.
    """
    comparison = evidence.comparison
    if comparison is None or comparison.intact:
        return
    source = evidence.ledger.inputs[0].source
    yield Hit(
        _told(comparison),
        place=Place(source),
        witness=comparison.checkpoint.sha256,
        evidence={
            "fate": comparison.fate.value,
            "checkpoint": escape.terminal(comparison.name),
            "entries": comparison.entries,
            "entries_then": comparison.checkpoint.entries,
            "bytes": comparison.bytes,
            "bytes_then": comparison.checkpoint.bytes,
        },
    )


def _told(comparison: Comparison) -> str:
    then, name = comparison.checkpoint, comparison.name
    if comparison.fate is Fate.TRUNCATED:
        gone = count(then.bytes - comparison.bytes, "byte")
        entries = then.entries - comparison.entries
        lost = f" ({count(entries, 'record')})" if entries > 0 else ""
        return f"it was cut off: {gone}{lost} that {name} saw at its end are gone"
    said = f"it was written anew: its first {count(then.bytes, 'byte')} are not those {name} saw"
    if comparison.head_at is None:
        return said
    place = comparison.head_at + 1
    return f"{said}; the last record of then is now record {place:,}, and was {then.entries:,}"
