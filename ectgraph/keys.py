"""Key files -> KeyRing: JWKS, PEM public keys, or folders of either.

A key that cannot be used never spoils the set: it stays as a `BadKey` and becomes a finding. Only
when nothing is left to verify with is it the caller's mistake.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ectgraph.encoding import EncodingError, read_json
from ectgraph.errors import EctgraphError
from ectgraph.model import KeySource

_PEM = b"-----BEGIN "
_UNREADABLE = (ValueError, TypeError, KeyError, UnsupportedAlgorithm)


class Key(msgspec.Struct, frozen=True, gc=False):
    """One public key."""

    kid: str
    spki: bytes
    """SubjectPublicKeyInfo, DER: plain bytes, so that a key travels to worker processes."""
    curve: str | None
    """`P-256`, `P-384` …; `None` for a key that is not on a NIST curve."""
    source: str


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
        return _read_pem(data, path)
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


def _read_pem(data: bytes, path: Path) -> Iterator[Key | BadKey]:
    blocks = data.split(_PEM)[1:]
    for index, block in enumerate(blocks):
        try:
            key = serialization.load_pem_public_key(_PEM + block)
        except _UNREADABLE:
            label = block.split(b"-----")[0].decode("ascii", "replace").lower()
            reason = f"it is a {label}, or broken; a PEM public key is needed"
            yield BadKey(str(path), index, path.stem, reason)
        else:
            yield _key(path.stem, key, str(path))


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
                yield _key(kid, jwt.PyJWK(public).key, source)
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
    return None


def _key(kid: Any, public: Any, source: str) -> Key:
    spki = public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    curve = None
    if isinstance(public, ec.EllipticCurvePublicKey):
        names = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
        curve = names.get(public.curve.name, public.curve.name)
    return Key(kid, spki, curve, source)
