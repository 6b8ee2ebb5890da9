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


@pytest.mark.parametrize("number", [0, -1, MAX_NUMBER, -MAX_NUMBER])
def test_dates_are_read_as_written(claims, number):
    reading = read(claims(iat=number))
    assert reading.token.iat == number
    assert type(reading.token.iat) is int
    assert reading.problems == ()


def with_claim(made: dict[str, Any], name: str, written: bytes) -> bytes:
    """A signed token in which one claim is written just so."""
    others = compact_json({claim: value for claim, value in made.items() if claim != name})
    payload = b'{"%s":%s,%s' % (name.encode(), written, others[1:])
    return seal(compact_json(HEADER_00), payload, "agent-a")


@pytest.mark.parametrize("name", ["iat", "exp", "pol_timestamp"])
@pytest.mark.parametrize(
    ("written", "odd"),
    [
        (b"1771943000", False),
        (b"0", False),
        (b"-0", False),
        (b"-1", False),
        (b"1771943000.5", True),
        (b"1771943000.0", True),
        (b"1771943000.00000000000000001", True),
        (b"1.0", True),
        (b"-0.0", True),
        (b"1e3", True),
        (b"1E9", True),
        (b"1.771943e9", True),
        (b"1771943000e+00", True),
        (b"1e-400", True),
    ],
)
def test_a_date_that_is_written_like_no_integer_is_told(claims, name, written, odd):
    reading = Reader(64).read(with_claim(claims(), name, written))
    assert told(reading) == ([("odd-number", name)] if odd else [])
    if name in ("iat", "exp"):
        value = getattr(reading.token, name)
        assert value == float(written)
        assert type(value) is (float if odd else int)


def test_an_odd_date_in_the_extension_of_draft_01_is_told_with_its_place(claims):
    extension = {"pol": "p", "pol_decision": "approved", "pol_timestamp": 5.0}
    assert told(read(claims(par=None, pred=[], ect_ext=extension))) == [
        ("odd-number", "ect_ext.pol_timestamp")
    ]


@pytest.mark.parametrize("number", [MAX_NUMBER + 1, -MAX_NUMBER - 1, 10**40])
def test_a_date_that_is_no_date_is_told_once(claims, number):
    assert told(read(claims(iat=number))) == [("ill-typed-claim", "iat")]


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"ext": {"a": MAX_NUMBER, "b": [-MAX_NUMBER]}}, []),
        ({"ext": {"a": 1e300, "b": "9007199254740993", "c": True}}, []),
        ({"ext": {"a": MAX_NUMBER + 1}}, ["ext"]),
        ({"ext": {"a": [{"b": [-MAX_NUMBER - 1]}]}}, ["ext"]),
        ({"ext": {"a": 10**400, "b": 10**400}}, ["ext"]),
        ({"par": None, "pred": [], "ect_ext": {"exec_time_ms": 2**64}}, ["ect_ext"]),
        ({"own": 2**53}, ["payload"]),
        ({"own": {"a": [[2**53]]}, "other": 2**60}, ["payload"]),
        ({"own": 2**53, "ext": {"a": 2**53}}, ["payload", "ext"]),
        ({"own": MAX_NUMBER, "other": [{}]}, []),
    ],
)
def test_integers_that_some_readers_round_are_told_wherever_they_stand(claims, changes, names):
    reading = read(claims(**changes))
    assert told(reading) == [("odd-number", name) for name in names]
    assert all(len(problem.detail) < 100 for problem in reading.problems)


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
    ("par", "pred", "both"),
    [
        (["p"], ["p"], True),
        ([], [], True),
        (["p"], None, False),
        (None, ["p"], False),
        (None, None, False),
        (["p", "q"], ["q", "p"], False),
        (["p"], [], False),
        ("p", "p", False),
        ("p", ["p"], False),
    ],
)
def test_a_token_is_of_both_drafts_where_it_has_two_lists_that_agree(claims, par, pred, both):
    assert read(claims(par=par, pred=pred)).token.both_lists is both


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


NEW, OLD = "exec+jwt", "wimse-exec+jwt"
PRED = {"par": None, "pred": ["p"]}
BOTH = {"par": ["p"], "pred": ["p"]}


@pytest.mark.parametrize(
    ("changes", "typ", "draft"),
    [
        # one dialect each, as docs/formats.md has them side by side
        ({}, OLD, "00"),
        ({"ext": {"a": 1}, "out_hash": "AA"}, OLD, "00"),
        ({"sub": "x"}, OLD, "early-00"),
        ({"pol": "x"}, OLD, "early-00"),
        ({"pol_decision": "approved"}, OLD, "early-00"),
        ({"inp_hash": "sha-256:AA"}, OLD, "early-00"),
        ({"out_hash": "sha-512:AA"}, OLD, "early-00"),
        ({"ext": {"a": 1}, "sub": "x"}, OLD, "early-00"),
        (PRED, NEW, "01"),
        (PRED | {"ect_ext": {}}, NEW, "01"),
        # draft 01 still takes the old type, and had `ext` for a month
        (PRED, OLD, "01"),
        (PRED | {"ext": {}}, NEW, "01"),
        (PRED | {"ext": {}}, OLD, "01"),
        ({"par": None, "ect_ext": {}}, OLD, "01"),
        # mixtures: whatever only draft 01 has makes it that
        ({}, NEW, "01"),
        ({"par": None}, NEW, "01"),
        ({"ext": {}}, NEW, "01"),
        ({"sub": "x"}, NEW, "01"),
        ({"pol": "x", "pol_decision": "approved"}, NEW, "01"),
        ({"out_hash": "sha-256:AA"}, NEW, "01"),
        ({"ect_ext": {}}, OLD, "01"),
        ({"ect_ext": {}, "ext": {}}, OLD, "01"),
        ({"ect_ext": {}, "sub": "x"}, OLD, "01"),
        (BOTH, OLD, "01"),
        (BOTH | {"pol": "x"}, OLD, "01"),
        (PRED | {"sub": "x", "out_hash": "sha-256:AA"}, OLD, "01"),
        # ill-typed, and still what only draft 01 has
        ({"par": None, "pred": "p"}, OLD, "01"),
        ({"ect_ext": []}, OLD, "01"),
        # claims that would give the early dialect away, if they were what they should be
        ({"sub": 7, "pol": ["x"], "inp_hash": 7}, OLD, "00"),
        # types that are none, or written otherwise, say nothing
        ({}, "JWT", "00"),
        ({}, "EXEC+JWT", "00"),
        ({}, "application/exec+jwt", "00"),
        (PRED, "JWT", "01"),
    ],
)
def test_the_dialect_is_found_in_every_mixture(claims, changes, typ, draft):
    assert read(claims(**changes), HEADER_00 | {"typ": typ}).token.draft == draft


@pytest.mark.parametrize(
    ("changes", "draft"),
    [({}, "00"), ({"sub": "x"}, "early-00"), (PRED, "01"), ({"ect_ext": {}}, "01")],
)
def test_without_a_header_the_claims_alone_say_the_dialect(claims, changes, draft):
    payload = encode_base64url(compact_json(claims(**changes)))
    unsigned, headless = Reader(64).read(payload), Reader(64).read(b"e30=." + payload + b".AA")
    assert (unsigned.token.draft, unsigned.token.level) == (draft, "L1")
    assert (headless.token.draft, headless.token.level) == (draft, "L2")
    assert headless.token.header is None


@pytest.mark.parametrize(
    ("changes", "typ", "decision"),
    [
        (PRED, NEW, "rejected"),
        (PRED, OLD, "rejected"),
        ({}, NEW, "rejected"),
        ({}, OLD, None),
    ],
)
def test_the_old_name_of_the_extension_has_a_policy_in_draft_01_alone(
    claims, changes, typ, decision
):
    extension = {"pol": "p", "pol_decision": "rejected"}
    made = read(claims(ext=extension, **changes), HEADER_00 | {"typ": typ})
    assert made.problems == ()
    assert made.token.pol_decision == decision


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


def test_who_decided_and_when_is_said_once_too(claims):
    extension = BELOW | {"pol_enforcer": "urn:a", "pol_timestamp": 5}
    made = claims(par=None, pred=[], ect_ext=extension, pol_enforcer="urn:b", pol_timestamp=6)
    assert told(read(made)) == [
        ("unpaired-policy", "pol_enforcer"),
        ("unpaired-policy", "pol_timestamp"),
    ]
    assert told(read(made | extension)) == []


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


# Names and extensions that some readers take for others


def details(reading: Reading) -> list[tuple[str, str]]:
    assert {problem.kind for problem in reading.problems} <= {"duplicate-member", "bad-encoding"}
    return [(problem.where, problem.detail) for problem in reading.problems]


def taken(name: str, other: str) -> str:
    return f"{name!r}, which some readers take for {other!r}"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"own": 1, "Own": 2}, [("payload", taken("Own", "own"))]),
        ({"Own": 1, "own": 2}, [("payload", taken("own", "Own"))]),
        ({"ISS": "mallory"}, [("payload", taken("ISS", "iss"))]),
        ({"i\u017f\u017f": "mallory"}, [("payload", taken("i\u017f\u017f", "iss"))]),
        ({"iss\0": "mallory"}, [("payload", taken("iss\0", "iss"))]),
        ({"Wid": "w"}, [("payload", taken("Wid", "wid"))]),
        ({"wid": "w", "WID": "w"}, [("payload", taken("WID", "wid"))]),
        ({"PRED": ["p"]}, [("payload", taken("PRED", "pred"))]),
        ({"Ext": {}, "ECT_EXT": {}}, [("payload", taken("Ext", "ext")), ("payload", taken("ECT_EXT", "ect_ext"))]),
        ({"ext": {"PoL": "p"}}, [("ext", taken("PoL", "pol"))]),
        ({"ext": {"Exec_Time_ms": 5}}, [("ext", taken("Exec_Time_ms", "exec_time_ms"))]),
        ({"ext": {"own": 5, "OWN": 6}}, [("ext", taken("OWN", "own"))]),
        ({"ect_ext": {"OWN": 5, "own": 6}}, [("ect_ext", taken("own", "OWN"))]),
        ({"Own": 1, "tool_id": 2, "": 3, "é": 4, "__proto__": {}, "constructor": {}}, []),
        ({"iss ": 1, "i-ss": 2, "iss\u200b": 3, "\u0456ss": 4}, []),
        ({"ext": {"iss": "x", "own": {"Pol": 1, "pol": 2}}}, []),
        ({"own": {"ISS": 1}}, []),
    ],
)  # fmt: skip
def test_a_name_that_some_readers_take_for_another_is_told(claims, changes, expected):
    assert details(read(claims(**changes))) == expected


def test_a_required_claim_in_capitals_is_absent_and_told(claims):
    reading = read(claims(iss=None) | {"ISS": "mallory"})
    assert told(reading) == [("missing-claim", "iss"), ("duplicate-member", "payload")]
    assert reading.token.iss is None


@pytest.mark.parametrize("name", ["Alg", "TYP", "kId", "CRIT", "B64", "Zip", "\u212aid", "kid\0x"])
def test_a_header_member_in_capitals_is_told(claims, name):
    plain = name.partition("\0")[0].casefold()
    reading = read(claims(), HEADER_00 | {name: "x"})
    assert details(reading) == [("header", taken(name, plain))]
    assert reading.token.header == read(claims()).token.header


@pytest.mark.parametrize(
    ("members", "names"),
    [
        ({"jwk": {"kty": "EC"}}, ["jwk"]),
        ({"jku": "https://example.com/keys"}, ["jku"]),
        ({"x5u": "https://example.com/chain"}, ["x5u"]),
        ({"x5c": ["MIIB"]}, ["x5c"]),
        ({"x5c": None}, ["x5c"]),
        ({"x5u": "u", "x5c": [], "jku": "u", "jwk": {}}, ["jwk", "jku", "x5u", "x5c"]),
        ({"x5t": "3q2-7w", "x5t#S256": "3q2-7w", "own": {"jwk": {}}}, []),
    ],
)
def test_each_key_in_a_header_is_told_and_thumbprints_are_not(claims, members, names):
    reader, compact = Reader(64), token(claims(), "agent-a", HEADER_00 | members)
    reading = reader.read(compact)
    assert list(reading.problems) == [
        Problem("key-in-token", "header", f"{name!r} is in it") for name in names
    ]
    assert reader.read(compact) == reading


def test_what_is_odd_in_a_header_is_told_each_time_it_is_read(claims):
    reader = Reader(64)
    compact = token(claims(), "agent-a", HEADER_00 | {"KID": "x"})
    assert reader.read(compact) == reader.read(compact)
    assert details(reader.read(compact)) == [("header", taken("KID", "kid"))]


def test_the_names_of_unsigned_claims_are_looked_at_too(claims):
    reading = Reader(64).read(
        encode_base64url(compact_json(claims(ISS="x", ext={}, ect_ext={"a": 1})))
    )
    assert [where for where, _ in details(reading)] == ["payload", "payload"]


@pytest.mark.parametrize(
    ("old", "new", "differ"),
    [
        ({}, {}, False),
        ({"a": 1, "b": [2]}, {"b": [2], "a": 1}, False),
        ({"a": {"b": 1, "c": 2}}, {"a": {"c": 2, "b": 1}}, False),
        ({}, {"a": 1}, True),
        ({"a": 1}, {"a": True}, True),
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": [1, 2]}, {"a": [2, 1]}, True),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, True),
        ({"a": None}, {}, True),
    ],
)
def test_an_extension_under_both_names_is_one(claims, old, new, differ):
    reading = read(claims(par=None, pred=[], ext=old, ect_ext=new))
    assert details(reading) == (
        [("payload", "both 'ext' and 'ect_ext', which differ")] if differ else []
    )
    assert reading.token.ext == new


def test_an_extension_that_is_ill_typed_is_no_second_one(claims):
    assert told(read(claims(par=None, pred=[], ext=[], ect_ext={}))) == [("ill-typed-claim", "ext")]


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"b64": False}, ["'b64' says that it is not base64url"]),
        ({"b64": None}, ["'b64' says that it is not base64url"]),
        ({"b64": "true"}, ["'b64' says that it is not base64url"]),
        ({"zip": "DEF"}, ["'zip' says that it is compressed"]),
        ({"zip": None}, ["'zip' says that it is compressed"]),
        ({"cty": "JWT"}, ["'cty' says that it is another token"]),
        ({"cty": "application/jwt"}, ["'cty' says that it is another token"]),
        ({"b64": 0, "zip": 0, "cty": "jwt"}, ["b64", "zip", "cty"]),
        ({"b64": True}, []),
        ({"cty": "application/json"}, []),
        ({"cty": ["JWT"]}, []),
        ({"crit": ["b64"], "b64": False}, []),
    ],
)
def test_a_header_that_asks_for_another_payload_is_told(claims, members, words):
    found = details(read(claims(), HEADER_00 | members))
    assert [where for where, _ in found] == ["payload"] * len(words)
    assert all(word in detail for word, (_, detail) in zip(words, found, strict=True))


# Parts that cannot be read


@pytest.mark.parametrize("part", ["header", "payload"])
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b'{"a":1,"a":2}', ("duplicate-member", "'a' twice")),
        (b'{"a":{"\\u0062":1,"b":2}}', ("duplicate-member", "'b' twice")),
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
