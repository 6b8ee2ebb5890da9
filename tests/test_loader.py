"""Paths and keys -> ledger: every byte accounted for, on one core or many, whatever the bytes."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph import loader, reading
from ectgraph.formats import LINES
from ectgraph.ledger import Ledger
from ectgraph.loader import load, load_bytes
from ectgraph.model import Entry, Hit, Input, Trust
from ectgraph.policy import Policy
from ectgraph.rules import judge
from ectgraph.testing import EPOCH, ledger_file, sketch

SOUND = sketch("a@0; b@5<a by=agent-b; c@9<a,b")
ODD = sketch(
    "a@0; b@5<a by=agent-b; c@9<b !flipped; d@9<c !nan; e@9 !unsigned; f@9 typ=JWT alg=none;"
    "g@9 !iat-string; h@9 !padded; i@9<a !two-lists; j@9<a kid=nobody; 'hello'; '{'; '[1]';"
    "k@9 draft=01 !ext-large; l@9<l life=901 jti=l"
)
FORMATS = {
    "jws": SOUND.data,
    "jsonl": b"".join(b'{"ect":"%s"}\n' % record for record in SOUND.records),
    "json": json.dumps({"n": 1, "entries": [r.decode() for r in SOUND.records]}, indent=1).encode(),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with a sound ledger."""
    path = tmp_path / "ledger.jws"
    path.write_bytes(SOUND.data)
    return path


@pytest.mark.parametrize("format_", FORMATS)
def test_every_format_gives_the_same_tokens(ring, format_):
    ledger = load_bytes(FORMATS[format_], ring, source="made")
    assert [entry.trust for entry in ledger] == [Trust.VERIFIED] * 3
    assert [entry.token for entry in ledger] == [entry.token for entry in SOUND.ledger()]
    data = FORMATS[format_]
    digest = hashlib.sha256(data).hexdigest()
    assert ledger.inputs == [Input("made", format_, len(data), digest, 3)]
    for entry in ledger:
        record = entry.record
        assert record.raw == data[record.offset : record.offset + record.length]


def test_a_file_is_read_like_its_bytes(ring, file):
    for path in (file, str(file), [file], (name for name in [str(file)])):
        ledger = load(path, ring, judge=judge)
        assert list(ledger) == list(load_bytes(SOUND.data, ring, judge=judge, source=str(file)))
        assert ledger.inputs[0].source == str(file)


@pytest.mark.parametrize("data", [b"", b"\n\n", b"# nothing\n", b"[]", b'{"entries":[]}'])
def test_a_file_without_records_is_an_input_all_the_same(ring, data):
    ledger = load_bytes(data, ring)
    assert len(ledger) == 0
    (source,) = ledger.inputs
    assert (source.bytes, source.records) == (len(data), 0)
    assert source.sha256 == hashlib.sha256(data).hexdigest()


@given(st.data())
def test_any_bytes_can_be_loaded_and_none_is_lost(ring, line_soup, assert_conserved, data):
    mixed = st.one_of(
        line_soup,
        st.binary(max_size=100),
        st.builds(bytes.__add__, st.sampled_from([b"[", b'{"entries":[', b'"']), line_soup),
    )
    content = data.draw(mixed)
    ledger = load_bytes(content, ring, judge=judge)
    (source,) = ledger.inputs
    assert (source.bytes, source.records) == (len(content), len(ledger))
    assert source.sha256 == hashlib.sha256(content).hexdigest()
    if source.compression is None and source.format in LINES:
        assert_conserved(content, [entry.record for entry in ledger])
    for entry in ledger:
        record = entry.record
        if source.compression is None and record.offset is not None:
            assert content[record.offset :].startswith(record.raw)
        assert entry.token is not None or entry.problems
        assert len(entry.hits) == len(entry.problems)


@given(st.data())
def test_a_file_and_its_bytes_load_alike(ring, line_soup, tmp_path_factory, data):
    content = data.draw(line_soup | st.binary(max_size=60))
    path = tmp_path_factory.getbasetemp() / "alike"
    path.write_bytes(content)
    from_file, from_bytes = load(path, ring), load_bytes(content, ring, source=str(path))
    assert list(from_file) == list(from_bytes)
    assert from_file.inputs == from_bytes.inputs


def test_limits_of_the_policy_hold_for_records(ring):
    data = SOUND.records[0] + b"\n" + b"x" * 3000 + b"\n" + SOUND.records[1] + b"\n"
    ledger = load_bytes(data, ring, Policy(max_record_bytes=1000))
    assert [entry.trust for entry in ledger] == [Trust.VERIFIED, Trust.INVALID, Trust.VERIFIED]
    (problem,) = ledger[1].problems
    assert problem.kind == "oversized-record"
    assert problem.detail.endswith("bytes, more than the 1000 allowed")
    assert ledger[1].record.sha256 == hashlib.sha256(b"x" * 3000 + b"\n").hexdigest()


@pytest.mark.parametrize("margin", [b" " * 1200, b"\t" * 1500, b"\r" * 5000])
def test_a_token_behind_a_margin_without_end_is_oversized(ring, margin):
    policy = Policy(max_record_bytes=1000)
    (entry,) = load_bytes(margin + SOUND.records[0] + b"\n", ring, policy)
    assert [problem.kind for problem in entry.problems] == ["oversized-record"]
    assert entry.token is None


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
def test_a_record_of_the_largest_size_is_read_whatever_ends_its_line(ring, ending):
    size = len(SOUND.records[0])
    for limit, trust in ((size, Trust.VERIFIED), (size - 1, Trust.INVALID)):
        (entry,) = load_bytes(SOUND.records[0] + ending, ring, Policy(max_record_bytes=limit))
        assert entry.trust is trust


# --- several sources, and those that cannot be read


def test_several_files_are_one_ledger(ring, tmp_path):
    paths = []
    for name, data in FORMATS.items():
        paths.append(tmp_path / name)
        paths[-1].write_bytes(data)
    ledger = load(paths, ring)
    assert len(ledger) == 9
    assert [source.source for source in ledger.inputs] == [str(path) for path in paths]
    assert [entry.record.index for entry in ledger] == [0, 1, 2] * 3
    assert {entry.record.source for entry in ledger[3:6]} == {str(paths[1])}
    assert len(ledger.tasks) == 3
    backwards = load(paths[::-1], ring)
    assert [entry.record.source for entry in backwards[:3]] == [str(paths[2])] * 3


def test_a_file_named_twice_is_read_once(ring, file):
    ledger = load([file, str(file), file], ring)
    assert len(ledger) == 3
    assert len(ledger.inputs) == 1


def test_what_cannot_be_read_is_the_callers_mistake(refusal, file, tmp_path):
    absent = tmp_path / "absent"
    assert refusal(load, absent) == f"{absent}: cannot be read (No such file or directory)"
    assert "cannot be read" in refusal(load, file / "x")
    assert "cannot be read" in refusal(load, tmp_path / ("x" * 5000))
    assert "cannot be read" in refusal(load, [file, absent])


def test_standard_input(ring, file, monkeypatch):
    with file.open() as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        ledger = load("-", ring)
        assert not stdin.closed
    assert list(ledger) == list(load_bytes(SOUND.data, ring, source="-"))
    assert ledger.inputs[0].source == "-"


def test_a_closed_standard_input_is_the_callers_mistake(refusal, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    assert refusal(load, "-") == "-: standard input is closed"


@pytest.fixture
def dribble(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Make standard input a pipe in which the second piece comes later than the first."""
    reading, writing = os.pipe()
    timers: list[threading.Timer] = []

    def start(first: bytes, rest: bytes) -> None:
        os.write(writing, first)
        timers.append(threading.Timer(0.1, lambda: (os.write(writing, rest), os.close(writing))))
        timers[0].start()

    with os.fdopen(reading, "rb") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield start
        timers[0].join()


@pytest.mark.parametrize("cut", [1, 2, 12, 400])
def test_a_document_that_comes_in_pieces_is_a_document_still(ring, dribble, cut):
    dribble(FORMATS["json"][:cut], FORMATS["json"][cut:])
    ledger = load("-", ring)
    assert ledger.inputs[0].format == "json"
    assert [entry.trust for entry in ledger] == [Trust.VERIFIED] * 3


# --- large files: the bytes stay in the file


@pytest.fixture(params=FORMATS)
def large(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch, ring) -> tuple[Path, Ledger]:
    """A file that counts as large, and its ledger."""
    monkeypatch.setattr(reading, "KEEP_BYTES", 10)
    path = tmp_path / request.param
    path.write_bytes(b"\xef\xbb\xbf" + FORMATS[request.param])
    return path, load(path, ring)


def test_the_bytes_of_a_large_file_are_read_back(ring, large):
    path, ledger = large
    kept = load_bytes(path.read_bytes(), ring, source=str(path))
    assert [entry.record.kept for entry in ledger] == [None] * 3
    assert [entry.record.raw for entry in ledger] == [entry.record.raw for entry in kept]
    assert [entry.record.body for entry in ledger] == [entry.record.body for entry in kept]
    assert [entry.trust for entry in ledger] == [Trust.VERIFIED] * 3
    assert ledger.inputs == kept.inputs


def test_a_large_file_that_changed_since_is_refused(large, refusal):
    path, ledger = large
    data = bytearray(path.read_bytes())
    data[ledger[1].record.offset + 5] ^= 1
    path.write_bytes(data)
    assert ledger[0].record.raw
    message = refusal(lambda: ledger[1].record.raw)
    assert message == f"{path}: record 1 has changed since it was loaded"
    path.write_bytes(data[:20])
    assert "has changed" in refusal(lambda: ledger[2].record.body)
    path.unlink()
    assert "can no longer be read" in refusal(lambda: ledger[0].record.raw)


def test_an_oversized_record_of_a_large_file_is_never_read_back_whole(ring, file, monkeypatch):
    monkeypatch.setattr(reading, "KEEP_BYTES", 10)
    file.write_bytes(b"x" * 50_000 + b"\n" + SOUND.data)
    ledger = load(file, ring, Policy(max_record_bytes=1000))
    assert len(ledger[0].record.raw) < 10_000
    assert [entry.record.kept for entry in ledger[1:]] == [None] * 3
    assert ledger[1].record.body == SOUND.records[0]


def test_a_file_of_just_the_size_is_kept(ring, file, monkeypatch):
    monkeypatch.setattr(reading, "KEEP_BYTES", len(SOUND.data))
    assert all(entry.record.kept for entry in load(file, ring))


def test_standard_input_can_be_read_back_however_large(ring, file, monkeypatch):
    monkeypatch.setattr(reading, "KEEP_BYTES", 0)
    with file.open() as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        ledger = load("-", ring)
    assert [entry.record.kept for entry in ledger] == [None] * len(ledger)
    assert b"".join(entry.record.raw for entry in ledger) == SOUND.data


# --- many cores


@pytest.fixture
def many_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a few records enough for worker processes."""
    monkeypatch.setattr(loader, "BATCH_BYTES", 1000)
    monkeypatch.setattr(loader, "PARALLEL_FROM", 2)


@pytest.fixture
def odd_files(tmp_path: Path) -> list[Path]:
    """Two files of all sorts of records."""
    lines = tmp_path / "lines"
    lines.write_bytes((ODD.data + b"\n# c\r\n" + b"y" * 9000 + b"\n") * 5)
    document = tmp_path / "document"
    document.write_bytes(b'{"ects":[' + FORMATS["jsonl"].replace(b"\n", b",\n") * 5 + b"1]} torn")
    return [lines, document]


def test_workers_give_exactly_what_one_process_gives(many_batches, ring, odd_files):
    policy = Policy(max_record_bytes=8000)
    told: dict[int, list[int]] = {1: [], 2: []}
    serial, parallel = (
        load(odd_files, ring, policy, judge=judge, workers=n, progress=told[n].append)
        for n in (1, 2)
    )
    assert list(parallel) == list(serial)
    assert parallel.inputs == serial.inputs
    assert dict(parallel.tasks) == dict(serial.tasks)
    assert told[1] == told[2]
    assert len(told[2]) > 4
    trusts = {entry.trust for entry in parallel}
    assert trusts == {*Trust} - {Trust.UNCHECKED}
    kinds = {problem.kind for entry in parallel for problem in entry.problems}
    assert {"oversized-record", "ill-typed-claim", "bad-json", "two-parent-lists"} <= kinds
    assert sum(len(entry.hits) for entry in parallel) > 50


def test_workers_read_large_files_without_keys_too(many_batches, odd_files, monkeypatch):
    monkeypatch.setattr(reading, "KEEP_BYTES", 10)
    serial, parallel = (load(odd_files, judge=judge, workers=n) for n in (1, 2))
    assert list(parallel) == list(serial)
    assert {entry.record.kept for entry in parallel} == {None}
    assert Trust.VERIFIED not in {entry.trust for entry in parallel}


def pids(entries: Ledger) -> set[str]:
    return {hit.message for entry in entries for _, hit in entry.hits}


def test_workers_are_other_processes(many_batches, ring, odd_files):
    def tell(*_: object) -> tuple[tuple[str, Hit], ...]:
        return (("ECT001", Hit(str(os.getpid()))),)

    assert str(os.getpid()) not in pids(load(odd_files, ring, judge=tell, workers=2))
    assert pids(load(odd_files, ring, judge=tell, workers=1)) == {str(os.getpid())}


def test_little_work_is_done_here(ring, odd_files):
    def tell(*_: object) -> tuple[tuple[str, Hit], ...]:
        return (("ECT001", Hit(str(os.getpid()))),)

    assert pids(load(odd_files, ring, judge=tell, workers=2)) == {str(os.getpid())}


def test_a_worker_that_dies_is_told_in_one_line(many_batches, ring, odd_files, refusal):
    def die(*_: object) -> tuple[tuple[str, Hit], ...]:
        os._exit(9)

    message = refusal(load, odd_files, ring, judge=die, workers=2)
    assert message.startswith("a worker process ended before its time")


def test_a_script_needs_no_main_guard(odd_files, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "print('once')\n"
        "from ectgraph import loader\n"
        "loader.BATCH_BYTES, loader.PARALLEL_FROM = 1000, 2\n"
        f"ledger = loader.load({list(map(str, odd_files))!r}, workers=2)\n"
        "print(len(ledger), ledger[0].token.exec_act)\n"
    )
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=False, timeout=60
    )
    expected = len(load(odd_files))
    assert (done.stdout, done.stderr) == (f"once\n{expected} a\n", "")
    assert done.returncode == 0


# --- progress


@pytest.mark.parametrize("batch", [1, 700, 1 << 20])
def test_progress_sums_to_the_size_of_the_file(ring, file, monkeypatch, batch):
    file.write_bytes(b"\xef\xbb\xbf# c\n" + ODD.data + b"\n\n#end")
    monkeypatch.setattr(loader, "BATCH_BYTES", batch)
    told: list[int] = []
    load(file, ring, progress=told.append, workers=1)
    assert sum(told) == file.stat().st_size
    assert all(count > 0 for count in told)


def test_progress_sums_to_the_size_of_a_document_too(ring, file):
    file.write_bytes(FORMATS["json"])
    told: list[int] = []
    load(file, ring, progress=told.append)
    assert sum(told) == file.stat().st_size


def test_an_error_of_the_caller_while_loading_comes_through(many_batches, ring, odd_files):
    def refuse(count: int) -> None:
        raise KeyError(count)

    for workers in (1, 2):
        with pytest.raises(KeyError):
            load(odd_files, ring, progress=refuse, workers=workers)


# --- the records of an entry


def test_entries_carry_the_operators_facts(ring):
    token = SOUND.records[0].decode()
    line = {"seq": 3, "recorded_at": 1.5, "prev_hash": "ff", "ect": token}
    (entry,) = load_bytes(json.dumps(line).encode(), ring)
    assert (entry.seq, entry.recorded_at, entry.prev_hash) == (3, 1.5, "ff")
    assert isinstance(entry, Entry)


def test_entries_carry_the_key_that_signed_them(ring):
    assert [entry.key for entry in load_bytes(SOUND.data, ring)] == [0, 1, 0]
    assert [entry.key for entry in load_bytes(SOUND.data)] == [None] * 3


# --- the hash chain


CHAIN = ledger_file(ODD.records[:6] * 2, [EPOCH] * 12)


def follows(data: bytes, **choices: int) -> list[bool | None]:
    return [entry.follows for entry in load_bytes(data, policy=Policy(**choices))]


def linked(*names: str | None) -> bytes:
    """A line for each: `ok` states the hash of the line before, another text that text."""
    lines: list[bytes] = []
    for number, name in enumerate(names):
        before = hashlib.sha256(lines[-1]).hexdigest() if lines else ""
        stated = {"ok": before, None: None}.get(name, name)
        entry = {"n": number, "prev_hash": stated, "ect": "a.b.c"}
        lines.append(b"junk" if name == "junk" else json.dumps(entry).encode())
    return b"\n".join(lines)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["ok"], [None]),
        (["00"], [None]),
        (["ok", "ok", "ok"], [None, True, True]),
        (["ok", "00", "ok"], [None, False, True]),
        (["ok", "", "ok"], [None, False, True]),
        (["ok", "junk", "ok"], [None, None, True]),
        (["junk", "ok", "ok"], [None, True, True]),
        ([None, "ok", "ok"], [None, True, True]),
        ([None, "00"], [None, False]),
        (["ok", None, "ok"], [None, None, True]),
        ([None, None, "ok", "ok"], [None, None, None, True]),
        ([None, None], [None, None]),
    ],
)
def test_each_entry_is_compared_with_the_one_before(names, expected):
    data = linked(*names)

    assert follows(data) == expected
    assert follows(b"# c\n\n" + data.replace(b"\n", b"\r\n\n# c\n") + b"\n") == expected
    if "junk" not in names:
        assert follows(b"[" + data.replace(b"\n", b" ,\n") + b"]") == expected


def test_a_hash_of_a_record_that_was_not_read_is_not_compared():
    lines = linked("ok", "ok", "ok", "ok").split(b"\n")
    long = b"\n".join([lines[0], lines[1] + b" " * 9 + b"x" * 3000, *lines[2:]])

    assert follows(long, max_record_bytes=2000) == [None, None, None, True]


def test_a_chain_does_not_reach_from_one_file_into_another(ring, tmp_path):
    for name in "ab":
        (tmp_path / name).write_bytes(CHAIN)
    (tmp_path / "b1").write_bytes(SOUND.data)

    ledger = load([tmp_path / name for name in ("a", "b1", "b")], ring)

    assert [entry.follows for entry in ledger] == (
        [None] + [True] * 11 + [None] * 3 + [None] + [True] * 11
    )
    last = hashlib.sha256(CHAIN.splitlines()[-1]).hexdigest()
    assert [source.head for source in ledger.inputs] == [last, None, last]


def test_workers_follow_a_chain_like_one_process(many_batches, ring, tmp_path):
    path = tmp_path / "chain"
    lines = CHAIN.splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:5] + lines[6:] + [b"junk\n"] + lines))

    serial, parallel = (load(path, ring, judge=judge, workers=n) for n in (1, 2))

    assert list(serial) == list(parallel)
    assert serial.inputs == parallel.inputs
    assert [entry.follows for entry in parallel] == (
        [None] + [True] * 4 + [False] + [True] * 5 + [None, False] + [True] * 11
    )


@pytest.mark.parametrize("kept", [0, 1000, 10**6])
def test_a_chain_is_followed_whatever_is_kept_in_memory(monkeypatch, tmp_path, kept):
    monkeypatch.setattr(reading, "KEEP_BYTES", kept)
    path = tmp_path / "chain"
    path.write_bytes(CHAIN)

    assert [entry.follows for entry in load(path)] == [None] + [True] * 11


def test_a_buffered_file_object_is_not_needed_whole_in_memory(ring):
    # A line longer than the limit is skipped in pieces, so its entry keeps only the head.
    data = b"x" * (3 << 20) + b"\n" + SOUND.data
    ledger = load_bytes(data, ring)
    assert [entry.trust for entry in ledger] == [Trust.INVALID] + [Trust.VERIFIED] * 3
    assert len(ledger[0].record.raw) < 10_000
    assert ledger[0].record.length == (3 << 20) + 1
    assert ledger[0].record.sha256 == hashlib.sha256(io.BytesIO(data).readline()).hexdigest()


def test_less_than_one_worker_is_the_callers_mistake(refusal, file):
    assert "at least 1" in refusal(load, file, workers=0)


@pytest.mark.parametrize(("asked", "started"), [(None, 4), (1_000_000, 4), (3, 3), (2, 2)])
def test_no_more_processes_are_started_than_there_are_cores(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, asked: int | None, started: int
) -> None:
    told = []

    def examine(batches: object, workers: int, equipment: object) -> Iterator[object]:
        told.append(workers)
        return iter(())

    monkeypatch.setattr(loader.loky, "cpu_count", lambda: 4)
    monkeypatch.setattr(loader, "PARALLEL_FROM", 0)
    monkeypatch.setattr(loader, "_examine_in_workers", examine)
    (tmp_path / "ledger.jws").write_bytes(SOUND.data)

    load(tmp_path / "ledger.jws", workers=asked)

    assert told == [started]
