"""What callers hand in: tokens as arguments and as lines, files, and a time."""

from __future__ import annotations

import io
import json
import math
import sys
from pathlib import Path

import pytest
import typer
from hypothesis import given as for_all
from hypothesis import strategies as st

from ectgraph.cli import input as given
from ectgraph.errors import EctgraphError
from ectgraph.testing import sketch

TOKEN = sketch("a@0").records[0]


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch):
    """Put bytes on standard input."""

    def put(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return put


def test_arguments_and_lines_are_taken_in_order(stdin):
    stdin(b"\xef\xbb\xbf# a comment\r\n\r\n two \r\n\t\nthree")

    assert list(given.tokens(["one", "-", " four "])) == [b"one", b"two", b"three", b"four"]


@pytest.mark.parametrize("arguments", [[], [""], ["", "  "], ["-"]])
def test_nothing_at_all_is_exit_code_3(stdin, arguments: list[str]):
    stdin(b"\n# nothing\n")

    with pytest.raises(typer.Exit) as left:
        given.tokens(arguments)
    assert left.value.exit_code == 3


@pytest.mark.parametrize(
    "line",
    [
        json.dumps({"seq": 7, "ect": TOKEN.decode()}).encode(),
        json.dumps(TOKEN.decode()).encode(),
        TOKEN + b"\r",
    ],
)
def test_a_token_is_taken_out_of_what_is_around_it(stdin, line: bytes):
    stdin(line + b"\n")

    assert list(given.tokens(["-"])) == [TOKEN]


@pytest.mark.parametrize(
    "line", [b"{", b"[1]", b"{}", b'"', b"\xff", b'{"ect":"a.b.c","ect":"d.e.f"}', b'{"jti":"x"}']
)
def test_what_holds_no_token_is_handed_on_as_it_is(stdin, line: bytes):
    stdin(line)

    assert list(given.tokens(["-"])) == [line]


def test_a_line_without_end_is_cut_and_the_next_one_is_whole(
    stdin, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(given, "LONGEST_LINE", 10)
    stdin(b"x" * 95 + b"\nnext\n" + b"y" * 9 + b"\n" + b"z" * 30)

    assert list(given.tokens(["-"])) == [b"x" * 10, b"next", b"y" * 9, b"z" * 10]


@for_all(st.lists(st.binary(max_size=40).map(lambda line: line.replace(b"\n", b""))))
def test_no_line_that_says_anything_is_lost(lines: list[bytes]):
    wanted = [line.strip(b" \t\r") for line in lines]
    wanted = [line for line in wanted if line and line[:1] not in b'#{["\xef']
    kept = [line for line in lines if line.strip(b" \t\r")[:1] not in b'{["\xef']
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\n".join(kept))))
        found = list(given._lines())

    assert found == wanted


def test_a_stream_that_breaks_is_a_mistake(refusal, monkeypatch: pytest.MonkeyPatch):
    class Broken(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, *_) -> int:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Broken())))

    assert "Input/output error" in refusal(given.tokens, ["-"])
    assert "Input/output error" in refusal(given.read, "-", 10)


def test_a_closed_stream_is_a_mistake(refusal, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stdin", None)

    assert "closed" in refusal(given.tokens, ["-"])
    assert "closed" in refusal(given.read, "-", 10)


def test_a_file_is_read_up_to_a_limit(refusal, stdin, tmp_path: Path):
    (tmp_path / "ten").write_bytes(b"0123456789")
    stdin(b"0123456789")

    assert given.read(tmp_path / "ten", 10) == given.read("-", 10) == b"0123456789"
    assert "larger than 9 bytes" in refusal(given.read, tmp_path / "ten", 9)
    assert "cannot be read" in refusal(given.read, tmp_path, 9)
    assert "cannot be read" in refusal(given.read, tmp_path / "missing", 9)


@pytest.mark.parametrize("argument", ["x" * 5000, "a\x00b", "eyJ" + "x" * 300, "a/" * 200, "~"])
def test_an_argument_that_is_no_file_is_a_token(argument: str):
    assert list(given.tokens([argument])) == [argument.encode()]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("-5", -5),
        ("1771943000.5", 1771943000.5),
        ("2026-02-24T14:23:20Z", 1771943000),
        ("2026-02-24T15:23:20+01:00", 1771943000),
    ],
)
def test_a_time_is_seconds_or_a_date(text: str, seconds: float):
    assert given.Clock(text)() == seconds
    assert given.Clock(text).set_by(7)() == seconds


@pytest.mark.parametrize(
    "text",
    ["", "now", "nan", "1e9", "1_000", "٣", "9" * 16, "2026-02-24", "2026-02-24T14:23:20", "IAT"],
)
def test_what_is_no_time_is_a_mistake(refusal, text: str):
    for told in (refusal(given.Clock, text), refusal(given.seconds, text)):
        assert "is no time" in told
        assert "2026-02-24T14:23:20Z" in told


@for_all(st.text() | st.datetimes().map(str) | st.integers().map(str) | st.floats().map(str))
def test_any_text_is_a_time_or_a_mistake(text: str):
    try:
        assert math.isfinite(given.seconds(text))
    except EctgraphError as error:
        assert "\n" not in str(error)  # noqa: PT017  # either is fine


def test_its_own_time_is_that_of_the_token_and_now_where_it_has_none(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("time.time", lambda: 99.0)

    assert given.Clock("iat").set_by(7)() == 7
    assert given.Clock("iat").set_by(None)() == given.Clock(None).set_by(7)() == 99
