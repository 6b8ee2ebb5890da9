"""What callers hand in as text: tokens, JSON, a time."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import typer

from ectgraph.cli import output
from ectgraph.errors import EctgraphError

LONGEST_LINE = 16 << 20
"""Bytes of a line that are read; what is longer is refused as it is."""

_MARGIN = b" \t\r\n"
_FILE_NAME = 255


def tokens(arguments: Iterable[str]) -> Iterator[bytes]:
    """The tokens that arguments name, `-` being those on standard input, as they come.

    Raises:
        EctgraphError: standard input cannot be read.
        typer.Exit: with 3, when there is none at all.

    """
    found = chain.from_iterable(_lines() if each == "-" else _token(each) for each in arguments)
    first = next(found, None)
    if first is None:
        output.say("there is no token: give one, or - and one a line on standard input")
        raise typer.Exit(3)
    return chain([first], found)


def _token(argument: str) -> Iterator[bytes]:
    if len(argument) < _FILE_NAME and not argument.startswith("eyJ") and Path(argument).is_file():
        message = f"{argument}: is a file; to read tokens from it write: - < {argument}"
        raise EctgraphError(message)
    token = os.fsencode(argument).strip(_MARGIN)
    if token:
        yield token


def _lines() -> Iterator[bytes]:
    """The tokens on standard input, without blank lines and comments, or the entries around them.

    A line of a ledger file will do as well: the token in it is taken.
    """
    from ectgraph.formats.entry import unwrap  # noqa: PLC0415
    from ectgraph.policy import Policy  # noqa: PLC0415

    file = stdin()
    mark = b"\xef\xbb\xbf"  # some shells put it before what they pipe
    try:
        for line in iter(lambda: file.readline(LONGEST_LINE), b""):
            if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
                _skip_line(file)
            text = line.removeprefix(mark).strip(_MARGIN)
            mark = b""
            if text and not text.startswith(b"#"):
                content = unwrap(text, Policy().max_json_depth)
                yield text if content.problems else content.compact or text
    except OSError as error:
        message = f"-: cannot be read ({error.strerror})"
        raise EctgraphError(message) from error


def _skip_line(file: BinaryIO) -> None:
    for rest in iter(lambda: file.readline(LONGEST_LINE), b""):
        if rest.endswith(b"\n"):
            return


def stdin() -> BinaryIO:
    """Standard input, as bytes.

    Raises:
        EctgraphError: the caller has closed it.

    """
    if sys.stdin is None:
        message = "-: cannot be read (standard input is closed)"
        raise EctgraphError(message)
    return sys.stdin.buffer


def read(path: str | Path, limit: int) -> bytes:
    """The bytes of a small file, or of standard input for `-`.

    Raises:
        EctgraphError: it cannot be read, or is larger than `limit` bytes.

    """
    try:
        if str(path) == "-":
            data = stdin().read(limit + 1)
        else:
            with Path(path).open("rb") as file:
                data = file.read(limit + 1)
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror})"
        raise EctgraphError(message) from error
    if len(data) > limit:
        message = f"{path}: is larger than {limit:,} bytes"
        raise EctgraphError(message)
    return data


class Clock:
    """The time to judge tokens at: now, a time that the caller states, or each token's own `iat`.

    >>> Clock("2026-02-24T14:23:20Z").set_by(None)()
    1771943000.0
    """

    def __init__(self, at: str | None) -> None:
        """Take what the caller said.

        Raises:
            EctgraphError: it is no time.

        """
        self._own = at == "iat"
        self._stated = None if at is None or self._own else seconds(at)
        self._iat: float | None = None

    def set_by(self, iat: float | None) -> Clock:
        """Go by a token, where that is what the caller wants."""
        self._iat = iat if self._own else None
        return self

    def __call__(self) -> float:
        """Tell the time, in seconds since 1970; of a token without `iat`, what time it is."""
        if self._iat is not None:
            return self._iat
        return time.time() if self._stated is None else self._stated


def seconds(text: str) -> float:
    """The time at which something is judged, in seconds since 1970.

    Raises:
        EctgraphError: it is none.

    >>> seconds("2026-03-01T12:00Z")
    1772366400.0
    """
    from ectgraph import moment  # noqa: PLC0415

    try:
        return moment.seconds(text, dates=False)
    except EctgraphError as error:
        message = f"--at: {error} (see --help for the words that stand for one)"
        raise EctgraphError(message) from None


def since(text: str) -> float:
    """The time from which on something counts; of a date its first moment, in UTC.

    Raises:
        EctgraphError: it is none.

    >>> since("2026-03-01") == seconds("2026-03-01T00:00:00Z")
    True
    """
    from ectgraph import moment  # noqa: PLC0415

    try:
        return moment.seconds(text)
    except EctgraphError as error:
        message = f"--since: {error}"
        raise EctgraphError(message) from None
