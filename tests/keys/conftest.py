"""Key files on disk, and an authority that issues certificates: good ones, and others."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ectgraph.testing import EPOCH, private_key

USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
DAY = 86400


@dataclass(frozen=True)
class Issued:
    """A certificate, and the private key of what is certified."""

    certificate: x509.Certificate
    key: Any

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def spki(self) -> bytes:
        public = self.key.public_key()
        return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def issue(
    name: str,
    issuer: Issued | None = None,
    *,
    uris: Sequence[str] = (),
    ca: bool | None = None,
    usage: Sequence[str] | None = None,
    days: tuple[float, float] = (-10, 90),
    key: Any = None,
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
    path_length: int | None = None,
) -> Issued:
    """Issue a certificate.

    Args:
        name: the common name; empty for a certificate without a subject.
        issuer: who signs; itself without one.
        uris: URIs among its names.
        ca: what its basicConstraints say; `None` leaves them out.
        usage: its keyUsage; `None` leaves it out.
        days: from when until when it is valid, in days from the epoch of sketches.
        key: its private key; by default the one of this name.
        extensions: more of them, each with its criticality.
        path_length: how many CAs may follow.

    """
    own = key or private_key(name)
    start, end = (dt.datetime.fromtimestamp(EPOCH + each * DAY, dt.UTC) for each in days)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)] if name else [])
    builder = x509.CertificateBuilder(
        issuer.certificate.subject if issuer else subject,
        subject,
        own.public_key(),
        serial_number=1000,
        not_valid_before=start,
        not_valid_after=end,
    )
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca, path_length), critical=True)
    if usage is not None:
        flags = {flag: flag in usage for flag in USAGES}
        builder = builder.add_extension(x509.KeyUsage(**flags), critical=True)
    if uris:
        names = [x509.UniformResourceIdentifier(uri) for uri in uris]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=not name)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    signing = issuer.key if issuer else own
    digest = None if isinstance(signing, Ed25519PrivateKey) else SHA256()
    return Issued(builder.sign(signing, digest), own)


@pytest.fixture(scope="session", name="issue")
def issue_() -> Callable[..., Issued]:
    """Issue a certificate."""
    return issue


@pytest.fixture(scope="session")
def root() -> Issued:
    """A certificate authority."""
    return issue("root", ca=True, usage=["key_cert_sign"], days=(-1000, 1000))


@pytest.fixture(scope="session")
def middle(root: Issued) -> Issued:
    """A certificate authority below it."""
    return issue("middle", root, ca=True, usage=["key_cert_sign"], days=(-100, 100))


@pytest.fixture(scope="session")
def leaf(middle: Issued) -> Issued:
    """An agent's certificate as SPIRE makes them: no subject, a SPIFFE ID, short-lived."""
    return issue(
        "",
        middle,
        uris=["spiffe://example.com/agent/a"],
        ca=False,
        usage=["digital_signature"],
        days=(-1, 1),
        key=private_key("agent-a"),
    )


@pytest.fixture(scope="session")
def others() -> dict[str, Any]:
    """Private keys of the kinds that are not ES256's, by their kind."""
    return {
        "P-384": ec.derive_private_key(7**100, ec.SECP384R1()),
        "Ed25519": Ed25519PrivateKey.from_private_bytes(b"\x07" * 32),
        "RSA": rsa.generate_private_key(65537, 2048),
    }


@pytest.fixture(scope="session")
def pem_of() -> Callable[[Any], bytes]:
    """Write a public key as PEM."""
    return lambda public: public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, bytes | dict[str, Any]], Path]:
    """Put a key file somewhere."""

    def put(name: str, content: bytes | dict[str, Any]) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    return put
