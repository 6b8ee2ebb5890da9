"""The content of a record: a bare token, a JSON string, an entry object, or unsigned claims."""

from __future__ import annotations

import json
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ectgraph.encoding import encode_base64url
from ectgraph.formats.entry import (
    COPIES,
    TOKEN_MEMBERS,
    Content,
    disagreements,
    facts,
    instant,
    token_bytes,
    unwrap,
)
from ectgraph.model import Problem, Token


def unwrapped(value: object) -> Content:
    """What is found in a value; all its members, which a test of them states, left out."""
    return replace(unwrap(json.dumps(value).encode(), 64), stated={})


def test_a_bare_token_is_its_own_content():
    assert unwrap(b"eyJ.eyJ.AA", 64) == Content(compact=b"eyJ.eyJ.AA")


@pytest.mark.parametrize("body", [b"", b"hello ledger", b"\x00\xff", b"12", b"null"])
def test_what_does_not_start_like_json_is_taken_for_a_token(body):
    assert unwrap(body, 64) == Content(compact=body)


@pytest.mark.parametrize("body", [b'"a.b.c"', b'"\\u0061.b.c"'])
def test_a_json_string_holds_a_token(body):
    assert unwrap(body, 64) == Content(compact=b"a.b.c")


@pytest.mark.parametrize("member", TOKEN_MEMBERS)
def test_every_member_that_may_hold_the_token_is_found(member):
    assert unwrapped({"x": 1, member: "a.b.c"}) == Content(compact=b"a.b.c")


def test_all_that_an_entry_states_comes_along():
    entry = {"ect": "a.b.c", "seq": 1, "who": {"x": [1]}, "signature_verified": True}

    assert unwrap(json.dumps(entry).encode(), 64).stated == entry
    assert unwrap(b"a.b.c", 64).stated == unwrap(b'"a.b.c"', 64).stated == {}


def test_the_first_member_that_is_a_string_holds_the_token():
    everything = {name: f"{name}.b.c" for name in reversed(TOKEN_MEMBERS)}
    assert unwrapped(everything).compact == b"ect.b.c"
    assert unwrapped(everything | {"ect": None, "ect_token": {}}).compact == b"ect_jws.b.c"


@pytest.mark.parametrize("sequence", ["seq", "ledger_sequence", "sequence"])
@pytest.mark.parametrize(
    "recorded", ["recorded_at", "stored_timestamp", "verification_timestamp", "timestamp"]
)
@pytest.mark.parametrize("previous", ["prev_hash", "previous_hash"])
def test_the_operators_facts_are_read_under_all_their_names(sequence, recorded, previous):
    content = unwrapped({sequence: 7, recorded: "2026", previous: "ab", "jws": "a.b.c"})
    assert content == Content(compact=b"a.b.c", seq=7, recorded_at="2026", prev_hash="ab")


@pytest.mark.parametrize("recorded_at", ["2026-02-24T15:42:31.000Z", 1771943000, 1771943000.5])
def test_the_recorded_time_is_kept_as_written(recorded_at):
    content = unwrapped({"recorded_at": recorded_at, "ect": "a.b.c"})
    assert content.recorded_at == recorded_at
    assert type(content.recorded_at) is type(recorded_at)


def test_facts_of_the_wrong_type_are_passed_over():
    entry = {"seq": True, "sequence": 3, "recorded_at": None, "timestamp": [1], "prev_hash": 5}
    assert unwrapped(entry | {"ect": "a.b.c"}) == Content(compact=b"a.b.c", seq=3)


def test_an_entry_with_a_member_twice_is_told_and_its_token_read():
    content = unwrap(b'{"seq":1,"seq":2,"ect":"a.b.c","x":{"y":1,"y":1}}', 64)
    assert content.compact == b"a.b.c"
    assert content.problems == (
        Problem("duplicate-member", "entry", "'y' twice"),
        Problem("duplicate-member", "entry", "'seq' twice"),
    )


def test_an_object_of_claims_is_an_unsigned_token():
    content = unwrap(b'{"jti":"x","iss":"y","par":[],"jti":"z"}', 64)
    assert content.claims == {"jti": "z", "iss": "y", "par": []}
    assert content.duplicates == ("jti",)
    assert content.compact is None
    assert content.problems == ()


@pytest.mark.parametrize("member", ["seq", "recorded_at", "prev_hash", "stored_timestamp"])
def test_copies_of_claims_in_an_entry_without_its_token_are_no_token(member):
    # Else cutting the token out of an entry would turn it into an unsigned one.
    content = unwrapped({"jti": "x", "iss": "y", "par": [], "ect": None, member: 1})
    assert content.claims is None
    assert [problem.kind for problem in content.problems] == ["unreadable-record"]


@pytest.mark.parametrize("value", [{}, {"ect": 1}, {"jti": "x", "iss": "y"}, [], ["a.b.c"]])
def test_json_without_a_token_is_an_unreadable_record(value):
    (problem,) = unwrapped(value).problems
    assert (problem.kind, problem.where) == ("unreadable-record", "entry")
    assert unwrapped(value) == Content(problems=(problem,))


def test_a_key_file_given_as_a_ledger_is_recognised():
    (problem,) = unwrapped({"keys": [{"kty": "EC"}]}).problems
    assert problem.kind == "unreadable-record"
    assert "--keys" in problem.detail


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"ect":"a.b.c"', "unreadable-record"),
        (b'{"ect":NaN}', "unreadable-record"),
        (b'"a.b.c', "unreadable-record"),
        (b"[" * 100_000, "unreadable-record"),
        (b'{"ect":' + b"[" * 65 + b"]" * 65 + b"}", "unreadable-record"),
        (b'{"ect":"\xff"}', "bad-encoding"),
        (b'{"ect":"\\ud800"}', "bad-encoding"),
    ],
)
def test_broken_json_is_told(body, kind):
    content = unwrap(body, 64)
    assert (content.compact, content.claims) == (None, None)
    (problem,) = content.problems
    assert problem.kind == kind
    assert problem.detail.startswith("it starts like JSON, but ")


def test_the_depth_allowed_is_the_callers():
    body = b'{"x":[[1]],"ect":"a.b.c"}'
    assert unwrap(body, 3).compact == b"a.b.c"
    assert unwrap(body, 2).compact is None


def test_a_token_has_the_same_bytes_whatever_is_around_it():
    entry = b'{ "seq": 7, "ect": "a.b.c" }'
    assert {token_bytes(body) for body in (b"a.b.c", b'"a.b.c"', entry)} == {b"a.b.c"}


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"jti":"x","iss":"y","par":[]}'])
def test_a_record_without_a_compact_token_stands_for_itself(body):
    assert token_bytes(body) == body


@given(st.binary(max_size=40) | st.text('{}[]":,ect1\\u', max_size=40).map(str.encode))
def test_any_content_is_a_token_or_a_problem(body):
    content = unwrap(body, 64)
    assert (content.compact is None and content.claims is None) == bool(
        content.problems and content.compact is None
    )
    assert content.compact is not None or content.claims is not None or content.problems
    assert isinstance(token_bytes(body), bytes)


# Two tokens in one entry


@pytest.mark.parametrize(("first", "other"), list(permutations(TOKEN_MEMBERS, 2)))
def test_an_entry_with_two_tokens_is_told_whatever_they_are_called(first, other):
    kept, second = sorted((first, other), key=TOKEN_MEMBERS.index)

    content = unwrapped({first: "a.b.c", other: "a.b.d"})

    assert content.compact == (b"a.b.c" if kept == first else b"a.b.d")
    (problem,) = content.problems
    assert (problem.kind, problem.where) == ("wrapper-disagrees", second)
    assert unwrapped({first: "a.b.c", other: "a.b.c"}).problems == ()


def test_a_third_token_is_told_as_well():
    content = unwrapped({"ect": "a.b.c", "jws": "a.b.d", "token": "a.b.e", "compact": "a.b.c"})

    assert [problem.where for problem in content.problems] == ["jws", "token"]


@pytest.mark.parametrize("other", [None, 5, True, ["a.b.d"], {"a.b.d": 1}])
def test_what_is_no_text_is_no_token(other):
    assert unwrapped({"ect": other, "jws": "a.b.c", "token": other}) == Content(compact=b"a.b.c")


SERIALIZED = {"protected": "h", "payload": "p", "signature": "s"}


@pytest.mark.parametrize("as_list", [False, True])
def test_a_token_beside_another_in_json_serialization_is_told(as_list):
    inner: dict[str, Any] = dict(SERIALIZED)
    if as_list:
        inner = {"payload": "p", "signatures": [{"protected": "h", "signature": "s"}]}

    assert unwrapped(inner | {"ect": "h.p.s"}) == Content(compact=b"h.p.s")
    content = unwrapped(inner | {"token": "h.p.x"})
    assert content.compact == b"h.p.x"
    assert [(p.kind, p.where) for p in content.problems] == [("wrapper-disagrees", "payload")]


@pytest.mark.parametrize(
    "more", [{"payload": {"jti": "a"}, "signature": "s"}, {"payload": "p"}, {"signature": "s"}]
)
def test_parts_of_the_token_that_an_operator_shows_are_no_other_token(more):
    assert unwrapped({"ect": "h.p.s", **more}) == Content(compact=b"h.p.s")


# JWS in JSON serialization (RFC 7515 §7.2)


def test_a_flattened_and_a_general_serialization_are_the_compact_one():
    general = {"payload": "p", "signatures": [{"protected": "h", "signature": "s"}]}

    for value in (SERIALIZED, general, SERIALIZED | {"x": 1}, SERIALIZED | {"header": {"a": 1}}):
        assert unwrapped(value) == Content(compact=b"h.p.s")
        assert token_bytes(json.dumps(value).encode()) == b"h.p.s"


@pytest.mark.parametrize(
    "value",
    [
        SERIALIZED | {"signatures": [{"protected": "h", "signature": "s"}]},
        {"payload": "p", "signatures": []},
        {"payload": "p", "signatures": [{"protected": "h", "signature": "s"}] * 2},
        {"payload": "p", "signatures": {"protected": "h", "signature": "s"}},
        {"payload": "p", "signatures": None},
        {"payload": "p", "signatures": [None]},
        {"payload": "p", "signatures": ["s"]},
        {"payload": "p", "signatures": [{"signature": "s"}]},
        {"payload": "p", "signatures": [{"protected": "h"}]},
        {"payload": "p", "signatures": [{"header": {"alg": "ES256"}, "signature": "s"}]},
        SERIALIZED | {"payload": {"jti": "x"}},
        SERIALIZED | {"payload": None},
        SERIALIZED | {"protected": 5},
        SERIALIZED | {"signature": None},
        {"payload": "p", "signature": "s"},
    ],
)
def test_what_is_no_jws_of_one_signature_is_no_token(value):
    content = unwrapped(value)

    assert (content.compact, content.claims) == (None, None)
    (problem,) = content.problems
    assert (problem.kind, problem.where) == ("unreadable-record", "entry")


def test_a_member_twice_in_a_serialization_is_told():
    body = b'{"payload":"p","payload":"q","protected":"h","signature":"s"}'

    content = unwrap(body, 64)

    assert content.compact == b"h.q.s"
    assert content.problems == (Problem("duplicate-member", "entry", "'payload' twice"),)


@pytest.mark.parametrize(
    ("unsigned", "told"),
    [
        ({"kid": "b"}, ["'kid' twice"]),
        ({"kid": "a"}, ["'kid' twice"]),
        ({"kid": 1, "alg": 2, "x": 3}, ["'alg' twice", "'kid' twice"]),
        ({"x": 1}, []),
        ({}, []),
        ("kid", []),
        (None, []),
    ],
)
def test_an_unsigned_header_must_not_say_what_the_signed_one_says(unsigned, told):
    header = encode_base64url(b'{"alg":"ES256","kid":"a"}').decode()
    one = {"protected": header, "header": unsigned, "signature": "s"}

    for value in (one | {"payload": "p"}, {"payload": "p", "signatures": [one]}):
        content = unwrapped(value)
        assert content.compact == f"{header}.p.s".encode()
        assert [problem.detail for problem in content.problems] == told


@pytest.mark.parametrize("header", ["", "h", "é", "e30=", "W10", "bnVsbA", "eyJhIjox"])
def test_a_signed_header_that_is_none_is_told_when_the_token_is_read(header):
    value = SERIALIZED | {"protected": header, "header": {"kid": "a"}}

    assert unwrapped(value) == Content(compact=f"{header}.p.s".encode())


def test_a_part_with_a_dot_in_it_makes_no_other_token():
    assert unwrapped({"protected": "h.p", "payload": "s", "signature": ""}).compact == b"h.p.s."


# Copies of claims

SIGNED = Token(
    jti="t", wid="w", iss="i", exec_act="pay", parents=("a", "b"), sub=None, aud=("x",), iat=5
)
SAME = {"jti": "t", "wid": "w", "iss": "i", "exec_act": "pay", "parents": ["a", "b"], "sub": "i"}


def disagreeing(stated: dict[str, Any], token: Token = SIGNED) -> list[str]:
    found = list(disagreements(stated, token))
    assert {problem.kind for problem in found} <= {"wrapper-disagrees"}
    return [problem.where for problem in found]


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_of_a_claim_is_that_claim_or_told(name):
    same = SAME[COPIES[name]]

    assert disagreeing({name: same}) == []
    for other in ("other", "T", " t", 5, 0, True, False, ["x"], {"x": 1}, {}, [same], 1.5):
        assert disagreeing({name: other}) == [name], other


@pytest.mark.parametrize("name", COPIES)
@pytest.mark.parametrize("nothing", [None, ""])
def test_what_states_nothing_disagrees_with_nothing(name, nothing):
    assert disagreeing({name: nothing}) == []
    assert disagreeing({name: nothing}, Token()) == []


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_of_a_claim_that_the_token_does_not_have_is_told(name):
    told = [] if COPIES[name] == "parents" else [name]

    assert disagreeing({name: "x"}, Token()) == [name]
    assert disagreeing({name: []}, Token()) == told


@pytest.mark.parametrize(
    ("stated", "agrees"),
    [
        (["a", "b"], True),
        (["b", "a"], True),
        (["a"], False),
        ([], False),
        (["a", "b", "b"], False),
        (["a", "b", ""], False),
        (["a", ["b"]], False),
        (["a", None], False),
        ("a,b", False),
        ({"a": 1, "b": 2}, False),
        ([1, "a", None, {}, []], False),
    ],
)
@pytest.mark.parametrize("name", ["par", "pred", "parents"])
def test_parents_may_be_copied_in_any_order(name, stated, agrees):
    assert disagreeing({name: stated}) == ([] if agrees else [name])


def test_a_subject_is_the_one_who_issued_it():
    assert disagreeing({"sub": "i"}) == []
    assert disagreeing({"sub": "j"}) == ["sub"]
    assert disagreeing({"sub": "s"}, Token(iss="i", sub="s")) == []
    assert disagreeing({"sub": "i"}, Token(iss="i", sub="s")) == ["sub"]


def test_whatever_else_an_operator_says_is_the_operators():
    other = {"aud": "y", "iat": 6, "exp": 7, "signature_verified": False, "note": {}, "Jti": 1}

    assert disagreeing(other) == []


def test_several_copies_are_told_each():
    stated = {"task_id": "x", "jti": "t", "agent_id": "y", "iss": "i", "action": "z", "seq": 1}

    assert disagreeing(stated) == ["task_id", "agent_id", "action"]
    (problem,) = disagreements({"parents": ["z" * 200]}, SIGNED)
    assert problem.detail.startswith("its 'parents' is [\"zzz")
    assert problem.detail.endswith('the token\'s parents is ["a","b"]')
    assert len(problem.detail) < 200


@given(st.data())
def test_any_copies_of_any_claims_are_compared(json_values, data):
    stated = data.draw(st.dictionaries(st.sampled_from(sorted(COPIES)), json_values))
    texts = st.none() | st.text(max_size=3)
    token = Token(
        data.draw(texts),
        data.draw(texts),
        data.draw(texts),
        parents=tuple(data.draw(st.lists(st.text(max_size=2), max_size=2))),
    )

    told = disagreeing(stated, token)

    assert len(told) == len(set(told))
    same = {name: getattr(token, claim) for name, claim in COPIES.items()}
    same |= {name: list(token.parents) for name in ("par", "pred", "parents")}
    assert disagreeing(same, token) == []


# Facts


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({}, (None, None)),
        ({"seq": 1, "sequence": 2, "ledger_sequence": 3}, (1, None)),
        ({"seq": "1", "sequence": 2, "ledger_sequence": 3}, (3, None)),
        ({"seq": True}, (None, None)),
        ({"seq": 1.0}, (None, None)),
        ({"seq": -5}, (-5, None)),
        ({"seq": 0, "timestamp": 0}, (0, 0)),
        ({"seq": 2**53 - 1}, (2**53 - 1, None)),
        ({"seq": 2**53, "sequence": 4}, (4, None)),
        ({"timestamp": "x", "recorded_at": "y"}, (None, "y")),
        ({"timestamp": "x", "recorded_at": 10**30}, (None, "x")),
        ({"recorded_at": False, "stored_timestamp": [1], "timestamp": 1.5}, (None, 1.5)),
        ({"recorded_at": ""}, (None, "")),
    ],
)
def test_facts_are_the_first_of_their_names_that_are_facts(stated, expected):
    assert facts(stated) == expected


@pytest.mark.parametrize(
    ("stated", "seconds"),
    [
        (None, None),
        (5, 5),
        (-0.5, -0.5),
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.123456789Z", 0.123456),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1969-12-31T23:59:59.5-00:00", -0.5),
        ("0001-01-01T00:00:00+23:59", -62135683140),
        ("9999-12-31T23:59:59-23:59", 253402387139),
        ("1970-01-01T00:00:00", None),
        ("1970-01-01", None),
        ("1970-01-01T00:00:60Z", None),
        ("1970-13-01T00:00:00Z", None),
        ("Z", None),
        ("", None),
        ("0", None),
        ("1e3", None),
        ("1970-01-01T00:00:00Z ", None),
        ("1970-01-01T00:00:00+24:00", None),
        ("\0", None),
    ],
)
def test_an_instant_is_a_number_or_a_time_with_its_offset(stated, seconds):
    assert instant(stated) == seconds


@given(
    st.text(max_size=30) | st.from_regex(r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)?\Z")
)
def test_any_text_is_an_instant_or_none(text):
    found = instant(text)

    assert found is None or -(10**12) < found < 10**12
    assert found is None or text[-1:] == "Z" or text[-6:-5] in ("+", "-") or "+" in text
