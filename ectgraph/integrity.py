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
    """The source whose last entry the first entry here names as the one before it."""
    first: bool
    """Whether it begins with the source's first entry."""


def sections(ledger: Ledger) -> list[Section]:
    """The sources of a ledger, in the order read.

    A ledger may come in several files, each of which goes on where another ended.
    """
    entries = ledger.entries
    by_source: dict[str, list[int]] = {}
    for position, entry in enumerate(entries):
        by_source.setdefault(entry.record.source, []).append(position)
    ends = {each.head: each.source for each in ledger.inputs if each.head is not None}
    found = []
    for source, positions in by_source.items():
        first = entries[positions[0]]
        before = ends.get(first.prev_hash or "")
        found.append(
            Section(
                source,
                tuple(positions),
                any(entries[position].seq is not None for position in positions),
                any(entries[position].prev_hash is not None for position in positions),
                None if before == source else before,
                first.record.index == 0,
            )
        )
    return found


def pairs(ledger: Ledger, section: Section) -> Iterator[tuple[int, int]]:
    """(position, position of the next) of all entries that lie next to each other in the source."""
    entries = ledger.entries
    for before, after in pairwise(section.positions):
        if entries[after].record.index == entries[before].record.index + 1:
            yield before, after


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
    entries = ledger.entries
    own = [entries[position] for position in section.positions]
    own = [entry for entry in own if not entry.record.torn]  # ECT604 is enough
    first = own[0]
    begins = section.continues is not None or (not first.prev_hash and first.seq in (1, None))
    if section.first and not begins:
        return False
    if any(entry.prev_hash is None or entry.follows is False for entry in own):
        return False
    if not section.numbered:
        return True
    return all(entry.seq is not None for entry in own) and all(
        entries[after].seq == (entries[before].seq or 0) + 1
        for before, after in pairs(ledger, section)
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
