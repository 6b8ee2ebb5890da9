"""The `har` format: an HTTP archive (1.1, 1.2); each `Execution-Context` header is a record.

Whoever captured the traffic kept no ledger, so the order is that of time: a request was seen when
its exchange began, a response when it had come in. Agents that wait for each other nest their
exchanges, and only so does a parent come before the tasks that build on it.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from operator import itemgetter
from typing import Any, BinaryIO

import msgspec
from msgspec.structs import replace

from ectgraph.formats.chain import timestamp
from ectgraph.formats.document import elements
from ectgraph.formats.entry import instant
from ectgraph.formats.source import Source
from ectgraph.formats.table import record
from ectgraph.model import Record

HEADER = "execution-context"
"""The header that carries tokens, in lower case."""
LARGEST = 64 << 20
"""Bytes of an exchange, bodies included, above which it is not read."""

_LONGEST_ADDRESS = 300
_BLANKS = " \t\r"
_SEPARATOR = re.compile("[,\n]")  # browsers join the lines of one name with a line feed
_CONTEXT = re.compile(rb"-[cC][oO][nN][tT][eE][xX][tT]")  # ten times as fast as IGNORECASE
_READ = frozenset(
    ("startedDateTime", "time", "request", "response", "method", "url", "headers", "name", "value")
)


class _Header(msgspec.Struct):
    name: str


class _Message(msgspec.Struct):
    headers: list[_Header]


class _Exchange(msgspec.Struct):
    request: _Message
    response: _Message


_check = msgspec.json.Decoder(_Exchange).decode


def read(file: BinaryIO, source: Source) -> Iterator[Record]:
    """Yield a record for each token in an `Execution-Context` header, in the order of time.

    Headers of one message are read in their order, and each as a list (RFC 9110 §5.6.1); one that
    holds nothing is a record as well, and a value that is no text is kept as JSON. The start of an
    exchange is when its request was recorded, as written. For its response that time would be too
    early, so it is moved by the `time` that the exchange took; the address says so. What has no
    such time comes last, in the order of the file. Addresses count entries from 1.

    >>> import io
    >>> archive = io.BytesIO(b'''{"log": {"entries": [{
    ...   "startedDateTime": "2026-02-24T15:42:31Z", "time": 250,
    ...   "request": {"method": "GET", "url": "https://a.example/", "headers": []},
    ...   "response": {"headers": [{"name": "execution-context", "value": "a.b.c"}]}}]}}''')
    >>> for record in read(archive, Source(name="-")):
    ...     print(record.raw, record.address, record.beside["recorded_at"])
    b'a.b.c' entry 1, response after 250 ms to GET https://a.example/ 2026-02-24T15:42:31.250Z

    """
    flaws = _Flaws()
    found: list[tuple[float, Record]] = []
    number = 0
    for number, element in enumerate(elements(file, source, ("log", "entries"), LARGEST), 1):
        if element.whole:
            found += _records(element.raw, number, source, flaws)
        else:
            flaws.add("limit-reached", f"longer than {LARGEST >> 20} MiB, not read", number)
    if number == 0:
        source.tell("unreadable-record", "there is no exchange in it (log.entries)")
    flaws.tell(source, number)
    found.sort(key=itemgetter(0))
    for index, (_, made) in enumerate(found):
        yield replace(made, index=index)


class _Flaws:
    """What is wrong with entries, told once for each kind."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], list[int]] = {}  # how many, and the first

    def add(self, kind: str, what: str, number: int) -> None:
        self._found.setdefault((kind, what), [0, number])[0] += 1

    def tell(self, source: Source, entries: int) -> None:
        for (kind, what), (count, first) in self._found.items():
            source.tell(kind, f"{count} of {entries} entries: {what}; first: entry {first}")


def _records(
    raw: bytes, number: int, source: Source, flaws: _Flaws
) -> Iterator[tuple[float, Record]]:
    """The records of an exchange, each with the time to sort it by."""
    if _CONTEXT.search(raw) is None and b"\\u" not in raw:  # so no header can have the name
        with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            _check(raw)
            return
    exchange, twice = _object(raw)
    for name in sorted(twice & _READ):
        flaws.add("duplicate-member", f"{name!r} twice in one object, the last was read", number)
    whole = True
    for side, moment, recorded_at, what in _messages(exchange):
        headers = _member(exchange.get(side), "headers")
        whole = whole and isinstance(headers, list)
        address = _address(number, what, exchange)
        beside = None if recorded_at is None else {"recorded_at": recorded_at}
        for header in headers if isinstance(headers, list) else ():
            name = _member(header, "name")
            whole = whole and isinstance(name, str)
            if isinstance(name, str) and name.strip().lower() == HEADER:
                for token in _elements(header.get("value", "")):
                    yield moment, record(source, 0, token, address, beside)
    if not whole:
        flaws.add("unreadable-record", "no whole HTTP exchange", number)


def _object(raw: bytes) -> tuple[dict[str, Any], set[str]]:
    """An exchange, and which members occur twice in one object of it; empty when it is none.

    Bodies and other members that nobody needs may hold what is no text: that spoils nothing.
    """
    twice: set[str] = set()

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) != len(pairs):
            counts = Counter(name for name, _ in pairs)
            twice.update(name for name, count in counts.items() if count > 1)
        return value

    try:
        text = raw.decode("utf-8", "surrogateescape")
        value = json.loads(text, object_pairs_hook=members)
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict) else {}, twice


def _messages(exchange: dict[str, Any]) -> Iterator[tuple[str, float, str | None, str]]:
    """(member, time to sort it by, time to state, what it is) of the two messages."""
    started, took = exchange.get("startedDateTime"), exchange.get("time")
    began = instant(started) if isinstance(started, str) else None
    if began is None:
        yield "request", math.inf, None, "request"
        yield "response", math.inf, None, "response to"
        return
    yield "request", began, started, "request"
    ended, stated, what = began, None, "response to"
    if isinstance(took, (int, float)) and took >= 0:
        with suppress(ValueError, OverflowError, OSError):  # no such year
            stated = timestamp(began + took / 1000)
            ended, what = began + took / 1000, f"response after {took:g} ms to"
    yield "response", ended, stated, what


def _address(number: int, what: str, exchange: dict[str, Any]) -> str:
    request = exchange.get("request")
    said = [_member(request, "method"), _member(request, "url")]
    address = " ".join(
        [f"entry {number},", what, *(word for word in said if isinstance(word, str))]
    )
    if len(address) > _LONGEST_ADDRESS:
        address = address[: _LONGEST_ADDRESS - 1] + "…"
    return address.encode("utf-8", "backslashreplace").decode()  # half a surrogate pair is no text


def _elements(value: Any) -> list[bytes]:
    """The elements of a header's value; of one that holds nothing, that nothing."""
    if not isinstance(value, str):
        return [json.dumps(value).encode()]
    elements = [element.strip(_BLANKS) for element in _SEPARATOR.split(value)]
    return [_bytes(element) for element in elements if element] or [b""]


def _bytes(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(text).encode()


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None
