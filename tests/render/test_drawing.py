"""A picture as its user holds it: every form of it, and a smaller one where a form needs that."""

from __future__ import annotations

import dataclasses
import json
import re
import sys
import sysconfig
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import networkx as nx
import pytest

from ectgraph.render import drawing as module
from ectgraph.render import mermaid, picture
from ectgraph.render.compose import compose
from ectgraph.render.diagram import Diagram, headline
from ectgraph.render.drawing import FORMS, SMALLEST, SUFFIXES, Drawing, form
from ectgraph.render.style import DARK, LIGHT
from ectgraph.testing import sketch

STARTS = {
    "dot": b"digraph",
    "mermaid": b"---\n",
    "markdown": b"```mermaid\n",
    "text": "●".encode(),
    "json": b"{",
    "svg": b"<?xml",
    "png": b"\x89PNG\r\n\x1a\n",
    "jpg": b"\xff\xd8\xff",
    "pdf": b"%PDF",
    "eps": b"%!PS",
    "gif": b"GIF8",
    "webp": b"RIFF",
}
SMALL = Drawing(compose(sketch("a@0; b@1<a").evidence().graph))


def row_of(size: int) -> nx.DiGraph[str]:
    """Tasks in a row, each with two links from the task before the last, so that none is grouped."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    for number in range(size):
        name = f"t{number}"
        graph.add_node(name, jti=name, status="present", trust="verified", iss=f"i{number}")
        graph.add_edges_from((f"t{number - back}", name) for back in (1, 2) if number >= back)
    return graph


def of(size: int) -> Drawing:
    """A drawing of so many boxes, which knows how to make a smaller one."""
    graph = row_of(size)

    def again(room: int) -> Diagram:
        return compose(graph, max_nodes=room)

    return Drawing(compose(graph, max_nodes=None), again=again)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole of PATH, on a computer with no other Graphviz."""
    found, scripts = tmp_path / "programs", tmp_path / "scripts"
    found.mkdir()
    scripts.mkdir()
    monkeypatch.setenv("PATH", str(found))
    monkeypatch.setattr(sysconfig, "get_path", lambda *_, **__: str(scripts))
    monkeypatch.setattr(sys, "executable", str(scripts / "python"))
    return found


@pytest.fixture
def dot_is(programs: Path) -> Callable[[str], None]:
    """Make `dot` a line of shell."""

    def make(line: str) -> None:
        file = programs / "dot"
        file.write_text(f"#!/bin/sh\n{line}\n", "utf-8")
        file.chmod(0o755)

    return make


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Graphviz that is done in time only with a dozen boxes."""

    def draw(dot: str, _: str) -> bytes:
        boxes = len(re.findall(r"^\t+n\d+ \[", dot, re.MULTILINE))
        if boxes > 12:
            raise picture.SlowLayoutError
        return f"{boxes} boxes\n".encode()

    monkeypatch.setattr(picture, "draw", draw)


# Every form


@pytest.mark.parametrize("name", FORMS)
def test_every_form_is_made_by_its_name(name: str):
    if name in picture.SYSTEM and not picture.shutil.which("dot"):
        pytest.skip("no Graphviz of the system")
    data, shown = SMALL.fitting(name)

    assert data.startswith(STARTS[name])
    assert shown is SMALL


@pytest.mark.parametrize("suffix", [*SUFFIXES, "SVG", "Gv"])
def test_every_form_is_saved_as_its_suffix_says(tmp_path: Path, suffix: str):
    name = SUFFIXES[suffix.lower()]
    if name in picture.SYSTEM and not picture.shutil.which("dot"):
        pytest.skip("no Graphviz of the system")
    target = tmp_path / f"a.b.{suffix}"

    assert SMALL.save(str(target)) == target
    assert target.read_bytes().startswith(STARTS[name])
    assert form(target) == name


def test_the_forms_have_methods_of_their_own():
    assert ET.fromstring(SMALL.svg()).tag.endswith("}svg")  # noqa: S314
    assert SMALL.png() == SMALL.fitting("png")[0]
    assert SMALL.mermaid() == SMALL.fitting("mermaid")[0].decode()
    assert SMALL.json() == SMALL.fitting("json")[0]
    assert SMALL.dot == SMALL.fitting("dot")[0].decode()
    assert f"{SMALL.text()}\n" == SMALL.fitting("text")[0].decode()


def test_mermaid_in_markdown_is_the_same_in_a_block():
    assert SMALL.fitting("markdown")[0].decode() == f"```mermaid\n{SMALL.mermaid()}```\n"


def test_a_style_goes_into_every_form_that_has_colours():
    dark = dataclasses.replace(SMALL, style=DARK)

    assert DARK.canvas in dark.dot
    assert DARK.canvas in dark.svg()
    assert json.loads(dark.json())["style"]["canvas"] == DARK.canvas
    assert dark.text() == SMALL.text()


@pytest.mark.parametrize("name", ["", "SVG", "bmp", "canon", "-o/tmp/x"])
def test_an_unknown_form_is_refused_before_anything_is_drawn(programs: Path, name: str, refusal):
    message = refusal(SMALL.fitting, name)

    assert message.startswith(f"unknown form of a picture {name!r}; use dot, mermaid")


@pytest.mark.parametrize("name", ["a.bmp", "a", "a.svgz", "a.", ".svg", "a.html"])
def test_an_unknown_suffix_is_refused_before_anything_is_drawn(
    programs: Path, tmp_path: Path, name: str, refusal
):
    assert ".svg" in refusal(SMALL.save, tmp_path / name)
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("name", ["a.dot", "a.svg", "a.json", "a.txt"])
def test_a_file_that_cannot_be_written_is_the_callers_mistake(tmp_path: Path, name: str, refusal):
    assert "cannot be written" in refusal(SMALL.save, tmp_path / "nowhere" / name)
    (tmp_path / name).mkdir()
    assert "cannot be written" in refusal(SMALL.save, tmp_path / name)


@pytest.mark.parametrize("name", ["a.svg", "a.png", "a.pdf"])
def test_a_picture_that_cannot_be_drawn_leaves_the_file_as_it_was(
    tmp_path: Path, dot_is, name: str, refusal
):
    dot_is("echo half a picture; exit 1")
    target = tmp_path / name
    target.write_bytes(b"the last picture")

    refusal(SMALL.save, target)

    assert target.read_bytes() == b"the last picture"


# Without Graphviz


@pytest.mark.parametrize("name", ["dot", "mermaid", "markdown", "text", "json"])
def test_what_needs_no_layout_is_made_without_graphviz(programs: Path, name: str):
    assert SMALL.fitting(name)[0].startswith(STARTS[name])


@pytest.mark.parametrize("name", ["svg", "png", "jpg", "pdf"])
def test_what_needs_a_layout_says_what_to_install(programs: Path, name: str, refusal):
    assert "install" in refusal(SMALL.fitting, name)


def positions(drawing: Drawing) -> tuple[str, int]:
    """Whose places a document has, and of how many boxes."""
    document = json.loads(drawing.json())
    return document["positions"], len(document["boxes"])


def test_json_has_graphviz_places_or_else_some_of_ours(programs: Path, dot_is):
    assert positions(SMALL) == ("layered", 2)  # none is there
    dot_is("exit 1")
    assert positions(SMALL) == ("layered", 2)  # it fails
    dot_is("echo '{}'")
    assert positions(SMALL) == ("layered", 2)  # it draws something else


def test_json_has_the_places_that_graphviz_found():
    assert positions(SMALL) == ("graphviz", 2)


def test_json_is_never_a_smaller_picture(slow, monkeypatch: pytest.MonkeyPatch):
    assert positions(of(40)) == ("layered", 40)  # too slow
    monkeypatch.setattr(module, "MOST_BOXES", 5)
    monkeypatch.setattr(picture, "draw", None)
    assert positions(of(40)) == ("layered", 40)  # too many


# Smaller ones


def test_a_layout_that_is_too_slow_is_of_fewer_boxes_and_says_so(slow):
    drawing = of(40)
    data, shown = drawing.fitting("svg")

    assert data == b"10 boxes\n"
    assert len(shown.diagram.boxes) == 10
    assert shown.diagram.remarks == (
        "the layout of 40 boxes took more than 30 s, so at most 10 boxes are drawn",
    )
    assert shown.notes[-1] == shown.diagram.remarks[0]
    assert shown.notes[0].startswith("10 tasks, 17 parent links; 30 hidden")
    assert shown.diagram.remarks[0] in re.sub(r"<[^>]*>", "", shown.dot)
    assert shown.hidden == 30
    assert drawing.hidden == 0
    assert drawing.notes == ()


def test_where_graphviz_gives_up_the_picture_is_of_fewer_boxes_and_says_why(dot_is):
    dot_is(
        "n=0; while read -r line; do case $line in *' -> '*);; n[0-9]*) n=$((n+1));; esac; done\n"
        "if [ $n -gt 25 ]; then echo 'trouble in init_rank' >&2; exit 1; fi; echo $n boxes"
    )
    data, shown = of(40).fitting("svg")

    assert data == b"10 boxes\n"
    (remark,) = shown.diagram.remarks
    assert remark.startswith("there is no layout of 40 boxes (dot failed: trouble in init_rank), ")


def test_a_program_that_takes_its_time_is_asked_again_with_fewer_boxes(
    dot_is, monkeypatch: pytest.MonkeyPatch
):
    dot_is(
        "n=0; while read -r line; do case $line in *' -> '*);; n[0-9]*) n=$((n+1));; esac; done\n"
        "while [ $n -gt 25 ]; do :; done; echo $n boxes"
    )
    monkeypatch.setattr(picture, "TIME_LIMIT", 0.5)
    data, shown = of(40).fitting("svg")

    assert data == b"10 boxes\n"
    assert shown.diagram.remarks == (
        "the layout of 40 boxes took more than 0.5 s, so at most 10 boxes are drawn",
    )


def test_a_picture_that_was_made_smaller_is_what_is_saved(slow, tmp_path: Path):
    target = of(40).save(tmp_path / "a.svg")

    assert target.read_bytes() == b"10 boxes\n"


def test_no_layout_of_very_many_boxes_is_begun(dot_is, monkeypatch: pytest.MonkeyPatch):
    dot_is("echo drawn")
    monkeypatch.setattr(module, "MOST_BOXES", 30)
    _, shown = of(40).fitting("svg")

    assert len(shown.diagram.boxes) == 20
    assert shown.diagram.remarks == (
        "no layout is begun for 40 boxes, so at most 20 boxes are drawn",
    )
    assert of(30).fitting("svg")[1].diagram.remarks == ()


def test_the_first_smaller_picture_has_the_usual_size_at_most(
    dot_is, monkeypatch: pytest.MonkeyPatch
):
    dot_is("echo drawn")
    monkeypatch.setattr(module, "MOST_BOXES", 30)
    monkeypatch.setattr(module, "MAX_NODES", 15)

    assert len(of(40).fitting("png")[1].diagram.boxes) == 15


@pytest.mark.parametrize("name", ["mermaid", "markdown"])
@pytest.mark.parametrize(
    ("limit", "value"), [("MOST_EDGES", 40), ("MOST_CHARACTERS", 2500)], ids=["edges", "text"]
)
def test_mermaid_gets_no_more_than_it_draws(
    monkeypatch: pytest.MonkeyPatch, name: str, limit: str, value: int
):
    monkeypatch.setattr(mermaid, limit, value)
    data, shown = of(40).fitting(name)
    (remark,) = shown.diagram.remarks

    assert remark.startswith("Mermaid draws no more than ")
    assert SMALLEST <= len(shown.diagram.boxes) < 40
    assert len(shown.diagram.links) <= mermaid.MOST_EDGES
    assert len(shown.mermaid()) <= mermaid.MOST_CHARACTERS
    assert remark.partition(", so ")[2] in data.decode()


def test_exactly_as_much_as_mermaid_draws_is_drawn(monkeypatch: pytest.MonkeyPatch):
    drawing = of(40)
    monkeypatch.setattr(mermaid, "MOST_EDGES", len(drawing.diagram.links))
    monkeypatch.setattr(mermaid, "MOST_CHARACTERS", len(drawing.mermaid()))

    assert drawing.fitting("mermaid")[1] is drawing


def test_the_limits_of_mermaid_are_in_its_own_words():
    drawing = of(600)
    text, shown = drawing.fitting("mermaid")

    assert len(text.decode()) <= 50_000
    assert len(shown.diagram.links) <= 500
    assert "500 links and 50,000 characters" in shown.diagram.remarks[0]


@pytest.mark.parametrize("name", ["dot", "text"])
def test_forms_without_limits_show_all(slow, monkeypatch: pytest.MonkeyPatch, name: str):
    monkeypatch.setattr(module, "MOST_BOXES", 5)
    drawing = of(40)

    assert drawing.fitting(name)[1] is drawing


# Where no smaller one can be made


def test_without_a_way_to_make_it_smaller_it_is_refused(slow, refusal):
    large = dataclasses.replace(of(40), again=None)

    assert refusal(large.fitting, "svg") == (
        "the layout of 40 boxes took more than 30 s; narrow the picture, or save it as .dot"
    )


def test_what_is_small_already_is_not_made_smaller(monkeypatch: pytest.MonkeyPatch, refusal):
    def never(*_: object) -> bytes:
        raise picture.SlowLayoutError

    monkeypatch.setattr(picture, "draw", never)

    assert "the layout of 15 boxes took more than 30 s" in refusal(of(15).fitting, "svg")
    assert "the layout of 8 boxes took more than 30 s" in refusal(of(32).fitting, "svg")


# Notes


def test_a_picture_of_everything_has_no_notes():
    assert SMALL.notes == ()
    assert SMALL.hidden == 0


def test_what_was_asked_for_needs_no_note():
    assert Drawing(compose(row_of(9), collapse="agent")).notes == ()


def test_what_was_grouped_by_itself_is_a_note():
    graph: nx.DiGraph[str] = nx.DiGraph([(f"t{n}", f"t{n + 1}") for n in range(9)])
    for task in graph:
        graph.nodes[task].update(jti=task, status="present", trust="verified")
    diagram = compose(graph, max_nodes=5)

    assert Drawing(diagram).notes == (
        "10 tasks in 1 group, 9 parent links; tasks in a row are one box",
    )


def test_what_is_hidden_is_a_note():
    drawing = Drawing(compose(row_of(9), max_nodes=4))

    assert drawing.hidden == 5
    assert drawing.notes == (f"{headline(drawing.diagram)}; 10 links not drawn",)
    assert "; 5 hidden" in drawing.notes[0]


def test_links_without_room_are_a_note():
    (note,) = Drawing(dataclasses.replace(SMALL.diagram, hidden_links=3000)).notes

    assert note == "2 tasks, 1 parent link; 3,000 links not drawn"


def test_remarks_are_notes():
    diagram = dataclasses.replace(SMALL.diagram, remarks=("one", "two"))

    assert Drawing(diagram).notes == ("one", "two")


# In a notebook


def test_a_notebook_gets_the_picture_and_the_text():
    shown = SMALL._repr_mimebundle_(include=None, exclude=None)

    assert shown == {"image/svg+xml": SMALL.svg(), "text/plain": SMALL.text()}


def test_a_picture_wider_than_a_page_fits_a_notebook_and_keeps_its_size_as_a_file():
    wide = Drawing(compose(row_of(5)), dataclasses.replace(LIGHT, direction="LR"))

    assert '<svg width="100%"' in wide._repr_mimebundle_()["image/svg+xml"]
    assert re.search(r'<svg width="\d+pt" height="\d+pt"', wide.svg())


def test_a_notebook_without_graphviz_gets_the_text_and_why(programs: Path):
    shown = SMALL._repr_mimebundle_()

    assert set(shown) == {"text/plain"}
    assert shown["text/plain"].startswith(SMALL.text())
    assert shown["text/plain"].endswith("pip install graphviz-pure")


def test_a_notebook_gets_the_text_of_the_picture_that_it_shows(slow):
    shown = of(40)._repr_mimebundle_()

    assert shown["image/svg+xml"] == "10 boxes\n"
    assert "so at most 10 boxes are drawn" in shown["text/plain"]
    assert headline(of(40).diagram) not in shown["text/plain"]


def test_an_empty_picture_is_a_picture_in_every_form():
    empty = Drawing(compose(nx.DiGraph()))

    for name in ("dot", "mermaid", "markdown", "text", "json", "svg", "png"):
        assert empty.fitting(name)[0]


# What can be read whole


def fan(size: int) -> Drawing:
    """Many tasks side by side, which one begins and one ends."""
    middle = "; ".join(f"b{number}@5<a" for number in range(size))
    ends = ",".join(f"b{number}" for number in range(size))
    graph = sketch(f"a@0; {middle}; c@9<{ends}").evidence().graph
    return Drawing(
        compose(graph, max_nodes=None), again=lambda room: compose(graph, max_nodes=room)
    )


def test_a_slender_picture_gets_fewer_boxes_and_says_so():
    made = fan(80).legible()

    assert len(made.diagram.boxes) < 10
    assert made.diagram.tasks == 82
    assert "all of it is too slender to be read, so at most 60 boxes are drawn" in made.notes


def side_by_side(rows: int, depth: int) -> Drawing:
    """Rows of tasks, each as deep, of which none is grouped."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    for name, row in ((f"t{row}-{step}", row) for step in range(depth) for row in range(rows)):
        graph.add_node(name, jti=name, status="present", iss=name, exec_act=f"{row}")
    graph.add_edges_from(
        (f"t{row}-{step}", f"t{row}-{step + 1}") for row in range(rows) for step in range(depth - 1)
    )
    return Drawing(
        compose(graph, max_nodes=None), again=lambda room: compose(graph, max_nodes=room)
    )


@pytest.mark.parametrize(
    "drawing",
    [fan(50), side_by_side(8, 9), dataclasses.replace(fan(80), again=None)],
    ids=["few", "broad", "no other"],
)
def test_other_pictures_stay_as_they_are(drawing: Drawing):
    assert drawing.legible() is drawing


def test_without_a_layout_nothing_is_known_of_its_shape(programs: Path):
    drawing = fan(80)

    assert drawing.legible() is drawing
