r"""Line formats, `jws` and `jsonl`: one record a line.

Bytes are split at `\n` alone (never with `str.splitlines`, which also splits inside JSON strings).
Blank lines and `#` lines belong to the record after them, those at the end to the last one, so the
raw bytes of all records, joined, are the file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from hashlib import sha256
from typing import BinaryIO

from msgspec.structs import replace

from ectgraph.formats.source import Source
from ectgraph.model import Record

HEAD = 4096
"""Bytes kept of a line that is too long to be read."""

MARGIN = b" \t\r\n"
"""White space around a record."""
MARGIN_BYTES = 64
"""Room for white space around a record of the largest size."""
MOST_BLANK = 1 << 20
"""Bytes of blank lines and comments that are taken in by the record after them."""

_CHUNK = 1 << 20
_BOM = b"\xef\xbb\xbf"


def read(file: BinaryIO, source: Source) -> Iterator[Record]:
    r"""Yield the records of a line format, in order; memory stays bounded whatever the lines are.

    >>> import io
    >>> file = io.BytesIO(b"# two tokens\na.b.c\n\nd.e.f")
    >>> [(r.line, r.body) for r in read(file, Source(name="-"))]
    [(2, b'a.b.c'), (4, b'd.e.f')]
    """
    limit = source.max_record_bytes + MARGIN_BYTES
    held: Record | None = None  # the last record, until it is known what follows it
    digest = sha256()
    blank = bytearray()  # blank and comment lines before the next record
    offset, number, index = source.offset, source.line, source.index
    for line in iter(lambda: file.readline(limit), b""):
        number += 1
        text = line.removeprefix(_BOM) if number == 1 and not source.offset else line
        content = text.strip(MARGIN)
        whole = len(line) < limit or line.endswith(b"\n")
        nothing = whole and (not content or content.startswith(b"#"))
        if (
            nothing and len(blank) < MOST_BLANK
        ):  # a megabyte of nothing is a record, and told as such
            blank += line
            continue
        if held is not None:
            yield held
        raw = bytes(blank) + line if blank else line
        digest = sha256(raw)
        before, length = len(raw) - len(text.lstrip(MARGIN)), len(raw)
        after = length - before - len(content)
        if not whole:  # its margin may go on for ever, so all of it counts as content
            before, after = len(blank), 0
            length, raw = length + _skip_line(file, digest), raw[: before + HEAD]
        held = Record(
            source.name, number, offset, length, index, digest.digest(), before, after, raw
        )
        offset += length
        index += 1
        blank.clear()
    if held is not None and blank:
        yield _followed_by(held, bytes(blank), digest)
    elif held is not None:
        # A file of one line without its end is common; where other lines have one, it was cut off.
        torn = held.index > 0 and held.whole and not held.raw.endswith(b"\n")
        yield replace(held, torn=True) if torn else held


def _followed_by(last: Record, blank: bytes, digest: hashlib._Hash) -> Record:
    """Let the last record take in the blank lines at the end of the file."""
    digest.update(blank)
    kept = last.kept or b""
    return replace(
        last,
        length=last.length + len(blank),
        digest=digest.digest(),
        after=last.after + len(blank),
        kept=kept + blank if len(kept) == last.length else kept,
    )


def _skip_line(file: BinaryIO, digest: hashlib._Hash) -> int:
    """Read to the end of a line without keeping it; give the number of bytes."""
    length = 0
    for chunk in iter(lambda: file.readline(_CHUNK), b""):
        digest.update(chunk)
        length += len(chunk)
        if chunk.endswith(b"\n"):
            break
    return length
