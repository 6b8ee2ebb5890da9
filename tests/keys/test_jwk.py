"""Members of a JWK: what they allow, what they forbid, and what is not clear."""

from __future__ import annotations

import base64
import json
import math
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from ectgraph.keys import KeyRing
from ectgraph.model import KeySource
from ectgraph.testing import AGENTS, EPOCH, jwks

JWK = jwks("agent-a")["keys"][0]
ED25519 = json.loads(OKPAlgorithm.to_jwk(Ed25519PrivateKey.generate().public_key())) | {"kid": "o"}


def ring_of(*keys: Any) -> KeyRing:
    return KeyRing.from_jwks({"keys": list(keys)}, "keys.json")


def reason_of(jwk: Any) -> str:
    """Why a key cannot be used."""
    ring = ring_of(jwk)
    assert ring.keys == ()
    return ring.bad[0].reason


@pytest.mark.parametrize(
    ("jwk", "kid", "reason"),
    [
        ("agent-a", None, "it is no JSON object"),
        (None, None, "it is no JSON object"),
        ([JWK], None, "it is no JSON object"),
        ({"kty": "oct", "kid": "s", "k": "c2VjcmV0"}, "s", "it is a symmetric key"),
        ({k: v for k, v in JWK.items() if k != "kid"}, None, "it has no 'kid'"),
        (JWK | {"kid": ""}, "", "it has no 'kid'"),
        (JWK | {"kid": 7}, None, "it has no 'kid'"),
        (JWK | {"use": "enc"}, "agent-a", "its 'use' is 'enc'"),
        (JWK | {"use": 1}, "agent-a", "its 'use' is 1"),
        (JWK | {"use": None}, "agent-a", "its 'use' is None"),
        (JWK | {"use": ["sig"]}, "agent-a", "its 'use' is ['sig']"),
        (JWK | {"key_ops": []}, "agent-a", "its 'key_ops' do not let it verify"),
        (JWK | {"key_ops": ["sign"]}, "agent-a", "its 'key_ops' do not let it verify"),
        (JWK | {"key_ops": "verify"}, "agent-a", "its 'key_ops' do not let it verify"),
        (JWK | {"key_ops": {"verify": 1}}, "agent-a", "its 'key_ops' do not let it verify"),
        (
            JWK | {"alg": "ES384"},
            "agent-a",
            "its 'alg' is 'ES384', and a key of its kind is for ES",
        ),
        (JWK | {"alg": "RS256"}, "agent-a", "its 'alg' is 'RS256'"),
        (JWK | {"alg": "HS256"}, "agent-a", "its 'alg' is 'HS256'"),
        (JWK | {"alg": "none"}, "agent-a", "its 'alg' is 'none'"),
        (JWK | {"alg": "ECDH-ES"}, "agent-a", "its 'alg' is 'ECDH-ES'"),
        (JWK | {"alg": None}, "agent-a", "its 'alg' is None"),
        (JWK | {"alg": ["ES256"]}, "agent-a", "its 'alg' is ['ES256']"),
        (
            ED25519 | {"alg": "ES256"},
            "o",
            "its 'alg' is 'ES256', and a key of its kind is for EdDSA",
        ),
        (
            JWK | {"revoked": True},
            "agent-a",
            "it is revoked, and no 'revoked_at' says from when on",
        ),
        (JWK | {"revoked": 1}, "agent-a", "its 'revoked' cannot be read"),
        (JWK | {"revoked": "no"}, "agent-a", "its 'revoked' cannot be read"),
        (JWK | {"x": JWK["y"]}, "agent-a", "it is no valid JWK"),
        (JWK | {"x": JWK["x"][:-2]}, "agent-a", "it is no valid JWK"),
        (JWK | {"y": "!"}, "agent-a", "it is no valid JWK"),
        (JWK | {"y": 5}, "agent-a", "it is no valid JWK"),
        (JWK | {"x": "", "y": ""}, "agent-a", "it is no valid JWK"),
        ({k: v for k, v in JWK.items() if k != "y"}, "agent-a", "it is no valid JWK"),
        (JWK | {"crv": "P-384"}, "agent-a", "it is no valid JWK"),
        (JWK | {"crv": "P-257"}, "agent-a", "it is no valid JWK"),
        (JWK | {"crv": None}, "agent-a", "it is no valid JWK"),
        (JWK | {"kty": "XX"}, "agent-a", "it is no valid JWK"),
        (JWK | {"kty": None}, "agent-a", "it is no valid JWK"),
        ({"kid": "x"}, "x", "it is no valid JWK"),
        ({"kid": "r", "kty": "RSA", "n": "AQAB"}, "r", "it is no valid JWK"),
        ({"kid": "o", "kty": "OKP", "crv": "Ed25519", "x": "AA"}, "o", "it is no valid JWK"),
    ],
)
def test_a_bad_key_stays_as_such_and_spoils_no_other(write, jwk, kid, reason):
    path = write("keys.json", {"keys": [*jwks("agent-a")["keys"], jwk, *jwks("agent-b")["keys"]]})
    ring = KeyRing.load(path)
    assert [key.kid for key in ring.keys] == ["agent-a", "agent-b"]
    assert ring.sources == (KeySource(str(path), 2),)
    (bad,) = ring.bad
    assert (bad.source, bad.index, bad.kid) == (str(path), 1, kid)
    assert bad.reason.startswith(reason)
    assert "\n" not in bad.reason


@pytest.mark.parametrize(
    ("members", "bounds"),
    [
        ({}, (None, None, None, None)),
        ({"iss": "urn:x"}, ("urn:x", None, None, None)),
        ({"identity": "urn:x"}, ("urn:x", None, None, None)),
        ({"iss": "urn:x", "identity": "urn:x"}, ("urn:x", None, None, None)),
        ({"nbf": 1, "exp": 2, "revoked_at": 3}, (None, 1, 2, 3)),
        ({"nbf": -1.5, "exp": 0}, (None, -1.5, 0, None)),
        ({"revoked": True, "revoked_at": 3}, (None, None, None, 3)),
        ({"revoked": False, "revoked_at": 3}, (None, None, None, 3)),
        ({"revoked": False}, (None, None, None, None)),
    ],
)
def test_a_jwk_says_for_whom_and_when_it_may_sign(write, members, bounds):
    for ring in (
        KeyRing.load(write("keys.json", {"keys": [JWK | members]})),
        KeyRing.load(write("one.jwk", JWK | members)),
        ring_of(JWK | members),
    ):
        (key,) = ring.keys
        assert (key.iss, key.nbf, key.exp, key.revoked_at) == bounds


@pytest.mark.parametrize(
    "value",
    [None, "1771943000", True, [], {}, "2026-01-01T00:00:00Z", math.nan, math.inf, -math.inf],
)
@pytest.mark.parametrize("name", ["nbf", "exp", "revoked_at"])
def test_a_key_whose_time_cannot_be_read_is_a_bad_key(name, value):
    ring = KeyRing.from_jwks({"keys": [JWK | {name: value}]})

    (bad,) = ring.bad
    assert ring.keys == ()
    assert bad.reason == f"its {name!r} cannot be read, so it is not clear what it may sign"


@pytest.mark.parametrize("name", ["nbf", "exp", "revoked_at"])
def test_a_time_beyond_a_double_spoils_no_other_key(write, name):
    path = write("keys.json", {"keys": [JWK | {name: 10**400}, *jwks("agent-b")["keys"]]})

    assert [key.kid for key in KeyRing.load(path).keys] == ["agent-b"]


@pytest.mark.parametrize("value", [None, "", 7, True, ["urn:x"], {}])
@pytest.mark.parametrize("name", ["iss", "identity"])
@pytest.mark.parametrize("both", [False, True])
def test_a_key_whose_owner_cannot_be_read_is_a_bad_key(name, value, both):
    others = {"iss": "urn:x", "identity": "urn:x"} if both else {}
    ring = KeyRing.from_jwks({"keys": [JWK | others | {name: value}]})

    (bad,) = ring.bad
    assert ring.keys == ()
    assert bad.reason == f"its {name!r} cannot be read, so it is not clear what it may sign"


@pytest.mark.parametrize("identity", ["urn:y", "urn:x/", "URN:X"])
def test_a_key_of_two_owners_is_a_bad_key(write, identity):
    owned = JWK | {"iss": "urn:x", "identity": identity}
    ring = KeyRing.load(write("keys.json", {"keys": [owned, *jwks("agent-b")["keys"]]}))

    (bad,) = ring.bad
    assert [key.kid for key in ring.keys] == ["agent-b"]
    assert (bad.index, bad.kid) == (0, "agent-a")
    assert bad.reason == "its 'iss' and its 'identity' differ, so it is not clear what it may sign"


@pytest.mark.parametrize("use", [{}, {"use": "sig"}, {"use": "jwt-svid"}])
@pytest.mark.parametrize("operations", [{}, {"key_ops": ["verify"]}, {"key_ops": ["x", "verify"]}])
def test_a_key_for_signing_is_taken(use, operations):
    jwk = {name: value for name, value in JWK.items() if name != "use"} | use | operations

    assert [key.kid for key in ring_of(jwk).keys] == ["agent-a"]


@pytest.mark.parametrize(
    ("jwk", "alg"),
    [
        (JWK, "ES256"),
        ({name: value for name, value in JWK.items() if name != "alg"}, None),
        (ED25519, None),
        (ED25519 | {"alg": "EdDSA"}, "EdDSA"),
        (ED25519 | {"alg": "Ed25519"}, "Ed25519"),
    ],
)
def test_a_key_has_the_algorithm_that_it_says(jwk, alg):
    (key,) = ring_of(jwk).keys

    assert key.alg == alg


def test_a_private_part_goes_nowhere():
    private = json.loads(OKPAlgorithm.to_jwk(Ed25519PrivateKey.generate()))
    for jwk in (
        private | {"kid": "o"},
        JWK | {"d": private["d"]},
        private | {"kid": "o", "use": "x"},
    ):
        ring = ring_of(jwk)
        assert private["d"].encode() not in msgspec.msgpack.encode(ring) + repr(ring).encode()


# Certificates in a JWK


def x5c(*certificates: Any) -> list[str]:
    return [base64.b64encode(each.der).decode() for each in certificates]


def test_the_certificates_of_a_jwk_bound_it(leaf, middle):
    (key,) = ring_of(JWK | {"x5c": x5c(leaf, middle)}).keys

    assert (key.kid, key.iss) == ("agent-a", f"{AGENTS}a")
    assert (key.nbf, key.exp) == (EPOCH - 86400, EPOCH + 86401)
    assert key.alg == "ES256"


@pytest.mark.parametrize(
    ("members", "bounds"),
    [
        ({"nbf": EPOCH}, (EPOCH, EPOCH + 86401, None)),
        ({"nbf": 0, "exp": 2**40}, (EPOCH - 86400, EPOCH + 86401, None)),
        ({"exp": EPOCH, "revoked_at": EPOCH - 5}, (EPOCH - 86400, EPOCH, EPOCH - 5)),
    ],
)
def test_the_bounds_of_a_jwk_and_of_its_certificate_hold_both(leaf, members, bounds):
    (key,) = ring_of(JWK | {"x5c": x5c(leaf)} | members).keys

    assert (key.nbf, key.exp, key.revoked_at) == bounds


def test_a_jwk_of_the_owner_of_its_certificate_is_fine(leaf):
    (key,) = ring_of(JWK | {"x5c": x5c(leaf), "iss": f"{AGENTS}a"}).keys

    assert key.iss == f"{AGENTS}a"


def test_a_jwk_whose_certificate_names_nobody_belongs_to_whom_it_says(issue):
    bare = issue("agent-a")
    (key,) = ring_of(JWK | {"x5c": x5c(bare), "iss": "urn:x"}).keys

    assert key.iss == "urn:x"


def test_a_jwk_that_contradicts_its_certificate_is_a_bad_key(issue, leaf, root):
    other = issue("agent-b")

    assert reason_of(JWK | {"x5c": x5c(other)}) == "its 'x5c' certifies another key"
    assert reason_of(JWK | {"x5c": x5c(leaf), "iss": f"{AGENTS}b"}) == (
        f"its owner is {AGENTS}b by itself and {AGENTS}a by its certificate"
    )
    assert "CA certificate" in reason_of(JWK | {"x5c": x5c(root)})


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "its 'x5c' is no array of certificates"),
        ([], "its 'x5c' is no array of certificates"),
        ("MIIB", "its 'x5c' is no array of certificates"),
        ([5], "its 'x5c' is no array of certificates"),
        ([["MIIB"]], "its 'x5c' is no array of certificates"),
        (["M-_B"], "its 'x5c' is not base64"),
        (["MIIB\n"], "its 'x5c' is not base64"),
        (["é"], "its 'x5c' is not base64"),
        (["MIIB"], "it is a broken certificate ("),
        ([""], "it is a broken certificate ("),
    ],
)
def test_certificates_that_cannot_be_read_make_a_bad_key(value, reason):
    assert reason_of(JWK | {"x5c": value}).startswith(reason)


# SPIFFE bundles


def svid_root(certificate: Any, **members: Any) -> dict[str, Any]:
    return {"kty": "EC", "use": "x509-svid", "x5c": x5c(certificate)} | members


def test_a_spiffe_bundle_has_keys_for_jwts_and_roots_for_certificates(write, root, leaf, middle):
    bundle = {
        "spiffe_sequence": 12,
        "spiffe_refresh_hint": 300,
        "keys": [svid_root(root), JWK | {"use": "jwt-svid"}],
    }
    certificate = write("agent.pem", leaf.pem + middle.pem)
    ring = KeyRing.load(write("bundle.json", bundle), certificate)

    assert [(key.kid, key.root) for key in ring.keys] == [("agent-a", None), ("agent", "CN=root")]
    assert ring.bad == ()
    assert [source.keys for source in ring.sources] == [1, 1]
    assert ring.anchored


def test_the_roots_of_a_bundle_hold_for_certificates_before_it_too(issue, root, middle, leaf):
    good = JWK | {"x5c": x5c(leaf, middle)}
    stranger = jwks("agent-b")["keys"][0] | {"x5c": x5c(issue("agent-b"))}

    ring = ring_of(good, stranger, svid_root(root))

    assert [key.kid for key in ring.keys] == ["agent-a"]
    assert [bad.kid for bad in ring.bad] == ["agent-b"]
    assert ring.bad[0].reason.startswith("it does not chain to a given root")


def test_a_key_for_jwts_needs_a_name_in_a_bundle_as_well():
    nameless = {name: value for name, value in JWK.items() if name != "kid"}

    assert reason_of(nameless | {"use": "jwt-svid"}).startswith("it has no 'kid'")


def test_only_the_first_certificate_of_an_entry_is_a_root(root, middle, leaf):
    """X509-SVID §6.2."""
    chained = JWK | {"x5c": x5c(leaf)}

    assert ring_of(chained, svid_root(middle) | {"x5c": x5c(middle, root)}).anchored
    assert ring_of(chained, svid_root(root) | {"x5c": x5c(root, middle)}).keys == ()


def test_a_root_of_a_bundle_that_is_none_is_a_bad_key(issue):
    assert "no array of certificates" in reason_of({"kty": "EC", "use": "x509-svid"})
    assert "no CA certificate" in reason_of(svid_root(issue("agent-a")))


def test_a_bundle_of_roots_alone_has_no_key(write, refusal, root):
    path = write("bundle.json", {"keys": [svid_root(root)]})

    assert refusal(KeyRing.load, path) == (
        f"{path}: no usable key in it; give a JWKS, PEM keys or certificates"
    )
    assert ring_of(svid_root(root)) == KeyRing((), (), (KeySource("keys.json", 0),))
