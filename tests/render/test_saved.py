"""A picture on disk: the bytes as they are, or one line that says why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from ectgraph.render.saved import saved


def test_bytes_are_written_as_they_are(tmp_path: Path):
    target = tmp_path / "a.svg"

    assert saved(b"\0\r\n", target) == target
    assert target.read_bytes() == b"\0\r\n"


@pytest.mark.parametrize("name", ["nowhere/a.svg", "a\0b.svg", ".", "a\x1b[31m\n/b.svg"])
def test_what_cannot_be_written_is_told_in_one_line(name: str, tmp_path: Path, refusal):
    said = refusal(saved, b"", tmp_path / name)

    assert "cannot be written (" in said
    assert said.isprintable()
