"""Sources -> records: opens what was named, undoes compression, finds the format, digests it all.

Nothing is judged here, and no token looked at; what the bytes of a record say is `examiner`'s.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal

import msgspec
from msgspec.structs import force_setattr, replace

from ectgraph import formats, sources
from ectgraph.errors import EctgraphError
from ectgraph.formats import lines
from ectgraph.formats.compressed import compression, decompress
from ectgraph.formats.source import Source
from ectgraph.formats.spool import Spool
from ectgraph.model import Input, Left, Problem, Record
from ectgraph.policy import Policy
from ectgraph.sources import STANDARD_INPUT, Origin

KEEP_BYTES = 32 << 20
"""Bytes of records that stay in memory; those of later ones are read back on demand."""
MANY, TINY = 250_000, 16
"""So many records of fewer bytes on average are no ledger, and are not read on."""


class Manner(msgspec.Struct, frozen=True, kw_only=True):
    """How sources are to be read, where their bytes leave a choice."""

    format: formats.Format | None = None
    """The format of all sources; found by looking at the bytes without it."""
    table: str | None = None
    """The table of a database that holds the tokens."""
    column: str | None = None
    """The column of a database that holds the tokens."""
    digest: int = 0
    """How many of the first bytes of each source's content to digest, for a checkpoint."""


class _Digesting(io.RawIOBase):
    """A file that digests and counts what is read from it, or the beginning of it."""

    def __init__(self, raw: BinaryIO, limit: int = sys.maxsize) -> None:
        self._raw = raw
        self._limit = limit
        self.digest = hashlib.sha256()
        self.digested = 0
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        filled = 0
        while filled < len(buffer):  # a pipe gives less at a time than was asked for
            data = self._raw.read(len(buffer) - filled)
            if not data:
                break
            if self.digested < self._limit:
                part = data[: self._limit - self.digested]
                self.digest.update(part)
                self.digested += len(part)
            buffer[filled : filled + len(data)] = data
            filled += len(data)
        self.count += filled
        return filled


class Opened:
    """An open source, its compression undone and its format found."""

    def __init__(
        self, raw: BinaryIO, origin: Origin, policy: Policy, manner: Manner, *, is_file: bool
    ) -> None:
        """Look at the first bytes; `is_file` says that they can be read again."""
        self._origin = origin
        self._digesting = _Digesting(raw)
        self._stream = _buffered(self._digesting)
        self.compression = compression(_peek(self._stream))
        self.is_plain = is_file and self.compression is None
        """Whether the content is that of a file, byte for byte."""
        self.source = Source(
            name=origin.name,
            path=Path(origin.name) if self.is_plain else None,
            max_record_bytes=policy.max_record_bytes,
            max_ratio=policy.max_ratio,
            table=manner.table,
            column=manner.column,
        )
        self.content = self._stream
        if self.compression is not None:
            self.content = decompress(
                self._stream, self.compression, self.source, self.source.max_ratio
            )
        head = _peek(self.content)
        is_other = origin.found and manner.format is None and sources.is_other(head)
        self.format: formats.Format | Literal["other"] = (
            "other" if is_other else manner.format or formats.detect(head)
        )

    def close(self) -> Input:
        """Read it to its end, and say what it was."""
        for rest in (self.content, self._stream):
            while rest.read(formats.HEAD):
                pass
        return Input(
            self._origin.name,
            self.format,
            self._digesting.count,
            self._digesting.digest.hexdigest(),
            0,
            self.compression,
            tuple(self.source.problems),
        )


def _bounded(records: Iterator[Record], source: Source) -> Iterator[Record]:
    """The records, up to where they are so many and so short that no ledger is like that.

    A compressed file of a few kilobytes may hold millions of lines of a byte, and each would be a
    finding.
    """
    size = 0
    for count, record in enumerate(records, 1):
        yield record
        size += record.length
        if count % MANY == 0 and size < TINY * count:
            detail = (
                f"it is not read on: {count:,} records of {size / count:.0f} bytes are no ledger"
            )
            source.tell("limit-reached", detail)
            return


def _buffered(file: _Digesting) -> BinaryIO:
    return io.BufferedReader(file, formats.HEAD)


def _peek(file: BinaryIO) -> bytes:
    """The next bytes of a buffered file, which stay in it."""
    return file.peek(formats.HEAD)  # type: ignore[attr-defined, no-any-return]


class Reading:
    """Reads sources one after the other, and remembers what they were."""

    def __init__(self, policy: Policy, manner: Manner) -> None:
        """Read under a policy, in a manner."""
        self.policy = policy
        self.manner = manner
        self.inputs: list[Input] = []
        self._in_memory = 0
        self._left: set[str] = set()  # sources of which no record is kept in memory
        self._plain: set[str] = set()  # files that records can be read back from
        self._spool: Spool | None = None

    def source(self, origin: Origin) -> Iterator[Record]:
        """The records of a file, or of standard input."""
        name, count = origin.name, 0
        if origin.found and sources.is_of_database(name):
            return
        try:
            if origin.found and sources.is_special(name):
                self._pass_over(name, "it is a pipe, a device or a socket")
                return
            with open_source(name) as file:
                before = os.fstat(file.fileno())
                is_file = name != STANDARD_INPUT and stat.S_ISREG(before.st_mode)
                if is_file and self._in_memory + before.st_size > KEEP_BYTES:
                    self._left.add(name)
                for record in self.file(file, origin, is_file=is_file):
                    count += 1
                    yield record
                after = os.fstat(file.fileno())
            if is_file and (before.st_size, before.st_mtime_ns) != (
                after.st_size,
                after.st_mtime_ns,
            ):
                self.inputs[-1] = replace(self.inputs[-1], changed=True)
        except OSError as error:
            why = error.strerror or str(error)
            if not origin.found:
                message = f"{name}: cannot be read ({why})"
                raise EctgraphError(message) from error
            self._pass_over(name, why, count)
        except EctgraphError as error:  # a choice that the caller has to make, for this source
            if not origin.found:
                raise
            self._pass_over(name, str(error).removeprefix(f"{name}: "), count)

    def _pass_over(self, name: str, why: str, records: int = 0) -> None:
        """Put down a source that was found and cannot be read, or not beyond some records."""
        problem = Problem("unreadable-record", "source", f"it cannot be read ({why})")
        empty = hashlib.sha256().hexdigest()
        self.inputs.append(Input(name, "other", 0, empty, records, problems=(problem,)))

    def file(self, raw: BinaryIO, origin: Origin, *, is_file: bool = False) -> Iterator[Record]:
        """The records of an open file; adds to `inputs` when it has been read to its end."""
        return self.records(Opened(raw, origin, self.policy, self.manner, is_file=is_file))

    def records(self, opened: Opened) -> Iterator[Record]:
        """The records of an opened source, or of what is left of it; as `file` does."""
        if opened.is_plain:
            self._plain.add(opened.source.name)
        content, file = None, opened.content
        if self.manner.digest:
            content = _Digesting(opened.content, self.manner.digest)
            file = _buffered(content)
        count = opened.source.index
        if opened.format != "other":
            for record in _bounded(
                formats.READERS[opened.format](file, opened.source), opened.source
            ):
                count += 1
                yield record
        while file.read(formats.HEAD):  # what a reader left is still part of what is digested
            pass
        prefix = None if content is None else (content.digested, content.digest.hexdigest())
        self.inputs.append(replace(opened.close(), records=count, prefix=prefix))

    def lines(self, file: BinaryIO, source: Source, *, is_plain: bool) -> Iterator[Record]:
        """The records of what is left of a file of lines; as `file` does, without a digest."""
        if is_plain:
            self._plain.add(source.name)
        count = source.index
        for record in _bounded(lines.read(file, source), source):
            count += 1
            yield record
        problems = tuple(source.problems)
        self.inputs.append(Input(source.name, "jsonl", 0, "", count, problems=problems))

    def put_aside(self, record: Record) -> None:
        """Let go of a record's bytes, once enough are kept, where they can be read again."""
        kept = record.kept
        if kept is None or len(kept) != record.length:
            return
        if record.source not in self._left:
            self._in_memory += record.length
            if self._in_memory <= KEEP_BYTES:
                return
            self._left.add(record.source)
        if record.offset is None or record.source not in self._plain:
            force_setattr(record, "left", self._spooled(kept))
        force_setattr(record, "kept", None)

    def _spooled(self, data: bytes) -> Left:
        try:
            self._spool = self._spool or Spool()
            return Left(self._spool, self._spool.add(data))
        except OSError as error:
            why = error.strerror or error
            message = f"no room for records in the temporary folder ({why}); name another: TMPDIR"
            raise EctgraphError(message) from error

    def note_heads(self, heads: dict[str, str]) -> None:
        """Put down how the hash chains of the sources end."""
        for position, source in enumerate(self.inputs):
            if source.source in heads:
                self.inputs[position] = replace(source, head=heads[source.source])


def open_source(source: str) -> BinaryIO:
    """Open a file, or standard input.

    Raises:
        EctgraphError: standard input is closed.
        OSError: it cannot be opened.

    """
    if source == STANDARD_INPUT:
        if sys.stdin is None:
            message = f"{source}: standard input is closed"
            raise EctgraphError(message)
        return io.FileIO(sys.stdin.fileno(), closefd=False)
    return Path(source).open("rb")
