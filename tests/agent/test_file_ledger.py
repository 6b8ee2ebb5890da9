"""A ledger in a file: what is acknowledged stays, whoever dies, and whatever the disk does.

Tests of storage alone append tokens that nobody verified, and say so; signatures are tested where
tokens are.
"""

from __future__ import annotations

import errno
import gzip
import hashlib
import io
import itertools
import json
import logging
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ectgraph
from ectgraph import EctgraphError, FileLedger, MemoryLedger, VerificationError
from ectgraph.agent.chain_file import LONGEST_LINE, ChainFile, TornTail
from ectgraph.formats.chain import Head
from ectgraph.keys import KeyRing
from ectgraph.model import Trust
from ectgraph.testing import EPOCH, jwks, ledger_file, task_id

posix = pytest.mark.skipif(os.name != "posix", reason="forks, signals and modes are POSIX's")
KILLS = 200
"""Writers killed on one ledger after the other."""
PER_LEDGER = 20
"""Of those, on each ledger."""
TIMES = range(EPOCH, EPOCH + 99)


class Ticks:
    """A clock that is one second later each time."""

    def __init__(self) -> None:
        self.times = iter(TIMES)

    def __call__(self) -> float:
        return next(self.times)


class Nursery:
    """Processes to be killed; see `appender`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._alive: set[int] = set()

    def start(self, do: str, path: Path, **order: Any) -> int:
        """Have a process do something, and give its number."""
        pid = self._ask({"do": do, "path": str(path)} | order)
        self._alive.add(pid)
        return pid

    def wait(self, pid: int) -> int:
        """Wait for the end of a process, and give its exit code."""
        code = self._ask({"wait": pid})
        self._alive.remove(pid)
        return code

    def kill(self, pid: int) -> None:
        """End a process at once."""
        os.kill(pid, signal.SIGKILL)
        assert self.wait(pid) in (-signal.SIGKILL, 0)

    def end(self) -> None:
        """End what is still there, and the nursery."""
        for pid in list(self._alive):
            self.kill(pid)
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def _ask(self, order: dict[str, Any]) -> int:
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    program = Path(__file__).with_name("appender.py")
    process = subprocess.Popen(
        [sys.executable, "-X", "faulthandler", "-W", "error", str(program)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    made = Nursery(process)
    yield made
    made.end()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


@pytest.fixture
def opened(path: Path) -> Iterator[Callable[..., FileLedger]]:
    """Open the ledger, or another, and have it closed at the end."""
    ledgers: list[FileLedger] = []

    def make(where: Path = path, **options: Any) -> FileLedger:
        ledgers.append(FileLedger(where, **{"sync": False, "clock": Ticks()} | options))
        return ledgers[-1]

    yield make
    for ledger in ledgers:
        ledger.close()


@pytest.fixture(scope="module")
def tokens(task: Callable[..., bytes]) -> list[bytes]:
    """Five tokens, each built on the one before."""
    return [task(f"t{n}", *([f"t{n - 1}"] if n else [])) for n in range(5)]


@pytest.fixture(scope="module")
def data(tokens: list[bytes]) -> bytes:
    """The file that a ledger of four of them is."""
    return ledger_file(tokens[:4], TIMES[:4])


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the disk, where a test opens thousands of ledgers."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def links(data: bytes) -> int:
    """Check the hash chain with nothing but hashlib, and count its entries."""
    lines = data.split(b"\n")
    assert lines.pop() == b""
    previous = ""
    for number, line in enumerate(lines, 1):
        stated = json.loads(line)
        assert (stated["seq"], stated["prev_hash"]) == (number, previous)
        previous = hashlib.sha256(line).hexdigest()
    return len(lines)


def kept(path: Path) -> list[bytes]:
    """What was set aside, in the order of the files' names."""
    return [file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}.torn-*"))]


def names(folder: Path) -> list[str]:
    """What is in a folder."""
    return sorted(file.name for file in folder.iterdir())


def together(ledger: FileLedger, run: Callable[[bytes], str], tokens: list[bytes]) -> list[str]:
    """Append in several threads, the first alone and then all others in one batch."""
    with ThreadPoolExecutor(len(tokens)) as threads:
        with ledger._writing:
            running = [threads.submit(run, compact) for compact in tokens]
            once(lambda: len(ledger._queue) == len(tokens) - 1)
        return [done.result() for done in running]


def once(condition: Callable[[], bool]) -> None:
    """Wait for something that another process does."""
    for _ in range(12_000):
        if condition():
            return
        time.sleep(0.005)
    pytest.fail("it never happened")


# The file


def test_a_new_ledger_is_an_empty_file(opened, path):
    ledger = opened()
    assert path.read_bytes() == b""
    assert (len(ledger), ledger.torn, ledger.check()) == (0, (), 0)
    assert names(path.parent) == [path.name]


def test_what_is_appended_is_in_the_file_before_anybody_is_told(opened, path, tokens, data):
    ledger = opened()
    for number, compact in enumerate(tokens[:4]):
        entry = ledger.append(compact, unverified=True)
        written = path.read_bytes()
        assert written == ledger_file(tokens[: number + 1], TIMES[: number + 1])
        begins = entry.record.offset
        assert written[begins : begins + entry.record.length] == entry.record.raw
        assert entry.record.body == entry.record.raw[:-1]
        assert entry.record.line == entry.seq == number + 1
        assert entry.record.digest == hashlib.sha256(entry.record.raw).digest()
    assert path.read_bytes() == data
    assert ledger.check() == 4


def test_a_ledger_opened_again_is_the_same_but_for_trust(opened, path, passed, tokens):
    first = opened()
    for compact in tokens:
        first.append(passed(compact))
    first.close()
    again = opened()
    assert [entry.trust for entry in again] == [Trust.UNCHECKED] * 5
    for old, new in zip(first, again, strict=True):
        for field in ("record", "token", "problems", "seq", "recorded_at", "prev_hash"):
            assert getattr(old, field) == getattr(new, field)
    assert again.settled_parents(again[4].token, ectgraph.Policy()) is None  # it is there already
    assert again.get(task_id("t3"), task_id("workflow")) == again[3]


def test_a_ledger_goes_on_where_it_was_left(opened, path, tokens, data):
    for number, compact in enumerate(tokens[:4]):
        with FileLedger(path, sync=False, clock=lambda n=number: TIMES[n]) as ledger:
            assert len(ledger) == number
            ledger.append(compact, unverified=True)
    assert path.read_bytes() == data


def test_entries_read_from_the_file_are_known_as_those_appended(opened, tokens, task):
    with opened() as ledger:
        ledger.append(tokens[0], unverified=True)
    again = opened()
    with pytest.raises(VerificationError, match="ECT301"):
        again.append(tokens[0], unverified=True)
    with pytest.raises(VerificationError, match="ECT302"):
        again.append(task("t0", exec_act="pay"), unverified=True)


@pytest.mark.parametrize("kind", [str, Path])
def test_a_path_is_a_path_of_either_kind(path, tokens, kind):
    with FileLedger(kind(path)) as ledger:
        ledger.append(tokens[0], unverified=True)
    assert links(path.read_bytes()) == 1


def test_a_relative_path_stays_where_it_was(opened, path, tokens, monkeypatch):
    monkeypatch.chdir(path.parent)
    ledger = opened(Path(path.name))
    entry = ledger.append(tokens[0], unverified=True)
    monkeypatch.chdir("/")
    ledger.append(tokens[1], unverified=True)
    assert entry.record.body
    assert ledger.check() == links(path.read_bytes()) == 2


def test_a_closed_ledger_says_so_and_still_tells_what_it_knew(opened, tokens, refusal):
    ledger = opened()
    entry = ledger.append(tokens[0], unverified=True)
    ledger.close()
    ledger.close()
    assert "closed" in refusal(ledger.append, tokens[1], unverified=True)
    assert "closed" in refusal(ledger.refresh)
    assert "closed" in refusal(ledger.check)
    assert ledger.get(task_id("t0")) == entry
    assert ledger.get(task_id("t9")) is None
    assert list(ledger) == [entry]


def test_a_ledger_lints_clean_with_its_keys(opened, path, passed, tokens, ring):
    ledger = opened()
    for compact in tokens:
        ledger.append(passed(compact))
    report = ectgraph.load(path, ring).report
    assert report.findings == ()
    assert report.summary.trust["verified"] == 5


# Several at once


def test_two_objects_on_one_file_take_turns(opened, path, tokens):
    one, other = opened(), opened()
    for number, compact in enumerate(tokens):
        (one, other)[number % 2].append(compact, unverified=True)
    assert one.refresh() == 0
    assert other.refresh() == 1
    assert [entry.record for entry in one] == [entry.record for entry in other]
    assert one.check() == other.check() == links(path.read_bytes()) == 5


def test_get_sees_what_others_have_appended_since(opened, tokens):
    one, other = opened(), opened()
    assert one.get(task_id("t0")) is None
    other.append(tokens[0], unverified=True)
    assert one.get(task_id("t0"), task_id("workflow")).record == other[0].record
    other.append(tokens[1], unverified=True)
    assert one.contains(task_id("t1"))


def test_get_sees_that_others_have_appended_the_task_of_the_own_workflow(opened, task):
    one, other = opened(), opened()
    elsewhere = one.append(task("a", wid="v"), unverified=True)
    assert one.get(task_id("a"), task_id("w")) == elsewhere
    here = other.append(task("a", wid="w"), unverified=True)
    assert one.get(task_id("a"), task_id("w")).record == here.record
    assert one.get(task_id("a"), task_id("v")) == elsewhere


def test_a_task_that_others_have_appended_since_is_refused(opened, tokens, task):
    one, other = opened(), opened()
    other.append(tokens[0], unverified=True)
    with pytest.raises(VerificationError, match="ECT301"):
        one.append(tokens[0], unverified=True)
    other.append(tokens[1], unverified=True)
    with pytest.raises(VerificationError, match="ECT302"):
        one.append(task("t1"), unverified=True)


def test_a_gate_sees_parents_that_others_have_appended_since(opened, task, ring):
    one, other = opened(), opened()
    gate = ectgraph.VerifyOptions(keys=ring, store=one, clock=lambda: EPOCH + 60)
    with pytest.raises(VerificationError, match="ECT303"):
        ectgraph.verify(task("b", "a"), gate)
    other.append(task("a"), unverified=True)
    assert ectgraph.verify(task("b", "a"), gate).token.jti == task_id("b")


@posix
@pytest.mark.parametrize(
    ("processes", "threads", "count", "sync", "hesitant"),
    [(8, 5, 100, False, False), (4, 4, 15, True, False), (3, 3, 20, False, True)],
    ids=["4000 entries", "synced", "in small pieces"],
)
def test_processes_append_at_once_to_one_chain(
    nursery, path, processes, threads, count, sync, hesitant
):
    born = [
        nursery.start(
            "append",
            path,
            name=f"p{number}",
            threads=threads,
            count=count,
            acks=f"{path}.acks-{number}",
            sync=sync,
            hesitant=hesitant,
        )
        for number in range(processes)
    ]
    assert [nursery.wait(pid) for pid in born] == [0] * processes

    total = processes * threads * count
    data = path.read_bytes()
    assert links(data) == total
    names = itertools.product(range(processes), range(threads), range(count))
    expected = {task_id(f"p{p} {t} {n}") for p, t, n in names}
    entered = [json.loads(line)["jti"] for line in data.splitlines()]
    assert len(entered) == len(expected) == total
    assert set(entered) == expected
    acknowledged = [Path(f"{path}.acks-{n}").read_text().split() for n in range(processes)]
    assert sorted(itertools.chain(*acknowledged)) == sorted(entered)
    assert kept(path) == []

    report = ectgraph.load(path, KeyRing.from_jwks(jwks("agent-a"))).report
    # The tokens are of 2026, and entered now; each thread has its own lineage.
    assert {finding.code for finding in report.findings} == {"ECT310", "ECT403", "ECT404"}
    assert report.summary.trust["verified"] == report.summary.tasks == total
    assert report.summary.missing == 0
    assert report.summary.edges > total
    with FileLedger(path) as ledger:
        assert ledger.check() == len(ledger) == total


@posix
def test_children_that_inherit_an_open_ledger_append_to_the_same_chain(nursery, path):
    assert nursery.wait(nursery.start("family", path, children=3, count=25)) == 0
    assert links(path.read_bytes()) == 1 + 4 * 25


def test_threads_share_syncs_and_each_waits_for_its_own(opened, path, task, monkeypatch):
    synced, lock, sync = [0], threading.Lock(), os.fsync

    def count(descriptor: int) -> None:
        size = os.fstat(descriptor).st_size
        sync(descriptor)
        time.sleep(0.01)  # a slow disk, so that the others queue up
        with lock:
            synced.append(size)

    ledger = opened(sync=True)
    made = [[task(f"{thread} {n}") for n in range(12)] for thread in range(16)]
    start = threading.Barrier(16)

    def run(mine: list[bytes]) -> None:
        start.wait()
        for compact in mine:
            record = ledger.append(compact, unverified=True).record
            with lock:
                assert max(synced) >= record.offset + record.length

    monkeypatch.setattr(os, "fsync", count)
    ledger._clock = lambda: EPOCH
    with ThreadPoolExecutor(16) as threads:
        for done in [threads.submit(run, mine) for mine in made]:
            done.result()
    appends = 16 * 12
    assert links(path.read_bytes()) == len(ledger) == appends
    assert 12 <= len(synced) - 1 <= appends / 4


def test_without_sync_no_append_waits_for_the_disk(opened, tokens, monkeypatch):
    syncs: list[int] = []
    monkeypatch.setattr(os, "fsync", syncs.append)
    for compact in tokens:
        opened().append(compact, unverified=True)
    assert syncs == []


def test_the_first_sync_is_of_the_folder_then_each_append_of_the_file(
    opened, path, tokens, monkeypatch
):
    syncs: list[os.stat_result] = []
    monkeypatch.setattr(os, "fsync", lambda fd: syncs.append(os.fstat(fd)))
    ledger = opened(sync=True)
    assert [os.path.samestat(stat, path.parent.stat()) for stat in syncs] == [True]
    for number, compact in enumerate(tokens, 2):
        ledger.append(compact, unverified=True)
        assert len(syncs) == number
        assert os.path.samestat(syncs[-1], path.stat())
        assert syncs[-1].st_size == path.stat().st_size


def test_a_token_refused_does_not_spoil_the_others_of_its_batch(opened, path, task):
    ledger = opened()
    ledger._clock = lambda: EPOCH
    versions = [task("same", exec_act=f"act-{n}") for n in range(8)]
    others = [task(f"other {n}") for n in range(8)]

    def run(compact: bytes) -> str:
        try:
            return str(ledger.append(compact, unverified=True).seq)
        except VerificationError as error:
            return error.finding.code

    outcomes = together(ledger, run, [*others, *versions])
    assert sorted(outcomes[8:])[1:] == ["ECT302"] * 7
    assert "ECT302" not in outcomes[:8]
    assert links(path.read_bytes()) == 9


# Killed


@posix
def test_killed_at_any_moment_a_ledger_loses_nothing_acknowledged(nursery, tmp_path):
    chance = random.Random(10_000)  # noqa: S311
    torn = unacknowledged = 0
    for number in range(KILLS):
        if number % PER_LEDGER == 0:
            path = tmp_path / f"{number}" / "ledger.jsonl"
            path.parent.mkdir()
            acks, size = tmp_path / f"{number}.acks", 0
        pid = nursery.start(
            "append",
            path,
            name=f"w{number}",
            threads=4,
            count=10_000,
            acks=str(acks),
            hesitant=chance.random() < 0.7,
            sync=chance.random() < 0.8,
        )
        time.sleep(chance.uniform(0, 0.05))
        nursery.kill(pid)
        before, set_aside = (path.read_bytes() if path.exists() else b""), len(kept(path))

        with FileLedger(path) as ledger:
            after = path.read_bytes()
            entered = [entry.token.jti for entry in ledger]
            assert ledger.check() == len(ledger) == links(after)
            whole = after + b"".join(tail.kept.read_bytes() for tail in ledger.torn)
            assert whole in (before, before + b"\n")  # all of a line was there but its end
            assert len(kept(path)) == set_aside + len(ledger.torn)
            for tail in ledger.torn:
                assert (tail.offset, tail.length) == (len(after), len(before) - len(after))
        acknowledged = acks.read_text().split() if acks.exists() else []
        assert len(set(entered)) == len(entered)
        assert set(acknowledged) <= set(entered)
        assert len(after) >= size
        size = len(after)
        torn += len(ledger.torn)
        unacknowledged += len(entered) > len(acknowledged)
    assert torn > 0  # else the test did not test what it says
    assert unacknowledged > 0


@posix
def test_a_writer_goes_on_after_another_was_killed(nursery, tmp_path):
    chance = random.Random(2)  # noqa: S311
    torn = 0
    for number in range(15):
        path, acks = tmp_path / f"{number}.jsonl", tmp_path / f"{number}.acks"
        usual = {"threads": 2, "hesitant": True, "sync": False, "acks": str(acks)}
        first = nursery.start("append", path, name="first", count=10_000, **usual)
        once(acks.exists)
        second = nursery.start("append", path, name="second", count=20, **usual)
        time.sleep(chance.uniform(0, 0.03))
        nursery.kill(first)
        assert nursery.wait(second) == 0

        acknowledged = acks.read_text().split()
        with FileLedger(path) as ledger:
            assert ledger.torn == ()  # the second has seen to it
            assert set(acknowledged) <= {entry.token.jti for entry in ledger}
            assert ledger.check() == len(ledger) == links(path.read_bytes())
        torn += len(kept(path))
        assert sum(jti in acknowledged for jti in _jtis("second", 2, 20)) == 40
    assert torn > 0


def _jtis(name: str, threads: int, count: int) -> list[str]:
    return [task_id(f"{name} {t} {n}") for t in range(threads) for n in range(count)]


def test_cut_at_any_byte_a_file_opens_with_all_whole_lines(tmp_path, tokens, data, quick):
    ends = [0, *(place + 1 for place, byte in enumerate(data) if byte == 10)]
    for cut in range(len(data) + 1):
        path = tmp_path / f"{cut}" / "ledger.jsonl"
        path.parent.mkdir()
        path.write_bytes(data[:cut])
        # A last line that lacks its end alone is whole: it may have been acknowledged.
        whole = max(end for end in ends if end <= cut or (end == cut + 1 and cut > 0))
        for time_opened in range(2):
            with FileLedger(path, sync=False) as ledger:
                assert [e.token.jti for e in ledger] == [
                    task_id(f"t{n}") for n in range(ends.index(whole))
                ]
                assert path.read_bytes() == data[:whole]
                if (cut >= whole - 1 and cut <= whole) or time_opened == 1:
                    assert ledger.torn == ()
                else:
                    (torn,) = ledger.torn
                    assert torn == TornTail(whole, cut - whole, Path(f"{path}.torn-{whole}"))
        assert kept(path) == ([data[whole:cut]] if cut > whole else [])
        if cut % 50 == 0:
            _write_again(path, tokens, data, ends.index(whole))


def _write_again(path: Path, tokens: list[bytes], data: bytes, there: int) -> None:
    """Go on after a crash with what was not acknowledged; it is the same file then."""
    clock = Ticks()
    clock.times = iter(TIMES[there:])
    with FileLedger(path, sync=False, clock=clock) as ledger:
        for compact in tokens[there:4]:
            ledger.append(compact, unverified=True)
    assert path.read_bytes() == data


@given(choices=st.data())
def test_bytes_after_the_last_line_are_set_aside_or_the_file_is_left_alone(
    tmp_path_factory, data, choices
):
    path = tmp_path_factory.mktemp("tail") / "ledger.jsonl"
    begins = Head(4, "").next_begins
    tail = choices.draw(st.binary(max_size=8).map(lambda junk: junk.replace(b"\n", b"")))
    tail = begins[: choices.draw(st.integers(0, len(begins)))] + tail
    path.write_bytes(data + tail)
    try:
        with FileLedger(path, sync=False) as ledger:
            assert path.read_bytes() == data
            assert kept(path) == [tail] * bool(tail)
            assert len(ledger) == 4
            assert len(ledger.torn) == len(kept(path))
    except EctgraphError:
        assert not begins.startswith(tail[: len(begins)])
        assert path.read_bytes() == data + tail
        assert kept(path) == []


@pytest.mark.parametrize(
    "tail", [b"\0", b"\0" * 5000, b'{"seq":5,"recorded_at":"2026' + b"\0" * 99]
)
def test_zeros_that_a_file_system_left_at_the_end_are_set_aside(opened, path, data, tail):
    path.write_bytes(data + tail)
    ledger = opened()
    assert path.read_bytes() == data
    assert [torn.kept.read_bytes() for torn in ledger.torn] == [tail]


def test_two_lines_torn_at_the_same_place_are_both_kept(opened, path, data, tokens):
    tails = [b'{"seq":5,"recorded_at":"first', b'{"se', b'{"seq":5,"recorded_at":"third']
    for number, tail in enumerate(tails, 1):
        path.write_bytes(data + tail)
        (torn,) = opened().torn
        assert torn.kept.read_bytes() == tail
        assert sorted(kept(path)) == sorted(tails[:number])
    opened().append(tokens[4], unverified=True)
    assert links(path.read_bytes()) == 5


def test_a_long_torn_line_is_kept_whole(opened, path, data):
    tail = Head(4).next_begins + b"x" * 3_000_000
    path.write_bytes(data + tail)
    (torn,) = opened().torn
    assert torn.kept.read_bytes() == tail
    assert path.read_bytes() == data


def test_what_is_set_aside_is_told(opened, path, data, caplog):
    path.write_bytes(data + b'{"seq":5,')
    with caplog.at_level(logging.WARNING):
        (torn,) = opened().torn
    said = f"an unfinished line (9 bytes at offset {len(data)}) was set aside in {torn.kept}"
    assert str(torn) == said
    assert [record.getMessage() for record in caplog.records] == [f"{path}: {said}"]


def test_a_ledger_that_is_open_sets_aside_what_a_killed_writer_left(opened, path, data, tokens):
    path.write_bytes(data)
    ledger, watcher = opened(), opened()
    with path.open("ab") as file:
        file.write(b'{"seq":5,"recorded')
    assert watcher.check() == 4
    assert len(watcher.torn) == 1
    ledger.append(tokens[4], unverified=True)
    assert ledger.torn == ()
    assert kept(path) == [b'{"seq":5,"recorded']
    assert links(path.read_bytes()) == 5


def test_a_torn_line_that_cannot_be_kept_stays_where_it_is(
    opened, path, data, refusal, monkeypatch
):
    torn = data + b'{"seq":5,'
    path.write_bytes(torn)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        assert "set aside (No space left on device)" in refusal(opened)
    assert path.read_bytes() == torn
    assert len(opened()) == 4
    assert path.read_bytes() == data
    assert kept(path)[-1] == b'{"seq":5,'


# Not a ledger


def _starfly(compact: bytes) -> bytes:
    """Two entries as Starfly writes them, under a chain of its own."""
    lines, previous = [], ""
    for number in (1, 2):
        entry = {"seq": number, "jti": "x", "prev_hash": previous, "ect_token": compact.decode()}
        lines.append(json.dumps(entry, separators=(",", ":")).encode())
        previous = hashlib.sha256(lines[-1]).hexdigest()
    return b"".join(line + b"\n" for line in lines)


def _edited(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    """Change the second line."""

    def edit(data: bytes) -> bytes:
        lines = data.splitlines(keepends=True)
        assert old in lines[1]
        return b"".join([lines[0], lines[1].replace(old, new, 1), *lines[2:]])

    return edit


def _lines(*order: int) -> Callable[[bytes], bytes]:
    """Put lines in another order."""
    return lambda data: b"".join(data.splitlines(keepends=True)[number] for number in order)


BROKEN: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "junk": (lambda _: b"hello\nledger\n", "line 1 is no entry"),
    "junk without end": (lambda _: b"hello", "line 1 is no entry"),
    "a picture": (lambda _: b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "line 1 is no entry"),
    "zeros": (lambda _: b"\0" * 4096, "line 1 is no entry"),
    "a database": (lambda _: b"SQLite format 3\0" + b"\0" * 84, "line 1 is no entry"),
    "a document": (lambda _: b'{"entries":[]}', "line 1 is no entry"),
    "a long document": (lambda _: json.dumps({"seq": 1, "a": 1}, indent=1).encode(), "line 1"),
    "an array": (lambda _: b"[1,2]\n", "line 1 is no entry"),
    "bare tokens": (lambda data: json.loads(data.splitlines()[0])["ect"].encode() + b"\n", "line 1"),
    "another tool": (lambda data: _starfly(json.loads(data.splitlines()[0])["ect"].encode()), "line 1 is no entry"),
    "a blank line before": (lambda data: b"\n" + data, "line 1 is no entry"),
    "a blank line between": (lambda data: data.replace(b"\n", b"\n\n", 1), "line 2 is no entry"),
    "a blank line after": (lambda data: data + b"\n", "line 5 is no entry"),
    "a comment": (lambda data: b"# ours\n" + data, "line 1 is no entry"),
    "a byte order mark": (lambda data: b"\xef\xbb\xbf" + data, "line 1 is no entry"),
    "UTF-16": (lambda data: data.decode().encode("utf-16"), "line 1 is no entry"),
    "compressed": (gzip.compress, "line 1 is no entry"),
    "line endings of Windows": (lambda data: data.replace(b"\n", b"\r\n"), "line 1 is no entry"),
    "one line, ended as on Windows": (lambda data: data.split(b"\n")[0] + b"\r\n", "line 1 is no entry"),
    "the first line is missing": (_lines(1, 2, 3), "line 1 says it is number 2"),
    "a gap": (_lines(0, 2, 3), "line 2 says it is number 3"),
    "swapped": (_lines(0, 2, 1, 3), "line 2 says it is number 3"),
    "a line twice": (_lines(0, 1, 1, 2), "line 3 says it is number 2"),
    "a changed time": (_edited(b'"recorded_at":"2', b'"recorded_at":"3'), "line 3 does not hold the hash"),
    "a changed token": (_edited(b'"ect":"e', b'"ect":"f'), "line 3 does not hold the hash"),
    "a changed hash": (lambda data: data.replace(b'"prev_hash":""', b'"prev_hash":"00"', 1), "line 1 does not hold"),
    "another number": (_edited(b'"seq":2', b'"seq":4'), "line 2 says it is number 4"),
    "a number as text": (_edited(b'"seq":2', b'"seq":"2"'), "line 2 is no entry"),
    "a number as a fraction": (_edited(b'"seq":2', b'"seq":2.0'), "line 2 is no entry"),
    "a space": (_edited(b'"seq":2,', b'"seq":2, '), "line 2 is no entry"),
    "a member more": (_edited(b'"seq":2,', b'"seq":2,"x":1,'), "line 2 is no entry"),
    "a member twice": (_edited(b'"seq":2,', b'"seq":7,"seq":2,'), "line 2 is no entry"),
    "a member less": (_edited(b'"jti"', b'"task"'), "line 2 is no entry"),
    "no token": (_edited(b'"ect":"', b'"ect":null,"x":"'), "line 2 is no entry"),
    "not UTF-8": (_edited(b'"jti":"', b'"jti":"\xff'), "line 2 is no entry"),
    "two in a line": (lambda data: data.replace(b"\n", b"", 1), "line 1 is no entry"),
    "junk at the end": (lambda data: data + b"hello", "line 5 is no entry"),
    "a finished line of junk": (lambda data: data + b'{"seq":5,"recorded_at":"\n', "line 5 is no entry"),
    "a huge line": (lambda _: b"x" * (LONGEST_LINE * 2 + 7), "line 1 is no entry"),
    "a huge line that begins well": (
        lambda data: data + Head(4).next_begins + b"x" * (LONGEST_LINE + 7),
        "line 5 is no entry",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_ledger_is_refused_and_left_alone(opened, path, data, refusal, name):
    spoil, said = BROKEN[name]
    broken = spoil(data)
    path.write_bytes(broken)
    for _ in range(2):
        message = refusal(opened)
        assert message.startswith(f"{path}: line ")
        assert said in message
        assert "nothing is appended" in message
        assert path.read_bytes() == broken
        assert names(path.parent) == [path.name]


def test_what_somebody_added_who_does_not_keep_the_chain_is_not_gone_on_with(
    opened, path, data, tokens, refusal
):
    path.write_bytes(data)
    ledger = opened()
    for junk in (b"hello\n", data.splitlines(keepends=True)[0]):
        path.write_bytes(data + junk)
        for call in (lambda: ledger.append(tokens[4], unverified=True), ledger.refresh):
            assert "line 5" in refusal(call)
        assert "line 5" in refusal(ledger.get, "nobody")
        assert "line 5" in refusal(ledger.check)
        assert path.read_bytes() == data + junk
    path.write_bytes(data)
    assert ledger.append(tokens[4], unverified=True).seq == 5


@pytest.mark.parametrize("name", ["a changed time", "a changed token", "swapped", "a gap"])
def test_a_check_finds_what_was_changed_while_the_ledger_was_open(
    opened, path, data, refusal, name
):
    path.write_bytes(data)
    ledger = opened()
    assert ledger.check() == 4
    changed = BROKEN[name][0](data)
    path.write_bytes(changed + b" " * (len(data) - len(changed)))
    assert "line" in refusal(ledger.check)
    path.write_bytes(data)
    assert ledger.check() == 4


def test_a_check_finds_that_the_chain_is_another(opened, path, data, tokens, refusal):
    path.write_bytes(data)
    ledger = opened()
    path.write_bytes(ledger_file(tokens[:4], TIMES[1:5]))  # a good chain, of the same length
    assert "not the file that was opened" in refusal(ledger.check)


# Files that are none, or go away


def test_a_folder_is_no_ledger(tmp_path, refusal):
    assert "Is a directory" in refusal(FileLedger, tmp_path)


def test_a_folder_that_is_not_there_is_told(tmp_path, refusal):
    assert "No such file" in refusal(FileLedger, tmp_path / "nowhere" / "ledger.jsonl")
    assert names(tmp_path) == []


def test_a_file_in_place_of_the_folder_is_told(path, refusal):
    path.touch()
    assert "Not a directory" in refusal(FileLedger, path / "ledger.jsonl")


def test_a_name_that_is_too_long_is_told(tmp_path, refusal):
    assert "too long" in refusal(FileLedger, tmp_path / ("x" * 300))


def test_a_name_is_told_so_that_it_cannot_harm_a_terminal(tmp_path, refusal):
    (tmp_path / "a\x1b[2J\nb").mkdir()
    message = refusal(FileLedger, tmp_path / "a\x1b[2J\nb")
    assert message.isprintable()


@posix
@pytest.mark.parametrize("device", ["/dev/full", "/dev/null", "/dev/zero", "/dev/tty"])
def test_a_device_is_no_ledger(device, refusal):
    assert device in refusal(FileLedger, device, lock_timeout=0.1)


@posix
def test_a_pipe_is_no_ledger_and_nobody_waits_for_its_other_end(path, refusal):
    os.mkfifo(path)
    assert "not a device or a pipe" in refusal(FileLedger, path)


@posix
@pytest.mark.parametrize("name", ["/proc/version", "/proc/self/comm", "/proc/self/ledger"])
def test_a_file_that_the_system_makes_up_is_no_ledger(name, refusal):
    if not Path("/proc/self").exists():
        pytest.skip("there is no /proc here")
    assert name in refusal(FileLedger, name)


@posix
def test_a_file_that_may_only_be_read_is_left_alone(path, data, refusal):
    with unprivileged() as folder:
        path = folder / "ledger.jsonl"
        path.write_bytes(data)
        path.chmod(0o444)
        assert "Permission denied" in refusal(FileLedger, path)
        assert path.read_bytes() == data
        assert names(folder) == [path.name]
        folder.chmod(0o555)
        assert "Permission denied" in refusal(FileLedger, folder / "new.jsonl")
        assert names(folder) == [path.name]
        folder.chmod(0o755)


@posix
def test_in_a_folder_that_may_only_be_read_a_torn_line_stays(data, refusal):
    with unprivileged() as folder:
        path = folder / "ledger.jsonl"
        path.write_bytes(data + b'{"seq":5')
        folder.chmod(0o555)
        assert "set aside (Permission denied)" in refusal(FileLedger, path)
        assert path.read_bytes() == data + b'{"seq":5'
        folder.chmod(0o755)


@contextmanager
def unprivileged() -> Iterator[Path]:
    """A folder of somebody who may not do everything, and be him."""
    user = os.geteuid()
    with tempfile.TemporaryDirectory() as name:
        if user == 0:
            os.chown(name, 65534, -1)
            os.seteuid(65534)
        try:
            yield Path(name)
        finally:
            os.seteuid(user)


def test_a_file_that_was_replaced_is_noticed(opened, path, data, tokens, refusal):
    path.write_bytes(data)
    ledger = opened()
    copy = path.with_name("copy")
    copy.write_bytes(data)
    copy.replace(path)
    for call in (lambda: ledger.append(tokens[4], unverified=True), ledger.refresh, ledger.check):
        assert "moved or replaced while it was open" in refusal(call)
    assert path.read_bytes() == data
    assert opened().append(tokens[4], unverified=True).seq == 5


@pytest.mark.parametrize("gone", [Path.unlink, lambda path: path.rename(f"{path}.old")])
def test_a_file_that_is_gone_is_noticed_and_not_made_again(
    opened, path, data, tokens, refusal, gone
):
    path.write_bytes(data)
    ledger = opened()
    gone(path)
    for call in (lambda: ledger.append(tokens[4], unverified=True), ledger.refresh, ledger.check):
        assert "moved or replaced while it was open" in refusal(call)
    assert not path.exists()
    assert len(ledger) == 4


@pytest.mark.parametrize("left", [0, 1, 700, -1])
def test_a_file_that_was_cut_off_is_noticed(opened, path, data, tokens, refusal, left):
    path.write_bytes(data)
    ledger = opened()
    path.write_bytes(data[:left])
    for call in (lambda: ledger.append(tokens[4], unverified=True), ledger.refresh, ledger.check):
        assert "was cut off while it was open" in refusal(call)
    assert path.read_bytes() == data[:left]
    assert kept(path) == []


@posix
def test_a_link_is_the_ledger_that_it_points_to(opened, path, tokens, tmp_path):
    link = tmp_path / "elsewhere" / "link.jsonl"
    link.parent.mkdir()
    link.symlink_to(path)
    one, other = opened(link), opened()
    for number, compact in enumerate(tokens):
        (one, other)[number % 2].append(compact, unverified=True)
    assert links(path.read_bytes()) == 5
    assert link.is_symlink()
    with one._chain.locked(), pytest.raises(EctgraphError, match="locked"):
        opened(lock_timeout=0.01)


@posix
def test_links_in_a_circle_are_no_ledger(path, refusal):
    path.symlink_to(path)
    assert str(path) in refusal(FileLedger, path)


# Locks


@posix
@pytest.mark.parametrize("do", ["hold", "hold_unknown"])
def test_a_lock_that_is_held_too_long_is_told_and_goes_with_its_holder(
    nursery, opened, path, data, tokens, refusal, do
):
    path.write_bytes(data)
    ledger = opened(lock_timeout=0.05)
    holder = nursery.start(do, path, ready=f"{path}.ready")
    once(Path(f"{path}.ready").exists)
    for call in (
        lambda: ledger.append(tokens[4], unverified=True),
        ledger.refresh,
        ledger.check,
        lambda: opened(lock_timeout=0),
    ):
        assert "locked" in refusal(call)
    assert path.read_bytes() == data
    nursery.kill(holder)
    assert ledger.append(tokens[4], unverified=True).seq == 5


@posix
def test_a_lock_that_comes_free_in_time_is_waited_for(nursery, opened, path, tokens):
    ledger = opened(lock_timeout=60)
    holder = nursery.start("hold", path, ready=f"{path}.ready")
    once(Path(f"{path}.ready").exists)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(ledger.append, tokens[0], unverified=True)
        assert not waiting.done()
        nursery.kill(holder)
        assert waiting.result().seq == 1


@posix
def test_reading_needs_no_lock_as_long_as_nothing_was_added(nursery, opened, path, data):
    path.write_bytes(data)
    ledger = opened(lock_timeout=0)
    nursery.start("hold", path, ready=f"{path}.ready")
    once(Path(f"{path}.ready").exists)
    assert ledger.contains(task_id("t0"), task_id("workflow"))
    assert not ledger.contains("nobody")
    assert len(list(ledger)) == 4


# A disk that fails


class Fickle(io.FileIO):
    """A file on a disk that fails when told to."""

    full_at: int | None = None
    """Size above which nothing more goes into it."""
    error = errno.ENOSPC
    stuck = False
    """Whether it cannot be cut either."""

    def write(self, data: Any) -> int:
        if self.full_at is not None:
            data = data[: max(0, self.full_at - self.tell())]
            if not data:
                raise OSError(self.error, os.strerror(self.error))
        return super().write(data)

    def truncate(self, size: int | None = None) -> int:
        if self.stuck:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return super().truncate(size)


@pytest.fixture
def fickle(opened, path, data, monkeypatch) -> FileLedger:
    """A ledger of four entries in a fickle file."""

    def on_disk(ledger: ChainFile) -> Fickle:
        with usual(ledger) as file:
            return Fickle(os.dup(file.fileno()), "r+")

    usual = ChainFile._open
    path.write_bytes(data)
    with monkeypatch.context() as patch:
        patch.setattr(ChainFile, "_open", on_disk)
        return opened()


@pytest.mark.parametrize("room", [0, 1, 30, 300, 599])
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO])
def test_on_a_full_disk_nothing_is_half_written(fickle, path, data, tokens, refusal, room, error):
    fickle._chain._file.full_at, fickle._chain._file.error = len(data) + room, error
    for _ in range(2):
        message = refusal(fickle.append, tokens[4], unverified=True)
        assert message == f"{path}: cannot be written ({os.strerror(error)}); nothing was entered"
        assert path.read_bytes() == data
        assert len(fickle) == fickle.check() == 4
        assert not fickle.contains(task_id("t4"))
    fickle._chain._file.full_at = None
    assert fickle.append(tokens[4], unverified=True).seq == 5
    assert links(path.read_bytes()) == 5
    assert names(path.parent) == [path.name]


@posix
def test_at_a_limit_of_the_system_nothing_is_half_written(opened, path, task, refusal):
    import resource

    ledger = opened(sync=True)
    ledger._clock = lambda: EPOCH
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    refused = []
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (7000, hard))
        for number in range(20):
            try:
                ledger.append(task(str(number)), unverified=True)
            except EctgraphError as error:
                refused.append(str(error))
        full = path.read_bytes()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert set(refused) == {f"{path}: cannot be written (File too large); nothing was entered"}
    assert links(full) == len(ledger) == 20 - len(refused)
    assert 6000 < len(full) <= 7000
    ledger.append(task("after"), unverified=True)
    assert links(path.read_bytes()) == ledger.check() == 21 - len(refused)


def test_of_a_batch_that_fails_nobody_is_told_that_all_is_well(fickle, path, data, task):
    fickle._chain._file.full_at = (
        len(data) + 2500
    )  # room for three of them, but a batch is all or none
    fickle._clock = lambda: EPOCH
    made = [task(f"b{n}") for n in range(6)]

    def run(compact: bytes) -> str:
        try:
            fickle.append(compact, unverified=True)
        except EctgraphError as error:
            return str(error)
        return "entered"

    outcomes = together(fickle, run, made)
    said = f"{path}: cannot be written (No space left on device); nothing was entered"
    assert sorted(outcomes) == [said] * 5 + ["entered"]
    assert path.read_bytes().startswith(data)
    assert links(path.read_bytes()) == 5


def test_a_sync_that_fails_enters_nothing(opened, path, data, tokens, refusal, monkeypatch):
    path.write_bytes(data)
    ledger, calls, sync = opened(sync=True), itertools.count(), os.fsync

    def fail_once(descriptor: int) -> None:
        if next(calls) == 0:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fail_once)
    message = refusal(ledger.append, tokens[4], unverified=True)
    assert message.endswith("cannot be written (Input/output error); nothing was entered")
    assert path.read_bytes() == data
    assert ledger.append(tokens[4], unverified=True).seq == 5
    assert links(path.read_bytes()) == 5


def test_what_cannot_be_taken_back_is_told_and_nothing_is_added_to_it(
    fickle, opened, path, data, tokens, task, refusal
):
    fickle._chain._file.full_at, fickle._chain._file.stuck = len(data) + 300, True
    message = refusal(fickle.append, tokens[4], unverified=True)
    assert message.endswith("could not be taken back")
    assert "nothing was entered" not in message
    fickle._chain._file.full_at, fickle._chain._file.stuck = None, False
    half = path.read_bytes()
    assert len(half) == len(data) + 300
    for call in (
        lambda: fickle.append(task("other"), unverified=True),
        fickle.refresh,
        fickle.check,
    ):
        assert "open it again" in refusal(call)
    assert path.read_bytes() == half
    assert [entry.seq for entry in fickle] == [1, 2, 3, 4]

    again = opened()
    assert kept(path) == [half[len(data) :]]
    assert again.append(tokens[4], unverified=True).seq == 5
    assert links(path.read_bytes()) == again.check() == 5


def test_a_whole_line_that_could_not_be_taken_back_is_there_when_opened_again(
    opened, path, data, tokens, refusal, monkeypatch
):
    path.write_bytes(data)
    ledger = opened(sync=True)

    def fail(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        patch.setattr(ChainFile, "_cut_back", lambda _: fail(0))
        message = refusal(ledger.append, tokens[4], unverified=True)
    assert message.endswith("could not be taken back")
    again = opened()
    assert len(again) == 5
    with pytest.raises(VerificationError, match="ECT301"):
        again.append(tokens[4], unverified=True)


def test_a_disk_that_cannot_be_read_is_told(opened, path, data, refusal, monkeypatch):
    path.write_bytes(data)

    def fail(*_: Any) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(ChainFile, "_lines", fail)
        assert refusal(opened) == f"{path}: Input/output error"
    assert len(opened()) == 4


def test_a_folder_that_cannot_be_synced_is_told(path, refusal, monkeypatch):
    def fail(_: int) -> None:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(os, "fsync", fail)
    assert "Invalid argument" in refusal(FileLedger, path)
    with FileLedger(path, sync=False) as ledger:
        assert len(ledger) == 0


# Interrupted


@pytest.mark.parametrize("written", [False, True])
def test_a_thread_that_is_interrupted_tells_those_it_wrote_for(
    opened, path, task, monkeypatch, written
):
    ledger, calls, put = opened(), itertools.count(1), ChainFile._put
    ledger._clock = lambda: EPOCH

    def interrupted(self: ChainFile, data: bytes) -> None:
        call = next(calls)
        if written or call == 1:
            put(self, data)
        if call > 1:
            raise KeyboardInterrupt

    def run(compact: bytes) -> str:
        try:
            ledger.append(compact, unverified=True)
        except (EctgraphError, KeyboardInterrupt) as error:
            return repr(error)
        return "entered"

    with monkeypatch.context() as patch:
        patch.setattr(ChainFile, "_put", interrupted)
        outcomes = together(ledger, run, [task(str(number)) for number in range(4)])
    told = "EctgraphError('the thread that wrote was interrupted')"
    assert sorted(outcomes) == [told, told, "KeyboardInterrupt()", "entered"]
    with pytest.raises(EctgraphError, match="open it again"):
        ledger.append(task("after"), unverified=True)
    again = opened()
    assert len(again) == (4 if written else 1)
    again.append(task("after"), unverified=True)
    assert again.check() == links(path.read_bytes()) == len(again)


@posix
def test_who_gives_up_waiting_for_the_lock_can_try_again(opened, path, tokens, monkeypatch):
    ledger, other = opened(), opened()

    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    with other._chain.locked(), monkeypatch.context() as patch:
        patch.setattr(time, "sleep", interrupted)
        with pytest.raises(KeyboardInterrupt):
            ledger.append(tokens[0], unverified=True)
    assert path.read_bytes() == b""
    assert ledger.append(tokens[0], unverified=True).seq == 1


# The kinds of ledger are one another's


def test_a_file_ledger_is_a_ledger(opened, tokens):
    ledger = opened()
    assert isinstance(ledger, MemoryLedger)
    assert isinstance(ledger, ectgraph.Ledger)
    ledger.append(tokens[0], unverified=True)
    assert ledger.workflow(task_id("workflow")) == list(ledger)
    assert ledger.workflows() == [task_id("workflow")]


def test_an_exact_copy_is_exported_even_of_an_entry_that_nobody_can_read(
    opened, path, tmp_path, tokens
):
    first = Head().line("hello", "a name", "whenever")
    second = Head().after(first[:-1]).line(tokens[0].decode(), "not its jti", "later")
    path.write_bytes(first + second)
    ledger = opened()
    assert [entry.token is None for entry in ledger] == [True, False]
    ledger.export(tmp_path / "copy.jsonl")
    assert (tmp_path / "copy.jsonl").read_bytes() == first + second
