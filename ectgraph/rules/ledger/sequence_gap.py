"""Entries that are not numbered one after the other."""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from ectgraph.integrity import Section, runs
from ectgraph.labels import count
from ectgraph.rule import Evidence, Hit, Severity, ledger_rule


@ledger_rule(
    "ECT601",
    "sequence-gap",
    Severity.ERROR,
    cites="draft-00 §7; docs/formats.md",
    advice="Get the missing entries from another copy of the ledger, or from whoever runs it.",
    baseline=False,
    good=('a@0 entry={"seq":1}; b@5<a entry={"seq":2}', "a@0; b@5<a; !chained"),
    bad=(
        'a@0 entry={"seq":1}; b@5<a entry={"seq":3}',
        'a@0 entry={"seq":1}; b@5<a entry={"seq":1}',
        'a@0 entry={"seq":2}; b@5 wid=two entry={"seq":1}',
        'a@0 entry={"seq":1}; b@5<a; c@9<b entry={"seq":2}',
        'a@0 entry={"seq":500}; b@5<a entry={"seq":501}',
    ),
)
def check(evidence: Evidence) -> Iterator[Hit]:
    """Sequence numbers are missing, occur twice, go back, or do not begin with 1.

    A ledger numbers its entries without gaps, so that a removed one leaves a hole. Whoever removes
    an entry and numbers the rest anew has to break the hash chain as well (ECT602). A file that
    goes on where another one given ended, as rotated logs do, is no gap.
    """
    for section in evidence.sections:
        if section.numbered:
            yield from _missing(evidence, section)
            yield from _repeated(evidence, section)
            yield from _out_of_order(evidence, section)
            yield from _without_number(evidence, section)
    for one, other in evidence.forks:
        entries = evidence.ledger.entries
        if not entries[other].prev_hash:  # else ECT602 tells it
            number = entries[other].seq or 0
            said = f"number {number} is another entry in {entries[one].record.source}"
            yield Hit(
                said,
                records=(other, one),
                evidence={"seq": number},
                witness=f"fork {entries[one].record.sha256}",
            )


def _numbers(evidence: Evidence, section: Section) -> list[tuple[int, int]]:
    """(number, position) of all numbered entries, in the order found."""
    ledger = evidence.ledger
    found = ((ledger.entries[position].seq, position) for position in section.positions)
    return [(number, position) for number, position in found if number is not None]


def _missing(evidence: Evidence, section: Section) -> Iterator[Hit]:
    """Numbers that no entry has; those that unreadable records leave room for are told there."""
    entries = evidence.ledger.entries
    unread = [p for p in section.positions if entries[p].token is None and entries[p].seq is None]
    numbers = sorted(_numbers(evidence, section))
    lowest, position = numbers[0]
    spared = bisect(unread, position)
    expected = section.begins
    if expected is not None and not expected <= lowest <= expected + spared:
        said = f"its numbers begin with {lowest}"
        if section.continues is not None:
            said += f", though it goes on after number {expected - 1} of {section.continues}"
        elif lowest > 1:
            said += f": {count(lowest - spared - 1, 'entry', 'entries')} before it missing here"
        yield _hit(said, position, f"begins {section.source}", first=lowest)
    for (before, begin), (number, position) in pairwise(numbers):
        between = bisect(unread, position) - max(bisect(unread, begin), spared)
        gap = number - before - 1 - max(0, min(between, number - before - 1))
        spared = max(spared, bisect(unread, position))
        if gap > 0:
            one = f"number {before + 1} is missing" if gap == 1 else ""
            said = one or f"numbers {before + 1} to {number - 1} are missing"
            if gap < number - before - 1:
                said = f"{gap} of the numbers {before + 1} to {number - 1} are missing"
            yield _hit(said, position, str(number), missing=gap, before=before, after=number)


def _repeated(evidence: Evidence, section: Section) -> Iterator[Hit]:
    numbers = _numbers(evidence, section)
    counts = Counter(number for number, _ in numbers)
    if len(counts) == len(numbers):
        return
    places: dict[int, list[int]] = {}
    for number, position in numbers:
        if counts[number] > 1:
            places.setdefault(number, []).append(position)
    for number, positions in places.items():
        said = f"number {number} occurs {len(positions)} times"
        yield Hit(
            said,
            records=(positions[1], positions[0], *positions[2:]),
            evidence={"seq": number, "times": len(positions)},
            witness=f"again {number}",
        )


def _out_of_order(evidence: Evidence, section: Section) -> Iterator[Hit]:
    """Entries whose number is lower than one before; one finding for each run of them."""
    numbers = _numbers(evidence, section)
    back, highest = [], numbers[0][0]
    for place, (number, _) in enumerate(numbers):
        if number < highest:
            back.append(place)
        highest = max(highest, number)
    for first, last in runs(back):
        (number, position), (before, _) = numbers[first], numbers[first - 1]
        more = f", and so do the {last - first} after it" if last > first else ""
        said = f"number {number} comes after number {before}{more}"
        yield _hit(said, position, f"back {number}", before=before, seq=number)


def _without_number(evidence: Evidence, section: Section) -> Iterator[Hit]:
    ledger = evidence.ledger
    bare = [
        position
        for position in section.positions
        if ledger.entries[position].seq is None and ledger.entries[position].token is not None
    ]
    for first, last in runs(bare):
        said = f"{count(last - first + 1, 'entry', 'entries')} without a number, though others have"
        yield _hit(said, first, "none", entries=last - first + 1)


def _hit(said: str, position: int, witness: str, **evidence: int) -> Hit:
    return Hit(said, records=(position,), evidence=evidence, witness=witness)
