"""The bytes of one token -> what they say. The only file that knows the dialects (docs/formats.md).

Best effort: whatever can be read is read, everything odd becomes a `Problem`, and nothing here
raises for data or judges by a policy. Signatures are the next step (`signature`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import Annotated, Any, TypeAlias

import msgspec

from ectgraph.encoding import (
    MAX_NUMBER,
    EncodingError,
    decode_base64url,
    inexact_integer,
    lookalikes,
    read_json,
)
from ectgraph.model import Header, Problem, Token

Claims: TypeAlias = dict[str, Any]
"""A claims set, everything as found."""

REQUIRED = ("iss", "aud", "iat", "exp", "jti", "exec_act")
"""Claims that every ECT must have, next to its list of parents (draft-00 §4)."""

APPROVED, REJECTED, PENDING = "approved", "rejected", "pending_human_review"
DECISIONS = (APPROVED, REJECTED, PENDING)
"""What `pol_decision` may say (early draft-00 §4)."""
POLICY = frozenset({"pol", "pol_decision", "pol_enforcer", "pol_timestamp"})
"""The policy claims: at the top in draft-00, inside the extension in draft-01."""

_HEADER = frozenset({"alg", "typ", "kid", "crit", "b64", "zip", "cty", "jwk", "jku", "x5u", "x5c"})
"""Members of a header that decide how a token is read."""
_KEYS_INSIDE = ("jwk", "jku", "x5u", "x5c")
"""Members of a header that bring a key along, or say where there is one (RFC 7515 §4.1.2)."""
_EXTENSION = frozenset(
    {
        "compensation_required",
        "compensation_reason",
        "exec_time_ms",
        "witnessed_by",
        "model_version",
        "inp_classification",
        "regulated_domain",
        *POLICY,
    }
)
"""Members of an extension that have a meaning (draft-00 §4, draft-01 §4)."""

_LARGEST_CACHED, _MOST_CACHED = 1024, 4096  # bytes of a header, and headers, remembered
_NO_CLAIMS: Claims = {}


class Reading(msgspec.Struct, frozen=True, gc=False):
    """Everything that the bytes of one token say, before a key is looked at."""

    token: Token | None
    """`None` when the claims could not be read at all."""
    claims: Claims
    """All claims as found; empty when they could not be read."""
    problems: tuple[Problem, ...]
    signing_input: bytes = b""
    signature: bytes | None = None
    """`None` when it could not be decoded, or when the token is unsigned."""


class Reader:
    """Reads tokens; remembers decoded headers, because a ledger has few of them."""

    def __init__(self, max_json_depth: int) -> None:
        """`max_json_depth` bounds the nesting of header and claims."""
        self._max_depth = max_json_depth
        self._headers: dict[bytes, tuple[Header | None, tuple[Problem, ...]]] = {}
        self._shared: dict[Any, Any] = {}

    def forget(self) -> None:
        """Let go of the values that tokens shared so far; bounds the memory of a long reading."""
        self._shared.clear()

    def read(self, compact: bytes) -> Reading:
        """Read a compact JWS; or base64url JSON, the unsigned form, of what has no JWS shape.

        A broken JWS is never tried as the unsigned form (draft-01 §5), so a damaged signature
        cannot turn a token into one that needs none.

        >>> Reader(64).read(b"hello ledger").problems[0].kind
        'unreadable-record'
        """
        parts = compact.split(b".", 3)
        if len(parts) != 3:
            return self._read_unsigned(compact)
        header, problems = self._read_header(parts[0])
        claims, payload_problems = self._read_object(parts[1], "payload")
        signature: bytes | None = None
        try:
            signature = decode_base64url(parts[2])
        except EncodingError as problem:
            problems += (Problem(problem.kind, "signature", problem.detail),)
        problems += payload_problems
        if claims is None:
            return Reading(None, _NO_CLAIMS, problems)
        token, claim_problems = read_claims(claims, header, signed=True, shared=self._shared)
        signing_input = compact[: len(parts[0]) + 1 + len(parts[1])]
        return Reading(token, claims, problems + claim_problems, signing_input, signature)

    def _read_unsigned(self, text: bytes) -> Reading:
        try:
            value, duplicates = read_json(decode_base64url(text), self._max_depth)
        except EncodingError:
            value, duplicates = None, ()
        if not isinstance(value, dict) or not looks_like_claims(value):
            detail = f"{len(text)} bytes that are neither a JWS nor base64url JSON claims"
            return Reading(None, _NO_CLAIMS, (Problem("unreadable-record", "record", detail),))
        return read_unsigned_claims(value, duplicates)

    def _read_header(self, text: bytes) -> tuple[Header | None, tuple[Problem, ...]]:
        known = self._headers.get(text)
        if known is None:
            value, problems = self._read_object(text, "header")
            if value is not None:
                problems += lookalike_problems(value, _HEADER, "header")
                problems += tuple(_other_payload(value))
                problems += tuple(_keys_inside(value))
            known = (None if value is None else _header(value)), problems
            if len(text) <= _LARGEST_CACHED:
                if len(self._headers) >= _MOST_CACHED:
                    self._headers.clear()
                self._headers[text] = known
        return known

    def _read_object(self, text: bytes, where: str) -> tuple[Claims | None, tuple[Problem, ...]]:
        """Decode one part of a JWS into a JSON object, or say why not."""
        try:
            value, duplicates = read_json(decode_base64url(text), self._max_depth)
        except EncodingError as problem:
            return None, (Problem(problem.kind, where, problem.detail),)
        if not isinstance(value, dict):
            detail = f"it is {_json_type(value)}, not an object"
            return None, (Problem("bad-json", where, detail),)
        return value, duplicate_problems(duplicates, where) if duplicates else ()


def duplicate_problems(names: tuple[str, ...], where: str) -> tuple[Problem, ...]:
    """One problem for each member that occurs twice in the `where` part of a record."""
    return tuple(Problem("duplicate-member", where, f"{name!r} twice") for name in names)


def lookalike_problems(members: Claims, known: Collection[str], where: str) -> tuple[Problem, ...]:
    """One problem for each member of the `where` part that some readers take for another."""
    found = lookalikes(members, known)
    if not found:
        return ()
    return tuple(
        Problem("duplicate-member", where, f"{name!r}, which some readers take for {other!r}")
        for name, other in found
    )


_HEX = "[0-9a-fA-F]"
_UUID = re.compile("-".join(f"{_HEX}{{{count}}}" for count in (8, 4, 4, 4, 12))).fullmatch


def is_uuid(text: str) -> bool:
    """Whether an id is a UUID in its usual form (RFC 9562 §4).

    >>> is_uuid("550e8400-e29b-41d4-a716-446655440000"), is_uuid("550e8400")
    (True, False)
    """
    return _UUID(text) is not None


def looks_like_claims(value: Claims) -> bool:
    """Whether a JSON object is a claims set rather than something else (draft-01, level L1).

    >>> looks_like_claims({"jti": "x", "iss": "y", "par": []})
    True
    """
    return sum(name in value for name in (*REQUIRED, "par", "pred")) >= 3


def read_unsigned_claims(claims: Claims, duplicates: tuple[str, ...]) -> Reading:
    """Read the claims of an unsigned token (level L1)."""
    token, problems = read_claims(claims, None, signed=False)
    return Reading(token, claims, duplicate_problems(duplicates, "payload") + problems)


def _header(value: Claims) -> Header:
    alg, typ, kid, crit = (value.get(name) for name in ("alg", "typ", "kid", "crit"))
    if "crit" not in value:
        critical: tuple[str, ...] = ()
    elif isinstance(crit, list):
        # An empty list is as forbidden as one with foreign names (RFC 7515 §4.1.11).
        critical = tuple(str(name) for name in crit) or ("",)
    else:
        critical = (str(crit),)
    return Header(
        alg if isinstance(alg, str) else None,
        typ if isinstance(typ, str) else None,
        kid if isinstance(kid, str) and kid else None,
        critical,
    )


def _other_payload(header: Claims) -> Iterator[Problem]:
    """What a header says of a payload that is not the base64url of claims.

    The signature is over the same bytes either way, so both readings verify: with `b64`, for one,
    the payload is the text that others decode (RFC 7797 §3).
    """
    if header.get("b64", True) is not True and "crit" not in header:  # which is told where it is
        yield Problem("bad-encoding", "payload", "'b64' says that it is not base64url")
    if "zip" in header:
        yield Problem("bad-encoding", "payload", "'zip' says that it is compressed")
    cty = header.get("cty")
    if isinstance(cty, str) and cty.lower().removeprefix("application/") == "jwt":
        yield Problem("bad-encoding", "payload", "'cty' says that it is another token")


def _keys_inside(header: Claims) -> Iterator[Problem]:
    """The keys that a header offers; thumbprints (`x5t`) only name one, so they are none."""
    for name in _KEYS_INSIDE:
        if name in header:
            yield Problem("key-in-token", "header", f"{name!r} is in it")


_ABSENT: Any = None  # the value of a claim that is not there; a claim that *is* null is ill-typed

Text: TypeAlias = Annotated[str, msgspec.Meta(min_length=1)]
Texts: TypeAlias = tuple[Text, ...]
Date: TypeAlias = (
    Annotated[int, msgspec.Meta(ge=-MAX_NUMBER, le=MAX_NUMBER)]
    | Annotated[float, msgspec.Meta(ge=-MAX_NUMBER, le=MAX_NUMBER)]
)


class _Typed(msgspec.Struct, gc=False):
    """The claims that have a meaning here, and their types (draft-00 §4, draft-01 §4)."""

    iss: Text = _ABSENT
    aud: Text | Annotated[Texts, msgspec.Meta(min_length=1)] = _ABSENT
    iat: Date = _ABSENT
    exp: Date = _ABSENT
    jti: Text = _ABSENT
    exec_act: Text = _ABSENT
    wid: Text = _ABSENT
    sub: Text = _ABSENT
    par: Texts = _ABSENT
    pred: Texts = _ABSENT
    inp_hash: Text = _ABSENT
    out_hash: Text = _ABSENT
    pol: Text = _ABSENT
    pol_decision: Text = _ABSENT
    pol_enforcer: Text = _ABSENT
    pol_timestamp: Date = _ABSENT
    ext: dict[str, Any] = _ABSENT
    ect_ext: dict[str, Any] = _ABSENT


_DATES = ("iat", "exp", "pol_timestamp")
_TYPES = {field.name: field.type for field in msgspec.structs.fields(_Typed)}
_NAMES = frozenset(_TYPES)
# msgspec works a type out when it first converts to it, and two threads that do so at one time can
# bring the process down; so it happens here.
msgspec.convert({}, _Typed)
for _type in _TYPES.values():
    with suppress(msgspec.ValidationError):
        msgspec.convert(None, _type)


def _convert(claims: Claims) -> tuple[Any, list[Problem]]:
    """Give the claims their types; leave out, and tell, those that do not fit.

    What comes back is a `_Typed`, with `None` for what is absent, which its types cannot say.
    """
    try:
        return msgspec.convert(claims, _Typed), []
    except msgspec.ValidationError:
        pass
    typed, problems = _Typed(), []
    for name, type_ in _TYPES.items():
        if name in claims:
            try:
                setattr(typed, name, msgspec.convert(claims[name], type_))
            except msgspec.ValidationError as error:
                detail = _mismatch(claims[name], error)
                problems.append(Problem("ill-typed-claim", name, detail))
                if name in ("par", "pred") and isinstance(claims[name], list):
                    # Junk among the parents does not hide the links that are named.
                    setattr(typed, name, tuple(t for t in claims[name] if t and isinstance(t, str)))
    return typed, problems


def read_claims(
    claims: Claims,
    header: Header | None,
    *,
    signed: bool,
    shared: dict[Any, Any] | None = None,
) -> tuple[Token, tuple[Problem, ...]]:
    """Give the named claims their types and tell the dialect; absent and ill-typed ones are told.

    Args:
        claims: the decoded claims set.
        header: the decoded header; `None` for an unsigned token or an unreadable header.
        signed: whether the claims came in a JWS.
        shared: values seen before; tokens of one workflow repeat many, and then hold them once.

    """
    same = ({} if shared is None else shared).setdefault
    typed, problems = _convert(claims)
    is_01 = (
        "pred" in claims or "ect_ext" in claims or (header is not None and header.typ == "exec+jwt")
    )
    if None in (typed.iss, typed.aud, typed.iat, typed.exp, typed.jti, typed.exec_act):
        absent = (name for name in REQUIRED if name not in claims)
        problems += [Problem("missing-claim", name, "it is absent") for name in absent]
    if "par" not in claims and "pred" not in claims:
        problems.append(Problem("missing-claim", "pred" if is_01 else "par", "it is absent"))
    aud = (typed.aud,) if isinstance(typed.aud, str) else typed.aud or ()
    pol, pol_decision = _policy_claims(typed, problems, is_01=is_01)
    _oddities(claims, typed, problems)
    token = Token(  # by position, which takes a fifth of the time
        typed.jti,
        same(typed.wid, typed.wid),
        same(typed.iss, typed.iss),
        same(typed.sub, typed.sub),
        same(aud, aud),
        typed.iat,
        typed.exp,
        same(typed.exec_act, typed.exec_act),
        _parents(typed, problems),
        typed.inp_hash,
        typed.out_hash,
        pol,
        pol_decision,
        typed.ext if typed.ect_ext is None else typed.ect_ext,
        header,
        "01" if is_01 else "early-00" if _is_early(typed) else "00",
        "L2" if signed else "L1",
        typed.par is not None and typed.par == typed.pred,
    )
    return token, tuple(problems) if problems else ()


def _parents(typed: Any, problems: list[Problem]) -> tuple[str, ...]:
    """The parents under either name; where both are there and differ, all of them."""
    par: tuple[str, ...] | None = typed.par
    pred: tuple[str, ...] | None = typed.pred
    if par is None or pred is None or par == pred:
        return pred or par or ()
    detail = f"par names {len(par)} tasks, pred {len(pred)}, and they differ"
    problems.append(Problem("two-parent-lists", "par", detail))
    return tuple(dict.fromkeys(par + pred))


def _oddities(claims: Claims, typed: Any, problems: list[Problem]) -> None:
    """Tell what two readers may understand differently, though nothing is ill-typed."""
    if type(typed.iat) is float or type(typed.exp) is float or type(typed.pol_timestamp) is float:
        problems += _odd_dates(typed, "")
    if not _NAMES.issuperset(claims):
        others = {name: value for name, value in claims.items() if name not in _NAMES}
        _odd_members(others, _NAMES, "payload", problems)
    old, new = typed.ext, typed.ect_ext
    if old is not None:
        _odd_members(old, _EXTENSION, "ext", problems)
    if new is not None:
        _odd_members(new, _EXTENSION, "ect_ext", problems)
    if old is not None and new is not None and _sorted_json(old) != _sorted_json(new):
        detail = "both 'ext' and 'ect_ext', which differ"
        problems.append(Problem("duplicate-member", "payload", detail))


_sorted_json = msgspec.json.Encoder(order="sorted").encode


def _odd_members(
    members: Claims, known: frozenset[str], where: str, problems: list[Problem]
) -> None:
    """Tell what readers may understand differently in an object, whatever it is about."""
    if not known.issuperset(members):
        problems += lookalike_problems(members, known, where)
    number = inexact_integer(members)
    if number is not None:
        detail = f"{str(number)[:40]} is beyond 2^53, where many readers round"
        problems.append(Problem("odd-number", where, detail))


def _odd_dates(typed: Any, within: str) -> Iterator[Problem]:
    """Dates that are written like no integer; `1e9` and `5.0`, which are whole, are among them."""
    for name in _DATES:
        date = getattr(typed, name)
        if type(date) is float:
            detail = f"{date!r} is written with a fraction or an exponent"
            yield Problem("odd-number", f"{within}{name}", detail)


def _policy_claims(
    typed: Any, problems: list[Problem], *, is_01: bool
) -> tuple[str | None, str | None]:
    """`pol` and `pol_decision`: at the top in draft-00, inside the extension in draft-01."""
    pol, decision, extension, where = typed.pol, typed.pol_decision, typed.ect_ext, "ect_ext"
    if extension is None and is_01:  # as draft-01 was in March 2026
        extension, where = typed.ext, "ext"
    if extension is not None and not POLICY.isdisjoint(extension):
        inner, bad = _convert({name: extension[name] for name in POLICY & extension.keys()})
        problems += [Problem(p.kind, f"{where}.{p.where}", p.detail) for p in bad]
        problems += _odd_dates(inner, f"{where}.")
        for name in sorted(POLICY):
            top, below = getattr(typed, name), getattr(inner, name)
            if top is not None and below is not None and top != below:
                detail = f"{name!r} is {top!r} at the top and {below!r} in the extension"
                problems.append(Problem("unpaired-policy", name, detail))
        pol, decision = pol or inner.pol, decision or inner.pol_decision
    if (pol is None) != (decision is None):
        stated, absent = _PAIRED if decision is None else _PAIRED[::-1]
        # A claim that is there and ill-typed has been told already.
        if not any(p.kind == "ill-typed-claim" and p.where.endswith(absent) for p in problems):
            problems.append(Problem("unpaired-policy", stated, f"{stated!r} without {absent!r}"))
    return pol, decision


_PAIRED = ("pol", "pol_decision")


def _is_early(typed: Any) -> bool:
    """Whether claims give away the reference implementation's first dialect."""
    return (
        typed.pol is not None
        or typed.pol_decision is not None
        or typed.sub is not None
        or (typed.inp_hash is not None and ":" in typed.inp_hash)
        or (typed.out_hash is not None and ":" in typed.out_hash)
    )


def _mismatch(value: Any, error: msgspec.ValidationError) -> str:
    """Word msgspec's complaint, with the value as JSON.

    >>> _mismatch(True, msgspec.ValidationError("Expected `str`, got `bool`"))
    'it is true: expected `str`, got `bool`'
    """
    shown = msgspec.json.encode(value).decode()
    if len(shown) > 60:
        shown = shown[:59] + "…"
    complaint = str(error)
    return f"it is {shown}: {complaint[0].lower()}{complaint[1:]}"


def _json_type(value: Any) -> str:
    """What JSON calls this, with its article, when it is no object.

    >>> _json_type([1]), _json_type(None)
    ('an array', 'null')
    """
    if value is None:
        return "null"
    names = {bool: "a boolean", str: "a string", list: "an array"}
    return names.get(type(value), "a number")
