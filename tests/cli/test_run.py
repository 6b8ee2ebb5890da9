"""The command line as a whole: streams, help, version, and what a terminal is shown."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import ectgraph
from ectgraph.testing import sketch

COMMANDS = {
    "lint": "--keys --format --select --ignore --fail-on --max-findings --workers --output",
    "draw": "--keys --output --format --max-nodes --workers --collapse --cluster --theme --label "
    "--direction --focus --hops --workflow --ancestors-of --descendants-of --path --critical-path "
    "--only-findings --no-data-flow --no-legend",
    "timeline": "--keys --output --theme --max-tasks --focus --workflow",
    "table": "--keys --format --max-rows --workers --output",
    "analyze": "QUESTION --since --kid --iss --jti --like --limit --format --max-rows --output",
    "taint": "--kid --iss --jti --since --what-if --keys --format --max-rows --output",
    "diff": "HERE THERE --keys --format --max-rows --output",
    "report": "--output --title --max-tasks --select --ignore --severity --baseline --against",
    "keygen": "KID --output --jwks --iss",
    "create": "--key --kid --iss --aud --act --par --wid --jti --iat --exp --lifetime --draft "
    "--pol --pol-decision --inp --out --ext --claims --unsigned",
    "decode": "TOKEN",
    "verify": "TOKEN --keys --audience --ledger --at --minimum-level --validate-uuids --format",
    "append": "LEDGER TOKEN --keys --audience --at --no-sync",
}
"""Commands, and what their help must tell of."""


def test_help_tells_the_commands(ectgraph_):
    done = ectgraph_("--help")

    assert [word for word in (*COMMANDS, "--version") if word not in done.out] == []
    assert ectgraph_("-h").out == done.out


@pytest.mark.parametrize(("command", "options"), COMMANDS.items())
def test_help_tells_the_options_and_an_example(ectgraph_, command: str, options: str):
    done = ectgraph_(f"{command} --help")

    assert done.code == 0
    assert [option for option in options.split() if option not in done.out] == []
    assert f"Example: ectgraph {command} " in done.out


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_fits_a_terminal_of_80_columns(
    ectgraph_, monkeypatch: pytest.MonkeyPatch, command: str
):
    monkeypatch.setenv("COLUMNS", "80")
    done = ectgraph_(f"{command} --help")

    assert "Usage: ectgraph" in done.out
    assert [line for line in done.out.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_without_anything_to_do_says_what_it_needs(ectgraph_, command: str):
    done = ectgraph_(command)

    assert done.code == 2
    assert done.out == ""
    assert "Traceback" not in done.err


def test_without_arguments_it_helps(ectgraph_):
    done = ectgraph_("")

    assert done.code == 2
    assert "Usage: ectgraph" in done.out + done.err


def test_version(ectgraph_):
    assert ectgraph_("--version") == (0, f"ectgraph {ectgraph.__version__}\n", "")


def test_help_and_mistakes_come_without_anything_heavy(folder: Path):
    script = (
        "import sys; from ectgraph import cli; sys.argv = ['ectgraph', '--help']; cli.run();"
        "heavy = {'pandas', 'networkx', 'graphviz', 'cryptography', 'jwt', 'rich', 'filelock'};"
        "print({name for name in sys.modules if name in heavy or name.startswith('ectgraph.agent')})"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)

    assert done.stdout.splitlines()[-1] == b"set()"


def test_output_that_a_terminal_cannot_show_is_escaped_and_no_reason_to_fail(process, folder: Path):
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}

    done = process(folder, "lint clean.jws --keys keys.json", env=environment)

    assert done.returncode == 0
    assert done.stdout.isascii()
    assert rb"\u2713" in done.stdout


# With worker processes

WORKING = """\
import sys
from ectgraph import cli, loader
loader.BATCH_BYTES, loader.PARALLEL_FROM = 1000, 2
sys.argv = ["ectgraph", "lint", *sys.argv[1:], "--workers", "2", "--keys", "keys.json"]
cli.main()
"""
"""A small ledger is not worth a worker; so what is large is stated here."""


@pytest.fixture
def many(folder: Path) -> Path:
    """A folder with a ledger of several batches."""
    (folder / "many.jws").write_bytes(sketch("; ".join(f"t{n}@{n}" for n in range(40))).data)
    return folder


def test_modules_that_lie_beside_the_evidence_are_not_imported(many: Path):
    for name in ("loky", "multiprocessing", "json", "msgspec", "ectgraph"):
        (many / f"{name}.py").write_text("print('mine', flush=True)\n", "utf-8")

    command = [sys.executable, "-P", "-c", WORKING, "many.jws"]
    done = subprocess.run(command, cwd=many, capture_output=True, check=False, text=True)

    assert (done.returncode, done.stderr) == (0, "")
    assert "mine" not in done.stdout
    assert "40 verified" in done.stdout


@pytest.mark.skipif(os.name != "posix", reason="signals are sent as POSIX has them")
def test_an_interruption_leaves_no_worker_behind(many: Path):
    os.mkfifo(many / "slow.jws")
    command = [sys.executable, "-P", "-c", WORKING, "slow.jws"]
    with (
        subprocess.Popen(command, cwd=many, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run,
        (many / "slow.jws").open("wb") as slow,
    ):
        slow.write((many / "many.jws").read_bytes() * 100)
        slow.flush()
        time.sleep(1)  # the reader waits for more, the workers for work
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=20)  # it ends when nobody holds the pipes any more

    assert (run.returncode, out, err) == (130, b"", b"")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("lint", "'PATH' (see `ectgraph lint --help`)"),
        ("lint clean.jws --format sariff", "'sariff' is not one of 'full', 'concise'"),
        ("lint clean.jws --fromat json", "--format"),
        ("lint clean.jws --workers two", "--workers"),
        ("lnt clean.jws", "Did you mean 'lint'?"),
        ("lint clean.jws --keys", "(see `ectgraph --help`)"),
        ("draw clean.jws --path a", "(see `ectgraph --help`)"),
        ("draw clean.jws --max-nodes -1", "--max-nodes"),
    ],
)
def test_what_cannot_be_parsed_is_one_line_that_leads_to_the_help(ectgraph_, line: str, words: str):
    done = ectgraph_(line)

    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert words in done.err
    assert "--help`)" in done.err


@pytest.mark.skipif(os.name != "posix", reason="shells close streams as POSIX has them")
@pytest.mark.parametrize("command", ["timeline", "report"])
def test_a_closed_standard_input_is_no_matter(folder: Path, command: str):
    line = f"{sys.executable} -m ectgraph {command} clean.jws --keys keys.json -o out.html <&-"
    done = subprocess.run(["/bin/sh", "-c", line], cwd=folder, capture_output=True, check=False)

    assert done.returncode == 0
    assert len(done.stderr.splitlines()) == 1
    assert (folder / "out.html").stat().st_size > 1000
