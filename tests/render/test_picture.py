"""DOT -> picture: which program draws, and what happens when it does not."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from ectgraph.render import picture
from ectgraph.render.picture import Drawing, draw, program, suffix

DOT = 'digraph { a -> b; a [label="é"] }'


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole of PATH, on a computer with no other Graphviz."""
    programs, scripts = tmp_path / "programs", tmp_path / "scripts"
    programs.mkdir()
    scripts.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setattr(sysconfig, "get_path", lambda *_, **__: str(scripts))
    monkeypatch.setattr(sys, "executable", str(scripts / "python"))
    return programs


@pytest.fixture
def install(path: Path) -> Callable[..., Path]:
    """Put a program on PATH, or next to Python, that is a line of shell."""

    def make(name: str, line: str, folder: Path = path) -> Path:
        file = folder / name
        file.write_text(f"#!/bin/sh\n{line}\n", "utf-8")
        file.chmod(0o755)
        return file

    return make


# Which program


def test_without_graphviz_it_says_what_to_install(path: Path, refusal):
    assert "pip install graphviz-pure" in refusal(program)
    assert "graphviz-pure" in refusal(draw, DOT, "svg")


def test_the_dot_of_the_system_comes_first(path: Path, install):
    install("graphviz-pure", "exit 1")
    dot = install("dot", "echo drawn by dot")

    assert program() == str(dot)
    assert draw(DOT, "svg") == b"drawn by dot\n"


def test_graphviz_pure_next_to_python_comes_second(path: Path, install):
    install("graphviz-pure", "exit 1")
    beside = install("graphviz-pure", "echo beside", path.parent / "scripts")

    assert program() == str(beside)


def test_graphviz_pure_on_the_path_comes_last(path: Path, install):
    last = install("graphviz-pure", "echo last")

    assert program() == str(last)


# Drawing


def test_the_text_goes_to_standard_input_and_the_format_to_an_option(install):
    install("dot", 'echo "$@"; while read line; do echo "$line"; done')

    assert draw("digraph {\n}\n", "png") == b"-Tpng\ndigraph {\n}\n"


def test_a_program_that_fails_is_told_by_the_last_line_it_said(install, refusal):
    install("dot", "echo first >&2; echo 'syntax error in line 1' >&2; exit 1")

    assert refusal(draw, DOT, "svg") == "dot failed: syntax error in line 1"


def test_a_program_that_fails_and_says_nothing_is_told_all_the_same(install, refusal):
    install("dot", "exit 3")

    assert "dot failed" in refusal(draw, DOT, "svg")


def test_a_program_that_fails_in_odd_bytes_is_told_all_the_same(install, refusal):
    install("dot", r"printf 'bad \377\n' >&2; exit 1")

    assert "bad" in refusal(draw, DOT, "svg")


def test_a_layout_that_does_not_end_is_ended(install, refusal, monkeypatch: pytest.MonkeyPatch):
    install("dot", "while :; do :; done")
    monkeypatch.setattr(picture, "TIME_LIMIT", 0.2)

    assert "0.2 s" in refusal(draw, DOT, "svg")


def test_a_program_that_cannot_be_started_is_the_callers_matter(path: Path, refusal):
    broken = path / "dot"
    broken.write_bytes(b"\x7fELF but of no known kind")
    broken.chmod(0o755)

    assert "dot" in refusal(draw, DOT, "svg")


# A drawing


def test_a_drawing_is_svg_and_png():
    drawing = Drawing(DOT)

    assert drawing.hidden == 0
    assert "<svg" in drawing.svg()
    assert "é" in drawing.svg()
    assert drawing.png().startswith(b"\x89PNG\r\n\x1a\n")


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("a.dot", b"digraph"),
        ("a.gv", b"digraph"),
        ("a.svg", b"<?xml"),
        ("a.SVG", b"<?xml"),
        ("a.png", b"\x89PNG"),
    ],
)
def test_a_drawing_is_saved_as_the_suffix_says(tmp_path: Path, name: str, start: bytes):
    target = tmp_path / name

    assert Drawing(DOT).save(str(target)) == target
    assert target.read_bytes().startswith(start)


def test_dot_is_saved_in_full_and_without_any_program(path: Path, tmp_path: Path):
    target = Drawing(DOT).save(tmp_path / "a.dot")

    assert target.read_text("utf-8") == DOT


@pytest.mark.parametrize("name", ["a.pdf", "a", "a.svgz", "a.", ".svg"])
def test_an_unknown_suffix_is_refused_before_anything_is_drawn(
    path: Path, tmp_path: Path, name: str, refusal
):
    assert ".svg" in refusal(Drawing(DOT).save, tmp_path / name)
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("name", ["a.dot", "a.svg"])
def test_a_file_that_cannot_be_written_is_the_callers_mistake(tmp_path: Path, name: str, refusal):
    assert "cannot be written" in refusal(Drawing(DOT).save, tmp_path / "nowhere" / name)


def test_a_picture_that_cannot_be_drawn_leaves_the_file_as_it_was(tmp_path: Path, install, refusal):
    install("dot", "exit 1")
    target = tmp_path / "a.svg"
    target.write_bytes(b"the last picture")

    refusal(Drawing(DOT).save, target)

    assert target.read_bytes() == b"the last picture"


def test_suffixes_do_not_depend_on_their_case():
    assert suffix(Path("A.PNG")) == "png"
    assert suffix(Path("x/a.b.Gv")) == "dot"


def test_a_notebook_gets_the_picture_and_the_text():
    assert set(Drawing(DOT)._repr_mimebundle_()) == {"image/svg+xml", "text/plain"}
