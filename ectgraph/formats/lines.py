r"""Line formats, `jws` and `jsonl`: one record a line.

Bytes are split at `\n` alone (never with `str.splitlines`, which also splits inside JSON strings).
Blank lines and `#` lines belong to the record after them, those at the end to the last one, so the
raw bytes of all records, joined, are the file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from ectgraph.model import Record

HEAD = 4096
"""Bytes kept of a line that is too long to be read."""

_CHUNK = 1 << 20
_BOM = b"\xef\xbb\xbf"
_MARGIN = b" \t\r\n"


class _Held(NamedTuple):
    """The record read last, held back until it is known what follows it."""

    line: int
    length: int
    digest: hashlib._Hash
    before: int
    after: int
    raw: bytes

    def record(self, source: str, offset: int, index: int) -> Record:
        line, length, digest, before, after, raw = self
        return Record(source, line, offset, length, index, digest.digest(), before, after, raw)

    def followed_by(self, blank: bytes) -> _Held:
        """Take in the blank lines at the end of the file."""
        self.digest.update(blank)
        raw = self.raw + blank if len(self.raw) == self.length else self.raw
        more = len(blank)
        return self._replace(length=self.length + more, after=self.after + more, raw=raw)


def read(file: BinaryIO, source: str, max_record_bytes: int) -> Iterator[Record]:
    r"""Yield the records of a line format, in order; memory stays bounded whatever the lines are.

    >>> import io
    >>> [(r.line, r.body) for r in read(io.BytesIO(b"# two tokens\na.b.c\n\nd.e.f"), "-", 99)]
    [(2, b'a.b.c'), (4, b'd.e.f')]
    """
    limit = max_record_bytes + 1
    held: _Held | None = None
    blank = b""  # blank and comment lines before the next record
    offset = index = number = 0
    for line in iter(lambda: file.readline(limit), b""):
        number += 1
        text = line.removeprefix(_BOM) if number == 1 else line
        content = text.strip(_MARGIN)
        whole = len(line) < limit or line.endswith(b"\n")
        nothing = whole and (not content or content.startswith(b"#"))
        if nothing and len(blank) < _CHUNK:  # a megabyte of nothing is a record, and told as such
            blank += line
            continue
        if held is not None:
            yield held.record(source, offset, index)
            offset += held.length
            index += 1
        raw = blank + line if blank else line
        digest = hashlib.sha256(raw)
        before = len(raw) - len(text.lstrip(_MARGIN))
        if whole:
            after = len(raw) - before - len(content)
            held = _Held(number, len(raw), digest, before, after, raw)
        else:
            length = len(raw) + _skip_line(file, digest)
            held = _Held(number, length, digest, before, 0, raw[:HEAD])
        blank = b""
    if held is not None:
        if blank:
            held = held.followed_by(blank)
        yield held.record(source, offset, index)


def _skip_line(file: BinaryIO, digest: hashlib._Hash) -> int:
    """Read to the end of a line without keeping it; give the number of bytes."""
    length = 0
    for chunk in iter(lambda: file.readline(_CHUNK), b""):
        digest.update(chunk)
        length += len(chunk)
        if chunk.endswith(b"\n"):
            break
    return length
