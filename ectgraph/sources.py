"""What callers name -> the sources to read: files, folders, patterns, standard input.

What somebody names has to be there, or that is told at once. What is found in a folder is read as
it comes: a file that is no ledger, or cannot be read, is told in the report and stops nothing.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from glob import glob, has_magic
from pathlib import Path

import msgspec

from ectgraph.errors import EctgraphError

STANDARD_INPUT = "-"


class Origin(msgspec.Struct, frozen=True):
    """One source to read."""

    name: str
    found: bool = False
    """Whether it was found in a folder, rather than named."""


def expand(paths: Iterable[str | os.PathLike[str] | Origin]) -> list[Origin]:
    """The sources that paths mean: folders with all that is in them, and patterns, sorted by name.

    A file that is meant twice, also under another name, is one piece of evidence and read once.
    Names that begin with a dot are passed over in folders.

    Raises:
        EctgraphError: something is not there.

    >>> [origin.name for origin in expand(["-", "-"])]
    ['-']
    """
    known: dict[str, Origin] = {}
    for path in paths:
        for origin in [path] if isinstance(path, Origin) else _meant(os.fspath(path)):
            real = origin.name if origin.name == STANDARD_INPUT else os.path.realpath(origin.name)
            known.setdefault(real, origin)
    return list(known.values())


def _meant(path: str) -> Iterator[Origin]:
    try:
        if path == STANDARD_INPUT or os.path.lexists(path):
            yield from [Origin(path)] if not Path(path).is_dir() else _inside(path)
            return
        matches = sorted(glob(path, recursive=True)) if has_magic(path) else []  # noqa: PTH207
    except (OSError, ValueError, re.error) as error:
        message = f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})"
        raise EctgraphError(message) from error
    if not matches:
        what = "no file matches this pattern" if has_magic(path) else "No such file or directory"
        message = f"{path}: cannot be read ({what})"
        raise EctgraphError(message)
    for match in matches:
        yield from _inside(match) if Path(match).is_dir() else [Origin(match, found=True)]


def _inside(folder: str) -> Iterator[Origin]:
    """All files in a folder and in those below it; a loop of links is walked once."""
    walked: set[tuple[int, int]] = set()
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        try:
            there = Path(path).stat()
            if (there.st_dev, there.st_ino) in walked:
                continue
            walked.add((there.st_dev, there.st_ino))
            names = sorted(entry for entry in os.listdir(path) if entry[0] != ".")  # noqa: PTH208
        except OSError:
            if path == folder:
                raise
            yield Origin(path, found=True)  # reading it will tell why it cannot be read
            continue
        inside = [os.path.join(path, name) for name in names]  # noqa: PTH118  # names as given
        yield from (Origin(name, found=True) for name in inside if not Path(name).is_dir())
        waiting += [name for name in reversed(inside) if Path(name).is_dir()]


_LEDGER_LIKE = re.compile(
    rb'eyJ[\w-]{13}|"(?:jti|task_id|exec_act|execution-context)"|^SQLite format 3|^PAR1',
    re.IGNORECASE,
)
_OURS = re.compile(rb'\s*\{\s*"format":\s*"ectgraph-')
_OF_DATABASE = ("-wal", "-shm", "-journal")


def is_other(origin: Origin, head: bytes) -> bool:
    """Whether something found in a folder is plainly not a ledger: keys, a page of text.

    Args:
        origin: what was found.
        head: its first megabyte, decompressed.

    """
    base = next((origin.name.removesuffix(s) for s in _OF_DATABASE if origin.name.endswith(s)), "")
    if base and Path(base).is_file():
        return True
    return bool(head) and (_LEDGER_LIKE.search(head) is None or _OURS.match(head) is not None)


def is_special(name: str) -> bool:
    """Whether a path leads to something that may wait for ever: a pipe, a device, a socket."""
    return not stat.S_ISREG(Path(name).stat().st_mode)
