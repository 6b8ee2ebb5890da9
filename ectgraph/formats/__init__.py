"""Containers -> records, one file each; which one it is, is found by looking at the bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO, Literal

from ectgraph.encoding import EncodingError, read_json
from ectgraph.formats import document, lines
from ectgraph.formats.entry import TOKEN_MEMBERS
from ectgraph.model import Record

Format = Literal["jws", "jsonl", "json"]

READERS: dict[Format, Callable[[BinaryIO, str, int], Iterator[Record]]] = {
    "jws": lines.read,
    "jsonl": lines.read,
    "json": document.read,
}

HEAD = 1 << 16
"""Bytes of a source that `detect` wants to see."""


def detect(head: bytes) -> Format:
    """Tell the format from the first bytes of a source.

    The one hard case is an object: it may be the first of many lines or the whole document. It is a
    document when its first line is broken off where a pretty-printer breaks lines, or when it holds
    an array of entries and no token.

    >>> detect(b"eyJhbGciOi"), detect(b'{"ect":"eyJhbGciOi"}'), detect(b'{"entries": [')
    ('jws', 'jsonl', 'json')
    """
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    commented = text.startswith(b"#")  # only line formats have comments
    while text.startswith(b"#"):
        text = text.partition(b"\n")[2].lstrip()
    if text[:1] not in (b"[", b"{", b'"'):
        return "jws"
    if not commented and (text.startswith(b"[") or _is_document(text)):
        return "json"
    return "jsonl"


def _is_document(text: bytes) -> bool:
    """Whether text that begins with an object (or a string) is one document."""
    first, newline, _ = text.partition(b"\n")
    try:
        value, _ = read_json(first, max_depth=1000)
    except EncodingError:
        return first.rstrip()[-1:] in b"{[,:" if newline else _opens_array(first)
    if not isinstance(value, dict) or any(isinstance(value.get(m), str) for m in TOKEN_MEMBERS):
        return False
    return any(isinstance(value.get(member), list) for member in document.CONTAINERS)


def _opens_array(line: bytes) -> bool:
    """Whether a line that goes on beyond the head begins a document's array of entries."""
    compact = line[:200].replace(b" ", b"")
    return any(b'"%s":[' % name.encode() in compact for name in document.CONTAINERS)
