"""Token + keys -> Trust. The only file that verifies a signature, or makes one.

The JOSE libraries take a wrong `typ`, ignore an unknown `crit` or a missing `kid`, and are slower
than evidence allows; so our own strict reading stands in front, and `cryptography` verifies.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple, TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, HashAlgorithm

from ectgraph import labels
from ectgraph.claims import Reading
from ectgraph.errors import EctgraphError
from ectgraph.keys import Key, KeyRing, Keys, Resolver, as_key
from ectgraph.keys.key import KINDS, PUBLIC_KEYS, Unusable, curve_of, public_key
from ectgraph.model import Header, Problem, Token, Trust
from ectgraph.policy import Policy

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Order of the P-256 group; both halves of a signature lie between 1 and this (RFC 7518 §3.4)."""

TYPES = frozenset({"exec+jwt", "wimse-exec+jwt"})
"""Values of `typ` that mark an ECT: draft-01's, and draft-00's, which draft-01 still accepts."""

Verdict: TypeAlias = tuple[Trust, tuple[Problem, ...], int | None]
"""How far a token can be trusted; why not further; and the position in the key ring of the key that
made its signature, also where it was not that key's to make."""


class _Loaded(NamedTuple):
    """A key, ready for use."""

    key: Key
    position: int | None
    """Where it is in its key ring."""
    algorithms: Container[str]
    public: Any


_Lookup: TypeAlias = Callable[[str], Sequence[_Loaded] | None]

_MOST_LOADED = 256  # keys of a resolver kept loaded
_TWO_READINGS = frozenset({"bad-encoding", "bad-json", "duplicate-member"})
_LEVEL_TOO_LOW = (
    Problem(
        "below-minimum-level",
        "signature",
        "it is unsigned (level L1): anybody could have written it",
    ),
)


def check_algorithms(names: Iterable[str]) -> tuple[str, ...]:
    """Make sure that a caller allows only algorithms that can be verified, and prove something.

    `EdDSA` (RFC 8037) stands for its newer name `Ed25519` (RFC 9864) as well.

    Raises:
        EctgraphError: there is none, or one is not known, or must never be allowed.

    >>> check_algorithms(["ES256", "EdDSA"])
    ('ES256', 'EdDSA', 'Ed25519')
    >>> check_algorithms(["HS256"])
    Traceback (most recent call last):
    ectgraph.errors.EctgraphError: the algorithm 'HS256' is never allowed: whoever can check an ...

    """
    allowed: dict[str, None] = {}
    for name in names:
        if name not in KINDS:
            raise EctgraphError(_no_algorithm(name))
        allowed[name] = None
        if name == "EdDSA":
            allowed["Ed25519"] = None
    if not allowed:
        message = f"no algorithm is allowed, so nothing could verify; known are {', '.join(KINDS)}"
        raise EctgraphError(message)
    return tuple(allowed)


def _no_algorithm(name: str) -> str:
    if name.lower() == "none":
        return f"the algorithm {name!r} is never allowed: it is no signature, anybody can write it"
    if name.upper().startswith("HS"):
        return f"the algorithm {name!r} is never allowed: whoever can check an HMAC can make it"
    return f"the algorithm {name!r} is not known here; known are {', '.join(KINDS)}"


def _load(key: Key, position: int | None = None) -> _Loaded:
    return _Loaded(key, position, key.algorithms, public_key(key))


def _of_ring(ring: KeyRing) -> _Lookup:
    """Look keys up in a key ring; loads each once."""
    by_kid: dict[str, list[_Loaded]] = {}
    for position, key in enumerate(ring.keys):
        by_kid.setdefault(key.kid, []).append(_load(key, position))
    return by_kid.get


def _of_resolver(resolve: Resolver) -> _Lookup:
    """Ask the caller for each key, every time: what it says may change."""
    load = lru_cache(_MOST_LOADED)(_load)

    def look_up(kid: str) -> Sequence[_Loaded] | None:
        try:
            material = resolve(kid)
        except LookupError:  # a dictionary's way to say that it knows none
            return None
        if material is None:
            return None
        if isinstance(material, PUBLIC_KEYS):
            return (_as_it_is(material, kid),)
        return (load(as_key(material, kid)),)

    return look_up


def _as_it_is(public: Any, kid: str) -> _Loaded:
    """A key of a resolver that needs no loading; one that no algorithm takes verifies nothing."""
    try:
        key = Key(kid, b"", curve_of(public), "<resolver>")
    except Unusable:
        return _Loaded(Key(kid, b"", "unknown", "<resolver>"), None, (), public)
    return _Loaded(key, None, key.algorithms, public)


class Verifier:
    """Checks signatures with the keys of one key ring, or of one resolver."""

    def __init__(self, keys: Keys, policy: Policy) -> None:
        """Without keys every signed token is `UNCHECKED`.

        Raises:
            EctgraphError: the policy allows an algorithm that nothing here can verify.

        """
        self._policy = policy
        self._algorithms = frozenset(check_algorithms(policy.algorithms))
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
            too_low = self._policy.minimum_level != "L1"
            return Trust.UNSIGNED, _LEVEL_TOO_LOW if too_low else (), None
        header = token.header if token is not None else None
        problems = header_problems(header, self._algorithms) if header is not None else ()
        if self._look_up is None:
            return Trust.UNCHECKED, problems, None
        if header is None or reading.signature is None or _has_two_readings(reading):
            return Trust.INVALID, problems, None
        if problems:
            no_kid = all(problem.kind == "no-kid" for problem in problems)
            return Trust.UNKNOWN_KEY if no_kid else Trust.UNSUPPORTED, problems, None
        kid = header.kid or ""
        keys = self._look_up(kid)
        if keys is None:
            problem = Problem("unknown-key", "kid", f"no given key has the kid {kid!r}")
            return Trust.UNKNOWN_KEY, (problem,), None
        return _check(token, header.alg or "", reading.signing_input, reading.signature, keys)


def _check(
    token: Token | None, alg: str, signing_input: bytes, signature: bytes, keys: Sequence[_Loaded]
) -> Verdict:
    """Find the key that made the signature, and say whether it was that key's to make."""
    if len(keys) > 1:  # rotation under one kid: those that may have signed this come first
        keys = sorted(keys, key=lambda each: _objections(each.key, token) is not None)
    signer = _signer(alg, signing_input, signature, keys)
    if isinstance(signer, str):
        return Trust.INVALID, (Problem("bad-signature", "signature", signer),), None
    objections = _objections(signer.key, token)
    if objections is None:
        return Trust.VERIFIED, (), signer.position
    return Trust.INVALID, objections, signer.position


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


def header_problems(header: Header, algorithms: Container[str]) -> tuple[Problem, ...]:
    """What keeps a header from being an ECT's that can be verified (draft-00 §3, RFC 7515 §4.1).

    >>> found = header_problems(Header(alg="none", typ="JWT", kid="a"), {"ES256"})
    >>> [problem.kind for problem in found]
    ['wrong-typ', 'algorithm-not-allowed']
    """
    problems: tuple[Problem, ...] = ()
    if header.typ not in TYPES:
        problems += (Problem("wrong-typ", "typ", _stated("typ", header.typ)),)
    if header.alg not in algorithms:
        problems += (Problem("algorithm-not-allowed", "alg", _stated("alg", header.alg)),)
    if header.crit:
        details = (f"'crit' names {name!r}, which is not understood" for name in header.crit)
        problems += tuple(Problem("unknown-critical", "crit", detail) for detail in details)
    if header.kid is None:
        problems += (Problem("no-kid", "kid", _stated("kid", header.kid)),)
    return problems


def _stated(name: str, value: str | None) -> str:
    return f"'{name}' is absent or no string" if value is None else f"'{name}' is {value!r}"


def _has_two_readings(reading: Reading) -> bool:
    problems = reading.problems
    return bool(problems) and any(problem.kind in _TWO_READINGS for problem in problems)


def _signer(
    alg: str, signing_input: bytes, signature: bytes, keys: Sequence[_Loaded]
) -> _Loaded | str:
    """The key that made this signature; or why none of them did.

    The algorithm is one that the caller allows, and takes one kind of key: a token cannot have a
    key's bytes read as anything else than what they are.
    """
    read, verify = _ALGORITHMS[alg]
    shaped = read(signature)
    if isinstance(shaped, str):
        return shaped
    defect = ""
    for loaded in keys:
        if alg not in loaded.algorithms:
            defect = _unsuited(loaded.key, alg)
            continue
        try:
            verify(loaded.public, shaped, signing_input)
        except InvalidSignature:
            defect = f"it was not made by key {loaded.key.kid!r} over these bytes"
        else:
            return loaded
    return defect


def _unsuited(key: Key, alg: str) -> str:
    kind = KINDS[alg]
    if key.kind == kind:
        return f"key {key.kid!r} is for {key.alg} alone, not for {alg}"
    needed = "an RSA key of 2048 bits" if kind == "RSA" else f"on {kind}"
    return f"key {key.kid!r} is not {needed}, which {alg} needs"


_Read: TypeAlias = Callable[[bytes], bytes | str]
"""Brings a signature into the form that `cryptography` takes, or says why it is none."""
_Verify: TypeAlias = Callable[[Any, bytes, bytes], None]
"""Raises `InvalidSignature` unless (public key, signature, signed bytes) fit."""


def _ecdsa(alg: str, size: int, order: int, digest: HashAlgorithm) -> tuple[_Read, _Verify]:
    """ECDSA with signatures of r and s side by side, `size` bytes each (RFC 7518 §3.4)."""
    method = ec.ECDSA(digest)

    def read(signature: bytes) -> bytes | str:
        if len(signature) != 2 * size:
            return f"it has {len(signature)} bytes; an {alg} signature has {2 * size}"
        r, s = int.from_bytes(signature[:size]), int.from_bytes(signature[size:])
        if not (0 < r < order and 0 < s < order):
            return "r or s is outside the range of the curve"
        return encode_dss_signature(r, s)

    def verify(public: ec.EllipticCurvePublicKey, signature: bytes, data: bytes) -> None:
        public.verify(signature, data, method)

    return read, verify


def is_high(reading: Reading) -> bool:
    """Whether the signature of a token that verified is the high one of the two that fit.

    Of an ECDSA signature (r, s) anybody makes (r, order - s), which verifies as well; in the high
    one `s` is above half of the order. JWS takes both. Other algorithms know no such twin.
    """
    half = _HALVES.get(reading.token.alg or "") if reading.token is not None else None
    if half is None or reading.signature is None:
        return False
    return reading.signature[len(half) :] > half  # as long as `half`, for it verified


def _read_eddsa(signature: bytes) -> bytes | str:
    size = len(signature)
    return signature if size == 64 else f"it has {size} bytes; an Ed25519 signature has 64"


def _verify_eddsa(public: Any, signature: bytes, data: bytes) -> None:
    public.verify(signature, data)


def _verify_rs256(public: Any, signature: bytes, data: bytes) -> None:
    public.verify(signature, data, _PKCS1, _SHA256)


_PKCS1, _SHA256 = PKCS1v15(), SHA256()
_ORDER_384 = int(
    "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
    "C7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973",
    16,
)
_HALVES = {"ES256": (ORDER // 2).to_bytes(32), "ES384": (_ORDER_384 // 2).to_bytes(48)}
"""Half of the order of the group, written like the second half of a signature."""
_ALGORITHMS: dict[str, tuple[_Read, _Verify]] = {
    "ES256": _ecdsa("ES256", 32, ORDER, SHA256()),
    "ES384": _ecdsa("ES384", 48, _ORDER_384, SHA384()),
    "EdDSA": (_read_eddsa, _verify_eddsa),
    "Ed25519": (_read_eddsa, _verify_eddsa),
    "RS256": (bytes, _verify_rs256),
}


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
        return ec.ECDSA(SHA256())
