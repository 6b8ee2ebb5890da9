"""Parquet: each row is a record, damaged row groups hide no others, and what is written is read."""

from __future__ import annotations

import hashlib
import io
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.errors import EctgraphError
from ectgraph.formats import parquet
from ectgraph.formats.lines import HEAD
from ectgraph.formats.parquet import WRITTEN, read, write
from ectgraph.formats.source import Source
from ectgraph.model import Record


def token(number: int) -> str:
    return f"eyJh.eyJp{number:05}.c2ln"


ROWS = 40
TOKENS = [token(number).encode() for number in range(ROWS)]


def file_of(columns: dict[str, Any], **options: Any) -> bytes:
    """A Parquet file with these columns."""
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, **options)
    return sink.getvalue()


def read_all(data: bytes, **options: Any) -> tuple[list[Record], Source]:
    file, source = io.BytesIO(data), Source(name="a.parquet", **options)
    records = list(read(file, source))
    assert file.read() == b""
    assert [record.index for record in records] == list(range(len(records)))
    return records, source


def cells(data: bytes, **options: Any) -> list[bytes]:
    records, source = read_all(data, **options)
    assert source.problems == []
    return [record.raw for record in records]


COLUMNS = {
    "ect": [token(number) for number in range(ROWS)],
    "seq": list(range(ROWS)),
    "jti": [f"t{number % 3}" for number in range(ROWS)],
}
GOOD = file_of(COLUMNS, row_group_size=10, write_page_checksum=True)


def test_each_row_is_a_record_with_its_place_and_what_stands_beside_it():
    records, source = read_all(GOOD)
    assert source.problems == []
    assert [record.raw for record in records] == TOKENS
    assert [record.address for record in records] == [f"row {n + 1}" for n in range(ROWS)]
    assert records[14].beside == {"seq": 14, "jti": "t2"}
    assert records[14].digest == hashlib.sha256(TOKENS[14]).digest()
    assert (records[14].source, records[14].line, records[14].offset) == ("a.parquet", None, None)


def test_one_token_in_another_column_is_told_unless_the_caller_named_one():
    real = "eyJhbGciOiJFUzI1NiJ9.eyJqdGkiOiJ0In0.c2ln"
    data = file_of({**COLUMNS, "retry": [None, *["-"] * (ROWS - 2), real]})
    records, source = read_all(data)
    assert [record.raw for record in records] == TOKENS
    (problem,) = source.problems
    assert problem.kind == "unreadable-record"
    assert problem.detail.startswith("column retry holds what looks like tokens as well")
    assert problem.detail.endswith("; --column retry reads it")
    assert cells(data, column="ect") == TOKENS


@pytest.mark.parametrize(
    "kind",
    [
        pa.string(),
        pa.large_string(),
        pa.string_view(),
        pa.binary(),
        pa.large_binary(),
        pa.binary_view(),
    ],
    ids=str,
)
@pytest.mark.parametrize("by_value", [True, False])
@pytest.mark.parametrize("use_dictionary", [True, False])
def test_text_may_be_stored_in_any_way(kind, by_value, use_dictionary):
    values = pa.array([token(1), None, "", token(1), "ü\x00\n", token(2)], kind)
    if by_value and "view" not in str(kind):
        values = values.dictionary_encode()
    try:
        data = file_of({"ect": values}, use_dictionary=use_dictionary)
    except pa.ArrowNotImplementedError:
        pytest.skip("this pyarrow writes no such columns")
    expected = [token(1), "", "", token(1), "ü\x00\n", token(2)]
    assert cells(data) == [text.encode() for text in expected]


def test_bytes_that_are_no_text_are_read_as_they_are():
    data = file_of({"ect": pa.array([b"\xff\xfe\x00", b"eyJh.eyJp.c2ln"], pa.binary())})
    assert cells(data) == [b"\xff\xfe\x00", b"eyJh.eyJp.c2ln"]


MOMENT = datetime(2026, 2, 24, 15, 42, 31, 250_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "stated"),
    [
        (pa.array([7], pa.int8()), 7),
        (pa.array([2**64 - 1], pa.uint64()), 2**64 - 1),
        (pa.array([1.5], pa.float32()), 1.5),
        (pa.array(["text"]), "text"),
        (pa.array([b"b\xff"]), "b\ufffd"),
        (pa.array(["text"]).dictionary_encode(), "text"),
        (pa.array([7]).dictionary_encode(), 7),
        (pa.array([MOMENT], pa.timestamp("us", "UTC")), MOMENT.timestamp()),
        (pa.array([MOMENT], pa.timestamp("ns", "Europe/Berlin")), MOMENT.timestamp()),
        (pa.array([MOMENT], pa.timestamp("s", "UTC")), int(MOMENT.timestamp())),
        (pa.array([None], pa.timestamp("ms", "UTC")), None),
        (pa.array([MOMENT.replace(tzinfo=None)], pa.timestamp("us")), None),
        (pa.array([None], pa.int64()), None),
        (pa.array([True]), None),
        (pa.array([date(2026, 2, 24)]), None),
        (pa.array([{"a": 1}]), None),
        (pa.array([["x"]]), None),
        (pa.array([2**63 - 1], pa.decimal128(20)), None),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_what_stands_beside_is_text_numbers_and_known_times(values, stated):
    (record,), source = read_all(file_of({"timestamp": values, "ect": [token(1)]}))
    assert source.problems == []
    assert record.beside == (None if stated is None else {"timestamp": stated})


def test_the_column_is_found_among_many():
    columns = {
        "id": list(range(ROWS)),
        "note": ["eyJ"] * ROWS,
        "nothing": pa.nulls(ROWS),
        "nested": [{"ect": token(1)}] * ROWS,
        "list": [[token(1)]] * ROWS,
        "a.b": [None] * 20 + COLUMNS["ect"][20:],
    }
    assert cells(file_of(columns)) == [b""] * 20 + TOKENS[20:]


def test_two_columns_with_tokens_leave_the_choice_to_the_caller(refusal):
    data = file_of({"sent": COLUMNS["ect"], "got": COLUMNS["ect"][::-1]})
    assert "choose: --column sent | --column got" in refusal(read_all, data)
    assert cells(data, column="got") == TOKENS[::-1]
    assert cells(data, column="got", table="of another source") == TOKENS[::-1]


def test_a_column_that_is_not_there_is_the_callers_mistake(refusal):
    assert "did you mean 'ect'?" in refusal(read_all, GOOD, column="ects")
    assert "no column 'seq'" in refusal(read_all, GOOD, column="seq")


def test_of_two_columns_with_one_name_neither_is_taken():
    table = pa.Table.from_arrays([pa.array([token(1)]), pa.array([token(2)])], ["ect", "ect"])
    sink = io.BytesIO()
    pq.write_table(table, sink)
    records, source = read_all(sink.getvalue())
    assert records == []
    assert [problem.kind for problem in source.problems] == ["unreadable-record"]


@pytest.mark.parametrize("columns", [{}, {"a": ["x"]}, {"ect": pa.array([], pa.string())}])
def test_without_tokens_there_is_no_record_and_that_is_told(columns):
    records, source = read_all(file_of(columns))
    assert records == []
    assert [problem.kind for problem in source.problems] == ["unreadable-record"]


def test_of_a_token_that_is_too_long_the_head_is_kept():
    long = "x" * 5000
    records, _ = read_all(file_of({"ect": [token(1), long]}), max_record_bytes=4999)
    assert (records[1].length, records[1].kept) == (5000, long[:HEAD].encode())
    assert records[1].digest == hashlib.sha256(long.encode()).digest()


def test_many_rows_are_read_in_batches(monkeypatch):
    values = [token(number) for number in range(5000)]
    assert cells(file_of({"ect": values})) == [value.encode() for value in values]
    monkeypatch.setattr(parquet, "_BATCH_BYTES", 100)
    assert cells(file_of({"ect": values[:50]})) == [value.encode() for value in values[:50]]


@pytest.mark.parametrize("use_dictionary", [True, False])
def test_a_bomb_is_not_read_on(monkeypatch, use_dictionary):
    monkeypatch.setattr(parquet, "FREE", 1 << 20)
    value = "x" * 100_000
    data = file_of({"ect": [value] * 2000}, compression="zstd", use_dictionary=use_dictionary)
    assert len(data) < 100_000
    records, source = read_all(data, column="ect")
    assert {record.length for record in records} == {len(value)}
    assert len(value) * len(records) <= (1 << 20) + 200 * len(data)
    assert [problem.kind for problem in source.problems] == ["limit-reached"]


def test_a_value_that_stands_in_many_rows_is_not_there_many_times_at_once():
    long = pa.DictionaryArray.from_arrays([0] * 500, ["x" * (2 << 20)])
    data = file_of({"ect": long}, compression="zstd")
    usual, counting = pa.default_memory_pool(), pa.proxy_memory_pool(pa.default_memory_pool())
    pa.set_memory_pool(counting)
    try:
        reading = read(io.BytesIO(data), Source(name="a.parquet", column="ect"))
        assert [next(reading).length for _ in range(20)] == [2 << 20] * 20
        reading.close()
    finally:
        pa.set_memory_pool(usual)
    assert 2 << 20 < counting.max_memory() < 80 << 20


def test_rows_of_nothing_are_a_bomb_as_well(monkeypatch):
    monkeypatch.setattr(parquet, "FREE", 1 << 20)
    data = file_of({"ect": pa.nulls(1_000_000, pa.string())})
    records, source = read_all(data, column="ect")
    assert 4000 < len(records) < 20_000
    assert [problem.kind for problem in source.problems] == ["limit-reached"]


def place(group: int, column: int, data: bytes = GOOD) -> range:
    """The bytes of a column in a row group."""
    chunk = pq.ParquetFile(io.BytesIO(data)).metadata.row_group(group).column(column)
    begin = chunk.dictionary_page_offset or chunk.data_page_offset
    return range(begin, begin + chunk.total_compressed_size)


def damaged(places: Iterator[int] | range, data: bytes = GOOD) -> bytes:
    changed = bytearray(data)
    for position in places:
        changed[position] ^= 0xFF
    return bytes(changed)


def test_a_damaged_row_group_hides_no_other():
    records, source = read_all(damaged(place(1, 0)))
    assert [record.raw for record in records] == TOKENS[:10] + TOKENS[20:]
    assert [record.address for record in records][9:11] == ["row 10", "row 21"]
    (problem,) = source.problems
    assert problem.kind == "unreadable-record"
    assert problem.detail.startswith("10 of 40 rows cannot be read, the first is row 11 (")


def test_damage_to_another_column_hides_no_token():
    records, source = read_all(damaged(place(1, 1)))
    assert [record.raw for record in records] == TOKENS
    assert [record.beside is None for record in records] == [
        n in range(10, 20) for n in range(ROWS)
    ]
    (problem,) = source.problems
    assert problem.detail.startswith("cells next to the tokens cannot be read (")


def test_the_rows_before_the_damage_are_read():
    data = file_of(COLUMNS, use_dictionary=False, data_page_size=1, write_batch_size=1)
    column = place(0, 0, data)
    records, source = read_all(damaged(range(column.stop - 20, column.stop), data))
    assert [record.raw for record in records] == TOKENS[:-1]
    assert "1 of 40 rows cannot be read, the first is row 40 (" in source.problems[0].detail


def test_a_damaged_first_row_group_is_no_reason_not_to_find_the_column():
    records, _ = read_all(damaged(place(0, 0)))
    assert [record.raw for record in records] == TOKENS[10:]


def test_where_all_is_damaged_that_is_told():
    everything = [position for group in range(4) for position in place(group, 0)]
    records, source = read_all(damaged(iter(everything)))
    assert records == []
    assert [problem.kind for problem in source.problems] == ["unreadable-record"] * 2
    assert "no column" in source.problems[0].detail
    assert "not all rows can be looked at" in source.problems[1].detail


@pytest.mark.parametrize("length", [*range(16), *range(16, len(GOOD), 97), len(GOOD) - 1])
def test_a_file_that_was_cut_is_torn(length):
    records, source = read_all(GOOD[:length])
    assert records == []
    assert [problem.kind for problem in source.problems] == ["torn-tail"]


@pytest.mark.parametrize(
    "data",
    [
        b"PAR1" + b"x" * 20 + b"PAR1",
        b"PAR1" + b"\x00" * 4 + b"PAR1",
        GOOD[:-8] + b"\xff" * 4 + b"PAR1",
    ],
)
def test_what_is_no_parquet_file_is_told(data):
    records, source = read_all(data)
    assert records == []
    (problem,) = source.problems
    assert problem.kind == "unreadable-record"
    assert problem.detail.isprintable()
    assert "/" not in problem.detail  # no name of the copy that was read


@given(st.data())
def test_damaged_bytes_never_raise(data):
    changed = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(GOOD) - 1))] = data.draw(st.integers(0, 255))
    try:
        records, source = read_all(bytes(changed))
    except EctgraphError:  # a damaged name may make two columns of one
        return
    assert len(records) == ROWS or source.problems
    assert all(record.length == len(record.raw) for record in records)


def test_without_pyarrow_it_says_what_to_install(refusal, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    message = refusal(read_all, GOOD)
    assert (
        message == "a.parquet: Parquet needs pyarrow; install it: pip install 'ectgraph[parquet]'"
    )
    assert "ectgraph[parquet]" in refusal(write, [], tmp_path / "b.parquet")
    assert list(tmp_path.iterdir()) == []


def test_nothing_stays_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    reading = read(io.BytesIO(GOOD), Source(name="a.parquet"))
    next(reading)
    assert len(list(tmp_path.iterdir())) == 1
    reading.close()
    assert list(tmp_path.iterdir()) == []


def entries(number: int) -> Iterator[dict[str, Any]]:
    for n in range(number):
        yield {
            "seq": n + 1,
            "recorded_at": "2026-02-24T15:42:31.000Z",
            "jti": f"t{n}",
            "prev_hash": "ab" * 32,
            "ect": token(n),
        }


def test_what_is_written_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "_WRITTEN_ROWS", 7)
    path = tmp_path / "a.parquet"
    write(entries(50), path)
    records, source = read_all(path.read_bytes())
    assert source.problems == []
    assert [record.raw for record in records] == [token(n).encode() for n in range(50)]
    assert records[3].beside == {"seq": 4, "recorded_at": "2026-02-24T15:42:31.000Z", "jti": "t3"}
    assert pq.read_table(path).to_pylist() == list(entries(50))
    assert pq.ParquetFile(path).num_row_groups == 8
    assert list(tmp_path.iterdir()) == [path]


def test_the_same_rows_make_the_same_bytes(tmp_path):
    one, two = tmp_path / "1.parquet", tmp_path / "2.parquet"
    write(entries(100), one)
    write(list(entries(100)), two)
    assert one.read_bytes() == two.read_bytes()


def test_what_an_entry_lacks_is_null(tmp_path):
    path = tmp_path / "a.parquet"
    write([{"ect": token(1)}, {"seq": 2, "jti": None, "ect": "", "more": "x"}, {}], path)
    table = pq.read_table(path)
    assert {field.name: str(field.type) for field in table.schema} == WRITTEN
    nothing = dict.fromkeys(WRITTEN)
    expected = [nothing | {"ect": token(1)}, nothing | {"seq": 2, "ect": ""}, nothing]
    assert table.to_pylist() == expected


def test_no_entries_make_a_file_without_rows(tmp_path):
    write([], tmp_path / "a.parquet")
    assert pq.read_table(tmp_path / "a.parquet").num_rows == 0


@pytest.mark.parametrize("bad", [{"seq": 2**63}, {"seq": "1"}, {"ect": 5}, {"ect": "\ud800"}])
def test_a_value_without_a_place_is_refused_and_leaves_no_file(refusal, tmp_path, bad):
    path = tmp_path / "a.parquet"
    path.write_bytes(b"what was there")
    message = refusal(write, [*entries(5), bad], path)
    assert message.startswith(f"{path}: a value does not fit (")
    assert path.read_bytes() == b"what was there"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_is_the_callers_mistake(refusal, tmp_path):
    target = tmp_path / "missing" / "a.parquet"
    assert refusal(write, entries(1), target).startswith(f"{target}: cannot be written (")


def test_where_the_entries_fail_no_file_is_left(tmp_path):
    def failing() -> Iterator[dict[str, Any]]:
        yield from entries(3)
        raise EctgraphError("gone")

    with pytest.raises(EctgraphError, match="gone"):
        write(failing(), Path(tmp_path, "a.parquet"))
    assert list(tmp_path.iterdir()) == []
