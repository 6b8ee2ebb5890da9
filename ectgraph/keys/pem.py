"""PEM and DER -> public keys and chains of certificates (RFC 7468).

Neither form has a place for a `kid`: that is the file's name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from cryptography.hazmat.primitives.serialization import (
    load_der_private_key,
    load_der_public_key,
    load_pem_public_key,
)
from cryptography.x509 import (
    Certificate,
    load_der_x509_certificate,
    load_pem_x509_certificate,
)

from ectgraph import escape
from ectgraph.keys.certificate import checked
from ectgraph.keys.chain import Chain, Found
from ectgraph.keys.key import UNREADABLE, BadKey, Key, Unusable, make

PEM = b"-----BEGIN "
"""How each block of a PEM file begins."""
DER = b"\x30"
"""How a key or a certificate in DER begins: a SEQUENCE."""

_LONGEST_LABEL = 40


def read_pem(data: bytes, kid: str, source: str) -> Iterator[Found]:
    """What the blocks of a PEM file are, in order; a certificate takes those of its issuers along.

    Certificates that follow each other and do not belong together, such as one of a key and one of
    its successor, are as many keys of one `kid`.
    """
    chain: list[Certificate] = []
    first = 0
    for index, block in enumerate(data.split(PEM)[1:]):
        found = _block(block, kid, source, index)
        if isinstance(found, Certificate) and chain and _issued(found, chain[-1]):
            chain.append(found)
            continue
        if chain:
            yield Chain(kid, tuple(chain), source, first)
        chain, first = ([found], index) if isinstance(found, Certificate) else ([], index)
        if not isinstance(found, Certificate):
            yield found
    if chain:
        yield Chain(kid, tuple(chain), source, first)


def _issued(issuer: Certificate, certificate: Certificate) -> bool:
    """Whether a certificate names another as its issuer's; that of a root names itself."""
    return certificate.subject != certificate.issuer == issuer.subject


def _block(block: bytes, kid: str, source: str, index: int) -> Key | BadKey | Certificate:
    label = escape.terminal(block.partition(b"-----")[0].decode("ascii", "replace"), _LONGEST_LABEL)
    try:
        if label.endswith("CERTIFICATE"):
            return checked(load_pem_x509_certificate, PEM + block)
        return make(load_pem_public_key(PEM + block), kid, source)
    except Unusable as refusal:
        reason = str(refusal)
    except UNREADABLE:
        reason = f"it is a {label.lower()}, or broken; a PEM public key or certificate is needed"
    return BadKey(source, index, kid, reason)


def read_der(data: bytes, kid: str, source: str) -> Found | None:
    """The certificate or the key that DER is; `None` where it is neither."""
    try:
        with suppress(Unusable):
            return Chain(kid, (checked(load_der_x509_certificate, data),), source, 0)
        with suppress(*UNREADABLE):
            return make(load_der_public_key(data), kid, source)
    except Unusable as refusal:
        return BadKey(source, 0, kid, str(refusal))
    with suppress(*UNREADABLE):
        load_der_private_key(data, password=None)
        return BadKey(source, 0, kid, "it is a private key; a public key or certificate is needed")
    return None
