"""Looking at a token without verifying it: always an answer, and never more than was established."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.agent.parse import Parsed, Verified, as_bytes, parse
from ectgraph.agent.payload import Payload
from ectgraph.encoding import encode_base64url
from ectgraph.model import Draft, Trust
from ectgraph.testing import EPOCH, FAULTS, sketch, task_id

GOOD = sketch("a@0").records[0]


def pieces(good: bytes) -> st.SearchStrategy[bytes]:
    """Texts made of pieces of a good token, and of anything."""
    parts = good.split(b".")
    odd = [b".", b"..", b"=", b"e30", b"bnVsbA", b"W10", b"\x00", b"\xed\xa0\x80", b"\n", b"{}"]
    piece = st.sampled_from([good, *parts, *odd]) | st.binary(max_size=6)
    return st.lists(piece, max_size=8).map(b"".join) | st.lists(piece, max_size=4).map(b".".join)


def assert_says_little(parsed: Parsed) -> None:
    """Ask everything there is to ask; nothing is verified, and nothing raises."""
    assert type(parsed) is Parsed
    assert parsed.trust in {Trust.UNCHECKED, Trust.UNSIGNED}
    assert parsed.entry.trust is parsed.trust
    assert parsed.entry.record.raw == parsed.raw
    assert parsed.digest == hashlib.sha256(parsed.raw).digest()
    assert "verified" not in repr(parsed)
    assert isinstance(parsed.compact, str)
    assert isinstance(parsed.claims, dict)
    if parsed.token is None:
        assert parsed.payload is None
        assert parsed.header is None
        assert parsed.hits
        assert parsed.claims == {}
    else:
        assert isinstance(parsed.payload, Payload)
        assert parsed.payload.verified is None
        assert parsed.header is parsed.token.header


@given(st.data())
def test_any_bytes_are_looked_at(data):
    compact = data.draw(st.binary(max_size=80) | pieces(GOOD))
    parsed = parse(compact)

    assert parsed.raw == compact
    assert_says_little(parsed)


@given(st.text(st.characters() | st.characters(categories=["Cs"]) | st.sampled_from(".=-_e3")))
def test_any_text_is_looked_at_lone_surrogates_too(compact):
    assert_says_little(parse(compact))


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_every_faulty_token_is_looked_at(fault):
    (record,) = sketch(f"a@0 !{fault}").records

    assert_says_little(parse(record))


def test_what_a_token_says_can_be_asked():
    parsed = parse(GOOD)

    assert (parsed.token.jti, parsed.token.iat) == (task_id("a"), EPOCH)
    assert (parsed.header.alg, parsed.header.kid) == ("ES256", "agent-a")
    assert parsed.header.typ == "wimse-exec+jwt"
    assert parsed.claims["exec_act"] == parsed.payload.exec_act == "a"
    assert parsed.compact.encode() == parsed.raw == GOOD
    assert parsed.hits == ()
    assert repr(parsed) == "<Parsed: 'a' by 'spiffe://example.com/agent/agent-a', unchecked>"


def test_text_and_bytes_are_the_same_token():
    assert parse(GOOD.decode()).entry == parse(GOOD).entry
    assert parse(bytearray(GOOD)).raw == GOOD


@pytest.mark.parametrize("fault", ["flipped", "short", "stranger"])
def test_a_signature_is_not_looked_at_and_that_is_said(fault):
    (record,) = sketch(f"a@0 !{fault}").records

    assert parse(record).trust is Trust.UNCHECKED
    assert parse(record).hits == ()


def test_what_cannot_be_read_says_why():
    parsed = parse("hello")

    assert [code for code, _ in parsed.hits] == ["ECT001"]
    assert repr(parsed) == "<Parsed: unreadable, unchecked>"


def test_text_that_is_no_unicode_is_shown_all_the_same():
    assert parse("a\ud800").compact == r"a\xed\xa0\x80"
    assert parse(b"\xff").compact == r"\xff"


def test_problems_of_the_claims_are_told_without_a_key():
    (record,) = sketch("a@0 !no-exp typ=JWT kid=").records

    assert {code for code, _ in parse(record).hits} == {"ECT101", "ECT103", "ECT110"}


def test_an_archive_has_no_clock_and_neither_has_this():
    assert parse(sketch("a@0 life=1").records[0]).hits == ()


def test_a_token_above_the_size_limit_is_not_read():
    parsed = parse(sketch("a@0 !oversized").records[0])

    assert [code for code, _ in parsed.hits] == ["ECT002"]
    assert (parsed.token, parsed.payload, parsed.claims) == (None, None, {})


@pytest.mark.parametrize(
    ("text", "draft"),
    [("a@0", "00"), ("a@0 sub=x", "early-00"), ("a@0 draft=01", "01")],
)
def test_the_dialect_is_told(text: str, draft: Draft):
    assert parse(sketch(text).records[0]).token.draft == draft


def test_an_unsigned_token_is_read_as_one():
    parsed = parse(encode_base64url(sketch("a@0 !unsigned").records[0]))

    assert (parsed.trust, parsed.header) == (Trust.UNSIGNED, None)
    assert parsed.token.level == "L1"
    assert [code for code, _ in parsed.hits] == ["ECT203"]


def test_only_verify_makes_a_verified_token():
    parsed = parse(GOOD)

    assert not isinstance(parsed, Verified)
    assert Verified(GOOD, parsed.facts).payload.verified.raw == GOOD


@pytest.mark.parametrize("compact", ["a", b"a", bytearray(b"a"), memoryview(b"a")])
def test_a_tokens_bytes_are_those_of_whatever_holds_it(compact):
    assert as_bytes(compact) == b"a"
