"""Key files: what is a key, what is refused, and what is the caller's mistake."""

from __future__ import annotations

import datetime as dt
import json
import math
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
)
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from ectgraph import keys as keys_module
from ectgraph.errors import EctgraphError
from ectgraph.keys import BadKey, Key, KeyRing, as_key, generate_key, public_jwk
from ectgraph.model import KeySource, Trust
from ectgraph.testing import jwks, private_key, token

P384 = ec.derive_private_key(7**100, ec.SECP384R1()).public_key()
ED25519 = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32).public_key()
RSA = rsa.RSAPublicNumbers(65537, (1 << 2047) + 12345).public_key()
JWK = jwks("agent-a")["keys"][0]


def pem_of(public: Any) -> bytes:
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def pem(name: str) -> bytes:
    return pem_of(private_key(name).public_key())


def private_pem(name: str) -> bytes:
    return private_key(name).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def certificate(name: str) -> bytes:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    builder = x509.CertificateBuilder(
        subject,
        subject,
        private_key(name).public_key(),
        serial_number=1,
        not_valid_before=start,
        not_valid_after=start + dt.timedelta(days=99),
    )
    return builder.sign(private_key(name), SHA256()).public_bytes(Encoding.PEM)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, bytes | dict[str, Any]], Path]:
    """Put a key file somewhere."""

    def put(name: str, content: bytes | dict[str, Any]) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    return put


def test_a_jwks_file(write):
    path = write("keys.json", jwks("agent-a", "agent-b"))
    ring = KeyRing.load(path)
    assert [(key.kid, key.curve, key.source) for key in ring.keys] == [
        ("agent-a", "P-256", str(path)),
        ("agent-b", "P-256", str(path)),
    ]
    assert load_der_public_key(ring.keys[0].spki) == private_key("agent-a").public_key()
    assert ring.bad == ()
    assert ring.sources == (KeySource(str(path), 2),)


def test_a_decoded_jwks_is_read_like_a_file(write):
    from_file = KeyRing.load(write("keys.json", jwks("agent-a")))
    decoded = KeyRing.from_jwks(jwks("agent-a"), from_file.sources[0].source)
    assert decoded == from_file


def test_an_empty_jwks_has_no_key():
    assert KeyRing.from_jwks({"keys": []}) == KeyRing((), (), (KeySource("<jwks>", 0),))


def test_a_single_jwk_is_named_by_its_kid_else_by_its_file(write):
    nameless = {name: value for name, value in JWK.items() if name != "kid"}
    named = KeyRing.load(write("file.json", JWK))
    unnamed = KeyRing.load(write("agent-x.json", nameless))
    assert [key.kid for key in named.keys] == ["agent-a"]
    assert [key.kid for key in unnamed.keys] == ["agent-x"]
    assert named.keys[0].spki == unnamed.keys[0].spki


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


def test_a_pem_file_is_named_by_its_file(write):
    ring = KeyRing.load(write("agent-a.pem", pem("agent-a")))
    assert [(key.kid, key.curve) for key in ring.keys] == [("agent-a", "P-256")]
    assert load_der_public_key(ring.keys[0].spki) == private_key("agent-a").public_key()


def test_a_pem_file_may_hold_several_keys_of_one_name(write, verdict):
    ring = KeyRing.load(write("both.pem", b"old\n" + pem("one") + b"# new\n" + pem("two")))
    assert [key.kid for key in ring.keys] == ["both", "both"]
    for signer in ("one", "two"):
        header = {"alg": "ES256", "typ": "exec+jwt", "kid": "both"}
        assert verdict(token({}, signer, header), ring)[0] is Trust.VERIFIED


@pytest.mark.parametrize(
    ("made", "label"),
    [
        (private_pem, "it is a private key"),
        (certificate, "it is a certificate"),
        (lambda _: pem("agent-a")[:60] + b"\n-----END PUBLIC KEY-----\n", "it is a public key, or"),
    ],
    ids=["private", "certificate", "broken"],
)
def test_pem_that_is_no_public_key_is_a_bad_key(write, refusal, made, label):
    ring = KeyRing.load(write("mixed.pem", made("agent-a") + pem("agent-b")))
    assert len(ring.keys) == 1
    assert load_der_public_key(ring.keys[0].spki) == private_key("agent-b").public_key()
    (bad,) = ring.bad
    assert (bad.index, bad.kid) == (0, "mixed")
    assert bad.reason.startswith(label)
    assert label in refusal(KeyRing.load, write("alone.pem", made("agent-a")))


def test_a_private_part_goes_nowhere(write):
    number = private_key("agent-a").private_numbers().private_value
    secret = json.loads(ECAlgorithm.to_jwk(private_key("agent-a")))["d"]
    ring = KeyRing.load(
        write("jwk.json", JWK | {"d": secret}),
        write("pair.pem", private_pem("agent-a") + pem("agent-a")),
    )
    assert [key.kid for key in ring.keys] == ["agent-a", "pair"]
    everything = msgspec.msgpack.encode(ring) + repr(ring).encode()
    assert secret.encode() not in everything
    assert number.to_bytes(32) not in everything
    for key in ring.keys:
        assert load_der_public_key(key.spki) == private_key("agent-a").public_key()


def test_a_folder_is_read_file_by_file_in_order(write):
    write("keys/b.json", jwks("agent-b"))
    write("keys/a.pem", pem("agent-a"))
    write("keys/.hidden", b"not a key")
    folder = write("keys/c.jwk", jwks("agent-c")["keys"][0]).parent
    (folder / "more").mkdir()
    ring = KeyRing.load(folder)
    assert [key.kid for key in ring.keys] == ["a", "agent-b", "agent-c"]
    assert [Path(source.source).name for source in ring.sources] == ["a.pem", "b.json", "c.jwk"]


def test_several_paths_make_one_ring(write):
    one, two = write("one.json", jwks("agent-a")), write("two.json", jwks("agent-b"))
    ring = KeyRing.load(str(one), two)
    assert [key.kid for key in ring.keys] == ["agent-a", "agent-b"]
    assert [source.keys for source in ring.sources] == [1, 1]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "neither a JWKS nor PEM keys (it is empty)"),
        (b"hello", "neither a JWKS nor PEM keys"),
        (b"\x00\xff", "neither a JWKS nor PEM keys"),
        (b"[" * 100_000, "neither a JWKS nor PEM keys"),
        (b'{"keys":[],"keys":[]}', "the member 'keys' occurs twice"),
        (b'{"keys":[{"kid":"a","kid":"b"}]}', "the member 'kid' occurs twice"),
        (b'{"keys":{}}', "it has no array 'keys'"),
        (b"[]", "it has no array 'keys'"),
        (b"7", "it has no array 'keys'"),
        (b'{"keys":[]}', "no usable key in it; give"),
        (b'{"keys":[{"kid":"a\\n","kty":"oct"}]}', "no usable key in it (key 'a\\n': it is a sym"),
        (b'{"keys":[{},[]]}', "no usable key in it (key 0: it has no 'kid'"),
    ],
)
def test_a_file_without_a_key_is_the_callers_mistake(write, refusal, content, why):
    path = write("keys.json", content)
    message = refusal(KeyRing.load, path)
    assert message.startswith(f"{path}: ")
    assert why in message


def test_what_cannot_be_read_is_the_callers_mistake(write, refusal, tmp_path):
    good = write("good.json", jwks("agent-a"))
    message = refusal(KeyRing.load, good, tmp_path / "absent.json")
    assert message == f"{tmp_path / 'absent.json'}: cannot be read (No such file or directory)"
    assert "cannot be read" in refusal(KeyRing.load, tmp_path / ("x" * 5000))
    (tmp_path / "empty").mkdir()
    assert "no usable key" in refusal(KeyRing.load, tmp_path / "empty")
    assert "no usable key" in refusal(KeyRing.load)


OTHERS = {
    "P-384": (ECAlgorithm.to_jwk(P384), P384, "P-384"),
    "Ed25519": (OKPAlgorithm.to_jwk(ED25519), ED25519, None),
    "RSA": (RSAAlgorithm.to_jwk(RSA), RSA, None),
}


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("as_pem", [False, True], ids=["jwk", "pem"])
def test_keys_of_other_kinds_load_but_make_no_es256_signature(write, verdict, kind, as_pem):
    jwk, public, curve = OTHERS[kind]
    content = pem_of(public) if as_pem else json.loads(jwk) | {"kid": "other"}
    ring = KeyRing.load(write("other.key", content))
    (key,) = ring.keys
    assert (key.kid, key.curve) == ("other", curve)
    assert load_der_public_key(key.spki) == public
    header = {"alg": "ES256", "typ": "exec+jwt", "kid": "other"}
    trust, (problem,) = verdict(token({}, "agent-a", header), ring)
    assert trust is Trust.INVALID
    assert problem.kind == "bad-signature"
    assert problem.detail == "key 'other' is not on P-256, which ES256 needs"


def test_every_key_of_one_name_is_tried(verdict):
    others = [json.loads(jwk) | {"kid": "k"} for jwk, _, _ in OTHERS.values()]
    keys = [jwk | {"kid": "k"} for jwk in jwks("one", "two", "three")["keys"]]
    header = {"alg": "ES256", "typ": "exec+jwt", "kid": "k"}
    for order in ([*others, *keys], [*keys, *others], [keys[1], *others, keys[2], keys[0]]):
        ring = KeyRing.from_jwks({"keys": order})
        for signer in ("one", "two", "three"):
            assert verdict(token({}, signer, header), ring) == (Trust.VERIFIED, ())
        assert verdict(token({}, "stranger", header), ring)[0] is Trust.INVALID


@pytest.mark.parametrize("jwks", [{}, {"keys": None}, {"keys": {}}])
def test_a_key_set_without_an_array_of_keys_is_the_callers_mistake(refusal, jwks):
    assert "no array 'keys'" in refusal(KeyRing.from_jwks, jwks)


# For whom, and when, a key may sign


@pytest.mark.parametrize(
    ("members", "bounds"),
    [
        ({}, (None, None, None, None)),
        ({"iss": "urn:x"}, ("urn:x", None, None, None)),
        ({"identity": "urn:x"}, ("urn:x", None, None, None)),
        ({"iss": "urn:x", "identity": "urn:x"}, ("urn:x", None, None, None)),
        ({"nbf": 1, "exp": 2, "revoked_at": 3}, (None, 1, 2, 3)),
        ({"nbf": -1.5, "exp": 0}, (None, -1.5, 0, None)),
    ],
)
def test_a_jwk_says_for_whom_and_when_it_may_sign(write, members, bounds):
    for ring in (
        KeyRing.load(write("keys.json", {"keys": [JWK | members]})),
        KeyRing.load(write("one.jwk", JWK | members)),
        KeyRing.from_jwks({"keys": [JWK | members]}),
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


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_a_file_with_a_number_that_json_does_not_have_is_no_key_file(write, refusal, number):
    text = json.dumps({"keys": [JWK | {"exp": "then"}]}).replace('"then"', number)

    assert "neither a JWKS nor PEM keys" in refusal(KeyRing.load, write("k", text.encode()))


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


# One key from whatever a caller has


@pytest.mark.parametrize(
    "material",
    [
        private_key("agent-a").public_key(),
        pem("agent-a"),
        pem("agent-a").decode(),
        JWK,
        JWK | {"kid": "other", "d": "c2VjcmV0"},
        pem("agent-a") + pem("agent-b"),
        as_key(JWK, "agent-a"),
    ],
)
def test_a_key_may_come_in_any_form(material):
    key = as_key(material, "agent-a")

    assert (key.kid, key.curve) == ("agent-a", "P-256")
    assert load_der_public_key(key.spki) == private_key("agent-a").public_key()


@pytest.mark.parametrize("kid", ["spiffe://example.com/agent.a", "a/b.pem", ".", "", "/"])
def test_a_key_is_called_by_the_whole_kid_whatever_its_form(kid):
    materials = (private_key("agent-a").public_key(), pem("agent-a"), pem("agent-a").decode())

    assert [as_key(material, kid).kid for material in materials] == [kid] * 3


def test_a_key_that_is_one_already_stays_as_it_is():
    key = Key("somebody", b"spki", None, "keys.json", iss="urn:x", revoked_at=5)

    assert as_key(key, "agent-a") is key


@pytest.mark.parametrize("kind", ["P-384", "Ed25519", "RSA"])
def test_a_key_of_another_kind_is_a_key_all_the_same(kind):
    jwk, public, curve = OTHERS[kind]

    for material in (public, pem_of(public), json.loads(jwk)):
        key = as_key(material, "k")
        assert (key.kid, key.curve) == ("k", curve)
        assert load_der_public_key(key.spki) == public


@pytest.mark.parametrize(
    ("material", "why"),
    [
        (None, ""),
        (7, ""),
        ([JWK], ""),
        (b"", ""),
        ("no PEM", ""),
        (private_key("agent-a"), ""),
        (x509.load_pem_x509_certificate(certificate("agent-a")), ""),
        (private_pem("agent-a"), ": it is a private key, or broken; a PEM public key is needed"),
        (certificate("agent-a"), ": it is a certificate, or broken; a PEM public key is needed"),
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


# An agent's own key

PRIVATE_JWK = json.loads(ECAlgorithm.to_jwk(private_key("agent-a")))


@pytest.mark.parametrize(
    "material",
    [
        private_key("agent-a"),
        private_pem("agent-a"),
        private_pem("agent-a").decode(),
        PRIVATE_JWK,
        PRIVATE_JWK | {"kid": "agent-a", "use": "sig", "alg": "ES256"},
        private_key("agent-a").private_bytes(
            Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
        ),
    ],
    ids=["object", "pem", "text", "jwk", "named-jwk", "sec1"],
)
def test_a_private_key_may_come_in_any_form(material):
    found = keys_module.private_key(material)

    assert found.private_numbers() == private_key("agent-a").private_numbers()


SECRET = PRIVATE_JWK["d"]
SEALED = private_key("agent-a").private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"a password")
)
P384_OWN = ec.derive_private_key(7**100, ec.SECP384R1())
NO_PRIVATE_KEYS = {
    "nothing": None,
    "a number": 7,
    "empty": b"",
    "a word": SECRET,
    "public": private_key("agent-a").public_key(),
    "public PEM": pem("agent-a"),
    "public JWK": JWK,
    "certificate": certificate("agent-a"),
    "encrypted": SEALED,
    "damaged PEM": private_pem("agent-a").replace(b"M", b"N"),
    "cut PEM": private_pem("agent-a")[:-40],
    "P-384": P384_OWN,
    "P-384 PEM": P384_OWN.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    "P-384 JWK": json.loads(ECAlgorithm.to_jwk(P384_OWN)),
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

    message = refusal(keys_module.private_key, material)

    if kind in OF_OTHER_CURVES:
        assert message == "the private key is not on the curve P-256, which ES256 needs"
    else:
        assert message == NO_PRIVATE_KEY
    assert [text for text in [*secrets_of(material), SECRET] if text in message] == []


@pytest.mark.parametrize("kind", NO_PRIVATE_KEYS)
def test_nor_does_a_traceback_show_the_key(kind):
    material = NO_PRIVATE_KEYS[kind]

    with pytest.raises(EctgraphError) as caught:
        keys_module.private_key(material)

    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    shown = "".join(traceback.format_exception(caught.value))
    assert [text for text in [*secrets_of(material), SECRET] if text in shown] == []


def test_a_new_key_is_a_new_one_on_p_256():
    one, other = generate_key(), generate_key()

    assert one.curve.name == other.curve.name == "secp256r1"
    assert one.private_numbers() != other.private_numbers()


def test_a_private_key_written_as_pem_is_the_same_key_again():
    key = generate_key()

    written = keys_module.private_pem(key)

    assert written.startswith(b"-----BEGIN PRIVATE KEY-----")
    assert keys_module.private_key(written).private_numbers() == key.private_numbers()


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
