"""An entry that was recorded before the entry before it."""

from __future__ import annotations

from collections.abc import Iterator

from ectgraph import labels
from ectgraph.integrity import recorded
from ectgraph.rule import Evidence, Hit, Severity, ledger_rule


@ledger_rule(
    "ECT603",
    "time-goes-back",
    Severity.WARNING,
    cites="draft-00 §7",
    advice="Ask whoever runs the ledger about its clock; entries may have been put in later.",
    baseline=False,
    good=(
        "a@0; b@5<a; !chained",
        'a@0 recorded=9 entry={"seq":1}; b@5<a recorded=9 entry={"seq":2}',
    ),
    bad=('a@0 recorded=9 entry={"seq":1}; b@5<a recorded=8 entry={"seq":2}',),
)
def check(evidence: Evidence) -> Iterator[Hit]:
    """A ledger numbers an entry later than another and says that it recorded it earlier.

    A ledger is written in one direction. A clock that was set back is the usual cause. An entry
    that was slipped in, with the time that it should have had, looks the same.
    """
    entries = evidence.ledger.entries
    for section in evidence.sections:
        # (number, time, position) of the entry before
        last = _end(evidence, section.continues)
        for position in section.positions if section.numbered else ():
            entry = entries[position]
            later = recorded(entry)
            if entry.seq is None or later is None:
                continue
            if last is not None and entry.seq > last[0] and later < last[1]:
                _, earlier, before = last
                yield Hit(
                    f"it was recorded {labels.seconds(earlier - later)} before the entry before it "
                    f"({labels.time(later)}, after {labels.time(earlier)})",
                    records=(position, before),
                    evidence={"recorded": later, "before": earlier},
                    witness=str(entry.seq),
                )
            last = entry.seq, later, position


def _end(evidence: Evidence, source: str | None) -> tuple[int, float, int] | None:
    """(number, time, position) of the last entry of a source that another goes on after."""
    for section in evidence.sections:
        if section.source == source:
            position = section.positions[-1]
            entry = evidence.ledger.entries[position]
            time = recorded(entry)
            return None if entry.seq is None or time is None else (entry.seq, time, position)
    return None
