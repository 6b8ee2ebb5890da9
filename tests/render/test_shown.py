"""A picture as a notebook shows it: as wide as the page, where it would be cut off at its edge."""

from __future__ import annotations

import re

import pytest

from ectgraph.render.shown import PAGE, SMALLEST, shown

SVG = '<?xml version="1.0"?>\n<!-- made -->\n<svg width="{0}" height="{0}"\n viewBox="0 0 9 9">{1}</svg>'
INNER = '<svg width="1000" height="1000"/>'


def root(svg: str) -> str:
    return re.findall(r"<svg[^>]*>", svg)[0]


@pytest.mark.parametrize("size", [f"{PAGE + 1}", "1100px", "900pt", f"{PAGE / SMALLEST}"])
def test_a_picture_somewhat_wider_than_a_page_takes_its_width_and_keeps_its_shape(size: str):
    made = shown(SVG.format(size, INNER))

    assert root(made) == '<svg width="100%"\n viewBox="0 0 9 9">'
    assert made.replace('width="100%"', f'width="{size}" height="{size}"') == SVG.format(
        size, INNER
    )


@pytest.mark.parametrize("size", ["10", f"{PAGE}", "600pt", f"{PAGE / SMALLEST + 1}", "4000pt"])
def test_one_that_fits_or_could_not_be_read_any_more_keeps_its_size(size: str):
    assert shown(SVG.format(size, "")) == SVG.format(size, "")


@pytest.mark.parametrize("text", ["", "10 boxes\n", "<svg viewBox='0 0 1 1'/>", "<svg"])
def test_what_states_no_size_stays_as_it_is(text: str):
    assert shown(text) == text
