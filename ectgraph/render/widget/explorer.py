"""Diagram -> a widget for Jupyter. It needs `anywidget`, and nothing from the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ectgraph.errors import EctgraphError
from ectgraph.render.diagram import Diagram
from ectgraph.render.style import LIGHT, Style
from ectgraph.render.style import style as resolve

if TYPE_CHECKING:
    from ectgraph.render.widget.jupyter import Explorer

MAX_NODES = 5000
"""Boxes among which a browser moves without delay."""
HEIGHT = 640
"""Pixels."""


def explorer(
    diagram: Diagram,
    style: str | Style = LIGHT,
    *,
    layout: bytes | None = None,
    height: int = HEIGHT,
) -> Explorer:
    """Show a picture to walk through; `selected` is the task that was last clicked.

    Args:
        diagram: the picture.
        style: how it looks, or the name of a theme: `light`, `dark`.
        layout: what Graphviz makes of its DOT, as JSON; boxes are in layers without it.
        height: of the whole, in pixels.

    Raises:
        EctgraphError: `anywidget` is not installed, or there is no such theme.

    """
    look = resolve(style)
    try:
        from ectgraph.render.widget.jupyter import Explorer  # noqa: PLC0415  # an extra
    except ImportError as error:
        message = (
            "the explorer is a widget of anywidget; install it: pip install 'ectgraph[widget]'"
        )
        raise EctgraphError(message) from error
    return Explorer(diagram, look, layout, height)
