"""Running the command line: in this process, as a process of its own, and on a terminal."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from ectgraph import cli
from ectgraph.testing import jwks, sketch

CLEAN = "a@0; b@5<a by=agent-b"
FAULTY = "a@0; b@5<a,z by=agent-b !flipped"


class Done(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with ledgers and keys in it."""
    monkeypatch.chdir(tmp_path)
    for name, data in {
        "clean.jws": sketch(CLEAN).data,
        "faulty.jws": sketch(FAULTY).data,
        "empty.jws": b"",
        "comments.jws": b"# nothing\n\n  # but comments\n",
        "junk.bin": bytes(range(256)) * 16,
        "keys.json": json.dumps(jwks("agent-a", "agent-b")).encode(),
        "a.json": json.dumps(jwks("agent-a")).encode(),
        "b.json": json.dumps(jwks("agent-b")).encode(),
        "none.json": b"",
        "nokeys.json": b'{"keys": []}',
        "nojwks.json": b'{"hello": "keys"}',
        "binary.json": b"\xff\xfe\x00",
    }.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "nothing").mkdir()
    return tmp_path


@pytest.fixture
def ectgraph_(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Callable[..., Done]:
    """Run a command in this process."""

    def call(line: str, *args: str | Path) -> Done:
        monkeypatch.setattr(sys, "argv", ["ectgraph", *line.split(), *map(str, args)])
        code = cli.run()
        sys.stdout.flush()
        out, err = capfdbinary.readouterr()
        return Done(code, out.decode(), err.decode())

    return call


@pytest.fixture(scope="session")
def process() -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Run a command as a process of its own."""

    def call(folder: Path, line: str, *args: str | Path, **options):
        command = [sys.executable, "-m", "ectgraph", *line.split(), *map(str, args)]
        return subprocess.run(command, cwd=folder, capture_output=True, check=False, **options)

    return call


@pytest.fixture(scope="session")
def on_a_terminal() -> Callable[[Path, str], tuple[int, str, str]]:
    """Run a command where stdout and stderr are terminals: (exit code, stdout, stderr)."""

    def call(folder: Path, line: str) -> tuple[int, str, str]:
        pty = pytest.importorskip("pty")
        pairs = [pty.openpty() for _ in range(2)]
        environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": "200"}
        command = [sys.executable, "-m", "ectgraph", *line.split()]
        (out, stdout), (err, stderr) = pairs
        with subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
        ) as running:
            os.close(stdout)
            os.close(stderr)
            said = [read_terminal(end) for end in (out, err)]
        return running.returncode, *said

    return call


def read_terminal(end: int) -> str:
    data = b""
    with contextlib.suppress(OSError):  # how a terminal tells that its other end is closed
        while chunk := os.read(end, 65536):
            data += chunk
    os.close(end)
    return data.decode().replace("\r\n", "\n")
