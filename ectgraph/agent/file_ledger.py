"""A ledger in a file that several processes and threads append to, and that a crash cannot spoil.

The file is an `ectgraph-ledger/1` hash chain (docs/formats.md). Whoever writes holds a lock on it
(the portalocker library's; the system lets go of it when the process dies), first reads what others
have written since, checks that it follows, and only then adds its own lines: in one piece, synced
to the disk before anybody is told. Threads that come while one of them writes are written together
with the next (group commit), so many appends share one sync.
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain, count, repeat
from pathlib import Path

import msgspec
import portalocker
from msgspec.structs import replace

from ectgraph import escape, labels
from ectgraph.agent.closing import Closing
from ectgraph.agent.ledger import Ect, MemoryLedger, entry_of
from ectgraph.agent.payload import Payload
from ectgraph.errors import EctgraphError, VerificationError
from ectgraph.examiner import Examiner
from ectgraph.formats.chain import Head, timestamp
from ectgraph.model import Entry, Record
from ectgraph.policy import Policy
from ectgraph.rules import judge

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


class _Waiting:
    """An append that waits to be written."""

    def __init__(self, entry: Entry, compact: str) -> None:
        self.entry = entry
        self.compact = compact
        self.done = False
        self.error: Exception | None = EctgraphError("the thread that wrote was interrupted")
        """Why it is not in the ledger; `None` from when it is."""


class FileLedger(MemoryLedger, Closing):
    """An append-only ledger in an `ectgraph-ledger/1` file.

    What `append` acknowledges is on the disk, in the file's order, under its hash chain. When a
    process is killed at any moment the file opens again with everything acknowledged; a line that
    was cut off is set aside next to the file, and told in `torn`. The tokens stay in the file; in
    memory is what they say. Signatures of tokens read from the file are unchecked until a gate
    checks those it builds on, or `ectgraph lint` all of them.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        sync: bool = True,
        lock_timeout: float = 60,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Open a ledger file, or make a new one.

        Args:
            path: the file.
            sync: whether `append` waits until the disk has it. Without, what is acknowledged
                survives the death of the process, but not that of the machine.
            lock_timeout: seconds to wait while others write.
            clock: tells when an entry was recorded.

        Raises:
            EctgraphError: it is no such file, its chain is broken, or it cannot be written.

        """
        super().__init__(clock=clock)
        self.path = Path(path).absolute()
        self.torn: tuple[TornTail, ...] = ()
        """Unfinished lines that were found and set aside, by this object."""
        self._sync = sync
        self._examiner = Examiner(None, Policy(), judge)
        self._head = Head()
        self._size = 0  # bytes of the file that are entries here
        self._broken: str | None = None
        self._queue: list[_Waiting] = []
        self._queueing = threading.Condition()
        self._led = False  # whether some thread writes, or is about to
        self._writing = threading.Lock()
        self._patience = lock_timeout
        self._owner = os.getpid()
        self._file = self._open()
        try:
            with self._locked():
                self._catch_up()
                if sync and not self._size:
                    _sync_folder(self.path.resolve().parent)
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        """Close the file; what was acknowledged is in it."""
        with self._writing:
            self._broken = "it is closed"
            self._file.close()

    def append(
        self, ect: Ect, payload: Payload | None = None, *, unverified: bool = False
    ) -> Entry:
        """Enter a verified token; see `MemoryLedger.append`. Returns when it is on the disk.

        Raises:
            VerificationError: the ledger has the task already; with the finding.
            EctgraphError: the token cannot be entered; or nothing could be written (a full disk,
                say), and then nothing of it is in the file.

        """
        entry = entry_of(ect, payload, unverified=unverified)
        waiting = _Waiting(entry, entry.record.body.decode())
        batch: list[_Waiting] = []
        try:
            with self._queueing:
                self._queue.append(waiting)
                while self._led and not waiting.done:
                    self._queueing.wait()
                if not waiting.done:  # nobody writes, so this thread does, for all that wait
                    self._led, batch, self._queue = True, self._queue, []
            if batch:
                self._commit(batch)
        finally:
            if batch:
                self._dismiss(batch)
        if waiting.error is not None:
            raise waiting.error
        return waiting.entry

    def refresh(self) -> int:
        """Read what other processes have appended since; gives the number of entries.

        `append` does so by itself. A gate calls it when a parent is not known yet.

        Raises:
            EctgraphError: the file was replaced, cut off, or continued by something else.

        """
        with self._writing, self._locked():
            before = len(self)
            self._catch_up()
            return len(self) - before

    def get(self, jti: str, wid: str | None = None) -> Entry | None:
        """The entry that speaks for a task.

        Looks at the file again before it gives `None`, or an entry of another workflow.
        """
        entry = super().get(jti, wid)
        found = entry is not None and entry.token is not None and entry.token.wid == wid
        if not found and self._broken is None and self._grown():
            self.refresh()
            entry = super().get(jti, wid)
        return entry

    def lines(self) -> Iterator[bytes]:
        """The lines of the file, byte for byte."""
        return (entry.record.raw for entry in list(self.entries))

    def check(self) -> int:
        """Read the whole file again and check its chain; gives the number of entries.

        Raises:
            EctgraphError: it was changed, with the line.

        """
        with self._writing, self._locked():
            self._catch_up()
            head = Head()
            for line in self._lines(0):
                self._follow(head, line)
                head = head.after(line[:-1])
            if head != self._head:
                message = f"{self._title}: it is not the file that was opened"
                raise EctgraphError(message)
            return head.seq

    # Files and locks

    @property
    def _title(self) -> str:
        return escape.terminal(str(self.path))

    def _open(self) -> io.FileIO:
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
        try:
            descriptor = os.open(self.path, flags, 0o666)
        except OSError as error:
            message = f"{self._title}: cannot be opened for appending ({error.strerror})"
            raise EctgraphError(message) from error
        file = io.FileIO(descriptor, "r+")
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            file.close()
            message = f"{self._title}: a ledger must be a file, not a device or a pipe"
            raise EctgraphError(message)
        return file

    @contextmanager
    def _locked(self) -> Iterator[None]:
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

    def _grown(self) -> bool:
        return os.fstat(self._file.fileno()).st_size != self._size

    # Reading

    def _catch_up(self) -> None:
        """Read what was appended since the last time, by whomever; call it under the lock."""
        there = os.fstat(self._file.fileno())
        try:
            same = os.path.samestat(there, self.path.stat())
        except OSError:
            same = False
        if not same or there.st_size < self._size:
            what = "was cut off" if same else "was moved or replaced"
            message = f"{self._title}: the file {what} while it was open; open it again"
            raise EctgraphError(message)
        if there.st_size == self._size:
            return
        for line in self._lines(self._size):
            if line.endswith(b"\n") or len(line) == LONGEST_LINE:
                self._take(line)
            else:
                self._set_aside(line)

    def _lines(self, offset: int) -> Iterator[bytes]:
        """The lines of the file; of one that is no ledger, pieces that fit into memory."""
        with open(self._file.fileno(), "rb", closefd=False) as file:
            file.seek(offset)
            yield from iter(lambda: file.readline(LONGEST_LINE), b"")

    def _take(self, line: bytes) -> None:
        """Make an entry of a line that is in the file."""
        self._follow(self._head, line)
        facts = self._examiner.examine(line[:-1], len(line) - 1)
        record = self._record(line)
        self.add(Entry(record, *msgspec.structs.astuple(facts)))
        self._advance(line)

    def _follow(self, head: Head, line: bytes) -> None:
        """Require that a line is what would be written next, byte for byte."""
        what = "is no entry of an ectgraph-ledger/1 file"
        try:
            stated = _read(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass
        else:
            if head.line(stated.ect, stated.jti, stated.recorded_at) == line:
                return
            if stated.seq != head.seq + 1:
                what = f"says it is number {stated.seq}"
            elif stated.prev_hash != head.prev_hash:
                what = "does not hold the hash of the line before it"
        message = (
            f"{self._title}: line {head.seq + 1} {what}; nothing is appended to it. "
            f"See what is wrong with: ectgraph lint {self._title}"
        )
        raise EctgraphError(message)

    def _record(self, line: bytes) -> Record:
        """The place of a line that comes next; its bytes stay in the file."""
        number, digest = len(self), hashlib.sha256(line).digest()
        return Record(str(self.path), number + 1, self._size, len(line), number, digest, 0, 1, None)

    def _advance(self, line: bytes) -> None:
        self._size += len(line)
        self._head = self._head.after(line[:-1])

    def _set_aside(self, tail: bytes) -> None:
        """Move an unfinished line out of the file; it was never acknowledged."""
        begins = self._head.next_begins
        is_ours = begins.startswith(tail[: len(begins)]) or (self._size and not tail.strip(b"\0"))
        if not is_ours:
            self._follow(self._head, tail)
        try:
            kept = self._keep(tail)
            self._cut_back()
        except OSError as error:
            message = (
                f"{self._title}: its unfinished last line cannot be set aside ({error.strerror})"
            )
            raise EctgraphError(message) from error
        torn = TornTail(self._size, len(tail), kept)
        self.torn += (torn,)
        _log.warning("%s: %s", self._title, torn)

    def _keep(self, tail: bytes) -> Path:
        """Write an unfinished line to a new file next to the ledger, and to the disk."""
        first = self.path.with_name(f"{self.path.name}.torn-{self._size}")
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

    def _commit(self, batch: list[_Waiting]) -> None:
        """Write a batch of appends, and put down what became of each."""
        try:
            with self._writing, self._locked():
                self._catch_up()
                self._write(batch)
        except Exception as error:  # noqa: BLE001  # every thread that waits is told
            for waiting in batch:
                if not isinstance(waiting.error, VerificationError):
                    waiting.error = error

    def _dismiss(self, batch: list[_Waiting]) -> None:
        """Let the threads go on whose appends these were, and the next one write."""
        with self._queueing:
            for waiting in batch:
                waiting.done = True
            self._led = False
            self._queueing.notify_all()

    def _write(self, batch: list[_Waiting]) -> None:
        """Add the lines of a batch to the file, all or none; call it under the lock."""
        fresh = MemoryLedger()  # the tasks of this batch
        head, lines, written = self._head, [], []
        recorded_at = timestamp(self._clock())
        for waiting in batch:
            entry = waiting.entry
            try:
                self.refuse_conflict(entry)
                fresh.refuse_conflict(entry)
            except VerificationError as error:
                waiting.error = error
                continue
            fresh.add(entry)
            jti = entry.token.jti if entry.token is not None else None
            line = head.line(waiting.compact, jti, recorded_at)
            head = head.after(line[:-1])
            lines.append(line)
            written.append(waiting)
        if not lines:
            return
        self._put(b"".join(lines))
        for waiting, line in zip(written, lines, strict=True):
            waiting.entry = replace(
                waiting.entry,
                record=self._record(line),
                seq=self._head.seq + 1,
                recorded_at=recorded_at,
                prev_hash=self._head.prev_hash,
            )
            waiting.error = None
            self.add(waiting.entry)
            self._advance(line)

    def _put(self, data: bytes) -> None:
        """Write bytes at the end of the file; when that fails, take back what was written."""
        try:
            self._file.seek(self._size)
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
        self._file.truncate(self._size)
        os.fsync(self._file.fileno())


def _sync_folder(path: Path) -> None:
    """Have the disk know that a new file is in a folder; where the system can."""
    if os.name == "posix":
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
