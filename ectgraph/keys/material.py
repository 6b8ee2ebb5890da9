"""One key from whatever a caller has, such as what a resolver gives."""

from __future__ import annotations

from typing import Any

from ectgraph.errors import EctgraphError
from ectgraph.keys.key import PUBLIC_KEYS, BadKey, Key, Unusable, make


def as_key(material: Any, kid: str) -> Key:
    """One public key: of `cryptography`, a certificate, PEM, a JWK, or a `Key`.

    Of several in one PEM it is the first. A certificate is taken at its word: no root is asked.

    Raises:
        EctgraphError: it is none of these, or of a kind that no algorithm here takes.

    """
    if isinstance(material, Key):
        return material
    try:
        found = _read(material, kid)
    except Unusable as refusal:
        found = BadKey("<key>", 0, kid, str(refusal))
    if isinstance(found, Key):
        return found
    reason = f": {found.reason}" if isinstance(found, BadKey) else ""
    message = f"the key {kid!r} is no public key, PEM or JWK{reason}"
    raise EctgraphError(message)


def _read(material: Any, kid: str) -> Any:
    """The key that it is or holds; of a chain, the key that it certifies."""
    if isinstance(material, PUBLIC_KEYS):
        return make(material, kid, "<key>")
    from cryptography.x509 import Certificate  # noqa: PLC0415  # most callers have keys

    from ectgraph.keys import chain, jwk, pem  # noqa: PLC0415

    found: Any = None
    if isinstance(material, (str, bytes)):
        data = material.encode(errors="replace") if isinstance(material, str) else material
        found = next(pem.read_pem(data, kid, "<key>"), None)
    elif isinstance(material, dict):
        found = next(jwk.read_jwks({"keys": [{**material, "kid": kid}]}, "<jwk>"))
    elif isinstance(material, Certificate):
        found = chain.Chain(kid, (material,), "<key>", 0)
    return chain.certify(found, ()) if isinstance(found, chain.Chain) else found
