"""PEM files: keys, certificates, several of both, and what is neither."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from ectgraph.keys import KeyRing, private_pem
from ectgraph.model import Trust
from ectgraph.testing import AGENTS, EPOCH, private_key, token

DAY = 86400


def pem(name: str) -> bytes:
    public = private_key(name).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


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
    ("block", "reason"),
    [
        (private_pem(private_key("agent-a")), "it is a private key, or broken; a PEM public key"),
        (pem("agent-a")[:60] + b"\n-----END PUBLIC KEY-----\n", "it is a public key, or broken"),
        (pem("agent-a").replace(b"PUBLIC KEY", b"CERTIFICATE"), "it is a broken certificate ("),
        (pem("agent-a").replace(b"PUBLIC KEY", b"CERTIFICATE REQUEST"), "it is a certificate requ"),
        (b"-----BEGIN " + b"X" * 9999, f"it is a {'x' * 39}…, or broken"),
        (b"-----BEGIN \x1b[31m\xff-----", "it is a \\x1b[31m\ufffd, or broken"),
        (b"-----BEGIN CERTIFICATE-----", "it is a broken certificate ("),
    ],
    ids=range(7),
)
def test_a_block_that_is_no_public_key_spoils_no_other(write, refusal, block, reason):
    ring = KeyRing.load(write("mixed.pem", pem("one") + block + b"\n" + pem("agent-b")))

    assert [load_der_public_key(key.spki) for key in ring.keys] == [
        private_key(name).public_key() for name in ("one", "agent-b")
    ]
    (bad,) = ring.bad
    assert (bad.index, bad.kid) == (1, "mixed")
    assert bad.reason.startswith(reason)
    assert f"(key 'alone': {bad.reason})" in refusal(KeyRing.load, write("alone.pem", block))


# Certificates


def test_a_certificate_bounds_its_key(write, leaf):
    (key,) = KeyRing.load(write("agent.pem", leaf.pem)).keys

    assert (key.kid, key.spki, key.kind) == ("agent", leaf.spki, "P-256")
    assert (key.iss, key.nbf, key.exp) == (f"{AGENTS}a", EPOCH - DAY, EPOCH + DAY + 1)


def test_certificates_that_follow_their_subject_are_one_chain(write, root, middle, leaf):
    for chain in ([leaf], [leaf, middle], [leaf, middle, root]):
        ring = KeyRing.load(write("agent.pem", b"".join(each.pem for each in chain)))
        assert [key.spki for key in ring.keys] == [leaf.spki]
        assert ring.bad == ()


def test_certificates_in_the_wrong_order_are_no_chain(write, root, middle, leaf):
    ring = KeyRing.load(write("agent.pem", root.pem + middle.pem + leaf.pem))

    assert [key.spki for key in ring.keys] == [leaf.spki]
    assert [(bad.index, bad.reason[:24]) for bad in ring.bad] == [
        (0, "it is a CA certificate, "),
        (1, "it is a CA certificate, "),
    ]


def test_certificates_and_keys_may_be_mixed(write, issue, middle, leaf):
    other = issue("agent-b", middle)
    blocks = [leaf.pem, middle.pem, pem("one"), b"-----BEGIN CERTIFICATE-----\n", other.pem]

    ring = KeyRing.load(write("agent.pem", b"".join(blocks)))

    assert [key.spki for key in ring.keys][::2] == [leaf.spki, other.spki]
    assert [key.certificate is None for key in ring.keys] == [False, True, False]
    assert [bad.index for bad in ring.bad] == [3]


@pytest.mark.parametrize("backwards", [False, True])
def test_one_name_may_have_a_key_for_each_year(write, verdict, issue, middle, root, backwards):
    years = [(-730, -365), (-365, 0), (0, 365)]
    authority = issue("years", root, ca=True, days=(-900, 900))
    chains = [
        issue(f"key-{n}", authority, days=days).pem + authority.pem for n, days in enumerate(years)
    ]
    if backwards:
        chains.reverse()
    path = write("agent.pem", b"".join(chains))
    ring = KeyRing.load(path, roots=write("root.pem", root.pem))
    header = {"alg": "ES256", "typ": "exec+jwt", "kid": "agent"}

    good = {
        (signer, year)
        for signer in range(3)
        for year in range(3)
        if verdict(
            token({"iat": EPOCH + (year - 2) * 365 * DAY + 5}, f"key-{signer}", header), ring
        )[0]
        is Trust.VERIFIED
    }

    assert good == {(0, 0), (1, 1), (2, 2)}


def test_self_signed_certificates_of_one_name_are_a_rotation_and_no_chain(write, issue):
    old = issue("agent", days=(-20, 0), key=private_key("old"))
    new = issue("agent", days=(0, 20), key=private_key("new"))

    ring = KeyRing.load(write("agent.pem", old.pem + new.pem))

    assert [key.spki for key in ring.keys] == [old.spki, new.spki]
