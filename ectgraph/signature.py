"""Token + keys -> Trust. The only file that verifies a signature.

The JOSE libraries take a wrong `typ`, ignore an unknown `crit` or a missing `kid`, and are slower
than evidence allows; so our own strict reading stands in front, and `cryptography` verifies.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from ectgraph.claims import Reading
from ectgraph.keys import Key, KeyRing
from ectgraph.model import Header, Problem, Trust
from ectgraph.policy import Policy

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Order of the P-256 group; both halves of a signature lie between 1 and this (RFC 7518 §3.4)."""

ALGORITHMS = frozenset({"ES256"})
"""Algorithms that may be used. Never `none`, never HMAC (draft-00 §3)."""

TYPES = frozenset({"exec+jwt", "wimse-exec+jwt"})
"""Values of `typ` that mark an ECT: draft-01's, and draft-00's, which draft-01 still accepts."""

Verdict: TypeAlias = tuple[Trust, tuple[Problem, ...]]

_LoadedKey: TypeAlias = tuple[Key, ec.EllipticCurvePublicKey | None]

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


class Verifier:
    """Checks signatures with one key ring; loads each key once."""

    def __init__(self, ring: KeyRing | None, policy: Policy) -> None:
        """Without a ring every signed token is `UNCHECKED`."""
        self._policy = policy
        self._keys: dict[str, list[_LoadedKey]] | None = None
        if ring is not None:
            self._keys = {}
            for key in ring.keys:
                self._keys.setdefault(key.kid, []).append((key, _load(key)))

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
        if self._keys is None:
            return Trust.UNCHECKED, problems
        if header is None or reading.signature is None or _has_two_readings(reading):
            return Trust.INVALID, problems
        if problems:
            no_kid = all(problem.kind == "no-kid" for problem in problems)
            return Trust.UNKNOWN_KEY if no_kid else Trust.UNSUPPORTED, problems
        return self._check(header.kid or "", reading.signing_input, reading.signature)

    def _check(self, kid: str, signing_input: bytes, signature: bytes) -> Verdict:
        keys = (self._keys or {}).get(kid)
        if keys is None:
            problem = Problem("unknown-key", "kid", f"no given key has the kid {kid!r}")
            return Trust.UNKNOWN_KEY, (problem,)
        defect = _es256_defect(signing_input, signature, keys)
        if defect is None:
            return Trust.VERIFIED, ()
        return Trust.INVALID, (Problem("bad-signature", "signature", defect),)


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


def _es256_defect(signing_input: bytes, signature: bytes, keys: list[_LoadedKey]) -> str | None:
    """Why none of the keys made this signature; `None` when one did (RFC 7518 §3.4)."""
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
            return None
    return defect
