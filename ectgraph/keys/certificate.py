"""One X.509 certificate: whose key it says it holds, and when, and whether that key signs tokens.

The rules for SPIFFE identities are those of the SPIFFE ID and X509-SVID specifications; any other
URI in a certificate's subjectAltName names its owner as well.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from ectgraph.keys.key import UNREADABLE, Unusable

_MALFORMED = (
    *UNREADABLE,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
_SPIFFE_ID = re.compile(r"spiffe://[a-z0-9._-]{1,255}(/(?!\.{1,2}(/|$))[A-Za-z0-9._-]+)+")
_LONGEST_SPIFFE_ID = 2048

_E = TypeVar("_E", bound=x509.ExtensionType)


def checked(load: Callable[[bytes], x509.Certificate], data: bytes) -> x509.Certificate:
    """Read a certificate, and all parts of it that are looked at later: they are read when asked.

    Raises:
        Unusable: some part cannot be read.

    """
    try:
        with warnings.catch_warnings():  # oddities that `cryptography` takes nevertheless
            warnings.simplefilter("ignore")
            certificate = load(data)
            certificate.public_key()
            for part in ("subject", "issuer", "extensions"):
                getattr(certificate, part)
    except _MALFORMED as error:
        raise Unusable(f"it is a broken certificate ({_line(error)})") from error
    return certificate


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


def extension(certificate: x509.Certificate, kind: type[_E]) -> _E | None:
    """One extension of a certificate, if it is there."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def is_ca(certificate: x509.Certificate) -> bool:
    """Whether it says that its key signs certificates."""
    constraints = extension(certificate, x509.BasicConstraints)
    return constraints is not None and constraints.ca


def check_signs_tokens(certificate: x509.Certificate) -> None:
    """Make sure that a certificate's key is for signing what is no certificate (RFC 5280 §4.2.1.3).

    Raises:
        Unusable: it is not.

    """
    usage = extension(certificate, x509.KeyUsage)
    if is_ca(certificate) or (usage is not None and (usage.key_cert_sign or usage.crl_sign)):
        raise Unusable("it is a CA certificate, which signs no tokens; give it as a root (--roots)")
    if usage is not None and not usage.digital_signature:
        raise Unusable("its certificate's key usage leaves out digital signatures")


def identity(certificate: x509.Certificate) -> str | None:
    """The one URI among a certificate's names, a SPIFFE ID as a rule; `None` when there is none.

    Raises:
        Unusable: there are several, or it is a SPIFFE ID that is none.

    """
    names = extension(certificate, x509.SubjectAlternativeName)
    uris = [] if names is None else names.get_values_for_type(x509.UniformResourceIdentifier)
    if len(uris) > 1:
        raise Unusable(f"its certificate names {len(uris)} URIs, and a key belongs to one")
    if not uris:
        return None
    (uri,) = uris
    if uri.lower().startswith("spiffe:") and not (
        _SPIFFE_ID.fullmatch(uri) and len(uri) <= _LONGEST_SPIFFE_ID
    ):
        raise Unusable(f"its certificate names {uri!r}, which is no SPIFFE ID")
    return uri


def window(certificates: Iterable[x509.Certificate]) -> tuple[int, int]:
    """(first second, second after the last) in which all certificates are valid.

    It may be empty. The last second of a certificate is still good (RFC 5280 §4.1.2.5), the `exp`
    of a key is not.
    """
    bounds = [(c.not_valid_before_utc, c.not_valid_after_utc) for c in certificates]
    start, end = max(start for start, _ in bounds), min(end for _, end in bounds)
    return int(start.timestamp()), int(end.timestamp()) + 1


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of a certificate, in hex."""
    return certificate.fingerprint(SHA256()).hex()
