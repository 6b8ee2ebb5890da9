"""A ring of keys: what it verifies, whether roots vouch for it, its digest, and revocation."""

from __future__ import annotations

import copy
import hashlib
import pickle
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.keys import Key, KeyRing, private_pem, public_jwk
from ectgraph.model import KeySource, Trust
from ectgraph.testing import EPOCH, jwks, private_key, token

JWK = jwks("agent-a")["keys"][0]
HEADER = {"alg": "ES256", "typ": "exec+jwt", "kid": "k"}


def ring_of(*keys: Any) -> KeyRing:
    return KeyRing.from_jwks({"keys": list(keys)}, "keys.json")


def test_a_decoded_jwks_is_read_like_a_file(write):
    from_file = KeyRing.load(write("keys.json", jwks("agent-a")))
    decoded = KeyRing.from_jwks(jwks("agent-a"), from_file.sources[0].source)
    assert decoded == from_file


def test_an_empty_jwks_has_no_key():
    assert KeyRing.from_jwks({"keys": []}) == KeyRing((), (), (KeySource("<jwks>", 0),))


def test_every_key_of_one_name_is_tried(verdict, others):
    strangers = [public_jwk(key, "k") for key in others.values()]
    keys = [jwk | {"kid": "k"} for jwk in jwks("one", "two", "three")["keys"]]
    for order in (
        [*strangers, *keys],
        [*keys, *strangers],
        [keys[1], *strangers, keys[2], keys[0]],
    ):
        ring = ring_of(*order)
        for signer, key in zip(("one", "two", "three"), keys, strict=True):
            position = order.index(key)
            assert verdict(token({}, signer, HEADER), ring) == (Trust.VERIFIED, (), position)
        trust, _, position = verdict(token({}, "stranger", HEADER), ring)
        assert (trust, position) == (Trust.INVALID, None)


@pytest.mark.parametrize("jwks", [{}, {"keys": None}, {"keys": {}}])
def test_a_key_set_without_an_array_of_keys_is_the_callers_mistake(refusal, jwks):
    assert "no array 'keys'" in refusal(KeyRing.from_jwks, jwks)


def test_a_private_part_goes_nowhere(write):
    number = private_key("agent-a").private_numbers().private_value
    pem = private_pem(private_key("agent-a"))
    ring = KeyRing.load(
        write("jwk.json", JWK | {"d": "c2VjcmV0"}),
        write("pair.pem", pem),
    )
    assert [key.kid for key in ring.keys] == ["agent-a"]
    everything = pickle.dumps(ring) + repr(ring).encode()
    assert b"c2VjcmV0" not in everything
    assert number.to_bytes(32) not in everything
    assert load_der_public_key(ring.keys[0].spki) == private_key("agent-a").public_key()


# Roots


def test_without_certificates_there_is_nothing_to_anchor(write, root):
    path, roots = write("keys.json", jwks("agent-a")), write("root.pem", root.pem)

    assert KeyRing.load(path).anchored is None
    assert KeyRing.load(path, roots=roots).anchored is None
    assert KeyRing().anchored is None


def test_a_certificate_without_a_root_is_taken_at_its_word(write, leaf):
    ring = KeyRing.load(write("a.pem", leaf.pem), write("keys.json", jwks("agent-b")))

    assert ring.anchored is False
    assert [key.root for key in ring.keys] == [None, None]


@pytest.mark.parametrize("form", ["path", "text", "list", "folder", "bundle"])
def test_roots_may_come_in_any_form(write, root, middle, leaf, form):
    path = write("roots/root.pem", root.pem)
    x5c = "".join(root.pem.decode().splitlines()[1:-1])
    bundle = {"keys": [{"kty": "EC", "use": "x509-svid", "x5c": [x5c]}]}
    roots = {
        "path": path,
        "text": str(path),
        "list": [path],
        "folder": path.parent,
        "bundle": write("bundle.json", bundle),
    }[form]

    ring = KeyRing.load(write("a.pem", leaf.pem + middle.pem), roots=roots)

    assert ring.anchored is True
    assert [key.root for key in ring.keys] == ["CN=root"]


def test_every_certificate_must_chain_to_a_root_where_there_are_any(
    write, issue, root, middle, leaf
):
    paths = write("a.pem", leaf.pem + middle.pem), write("b.pem", issue("agent-b").pem)

    ring = KeyRing.load(*paths, roots=write("root.pem", root.pem))

    assert [key.kid for key in ring.keys] == ["a"]
    assert [(bad.kid, bad.reason) for bad in ring.bad] == [
        ("b", "it does not chain to a given root: none is 'CN=agent-b'")
    ]
    assert ring.anchored is True


def test_what_is_no_root_among_the_roots_is_told_and_spoils_no_other(
    write, issue, root, leaf, middle
):
    odd = issue("agent-b").pem + b"-----BEGIN CERTIFICATE-----\n" + root.pem

    ring = KeyRing.load(write("a.pem", leaf.pem + middle.pem), roots=write("roots.pem", odd))

    assert ring.anchored is True
    assert [(bad.index, bad.kid) for bad in ring.bad] == [(0, None), (1, "roots")]
    assert ring.bad[0].reason == "it is no CA certificate, so no other can chain to it"


def test_roots_without_a_root_are_the_callers_mistake(write, refusal, issue, leaf, tmp_path):
    keys = write("a.pem", leaf.pem)
    odd = write("odd.pem", issue("agent-b").pem)

    assert refusal(KeyRing.load, keys, roots=odd) == (
        f"{odd}: no CA certificate in it (key 0: it is no CA certificate, so no other can chain to "
        "it); give PEM or a SPIFFE bundle"
    )
    assert "no CA certificate in it" in refusal(KeyRing.load, keys, roots=[])
    jwk = write("keys.json", jwks("agent-a"))
    assert "no CA certificate in it" in refusal(KeyRing.load, keys, roots=jwk)
    assert "cannot be read" in refusal(KeyRing.load, keys, roots=tmp_path / "absent.pem")


# The digest

KEYS = [
    JWK,
    JWK | {"iss": "urn:x"},
    JWK | {"iss": "urn:y"},
    JWK | {"nbf": 5},
    JWK | {"exp": 5},
    JWK | {"exp": 5.5},
    JWK | {"revoked_at": 5},
    JWK | {"kid": "agent-b"},
    jwks("agent-b")["keys"][0],
    {name: value for name, value in JWK.items() if name != "alg"},
]


@given(st.sets(st.integers(0, len(KEYS) - 1)), st.sets(st.integers(0, len(KEYS) - 1)))
def test_the_digest_is_of_the_keys_and_of_nothing_else(some, others):
    one, other = (ring_of(*(KEYS[n] for n in chosen)) for chosen in (some, others))

    assert (one.digest == other.digest) == (some == others)


@given(st.permutations(KEYS), st.integers(0, len(KEYS)))
def test_neither_order_nor_repetition_nor_source_change_the_digest(keys, more):
    bad = {"kty": "oct", "kid": "s", "k": "c2VjcmV0"}
    shuffled = KeyRing.from_jwks({"keys": [bad, *keys, *keys[:more]]}, "elsewhere.json")

    assert shuffled.digest == ring_of(*KEYS).digest


def test_a_digest_can_be_made_without_ectgraph():
    one, two = jwks("agent-a", "agent-b")["keys"]
    spki = [
        private_key(name).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        for name in ("agent-a", "agent-b")
    ]
    lines = (
        f'["agent-a","{spki[0].hex()}","ES256",null,null,null,null]\n'
        f'["agent-b","{spki[1].hex()}","ES256","urn:\\u00e9",1.0,2.0,null]'
    )

    made = ring_of(two | {"iss": "urn:\u00e9", "nbf": 1, "exp": 2.0}, one).digest

    assert made == hashlib.sha256(lines.encode()).hexdigest()
    assert KeyRing().digest == hashlib.sha256(b"").hexdigest()


def test_one_time_has_one_digest():
    assert (
        ring_of(JWK | {"nbf": 1, "exp": 0}).digest
        == ring_of(JWK | {"nbf": 1.0, "exp": -0.0}).digest
    )


def test_a_certificate_makes_no_difference_but_by_what_it_bounds(write, leaf):
    by_certificate = KeyRing.load(write("agent-a.pem", leaf.pem))
    (key,) = by_certificate.keys
    by_hand = Key(key.kid, key.spki, key.curve, "by hand", key.iss, key.nbf, key.exp)

    assert KeyRing((by_hand,)).digest == by_certificate.digest


# Revocation


def test_a_key_is_revoked_in_a_copy(verdict):
    ring = ring_of(*(jwk | {"kid": "k"} for jwk in jwks("one", "two")["keys"]), JWK)
    before = copy.deepcopy(ring)
    early, late = (token({"iat": EPOCH + n}, "two", HEADER) for n in (-1, 0))

    revoked = ring.revoke("k", EPOCH)

    assert ring == before
    assert [key.revoked_at for key in revoked.keys] == [EPOCH, EPOCH, None]
    assert (revoked.bad, revoked.sources) == (ring.bad, ring.sources)
    assert [verdict(each, revoked)[0] for each in (early, late)] == [Trust.VERIFIED, Trust.INVALID]
    assert revoked.digest != ring.digest


@pytest.mark.parametrize(("at", "kept"), [(4, 4), (5, 5), (6, 5), (4.5, 4.5)])
def test_a_revocation_only_ever_moves_back(at, kept):
    assert ring_of(JWK | {"revoked_at": 5}).revoke("agent-a", at).keys[0].revoked_at == kept


@pytest.mark.parametrize("at", [None, "now", True, float("nan"), float("inf"), 10**40])
def test_a_revocation_needs_a_time(refusal, at):
    assert "is no time; give seconds since 1970" in refusal(ring_of(JWK).revoke, "agent-a", at)


def test_only_a_key_that_is_there_can_be_revoked(refusal):
    assert refusal(ring_of(JWK).revoke, "agent-b", 0) == (
        "no key has the kid 'agent-b'; there are 'agent-a'"
    )
    assert "there are none" in refusal(KeyRing().revoke, "a\nb", 0)


def test_a_ring_goes_to_another_process_and_back(leaf, write):
    ring = KeyRing.load(write("a.pem", leaf.pem))

    assert pickle.loads(pickle.dumps(ring)) == ring  # noqa: S301


def test_a_revocation_counts_for_every_copy_of_the_key():
    old, new = jwks("agent-a")["keys"][0], jwks("agent-a")["keys"][0] | {"revoked_at": 5}
    other_name = old | {"kid": "another name"}

    for keys in ([old, new, other_name], [new, other_name, old]):
        ring = KeyRing.from_jwks({"keys": keys})
        assert [key.revoked_at for key in ring.keys] == [5, 5, 5]


def test_one_key_of_several_under_a_kid_is_revoked_by_its_thumbprint_with_its_copies():
    first, second = (jwks(name)["keys"][0] | {"kid": "k"} for name in ("agent-a", "agent-b"))
    ring = ring_of(first, second, first | {"kid": "copy"})
    lost = ring.keys[0].thumbprint

    assert [key.revoked_at for key in ring.revoke(lost, EPOCH).keys] == [EPOCH, None, EPOCH]
    assert [key.revoked_at for key in ring.revoke("k", EPOCH).keys] == [EPOCH] * 3
