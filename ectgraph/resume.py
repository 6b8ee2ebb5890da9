"""A ledger that grew since a checkpoint: verify what came after it, and look up what that needs.

The new records are read and verified first. Then the bytes that the checkpoint saw are digested,
which takes a fraction of verifying them, and on the way those records are found that have to do
with the new: their parents, those that name them, and those with the same `jti`. When the bytes
turn out to be others, all was for nothing, and everything has to be read.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from msgspec.structs import astuple, force_setattr, replace

from ectgraph.checkpoint import Checkpoint
from ectgraph.claims import Reader, read_unsigned_claims
from ectgraph.encoding import EncodingError, decode_base64url
from ectgraph.errors import EctgraphError
from ectgraph.examiner import Examiner
from ectgraph.formats import LINES, lines
from ectgraph.formats.entry import TOKEN_MEMBERS, unwrap
from ectgraph.formats.source import Source
from ectgraph.ledger import Ledger
from ectgraph.loader import Equipment, Links, Progress, examine
from ectgraph.model import Entry
from ectgraph.policy import Policy
from ectgraph.reading import Manner, Opened, Reading
from ectgraph.sources import Origin

_CHUNK = 1 << 20


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
    with a line.

    Raises:
        EctgraphError: it is no file, or cannot be read.

    """
    if not Path(path).is_file():
        message = f"{path}: is no file, and only a file can be read from a checkpoint on"
        raise EctgraphError(message)
    try:
        new = _load_new(path, checkpoint, equipment, manner, workers, progress)
        context = None if new is None else _load_context(path, checkpoint, equipment, manner, new)
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror or error})"
        raise EctgraphError(message) from error
    if new is None or context is None:
        return None
    entries, (size, digest) = context
    (source,) = new.inputs
    joined = Ledger((*entries, *new.entries), [replace(source, bytes=size, sha256=digest)])
    joined.earlier, joined.context = checkpoint.entries, len(entries)
    return joined


def _load_new(
    path: str,
    checkpoint: Checkpoint,
    equipment: Equipment,
    manner: Manner,
    workers: int | None,
    progress: Progress | None,
) -> Ledger | None:
    """The records after a checkpoint, verified; their lines are counted from the checkpoint."""
    with Path(path).open("rb") as raw:
        opened = Opened(raw, Origin(path), equipment[1], manner, is_file=True)
        if opened.format not in LINES:
            return None
        content, place = _from_start(raw, opened), opened.source
        if opened.is_plain:
            content.seek(checkpoint.bytes)
        else:
            for _ in _chunks(content, checkpoint.bytes):
                pass
        place.offset, place.index = checkpoint.bytes, checkpoint.entries
        reading, links = Reading(equipment[1], manner), Links()
        links.go_on(path, checkpoint.head)
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


def _from_start(raw: BinaryIO, opened: Opened) -> BinaryIO:
    """The content of a source from its first byte; of a plain file it can be sought in."""
    if not opened.is_plain:
        return opened.content
    raw.seek(0)
    return raw


def _chunks(file: BinaryIO, size: int) -> Iterator[bytes]:
    """The next bytes of a file, as far as there are so many."""
    while size > 0:
        chunk = file.read(min(size, _CHUNK))
        if not chunk:
            return
        size -= len(chunk)
        yield chunk


def _load_context(
    path: str, checkpoint: Checkpoint, equipment: Equipment, manner: Manner, new: Ledger
) -> tuple[list[Entry], tuple[int, str]] | None:
    """(the earlier entries that have to do with new ones, (bytes of the file, their SHA-256)).

    `None` when the earlier bytes are not those that the checkpoint saw.
    """
    policy = equipment[1]
    tokens = [entry.token for entry in new if entry.token is not None]
    own = {token.jti for token in tokens if token.jti is not None}
    wanted = own.union(*(token.parents for token in tokens))
    with Path(path).open("rb") as raw:
        opened = Opened(raw, Origin(path), policy, manner, is_file=True)
        scan = _Scan(_from_start(raw, opened), checkpoint.bytes, policy)
        found = list(scan.find(wanted, own))
        if not scan.ended or scan.digest.hexdigest() != checkpoint.sha256:
            return None
        if opened.is_plain:
            size = checkpoint.bytes
            for chunk in iter(lambda: raw.read(_CHUNK), b""):
                scan.digest.update(chunk)
                size += len(chunk)
            whole = (size, scan.digest.hexdigest())
        else:
            closed = opened.close()
            whole = (closed.bytes, closed.sha256)
    for entry in new:
        if entry.record.line is not None:
            force_setattr(entry.record, "line", entry.record.line + scan.lines)
    return _examine(found, path, Examiner(*equipment), own), whole


def _examine(
    found: list[tuple[bytes, int, int, int]], path: str, examiner: Examiner, own: set[str]
) -> list[Entry]:
    """Examine earlier records again; parents that are not read as well are left out."""
    entries = []
    for raw, offset, line, index in found:
        place = Source(name=path, offset=offset, line=line, index=index)
        for record in lines.read(io.BytesIO(raw), place):
            *facts, _ = astuple(examiner.examine(record.body, len(record.body)))
            entries.append(Entry(record, *facts))
    there = own | {entry.token.jti for entry in entries if entry.token and entry.token.jti}
    for position, entry in enumerate(entries):
        if entry.token is not None:
            parents = tuple(jti for jti in entry.token.parents if jti in there)
            entries[position] = replace(entry, token=replace(entry.token, parents=parents))
    return entries


class _Scan:
    """Looks for names in what a checkpoint saw, as quickly as that can be done.

    Nothing is checked: those bytes were, for the checkpoint.
    """

    def __init__(self, file: BinaryIO, size: int, policy: Policy) -> None:
        """Look at the first `size` bytes of a file."""
        self.digest = sha256()
        self.lines = 0
        """How many lines there were."""
        self.ended = True
        """Whether the last line had its end."""
        self._file = file
        self._left = size
        self._longest = policy.max_record_bytes + lines.MARGIN_BYTES
        self._depth = policy.max_json_depth
        self._reader = Reader(policy.max_json_depth)

    def find(self, wanted: Collection[str], own: set[str]) -> Iterator[tuple[bytes, int, int, int]]:
        """(raw bytes, offset, lines before it, index) of each record that has to do with others.

        Args:
            wanted: the `jti`s of tasks that are looked for.
            own: the `jti`s that a record is looked for as well that names one as a parent.

        """
        for raw, begin, before, index in self._records():
            jti, parents = _names(raw) or self._names(raw)
            if jti in wanted or not own.isdisjoint(parents):
                yield raw, begin, before, index

    def _records(self) -> Iterator[tuple[bytes, int, int, int]]:
        """(raw bytes, offset, lines before it, index) of each record that is not too long."""
        raw = b""  # blank lines and comments before the next record
        begin = end = before = index = 0
        too_long = False
        margin, most_blank = lines.MARGIN, lines.MOST_BLANK
        for piece in self._pieces():
            end += len(piece)
            self.ended = piece[-1:] == b"\n"
            self.lines += self.ended
            if self.ended and not too_long:
                raw = raw + piece if raw else piece
                if piece[0] in b"# \t\r\n":  # perhaps nothing
                    content = piece.strip(margin)
                    if (not content or content[:1] == b"#") and len(raw) < most_blank:
                        continue
                yield raw, begin, before, index
            too_long = not self.ended
            if self.ended:
                raw, begin, before, index = b"", end, self.lines, index + 1

    def _pieces(self) -> Iterator[bytes]:
        """The lines; of those that are too long, pieces."""
        update, readline = self.digest.update, self._file.readline
        while piece := readline(min(self._longest, self._left)):
            self._left -= len(piece)
            update(piece)
            yield piece

    def _names(self, raw: bytes) -> tuple[str | None, Sequence[str]]:
        """(the `jti` of a record's task, its parents), by reading it in full."""
        reading = None
        for record in lines.read(io.BytesIO(raw), Source(name="")):
            content = unwrap(record.body, self._depth)
            if content.compact is not None:
                reading = self._reader.read(content.compact)
            elif content.claims is not None:
                reading = read_unsigned_claims(content.claims, ())
        if reading is None or reading.token is None:
            return None, ()
        return reading.token.jti, reading.token.parents


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


def _names(raw: bytes) -> tuple[str | None, Sequence[str]] | None:
    """What `_Scan._names` gives, at a tenth of the cost; `None` where more care is needed."""
    try:
        text = raw
        if raw[0] == _OBJECT:
            entry: Any = _read_entry(raw)
            text = (entry.ect or next(filter(None, map(entry.__getattribute__, _OTHERS)))).encode()
        claims = _read_claims(decode_base64url(text.split(b".", 2)[1]))
    except (StopIteration, IndexError, UnicodeError, EncodingError, msgspec.DecodeError):
        return None
    return claims.jti, claims.par + claims.pred
