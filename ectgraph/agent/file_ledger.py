"""A ledger in a file that several processes and threads append to, and that a crash cannot spoil.

The file is a `ChainFile`; here are the entries, and whose turn it is. Threads that come while one
of them writes are written together with the next (group commit), so many appends share one sync.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec.structs import astuple, replace

from ectgraph.agent.chain_file import ChainFile, TornTail
from ectgraph.agent.closing import Closing
from ectgraph.agent.ledger import Ect, MemoryLedger, entry_of
from ectgraph.agent.payload import Payload
from ectgraph.errors import EctgraphError, VerificationError
from ectgraph.examiner import Examiner
from ectgraph.formats.chain import Head, timestamp
from ectgraph.model import Entry, Record
from ectgraph.policy import Policy
from ectgraph.rules import judge


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
        self._examiner = Examiner(None, Policy(), judge)
        self._queue: list[_Waiting] = []
        self._queueing = threading.Condition()
        self._led = False  # whether some thread writes, or is about to
        self._writing = threading.Lock()
        self._chain = ChainFile(path, sync=sync, lock_timeout=lock_timeout)
        try:
            with self._chain.locked():
                self._catch_up()
                self._chain.sync_folder()
        except BaseException:
            self._chain.close()
            raise

    @property
    def path(self) -> Path:
        """The file."""
        return self._chain.path

    @property
    def torn(self) -> tuple[TornTail, ...]:
        """Unfinished lines that were found and set aside, by this object."""
        return self._chain.torn

    def close(self) -> None:
        """Close the file; what was acknowledged is in it."""
        with self._writing:
            self._chain.close()

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
        with self._writing, self._chain.locked():
            before = len(self)
            self._catch_up()
            return len(self) - before

    def get(self, jti: str, wid: str | None = None) -> Entry | None:
        """The entry that speaks for a task.

        Looks at the file again before it gives `None`, or an entry of another workflow.
        """
        entry = super().get(jti, wid)
        found = entry is not None and entry.token is not None and entry.token.wid == wid
        if not found and self._chain.grown:
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
        with self._writing, self._chain.locked():
            self._catch_up()
            self._chain.check()
            return len(self)

    def _catch_up(self) -> None:
        """Make entries of what was appended since the last time, by whomever; under the lock."""
        for offset, line in self._chain.read():
            facts = self._examiner.examine(line[:-1], len(line) - 1)
            *said, _ = astuple(facts)
            self.add(Entry(self._record(offset, line), *said))

    def _record(self, offset: int, line: bytes) -> Record:
        """The place of a line that comes next; its bytes stay in the file."""
        number, digest = len(self), hashlib.sha256(line).digest()
        return Record(str(self.path), number + 1, offset, len(line), number, digest, 0, 1, None)

    def _commit(self, batch: list[_Waiting]) -> None:
        """Write a batch of appends, and put down what became of each."""
        try:
            with self._writing, self._chain.locked():
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
        head, offset = self._chain.head, self._chain.size
        written: list[tuple[_Waiting, Head, bytes]] = []
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
            written.append((waiting, head, line))
            head = head.after(line[:-1])
        if not written:
            return
        self._chain.write([line for _, _, line in written])
        for waiting, before, line in written:
            waiting.entry = replace(
                waiting.entry,
                record=self._record(offset, line),
                seq=before.seq + 1,
                recorded_at=recorded_at,
                prev_hash=before.prev_hash,
            )
            waiting.error = None
            self.add(waiting.entry)
            offset += len(line)
