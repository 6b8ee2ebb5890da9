"""A ledger that grew since a checkpoint: verify what came after it, and look up what that needs.

The new records are read and verified first. Then the bytes that the checkpoint saw are digested,
which takes a fraction of verifying them, and on the way those records are found that have to do
with the new: the one before them, their parents, those that name them, and those with the same
`jti`. When the bytes turn out to be others, all was for nothing, and everything has to be read.
"""

from __future__ import annotations

import os
from itertools import chain
from pathlib import Path

from msgspec.structs import astuple, force_setattr, replace

from ectgraph.checkpoint import Checkpoint
from ectgraph.earlier import Earlier, chunks, from_start
from ectgraph.errors import EctgraphError
from ectgraph.examiner import Examiner
from ectgraph.formats import LINES
from ectgraph.ledger import Ledger
from ectgraph.loader import Equipment, Links, Progress, examine
from ectgraph.model import Entry, Token
from ectgraph.reading import Manner, Opened, Reading
from ectgraph.sources import Origin


def load_since(
    path: str,
    checkpoint: Checkpoint,
    equipment: Equipment,
    manner: Manner,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Ledger | None:
    """Read what came after a checkpoint; `None` when all has to be read.

    The entries are first those of the earlier records that have to do with the new ones, then the
    new ones. `ledger.earlier` says how many records there were before, and `ledger.context` how
    many of them were read. Of an earlier task's parents, those are left out that were not read.

    All has to be read when the earlier bytes are not those that the checkpoint saw, or do not end
    with a record and its line; when a new task is in a circle with earlier ones; and when the
    earlier records that have to do with the new are more than are kept in memory.

    Raises:
        EctgraphError: it is no file, or cannot be read.

    """
    if not Path(path).is_file():
        message = f"{path}: is no file, and only a file can be read from a checkpoint on"
        raise EctgraphError(message)
    reading = Reading(equipment[1], manner)
    try:
        before = _state(path)
        new = _load_new(path, checkpoint, equipment, reading, workers, progress)
        if new is None:
            return None
        earlier = Earlier(path, checkpoint, reading)
        context = _load_context(earlier, equipment, new)
        changed = _state(path) != before
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror or error})"
        raise EctgraphError(message) from error
    if context is None:
        return None
    size, digest = earlier.file
    seen = checkpoint.bytes, checkpoint.sha256
    (source,) = new.inputs
    source = replace(source, bytes=size, sha256=digest, prefix=seen, changed=changed)
    joined = Ledger((*context, *new.entries), [source])
    joined.earlier, joined.context = checkpoint.entries, len(context)
    return joined


def _state(path: str) -> tuple[int, ...]:
    """What changes when somebody writes to a file, or puts another in its place."""
    there = Path(path).stat()
    return there.st_dev, there.st_ino, there.st_size, there.st_mtime_ns


def _load_new(
    path: str,
    checkpoint: Checkpoint,
    equipment: Equipment,
    reading: Reading,
    workers: int | None,
    progress: Progress | None,
) -> Ledger | None:
    """The records after a checkpoint, verified; their lines are counted from the checkpoint."""
    with Path(path).open("rb") as raw:
        opened = Opened(raw, Origin(path), reading.policy, reading.manner, is_file=True)
        is_short = opened.is_plain and os.fstat(raw.fileno()).st_size < checkpoint.bytes
        if opened.format not in LINES or is_short:
            return None
        content, place = from_start(raw, opened), opened.source
        if opened.is_plain:
            content.seek(checkpoint.bytes)
        else:
            for _ in chunks(content, checkpoint.bytes):
                pass
        place.offset, place.index = checkpoint.bytes, checkpoint.entries
        links = Links()
        links.go_on(path, checkpoint.entries, checkpoint.head or None)
        ledger = examine(
            reading.lines(content, place, is_plain=opened.is_plain),
            reading,
            equipment,
            workers,
            progress,
            links,
        )
    (source,) = ledger.inputs
    ledger.inputs[0] = replace(source, format=opened.format, compression=opened.compression)
    return ledger


def _load_context(earlier: Earlier, equipment: Equipment, new: Ledger) -> list[Entry] | None:
    """The earlier entries that have to do with new ones, examined again; see `load_since`."""
    tokens = [entry.token for entry in new if entry.token is not None]
    own = {token.jti for token in tokens if token.jti is not None}
    wanted = own.union(*(token.parents for token in tokens))
    found = earlier.find(wanted, own)
    if not found.also <= wanted:  # parents of other versions of new tasks
        found = earlier.find(wanted | found.also, own)
    if not (earlier.is_as_seen and found.are_few):
        return None
    if found.name_new and _in_a_circle(earlier, tokens, own):
        return None
    examiner = Examiner(*equipment)
    entries = []
    for record in found.records:
        *facts, _ = astuple(examiner.examine(record.body, len(record.body)))
        entries.append(Entry(record, *facts))
    there = own | {entry.token.jti for entry in entries if entry.token and entry.token.jti}
    for position, entry in enumerate(entries):
        if entry.token is not None and entry.token.jti not in own:
            parents = tuple(jti for jti in entry.token.parents if jti in there)
            entries[position] = replace(entry, token=replace(entry.token, parents=parents))
    for entry in new:
        if entry.record.line is not None:
            force_setattr(entry.record, "line", entry.record.line + earlier.lines)
    return entries


def _in_a_circle(earlier: Earlier, tokens: list[Token], new: set[str]) -> bool:
    """Whether a new task is its own ancestor by way of earlier ones: no honest task is."""
    import networkx as nx  # noqa: PLC0415  # where earlier tasks name new ones as their parents

    links: nx.DiGraph[str] = nx.DiGraph()
    named = ((token.jti, token.parents) for token in tokens)
    for jti, parents in chain(named, ((jti, parents) for _, jti, parents in earlier.read())):
        links.add_edges_from((parent, jti) for parent in parents if jti is not None)
    return any(
        not knot.isdisjoint(new) and not knot.issubset(new)
        for knot in nx.strongly_connected_components(links)
    )
