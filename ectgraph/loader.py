"""Paths + keys -> Ledger: read the sources, examine every record, on all cores.

One process reads the files, hashes them and cuts them into records; the very bytes that were hashed
go to the workers, so nothing can change between being digested and being verified. Workers hand
back small tuples. Findings are made later (`linter`); here are only facts.
"""

from __future__ import annotations

import gc
import hashlib
import io
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from os import PathLike
from typing import Any, TypeAlias

import loky
from msgspec.structs import astuple, force_setattr

from ectgraph import sources
from ectgraph.collector import paused
from ectgraph.errors import EctgraphError
from ectgraph.examiner import Body, Examiner, Facts, Judge
from ectgraph.keys import KeyRing
from ectgraph.ledger import Ledger
from ectgraph.model import Entry, Record, Token
from ectgraph.policy import Policy
from ectgraph.reading import Manner, Reading
from ectgraph.signature import check_algorithms
from ectgraph.sources import Origin

BATCH_BYTES = 512 << 10
"""Bytes of records that go to a worker at a time."""
PARALLEL_FROM = 8
"""Batches from which worker processes are worth their start."""

PathOrPaths: TypeAlias = str | PathLike[str] | Iterable[str | PathLike[str] | Origin]
Progress: TypeAlias = Callable[[int], None]
"""Called with the number of bytes examined since the last call."""


def load(
    paths: PathOrPaths,
    ring: KeyRing | None = None,
    policy: Policy | None = None,
    *,
    judge: Judge | None = None,
    manner: Manner | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Ledger:
    """Read one or more sources as one ledger and check every signature.

    Any bytes can be read: what is no token becomes an entry with a problem.

    Args:
        paths: files, folders and patterns, in the order wanted; `-` is standard input.
        ring: the keys; without them every signature stays unchecked.
        policy: limits and choices; the defaults without it.
        judge: words the problems found, see `rule`.
        manner: how to read, where looking at the bytes does not do.
        workers: processes to use at most; as many as there are cores without it.
        progress: told how far it is.

    Raises:
        EctgraphError: a file cannot be read, or `workers` is no positive number.

    """
    names = [paths] if isinstance(paths, (str, PathLike)) else paths
    origins = sources.expand(names)
    reading = Reading(policy or Policy(), manner or Manner())
    records = chain.from_iterable(reading.source(origin) for origin in origins)
    return examine(records, reading, (ring, reading.policy, judge), workers, progress)


def load_bytes(
    data: bytes,
    ring: KeyRing | None = None,
    policy: Policy | None = None,
    *,
    judge: Judge | None = None,
    manner: Manner | None = None,
    source: str = "<bytes>",
) -> Ledger:
    """Read one source that is already in memory, under the name `source`; as `load` does.

    >>> load_bytes(b"hello ledger").entries[0].problems[0].kind
    'unreadable-record'
    """
    reading = Reading(policy or Policy(), manner or Manner())
    records = reading.file(io.BytesIO(data), Origin(source))
    return examine(records, reading, (ring, reading.policy, judge), 1)


Equipment: TypeAlias = tuple[KeyRing | None, Policy, Judge | None]
"""What an `Examiner` is made of."""


def examine(
    records: Iterator[Record],
    reading: Reading,
    equipment: Equipment,
    workers: int | None = None,
    progress: Progress | None = None,
    links: Links | None = None,
) -> Ledger:
    """Examine records as they come, on all cores where there are many; see `load`."""
    if workers is not None and workers < 1:
        message = f"workers: {workers} is too few, at least 1 is needed"
        raise EctgraphError(message)
    check_algorithms(equipment[1].algorithms)  # here, and not in the workers
    cores = loky.cpu_count()  # more processes than that do nothing but take memory
    workers = min(workers or cores, max(2, cores))
    batches = _batches(records)
    first = list(islice(batches, PARALLEL_FROM))
    ledger = Ledger(inputs=reading.inputs)
    links = links or Links()
    told = 0
    with paused():
        if len(first) < PARALLEL_FROM or workers == 1:
            examined = _examine_here(chain(first, batches), Examiner(*equipment))
        else:
            examined = _examine_in_workers(chain(first, batches), workers, equipment)
        for batch, rows in examined:
            for record, row in zip(batch, rows, strict=True):
                entry = Entry(record, *row[:-1])
                if row[-1] is not None or links.open or record.index == 0:
                    force_setattr(entry, "follows", links.follows(entry, row[-1]))
                reading.put_aside(record)
                ledger.add(entry)
            done = sum(record.length for record in batch)
            told += done
            if progress:
                progress(done)
    reading.note_heads(links.heads)
    between = sum(source.bytes for source in reading.inputs) - told  # the records of a document
    if progress and between > 0:
        progress(between)
    return ledger


class Links:
    """Follows the hash chains of sources, entry by entry."""

    def __init__(self) -> None:
        """Begin before the first source."""
        self.open = False
        """Whether the chain of the source now read has begun."""
        self.heads: dict[str, str] = {}
        """Hash of the last entry of each chained source."""
        self._next: tuple[str, int] | None = None  # source and index of the record after the last
        self._digest: str | None = None

    def go_on(self, source: str, index: int, digest: str | None) -> None:
        """Go on at a record of a source; `digest` is the hash of the one before, if it is known."""
        self.open, self._next, self._digest = True, (source, index), digest

    def follows(self, entry: Entry, digest: str | None) -> bool | None:
        """Whether an entry states the hash of the one before it in its source.

        Args:
            entry: the next entry.
            digest: the hash of its content, where it states one itself.

        """
        before, record = self._digest, entry.record
        goes_on = self._next == (record.source, record.index)
        if digest is None and record.whole:
            digest = hashlib.sha256(record.body).hexdigest()
        self._next, self._digest = (record.source, record.index + 1), digest
        self.open = entry.prev_hash is not None or (self.open and goes_on)
        if digest is None or not self.open:
            self.heads.pop(record.source, None)
        else:
            self.heads[record.source] = digest
        if not goes_on or before is None or entry.prev_hash is None:
            return None
        return entry.prev_hash == before


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    batch: list[Record] = []
    size = 0
    for record in records:
        batch.append(record)
        size += record.length
        if size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


_Row: TypeAlias = tuple[Any, ...]
"""The fields of `Facts`: those of an `Entry` after its record, and then the digest."""
_Examined: TypeAlias = Iterator[tuple[list[Record], Sequence[_Row]]]


def _bodies(batch: list[Record]) -> list[Body]:
    """What is examined of each record; of an oversized one, the content's head."""
    return [
        (
            (r.kept or b"")[r.before : r.length - r.after],
            r.length - r.before - r.after,
            r.beside,
            r.torn,
        )
        for r in batch
    ]


def _examine_here(batches: Iterable[list[Record]], examiner: Examiner) -> _Examined:
    for batch in batches:
        yield batch, [astuple(facts) for facts in examiner.examine_all(_bodies(batch))]


def _examine_in_workers(
    batches: Iterable[list[Record]],
    workers: int,
    equipment: Equipment,
) -> _Examined:
    """Examine batches in worker processes, in order, with a bounded number under way.

    loky starts the workers, not multiprocessing: it works the same on every system and never runs
    the caller's main module again, so a script needs no `if __name__ == "__main__"`.
    """
    executor = loky.ProcessPoolExecutor(workers, initializer=_start_worker, initargs=equipment)
    under_way: deque[tuple[list[Record], loky.Future]] = deque()
    try:
        for batch in batches:
            under_way.append((batch, executor.submit(_examine_batch, _bodies(batch))))
            if len(under_way) > 3 * workers:
                done, future = under_way.popleft()
                yield done, list(map(_unpack, future.result()))
        while under_way:
            done, future = under_way.popleft()
            yield done, list(map(_unpack, future.result()))
    except loky.BrokenProcessPool as error:
        message = "a worker process ended before its time (out of memory?); try with 1 worker"
        raise EctgraphError(message) from error
    finally:
        executor.shutdown(kill_workers=bool(under_way))


_examiner: Examiner


def _start_worker(ring: KeyRing | None, policy: Policy, judge: Judge | None) -> None:
    global _examiner  # noqa: PLW0603  # a worker process has one examiner, for its whole life
    _examiner = Examiner(ring, policy, judge)
    gc.freeze()


def _examine_batch(bodies: list[Body]) -> list[_Row]:
    with paused():
        return [_pack(facts) for facts in _examiner.examine_all(bodies)]


def _pack(facts: Facts) -> _Row:
    """Make bare tuples, which cross to another process five times as fast as objects."""
    token, *others = astuple(facts)
    return (None if token is None else astuple(token), *others)


def _unpack(packed: _Row) -> _Row:
    fields, *others = packed
    return (None if fields is None else Token(*fields), *others)
