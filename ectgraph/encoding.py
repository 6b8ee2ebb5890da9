"""Base64url and JSON, read so that there is only one reading, or none.

The JOSE libraries take padding, foreign characters, stray trailing bits, duplicate members and NaN
and each makes its own sense of them. Two readers then see two tokens in the same bytes, so here
every such freedom is a problem (RFC 7515 §2, RFC 7493). No parser is written here: bytes that come
out of a library's decoder and encoder unchanged had only one reading.
"""

from __future__ import annotations

import binascii
import hashlib
import json
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any, NoReturn

import msgspec
import pybase64

MAX_NUMBER = 2**53 - 1
"""Largest integer that all JSON readers agree on (RFC 7493 §2.2); a later date is no date."""

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_TO_STANDARD = bytes.maketrans(b"-_+/", b"+/--")  # the standard alphabet's own + and / are foreign
_TO_URL = bytes.maketrans(b"+/", b"-_")
_PADDING = (b"", b"", b"==", b"=")
_LAST = (  # characters that may come last, by length modulo 4: those with zero bits to spare
    frozenset(bytes([c]) for c in _ALPHABET),
    frozenset[bytes](),
    frozenset(bytes([c]) for c in _ALPHABET[::16]),
    frozenset(bytes([c]) for c in _ALPHABET[::4]),
)

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class EncodingError(ValueError):
    """Bytes that have no reading, or more than one; `kind` is the rule that tells it."""

    def __init__(self, kind: str, detail: str) -> None:
        """`kind` is `bad-encoding` or `bad-json`; `detail` a phrase for the reader."""
        super().__init__(detail)
        self.kind = kind
        self.detail = detail


def decode_base64url(data: bytes) -> bytes:
    """Decode base64url strictly: no padding, no foreign characters, zero trailing bits.

    Raises:
        EncodingError: with the kind `bad-encoding`.

    >>> decode_base64url(b"aGk")
    b'hi'
    >>> decode_base64url(b"aGl")
    Traceback (most recent call last):
    ectgraph.encoding.EncodingError: its unused trailing bits are not zero

    """
    remainder = len(data) % 4
    if data[-1:] in _LAST[remainder]:
        try:
            # The strict mode of the library refuses foreign characters, not stray trailing bits.
            return pybase64.b64decode(
                data.translate(_TO_STANDARD) + _PADDING[remainder], validate=True
            )
        except binascii.Error:
            pass
    if not data:
        return b""
    raise EncodingError("bad-encoding", _base64url_defect(data))


def encode_base64url(data: bytes) -> bytes:
    """Encode as base64url without padding (RFC 7515 §2).

    >>> encode_base64url(b"hi")
    b'aGk'
    """
    return binascii.b2a_base64(data, newline=False).translate(_TO_URL).rstrip(b"=")


def _base64url_defect(data: bytes) -> str:
    """Say what is wrong with base64url that did not survive the round trip."""
    if data.endswith(b"="):
        return "it is padded with '='"
    for position, byte in enumerate(data):
        if byte not in _ALPHABET:
            return f"byte {position} is {chr(byte)!a}, which is not in the base64url alphabet"
    if len(data) % 4 == 1:
        return f"{len(data)} characters are one too many or too few"
    return "its unused trailing bits are not zero"


def read_json(data: bytes, max_depth: int) -> tuple[Any, tuple[str, ...]]:
    """Read a JSON text strictly; give its value and the names of members that occur twice.

    Of a duplicate member the last one is in the value, as in most readers. The fast path needs no
    special care: a text that msgspec gives back byte for byte cannot have held a duplicate.

    Raises:
        EncodingError: `bad-encoding` for invalid UTF-8 and lone surrogates, `bad-json` for
            everything else that is no JSON, for NaN, Infinity and numbers beyond a double, and for
            nesting deeper than `max_depth`.

    >>> read_json(b'{"a":1,"a":2}', 64)
    ({'a': 2}, ('a',))

    """
    try:
        value = _decode(data)
        duplicates: tuple[str, ...] = ()
        if _encode(value) != data:
            value, duplicates = _read_slowly(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        value, duplicates = _read_slowly(data)
    except RecursionError as error:
        raise _too_deep(max_depth) from error
    # Every level of nesting costs a bracket, so few brackets need no closer look.
    if data.count(b"{") + data.count(b"[") > max_depth and deeper_than(value, max_depth):
        raise _too_deep(max_depth)
    return value, duplicates


def _too_deep(max_depth: int) -> EncodingError:
    return EncodingError("bad-json", f"it nests deeper than {max_depth} levels")


def _read_slowly(data: bytes) -> tuple[Any, tuple[str, ...]]:
    """Read with the standard library, which shows every member of an object."""
    duplicates: list[str] = []

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) != len(pairs):
            counts = Counter(name for name, _ in pairs)
            duplicates.extend(name for name, count in counts.items() if count > 1)
        return value

    try:
        text = data.decode("utf-8")
        value = json.loads(
            text, object_pairs_hook=members, parse_constant=_no_constant, parse_float=_finite
        )
        if "\\u" in text:  # only an escape can bring in a surrogate without its partner
            json.dumps([value, duplicates], ensure_ascii=False).encode("utf-8")
    except UnicodeDecodeError as error:
        raise EncodingError("bad-encoding", f"byte {error.start} is not UTF-8") from error
    except UnicodeEncodeError as error:
        detail = "it escapes a lone surrogate, which is no character"
        raise EncodingError("bad-encoding", detail) from error
    except RecursionError as error:
        raise EncodingError("bad-json", "it nests too deep to be read") from error
    except json.JSONDecodeError as error:
        said = f"{error.msg[0].lower()}{error.msg[1:]} (character {error.pos})"
        raise EncodingError("bad-json", said if data.strip() else "it is empty") from error
    except EncodingError:
        raise
    except ValueError as error:
        raise EncodingError("bad-json", "a number has too many digits") from error
    return value, tuple(dict.fromkeys(duplicates))


def _no_constant(name: str) -> NoReturn:
    raise EncodingError("bad-json", f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise EncodingError("bad-json", f"the number {text[:40]} is beyond a double")
    return number


def deeper_than(value: Any, limit: int, *, leaves: bool = False) -> bool:
    """Whether a value nests deeper than `limit` levels, without recursion.

    Objects and arrays count as levels; with `leaves`, whatever is in the innermost one as well.

    >>> deeper_than({"a": [1]}, 2), deeper_than({"a": [1]}, 2, leaves=True)
    (False, True)
    """
    level = [value]
    for _ in range(limit):
        level = [
            child
            for item in level
            if isinstance(item, (dict, list))
            for child in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return False
    return leaves or any(isinstance(item, (dict, list)) for item in level)


def inexact_integer(value: Any) -> int | None:
    """An integer somewhere in a value that many readers round; `None` where there is none.

    JavaScript, and whoever else reads every number as a double, gets another one.

    >>> inexact_integer({"exec_time_ms": 5, "spans": [2**53 + 1]})
    9007199254740993
    """
    found = [value]
    for item in found:  # which grows while it is read
        kind = type(item)
        if kind is int:
            if not -MAX_NUMBER <= item <= MAX_NUMBER:
                return int(item)
        elif kind is dict:
            found += item.values()
        elif kind is list:
            found += item
    return None


def lookalikes(members: Mapping[str, Any], known: Collection[str]) -> list[tuple[str, str]]:
    """Names of members that some readers take for another one, and that other one.

    Go's `encoding/json` finds members without regard to case, and readers in C may end a name at a
    NUL. They see `iss` where it says `ISS`, and read another token from the same bytes.

    Args:
        members: a JSON object.
        known: names that have a meaning, all in lower case.

    >>> lookalikes({"iss": 1, "ISS": 2, "Wid": 3, "own": 4}, {"iss", "wid"})
    [('ISS', 'iss'), ('Wid', 'wid')]

    """
    found: list[tuple[str, str]] = []
    names = "".join(members)
    if names == names.casefold() and "\0" not in names:  # the usual case, at once
        return found
    seen: dict[str, str] = {}
    for name in members:
        if name not in known:
            plain = name.partition("\0")[0].casefold()
            other = plain if plain in known else seen.setdefault(plain, name)
            if other != name:
                found.append((name, other))
    return found


def compact_json(value: Any) -> bytes:
    """JSON without spaces, in UTF-8.

    >>> compact_json({"exec_act": "prüfen"}).decode()
    '{"exec_act":"prüfen"}'
    """
    return _encode(value)


_HASH_BYTES = {"sha-256": 32, "sha-384": 48, "sha-512": 64}


def hash_defect(text: str) -> str | None:
    """Why a hash claim is no hash; `None` when it is one (draft-00 §4, and its early form).

    >>> hash_defect("ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0")
    >>> hash_defect("md5:rL0Y20zC-Fzt72VPzMSk2A")
    "names 'md5', which is none of sha-256, sha-384, sha-512"
    """
    name, separator, value = text.rpartition(":")
    if separator and name not in _HASH_BYTES:
        return f"names {name!r}, which is none of {', '.join(_HASH_BYTES)}"
    size = _HASH_BYTES[name or "sha-256"]
    try:
        length = len(decode_base64url(value.encode()))
    except EncodingError as problem:
        return f"is no hash: {problem.detail}"
    return None if length == size else f"has {length} bytes; a hash of this kind has {size}"


def hash_bytes(stated: str) -> bytes | None:
    """The hash that `inp_hash` or `out_hash` states, as bytes; `None` when it states none.

    The number of bytes tells the algorithm.

    >>> hash_bytes("sha-256:ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0").hex()[:8]
    'ba7816bf'
    >>> hash_bytes("abc")

    """
    if hash_defect(stated) is not None:
        return None
    return decode_base64url(stated.rpartition(":")[2].encode())


def hash_of(data: bytes) -> str:
    """The SHA-256 of what went in, or came out, as `inp_hash` and `out_hash` hold it.

    >>> hash_of(b"abc")
    'ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0'
    """
    return encode_base64url(hashlib.sha256(data).digest()).decode()
