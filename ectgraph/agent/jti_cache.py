"""Which tokens a verifier has taken already: the memory behind step 13, not seen before.

A cache is what `VerifyOptions.jti_seen` asks. `JTICache` serves the threads of one process,
`SQLiteJTICache` the processes of one host; docs/replay.md has one for several hosts, with Redis.

A cache forgets a `jti` after its time to live, and nothing before. It keeps SHA-256 hashes, so an
endless `jti` takes no more room than a short one.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakSet

from cachetools import TTLCache

from ectgraph.agent.closing import Closing
from ectgraph.agent.dag import LIMITS
from ectgraph.errors import EctgraphError, VerificationError
from ectgraph.linter import finding
from ectgraph.model import Hit
from ectgraph.policy import Policy
from ectgraph.rules import RULES

if TYPE_CHECKING:
    import sqlite3

TTL = 3600
"""Seconds for which a `jti` is remembered where nothing else is said."""


class JTICache:
    """Remembers the `jti`s of one process; several threads may share it.

    The time to live must be longer than a token is accepted, `iat_max_age` and `iat_max_future` of
    the `VerifyOptions` together; else a replay passes between the two. `Config` checks that.

    A full cache refuses new tokens: one that dropped the oldest could be flushed, and then
    replayed to. Only tokens that passed every other check get here, so what fills it was signed
    with a key that the verifier knows, unless it takes unsigned tokens (level L1).

    >>> cache = JTICache(10_000)
    >>> cache("a"), cache("a"), cache("b")
    (False, True, False)
    """

    def __init__(
        self, size: int, ttl: float = TTL, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Make an empty cache.

        Args:
            size: how many `jti`s it holds at most; each takes about 300 bytes.
            ttl: seconds for which each is remembered.
            clock: tells seconds, and never goes back.

        Raises:
            EctgraphError: the size or the time to live is not above 0.

        """
        _require_positive(size=size, ttl=ttl)
        self.size = size
        self.ttl = ttl
        self._known: TTLCache[bytes, None] = TTLCache(size, ttl, clock)
        self._lock = threading.Lock()

    def __call__(self, jti: str) -> bool:
        """Remember a `jti`, and say whether it was known; see `seen`."""
        return self.seen(jti)

    def seen(self, jti: str) -> bool:
        """Remember a `jti`, and say whether it was known; of several threads one hears `False`.

        Raises:
            VerificationError: the cache is full (ECT902 limit-reached).

        """
        name = _name(jti)
        with self._lock:
            full = len(self._known) >= self.size  # len() forgets what has expired
            if name in self._known:
                return True
            if not full:
                self._known[name] = None
                return False
        raise _full(jti, self.size, self.ttl)


def new_jti_cache(size: int, ttl: float = TTL) -> JTICache | None:
    """Make a `JTICache`, or none where the size is 0, which means that replays are not looked for.

    Raises:
        EctgraphError: the size is below 0, or the time to live not above it.

    >>> new_jti_cache(0) is None
    True
    """
    return JTICache(size, ttl) if size else None


class SQLiteJTICache(Closing):
    """Remembers `jti`s in a file: shared by the processes of one host, and kept over restarts.

    Of all processes and threads, one alone hears that a `jti` is new. It is on the disk before
    that is said. Replays, time to live and a full cache are as in `JTICache`. The file must be on
    a local disk; SQLite's locks do not hold on network file systems. A process may fork while it
    has a cache open.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with SQLiteJTICache(f"{folder}/seen.db") as cache:
    ...         first = cache("a")
    ...     with SQLiteJTICache(f"{folder}/seen.db") as reopened:
    ...         first, reopened("a")
    (False, True)
    """

    def __init__(
        self,
        path: str | PathLike[str],
        ttl: float = TTL,
        *,
        size: int | None = None,
        timeout: float = 5,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Open a cache; make its file where there is none.

        Args:
            path: the file; SQLite puts two more beside it, `-wal` and `-shm`.
            ttl: seconds for which each `jti` is remembered.
            size: how many it holds at most; `None`: as many as there is room for on the disk.
            timeout: seconds to wait while other processes write.
            clock: tells seconds since 1970, the same in all processes.

        Raises:
            EctgraphError: there is no such folder; the file is no replay cache, cannot be written,
                or stays locked; the size or the time to live is not above 0.

        """
        _require_positive(size=size, ttl=ttl)
        self.path = Path(path).absolute()
        self.size = size
        self.ttl = ttl
        self._timeout = timeout
        self._clock = clock
        self._closed = False
        self._connection: sqlite3.Connection | None = None
        if not self.path.parent.is_dir():
            message = f"{self.path}: there is no such folder"
            raise EctgraphError(message)
        with _SQLITE, self._told():
            self._database()
        _OPEN.add(self)

    def __call__(self, jti: str) -> bool:
        """Remember a `jti`, and say whether it was known; see `seen`."""
        return self.seen(jti)

    def seen(self, jti: str) -> bool:
        """Remember a `jti`, and say whether it was known.

        Raises:
            VerificationError: the cache is full (ECT902 limit-reached).
            EctgraphError: the file cannot be written, or stays locked; the cache is closed.

        """
        name, now = _name(jti), self._clock()
        with _SQLITE, self._told():
            database = self._database()
            with database:  # commits, or takes everything back
                database.execute("BEGIN IMMEDIATE")  # from here on, no other process writes
                database.execute(_PURGE, (now,))
                known = database.execute(_KNOWN, (name, now)).fetchone() is not None
                full = not known and self._is_full(database, now)
                if not (known or full):
                    database.execute(_REMEMBER, (name, now + self.ttl))
        if full:
            raise _full(jti, self.size, self.ttl)
        return known

    def close(self) -> None:
        """Let go of the file; asked afterwards, the cache raises."""
        with _SQLITE, self._told():
            self._closed = True
            self._disconnect()

    def _is_full(self, database: sqlite3.Connection, now: float) -> bool:
        if self.size is None:
            return False
        # Rows are numbered in a row, so there are no more of them than numbers from the first to
        # the last. They are counted only where that does not settle it.
        (at_most,) = database.execute(_AT_MOST).fetchone()
        if at_most is None or at_most < self.size:
            return False
        (count,) = database.execute(_COUNT, (now,)).fetchone()
        return bool(count >= self.size)

    def _database(self) -> sqlite3.Connection:
        """The connection, opened when it is first needed, also after a fork."""
        if self._closed:
            message = f"{self.path}: the replay cache is closed"
            raise EctgraphError(message)
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def _connect(self) -> sqlite3.Connection:
        import sqlite3  # noqa: PLC0415  # not every Python has it, and not every gate needs it

        database = sqlite3.connect(
            self.path, timeout=self._timeout, isolation_level=None, check_same_thread=False
        )
        try:
            # Losing power must not lose what was acknowledged.
            database.execute("PRAGMA synchronous = FULL")
            with database:
                database.execute("BEGIN IMMEDIATE")
                self._lay_out(database)
            # The log spares most of the waiting for the disk. All is well without it, so whoever
            # comes while others hold the file leaves it to the next.
            with suppress(sqlite3.OperationalError):
                database.execute("PRAGMA journal_mode = WAL")
        except BaseException:
            database.close()
            raise
        return database

    def _lay_out(self, database: sqlite3.Connection) -> None:
        """Make the table in a new file, and leave the databases of others alone."""
        (owner,) = database.execute("PRAGMA application_id").fetchone()
        if owner == _OWNER:
            return
        (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if owner or tables:
            message = f"{self.path}: this is a database of something else, not a replay cache"
            raise EctgraphError(message)
        for statement in _LAYOUT:
            database.execute(statement)

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell what SQLite cannot do in one line."""
        import sqlite3  # noqa: PLC0415

        try:
            yield
        except sqlite3.Error as error:
            message = f"{self.path}: the replay cache cannot be used: {error}"
            raise EctgraphError(message) from error


_OWNER = 0x45435431
"""What marks a SQLite file as a replay cache of this layout: `ECT1` in ASCII."""
_LAYOUT = (
    f"PRAGMA application_id = {_OWNER}",
    "CREATE TABLE seen (n INTEGER PRIMARY KEY, jti BLOB NOT NULL UNIQUE, until REAL NOT NULL)",
    "CREATE INDEX seen_until ON seen (until)",
)
# A few at a time, so that nobody waits long; each new row makes room for more than itself.
_PURGE = "DELETE FROM seen WHERE n IN (SELECT n FROM seen WHERE until <= ? LIMIT 100)"
_KNOWN = "SELECT 1 FROM seen WHERE jti = ? AND until > ?"
_REMEMBER = "REPLACE INTO seen (jti, until) VALUES (?, ?)"
_AT_MOST = "SELECT (SELECT max(n) FROM seen) - (SELECT min(n) FROM seen) + 1"
_COUNT = "SELECT count(*) FROM seen WHERE until > ?"

_SQLITE = threading.Lock()
"""Held by whoever uses SQLite, so that none is in the middle of it when the process forks."""
_OPEN: WeakSet[SQLiteJTICache] = WeakSet()


def _before_fork() -> None:
    """Close every file: a child that inherits one takes its parent's locks for its own.

    See "How To Corrupt An SQLite Database File", §2.6. Both open it anew when they need it.
    """
    _SQLITE.acquire()  # released after the fork, on both sides
    for cache in list(_OPEN):
        cache._disconnect()  # noqa: SLF001


if hasattr(os, "register_at_fork"):  # pragma: no branch  # Windows does not fork
    os.register_at_fork(
        before=_before_fork, after_in_parent=_SQLITE.release, after_in_child=_SQLITE.release
    )


def _name(jti: str) -> bytes:
    """What stands for a `jti` in a cache."""
    return sha256(jti.encode("utf-8", "surrogatepass")).digest()


def _require_positive(*, size: int | None, ttl: float) -> None:
    if size is not None and size < 1:
        message = f"the size of a replay cache must be at least 1, not {size}"
        raise EctgraphError(message)
    if not ttl > 0:
        message = f"the time to live of a replay cache must be more than 0 seconds, not {ttl}"
        raise EctgraphError(message)


def _full(jti: str, size: int | None, ttl: float) -> VerificationError:
    """What refuses a token that nobody could tell from its replay later."""
    hit = Hit(
        f"the replay cache is full: it holds {size} jtis, the most it may, for {ttl:g} s each",
        evidence={"size": size, "ttl": ttl},
    )
    policy = Policy(severities=LIMITS)
    return VerificationError(
        finding(RULES["ECT902"], hit, policy, subject=f"{jti}\0", jti=jti, places=())
    )
