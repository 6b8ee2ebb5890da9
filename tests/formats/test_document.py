"""JSON documents: each element of the array of entries is a record, and no byte of one is lost."""

from __future__ import annotations

import hashlib
import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.formats.document import CONTAINERS, read
from ectgraph.formats.lines import HEAD
from ectgraph.formats.source import Source
from ectgraph.model import Record

BOM = b"\xef\xbb\xbf"


def records_of(data: bytes, max_record_bytes: int = 1 << 20) -> list[Record]:
    return list(read(io.BytesIO(data), Source(name="file", max_record_bytes=max_record_bytes)))


def bodies(data: bytes) -> list[bytes]:
    return [record.body for record in records_of(data)]


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


@st.composite
def documents(draw: st.DrawFn, values: st.SearchStrategy) -> tuple[str, list[str]]:
    """(text of a document, texts of its elements), written in any way that JSON allows."""
    ascii_ = draw(st.booleans())
    indent = draw(st.sampled_from([None, 1]))
    elements = [
        json.dumps(value, ensure_ascii=ascii_, indent=indent)
        for value in draw(st.lists(values, max_size=5))
    ]
    spaced = [draw(SPACE) + element + draw(SPACE) for element in elements]
    text = "[" + ",".join(spaced) + draw(SPACE) * (not spaced) + "]"
    if draw(st.booleans()):
        name = draw(st.sampled_from(CONTAINERS))
        others = st.lists(
            st.tuples(st.sampled_from(["meta", "a", 'q"']), values).map(
                lambda pair: f"{json.dumps(pair[0])}:{json.dumps(pair[1])}"
            ),
            max_size=2,
        )
        members = [*draw(others), f'"{name}"{draw(SPACE)}:{draw(SPACE)}{text}', *draw(others)]
        text = "{" + draw(SPACE) + f"{draw(SPACE)},{draw(SPACE)}".join(members) + draw(SPACE) + "}"
    return draw(SPACE) + text + draw(SPACE), elements


@given(st.data(), st.booleans())
def test_every_element_is_a_record_with_its_very_bytes(json_values, data, with_bom):
    text, elements = data.draw(documents(json_values))
    file = BOM * with_bom + text.encode()
    records = records_of(file)
    rest(file, records)
    assert [record.raw for record in records] == [element.encode() for element in elements]


@given(st.data())
def test_a_torn_document_loses_no_byte_of_its_elements(json_values, data):
    elements = [json.dumps(v) for v in data.draw(st.lists(json_values, min_size=1, max_size=4))]
    opening = data.draw(st.sampled_from(["[", ' {"entries":[', '{"a":[1],"tokens" : [']))
    text = opening + ", ".join(elements)
    file = text.encode()[: data.draw(st.integers(len(opening), len(text)))]
    records = records_of(file)
    outside = rest(file, records)
    assert outside.startswith(opening.encode())
    assert set(outside.removeprefix(opening.encode())) <= set(b" ,")
    position = len(opening.encode())
    for record, element in zip(records, elements, strict=False):
        position += len(element.encode())
        if position < len(file):  # before that it may be torn, and a torn number is a number
            assert record.raw.decode() == element
        position += len(b", ")


PIECES = [*'[]{},:" \n', '"a.b.c"', '{"ect":"x"}', '"\\"]"', "1", "junk", "é", "\x00", "\xa0"]


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_a_broken_array_loses_nothing_but_what_separates_elements(text):
    file = ("[" + text).encode()
    records = records_of(file)
    assert set(rest(file, records)) <= set(b"[], \t\r\n")


@given(st.lists(st.sampled_from([*PIECES, '"entries":', '"tokens":[', "["]), max_size=14))
def test_a_broken_object_gives_records_in_order_and_says_where_it_broke(pieces):
    file = ("{" + "".join(pieces)).encode()
    records = records_of(file)
    rest(file, records)
    try:
        json.loads(file, strict=False)
    except ValueError:
        return
    assert not any(b"junk" in record.raw for record in records)


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
        (b'{"ect": "a.b.c"}', [b'{"ect": "a.b.c"}']),
        (b' {"jti": "x"}\n', [b'{"jti": "x"}']),
        (b'{"entries": {"0": "a.b.c"}}', [b'{"entries": {"0": "a.b.c"}}']),
        (b'{"other": ["a.b.c"]}', [b'{"other": ["a.b.c"]}']),
        (b'{"tokens": ["a"], "entries": ["b"]}', [b'"a"', b'"b"']),
        (b'{"entries": ["a"], "entries": ["b"]}', [b'"a"', b'"b"']),
        (b'{"meta": {"entries": ["a"]}, "ects": ["b"]}', [b'"b"']),
        (b'[{"entries": ["a"]}]', [b'{"entries": ["a"]}']),
        (b'["]", "[", ",", "\\""]', [b'"]"', b'"["', b'","', b'"\\""']),
        (b'["a"] trailing', [b'"a"', b"trailing"]),
        (b'["a"]\n["b"]', [b'"a"', b'["b"]']),
        (b'["a" "b"]', [b'"a"', b'"b"]']),
        (b'["a",, "b"]', [b'"a"', b', "b"]']),
        (b'["a", x, "b"]', [b'"a"', b'x, "b"]']),
        (b'["a", {"ect": "b', [b'"a"', b'{"ect": "b']),
        (b'{"entries": ["a"], "meta": {"x', [b'"a"', b'"meta": {"x']),
        (b'{"entries": ["a"], junk}', [b'"a"', b"junk}"]),
        (b'{"entries": ["a"] junk', [b'"a"', b"junk"]),
        (b'{"entries": ["a"]} {', [b'"a"', b"{"]),
        (b'["\xc3\xa9", "\xff"]', [b'"\xc3\xa9"', b'"\xff"']),
        (b'["\n"]', [b'"\n"]']),
    ],
)
def test_records_of_documents_whole_and_broken(text, expected):
    assert bodies(text) == expected


def test_the_place_of_a_record():
    data = BOM + b'{\n "entries": [\n  "\xc3\xa9",\n\n  {"ect":\n"x"}, 7]}'
    first, second, third = records_of(data)
    assert (first.line, first.offset, first.length, first.index) == (3, 21, 4, 0)
    assert (second.line, second.offset, second.index) == (5, 30, 1)
    assert (third.line, third.raw, third.source) == (6, b"7", "file")


def test_an_element_that_is_too_long_keeps_head_length_and_digest():
    long = b'"' + b"x" * 9000 + b'"'
    first, second = records_of(b"[" + long + b', "a"]', 8000)
    assert first.raw == long[:HEAD]
    assert (first.length, first.digest) == (len(long), hashlib.sha256(long).digest())
    assert second.raw == b'"a"'


@pytest.mark.parametrize("text", [b"[" * 100_000, b'["a",' + b"[" * 99_999, b'{"a":' * 50_000])
def test_a_hundred_thousand_brackets_break_nothing(text):
    assert sum(record.length for record in records_of(text)) > 90_000


@pytest.mark.parametrize("text", ['{"entries" ["a.b.c"]}', '{"x": 1 "entries": ["a.b.c"]}'])
def test_a_document_that_is_no_json_is_not_read_as_if_it_were(text):
    assert [record.body for record in records_of(text.encode())] == [text.encode()]
