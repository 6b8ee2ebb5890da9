"""Bytes put aside: given back as they were, and nothing is left behind."""

from __future__ import annotations

import io
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from ectgraph.formats.spool import Spool, as_file


def test_what_is_added_is_read_back_in_any_order():
    spool = Spool()
    pieces = [os.urandom(size) for size in (0, 1, 70_000, 3)]
    offsets = [spool.add(piece) for piece in pieces]
    assert offsets == [0, 0, 1, 70_001]
    for offset, piece in reversed(list(zip(offsets, pieces, strict=True))):
        assert spool.read(offset, len(piece)) == piece
    assert spool.add(b"more") == 70_004


def test_threads_do_not_mix_up_what_they_add_and_read():
    spool = Spool()

    def work(number: int) -> bool:
        piece = bytes([number]) * (1000 + number)
        offsets = [spool.add(piece) for _ in range(20)]
        return all(spool.read(offset, len(piece)) == piece for offset in offsets)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(50)))


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_a_stream_is_there_as_a_file_for_as_long_as_it_is_needed(temporary):
    file = io.BytesIO(b"head" + b"x" * (3 << 20))
    file.read(4)
    with as_file(file, "copy.db") as path:
        assert path.name == "copy.db"
        assert temporary in path.parents
        assert path.read_bytes() == b"x" * (3 << 20)
        path.with_name("copy.db-wal").write_bytes(b"left by a library")
    assert file.read() == b""
    assert list(temporary.iterdir()) == []


def test_the_copy_is_gone_also_when_its_user_fails(temporary):
    with pytest.raises(ZeroDivisionError), as_file(io.BytesIO(b"x"), "copy") as path:
        raise ZeroDivisionError(path)
    assert list(temporary.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
def test_nobody_else_can_read_the_copy(temporary):
    with as_file(io.BytesIO(b"evidence"), "copy") as path:
        assert path.parent.stat().st_mode & 0o077 == 0
