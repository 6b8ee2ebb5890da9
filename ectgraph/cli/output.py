"""Where output goes: data to stdout or a file, talk and progress to stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ectgraph import escape, labels
from ectgraph.errors import EctgraphError

if TYPE_CHECKING:
    from ectgraph.case import Case
    from ectgraph.loader import Progress
    from ectgraph.model import Finding


class Color(StrEnum):
    """When text for people has colours and links."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


def say(message: str) -> None:
    """Tell the caller something, in one line on stderr."""
    typer.echo(f"ectgraph: {escape.terminal(message)}", err=True)


def done(target: Path, what: str) -> None:
    """Tell the caller on stderr what a file that was written shows."""
    typer.echo(escape.terminal(f"{target}: {what}"), err=True)


def refused(what: str, finding: Finding) -> None:
    """Tell the caller on stderr why a token was refused."""
    say(f"{what}: {finding.code} {finding.name}: {escape.terminal(finding.message, escape.LONG)}")
    typer.echo(f"  → {finding.advice}", err=True)


def need_records(case: Case) -> None:
    """End with exit code 3 where a ledger has nothing to show."""
    if not case.ledger:
        say("there is no record to show")
        raise typer.Exit(3)


def need_tasks(case: Case) -> None:
    """End with exit code 3 where a ledger has nothing to draw, also where no record is a task."""
    need_records(case)
    if not case.graph:
        records = labels.count(len(case.ledger), "record")
        say(f"there is no task to show in {records}; `ectgraph lint` tells why")
        raise typer.Exit(3)


def keep_sources(output: Path | None, sources: Iterable[str | Path]) -> None:
    """Refuse to write over what is being read, in folders as well: evidence is never replaced."""
    if output is None or not output.exists():
        return
    for source in sources:
        if any(Path(name).exists() and output.samefile(name) for name in _meant(source)):
            message = f"{output}: is one of the sources, and is not written over"
            raise EctgraphError(message)


def _meant(source: str | Path) -> list[str]:
    """The files that a source means; none where there is no such thing, which reading it tells."""
    from ectgraph.sources import expand  # noqa: PLC0415

    try:
        names = [origin.name for origin in expand([source])]
    except EctgraphError:
        return []
    return names + [f"{name}{end}" for name in names for end in ("-wal", "-shm", "-journal")]


@contextmanager
def progress(paths: list[str], *, quiet: bool = False) -> Iterator[Progress | None]:
    """A progress bar on stderr, where a person can see it, and wants to."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from ectgraph.progress import shown  # noqa: PLC0415

    with shown(paths, terminal=True) as told:
        yield told


def takes(text: str) -> bool:
    """Whether stdout can write these characters as they are.

    >>> takes("a")
    True
    """
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def place(output: Path | None) -> object:
    """Where an output really goes, whatever it is called: equal for one and the same file."""
    try:
        found = os.fstat(sys.stdout.fileno()) if output is None else output.stat()
    except (OSError, ValueError):
        return None if output is None else os.path.realpath(output)
    return found.st_dev, found.st_ino


def check(output: Path | None) -> None:
    """Make sure, before the long work, that a file can be written.

    Raises:
        EctgraphError: it cannot.

    """
    if output is None:
        return
    if output.is_dir():
        reason = "it is a folder"
    elif not output.parent.is_dir():
        reason = f"there is no folder {output.parent}"
    elif not os.access(output if output.exists() else output.parent, os.W_OK):
        reason = "no permission"
    else:
        return
    message = f"{output}: cannot be written ({reason})"
    raise EctgraphError(message)


@contextmanager
def console(output: Path | None, color: Color = Color.AUTO) -> Iterator[Any]:
    """A rich console on stdout or a file, without any markup of its own.

    Colours go to a terminal, unless NO_COLOR is set; `color` overrules both.
    """
    from rich.console import Console  # noqa: PLC0415

    options: dict[str, Any] = {"markup": False, "emoji": False, "highlight": False}
    if color is Color.ALWAYS:
        options |= {"force_terminal": True, "no_color": False, "color_system": "standard"}
    elif color is Color.NEVER:
        options |= {"force_terminal": False, "no_color": True}
    if output is None:
        width = None if sys.stdout.isatty() else 200
        yield Console(width=width, **options)
        return
    with _opened(output) as file:
        yield Console(file=file, width=200, **options)


@contextmanager
def _opened(output: Path) -> Iterator[Any]:
    try:
        with output.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            yield file
    except OSError as error:
        message = f"{output}: cannot be written ({error.strerror})"
        raise EctgraphError(message) from error


def write(data: bytes, output: Path | None = None) -> None:
    """Write bytes as they are."""
    if output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        output.write_bytes(data)
    except OSError as error:
        message = f"{output}: cannot be written ({error.strerror})"
        raise EctgraphError(message) from error
