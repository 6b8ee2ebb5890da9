"""One public key: what it is, for whom and when it may sign; and why another cannot be used."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any, get_args

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from ectgraph import labels
from ectgraph.encoding import MAX_NUMBER, compact_json, encode_base64url
from ectgraph.errors import EctgraphError

KINDS = {
    "ES256": "P-256",
    "ES384": "P-384",
    "EdDSA": "Ed25519",
    "Ed25519": "Ed25519",
    "RS256": "RSA",
}
"""The one kind of key that each known algorithm takes. `EdDSA` (RFC 8037) and `Ed25519` (RFC 9864)
are two names of one algorithm here, where no key is on Ed448."""

RSA_BITS = range(2048, 16384 + 1)
"""Sizes of RSA keys that are taken (RFC 7518 §3.3)."""

UNREADABLE = (ValueError, TypeError, KeyError, NotImplementedError, UnsupportedAlgorithm)
"""What `cryptography` and PyJWT raise for what is no key, next to errors of their own."""

PUBLIC_KEYS = get_args(PublicKeyTypes)
"""Classes of `cryptography` that are public keys, of any kind."""

TIMES = ("nbf", "exp", "revoked_at")
"""Fields of a `Key`, and members of a JWK, that say when it was good."""

_CURVES = {"secp256r1": "P-256", "secp384r1": "P-384"}


class Unusable(Exception):  # noqa: N818  # never seen by a caller: it becomes a `BadKey`
    """Why a key cannot be used, as a phrase that begins with `it` or `its`."""


class Key(msgspec.Struct, frozen=True, gc=False):
    """One public key."""

    kid: str
    spki: bytes
    """SubjectPublicKeyInfo, DER: plain bytes, so that a key travels to worker processes."""
    curve: str | None
    """`P-256`, `P-384` or `Ed25519`; `None` for an RSA key."""
    source: str
    iss: str | None = None
    """The only issuer it may sign for; `None` where the key set binds it to none."""
    nbf: int | float | None = None
    """Seconds since 1970 from which it is good; `None`: from ever."""
    exp: int | float | None = None
    """Seconds since 1970 until which it is good; `None`: for ever."""
    revoked_at: int | float | None = None
    """Seconds since 1970 from which it is no longer good; `None`: not revoked."""
    alg: str | None = None
    """The only algorithm it may be used with; `None` where the key set does not say."""
    certificate: str | None = None
    """SHA-256 of the X.509 certificate it came in (DER, in hex), which says whose it was and when;
    `None` for a bare key."""
    root: str | None = None
    """The subject of the given root that its certificate chains to; `None` where none was given."""

    def __repr__(self) -> str:
        """Say what matters of it, in a line."""
        return f"<Key {self.label}>"

    @property
    def kind(self) -> str:
        """`P-256`, `P-384`, `Ed25519` or `RSA`."""
        return self.curve or "RSA"

    @property
    def label(self) -> str:
        """The key as a person would describe it.

        >>> Key("a", b"", "P-256", "keys.json", iss="urn:a", revoked_at=100).label
        "'a' (P-256), of urn:a, revoked from 1970-01-01 00:01:40 UTC on"
        """
        parts = [
            f"{self.kid!r} ({self.kind})",
            self.iss and f"of {self.iss}",
            None if self.nbf is None else f"good from {labels.time(self.nbf)}",
            None if self.exp is None else f"good until {labels.time(self.exp)}",
            None if self.revoked_at is None else f"revoked from {labels.time(self.revoked_at)} on",
        ]
        return ", ".join(filter(None, parts))

    @property
    def has_window(self) -> bool:
        """Whether it was not good at all times."""
        return any(time is not None for time in (self.nbf, self.exp, self.revoked_at))

    @property
    def thumbprint(self) -> str:
        """The name that the key has by itself, whatever it is called (RFC 7638, SHA-256)."""
        members = dict(sorted(jwk_members(public_key(self)).items()))
        return encode_base64url(hashlib.sha256(compact_json(members)).digest()).decode()

    @property
    def algorithms(self) -> frozenset[str]:
        """Names of the algorithms that it may be used with.

        >>> sorted(Key("a", b"", "Ed25519", "keys.json", alg="EdDSA").algorithms)
        ['Ed25519', 'EdDSA']
        >>> Key("a", b"", "P-256", "keys.json", alg="RS256").algorithms
        frozenset()
        """
        if self.alg is not None and KINDS.get(self.alg) != self.kind:
            return frozenset()
        return _algorithms(self.kind)

    def unfit(self, iat: float) -> str | None:
        """Why the key was not good at a time; `None` when it was.

        >>> Key("a", b"", "P-256", "keys.json", revoked_at=100).unfit(150)
        'revoked from 1970-01-01 00:01:40 UTC on'
        """
        if self.nbf is not None and iat < self.nbf:
            return f"not good before {labels.time(self.nbf)}"
        if self.exp is not None and iat >= self.exp:
            return f"good until {labels.time(self.exp)}"
        if self.revoked_at is not None and iat >= self.revoked_at:
            return f"revoked from {labels.time(self.revoked_at)} on"
        return None


@cache
def _algorithms(kind: str) -> frozenset[str]:
    return frozenset(name for name, taken in KINDS.items() if taken == kind)


class BadKey(msgspec.Struct, frozen=True, gc=False):
    """A key of a key file that cannot be used, and why."""

    source: str
    index: int
    """Position in its file, from 0."""
    kid: str | None
    reason: str


def is_time(value: Any) -> bool:
    """Whether this can be a time, in seconds since 1970.

    >>> is_time(1771943000), is_time(True), is_time(float("nan"))
    (True, False, False)
    """
    return type(value) in (int, float) and -MAX_NUMBER <= value <= MAX_NUMBER


def public_key(key: Key) -> Any:
    """The key as `cryptography` uses it.

    Raises:
        EctgraphError: its bytes are not those of a key of its kind; of a `Key` made by hand.

    """
    try:
        public = load_der_public_key(key.spki)
        if curve_of(public) == key.curve:
            return public
    except (*UNREADABLE, Unusable):
        pass
    message = f"the key {key.kid!r} is not what it says: its bytes hold no usable {key.kind} key"
    raise EctgraphError(message)


def make(public: Any, kid: str, source: str) -> Key:
    """Make a `Key` of a public key of `cryptography`.

    Raises:
        Unusable: no algorithm here takes a key of its kind.

    """
    curve = curve_of(public)
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Key(kid, spki, curve, source)


def curve_of(public: Any) -> str | None:
    """What `Key.curve` says of a public key of `cryptography`.

    Raises:
        Unusable: no algorithm here takes a key of its kind.

    """
    if isinstance(public, RSAPublicKey):
        if public.key_size not in RSA_BITS:
            least, most = RSA_BITS[0], RSA_BITS[-1]
            message = f"it is an RSA key of {public.key_size} bits; {least} to {most} are taken"
            raise Unusable(message)
        exponent = public.public_numbers().e
        if exponent < 3 or exponent % 2 == 0:  # with 1 anybody could sign
            raise Unusable(f"it is an RSA key with the exponent {exponent}")
        return None
    if isinstance(public, Ed25519PublicKey):
        return "Ed25519"
    name = public.curve.name if isinstance(public, ec.EllipticCurvePublicKey) else None
    if name in _CURVES:
        return _CURVES[name]
    what = name or type(public).__name__.removesuffix("PublicKey")
    message = f"it is a key that no algorithm here takes ({what})"
    raise Unusable(message)


def jwk_members(public: Any) -> dict[str, str]:
    """The members of a JWK that make up a public key, and no others (RFC 7638 §3.2).

    A coordinate keeps its leading zeros (RFC 7518 §6.2.1.2), a number of an RSA key has none.
    """
    if isinstance(public, RSAPublicKey):
        rsa = public.public_numbers()
        return {"kty": "RSA", "n": _number(rsa.n), "e": _number(rsa.e)}
    if isinstance(public, ec.EllipticCurvePublicKey):
        size = (public.key_size + 7) // 8
        point = public.public_numbers()
        curve = _CURVES[public.curve.name]
        return {
            "kty": "EC",
            "crv": curve,
            "x": _number(point.x, size),
            "y": _number(point.y, size),
        }
    raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {"kty": "OKP", "crv": "Ed25519", "x": encode_base64url(raw).decode()}


def _number(value: int, size: int | None = None) -> str:
    return encode_base64url(value.to_bytes(size or (value.bit_length() + 7) // 8)).decode()
