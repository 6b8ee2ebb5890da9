"""The `parquet` format: each row of a Parquet file is a record; and writing such a file.

Both are pyarrow's work, which is an extra and only imported here, when it is needed. A copy of the
file is read, as with a database: what is read is then what was digested.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from ectgraph.errors import EctgraphError
from ectgraph.escape import terminal
from ectgraph.formats.compressed import FREE
from ectgraph.formats.cutter import TOKEN
from ectgraph.formats.source import Source
from ectgraph.formats.spool import as_file
from ectgraph.formats.table import BESIDE, Column, choose, facts, record, tell_others, told_which
from ectgraph.model import Record

WRITTEN = {
    "seq": "int64",
    "recorded_at": "string",
    "jti": "string",
    "prev_hash": "string",
    "ect": "string",
}
"""The columns that `write` writes, and their types."""

_SMALLEST = 12  # bytes: "PAR1", how long its index is, "PAR1"
_TEXTS = frozenset(
    ("string", "large_string", "string_view", "binary", "large_binary", "binary_view")
)
_BATCH_ROWS = 1024
_BATCH_BYTES = 16 << 20
_SAMPLED_ROWS = 1000
_ROW_BYTES = 256  # about what a record costs, however little it holds
_WRITTEN_ROWS = 16 << 10  # in a row group


def read(file: BinaryIO, source: Source) -> Iterator[Record]:
    """Yield a record for each row, in order; addresses count rows from 1.

    A cell is read as its bytes, null as no bytes. Where a row group is damaged the others are still
    read; where only other columns are damaged, the tokens are.

    Raises:
        EctgraphError: pyarrow is not installed, the column is not there, or it takes the caller to
            choose one.

    """
    pyarrow = _pyarrow(source.name)
    with as_file(file, "copy.parquet") as copy, pyarrow.OSFile(str(copy)) as opened:
        yield from _Reading(pyarrow, opened, source).records()


def _pyarrow(name: str | Path) -> Any:
    try:
        import pyarrow.compute  # noqa: PLC0415  # an extra
        import pyarrow.parquet  # noqa: PLC0415
    except ImportError as error:
        hint = "install it: pip install 'ectgraph[parquet]'"
        raise EctgraphError(f"{name}: Parquet needs pyarrow; {hint}") from error
    return pyarrow


class _OverdrawnError(Exception):
    """The file holds far more than files of its size do."""


class _Reading:
    """Reads one file."""

    def __init__(self, pyarrow: Any, opened: Any, source: Source) -> None:
        self._pyarrow = pyarrow
        self._opened = opened
        self._source = source
        self._most = self._left = FREE + source.max_ratio * opened.size()
        self._why = ""
        # pyarrow raises OSError for damaged bytes; names in a schema may be no text.
        self._damage = (pyarrow.ArrowException, OSError, ValueError, LookupError, OverflowError)

    def records(self) -> Iterator[Record]:
        """The records, as far as they can be read."""
        try:
            self._file = self._open([])
            columns = self._columns()
            self._texts = [name for name, kind in columns.items() if str(kind) in _TEXTS]
            self._by_value = self._open(self._texts)
        except self._damage as error:
            self._tell_unreadable(error)
            return
        try:
            texts = [Column(None, name) for name in self._texts]
            chosen = choose(texts, self._source, self._sample)
            if chosen is not None:
                self._left, self._why = self._most, ""
                beside = [name for name in columns if name in BESIDE and name != chosen.name]
                yield from self._records(chosen.name, beside)
                if not told_which(self._source, chosen):
                    others = [column for column in texts if column != chosen]
                    tell_others([c for c in others if self._has_token(c)], self._source)
            elif self._why:
                detail = f"not all rows can be looked at ({self._why})"
                self._source.tell("unreadable-record", detail)
        except _OverdrawnError:
            detail = (
                f"it is not read on: it holds more than {self._source.max_ratio} times its size"
            )
            self._source.tell("limit-reached", detail)

    def _open(self, by_value: Sequence[str]) -> Any:
        """Open the file; columns named are read as distinct values, and where each of them is."""
        return self._pyarrow.parquet.ParquetFile(
            self._opened,
            read_dictionary=list(by_value),
            pre_buffer=False,
            buffer_size=1 << 16,
            page_checksum_verification=True,
        )

    def _columns(self) -> dict[str, Any]:
        """The columns that hold text, numbers or known times, and their types.

        Of two with one name neither is taken: it would not be known which was read.
        """
        schema, types = self._file.schema_arrow, self._pyarrow.types
        counts = Counter(schema.names)
        found = {}
        for field in schema:
            kind = self._kind(field.type)
            number = types.is_integer(kind) or types.is_floating(kind)
            time = types.is_timestamp(kind) and kind.tz is not None
            if counts[field.name] == 1 and (str(kind) in _TEXTS or number or time):
                found[field.name] = kind
        return found

    def _tell_unreadable(self, error: Exception) -> None:
        size = self._opened.size()
        if size < _SMALLEST or self._opened.read_at(4, size - 4) != b"PAR1":
            detail = "it breaks off; where its rows are stands at its end, so none can be read"
            self._source.tell("torn-tail", detail)
        else:
            self._source.tell("unreadable-record", f"it cannot be read ({_said(error)})")

    def _groups(self) -> range:
        return range(self._file.num_row_groups)

    def _sample(self, column: Column) -> Iterator[bytes]:
        """Some values of a column that are not null, as far as they can be read."""
        rows = (row for group in self._groups() for row in self._group(group, [column.name]))
        return (value for (value,) in islice(rows, _SAMPLED_ROWS) if value is not None)

    def _has_token(self, column: Column) -> bool:
        """Whether a token is among the values that are looked at."""
        self._left = self._most
        with suppress(_OverdrawnError):
            return any(TOKEN.search(value) for value in self._sample(column))
        return False

    def _records(self, column: str, beside: Sequence[str]) -> Iterator[Record]:
        index = before = first = 0
        for group in self._groups():
            done = 0
            for cell, *others in self._group(group, [column, *beside]):
                done += 1
                stated = facts(dict(zip(beside, others, strict=False)))
                yield record(self._source, index, cell or b"", f"row {before + done}", stated)
                index += 1
            rows = self._file.metadata.row_group(group).num_rows
            if done < rows:
                first = first or before + done + 1
            before += max(rows, done)
        total = max(before, self._file.metadata.num_rows)
        if index < total:
            why = self._why or "they are not there"
            what = f"{total - index} of {total} rows cannot be read, the first is row"
            self._source.tell("unreadable-record", f"{what} {first or total} ({why})")
        elif self._why:
            what = "cells next to the tokens cannot be read"
            self._source.tell("unreadable-record", f"{what} ({self._why})")

    def _group(self, group: int, columns: Sequence[str]) -> Iterator[Sequence[Any]]:
        """The rows of a row group; after damage those of the first column, as far as they go."""
        done = 0
        try:
            for row in self._rows(group, columns, self._batch_rows(group, columns)):
                yield row
                done += 1
        except self._damage as error:
            self._why = self._why or _said(error)
            with suppress(*self._damage):
                yield from islice(self._rows(group, columns[:1], 1), done, None)

    def _batch_rows(self, group: int, columns: Sequence[str]) -> int:
        """How many rows to read at a time: a value that is stored once may stand in each of them.

        So a row counts as long as the average one, or the longest value of those stored once.
        """
        texts = [column for column in columns if column in self._texts]
        first = self._by_value.iter_batches(batch_size=1, row_groups=[group], columns=texts)
        compute = self._pyarrow.compute
        lengths = [
            compute.max(compute.binary_length(getattr(column, "dictionary", column))).as_py() or 0
            for batch in islice(first, 1)
            for column in batch.columns
        ]
        stated = self._file.metadata.row_group(group)
        longest: int = max(1, *lengths, stated.total_byte_size // max(1, stated.num_rows))
        return max(1, min(_BATCH_ROWS, _BATCH_BYTES // longest))

    def _rows(self, group: int, columns: Sequence[str], at_a_time: int) -> Iterator[Sequence[Any]]:
        """The cells of each row of a row group."""
        batches = self._file.iter_batches(
            at_a_time, row_groups=[group], columns=list(columns), use_threads=False
        )
        for batch in batches:
            cells = [self._cells(batch.column(name)) for name in columns]
            for row in zip(*cells, strict=True):
                self._left -= _ROW_BYTES + sum(len(c) for c in row if isinstance(c, bytes))
                if self._left < 0:
                    raise _OverdrawnError
                yield row

    def _cells(self, column: Any) -> list[Any]:
        """The cells of a column: texts as bytes, times as seconds since 1970."""
        arrow, kind = self._pyarrow, self._kind(column.type)
        if str(kind) in _TEXTS:
            return column.cast(arrow.large_binary()).to_pylist()  # type: ignore[no-any-return]
        if arrow.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        if arrow.types.is_timestamp(kind):
            moments = column.cast(arrow.timestamp("us", kind.tz), safe=False).cast(arrow.int64())
            return [None if moment is None else moment / 1e6 for moment in moments.to_pylist()]
        return column.to_pylist()  # type: ignore[no-any-return]

    def _kind(self, type_: Any) -> Any:
        """The type of a column's values, however they are stored."""
        return type_.value_type if self._pyarrow.types.is_dictionary(type_) else type_


def _said(error: Exception) -> str:
    return terminal(" ".join(str(error).split()), 200)


def write(rows: Iterable[Mapping[str, Any]], target: Path) -> None:
    """Write entries as a Parquet file, batch by batch; the same rows make the same bytes.

    Args:
        rows: entries with the members `seq`, `recorded_at`, `jti`, `prev_hash` and `ect`; what an
            entry lacks is null.
        target: the file, which is there when it is complete, and not before.

    Raises:
        EctgraphError: pyarrow is not installed, a value has no place in its column, or the file
            cannot be written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     target = Path(folder, "a.parquet")
    ...     write([{"seq": 1, "ect": "eyJh.eyJp.c2ln"}], target)
    ...     with target.open("rb") as file:
    ...         [(r.raw, r.address, r.beside) for r in read(file, Source(name="a.parquet"))]
    [(b'eyJh.eyJp.c2ln', 'row 1', {'seq': 1})]

    """
    pyarrow = _pyarrow(target)
    schema = pyarrow.schema(list(WRITTEN.items()))
    part = target.with_name(target.name + ".part")
    remaining = iter(rows)
    try:
        with pyarrow.parquet.ParquetWriter(
            part, schema, compression="zstd", use_dictionary=False, write_page_checksum=True
        ) as writer:
            while batch := list(islice(remaining, _WRITTEN_ROWS)):
                writer.write_batch(_batch(pyarrow, batch, schema, target))
        part.replace(target)
    except OSError as error:
        raise EctgraphError(f"{target}: cannot be written ({error.strerror or error})") from error
    finally:
        part.unlink(missing_ok=True)


def _batch(pyarrow: Any, rows: Sequence[Mapping[str, Any]], schema: Any, target: Path) -> Any:
    try:
        return pyarrow.RecordBatch.from_pylist(rows, schema=schema)
    except (pyarrow.ArrowException, ValueError, TypeError, OverflowError) as error:
        hint = "convert to another format"
        raise EctgraphError(f"{target}: a value does not fit ({_said(error)}); {hint}") from error
