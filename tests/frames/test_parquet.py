"""Parquet: there and back without a loss, and one clear sentence where it cannot be."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ectgraph import frames
from ectgraph.case import Case
from ectgraph.errors import EctgraphError
from ectgraph.testing import sketch

pytest.importorskip("pyarrow")
FAULTY = "a@0; b@5<a,z by=agent-b; c@0<a,b !flipped; 'junk'; a@1; d@9 wid=; !bad-key"
HOSTILE = ["a\0b", "a\0c", "\udc80", "'\\udc80'", "", "x" * 100_000]


def back(frame: pd.DataFrame) -> pd.DataFrame:
    file = io.BytesIO()
    frames.to_parquet(frame, file)
    file.seek(0)
    return frames.read_parquet(file)


def every_table(text: str) -> list[pd.DataFrame]:
    drawn = sketch(text)
    case = Case(drawn.ledger(), drawn.ring, drawn.policy)
    four = case.tasks, case.edges, frames.records(case.ledger, ring=case.ring), case.findings
    keys = frames.keys(four[2], case.ring)
    return [*four, frames.agents(*four), frames.workflows(*four), keys]


@pytest.mark.parametrize("text", [FAULTY, "a@0", "'junk'", ""])
def test_every_table_comes_back_as_it_was(text: str):
    for frame in every_table(text):
        pd.testing.assert_frame_equal(back(frame), frame)


@pytest.mark.parametrize(
    "part",
    [
        lambda frame: frame.head(0),
        lambda frame: frame.iloc[[3, 1]],
        lambda frame: frame[frame.trust == "invalid"],
        lambda frame: frame.set_index("task"),
        lambda frame: frame.assign(own=range(len(frame)), text="x"),
        lambda frame: frame.sort_values("iat"),
    ],
    ids=["none", "some", "filtered", "indexed", "widened", "sorted"],
)
def test_what_was_made_of_a_table_comes_back_as_it_was(part):
    frame = part(every_table(FAULTY)[0])

    pd.testing.assert_frame_equal(back(frame), frame)


@settings(max_examples=40)
@given(
    rows=st.lists(
        st.tuples(
            *(st.none() | st.sampled_from(HOSTILE) | st.text() for _ in range(2)),
            st.none() | st.integers(),
            st.none() | st.floats(),
            st.none() | st.booleans(),
            st.none() | st.floats() | st.integers(),
        )
    )
)
def test_any_frame_comes_back_as_it_was(rows: list):
    kinds = ("text", "category", "integer", "number", "flag", "time")
    frame = frames.frame(rows, dict(zip("abcdef", kinds, strict=True)))

    pd.testing.assert_frame_equal(back(frame), frame)


def test_a_name_that_is_no_text_is_bytes_for_other_readers(tmp_path: Path):
    path = tmp_path / "names.parquet"
    frame = frames.frame([("\udcff.jws", "a")], {"source": "category", "act": "text"})
    frames.to_parquet(frame, path)

    assert pd.read_parquet(path).source[0] == b"\xed\xb3\xbf.jws"
    pd.testing.assert_frame_equal(frames.read_parquet(path), frame)


def test_the_same_frame_is_the_same_bytes():
    files = [io.BytesIO(), io.BytesIO()]
    for file in files:
        frames.to_parquet(every_table(FAULTY)[0], file)

    assert files[0].getvalue() == files[1].getvalue()


def test_other_parquet_files_can_be_read_as_well(tmp_path: Path):
    path = tmp_path / "other.parquet"
    pd.DataFrame({"n": [1, 2]}).to_parquet(path)

    assert frames.read_parquet(path).n.tolist() == [1, 2]


def test_what_cannot_be_written_or_read_is_told_in_a_line(tmp_path: Path):
    frame = frames.frame([(1,)], {"n": "integer"})
    (tmp_path / "junk").write_bytes(b"junk")

    for work, why in (
        (lambda: frames.to_parquet(frame, tmp_path / "no" / "x"), "cannot be written"),
        (lambda: frames.read_parquet(tmp_path / "none"), "cannot be read"),
        (lambda: frames.read_parquet(tmp_path / "junk"), "holds no frame"),
        (
            lambda: frames.to_parquet(pd.DataFrame({"n": [1, "a"]}), io.BytesIO()),
            "cannot be written",
        ),
        (lambda: frames.to_parquet(pd.concat([frame, frame], axis=1), io.BytesIO()), "one name"),
    ):
        with pytest.raises(EctgraphError, match=why) as caught:
            work()
        assert len(str(caught.value).splitlines()) == 1


def test_without_pyarrow_the_command_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(EctgraphError, match=r"pip install 'ectgraph\[parquet\]'"):
        frames.to_parquet(frames.frame([], {"n": "integer"}), io.BytesIO())
