"""JSON documents: each element of the array of entries is a record, and no byte of one is lost."""

from __future__ import annotations

import hashlib
import io
import json
import re
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.formats import cutter
from ectgraph.formats.cutter import Element
from ectgraph.formats.document import CONTAINERS, elements, is_document, read
from ectgraph.formats.entry import TOKEN_MEMBERS, unwrap
from ectgraph.formats.lines import HEAD
from ectgraph.formats.source import Source
from ectgraph.model import Problem, Record

BOM = b"\xef\xbb\xbf"
MIB = 1 << 20


def reading(data: bytes, max_record_bytes: int = MIB) -> tuple[list[Record], Source]:
    source = Source(name="file", max_record_bytes=max_record_bytes)
    return list(read(io.BytesIO(data), source)), source


def records_of(data: bytes, max_record_bytes: int = MIB) -> list[Record]:
    return reading(data, max_record_bytes)[0]


def bodies(data: bytes) -> list[bytes]:
    return [record.body for record in records_of(data)]


def told(source: Source) -> list[str]:
    assert {problem.where for problem in source.problems} <= {"source"}
    return [f"{problem.kind}: {problem.detail}" for problem in source.problems]


def rest(data: bytes, records: list[Record]) -> bytes:
    """Check that the records lie in the document, in order; give the bytes outside them."""
    position, outside = 0, b""
    for index, record in enumerate(records):
        raw = data[record.offset : record.offset + record.length]
        assert record.index == index
        assert record.offset >= position
        assert record.length > 0
        assert record.raw == record.body == raw
        assert record.digest == hashlib.sha256(raw).digest()
        assert record.line == 1 + data[: record.offset].count(b"\n")
        outside += data[position : record.offset]
        position = record.offset + record.length
    return outside + data[position:]


SPACE = st.text(" \t\r\n", max_size=3)


HOLE = "\0"  # in no JSON text


@st.composite
def documents(draw: st.DrawFn, values: st.SearchStrategy) -> tuple[str, list[str]]:
    """(text of a document with a hole for each element, their texts), as JSON may be written."""
    ascii_ = draw(st.booleans())
    indent = draw(st.sampled_from([None, 1]))
    texts = [
        json.dumps(value, ensure_ascii=ascii_, indent=indent)
        for value in draw(st.lists(values, max_size=5))
    ]
    spaced = [draw(SPACE) + HOLE + draw(SPACE) for _ in texts]
    text = "[" + ",".join(spaced) + draw(SPACE) * (not spaced) + "]"
    if draw(st.booleans()):
        name = draw(st.sampled_from(['"entries"', '"ledger"', '"ects"', '"t\\u006fkens"']))
        others = st.lists(
            st.tuples(st.sampled_from(["meta", "a", 'q"']), values).map(
                lambda pair: f"{json.dumps(pair[0])}:{json.dumps(pair[1])}"
            ),
            max_size=2,
        )
        members = [*draw(others), f"{name}{draw(SPACE)}:{draw(SPACE)}{text}", *draw(others)]
        text = "{" + draw(SPACE) + f"{draw(SPACE)},{draw(SPACE)}".join(members) + draw(SPACE) + "}"
    return draw(SPACE) + text + draw(SPACE), texts


def filled(text: str, texts: list[str]) -> str:
    parts = text.split(HOLE)
    return "".join(part + element for part, element in zip(parts, [*texts, ""], strict=True))


@given(st.data(), st.booleans())
def test_every_element_is_a_record_with_its_very_bytes(json_values, data, with_bom):
    text, texts = data.draw(documents(json_values))
    file = BOM * with_bom + filled(text, texts).encode()
    records, source = reading(file)
    assert rest(file, records) == BOM * with_bom + text.replace(HOLE, "").encode()
    assert [record.raw for record in records] == [element.encode() for element in texts]
    assert not any(record.torn for record in records)
    assert source.problems == []


@given(st.data())
def test_records_are_the_same_however_the_document_is_read(json_values, data):
    text, texts = data.draw(documents(json_values))
    whole = filled(text, texts)
    odd = data.draw(st.sampled_from(["", "", "", '"', "[", ",", "}", "\\", " 1"]))
    position = data.draw(st.integers(0, len(whole)))
    file = (whole[:position] + odd + whole[position:]).encode()
    records, source = reading(file)
    with pytest.MonkeyPatch.context() as patch:
        for chunk in range(1, 51):
            patch.setattr(cutter, "CHUNK", chunk)
            assert reading(file) == (records, source)
    if not odd:
        value = json.loads(file)
        if isinstance(value, dict):
            (value,) = (value[name] for name in CONTAINERS if name in value)
        assert [json.loads(record.raw) for record in records] == value


# --- what is torn


@given(st.data())
def test_a_torn_document_loses_no_byte_of_its_elements(json_values, data):
    texts = [json.dumps(v) for v in data.draw(st.lists(json_values, min_size=1, max_size=4))]
    opening = data.draw(st.sampled_from(["[", ' {"entries":[', '{"a":[1],"tokens" : [']))
    text = opening + ", ".join(texts)
    file = text.encode()[: data.draw(st.integers(len(opening), len(text)))]
    records, source = reading(file)
    outside = rest(file, records)
    assert outside.startswith(opening.encode())
    assert set(outside.removeprefix(opening.encode())) <= set(b" ,")
    position = len(opening.encode())
    for record, element in zip(records, texts, strict=False):
        position += len(element.encode())
        if position < len(file):  # before that it may be torn, and a torn number is a number
            assert record.raw.decode() == element
            assert not record.torn
        position += len(b", ")
    # That something is missing at the end is told exactly once.
    kinds = [problem.kind for problem in source.problems]
    assert any(record.torn for record in records) + kinds.count("torn-tail") == 1


@pytest.mark.parametrize(
    ("text", "torn", "problems"),
    [
        (b"[", [], ["torn-tail: the document ends before its array is closed, at byte 1"]),
        (b'["a"', [0], ["torn-tail: the document ends before its array is closed, at byte 4"]),
        (b'["a", ', [0], ["torn-tail: the document ends before its array is closed, at byte 6"]),
        (b'["a", "b', [0, 1], []),
        (b'["a", "b\\', [0, 1], []),
        (b'["a", {"b":1', [0, 1], []),
        (b'["a", 12', [0, 1], []),  # or 123: nobody knows
        (b'["a", tru', [0, 1], []),
        (
            b'{"entries":["a"',
            [0],
            ["torn-tail: the document ends before its array is closed, at byte 15"],
        ),
        (b'{"entries":["a', [1], []),
        (
            b'{"entries":["a"]',
            [0],
            ["torn-tail: the document ends before its object is closed, at byte 16"],
        ),
        (
            b'{"entries":["a"],',
            [0],
            ["torn-tail: the document ends before its object is closed, at byte 17"],
        ),
        (
            b'{"entries":["a"],"m":',
            [0],
            ["torn-tail: the document ends before its object is closed, at byte 21"],
        ),
        (
            b'{"entries":["a"],"m":{"x',
            [0],
            ["torn-tail: the document ends before its object is closed, at byte 24"],
        ),
        (
            b'{"entries":["a"],"m":12',
            [0],
            ["torn-tail: the document ends before its object is closed, at byte 23"],
        ),
        (
            b'{"entries":["a"],"m',
            [0, 1],
            [],
        ),
        (b'{"ect":"a"', [1], []),
        (b'{"ect":"a', [1], []),
        (b"{", [1], []),
        (b'"a.b', [1], []),
        (
            b'["a"] ["b"',
            [0, 1],
            ["unreadable-record: something follows the end of the document, at byte 6"],
        ),
    ],
)
def test_where_a_document_is_torn(text, torn, problems):
    records, source = reading(text)
    assert [record.torn for record in records] == torn
    assert told(source) == problems


# --- what is damaged


PIECES = [*'[]{},:" \n', '"a.b.c"', '{"ect":"x"}', '"\\"]"', "1", "junk", "é", "\x00", "\xa0"]


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_a_broken_array_loses_nothing_but_what_separates_elements(text):
    file = ("[" + text).encode()
    records = records_of(file)
    assert set(rest(file, records)) <= set(b"[], \t\r\n")


@given(st.lists(st.sampled_from([*PIECES, '"entries":', '"tokens":[', "["]), max_size=14))
def test_a_broken_object_gives_records_or_says_what_is_wrong(pieces):
    file = ("{" + "".join(pieces)).encode()
    records, source = reading(file)
    outside = rest(file, records)
    try:
        json.loads(file, strict=False)
    except ValueError:
        assert records or source.problems
    if b"junk" in outside.replace(b'"', b""):
        assert source.problems


@given(st.binary(max_size=60))
def test_any_bytes_give_records_that_lie_in_them(data):
    for file in (data, b"[" + data, b'{"entries":[' + data):
        records = records_of(file)
        rest(file, records)
        assert records or re.fullmatch(rb'(\xef\xbb\xbf)?\s*({"entries":)?[][,}\s]*', file)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", []),
        (b" \n", []),
        (BOM, []),
        (b"[]", []),
        (b'{"entries": []}', []),
        (b'["a.b.c"]', [b'"a.b.c"']),
        (b'"a.b.c"\n', [b'"a.b.c"']),
        (b'{"ect": "a.b.c"}', [b'{"ect": "a.b.c"}']),
        (b' {"jti": "x"}\n', [b'{"jti": "x"}']),
        (b'{"payload":"", "signatures": [{}, {}]}', [b'{"payload":"", "signatures": [{}, {}]}']),
        (b'{"entries": {"0": "a.b.c"}}', [b'{"entries": {"0": "a.b.c"}}']),
        (b'{"other": ["a.b.c"]}', [b'{"other": ["a.b.c"]}']),
        (b'{"tokens": ["a"], "entries": ["b"]}', [b'"a"', b'"b"']),
        (b'{"meta": {"entries": ["a"]}, "ects": ["b"]}', [b'"b"']),
        (b'{"entries": "a", "ects": ["b"]}', [b'"b"']),
        (b'{"\\u0065cts": ["b"], "": 0}', [b'"b"']),
        (b'[{"entries": ["a"]}]', [b'{"entries": ["a"]}']),
        (b'["]", "[", ",", "\\""]', [b'"]"', b'"["', b'","', b'"\\""']),
        (b"[[1, [2]], {}, null]", [b"[1, [2]]", b"{}", b"null"]),
        (b'["\xc3\xa9", "\xff"]', [b'"\xc3\xa9"', b'"\xff"']),
        (b'["\n"]', [b'"\n"']),  # no JSON, which whoever reads the record finds out
    ],
)
def test_records_of_documents_with_nothing_to_be_told(text, expected):
    records, source = reading(text)
    assert [record.body for record in records] == expected
    assert source.problems == []


SLOT = "unreadable-record: an array has an empty slot, at byte "
NO_JSON = "unreadable-record: an element is no JSON, at byte "
NO_MEMBER = "unreadable-record: something that is no member stands in an object, at byte "
NO_VALUE = "unreadable-record: the value of a member is no JSON, at byte "
FOLLOWS = "unreadable-record: something follows the end of the document, at byte "


@pytest.mark.parametrize(
    ("text", "expected", "problems"),
    [
        # damaged elements
        (b'[{"ect": tru}, {"ect":"a"}]', [b'{"ect": tru}', b'{"ect":"a"}'], []),
        (b'["a" "b", "c"]', [b'"a" "b"', b'"c"'], []),
        (b'[{"a":1} {"b":2}, "c"]', [b'{"a":1} {"b":2}', b'"c"'], []),
        (b'[{"a":1}}, {"b":2]]', [b'{"a":1}}', b'{"b":2]'], []),
        (b'["a", x, "b"]', [b'"a"', b"x", b'"b"'], [NO_JSON + "6"]),
        (b"[e.y.j, k.l.m, 7]", [b"e.y.j", b"k.l.m", b"7"], [NO_JSON + "1 (the first of 2)"]),
        (b'["a": 1, "b"]', [b'"a": 1', b'"b"'], []),
        # empty slots
        (b'["a",, "b"]', [b'"a"', b'"b"'], [SLOT + "5"]),
        (b'["a", ]', [b'"a"'], [SLOT + "6"]),
        (b"[,]", [], [SLOT + "1 (the first of 2)"]),
        (b'{"entries": ["a"],}', [b'"a"'], [NO_MEMBER + "18"]),
        (b'{"entries": ["a"],, "n": 1}', [b'"a"'], [NO_MEMBER + "18"]),
        # arrays and objects that end in the wrong place
        (b'["a"] trailing', [b'"a"', b"trailing"], [FOLLOWS + "6"]),
        (b'["a"]\n["b"]', [b'"a"', b'["b"]'], [FOLLOWS + "6"]),
        (b'["a"], "b"]', [b'"a"', b', "b"]'], [FOLLOWS + "5"]),
        (b'["a"]\x00\x00', [b'"a"', b"\x00\x00"], [FOLLOWS + "5"]),
        (b'{"ect": "a"}\n{"ect": "b"}', [b'{"ect": "a"}', b'{"ect": "b"}'], [FOLLOWS + "13"]),
        (b'{"entries": ["a"]} "b"', [b'"a"', b'"b"'], [FOLLOWS + "19"]),
        (
            b'{"entries": ["a"], "b", "c"]}',
            [b'"a"', b'"b"', b'"c"]'],
            [NO_MEMBER + "19 (the first of 2)"],
        ),
        # what stands between members
        (b'{"entries": ["a"], junk}', [b'"a"', b"junk"], [NO_MEMBER + "19"]),
        (b'{"entries": ["a"] junk}', [b'"a"', b"junk"], [NO_MEMBER + "18"]),
        (b'{"entries": ["a"], junk, "ects": ["b"]}', [b'"a"', b"junk", b'"b"'], [NO_MEMBER + "19"]),
        (
            b'{"entries": ["a"], ects: ["b"]}',
            [b'"a"', b"ects", b'["b"]'],
            [NO_MEMBER + "19 (the first of 2)"],
        ),
        (b'{"entries": ["a"], "n" 5}', [b'"a"', b'"n" 5'], [NO_MEMBER + "19"]),
        (
            b'{"entries": ["a"], "\\x": 5}',
            [b'"a"', b'"\\x"', b"5"],
            [NO_MEMBER + "19 (the first of 2)"],
        ),
        (
            b'{"entries": ["a"], "\xff": 5}',
            [b'"a"', b'"\xff"', b"5"],
            [NO_MEMBER + "19 (the first of 2)"],
        ),
        (b'{"entries": ["a"], "n": tru}', [b'"a"', b"tru"], [NO_MEMBER + "24"]),
        (b'{"entries": ["a"], "n": }', [b'"a"'], [NO_MEMBER + "24"]),
        (
            b'{"entries": ["a"], "n": 1 "ects": ["b"]}',
            [b'"a"', b'1 "ects": ["b"]'],
            [NO_MEMBER + "24"],
        ),
        (
            b'{"entries": ["a"], "n": [1] "ects": ["b"]}',
            [b'"a"', b'"ects": ["b"]'],
            [NO_MEMBER + "28"],
        ),
        (
            b'{"entries": ["a"], "n": {tru}, "m": "\\x"}',
            [b'"a"'],
            [NO_VALUE + "24 (the first of 2)"],
        ),
        # ... before the first array, where nobody knows yet whether the object is the record
        (
            b'{"n": 1 "m": 2, "ects": ["b"]}',
            [b'{"n": 1 "m": 2, "ects":', b'"b"'],
            [NO_MEMBER + "6"],
        ),
        (b'{, "ects": ["b"]}', [b'{, "ects":', b'"b"'], [NO_MEMBER + "1"]),
        (b'{"n": {tru}, "ects": ["b"]}', [b'"b"'], [NO_VALUE + "6"]),
        (
            b'{"n": {tru}, junk, "ects": "b", "ects": 1}',
            [b'{"n": {tru}, junk, "ects": "b", "ects": 1}'],
            [],
        ),
        # the same member twice
        (
            b'{"ects": ["a"], "ects": ["b"]}',
            [b'"a"', b'"b"'],
            ["duplicate-member: 'ects' twice, at byte 24"],
        ),
        (b'{"ects": 1, "ects": ["b"]}', [b'"b"'], ["duplicate-member: 'ects' twice, at byte 20"]),
    ],
)
def test_records_of_documents_with_something_to_be_told(text, expected, problems):
    records, source = reading(text)
    assert [record.body for record in records] == expected
    assert told(source) == problems


# --- what has two readings, or is passed over

JWS = "eyJhbGciOiJFUzI1NiJ9.eyJqdGkiOiJ0In0.c2ln"


@pytest.mark.parametrize("member", TOKEN_MEMBERS)
@pytest.mark.parametrize("container", CONTAINERS)
def test_a_token_beside_entries_is_told_by_whoever_reads_it(member, container):
    text = json.dumps({member: "a.b.c", container: ["d.e.f"]}).encode()
    records, source = reading(text)
    assert [record.body for record in records] == [b'"d.e.f"']
    (problem,) = source.problems
    assert problem.kind == "duplicate-member"
    assert problem.detail.startswith(f"both a token ({member!r}) and entries, at byte ")
    detail = f"both a token ({member!r}) and an array of entries ({container!r})"
    assert unwrap(text, 64).problems == (Problem("duplicate-member", "entry", detail),)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ({"ect": "a.b.c", "Entries": []}, 1),
        ({"ect": "a.b.c", "TOKENS\0": ["d.e.f"]}, 1),
        ({"ect": "a.b.c", "log": {"entries": []}}, 1),
        ({"ect": "a.b.c", "log": {"level": "info"}, "entries": 5, "tokens": "x"}, 0),
    ],
)
def test_an_entry_that_some_readers_take_for_a_document_is_told(text, told):
    problems = unwrap(json.dumps(text).encode(), 64).problems
    assert [problem.kind for problem in problems] == ["duplicate-member"] * told


LIKE = "duplicate-member: another spelling of 'entries', which some readers take for it, at byte "
UNREAD = "unreadable-record: the member %s holds what looks like tokens, and was not read, at byte "


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ('{"entries":["a"],"Entries":["b"]}', [LIKE + "27"]),
        ('{"ENTRIES":["b"],"entries":["a"]}', [LIKE + "11"]),
        ('{"entries":["a"],"n":1,"entries\\u0000":0}', [LIKE + "39"]),
        (f'{{"old":["{JWS}"],"entries":["a"]}}', [UNREAD % "'old'" + "7"]),
        (f'{{"entries":["a"],"old":"{JWS}"}}', [UNREAD % "'old'" + "23"]),
        (f'{{"entries":["a"],"old":{{"entries":["{JWS}"]}}}}', [UNREAD % "'old'" + "23"]),
        (f'{{"entries":{{"1":"{JWS}"}},"tokens":["a"]}}', [UNREAD % "'entries'" + "11"]),
        ('{"entries":["a"],"old":["a.b.c"]}', []),
    ],
)
def test_what_is_passed_over_and_may_be_a_ledger_is_told(text, problems, monkeypatch):
    for chunk in (cutter.CHUNK, 7):
        monkeypatch.setattr(cutter, "CHUNK", chunk)
        records, source = reading(text.encode())
        assert [record.body for record in records] == [b'"a"']
        assert told(source) == problems


def test_of_many_members_that_are_passed_over_five_are_named():
    members = ",".join(f'"m\\u001b{number}":["{JWS}"]' for number in [*range(20), 3])
    text = f'{{{members},"entries":["a"]}}'.encode()
    assert is_document(text)
    _, source = reading(text)
    assert len(source.problems) == 6
    assert all(problem.detail.isprintable() for problem in source.problems)
    assert "(the first of 2)" in source.problems[3].detail
    assert source.problems[5].detail.endswith("(the first of 15)")


def test_what_is_in_an_object_that_is_the_record_is_for_those_who_read_it():
    records, source = reading(f'{{"Entries":["{JWS}"],"ect":"a"}}'.encode())
    assert len(records) == 1
    assert source.problems == []


@pytest.mark.parametrize(
    "text", ['{"entries" ["a.b.c"]}', '{"x": 1 "entries": ["a.b.c"]}', "e.y.j", "# c\n[1]"]
)
def test_a_document_that_is_no_json_is_not_read_as_if_it_were(text):
    assert [record.body for record in records_of(text.encode())] == [text.encode()]


# --- damage of every sort in every place

ENTRIES = [
    b'{"seq":1,"ect":"a.b.c","par":["x","y"]}',
    b'"d.e.f"',
    b'{"seq":2, "note":"]} \\"quoted\\" {[,", "ext":{"n":[1,{"m":null}]}}',
    b"[]",
    b'{"seq":3,"ect":"g.h.i"}',
]
WHOLE = [
    (b"[", b",", b"]"),
    (b'{\n "version": {"n": "1,2"},\n "entries": [\n  ', b",\n  ", b'\n ],\n "count": 5\n}\n'),
]


def damaged(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(position, how many bytes of it are damaged, the document with the damage)."""
    for position in range(len(data)):
        yield position, 1, data[:position] + data[position + 1 :]
        for byte in (b'"', b"\\", b"[", b"]", b"{", b"}", b",", b":", b" ", b"\n", b"x", b"\x00"):
            yield position, 1, data[:position] + byte + data[position + 1 :]
            yield position, 0, data[:position] + byte + data[position:]


def stays_inside(element: bytes) -> bool:
    """Whether brackets and quotes that begin in an element end there, and nothing divides it."""
    depth, quoted, escaped = 0, False, False
    for byte in element.decode("latin-1"):
        if quoted:
            quoted, escaped = escaped or byte != '"', byte == "\\" and not escaped
        elif byte in '[]{},"':
            if depth == 0 and byte in ",]":
                return False
            quoted = byte == '"'
            depth = max(0, depth + (byte in "[{") - (byte in "]}"))
    return depth == 0 and not quoted and bool(element.strip(b" \n"))


@pytest.mark.parametrize(("opening", "separator", "closing"), WHOLE, ids=["array", "object"])
def test_damage_to_one_element_costs_no_other(opening, separator, closing):
    data = opening + separator.join(ENTRIES) + closing
    spans = []
    end = len(opening) - len(separator)
    for entry in ENTRIES:
        begin = end + len(separator)
        end = begin + len(entry)
        spans.append((begin, end))
    cases = inside = 0
    for position, count, text in damaged(data):
        records, _ = reading(text)
        rest(text, records)
        found = [record.raw for record in records]
        # What lies before the damage, and the comma after it as well, is as it was.
        if position >= len(opening):
            before = sum(begin <= position for begin, _ in spans[1:])
            assert found[:before] == ENTRIES[:before]
        for number, (begin, end) in enumerate(spans):
            if begin + (count == 0) <= position < end:
                element = text[begin : end + len(text) - len(data)]
                if stays_inside(element):
                    inside += 1
                    whole = [*ENTRIES[:number], element.strip(b" \n"), *ENTRIES[number + 1 :]]
                    assert found == whole
                    assert not any(record.torn for record in records)
        cases += 1
    assert cases == 25 * len(data)
    assert inside > cases / 3


@pytest.mark.parametrize(("opening", "separator", "closing"), WHOLE, ids=["array", "object"])
def test_a_document_torn_anywhere_keeps_what_came_before(opening, separator, closing):
    data = opening + separator.join(ENTRIES) + closing
    for length in range(len(opening), len(data.rstrip())):
        records, source = reading(data[:length])
        rest(data[:length], records)
        whole = [record.raw for record in records if not record.torn]
        assert whole == ENTRIES[: len(whole)]
        assert len(data[:length]) - sum(map(len, whole)) < len(data) - sum(map(len, ENTRIES)) + 70
        kinds = [problem.kind for problem in source.problems]
        assert any(record.torn for record in records) + kinds.count("torn-tail") == 1


# --- places, sizes


def test_the_place_of_a_record():
    data = BOM + b'{\n "entries": [\n  "\xc3\xa9",\n\n  {"ect":\n"x"}, 7]}'
    first, second, third = records_of(data)
    assert (first.line, first.offset, first.length, first.index) == (3, 21, 4, 0)
    assert (second.line, second.offset, second.index) == (5, 30, 1)
    assert (third.line, third.raw, third.source) == (6, b"7", "file")


@pytest.mark.parametrize("form", [b'{"entries":[%s, "a"]}', b'[%s,"a"]'])
def test_an_element_that_is_too_long_keeps_head_length_and_digest(form):
    long = b'"' + b"x" * 9000 + b'"'
    first, second = records_of(form % long, 8000)
    assert first.raw == long[:HEAD]
    assert (first.length, first.digest) == (len(long), hashlib.sha256(long).digest())
    assert second.raw == b'"a"'


def test_an_object_that_is_the_record_and_too_long_keeps_head_length_and_digest():
    long = b'{"ect":"' + b"x" * 9000 + b'"}'
    (record,) = records_of(b" " + long + b"\n", 8000)
    assert record.raw == long[:HEAD]
    assert (record.offset, record.length) == (1, len(long))
    assert record.digest == hashlib.sha256(long).digest()


def test_of_members_that_are_too_long_nothing_is_taken_for_granted():
    spaces = b" " * 9000
    sound = b'{"l":[%s], "s":"%s", "ects":["b"]}' % (b"7," * 9000 + b"7", b"\\\\" * 9000)
    records, source = reading(sound, 8000)
    assert [record.raw for record in records] == [b'"b"']
    assert source.problems == []
    for damaged in (b'{"ects":["b"], "n": 1%s"ledger":["c"]}', b'{"ects":["b"], "n"%sjunk: ["c"]}'):
        records, source = reading(damaged % spaces, 8000)
        assert records[0].raw == b'"b"'
        assert records[1].length > 9000
        assert [problem.kind for problem in source.problems] == ["unreadable-record"]


@pytest.mark.parametrize("text", [b"[" * 100_000, b'["a",' + b"[" * 99_999, b'{"a":' * 50_000])
def test_a_hundred_thousand_brackets_break_nothing(text):
    assert sum(record.length for record in records_of(text)) > 90_000


def test_what_nests_deep_costs_its_neighbours_nothing():
    deep = b"[" * 50_000 + b"]" * 50_000
    assert bodies(b'["a",' + deep + b',"b"]') == [b'"a"', deep, b'"b"']
    records, source = reading(b'{"n":' + deep + b',"ects":["b"]}')
    assert [record.raw for record in records] == [b'"b"']
    assert source.problems == []


class Streamed(io.RawIOBase):
    """A document that is made while it is read."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts

    def read(self, _: int = -1) -> bytes:
        return next(self._parts, b"")


LONG = [b"x" * MIB] * 12


@pytest.mark.parametrize(
    ("parts", "count"),
    [
        ([b'{"n":"', *LONG, b'","m":[', *LONG, b'],"entries":["a","b"],"l":{', *LONG, b"}}"], 2),
        ([b'["a","', *LONG, b'","b"]'], 3),
        ([b'{"ect":"', *LONG, b'"}'], 1),
        ([b'{"', *LONG, b'": ["a"], "entries":["b"]}'], 2),
        ([b"[1,", *[b" " * MIB] * 12, b",2]"], 2),
        ([b'["a"]', *LONG], 2),
        ([b"[", *[b'"%s",' % (b"x" * 700) * 1500] * 12, b"1]"], 18_001),
    ],
    ids=["members", "element", "object", "name", "space", "rest", "elements"],
)
def test_memory_is_bounded(parts, count):
    tracemalloc.start()
    try:
        records = read(Streamed(iter(parts)), Source(name="-"))
        assert sum(1 for _ in records) == count
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * MIB


def test_records_come_while_the_document_is_still_being_read():
    parts = iter([b'{"entries":["a","b"', b',"c"]}'])
    records = read(Streamed(parts), Source(name="-"))
    assert next(records).raw == b'"a"'
    assert next(parts) == b',"c"]}'


# --- arrays elsewhere

LOG = ("log", "entries")


def found(
    data: bytes, path: tuple[str, ...] = LOG, **options: int
) -> tuple[list[bytes], list[str]]:
    source = Source(name="file")
    pieces = [piece.raw for piece in elements(io.BytesIO(data), source, path, **options)]
    return pieces, told(source)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            b'{"log": {"version": "1.2", "entries": [{"a": 1}, 2], "x": [3]}, "y": 4}',
            [b'{"a": 1}', b"2"],
        ),
        (b'{"entries": [1], "log": {"entries": [2], "log": {"entries": [3]}}}', [b"2"]),
        (b'{"log": [{"entries": [1]}]}', []),
        (b'{"log": {"entries": {"0": 1}}}', []),
        (b'{"log": {}}', []),
        (b"{}", []),
        (b"", []),
    ],
)
def test_elements_are_those_at_the_path(text, expected):
    assert found(text) == (expected, [])


def test_the_path_may_be_empty_or_long():
    assert found(b" [1, 2]", ()) == ([b"1", b"2"], [])
    assert found(b'{"a": {"b": {"c": {"d": [1]}}}}', ("a", "b", "c", "d")) == ([b"1"], [])


@pytest.mark.parametrize(
    ("text", "expected", "problems"),
    [
        (b"[1]", [b"[1]"], []),
        (
            b'{"log": {"entries": [1], 2}, 3} 4',
            [b"1", b"2", b"3", b"4"],
            [NO_MEMBER + "25 (the first of 2)", FOLLOWS + "32"],
        ),
        (
            b'{1, "log": {2, "entries": [3]}}',
            [b"1", b"2", b"3"],
            [NO_MEMBER + "1 (the first of 2)"],
        ),
        (
            b'{"log": {"entries": [1], "entries": [2]}, "log": {"entries": [3]}}',
            [b"1", b"2", b"3"],
            [
                "duplicate-member: 'entries' twice, at byte 36",
                "duplicate-member: 'log' twice, at byte 49",
            ],
        ),
        (
            b'{"log": {"entries": [1',
            [b"1"],
            ["torn-tail: the document ends inside an element, at byte 21"],
        ),
        (
            b'{"log": {"entries": [1]}',
            [b"1"],
            ["torn-tail: the document ends before its object is closed, at byte 24"],
        ),
    ],
)
def test_nothing_that_may_be_an_element_is_passed_over(text, expected, problems):
    assert found(text) == (expected, problems)


def test_how_much_of_an_element_is_kept_can_be_said():
    long = b'"' + b"x" * 9000 + b'"'
    assert found(b"[%s]" % long, (), keep=9002)[0] == [long]
    assert found(b"[%s]" % long, (), keep=9001)[0] == [long[:HEAD]]
    for limit in (9001, 9002):
        source = Source(name="file", max_record_bytes=limit)
        (element,) = elements(io.BytesIO(b"[%s]" % long), source, ())
        assert (element.length, element.whole) == (9002, limit == 9002)


def test_an_element_knows_its_place():
    (element,) = elements(io.BytesIO(b'{"a":\n["x"]}'), Source(name="-"), ("a",))
    assert element == Element(7, 2, 3, hashlib.sha256(b'"x"').digest(), b'"x"', torn=False)
    assert element.whole


# --- is it a document


@pytest.mark.parametrize(
    "head",
    [
        b'{"entries": [',
        b'{"n": 1,\n "ects": [{"a',
        b'{"n": {"a": [1, "]"]}, "tokens":[',
        b'{"a": 1}',
        b'{"a": 1}\n \n',
        b"{}",
    ],
)
def test_documents_are_known_by_their_beginning(head):
    assert is_document(head)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"{",
        b'""entries": [',
        b'["entries": [',
        b'{"a": 1',
        b'{"a": "x',
        b'{"a": {"entries": [',
        b'{"a": 1 "entries": [',
        b'{"a": {tru}, "entries": [',
        b'{junk, "entries": [',
        b'{"a": 1}\n{"a": 2}',
        b'{"a": 1,\n{"a": 2, "entries": []}',
        b'{"a": 1,}',
        b'{"entries": {}, "a": ',
    ],
)
def test_what_is_damaged_or_torn_before_an_array_is_not_taken_for_a_document(head):
    assert not is_document(head)
