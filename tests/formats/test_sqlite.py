"""Databases: each row is a record; hostile and damaged files are read as far as they go."""

from __future__ import annotations

import hashlib
import io
import os
import sqlite3
import struct
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.formats import sqlite
from ectgraph.formats.lines import HEAD
from ectgraph.formats.source import Source
from ectgraph.formats.sqlite import read
from ectgraph.model import Record

PAGE = 512


def token(number: int) -> str:
    return f"eyJh.eyJp{number:05}.c2ln"


def database(*statements: str, rows: Iterable[tuple[Any, ...]] = (), into: str = "ledger") -> bytes:
    """A database file, after these statements and with rows in one of its tables."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as made:
        made.execute(f"PRAGMA page_size = {PAGE}")
        for statement in statements:
            made.execute(statement)
        made.execute("BEGIN")
        for row in rows:
            made.execute(f'INSERT INTO "{into}" VALUES ({",".join("?" * len(row))})', row)  # noqa: S608
        made.execute("COMMIT")
        return made.serialize()


def read_all(data: bytes, **options: Any) -> tuple[list[Record], Source]:
    file, source = io.BytesIO(data), Source(name="a.db", **options)
    records = list(read(file, source))
    assert file.read() == b""
    assert [record.index for record in records] == list(range(len(records)))
    return records, source


def cells(data: bytes, **options: Any) -> list[bytes]:
    records, source = read_all(data, **options)
    assert source.problems == []
    return [record.raw for record in records]


LEDGER = "CREATE TABLE ledger (ect TEXT, seq INTEGER, note TEXT)"
MANY = [(token(number), number, f"note {number}") for number in range(200)]
GOOD = database(LEDGER, rows=MANY)


def test_each_row_is_a_record_with_its_place_and_what_stands_beside_it():
    records, source = read_all(GOOD)
    assert source.problems == []
    assert [record.raw for record in records] == [row[0].encode() for row in MANY]
    assert [record.beside for record in records] == [{"seq": row[1]} for row in MANY]
    assert records[7].address == "table ledger, row 8"
    assert records[7].digest == hashlib.sha256(token(7).encode()).digest()
    assert (records[7].source, records[7].line, records[7].offset) == ("a.db", None, None)


def test_a_cell_is_read_as_it_is_stored():
    values = ["prüfen\x00\n", b"\xff\x00blob", "", b"", None, 5, -(2**63), 1.5, "eyJh.eyJp.c2ln"]
    data = database("CREATE TABLE t (ect)", rows=[(value,) for value in values], into="t")
    expected = [
        "prüfen\x00\n".encode(),
        b"\xff\x00blob",
        b"",
        b"",
        b"",
        b"5",
        b"-9223372036854775808",
        b"1.5",
        b"eyJh.eyJp.c2ln",
    ]
    assert cells(data, table="t", column="ect") == expected


def test_text_that_is_no_unicode_is_read_as_it_is_stored():
    data = database(LEDGER, "INSERT INTO ledger VALUES (CAST(x'fffe41' AS TEXT), 1, NULL)")
    assert cells(data, column="ect") == [b"\xff\xfeA"]


def test_text_in_utf_16_is_read_in_utf_8():
    data = database(
        "PRAGMA encoding = 'UTF-16'", LEDGER, rows=[(token(1) + "ü漢", 1, "漢" * 500)] * 20
    )
    assert cells(data, column="ect") == [(token(1) + "ü漢").encode()] * 20


def test_what_stands_beside_is_what_an_entry_may_state():
    columns = ["ect", "seq", "jti", "agent_id", "timestamp", "prev_hash", "parents", "size"]
    row = (token(1), 7, b"j\xff", "agent", 1.5, "aa", "[]", 9)
    data = database(f"CREATE TABLE ledger ({', '.join(columns)})", rows=[row])
    (record,), _ = read_all(data)
    assert record.beside == {"seq": 7, "jti": "j\ufffd", "agent_id": "agent", "timestamp": 1.5}
    (record,), _ = read_all(data, column="jti")
    assert record.raw == b"j\xff"
    assert record.beside == {"seq": 7, "agent_id": "agent", "timestamp": 1.5}


def test_rows_come_in_the_order_of_their_ids():
    rows = [
        (3, token(3)),
        (-5, token(5)),
        (2**63 - 1, token(9)),
        (-(2**63), token(8)),
        (0, token(0)),
    ]
    data = database("CREATE TABLE ledger (id INTEGER PRIMARY KEY, ect)", rows=rows)
    records, _ = read_all(data)
    assert [int(record.address.split()[-1]) for record in records] == sorted(row[0] for row in rows)
    assert [record.raw.decode() for record in records] == [row[1] for row in sorted(rows)]


@pytest.mark.parametrize("taken", [["rowid"], ["RowId", "oid"], ["_rowid_", "ROWID"]])
def test_columns_may_take_the_names_of_the_row_id(taken):
    columns = ", ".join(taken)
    rows = [(token(number), *("x" * len(taken))) for number in range(5)]
    data = database(f"CREATE TABLE ledger (ect, {columns})", rows=rows)
    records, _ = read_all(data)
    assert [record.address for record in records] == [f"table ledger, row {n}" for n in range(1, 6)]


@pytest.mark.parametrize(
    "schema",
    [
        "(ect, seq, rowid, oid, _rowid_)",
        "(ect, seq, a, b, c, PRIMARY KEY (seq, ect)) WITHOUT ROWID",
        "(ect PRIMARY KEY, seq, a, b, c) WITHOUT ROWID",
    ],
)
def test_rows_without_an_id_are_counted(schema):
    rows = [(token(number), number, None, None, None) for number in range(1, 100)]
    shuffled = rows if "oid" in schema.split("(")[1] else rows[50:] + rows[:50]
    records, _ = read_all(database(f"CREATE TABLE ledger {schema}", rows=shuffled))
    assert [record.raw.decode() for record in records] == [row[0] for row in rows]
    assert records[4].address == "table ledger, row 5 in the order of its key"


def test_the_column_is_found_among_many():
    data = database(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)",
        "INSERT INTO users VALUES (1, 'eyJ'), (2, 'a.b.c')",
        "CREATE TABLE empty (ect TEXT)",
        "CREATE TABLE sparse (ect)",
        "INSERT INTO sparse SELECT NULL FROM users",
        LEDGER,
        rows=[(None, None, None)] * 150 + MANY,
    )
    assert cells(data) == [b""] * 150 + [row[0].encode() for row in MANY]


def test_two_columns_with_tokens_leave_the_choice_to_the_caller(refusal):
    data = database(
        LEDGER, "CREATE TABLE sent (jws)", "INSERT INTO sent VALUES ('eyJh.eyJp.c2ln')", rows=MANY
    )
    message = refusal(read_all, data)
    assert "--table ledger --column ect | --table sent --column jws" in message
    assert cells(data, table="sent") == [b"eyJh.eyJp.c2ln"]
    assert cells(data, column="jws") == [b"eyJh.eyJp.c2ln"]


REAL = "eyJhbGciOiJFUzI1NiJ9.eyJqdGkiOiJ0In0.c2ln"
STRAY = database(
    "CREATE TABLE old (jws)",
    "INSERT INTO old VALUES ('-'), (7), (NULL), (x'ff')",
    f"""INSERT INTO old VALUES (CAST('{{"ect": "{REAL}"}}' AS BLOB))""",  # noqa: S608
    "CREATE TABLE keyed (id PRIMARY KEY, sent) WITHOUT ROWID",
    f"INSERT INTO keyed VALUES ('a', '-'), ('b', '-'), ('c', 'Bearer {REAL}')",  # noqa: S608
    LEDGER,
    rows=[*MANY, (token(0), 0, REAL)],
)


def test_one_token_in_another_column_or_table_is_told():
    records, source = read_all(STRAY)
    assert len(records) == len(MANY) + 1
    assert [problem.detail for problem in source.problems] == [
        f"column {column} of table {table} holds what looks like tokens as well, and was not read;"
        f" --table {table} --column {column} reads it"
        for table, column in (("old", "jws"), ("keyed", "sent"), ("ledger", "note"))
    ]
    assert {problem.kind for problem in source.problems} == {"unreadable-record"}


@pytest.mark.parametrize("said", [{"table": "ledger"}, {"column": "ect"}])
def test_whoever_names_the_column_or_table_is_not_told_of_others(said):
    assert len(cells(STRAY, **said)) == len(MANY) + 1


def test_columns_that_share_their_cells_are_not_looked_at_for_ever():
    rows = [(token(number),) for number in range(400)]
    shared = f"ALTER TABLE ledger ADD COLUMN more DEFAULT '{'x' * 10_000}'"
    with closing(sqlite3.connect(":memory:")) as made:
        made.deserialize(database("CREATE TABLE ledger (ect)", rows=rows))
        made.execute(shared)
        made.commit()
        data = made.serialize()
    records, source = read_all(data)
    assert len(records) == len(rows)
    assert [problem.kind for problem in source.problems] == ["limit-reached"]


def test_a_table_or_column_that_is_not_there_is_the_callers_mistake(refusal):
    assert "did you mean 'ledger'" in refusal(read_all, GOOD, table="ledgers")
    assert "did you mean 'note'" in refusal(read_all, GOOD, column="notes")


@pytest.mark.parametrize(
    "name",
    [
        'a"b',
        "a'b",
        "a]b`c",
        "select",
        "a b\n",
        "ü",
        "x" * 5000,
        "a;DROP TABLE t",
        "1",
        "%",
        "rowid",
    ],
)
def test_names_may_be_anything(name):
    quoted = '"' + name.replace('"', '""') + '"'
    data = database(
        f"CREATE TABLE {quoted} ({quoted} TEXT, seq)",
        rows=[(token(1), 1)],
        into=name.replace('"', '""'),
    )
    (record,), source = read_all(data)
    assert source.problems == []
    assert record.raw == token(1).encode()
    assert len(record.address) < 200
    assert cells(data, table=name, column=name) == [token(1).encode()]


def test_a_database_without_tokens_has_no_record_and_says_what_there_is():
    records, source = read_all(database("CREATE TABLE t (a, b)", "INSERT INTO t VALUES ('x', 2)"))
    assert records == []
    (problem,) = source.problems
    assert problem.kind == "unreadable-record"
    assert "--table t --column a | --table t --column b" in problem.detail


HOSTILE = {
    "view": "CREATE VIEW bad AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT 'eyJh.eyJp.c2ln' AS ect FROM n",
    "generated column": "CREATE TABLE bad (a, ect AS (printf('eyJh.eyJp.%.*c', 9000, 'x')))",
    "stored generated column": "CREATE TABLE bad (a, ect AS ('eyJh.eyJp.c2ln') STORED)",
    "trigger": "CREATE TRIGGER bad AFTER INSERT ON ledger BEGIN SELECT ect FROM ledger; END",
    "virtual table": "CREATE VIRTUAL TABLE bad USING rtree(id, a, b)",
    "index on an expression": "CREATE INDEX bad ON ledger (upper(ect))",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_a_schema_can_hide_is_not_run(what):
    after = ["INSERT INTO bad (a) VALUES (1)"] if "column" in what else []
    data = database(LEDGER, HOSTILE[what], *after, rows=MANY)
    assert cells(data) == [row[0].encode() for row in MANY]


def test_a_view_is_no_table(refusal):
    data = database(LEDGER, "CREATE VIEW seen AS SELECT ect FROM ledger", rows=MANY)
    assert "no table 'seen'" in refusal(read_all, data, table="seen")


def interior(children: list[int], begin: int = 0) -> bytes:
    """A page of a table with other pages as its children (sqlite.org/fileformat.html)."""
    page = bytearray(PAGE)
    header = begin + 12
    for number, child in enumerate(children[:-1]):
        cell = PAGE - 5 * (number + 1)
        page[cell : cell + 5] = struct.pack(">IB", child, 5)
        page[header + 2 * number : header + 2 * number + 2] = struct.pack(">H", cell)
    count = len(children) - 1
    page[begin:header] = struct.pack(">BHHHBI", 5, 0, count, PAGE - 5 * count, 0, children[-1])
    return bytes(page)


def with_pages(data: bytes, pages: list[bytes]) -> bytes:
    """A database with more pages at its end."""
    whole = bytearray(data + b"".join(pages))
    whole[28:32] = (len(whole) // PAGE).to_bytes(4, "big")
    return bytes(whole)


def tangle(first: int, last: int) -> list[bytes]:
    """Pages, the first of which has this number, that lead to the last in 50**9 ways."""
    return [interior([first + n + 1] * 50) for n in range(8)] + [interior([last] * 50)]


@pytest.mark.parametrize("value", [token(1), "x" * 100_000])
def test_pages_that_have_each_other_as_children_do_not_hang_it(value):
    data = database("CREATE TABLE ledger (ect)", rows=[(value,)])
    leaf = len(data) // PAGE + 1
    forged = with_pages(data, [data[PAGE : 2 * PAGE], *tangle(leaf + 1, leaf)])
    forged = forged[:PAGE] + interior([leaf + 1] * 50) + forged[2 * PAGE :]
    records, source = read_all(forged, column="ect")
    assert {record.raw for record in records} == {value.encode()}
    assert sum(record.length for record in records) <= 2 * len(forged) + (1 << 20)
    assert [problem.kind for problem in source.problems] == ["limit-reached"]


def test_a_schema_that_never_ends_does_not_hang_it(monkeypatch):
    monkeypatch.setattr(sqlite, "_STEPS", 10_000)
    data = database("CREATE TABLE t (ect UNIQUE)")
    leaves = []
    for pointer in (
        108,
        110,
    ):  # the schema is a table on page 1; a row for the table, one for its index
        at = int.from_bytes(data[pointer : pointer + 2])
        cell = data[at : at + data[at] + 2]
        begin = PAGE - len(cell)
        header = struct.pack(">BHHHBH", 13, 0, 1, begin, 0, begin)
        leaves.append(header.ljust(begin, b"\0") + cell)
    count = len(data) // PAGE
    forged = with_pages(data, [*leaves, *tangle(count + 3, count + 2)])
    schema = interior([count + 1, *[count + 3] * 40], 100)
    forged = forged[:100] + schema[100:] + forged[PAGE:]
    records, source = read_all(forged)
    assert records == []
    assert [problem.kind for problem in source.problems] == ["limit-reached"]


def long_cells(monkeypatch, **options: Any) -> list[tuple[int, bytes | None, bytes]]:
    """(length, what is kept, digest) of the rows of a table with some very long cells."""
    monkeypatch.setattr(sqlite, "_LONGEST", 50_000)
    monkeypatch.setattr(sqlite, "_PIECE", 7_000)
    rows = [
        (token(0), 0, ""),
        (b"x" * 100_000, 1, ""),
        ("y" * 60_000, 2, ""),
        (token(3), "s" * 60_000, ""),  # another cell that is read is too long
        (None, "s" * 60_000, ""),
        (5, "s" * 60_000, ""),
        (token(6), 6, "n" * 60_000),  # a cell that nobody reads
        (token(7), 7, ""),
    ]
    records, source = read_all(database(LEDGER, rows=rows), **options)
    assert source.problems == []
    return [(record.length, record.kept, record.digest) for record in records]


def test_very_long_cells_are_read_in_pieces_and_stop_nothing(monkeypatch):
    x, y = b"x" * 100_000, b"y" * 60_000
    whole = [
        token(0).encode(),
        x,
        y,
        token(3).encode(),
        b"",
        b"5",
        token(6).encode(),
        token(7).encode(),
    ]
    expected = [(len(cell), cell, hashlib.sha256(cell).digest()) for cell in whole]
    assert long_cells(monkeypatch, max_record_bytes=1 << 20) == expected
    cut = [(n, cell[:HEAD] if n > 70_000 else cell, digest) for n, cell, digest in expected]
    assert long_cells(monkeypatch, max_record_bytes=70_000) == cut
    cut = [(n, cell[:HEAD] if n > 100 else cell, digest) for n, cell, digest in expected]
    assert long_cells(monkeypatch, max_record_bytes=100) == cut


def test_a_very_long_cell_without_a_row_id_is_told(monkeypatch):
    monkeypatch.setattr(sqlite, "_LONGEST", 50_000)
    rows = [(1, token(1)), (2, token(2)), (3, "x" * 60_000), (4, token(4))]
    data = database("CREATE TABLE ledger (seq PRIMARY KEY, ect) WITHOUT ROWID", rows=rows)
    records, source = read_all(data, column="ect")
    assert [record.raw for record in records] == [token(1).encode(), token(2).encode()]
    (problem,) = source.problems
    assert "cannot be read on after 2 rows" in problem.detail


def test_cut_at_the_end_of_any_page_the_rows_before_are_read():
    most = 0
    for length in range(2 * PAGE, len(GOOD), PAGE):
        records, source = read_all(GOOD[:length], column="ect")
        assert [record.raw.decode() for record in records] == [
            row[0] for row in MANY[: len(records)]
        ]
        assert source.problems[0].kind == "torn-tail"
        assert f"after {length} of {len(GOOD)} bytes" in source.problems[0].detail
        if len(records) < len(MANY):
            (damage,) = source.problems[1:]
            assert damage.kind == "unreadable-record"
            assert f"after {len(records)} rows" in damage.detail
        assert len(records) >= most
        most = len(records)
    assert most > 180


@pytest.mark.parametrize("length", [*range(0, 120, 7), *range(120, len(GOOD), 211)])
def test_cut_anywhere_it_is_told(length):
    records, source = read_all(GOOD[:length])
    assert len(records) <= len(MANY)
    assert source.problems


def test_the_last_good_row_before_damage_is_read():
    damaged = bytearray(GOOD)
    page = GOOD.rindex(token(100).encode()) // PAGE * PAGE
    damaged[page : page + 8] = b"\xff" * 8
    records, source = read_all(bytes(damaged))
    first = min(
        n for n, row in enumerate(MANY) if page <= GOOD.rindex(row[0].encode()) < page + PAGE
    )
    assert [record.raw.decode() for record in records] == [row[0] for row in MANY[:first]]
    assert f"after {first} rows" in source.problems[0].detail


def test_damage_to_another_table_is_no_reason_not_to_read():
    data = bytearray(
        database("CREATE TABLE other (a)", "INSERT INTO other VALUES ('z')", LEDGER, rows=MANY)
    )
    data[PAGE : PAGE + 8] = b"\xff" * 8
    assert cells(bytes(data)) == [row[0].encode() for row in MANY]


def test_damage_that_hides_the_column_is_told():
    data = bytearray(database(LEDGER, rows=MANY[:3]))
    data[PAGE : PAGE + 8] = b"\xff" * 8
    records, source = read_all(bytes(data))
    assert records == []
    hidden, damaged = source.problems
    assert "no column" in hidden.detail
    assert "table ledger (database disk image is malformed)" in damaged.detail


def test_a_table_whose_name_became_a_number_is_told():
    damaged = bytearray(GOOD)
    damaged[GOOD.index(b"tableledger") - 4] = 1  # the type of the name, in the schema's first row
    records, source = read_all(bytes(damaged))
    assert records == []
    (problem,) = source.problems
    assert "its schema is damaged" in problem.detail


@given(st.data())
def test_damaged_bytes_never_raise(data):
    damaged = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 8))):
        position = data.draw(st.integers(0, len(GOOD) - 1) | st.integers(0, 2 * PAGE))
        damaged[position] = data.draw(st.integers(0, 255))
    records, source = read_all(bytes(damaged))
    assert all(record.length == len(record.raw) for record in records)
    assert len({problem.detail for problem in source.problems}) == len(source.problems) <= 3


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"SQLite format 3\0",
        b"SQLite format 3\0" + b"\xff" * 5000,
        b"eyJh.eyJp.c2ln\n",
        os.urandom(4096),
    ],
    ids=["empty", "magic", "no header", "lines", "encrypted"],
)
def test_what_is_no_database_is_told(data):
    records, source = read_all(data)
    assert records == []
    assert "unreadable-record" in [problem.kind for problem in source.problems]


@pytest.fixture
def in_use(tmp_path: Path) -> Iterable[Callable[[], Path]]:
    """A database that somebody has open, with rows that are only in its write-ahead log."""
    path = tmp_path / "evidence" / "a.db"
    path.parent.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("PRAGMA synchronous = OFF")
        writer.execute("PRAGMA wal_autocheckpoint = 0")
        writer.execute(LEDGER)
        writer.execute("INSERT INTO ledger VALUES (?, ?, ?)", MANY[0])
        writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        writer.executemany("INSERT INTO ledger VALUES (?, ?, ?)", MANY[1:])
        yield path


def listing(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in sorted(folder.iterdir())
    }


def read_file(path: Path) -> tuple[list[Record], Source]:
    source = Source(name=str(path), path=path)
    with path.open("rb") as file:
        return list(read(file, source)), source


def test_rows_in_the_write_ahead_log_are_read_and_nothing_is_written(in_use):
    before = listing(in_use.parent)
    assert set(before) == {"a.db", "a.db-wal", "a.db-shm"}
    records, source = read_file(in_use)
    assert source.problems == []
    assert [record.raw.decode() for record in records] == [row[0] for row in MANY]
    assert listing(in_use.parent) == before


def test_the_log_of_a_database_is_found_through_a_link_to_it(in_use, tmp_path):
    link = tmp_path / "link.db"
    link.symlink_to(in_use)
    records, source = read_file(link)
    assert source.problems == []
    assert len(records) == len(MANY)


def test_without_its_log_a_database_has_the_rows_that_it_has(in_use, tmp_path):
    records, _ = read_all(in_use.read_bytes())
    assert [record.raw.decode() for record in records] == [MANY[0][0]]
    alone = tmp_path / "alone.db"
    alone.write_bytes(in_use.read_bytes())
    alone.with_name("alone.db-wal").write_bytes(b"")
    records, source = read_file(alone)
    assert [record.raw.decode() for record in records] == [MANY[0][0]]
    assert source.problems == []


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.99])
def test_a_log_that_was_cut_gives_the_rows_that_were_committed(in_use, tmp_path, keep):
    copy = tmp_path / "copy.db"
    copy.write_bytes(in_use.read_bytes())
    log = in_use.with_name("a.db-wal").read_bytes()
    copy.with_name("copy.db-wal").write_bytes(log[: int(len(log) * keep)])
    records, _ = read_file(copy)
    assert [record.raw.decode() for record in records] == [row[0] for row in MANY[: len(records)]]
    assert records


def test_a_log_that_cannot_be_read_is_told(tmp_path, monkeypatch):
    path = tmp_path / "a.db"
    path.write_bytes(GOOD)
    path.with_name("a.db-wal").write_bytes(b"x")

    def refuse(*_args: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("shutil.copyfile", refuse)
    records, source = read_file(path)
    assert len(records) == len(MANY)
    assert "Permission denied" in source.problems[0].detail


def test_what_is_no_file_next_to_it_is_not_opened(tmp_path):
    path = tmp_path / "a.db"
    path.write_bytes(GOOD)
    path.with_name("a.db-wal").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(path.with_name("a.db-journal"))
    records, source = read_file(path)
    assert len(records) == len(MANY)
    assert source.problems == []


@pytest.mark.parametrize(
    ("journal", "told"), [(b"", 0), (bytes(512), 0), (b"\xd9\xd5\x05\xf9 ...", 1)]
)
def test_a_journal_left_over_is_told_and_never_played_back(tmp_path, journal, told):
    path = tmp_path / "a.db"
    path.write_bytes(GOOD)
    path.with_name("a.db-journal").write_bytes(journal)
    before = listing(tmp_path)
    records, source = read_file(path)
    assert len(records) == len(MANY)
    assert [problem.kind for problem in source.problems] == ["torn-tail"] * told
    assert listing(tmp_path) == before


def test_nothing_stays_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    reading = read(io.BytesIO(GOOD), Source(name="a.db"))
    next(reading)
    assert len(list(tmp_path.iterdir())) == 1
    reading.close()
    assert list(tmp_path.iterdir()) == []
