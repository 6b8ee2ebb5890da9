"""Key files: what is a key, what is refused, and what is the caller's mistake."""

from __future__ import annotations

import datetime as dt
import json
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
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
)
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from ectgraph.keys import KeyRing
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
