"""Key files, folders of them, and what is none."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
)

from ectgraph.keys import KeyRing
from ectgraph.keys.files import MAX_BYTES
from ectgraph.model import KeySource
from ectgraph.testing import AGENTS, jwks, private_key

JWK = jwks("agent-a")["keys"][0]
PUBLIC = private_key("agent-a").public_key()
PEM = PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
DER = PUBLIC.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


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


def test_a_single_jwk_is_named_by_its_kid_else_by_its_file(write):
    nameless = {name: value for name, value in JWK.items() if name != "kid"}
    named = KeyRing.load(write("file.json", JWK))
    unnamed = KeyRing.load(write("agent-x.json", nameless))
    assert [key.kid for key in named.keys] == ["agent-a"]
    assert [key.kid for key in unnamed.keys] == ["agent-x"]
    assert named.keys[0].spki == unnamed.keys[0].spki


def test_a_folder_is_read_file_by_file_in_order(write):
    write("keys/b.json", jwks("agent-b"))
    write("keys/a.pem", PEM)
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
    assert "cannot be read" in refusal(KeyRing.load, "a\0b")
    (tmp_path / "empty").mkdir()
    assert "no usable key" in refusal(KeyRing.load, tmp_path / "empty")
    assert refusal(KeyRing.load).startswith("the key set: no usable key in it; give")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_a_file_with_a_number_that_json_does_not_have_is_no_key_file(write, refusal, number):
    text = json.dumps({"keys": [JWK | {"exp": "then"}]}).replace('"then"', number)

    assert "neither a JWKS nor PEM keys" in refusal(KeyRing.load, write("k", text.encode()))


# What is in a folder


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"# The keys of our agents", "neither a JWKS nor PEM keys ("),
        (b"", "neither a JWKS nor PEM keys (it is empty)"),
        (b"\xff\xfe\x00", "neither a JWKS nor PEM keys (byte 0 is not UTF-8)"),
        (b'{"keys":[],"keys":[]}', "the member 'keys' occurs twice, so it has two readings"),
        (b'{"keys":NaN}', "neither a JWKS nor PEM keys (NaN is not JSON)"),
        (b'{"name":"not a key set"}', "no JWKS: it has no array 'keys'"),
    ],
)
def test_a_file_in_a_folder_that_is_no_key_file_spoils_no_other(write, content, reason):
    write("keys/agent-a.pem", PEM)
    odd = write("keys/README.md", content)

    ring = KeyRing.load(odd.parent)

    assert [key.kid for key in ring.keys] == ["agent-a"]
    (bad,) = ring.bad
    assert (bad.source, bad.index, bad.kid) == (str(odd), 0, None)
    assert bad.reason.startswith(reason)


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_that_lead_nowhere_or_in_a_circle_are_left_out(write, refusal, tmp_path):
    folder = write("keys/agent-a.pem", PEM).parent
    (folder / "circle").symlink_to(folder)
    (folder / "one").symlink_to(folder / "two")
    (folder / "two").symlink_to(folder / "one")
    (folder / "nowhere").symlink_to(tmp_path / "nowhere")
    (folder / "another.pem").symlink_to(folder / "agent-a.pem")

    assert [key.kid for key in KeyRing.load(folder).keys] == ["agent-a", "another"]
    assert "cannot be read" in refusal(KeyRing.load, folder / "one")


@pytest.mark.skipif(sys.platform == "win32", reason="has no such pipes")
def test_a_pipe_in_a_folder_is_not_waited_for(write):
    folder = write("keys/agent-a.pem", PEM).parent
    os.mkfifo(folder / "pipe")

    assert [key.kid for key in KeyRing.load(folder).keys] == ["agent-a"]


# Size and names


def test_a_huge_file_is_not_read_to_its_end(write, refusal):
    path = write("keys.json", b" " * MAX_BYTES + b" ")

    assert refusal(KeyRing.load, path) == (f"{path}: is larger than 16 MiB, so it is no key file")
    good = json.dumps({"keys": [JWK]}).encode()
    write("keys.json", good.ljust(MAX_BYTES))
    assert len(KeyRing.load(path).keys) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="names are text there")
@pytest.mark.parametrize("name", [b"a\nb", b"a\xffb", b"\x1b[31m", "ключ".encode()])
def test_any_name_of_a_file_will_do(tmp_path, refusal, name):
    path = tmp_path / os.fsdecode(name)
    path.write_bytes(PEM)
    for ring in (KeyRing.load(path), KeyRing.load(tmp_path)):
        (key,) = ring.keys
        assert (key.source, ring.sources) == (str(path), (KeySource(str(path), 1),))
        assert msgspec.json.encode(key.kid)  # goes into reports
        assert ring.digest
    path.write_bytes(b"no key")
    assert refusal(KeyRing.load, path).isprintable()


def test_a_file_may_be_called_by_the_bytes_of_its_kid(tmp_path):
    path = tmp_path / "agent.of.mine.pem"
    path.write_bytes(PEM)

    assert KeyRing.load(path).keys[0].kid == "agent.of.mine"


# DER


def test_a_public_key_or_a_certificate_may_be_in_der(write, leaf):
    key, certified = KeyRing.load(write("one.der", DER), write("two.cer", leaf.der)).keys

    assert (key.kid, load_der_public_key(key.spki), key.iss) == ("one", PUBLIC, None)
    assert (certified.kid, certified.spki, certified.iss) == ("two", leaf.spki, f"{AGENTS}a")


def test_what_is_no_public_key_in_der_is_refused(write, refusal, root):
    private = private_key("agent-a").private_bytes(
        Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
    )
    assert "it is a private key" in refusal(KeyRing.load, write("one.der", private))
    assert "it is a CA certificate" in refusal(KeyRing.load, write("two.cer", root.der))
    for odd in (DER[:-1], DER + b"x", root.der[:-9], b"0 keys"):
        assert "neither a JWKS nor PEM keys" in refusal(KeyRing.load, write("odd.der", odd))
    assert "no array 'keys'" in refusal(KeyRing.load, write("number.json", b"0"))
    curve = ec.derive_private_key(7, ec.SECP521R1()).public_key()
    odd = curve.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert "no algorithm here takes" in refusal(KeyRing.load, write("odd.der", odd))
