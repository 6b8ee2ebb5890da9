"""A folder of files -> the hashes of what is in them, to compare with those that tokens state.

Beside `integrity`: facts only; the rules of the family `evidence` judge them.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

import msgspec

from ectgraph.encoding import hash_bytes
from ectgraph.errors import EctgraphError
from ectgraph.model import Entry

Progress: TypeAlias = Callable[[int], None]
"""Called with the number of bytes read since the last call."""

ALGORITHMS = {32: "sha256", 48: "sha384", 64: "sha512"}
"""Algorithms of the hashes that tokens may state, under their names in `hashlib`, by the number of
bytes of such a hash."""

_CHUNK = 1 << 20


def algorithms(entries: Iterable[Entry]) -> list[str]:
    """The algorithms of the hashes that tokens state; files need be hashed by no other.

    >>> from ectgraph.testing import sketch
    >>> algorithms(sketch("a@0 out_hash=ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0").ledger())
    ['sha256']
    """
    tokens = (entry.token for entry in entries if entry.token is not None)
    stated = {text for token in tokens for text in (token.inp_hash, token.out_hash)} - {None}
    sizes = {len(found) for text in stated if (found := hash_bytes(text or "")) is not None}
    return [name for size, name in ALGORITHMS.items() if size in sizes]


def check(folder: str | os.PathLike[str]) -> None:
    """Make sure, before the long work, that there is a folder to be read.

    Raises:
        EctgraphError: there is none.

    """
    try:
        os.scandir(folder).close()
    except OSError as error:
        raise _not_listed(os.fspath(folder), error) from error


class Content(msgspec.Struct, frozen=True, gc=False):
    """What is in one file, or in several alike."""

    name: str
    """The first file that holds it, relative to the folder."""
    files: int
    """How many files hold it."""
    digests: tuple[bytes, ...]
    """Its hashes, one for each algorithm."""


@dataclass(frozen=True)
class Artifacts:
    """The files of a folder, by what is in them; their names do not matter."""

    folder: str
    files: int
    """How many were read."""
    unread: tuple[str, ...]
    """What may hold an artefact and was not read: files and folders that could not be, links that
    lead out of the folder, pipes and devices."""
    algorithms: frozenset[str]
    """How the files were hashed."""
    contents: tuple[Content, ...] = field(repr=False)
    """Each different content once, sorted by name; nothing when there was nothing to hash by."""

    @cached_property
    def _by_digest(self) -> dict[bytes, Content]:
        return {digest: content for content in self.contents for digest in content.digests}

    def has(self, stated: str) -> bool:
        """Whether a file has the hash that a token states.

        Raises:
            LookupError: the files were not hashed in this way.

        >>> Artifacts.of([b"abc"]).has("ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0")
        True
        """
        return self.find(stated) is not None

    def find(self, stated: str) -> Content | None:
        """The content that has the hash that a token states; `None` when no file has it.

        Raises:
            LookupError: the files were not hashed in this way.

        >>> found = Artifacts.of([b"", b"abc"]).find("ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0")
        >>> found.name, found.files
        ('2', 1)

        """
        found = hash_bytes(stated)
        if found is None:
            return None
        if ALGORITHMS[len(found)] not in self.algorithms:
            message = f"the files of {self.folder} were not hashed by {ALGORITHMS[len(found)]}"
            raise LookupError(message)
        return self._by_digest.get(found)

    @classmethod
    def of(cls, contents: Iterable[bytes], folder: str = "memory") -> Artifacts:
        """Take what would be in files; their names are their numbers, from 1 on."""
        names = tuple(ALGORITHMS.values())
        held = [
            (str(number), tuple(hashlib.new(name, content).digest() for name in names))
            for number, content in enumerate(contents, 1)
        ]
        return cls(folder, len(held), (), frozenset(names), _distinct(held))

    @classmethod
    def read(
        cls,
        folder: str | os.PathLike[str],
        algorithms: Collection[str] = tuple(ALGORITHMS.values()),
        progress: Progress | None = None,
    ) -> Artifacts:
        """Hash every regular file in a folder and in those below it, each of them once.

        Links are not followed: what they lead to is in the folder anyway, or not of it. Nothing
        but regular files is opened. Of files alike one name is kept, and how many they are.

        Args:
            folder: where the files are.
            algorithms: how to hash them; `algorithms` tells what a ledger asks for.
            progress: called with the number of bytes read since the last call.

        Raises:
            EctgraphError: there is no such folder, or nothing in it can be read.

        """
        top = os.fspath(folder)
        unread: list[str] = []
        contents = _distinct(_hashed(top, algorithms, progress, unread))
        files = sum(content.files for content in contents)
        if not files:
            lack = f"none of {len(unread)} files can be read" if unread else "holds no file"
            message = f"{top}: {lack}; name the folder that holds what the tasks took in and made"
            raise EctgraphError(message)
        if not algorithms:
            contents = ()
        return cls(top, files, tuple(unread), frozenset(algorithms), contents)


def _distinct(hashed: Iterable[tuple[str, tuple[bytes, ...]]]) -> tuple[Content, ...]:
    """Each different content once, with the first of its names."""
    names: dict[tuple[bytes, ...], str] = {}
    counts: Counter[tuple[bytes, ...]] = Counter()
    for name, digests in hashed:
        counts[digests] += 1
        if name < names.setdefault(digests, name):
            names[digests] = name
    found = (Content(name, counts[digests], digests) for digests, name in names.items())
    return tuple(sorted(found, key=lambda content: content.name))


def _hashed(
    top: str, algorithms: Collection[str], progress: Progress | None, unread: list[str]
) -> Iterator[tuple[str, tuple[bytes, ...]]]:
    """(name within the folder, hashes) of each file; what cannot be read goes to `unread`."""
    for path, readable in _files(top):
        try:
            found = _hashes(path, algorithms, progress) if readable else None
        except OSError:
            found = None
        if found is None:
            unread.append(path)
        else:
            yield os.path.relpath(path, top), tuple(found)


def _files(top: str) -> Iterator[tuple[str, bool]]:
    """(path, whether it is a regular file) of all that may hold an artefact, sorted by folder.

    Raises:
        EctgraphError: the folder itself cannot be listed.

    """
    around = os.path.realpath(top)
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as listed:
                inside = sorted(listed, key=lambda item: item.name)
        except OSError as error:
            if folder == top:
                raise _not_listed(top, error) from error
            yield folder, False
            continue
        folders = []
        for item in inside:
            mode = _mode(item)
            if stat.S_ISDIR(mode):
                folders.append(item.path)
            elif not (stat.S_ISLNK(mode) and _leads_inside(item.path, around)):
                yield item.path, stat.S_ISREG(mode)
        waiting += reversed(folders)


def _not_listed(folder: str, error: OSError) -> EctgraphError:
    return EctgraphError(f"{folder}: is no folder whose files can be read ({error.strerror})")


def _mode(item: os.DirEntry[str]) -> int:
    """What something in a folder is; 0 when that cannot be told."""
    try:
        return item.stat(follow_symlinks=False).st_mode
    except OSError:
        return 0


def _leads_inside(link: str, around: str) -> bool:
    """Whether what a link leads to is in the folder, and so is met without it."""
    target = os.path.realpath(link)
    return os.path.lexists(target) and Path(target).is_relative_to(around)


def _hashes(path: str, algorithms: Iterable[str], progress: Progress | None) -> list[bytes]:
    """The hashes of a file; it is read once, and never whole."""
    hashers = [hashlib.new(name) for name in algorithms]
    with Path(path).open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            for hasher in hashers:
                hasher.update(chunk)
            if progress is not None:
                progress(len(chunk))
    return [hasher.digest() for hasher in hashers]
