"""An entry that was recorded before the entry before it."""

from __future__ import annotations

from collections.abc import Iterator

from ectgraph import labels
from ectgraph.integrity import pairs, recorded
from ectgraph.rule import Evidence, Hit, Severity, ledger_rule


@ledger_rule(
    "ECT603",
    "time-goes-back",
    Severity.WARNING,
    cites="draft-00 §7",
    advice="Ask whoever runs the ledger about its clock; entries may have been put in later.",
    good=("a@0; b@5<a; !chained", 'a@0 recorded=9 entry={"seq":1}; b@5 recorded=9 entry={"seq":2}'),
    bad=('a@0 recorded=9 entry={"seq":1}; b@5<a recorded=8 entry={"seq":2}',),
)
def check(evidence: Evidence) -> Iterator[Hit]:
    """A ledger numbers an entry later than another and says that it recorded it earlier.

    A ledger is written in one direction. A clock that was set back is the usual cause. An entry
    that was slipped in, with the time that it should have had, looks the same.
    """
    entries = evidence.ledger.entries
    for section in evidence.sections:
        for before, after in pairs(evidence.ledger, section) if section.numbered else ():
            if None in (entries[before].seq, entries[after].seq):
                continue
            earlier, later = recorded(entries[before]), recorded(entries[after])
            if earlier is not None and later is not None and later < earlier:
                yield Hit(
                    f"it was recorded {labels.seconds(earlier - later)} before the entry before it "
                    f"({labels.time(later)}, after {labels.time(earlier)})",
                    records=(after, before),
                    evidence={"recorded": later, "before": earlier},
                    witness=str(entries[after].seq),
                )
