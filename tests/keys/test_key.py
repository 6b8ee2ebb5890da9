"""One key: its kind, its bounds, its names."""

from __future__ import annotations

import base64
import hashlib
import json

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, rsa, x25519
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from ectgraph.encoding import encode_base64url
from ectgraph.errors import EctgraphError
from ectgraph.keys import Key, KeyRing, as_key
from ectgraph.keys.key import KINDS, public_key
from ectgraph.testing import jwks, private_key


@pytest.mark.parametrize(
    ("members", "iat", "reason"),
    [
        ({}, 0, None),
        ({"nbf": 100}, 99, "not good before 1970-01-01 00:01:40 UTC"),
        ({"nbf": 100}, 99.999, "not good before 1970-01-01 00:01:40 UTC"),
        ({"nbf": 100}, 100, None),
        ({"exp": 100}, 99.999, None),
        ({"exp": 100}, 100, "good until 1970-01-01 00:01:40 UTC"),
        ({"revoked_at": 100}, 99.999, None),
        ({"revoked_at": 100}, 100, "revoked from 1970-01-01 00:01:40 UTC on"),
        ({"nbf": 100, "exp": 50}, 60, "not good before 1970-01-01 00:01:40 UTC"),
        ({"exp": 100, "revoked_at": 50}, 60, "revoked from 1970-01-01 00:00:50 UTC on"),
        (
            {"nbf": 100, "exp": 100, "revoked_at": 100},
            99,
            "not good before 1970-01-01 00:01:40 UTC",
        ),
        ({"nbf": 100, "exp": 100, "revoked_at": 100}, 100, "good until 1970-01-01 00:01:40 UTC"),
        ({"nbf": 10**15}, 0, "not good before 1000000000000000"),
    ],
)
def test_a_key_is_unfit_outside_its_window(members, iat, reason):
    assert Key("a", b"", "P-256", "keys.json", **members).unfit(iat) == reason


@pytest.mark.parametrize(
    ("members", "has"),
    [
        ({}, False),
        ({"iss": "urn:x"}, False),
        ({"nbf": 0}, True),
        ({"exp": 0.0}, True),
        ({"revoked_at": 100}, True),
        ({"nbf": 1, "exp": 2, "revoked_at": 3}, True),
    ],
)
def test_a_key_has_a_window_where_it_was_not_good_at_all_times(members, has):
    assert Key("a", b"", "P-256", "keys.json", **members).has_window is has


@pytest.mark.parametrize(
    ("key", "label"),
    [
        (Key("a", b"", "P-256", "k"), "'a' (P-256)"),
        (Key("a", b"", None, "k"), "'a' (RSA)"),
        (
            Key("a\n", b"", "Ed25519", "k", "urn:x", 0, 60, 30),
            (
                "'a\\n' (Ed25519), of urn:x, good from 1970-01-01 00:00:00 UTC, "
                "good until 1970-01-01 00:01:00 UTC, revoked from 1970-01-01 00:00:30 UTC on"
            ),
        ),
    ],
)
def test_a_key_is_told_in_a_line(key, label):
    assert key.label == label
    assert repr(key) == f"<Key {label}>"


# Kinds


@pytest.mark.parametrize(
    ("kind", "algorithms"),
    [
        ("P-256", {"ES256"}),
        ("P-384", {"ES384"}),
        ("Ed25519", {"EdDSA", "Ed25519"}),
        ("RSA", {"RS256"}),
    ],
)
def test_a_key_is_for_the_algorithms_of_its_kind(others, kind, algorithms):
    key = as_key((others | {"P-256": private_key("a")})[kind].public_key(), "a")

    assert (key.kind, key.curve) == (kind, None if kind == "RSA" else kind)
    assert key.algorithms == algorithms
    for alg in KINDS:
        only = Key("a", key.spki, key.curve, "k", alg=alg)
        assert only.algorithms == (algorithms if alg in algorithms else set())


OF_NO_USE = {
    "secp521r1": ec.derive_private_key(7**100, ec.SECP521R1()),
    "secp256k1": ec.derive_private_key(7**80, ec.SECP256K1()),
    "Ed448": ed448.Ed448PrivateKey.generate(),
    "X25519": x25519.X25519PrivateKey.generate(),
    "1024 bits": rsa.generate_private_key(65537, 1024),  # noqa: S505
    "DSA": dsa.generate_private_key(1024),  # noqa: S505
}


@pytest.mark.parametrize("kind", OF_NO_USE)
def test_a_key_that_no_algorithm_takes_is_a_bad_key(write, refusal, pem_of, kind):
    public = OF_NO_USE[kind].public_key()
    path = write("odd.pem", pem_of(public) + pem_of(private_key("a").public_key()))

    (bad,) = KeyRing.load(path).bad

    assert bad.reason.startswith("it is a")
    assert kind in bad.reason
    assert bad.reason in refusal(as_key, public, "odd")


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("secp256k1", ECAlgorithm),
        ("secp521r1", ECAlgorithm),
        ("Ed448", OKPAlgorithm),
        ("1024 bits", RSAAlgorithm),
    ],
)
def test_a_jwk_that_no_algorithm_takes_is_a_bad_key_too(kind, make):
    jwk = json.loads(make.to_jwk(OF_NO_USE[kind].public_key())) | {"kid": "odd"}

    ring = KeyRing.from_jwks({"keys": [jwk]})

    assert ring.keys == ()
    assert [(bad.kid, kind in bad.reason) for bad in ring.bad] == [("odd", True)]


@pytest.mark.parametrize("bits", [2048, 3072])
def test_rsa_keys_of_2048_bits_and_more_are_taken(bits):
    assert as_key(rsa.generate_private_key(65537, bits).public_key(), "r").kind == "RSA"


def tlv(tag: int, value: bytes) -> bytes:
    size = len(value)
    long = size.to_bytes((size.bit_length() + 7) // 8)
    length = bytes([size]) if size < 128 else bytes([128 + len(long)]) + long
    return bytes([tag]) + length + value


@pytest.mark.parametrize(("exponent", "taken"), [(1, 0), (2, 0), (3, 1), (65536, 0), (65537, 1)])
def test_an_rsa_key_that_anybody_could_sign_for_is_a_bad_key(write, others, exponent, taken):
    """Libraries do not agree on what they load; with the exponent 1 a signature is its message."""
    modulus = others["RSA"].public_key().public_numbers().n
    numbers = b"".join(tlv(2, n.to_bytes(n.bit_length() // 8 + 1)) for n in (modulus, exponent))
    rsa_encryption = bytes.fromhex("300d06092a864886f70d0101010500")
    spki = tlv(48, rsa_encryption + tlv(3, b"\0" + tlv(48, numbers)))
    pem = b"-----BEGIN PUBLIC KEY-----\n" + base64.encodebytes(spki) + b"-----END PUBLIC KEY-----\n"

    write("keys/odd.pem", pem)
    ring = KeyRing.load(write("keys/good.json", jwks("agent-a")).parent)

    assert (len(ring.keys), len(ring.bad)) == (1 + taken, 1 - taken)


@pytest.mark.parametrize("curve", ["P-384", "Ed25519", None])
@pytest.mark.parametrize("spki", ["good", "junk", "empty"])
def test_a_key_made_by_hand_that_is_not_what_it_says_is_the_callers_mistake(curve, spki):
    good = as_key(private_key("a").public_key(), "a")
    made = Key("a", {"good": good.spki, "junk": b"spki", "empty": b""}[spki], curve, "k")

    with pytest.raises(EctgraphError, match="the key 'a' is not what it says: "):
        public_key(made)
    assert public_key(good) == private_key("a").public_key()


# Thumbprints


def test_the_thumbprint_of_rfc_7638_is_made():
    """RFC 7638 §3.1."""
    jwk = {
        "kty": "RSA",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tS"
        "oc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQ"
        "R0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTW"
        "hAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
        "e": "AQAB",
        "alg": "RS256",
        "kid": "2011-04-29",
    }

    assert as_key(jwk, "a").thumbprint == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


@pytest.mark.parametrize(
    ("kind", "make"), [("P-384", ECAlgorithm), ("Ed25519", OKPAlgorithm), ("RSA", RSAAlgorithm)]
)
def test_a_thumbprint_is_that_of_the_jwk_without_what_is_said_of_the_key(others, kind, make):
    public = others[kind].public_key()
    jwk = json.loads(make.to_jwk(public))
    bare = {name: jwk[name] for name in sorted({"kty", "crv", "x", "y", "n", "e"} & jwk.keys())}
    digest = hashlib.sha256(json.dumps(bare, separators=(",", ":")).encode()).digest()

    assert as_key(public, "a").thumbprint == encode_base64url(digest).decode()
    assert as_key(jwt.PyJWK(jwk).key, "b").thumbprint == as_key(public, "a").thumbprint
