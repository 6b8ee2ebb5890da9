"""One key from whatever a caller has."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from ectgraph.keys import Key, as_key, private_pem
from ectgraph.testing import AGENTS, EPOCH, jwks, private_key

JWK = jwks("agent-a")["keys"][0]
PUBLIC = private_key("agent-a").public_key()
PEM = PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    "material",
    [
        PUBLIC,
        PEM,
        PEM.decode(),
        JWK,
        JWK | {"kid": "other", "d": "c2VjcmV0"},
        PEM + PEM.replace(b"PUBLIC", b"BROKEN"),
        as_key(JWK, "agent-a"),
    ],
)
def test_a_key_may_come_in_any_form(material):
    key = as_key(material, "agent-a")

    assert (key.kid, key.curve) == ("agent-a", "P-256")
    assert load_der_public_key(key.spki) == private_key("agent-a").public_key()


@pytest.mark.parametrize("kid", ["spiffe://example.com/agent.a", "a/b.pem", ".", "", "/"])
def test_a_key_is_called_by_the_whole_kid_whatever_its_form(kid):
    materials = (PUBLIC, PEM, PEM.decode())

    assert [as_key(material, kid).kid for material in materials] == [kid] * 3


def test_a_key_that_is_one_already_stays_as_it_is():
    key = Key("somebody", b"spki", None, "keys.json", iss="urn:x", revoked_at=5)

    assert as_key(key, "agent-a") is key


@pytest.mark.parametrize(
    ("kind", "make"), [("P-384", ECAlgorithm), ("Ed25519", OKPAlgorithm), ("RSA", RSAAlgorithm)]
)
def test_a_key_may_be_of_any_kind_that_verifies(others, pem_of, kind, make):
    public = others[kind].public_key()

    for material in (public, pem_of(public), json.loads(make.to_jwk(public))):
        key = as_key(material, "k")
        assert (key.kid, key.kind) == ("k", kind)
        assert load_der_public_key(key.spki) == public


def test_a_certificate_is_a_key_with_bounds_in_any_form(leaf):
    for material in (leaf.certificate, leaf.pem, leaf.pem.decode()):
        key = as_key(material, "k")
        assert (key.kid, key.spki, key.iss) == ("k", leaf.spki, f"{AGENTS}a")
        assert (key.nbf, key.exp) == (EPOCH - 86400, EPOCH + 86401)
        assert key.root is None


@pytest.mark.parametrize(
    ("material", "why"),
    [
        (None, ""),
        (7, ""),
        ([JWK], ""),
        (b"", ""),
        ("no PEM", ""),
        (private_key("agent-a"), ""),
        (private_pem(private_key("agent-a")), ": it is a private key, or broken; a PEM public key"),
        (PEM.replace(b"PUBLIC KEY", b"CERTIFICATE"), ": it is a broken certificate ("),
        ({"kty": "oct", "k": "c2VjcmV0"}, ": it is a symmetric key"),
        (JWK | {"exp": "soon"}, ": its 'exp' cannot be read"),
        (JWK | {"y": JWK["x"]}, ": it is no valid JWK"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_what_is_no_public_key_is_the_callers_mistake(refusal, material, why):
    message = refusal(as_key, material, "agent-a")

    assert message.startswith(f"the key 'agent-a' is no public key, PEM or JWK{why}")
    assert "c2VjcmV0" not in message


def test_a_certificate_of_an_authority_is_no_key(refusal, root):
    for material in (root.certificate, root.pem):
        assert "it is a CA certificate" in refusal(as_key, material, "agent-a")
