"""How the entries of each source hang together as a ledger: their numbers and their hash chain.

Pure facts over the entries; the rules of the family `ledger` judge them. What a checkpoint saw of a
ledger is `checkpoint`.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from itertools import pairwise

import msgspec

from ectgraph.formats.entry import instant
from ectgraph.ledger import Ledger
from ectgraph.model import Assurance, Entry, Trust


class Section(msgspec.Struct, frozen=True, gc=False):
    """The entries of one source, as far as they state their place in a ledger."""

    source: str
    positions: tuple[int, ...]
    """Positions in the ledger, in the order of the source."""
    numbered: bool
    """Whether some entry states a sequence number."""
    chained: bool
    """Whether some entry states the hash of the one before."""
    continues: str | None
    """The source that holds the entry before the first one here."""
    begins: int | None
    """The number that the first entry should have; `None` where nothing says so."""
    first: bool
    """Whether it begins with the source's first entry."""


def sections(ledger: Ledger) -> list[Section]:
    """The sources of a ledger, in the order read.

    A ledger may come in several files, each of which goes on after an entry of another: where the
    entries hold hashes, after the one that they name, and else after the one with the number below.
    Where only what came after a checkpoint was read, the last entry before it is one of them.
    """
    entries = ledger.entries
    by_source: dict[str, list[int]] = {}
    for position, entry in enumerate(entries):
        if entry.record.index >= ledger.earlier - 1:
            by_source.setdefault(entry.record.source, []).append(position)
    chained = {
        source: any(entries[position].prev_hash is not None for position in positions)
        for source, positions in by_source.items()
    }
    known = _known(ledger, by_source, chained) if len(by_source) > 1 else {}
    found = []
    for source, positions in by_source.items():
        first = entries[positions[0]]
        below = None if first.seq is None else first.seq - 1
        before, number = known.get(first.prev_hash if chained[source] else below, (None, 0))
        if before == source:
            before, number = None, 0
        is_first = first.record.index == 0
        begins = None if number is None or not is_first else number + 1
        found.append(
            Section(
                source,
                tuple(positions),
                any(entries[position].seq is not None for position in positions),
                chained[source],
                before,
                begins,
                is_first,
            )
        )
    return found


def _known(
    ledger: Ledger, by_source: dict[str, list[int]], chained: dict[str, bool]
) -> dict[str | int | None, tuple[str | None, int | None]]:
    """(source, number) of entries: by their hash, or else by their number, of each the first."""
    entries = ledger.entries
    heads = {each.source: each.head for each in ledger.inputs}
    known: dict[str | int | None, tuple[str | None, int | None]] = {}
    for source, positions in by_source.items():
        for position, after in pairwise(positions):
            if entries[after].follows:
                known.setdefault(entries[after].prev_hash, (source, entries[position].seq))
        if heads.get(source) is not None:
            known.setdefault(heads[source], (source, entries[positions[-1]].seq))
        for position in () if chained[source] else positions:
            known.setdefault(entries[position].seq, (source, entries[position].seq))
    known.pop(None, None)
    return known


def joined(found: Iterable[Section]) -> dict[str, str]:
    """For each source the name of the ledger that it is a part of: that of one of its sources."""
    before = {section.source: section.continues for section in found}
    names: dict[str, str] = {}
    for source in before:
        path: dict[str, None] = {}
        at: str | None = source
        while at is not None and at not in names and at not in path:
            path[at] = None
            at = before.get(at)
        if at is None:
            *_, at = path
        names |= dict.fromkeys(path, names.get(at, at))
    return names


def forks(ledger: Ledger, found: Iterable[Section]) -> list[tuple[int, int]]:
    """(position, position) of two different entries that follow the same one.

    Where entries state hashes, that is the same hash; else it is the same number in files that go
    on after each other. Copies of one entry are no fork.
    """
    entries, found = ledger.entries, list(found)
    ledgers = joined(found)
    first: dict[tuple[str, str | int], int] = {}
    forked = []
    for section in found:
        for position in section.positions:
            entry = entries[position]
            place: tuple[str, str | int] = ("", entry.prev_hash or "")
            if not section.chained and entry.seq is not None:
                place = (ledgers[section.source], entry.seq)
            if not place[1] or entry.record.torn:
                continue
            other = first.setdefault(place, position)
            before, record = entries[other].record, entry.record
            if before.source == record.source or before.digest == record.digest:
                continue
            if before.body != record.body:  # which may have to be read back
                forked.append((other, position))
    return forked


def runs(positions: Iterable[int]) -> Iterator[tuple[int, int]]:
    """(first, last) of each run of consecutive numbers.

    >>> list(runs([1, 2, 3, 7, 9, 10]))
    [(1, 3), (7, 7), (9, 10)]
    """
    first = last = None
    for position in positions:
        if first is not None and last is not None and position != last + 1:
            yield first, last
            first = None
        first, last = position if first is None else first, position
    if first is not None and last is not None:
        yield first, last


def holds(ledger: Ledger, section: Section) -> bool:
    """Whether every entry of a source follows the one before it, by number and by hash.

    Then whoever changes, adds or removes an entry has to write all entries after it anew. What was
    cut off at the end leaves no trace here, and an entry that was torn in two is left out.
    """
    own = [ledger.entries[position] for position in section.positions]
    if own and own[-1].record.torn and own[-1].token is None:  # ECT604 is enough
        own.pop()
    begins = section.continues is not None or not (own and own[0].prev_hash)
    if not own or (section.first and not (begins and own[0].seq in (section.begins, None))):
        return False
    if any(entry.follows is False for entry in own):
        return False
    if any(entry.prev_hash is None for entry in own[section.first :]):  # none is before the first
        return False
    if not section.numbered:
        return True
    numbers = [entry.seq for entry in own]
    return None not in numbers and all(
        after == (before or 0) + 1 for before, after in pairwise(numbers)
    )


def level(entry: Entry, chained: Container[str]) -> Assurance | None:
    """The assurance level of an entry's token (draft-01 §2); `None` where it holds none.

    Args:
        entry: the entry.
        chained: the sources whose hash chain holds.

    """
    if entry.token is None:
        return None
    is_kept = entry.trust is Trust.VERIFIED and entry.record.source in chained
    return "L3" if is_kept else entry.token.level


def recorded(entry: Entry) -> float | None:
    """When an entry says that it was recorded, in seconds since 1970."""
    return None if entry.recorded_at is None else instant(entry.recorded_at)
