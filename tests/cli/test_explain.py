"""explain: a story on stdout, mistakes in one line, and commands that work as they stand."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ectgraph.testing import sketch, task_id

KEYS = "--keys keys.json"
A, B, Z = task_id("a"), task_id("b"), task_id("z")


def test_a_finding_is_told(ectgraph_):
    done = ectgraph_(f"explain faulty.jws ECT303 {KEYS}")

    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("error ECT303 missing-parent  [")
    for heading in ("What it means", "The records", "Lineage", "Not known", "Words", "Look next"):
        assert f"\n{heading}" in done.out


def test_a_task_is_told(ectgraph_):
    done = ectgraph_(f"explain clean.jws {A[:8]} {KEYS}")

    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"a · spiffe://example.com/agent/agent-a · {A} · verified\n")
    assert "No rule found anything wrong with this task." in done.out


@pytest.mark.parametrize("format_", ["text", "json", "markdown"])
def test_a_story_goes_to_a_file_as_it_goes_to_stdout(ectgraph_, folder: Path, format_: str):
    line = f"explain faulty.jws ECT201 {KEYS} --format {format_}"
    plain, done = ectgraph_(line), ectgraph_(f"{line} -o story")

    assert done == (0, "", "")
    assert (folder / "story").read_text("utf-8") == plain.out != ""


def test_json_and_markdown(ectgraph_):
    done = ectgraph_(f"explain faulty.jws ECT201 {KEYS} --format json")
    told = json.loads(done.out)

    assert (told["format"], told["subject"], told["task"]) == (
        "ectgraph-explanation/1",
        "finding",
        B,
    )
    assert told["chapters"][0]["findings"][0]["code"] == "ECT201"
    assert told["commands"][0]["line"] == f"ectgraph show faulty.jws {B[:8]} {KEYS}"
    page = ectgraph_(f"explain faulty.jws ECT201 {KEYS} --format markdown").out
    assert page.lstrip().startswith("## error ECT201 bad-signature")


def test_several_findings_are_listed_to_choose_from(ectgraph_, folder: Path):
    (folder / "many.jws").write_bytes(
        sketch("; ".join(f"t{n}@{n} !flipped" for n in range(30))).data
    )
    done = ectgraph_(f"explain many.jws ECT201 {KEYS}")
    first, *lines = done.err.splitlines()

    assert (done.code, done.out) == (2, "")
    assert first == "ectgraph: 30 findings are meant; choose one by its fingerprint"
    assert len(lines) == 21
    assert lines[-1] == "  … and 10 more"
    assert "error ECT201  many.jws:1  the signature does not verify" in lines[0]
    chosen = ectgraph_(f"explain many.jws {lines[1].split()[0]} {KEYS}")
    assert chosen.code == 0
    assert "many.jws:2" in chosen.out


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("explain clean.jws zzz", "no finding's fingerprint and no task's jti begins with 'zzz'"),
        (f"explain clean.jws ECT302 {KEYS}", "ECT302 equivocation has no finding here"),
        ("explain clean.jws", "ledger files and then a fingerprint"),
        (f"explain missing.jws {A}", "missing.jws"),
        (f"explain clean.jws {A} --keys none.json", "none.json"),
        (f"explain clean.jws {A} -o nowhere/story", "cannot be written"),
        (f"explain clean.jws {A} -o clean.jws", "not written over"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(ectgraph_, line: str, words: str):
    done = ectgraph_(line)

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("ectgraph: ")
    assert done.err.count("\n") == 1
    assert words in done.err


def test_nothing_to_explain_is_exit_code_3(ectgraph_):
    done = ectgraph_(f"explain empty.jws {A}")

    assert (done.code, done.out) == (3, "")
    assert "no record" in done.err
    assert ectgraph_("explain empty.jws ECT009").code == 0  # that there is nothing is a finding


def test_what_the_configuration_ignores_or_knows_does_not_count(ectgraph_, folder: Path):
    ledger = sketch("b@5<a life=9999").data
    (folder / "late.jws").write_bytes(ledger)
    (folder / "ectgraph.toml").write_text(
        'keys = ["keys.json"]\n[ignore]\nECT406 = "tokens live long here"\n'
        '[severity]\nECT303 = "note"\n'
    )
    ignored = ectgraph_("explain late.jws ECT406")
    graded = ectgraph_("explain late.jws ECT303")

    assert "It does not count: it is ignored: tokens live long here" in ignored.out
    assert graded.out.startswith("note ECT303")
    assert "--config ectgraph.toml" in graded.out
    assert "--keys" not in graded.out  # the configuration gives them
    without = ectgraph_(f"explain late.jws ECT406 {KEYS} --config none")
    assert "It does not count" not in without.out
    assert f"{KEYS} --config none" in without.out or f"--config none {KEYS}" in without.out


# The commands it ends with


def commands(out: str) -> list[str]:
    """The command lines of a story."""
    lines = out.partition("\nLook next\n")[2].splitlines()
    return [line.strip() for line in lines if line.startswith("    ")]


@pytest.fixture
def as_typed(folder: Path, monkeypatch: pytest.MonkeyPatch):
    """Run a command line in a shell, as somebody would who copied it."""
    shell = shutil.which("bash")
    if shell is None or os.name != "posix":
        pytest.skip("no bash here")
    (folder / "bin").mkdir()
    script = folder / "bin/ectgraph"
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m ectgraph "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(script.parent), prepend=os.pathsep)

    def run(line: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([shell, "-c", line], cwd=folder, capture_output=True, check=False)

    return run


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("faulty.jws", "ECT201"),
        ("faulty.jws", Z),
        ("it's odd.jws", "ECT001"),
        ("-\x1b[31m.jws", "ECT302"),
    ],
)
def test_every_command_works_as_it_stands(ectgraph_, as_typed, folder: Path, name: str, what: str):
    if not (folder / name).exists():
        drawn = sketch("a@0 jti=--x'$(id); b@5<a; 'ju\x1bnk'; a@1 jti=--x'$(id)")
        (folder / name).write_bytes(drawn.data)
    done = ectgraph_(f"explain {KEYS} --format text --", name, what)
    assert done.code == 0

    lines = commands(done.out)
    assert 2 <= len(lines) <= 5
    for line in lines:
        ran = as_typed(line)
        assert ran.returncode == 0, (line, ran.stderr)
        assert ran.stdout or " -o " in line


def test_no_text_of_a_hostile_ledger_reaches_the_terminal_as_it_is(ectgraph_, folder: Path):
    evil = "\x1b]0;pwned\x07\u202e"
    (folder / f"e{evil}.jws").write_bytes(f"{evil}\n".encode() + sketch("a@0<z").data)
    for what in ("ECT303", A, "ECT001", f"{evil}", "zzz"):
        done = ectgraph_("explain", f"e{evil}.jws", what)

        assert (done.out + done.err).replace("\n", "").isprintable()


@pytest.mark.skipif(os.name != "posix", reason="file names are text there")
@pytest.mark.parametrize("format_", ["text", "json", "markdown"])
def test_a_file_name_that_is_no_text_is_a_file_name(
    ectgraph_, as_typed, folder: Path, format_: str
):
    name = os.fsdecode(b"led\xffger.jws")
    try:
        (folder / name).write_bytes(b"junk\n" + sketch("a@0").data)
    except OSError:
        pytest.skip("this file system takes no such name")
    done = ectgraph_(f"explain --format {format_}", name, "ECT001")

    assert (done.code, done.err) == (0, "")
    assert done.out.replace("\n", "").isprintable()
    for line in commands(done.out):
        assert as_typed(line).returncode == 0
