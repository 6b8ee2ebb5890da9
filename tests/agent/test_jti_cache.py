"""Replay caches: what is new is new once, for everybody, and nothing is forgotten too early."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph import (
    EctgraphError,
    JTICache,
    SQLiteJTICache,
    VerificationError,
    VerifyOptions,
    new_jti_cache,
    verify,
)
from ectgraph.model import Severity
from ectgraph.testing import EPOCH, sketch

Cache = JTICache | SQLiteJTICache


class Clock:
    """A clock that only moves when told to."""

    def __init__(self) -> None:
        self.now = float(EPOCH)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def restless() -> Iterator[None]:
    """Let threads interrupt each other as often as they can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.fixture(params=["memory", "sqlite"])
def make(
    request: pytest.FixtureRequest, tmp_path: Path, clock: Clock
) -> Iterator[Callable[..., Cache]]:
    """Make a cache of either kind, ten minutes long; each file is a new one."""
    made: list[SQLiteJTICache] = []

    def new(size: int = 1000, ttl: float = 600) -> Cache:
        if request.param == "memory":
            return JTICache(size, ttl, clock=clock)
        path = tmp_path / f"{len(made)}.db"
        made.append(SQLiteJTICache(path, ttl, size=size, clock=clock))
        return made[-1]

    yield new
    for cache in made:
        cache.close()


@pytest.fixture
def sqlite(tmp_path: Path, clock: Clock) -> Iterator[Callable[..., SQLiteJTICache]]:
    """Open the one SQLite cache of a test, as often as it likes."""
    opened: list[SQLiteJTICache] = []

    def open_it(**options: Any) -> SQLiteJTICache:
        cache = SQLiteJTICache(tmp_path / "seen.db", **{"ttl": 600, "clock": clock} | options)
        opened.append(cache)
        return cache

    yield open_it
    for cache in opened:
        cache.close()


def run(script: str, *args: object) -> subprocess.Popen[str]:
    """Start a Python of its own; what it has to complain of goes where its answers go."""
    command = [sys.executable, "-W", "error", "-c", script, *map(str, args)]
    pipe, to_pipe = subprocess.PIPE, subprocess.STDOUT
    return subprocess.Popen(command, stdout=pipe, stderr=to_pipe, text=True)


def rows(path: Path) -> int:
    """How many `jti`s a file holds, expired or not."""
    database = sqlite3.connect(path)
    try:
        return int(database.execute("SELECT count(*) FROM seen").fetchone()[0])
    finally:
        database.close()


def descriptors(path: Path) -> int:
    """How many files of a database this process holds open; no test where nobody can tell."""
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        pytest.skip("no /proc: nobody can tell which files are open")
    names = [os.path.realpath(link) for link in folder.iterdir()]
    return sum(name.startswith(str(path)) for name in names)


# Both kinds


def test_a_jti_is_new_once(make):
    cache = make()
    assert [cache(jti) for jti in ("a", "b", "a", "a", "b", "c")] == [
        *(False, False, True),
        *(True, True, False),
    ]
    assert cache.seen("a") is cache("a") is True
    assert cache.seen("d") is False
    assert cache("d") is True


@pytest.mark.parametrize("jti", ["", "\0", "a" * 100_000, "ä\U0001f600", "\ud800", "A", "a "])
def test_any_text_is_a_jti_of_its_own(make, jti: str):
    cache = make()
    assert (cache("a"), cache(jti), cache(jti), cache("a")) == (False, False, True, True)


def test_a_jti_is_forgotten_after_its_time_to_live_and_not_before(make, clock):
    cache = make()
    cache("a")
    clock.now += 599.9
    assert cache("a") is True
    clock.now += 0.1
    assert cache("a") is False
    clock.now += 599.9
    assert cache("a") is True


def test_asking_again_does_not_prolong_it(make, clock):
    cache = make()
    for _ in range(4):
        cache("a")
        clock.now += 200
    assert (cache("a"), cache("a")) == (True, True)  # taken anew after the first 600 seconds
    clock.now += 400
    assert cache("a") is False


def test_a_full_cache_refuses_what_is_new_and_forgets_nothing(make):
    cache = make(size=2)
    assert (cache("a"), cache("b")) == (False, False)
    for _ in range(3):
        with pytest.raises(VerificationError, match=r"^ECT902 limit-reached: .* full") as refused:
            cache("c")
        assert (cache("a"), cache("b")) == (True, True)
    found = refused.value.finding
    assert (found.severity, found.jti) == (Severity.ERROR, "c")
    assert found.evidence == {"size": 2, "ttl": 600}


def test_a_full_cache_takes_new_ones_again_when_old_ones_have_expired(make, clock):
    cache = make(size=2)
    cache("a")
    clock.now += 300
    cache("b")
    clock.now += 300
    assert cache("c") is False
    with pytest.raises(VerificationError, match="ECT902"):
        cache("a")
    assert (cache("b"), cache("c")) == (True, True)


def test_what_was_refused_is_not_remembered(make, clock):
    cache = make(size=1)
    cache("a")
    with pytest.raises(VerificationError, match="ECT902"):
        cache("b")
    clock.now += 600
    assert cache("b") is False


@pytest.mark.usefixtures("restless")
def test_of_many_threads_one_hears_that_a_jti_is_new(make):
    cache, threads = make(), 8
    start = Barrier(threads)

    def ask(_: int) -> list[bool]:
        start.wait()
        return [cache(str(number)) for number in range(50)]

    with ThreadPoolExecutor(threads) as pool:
        answers = list(pool.map(ask, range(threads)))
    assert [told.count(False) for told in zip(*answers, strict=True)] == [1] * 50


@pytest.mark.usefixtures("restless")
def test_no_more_threads_get_in_than_there_is_room(make):
    cache, threads = make(size=20), 8
    start = Barrier(threads)

    def ask(thread: int) -> int:
        start.wait()
        taken = 0
        for number in range(20):
            try:
                taken += not cache(f"{thread} {number}")
            except VerificationError:
                continue
        return taken

    with ThreadPoolExecutor(threads) as pool:
        assert sum(pool.map(ask, range(threads))) == 20


@pytest.mark.parametrize("size", [0, -1])
def test_a_cache_without_room_is_refused(make, refusal, size: int):
    assert f"at least 1, not {size}" in refusal(make, size=size)


@pytest.mark.parametrize("ttl", [0, -1, float("nan")])
def test_a_cache_without_time_is_refused(make, refusal, ttl: float):
    assert f"more than 0 seconds, not {ttl}" in refusal(make, ttl=ttl)


STEPS = st.lists(
    st.tuples(st.sampled_from("abcde"), st.sampled_from([0, 0, 1, 200, 599, 600])), max_size=40
)


@given(STEPS, st.integers(1, 4))
def test_a_cache_does_as_a_dictionary_with_times_would(tmp_path_factory, steps, size):
    clock = Clock()
    path = tmp_path_factory.mktemp("model") / "seen.db"
    memory = JTICache(size, 600, clock=clock)
    with SQLiteJTICache(path, 600, size=size, clock=clock) as file:
        until: dict[str, float] = {}
        for jti, wait in steps:
            clock.now += wait
            until = {known: end for known, end in until.items() if clock.now < end}
            expected: bool | str = jti in until or (len(until) == size and "full")
            if not expected:
                until[jti] = clock.now + 600
            assert [answer(cache, jti) for cache in (memory, file)] == [expected] * 2


def answer(cache: Cache, jti: str) -> bool | str:
    try:
        return cache(jti)
    except VerificationError:
        return "full"


# At the gate


def test_the_gate_refuses_a_replay(make, ring, good_token):
    options = VerifyOptions(keys=ring, jti_seen=make(), clock=lambda: EPOCH)
    assert verify(good_token, options).trust == "verified"
    with pytest.raises(VerificationError, match="ECT301 replayed"):
        verify(good_token, options)


def test_only_a_token_that_passed_every_other_check_is_remembered(make, ring):
    cache = make(size=1)
    options = VerifyOptions(keys=ring, jti_seen=cache, clock=lambda: EPOCH)
    stranger, flipped = sketch("a@0 by=mallory; b@0 !flipped").records
    for compact in (stranger, flipped, b"hello"):
        with pytest.raises(VerificationError, match=r"ECT202|ECT201|ECT001"):
            verify(compact, options)
    assert cache("the first") is False


def test_a_gate_whose_cache_is_full_refuses_new_tokens_and_still_knows_the_old(make, ring):
    options = VerifyOptions(keys=ring, jti_seen=make(size=1), clock=lambda: EPOCH)
    first, second = sketch("a@0; b@0").records
    verify(first, options)
    with pytest.raises(VerificationError, match="ECT902"):
        verify(second, options)
    with pytest.raises(VerificationError, match="ECT301"):
        verify(first, options)


# In memory


def test_size_0_means_no_cache():
    assert new_jti_cache(0) is None
    cache = new_jti_cache(3, 60)
    assert isinstance(cache, JTICache)
    assert (cache.size, cache.ttl) == (3, 60)


def test_a_size_below_0_is_a_mistake(refusal):
    assert "not -1" in refusal(new_jti_cache, -1)


def test_an_empty_cache_is_not_taken_for_none():
    assert bool(JTICache(1)) is True


# In a file

HAMMER = """
import random, sys
from ectgraph import SQLiteJTICache
path, seed, size = sys.argv[1:]
jtis = [str(number) for number in range(150)]
random.Random(seed).shuffle(jtis)
with SQLiteJTICache(path, size=int(size), timeout=60) as cache:
    print(*[jti for jti in jtis if not cache(jti)])
"""


def test_of_many_processes_one_hears_that_a_jti_is_new(tmp_path):
    processes = [run(HAMMER, tmp_path / "seen.db", seed, 150) for seed in range(4)]
    new = [jti for process in processes for jti in process.communicate()[0].split()]
    assert [process.returncode for process in processes] == [0] * 4
    assert sorted(new, key=int) == [str(number) for number in range(150)]


CLAIM = """
import itertools, sys
from ectgraph import SQLiteJTICache
cache = SQLiteJTICache(sys.argv[1])
for number in itertools.count():
    if cache(str(number)):
        sys.exit("somebody was here before")
    print(number, flush=True)
"""


def test_nothing_acknowledged_is_lost_when_a_process_is_killed(tmp_path):
    path = tmp_path / "seen.db"
    with run(CLAIM, path) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(40)]
        process.kill()
        told += process.stdout.readlines()
    whole = [line.strip() for line in told if line.endswith("\n")]
    assert len(whole) >= 40
    with SQLiteJTICache(path) as cache:
        assert [cache(jti) for jti in whole] == [True] * len(whole)
        assert cache(f"{len(whole)} and more") is False


def test_a_reopened_cache_remembers(sqlite, clock):
    with sqlite() as cache:
        cache("a")
    clock.now += 599
    with sqlite() as cache:
        assert (cache("a"), cache("b")) == (True, False)
    clock.now += 1
    assert sqlite()("a") is False


def test_two_caches_on_one_file_are_one_memory(sqlite):
    one, other = sqlite(), sqlite()
    assert (one("a"), other("a"), other("b"), one("b")) == (False, True, False, True)


def test_each_jti_is_kept_as_long_as_whoever_took_it_said(sqlite, clock):
    long, short = sqlite(ttl=600), sqlite(ttl=60)
    long("a")
    short("b")
    clock.now += 60
    assert short("a") is True
    assert long("b") is False


def test_the_limit_holds_for_all_processes_together(sqlite):
    one, other = sqlite(size=2), sqlite(size=2)
    one("a")
    other("b")
    for cache in (one, other):
        with pytest.raises(VerificationError, match="ECT902"):
            cache("c")


def test_without_a_limit_there_is_none(sqlite):
    cache = sqlite()
    assert not any(cache(str(number)) for number in range(300))


def test_expired_rows_are_thrown_away(sqlite, clock, tmp_path):
    cache = sqlite()
    for number in range(250):
        cache(str(number))
    assert rows(tmp_path / "seen.db") == 250
    clock.now += 600
    assert not any(map(cache, ("249", "248", "new")))  # the first two have rows still
    assert rows(tmp_path / "seen.db") == 3
    assert all(map(cache, ("249", "248", "new")))


def test_many_expired_rows_do_not_fill_a_cache(sqlite, clock):
    cache = sqlite(size=250)
    for number in range(250):
        cache(str(number))
    clock.now += 600
    assert not any(cache(f"new {number}") for number in range(250))
    with pytest.raises(VerificationError, match="ECT902"):
        cache("one more")


def test_gaps_between_rows_do_not_fill_a_cache(sqlite, clock):
    patient, cache = sqlite(size=3), sqlite(size=3, ttl=10)
    patient("a")
    cache("b")
    patient("c")
    clock.now += 10
    assert cache("d") is False
    with pytest.raises(VerificationError, match="ECT902"):
        cache("e")


def test_the_file_is_written_with_a_log(sqlite, tmp_path):
    sqlite()("a")
    assert (tmp_path / "seen.db-wal").stat().st_size > 0


class Beaten(sqlite3.Connection):
    """Always comes while somebody else holds the file, when it would begin a log."""

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        if "journal_mode" in sql:
            raise sqlite3.OperationalError("database is locked")
        return super().execute(sql, *values)


def test_a_log_that_cannot_be_begun_now_is_begun_by_the_next(sqlite, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Beaten))
        one, other = sqlite(), sqlite()
    assert (one("a"), other("a"), other("b"), one("b")) == (False, True, False, True)
    assert not (tmp_path / "seen.db-wal").exists()
    assert sqlite()("a") is True
    assert (tmp_path / "seen.db-wal").exists()


def test_jtis_are_not_in_the_file(sqlite, tmp_path):
    with sqlite() as cache:
        cache("a-very-telling-jti")
    assert b"telling" not in (tmp_path / "seen.db").read_bytes()


def test_a_path_may_be_relative_and_the_folder_change(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with SQLiteJTICache(":memory:") as cache:  # a file name like any other
        cache("a")
        monkeypatch.chdir("elsewhere")
        assert cache("a") is True
    with SQLiteJTICache(tmp_path / ":memory:") as cache:
        assert cache("a") is True


# In a file: what goes wrong


def test_a_missing_folder_is_told(refusal, tmp_path):
    path = tmp_path / "missing" / "seen.db"
    assert refusal(SQLiteJTICache, path) == f"{path}: there is no such folder"


def test_a_folder_is_no_cache(refusal, tmp_path):
    said = refusal(SQLiteJTICache, tmp_path)
    assert said == f"{tmp_path}: the replay cache cannot be used: unable to open database file"


def test_a_file_that_is_no_database_is_told_and_left_alone(refusal, tmp_path):
    path = tmp_path / "seen.db"
    path.write_bytes(b"hello " * 100)
    assert refusal(SQLiteJTICache, path).endswith("cannot be used: file is not a database")
    assert path.read_bytes() == b"hello " * 100
    assert descriptors(path) == 0


@pytest.mark.parametrize("theirs", ["CREATE TABLE seen (jti)", "PRAGMA application_id = 7"])
def test_the_database_of_something_else_is_told_and_left_alone(refusal, tmp_path, theirs):
    path = tmp_path / "seen.db"
    database = sqlite3.connect(path)
    database.execute(theirs)
    database.close()
    before = path.read_bytes()
    assert "a database of something else" in refusal(SQLiteJTICache, path)
    assert path.read_bytes() == before


def test_a_file_that_stays_locked_is_told(refusal, sqlite, tmp_path):
    cache = sqlite(timeout=0)
    other = sqlite3.connect(tmp_path / "seen.db", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        assert refusal(cache, "a").endswith("cannot be used: database is locked")
        assert "database is locked" in refusal(sqlite, timeout=0)
    finally:
        other.close()
    assert (cache("a"), sqlite(timeout=0)("a")) == (False, True)


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 0)() == 0, reason="root may write anything")
def test_a_file_that_must_not_be_written_is_told(refusal, sqlite, tmp_path):
    sqlite().close()
    (tmp_path / "seen.db").chmod(0o400)
    assert "readonly database" in refusal(sqlite)


@pytest.mark.parametrize(
    ("trouble", "relief", "said"),
    [
        ("PRAGMA query_only = 1", "PRAGMA query_only = 0", "attempt to write a readonly database"),
        ("PRAGMA max_page_count = 1", "PRAGMA max_page_count = 9999", "disk is full"),
    ],
)
def test_a_jti_that_could_not_be_written_was_not_taken(sqlite, trouble, relief, said):
    cache = sqlite()
    taken: list[str] = []

    def fill() -> None:
        while not cache(str(len(taken))):
            taken.append(str(len(taken)))

    cache._connection.execute(trouble)
    with pytest.raises(EctgraphError, match=said):
        fill()
    cache._connection.execute(relief)
    assert all(map(cache, taken))
    assert cache(str(len(taken))) is False


def test_a_cache_that_is_closed_is_of_no_use(refusal, sqlite, tmp_path):
    cache = sqlite()
    cache("a")
    cache.close()
    cache.close()
    assert refusal(cache, "b") == f"{tmp_path / 'seen.db'}: the replay cache is closed"
    assert descriptors(tmp_path / "seen.db") == 0


def test_a_cache_in_trouble_lets_no_token_pass(sqlite, ring, good_token, refusal):
    told = []
    cache = sqlite()
    cache.close()
    options = VerifyOptions(
        keys=ring,
        jti_seen=cache,
        clock=lambda: EPOCH,
        on_verify_attempt=lambda *attempt: told.append(attempt),
    )
    assert refusal(verify, good_token, options).endswith("the replay cache is closed")
    assert [str(error).endswith("is closed") for _, error in told] == [True]


FORK = """
import os, sys
from ectgraph import SQLiteJTICache

path = sys.argv[1]

def opened():
    folder = "/proc/self/fd"
    names = os.listdir(folder) if os.path.isdir(folder) else []
    return sum(os.path.realpath(f"{folder}/{name}").startswith(path) for name in names)

cache, closed = SQLiteJTICache(path), SQLiteJTICache(path)
closed.close()
cache("before")
child = os.fork()
inherited = opened()
mine, yours = ("child", "parent") if child == 0 else ("parent", "child")
answers = [cache("before"), cache(mine), cache(mine)]
if child == 0:
    os._exit(0 if (inherited, answers) == (0, [True, False, True]) else 1)
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(status, inherited, answers, cache(yours))
cache.close()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_process_may_fork_while_it_has_a_cache_open(tmp_path):
    with run(FORK, tmp_path / "seen.db") as process:
        said = process.communicate()[0]
    assert said == "0 0 [True, False, True] True\n"
