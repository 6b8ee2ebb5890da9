"""An agent's own key: in which forms it comes, and that nothing ever tells it."""

from __future__ import annotations

import json
import traceback
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
)
from jwt import PyJWK
from jwt.algorithms import ECAlgorithm

from ectgraph import keys
from ectgraph.errors import EctgraphError
from ectgraph.keys import BadKey, KeyRing, as_key, generate_key, private_pem, public_jwk
from ectgraph.testing import jwks, private_key

JWK = jwks("agent-a")["keys"][0]
PUBLIC = private_key("agent-a").public_key()
PUBLIC_PEM = PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
PEM = private_pem(private_key("agent-a"))
PRIVATE_JWK = json.loads(ECAlgorithm.to_jwk(private_key("agent-a")))


@pytest.mark.parametrize(
    "material",
    [
        private_key("agent-a"),
        PEM,
        PEM.decode(),
        PRIVATE_JWK,
        PRIVATE_JWK | {"kid": "agent-a", "use": "sig", "alg": "ES256"},
        private_key("agent-a").private_bytes(
            Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
        ),
    ],
    ids=["object", "pem", "text", "jwk", "named-jwk", "sec1"],
)
def test_a_private_key_may_come_in_any_form(material):
    found = keys.private_key(material)

    assert found.private_numbers() == private_key("agent-a").private_numbers()


SECRET = PRIVATE_JWK["d"]
SEALED = private_key("agent-a").private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"a password")
)
P384 = ec.derive_private_key(7**100, ec.SECP384R1())
NO_PRIVATE_KEYS = {
    "nothing": None,
    "a number": 7,
    "empty": b"",
    "a word": SECRET,
    "public": private_key("agent-a").public_key(),
    "public PEM": PUBLIC_PEM,
    "public JWK": JWK,
    "certificate": b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    "encrypted": SEALED,
    "damaged PEM": PEM.replace(b"M", b"N"),
    "cut PEM": PEM[:-40],
    "P-384": P384,
    "P-384 PEM": P384.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    "P-384 JWK": json.loads(ECAlgorithm.to_jwk(P384)),
    "Ed25519": Ed25519PrivateKey.from_private_bytes(b"\x07" * 32),
    "symmetric": {"kty": "oct", "k": SECRET},
    "no members": {},
    "no kty": {"d": SECRET},
    "odd kty": PRIVATE_JWK | {"kty": [SECRET]},
    "another kty": PRIVATE_JWK | {"kty": "RSA"},
    "another curve": PRIVATE_JWK | {"crv": "P-384"},
    "odd curve": PRIVATE_JWK | {"crv": SECRET},
    "odd algorithm": PRIVATE_JWK | {"alg": SECRET},
    "no x": {name: value for name, value in PRIVATE_JWK.items() if name != "x"},
    "odd x": PRIVATE_JWK | {"x": 5},
    "foreign x": PRIVATE_JWK | {"x": PRIVATE_JWK["y"]},
    "odd d": PRIVATE_JWK | {"d": 5},
    "long d": PRIVATE_JWK | {"d": SECRET * 2},
    "wrong d": PRIVATE_JWK | {"d": "A" * 43},
}


OF_OTHER_CURVES = {"P-384", "P-384 PEM", "P-384 JWK", "Ed25519"}
NO_PRIVATE_KEY = "the private key is neither an unencrypted PEM, nor a JWK, nor of cryptography"


def secrets_of(material: Any) -> list[str]:
    """What must not be told of a private key: the words of its text, the values of its members."""
    if isinstance(material, dict):
        found = [material.get("d"), material.get("k")]
    elif isinstance(material, (str, bytes)):
        text = material.decode() if isinstance(material, bytes) else material
        found = [line for line in text.splitlines() if "-----" not in line]
    else:
        found = []
    return [text for text in found if isinstance(text, str) and len(text) > 9]


@pytest.mark.parametrize("kind", NO_PRIVATE_KEYS)
def test_what_is_no_private_key_is_refused_without_a_word_of_it(refusal, kind):
    material = NO_PRIVATE_KEYS[kind]

    message = refusal(keys.private_key, material)

    if kind in OF_OTHER_CURVES:
        assert message == "the private key is not on the curve P-256, which ES256 needs"
    else:
        assert message == NO_PRIVATE_KEY
    assert [text for text in [*secrets_of(material), SECRET] if text in message] == []


@pytest.mark.parametrize("kind", NO_PRIVATE_KEYS)
def test_nor_does_a_traceback_show_the_key(kind):
    material = NO_PRIVATE_KEYS[kind]

    with pytest.raises(EctgraphError) as caught:
        keys.private_key(material)

    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    shown = "".join(traceback.format_exception(caught.value))
    assert [text for text in [*secrets_of(material), SECRET] if text in shown] == []


def test_a_new_key_is_a_new_one_on_p_256():
    one, other = generate_key(), generate_key()

    assert one.curve.name == other.curve.name == "secp256r1"
    assert one.private_numbers() != other.private_numbers()


def test_a_private_key_written_as_pem_is_the_same_key_again():
    key = generate_key()

    written = keys.private_pem(key)

    assert written.startswith(b"-----BEGIN PRIVATE KEY-----")
    assert keys.private_key(written).private_numbers() == key.private_numbers()


OTHERS = {
    "ES384": ec.derive_private_key(7**100, ec.SECP384R1()),
    "EdDSA": Ed25519PrivateKey.from_private_bytes(b"\x07" * 32),
    "RS256": rsa.generate_private_key(65537, 2048),
}


@pytest.mark.parametrize("alg", OTHERS)
@pytest.mark.parametrize("private", [True, False])
def test_a_public_jwk_may_be_of_any_kind_that_verifies(alg, private):
    public = OTHERS[alg].public_key()
    jwk = public_jwk(OTHERS[alg] if private else public, "other", "urn:x")

    assert (jwk["alg"], jwk["kid"], jwk["iss"]) == (alg, "other", "urn:x")
    assert jwk.keys().isdisjoint({"d", "p", "q", "dp", "dq", "qi"})
    shared = {name: value for name, value in jwk.items() if name != "alg"}
    assert spki(PyJWK(shared).key) == spki(public)
    assert as_key(jwk, "other").alg == alg


def spki(public: Any) -> bytes:
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("key", [X25519PrivateKey.generate(), None, "key"])
def test_no_public_jwk_is_made_of_what_verifies_nothing(refusal, key):
    assert "'a' is no public key" in refusal(public_jwk, key, "a")


@pytest.mark.parametrize("iss", [None, "urn:x"])
def test_a_public_jwk_holds_the_public_half_alone(iss):
    key = private_key("agent-a")
    jwk = public_jwk(key, "agent-a", iss)

    assert jwk == public_jwk(key.public_key(), "agent-a", iss)
    assert set(jwk) == {"kty", "crv", "use", "alg", "kid", "x", "y"} | ({"iss"} if iss else set())
    assert ("d" in jwk, jwk.get("iss")) == (False, iss)
    found = as_key(jwk, "agent-a")
    assert load_der_public_key(found.spki) == key.public_key()
    assert found.iss == iss


def test_a_coordinate_that_begins_with_zeros_keeps_its_length():
    """The first key of these whose x or y is short; a JWK holds all 32 bytes (RFC 7518 §6.2.1.2)."""
    short = next(
        key
        for key in map(private_key, map(str, range(5000)))
        if min(key.public_key().public_numbers().x, key.public_key().public_numbers().y) < 2**248
    )

    jwk = public_jwk(short, "short")

    assert (len(jwk["x"]), len(jwk["y"])) == (43, 43)
    assert load_der_public_key(as_key(jwk, "short").spki) == short.public_key()


def test_no_bad_key_tells_what_is_secret_in_it():
    secret = {"kty": "EC", "crv": "P-256", "kid": "a", "d": SECRET}
    odd = [secret, secret | {"x": JWK["x"]}, secret | {"kty": "oct", "k": SECRET}, {"d": SECRET}]

    bad = KeyRing.from_jwks({"keys": [*odd, secret | {"kty": [], "kid": SECRET[:9]}]}).bad

    assert len(bad) == 5
    assert all(isinstance(key, BadKey) and SECRET not in repr(key) for key in bad)
