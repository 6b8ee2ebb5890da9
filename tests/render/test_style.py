"""How pictures look: what can be read, and what a style of one's own may say."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest

from ectgraph.render.style import COLOURS, DARK, LIGHT, PALETTE, THEMES, Style, style

READABLE = 4.5
"""WCAG 2.2, 1.4.3, level AA."""
VISIBLE = 3
"""The same, 1.4.11: for lines and shapes that tell something."""


def luminance(colour: str) -> float:
    """The relative luminance that WCAG defines."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, two: str) -> float:
    dark, light = sorted((luminance(one), luminance(two)))
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_of_contrast_is_the_known_one():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
def test_text_can_be_read_on_every_box(theme: str):
    look = THEMES[theme]

    for fill in (*look.palette, look.fill):
        assert contrast(look.text, fill) >= READABLE


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    "name", ["ink", "faint", "error", "warning", "note", "good", "data", "line", "outline"]
)
def test_text_and_lines_can_be_seen_on_the_paper_and_in_frames(theme: str, name: str):
    look = THEMES[theme]
    least = VISIBLE if name in ("line", "outline") else READABLE

    assert contrast(getattr(look, name), look.canvas) >= least  # also of text in it on a colour
    assert contrast(getattr(look, name), look.frame) >= least


@pytest.mark.parametrize("theme", THEMES)
def test_colours_of_agents_differ_from_each_other(theme: str):
    colours = THEMES[theme].palette

    for one, two in combinations(colours, 2):
        assert sum(abs(int(one[n : n + 2], 16) - int(two[n : n + 2], 16)) for n in (1, 3, 5)) > 60


def test_a_theme_has_a_name_and_a_style_is_itself():
    assert style("light") is LIGHT
    assert style("dark") is DARK
    assert style(DARK) is DARK


@pytest.mark.parametrize("name", ["Dark", "sepia", "", None, 3])
def test_an_unknown_theme_is_refused_and_the_known_ones_are_named(name: Any, refusal):
    assert "dark" in refusal(style, name)


def test_agents_beyond_the_palette_begin_it_anew():
    look = Style(palette=("#000000", "#111111"))

    assert [look.agent(slot) for slot in range(4)] == ["#000000", "#111111"] * 2
    assert LIGHT.agent(len(PALETTE) + 1) == PALETTE[1]


@pytest.mark.parametrize("name", COLOURS)
@pytest.mark.parametrize(
    "value", ["red", "#fff", "#12345g", '#ffffff"', "#ffffff\n", "#ffffff:#000000", "", None]
)
def test_a_colour_is_written_in_one_way(name: str, value: Any, refusal):
    assert f"{name}: " in refusal(replace, LIGHT, **{name: value})


@pytest.mark.parametrize("value", [(), ("#77aadd", "blue"), "#77aadd", ("#77aadd", 3), 3, None])
def test_a_palette_is_colours(value: Any, refusal):
    assert "palette" in refusal(Style, palette=value)


@pytest.mark.parametrize("name", ["font", "fixed_font"])
def test_a_font_is_a_name(name: str, refusal):
    assert getattr(Style(**{name: "DejaVu Sans Mono, Courier-Bold"}), name)
    for value in ('Arial"', "a<b", "", " Arial", "a\nb", "a;b", "Arial\\", None):
        assert f"{name}: " in refusal(Style, **{name: value})


@pytest.mark.parametrize("direction", ["BT", "lr", "", None])
def test_a_direction_is_one_of_three(direction: Any, refusal):
    assert "auto, LR or TB" in refusal(Style, direction=direction)


@pytest.mark.parametrize("label", ["{nothing}", "{act", "{act!r}", "{act:>9}", "{}", "{act.x}"])
def test_a_label_has_known_fields_only(label: str, refusal):
    assert "label" in refusal(Style, label=label)


def test_every_colour_is_checked():
    assert {"canvas", "ink", "error", "data"} < set(COLOURS)
    assert not {"font", "label", "direction"} & set(COLOURS)
