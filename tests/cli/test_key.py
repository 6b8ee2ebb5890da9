"""keygen: where the private key goes, who can read it, and what becomes of the JWK Set."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from ectgraph.cli import key_files
from ectgraph.keys import KeyRing, private_key, public_jwk

JWKS = {"keys": [{"kty": "EC", "kid": "old", "note": "kept"}], "owner": {"name": "us"}}


def test_the_public_key_goes_to_stdout_and_the_private_one_to_a_file(ectgraph_, folder: Path):
    done = ectgraph_("keygen agent-x --iss urn:x")

    jwks = json.loads(done.out)
    pem = (folder / "agent-x.key.pem").read_bytes()
    assert done.code == 0
    assert jwks == {"keys": [public_jwk(private_key(pem), "agent-x", "urn:x")]}
    assert KeyRing.from_jwks(jwks).keys[0].iss == "urn:x"
    assert "PRIVATE" not in done.out + done.err
    assert json.dumps(sorted(jwks["keys"][0])).count('"d"') == 0


@pytest.mark.skipif(os.name != "posix", reason="file modes mean something there")
def test_nobody_else_can_read_the_private_key_at_any_time(
    ectgraph_, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    opened = []
    real = os.open

    def watch(path, flags, mode=0o777, **more):
        opened.append((Path(path).name, flags, mode))
        return real(path, flags, mode, **more)

    monkeypatch.setattr(os, "open", watch)
    before = os.umask(0)
    try:
        done = ectgraph_("keygen agent-x")
    finally:
        os.umask(before)

    ((name, flags, mode),) = [each for each in opened if each[0].endswith(".pem")]
    assert done.code == 0
    assert (name, mode) == ("agent-x.key.pem", 0o600)
    assert flags & os.O_EXCL
    assert flags & os.O_CREAT
    assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600


def test_the_next_step_can_be_copied_and_pasted(ectgraph_, folder: Path, process):
    ectgraph_("keygen agent-x --jwks new.json")
    said = ectgraph_("keygen", "agent y", "--jwks", "new.json").err

    assert said.splitlines()[-1].startswith("  ectgraph create --key agent-y.key.pem")
    assert "--kid 'agent y'" in said
    import shlex

    words = shlex.split(said.splitlines()[-1])[1:]
    made = ectgraph_(words[0], *words[1:])
    assert made.code == 0
    shown = ectgraph_("verify", made.out.strip(), "--keys", "new.json")
    assert shown.code == 0


def test_a_key_is_added_to_a_jwk_set_and_all_the_rest_is_kept(ectgraph_, folder: Path):
    (folder / "set.json").write_text(json.dumps(JWKS), "utf-8")

    done = ectgraph_("keygen agent-x --jwks set.json")

    after = json.loads((folder / "set.json").read_bytes())
    assert done.code == 0
    assert done.out == ""
    assert after["owner"] == JWKS["owner"]
    assert after["keys"][0] == JWKS["keys"][0]
    assert after["keys"][1]["kid"] == "agent-x"
    assert sorted(file.name for file in folder.glob("set.json*")) == ["set.json"]


@pytest.mark.skipif(os.name != "posix", reason="file modes and links mean something there")
def test_a_jwk_set_keeps_its_mode_and_its_links(ectgraph_, folder: Path):
    (folder / "set.json").write_text(json.dumps(JWKS), "utf-8")
    (folder / "set.json").chmod(0o640)
    (folder / "link.json").symlink_to("set.json")

    assert ectgraph_("keygen agent-x --jwks link.json").code == 0
    assert (folder / "link.json").is_symlink()
    assert len(json.loads((folder / "set.json").read_bytes())["keys"]) == 2
    assert stat.S_IMODE((folder / "set.json").stat().st_mode) == 0o640


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it is empty"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"{}", "no array 'keys'"),
        (b"[]", "no array 'keys'"),
        (b'{"keys": {}}', "no array 'keys'"),
        (b'{"kty": "EC"}', "no array 'keys'"),
        (b'{"keys": [], "keys": []}', "twice"),
        (b'{"keys": [{"kid": "agent-x"}]}', "already"),
        (b'{"keys": [' + b"[" * 99 + b"]" * 99 + b"]}", "nests deeper"),
    ],
)
def test_what_is_no_jwk_set_or_has_the_kid_stays_as_it_is_and_no_key_is_made(
    ectgraph_, folder: Path, content: bytes, words: str
):
    (folder / "set.json").write_bytes(content)

    done = ectgraph_("keygen agent-x --jwks set.json")

    assert done.code == 2
    assert words in done.err
    assert len(done.err.splitlines()) == 1
    assert (folder / "set.json").read_bytes() == content
    assert list(folder.glob("*.pem")) + list(folder.glob("*.new")) == []


def test_an_existing_key_is_not_written_over_and_the_jwk_set_stays(ectgraph_, folder: Path):
    (folder / "agent-x.key.pem").write_bytes(b"precious")
    before = (folder / "keys.json").read_bytes()

    done = ectgraph_("keygen agent-x --jwks keys.json")

    assert done.code == 2
    assert "not written over" in done.err
    assert (folder / "agent-x.key.pem").read_bytes() == b"precious"
    assert (folder / "keys.json").read_bytes() == before
    assert list(folder.glob("*.new")) == []


@pytest.mark.skipif(os.name != "posix", reason="links are usual there")
def test_a_link_that_leads_elsewhere_is_not_followed(ectgraph_, folder: Path):
    (folder / "agent-x.key.pem").symlink_to(folder / "elsewhere")

    assert ectgraph_("keygen agent-x").code == 2
    assert not (folder / "elsewhere").exists()


def test_somebody_else_who_writes_the_jwk_set_is_waited_for_by_the_caller(ectgraph_, folder: Path):
    (folder / "set.json.new").write_bytes(b"half of it")

    done = ectgraph_("keygen agent-x --jwks set.json")

    assert done.code == 2
    assert "somebody else" in done.err
    assert (folder / "set.json.new").read_bytes() == b"half of it"
    assert list(folder.glob("*.pem")) == []


def test_a_failure_while_the_key_is_written_leaves_nothing(
    ectgraph_, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)

    for line in ("keygen agent-x", "keygen agent-x --jwks set.json"):
        done = ectgraph_(line)
        assert done.code == 2
        assert "No space left" in done.err
    assert list(folder.glob("agent-x*")) + list(folder.glob("set.json*")) == []


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_told_in_one_line(ectgraph_, folder: Path):
    (folder / "nothing").chmod(0o500)

    for line in ("keygen x -o nothing/x.pem", "keygen x --jwks nothing/set.json"):
        done = ectgraph_(line)
        assert done.code == 2
        assert "cannot be written" in done.err
        assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["agent-x", "-o", "nowhere/x.pem"], "cannot be written"),
        (["agent-x", "-o", "nothing"], "not written over"),
        (["agent-x", "--jwks", "nowhere/set.json"], "cannot be written"),
        (["agent-x", "--jwks", "nothing"], "cannot be read"),
        (["agent-x", "-o", "-"], "--jwks"),
        (["agent-x", "-o", "same", "--jwks", "./same"], "both keys"),
        ([""], "no name"),
        (["a\x1b[31m"], "no name"),
        (["a\nb"], "no name"),
        (["a\udcff"], "no name"),
    ],
)
def test_a_mistake_of_the_caller_is_one_line_and_exit_code_2(
    ectgraph_, folder: Path, args: list[str], words: str
):
    done = ectgraph_("keygen", *args)

    assert done.code == 2
    assert words in done.err
    assert len(done.err.splitlines()) == 1
    assert done.err.rstrip("\n").isprintable()
    assert done.out == ""
    assert list(folder.glob("*.pem")) == []


def test_the_private_key_is_shown_when_asked_for_in_so_many_words(ectgraph_, folder: Path):
    done = ectgraph_("keygen agent-x -o - --jwks set.json")

    jwk = json.loads((folder / "set.json").read_bytes())["keys"][0]
    assert public_jwk(private_key(done.out), "agent-x") == jwk
    assert list(folder.glob("*.pem")) == []


@pytest.mark.parametrize(
    ("kid", "name"),
    [
        ("a", "a"),
        ("agent@example.com", "agent@example.com"),
        ("../../etc/passwd", "etc-passwd"),
        ("/etc/passwd", "etc-passwd"),
        ("..", "private"),
        ("-rf", "rf"),
        (".hidden", "hidden"),
        ("C:\\keys\\a", "C-keys-a"),
        ("größe", "gr-e"),
        ("x" * 500, "x" * 100),
    ],
)
def test_the_name_of_a_key_never_leads_out_of_the_folder(kid: str, name: str):
    assert key_files.private_name(kid) == f"{name}.key.pem"
