"""The lines of an `ectgraph-ledger/1` file, and the hash chain that holds them together."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.formats.chain import Head, timestamp
from ectgraph.formats.entry import Content, unwrap
from ectgraph.testing import EPOCH, ledger_file, sketch

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SECONDS = st.floats(0, 4e9)  # 1970 to 2096
WHEN = "2026-02-24T15:42:31.000Z"


def test_the_first_line_is_as_the_format_says():
    line = Head().line("eyJ.eyJ.AA", "550e8400", WHEN)
    assert line == (
        b'{"seq":1,"recorded_at":"2026-02-24T15:42:31.000Z",'
        b'"jti":"550e8400","prev_hash":"","ect":"eyJ.eyJ.AA"}\n'
    )


def test_the_next_line_holds_the_hash_of_the_one_before_without_its_newline():
    first = Head().line("a.b.c", "x", WHEN)
    head = Head().after(first[:-1])
    assert head == Head(1, hashlib.sha256(first.removesuffix(b"\n")).hexdigest())
    second = json.loads(head.line("d.e.f", "y", WHEN))
    assert (second["seq"], second["prev_hash"]) == (2, head.prev_hash)


def test_a_line_follows_from_its_head_and_nothing_else():
    head = Head(41, "ab")
    assert head.line("a.b.c", "x", WHEN) == head.line("a.b.c", "x", WHEN)
    assert head == Head(41, "ab")
    assert head.line("a.b.c", "x", WHEN) != Head(41, "ac").line("a.b.c", "x", WHEN)


def test_a_task_without_a_jti_has_an_empty_one():
    assert json.loads(Head().line("a.b.c", None, WHEN))["jti"] == ""


@given(TEXT, TEXT, st.integers(0, 10**12))
def test_whatever_a_line_holds_it_is_one_line_that_reads_as_it_was_written(compact, jti, seq):
    line = Head(seq, "ab").line(compact, jti, WHEN)
    assert line.count(b"\n") == 1
    assert line.endswith(b"}\n")
    stated = json.loads(line)
    assert list(stated) == ["seq", "recorded_at", "jti", "prev_hash", "ect"]
    assert list(stated.values()) == [seq + 1, WHEN, jti, "ab", compact]
    assert line.startswith(Head(seq).next_begins)
    assert unwrap(line[:-1], 64) == Content(
        compact=compact.encode(), seq=seq + 1, recorded_at=WHEN, prev_hash="ab", stated=stated
    )


@pytest.mark.parametrize("seq", [0, 8, 9, 98, 99, 10**9])
def test_the_beginning_of_a_line_tells_its_number_from_every_other(seq):
    begins = Head(seq).next_begins
    others = [Head(n).next_begins for n in (0, 8, 9, 98, 99, 10**9, seq + 1) if n != seq]
    assert not any(begins.startswith(other) or other.startswith(begins) for other in others)


@given(st.lists(st.integers(0, 2**32), min_size=1, max_size=6))
def test_lines_after_each_other_are_the_file_that_testing_writes(times):
    tokens = sketch("; ".join(f"t{n}@{n}" for n in range(len(times)))).records
    jtis = [json.loads(line)["jti"] for line in ledger_file(tokens, times).splitlines()]
    head, lines = Head(), []
    for compact, jti, seconds in zip(tokens, jtis, times, strict=True):
        lines.append(head.line(compact.decode(), jti, timestamp(seconds)))
        head = head.after(lines[-1][:-1])
    assert b"".join(lines) == ledger_file(tokens, times)
    assert head.seq == len(times)


@given(st.lists(TEXT, min_size=2, max_size=5), st.data())
def test_a_changed_byte_anywhere_shows_at_the_next_line(compacts, data):
    head, lines = Head(), []
    for compact in compacts:
        lines.append(head.line(compact, "x", WHEN))
        head = head.after(lines[-1][:-1])
    number = data.draw(st.integers(0, len(lines) - 2))
    place = data.draw(st.integers(0, len(lines[number]) - 2))
    changed = bytearray(lines[number][:-1])
    changed[place] ^= data.draw(st.integers(1, 255))
    stated = json.loads(lines[number + 1])["prev_hash"]
    assert Head().after(bytes(changed)).prev_hash != stated
    assert Head().after(lines[number][:-1]).prev_hash == stated


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (EPOCH, "2026-02-24T14:23:20.000Z"),
        (1771947751.25, "2026-02-24T15:42:31.250Z"),
        (1771947751.0004, "2026-02-24T15:42:31.000Z"),
        (1771947751.0009, "2026-02-24T15:42:31.000Z"),
        (1771947751.9999, "2026-02-24T15:42:31.999Z"),  # never told before it was
        (1771947751.9999999, "2026-02-24T15:42:32.000Z"),
        (-1, "1969-12-31T23:59:59.000Z"),
        (253402300799, "9999-12-31T23:59:59.000Z"),
    ],
)
def test_a_time_is_told_in_utc_with_milliseconds(seconds, text):
    assert timestamp(seconds) == text


@given(SECONDS)
def test_a_time_reads_back_to_the_millisecond(seconds):
    read = datetime.fromisoformat(timestamp(seconds))
    lost = datetime.fromtimestamp(seconds, UTC) - read
    assert timedelta(0) <= lost < timedelta(milliseconds=1)


@given(SECONDS, SECONDS)
def test_times_sort_as_text(one, other):
    first, second = sorted([one, other])
    assert timestamp(first) <= timestamp(second)
    assert len(timestamp(first)) == len(timestamp(second)) == 24
