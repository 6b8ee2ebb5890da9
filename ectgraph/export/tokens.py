"""A ledger -> a file of its tokens that the loader reads: another container, the same tokens.

What the ledger's operator said goes along as far as the new form has a place for it. Numbers and
hashes are those of the new file: a chain is over bytes as they lie, and these lie anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

import msgspec

from ectgraph.encoding import encode_base64url
from ectgraph.errors import EctgraphError
from ectgraph.formats import detect
from ectgraph.formats.chain import Head, timestamp
from ectgraph.formats.compressed import compression
from ectgraph.formats.entry import unwrap
from ectgraph.ledger import Ledger
from ectgraph.model import Entry

Form: TypeAlias = Literal["ledger", "jws", "parquet"]
"""`ectgraph-ledger/1`, one JWS a line, or a table."""

FORMS: dict[str, Form] = {".jsonl": "ledger", ".jws": "jws", ".parquet": "parquet"}
"""Forms by the suffix of the file."""

_ONE_LINE = re.compile(r"[^\s#{\"\[\ufeff][^\r\n]*(?<!\s)").fullmatch


class Row(msgspec.Struct, frozen=True, gc=False):
    """One token on its way."""

    ect: str
    """Its compact form; of an unsigned claims object, its bytes in base64url (level L1)."""
    jti: str | None
    recorded_at: str
    """As the source states it, else empty: no time is made up."""


def rows(ledger: Ledger) -> Iterator[tuple[Entry, Row | None]]:
    """Each entry, and its token; `None` where it has none, or may have two.

    Tokens that do not verify, or are damaged, go along like all others, as long as they have the
    shape of one.
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
    if content.problems:  # what is wrong with the entry would be gone, and its token look better
        return None
    if content.claims is not None:
        return encode_base64url(record.body).decode() if entry.token else None
    try:
        text = (content.compact or b"").decode()
    except UnicodeDecodeError:
        return None
    has_shape = entry.token is not None or text.count(".") == 2
    return text if has_shape and _ONE_LINE(text) else None


def _recorded_at(stated: str | float | None) -> str:
    if stated is None or isinstance(stated, str):
        return stated or ""
    with suppress(ValueError, OverflowError, OSError):  # no calendar holds it
        return timestamp(stated)
    return ""


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
    with _new(path) as file:
        file.writelines(line for _, _, line in _chained(kept))


def _write_jws(kept: Iterator[Row], path: Path) -> None:
    with _new(path) as file:
        for number, row in enumerate(kept):
            line = row.ect.encode() + b"\n"
            if number == 0 and (compression(line) or detect(line) != "jws"):
                file.write(b"\n")  # or it would be taken for the beginning of another format
            file.write(line)


@contextmanager
def _new(path: Path) -> Iterator[BinaryIO]:
    """A new file; empty when it could not be made whole, for half a ledger looks like a whole one.

    It is no file next to it that takes its place, for it may be a device or a pipe.
    """
    try:
        with path.open("wb") as file:
            yield file
    except BaseException:
        if path.is_file():
            with suppress(OSError):
                path.write_bytes(b"")
        raise


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
