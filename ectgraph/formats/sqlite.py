"""The `sqlite` format: a database file; each row of one table is a record.

A database may be evidence against whoever wrote it. So a copy is opened, never the file itself,
next to which SQLite would write; nothing that a schema can hide is run (views, triggers, virtual
tables, generated columns); and how much is read is bounded by the size of the file.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeAlias

from msgspec.structs import replace

from ectgraph.escape import terminal
from ectgraph.formats.cutter import TOKEN
from ectgraph.formats.lines import HEAD
from ectgraph.formats.source import Source
from ectgraph.formats.spool import as_file
from ectgraph.formats.table import BESIDE, Column, choose, facts, record, tell_others, told_which
from ectgraph.model import Record

_LONGEST = 64 << 20  # bytes of a cell above which it is read in pieces
_SAMPLED_ROWS = 1000
_PIECE = 1 << 20
_STEPS = 1_000_000  # of SQLite's virtual machine, between two looks at how many there were

_LIMITS = {
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 1 << 20,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 0,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
_PRAGMAS = (
    "trusted_schema = OFF",
    "query_only = ON",
    "cell_size_check = ON",
    "mmap_size = 0",
    "writable_schema = ON",  # or SQLite refuses a file that was cut short as a whole
)

_Row: TypeAlias = tuple[int | None, Sequence[Any] | None]


def read(file: BinaryIO, source: Source) -> Iterator[Record]:
    """Yield a record for each row, in the order of the row ids (else of the primary key).

    A cell is read as its bytes, a number as its text, null as no bytes. Rows that are committed
    but still in the write-ahead log next to the file are rows. Where the database is damaged the
    rows before the damage are read.

    Raises:
        EctgraphError: the table or column is not there, or it takes the caller to choose one.

    >>> import io
    >>> with closing(sqlite3.connect(":memory:")) as database:
    ...     _ = database.execute("CREATE TABLE ledger (ect TEXT, seq INTEGER)")
    ...     _ = database.execute("INSERT INTO ledger VALUES ('eyJh.eyJp.c2ln', 1)")
    ...     database.commit()
    ...     file = io.BytesIO(database.serialize())
    >>> [(r.raw, r.address, r.beside) for r in read(file, Source(name="a.db"))]
    [(b'eyJh.eyJp.c2ln', 'table ledger, row 1', {'seq': 1})]

    """
    with as_file(file, "copy.sqlite") as copy:
        log = _bring_log(copy, source)
        if not log:
            _tell_if_cut(copy, source)
        size = copy.stat().st_size + log
        with closing(sqlite3.connect(f"{copy.as_uri()}?mode=ro", uri=True)) as database:
            yield from _Reading(database, size, source).records()


def _bring_log(copy: Path, source: Source) -> int:
    """Copy the write-ahead log next to the database, if there is one; give its size.

    A rollback journal is not brought: a forged one can make SQLite delete any file.
    """
    if source.path is None:
        return 0
    try:
        path = source.path.resolve()  # they lie next to the file itself, not next to a link to it
        log = path.with_name(path.name + "-wal")
        journal = path.with_name(path.name + "-journal")
        if journal.is_file() and any(_head(journal, 8)):
            detail = f"its last transaction may be half written: {journal.name} is left over"
            source.tell("torn-tail", detail)
        if log.is_file():
            shutil.copyfile(log, copy.with_name(copy.name + "-wal"))
            return log.stat().st_size
    except OSError as error:
        detail = f"what lies next to it cannot be read ({error.strerror}): rows may be missing"
        source.tell("unreadable-record", detail)
    return 0


def _tell_if_cut(copy: Path, source: Source) -> None:
    """Compare the size of a database with the one in its header (sqlite.org/fileformat.html)."""
    header = _head(copy, 100)
    page = int.from_bytes(header[16:18])
    expected = (65536 if page == 1 else page) * int.from_bytes(header[28:32])
    size = copy.stat().st_size
    if header[24:28] == header[92:96] and size < expected:  # else the header's size is not kept up
        detail = f"the database ends after {size} of {expected} bytes"
        source.tell("torn-tail", f"{detail}; rows in its last page may be damaged")


def _head(path: Path, length: int) -> bytes:
    with path.open("rb") as file:
        return file.read(length)


class _Table(NamedTuple):
    """A table, as far as reading it goes."""

    name: str
    columns: tuple[str, ...]
    rowid: str | None
    """What its row id is called; `None` where it has none."""
    key: tuple[str, ...]
    """The columns of its primary key."""

    def query(self, columns: Iterable[str]) -> str:
        """A query for row ids and cells, in order; takes how many at most, and after how many."""
        # With its table, or SQLite takes the name of a column that is not there for a text.
        selected = [self.rowid or "NULL", *map(self._qualified, columns)]
        order = [self.rowid] if self.rowid else list(map(self._qualified, self.key))
        rows = f"{_quoted(self.name)} NOT INDEXED" + f" ORDER BY {', '.join(order)}" * bool(order)
        return f"SELECT {', '.join(selected)} FROM {rows} LIMIT ? OFFSET ?"  # noqa: S608  # quoted

    def _qualified(self, column: str) -> str:
        return f"{_quoted(self.name)}.{_quoted(column)}"


class _OverdrawnError(Exception):
    """More was read than there can be."""


class _Reading:
    """Reads one database, with work that is bounded by its size.

    In a sound database no two cells share a byte. In a forged one all rows can share one long
    chain of pages, and pages can have each other as children many times over.
    """

    def __init__(self, database: sqlite3.Connection, size: int, source: Source) -> None:
        self._database = database
        self._source = source
        self._most = 2 * size + (1 << 20)  # text in UTF-16 grows when it is read as UTF-8
        self._left = self._most
        self._steps_left = 30 + size // 10_000
        self._unsampled = ""
        database.set_progress_handler(self._step, _STEPS)
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
        for limit, value in _LIMITS.items():
            database.setlimit(limit, value)
        database.text_factory = bytes

    def records(self) -> Iterator[Record]:
        """The records, as far as they can be read."""
        done = 0
        try:
            for pragma in _PRAGMAS:
                self._database.execute(f"PRAGMA {pragma}")
            tables = {table.name: table for table in self._tables()}
            columns = [Column(t.name, name) for t in tables.values() for name in t.columns]
            chosen = choose(
                columns,
                self._source,
                lambda each: self._sample(tables[each.table or ""], each.name),
            )
            if chosen is not None:
                self._left = self._most
                for made in self._records(tables[chosen.table or ""], chosen.name):
                    yield made
                    done += 1
                self._left = self._most
                if not told_which(self._source, chosen):
                    tell_others(self._with_tokens(tables.values(), chosen), self._source)
            elif self._unsampled:
                self._source.tell("unreadable-record", self._unsampled)
        except (sqlite3.Error, _OverdrawnError) as error:
            forged = self._left < 0 or self._steps_left < 0
            why = "its pages are used many times over" if forged else terminal(str(error), 200)
            kind = "limit-reached" if forged else "unreadable-record"
            self._source.tell(kind, f"the database cannot be read on after {done} rows ({why})")

    def _tables(self) -> Iterator[_Table]:
        """The tables that hold their own rows: no views, no virtual tables, none of SQLite's."""
        names = self._database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0"
            " AND substr(name, 1, 7) <> 'sqlite_' ORDER BY rowid"
        ).fetchall()
        for name in (_text(name) for (name,) in names):
            # cid, name, type, not null, default, place in the key, hidden or generated
            rows = self._database.execute(f"PRAGMA table_xinfo({_quoted(name)})").fetchall()
            taken = {_text(row[1]).lower() for row in rows}
            rowids = (alias for alias in ("rowid", "oid", "_rowid_") if alias not in taken)
            keys = sorted((row[5], _text(row[1])) for row in rows if row[5])
            yield _Table(
                name,
                tuple(_text(row[1]) for row in rows if not row[6]),
                next((alias for alias in rowids if self._has(name, alias)), None),
                tuple(key for _, key in keys),
            )

    def _has(self, table: str, rowid: str) -> bool:
        try:
            self._database.execute(f"SELECT {rowid} FROM {_quoted(table)} LIMIT 0")  # noqa: S608
        except sqlite3.OperationalError:
            return False
        return True

    def _sample(self, table: _Table, column: str) -> Iterator[bytes]:
        """Some values of a column that are not null, as far as they can be read."""
        try:
            for _, cells in islice(self._rows(table, [column]), _SAMPLED_ROWS):
                if cells is not None and cells[0] is not None:
                    yield self._cell(cells[0])
        except sqlite3.Error as error:
            what = terminal(f"table {table.name} ({error})", 300)
            self._unsampled = self._unsampled or f"not all rows can be looked at: {what}"

    def _with_tokens(self, tables: Iterable[_Table], chosen: Column) -> list[Column]:
        """The columns that hold a token, be it in one cell, without the one that was chosen."""
        found: dict[Column, None] = {}
        try:
            for table in tables:
                columns = [Column(table.name, name) for name in table.columns]
                others = [column for column in columns if column != chosen]
                if not others:
                    continue
                with suppress(sqlite3.Error):  # damage to what nobody asked for
                    for _, cells in self._rows(table, [column.name for column in others]):
                        for column, cell in zip(others, cells or (), strict=False):
                            if isinstance(cell, bytes) and self._holds_token(cell):
                                found[column] = None
        except _OverdrawnError:
            detail = "whether other columns hold tokens cannot be told: they hold too much"
            self._source.tell("limit-reached", detail)
        return list(found)

    def _holds_token(self, cell: bytes) -> bool:
        self._count(len(cell))
        return TOKEN.search(cell) is not None

    def _records(self, table: _Table, column: str) -> Iterator[Record]:
        name = terminal(table.name, 100)
        beside = [each for each in table.columns if each in BESIDE and each != column]
        for index, (rowid, cells) in enumerate(self._rows(table, [column, *beside])):
            row = f"row {index + 1} in the order of its key" if rowid is None else f"row {rowid}"
            address = f"table {name}, {row}"
            if cells is None:
                yield self._long(
                    table.name, column, rowid or 0, record(self._source, index, b"", address)
                )
                continue
            raw, *_ = map(self._cell, cells)  # all of them count
            stated = facts(dict(zip(beside, cells[1:], strict=False)))
            yield record(self._source, index, raw, address, stated)

    def _rows(self, table: _Table, columns: Sequence[str]) -> Iterator[_Row]:
        """(row id, cells) of each row; no cells where one is too long to be had at once."""
        query, done = table.query(columns), 0
        while True:
            try:
                for rowid, *cells in self._database.execute(query, (-1, done)):
                    yield rowid, cells
                    done += 1
            except sqlite3.Error as error:  # Python's cursor is a row ahead and lost a good row
                if self._steps_left < 0:
                    raise _OverdrawnError from error
            else:
                return
            yield self._row(table, columns, done)
            done += 1

    def _row(self, table: _Table, columns: Sequence[str], done: int) -> _Row:
        """One row on its own, after so many others; if need be its first cell alone, or no cell."""
        for wanted in (columns, columns[:1]):
            with suppress(sqlite3.DataError):  # one of the cells is too long
                rowid, *cells = self._one(table.query(wanted), done)
                return rowid, cells
        (rowid,) = self._one(table.query([]), done)
        if rowid is None:
            raise sqlite3.DataError("a cell is too long")
        self._left -= _LONGEST
        return rowid, None

    def _one(self, query: str, done: int) -> tuple[Any, ...]:
        found: tuple[Any, ...] | None = self._database.execute(query, (1, done)).fetchone()
        if found is None:
            raise sqlite3.DatabaseError("a row is not there when it is read again")
        return found

    def _long(self, table: str, column: str, rowid: int, empty: Record) -> Record:
        """Fill the record of a cell that is too long to be had at once, in pieces."""
        most = max(HEAD, self._source.max_record_bytes)
        kept, length, digest = bytearray(), 0, hashlib.sha256()
        with self._database.blobopen(table, column, rowid, readonly=True) as blob:
            for piece in iter(lambda: blob.read(_PIECE), b""):
                digest.update(self._cell(piece))
                kept += piece[: most - len(kept)]
                length += len(piece)
        whole = bytes(kept[: length if length <= most else HEAD])
        return replace(empty, kept=whole, length=length, digest=digest.digest())

    def _cell(self, value: bytes | float | None) -> bytes:
        """A cell as bytes, which text already is; UTF-16 as UTF-8."""
        self._count(1 + (len(value) if isinstance(value, bytes) else 0))
        if isinstance(value, bytes):
            return value
        return b"" if value is None else str(value).encode()

    def _count(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise _OverdrawnError

    def _step(self) -> bool:
        """Whether to stop; called by SQLite once in a while."""
        self._steps_left -= 1
        return self._steps_left < 0


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(name: object) -> str:
    """A name in the schema; where damage made a number of it, the schema says nothing."""
    if not isinstance(name, bytes):
        message = "its schema is damaged"
        raise sqlite3.DatabaseError(message)
    return name.decode(errors="replace")
