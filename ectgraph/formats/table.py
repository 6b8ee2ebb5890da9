"""What sources with rows and columns share: which column holds the tokens, what record a row makes.

A database holds many things, and the ledger is one column of one table. Where nothing but that
column holds tokens nobody has to name it; where two do, the choice is the caller's.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from ectgraph.errors import EctgraphError
from ectgraph.escape import terminal
from ectgraph.formats.entry import COPIES, FACTS, token_bytes
from ectgraph.formats.lines import HEAD
from ectgraph.formats.source import Source
from ectgraph.model import Record

BESIDE = FACTS | {name for name, claim in COPIES.items() if claim != "parents"}
"""Columns that tell something of the entry in their row; a list of parents fits into no cell."""

SAMPLE = 100
"""Values of a column that are looked at to tell whether it holds tokens."""

_LISTED = 12
_TOLD = 5
_COMPACT = re.compile(rb"e[wy][\w-]*\.[\w-]+\.[\w-]*")  # its first bytes are '{"', or '{' and space


class Column(NamedTuple):
    """A column that may hold tokens."""

    table: str | None
    """`None` where the source is one table, without a name."""
    name: str

    @property
    def options(self) -> str:
        """How to name it on the command line."""
        given = [] if self.table is None else ["--table", self.table]
        return shlex.join([*given, "--column", self.name])


def choose(
    columns: Sequence[Column], source: Source, sample: Callable[[Column], Iterable[bytes]]
) -> Column | None:
    """Find the column that holds the tokens: the one that the caller named, else the only one.

    Args:
        columns: all there are.
        source: what the caller said, and what is told when no column holds tokens.
        sample: gives some values of a column, those that are not null.

    Raises:
        EctgraphError: there is no such table or column, or several hold tokens.

    >>> values = {"note": [b"hello"], "ect": [b"eyJhbGciOi.eyJpc3MiOi.c2ln"]}
    >>> columns = [Column("ledger", name) for name in values]
    >>> choose(columns, Source(name="a.db"), lambda column: values[column.name])
    Column(table='ledger', name='ect')

    """
    meant = _meant(columns, source)
    if source.column is not None and len(meant) == 1:
        return meant[0]
    holding = [column for column in meant if holds_tokens(sample(column))]
    if len(holding) > 1:
        choices = _listed(column.options for column in holding)
        raise EctgraphError(f"{source.name}: several columns hold tokens; choose: {choices}")
    if not holding:
        names = _listed(column.options for column in meant) or "it has none"
        source.tell("unreadable-record", f"no column of it is seen to hold tokens: {names}")
    return holding[0] if holding else None


def told_which(source: Source, chosen: Column) -> bool:
    """Whether it was the caller who chose, so that other columns are left out on purpose.

    >>> told_which(Source(name="a.db", table="ledger"), Column("ledger", "ect"))
    True
    """
    named = source.table is not None and chosen.table is not None
    return named or source.column is not None


def tell_others(others: Sequence[Column], source: Source) -> None:
    """Tell of columns that hold tokens and were not read.

    >>> source = Source(name="a.db")
    >>> tell_others([Column("ledger", "retry")], source)
    >>> source.problems[0].detail.partition("; ")[2]
    '--table ledger --column retry reads it'
    """
    for column in others[:_TOLD]:
        table = "" if column.table is None else f" of table {terminal(column.table, 80)}"
        what = f"column {terminal(column.name, 80)}{table} holds what looks like tokens as well"
        how = f"{terminal(column.options, 200)} reads it"
        source.tell("unreadable-record", f"{what}, and was not read; {how}")
    if len(others) > _TOLD:
        more = f"{len(others) - _TOLD} more columns hold what looks like tokens as well"
        source.tell("unreadable-record", f"{more}, and were not read")


def _meant(columns: Sequence[Column], source: Source) -> list[Column]:
    """The columns that the caller leaves to choose from."""
    meant = list(columns)
    tables = dict.fromkeys(column.table for column in columns if column.table is not None)
    if source.table is not None and (tables or not columns):
        meant = [column for column in meant if column.table == source.table]
        if not meant:
            raise _unknown("table", source.table, list(tables), source)
    if source.column is not None:
        named = [column for column in meant if column.name == source.column]
        if not named:
            names = list(dict.fromkeys(column.name for column in meant))
            raise _unknown("column", source.column, names, source)
        meant = named
    return meant


def _unknown(what: str, name: str, there: Sequence[str], source: Source) -> EctgraphError:
    near = difflib.get_close_matches(name, there, n=1)
    hint = f"; did you mean {terminal(near[0], 80)!r}?" if near else ""
    listed = _listed(map(repr, there)) or "none"
    return EctgraphError(f"{source.name}: no {what} {name!r}{hint} (there: {listed})")


def _listed(names: Iterable[str]) -> str:
    """Names in one line of bounded length."""
    shown = [terminal(name, 80) for name in names]
    more = f" | and {len(shown) - _LISTED} more" if len(shown) > _LISTED else ""
    return " | ".join(shown[:_LISTED]) + more


def holds_tokens(values: Iterable[bytes]) -> bool:
    """Whether at least half of some values are compact JWSs, or JSON around one.

    >>> holds_tokens([b'{"seq":1,"ect":"eyJh.eyJp.c2ln"}', b"torn"]), holds_tokens([])
    (True, False)
    """
    seen = [_COMPACT.fullmatch(token_bytes(value)) for value in islice(values, SAMPLE)]
    return 0 < len(seen) <= 2 * sum(match is not None for match in seen)


def facts(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the other cells of a row say of its entry; text may come as bytes.

    A text that is longer than any of them may be is cut, so it still differs from what is signed.

    >>> facts({"seq": 7, "jti": b"t", "size": 812, "iss": None})
    {'seq': 7, 'jti': 't'}
    """
    found = {}
    for name, value in row.items():
        fact = value[:HEAD] if isinstance(value, (bytes, str)) else value
        if isinstance(fact, bytes):
            fact = fact.decode(errors="replace")
        if name in BESIDE and type(fact) in (str, int, float):
            found[name] = fact
    return found or None


def record(
    source: Source, index: int, raw: bytes, address: str, beside: dict[str, Any] | None = None
) -> Record:
    """Make a record of bytes that do not lie in their source as they are.

    >>> record(Source(name="a.db"), 0, b"a.b.c", "table ledger, row 1").body
    b'a.b.c'
    """
    kept = raw if len(raw) <= source.max_record_bytes else raw[:HEAD]
    digest = hashlib.sha256(raw).digest()
    return Record(
        source.name, None, None, len(raw), index, digest, 0, 0, kept, address=address, beside=beside
    )
