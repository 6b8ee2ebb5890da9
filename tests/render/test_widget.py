"""The explorer, as Python sees it: its document, what is chosen, and the library it brings along."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files

import pytest

from ectgraph.render.compose import compose
from ectgraph.render.diagram import Diagram
from ectgraph.render.dot import to_dot
from ectgraph.render.picture import draw
from ectgraph.render.positions import to_json
from ectgraph.render.style import DARK, LIGHT
from ectgraph.render.widget import front
from ectgraph.render.widget.explorer import explorer
from ectgraph.testing import sketch, task_id

STATIC = files("ectgraph.render.widget").joinpath("static")
VENDOR = json.loads(STATIC.joinpath("vendor.json").read_bytes())


@pytest.fixture(scope="module")
def story() -> Diagram:
    return compose(sketch("a@0; b@5<a; c@9<b").evidence().graph)


def test_the_document_is_the_json_of_the_picture(story: Diagram) -> None:
    pytest.importorskip("anywidget")
    assert explorer(story, "dark").document == to_json(story, DARK)
    layout = draw(to_dot(story), "json")
    assert explorer(story, layout=layout).document == to_json(story, LIGHT, layout)


def test_what_the_browser_chose_is_known_here(story: Diagram) -> None:
    pytest.importorskip("anywidget")
    group = replace(story.boxes[2], tasks=("x", "y", "z"), jti=None)
    widget = explorer(replace(story, boxes=(*story.boxes[:2], group)))
    assert (widget.selected, widget.tasks) == (None, ())
    widget.set_state({"selected": task_id("b")})  # as a message from the browser does
    assert (widget.selected, widget.tasks) == (task_id("b"), (task_id("b"),))
    widget.set_state({"selected": "x"})
    assert widget.tasks == ("x", "y", "z")
    widget.set_state({"selected": "nobody"})
    assert widget.tasks == ()


def test_what_the_browser_gets_is_the_picture_and_nothing_of_the_graph(story: Diagram) -> None:
    pytest.importorskip("anywidget")
    own = {"document", "selected", "height"}
    state = explorer(story).get_state()
    assert own <= set(state)
    assert not {"theme", "tasks"} & set(state)


def test_the_theme_can_be_changed(story: Diagram) -> None:
    pytest.importorskip("anywidget")
    widget = explorer(story)
    assert widget.theme == "light"
    widget.theme = "dark"
    assert widget.document == to_json(story, DARK)
    mine = replace(LIGHT, canvas="#fffff0")
    own = explorer(story, mine)
    assert own.theme is None
    assert own.document == to_json(story, mine)


def test_without_the_extra_it_says_what_to_install(
    story: Diagram, monkeypatch: pytest.MonkeyPatch, refusal: Callable[..., str]
) -> None:
    monkeypatch.setitem(sys.modules, "anywidget", None)
    monkeypatch.delitem(sys.modules, "ectgraph.render.widget.jupyter", raising=False)
    assert "pip install 'ectgraph[widget]'" in refusal(explorer, story)


def test_an_unknown_theme_is_refused(story: Diagram, refusal: Callable[..., str]) -> None:
    assert "no theme 'drak'" in refusal(explorer, story, "drak")


@pytest.mark.parametrize("name", VENDOR["files"])
def test_the_library_is_what_npm_has(name: str) -> None:
    data = STATIC.joinpath(name).read_bytes()
    assert hashlib.sha256(data).hexdigest() == VENDOR["files"][name]["sha256"]


def test_the_library_comes_with_its_licence() -> None:
    assert VENDOR["license"] == "MIT"
    licence = STATIC.joinpath("cytoscape.LICENSE").read_text("utf-8")
    assert "Permission is hereby granted, free of charge" in licence
    assert "Cytoscape Consortium" in licence


def test_nothing_else_lies_among_the_static_files() -> None:
    ours = {"explorer.js", "explorer.css", "looks.js", "notebook.js", "vendor.json"}
    assert {file.name for file in STATIC.iterdir()} == ours | set(VENDOR["files"])


@pytest.mark.parametrize("name", ["looks.js", "explorer.js", "notebook.js", "explorer.css"])
def test_our_own_part_makes_no_markup_of_text_and_asks_the_network_for_nothing(name: str) -> None:
    text = STATIC.joinpath(name).read_text("utf-8")
    forbidden = r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|https?:|url\(|@import|fetch\(|\bimport\b|XMLHttp|\.src\b|\.href\b"
    assert not re.search(forbidden, text)


def test_the_module_can_stand_in_a_page() -> None:
    text = front.module("notebook.js")
    assert "</script" not in text.lower()
    assert "<!--" not in text
    assert text.count("export default") == 1
    assert "</style" not in front.style_sheet().lower()
