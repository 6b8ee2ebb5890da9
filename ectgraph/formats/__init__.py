"""Containers -> records, one file each; which one it is, is found by looking at the bytes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import BinaryIO, Literal

from ectgraph.encoding import EncodingError, read_json
from ectgraph.formats import document, har, lines, parquet, sqlite
from ectgraph.formats.entry import TOKEN_MEMBERS
from ectgraph.formats.source import Source
from ectgraph.model import Record

Format = Literal["jws", "jsonl", "json", "har", "sqlite", "parquet"]

READERS: dict[Format, Callable[[BinaryIO, Source], Iterator[Record]]] = {
    "jws": lines.read,
    "jsonl": lines.read,
    "json": document.read,
    "har": har.read,
    "sqlite": sqlite.read,
    "parquet": parquet.read,
}

LINES = frozenset[Format]({"jws", "jsonl"})
"""Formats whose records, one after the other, are the file; so they grow at the end."""

_MAGIC: dict[Format, bytes] = {"sqlite": b"SQLite format 3\0", "parquet": b"PAR1"}
_CAPTURE = re.compile(rb'\{\s*"log"\s*:\s*\{')
_SKIPPED = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:#[^\n]*\n?\s*)*")

HEAD = 1 << 20
"""Bytes of a source that `detect` wants to see: more than one record may have."""


def detect(head: bytes) -> Format:
    r"""Tell the format from the first bytes of a source.

    The one hard case is an object: it may be the first of many lines or the whole document. It is a
    document when it holds an array of entries and no token, or goes on over several lines.

    >>> detect(b"eyJhbGciOi"), detect(b'{"ect":"eyJhbGciOi"}'), detect(b'{"entries": [')
    ('jws', 'jsonl', 'json')
    >>> detect(b'{"log": {"version": "1.2",'), detect(b"SQLite format 3\0"), detect(b"PAR1")
    ('har', 'sqlite', 'parquet')
    """
    for format_, magic in _MAGIC.items():
        if head.startswith(magic):
            return format_
    start = _SKIPPED.match(head)
    text = head[start.end() :] if start else head
    commented = start is not None and b"#" in start[0]  # only line formats have comments
    if text[:1] not in (b"[", b"{", b'"'):
        return "jws"
    if commented:
        return "jsonl"
    return "json" if text.startswith(b"[") else _of_object(text)


def _of_object(text: bytes) -> Format:
    """The format of text that begins with an object (or a string)."""
    is_capture = _CAPTURE.match(text) is not None
    try:
        value, _ = read_json(text.partition(b"\n")[0], max_depth=1000)
    except EncodingError:
        # Broken off: by a pretty-printer, by the end of the head, or because it was damaged.
        return "har" if is_capture else "json" if document.is_document(text) else "jsonl"
    if not isinstance(value, dict) or any(isinstance(value.get(m), str) for m in TOKEN_MEMBERS):
        return "jsonl"
    if is_capture:
        return "har"
    holds = any(isinstance(value.get(member), list) for member in document.CONTAINERS)
    return "json" if holds else "jsonl"
