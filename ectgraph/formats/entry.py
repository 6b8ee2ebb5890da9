"""What a record's content is: a token as it stands, a JSON string, or an entry object around one.

The wrapper is the ledger operator's word, the token the agent's; this file reads the operator's.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ectgraph.claims import duplicate_problems, looks_like_claims
from ectgraph.encoding import EncodingError, read_json
from ectgraph.model import Problem

TOKEN_MEMBERS = ("ect", "ect_token", "ect_jws", "jws", "token", "compact")
"""Members of an entry object that may hold the token; the first that is a string does."""

_SEQUENCE = ("seq", "ledger_sequence", "sequence")
_RECORDED_AT = ("recorded_at", "stored_timestamp", "verification_timestamp", "timestamp")
_PREVIOUS_HASH = ("prev_hash", "previous_hash")
_INTEGER, _STRING, _TIME = frozenset({int}), frozenset({str}), frozenset({str, int, float})
_OPERATORS_MEMBERS = frozenset(_SEQUENCE + _RECORDED_AT + _PREVIOUS_HASH)


class Content(msgspec.Struct, frozen=True, gc=False):
    """The token of a record, and what the ledger's operator says about it."""

    compact: bytes | None = None
    """The token's text; `None` when there is none, or when `claims` stand in its place."""
    claims: dict[str, Any] | None = None
    """An unsigned claims object (level L1)."""
    duplicates: tuple[str, ...] = ()
    """Members that occur twice in that claims object."""
    problems: tuple[Problem, ...] = ()
    seq: int | None = None
    recorded_at: str | int | float | None = None
    prev_hash: str | None = None


def unwrap(body: bytes, max_json_depth: int) -> Content:
    """Find the token in a record's content; never raises.

    >>> unwrap(b'{"seq":7,"ect":"eyJ..."}', 64).seq
    7
    >>> unwrap(b"eyJ...", 64).compact
    b'eyJ...'
    """
    first = body[:1]
    if first not in (b"{", b'"', b"["):
        return Content(compact=body)
    try:
        value, duplicates = read_json(body, max_json_depth)
    except EncodingError as problem:
        # A record that is no JSON is no record; bytes that are no UTF-8 are told as just that.
        kind = "unreadable-record" if problem.kind == "bad-json" else problem.kind
        detail = f"it starts like JSON, but {problem.detail}"
        return Content(problems=(Problem(kind, "entry", detail),))
    if isinstance(value, str):
        return Content(compact=value.encode())
    if isinstance(value, dict):
        return _unwrap_object(value, duplicates)
    return _no_token("a JSON value that is neither a string nor an object")


def token_bytes(body: bytes) -> bytes:
    """The token's own bytes in a record's content, whatever is wrapped around them.

    >>> token_bytes(b'{"seq":7,"ect":"a.b.c"}') == token_bytes(b'"a.b.c"') == b"a.b.c"
    True
    """
    return unwrap(body, max_json_depth=1000).compact or body


def _unwrap_object(value: dict[str, Any], duplicates: tuple[str, ...]) -> Content:
    for name in TOKEN_MEMBERS:
        token = value.get(name)
        if isinstance(token, str):
            return Content(
                compact=token.encode(),
                problems=duplicate_problems(duplicates, "entry") if duplicates else (),
                seq=_first(value, _SEQUENCE, _INTEGER),
                recorded_at=_first(value, _RECORDED_AT, _TIME),
                prev_hash=_first(value, _PREVIOUS_HASH, _STRING),
            )
    if looks_like_claims(value) and not _OPERATORS_MEMBERS.intersection(value):
        return Content(claims=value, duplicates=duplicates)
    if isinstance(value.get("keys"), list):
        return _no_token("an object with keys; a key file is given with --keys")
    return _no_token("an object without a token (" + ", ".join(TOKEN_MEMBERS) + ")")


def _no_token(detail: str) -> Content:
    return Content(problems=(Problem("unreadable-record", "entry", detail),))


def _first(value: dict[str, Any], names: tuple[str, ...], types: frozenset[type]) -> Any:
    for name in names:
        fact = value.get(name)
        if type(fact) in types:
            return fact
    return None
