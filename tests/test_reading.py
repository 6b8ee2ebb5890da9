"""Sources -> records: what lies there is digested as it lies, and can be read back."""

from __future__ import annotations

import bz2
import errno
import gzip
import hashlib
import io
import json
import lzma
import os
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ectgraph import linter, reading
from ectgraph.formats import HEAD, LINES
from ectgraph.formats.compressed import zstd
from ectgraph.ledger import Ledger
from ectgraph.loader import load, load_bytes
from ectgraph.model import Input, Trust
from ectgraph.policy import Policy
from ectgraph.reading import Manner
from ectgraph.rule import Evidence
from ectgraph.rules import judge
from ectgraph.testing import EPOCH, compact_json, ledger_file, sketch

SOUND = sketch("a@0; b@5<a by=agent-b; c@9<a,b")
TOKENS = [record.decode() for record in SOUND.records]
FORMATS = {
    "jws": SOUND.data,
    "jsonl": ledger_file(SOUND.records, [EPOCH, EPOCH + 5, EPOCH + 9]),
    "json": json.dumps({"n": 1, "entries": TOKENS}, indent=1).encode(),
    "har": compact_json(
        {
            "log": {
                "entries": [
                    {
                        "request": {"headers": [{"name": "execution-context", "value": token}]},
                        "response": {"headers": []},
                    }
                    for token in TOKENS
                ]
            }
        }
    ),
}
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstd.compress,
}
ALL = Manner(digest=sys.maxsize)
each_format = pytest.mark.parametrize("format_", FORMATS)
each_packer = pytest.mark.parametrize("kind", PACKERS)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with a sound ledger."""
    path = tmp_path / "ledger"
    path.write_bytes(SOUND.data)
    return path


@pytest.fixture
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """No record is kept in memory."""
    monkeypatch.setattr(reading, "KEEP_BYTES", 0)


def told(ledger: Ledger) -> list[str]:
    report = linter.lint(Evidence(ledger, None, Policy()))
    return [finding.code for finding in report.findings if finding.code != "ECT204"]


# Digests


@each_format
@pytest.mark.parametrize("kind", [None, *PACKERS])
def test_a_source_is_digested_as_it_lies_and_its_content_as_it_is_read(ring, format_, kind):
    content = FORMATS[format_]
    data = content if kind is None else PACKERS[kind](content)

    ledger = load_bytes(data, ring, manner=ALL, source="made")

    assert [entry.trust for entry in ledger] == [Trust.VERIFIED] * 3
    digest = hashlib.sha256(data).hexdigest()
    prefix = (len(content), hashlib.sha256(content).hexdigest())
    head = ledger[2].record.digest.hex() if format_ == "jsonl" else None
    if head is not None:
        head = hashlib.sha256(ledger[2].record.body).hexdigest()
    assert ledger.inputs == [
        Input("made", format_, len(data), digest, 3, kind, prefix=prefix, head=head)
    ]


@given(st.data())
def test_as_many_bytes_are_digested_as_were_asked_for(line_soup, data):
    content = data.draw(line_soup.filter(lambda soup: soup[:1] != b"\xfd"))
    size = data.draw(st.integers(1, len(content) + 9))
    pack = data.draw(st.sampled_from([bytes, *PACKERS.values()]))

    (source,) = load_bytes(pack(content), manner=Manner(digest=size)).inputs

    first = content[:size]
    assert source.prefix == (len(first), hashlib.sha256(first).hexdigest())


@each_format
def test_nothing_is_digested_that_nobody_asked_for(ring, format_):
    assert load_bytes(FORMATS[format_], ring).inputs[0].prefix is None


# Formats


@pytest.mark.parametrize("data", [b"", SOUND.data, b"\n# x\n" + SOUND.data, b"hello\n\n", b"{}"])
@pytest.mark.parametrize("format_", ["jws", "jsonl"])
def test_a_format_of_lines_that_is_asked_for_is_taken(assert_conserved, data, format_):
    ledger = load_bytes(data, manner=Manner(format=format_))

    assert ledger.inputs[0].format == format_
    assert_conserved(data, [entry.record for entry in ledger])


@each_format
@pytest.mark.parametrize("other", ["jws", "jsonl", "json", "har", "sqlite", "parquet"])
def test_any_format_may_be_asked_for_of_anything(ring, format_, other):
    if other == "parquet":
        pytest.importorskip("pyarrow")
    data = FORMATS[format_]

    ledger = load_bytes(data, ring, judge=judge, manner=Manner(format=other))

    (source,) = ledger.inputs
    assert (source.format, source.bytes, source.records) == (other, len(data), len(ledger))
    assert source.sha256 == hashlib.sha256(data).hexdigest()
    verified = [entry.trust for entry in ledger] == [Trust.VERIFIED] * 3
    assert verified or told(ledger)


def test_the_format_that_is_asked_for_is_that_of_the_content(ring):
    packed = gzip.compress(b"\n" + FORMATS["jsonl"])

    ledger = load_bytes(packed, ring, manner=Manner(format="jws"))

    assert [entry.trust for entry in ledger] == [Trust.VERIFIED] * 3
    assert (ledger.inputs[0].format, ledger.inputs[0].compression) == ("jws", "gz")


# Conservation


@given(st.data())
@settings(max_examples=60)
def test_compressed_records_of_lines_are_the_content(ring, line_soup, assert_conserved, data):
    content = data.draw(line_soup.filter(lambda soup: soup[:1] not in (b"\xfd", b"[", b"{")))
    kind, pack = data.draw(st.sampled_from(sorted(PACKERS.items())))

    ledger = load_bytes(pack(content), ring, judge=judge)

    assert ledger.inputs[0].compression == kind
    assert_conserved(content, [entry.record for entry in ledger])
    plain = load_bytes(content, ring, judge=judge)
    assert list(ledger) == list(plain)


@pytest.mark.parametrize("kind", [None, *PACKERS])
@pytest.mark.parametrize("shift", range(-3, 4))
def test_records_lie_across_the_borders_of_what_is_read_at_a_time(
    ring, assert_conserved, kind, shift
):
    filler = b"# " + b"-" * 61 + b"\n"
    border = HEAD - len(TOKENS[0]) // 2 + shift
    content = (filler * (border // len(filler))).ljust(border, b"\n") + SOUND.data
    data = content if kind is None else PACKERS[kind](content)

    ledger = load_bytes(data, ring, Policy(max_ratio=10**6))

    assert_conserved(content, [entry.record for entry in ledger])
    assert [entry.trust for entry in ledger][-2:] == [Trust.VERIFIED] * 2
    assert ledger[-1].record.body == SOUND.records[2]


# Records that are left where they are


@each_format
@pytest.mark.parametrize("kind", [None, *PACKERS])
def test_records_beyond_what_is_kept_are_read_back_from_wherever_they_lie(
    ring, tmp_path, nothing_kept, format_, kind
):
    path = tmp_path / "ledger"
    path.write_bytes(FORMATS[format_] if kind is None else PACKERS[kind](FORMATS[format_]))
    whole = load_bytes(FORMATS[format_], ring).entries

    ledger = load(path, ring)

    assert [entry.record.kept for entry in ledger] == [None] * 3
    spooled = [entry.record.left is not None for entry in ledger]
    assert spooled == [kind is not None or format_ == "har"] * 3
    if kind is not None:
        path.unlink()
    for entry, expected in zip(ledger, whole, strict=True):
        assert entry.record.body == expected.record.body
        assert hashlib.sha256(entry.record.raw).digest() == entry.record.digest
    again = [entry.record.raw for entry in reversed(ledger)]
    assert again == [entry.record.raw for entry in ledger][::-1]


@pytest.mark.parametrize("kind", [None, "gz"])
def test_as_many_bytes_of_records_are_kept_as_are_meant_to_be(ring, tmp_path, monkeypatch, kind):
    first, second = tmp_path / "a", tmp_path / "b"
    for path in (first, second):
        path.write_bytes(SOUND.data if kind is None else PACKERS[kind](SOUND.data))
    for most in (0, len(SOUND.data) // 2, len(SOUND.data), 2 * len(SOUND.data) - 1):
        monkeypatch.setattr(reading, "KEEP_BYTES", most)

        ledger = load([first, second], ring)

        kept = sum(len(entry.record.kept or b"") for entry in ledger)
        assert kept <= most
        assert b"".join(entry.record.raw for entry in ledger) == 2 * SOUND.data
    monkeypatch.setattr(reading, "KEEP_BYTES", 2 * len(SOUND.data))
    assert all(entry.record.kept for entry in load([first, second], ring))


def test_a_file_that_shrank_or_changed_since_is_told_when_its_bytes_are_asked_for(
    ring, file, nothing_kept, refusal
):
    ledger = load(file, ring)

    file.write_bytes(SOUND.data[: len(SOUND.records[0]) + 9])
    assert ledger[0].record.body == SOUND.records[0]
    for position in (1, 2):
        message = refusal(lambda entry=ledger[position]: entry.record.raw)
        assert message == f"{file}: record {position} has changed since it was loaded"
    file.write_bytes(SOUND.data.swapcase())
    assert "record 0 has changed" in refusal(lambda: ledger[0].record.body)
    file.unlink()
    assert "can no longer be read (No such file" in refusal(lambda: ledger[0].record.raw)
    file.mkdir()
    assert "can no longer be read (Is a directory" in refusal(lambda: ledger[0].record.raw)


def test_a_full_disk_is_told_in_one_line(ring, nothing_kept, refusal, monkeypatch):
    def full(*_: object, **__: object) -> object:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "TemporaryFile", full)

    message = refusal(load_bytes, SOUND.data, ring)

    assert "No space left on device" in message
    assert "TMPDIR" in message


# Files that change while they are read


class Meddling(io.FileIO):
    """A file that somebody writes to just after its first bytes were read."""

    meddle: Callable[[Path], object]

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        if data:
            type(self).meddle(Path(str(self.name)))
        return data


@pytest.fixture
def meddled(file: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ledger]:
    """Load a file that somebody meddles with at the same time."""

    def run(meddle: Callable[[Path], object]) -> Ledger:
        monkeypatch.setattr(Meddling, "meddle", staticmethod(meddle), raising=False)
        monkeypatch.setattr(reading, "open_source", lambda name: Meddling(name, "rb"))
        return load(file)

    return run


def grow(path: Path) -> None:
    if path.stat().st_size < 2 * len(SOUND.data):
        with path.open("ab") as file:
            file.write(SOUND.data)


def touch(path: Path) -> None:
    os.utime(path, ns=(1, 1))


def replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(b"entirely\nother\n")
    other.rename(path)


@pytest.mark.parametrize(
    ("meddle", "changed"),
    [(grow, True), (touch, True), (Path.unlink, False), (replace, False), (Path.stat, False)],
)
def test_what_is_read_is_what_is_digested_whatever_happens_to_the_file(meddled, meddle, changed):
    todo = [meddle]

    ledger = meddled(lambda path: todo and todo.pop()(path))

    (source,) = ledger.inputs
    read = b"".join(entry.record.raw for entry in ledger)
    assert read in (SOUND.data, 2 * SOUND.data)
    assert (source.bytes, source.sha256) == (len(read), hashlib.sha256(read).hexdigest())
    assert source.changed is changed


def test_a_file_that_shrinks_while_it_is_read_is_read_as_far_as_it_goes(meddled):
    ledger = meddled(lambda path: os.truncate(path, 10))

    (source,) = ledger.inputs
    assert source.changed
    assert b"".join(entry.record.raw for entry in ledger)[:10] == SOUND.data[:10]
    assert sum(entry.record.length for entry in ledger) == source.bytes


class Broken(io.FileIO):
    """A file on a disk that fails after its first bytes."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() >= len(SOUND.data):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return super().read(min(size or 0, len(SOUND.data)))


@pytest.fixture
def failing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a file that cannot be read to its end, among others that can."""
    folder = tmp_path / "folder"
    folder.mkdir()
    filler = b"#" * (2 * HEAD)
    for name in "abc":
        (folder / name).write_bytes(SOUND.data + (b"\n" + filler if name == "b" else b""))
    plain = reading.open_source
    monkeypatch.setattr(
        reading,
        "open_source",
        lambda name: Broken(name, "rb") if name.endswith("b") else plain(name),
    )
    return folder


def test_a_disk_that_fails_is_told_and_no_neighbour_is_lost(ring, failing):
    ledger = load(failing, ring, judge=judge)

    assert [Path(entry.record.source).name for entry in ledger].count("a") == 3
    assert [Path(entry.record.source).name for entry in ledger].count("c") == 3
    (failed,) = [source for source in ledger.inputs if source.problems]
    assert "Input/output error" in failed.problems[0].detail
    assert sum(source.records for source in ledger.inputs) == len(ledger)
    assert told(ledger)[0] == "ECT001"


def test_a_disk_that_fails_under_a_file_that_was_named_is_the_callers_to_know(failing, refusal):
    path = failing / "b"

    assert refusal(load, path) == f"{path}: cannot be read (Input/output error)"


# Sources of which the caller has to choose something


@pytest.fixture
def two_columns(tmp_path: Path) -> Path:
    """A folder with a database in which two columns hold tokens, and a ledger."""
    folder = tmp_path / "folder"
    folder.mkdir()
    database = sqlite3.connect(folder / "a.db")
    database.execute("CREATE TABLE ledger (mine TEXT, yours TEXT)")
    database.execute("INSERT INTO ledger VALUES (?, ?)", TOKENS[:2])
    database.commit()
    database.close()
    (folder / "b.jws").write_bytes(SOUND.data)
    return folder


def test_a_choice_that_nobody_made_is_told_of_what_was_found(ring, two_columns):
    ledger = load(two_columns, ring, judge=judge)

    assert [entry.trust for entry in ledger] == [Trust.VERIFIED] * 3
    (problem,) = ledger.inputs[0].problems
    assert "--column mine" in problem.detail
    assert str(two_columns) not in problem.detail
    assert told(ledger) == ["ECT001"]
    chosen = load(two_columns, ring, manner=Manner(column="mine"))
    assert [source.problems for source in chosen.inputs] == [(), ()]
    assert len(chosen) == 4


def test_a_choice_that_nobody_made_is_the_callers_mistake_of_what_was_named(two_columns, refusal):
    message = refusal(load, two_columns / "a.db")

    assert message.startswith(f"{two_columns / 'a.db'}: several columns hold tokens")
    for wrong in (Manner(table="nowhere"), Manner(column="nowhere")):
        assert "'nowhere'" in refusal(load, two_columns / "a.db", manner=wrong)


# Compressed sources that are broken


@each_packer
def test_a_compressed_file_that_breaks_off_is_read_as_far_as_it_goes(ring, kind):
    many = SOUND.data * 40
    packed = PACKERS[kind](many)

    for cut in (1, 9, len(packed) // 2, len(packed) - 12):
        ledger = load_bytes(packed[:-cut], ring, judge=judge, source="cut")

        (source,) = ledger.inputs
        assert source.bytes == len(packed) - cut
        assert source.problems[0].kind == "torn-tail"
        read = b"".join(entry.record.raw for entry in ledger)
        assert many.startswith(read)
        assert "ECT604" in told(ledger)


@each_packer
def test_an_empty_compressed_file_has_no_record(kind):
    ledger = load_bytes(PACKERS[kind](b""))

    assert len(ledger) == 0
    assert ledger.inputs[0].problems == ()


# What is left open, and what is left behind


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names there")
def test_a_pipe_that_is_named_is_read(ring, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_bytes, args=(FORMATS["json"],))
    writer.start()

    ledger = load(pipe, ring)

    writer.join()
    assert [entry.trust for entry in ledger] == [Trust.VERIFIED] * 3
    assert ledger.inputs[0].changed is False


def test_a_source_of_lines_may_be_read_from_any_line_on(ring):
    data = FORMATS["jsonl"]
    begin = data.index(b"\n") + 1
    made = reading.Reading(Policy(), Manner())
    source = reading.Source(name="made", offset=begin, index=1)

    records = list(made.lines(io.BytesIO(data[begin:]), source, is_plain=False))

    whole = [entry.record for entry in load_bytes(data, source="made")][1:]
    assert [(r.offset, r.index, r.sha256) for r in records] == [
        (r.offset, r.index, r.sha256) for r in whole
    ]
    assert made.inputs[0].records == 3
    assert made.inputs[0].format in LINES


def test_a_source_of_countless_tiny_records_is_not_read_on(monkeypatch):
    monkeypatch.setattr(reading, "MANY", 100)
    ledger = load_bytes(gzip.compress(b"{\n" * 100_000), judge=judge)

    assert len(ledger) == 100
    (source,) = ledger.inputs
    assert [problem.kind for problem in source.problems] == ["limit-reached"]
    assert "100 records of 2 bytes" in source.problems[0].detail


def test_many_records_of_the_usual_size_are_read(monkeypatch):
    monkeypatch.setattr(reading, "MANY", 2)
    assert len(load_bytes(SOUND.data)) == len(SOUND.records)
