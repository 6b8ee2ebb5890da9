"""draw: each form of a picture, what it is narrowed to, and what is said of it on stderr."""

from __future__ import annotations

import json
import os
import re
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import ectgraph
from ectgraph.cli import draw as command
from ectgraph.cli import options
from ectgraph.render import drawing, picture
from ectgraph.render.diagram import GROUPED
from ectgraph.render.style import THEMES
from ectgraph.testing import sketch, task_id

# Forms


def test_dot_goes_into_a_pipe_and_nothing_else(ectgraph_):
    done = ectgraph_("draw faulty.jws --keys keys.json")

    assert done.out.startswith("digraph ")
    assert done.out.endswith("}\n")
    assert done.err == ""
    assert done.out == ectgraph.load("faulty.jws", "keys.json").draw().dot


def test_a_terminal_gets_a_drawing_of_text(on_a_terminal, folder: Path):
    code, out, err = on_a_terminal(folder, "draw clean.jws --keys keys.json")

    assert code == 0
    assert "●" in out
    assert task_id("a")[:8] in out
    assert "verifying" in err


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("w.svg", b"<?xml"),
        ("w.png", b"\x89PNG"),
        ("w.jpg", b"\xff\xd8\xff"),
        ("w.dot", b"digraph"),
        ("w.gv", b"digraph"),
        ("w.mmd", b"---\n"),
        ("w.md", b"```mermaid\n"),
        ("w.json", b"{"),
        ("w.txt", "●".encode()),
    ],
)
def test_the_suffix_says_the_form(ectgraph_, folder: Path, name: str, start: bytes):
    done = ectgraph_(f"draw clean.jws --keys keys.json -o {name}")

    assert (folder / name).read_bytes().startswith(start)
    assert done.out == ""
    assert done.err == f"{name}: 2 tasks, 1 parent link\n"


def test_every_form_is_offered_and_every_choice_is_one_of_the_library():
    assert {form.value for form in command.Form} == set(drawing.FORMS)
    assert [choice.value for choice in command.CollapseBy] == list(GROUPED)
    assert {theme.value for theme in options.Theme} == set(THEMES)


def test_the_format_overrules_the_suffix_and_goes_to_stdout(ectgraph_, folder: Path):
    done = ectgraph_("draw clean.jws --format svg")

    assert ET.fromstring(done.out).tag.endswith("svg")  # noqa: S314
    assert ectgraph_("draw clean.jws --format dot -o w.svg").code == 0
    assert (folder / "w.svg").read_bytes().startswith(b"digraph")


def test_json_can_be_read(ectgraph_):
    document = json.loads(ectgraph_("draw clean.jws --format json").out)

    assert len(document["boxes"]) == 2


def test_what_only_the_systems_graphviz_can_do_is_said_before_the_work(
    ectgraph_, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(picture.shutil, "which", lambda *_, **__: None)
    done = ectgraph_("draw clean.jws -o w.pdf")

    assert done.code == 2
    assert "system's Graphviz" in done.err
    assert not (folder / "w.pdf").exists()


def test_draw_can_be_piped_into_graphviz(process, folder: Path):
    dot = process(folder, "draw faulty.jws --keys keys.json").stdout
    done = subprocess.run([picture.program(), "-Tsvg"], input=dot, capture_output=True, check=True)

    assert b"</svg>" in done.stdout


# What is drawn

STORY = "a@0; b@5<a by=agent-b; c@9<b; d@9<a; e@12<c,d !flipped"


@pytest.mark.parametrize(
    ("options", "tasks"),
    [
        ("", "abcde"),
        ("--focus {c}", "bce"),
        ("--focus {c} --hops 0", "c"),
        ("--focus {a} --focus {e} --hops 0", "ae"),
        ("--ancestors-of {c}", "abc"),
        ("--descendants-of {c}", "ce"),
        ("--path {a} {c}", "abc"),
        ("--only-findings", "e"),
        ("--only-findings --hops 1", "cde"),
        ("--critical-path", "abce"),
        ("--workflow {w}", "abcde"),
        ("--descendants-of {a} --ancestors-of {d}", "ad"),
    ],
)
def test_a_picture_is_narrowed_as_asked_and_says_so(ectgraph_, folder: Path, options, tasks):
    (folder / "story.jws").write_bytes(sketch(STORY).data)
    case = ectgraph.load("story.jws", "keys.json")
    (wid,) = case.ledger.workflows()
    names = {name: task_id(name)[:8] for name in "abcde"}
    line = options.format(w=wid[:6], **names)

    done = ectgraph_(f"draw story.jws --keys keys.json --format json {line}")

    document = json.loads(done.out)
    found = [box["jti"] for box in document["boxes"]]
    assert found == [task_id(name) for name in tasks]
    assert bool(document["scope"]) == bool(options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--focus nobody", "no task's jti begins with 'nobody'"),
        ("--hops 2", "focus"),
        ("--workflow nothing", "workflow"),
        ("--label {acct}", "did you mean 'act'"),
        ("--label {act", "label"),
        ("--collapse agnet", "agent"),
        ("--max-nodes -1", "--max-nodes"),
        ("-o w.bmp", ".svg"),
        ("--format bmp", "svg"),
    ],
)
def test_the_callers_mistakes_are_one_line(ectgraph_, options: str, words: str):
    done = ectgraph_(f"draw clean.jws {options}")

    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert words in done.err


def test_a_picture_of_too_many_tasks_is_reduced_and_says_how_on_stderr(ectgraph_, folder: Path):
    (folder / "large.jws").write_bytes(sketch("; ".join(f"t{n}@{n}" for n in range(402))).data)

    done = ectgraph_("draw large.jws")

    assert done.out.startswith("digraph")
    assert done.err.startswith("ectgraph: 402 tasks in 1 group, 0 parent links; tasks of one agent")
    assert len(re.findall(r"^\tn\d+ \[", done.out, re.MULTILINE)) == 1
    whole = ectgraph_("draw large.jws --max-nodes 0")
    assert len(re.findall(r"^\tn\d+ \[", whole.out, re.MULTILINE)) == 402
    assert whole.err == ""


def test_groups_frames_theme_label_and_direction_are_as_asked(ectgraph_):
    line = "draw faulty.jws --keys keys.json --collapse workflow --cluster agent --theme dark"
    done = ectgraph_(f"{line} --direction LR --no-legend", "--label", r"{tasks}\n{wid}")

    assert "rankdir=LR" in done.out
    assert THEMES["dark"].canvas in done.out
    assert "spiffe://example.com/agent/agent-a" in done.out
    assert "parent link" not in done.out.split("rankdir")[0]


def test_a_source_without_size_can_be_drawn_too(on_a_terminal, folder: Path):
    code, out, err = on_a_terminal(folder, "draw - clean.jws --format dot")

    assert code == 0
    assert out.startswith("digraph")
    assert "verifying" in err


@pytest.mark.parametrize(
    ("encoding", "only_ascii"), [("ascii", True), ("latin-1", True), ("utf-8", False)]
)
def test_text_is_drawn_with_what_the_stream_can_write(
    process, folder: Path, encoding: str, *, only_ascii: bool
):
    done = process(
        folder, "draw faulty.jws --format text", env=os.environ | {"PYTHONIOENCODING": encoding}
    )

    sign = done.stdout.decode(encoding)[:1]
    assert sign == ("o" if only_ascii else "○")
    assert b"\\u25" not in done.stdout.partition(b"\n\n")[0]


def test_records_that_are_no_task_are_told_of_on_stderr(ectgraph_, folder: Path):
    (folder / "cut.jws").write_bytes((folder / "clean.jws").read_bytes()[:-100])

    done = ectgraph_("draw cut.jws --keys keys.json -o w.svg --no-legend")

    assert done.code == 0
    assert "not in the picture: 1 record without a task" in done.err


def test_where_no_record_is_a_task_there_is_nothing_to_draw(ectgraph_, folder: Path):
    done = ectgraph_("draw junk.bin -o w.svg")

    assert done.code == 3
    assert "there is no task to show" in done.err
    assert len(done.err.splitlines()) == 1
    assert not (folder / "w.svg").exists()


def test_a_file_name_gets_no_control_over_a_terminal(on_a_terminal, folder: Path):
    name = "w\x1b]0;owned\x07.dot"

    code, _, err = on_a_terminal(folder, f"draw clean.jws --keys keys.json -o {name}")

    assert code == 0
    assert "\x1b]0;" not in err
    assert r"w\x1b]0;owned\x07.dot: 2 tasks" in err
