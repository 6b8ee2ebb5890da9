"""JWK Sets and SPIFFE bundles -> keys, chains and roots (RFC 7517; SPIFFE Trust Domain and Bundle).

PyJWT makes the key of the members; what else a JWK says is read here, and strictly: a key whose
bounds cannot be read must not sign for anybody.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from typing import Any

import jwt
from cryptography.x509 import Certificate, load_der_x509_certificate
from msgspec.structs import replace

from ectgraph import escape
from ectgraph.keys.certificate import checked
from ectgraph.keys.chain import Chain, Found, Root, root
from ectgraph.keys.key import KINDS, TIMES, UNREADABLE, BadKey, Key, Unusable, is_time, make

_PUBLIC_MEMBERS = ("kty", "crv", "x", "y", "n", "e")
_SIGNING = ("sig", "jwt-svid")


def read_jwks(jwks: dict[str, Any], source: str) -> Iterator[Found]:
    """What the entries of a JWK Set are, in order."""
    for index, jwk in enumerate(jwks["keys"]):
        try:
            yield _read(jwk, source, index)
        except Unusable as refusal:
            kid = jwk.get("kid") if isinstance(jwk, dict) else None
            yield BadKey(source, index, kid if isinstance(kid, str) else None, str(refusal))


def _read(jwk: Any, source: str, index: int) -> Key | Chain | Root:
    if not isinstance(jwk, dict):
        raise Unusable("it is no JSON object")
    if jwk.get("use") == "x509-svid":  # a root; only its first certificate counts (X509-SVID §6.2)
        return root(_certificates(jwk)[0], source, index)
    key = _key(jwk, source)
    return Chain(key.kid, _certificates(jwk), source, index, key) if "x5c" in jwk else key


def _key(jwk: dict[str, Any], source: str) -> Key:
    if not isinstance(jwk.get("kid"), str) or not jwk["kid"]:
        raise Unusable("it has no 'kid', so no token can name it")
    if jwk.get("kty") == "oct":
        raise Unusable("it is a symmetric key, and its holder could forge every token")
    if jwk.get("use", "sig") not in _SIGNING:
        raise Unusable(f"its 'use' is {_shown(jwk['use'])}, not signing")
    operations = jwk.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        raise Unusable("its 'key_ops' do not let it verify")
    bounds = _bounds(jwk)
    # The private part of a key, if somebody left it there, goes no further than here.
    members = {name: jwk[name] for name in _PUBLIC_MEMBERS if name in jwk}
    try:
        public = jwt.PyJWK(members).key
    except (*UNREADABLE, jwt.PyJWTError) as error:
        detail = next(iter(str(error).splitlines()), "")
        raise Unusable(f"it is no valid JWK ({detail})") from error
    key = replace(make(public, jwk["kid"], source), **bounds)
    if "alg" in jwk:
        key = replace(key, alg=jwk["alg"])
        if not isinstance(key.alg, str) or not key.algorithms:
            taken = " or ".join(name for name, kind in KINDS.items() if kind == key.kind)
            raise Unusable(f"its 'alg' is {_shown(key.alg)}, and a key of its kind is for {taken}")
    return key


def _shown(value: Any) -> str:
    return escape.terminal(repr(value), 40)


def _bounds(jwk: dict[str, Any]) -> dict[str, Any]:
    """For whom, and when, a JWK may sign (docs/formats.md)."""
    owners = [jwk[name] for name in ("iss", "identity") if name in jwk]
    odd = [name for name in ("iss", "identity") if not _is_name(jwk.get(name, "?"))]
    odd += [name for name in TIMES if not is_time(jwk.get(name, 0))]
    odd += [name for name in ("revoked",) if not isinstance(jwk.get(name, False), bool)]
    if odd:
        raise Unusable(f"its {odd[0]!r} cannot be read, so it is not clear what it may sign")
    if len(set(owners)) > 1:
        raise Unusable("its 'iss' and its 'identity' differ, so it is not clear what it may sign")
    if jwk.get("revoked") and "revoked_at" not in jwk:
        raise Unusable("it is revoked, and no 'revoked_at' says from when on")
    found = {name: jwk[name] for name in TIMES if name in jwk}
    return found | ({"iss": owners[0]} if owners else {})


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _certificates(jwk: dict[str, Any]) -> tuple[Certificate, ...]:
    """The certificates of a JWK, the key's own first (RFC 7517 §4.7)."""
    chain = jwk.get("x5c")
    if not isinstance(chain, list) or not chain or not all(isinstance(text, str) for text in chain):
        raise Unusable("its 'x5c' is no array of certificates")
    return tuple(checked(load_der_x509_certificate, _decoded(text)) for text in chain)


def _decoded(text: str) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError as error:
        raise Unusable("its 'x5c' is not base64") from error
