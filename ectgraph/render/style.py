"""How pictures look: colours, fonts, the words on a box. Two themes, and any of the caller's own.

What a line or a shape means is not a matter of style: trust must be seen without any colour.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Literal

from ectgraph.errors import EctgraphError
from ectgraph.render import caption
from ectgraph.toml import did_you_mean

Direction = Literal["auto", "LR", "TB"]
"""From left to right, from top to bottom, or what suits the shape of the graph."""
_DIRECTIONS = ("auto", "LR", "TB")

PALETTE = (
    "#77aadd",
    "#ee8866",
    "#eedd88",
    "#ffaabb",
    "#99ddff",
    "#44bb99",
    "#bbcc33",
    "#aaaa00",
)
"""Paul Tol's "light" scheme: colour-blind readers tell it apart, and dark text on it reads."""


@dataclass(frozen=True, kw_only=True)
class Style:
    """The looks of a picture; `dataclasses.replace(LIGHT, direction="LR")` makes another.

    Raises:
        EctgraphError: a colour is not written as `#rrggbb`, a font has odd characters, or a label
            names a field that there is not. All of it is written into DOT and HTML as it is.

    """

    canvas: str = "#ffffff"
    """The paper; also the text on what is filled with the colour of a severity."""
    ink: str = "#1f2328"
    """Text on the paper."""
    faint: str = "#59636e"
    """Text and lines on the paper that are not to be seen first."""
    line: str = "#6e7781"
    """Arrows."""
    outline: str = "#424a53"
    """The line around a box without findings."""
    frame: str = "#f6f8fa"
    """Within a frame."""
    fill: str = "#e4e8ec"
    """A box of no agent, or of several."""
    text: str = "#16191d"
    """Text on `fill` and on the palette."""
    error: str = "#c0280c"
    warning: str = "#945200"
    note: str = "#1f5fa8"
    good: str = "#1a6b33"
    """What was approved."""
    data: str = "#6f42c1"
    """Ways of data without a parent link."""
    palette: tuple[str, ...] = PALETTE
    """Agents; after the last it begins anew."""
    font: str = "Helvetica"
    fixed_font: str = "Courier"
    """Of ids."""
    direction: Direction = "auto"
    label: str = caption.TEMPLATE
    """The lines of a box; see `caption.FIELDS`."""
    legend: bool = True
    tooltips: bool = True
    """Whether boxes and arrows tell more when pointed at: of a task, its claims."""

    def __post_init__(self) -> None:
        """Refuse what would not be the same when it is written into a picture."""
        for name in COLOURS:
            _colour(name, getattr(self, name))
        if not isinstance(self.palette, (tuple, list)) or not self.palette:
            message = f"palette: {self.palette!r} is no colours; an agent needs one"
            raise EctgraphError(message)
        for colour in self.palette:
            _colour("palette", colour)
        for name in ("font", "fixed_font"):
            font = getattr(self, name)
            if not isinstance(font, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 ,-]*", font):
                message = f"{name}: {font!r} is no name of a font; use letters, digits, ' ', '-'"
                raise EctgraphError(message)
        if self.direction not in _DIRECTIONS:
            message = f"direction: {self.direction!r} is unknown; use auto, LR or TB"
            raise EctgraphError(message)
        caption.check(self.label)

    def agent(self, slot: int) -> str:
        """The colour of an agent, by its place in a palette of any length."""
        return self.palette[slot % len(self.palette)]


def _colour(name: str, value: object) -> None:
    if not isinstance(value, str) or not re.fullmatch("#[0-9a-fA-F]{6}", value):
        message = f"{name}: {value!r} is no colour; write it like #77aadd"
        raise EctgraphError(message)


COLOURS = tuple(
    field.name
    for field in fields(Style)
    if isinstance(field.default, str) and field.default.startswith("#")
)
"""The members of a style that are one colour each."""

LIGHT = Style()
DARK = Style(
    canvas="#14181d",
    ink="#e6edf3",
    faint="#9aa5b1",
    line="#8b96a2",
    outline="#c4ccd4",
    frame="#1c2229",
    fill="#c4ccd4",
    error="#ff7a66",
    warning="#f0a840",
    note="#79b8ff",
    good="#5fd07f",
    data="#c9a5ff",
)
THEMES = {"light": LIGHT, "dark": DARK}


def style(look: str | Style) -> Style:
    """A style by the name of its theme; one that is a style already stays as it is.

    Raises:
        EctgraphError: there is no such theme.

    >>> style("dark") is DARK
    True

    """
    if isinstance(look, Style):
        return look
    if not isinstance(look, str) or look not in THEMES:
        message = f"there is no theme {look!r}{did_you_mean(str(look), THEMES)}"
        raise EctgraphError(message)
    return THEMES[look]
