"""A file of chained lines that one process writes at a time, and that a crash cannot spoil.

The lines are those of `formats.chain`; what they hold is nobody's business here. Whoever writes
holds a lock on the file (the portalocker library's; the system lets go of it when the process
dies), first reads what others have written since, checks that it follows, and only then adds its
own lines: in one piece, synced to the disk before it goes on.
"""

from __future__ import annotations

import io
import logging
import os
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, count, repeat
from pathlib import Path

import msgspec
import portalocker

from ectgraph import escape, labels
from ectgraph.agent.closing import Closing
from ectgraph.errors import EctgraphError
from ectgraph.formats.chain import Head

SHORT_PAUSES, LONG_PAUSE = (0.0002, 0.0005, 0.001, 0.002), 0.005
"""Seconds between looks at a file that others keep locked."""
LONGEST_LINE = 16 << 20
"""Bytes above which a line is read in pieces, so that it follows nothing."""

_log = logging.getLogger(__name__)


class TornTail(msgspec.Struct, frozen=True):
    """The beginning of a line whose writer did not get to its end; nobody was told it was there."""

    offset: int
    """Where it began, in bytes from 0."""
    length: int
    """How many bytes there were of it."""
    kept: Path
    """The file that holds them now."""

    def __str__(self) -> str:
        """Say what was done with it."""
        size = labels.count(self.length, "byte")
        return f"an unfinished line ({size} at offset {self.offset}) was set aside in {self.kept}"


class _Stated(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an entry says."""

    seq: int
    recorded_at: str
    jti: str
    prev_hash: str
    ect: str


# Made here, once: where threads use a type of msgspec's for the first time all at once, it crashes.
_read = msgspec.json.Decoder(_Stated).decode


class ChainFile(Closing):
    """An `ectgraph-ledger/1` file, open for reading and appending by one process of several."""

    def __init__(self, path: str | os.PathLike[str], *, sync: bool, lock_timeout: float) -> None:
        """Open a file, or make a new one; see `FileLedger`."""
        self.path = Path(path).absolute()
        self.torn: tuple[TornTail, ...] = ()
        """Unfinished lines that were found and set aside, by this object."""
        self.head = Head()
        """The end of the chain, as far as it was read."""
        self.size = 0
        """How many bytes of the file were read."""
        self._sync = sync
        self._patience = lock_timeout
        self._broken: str | None = None
        self._owner = os.getpid()
        self._file = self._open()

    def close(self) -> None:
        """Close the file."""
        self._broken = "it is closed"
        self._file.close()

    @property
    def grown(self) -> bool:
        """Whether there is something to read."""
        return self._broken is None and os.fstat(self._file.fileno()).st_size != self.size

    # Files and locks

    @property
    def _title(self) -> str:
        return escape.terminal(str(self.path))

    def _open(self) -> io.FileIO:
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
        try:
            descriptor = os.open(self.path, flags, 0o666)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            message = f"{self._title}: cannot be opened for appending ({why})"
            raise EctgraphError(message) from error
        file = io.FileIO(descriptor, "r+")
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            file.close()
            message = f"{self._title}: a ledger must be a file, not a device or a pipe"
            raise EctgraphError(message)
        return file

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes out, and tell in one line what the system refuses to do."""
        if self._broken is not None:
            message = f"{self._title}: {self._broken}"
            raise EctgraphError(message)
        if self._owner != os.getpid():  # a forked child would share its parent's lock
            self._file.close()
            self._file, self._owner = self._open(), os.getpid()
        self._lock_file()
        try:
            yield
        except OSError as error:
            message = f"{self._title}: {error.strerror or error}"
            raise EctgraphError(message) from error
        except Exception:
            raise
        except BaseException:  # a signal; nobody knows how far it got
            self._broken = "it was interrupted while it read or wrote; open it again"
            raise
        finally:
            portalocker.unlock(self._file)

    def _lock_file(self) -> None:
        """Wait for the lock; looking again after a while costs less than a thread that waits."""
        flags = portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING
        give_up = time.monotonic() + self._patience
        for pause in chain(SHORT_PAUSES, repeat(LONG_PAUSE)):
            try:
                portalocker.lock(self._file, flags)
            except portalocker.AlreadyLocked as error:
                if time.monotonic() >= give_up:
                    message = f"{self._title}: others have kept it locked for {self._patience:g} s"
                    raise EctgraphError(message) from error
                time.sleep(pause)
            except (OSError, portalocker.LockException) as error:
                message = f"{self._title}: cannot be locked ({error})"
                raise EctgraphError(message) from error
            else:
                return

    # Reading

    def read(self) -> Iterator[tuple[int, bytes]]:
        """(offset, line) of every line that was added since the last time, under the lock.

        A line counts as read when the next one is asked for. An unfinished last line is set aside.

        Raises:
            EctgraphError: a line does not follow; the file was cut off, or replaced.

        """
        there = os.fstat(self._file.fileno())
        try:
            same = os.path.samestat(there, self.path.stat())
        except OSError:
            same = False
        if not same or there.st_size < self.size:
            what = "was cut off" if same else "was moved or replaced"
            message = f"{self._title}: the file {what} while it was open; open it again"
            raise EctgraphError(message)
        if there.st_size == self.size:
            return
        for line in self._lines(self.size):
            if line.endswith(b"\n") or len(line) == LONGEST_LINE:
                self._follow(self.head, line)
                yield self.size, line
                self._advance(line)
            elif self._defect(self.head, line + b"\n") is None:
                self._end(line)  # all of it is there but its end, so it may have been acknowledged
                yield self.size, line + b"\n"
                self._advance(line + b"\n")
            else:
                self._set_aside(line)

    def check(self) -> None:
        """Read the whole file again, under the lock, and check its chain.

        Raises:
            EctgraphError: it was changed since it was read, with the line.

        """
        head = Head()
        for line in self._lines(0):
            self._follow(head, line)
            head = head.after(line[:-1])
        if head != self.head:
            message = f"{self._title}: it is not the file that was opened"
            raise EctgraphError(message)

    def _lines(self, offset: int) -> Iterator[bytes]:
        """The lines of the file; of one that is no ledger, pieces that fit into memory."""
        with open(self._file.fileno(), "rb", closefd=False) as file:
            file.seek(offset)
            yield from iter(lambda: file.readline(LONGEST_LINE), b"")

    def _follow(self, head: Head, line: bytes) -> None:
        """Require that a line is what would be written next."""
        defect = self._defect(head, line)
        if defect is not None:
            message = (
                f"{self._title}: line {head.seq + 1} {defect}; nothing is appended to it. "
                "It was changed, or ectgraph did not write it: compare it with a copy"
            )
            raise EctgraphError(message)

    def _defect(self, head: Head, line: bytes) -> str | None:
        """Why a line is not what would be written next, byte for byte; `None` when it is."""
        try:
            stated = _read(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return "is no entry of an ectgraph-ledger/1 file"
        if head.line(stated.ect, stated.jti, stated.recorded_at) == line:
            return None
        if stated.seq != head.seq + 1:
            return f"says it is number {stated.seq}"
        if stated.prev_hash != head.prev_hash:
            return "does not hold the hash of the line before it"
        return "is no entry of an ectgraph-ledger/1 file"

    def _end(self, line: bytes) -> None:
        """Write the line ending that a whole last line lacks."""
        try:
            self._file.seek(self.size + len(line))
            self._file.write(b"\n")
            os.fsync(self._file.fileno())
        except OSError as error:
            message = f"{self._title}: its last line cannot be ended ({error.strerror})"
            raise EctgraphError(message) from error

    def _advance(self, line: bytes) -> None:
        self.size += len(line)
        self.head = self.head.after(line[:-1])

    def _set_aside(self, tail: bytes) -> None:
        """Move an unfinished line out of the file; it was never acknowledged."""
        begins = self.head.next_begins
        is_ours = begins.startswith(tail[: len(begins)]) or (self.size and not tail.strip(b"\0"))
        if not is_ours:
            self._follow(self.head, tail)
        try:
            kept = self._keep(tail)
            self._cut_back()
        except OSError as error:
            message = (
                f"{self._title}: its unfinished last line cannot be set aside ({error.strerror})"
            )
            raise EctgraphError(message) from error
        torn = TornTail(self.size, len(tail), kept)
        self.torn += (torn,)
        _log.warning("%s: %s", self._title, torn)

    def _keep(self, tail: bytes) -> Path:
        """Write an unfinished line to a new file next to the ledger, and to the disk."""
        first = self.path.with_name(f"{self.path.name}.torn-{self.size}")
        for kept in chain([first], (Path(f"{first}-{number}") for number in count(2))):
            try:
                file = kept.open("xb")
            except FileExistsError:  # an earlier one, that began at the same offset
                continue
            with file:
                file.write(tail)
                file.flush()
                os.fsync(file.fileno())
            _sync_folder(kept.parent)
            break
        return kept

    # Writing

    def write(self, lines: Sequence[bytes]) -> None:
        """Add lines at the end, all or none, under the lock; they follow what was read.

        Raises:
            EctgraphError: they could not be written.

        """
        self._put(b"".join(lines))
        for line in lines:
            self._advance(line)

    def _put(self, data: bytes) -> None:
        """Write bytes at the end of the file; when that fails, take back what was written."""
        try:
            self._file.seek(self.size)
            rest = memoryview(data)
            while rest:
                rest = rest[self._file.write(rest) :]
            if self._sync:
                os.fsync(self._file.fileno())
        except OSError as error:
            left = "nothing was entered"
            try:
                self._cut_back()
            except OSError:
                left = "what was written could not be taken back"
                self._broken = f"{left} after an error; open it again, to see what is there"
            message = f"{self._title}: cannot be written ({error.strerror}); {left}"
            raise EctgraphError(message) from error

    def _cut_back(self) -> None:
        """Let the file end where its last entry ends."""
        self._file.truncate(self.size)
        os.fsync(self._file.fileno())

    def sync_folder(self) -> None:
        """Have the disk know that the file is in its folder, where the file is new."""
        if self._sync and not self.size:
            _sync_folder(self.path.resolve().parent)


def _sync_folder(path: Path) -> None:
    """Have the disk know that a new file is in a folder; where the system can."""
    if os.name == "posix":
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
