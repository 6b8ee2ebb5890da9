"""lint, draw and table: exit codes, one line for mistakes, and nothing else on stdout."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ectgraph.testing import jwks, sketch

CLEAN = "a@0; b@5<a by=agent-b"
FAULTY = "a@0; b@5<a,z by=agent-b !flipped"

BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
"""Without a buffer Python itself does not notice that only a part was written."""


# Exit codes


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("lint clean.jws --keys keys.json", 0),
        ("lint clean.jws --keys keys.json --fail-on note", 0),
        ("lint clean.jws", 0),
        ("lint clean.jws --fail-on warning", 1),
        ("lint clean.jws --fail-on note", 1),
        ("lint faulty.jws --keys keys.json", 1),
        ("lint faulty.jws --keys keys.json --fail-on fatal", 0),
        ("lint faulty.jws --keys keys.json --ignore ECT303,ECT201", 0),
        ("lint faulty.jws --keys keys.json --ignore ECT303 --ignore ECT2", 0),
        ("lint faulty.jws --keys keys.json --ignore ECT303", 1),
        ("lint faulty.jws --keys keys.json --ignore ECT", 0),
        ("lint faulty.jws --keys keys.json --select ECT3", 1),
        ("lint faulty.jws --keys keys.json --select ect303", 1),
        ("lint faulty.jws --keys keys.json --select ECT4,ECT5", 0),
        ("lint faulty.jws --keys keys.json --select ECT3 --ignore ECT303", 0),
        ("lint clean.jws faulty.jws --keys keys.json", 1),
        ("lint clean.jws --keys a.json --keys b.json", 0),
        ("lint clean.jws --keys a.json", 1),
        ("lint clean.jws --keys missing.json", 2),
        ("lint missing.jws", 2),
        ("lint empty.jws --keys keys.json", 3),
        ("lint comments.jws --keys keys.json", 3),
        ("lint empty.jws --keys keys.json --ignore ECT009", 3),
        ("lint empty.jws --fail-on fatal", 3),
        ("lint empty.jws clean.jws --keys keys.json", 0),
        ("lint nothing --keys keys.json", 3),
        ("lint . --keys keys.json", 1),
        ("lint [ce]*.jws --keys keys.json", 0),
        ("lint junk.bin --keys keys.json", 1),
        ("lint junk.bin", 1),
        ("draw clean.jws", 0),
        ("draw empty.jws", 3),
        ("draw comments.jws", 3),
        ("draw missing.jws", 2),
        ("draw nothing", 3),
        ("table clean.jws tasks", 0),
        ("table empty.jws tasks", 3),
        ("table comments.jws findings", 3),
        ("table missing.jws tasks", 2),
        ("table nothing tasks", 3),
        ("table tasks", 2),
        ("--version", 0),
        ("--help", 0),
        ("lint --help", 0),
        ("lint", 2),
        ("lint clean.jws --format yaml", 2),
        ("lint clean.jws --fail-on never", 2),
        ("lint clean.jws --max-findings -1", 2),
        ("lint clean.jws --workers 0", 2),
        ("draw clean.jws --max-nodes 0", 0),
        ("draw clean.jws --max-nodes -1", 2),
        ("nonsense", 2),
    ],
)
@pytest.mark.parametrize("format_", ["", " --format json"])
def test_exit_codes(ectgraph_, line: str, code: int, format_: str):
    """The same whether the report is text or JSON."""
    if format_ and (not line.startswith("lint ") or "--format" in line):
        format_ = ""
    done = ectgraph_(line + format_)

    assert done.code == code
    assert "Traceback" not in done.err + done.out


def test_the_exit_code_reaches_the_shell(process, folder: Path):
    codes = {
        "lint clean.jws --keys keys.json": 0,
        "lint faulty.jws --keys keys.json": 1,
        "lint missing.jws": 2,
        "lint empty.jws": 3,
    }

    assert {line: process(folder, line).returncode for line in codes} == codes


# The caller's mistakes


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("lint missing.jws", "missing.jws"),
        ("lint clean.jws missing.jws", "missing.jws"),
        ("lint no*.jws", "no file matches this pattern"),
        ("draw no*.jws", "no file matches this pattern"),
        ("table no*.jws tasks", "no file matches this pattern"),
        ("lint clean.jws --keys missing.json", "missing.json"),
        ("lint clean.jws --keys none.json", "none.json"),
        ("lint clean.jws --keys nokeys.json", "no usable key"),
        ("lint clean.jws --keys nojwks.json", "nojwks.json"),
        ("lint clean.jws --keys binary.json", "binary.json"),
        ("lint clean.jws --keys nothing", "no usable key"),
        ("lint clean.jws --keys keys.json --keys none.json", "none.json"),
        ("draw clean.jws --keys none.json", "none.json"),
        ("table clean.jws tasks --keys none.json", "none.json"),
        ("lint clean.jws --ignore ECT3O3", "did you mean ECT303?"),
        ("lint clean.jws --select ECT30l", "did you mean ECT3"),
        ("lint clean.jws --select ECT201,XYZ", "'XYZ'"),
        ("lint clean.jws --ignore ECT201,", "no rule"),
        ("lint clean.jws --ignore missing_parent", "did you mean missing-parent?"),
        ("draw clean.jws -o workflow.bmp", ".svg"),
        ("draw clean.jws -o workflow", ".svg"),
        ("table clean.jws nodes", "tasks, edges, findings"),
        ("table clean.jws", "tasks, edges, findings"),
        ("table tasks", "tasks, edges, findings"),
        ("lint clean.jws -o nowhere/report.txt", "cannot be written"),
        ("lint clean.jws --format json -o nowhere/report.json", "cannot be written"),
        ("lint clean.jws -o nothing", "cannot be written"),
        ("draw clean.jws -o nowhere/workflow.dot", "cannot be written"),
        ("draw clean.jws -o nowhere/workflow.svg", "cannot be written"),
        ("table clean.jws tasks -o nowhere/tasks.csv", "cannot be written"),
        ("table clean.jws tasks --format table -o nowhere/tasks.txt", "cannot be written"),
    ],
)
def test_a_mistake_of_the_caller_is_one_line_and_exit_code_2(ectgraph_, line: str, words: str):
    done = ectgraph_(line)

    assert done.code == 2
    assert done.out == ""
    assert done.err.startswith("ectgraph: ")
    assert done.err.endswith("\n")
    assert len(done.err.splitlines()) == 1
    assert words in done.err


def test_a_hostile_file_name_is_shown_harmless_and_in_one_line(ectgraph_):
    done = ectgraph_("lint", "evil\n\x1b[31m\u202e.jws")

    assert done.code == 2
    assert len(done.err.splitlines()) == 1
    assert done.err.rstrip("\n").isprintable()


@pytest.mark.skipif(os.name != "posix", reason="file names are text there")
@pytest.mark.parametrize("line", ["lint", "lint --format json", "draw", "table"])
def test_a_file_name_that_is_no_text_is_a_file_name(ectgraph_, folder: Path, line: str):
    name = os.fsdecode(b"led\xffger.jws")
    try:
        (folder / name).write_bytes(sketch(FAULTY).data)
    except OSError:
        pytest.skip("this file system takes no such name")

    done = ectgraph_(line, name, *(["findings"] if line == "table" else []))

    assert done.code == (1 if line.startswith("lint") else 0)
    assert done.err == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize(
    "line",
    ["lint clean.jws", "lint clean.jws --format json", "draw clean.jws", "table clean.jws tasks"],
)
def test_a_full_disk_behind_stdout_is_told_in_one_line(folder: Path, line: str):
    command = [sys.executable, "-m", "ectgraph", *line.split()]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command, cwd=folder, env=BUFFERED, stdout=full, stderr=subprocess.PIPE, check=False
        )

    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.skipif(os.name != "posix", reason="another shell closes streams in another way")
@pytest.mark.parametrize(
    ("line", "code", "lines"),
    [
        ("lint - <&-", 2, 1),
        ("lint clean.jws - <&-", 2, 1),
        ("lint faulty.jws -o report >&-", 1, 0),
        ("lint missing.jws >&-", 2, 1),
        ("lint missing.jws 2>&-", 2, 0),
    ],
)
def test_a_closed_stream_is_no_reason_for_a_traceback(
    folder: Path, line: str, code: int, lines: int
):
    command = f"exec {sys.executable} -m ectgraph {line}"
    done = subprocess.run(  # noqa: S602  # only a shell can start a program without a stream
        command, shell=True, cwd=folder, capture_output=True, check=False
    )

    assert done.returncode == code
    assert len(done.stderr.splitlines()) == lines


def test_a_reader_that_has_seen_enough_ends_the_command_quietly(folder: Path):
    (folder / "long.jws").write_bytes(sketch("; ".join(f"t{n}@{n}" for n in range(3000))).data)
    command = [sys.executable, "-m", "ectgraph", "draw", "long.jws", "--max-nodes", "0"]
    with subprocess.Popen(
        command, cwd=folder, env=BUFFERED, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout.readline().startswith(b"digraph")
        running.stdout.close()
        said = running.stderr.read()

    assert running.returncode == 1
    assert said == b""


# On a terminal


def test_a_terminal_gets_colours_and_a_bar_on_stderr_that_goes_away(on_a_terminal, folder: Path):
    code, out, err = on_a_terminal(folder, "lint faulty.jws --keys keys.json")

    assert code == 1
    assert "\x1b[1;31merror\x1b[0m" in out
    assert re.sub(r"\x1b\[[0-9;]*m", "", out).endswith("\n2 errors\n")
    assert "verifying" in err
    assert "\x1b[2K" in err


WRITING = [
    "lint {} -o {}",
    "lint --separate {} -o {}",
    "draw {} -o {}",
    "table {} tasks -o {}",
    "show {} 9c45 -o {}",
    "convert {} --format jws -o {}",
    "checkpoint {} -o {}",
]


@pytest.mark.parametrize("command", WRITING)
@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("inside/evidence.svg", "inside/evidence.svg"),
        ("inside/evidence.svg", "link.svg"),
        ("link.svg", "inside/evidence.svg"),
        ("inside", "inside/evidence.svg"),
        (".", "inside/evidence.svg"),
        ("inside", "link.svg"),
        ("inside/*.svg", "inside/evidence.svg"),
        ("*/evid*", "link.svg"),
        ("**/*.svg", "inside/evidence.svg"),
    ],
)
def test_a_source_is_never_written_over(
    ectgraph_, folder: Path, command: str, source: str, target: str
):
    (folder / "inside").mkdir()
    ledger = folder / "inside/evidence.svg"
    ledger.write_bytes(sketch("a@0").data)
    (folder / "link.svg").symlink_to(ledger)

    done = ectgraph_(command.format(source, target))

    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert "not written over" in done.err
    assert ledger.read_bytes() == sketch("a@0").data


@pytest.mark.parametrize("command", WRITING[:4])
@pytest.mark.parametrize("options", ["--keys inside", "--keys inside/keys.svg", "--roots inside"])
def test_a_key_file_is_never_written_over(ectgraph_, folder: Path, command: str, options: str):
    (folder / "inside").mkdir()
    keys = folder / "inside/keys.svg"
    keys.write_text(json.dumps(jwks("agent-a", "agent-b")), "utf-8")
    before = keys.read_bytes()

    done = ectgraph_(f"{command.format('clean.jws', 'inside/keys.svg')} {options}")

    assert (done.code, done.out) == (2, "")
    assert "not written over" in done.err
    assert keys.read_bytes() == before


def test_a_new_file_next_to_the_sources_can_be_written(ectgraph_, folder: Path):
    (folder / "inside").mkdir()
    (folder / "inside/ledger.jws").write_bytes(sketch("a@0").data)

    assert ectgraph_("lint inside --keys keys.json -o inside/report.txt").code == 0
    assert ectgraph_("lint inside --keys keys.json -o report.txt").code == 0
    assert ectgraph_("lint inside --keys keys.json -o report.txt").code == 0
