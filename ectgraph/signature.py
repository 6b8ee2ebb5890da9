"""Token + keys -> Trust. The only file that verifies a signature, or makes one.

The JOSE libraries take a wrong `typ`, ignore an unknown `crit` or a missing `kid`, and are slower
than evidence allows; so our own strict reading stands in front, and `cryptography` verifies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from ectgraph import labels
from ectgraph.claims import Reading
from ectgraph.keys import Key, KeyRing, Keys, Resolver, as_key
from ectgraph.model import Header, Problem, Token, Trust
from ectgraph.policy import Policy

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Order of the P-256 group; both halves of a signature lie between 1 and this (RFC 7518 §3.4)."""

ALGORITHMS = frozenset({"ES256"})
"""Algorithms that may be used. Never `none`, never HMAC (draft-00 §3)."""

TYPES = frozenset({"exec+jwt", "wimse-exec+jwt"})
"""Values of `typ` that mark an ECT: draft-01's, and draft-00's, which draft-01 still accepts."""

Verdict: TypeAlias = tuple[Trust, tuple[Problem, ...]]

_LoadedKey: TypeAlias = tuple[Key, ec.EllipticCurvePublicKey | None]
_Lookup: TypeAlias = Callable[[str], Sequence[_LoadedKey] | None]

_MOST_LOADED = 256  # keys of a resolver kept loaded
_ES256 = ec.ECDSA(SHA256())
_TWO_READINGS = frozenset({"bad-encoding", "bad-json", "duplicate-member"})
_LEVEL_TOO_LOW = (
    Problem(
        "below-minimum-level",
        "signature",
        "it is unsigned (level L1): anybody could have written it",
    ),
)


def _load(key: Key) -> ec.EllipticCurvePublicKey | None:
    """The key, if ES256 can use it."""
    public = load_der_public_key(key.spki) if key.curve == "P-256" else None
    return public if isinstance(public, ec.EllipticCurvePublicKey) else None


def _of_ring(ring: KeyRing) -> _Lookup:
    """Look keys up in a key ring; loads each once."""
    by_kid: dict[str, list[_LoadedKey]] = {}
    for key in ring.keys:
        by_kid.setdefault(key.kid, []).append((key, _load(key)))
    return by_kid.get


def _of_resolver(resolve: Resolver) -> _Lookup:
    """Ask the caller for each key, every time: what it says may change."""
    load = lru_cache(_MOST_LOADED)(_load)

    def look_up(kid: str) -> Sequence[_LoadedKey] | None:
        try:
            material = resolve(kid)
        except LookupError:  # a dictionary's way to say that it knows none
            return None
        if material is None:
            return None
        if isinstance(material, ec.EllipticCurvePublicKey) and material.curve.name == "secp256r1":
            return ((Key(kid, b"", "P-256", "<resolver>"), material),)
        key = as_key(material, kid)
        return ((key, load(key)),)

    return look_up


class Verifier:
    """Checks signatures with the keys of one key ring, or of one resolver."""

    def __init__(self, keys: Keys, policy: Policy) -> None:
        """Without keys every signed token is `UNCHECKED`."""
        self._policy = policy
        self._look_up: _Lookup | None = None
        if keys is not None:
            self._look_up = _of_ring(keys) if isinstance(keys, KeyRing) else _of_resolver(keys)

    def verify(self, reading: Reading) -> Verdict:
        """Say how far the token can be trusted, and why not further.

        A defect is told once: bytes with two readings, or a header that is refused, have their own
        problems, and then the signature is not looked at.
        """
        token = reading.token
        if token is not None and token.level == "L1":
            return Trust.UNSIGNED, _LEVEL_TOO_LOW if self._policy.minimum_level != "L1" else ()
        header = token.header if token is not None else None
        problems = tuple(header_problems(header)) if header is not None else ()
        if self._look_up is None:
            return Trust.UNCHECKED, problems
        if header is None or reading.signature is None or _has_two_readings(reading):
            return Trust.INVALID, problems
        if problems:
            no_kid = all(problem.kind == "no-kid" for problem in problems)
            return Trust.UNKNOWN_KEY if no_kid else Trust.UNSUPPORTED, problems
        kid = header.kid or ""
        keys = self._look_up(kid)
        if keys is None:
            problem = Problem("unknown-key", "kid", f"no given key has the kid {kid!r}")
            return Trust.UNKNOWN_KEY, (problem,)
        return _check(token, reading.signing_input, reading.signature, keys)


def _check(
    token: Token | None, signing_input: bytes, signature: bytes, keys: Sequence[_LoadedKey]
) -> Verdict:
    """Find the key that made the signature, and say whether it was that key's to make."""
    if len(keys) > 1:  # rotation under one kid: those that may have signed this come first
        keys = sorted(keys, key=lambda key: _objections(key[0], token) is not None)
    signer = _es256_signer(signing_input, signature, keys)
    if isinstance(signer, str):
        return Trust.INVALID, (Problem("bad-signature", "signature", signer),)
    objections = _objections(signer, token)
    return (Trust.VERIFIED, ()) if objections is None else (Trust.INVALID, objections)


def _objections(key: Key, token: Token | None) -> tuple[Problem, ...] | None:
    """Why a token was not a key's to sign; `None` when it was.

    Of a token that does not say by whom, or when, that alone is told, and it is no problem of the
    key's: then there is none here.
    """
    iat, iss = (None, None) if token is None else (token.iat, token.iss)
    if (iat is None and key.has_window) or (iss is None and key.iss is not None):
        return ()
    unfit = None if iat is None else key.unfit(iat)
    if unfit is not None:
        detail = f"key {key.kid!r} was {unfit}, and the token is of {labels.time(iat or 0)}"
        return (Problem("key-not-valid-then", "kid", detail),)
    if key.iss is not None and key.iss != iss:
        detail = f"key {key.kid!r} belongs to {key.iss}, and the token is by {iss}"
        return (Problem("issuer-not-bound", "iss", detail),)
    return None


def header_problems(header: Header) -> Iterator[Problem]:
    """What keeps a header from being an ECT's that can be verified (draft-00 §3, RFC 7515 §4.1).

    >>> [p.kind for p in header_problems(Header(alg="none", typ="JWT", kid="a"))]
    ['wrong-typ', 'algorithm-not-allowed']
    """
    if header.typ not in TYPES:
        yield Problem("wrong-typ", "typ", _stated("typ", header.typ))
    if header.alg not in ALGORITHMS:
        yield Problem("algorithm-not-allowed", "alg", _stated("alg", header.alg))
    for name in header.crit:
        yield Problem("unknown-critical", "crit", f"'crit' names {name!r}, which is not understood")
    if header.kid is None:
        yield Problem("no-kid", "kid", _stated("kid", header.kid))


def _stated(name: str, value: str | None) -> str:
    return f"'{name}' is absent or no string" if value is None else f"'{name}' is {value!r}"


def _has_two_readings(reading: Reading) -> bool:
    problems = reading.problems
    return bool(problems) and any(problem.kind in _TWO_READINGS for problem in problems)


def _es256_signer(signing_input: bytes, signature: bytes, keys: Sequence[_LoadedKey]) -> Key | str:
    """The key that made this signature; or why none of them did (RFC 7518 §3.4)."""
    if len(signature) != 64:
        return f"it has {len(signature)} bytes; an ES256 signature has 64"
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    if not (0 < r < ORDER and 0 < s < ORDER):
        return "r or s is outside the range of the curve"
    der = encode_dss_signature(r, s)
    defect = ""
    for key, public in keys:
        if public is None:
            defect = f"key {key.kid!r} is not on P-256, which ES256 needs"
            continue
        try:
            public.verify(der, signing_input, _ES256)
        except InvalidSignature:
            defect = f"it was not made by key {key.kid!r} over these bytes"
        else:
            return key
    return defect


def sign(signing_input: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
    """Sign as ES256 does: r and s side by side, 64 bytes (RFC 7518 §3.4).

    Deterministic (RFC 6979) where the system's OpenSSL can: the same token for the same claims, and
    no private key lost to a bad source of random numbers.

    >>> len(sign(b"header.payload", ec.generate_private_key(ec.SECP256R1())))
    64
    """
    r, s = decode_dss_signature(key.sign(signing_input, _signing()))
    return r.to_bytes(32) + s.to_bytes(32)


@cache
def _signing() -> ec.ECDSA:
    try:
        return ec.ECDSA(SHA256(), deterministic_signing=True)
    except UnsupportedAlgorithm:  # pragma: no cover  # OpenSSL before 3.2
        return _ES256
