"""A ledger -> a file of its tokens that the loader reads: another container, the same tokens.

What the ledger's operator said goes along as far as the new form has a place for it. Numbers and
hashes are those of the new file: a chain is over bytes as they lie, and these lie anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from ectgraph.encoding import MAX_NUMBER, encode_base64url
from ectgraph.errors import EctgraphError
from ectgraph.formats.chain import Head, timestamp
from ectgraph.formats.entry import unwrap
from ectgraph.ledger import Ledger
from ectgraph.model import Entry

Form: TypeAlias = Literal["ledger", "jws", "parquet"]
"""`ectgraph-ledger/1`, one JWS a line, or a table."""

FORMS: dict[str, Form] = {".jsonl": "ledger", ".jws": "jws", ".parquet": "parquet"}
"""Forms by the suffix of the file."""

_ONE_LINE = re.compile(r"[^\s#{\"\[][^\r\n]*(?<!\s)").fullmatch
_MOST_SECONDS = 253_402_300_800  # the year 10000


class Row(msgspec.Struct, frozen=True, gc=False):
    """One token on its way."""

    ect: str
    """Its compact form; of an unsigned claims object, its bytes in base64url (level L1)."""
    jti: str | None
    recorded_at: str
    """As the source states it, else empty: no time is made up."""


def rows(ledger: Ledger) -> Iterator[tuple[Entry, Row | None]]:
    """Each entry, and its token; `None` where it has none that could be told apart from its bytes.

    Tokens that do not verify, or make no sense, go along like all others.
    """
    for entry in ledger.entries:
        text = _text(entry)
        row = None
        if text is not None:
            jti = entry.token.jti if entry.token else None
            row = Row(text, jti, _recorded_at(entry.recorded_at))
        yield entry, row


def _text(entry: Entry) -> str | None:
    """A token as one line of text that is read as that token and as nothing else."""
    record = entry.record
    if not record.whole and record.kept is not None:  # too long to have been read
        return None
    content = unwrap(record.body, max_json_depth=1000)
    if content.claims is not None:
        return encode_base64url(record.body).decode()
    if content.compact is None:
        return None
    try:
        text = content.compact.decode()
    except UnicodeDecodeError:
        return None
    return text if _ONE_LINE(text) else None


def _recorded_at(stated: str | float | None) -> str:
    if stated is None or isinstance(stated, str):
        return stated or ""
    return timestamp(stated) if abs(stated) < min(_MOST_SECONDS, MAX_NUMBER) else ""


def form(path: Path, name: str | None) -> Form:
    """The form of a file to be written, by its name or its suffix.

    Raises:
        EctgraphError: neither says it.

    >>> form(Path("ledger.jsonl"), None)
    'ledger'
    """
    found = FORMS.get(path.suffix.lower()) if name is None else name
    if found not in FORMS.values():
        endings = ", ".join(FORMS)
        message = f"{path}: the name has to end in one of {endings}, or give --format"
        raise EctgraphError(message)
    return found  # type: ignore[return-value]


def write(ledger: Ledger, path: Path, as_: Form) -> list[Entry]:
    """Write the tokens of a ledger to a new file; give the entries that were left out.

    Raises:
        EctgraphError: the file cannot be written.

    """
    left_out: list[Entry] = []

    def kept() -> Iterator[Row]:
        for entry, row in rows(ledger):
            if row is None:
                left_out.append(entry)
            else:
                yield row

    try:
        _WRITERS[as_](kept(), path)
    except OSError as error:
        message = f"{path}: cannot be written ({error.strerror or error})"
        raise EctgraphError(message) from error
    return left_out


def _chained(kept: Iterator[Row]) -> Iterator[tuple[Head, Row, bytes]]:
    """(the end of the chain before it, a token, its line)."""
    head = Head()
    for row in kept:
        line = head.line(row.ect, row.jti, row.recorded_at)
        yield head, row, line
        head = head.after(line[:-1])


def _write_ledger(kept: Iterator[Row], path: Path) -> None:
    with path.open("wb") as file:
        file.writelines(line for _, _, line in _chained(kept))


def _write_jws(kept: Iterator[Row], path: Path) -> None:
    with path.open("wb") as file:
        file.writelines(row.ect.encode() + b"\n" for row in kept)


def _write_parquet(kept: Iterator[Row], path: Path) -> None:
    from ectgraph.formats import parquet  # noqa: PLC0415

    parquet.write(
        (
            {
                "seq": head.seq + 1,
                "recorded_at": row.recorded_at or None,
                "jti": row.jti,
                "prev_hash": head.prev_hash,
                "ect": row.ect,
            }
            for head, row, _ in _chained(kept)
        ),
        path,
    )


_WRITERS: dict[Form, Callable[[Iterator[Row], Path], None]] = {
    "ledger": _write_ledger,
    "jws": _write_jws,
    "parquet": _write_parquet,
}
