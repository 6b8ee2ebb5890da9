"""The records that a checkpoint saw, found by the names of their tasks; nothing of them is checked.

Every byte of them is digested on the way, which takes a fraction of verifying them: whoever looks
for something here learns as well whether all is still as it was seen.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Collection, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import msgspec

from ectgraph.checkpoint import Checkpoint
from ectgraph.claims import Reader, read_unsigned_claims
from ectgraph.encoding import EncodingError, decode_base64url
from ectgraph.formats import lines
from ectgraph.formats.entry import TOKEN_MEMBERS, unwrap
from ectgraph.formats.source import Source
from ectgraph.model import Record
from ectgraph.reading import KEEP_BYTES, Opened, Reading
from ectgraph.sources import Origin

_CHUNK = 1 << 20


Named: TypeAlias = tuple[Record, str | None, Sequence[str]]
"""A record, the `jti` of its task and those of its parents."""


class Found(msgspec.Struct):
    """Earlier records that have to do with new ones."""

    records: list[Record] = []
    size: int = 0
    """Their bytes; when they are more than are kept in memory, there may be more records."""
    also: set[str] = set()
    """The parents of those that have the `jti` of a new task."""
    name_new: bool = False
    """Whether some name a new task as a parent."""

    @property
    def are_few(self) -> bool:
        """Whether it is worth while not to read everything."""
        return self.size <= KEEP_BYTES


class Earlier:
    """The records that a checkpoint saw; nothing of them is checked, for it was then."""

    def __init__(self, path: str, checkpoint: Checkpoint, reading: Reading) -> None:
        """Look at the first bytes of a file."""
        self.records = checkpoint.entries
        self.lines = 0
        """How many lines there were."""
        self.is_as_seen = False
        """Whether they are what the checkpoint saw, and end with a record."""
        self.file = (0, "")
        """(bytes of the whole file, their SHA-256)."""
        self._path = path
        self._checkpoint = checkpoint
        self._policy = reading.policy
        self._manner = reading.manner
        self._reader = Reader(reading.policy.max_json_depth)

    def find(self, wanted: Collection[str], own: set[str]) -> Found:
        """Find the records of tasks, and the last.

        Args:
            wanted: the `jti`s of the tasks.
            own: those of new tasks; records that name one of them as a parent are found as well.

        """
        found = Found()
        for record, jti, parents in self.read():
            names_new = not own.isdisjoint(parents)
            if names_new or jti in wanted or record.index == self.records - 1:
                found.size += record.length
                if found.are_few:
                    found.records.append(record)
                found.name_new = found.name_new or names_new
                if jti in own:
                    found.also.update(parents)
        return found

    def read(self) -> Iterator[Named]:
        """Yield those that are not too long to hold a token; then it is known how they lie."""
        with Path(self._path).open("rb") as raw:
            opened = Opened(raw, Origin(self._path), self._policy, self._manner, is_file=True)
            first = _First(from_start(raw, opened), self._checkpoint.bytes)
            place = Source(name=self._path, max_record_bytes=self._policy.max_record_bytes)
            record, count = None, 0
            for record in lines.read(io.BufferedReader(first, _CHUNK), place):
                count += 1
                kept = record.kept or b""
                if len(kept) == record.length:
                    body = kept[record.before : record.length - record.after]
                    yield record, *(_names(body) or self._names(body))
            ends = not first.size if record is None else first.is_ended and _ends(record)
            is_same = first.digest.hexdigest() == self._checkpoint.sha256
            self.is_as_seen = ends and is_same and count == self.records
            self.lines = first.lines
            if opened.is_plain:
                size = first.size
                for chunk in chunks(raw, sys.maxsize):
                    first.digest.update(chunk)
                    size += len(chunk)
                self.file = (size, first.digest.hexdigest())
            else:
                closed = opened.close()
                self.file = (closed.bytes, closed.sha256)

    def _names(self, body: bytes) -> tuple[str | None, Sequence[str]]:
        """(the `jti` of a record's task, its parents), by reading it in full."""
        reading = None
        content = unwrap(body, self._policy.max_json_depth)
        if content.compact is not None:
            reading = self._reader.read(content.compact)
        elif content.claims is not None:
            reading = read_unsigned_claims(content.claims, ())
        if reading is None or reading.token is None:
            return None, ()
        return reading.token.jti, reading.token.parents


def _ends(record: Record) -> bool:
    """Whether nothing but the end of its line follows a record: else that is of the next one."""
    if not record.whole:
        return record.after == 0
    return (record.kept or b"")[record.length - record.after :].count(b"\n") == 1


class _First(io.RawIOBase):
    """The first bytes of a file, digested while they are read."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.digest = sha256()
        self.size = 0
        """How many bytes were read."""
        self.lines = 0
        """How many lines came to their end."""
        self.is_ended = True
        """Whether the last one did."""
        self._file = file
        self._left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._file.read(min(len(buffer), self._left))
        if data:
            buffer[: len(data)] = data
            self._left -= len(data)
            self.size += len(data)
            self.lines += data.count(b"\n")
            self.is_ended = data.endswith(b"\n")
            self.digest.update(data)
        return len(data)


class _Claims(msgspec.Struct, gc=False):
    """The claims that name tasks."""

    jti: str | None = None
    par: tuple[str, ...] = ()
    pred: tuple[str, ...] = ()


# msgspec works a type out when it is first used, which two threads must not do at one time.
_read_claims = msgspec.json.Decoder(_Claims).decode
_read_entry = msgspec.json.Decoder(
    msgspec.defstruct("_Entry", [(name, str | None, None) for name in TOKEN_MEMBERS], gc=False)
).decode
_OBJECT = ord("{")
_OTHERS = TOKEN_MEMBERS[1:]
_NO_QUICK_ANSWER = (
    StopIteration,
    IndexError,
    UnicodeError,
    EncodingError,
    msgspec.DecodeError,
    RecursionError,
)


def _names(body: bytes) -> tuple[str | None, Sequence[str]] | None:
    """What `Earlier._names` gives, at a tenth of the cost; `None` where more care is needed."""
    try:
        text = body
        if body[0] == _OBJECT:
            entry: Any = _read_entry(body)
            text = (entry.ect or next(filter(None, map(entry.__getattribute__, _OTHERS)))).encode()
        claims = _read_claims(decode_base64url(text.split(b".", 2)[1]))
    except _NO_QUICK_ANSWER:
        return None
    return claims.jti, claims.par + claims.pred


def from_start(raw: BinaryIO, opened: Opened) -> BinaryIO:
    """The content of a source from its first byte; of a plain file it can be sought in."""
    if not opened.is_plain:
        return opened.content
    raw.seek(0)
    return raw


def chunks(file: BinaryIO, size: int) -> Iterator[bytes]:
    """The next bytes of a file, as far as there are so many."""
    while size > 0:
        chunk = file.read(min(size, _CHUNK))
        if not chunk:
            return
        size -= len(chunk)
        yield chunk
