"""What callers name -> the sources to read: files, folders, patterns, standard input.

What somebody names has to be there, or that is told at once. What is found in a folder is read as
it comes: a file that is no ledger, or cannot be read, is told in the report and stops nothing.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from fnmatch import filter as matching
from glob import has_magic
from pathlib import Path
from typing import TypeAlias

import msgspec

from ectgraph.errors import EctgraphError
from ectgraph.formats.compressed import compression

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
    known: dict[_Identity, Origin] = {}
    for path in paths:
        for origin in [path] if isinstance(path, Origin) else _meant(os.fspath(path)):
            identity = _identity(origin.name)
            if identity not in known or (known[identity].found and not origin.found):
                known[identity] = origin
    return list(known.values())


_Identity: TypeAlias = tuple[int, int] | str


def _identity(name: str) -> _Identity:
    """What two names of one file or folder have in common."""
    if name == STANDARD_INPUT:
        return name
    try:
        there = Path(name).stat()
    except (OSError, ValueError):
        return os.path.realpath(name)
    return (there.st_dev, there.st_ino) if there.st_ino else os.path.realpath(name)


def _meant(path: str) -> Iterator[Origin]:
    if path == STANDARD_INPUT or os.path.lexists(path):
        yield from _inside(path) if os.path.isdir(path) else [Origin(path)]  # noqa: PTH112
        return
    what = "No such file or directory"
    if has_magic(path):
        what = "no file matches this pattern"
        for match in _matches(path):
            what = ""
            if os.path.isdir(match):  # noqa: PTH112
                yield from _inside(match, found=True)
            else:  # a file may have the name that stands for standard input
                name = match if match != STANDARD_INPUT else os.path.join(".", match)  # noqa: PTH118
                yield Origin(name, found=True)
    if what:
        message = f"{path}: cannot be read ({what})"
        raise EctgraphError(message)


def _inside(folder: str, *, found: bool = False) -> Iterator[Origin]:
    """All files in a folder and in those below it.

    Args:
        folder: where they are.
        found: whether the folder itself was found; one that was named has to be readable.

    """
    for path, names in _walk(folder, set()):
        if isinstance(names, list):
            yield from (Origin(name, found=True) for name in names)
        elif found or path != folder:
            yield Origin(path, found=True)  # reading it will tell why it cannot be read
        else:
            message = f"{folder}: cannot be read ({names.strerror})"
            raise EctgraphError(message) from names


def _walk(top: str, walked: set[_Identity]) -> Iterator[tuple[str, list[str] | OSError]]:
    """(folder, files in it or why it cannot be read) of a folder and of those below it, sorted.

    Links to folders are followed, but each folder is walked once, and what lies around `top` is
    not in it: so no loop of links is endless.

    Args:
        top: the folder.
        walked: the folders that were walked before; grows.

    """
    waiting = [top]
    while waiting:
        path = waiting.pop()
        folder = _identity(path)
        if folder in walked or (path != top and _leads_out(path, top)):
            continue
        walked.add(folder)
        try:
            names = sorted(name for name in os.listdir(path or ".") if name[0] != ".")  # noqa: PTH208
        except OSError as error:
            yield path, error
            continue
        inside = [os.path.join(path, name) for name in names]  # noqa: PTH118  # names as given
        folders = dict.fromkeys(name for name in inside if os.path.isdir(name))  # noqa: PTH112
        yield path, [name for name in inside if name not in folders]
        waiting += reversed(folders)


def _leads_out(path: str, top: str) -> bool:
    """Whether a path is a link to a folder that `top` lies in."""
    if not os.path.islink(path):  # noqa: PTH114
        return False
    return Path(os.path.realpath(top)).is_relative_to(os.path.realpath(path))


def _matches(pattern: str) -> Iterator[str]:
    """What a pattern matches, sorted; `**` stands for a folder and those below it.

    The library's `glob` is not used: it follows links round and round, and recurses.
    """
    path = Path(pattern)
    parts = path.parts[1:] if path.anchor else path.parts
    while parts[-1:] == ("**",):  # a folder is read with those below it anyway
        parts = parts[:-1]
    found = [path.anchor if parts else path.anchor or "."]
    for part in parts:
        walked: set[_Identity] = set()
        found = [name for folder in found for name in _step(folder, part, walked)]
    yield from sorted(found)


def _step(folder: str, part: str, walked: set[_Identity]) -> Iterator[str]:
    """What one part of a pattern matches in a folder, the empty name of which is this one's."""
    if part == "**":
        yield from (path for path, _ in _walk(folder, walked))
    elif not has_magic(part):
        name = os.path.join(folder, part)  # noqa: PTH118
        yield from [name] if os.path.lexists(name) else []
    else:
        try:
            names = os.listdir(folder or ".")  # noqa: PTH208
        except OSError:
            return
        for name in matching(names, part):
            if name[0] != "." or part[0] == ".":
                yield os.path.join(folder, name)  # noqa: PTH118


_TOKEN_LIKE = re.compile(rb"eyJ[\w-]{9,}\.e[wy][\w-]{9}|e\0y\0J\0")
_LEDGER_LIKE = re.compile(
    rb"eyJ[\w-]{13}|e\0y\0J\0|(?<![\w-])e[wy][\w-]{13,}\.[\w-]{16}"
    rb'|"(?:jti|task_id|exec_act|(?i:execution-context))"|^SQLite format 3|^PAR1'
)
_PLAINLY_OTHER = re.compile(
    rb'\s*(?:\{\s*"(?:format"\s*:\s*"ectgraph-|keys"\s*:\s*\[)|-----BEGIN )'
)
_OF_DATABASE = ("-wal", "-shm", "-journal")


def is_other(head: bytes) -> bool:
    """Whether something found in a folder is plainly not a ledger: keys, a page of text.

    Args:
        head: its first megabyte, decompressed.

    """
    if not head or compression(head) is not None:
        return False
    if _PLAINLY_OTHER.match(head) is not None:
        return not holds_token(head)
    return _LEDGER_LIKE.search(head) is None


def holds_token(text: bytes) -> bool:
    """Whether some text holds what looks like a JWS with a JSON payload.

    >>> holds_token(b"-----BEGIN NOTE-----"), holds_token(b"see eyJhbGciOiJFUzI1.eyJpc3MiOiJhIn0.x")
    (False, True)
    """
    return _TOKEN_LIKE.search(text) is not None


def is_of_database(name: str) -> bool:
    """Whether a file is the log, or the like, of an SQLite database next to it: read with that."""
    base = next((name.removesuffix(end) for end in _OF_DATABASE if name.endswith(end)), None)
    if base is None:
        return False
    try:
        with Path(base).open("rb") as file:
            return file.read(16) == b"SQLite format 3\0"
    except OSError:
        return False


def is_special(name: str) -> bool:
    """Whether a path leads to something that may wait for ever: a pipe, a device, a socket."""
    mode = Path(name).stat().st_mode
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
