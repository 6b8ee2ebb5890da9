"""Tables: the column that holds the tokens is found, or it is the caller who has to say."""

from __future__ import annotations

import hashlib
import json
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.formats.entry import facts as entry_facts
from ectgraph.formats.lines import HEAD
from ectgraph.formats.source import Source
from ectgraph.formats.table import (
    SAMPLE,
    Column,
    choose,
    facts,
    holds_tokens,
    record,
    tell_others,
    told_which,
)

JWS = b"eyJhbGciOi.eyJpc3MiOi.c2ln"
VALUES = {
    Column("ledger", "ect"): [JWS] * 3,
    Column("ledger", "note"): [b"hello", b"eyJ", b"a.b.c"],
    Column("agents", "name"): [b"a", b"b"],
    Column("agents", "empty"): [],
}


def chosen(values: dict[Column, list[bytes]], **said: str | None) -> tuple[Column | None, Source]:
    source = Source(name="a.db", **said)
    return choose(list(values), source, lambda column: iter(values[column])), source


def test_the_only_column_that_holds_tokens_is_chosen():
    column, source = chosen(VALUES)
    assert column == Column("ledger", "ect")
    assert source.problems == []


@pytest.mark.parametrize(
    ("said", "column"),
    [
        ({"table": "ledger"}, Column("ledger", "ect")),
        ({"column": "ect"}, Column("ledger", "ect")),
        ({"column": "note"}, Column("ledger", "note")),
        ({"table": "agents", "column": "empty"}, Column("agents", "empty")),
        ({"table": "ledger", "column": "note"}, Column("ledger", "note")),
    ],
)
def test_what_the_caller_names_is_taken(said, column):
    assert chosen(VALUES, **said)[0] == column


def test_of_two_tables_with_the_column_that_is_named_the_one_with_tokens_is_taken():
    values = {Column("a", "ect"): [JWS], Column("b", "ect"): [b"x"], Column("b", "c"): [JWS]}
    assert chosen(values, column="ect")[0] == Column("a", "ect")


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({"table": "legder"}, ["no table 'legder'", "did you mean 'ledger'?", "'agents'"]),
        ({"column": "ects"}, ["no column 'ects'", "did you mean 'ect'?", "'note'"]),
        ({"table": "agents", "column": "ect"}, ["no column 'ect'", "'name'", "'empty'"]),
        ({"table": "zzz"}, ["no table 'zzz'", "'ledger' | 'agents'"]),
    ],
)
def test_what_is_not_there_is_the_callers_mistake(refusal, said, wanted):
    message = refusal(chosen, VALUES, **said)
    assert message.startswith("a.db: ")
    for text in wanted:
        assert text in message
    assert ("did you mean" in message) == any("mean" in text for text in wanted)


def test_nothing_is_there_in_an_empty_database(refusal):
    assert "there: none" in refusal(chosen, {}, table="ledger")
    column, source = chosen({})
    assert column is None
    assert [problem.kind for problem in source.problems] == ["unreadable-record"]


def test_several_columns_leave_the_choice_to_the_caller_who_can_paste_it(refusal):
    values = {Column("it's", "ect"): [JWS], Column("b", "x; rm"): [JWS], Column("b", "c"): []}
    message = refusal(chosen, values)
    choices = message.split("choose: ")[1].split(" | ")
    assert [shlex.split(choice) for choice in choices] == [
        ["--table", "it's", "--column", "ect"],
        ["--table", "b", "--column", "x; rm"],
    ]
    assert chosen(values, table="b", column="x; rm")[0] == Column("b", "x; rm")


def test_a_table_without_a_name_is_not_named(refusal):
    values = {Column(None, "a"): [JWS], Column(None, "b"): [JWS]}
    assert "choose: --column a | --column b" in refusal(chosen, values)
    assert chosen(values, column="b")[0] == Column(None, "b")
    assert chosen(values, column="b", table="of another source")[0] == Column(None, "b")


def test_no_column_with_tokens_is_told_with_what_there_is():
    column, source = chosen({Column("t", "a"): [b"x"], Column("t", "b"): []})
    assert column is None
    (problem,) = source.problems
    assert problem.kind == "unreadable-record"
    assert "--table t --column a | --table t --column b" in problem.detail


def test_names_in_a_message_are_harmless_and_few(refusal):
    hostile = [Column("t\x1b[31m\n" * 100, f"c\u202e{number}") for number in range(50)]
    message = refusal(chosen, {column: [JWS] for column in hostile})
    assert message.isprintable()
    assert len(message) < 2000
    assert "and 38 more" in message
    assert refusal(chosen, {column: [] for column in hostile}, table="t\n").isprintable()


@pytest.mark.parametrize(
    "value",
    [
        JWS,
        b"eyJh.eyJp.",
        b"ewogICJh.eyJp.c2ln",  # '{\n  "a'
        b"eyAiYWxn.eyJp.c2ln",  # '{ "alg'
        b'"' + JWS + b'"',
        json.dumps({"seq": 1, "ect": JWS.decode()}).encode(),
        json.dumps({"jws": JWS.decode()}, indent=2).encode(),
    ],
)
def test_what_looks_like_a_token_does(value):
    assert holds_tokens([value])


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"eyJhbGciOi",
        b"a.b.c",
        b"eyJh.eyJp",
        b"eyJh.eyJp.c2ln.x",
        b"eyJh..c2ln",
        b"eyJh.eyJp.c2ln and more",
        b'{"ect": "a.b.c"}',
        b'{"ect": 5}',
        b"{",
        b"[1]",
        b"\xff\xfe",
        "eyJhé.eyJp.c2ln".encode(),
    ],
)
def test_what_does_not_look_like_a_token_does_not(value):
    assert not holds_tokens([value])


@pytest.mark.parametrize(("good", "bad", "holds"), [(1, 1, True), (1, 2, False), (50, 50, True)])
def test_half_of_the_values_may_be_damaged(good, bad, holds):
    assert holds_tokens([b"junk"] * bad + [JWS] * good) == holds


def test_only_the_first_values_are_looked_at():
    looked_at = []
    values = (looked_at.append(1) or JWS for _ in range(10_000))
    assert holds_tokens(values)
    assert len(looked_at) == SAMPLE


def test_of_many_other_columns_five_are_named_and_the_rest_counted():
    source = Source(name="a.db")
    tell_others([Column("t", f"c\n{number}") for number in range(7)], source)
    assert [problem.kind for problem in source.problems] == ["unreadable-record"] * 6
    assert all(problem.detail.isprintable() for problem in source.problems)
    assert source.problems[5].detail.startswith("2 more columns")


@pytest.mark.parametrize(
    ("said", "table", "told"),
    [({}, "t", False), ({"table": "t"}, "t", True), ({"table": "t"}, None, False)],
)
def test_a_table_says_nothing_of_a_source_that_has_none(said, table, told):
    assert told_which(Source(name="a", **said), Column(table, "c")) == told


@given(st.lists(st.binary(max_size=40), max_size=5))
def test_any_values_can_be_looked_at(values):
    assert isinstance(holds_tokens(values), bool)


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({}, None),
        ({"size": 1, "prev_hash": "x", "previous_hash": "x", "note": "y"}, None),
        ({"seq": None, "jti": None}, None),
        (
            {"seq": 1, "recorded_at": "2026", "jti": "t"},
            {"seq": 1, "recorded_at": "2026", "jti": "t"},
        ),
        ({"timestamp": 1.5, "agent_id": b"a\xff"}, {"timestamp": 1.5, "agent_id": "a\ufffd"}),
        ({"parents": "[]", "par": "x", "pred": b"x"}, None),
        ({"seq": True, "jti": ["t"], "wid": {}, "iss": object()}, None),
    ],
)
def test_columns_with_the_names_of_facts_are_facts(row, found):
    assert facts(row) == found


def test_facts_are_those_that_an_entry_states():
    stated = facts({"sequence": 3, "stored_timestamp": b"2026-02-24T15:42:31Z"})
    assert entry_facts(stated) == (3, "2026-02-24T15:42:31Z")


def test_a_long_fact_is_cut():
    assert facts({"jti": "x" * 10**6, "wid": b"y" * 10**6}) == {
        "jti": "x" * HEAD,
        "wid": "y" * HEAD,
    }


def test_a_record_of_a_row_has_no_place_in_the_file():
    made = record(Source(name="a.db"), 4, b"a.b.c", "table t, row 5", {"seq": 5})
    assert (made.source, made.line, made.offset, made.index) == ("a.db", None, None, 4)
    assert made.raw == made.body == b"a.b.c"
    assert made.digest == hashlib.sha256(b"a.b.c").digest()
    assert (made.address, made.beside) == ("table t, row 5", {"seq": 5})


@pytest.mark.parametrize(("size", "kept"), [(5000, 5000), (5001, HEAD)])
def test_of_a_record_that_is_too_long_the_head_is_kept(size, kept):
    made = record(Source(name="a.db", max_record_bytes=5000), 0, b"x" * size, "row 1")
    assert (made.length, len(made.kept)) == (size, kept)
    assert made.whole == (size == kept)
    assert made.digest == hashlib.sha256(b"x" * size).digest()
