"""Bytes put aside in a temporary file, for sources that cannot be read twice."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import BinaryIO


class Spool:
    """A nameless temporary file that grows at its end; the system removes it with the process.

    >>> spool = Spool()
    >>> spool.add(b"one"), spool.add(b"two")
    (0, 3)
    >>> spool.read(3, 3)
    b'two'
    """

    def __init__(self) -> None:
        """Make an empty one."""
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as its records
        self._lock = Lock()
        self._size = 0

    def __del__(self) -> None:
        """Let the system remove it when no record needs it any more."""
        if hasattr(self, "_file"):  # else there was no room to make one
            self._file.close()

    def add(self, data: bytes) -> int:
        """Put bytes at the end; give where they begin."""
        with self._lock:
            offset = self._size
            self._file.seek(offset)
            self._file.write(data)
            self._size += len(data)
        return offset

    def read(self, offset: int, length: int, /) -> bytes:
        """Some of the bytes."""
        with self._lock:
            self._file.seek(offset)
            return self._file.read(length)


@contextmanager
def as_file(file: BinaryIO, name: str) -> Iterator[Path]:
    """Copy what is left of a stream to a file in a folder of its own, for as long as it is needed.

    Libraries that want a path, and may write next to it, then never touch the evidence.

    Args:
        file: the stream; read to its end.
        name: what to call the copy.

    """
    with tempfile.TemporaryDirectory(prefix="ectgraph-") as folder:
        path = Path(folder) / name
        with path.open("wb") as copy:
            shutil.copyfileobj(file, copy, 1 << 20)
        yield path
