"""Files by what is in them: every regular file of a folder once, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import tracemalloc
from pathlib import Path

import pytest

from ectgraph.artifacts import ALGORITHMS, Artifacts, algorithms, check
from ectgraph.encoding import hash_of
from ectgraph.testing import sketch

AS_STATED = {"sha256": "sha-256", "sha384": "sha-384", "sha512": "sha-512"}


def stated(content: bytes, name: str = "sha256", *, prefixed: bool = True) -> str:
    """The hash of some content, as a token states it."""
    made = base64.urlsafe_b64encode(hashlib.new(name, content).digest()).rstrip(b"=").decode()
    return f"{AS_STATED[name]}:{made}" if prefixed else made


def write(folder: Path, **files: str) -> Path:
    for name, content in files.items():
        (folder / name).write_text(content, "utf-8")
    return folder


def digests(read: Artifacts) -> set[bytes]:
    return {digest for content in read.contents for digest in content.digests}


# What is in a folder


@pytest.mark.parametrize("text", ["", "x", ":", "sha-256:", "md5:rL0Y20zC-Fzt72VPzMSk2A", "é" * 43])
def test_no_file_has_what_is_no_hash(text: str):
    assert not Artifacts.of([b"", text.encode()]).has(text)


def test_only_the_algorithms_that_tokens_state_are_asked_for():
    a, b, c = (stated(b"x", name) for name in ALGORITHMS.values())

    assert algorithms(sketch("a@0; b@5; 'junk'; c@0 inp_hash=odd").ledger()) == []
    assert algorithms(sketch(f"a@0 inp_hash={c}; b@0 out_hash={a}").ledger()) == [
        "sha256",
        "sha512",
    ]
    assert algorithms(sketch(f"a@0 inp_hash={b}").ledger()) == ["sha384"]


# What is in a folder


@pytest.mark.parametrize("name", ALGORITHMS.values())
def test_a_file_is_found_by_its_content_in_every_algorithm(tmp_path: Path, name: str):
    read = Artifacts.read(write(tmp_path, report="all is well"))

    assert (read.folder, read.files, read.unread) == (str(tmp_path), 1, ())
    assert read.has(stated(b"all is well", name))
    assert not read.has(stated(b"all is well\n", name))


def test_folders_below_hidden_files_and_empty_files_count(tmp_path: Path):
    for path in ("a/b/c/deep", ".hidden", ".git/config"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(path, "utf-8")
    (tmp_path / "empty").touch()

    read = Artifacts.read(tmp_path)

    assert read.files == 4
    assert all(map(read.has, map(hash_of, [b"a/b/c/deep", b".hidden", b".git/config", b""])))


def test_in_memory_is_as_on_disk(tmp_path: Path):
    read = Artifacts.read(write(tmp_path, a="one", b="two", c="two"))

    assert digests(read) == digests(Artifacts.of([b"two", b"one"]))
    assert read.files == Artifacts.of([b"one", b"two", b"two"]).files == 3


def test_a_hash_leads_to_a_file_by_its_name_in_the_folder(tmp_path: Path):
    (tmp_path / "below").mkdir()
    write(tmp_path / "below", b="two", c="three")
    write(tmp_path, b="one", d="two", e="two")

    read = Artifacts.read(f"{tmp_path}/", ["sha256", "sha512"])

    below = str(Path("below", "b"))
    assert [(each.name, each.files) for each in read.contents] == [
        ("b", 1),
        (below, 3),
        (str(Path("below", "c")), 1),
    ]
    for name in ("sha256", "sha512"):
        found = read.find(stated(b"two", name))
        assert found is not None
        assert found.name == below
    assert read.find(stated(b"four")) is None


def test_a_folder_is_named_from_within_as_from_without(tmp_path: Path, monkeypatch):
    write(tmp_path, mine="mine")
    monkeypatch.chdir(tmp_path)

    assert Artifacts.read(".").contents == Artifacts.read(tmp_path).contents


def test_many_files_alike_take_the_memory_of_one(tmp_path: Path):
    for number in range(500):
        (tmp_path / f"{number:03}").touch()

    (only,) = Artifacts.read(tmp_path, ["sha256"]).contents

    assert (only.name, only.files) == ("000", 500)


def test_without_an_algorithm_files_are_counted_and_nothing_is_said_of_them(tmp_path: Path):
    read = Artifacts.read(write(tmp_path, a="one", b="two"), [])

    assert (read.files, read.contents) == (2, ())


def test_what_was_not_hashed_that_way_is_not_said_to_be_missing(tmp_path: Path):
    read = Artifacts.read(write(tmp_path, a="one"), ["sha256"])

    assert read.has(stated(b"one", "sha256", prefixed=False))
    with pytest.raises(LookupError, match="not hashed by sha512"):
        read.has(stated(b"one", "sha512"))


def test_each_file_is_read_once_and_told(tmp_path: Path):
    seen: list[int] = []

    Artifacts.read(write(tmp_path, a="x" * 3_000_000, b="y", c=""), progress=seen.append)

    assert sum(seen) == 3_000_001
    assert max(seen) <= 1 << 20


def test_a_large_file_is_never_held_whole(tmp_path: Path):
    with (tmp_path / "large").open("wb") as file:
        file.truncate(64 << 20)
    tracemalloc.start()

    Artifacts.read(tmp_path, ["sha256"])

    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()


def test_a_folder_may_be_as_deep_as_the_system_takes(tmp_path: Path):
    folders = [Path(f"{tmp_path}{'/d' * depth}") for depth in range(1, 1100)]
    for folder in folders:
        folder.mkdir()
    bottom = folders[-1] / "bottom"
    bottom.write_text("here", "utf-8")
    try:
        assert Artifacts.read(tmp_path).has(hash_of(b"here"))
    finally:  # what clears up after tests recurses
        bottom.unlink()
        for folder in reversed(folders):
            folder.rmdir()


# What is not read


def test_a_link_that_leads_out_is_not_followed_and_told(tmp_path: Path):
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    write(outside, theirs="theirs")
    write(inside, mine="mine")
    (inside / "file").symlink_to(outside / "theirs")
    (inside / "folder").symlink_to(outside)
    (inside / "gone").symlink_to(tmp_path / "nowhere")

    read = Artifacts.read(inside)

    assert not read.has(hash_of(b"theirs"))
    assert read.files == 1
    assert read.unread == tuple(str(inside / name) for name in ("file", "folder", "gone"))


def test_a_link_to_what_is_inside_adds_nothing(tmp_path: Path):
    (tmp_path / "below").mkdir()
    write(tmp_path / "below", mine="mine")
    (tmp_path / "file").symlink_to("below/mine")
    (tmp_path / "folder").symlink_to("below")
    (tmp_path / "below" / "loop").symlink_to("..")
    (tmp_path / "round").symlink_to("round")

    read = Artifacts.read(tmp_path)

    assert (read.files, read.unread) == (1, ())


def test_the_folder_itself_may_be_a_link(tmp_path: Path):
    (tmp_path / "real").mkdir()
    write(tmp_path / "real", mine="mine")
    (tmp_path / "real" / "same").symlink_to("mine")
    (tmp_path / "link").symlink_to("real")

    read = Artifacts.read(tmp_path / "link")

    assert (read.files, read.unread) == (1, ())


def test_pipes_and_sockets_are_never_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write(tmp_path, mine="mine")
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)  # the name of a socket has to be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        (tmp_path / "to-pipe").symlink_to("pipe")

        read = Artifacts.read(tmp_path)

    assert read.files == 1
    assert read.unread == (str(tmp_path / "pipe"), str(tmp_path / "socket"))


def test_what_cannot_be_read_is_told_and_stops_nothing(tmp_path: Path, monkeypatch):
    write(tmp_path, good="good", bad="bad")
    (tmp_path / "shut").mkdir()
    write(tmp_path / "shut", inside="inside")
    listing, opening = os.scandir, Path.open

    def scandir(path):
        if str(path).endswith("shut"):
            raise PermissionError(13, "Permission denied")
        return listing(path)

    def open_(path, *args, **options):
        if path.name == "bad":
            raise PermissionError(13, "Permission denied")
        return opening(path, *args, **options)

    monkeypatch.setattr(os, "scandir", scandir)
    monkeypatch.setattr(Path, "open", open_)

    read = Artifacts.read(tmp_path)

    assert (read.files, read.unread) == (1, (str(tmp_path / "bad"), str(tmp_path / "shut")))


@pytest.mark.skipif(not hasattr(os, "fsencode") or os.name == "nt", reason="names are bytes")
def test_a_name_may_be_any_bytes(tmp_path: Path):
    (tmp_path / os.fsdecode(b"\xff\n")).write_text("odd", "utf-8")

    assert Artifacts.read(tmp_path).has(hash_of(b"odd"))


# Mistakes of the caller


def test_a_folder_that_is_not_there_is_the_callers_mistake(tmp_path: Path, refusal):
    assert "No such file" in refusal(Artifacts.read, tmp_path / "nowhere")


def test_a_file_is_no_folder(tmp_path: Path, refusal):
    write(tmp_path, mine="mine")

    assert "Not a directory" in refusal(Artifacts.read, tmp_path / "mine")


def test_a_folder_without_a_file_is_the_callers_mistake(tmp_path: Path, refusal):
    (tmp_path / "below").mkdir()

    assert "holds no file; name the folder" in refusal(Artifacts.read, tmp_path)


def test_a_folder_of_which_nothing_can_be_read_is_the_callers_mistake(tmp_path: Path, refusal):
    (tmp_path / "gone").symlink_to(tmp_path.parent / "nowhere")

    assert "none of 1 files can be read; name" in refusal(Artifacts.read, tmp_path)


def test_a_folder_is_looked_for_before_the_long_work(refusal, tmp_path: Path) -> None:
    check(tmp_path)

    assert "is no folder whose files can be read" in refusal(check, tmp_path / "none")
    (tmp_path / "file").touch()
    assert "is no folder" in refusal(check, str(tmp_path / "file"))
