"""An entry that does not hold the hash of the entry before it."""

from __future__ import annotations

from collections.abc import Iterator

from ectgraph.integrity import Section, runs
from ectgraph.labels import count
from ectgraph.rule import Evidence, Hit, Severity, ledger_rule


@ledger_rule(
    "ECT602",
    "chain-broken",
    Severity.ERROR,
    cites="draft-00 §7; docs/formats.md",
    advice="Compare with another copy: what is before this entry was changed, removed or added.",
    baseline=False,
    good=("a@0; b@5<a; !chained",),
    bad=(
        'a@0; b@5<a entry={"prev_hash":"00"}; !chained',
        'a@0 entry={"prev_hash":"00"}; b@5<a; !chained',
        'a@0 entry={"prev_hash":""}; b@5<a',
    ),
)
def check(evidence: Evidence) -> Iterator[Hit]:
    """An entry's `prev_hash` is not the hash of the entry before it, byte for byte.

    The chain ties each entry to all before it: nobody can change, remove or slip in one without
    writing every later entry anew. Where it breaks, the entry before the break is not the one that
    this entry was written after. If no link holds at all, the file was written anew by something
    that spaced or ordered its JSON differently: then only the original can be checked. Two
    different entries in two files that follow the same one show that there are two histories.
    """
    for section in evidence.sections:
        if section.chained:
            yield from _links(evidence, section)
            yield from _beginning(evidence, section)
    yield from _forks(evidence)


def _links(evidence: Evidence, section: Section) -> Iterator[Hit]:
    ledger = evidence.ledger
    entries = [(position, ledger.entries[position]) for position in section.positions]
    broken = [position for position, entry in entries if entry.follows is False]
    bare = [
        position
        for position, entry in entries[section.first :]  # none is before the first one
        if entry.prev_hash is None and entry.token is not None
    ]
    for first, last in runs(broken):
        stated = ledger.entries[first].prev_hash or "nothing"
        said = f"it names {stated[:16]}… as the hash of the entry before, which is another"
        if last > first:
            said += f", and so do the {last - first} after it"
        yield _hit(said, first, "link", prev_hash=stated)
    for first, last in runs(bare):
        said = (
            f"{count(last - first + 1, 'entry', 'entries')} without a hash, though others have one"
        )
        yield _hit(said, first, "none", entries=last - first + 1)


def _beginning(evidence: Evidence, section: Section) -> Iterator[Hit]:
    """A first entry that names one before it, or a later one that should."""
    position = section.positions[0]
    entry = evidence.ledger.entries[position]
    if not section.first or section.continues is not None or entry.prev_hash is None:
        return
    if entry.prev_hash and entry.seq in (1, None):
        said = "it is the first, and yet names an entry before it"
    elif not entry.prev_hash and entry.seq not in (1, None):
        said = f"it is number {entry.seq}, and yet names none before it"
    else:
        return
    yield _hit(said, position, "first", prev_hash=entry.prev_hash)


def _forks(evidence: Evidence) -> Iterator[Hit]:
    """Entries of two files that follow the same one, and differ."""
    entries = evidence.ledger.entries
    for one, other in evidence.forks:
        there, here = entries[one].record, entries[other]
        if here.prev_hash:
            where = there.source if there.line is None else f"{there.source}:{there.line}"
            yield Hit(
                f"another entry, at {where}, follows the same one: the ledger was split in two",
                records=(other, one),
                evidence={"prev_hash": here.prev_hash, "seq": here.seq},
                witness=f"fork {there.sha256}",
            )


def _hit(said: str, position: int, witness: str, **evidence: str | int) -> Hit:
    return Hit(said, records=(position,), evidence=evidence, witness=witness)
