"""An agent's own key: made, read, and written down; and the public half of it, for others."""

from __future__ import annotations

from typing import Any, get_args

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from ectgraph.errors import EctgraphError
from ectgraph.keys.key import KINDS, UNREADABLE, jwk_members
from ectgraph.keys.material import as_key

_PRIVATE = get_args(PrivateKeyTypes)


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
    import jwt  # noqa: PLC0415  # workers never need it

    key = material
    try:
        if isinstance(material, (str, bytes)):
            data = material.encode(errors="replace") if isinstance(material, str) else material
            key = serialization.load_pem_private_key(data, password=None)
        elif isinstance(material, dict):
            key = jwt.PyJWK(material).key
    except (*UNREADABLE, jwt.PyJWTError):
        key = None
    if not isinstance(key, _PRIVATE):  # no cause is shown with it: that may quote the key
        message = "the private key is neither an unencrypted PEM, nor a JWK, nor of cryptography"
        raise EctgraphError(message)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
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
    """The public half of a key as a JWK; `iss` binds it to one issuer (docs/formats.md).

    Raises:
        EctgraphError: no algorithm here takes a key of its kind.

    >>> sorted(public_jwk(generate_key(), "agent-a"))
    ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']

    """
    public = key.public_key() if isinstance(key, _PRIVATE) else key
    kind = as_key(public, kid).kind
    alg = next(name for name, taken in KINDS.items() if taken == kind)
    members = jwk_members(public)
    shape = {name: members.pop(name) for name in ("kty", "crv") if name in members}
    owner = {"iss": iss} if iss else {}
    return shape | {"use": "sig", "alg": alg, "kid": kid} | owner | members
