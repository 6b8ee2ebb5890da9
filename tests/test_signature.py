"""Which tokens verify: those whose very bytes a given key signed, and no others."""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from ectgraph import signature
from ectgraph.claims import Reader, Reading
from ectgraph.encoding import compact_json, decode_base64url, encode_base64url
from ectgraph.keys import Key, KeyRing, as_key, private_pem, public_jwk
from ectgraph.keys.key import KINDS, public_key
from ectgraph.model import Header, Problem, Token, Trust
from ectgraph.policy import Policy
from ectgraph.signature import ORDER, Verifier, check_algorithms, is_high
from ectgraph.testing import EPOCH, jwks, private_key, seal, sign, sketch, token

HEADER = {"alg": "ES256", "typ": "exec+jwt", "kid": "agent-a"}


def flips(data: bytes) -> list[bytes]:
    """Every text that differs from this one in a single bit."""
    number = int.from_bytes(data)
    return [(number ^ (1 << bit)).to_bytes(len(data)) for bit in range(8 * len(data))]


@pytest.fixture(scope="module")
def verifier(ring: KeyRing) -> Verifier:
    return Verifier(ring, Policy())


def test_a_good_token_verifies(verdict, ring, good_token):
    assert verdict(good_token, ring) == (Trust.VERIFIED, (), 0)


@pytest.mark.parametrize("typ", ["exec+jwt", "wimse-exec+jwt"])
def test_both_types_verify(verdict, ring, typ):
    assert verdict(token({}, "agent-a", HEADER | {"typ": typ}), ring) == (Trust.VERIFIED, (), 0)


def test_no_bit_of_the_text_can_be_flipped(verifier, good_token):
    reader = Reader(64)
    for changed in flips(good_token):
        assert verifier.verify(reader.read(changed))[0] is not Trust.VERIFIED, changed


@pytest.mark.parametrize("part", [0, 1, 2], ids=["header", "payload", "signature"])
def test_no_bit_of_what_the_text_encodes_can_be_flipped(verifier, good_token, part):
    reader = Reader(64)
    parts = good_token.split(b".")
    for changed in flips(decode_base64url(parts[part])):
        parts[part] = encode_base64url(changed)
        assert verifier.verify(reader.read(b".".join(parts)))[0] is not Trust.VERIFIED, changed


@given(st.data())
def test_no_piece_of_the_text_can_be_put_elsewhere(verifier, good_token, data):
    cut = st.integers(0, len(good_token))
    start, stop, place = [*sorted([data.draw(cut), data.draw(cut)]), data.draw(cut)]
    piece = good_token[start:stop]
    rest = good_token[:start] + good_token[stop:]
    changed = data.draw(
        st.sampled_from([rest, rest[:place] + piece + rest[place:], good_token + piece])
    )
    trust, *_ = verifier.verify(Reader(64).read(changed))
    assert (trust is Trust.VERIFIED) == (changed == good_token)


def with_signature(compact: bytes, signature: bytes) -> bytes:
    return compact.rpartition(b".")[0] + b"." + encode_base64url(signature)


def numbers(r: int, s: int) -> bytes:
    return r.to_bytes(32) + s.to_bytes(32)


@pytest.mark.parametrize(
    ("r", "s"),
    [
        (0, None),
        (None, 0),
        (0, 0),
        (ORDER, None),
        (None, ORDER),
        (ORDER, ORDER),
        (ORDER + 1, None),
        (None, 2**256 - 1),
    ],
)
def test_halves_of_a_signature_outside_the_range_are_refused(verdict, ring, good_token, r, s):
    mark = sign(good_token.rpartition(b".")[0], "agent-a")
    good_r, good_s = int.from_bytes(mark[:32]), int.from_bytes(mark[32:])
    changed = numbers(good_r if r is None else r, good_s if s is None else s)
    trust, (problem,), _ = verdict(with_signature(good_token, changed), ring)
    assert trust is Trust.INVALID
    assert (problem.kind, problem.where) == ("bad-signature", "signature")
    assert problem.detail == "r or s is outside the range of the curve"


@pytest.mark.parametrize("r", [1, ORDER - 1])
def test_halves_at_the_edge_of_the_range_are_just_wrong(verdict, ring, good_token, r):
    trust, (problem,), _ = verdict(with_signature(good_token, numbers(r, r)), ring)
    assert trust is Trust.INVALID
    assert problem.detail == "it was not made by key 'agent-a' over these bytes"


def test_a_signature_of_the_wrong_length_is_refused(verdict, ring, good_token):
    mark = sign(good_token.rpartition(b".")[0], "agent-a")
    der = encode_dss_signature(int.from_bytes(mark[:32]), int.from_bytes(mark[32:]))
    for changed in (b"", mark[:63], mark[:32], mark + b"\0", b"\0" + mark, mark * 2, der):
        trust, (problem,), _ = verdict(with_signature(good_token, changed), ring)
        assert trust is Trust.INVALID
        assert problem.kind == "bad-signature"
        assert problem.detail == f"it has {len(changed)} bytes; an ES256 signature has 64"


def test_the_high_s_twin_of_a_signature_verifies(verdict, ring, good_token):
    mark = sign(good_token.rpartition(b".")[0], "agent-a")
    twin = mark[:32] + (ORDER - int.from_bytes(mark[32:])).to_bytes(32)
    assert twin != mark
    assert verdict(with_signature(good_token, twin), ring) == (Trust.VERIFIED, (), 0)


HALVES = [("ES256", 32, ORDER // 2), ("ES384", 48, signature._ORDER_384 // 2)]


@pytest.mark.parametrize(("alg", "size", "half"), HALVES)
@pytest.mark.parametrize(("above", "high"), [(0, False), (1, True), (-1, False)])
@pytest.mark.parametrize("r", [1, 2**256 - 1])
def test_a_signature_is_high_from_above_half_of_the_order(alg, size, half, above, high, r):
    mark = r.to_bytes(size) + (half + above).to_bytes(size)
    reading = Reading(Token(header=Header(alg)), {}, (), b"", mark)

    assert is_high(reading) is high


@pytest.mark.parametrize("alg", ["ES256", "ES384"])
def test_of_a_signature_and_its_twin_one_is_high_and_both_verify(alg):
    compact, (size, half) = signed(alg), {name: rest for name, *rest in HALVES}[alg]
    mark = decode_base64url(compact.rpartition(b".")[2])
    twin = mark[:size] + (2 * half + 1 - int.from_bytes(mark[size:])).to_bytes(size)
    verifier = Verifier(ring_for(alg), Policy(algorithms=(alg,)))
    readings = [Reader(64).read(with_signature(compact, each)) for each in (mark, twin)]

    assert [verifier.verify(reading)[0] for reading in readings] == [Trust.VERIFIED] * 2
    assert sorted(map(is_high, readings)) == [False, True]


@pytest.mark.parametrize("alg", ["EdDSA", "Ed25519", "RS256", None, "none"])
def test_a_signature_that_has_no_twin_is_not_high(alg):
    token_of = Token(header=Header(alg))

    assert not is_high(Reading(token_of, {}, (), b"", b"\xff" * 64))
    assert not is_high(Reading(token_of, {}, ()))


def test_what_has_no_signature_is_not_high():
    assert not is_high(Reading(None, {}, (), b"", b"\xff" * 64))
    assert not is_high(Reading(Token(), {}, (), b"", b"\xff" * 64))
    assert not is_high(Reading(Token(header=Header("ES256")), {}, ()))


def test_a_stranger_cannot_sign_under_a_known_name(verdict, ring):
    trust, (problem,), _ = verdict(token({}, "stranger", HEADER), ring)
    assert trust is Trust.INVALID
    assert problem.kind == "bad-signature"


def test_a_key_that_was_not_given_is_unknown(verdict, ring):
    trust, (problem,), _ = verdict(token({}, "stranger"), ring)
    assert trust is Trust.UNKNOWN_KEY
    assert (problem.kind, problem.where) == ("unknown-key", "kid")
    assert problem.detail == "no given key has the kid 'stranger'"


def test_a_key_inside_the_token_is_never_used(verdict, ring):
    header = HEADER | {"kid": "stranger", "jwk": jwks("stranger")["keys"][0]}
    assert verdict(token({}, "stranger", header), ring)[0] is Trust.UNKNOWN_KEY


REFUSED = [
    ({"typ": None}, "wrong-typ", Trust.UNSUPPORTED),
    ({"typ": "JWT"}, "wrong-typ", Trust.UNSUPPORTED),
    ({"typ": "EXEC+JWT"}, "wrong-typ", Trust.UNSUPPORTED),
    ({"typ": "application/exec+jwt"}, "wrong-typ", Trust.UNSUPPORTED),
    ({"alg": None}, "algorithm-not-allowed", Trust.UNSUPPORTED),
    ({"alg": "none"}, "algorithm-not-allowed", Trust.UNSUPPORTED),
    ({"alg": "es256"}, "algorithm-not-allowed", Trust.UNSUPPORTED),
    ({"alg": "HS256"}, "algorithm-not-allowed", Trust.UNSUPPORTED),
    ({"alg": ["ES256"]}, "algorithm-not-allowed", Trust.UNSUPPORTED),
    ({"crit": ["b64"], "b64": False}, "unknown-critical", Trust.UNSUPPORTED),
    ({"crit": ["exp"], "exp": 1}, "unknown-critical", Trust.UNSUPPORTED),
    ({"crit": []}, "unknown-critical", Trust.UNSUPPORTED),
    ({"crit": None}, "unknown-critical", Trust.UNSUPPORTED),
    ({"kid": None}, "no-kid", Trust.UNKNOWN_KEY),
    ({"kid": ""}, "no-kid", Trust.UNKNOWN_KEY),
    ({"kid": 1}, "no-kid", Trust.UNKNOWN_KEY),
]


@pytest.mark.parametrize(("change", "kind", "expected"), REFUSED)
def test_a_header_that_is_refused_leaves_the_signature_alone(verdict, ring, change, kind, expected):
    good = token({}, "agent-a", HEADER | change)
    for compact in (good, with_signature(good, bytes(64))):
        trust, (problem,), _ = verdict(compact, ring)
        assert (trust, problem.kind) == (expected, kind)


@pytest.mark.parametrize(("change", "kind", "expected"), REFUSED)
def test_a_header_is_refused_without_keys_too(verdict, change, kind, expected):
    trust, (problem,), _ = verdict(token({}, "agent-a", HEADER | change), None)
    assert (trust, problem.kind) == (Trust.UNCHECKED, kind)


def test_everything_wrong_with_a_header_is_told(verdict, ring):
    trust, problems, _ = verdict(token({}, "agent-a", {"crit": ["a", "b"]}), ring)
    assert trust is Trust.UNSUPPORTED
    assert [problem.kind for problem in problems] == [
        "wrong-typ",
        "algorithm-not-allowed",
        "unknown-critical",
        "unknown-critical",
        "no-kid",
    ]


def test_without_keys_nothing_is_checked(verdict, good_token):
    assert verdict(good_token, None) == (Trust.UNCHECKED, (), None)
    assert verdict(with_signature(good_token, bytes(64)), None) == (Trust.UNCHECKED, (), None)


def test_an_empty_ring_verifies_nothing(verdict, good_token):
    assert verdict(good_token, KeyRing())[0] is Trust.UNKNOWN_KEY


@pytest.mark.parametrize(
    ("header", "payload"),
    [
        (compact_json(HEADER)[:-1] + b',"alg":"ES256"}', b"{}"),
        (compact_json(HEADER), b'{"jti":"a","jti":"a"}'),
        (compact_json(HEADER), b'{"ext":{"a":1,"\\u0061":1}}'),
        (compact_json(HEADER), b'{"iat":NaN}'),
        (compact_json(HEADER), b"[]"),
        (compact_json(HEADER), b'{"a":"\xff"}'),
        (b"[]", b"{}"),
    ],
)
def test_bytes_with_two_readings_never_verify_though_rightly_signed(verdict, ring, header, payload):
    trust, problems, _ = verdict(seal(header, payload, "agent-a"), ring)
    assert trust is Trust.INVALID
    assert problems == ()  # the reader has told what is wrong


def test_an_unsigned_token_has_nothing_to_verify(verdict, ring, claims):
    compact = encode_base64url(compact_json(claims()))
    for keys in (ring, None):
        trust, (problem,), _ = verdict(compact, keys)
        assert trust is Trust.UNSIGNED
        assert problem.kind == "below-minimum-level"
    allowing = Verifier(ring, Policy(minimum_level="L1"))
    assert allowing.verify(Reader(64).read(compact)) == (Trust.UNSIGNED, (), None)


def test_a_verifier_that_saw_many_headers_still_judges_them_right(ring):
    verifier, reader = Verifier(ring, Policy()), Reader(64)
    good = token({}, "agent-a", HEADER)
    for number in range(4200):
        header = encode_base64url(compact_json({"typ": f"t{number}"}))
        reading = reader.read(header + b".e30.AA")
        assert verifier.verify(reading)[0] is Trust.UNSUPPORTED
    assert verifier.verify(reader.read(good)) == (Trust.VERIFIED, (), 0)


PYJWT_OPTIONS = dict.fromkeys(
    ["verify_exp", "verify_nbf", "verify_iat", "verify_aud", "verify_iss", "verify_sub"], False
) | {"verify_jti": False}


@given(st.data())
def test_pyjwt_verifies_what_we_verify_and_reads_the_same_claims(
    verdict, ring, json_values, claims, data
):
    names = st.sampled_from([*claims(), "wid", "sub", "nbf", "ext", "other"])
    made = claims() | data.draw(st.dictionaries(names, json_values, max_size=3))
    kid = data.draw(st.sampled_from(["agent-a", "agent-b", "stranger"]))
    signer = data.draw(st.sampled_from(["agent-a", "agent-b"]))
    compact = token(made, signer, HEADER | {"kid": kid})
    trust, *_ = verdict(compact, ring)
    if kid == "stranger":
        assert trust is Trust.UNKNOWN_KEY
        return
    try:
        read = jwt.decode(
            compact, private_key(kid).public_key(), algorithms=["ES256"], options=PYJWT_OPTIONS
        )
    except jwt.InvalidSignatureError:
        assert trust is Trust.INVALID
        assert kid != signer
    else:
        assert trust is Trust.VERIFIED
        assert kid == signer
        assert compact_json(read) == compact_json(made)


@given(st.dictionaries(st.sampled_from(["jti", "iss", "x"]), st.text("aé\u2028", max_size=5)))
def test_we_verify_what_pyjwt_signs(verdict, ring, made):
    compact = jwt.encode(
        made, private_key("agent-a"), "ES256", headers={"typ": "exec+jwt", "kid": "agent-a"}
    )
    assert verdict(compact.encode(), ring) == (Trust.VERIFIED, (), 0)


# Keys that a resolver gives


def certificate() -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "agent-a")])
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    builder = x509.CertificateBuilder(
        subject,
        subject,
        private_key("agent-a").public_key(),
        serial_number=1,
        not_valid_before=start,
        not_valid_after=start + dt.timedelta(days=99),
    )
    return builder.sign(private_key("agent-a"), SHA256())


PUBLIC = private_key("agent-a").public_key()
PEM = PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
JWK = jwks("agent-a")["keys"][0]
SPKI = PUBLIC.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
MATERIALS = {
    "cryptography": PUBLIC,
    "PEM bytes": PEM,
    "PEM text": PEM.decode(),
    "JWK": JWK,
    "JWK of another name": JWK | {"kid": "somebody"},
    "JWK without a name": {name: value for name, value in JWK.items() if name != "kid"},
    "certificate": certificate(),
    "key": Key("agent-a", SPKI, "P-256", "a test"),
}
OF_ANOTHER_KIND = {
    "P-384": ec.derive_private_key(7**100, ec.SECP384R1()).public_key(),
    "Ed25519": Ed25519PrivateKey.from_private_bytes(b"\x07" * 32).public_key(),
    "RSA": rsa.RSAPublicNumbers(65537, (1 << 2047) + 12345).public_key(),
}
JUNK = [
    "",
    b"",
    "agent-a",
    "-----BEGIN PUBLIC KEY-----",
    private_pem(private_key("agent-a")),
    private_key("agent-a"),
    {},
    {"kty": "oct", "k": "c2VjcmV0"},
    JWK | {"x": JWK["y"]},
    JWK | {"use": "enc"},
    5,
    True,
    [],
    [JWK],
    ("agent-a", PUBLIC),
    object(),
    Key("agent-a", b"spki", "P-256", "a test"),
]


def ring_of(*jwks: dict[str, Any]) -> KeyRing:
    return KeyRing.from_jwks({"keys": list(jwks)})


def resolved(resolve: Callable[[str], Any], compact: bytes) -> tuple[Trust, tuple[Problem, ...]]:
    """Verify by a resolver, whose keys have no position."""
    trust, problems, position = Verifier(resolve, Policy()).verify(Reader(64).read(compact))
    assert position is None
    return trust, problems


@pytest.mark.parametrize("kind", MATERIALS)
def test_a_resolver_may_give_a_key_in_any_form(good_token, kind):
    asked: list[str] = []

    def resolve(kid: str) -> Any:
        asked.append(kid)
        return MATERIALS[kind]

    assert resolved(resolve, good_token) == (Trust.VERIFIED, ())
    assert asked == ["agent-a"]
    trust, (problem,) = resolved(resolve, token({}, "stranger", HEADER))
    assert (trust, problem.kind) == (Trust.INVALID, "bad-signature")


@pytest.mark.parametrize(
    "resolve",
    [
        lambda _: None,
        {}.__getitem__,
        {}.get,
        {"agent-b": PUBLIC}.__getitem__,
    ],
)
def test_a_key_that_a_resolver_does_not_know_is_unknown(good_token, resolve):
    trust, (problem,) = resolved(resolve, good_token)

    assert trust is Trust.UNKNOWN_KEY
    assert (problem.kind, problem.where) == ("unknown-key", "kid")
    assert "'agent-a'" in problem.detail


@pytest.mark.parametrize("kind", OF_ANOTHER_KIND)
@pytest.mark.parametrize("as_pem", [False, True], ids=["object", "pem"])
def test_a_resolved_key_of_another_kind_makes_no_es256_signature(good_token, kind, as_pem):
    public = OF_ANOTHER_KIND[kind]
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    trust, (problem,) = resolved(lambda _: pem if as_pem else public, good_token)

    assert trust is Trust.INVALID
    assert problem.kind == "bad-signature"
    assert problem.detail == "key 'agent-a' is not on P-256, which ES256 needs"


@pytest.mark.parametrize(
    "public",
    [
        ec.derive_private_key(7**80, ec.SECP256K1()).public_key(),
        rsa.RSAPublicNumbers(65537, 3**900 | 1).public_key(),
        X25519PrivateKey.generate().public_key(),
    ],
    ids=["secp256k1", "RSA-1427", "X25519"],
)
def test_a_resolved_key_that_no_algorithm_takes_verifies_nothing(good_token, public):
    """Nobody who only names it can bring a gate to raise."""
    for compact, alg in ((good_token, "ES256"), (signed("RS256"), "RS256")):
        verifier = Verifier(lambda _: public, Policy(algorithms=("ES256", "RS256")))
        trust, (problem,), _ = verifier.verify(Reader(64).read(compact))
        assert trust is Trust.INVALID
        assert problem.detail.endswith(f"which {alg} needs")


@pytest.mark.parametrize("junk", JUNK, ids=lambda junk: repr(junk)[:20])
def test_a_resolver_that_gives_no_key_is_the_callers_mistake(good_token, refusal, junk):
    message = refusal(resolved, lambda _: junk, good_token)

    assert message.startswith("the key 'agent-a' is no")


def test_what_a_resolver_raises_is_not_hidden(good_token):
    def resolve(kid: str) -> None:
        message = "the key server is down"
        raise ConnectionError(message)

    with pytest.raises(ConnectionError, match="the key server is down"):
        resolved(resolve, good_token)


def test_a_resolver_is_asked_every_time_and_its_last_word_counts(good_token):
    answers = iter([None, PUBLIC, JWK, private_key("other").public_key(), None])
    verifier = Verifier(lambda _: next(answers), Policy())

    trusts = [verifier.verify(Reader(64).read(good_token))[0] for _ in range(5)]

    assert trusts == [
        Trust.UNKNOWN_KEY,
        Trust.VERIFIED,
        Trust.VERIFIED,
        Trust.INVALID,
        Trust.UNKNOWN_KEY,
    ]


def test_keys_of_a_resolver_are_loaded_once_but_not_kept_for_ever(monkeypatch, good_token):
    """However many keys a resolver gives, those of long ago make room."""
    loads: list[str] = []

    def load(key: Key) -> Any:
        loads.append(key.source)
        return public_key(key)

    def ask(number: int) -> int:
        """Verify by one key of many, and give how many were loaded so far."""
        given.append(Key("agent-a", SPKI, "P-256", f"key {number}"))
        assert verifier.verify(reading) == (Trust.VERIFIED, (), None)
        return len(loads)

    monkeypatch.setattr(signature, "public_key", load)
    given: list[Key] = []
    verifier, reading = Verifier(lambda _: given.pop(), Policy()), Reader(64).read(good_token)

    assert [ask(0), ask(0), ask(1), ask(0)] == [1, 1, 2, 2]
    assert max(ask(number) for number in range(1000)) == 1000
    assert [ask(999), ask(0), ask(0)] == [1000, 1001, 1001]


@pytest.mark.parametrize(
    "compact",
    [
        token({}, "agent-a", HEADER | {"alg": "none"}),
        token({}, "agent-a", HEADER | {"typ": "JWT"}),
        token({}, "agent-a", HEADER | {"kid": ""}),
        seal(compact_json(HEADER), b'{"a":1,"a":2}', "agent-a"),
        sketch("a@0 !unsigned").records[0],
        b"hello",
    ],
)
def test_a_resolver_is_not_asked_for_what_is_refused_anyway(compact):
    def resolve(kid: str) -> None:
        raise AssertionError(kid)

    assert resolved(resolve, compact)[0] is not Trust.VERIFIED


@pytest.mark.parametrize(
    ("members", "kind"),
    [
        ({}, None),
        ({"iss": "spiffe://example.com/agent/agent-a"}, None),
        ({"iss": "spiffe://example.com/agent/agent-b"}, "issuer-not-bound"),
        ({"revoked_at": EPOCH}, "key-not-valid-then"),
        ({"nbf": EPOCH + 1}, "key-not-valid-then"),
        ({"exp": EPOCH}, "key-not-valid-then"),
        ({"revoked_at": EPOCH + 1, "nbf": EPOCH, "exp": EPOCH + 1}, None),
    ],
)
def test_a_resolved_jwk_is_bound_as_it_says(good_token, members, kind):
    trust, problems = resolved(lambda _: JWK | members, good_token)

    assert [problem.kind for problem in problems] == ([kind] if kind else [])
    assert trust is (Trust.INVALID if kind else Trust.VERIFIED)


@pytest.mark.parametrize(
    ("members", "absent", "trust"),
    [
        ({}, "iat", Trust.VERIFIED),
        ({}, "iss", Trust.VERIFIED),
        ({"nbf": 0}, "iat", Trust.INVALID),
        ({"exp": 2**50}, "iat", Trust.INVALID),
        ({"revoked_at": 2**50}, "iat", Trust.INVALID),
        ({"nbf": 0}, "iss", Trust.VERIFIED),
        ({"iss": "spiffe://example.com/agent/a"}, "iss", Trust.INVALID),
        ({"iss": "spiffe://example.com/agent/a"}, "iat", Trust.VERIFIED),
        ({"iss": "urn:x", "nbf": 0}, "iss", Trust.INVALID),
    ],
)
@pytest.mark.parametrize("value", [None, []], ids=["absent", "ill-typed"])
@pytest.mark.parametrize("resolver", [False, True], ids=["ring", "resolver"])
def test_what_a_token_does_not_say_is_no_second_problem(
    verdict, claims, members, absent, trust, value, resolver
):
    made = claims(**{absent: None}) | ({} if value is None else {absent: value})
    compact = token(made, "agent-a", HEADER)

    check = resolved if resolver else lambda resolve, data: verdict(data, ring_of(resolve("")))[:2]

    assert check(lambda _: JWK | members, compact) == (trust, ())
    forged = token(made, "stranger", HEADER)
    assert [p.kind for p in check(lambda _: JWK | members, forged)[1]] == ["bad-signature"]


def test_a_resolved_key_is_checked_as_one_of_a_ring_is(good_token, ring):
    reader, by_ring = Reader(64), Verifier(ring, Policy())
    by_resolver = Verifier({key.kid: key for key in ring.keys}.get, Policy())

    for compact in (good_token, *flips(good_token)[::97], token({}, "stranger"), b"", b"a.b.c"):
        reading = reader.read(compact)
        assert by_resolver.verify(reading)[:2] == by_ring.verify(reading)[:2]


# Which key it was


def test_the_position_is_that_of_the_key_that_signed(verdict):
    keys = [jwk | {"kid": "k"} for jwk in jwks("one", "two", "three")["keys"]]
    ring = ring_of(*jwks("agent-a")["keys"], *keys)
    header = HEADER | {"kid": "k"}

    assert [verdict(token({}, name, header), ring)[2] for name in ("one", "two", "three")] == [
        1,
        2,
        3,
    ]
    assert verdict(token({}, "stranger", header), ring)[2] is None
    assert verdict(token({}, "one", HEADER | {"kid": "stranger"}), ring)[2] is None
    assert verdict(token({}, "one", header), None)[2] is None


@pytest.mark.parametrize("members", [{"revoked_at": EPOCH}, {"iss": "urn:x"}])
def test_the_position_is_told_of_a_key_that_had_no_right_to_sign(verdict, claims, members):
    ring = ring_of(*jwks("agent-b")["keys"], JWK | members)

    trust, (problem,), position = verdict(token(claims(), "agent-a", HEADER), ring)

    assert (trust, position) == (Trust.INVALID, 1)
    assert problem.kind in ("key-not-valid-then", "issuer-not-bound")


@pytest.mark.parametrize(("iat", "position"), [(-1, 0), (0, 1), (9, 1), (10, 2)])
def test_the_position_is_that_of_the_window_that_holds_the_token(verdict, claims, iat, position):
    """One key may be there for several times."""
    windows = [{"exp": EPOCH}, {"nbf": EPOCH, "exp": EPOCH + 10}, {"nbf": EPOCH + 10}]
    ring = ring_of(*(JWK | window for window in windows))

    made = token(claims(iat=EPOCH + iat), "agent-a", HEADER)

    assert verdict(made, ring) == (Trust.VERIFIED, (), position)


# Other algorithms, for those who allow them

OWN = {
    "ES256": private_key("agent-a"),
    "ES384": ec.derive_private_key(7**100, ec.SECP384R1()),
    "EdDSA": Ed25519PrivateKey.from_private_bytes(b"\x07" * 32),
    "RS256": rsa.generate_private_key(65537, 2048),
}
OWN["Ed25519"] = OWN["EdDSA"]
SIZES = {"ES256": 64, "ES384": 96, "EdDSA": 64, "Ed25519": 64, "RS256": 256}
each_algorithm = pytest.mark.parametrize("alg", KINDS)


def signed(alg: str, key: Any = None, *, name: str | None = None) -> bytes:
    """A token signed by an algorithm, which it may call by another name."""
    header = compact_json({"alg": name or alg, "typ": "exec+jwt", "kid": "k"})
    data = encode_base64url(header) + b"." + encode_base64url(b'{"jti":"a"}')
    return data + b"." + encode_base64url(mark_of(alg, OWN[alg] if key is None else key, data))


def mark_of(alg: str, key: Any, data: bytes) -> bytes:
    if alg == "RS256":
        return key.sign(data, PKCS1v15(), SHA256())
    if alg in ("EdDSA", "Ed25519"):
        return key.sign(data)
    size, digest = (32, SHA256()) if alg == "ES256" else (48, SHA384())
    r, s = decode_dss_signature(key.sign(data, ec.ECDSA(digest)))
    return r.to_bytes(size) + s.to_bytes(size)


def ring_for(*algorithms: str) -> KeyRing:
    return ring_of(*(public_jwk(OWN[alg], "k") for alg in algorithms))


def judged(compact: bytes, ring: KeyRing, *allowed: str) -> tuple[Trust, str, int | None]:
    """(trust, detail of its one problem, position), with some algorithms allowed."""
    verifier = Verifier(ring, Policy(algorithms=allowed))
    trust, problems, position = verifier.verify(Reader(64).read(compact))
    return trust, "".join(problem.detail for problem in problems), position


@each_algorithm
def test_a_token_verifies_where_its_algorithm_is_allowed(alg):
    assert judged(signed(alg), ring_for(alg), alg) == (Trust.VERIFIED, "", 0)
    assert judged(signed(alg), ring_for(*OWN), *OWN)[0] is Trust.VERIFIED


@each_algorithm
def test_a_token_is_refused_where_its_algorithm_is_not_allowed(alg):
    others = [name for name in KINDS if KINDS[name] != KINDS[alg]]

    trust, detail, position = judged(signed(alg), ring_for(alg), *others)

    assert (trust, detail, position) == (Trust.UNSUPPORTED, f"'alg' is {alg!r}", None)


def test_only_es256_is_allowed_unless_a_caller_says_more(verdict):
    for alg in KINDS:
        expected = Trust.VERIFIED if alg == "ES256" else Trust.UNSUPPORTED
        assert verdict(signed(alg), ring_for(alg))[0] is expected


def test_eddsa_stands_for_ed25519_and_not_the_other_way_round():
    ring = ring_for("EdDSA")
    found = {
        (name, allowed): judged(signed("EdDSA", name=name), ring, allowed)[0]
        for name in ("EdDSA", "Ed25519")
        for allowed in ("EdDSA", "Ed25519")
    }

    assert {pair for pair, trust in found.items() if trust is not Trust.VERIFIED} == {
        ("EdDSA", "Ed25519")
    }


@each_algorithm
@pytest.mark.parametrize("other", KINDS)
def test_a_key_verifies_by_its_own_algorithm_alone(alg, other):
    """A token cannot choose how the bytes of a key are read."""
    trust, detail, position = judged(signed(alg, name=other), ring_for(alg), *KINDS)

    if KINDS[alg] == KINDS[other]:
        assert (trust, detail, position) == (Trust.VERIFIED, "", 0)
    else:
        assert (trust, position) == (Trust.INVALID, None)


def test_a_key_of_another_kind_is_told():
    for alg, size, needs in (
        ("ES256", 64, "on P-256"),
        ("ES384", 96, "on P-384"),
        ("EdDSA", 64, "on Ed25519"),
        ("RS256", 256, "an RSA key of 2048 bits"),
    ):
        ring = ring_for("ES256" if alg != "ES256" else "ES384")
        half = (1).to_bytes(size // 2)
        made = with_signature(signed(alg), half + half)
        detail = f"key 'k' is not {needs}, which {alg} needs"
        assert judged(made, ring, *OWN) == (Trust.INVALID, detail, None)


def test_public_key_bytes_are_no_secret_of_an_hmac():
    """The oldest trick: HS256 with the text of a public key as its secret."""
    for alg, key in OWN.items():
        public = key.public_key()
        for secret in (
            public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        ):
            header = compact_json({"alg": "HS256", "typ": "exec+jwt", "kid": "k"})
            data = encode_base64url(header) + b".e30"
            mark = hmac.digest(secret, data, "sha256")
            forged = data + b"." + encode_base64url(mark)
            assert judged(forged, ring_for(alg), *OWN)[0] is Trust.UNSUPPORTED


@each_algorithm
def test_no_bit_of_a_token_of_any_algorithm_can_be_flipped(alg):
    compact = signed(alg)
    verifier = Verifier(ring_for(alg), Policy(algorithms=(alg,)))
    reader = Reader(64)
    for changed in flips(compact)[:: 7 if alg != "ES384" else 23]:
        assert verifier.verify(reader.read(changed))[0] is not Trust.VERIFIED, changed


@each_algorithm
def test_a_signature_of_another_length_is_refused_by_any_algorithm(alg):
    compact = signed(alg)
    mark = decode_base64url(compact.rpartition(b".")[2])
    assert len(mark) == SIZES[alg]
    for changed in (b"", mark[:-1], mark + b"\0", b"\0" + mark, mark * 2):
        trust, detail, _ = judged(with_signature(compact, changed), ring_for(alg), alg)
        assert trust is Trust.INVALID
        assert alg == "RS256" or f"it has {len(changed)} bytes" in detail


ORDER_384 = int(
    "3940200619639447921227904010014361380507973927046544666794"
    "6905279627659399113263569398956308152294913554433653942643"
)


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("number", [0, ORDER_384, ORDER_384 + 1, 2**384 - 1])
def test_halves_of_an_es384_signature_outside_the_range_are_refused(which, number):
    compact = signed("ES384")
    mark = decode_base64url(compact.rpartition(b".")[2])
    halves = [mark[:48], mark[48:]]
    halves[which] = number.to_bytes(48)

    found = judged(with_signature(compact, b"".join(halves)), ring_for("ES384"), "ES384")

    assert found == (Trust.INVALID, "r or s is outside the range of the curve", None)


@each_algorithm
def test_pyjwt_and_ectgraph_agree_on_every_algorithm(alg):
    headers = {"typ": "exec+jwt", "kid": "k"}
    if alg != "Ed25519":  # which PyJWT calls by its older name alone
        compact = jwt.encode({"jti": "a"}, OWN[alg], alg, headers=headers)
        assert judged(compact.encode(), ring_for(alg), alg)[0] is Trust.VERIFIED
        assert jwt.decode(signed(alg), OWN[alg].public_key(), algorithms=[alg]) == {"jti": "a"}


def test_a_jwk_for_another_algorithm_of_its_kind_is_told():
    key = as_key(OWN["EdDSA"].public_key(), "k")
    ring = KeyRing((Key("k", key.spki, key.curve, "a test", alg="ES256"),))

    assert judged(signed("EdDSA"), ring, *OWN) == (
        Trust.INVALID,
        "key 'k' is for ES256 alone, not for EdDSA",
        None,
    )


def test_a_ring_of_a_key_that_is_not_what_it_says_is_the_callers_mistake(refusal):
    ring = KeyRing((Key("k", SPKI, "P-384", "a test"),))

    assert "is not what it says" in refusal(Verifier, ring, Policy())


# What may be allowed


@pytest.mark.parametrize(
    ("names", "allowed"),
    [
        (["ES256"], ("ES256",)),
        (["RS256", "ES256", "RS256"], ("RS256", "ES256")),
        (["EdDSA"], ("EdDSA", "Ed25519")),
        (["Ed25519"], ("Ed25519",)),
        (KINDS, tuple(KINDS)),
    ],
)
def test_algorithms_are_allowed_by_name(names, allowed):
    assert check_algorithms(names) == allowed


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("none", "is never allowed: it is no signature, anybody can write it"),
        ("NONE", "is never allowed: it is no signature"),
        ("HS256", "is never allowed: whoever can check an HMAC can make it"),
        ("hs512", "is never allowed: whoever can check an HMAC"),
        ("es256", "is not known here; known are ES256, ES384, EdDSA, Ed25519, RS256"),
        ("ES512", "is not known here"),
        ("", "is not known here"),
        ("a\nb", "is not known here"),
    ],
)
def test_other_algorithms_cannot_be_allowed(refusal, name, why):
    for call in (
        lambda: check_algorithms(["ES256", name]),
        lambda: Verifier(None, Policy(algorithms=("ES256", name))),
    ):
        assert refusal(call).startswith(f"the algorithm {name!r} {why}")


def test_some_algorithm_must_be_allowed(refusal):
    assert refusal(check_algorithms, []).startswith("no algorithm is allowed")


# Making signatures


@given(st.binary(max_size=300), st.text(max_size=5))
def test_a_signature_is_a_function_of_bytes_and_key_and_others_verify_it(data, name):
    key = private_key(name)

    mark = signature.sign(data, key)

    assert mark == signature.sign(data, key)
    assert len(mark) == 64
    der = encode_dss_signature(int.from_bytes(mark[:32]), int.from_bytes(mark[32:]))
    key.public_key().verify(der, data, ec.ECDSA(SHA256()))
    with pytest.raises(InvalidSignature):
        key.public_key().verify(der, data + b"!", ec.ECDSA(SHA256()))


def test_signatures_of_other_bytes_or_other_keys_are_others():
    marks = {signature.sign(data, private_key(name)) for data in (b"", b"x") for name in "abc"}

    assert len(marks) == 6


def test_the_signature_of_rfc_6979_is_made():
    """RFC 6979 A.2.5, P-256 with SHA-256, the message "sample"."""
    number = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721

    mark = signature.sign(b"sample", ec.derive_private_key(number, ec.SECP256R1()))

    assert mark.hex().upper() == (
        "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
        "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"
    )


def test_a_pem_key_keeps_the_whole_kid_that_it_was_asked_for(good_token):
    kid = "spiffe://example.com/agent.a"
    made = token({"iat": EPOCH}, "stranger", HEADER | {"kid": kid})

    _, (problem,) = resolved(lambda _: PEM, made)

    assert problem.detail == f"it was not made by key {kid!r} over these bytes"
