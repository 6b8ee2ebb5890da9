"""Chains of certificates: which lead to a root, which do not, and for how long they did."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID

from ectgraph.keys import Key, KeyRing
from ectgraph.testing import AGENTS, EPOCH, private_key

DAY = 86400


@pytest.fixture
def load(write, root) -> Callable[..., Key | str]:
    """Load a chain, with some roots; give its key, or why it is none."""

    def call(*chain: Any, roots: tuple[Any, ...] = (root,)) -> Key | str:
        known = write("known.pem", b"".join(each.pem for each in roots)) if roots else None
        bare = write("keys.json", {"keys": [bare_jwk()]})
        file = write("agent.pem", b"".join(each.pem for each in chain))
        ring = KeyRing.load(bare, file, roots=known)
        if ring.bad:
            (bad,) = ring.bad
            assert (len(ring.keys), bad.source, bad.kid) == (1, str(file), "agent")
            return bad.reason
        return ring.keys[1]

    return call


def bare_jwk() -> dict[str, str]:
    from ectgraph.testing import jwks

    return jwks("bare")["keys"][0]


NOT_CHAINED = "it does not chain to a given root: "


def test_a_chain_leads_to_a_root(load, root, middle, leaf):
    for chain in ([leaf, middle], [leaf, middle, root]):
        key = load(*chain)
        assert (key.spki, key.iss, key.root) == (leaf.spki, f"{AGENTS}a", "CN=root")
        assert len(key.certificate) == 64


def test_a_certificate_of_a_root_needs_no_chain(load, issue, root):
    assert load(issue("agent", root)).root == "CN=root"


def test_any_ca_may_be_a_root(load, middle, leaf):
    assert load(leaf, roots=(middle,)).root == "CN=middle"
    assert load(leaf, middle, roots=(middle,)).root == "CN=middle"


# What SVIDs and private authorities look like, and the web's certificates do not


def test_neither_host_names_nor_purposes_nor_key_ids_are_asked_for(load, issue, root):
    purpose = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), True)
    plain = issue("plain", root, ca=True, extensions=[purpose])
    key_id = (x509.SubjectKeyIdentifier(b"id"), False)
    authority_id = (x509.AuthorityKeyIdentifier(b"id", None, None), False)

    assert load(issue("agent", plain), plain).root == "CN=root"
    assert load(issue("agent", root, extensions=[purpose])).root == "CN=root"
    assert load(issue("agent", root, extensions=[key_id, authority_id])).root == "CN=root"
    assert load(issue("", root, uris=[f"{AGENTS}a"])).iss == f"{AGENTS}a"


def test_an_extension_that_must_be_understood_and_is_not_breaks_the_chain(load, issue, root):
    unknown = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True)

    assert load(issue("agent", root, extensions=[unknown])).startswith(NOT_CHAINED)
    odd = issue("odd", root, ca=True, extensions=[unknown])
    assert load(issue("agent", odd), odd).startswith(NOT_CHAINED)


@pytest.mark.parametrize(
    ("constraint", "fits"),
    [
        (x509.NameConstraints([x509.DNSName("example.com")], None), True),
        (x509.NameConstraints([x509.UniformResourceIdentifier("example.com")], None), False),
        (x509.NameConstraints(None, [x509.UniformResourceIdentifier("example.org")]), False),
    ],
)
def test_constraints_on_names_that_cannot_be_judged_break_the_chain(
    load, issue, root, constraint, fits
):
    bound = issue("bound", root, ca=True, extensions=[(constraint, True)])
    found = load(issue("agent", bound, uris=[f"{AGENTS}a"]), bound)

    assert isinstance(found, Key) if fits else found == f"{NOT_CHAINED}unsupported name constraint"


# What does not lead to a root


def test_a_chain_with_a_gap_leads_nowhere(load, issue, root, leaf, middle):
    lower = issue("lower", middle, ca=True)
    agent = issue("agent", lower)

    assert load(leaf) == f"{NOT_CHAINED}none is 'CN=middle'"
    assert load(agent, lower) == f"{NOT_CHAINED}none is 'CN=middle'"
    assert load(agent, lower, middle).root == "CN=root"
    assert load(agent, lower, roots=(root, issue("middle", ca=True, key=lower.key))) == (
        f"{NOT_CHAINED}signature does not match"
    )


def test_a_root_of_the_same_name_is_another_root(load, issue, leaf, middle):
    other = issue("root", ca=True, usage=["key_cert_sign"], key=private_key("other"))

    assert load(leaf, middle, roots=(other,)) == f"{NOT_CHAINED}signature does not match"


def test_an_issuer_that_did_not_sign_breaks_the_chain(load, issue, root, leaf):
    other = issue("middle", root, ca=True, key=private_key("other"))
    forged = issue("middle", issue("root", ca=True, key=private_key("other")), ca=True)

    assert load(leaf, other) == f"{NOT_CHAINED}signature does not match"
    assert load(leaf, forged) == f"{NOT_CHAINED}signature does not match"
    assert load(leaf, other, roots=()) == "its chain is broken: an issuer in it did not sign"


@pytest.mark.parametrize(
    ("ca", "usage"), [(False, None), (None, None), (False, ["key_cert_sign"]), (True, ["crl_sign"])]
)
def test_only_an_authority_can_issue(load, issue, root, ca, usage):
    """An agent with a certificate of its own must not issue others (CVE-2002-0862 and the like)."""
    agent = issue("middle", root, ca=ca, usage=usage)
    forged = issue("agent", agent, uris=[f"{AGENTS}admin"])

    assert load(forged, agent).startswith(NOT_CHAINED)
    if ca is not True:
        told = "its chain leads through a certificate that is not a CA's"
        assert load(forged, agent, roots=()) == told


def test_an_authority_that_may_not_have_others_below_it_has_none(load, issue, root):
    last = issue("last", root, ca=True, path_length=0)
    below = issue("below", last, ca=True)

    assert load(issue("agent", last), last).root == "CN=root"
    assert load(issue("agent", below), below, last) == (
        f"{NOT_CHAINED}path length constraint violated"
    )


def test_a_chain_may_be_long_but_not_endless(load, issue, root):
    chain = [root]
    for number in range(16):
        chain.append(issue(f"ca-{number}", chain[-1], ca=True))

    def led(depth: int) -> Key | str:
        return load(issue("agent", chain[depth]), *reversed(chain[1 : depth + 1]))

    assert led(8).root == "CN=root"
    assert led(12) == f"{NOT_CHAINED}chain construction exceeds max depth"
    assert led(16) == "its chain has 17 certificates, more than 16"


def test_an_authority_on_ed25519_is_not_known_to_the_library(load, issue):
    key = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
    root = issue("root", ca=True, key=key)

    assert load(issue("agent", root), roots=(root,)).startswith(NOT_CHAINED)


def test_an_ed25519_key_may_be_certified_by_others(load, issue, root):
    key = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)

    assert load(issue("agent", root, key=key)).kind == "Ed25519"


# For how long


@pytest.mark.parametrize(
    ("agent", "authority", "window"),
    [
        ((0, 10), (-5, 20), (0, 10)),
        ((0, 10), (5, 20), (5, 10)),
        ((0, 10), (-5, 3), (0, 3)),
        ((0, 10), (2, 3), (2, 3)),
        ((-2000, 2000), (-1500, 1500), (-1000, 1000)),
    ],
)
@pytest.mark.parametrize("with_root", [True, False])
def test_a_chain_is_good_while_all_of_it_is(load, issue, root, agent, authority, window, with_root):
    above = issue("above", root, ca=True, days=authority)
    roots = (root,) if with_root else ()

    key = load(issue("agent", above, days=agent), above, root, roots=roots)

    start, end = window
    assert (key.nbf, key.exp) == (EPOCH + start * DAY, EPOCH + end * DAY + 1)


@pytest.mark.parametrize("authority", [(-20, -1), (11, 20)])
def test_a_chain_that_was_never_good_as_a_whole_is_refused(load, issue, root, authority):
    above = issue("above", root, ca=True, days=authority)
    agent = issue("agent", above, days=(0, 10))

    assert load(agent, above) == f"{NOT_CHAINED}cert is not valid at validation time"
    assert load(agent, above, roots=()) == (
        "the certificates of its chain were never valid at the same time"
    )


def test_a_chain_of_years_ago_still_leads_to_a_root_of_then(load, issue):
    old = issue("old", ca=True, days=(-9000, -8000))
    key = load(issue("agent", old, days=(-8500, -8400)), roots=(old,))

    assert (key.nbf, key.exp) == (EPOCH - 8500 * DAY, EPOCH - 8400 * DAY + 1)


@pytest.mark.parametrize("backwards", [False, True])
def test_of_several_ways_to_a_root_the_longest_lived_counts(load, issue, backwards):
    first = issue("root", ca=True, days=(-100, 5))
    renewed = issue("root", ca=True, days=(2, 100))
    agent = issue("agent", first, days=(0, 50))
    roots = (renewed, first) if backwards else (first, renewed)

    key = load(agent, roots=roots)

    assert (key.nbf, key.exp) == (EPOCH + 2 * DAY, EPOCH + 50 * DAY + 1)


def test_a_certificate_that_is_on_no_way_to_the_root_shortens_nothing(load, issue, root, middle):
    brief = issue("root", issue("elder", ca=True), ca=True, days=(0, 1), key=root.key)
    agent = issue("agent", middle, days=(-5, 5))

    assert load(agent, middle, brief).exp == EPOCH + 5 * DAY + 1
