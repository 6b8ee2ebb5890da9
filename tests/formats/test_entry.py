"""The content of a record: a bare token, a JSON string, an entry object, or unsigned claims."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ectgraph.formats.entry import TOKEN_MEMBERS, Content, token_bytes, unwrap
from ectgraph.model import Problem


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
