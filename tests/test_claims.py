"""What the bytes of one token say: best effort, typed, and every oddity told."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.claims import (
    APPROVED,
    DECISIONS,
    MAX_NUMBER,
    PENDING,
    REJECTED,
    REQUIRED,
    Reader,
    Reading,
    looks_like_claims,
)
from ectgraph.encoding import encode_base64url
from ectgraph.model import Header, Problem, Token
from ectgraph.testing import EPOCH, compact_json, seal, token

HEADER_00 = {"alg": "ES256", "typ": "wimse-exec+jwt", "kid": "agent-a"}


def read(claims: dict[str, Any], header: dict[str, Any] | None = None) -> Reading:
    return Reader(64).read(token(claims, "agent-a", header))


def told(reading: Reading) -> list[tuple[str, str]]:
    return [(problem.kind, problem.where) for problem in reading.problems]


def test_every_claim_of_a_token_is_read(claims):
    made = claims(
        wid="w",
        sub="spiffe://example.com/agent/a",
        aud=["b", "c"],
        par=["p", "q"],
        inp_hash="i",
        out_hash="o",
        pol="p1",
        pol_decision="approved",
        ext={"exec_time_ms": 5},
        unknown={"kept": True},
    )
    reading = read(made)
    assert reading.token == Token(
        jti="550e8400-e29b-41d4-a716-446655440000",
        wid="w",
        iss="spiffe://example.com/agent/a",
        sub="spiffe://example.com/agent/a",
        aud=("b", "c"),
        iat=EPOCH,
        exp=EPOCH + 600,
        exec_act="review",
        parents=("p", "q"),
        inp_hash="i",
        out_hash="o",
        pol="p1",
        pol_decision="approved",
        ext={"exec_time_ms": 5},
        header=Header("ES256", "wimse-exec+jwt", "agent-a"),
        draft="early-00",
        level="L2",
    )
    assert reading.claims == made
    assert reading.problems == ()
    assert (reading.token.alg, reading.token.typ, reading.token.kid) == (
        "ES256",
        "wimse-exec+jwt",
        "agent-a",
    )


def test_signing_input_and_signature_are_the_bytes_of_the_token(good_token):
    reading = Reader(64).read(good_token)
    assert good_token == reading.signing_input + b"." + encode_base64url(reading.signature)
    assert reading.signing_input.count(b".") == 1


@pytest.mark.parametrize("name", [*REQUIRED, "par"])
def test_an_absent_claim_is_told(claims, name):
    reading = read(claims(**{name: None}))
    assert told(reading) == [("missing-claim", name)]
    if name not in ("par", "aud"):
        assert getattr(reading.token, name) is None


def test_the_missing_list_of_parents_has_the_name_of_its_draft(claims):
    header = HEADER_00 | {"typ": "exec+jwt"}
    assert told(read(claims(par=None), header)) == [("missing-claim", "pred")]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, value) for name in ("iat", "exp") for value in ("1", True, "", [1], {})),
        *((name, MAX_NUMBER + 1) for name in ("iat", "exp")),
        ("iat", -MAX_NUMBER - 1),
        ("iat", 10**40),
        ("exp", 1e300),
        *(
            (name, value)
            for name in ("iss", "jti", "exec_act", "wid", "sub", "pol", "inp_hash", "out_hash")
            for value in ("", 1, True, ["x"], {"x": 1})
        ),
        *(("aud", value) for value in ("", [], [""], [1], ["x", None], 1, {}, True)),
        *((name, value) for name in ("ext", "ect_ext") for value in ([], "x", 1, True)),
        ("pol_decision", 1),
    ],
)
def test_an_ill_typed_claim_is_told_and_not_used(claims, name, value):
    reading = read(claims(**{name: value}))
    assert told(reading) == [("ill-typed-claim", name)]
    field = "ext" if name == "ect_ext" else name
    assert getattr(reading.token, field) == (() if name == "aud" else None)
    assert reading.claims[name] == value


@pytest.mark.parametrize("name", [*REQUIRED, "par", "wid", "ext", "pol"])
def test_a_claim_that_is_null_is_there_and_ill_typed(claims, name):
    reading = read(claims() | {name: None})
    assert told(reading) == [("ill-typed-claim", name)]


def test_the_detail_of_an_ill_typed_claim_shows_the_value_and_stays_short(claims):
    (problem,) = read(claims(iat=["x" * 500])).problems
    assert problem.detail.startswith('it is ["xxx')
    assert "…: expected `int" in problem.detail
    assert len(problem.detail) < 130


@pytest.mark.parametrize("number", [0, -1, MAX_NUMBER, -MAX_NUMBER, 1.5, EPOCH + 0.25])
def test_dates_are_read_as_written(claims, number):
    reading = read(claims(iat=number))
    assert reading.token.iat == number
    assert type(reading.token.iat) is type(number)
    assert reading.problems == ()


@pytest.mark.parametrize("name", ["par", "pred"])
def test_parents_with_junk_among_them_keep_the_links_they_name(claims, name):
    parents = ["p", 1, None, "", ["q"], "r", {"s": 1}]
    reading = read(claims(par=None) | {name: parents})
    assert told(reading) == [("ill-typed-claim", name)]
    assert reading.token.parents == ("p", "r")


def test_parents_that_are_no_list_name_nobody(claims):
    reading = read(claims(par="p"))
    assert told(reading) == [("ill-typed-claim", "par")]
    assert reading.token.parents == ()


def test_equal_lists_of_parents_are_one(claims):
    reading = read(claims(par=["p", "q"], pred=["p", "q"]))
    assert reading.problems == ()
    assert reading.token.parents == ("p", "q")


@pytest.mark.parametrize(
    ("par", "pred", "parents"),
    [
        (["p"], [], ("p",)),
        ([], ["q"], ("q",)),
        (["p", "q"], ["q", "p"], ("p", "q")),
        (["p"], ["q", "p"], ("p", "q")),
    ],
)
def test_differing_lists_of_parents_are_told_and_joined(claims, par, pred, parents):
    reading = read(claims(par=par, pred=pred))
    assert told(reading) == [("two-parent-lists", "par")]
    assert reading.token.parents == parents


@pytest.mark.parametrize(
    ("changes", "typ", "draft"),
    [
        ({}, "wimse-exec+jwt", "00"),
        ({}, "exec+jwt", "01"),
        ({"par": None, "pred": []}, "wimse-exec+jwt", "01"),
        ({"par": None, "pred": [], "ext": {}}, "exec+jwt", "01"),
        ({"ect_ext": {}}, "wimse-exec+jwt", "01"),
        ({"sub": "x"}, "wimse-exec+jwt", "early-00"),
        ({"pol": "x"}, "wimse-exec+jwt", "early-00"),
        ({"pol_decision": "approved"}, "wimse-exec+jwt", "early-00"),
        ({"inp_hash": "sha-256:AA"}, "wimse-exec+jwt", "early-00"),
        ({"out_hash": "sha-512:AA"}, "wimse-exec+jwt", "early-00"),
        ({"out_hash": "AA"}, "wimse-exec+jwt", "00"),
        ({"ext": {"a": 1}}, "wimse-exec+jwt", "00"),
        ({}, "JWT", "00"),
    ],
)
def test_the_dialect_is_found(claims, changes, typ, draft):
    assert read(claims(**changes), HEADER_00 | {"typ": typ}).token.draft == draft


def test_draft_01_carries_the_policy_in_its_extension(claims):
    ext = {"pol": "p1", "pol_decision": "rejected", "more": [1]}
    made = read(claims(par=None, pred=[], ect_ext=ext)).token
    assert (made.pol, made.pol_decision, made.ext) == ("p1", "rejected", ext)


def test_the_top_level_policy_goes_before_that_in_the_extension(claims):
    ext = {"pol": "inner", "pol_decision": 7}
    reading = read(claims(ect_ext=ext, pol="outer"))
    assert (reading.token.pol, reading.token.pol_decision) == ("outer", None)
    assert told(reading) == [
        ("ill-typed-claim", "ect_ext.pol_decision"),
        ("unpaired-policy", "pol"),
    ]


BELOW = {"pol": "p1", "pol_decision": "approved"}


@pytest.mark.parametrize(
    ("top", "odd"),
    [
        ({}, []),
        ({"pol": "p1"}, []),
        ({"pol_decision": "approved"}, []),
        ({"pol": "p1", "pol_decision": "approved"}, []),
        ({"pol": "P1"}, ["pol"]),
        ({"pol": "p2", "pol_decision": "approved"}, ["pol"]),
        ({"pol_decision": "rejected"}, ["pol_decision"]),
        ({"pol": "p2", "pol_decision": "rejected"}, ["pol", "pol_decision"]),
    ],
)
def test_a_policy_at_the_top_and_another_in_the_extension_are_two_stories(claims, top, odd):
    reading = read(claims(par=None, pred=[], ect_ext=BELOW, **top))

    assert told(reading) == [("unpaired-policy", name) for name in odd]
    assert [problem.detail for problem in reading.problems] == [
        f"{name!r} is {top[name]!r} at the top and {BELOW[name]!r} in the extension" for name in odd
    ]
    made = BELOW | top
    assert (reading.token.pol, reading.token.pol_decision) == (made["pol"], made["pol_decision"])


def test_what_the_extension_of_draft_00_says_of_a_policy_is_no_second_value(claims):
    assert read(claims(ext=BELOW, pol="p2", pol_decision="rejected")).problems == ()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ({}, Header()),
        ({"alg": 1, "typ": ["x"], "kid": None}, Header()),
        ({"kid": ""}, Header()),
        ({"crit": ["exp", "b64"]}, Header(crit=("exp", "b64"))),
        ({"crit": []}, Header(crit=("",))),
        ({"crit": None}, Header(crit=("None",))),
        ({"crit": "exp"}, Header(crit=("exp",))),
        ({"crit": [{"a": [1]}, 1]}, Header(crit=("{'a': [1]}", "1"))),
        ({"jwk": {"kty": "EC"}, "zz": "kept"}, Header()),
    ],
)
def test_headers_are_read_best_effort(claims, header, expected):
    assert read(claims(), header).token.header == expected


@pytest.mark.parametrize("part", ["header", "payload"])
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b'{"a":1,"a":2}', ("duplicate-member", "a")),
        (b'{"a":{"\\u0062":1,"b":2}}', ("duplicate-member", "b")),
        (b"[1]", ("bad-json", "it is an array, not an object")),
        (b"null", ("bad-json", "it is null, not an object")),
        (b"1.5", ("bad-json", "it is a number, not an object")),
        (b"true", ("bad-json", "it is a boolean, not an object")),
        (b'"x"', ("bad-json", "it is a string, not an object")),
        (b"", ("bad-json", "it is empty")),
        (b'{"a":NaN}', ("bad-json", "NaN is not JSON")),
        (b"[" * 65 + b"]" * 65, ("bad-json", "it nests deeper than 64 levels")),
        (b'{"a":"\xff"}', ("bad-encoding", "byte 6 is not UTF-8")),
    ],
)
def test_a_part_that_cannot_be_read_is_told_once(claims, part, text, problem):
    parts = {"header": compact_json(HEADER_00), "payload": compact_json(claims())} | {part: text}
    reading = Reader(64).read(seal(parts["header"], parts["payload"], "agent-a"))
    kind, detail = problem
    first = reading.problems[0]
    assert first == Problem(kind, part, detail)
    if kind != "duplicate-member":
        assert reading.problems == (first,)
        assert (reading.token is None) == (part == "payload")
        if part == "header":
            assert reading.token.header is None
            assert reading.token.jti == claims()["jti"]


def test_problems_of_all_parts_are_told_together(claims):
    header = b'{"alg":"ES256","alg":"ES256"}'
    compact = seal(header, compact_json(claims(jti=None)), "agent-a") + b"="
    assert told(Reader(64).read(compact)) == [
        ("duplicate-member", "header"),
        ("bad-encoding", "signature"),
        ("missing-claim", "jti"),
    ]


def test_an_unreadable_signature_leaves_the_claims_readable(good_token):
    reading = Reader(64).read(good_token + b"!")
    assert told(reading) == [("bad-encoding", "signature")]
    assert reading.signature is None
    assert reading.token == Reader(64).read(good_token).token


def test_an_unsigned_token_is_level_1(claims):
    reading = Reader(64).read(encode_base64url(compact_json(claims())))
    assert reading.token.level == "L1"
    assert reading.token.header is None
    assert (reading.token.kid, reading.token.alg, reading.token.typ) == (None, None, None)
    assert reading.signature is None
    assert reading.problems == ()
    assert reading.claims == claims()


def test_an_unsigned_token_has_its_problems_told_too(claims):
    text = compact_json(claims(iat=None))[:-1] + b',"jti":"other"}'
    reading = Reader(64).read(encode_base64url(text))
    assert told(reading) == [("duplicate-member", "payload"), ("missing-claim", "iat")]
    assert reading.token.jti == "other"


@pytest.mark.parametrize("damage", [b"%s.", b".%s", b"%s.%s", b"%s...", b"h.%s.s.x"])
def test_a_broken_jws_is_never_taken_for_an_unsigned_token(claims, damage):
    text = encode_base64url(compact_json(claims()))
    reading = Reader(64).read(damage.replace(b"%s", text))
    assert reading.token is None
    assert told(reading) == [("unreadable-record", "record")]


def test_the_payload_of_a_jws_without_header_and_signature_stays_a_jws(claims):
    payload = encode_base64url(compact_json(claims()))
    reading = Reader(64).read(b"." + payload + b".")
    assert reading.token.level == "L2"
    assert ("bad-json", "header") in told(reading)


@pytest.mark.parametrize(
    "text",
    [b"", b"hello ledger", b"bnVsbA", b"W10", b"e30", encode_base64url(b'{"jti":"x","iss":"y"}')],
)
def test_what_is_no_token_at_all_is_an_unreadable_record(text):
    reading = Reader(64).read(text)
    assert reading.token is None
    assert told(reading) == [("unreadable-record", "record")]
    assert f"{len(text)} bytes" in reading.problems[0].detail


def test_three_claims_make_a_claims_set():
    assert looks_like_claims({"jti": 1, "pred": 1, "exec_act": 1})
    assert not looks_like_claims({"jti": 1, "pred": 1, "wid": 1, "ect": 1})


def fits_its_types(made: Token) -> bool:
    """Whether every field of a token has the type that it is declared to have."""
    return msgspec.convert(msgspec.structs.asdict(made), Token) == made


def test_an_agent_may_be_issuer_of_one_token_and_audience_of_another(claims):
    reader = Reader(64)
    for made in (claims(aud="b", iss="a"), claims(aud="a", iss="b"), claims(aud=["b"], iss="b")):
        reading = reader.read(token(made, "agent-a"))
        assert reading == Reader(64).read(token(made, "agent-a"))
        assert fits_its_types(reading.token)


def test_an_absent_audience_is_nobody_whatever_was_read_before(claims):
    reader = Reader(64)
    for made in (claims(), claims(aud=None), claims(wid="w", sub="x", aud=None), claims()):
        reading = reader.read(token(made, "agent-a"))
        assert reading == Reader(64).read(token(made, "agent-a"))
        assert fits_its_types(reading.token)


NAMES = [*REQUIRED, "par", "pred", "wid", "sub", "ext", "ect_ext", "pol", "pol_decision"]
COMMON = st.sampled_from(["a", "b", ["a"], ["b", "a"], 1, True, None, {"pol": "a"}])


@given(st.data())
def test_any_claims_give_well_typed_fields_whatever_was_read_before(json_values, data):
    values = json_values | COMMON
    claim_sets = st.dictionaries(st.sampled_from(NAMES), values)
    headers = st.none() | st.dictionaries(st.sampled_from(["alg", "typ", "kid", "crit"]), values)
    reader = Reader(64)
    for made, header in data.draw(st.lists(st.tuples(claim_sets, headers), max_size=6)):
        compact = token(made, "agent-a", header)
        reading = reader.read(compact)
        assert fits_its_types(reading.token)
        assert reading == Reader(64).read(compact)
        assert json.dumps(reading.claims) == json.dumps(made)


@given(st.binary(max_size=60) | st.text("eyJ.AQ_-=\n{", max_size=30).map(str.encode))
def test_any_bytes_are_read_or_told(data):
    reading = Reader(64).read(data)
    assert reading.token is not None or reading.problems


def test_a_reader_that_saw_many_headers_still_reads_them_right(claims):
    reader = Reader(64)
    payload = encode_base64url(compact_json(claims()))
    headers = [encode_base64url(compact_json({"kid": f"k{n}"})) for n in range(4200)]
    for number, header in [*enumerate(headers), *enumerate(headers[:5])]:
        reading = reader.read(header + b"." + payload + b".AA")
        assert reading.token.kid == f"k{number}"


def test_a_header_too_long_to_be_remembered_is_read_every_time(claims):
    reader = Reader(64)
    for kid in ("k" * 2000, "l" * 2000, "k" * 2000):
        assert reader.read(token(claims(), "a", HEADER_00 | {"kid": kid})).token.kid == kid


def test_a_reader_that_forgets_reads_the_same(good_token):
    reader = Reader(64)
    before = reader.read(good_token)
    reader.forget()
    assert reader.read(good_token) == before


# Decisions and their policies


def test_the_decisions_are_those_of_the_draft():
    assert DECISIONS == ("approved", "rejected", "pending_human_review")
    assert (APPROVED, REJECTED, PENDING) == DECISIONS


@pytest.mark.parametrize("value", ["", 7, None, True, ["p"], {}])
@pytest.mark.parametrize(
    ("bad", "other"), [("pol", "pol_decision"), ("pol_decision", "pol")], ids=["pol", "decision"]
)
def test_an_ill_typed_half_of_a_policy_is_told_once_in_both_drafts(claims, bad, other, value):
    pair = {bad: value, other: "approved"}

    assert told(read(claims() | pair)) == [("ill-typed-claim", bad)]
    inner = read(claims(par=None, pred=[], ect_ext=pair), HEADER_00 | {"typ": "exec+jwt"})
    assert told(inner) == [("ill-typed-claim", f"ect_ext.{bad}")]
    assert getattr(inner.token, other) == "approved"
    assert getattr(inner.token, bad) is None


@pytest.mark.parametrize("name", ["pol", "pol_decision"])
def test_half_a_policy_is_told_in_both_drafts(claims, name):
    assert told(read(claims(**{name: "approved"}))) == [("unpaired-policy", name)]
    made = claims(par=None, pred=[], ect_ext={name: "approved"})
    assert told(read(made)) == [("unpaired-policy", name)]


@pytest.mark.parametrize("name", ["pol_enforcer", "inp_hash", "ext"])
def test_another_ill_typed_claim_does_not_hide_half_a_policy(claims, name):
    made = read(claims(**{name: 7}, pol="p"))

    assert told(made) == [("ill-typed-claim", name), ("unpaired-policy", "pol")]


def test_other_members_of_an_extension_have_any_type(claims):
    extension = {"pol": "p", "pol_decision": "approved", "iss": 7, "par": "x", "note": None}
    made = read(claims(par=None, pred=[], ect_ext=extension))

    assert made.problems == ()
    assert made.token.ext == extension


@pytest.mark.parametrize(
    ("extension", "compensates"),
    [
        (None, False),
        ({}, False),
        ({"compensation_required": True}, True),
        ({"compensation_required": False}, False),
        ({"compensation_required": "true"}, False),
        ({"compensation_required": 1}, False),
        ({"compensation_required": None}, False),
        ({"ext": {"compensation_required": True}}, False),
    ],
)
def test_a_token_compensates_when_it_says_so_and_not_nearly(claims, extension, compensates):
    assert read(claims(ext=extension)).token.compensates is compensates
    made = read(claims(par=None, pred=[], ect_ext=extension))
    assert made.token.compensates is compensates
