"""The `json` format: one document; each element of its array of entries is a record.

`cutter` finds the pieces of the document, this file says what each of them is. A document is read
in a stream and need not be sound: a damaged element is one record, its neighbours are theirs. What
has no place in a document (bytes after its end, something between two members) is a record as well,
and told; the names and values of other members are none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import BinaryIO

import msgspec
from msgspec.structs import replace

from ectgraph.encoding import lookalikes
from ectgraph.escape import terminal
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
)
from ectgraph.formats.entry import CONTAINERS, TOKEN_MEMBERS
from ectgraph.formats.source import Source
from ectgraph.model import Record

__all__ = ("CONTAINERS", "elements", "is_document", "read")

_PASSED = 5  # members that were passed over and are named
_CONTENT = {b"[": INSIDE, b"{": INSIDE, b'"': TEXT}
_BEGINS = b'[{"'
_read_name = msgspec.json.Decoder(str).decode
_check_value = msgspec.json.Decoder(msgspec.Raw).decode


def read(file: BinaryIO, source: Source) -> Iterator[Record]:
    r"""Yield the records of a JSON document, in order; memory stays bounded whatever it holds.

    They are the elements of the array that is the document, or of the arrays of entries among its
    members. An object without such an array is itself the one record.

    >>> import io
    >>> document = io.BytesIO(b'{"entries": ["a.b.c",\n tru, "d.e.f"]}')
    >>> [(r.line, r.offset, r.body) for r in read(document, Source(name="-"))]
    [(1, 13, b'"a.b.c"'), (2, 23, b'tru'), (2, 28, b'"d.e.f"')]
    """
    document = _Document(Cutter(file, source.max_record_bytes))
    for index, e in enumerate(document.entries()):
        yield Record(
            source.name, e.line, e.offset, e.length, index, e.digest, 0, 0, e.raw, torn=e.torn
        )
    document.tell(source)


def elements(
    file: BinaryIO, source: Source, path: Sequence[str], keep: int | None = None
) -> Iterator[Element]:
    """Yield the elements of the array at a path of member names, in order, in a stream.

    What has no place in a document comes among them, and is told: nothing that may be an element is
    passed over.

    Args:
        file: the document.
        source: told what is wrong with the document as a whole, also that an element is torn.
        path: names of members, from the top of the document down to the array.
        keep: size above which only the head of an element is kept; `source.max_record_bytes`
            without it.

    >>> import io
    >>> document = io.BytesIO(b'{"log": {"version": "1.2", "entries": [{"request": 1}, 2]}}')
    >>> [e.raw for e in elements(document, Source(name="-"), ("log", "entries"))]
    [b'{"request": 1}', b'2']

    """
    document = _Document(Cutter(file, source.max_record_bytes if keep is None else keep))
    for element in document.at([(name,) for name in path]):
        if element.torn:
            source.tell(
                "torn-tail", f"the document ends inside an element, at byte {element.offset}"
            )
        yield element
    document.tell(source)


def is_document(head: bytes) -> bool:
    r"""Whether text looks like an object that is a document, and not like lines.

    It does when it holds an array of entries and is sound up to there, or ends with the object.

    Args:
        head: the first bytes of a source.

    >>> is_document(b'{"n": 1, "entries": ['), is_document(b'{"n": 1}\n{"n": 2}')
    (True, False)
    """
    cutter = Cutter(BytesIO(head), len(head))
    document = _Document(cutter)
    if cutter.peek() != b"{":
        return False
    for member in document.members():
        if document.odd:
            break
        if member in CONTAINERS and cutter.peek() == b"[":
            return True
    return not (document.odd or document.torn or cutter.peek())


class _Document:
    """One document, while it is cut, and what was odd about it."""

    def __init__(self, cutter: Cutter) -> None:
        self.odd: dict[tuple[str, str], list[int]] = {}
        """(kind of problem, what is odd) -> [offset of the first, how many there are]."""
        self.torn = False
        """Whether the document ends too early; then one of its pieces is torn, or it is odd."""
        self._passed: dict[str, list[int]] = {}  # what holds tokens and is not read, as in `odd`
        self._cutter = cutter
        self._damaged = False  # whether something in the marked piece is no member

    def tell(self, source: Source) -> None:
        """Put down what is wrong with the document as a whole."""
        for (kind, what), (offset, count) in self.odd.items():
            first = f" (the first of {count})" if count > 1 else ""
            source.tell(kind, f"{what}, at byte {offset}{first}")
        for what, (offset, count) in self._passed.items():
            first = f" (the first of {count})" if count > 1 else ""
            detail = f"{what} holds what looks like tokens, and was not read, at byte {offset}"
            source.tell("unreadable-record", f"{detail}{first}")

    def entries(self) -> Iterator[Element]:
        """The records of a ledger."""
        first = self._cutter.peek()
        if first == b"{":
            self._cutter.mark()
        yield from self.at([] if first == b"[" else [CONTAINERS])

    def at(self, path: Sequence[Sequence[str]]) -> Iterator[Element]:
        """The elements of the arrays at a path, each step of which may have several names."""
        if self._cutter.peek() == (b"{" if path else b"["):
            yield from self._below(path, top=True)
            whole = self._cutter.since_mark(torn=self.torn)
            if whole is not None:
                self.odd.clear()  # it is for those who read the record
                self._passed.clear()
                yield whole
            if self._cutter.peek():
                end = self._cutter.offset
                self._note("unreadable-record", "something follows the end of the document", end)
        if self._cutter.peek():
            yield self._cutter.cut(REST)

    def _below(self, path: Sequence[Sequence[str]], *, top: bool = False) -> Iterator[Element]:
        if not path:
            yield from self._array()
            return
        names, *deeper = path
        met: set[str] = set()
        for member in self.members():
            if isinstance(member, Element):
                self._damaged = True
                if member.length and not self._cutter.marked:
                    yield member
            elif member in names:
                if member in met:
                    self._note("duplicate-member", f"{member!r} twice", self._cutter.offset)
                met.add(member)
                if self._cutter.peek() != (b"{" if deeper else b"["):
                    continue
                before = self._cutter.since_mark()
                if before is not None and self._damaged:
                    yield before
                yield from self._below(deeper)
            else:
                self._note_readings(member, names, top=top)

    def _note_readings(self, member: str, names: Sequence[str], *, top: bool) -> None:
        """Tell of a member that makes the document something else to some readers."""
        offset = self._cutter.offset
        if top and member in TOKEN_MEMBERS and self._cutter.peek() == b'"':
            self._note("duplicate-member", f"both a token ({member!r}) and entries", offset)
        for _, other in lookalikes({member: None}, names):
            what = f"another spelling of {other!r}, which some readers take for it"
            self._note("duplicate-member", what, offset)

    def _array(self) -> Iterator[Element]:
        """The elements of the array that begins here."""
        cutter = self._cutter
        cutter.take()
        if cutter.peek() == b"]":
            cutter.take()
            return
        while True:
            element = cutter.cut(ELEMENT)
            if element.length:
                yield element
                if not (element.raw[0] in _BEGINS or element.torn or _is_json(element.raw)):
                    # A token without quotes can be read, but is no element to a reader of JSON.
                    self._note("unreadable-record", "an element is no JSON", element.offset)
            elif cutter.end:
                self._note("unreadable-record", "an array has an empty slot", element.offset)
            if cutter.end != b",":
                if not cutter.end:
                    self.torn = element.torn
                    self._ends("array")
                return

    def members(self) -> Iterator[str | Element]:
        """The names of the members of the object that begins here, or what stands in their place.

        When a name is given, its value is next. Who does not take it, leaves it to be passed over.
        """
        cutter = self._cutter
        cutter.take()
        if cutter.peek() == b"}":
            cutter.take()
            return
        while True:
            piece = cutter.cut(NAME)
            name = _name(piece) if cutter.end == b":" else None
            if name is not None:
                cutter.peek()
                begin = cutter.offset
                yield name
                yield from self._to_next_member(name, taken=cutter.offset > begin)
            else:
                yield from self._stray(piece)
                if cutter.end == b":":
                    yield from self._stray(cutter.cut(VALUE))
            if cutter.end != b",":
                if not cutter.end:
                    self._ends("object")
                return

    def _to_next_member(self, name: str, *, taken: bool) -> Iterator[Element]:
        """Pass over a value that was not taken; give what stands between it and the next member."""
        cutter = self._cutter
        first = cutter.peek()
        if not taken and first not in _CONTENT:
            value = cutter.cut(VALUE)
            if not (value.whole and _is_json(value.raw)):
                yield from self._stray(value)
            return
        if not taken:
            begin = cutter.offset
            cutter.take()
            content = cutter.cut(_CONTENT[first], TOKEN)
            if cutter.found:
                self._note_passed(name, begin)
            if cutter.end and content.whole and not _is_json(first + content.raw + cutter.end):
                self._note("unreadable-record", "the value of a member is no JSON", begin)
        between = cutter.cut(VALUE)
        if between.length:
            yield from self._stray(between)

    def _stray(self, piece: Element) -> Iterator[Element]:
        """Tell of what stands in the place of a member, and give it."""
        if self._cutter.end:
            what = "something that is no member stands in an object"
            self._note("unreadable-record", what, piece.offset)
            yield piece
        elif piece.length:
            self.torn = True
            yield replace(piece, torn=True)

    def _ends(self, what: str) -> None:
        """Tell that the document ends in the middle, unless a torn piece does."""
        if not self.torn:
            self.torn = True
            detail = f"the document ends before its {what} is closed"
            self._note("torn-tail", detail, self._cutter.offset)

    def _note_passed(self, name: str, offset: int) -> None:
        what = f"the member {terminal(name, 80)!r}"
        if what not in self._passed and len(self._passed) >= _PASSED:
            what = "each of some more members"
        self._passed.setdefault(what, [offset, 0])[1] += 1

    def _note(self, kind: str, what: str, offset: int) -> None:
        self.odd.setdefault((kind, what), [offset, 0])[1] += 1


def _name(piece: Element) -> str | None:
    """The name that a piece is; `None` where it is none."""
    try:
        return _read_name(piece.raw) if piece.whole else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _is_json(text: bytes) -> bool:
    """Whether a text is one JSON value, or may be one that nests too deep to tell."""
    try:
        _check_value(text)
    except msgspec.DecodeError:
        return False
    except RecursionError:
        pass
    return True
