"""Paths + keys -> Ledger: read the sources, examine every record, on all cores.

One process reads the files, hashes them and cuts them into records; the very bytes that were hashed
go to the workers, so nothing can change between being digested and being verified. Workers hand
back small tuples. Findings are made later (`linter`); here are only facts.
"""

from __future__ import annotations

import gc
import hashlib
import io
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from os import PathLike, fspath
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import loky
from msgspec.structs import astuple, force_setattr

from ectgraph import formats
from ectgraph.collector import paused
from ectgraph.errors import EctgraphError
from ectgraph.examiner import Examiner, Facts, Judge
from ectgraph.formats.source import Source
from ectgraph.keys import KeyRing
from ectgraph.ledger import Ledger
from ectgraph.model import Entry, Input, Record, Token
from ectgraph.policy import Policy

STANDARD_INPUT = "-"
KEEP_BYTES = 32 << 20
"""Size of a file above which its records' bytes are left in it, and read back on demand."""
BATCH_BYTES = 512 << 10
"""Bytes of records that go to a worker at a time."""
PARALLEL_FROM = 8
"""Batches from which worker processes are worth their start."""

PathOrPaths: TypeAlias = str | PathLike[str] | Iterable[str | PathLike[str]]
Progress: TypeAlias = Callable[[int], None]
"""Called with the number of bytes examined since the last call."""


def load(
    paths: PathOrPaths,
    ring: KeyRing | None = None,
    policy: Policy | None = None,
    *,
    judge: Judge | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Ledger:
    """Read one or more sources as one ledger and check every signature.

    Any bytes can be read: what is no token becomes an entry with a problem.

    Args:
        paths: files, in the order wanted; `-` is standard input.
        ring: the keys; without them every signature stays unchecked.
        policy: limits and choices; the defaults without it.
        judge: words the problems found, see `rule`.
        workers: processes to use at most; as many as there are cores without it.
        progress: told how far it is.

    Raises:
        EctgraphError: a file cannot be read, or `workers` is no positive number.

    """
    names = [paths] if isinstance(paths, (str, PathLike)) else list(paths)
    sources = dict.fromkeys(fspath(name) for name in names)  # a file named twice is read once
    reading = _Reading(policy or Policy())
    records = chain.from_iterable(reading.source(source) for source in sources)
    equipment = (ring, reading.policy, judge)
    if workers is not None and workers < 1:
        message = f"workers: {workers} is too few, at least 1 is needed"
        raise EctgraphError(message)
    workers = workers or loky.cpu_count()
    return _examine(records, reading, equipment, workers, progress)


def load_bytes(
    data: bytes,
    ring: KeyRing | None = None,
    policy: Policy | None = None,
    *,
    judge: Judge | None = None,
    source: str = "<bytes>",
) -> Ledger:
    """Read one source that is already in memory, under the name `source`; as `load` does.

    >>> load_bytes(b"hello ledger").entries[0].problems[0].kind
    'unreadable-record'
    """
    reading = _Reading(policy or Policy())
    records = reading.file(io.BytesIO(data), source)
    return _examine(records, reading, (ring, reading.policy, judge), 1, None)


_Equipment: TypeAlias = tuple[KeyRing | None, Policy, Judge | None]


def _examine(
    records: Iterator[Record],
    reading: _Reading,
    equipment: _Equipment,
    workers: int,
    progress: Progress | None,
) -> Ledger:
    batches = _batches(records)
    first = list(islice(batches, PARALLEL_FROM))
    ledger = Ledger(inputs=reading.inputs)
    told = 0
    with paused():
        if len(first) < PARALLEL_FROM or workers == 1:
            examined = _examine_here(chain(first, batches), Examiner(*equipment))
        else:
            examined = _examine_in_workers(chain(first, batches), workers, equipment)
        for batch, rows in examined:
            for record, row in zip(batch, rows, strict=True):
                if record.source in reading.left_in_file and record.whole:
                    force_setattr(record, "kept", None)
                ledger.add(Entry(record, *row))
            done = sum(record.length for record in batch)
            told += done
            if progress:
                progress(done)
    between = sum(source.bytes for source in reading.inputs) - told  # the records of a document
    if progress and between:
        progress(between)
    return ledger


class _Digesting(io.RawIOBase):
    """A file that digests and counts what is read from it."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self.digest = hashlib.sha256()
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        filled = 0
        while filled < len(buffer):  # a pipe gives less at a time than was asked for
            data = self._raw.read(len(buffer) - filled)
            if not data:
                break
            self.digest.update(data)
            buffer[filled : filled + len(data)] = data
            filled += len(data)
        self.count += filled
        return filled


class _Reading:
    """Reads sources one after the other, and remembers what they were."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.inputs: list[Input] = []
        self.left_in_file: set[str] = set()

    def source(self, source: str) -> Iterator[Record]:
        """The records of a file, or of standard input."""
        try:
            with _open(source) as file:
                if source != STANDARD_INPUT and Path(source).stat().st_size > KEEP_BYTES:
                    self.left_in_file.add(source)
                yield from self.file(file, source)
        except OSError as error:
            message = f"{source}: cannot be read ({error.strerror or error})"
            raise EctgraphError(message) from error

    def file(self, raw: BinaryIO, source: str) -> Iterator[Record]:
        """The records of an open file; adds to `inputs` when it has been read to its end."""
        digesting = _Digesting(raw)
        file = io.BufferedReader(digesting, formats.HEAD)
        format_ = formats.detect(file.peek(formats.HEAD))
        count = 0
        container = Source(name=source, max_record_bytes=self.policy.max_record_bytes)
        for record in formats.READERS[format_](file, container):
            count += 1
            yield record
        digest = digesting.digest.hexdigest()
        self.inputs.append(Input(source, format_, digesting.count, digest, count))


def _open(source: str) -> BinaryIO:
    if source == STANDARD_INPUT:
        if sys.stdin is None:
            message = f"{source}: standard input is closed"
            raise EctgraphError(message)
        return io.FileIO(sys.stdin.fileno(), closefd=False)
    if Path(source).is_dir():
        message = f"{source}: is a folder; name the files in it"
        raise EctgraphError(message)
    return Path(source).open("rb")


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
"""The fields of `Facts`, which are those of an `Entry` after its record."""
_Examined: TypeAlias = Iterator[tuple[list[Record], Sequence[_Row]]]


def _bodies(batch: list[Record]) -> list[tuple[bytes, int]]:
    """(content, length of the content) of each; of an oversized record, the content's head."""
    return [
        ((r.kept or b"")[r.before : r.length - r.after], r.length - r.before - r.after)
        for r in batch
    ]


def _examine_here(batches: Iterable[list[Record]], examiner: Examiner) -> _Examined:
    for batch in batches:
        yield batch, [astuple(facts) for facts in examiner.examine_all(_bodies(batch))]


def _examine_in_workers(
    batches: Iterable[list[Record]],
    workers: int,
    equipment: _Equipment,
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
        executor.shutdown(wait=not under_way, kill_workers=bool(under_way))


_examiner: Examiner


def _start_worker(ring: KeyRing | None, policy: Policy, judge: Judge | None) -> None:
    global _examiner  # noqa: PLW0603  # a worker process has one examiner, for its whole life
    _examiner = Examiner(ring, policy, judge)
    gc.freeze()


def _examine_batch(bodies: list[tuple[bytes, int]]) -> list[_Row]:
    with paused():
        return [_pack(facts) for facts in _examiner.examine_all(bodies)]


def _pack(facts: Facts) -> _Row:
    """Make bare tuples, which cross to another process five times as fast as objects."""
    token, *others = astuple(facts)
    return (None if token is None else astuple(token), *others)


def _unpack(packed: _Row) -> _Row:
    fields, *others = packed
    return (None if fields is None else Token(*fields), *others)
