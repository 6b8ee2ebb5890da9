"""Which tokens verify: those whose very bytes a given key signed, and no others."""

from __future__ import annotations

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.claims import Reader
from ectgraph.encoding import decode_base64url, encode_base64url
from ectgraph.keys import KeyRing
from ectgraph.model import Trust
from ectgraph.policy import Policy
from ectgraph.signature import ORDER, Verifier
from ectgraph.testing import compact_json, jwks, private_key, seal, sign, token

HEADER = {"alg": "ES256", "typ": "exec+jwt", "kid": "agent-a"}


def flips(data: bytes) -> list[bytes]:
    """Every text that differs from this one in a single bit."""
    number = int.from_bytes(data)
    return [(number ^ (1 << bit)).to_bytes(len(data)) for bit in range(8 * len(data))]


@pytest.fixture(scope="module")
def verifier(ring: KeyRing) -> Verifier:
    return Verifier(ring, Policy())


def test_a_good_token_verifies(verdict, ring, good_token):
    assert verdict(good_token, ring) == (Trust.VERIFIED, ())


@pytest.mark.parametrize("typ", ["exec+jwt", "wimse-exec+jwt"])
def test_both_types_verify(verdict, ring, typ):
    assert verdict(token({}, "agent-a", HEADER | {"typ": typ}), ring) == (Trust.VERIFIED, ())


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
    trust, _ = verifier.verify(Reader(64).read(changed))
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
    trust, (problem,) = verdict(with_signature(good_token, changed), ring)
    assert trust is Trust.INVALID
    assert (problem.kind, problem.where) == ("bad-signature", "signature")
    assert problem.detail == "r or s is outside the range of the curve"


@pytest.mark.parametrize("r", [1, ORDER - 1])
def test_halves_at_the_edge_of_the_range_are_just_wrong(verdict, ring, good_token, r):
    trust, (problem,) = verdict(with_signature(good_token, numbers(r, r)), ring)
    assert trust is Trust.INVALID
    assert problem.detail == "it was not made by key 'agent-a' over these bytes"


def test_a_signature_of_the_wrong_length_is_refused(verdict, ring, good_token):
    mark = sign(good_token.rpartition(b".")[0], "agent-a")
    der = encode_dss_signature(int.from_bytes(mark[:32]), int.from_bytes(mark[32:]))
    for changed in (b"", mark[:63], mark[:32], mark + b"\0", b"\0" + mark, mark * 2, der):
        trust, (problem,) = verdict(with_signature(good_token, changed), ring)
        assert trust is Trust.INVALID
        assert problem.kind == "bad-signature"
        assert problem.detail == f"it has {len(changed)} bytes; an ES256 signature has 64"


def test_the_high_s_twin_of_a_signature_verifies(verdict, ring, good_token):
    mark = sign(good_token.rpartition(b".")[0], "agent-a")
    twin = mark[:32] + (ORDER - int.from_bytes(mark[32:])).to_bytes(32)
    assert twin != mark
    assert verdict(with_signature(good_token, twin), ring) == (Trust.VERIFIED, ())


def test_a_stranger_cannot_sign_under_a_known_name(verdict, ring):
    trust, (problem,) = verdict(token({}, "stranger", HEADER), ring)
    assert trust is Trust.INVALID
    assert problem.kind == "bad-signature"


def test_a_key_that_was_not_given_is_unknown(verdict, ring):
    trust, (problem,) = verdict(token({}, "stranger"), ring)
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
        trust, (problem,) = verdict(compact, ring)
        assert (trust, problem.kind) == (expected, kind)


@pytest.mark.parametrize(("change", "kind", "expected"), REFUSED)
def test_a_header_is_refused_without_keys_too(verdict, change, kind, expected):
    trust, (problem,) = verdict(token({}, "agent-a", HEADER | change), None)
    assert (trust, problem.kind) == (Trust.UNCHECKED, kind)


def test_everything_wrong_with_a_header_is_told(verdict, ring):
    trust, problems = verdict(token({}, "agent-a", {"crit": ["a", "b"]}), ring)
    assert trust is Trust.UNSUPPORTED
    assert [problem.kind for problem in problems] == [
        "wrong-typ",
        "algorithm-not-allowed",
        "unknown-critical",
        "unknown-critical",
        "no-kid",
    ]


def test_without_keys_nothing_is_checked(verdict, good_token):
    assert verdict(good_token, None) == (Trust.UNCHECKED, ())
    assert verdict(with_signature(good_token, bytes(64)), None) == (Trust.UNCHECKED, ())


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
    trust, problems = verdict(seal(header, payload, "agent-a"), ring)
    assert trust is Trust.INVALID
    assert problems == ()  # the reader has told what is wrong


def test_an_unsigned_token_has_nothing_to_verify(verdict, ring, claims):
    compact = encode_base64url(compact_json(claims()))
    for keys in (ring, None):
        trust, (problem,) = verdict(compact, keys)
        assert trust is Trust.UNSIGNED
        assert problem.kind == "below-minimum-level"
    allowing = Verifier(ring, Policy(minimum_level="L1"))
    assert allowing.verify(Reader(64).read(compact)) == (Trust.UNSIGNED, ())


def test_a_verifier_that_saw_many_headers_still_judges_them_right(ring):
    verifier, reader = Verifier(ring, Policy()), Reader(64)
    good = token({}, "agent-a", HEADER)
    for number in range(4200):
        header = encode_base64url(compact_json({"typ": f"t{number}"}))
        reading = reader.read(header + b".e30.AA")
        assert verifier.verify(reading)[0] is Trust.UNSUPPORTED
    assert verifier.verify(reader.read(good)) == (Trust.VERIFIED, ())


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
    trust, _ = verdict(compact, ring)
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
    assert verdict(compact.encode(), ring) == (Trust.VERIFIED, ())
