"""A bar where a person can see it, nothing where nobody does, and nothing left of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from ectgraph import progress
from ectgraph.opening import load
from ectgraph.sources import Origin
from ectgraph.testing import sketch


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.jws"
    path.write_bytes(sketch("a@0; b@5<a").data)
    return path


class Shell:
    """A notebook that writes down what it shows."""

    def __init__(self) -> None:
        self.pictures: list[dict[str, str]] = []

    def display(self, picture: dict[str, str], *, raw: bool, display_id: bool) -> Any:
        assert display_id
        self.update(picture, raw=raw)
        return SimpleNamespace(update=self.update)

    def update(self, picture: dict[str, str], *, raw: bool) -> None:
        assert raw
        self.pictures.append(picture)


@pytest.fixture
def notebook(monkeypatch) -> Shell:
    """Let it seem that this is a kernel of Jupyter in which time does not pass."""
    shell = Shell()
    ipython = SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=object()))
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", shell)
    monkeypatch.setattr(progress.time, "monotonic", lambda: 0.0)
    return shell


def pass_time(monkeypatch, seconds: float) -> None:
    monkeypatch.setattr(progress.time, "monotonic", lambda: seconds)


# Where it is shown


def test_a_script_sees_nothing(file: Path, capfd):
    with progress.shown(file) as told:
        assert told is None
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("ipython", "seen"),
    [
        (None, False),
        (SimpleNamespace(get_ipython=lambda: None), False),
        (SimpleNamespace(get_ipython=object), False),  # IPython on a terminal
        (SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=object())), True),
    ],
)
def test_a_notebook_is_what_runs_in_a_kernel(ipython: Any, seen: bool, monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", ipython)

    assert progress.in_notebook() is seen


def test_a_notebook_shows_nothing_of_what_takes_a_moment(file: Path, notebook: Shell):
    with progress.shown(file) as told:
        load(file, progress=told)

    assert notebook.pictures == []


def test_a_notebook_shows_what_takes_longer_and_takes_it_away(
    file: Path, notebook: Shell, monkeypatch
):
    size = file.stat().st_size
    with progress.shown(file) as told:
        for seconds, count in ((0.9, 1), (1.0, 1), (1.05, 1), (1.2, size - 3)):
            pass_time(monkeypatch, seconds)
            told(count)

    first, last, nothing = notebook.pictures
    assert first["text/plain"] == f"verifying: 2 of {size:,} bytes"
    assert f'<progress value="2" max="{size}" aria-label="verifying: 2 of' in first["text/html"]
    assert last["text/plain"] == f"verifying: {size:,} of {size:,} bytes"
    assert nothing == {}


def test_it_is_taken_away_when_the_reading_fails(file: Path, notebook: Shell, monkeypatch):
    def fail() -> None:
        with progress.shown(file) as told:
            pass_time(monkeypatch, 2)
            told(1)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert notebook.pictures[-1] == {}


def test_of_more_than_the_files_hold_the_end_is_not_known(file: Path, notebook: Shell, monkeypatch):
    with progress.shown(file) as told:
        pass_time(monkeypatch, 2)
        told(file.stat().st_size + 1)

    assert notebook.pictures[0]["text/plain"] == f"verifying: {file.stat().st_size + 1:,} bytes"
    assert "<progress aria-label" in notebook.pictures[0]["text/html"]


# How much there is to do


def test_the_size_is_that_of_all_files_each_once(file: Path, tmp_path: Path):
    size = file.stat().st_size
    other = tmp_path / "other.jws"
    other.write_bytes(b"x" * 7)

    assert progress.size(file) == progress.size([str(file), file]) == size
    assert progress.size([Origin(str(file)), other]) == size + 7
    assert progress.size(tmp_path) == progress.size(f"{tmp_path}/*.jws") == size + 7


@pytest.mark.parametrize("path", ["-", "nowhere", "a\0b", os.devnull])
def test_of_some_sources_no_size_is_known(path: str):
    assert progress.size(path) is None


# For real


def test_a_kernel_is_a_notebook_and_nothing_is_left_in_what_it_saved(file: Path):
    cell = f"""
from ectgraph import progress
progress.PATIENCE = 0
print(progress.in_notebook())
with progress.shown({str(file)!r}) as told:
    told(5)
    import sys; print("rich" in sys.modules)
"""
    note = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])

    NotebookClient(note, timeout=60, kernel_name="python3").execute()

    before, bar, after = note.cells[0].outputs
    assert (before.text, after.text) == ("True\n", "False\n")
    assert (bar.output_type, bar.data) == ("display_data", {})
    nbformat.validate(note)


@pytest.mark.parametrize("packed", [False, True])
def test_a_terminal_shows_a_bar_on_stderr_and_takes_it_away(packed: bool, file: Path):
    count = file.stat().st_size * (2 if packed else 1)
    script = f"""
from ectgraph import progress
with progress.shown({str(file)!r}, terminal=True) as told:
    told({count})
print("done")
"""
    ours, theirs = pytest.importorskip("pty").openpty()
    done = subprocess.run(
        [sys.executable, "-c", script],
        stderr=theirs,
        stdout=subprocess.PIPE,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "80"},
        check=True,
    )
    os.close(theirs)
    seen = os.read(ours, 100_000).decode()
    os.close(ours)

    assert done.stdout == b"done\n"
    assert progress.WHAT in seen
    assert ("100%" in seen) is not packed
    assert seen.endswith("\x1b[2K")  # rich clears the line at the end


def test_importing_it_imports_nothing_heavy():
    script = "import sys, ectgraph.progress; print('rich' in sys.modules, 'IPython' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)

    assert done.stdout == b"False False\n"
