"""What the page brings along for the browser, before any browser sees it."""

from __future__ import annotations

import hashlib
import json
import re
from importlib.resources import files

import pytest

from ectgraph.page import front
from ectgraph.render.style import DARK, LIGHT

STATIC = files("ectgraph.page").joinpath("static")
LIBRARY = STATIC.joinpath("virtual-core")
VENDOR = json.loads(LIBRARY.joinpath("vendor.json").read_bytes())
OWN = [*(f"{name}.js" for name in front.MODULES), "page.css", "page.html"]


@pytest.mark.parametrize("name", VENDOR["files"])
def test_the_library_is_what_npm_has(name: str) -> None:
    data = LIBRARY.joinpath(name).read_bytes()
    assert hashlib.sha256(data).hexdigest() == VENDOR["files"][name]["sha256"]


def test_the_library_comes_with_its_licence() -> None:
    assert VENDOR["license"] == "MIT"
    licence = LIBRARY.joinpath("LICENSE").read_text("utf-8")
    assert "Permission is hereby granted, free of charge" in licence


def test_nothing_else_lies_among_the_static_files() -> None:
    assert {file.name for file in STATIC.iterdir()} == {*OWN, "virtual-core"}
    assert {file.name for file in LIBRARY.iterdir()} == {"vendor.json", *VENDOR["files"]}
    assert {f"{name}.cjs" for name in front.LIBRARY} == set(VENDOR["files"]) - {"LICENSE"}


@pytest.mark.parametrize("name", OWN)
def test_our_own_part_makes_no_markup_of_text_and_asks_the_network_for_nothing(name: str) -> None:
    text = STATIC.joinpath(name).read_text("utf-8")
    forbidden = r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|Function\(|https?:|url\(|@import|fetch\(|\bimport\b|XMLHttp|\.src\b|\.href\b|localStorage|cookie|\son\w+="
    assert not re.search(forbidden, text)


def test_both_themes_have_all_their_colours_and_paper_is_light() -> None:
    looks = front.style_sheet()
    assert looks.index(LIGHT.canvas) < looks.index(DARK.canvas)
    for style in (LIGHT, DARK):
        assert f"--canvas: {style.canvas}; --ink: {style.ink};" in looks
    assert "</style" not in looks.lower()
