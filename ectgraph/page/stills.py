"""The pictures of a page as they are on paper, and where no script runs: each an SVG in the page.

On a screen the scripts draw them instead. Every text in them went through `ectgraph.escape`.
"""

from __future__ import annotations

from contextlib import suppress

from ectgraph import escape
from ectgraph.errors import EctgraphError
from ectgraph.render.diagram import MAX_NODES
from ectgraph.render.drawing import Drawing
from ectgraph.render.timeline.drawing import Timeline

LARGEST = 4_000_000
"""Characters of a picture; a larger one is not to be read on paper."""


def diagram(drawing: Drawing | None) -> str:
    """The diagram; none of more boxes than a sheet of paper holds."""
    if drawing is None or len(drawing.diagram.boxes) > MAX_NODES:
        return ""
    with suppress(EctgraphError):  # there may be no layout of it; the scripts make one of their own
        return _figure("The diagram", drawing.svg())
    return ""


def timeline(timeline: Timeline | None) -> str:
    """The timeline."""
    return "" if timeline is None else _figure("The timeline", timeline.svg())


def _figure(title: str, svg: str) -> str:
    """A picture within a page, which takes it without the head that an XML file has."""
    picture = svg[svg.index("<svg") :]
    if len(picture) > LARGEST:
        return ""
    name = escape.html(title)
    return f'<figure class="still" role="img" aria-label="{name}">{picture}</figure>'
