"""DOT -> picture: which program draws, and what happens when it does not."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from ectgraph.render import picture
from ectgraph.render.picture import PURE, QUICK, SYSTEM, SlowLayoutError, draw, program

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

    assert draw("digraph {\n}\n", "png") == f"{QUICK} -Tpng\ndigraph {{\n}}\n".encode()


def test_a_program_that_fails_is_told_by_the_last_line_it_said(install, refusal):
    install("dot", "echo first >&2; echo 'syntax error in line 1' >&2; exit 1")

    assert refusal(draw, DOT, "svg") == "dot failed: syntax error in line 1"


def test_a_program_that_fails_and_says_nothing_is_told_all_the_same(install, refusal):
    install("dot", "exit 3")

    assert "dot failed" in refusal(draw, DOT, "svg")


def test_a_program_that_fails_in_odd_bytes_is_told_all_the_same(install, refusal):
    install("dot", r"printf 'bad \377\n' >&2; exit 1")

    assert "bad" in refusal(draw, DOT, "svg")


def test_what_a_program_says_does_not_reach_a_terminal_as_it_is(install, refusal):
    install("dot", r"printf 'bad \033[31m %s' aaaaaaaaaa >&2; exit 1")

    assert refusal(draw, DOT, "svg") == r"dot failed: bad \x1b[31m aaaaaaaaaa"


def test_what_a_program_says_may_be_endless(install, refusal):
    install("dot", "i=0; while [ $i -lt 2000 ]; do printf x >&2; i=$((i+1)); done; exit 1")

    assert refusal(draw, DOT, "svg").endswith("xxx…")


def test_a_layout_that_does_not_end_is_ended(install, monkeypatch: pytest.MonkeyPatch):
    install("dot", "while :; do :; done")
    monkeypatch.setattr(picture, "TIME_LIMIT", 0.2)

    with pytest.raises(SlowLayoutError, match=r"took more than 0\.2 s; draw fewer tasks"):
        draw(DOT, "svg")


def test_a_program_that_cannot_be_started_is_the_callers_matter(path: Path, refusal):
    broken = path / "dot"
    broken.write_bytes(b"\x7fELF but of no known kind")
    broken.chmod(0o755)

    assert "dot" in refusal(draw, DOT, "svg")


# Formats


@pytest.mark.parametrize("form", SYSTEM)
def test_what_only_the_systems_graphviz_makes_is_not_tried_with_another(
    path: Path, install, refusal, form: str
):
    install("graphviz-pure", "echo drawn")

    assert "needs the system's Graphviz" in refusal(draw, DOT, form)

    dot = install("dot", "echo drawn by dot")

    assert program(form) == str(dot)
    assert draw(DOT, form) == b"drawn by dot\n"


@pytest.mark.parametrize("form", PURE)
def test_either_program_makes_the_usual_formats(install, form: str):
    pure = install("graphviz-pure", 'echo "$@"')

    assert program(form) == str(pure)
    assert draw(DOT, form) == f"{QUICK} -T{form}\n".encode()


@pytest.mark.parametrize(
    ("form", "start"),
    [("svg", b"<?xml"), ("png", b"\x89PNG\r\n\x1a\n"), ("jpg", b"\xff\xd8\xff"), ("json", b"{")],
)
def test_the_program_that_is_here_makes_them(form: str, start: bytes):
    assert draw(DOT, form).startswith(start)


def test_letters_of_any_script_arrive():
    assert "é" in draw(DOT, "svg").decode()
