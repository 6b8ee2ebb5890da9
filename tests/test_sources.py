"""What callers name -> the files that are read: whatever lies there, each once, and no hang."""

from __future__ import annotations

import os
import socket
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph import linter, loader
from ectgraph.model import Report
from ectgraph.policy import Policy
from ectgraph.reading import Manner
from ectgraph.reports.json import to_json
from ectgraph.rule import Evidence
from ectgraph.rules import judge
from ectgraph.sources import Origin, expand
from ectgraph.testing import compact_json, jwks, sketch

SOUND = sketch("a@0; b@5<a; c@9<b")
posix = pytest.mark.skipif(os.name != "posix", reason="no such files there")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, so that names are short."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def closable(tmp_path: Path) -> None:
    """Skip the test where modes close nothing, as for root."""
    closed = tmp_path / "closed"
    closed.touch(mode=0)
    if os.access(closed, os.R_OK):
        pytest.skip("whoever runs this may read everything")


def native(name: str) -> str:
    """A path as this system writes it."""
    return name.replace("/", os.sep)


def put(*names: str, data: bytes = SOUND.data) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(data)


def names(*paths: str | Path | Origin) -> list[str]:
    return [origin.name for origin in expand(paths)]


def report(*paths: str | Path, **manner: str) -> Report:
    ledger = loader.load(paths, SOUND.ring, judge=judge, manner=Manner(**manner))
    return linter.lint(Evidence(ledger, SOUND.ring, Policy()))


def formats(found: Report) -> dict[str, str]:
    return {source.source: source.format for source in found.inputs}


# What is named


def test_what_is_named_comes_in_the_order_named(here: Path):
    put("b", "a")

    assert expand(["b", Path("a"), "-"]) == [Origin("b"), Origin("a"), Origin("-")]
    assert expand([]) == []


@pytest.mark.parametrize(
    "name", ["two\nlines", "a[1]*?.jws", "-x", "--help", " ", "~", "$HOME", "#"]
)
def test_a_file_with_an_odd_name_is_that_file(here: Path, name: str):
    put(name, "a1.jws")

    assert expand([name]) == [Origin(name)]
    assert names(here) == sorted(native(f"{here}/{each}") for each in (name, "a1.jws"))
    assert report(name).summary.trust["verified"] == 3


def test_a_folder_whose_name_looks_like_a_pattern_is_that_folder(here: Path):
    put("x[1]/a", "x1/b")

    assert names("x[1]") == [native("x[1]/a")]


@posix
def test_a_name_that_is_no_utf_8_is_a_name(here: Path):
    name = os.fsdecode(b"ledger-\xff.jws")
    put(name, "plain")

    found = report(here)

    assert [Path(source.source).name for source in found.inputs] == [name, "plain"]
    assert found.summary.records == 6
    assert b"ledger-\\udcff.jws" in to_json(found).replace(b"\\\\", b"\\")


@pytest.mark.parametrize(
    "name",
    ["absent", "a\0b", "\ud800", "x" * 5000, "dangling", "loop", "file/x", "absent/*", "*\0", "["],
)
def test_what_is_named_and_not_there_is_the_callers_mistake(
    here: Path, refusal: Callable[..., str], name: str
):
    put("file")
    Path("dangling").symlink_to("nowhere")
    Path("loop").symlink_to("loop")

    message = refusal(loader.load, ["file", name])

    assert message.startswith(f"{name}: cannot be read (")


def test_an_error_does_not_come_before_it_is_known_that_all_is_there(here: Path, refusal):
    put("bad")

    assert (
        refusal(expand, ["bad", "absent"]) == "absent: cannot be read (No such file or directory)"
    )


@pytest.mark.usefixtures("closable")
def test_what_is_named_and_may_not_be_read_is_the_callers_mistake(here: Path, refusal):
    put("file", "folder/x")
    for name in ("file", "folder"):
        Path(name).chmod(0)

        assert refusal(loader.load, name) == f"{name}: cannot be read (Permission denied)"

        Path(name).chmod(0o700)


# Files that are meant twice


@pytest.mark.parametrize(
    "again", ["a", "./a", "../here/a", "link", "further", "hard", "f/../a", "a*", "?", "f", "."]
)
def test_a_file_is_read_once_under_however_many_names(here: Path, again: str):
    put("a")
    Path("f").mkdir()
    Path("link").symlink_to("a")
    Path("further").symlink_to("link")
    for name in ("hard", "f/hard"):
        Path(name).hardlink_to("a")

    assert names("a", again, here / "a") == ["a"]
    assert names("further", "a") == ["further"]


def test_a_folder_is_read_once_under_however_many_names(here: Path):
    put("f/a")
    Path("link").symlink_to("f")

    assert names("link", "f", "./f/") == [native("link/a")]
    assert names("link", "f/a") == ["f/a"]
    assert names("-", "f", "-") == ["-", native("f/a")]


def test_two_files_of_the_same_bytes_are_two_files(here: Path):
    put("a", "b")

    assert names("a", "b") == ["a", "b"]


@pytest.mark.parametrize("first", [True, False])
def test_a_file_that_is_named_is_named_though_it_is_found_as_well(here: Path, first: bool):
    put("folder/README", data=b"no ledger at all\n")
    named = native("folder/README")
    paths = ["folder", named] if first else [named, "folder"]

    assert expand(paths) == [Origin(named)]
    assert formats(report(*paths)) == {named: "jws"}


# Folders


def test_a_folder_is_all_that_is_in_it_sorted_and_nothing_hidden(here: Path):
    put("f/b", "f/a/y", "f/a/x", "f/a.jws", "f/c/d/e", "f/.git/config", "f/.hidden", "f/c/.x/y")

    assert names("f") == [native(name) for name in ("f/a.jws", "f/b", "f/a/x", "f/a/y", "f/c/d/e")]
    assert all(origin.found for origin in expand(["f"]))
    assert names("f/.hidden", "f/.git") == ["f/.hidden", "f/.git/config"]


def test_an_empty_folder_holds_nothing_and_nothing_is_said_to_be_well(here: Path):
    Path("empty/within").mkdir(parents=True)

    assert expand(["empty"]) == []
    found = report("empty")
    assert [finding.code for finding in found.findings] == ["ECT009"]
    assert found.established == ()


@posix
def test_loops_of_links_are_walked_once(here: Path):
    put("f/a", "f/g/b")
    for name, target in {
        "f/self": ".",
        "f/up": "..",
        "f/top": "/",
        "f/g/back": "../g",
        "f/g/around": "../../f",
        "f/own": "own",
        "f/one": "two",
        "f/two": "one",
    }.items():
        Path(name).symlink_to(target)

    found = report("f")

    assert [s.source for s in found.inputs if s.records] == [
        native("f/a"),
        native("f/g/b"),
    ]
    unread = {finding.places[0].source: finding.message for finding in found.findings}
    assert set(unread) == {native(f"f/{name}") for name in ("own", "one", "two")}
    assert all("symbolic links" in message for message in unread.values())


@posix
def test_a_link_to_a_folder_elsewhere_is_followed(here: Path):
    put("elsewhere/a", "f/b")
    Path("f/link").symlink_to(Path("elsewhere").resolve())

    assert names("f") == [native("f/b"), native("f/link/a")]


@pytest.fixture
def deep(here: Path) -> Iterator[str]:
    """A folder in folders beyond the depth to which functions may call each other."""
    folders = ["/".join(["f"] + ["d"] * depth) for depth in range(1100)]
    for folder in folders:
        Path(folder).mkdir()
    yield folders[-1]
    for folder in reversed(folders):  # what tidies up recurses
        for file in Path(folder).iterdir():
            file.unlink()
        Path(folder).rmdir()


@pytest.mark.parametrize("path", ["f", "f/**", "f/**/a", "**/a", "**/d/**/a"])
def test_folders_may_be_as_deep_as_a_path_is_long(deep: str, path: str):
    put(f"{deep}/a")

    assert names(path) == [native(f"{deep}/a")]


@posix
def test_pipes_devices_and_sockets_in_a_folder_are_told_and_not_waited_for(here: Path):
    put("f/ledger")
    os.mkfifo("f/pipe")
    Path("f/device").symlink_to(os.devnull)
    Path("f/endless").symlink_to("/dev/zero")
    Path("f/nowhere").symlink_to("gone")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("f/socket")

        found = report("f")

    assert found.summary.trust["verified"] == 3
    told = {Path(finding.places[0].source).name: finding for finding in found.findings}
    assert set(told) == {"pipe", "device", "endless", "socket", "nowhere"}
    assert {finding.code for finding in told.values()} == {"ECT001"}
    assert "it is a pipe, a device or a socket" in told["pipe"].message
    assert "No such file" in told["nowhere"].message
    assert any("f/device" in each and "and 2 more" in each for each in found.not_established)


@pytest.mark.usefixtures("closable")
@pytest.mark.parametrize("mode", [0, 0o400, 0o100])
def test_what_may_not_be_read_in_a_folder_is_told_and_its_neighbours_are_read(
    here: Path, mode: int
):
    put("f/a", "f/closed/x", "f/z", "f/secret")
    Path("f/secret").chmod(0)
    Path("f/closed").chmod(mode)
    try:
        found = report("f", "f/c*")
    finally:
        Path("f/closed").chmod(0o700)

    assert found.summary.records == 6
    told = [finding.places[0].source for finding in found.findings]
    inside = "f/closed/x" if mode == 0o400 else "f/closed"
    assert sorted(told) == [inside, "f/secret"]
    assert all("Permission denied" in finding.message for finding in found.findings)


@pytest.mark.usefixtures("closable")
def test_a_pattern_that_matches_a_closed_folder_stops_nothing(here: Path):
    put("a/x", "b/x")
    Path("a").chmod(0)
    try:
        found = report("?")
    finally:
        Path("a").chmod(0o700)

    assert found.summary.records == 3
    assert [finding.places[0].source for finding in found.findings] == ["a"]


# What is no ledger, in a folder


OTHERS = {
    "keys.json": compact_json(jwks("agent-a")),
    "spaced.json": b' {\n "keys" : [ {"kid": "eyJhbGciOiJFUzI1NiJ9", "kty": "EC"} ] }',
    "key.pem": b"-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n",
    "README.md": b"# Ledgers\n\nOne file a day.\n",
    "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "checkpoint.json": b'{"format": "ectgraph-checkpoint/1", "entries": 3}',
    "report.json": b'{\n "format": "ectgraph-report/1",\n "findings": [{"jti": "a"}]}',
    "zeros": bytes(10_000),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_ledger_is_passed_over_in_a_folder_and_listed(here: Path, name: str):
    put("f/ledger")
    put(f"f/{name}", data=OTHERS[name])

    found = report("f")

    assert found.findings == ()
    other = native(f"f/{name}")
    assert formats(found) == {native("f/ledger"): "jws", other: "other"}
    (source,) = [source for source in found.inputs if source.source == other]
    assert (source.bytes, source.records) == (len(OTHERS[name]), 0)
    (sentence,) = [each for each in found.not_established if name in each and "not read" in each]
    assert "ledger," not in sentence


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_ledger_is_read_when_it_is_named(here: Path, name: str):
    put("f/ledger")
    put(f"f/{name}", data=OTHERS[name])

    found = report("f/ledger", f"f/{name}")

    assert found.findings
    assert "other" not in formats(found).values()


def test_a_format_that_is_asked_for_is_that_of_everything_in_a_folder(here: Path):
    put("f/README", data=OTHERS["README.md"])

    assert formats(report("f", format="jsonl")) == {native("f/README"): "jsonl"}


LEDGERS = {
    "jws": SOUND.data,
    "comments": b"# a ledger\n\n" + SOUND.data,
    "an entry": compact_json({"seq": 1, "ect": SOUND.records[0].decode()}),
    "spaced header": b"ewogImFsZyI6ICJFUzI1NiJ9." + SOUND.records[0].partition(b".")[2],
    "spaced token": b"ewogImFsZyI6ICJFUzI1NiJ9.ewogImp0aSI6ICJ4In0.AA",
    "claims": b'{"jti":"a","iss":"b","par":[]}',
    "without its tokens": b'{"task_id":"a","ect":null}\n',
    "capture": b'{"log":{"entries":[{"headers":[{"name":"EXECUTION-Context","value":"x"}]}]}}',
    "empty": b"",
}


@pytest.mark.parametrize("data", LEDGERS.values(), ids=LEDGERS)
def test_what_may_be_a_ledger_is_read(here: Path, data: bytes):
    put("f/x", data=data)

    assert "other" not in formats(report("f")).values()


def test_files_next_to_a_database_are_read_with_it_and_not_by_themselves(here: Path):
    put("f/a.db-wal", "f/a.db-shm", "f/a.db-journal", "f/no.db", "f/no.db-wal", "f/alone-wal")
    with closing(sqlite3.connect("f/a.db")) as database:
        database.execute("CREATE TABLE t (x)")

    found = formats(report("f"))

    assert set(found) == {
        native(f"f/{name}") for name in ("a.db", "no.db", "no.db-wal", "alone-wal")
    }


# Patterns


@pytest.mark.parametrize(
    ("pattern", "matched"),
    [
        ("*.jws", ["a.jws", "b.jws"]),
        ("./*.jws", ["a.jws", "b.jws"]),
        ("?.jws", ["a.jws", "b.jws"]),
        ("[ab].jws", ["a.jws", "b.jws"]),
        ("[!a].jws", ["b.jws"]),
        ("*/x.jws", ["f/x.jws"]),
        ("f/*", ["f/g/x.jws", "f/x.jws"]),
        ("f*", ["f/x.jws", "f/g/x.jws"]),
        ("f/**", ["f/x.jws", "f/g/x.jws"]),
        ("**/x.jws", ["f/g/x.jws", "f/x.jws"]),
        ("f/**/x.jws", ["f/g/x.jws", "f/x.jws"]),
        ("**/g/*", ["f/g/x.jws"]),
        ("**/**/g/**/*.jws", ["f/g/x.jws"]),
        ("**", ["./a.jws", "./b.jws", "./f/x.jws", "./f/g/x.jws"]),
        (".*.jws", [".c.jws"]),
        (".h/*", [".h/x.jws"]),
        ("f/../*.jws", ["f/../a.jws", "f/../b.jws"]),
    ],
)
def test_a_pattern_matches_as_in_a_shell(here: Path, pattern: str, matched: list[str]):
    put("a.jws", "b.jws", ".c.jws", "f/x.jws", "f/g/x.jws", "f/.k/x.jws", ".h/x.jws")

    assert names(pattern) == [native(name) for name in matched]
    assert all(origin.found for origin in expand([pattern]))


def test_a_pattern_may_be_absolute(here: Path):
    put("f/a.jws", "f/g/b.jws")

    for pattern in ("f/*.jws", "f/**/*.jws"):
        assert names(here / pattern) == [str(here / name) for name in names(pattern)]


def test_a_pattern_without_a_match_is_the_callers_mistake(here: Path, refusal):
    put("a", ".hidden")

    for pattern in ("b*", "*/x", "**/x", "a/*", "[z-a]", "["):
        assert (
            refusal(expand, [pattern])
            == f"{pattern}: cannot be read (no file matches this pattern)"
        )


def test_a_file_that_is_called_like_standard_input_is_a_file_when_it_is_matched(here: Path):
    put("-")

    assert names("*") == [native("./-")]
    assert names("?", "-") == [native("./-"), "-"]
    assert names(".") == [native("./-")]


@posix
@pytest.mark.parametrize(
    "pattern", ["**/*.jws", "f/**/*.jws", "f/**", "**/f/**/a*", "f/*/*/*/*.jws"]
)
def test_a_pattern_does_not_go_round_loops_of_links(here: Path, pattern: str):
    put("f/a.jws", "f/g/b.jws")
    for number in range(5):
        Path(f"f/loop{number}").symlink_to(".")
        Path(f"f/g/up{number}").symlink_to("..")

    assert len(expand([pattern])) in (1, 2)


# The laws of it


@given(
    st.lists(
        st.lists(st.sampled_from(["a", "b", "c.jws", ".d"]), min_size=1, max_size=4).map("/".join),
        min_size=1,
        max_size=8,
    )
)
def test_a_folder_a_pattern_and_a_walk_find_the_same_files(tmp_path_factory, paths: Iterable[str]):
    root = tmp_path_factory.mktemp("tree")
    for path in paths:
        place = root / path
        if not any(parent.is_file() for parent in place.parents) and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()
    walked = {
        str(Path(folder, name))
        for folder, _, found in os.walk(root)
        for name in found
        if not any(part.startswith(".") for part in Path(folder, name).relative_to(root).parts)
    }

    assert set(names(root)) == walked
    assert set(names(root / "**" / "*") if walked else []) == walked
