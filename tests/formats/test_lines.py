"""Line formats: one record a line, and every byte of the file in one of them."""

from __future__ import annotations

import hashlib
import io
from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ectgraph.formats.lines import HEAD, read
from ectgraph.formats.source import Source
from ectgraph.model import Record

MANY = 1 << 20
MARGIN = b" \t\r\n"


def records_of(data: bytes, max_record_bytes: int = MANY) -> list[Record]:
    return list(read(io.BytesIO(data), Source(name="file", max_record_bytes=max_record_bytes)))


class Line(NamedTuple):
    number: int
    raw: bytes
    body: bytes


def oracle(data: bytes) -> list[Line]:
    """The records of a file whose lines are all short, cut in the plainest way."""
    found: list[Line] = []
    pending = b""
    for number, line in enumerate(data.split(b"\n"), 1):
        ended = line + b"\n" if number <= data.count(b"\n") else line
        pending += ended
        body = (line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line).strip(MARGIN)
        if body and not body.startswith(b"#"):
            found.append(Line(number, pending, body))
            pending = b""
    if found and pending:
        found[-1] = found[-1]._replace(raw=found[-1].raw + pending)
    return found


@given(st.data())
def test_records_are_what_the_plainest_reading_finds(line_soup, assert_conserved, data):
    file = data.draw(line_soup)
    records = records_of(file)
    assert [Line(record.line, record.raw, record.body) for record in records] == oracle(file)
    assert_conserved(file, records)


@given(st.binary(max_size=200))
@example(b"")
@example(b"\n")
@example(b"\xef\xbb\xbf")
@example(b"a\rb\x0bc\x0cd\x1ce\x85f")
def test_any_bytes_are_conserved(assert_conserved, data):
    records = records_of(data)
    assert_conserved(data, records)
    if records:
        assert b"".join(record.raw for record in records) == data
    assert len(records) == len(oracle(data))


@given(st.data(), st.integers(1, 40))
def test_any_bytes_are_conserved_when_lines_are_too_long(line_soup, assert_conserved, data, limit):
    file = data.draw(line_soup)
    records = records_of(file, limit)
    assert_conserved(file, records)
    for record in records:
        whole = file[record.offset : record.offset + record.length]
        assert whole.startswith(record.raw)
        if record.raw != whole:  # only what is too long is not kept
            assert len(whole.strip(MARGIN)) > 0
            assert max(map(len, whole.split(b"\n"))) > limit


def test_the_place_of_a_record():
    data = b"\xef\xbb\xbf# two tokens\r\n\r\n a.b.c \r\n\n #x\nd.e.f\n\n\t# end"
    first, second = records_of(data)
    assert (first.source, first.line, first.offset, first.index) == ("file", 3, 0, 0)
    assert first.raw == b"\xef\xbb\xbf# two tokens\r\n\r\n a.b.c \r\n"
    assert first.body == b"a.b.c"
    assert (second.line, second.offset, second.index) == (6, len(first.raw), 1)
    assert second.raw == b"\n #x\nd.e.f\n\n\t# end"
    assert second.body == b"d.e.f"
    assert (second.before, second.after) == (len(b"\n #x\n"), len(b"\n\n\t# end"))


@pytest.mark.parametrize("data", [b"", b"\n", b"\r\n\r\n", b" \t ", b"# only", b"\xef\xbb\xbf\n#"])
def test_a_file_of_nothing_has_no_record(data):
    assert records_of(data) == []


@pytest.mark.parametrize("inside", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\r", "\0"])
def test_only_the_newline_ends_a_line(inside):
    data = f'{{"a":"x{inside}y"}}\nz'.encode()
    assert [record.body for record in records_of(data)] == data.split(b"\n")


def test_a_byte_order_mark_counts_only_at_the_beginning():
    bom = b"\xef\xbb\xbf"
    assert [r.body for r in records_of(bom + b"a\n" + bom + b"b\n")] == [b"a", bom + b"b"]


def test_a_line_of_just_the_allowed_length_is_read():
    for ending in (b"", b"\n"):
        (record,) = records_of(b"x" * 50 + ending, 50)
        assert record.body == b"x" * 50


def test_the_allowed_length_does_not_count_the_carriage_return():
    (record,) = records_of(b"x" * 50 + b"\r\n", 50)
    assert record.length - record.before - record.after == 50
    assert record.body == b"x" * 50


@pytest.mark.parametrize("ending", [b"", b"\n", b"\n\n# end\n"])
def test_a_line_that_is_too_long_keeps_head_length_and_digest(ending):
    long = bytes(range(33, 127)) * 100
    data = b"# c\na.b.c\n\n" + long + ending + (b"d.e.f" if ending else b"")
    records = records_of(data, 5000)
    record = records[1]
    raw = b"\n" + long + ending.partition(b"\n")[1]
    assert record.length == len(raw)
    assert record.raw == raw[: 1 + HEAD]
    assert record.digest == hashlib.sha256(raw).digest()
    assert (record.line, record.offset, record.before) == (4, 10, 1)
    assert record.length - record.before - record.after > 5000
    assert record.body == long[:HEAD]
    assert [r.body for r in records[::2]] == [b"a.b.c"] + [b"d.e.f"] * bool(ending)


def test_the_last_line_being_too_long_takes_the_end_of_the_file():
    data = b"x" * 99 + b"\n\n# end\n"
    (record,) = records_of(data, 50)
    assert record.length == len(data)
    assert record.digest == hashlib.sha256(data).digest()
    assert data.startswith(record.raw)


def test_a_wide_margin_does_not_make_a_long_line_an_empty_one():
    # The content of such a line was never seen whole, so nothing may take it for read.
    (record,) = records_of(b" " * 800 + b"a.b.c\n", 50)
    assert record.length - record.before - record.after > 50


class Counting(io.BytesIO):
    """A file that remembers the largest piece that was asked of it at once."""

    largest = 0

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(size)
        self.largest = max(self.largest, len(line))
        return line


def test_lines_are_read_in_pieces_of_bounded_size(assert_conserved):
    data = b"a\n" + b"x" * (5 << 20) + b"\nb\n" + b"y" * (3 << 20)
    file = Counting(data)
    records = list(read(file, Source(name="file", max_record_bytes=1000)))
    assert file.largest <= 1 << 20
    assert [record.raw for record in records[::2]] == [b"a\n", b"b\n"]
    assert all(0 < len(record.raw) <= HEAD for record in records)
    assert_conserved(data, records)


@pytest.mark.parametrize(
    "filler", [b"#" + b"-" * 62 + b"\n", b" " * 63 + b"\n"], ids=["comments", "blanks"]
)
@pytest.mark.parametrize("end", [b"", b"a.b.c\n"], ids=["alone", "before a record"])
def test_megabytes_of_nothing_become_records_of_bounded_size(assert_conserved, filler, end):
    data = filler * (3 << 14) + end  # 3 MiB
    records = records_of(data)
    assert records
    assert_conserved(data, records)
    assert b"".join(record.raw for record in records) == data
    assert all(record.length <= MANY + 64 + len(end) for record in records[:-1])
    assert (b"a.b.c" in [record.body for record in records]) == bool(end)


def test_a_megabyte_of_newlines_is_no_work(assert_conserved):
    data = b"\n" * (MANY + 99) + b"a.b.c"
    records = records_of(data)  # half a second; a quadratic reader would need half a minute
    assert_conserved(data, records)
    assert records[-1].body == b"a.b.c"


def test_records_come_while_the_file_is_still_being_read():
    file = io.BytesIO(b"a\nb\nc\n")
    records = read(file, Source(name="file", max_record_bytes=MANY))
    assert file.tell() == 0
    assert next(records).body == b"a"
    assert file.tell() == len(b"a\nb\n")  # the next line tells whether blank ones follow
    assert [record.body for record in records] == [b"b", b"c"]


# A file that breaks off


@pytest.mark.parametrize(
    ("data", "torn"),
    [
        (b"a\nb", [False, True]),
        (b"a\nb ", [False, True]),
        (b"a\nb\r", [False, True]),
        (b"a\n\n# x\nb", [False, True]),
        (b"a\nb\nc", [False, False, True]),
        (b"a\nb\n", [False, False]),
        (b"a\nb\n\n", [False, False]),
        (b"a\nb\n#", [False, False]),
        (b"a", [False]),
        (b"\n# x\na", [False]),
        (b"a\n", [False]),
        (b"a\n# x", [False]),
        (b"a\n ", [False]),
    ],
)
def test_only_a_last_line_without_an_end_after_others_is_torn(data, torn):
    assert [record.torn for record in records_of(data)] == torn


def test_a_line_that_is_too_long_to_be_read_is_not_called_torn():
    assert [record.torn for record in records_of(b"a\n" + b"b" * 99, 20)] == [False, False]


# A file that is read from a line on


@given(st.data())
def test_the_rest_of_a_file_is_read_as_after_what_comes_before(line_soup, data):
    whole = data.draw(line_soup)
    records = records_of(whole)
    cut = data.draw(st.integers(0, len(records)))
    before = b"".join(record.raw for record in records[:cut])
    if cut == len(records) or (before and not before.endswith(b"\n")):
        return
    source = Source(name="file", offset=len(before), line=before.count(b"\n"), index=cut)

    rest = list(read(io.BytesIO(whole[len(before) :]), source))

    assert rest == records[cut:]


def test_what_comes_later_in_a_file_has_no_byte_order_mark():
    mark = b"\xef\xbb\xbf"
    later = Source(name="file", offset=5, index=1)

    (record,) = read(io.BytesIO(mark + b"a\n"), later)

    assert record.body == mark + b"a"
    assert [each.body for each in records_of(mark + b"a\n")] == [b"a"]
