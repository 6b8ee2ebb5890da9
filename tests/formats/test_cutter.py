"""Cutting a JSON text into pieces: the same in every window, memory bounded, each byte once."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import time
import tracemalloc
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ectgraph.formats import cutter
from ectgraph.formats.cutter import (
    ELEMENT,
    INSIDE,
    NAME,
    REST,
    TEXT,
    TOKEN,
    VALUE,
    Cutter,
    Element,
    Level,
)
from ectgraph.formats.lines import HEAD

LEVELS = [ELEMENT, NAME, VALUE, INSIDE, REST]
BOM = b"\xef\xbb\xbf"
SPACES = b" \t\r\n"
MIB = 1 << 20


class Piece(NamedTuple):
    offset: int
    raw: bytes
    end: bytes
    torn: bool


def oracle(data: bytes, level: Level) -> list[Piece]:
    """The pieces of a text, found in the plainest way: byte by byte, with all of it in memory."""
    pieces: list[Piece] = []
    start = len(BOM) * data.startswith(BOM)
    depth, quoted, escaped = 0, False, False
    for position in range(start, len(data) + 1):
        byte = data[position : position + 1]
        if byte == b"" or (depth == 0 and not quoted and byte in level.ends):
            raw = data[start:position].strip(SPACES)
            offset = position - len(data[start:position].lstrip(SPACES))
            open_ended = level is not REST and raw[-1:] not in (b'"', b"]", b"}", b"")
            torn = byte == b"" and (depth > 0 or quoted or open_ended)
            pieces.append(Piece(offset, raw, byte, torn))
            start = position + 1
        elif escaped:
            escaped = False
        elif quoted:
            quoted, escaped = byte != b'"', byte == b"\\"
        elif byte == b'"':
            quoted = True
        elif byte in b"[{":
            depth += 1
        elif byte in b"]}" and depth > 0:
            depth -= 1
    return pieces


def cut_all(cut: Cutter, level: Level) -> Iterator[tuple[Element, bytes]]:
    """(piece, separator after it) up to the end of the file."""
    while True:
        yield cut.cut(level), cut.end
        if cut.end == b"":
            return


class Trickle(io.RawIOBase):
    """A file that gives less at a time than was asked for, and cannot be read twice."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        self._data, self._sizes = io.BytesIO(data), itertools.cycle(sizes)
        self.ended = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        data = self._data.read(min(len(buffer), next(self._sizes)))
        buffer[: len(data)] = data
        self.ended += not data
        return len(data)


SOUP = st.lists(
    st.sampled_from(
        [
            *(bytes([c]) for c in b'""\\[]{},: \n\rax'),
            b'"x"',
            b'\\"',
            b"\\\\",
            b'"\\\\"',
            b"\xc3\xa9",
        ]
    ),
    max_size=30,
).map(b"".join)


@given(SOUP | st.binary(max_size=20), st.sampled_from(LEVELS), st.booleans())
@example(b'"\\\\",1', ELEMENT, False)
@example(b'\\",",1', ELEMENT, False)
@example(b"1" + b" " * 9 + b"2 ,3", ELEMENT, True)
def test_pieces_are_what_the_plainest_reading_finds_in_every_window(text, level, with_bom):
    data = BOM * with_bom + text
    expected = oracle(data, level)
    for size in range(1, 51):
        file = Trickle(data, [size])
        cut = Cutter(file, MIB)
        pieces = list(cut_all(cut, level))
        assert (cut.offset, cut.peek()) == (len(data), b"")
        assert file.ended <= 1 + (len(data) < len(BOM))  # at a terminal it may go on after its end
        assert [Piece(e.offset, e.raw, end, e.torn) for e, end in pieces] == expected
        for element, _ in pieces:
            assert element.whole
            assert element.length == len(element.raw)
            assert element.digest == hashlib.sha256(element.raw).digest()
            assert element.line == 1 + data[: element.offset].count(b"\n")


@given(SOUP, st.lists(st.integers(1, 9), min_size=1, max_size=4))
def test_a_piece_may_hold_those_that_are_cut_from_a_mark_on(text, sizes):
    data = b" x, " + text
    cut = Cutter(Trickle(data, sizes), MIB)
    cut.cut(ELEMENT)
    assert not cut.marked
    assert cut.since_mark() is None
    cut.peek()
    begin, line = cut.offset, 1 + data[: cut.offset].count(b"\n")
    cut.mark()
    cut.cut(ELEMENT)
    cut.peek()
    assert cut.marked
    marked = cut.since_mark(torn=True)
    raw = data[begin : cut.offset].rstrip(SPACES)
    digest = hashlib.sha256(raw).digest()
    assert marked == Element(begin, line, len(raw), digest, raw, torn=True)
    assert not cut.marked


@given(st.text(max_size=20).map(json.dumps), st.integers(1, 9))
def test_what_a_string_holds_ends_at_its_quote(text, size):
    cut = Cutter(Trickle(text.encode() + b", 1", [size]), MIB)
    cut.take()
    content = cut.cut(TEXT)
    assert (content.raw, cut.end) == (text[1:-1].strip(" ").encode(), b'"')
    assert cut.peek() == b","


@pytest.mark.parametrize("length", [HEAD - 1, HEAD, HEAD + 1, 9000])
@pytest.mark.parametrize("keep", [0, HEAD, HEAD + 1, 8999, 9000])
@pytest.mark.parametrize("size", [777, MIB])
@pytest.mark.parametrize("space", [b"", b" " * 10_000])
def test_of_a_piece_that_is_too_long_the_head_is_kept(length, keep, size, space):
    raw = bytes(itertools.islice(itertools.cycle(range(ord("a"), ord("z"))), length))
    cut = Cutter(Trickle(space + raw + space + b", 1", [size]), keep)
    piece = cut.cut(ELEMENT)
    assert piece.raw == (raw if length <= keep else raw[:HEAD])
    assert piece.whole == (length <= max(keep, HEAD))
    assert (piece.offset, piece.length) == (len(space), length)
    assert piece.digest == hashlib.sha256(raw).digest()
    assert cut.cut(ELEMENT).raw == b"1"


class Endless(io.RawIOBase):
    """A file that begins with some bytes and goes on with the same ones for very long."""

    def __init__(self, begin: bytes, again: bytes, length: int) -> None:
        self._begin, self._again, self._left = begin, again * (MIB // len(again)), length
        self.reads = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        self.reads += 1
        if self._begin:
            data, self._begin = self._begin, b""
            return data
        data = self._again[: min(size, self._left)]
        self._left -= len(data)
        return data


@pytest.mark.parametrize("begin", [b"", b'"', b'{"a":"', b"[" * 5000], ids=len)
@pytest.mark.parametrize("again", [b"x", b" ", b'\\"', b"\\\\", b'"",'], ids=repr)
def test_memory_is_bounded_and_each_byte_read_once_however_long_a_piece_is(begin, again):
    file = Endless(begin, again, 16 * MIB)
    tracemalloc.start()
    cut = Cutter(file, MIB)
    cut.mark()
    try:
        cut.cut(INSIDE)
        whole = cut.since_mark()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert cut.offset == len(begin) + 16 * MIB
    assert whole.length <= cut.offset
    assert len(whole.raw) <= MIB
    assert peak < 12 * MIB
    assert file.reads <= 16 * MIB // cutter.CHUNK + 3


@pytest.mark.parametrize(
    "text",
    [
        b'"' * 300_001,
        b'\\"' * 200_000,
        b"[" * 200_000,
        b"[]{}" * 50_000,
        b'"\\\\"' * 90_000,
        b'["\n' * 90_000,
    ],
    ids=lambda text: repr(text[:6]),
)
@pytest.mark.parametrize("size", [100, 10_000, MIB])
def test_the_work_grows_with_the_bytes(monkeypatch, text, size):
    """No byte is gone over again: neither when a window ends, nor when a string does not."""
    went = calls = 0
    scan = cutter._scan

    def counted(window, position, level, state):
        nonlocal went, calls
        stop, state = scan(window, position, level, state)
        went, calls = went + stop - position, calls + 1
        return stop, state

    monkeypatch.setattr(cutter, "_scan", counted)
    cut = Cutter(Trickle(text, [size]), 0)
    pieces = sum(1 for _ in cut_all(cut, REST))
    assert pieces == 1
    assert went <= len(text) + calls
    assert calls <= len(text) // min(size, cutter.CHUNK) + 2


# --- tokens

JWS = b"eyJhbGciOiJFUzI1NiJ9.eyJqdGkiOiJ0In0.c2ln"


@pytest.mark.parametrize("chunk", range(1, 70))
def test_a_token_is_found_in_any_windows(chunk, monkeypatch):
    monkeypatch.setattr(cutter, "CHUNK", chunk)
    cut = Cutter(io.BytesIO(b'["' + JWS + b'"], 7, "' + JWS + b'", ["' + JWS), keep=10)
    found = []
    for sought in (TOKEN, TOKEN, None, TOKEN):
        cut.cut(ELEMENT, sought)
        found.append(cut.found)
    assert found == [True, False, False, True]


@pytest.mark.parametrize("text", [b"eyJ", b"eyJ.eyJ", JWS[6:], b".eyJ", b"a b.c.eyJ", b"eyJ" * 99])
def test_what_is_not_so_long_as_a_header_is_no_token(text):
    assert TOKEN.search(text) is None


@pytest.mark.parametrize("text", [b"eyJ", b".eyJ", b"x"])
def test_tokens_are_sought_in_linear_time(text):
    begin = time.process_time()
    assert TOKEN.search(text * 300_000) is None
    assert time.process_time() - begin < 5
