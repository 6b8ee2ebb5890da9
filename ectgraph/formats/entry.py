"""What a record's content is: a token as it stands, a JSON string, or an object around one.

The wrapper is the ledger operator's word, the token the agent's; this file reads the operator's,
and says where the two disagree.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from ectgraph.claims import duplicate_problems, lookalike_problems, looks_like_claims
from ectgraph.encoding import MAX_NUMBER, EncodingError, decode_base64url, read_json
from ectgraph.model import Problem, Token

TOKEN_MEMBERS = ("ect", "ect_token", "ect_jws", "jws", "token", "compact")
"""Members of an entry object that may hold the token; the first that is a string does."""

CONTAINERS = ("entries", "ledger", "ects", "tokens")
"""Members of a document that may hold the array of entries."""

_SEQUENCE = ("seq", "ledger_sequence", "sequence")
_RECORDED_AT = ("recorded_at", "stored_timestamp", "verification_timestamp", "timestamp")
_PREVIOUS_HASH = ("prev_hash", "previous_hash")
_INTEGER, _STRING, _TIME = frozenset({int}), frozenset({str}), frozenset({str, int, float})
_OPERATORS_MEMBERS = frozenset(_SEQUENCE + _RECORDED_AT + _PREVIOUS_HASH)

FACTS = frozenset(_SEQUENCE + _RECORDED_AT)
"""Members that tell something of the entry, wherever they are stated."""

COPIES = {
    "jti": "jti",
    "task_id": "jti",
    "iss": "iss",
    "agent_id": "iss",
    "exec_act": "exec_act",
    "action": "exec_act",
    "wid": "wid",
    "sub": "sub",
    "par": "parents",
    "pred": "parents",
    "parents": "parents",
}
"""Members that repeat what the token says, and what of the token they repeat."""


_TOKENS = frozenset(TOKEN_MEMBERS)
_KNOWN = frozenset((*TOKEN_MEMBERS, *_OPERATORS_MEMBERS, *COPIES))


class Content(msgspec.Struct, frozen=True, gc=False):
    """The token of a record, and what the ledger's operator says about it."""

    compact: bytes | None = None
    """The token's text; `None` when there is none, or when `claims` stand in its place."""
    claims: dict[str, Any] | None = None
    """An unsigned claims object (level L1)."""
    duplicates: tuple[str, ...] = ()
    """Members that occur twice in that claims object."""
    problems: tuple[Problem, ...] = ()
    """What keeps the record from having one reading."""
    seq: int | None = None
    recorded_at: str | int | float | None = None
    prev_hash: str | None = None
    stated: Mapping[str, Any] = {}
    """All members of the entry object, as found."""


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
    first = "ect"  # ours, and the most common
    if not isinstance(value.get(first), str):
        first = next((name for name in TOKEN_MEMBERS if isinstance(value.get(name), str)), "")
    if first:
        compact = value[first]
        problems = duplicate_problems(duplicates, "entry") if duplicates else ()
        if not _KNOWN.issuperset(value):
            problems += lookalike_problems(value, _KNOWN, "entry")
            problems += _ledger_beside(value, first)
        if len(_TOKENS.intersection(value)) > 1 or "payload" in value:
            problems += _other_tokens(value, first)
        return Content(
            compact=compact.encode(),
            problems=problems,
            seq=_first(value, _SEQUENCE, _INTEGER),
            recorded_at=_first(value, _RECORDED_AT, _TIME),
            prev_hash=_first(value, _PREVIOUS_HASH, _STRING),
            stated=value,
        )
    if _is_serialized(value):
        return _unwrap_serialized(value, duplicates)
    if looks_like_claims(value) and not _OPERATORS_MEMBERS.intersection(value):
        return Content(claims=value, duplicates=duplicates)
    if isinstance(value.get("keys"), list):
        return _no_token("an object with keys; a key file is given with --keys")
    return _no_token("an object without a token (" + ", ".join(TOKEN_MEMBERS) + ")")


def _ledger_beside(value: dict[str, Any], first: str) -> tuple[Problem, ...]:
    """Arrays of entries in an entry that has a token: to some readers it is a document."""
    arrays = [
        name
        for name, content in value.items()
        if isinstance(content, list) and name.partition("\0")[0].casefold() in CONTAINERS
    ]
    log = value.get("log")
    if isinstance(log, dict) and isinstance(log.get("entries"), list):
        arrays.append("log")
    what = f"both a token ({first!r}) and an array of entries"
    return tuple(Problem("duplicate-member", "entry", f"{what} ({name!r})") for name in arrays)


def _other_tokens(value: dict[str, Any], first: str) -> tuple[Problem, ...]:
    """Tokens in an entry that are not the one under its member `first`."""
    found = {name: value[name].encode() for name in TOKEN_MEMBERS if type(value.get(name)) is str}
    if _is_serialized(value):
        found["payload"] = _unwrap_serialized(value, ()).compact or found[first]
    return tuple(
        Problem("wrapper-disagrees", name, f"its {name!r} is another token than its {first!r}")
        for name, token in found.items()
        if token != found[first]
    )


def _is_serialized(value: dict[str, Any]) -> bool:
    return "payload" in value and ("signature" in value or "signatures" in value)


def _unwrap_serialized(value: dict[str, Any], duplicates: tuple[str, ...]) -> Content:
    """Find the token of a JWS in JSON serialization, flattened or general (RFC 7515 §7.2).

    Its three parts are those of the compact form, so it has the same signature there.
    """
    signatures = value.get("signatures", [value])
    if "signatures" in value and "signature" in value:
        return _no_token("a JWS with both 'signature' and 'signatures'")
    if not isinstance(signatures, list) or len(signatures) != 1:
        count = len(signatures) if isinstance(signatures, list) else "no list of"
        return _no_token(f"a JWS with {count} signatures; an ECT has one")
    signed = signatures[0] if isinstance(signatures[0], dict) else {}
    parts = [signed.get("protected"), value.get("payload"), signed.get("signature")]
    texts = [part for part in parts if isinstance(part, str)]
    if len(texts) < len(parts):
        return _no_token("a JWS whose 'protected', 'payload' and 'signature' are not all text")
    problems = duplicate_problems((*duplicates, *_in_both_headers(signed)), "entry")
    return Content(compact=".".join(texts).encode(), problems=problems)


def _in_both_headers(signed: dict[str, Any]) -> tuple[str, ...]:
    """Members of the signed header that stand in the unsigned one as well, which is never read."""
    try:
        protected, _ = read_json(decode_base64url(signed["protected"].encode()), 1000)
    except EncodingError:  # told when the token is read
        return ()
    unprotected = signed.get("header")
    if not isinstance(protected, dict) or not isinstance(unprotected, dict):
        return ()
    return tuple(sorted(protected.keys() & unprotected.keys()))


def _no_token(detail: str) -> Content:
    return Content(problems=(Problem("unreadable-record", "entry", detail),))


def _first(value: Mapping[str, Any], names: tuple[str, ...], types: frozenset[type]) -> Any:
    for name in names:
        fact: Any = value.get(name)
        if type(fact) in types and (isinstance(fact, str) or -MAX_NUMBER <= fact <= MAX_NUMBER):
            return fact
    return None


def facts(stated: Mapping[str, Any]) -> tuple[int | None, str | int | float | None]:
    """(sequence number, time of recording) as somebody states them.

    >>> facts({"sequence": 3, "timestamp": 1771943000})
    (3, 1771943000)
    """
    return _first(stated, _SEQUENCE, _INTEGER), _first(stated, _RECORDED_AT, _TIME)


def disagreements(stated: Mapping[str, Any], token: Token) -> Iterator[Problem]:
    """Where an entry repeats a claim and differs from the token.

    Empty text and `null` state nothing. A `sub` may repeat `iss`, which it has to equal.

    >>> for problem in disagreements({"task_id": "b"}, Token(jti="a")):
    ...     print(problem.detail)
    its 'task_id' is "b", the token's jti is "a"
    """
    for name, said in stated.items():
        claim = COPIES.get(name)
        if claim is None:
            continue
        signed = getattr(token, claim)
        if said == signed or said is None or said == "":
            continue
        if claim == "parents":
            if isinstance(said, list) and sorted(map(repr, said)) == sorted(map(repr, signed)):
                continue
        elif claim == "sub" and signed is None and said == token.iss:
            continue
        detail = f"its {name!r} is {_shown(said)}, the token's {claim} is {_shown(signed)}"
        yield Problem("wrapper-disagrees", name, detail)


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text if len(text) <= 80 else text[:79] + "…"


def instant(stated: str | float | None) -> float | None:
    """A stated time as seconds since 1970; `None` where it is none, or lacks its offset.

    A time without offset from UTC may be any of two dozen, and none of them is assumed.

    >>> instant("2026-02-24T15:42:31.250Z"), instant("2026-02-24 15:42:31")
    (1771947751.25, None)
    """
    if not isinstance(stated, str):
        return stated
    try:
        moment = datetime.fromisoformat(stated)
        return None if moment.tzinfo is None else moment.timestamp()
    except (ValueError, OverflowError):
        return None
