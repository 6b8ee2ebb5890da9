"""A JSON text, in a stream -> pieces of it: whatever lies between two separators, sound or not.

Below `document`, which knows what a piece is good for. Nothing is parsed here: a piece goes on to
the next separator at its own bracket level, outside of strings. So whatever is damaged inside one
piece, the next begins where it should; nothing nests too deep or is too long, and no byte is looked
at more than twice. What lacks a quote or a bracket may take the rest of the document with it.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import BinaryIO, NamedTuple, TypeAlias

import msgspec

from ectgraph.formats.lines import HEAD

CHUNK = 1 << 18
"""Bytes of the file that are in memory at a time."""

TOKEN = re.compile(rb"\.eyJ(?<=[\w-]{16}\.eyJ)")
"""Where in a text there may be a compact JWS: before its payload. Found in linear time."""
_OVERLAP = 19  # bytes of such a place that may lie in the window before

_BOM = b"\xef\xbb\xbf"
_SPACES = b" \t\r\n"
_SPACE = re.compile(rb"[ \t\r\n]*+")
_OPENING = b"[{"
_QUOTE = ord('"')
_BACKSLASH = ord("\\")
_CLOSED = b']}"'  # a piece that ends in anything else may have been meant to go on

_State: TypeAlias = tuple[int, bool]  # brackets still open, whether it is in a string
_PLAIN: _State = (0, False)


class Level(NamedTuple):
    """A place in the grammar of JSON, told by what ends a piece there."""

    ends: bytes
    """The separators."""
    before: re.Pattern[bytes]
    """What lies before the next byte that may be one, or that begins something nested."""


def _before(stops: bytes) -> re.Pattern[bytes]:
    """Everything before a bracket or one of `stops`, strings included if that is easily told.

    A string that ends in a backslash and a quote, or not in this window, is left to `_STRING`:
    telling whether the backslash is escaped itself would cost all strings three times as much. The
    groups are not possessive, for Python before 3.11.5 takes such groups for longer than they are.
    """
    plain = rb'[^][{}"%b]*+' % stops
    return re.compile(plain + rb'(?:"[^"]*+(?<!\\)"' + plain + rb")*")


_NESTED = _before(b"")
_STRING = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*', re.DOTALL)

ELEMENT = Level(b",]", _before(b","))
"""An element of an array."""
NAME = Level(b":,}", _before(b":,"))
"""The name of a member, or what stands in the place of one."""
VALUE = Level(b",}", _before(b","))
"""The value of a member."""
INSIDE = Level(b"]}", _NESTED)
"""What an array or an object holds, after its bracket."""
TEXT = Level(b'"', _STRING)
"""What a string holds, after its quote."""
REST = Level(b"", _NESTED)
"""All that is left."""


class Element(msgspec.Struct, frozen=True, gc=False):
    """A piece of a document and its place, without the white space around it."""

    offset: int
    """Where it begins, in bytes from 0."""
    line: int
    """The line of its first byte, counted from 1."""
    length: int
    """How many bytes it has; may be 0."""
    digest: bytes
    """SHA-256 of all its bytes."""
    raw: bytes
    """Its bytes; of a piece that is too long, its head."""
    torn: bool = False
    """Whether the document ends inside it."""

    @property
    def whole(self) -> bool:
        """Whether `raw` is all of it."""
        return len(self.raw) == self.length


class Cutter:
    """Cuts a document into pieces, in one pass over its file.

    >>> import io
    >>> cutter = Cutter(io.BytesIO(b'{"ect": tru} , [}, 5]'), keep=100)
    >>> cutter.cut(ELEMENT).raw, cutter.cut(ELEMENT).raw, cutter.cut(ELEMENT).raw, cutter.end
    (b'{"ect": tru}', b'[}', b'5', b']')
    """

    def __init__(self, file: BinaryIO, keep: int) -> None:
        """Of pieces longer than `keep` bytes only the head is kept."""
        self.end = b""
        """The separator after the last piece, already taken; empty at the end of the file."""
        self.found = False
        """Whether what was sought is in the last piece."""
        self._file = file
        self._keep = keep
        self._window = file.read(CHUNK)
        while len(self._window) < len(_BOM) and (more := file.read(CHUNK)):
            self._window += more
        self._position = len(_BOM) if self._window.startswith(_BOM) else 0
        self._passed = 0  # bytes before the window
        self._line, self._counted = 1, 0  # the line number at a position in the window
        self._marked: _Growing | None = None
        self._mark = 0  # where in the window the marked piece begins or goes on

    @property
    def offset(self) -> int:
        """Where the next byte is, in bytes from 0."""
        return self._passed + self._position

    def peek(self) -> bytes:
        """The next byte that is no white space, not taken yet; empty at the end of the file."""
        while True:
            if match := _SPACE.match(self._window, self._position):
                self._position = match.end()
            if self._position < len(self._window):
                return self._window[self._position : self._position + 1]
            if not self._refill():
                return b""

    def take(self) -> None:
        """Take the byte that `peek` gave."""
        self._position += 1

    def cut(self, level: Level, sought: re.Pattern[bytes] | None = None) -> Element:
        """Take the next piece, and the separator after it, which is then in `end`.

        Whether it holds what is sought (`TOKEN`, or nothing) is then in `found`.
        """
        self.peek()
        offset, line, start = self.offset, self._line_here(), self._position
        state = _PLAIN
        growing: _Growing | None = None
        while True:
            stop, state = _scan(self._window, self._position, level, state)
            self._position = stop
            if stop < len(self._window):
                break
            growing = growing or _Growing(offset, line, self._keep, sought)
            growing.add(self._window[start:])
            start = 0
            if not self._refill():
                self.end, self.found = b"", growing.found
                open_ended = level is not REST and growing.open_ended
                return growing.element(torn=state != _PLAIN or open_ended)
        self.end = self._window[stop : stop + 1]
        self._position = stop + 1
        if growing is not None:
            growing.add(self._window[start:stop])
            self.found = growing.found
            return growing.element()
        self.found = sought is not None and sought.search(self._window, start, stop) is not None
        raw = self._window[start:stop].rstrip(_SPACES)
        kept = raw if len(raw) <= self._keep else raw[:HEAD]
        return Element(offset, line, len(raw), sha256(raw).digest(), kept)

    def mark(self) -> None:
        """Remember this place, for a piece that holds those cut from here on."""
        self._marked = _Growing(self.offset, self._line_here(), self._keep)
        self._mark = self._position

    @property
    def marked(self) -> bool:
        """Whether a place is remembered."""
        return self._marked is not None

    def since_mark(self, *, torn: bool = False) -> Element | None:
        """The piece from the mark to here, and forget the mark; `None` where there is none."""
        growing, self._marked = self._marked, None
        if growing is None:
            return None
        growing.add(self._window[self._mark : self._position])
        return growing.element(torn=torn)

    def _line_here(self) -> int:
        self._line += self._window.count(b"\n", self._counted, self._position)
        self._counted = self._position
        return self._line

    def _refill(self) -> bool:
        """Put the next bytes of the file in the window; tell whether there are any."""
        size = len(self._window)
        if size == 0:
            return False
        if self._marked is not None:
            self._marked.add(self._window[self._mark :])
            self._mark = 0
        self._line += self._window.count(b"\n", self._counted)
        self._counted = 0
        self._passed += size
        self._window = self._file.read(CHUNK)
        # After a backslash that came last, the position is one too far: on what it escapes.
        self._position = self._position - size if self._window else 0
        return bool(self._window)


def _scan(window: bytes, position: int, level: Level, state: _State) -> tuple[int, _State]:
    """Go on in a piece to its end; (position, state), outside of the window if it is not there.

    Brackets are only counted, their sort is not looked at: one of the wrong sort damages the piece
    that it is in and no other.
    """
    depth, quoted = state
    while position < len(window):
        before = _STRING if quoted else _NESTED if depth else level.before
        if match := before.match(window, position):
            position = match.end()
        if position == len(window):
            break
        byte = window[position]
        if depth == 0 and not quoted and byte in level.ends:
            break
        if byte == _QUOTE:
            quoted = not quoted
        elif byte == _BACKSLASH:  # the last byte of the window, in a string
            position += 1
        elif byte in _OPENING:
            depth += 1
        elif depth:
            depth -= 1
        position += 1
    return position, (depth, quoted)


class _Growing:
    """A piece that goes on from window to window; digested, and kept as long as it is not long."""

    def __init__(
        self, offset: int, line: int, keep: int, sought: re.Pattern[bytes] | None = None
    ) -> None:
        self.found = False
        self._sought = sought
        self._before = b""
        self._offset, self._line, self._keep = offset, line, keep
        self._kept = bytearray()
        self._seen = 0
        self._digest = sha256()
        # The same without the white space at the end, for as long as nothing follows it.
        self._length = 0
        self._solid = self._digest.copy()
        self._last = b""

    def add(self, data: bytes) -> None:
        """Let it go on with these bytes."""
        solid = data.rstrip(_SPACES)
        if solid:
            self._digest.update(solid)
            self._solid = self._digest.copy()
            self._length = self._seen + len(solid)
            self._last = solid[-1:]
        self._digest.update(data[len(solid) :])
        self._seen += len(data)
        room = max(self._keep, HEAD) - len(self._kept)
        self._kept += data[:room] if room > 0 else b""
        if self._sought is not None and not self.found:
            text = self._before + data
            self.found = self._sought.search(text) is not None
            self._before = text[-_OVERLAP:]

    @property
    def open_ended(self) -> bool:
        """Whether it might go on: a number does not say where it ends."""
        return self._last not in _CLOSED

    def element(self, *, torn: bool = False) -> Element:
        """The piece, without the white space at its end."""
        kept = self._length if self._length <= self._keep else HEAD
        raw = bytes(self._kept[: min(kept, self._length)])
        return Element(self._offset, self._line, self._length, self._solid.digest(), raw, torn)
