"""Key files -> KeyRing: JWKS, PEM public keys, or folders of either; and an agent's own key.

A key that cannot be used never spoils the set: it stays as a `BadKey` and becomes a finding. Only
when nothing is left to verify with is it the caller's mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from os import PathLike, fspath
from pathlib import Path
from typing import Any, TypeAlias, get_args

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
from msgspec.structs import replace

from ectgraph import labels
from ectgraph.encoding import MAX_NUMBER, EncodingError, encode_base64url, read_json
from ectgraph.errors import EctgraphError
from ectgraph.model import KeySource

_PEM = b"-----BEGIN "
_PUBLIC, _PRIVATE = get_args(PublicKeyTypes), get_args(PrivateKeyTypes)
_UNREADABLE = (ValueError, TypeError, KeyError, NotImplementedError, UnsupportedAlgorithm)


class Key(msgspec.Struct, frozen=True, gc=False):
    """One public key."""

    kid: str
    spki: bytes
    """SubjectPublicKeyInfo, DER: plain bytes, so that a key travels to worker processes."""
    curve: str | None
    """`P-256`, `P-384` …; `None` for a key that is not on a NIST curve."""
    source: str
    iss: str | None = None
    """The only issuer it may sign for; `None` where the key set binds it to none."""
    nbf: int | float | None = None
    """Seconds since 1970 from which it is good; `None`: from ever."""
    exp: int | float | None = None
    """Seconds since 1970 until which it is good; `None`: for ever."""
    revoked_at: int | float | None = None
    """Seconds since 1970 from which it is no longer good; `None`: not revoked."""

    @property
    def has_window(self) -> bool:
        """Whether it was not good at all times."""
        return any(time is not None for time in (self.nbf, self.exp, self.revoked_at))

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


class BadKey(msgspec.Struct, frozen=True, gc=False):
    """A key of a key file that cannot be used, and why."""

    source: str
    index: int
    """Position in its file, from 0."""
    kid: str | None
    reason: str


class KeyRing(msgspec.Struct, frozen=True):
    """The keys that the caller trusts, by `kid`. Keys inside tokens never get in here."""

    keys: tuple[Key, ...] = ()
    bad: tuple[BadKey, ...] = ()
    sources: tuple[KeySource, ...] = ()

    @classmethod
    def load(cls, *paths: str | PathLike[str]) -> KeyRing:
        """Read keys from JWKS files, PEM files (the file's name is the `kid`) and folders of them.

        Raises:
            EctgraphError: a path cannot be read, a file is no key file, or no key is usable.

        """
        keys: list[Key] = []
        bad: list[BadKey] = []
        sources: list[KeySource] = []
        for path in paths:
            for file in _files(Path(path)):
                found = list(_read_file(file))
                good = [key for key in found if isinstance(key, Key)]
                keys += good
                bad += [key for key in found if isinstance(key, BadKey)]
                sources.append(KeySource(str(file), len(good)))
        if not keys:
            names = ", ".join(fspath(path) for path in paths) or "the key set"
            why = f" ({_kid(bad[0])}: {bad[0].reason})" if bad else ""
            message = f"{names}: no usable key in it{why}; give a JWKS or PEM public keys"
            raise EctgraphError(message)
        return cls(tuple(keys), tuple(bad), tuple(sources))

    @classmethod
    def from_jwks(cls, jwks: dict[str, Any], source: str = "<jwks>") -> KeyRing:
        """Take the keys of a JWK Set that is already decoded (RFC 7517 §5).

        Raises:
            EctgraphError: it has no array `keys`.

        >>> KeyRing.from_jwks({"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "a"}]}).bad[0].reason
        'it is a symmetric key, and its holder could forge every token'
        """
        if not isinstance(jwks.get("keys"), list):
            message = f"{source}: no JWKS: it has no array 'keys'"
            raise EctgraphError(message)
        found = list(_read_jwks(jwks, source))
        keys = tuple(key for key in found if isinstance(key, Key))
        bad = tuple(key for key in found if isinstance(key, BadKey))
        return cls(keys, bad, (KeySource(source, len(keys)),))


Resolver: TypeAlias = Callable[[str], Any]
"""Gives the key for a `kid`: of `cryptography`, PEM, a JWK, or `None` when it knows none."""

Keys: TypeAlias = KeyRing | Resolver | None
"""What signatures are checked with; `None` checks none."""


def _kid(key: BadKey) -> str:
    return f"key {key.index}" if key.kid is None else f"key {key.kid!r}"


def _files(path: Path) -> list[Path]:
    try:
        if not path.is_dir():
            return [path]
        return sorted(file for file in path.iterdir() if file.is_file() and file.name[0] != ".")
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror})"
        raise EctgraphError(message) from error


def _read_file(path: Path) -> Iterable[Key | BadKey]:
    try:
        data = path.read_bytes()
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror})"
        raise EctgraphError(message) from error
    if _PEM in data:
        return _read_pem(data, path.stem, str(path))
    try:
        value, duplicates = read_json(data, max_depth=16)
    except EncodingError as problem:
        message = f"{path}: neither a JWKS nor PEM keys ({problem.detail})"
        raise EctgraphError(message) from problem
    if duplicates:
        message = f"{path}: the member {duplicates[0]!r} occurs twice, so it has two readings"
        raise EctgraphError(message)
    if isinstance(value, dict) and "kty" in value:
        return _read_jwks({"keys": [{"kid": path.stem, **value}]}, str(path))
    if isinstance(value, dict) and isinstance(value.get("keys"), list):
        return _read_jwks(value, str(path))
    message = f"{path}: no JWKS: it has no array 'keys'"
    raise EctgraphError(message)


def _read_pem(data: bytes, kid: str, source: str) -> Iterator[Key | BadKey]:
    blocks = data.split(_PEM)[1:]
    for index, block in enumerate(blocks):
        try:
            key = serialization.load_pem_public_key(_PEM + block)
        except _UNREADABLE:
            label = block.split(b"-----")[0].decode("ascii", "replace").lower()
            reason = f"it is a {label}, or broken; a PEM public key is needed"
            yield BadKey(source, index, kid, reason)
        else:
            yield _key(kid, key, source)


def _read_jwks(jwks: dict[str, Any], source: str) -> Iterator[Key | BadKey]:
    import jwt  # noqa: PLC0415  # workers get keys ready-made and start sooner without it

    for index, jwk in enumerate(jwks.get("keys", ())):
        kid = jwk.get("kid") if isinstance(jwk, dict) else None
        reason = _refusal(jwk)
        if reason is None:
            try:
                # The private part of a key, if somebody left it there, goes no further than here.
                public = {
                    name: jwk[name] for name in ("kty", "crv", "x", "y", "n", "e") if name in jwk
                }
                yield replace(_key(kid, jwt.PyJWK(public).key, source), **_bounds(jwk))
                continue
            except (*_UNREADABLE, jwt.PyJWTError) as error:
                reason = f"it is no valid JWK ({str(error).splitlines()[0]})"
        yield BadKey(source, index, kid if isinstance(kid, str) else None, reason)


def _refusal(jwk: Any) -> str | None:
    """Why a JWK is not even looked into, if so."""
    if not isinstance(jwk, dict):
        return "it is no JSON object"
    if not isinstance(jwk.get("kid"), str) or not jwk["kid"]:
        return "it has no 'kid', so no token can name it"
    if jwk.get("kty") == "oct":
        return "it is a symmetric key, and its holder could forge every token"
    if jwk.get("use", "sig") != "sig":
        return f"its 'use' is {jwk['use']!r}, not signing"
    owners = {name: jwk[name] for name in ("iss", "identity") if name in jwk}
    odd = [name for name, owner in owners.items() if not (owner and isinstance(owner, str))]
    odd += [name for name in _WINDOW if not _is_date(jwk.get(name, 0))]
    if not odd and len(set(owners.values())) > 1:
        return "its 'iss' and its 'identity' differ, so it is not clear what it may sign"
    return f"its {odd[0]!r} cannot be read, so it is not clear what it may sign" if odd else None


_WINDOW = ("nbf", "exp", "revoked_at")


def _is_date(value: Any) -> bool:
    return type(value) in (int, float) and -MAX_NUMBER <= value <= MAX_NUMBER


def _bounds(jwk: dict[str, Any]) -> dict[str, Any]:
    """For whom, and when, a JWK may sign (docs/formats.md)."""
    found = {name: jwk[name] for name in _WINDOW if name in jwk}
    iss = jwk.get("iss") or jwk.get("identity")
    return found | {"iss": iss} if iss else found


def _key(kid: Any, public: Any, source: str) -> Key:
    spki = public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return Key(kid, spki, _curve(public), source)


def _curve(key: Any) -> str | None:
    if not isinstance(key, (ec.EllipticCurvePublicKey, ec.EllipticCurvePrivateKey)):
        return None
    names = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
    return names.get(key.curve.name, key.curve.name)


def as_key(material: Any, kid: str) -> Key:
    """One public key from whatever a caller has: of `cryptography`, PEM, a JWK, or a `Key`.

    Raises:
        EctgraphError: it is none of these.

    """
    if isinstance(material, Key):
        return material
    if isinstance(material, (str, bytes)):
        data = material.encode(errors="replace") if isinstance(material, str) else material
        found: Any = next(_read_pem(data, kid, "<key>"), None)
    elif isinstance(material, dict):
        found = next(iter(_read_jwks({"keys": [{**material, "kid": kid}]}, "<jwk>")))
    else:
        found = _key(kid, material, "<key>") if isinstance(material, _PUBLIC) else None
    if isinstance(found, Key):
        return found
    reason = f": {found.reason}" if isinstance(found, BadKey) else ""
    message = f"the key {kid!r} is no public key, PEM or JWK{reason}"
    raise EctgraphError(message)


def generate_key() -> ec.EllipticCurvePrivateKey:
    """Make a new private key for ES256, on the curve P-256.

    >>> generate_key().curve.name
    'secp256r1'
    """
    return ec.generate_private_key(ec.SECP256R1())


def private_key(material: Any) -> ec.EllipticCurvePrivateKey:
    """An agent's private key from whatever it has: of `cryptography`, PEM, or a JWK.

    Raises:
        EctgraphError: it is none of these, or not on the curve P-256; the message never holds
            any of the key.

    >>> import cryptography.hazmat.primitives.asymmetric.rsa as rsa
    >>> private_key(rsa.generate_private_key(65537, 2048))
    Traceback (most recent call last):
    ectgraph.errors.EctgraphError: the private key is not on the curve P-256, which ES256 needs

    """
    import jwt  # noqa: PLC0415

    key = material
    try:
        if isinstance(material, (str, bytes)):
            data = material.encode(errors="replace") if isinstance(material, str) else material
            key = serialization.load_pem_private_key(data, password=None)
        elif isinstance(material, dict):
            key = jwt.PyJWK(material).key
    except (*_UNREADABLE, jwt.PyJWTError):
        key = None
    if not isinstance(key, _PRIVATE):  # no cause is shown with it: that may quote the key
        message = "the private key is neither an unencrypted PEM, nor a JWK, nor of cryptography"
        raise EctgraphError(message)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or _curve(key) != "P-256":
        message = "the private key is not on the curve P-256, which ES256 needs"
        raise EctgraphError(message)
    return key


def private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """A private key as PEM, not encrypted (PKCS #8)."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def public_jwk(key: Any, kid: str, iss: str | None = None) -> dict[str, str]:
    """The public half of a P-256 key as a JWK; `iss` binds it to one issuer (docs/formats.md).

    >>> sorted(public_jwk(generate_key(), "agent-a"))
    ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']
    """
    public = key.public_key() if isinstance(key, ec.EllipticCurvePrivateKey) else key
    numbers = public.public_numbers()
    x, y = (encode_base64url(n.to_bytes(32)).decode() for n in (numbers.x, numbers.y))
    jwk = {"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid}
    return jwk | ({"iss": iss} if iss else {}) | {"x": x, "y": y}
