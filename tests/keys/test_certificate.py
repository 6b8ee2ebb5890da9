"""One certificate: whose it is, what its key is for, when it is valid, and whether it can be read."""

from __future__ import annotations

import warnings

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from ectgraph.keys import KeyRing, as_key
from ectgraph.testing import AGENTS, EPOCH

DAY = 86400


def other_name(name: x509.GeneralName) -> list[tuple[x509.ExtensionType, bool]]:
    return [(x509.SubjectAlternativeName([name]), False)]


# Whose it is


@pytest.mark.parametrize(
    "uri",
    [
        "spiffe://example.com/agent/a",
        "spiffe://a-b_c.9/x/Y.z/-_.../..x",
        "spiffe://example.com/" + "a" * 2027,
        "https://example.com/agents/a",
        "urn:uuid:550e8400-e29b-41d4-a716-446655440000",
        "wimse://example.com/a",
    ],
)
def test_the_one_uri_of_a_certificate_names_its_owner(issue, uri):
    assert as_key(issue("a", uris=[uri]).certificate, "a").iss == uri


@pytest.mark.parametrize(
    "uri",
    [
        "spiffe://",
        "spiffe:///agent",
        "spiffe://example.com",
        "spiffe:example.com/agent",
        "SPIFFE://example.com/agent",
        "spiffe://Example.com/agent",
        "spiffe://example.com:443/agent",
        "spiffe://user@example.com/agent",
        "spiffe://example.com/",
        "spiffe://example.com/agent/",
        "spiffe://example.com//agent",
        "spiffe://example.com/./agent",
        "spiffe://example.com/agent/..",
        "spiffe://example.com/agent?x",
        "spiffe://example.com/agent#x",
        "spiffe://example.com/a%20b",
        "spiffe://example.com/a\n",
        "spiffe://" + "a" * 256 + "/a",
        "spiffe://example.com/" + "a" * 2028,
    ],
)
def test_a_certificate_of_what_only_looks_like_a_spiffe_id_is_refused(refusal, issue, uri):
    assert "which is no SPIFFE ID" in refusal(as_key, issue("a", uris=[uri]).certificate, "a")


@pytest.mark.parametrize(
    "uris",
    [
        [f"{AGENTS}a", f"{AGENTS}b"],
        [f"{AGENTS}a", f"{AGENTS}a"],
        [f"{AGENTS}a", "https://example.com"],
        ["https://example.com", "https://example.org"],
    ],
)
def test_a_certificate_of_several_owners_is_refused(refusal, issue, uris):
    message = refusal(as_key, issue("a", uris=uris).certificate, "a")

    assert "its certificate names 2 URIs, and a key belongs to one" in message


@pytest.mark.parametrize(
    "extensions",
    [
        [],
        other_name(x509.DNSName("agent.example.com")),
        other_name(x509.RFC822Name("agent@example.com")),
        other_name(x509.RegisteredID(x509.ObjectIdentifier("1.2.3"))),
    ],
    ids=["none", "host", "mail", "oid"],
)
def test_a_certificate_without_a_uri_belongs_to_nobody_in_particular(issue, extensions):
    assert as_key(issue("a", extensions=extensions).certificate, "a").iss is None


# What its key is for


@pytest.mark.parametrize("ca", [None, False])
@pytest.mark.parametrize(
    "usage", [None, ["digital_signature"], ["digital_signature", "key_encipherment"]]
)
def test_a_certificate_whose_key_may_sign_is_taken(issue, ca, usage):
    assert as_key(issue("a", ca=ca, usage=usage).certificate, "a").kid == "a"


@pytest.mark.parametrize(
    ("ca", "usage", "reason"),
    [
        (True, None, "it is a CA certificate, which signs no tokens; give it as a root (--roots)"),
        (True, ["digital_signature"], "it is a CA certificate"),
        (None, ["digital_signature", "key_cert_sign"], "it is a CA certificate"),
        (False, ["digital_signature", "crl_sign"], "it is a CA certificate"),
        (False, [], "its certificate's key usage leaves out digital signatures"),
        (False, ["key_encipherment"], "its certificate's key usage leaves out digital signatures"),
        (None, ["content_commitment"], "its certificate's key usage leaves out digital signatures"),
    ],
)
def test_a_certificate_whose_key_signs_no_tokens_is_refused(refusal, issue, ca, usage, reason):
    assert reason in refusal(as_key, issue("a", ca=ca, usage=usage).certificate, "a")


def test_a_certificate_of_a_key_that_no_algorithm_takes_is_refused(refusal, issue):
    weak = issue("a", key=rsa.generate_private_key(65537, 1024))  # noqa: S505

    assert "RSA key of 1024 bits" in refusal(as_key, weak.certificate, "a")


def test_keys_of_all_kinds_may_be_certified(issue, others):
    for kind, key in others.items():
        assert as_key(issue("a", key=key).certificate, "a").kind == kind


# When it is valid


def test_a_certificate_is_good_from_its_first_second_to_its_last(issue):
    key = as_key(issue("a", days=(0, 1)).certificate, "a")

    assert [key.unfit(EPOCH + n) is None for n in (-1, 0, DAY, DAY + 0.9, DAY + 1)] == [
        False,
        True,
        True,
        True,
        False,
    ]


def test_an_expired_certificate_is_good_for_what_was_signed_before(issue):
    key = as_key(issue("a", days=(-9000, -8000)).certificate, "a")

    assert key.unfit(EPOCH - 8500 * DAY) is None
    assert key.unfit(EPOCH) is not None


# Whether it can be read


def test_no_flipped_bit_of_a_certificate_is_more_than_a_bad_key(write, leaf, pem_of):
    folder = write("keys/good.pem", pem_of(leaf.key.public_key())).parent
    number = int.from_bytes(leaf.der)
    for bit in range(0, 8 * len(leaf.der), 13):
        changed = (number ^ (1 << bit)).to_bytes(len(leaf.der))
        write("keys/a.der", changed)
        ring = KeyRing.load(folder)
        assert len(ring.keys) + len(ring.bad) == 2


def test_an_extension_that_cannot_be_read_makes_a_bad_key(refusal, issue):
    broken = [(x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.17"), b"\x01"), False)]

    message = refusal(as_key, issue("a", extensions=broken).pem, "a")

    assert message.startswith("the key 'a' is no public key, PEM or JWK: it is a broken certificat")


def negative(der: bytes) -> bytes:
    """Make a serial number of 1000 negative."""
    assert der.count(b"\x02\x02\x03\xe8") == 1
    return der.replace(b"\x02\x02\x03\xe8", b"\x02\x02\x83\xe8")


def test_what_a_library_warns_of_is_no_noise(write, issue, leaf):
    """Some take such a certificate, some will not."""
    folder = write("keys/good.pem", leaf.pem).parent
    write("keys/odd.der", negative(issue("a").der))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ring = KeyRing.load(folder)

    assert len(ring.keys) + len(ring.bad) == 2
    assert caught == []
