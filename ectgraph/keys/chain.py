"""A chain of certificates -> the key that it certifies, as far as the given roots vouch for it.

`cryptography` finds and validates the path, at a time at which it was good: archives are older
than certificates. Its profile for the web's certificates is not ours (an SVID has no host name,
and nothing here is a TLS client), so what it asks of extensions is what RFC 5280 §6.1 asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.x509 import (
    BasicConstraints,
    Certificate,
    KeyUsage,
    UnsupportedGeneralNameType,
)
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)
from msgspec.structs import replace

from ectgraph.keys.certificate import (
    check_signs_tokens,
    fingerprint,
    identity,
    is_ca,
    window,
)
from ectgraph.keys.key import UNREADABLE, BadKey, Key, Unusable, make

LONGEST = 16
"""Certificates in a chain above which nobody looks for a root."""


@dataclass(frozen=True)
class Chain:
    """Certificates that lead from a key towards a root, as found in one place."""

    kid: str
    certificates: tuple[Certificate, ...]
    """The key's own first, then that of its issuer, and so on; never empty."""
    source: str
    index: int
    key: Key | None = None
    """The key that it has to certify, where that is written next to it."""


@dataclass(frozen=True)
class Root:
    """A CA certificate that is trusted because the caller gave it."""

    certificate: Certificate
    source: str
    index: int


Found: TypeAlias = Key | BadKey | Chain | Root
"""What one entry of a key file may be."""


def root(certificate: Certificate, source: str, index: int) -> Root:
    """A certificate as a root.

    Raises:
        Unusable: it is not a CA's.

    """
    if not is_ca(certificate):
        raise Unusable("it is no CA certificate, so no other can chain to it")
    return Root(certificate, source, index)


def as_roots(found: Iterable[Found]) -> Iterator[Root | BadKey]:
    """What a file of roots holds, certificate by certificate; keys in it are left alone."""
    for each in found:
        if isinstance(each, (Root, BadKey)):
            yield each
        elif isinstance(each, Chain):
            for certificate in each.certificates:
                try:
                    yield root(certificate, each.source, each.index)
                except Unusable as refusal:
                    yield BadKey(each.source, each.index, None, str(refusal))


def settle(found: Found, roots: Sequence[Certificate]) -> Key | BadKey | None:
    """What becomes of an entry of a key file; `None` of a root, which signs no tokens."""
    if isinstance(found, Chain):
        try:
            return certify(found, roots)
        except Unusable as refusal:
            return BadKey(found.source, found.index, found.kid, str(refusal))
    return None if isinstance(found, Root) else found


def certify(chain: Chain, roots: Sequence[Certificate]) -> Key:
    """The key of a chain, bound to the identity and the validity that its certificates state.

    Args:
        chain: as found.
        roots: those that it must lead to one of; when there are none, the chain is taken at its
            word, but for its own signatures.

    Raises:
        Unusable: it certifies no key that signs tokens, or no root vouches for it.

    """
    if len(chain.certificates) > LONGEST:
        raise Unusable(f"its chain has {len(chain.certificates)} certificates, more than {LONGEST}")
    leaf = chain.certificates[0]
    check_signs_tokens(leaf)
    key = make(leaf.public_key(), chain.kid, chain.source)
    if chain.key is not None:
        if chain.key.spki != key.spki:
            raise Unusable("its 'x5c' certifies another key")
        key = chain.key
    owner = identity(leaf)
    if None not in (key.iss, owner) and key.iss != owner:
        raise Unusable(f"its owner is {key.iss} by itself and {owner} by its certificate")
    path = _path(chain.certificates, roots) if roots else _linked(chain.certificates)
    start, end = window(path)
    if start >= end:
        raise Unusable("the certificates of its chain were never valid at the same time")
    return replace(
        key,
        iss=key.iss or owner,
        nbf=start if key.nbf is None else max(start, key.nbf),
        exp=end if key.exp is None else min(end, key.exp),
        certificate=fingerprint(leaf),
        root=path[-1].subject.rfc4514_string() if roots else None,
    )


def _linked(certificates: tuple[Certificate, ...]) -> tuple[Certificate, ...]:
    """Certificates without a root, each of which was issued by the next."""
    for certificate, issuer in pairwise(certificates):
        if not is_ca(issuer):
            raise Unusable("its chain leads through a certificate that is not a CA's")
        try:
            certificate.verify_directly_issued_by(issuer)
        except (InvalidSignature, *UNREADABLE) as error:
            raise Unusable("its chain is broken: an issuer in it did not sign") from error
    return certificates


def _path(
    certificates: tuple[Certificate, ...], roots: Sequence[Certificate]
) -> Sequence[Certificate]:
    """The path from a leaf to a root; where it leads to several, the one that was valid longest."""
    leaf, *others = certificates
    issuers = {certificate.issuer for certificate in certificates}
    near = [anchor for anchor in roots if anchor.subject in issuers]
    if not near:
        issuer = certificates[-1].issuer.rfc4514_string()
        raise Unusable(f"it does not chain to a given root: none is {issuer!r}")
    paths: list[list[Certificate]] = []
    refusal = ""
    for anchor in near:
        store = Store([anchor])
        for moment in _moments(leaf, [*others, anchor]):
            client = _PROFILE.store(store).time(moment).build_client_verifier()
            try:
                paths.append(client.verify(leaf, others).chain)
            except (VerificationError, UnsupportedGeneralNameType) as error:
                refusal = _told(error)
    if not paths:
        raise Unusable(f"it does not chain to a given root: {refusal}")
    return max(paths, key=_validity)


def _moments(leaf: Certificate, others: Iterable[Certificate]) -> list[datetime]:
    """Times at which a path may begin to be valid: when one of its certificates did."""
    start, end = leaf.not_valid_before_utc, leaf.not_valid_after_utc
    starts = {other.not_valid_before_utc for other in others}
    return sorted({start} | {moment for moment in starts if start < moment <= end})


def _validity(path: Sequence[Certificate]) -> int:
    start, end = window(path)
    return end - start


def _told(error: Exception) -> str:
    """What `cryptography` says of a path, without what it says around that."""
    text = " ".join(str(error).partition(" (encountered processing")[0].split())
    for words in ("validation failed: ", "candidates exhausted: ", _FROM_US):
        text = text.removeprefix(words)
    return _MISSING if text.startswith("all candidates exhausted") else text


_FROM_US = "Python extension validator failed: ValueError: "
_MISSING = "the certificate of an issuer is missing"


def _signs_certificates(_: Policy, __: Certificate, usage: KeyUsage | None) -> None:
    if usage is not None and not usage.key_cert_sign:
        raise ValueError("an issuer's key usage leaves out signing certificates")


_LEAF = ExtensionPolicy.permit_all()  # `certify` has looked at it
_CA = (  # that a CA says so in its basicConstraints is asked in any case
    ExtensionPolicy.permit_all()
    .require_present(BasicConstraints, Criticality.AGNOSTIC, None)
    .may_be_present(KeyUsage, Criticality.AGNOSTIC, _signs_certificates)
)
_PROFILE = PolicyBuilder().extension_policies(ca_policy=_CA, ee_policy=_LEAF)
