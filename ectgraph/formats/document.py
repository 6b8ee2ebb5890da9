"""The `json` format: one document; each element of its array of entries is a record.

Elements are cut out one after the other with the standard library's decoder, over a text with one
character a byte, so positions are byte offsets. Where the document breaks off, everything read so
far stays, and the rest is one record that nobody can read.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Generator, Iterator
from typing import BinaryIO

from ectgraph.formats.lines import HEAD
from ectgraph.formats.source import Source
from ectgraph.model import Record

CONTAINERS = ("entries", "ledger", "ects", "tokens")
"""Members of a document that may hold the array of entries."""

_SPACES = " \t\r\n"
_SPACE = re.compile(f"[{_SPACES}]*")
_scan = json.JSONDecoder().raw_decode


def read(file: BinaryIO, source: Source) -> Iterator[Record]:
    r"""Yield the records of a JSON document, in order.

    An object without an array of entries is itself the one record.

    >>> import io
    >>> document = io.BytesIO(b'{"entries": ["a.b.c",\n "d.e.f"]}')
    >>> [(r.line, r.offset, r.body) for r in read(document, Source(name="-"))]
    [(1, 13, b'"a.b.c"'), (2, 23, b'"d.e.f"')]
    """
    data = file.read()
    text = data.decode("latin-1").removeprefix("\xef\xbb\xbf")
    bom = len(data) - len(text)
    line, counted = 1, 0
    for index, (start, stop) in enumerate(_spans(text)):
        raw = data[start + bom : stop + bom]
        line += text.count("\n", counted, start)
        counted = start
        digest = hashlib.sha256(raw).digest()
        kept = raw if len(raw) <= source.max_record_bytes else raw[:HEAD]
        yield Record(source.name, line, start + bom, len(raw), index, digest, 0, 0, kept)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Where the records of a document begin and end."""
    begin, end = _skip(text, 0), len(text.rstrip(_SPACES))
    if begin >= end:
        return
    if text[begin] == "[":
        begins, stop = [begin], begin
    else:
        begins, stop = arrays(text, begin)
    if not begins:
        yield begin, end
        return
    for position in begins:
        stop = max(stop, (yield from _elements(text, position, end)))
    stop = _skip(text, stop)
    if stop < end:  # bytes after the document, or a member that breaks off: no reader, no silence
        yield stop, end


def arrays(text: str, position: int) -> tuple[list[int], int]:
    """Where the arrays of entries of an object begin, and where the object ends or breaks off.

    Args:
        text: the document, one character a byte.
        position: where its object begins.

    """
    begins: list[int] = []
    position = _skip(text, position + 1)
    try:
        while text[position : position + 1] == '"':
            name, after = _scan(text, position)
            colon = _skip(text, after)
            if text[colon : colon + 1] != ":":
                break
            value = _skip(text, colon + 1)
            if name in CONTAINERS and text[value : value + 1] == "[":
                begins.append(value)
            position = _skip(text, _scan(text, value)[1])
            if text[position : position + 1] != ",":
                break
            position = _skip(text, position + 1)
    except (ValueError, RecursionError):
        return begins, position
    return begins, position + (text[position : position + 1] == "}")


def _elements(text: str, position: int, end: int) -> Generator[tuple[int, int], None, int]:
    """Where the elements of an array begin and end; returns where the array ends.

    What cannot be cut into elements any more is the last one, up to `end`.
    """
    position = _skip(text, position + 1)
    while text[position : position + 1] != "]":
        try:
            _, stop = _scan(text, position)
        except (ValueError, RecursionError):
            if position < end:
                yield position, end
            return end
        yield position, stop
        position = _skip(text, stop)
        if text[position : position + 1] == ",":
            position = _skip(text, position + 1)
        elif text[position : position + 1] != "]":
            if position < end:
                yield position, end
            return end
    return position + 1


def _skip(text: str, position: int) -> int:
    """The position after the white space at `position`."""
    match = _SPACE.match(text, position)
    return match.end() if match else position
