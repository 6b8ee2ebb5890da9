"""The explorer as a widget; imported when somebody asks for one, as `anywidget` is an extra."""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets

from ectgraph.render.diagram import Diagram
from ectgraph.render.positions import to_json
from ectgraph.render.style import THEMES, Style
from ectgraph.render.widget import front


class Explorer(anywidget.AnyWidget):
    """A picture to walk through. Made by `explorer`."""

    _esm = front.module("notebook.js")
    _css = front.style_sheet()

    document = traitlets.Bytes().tag(sync=True)
    """The picture, as `positions.to_json` writes it."""
    selected = traitlets.Unicode(None, allow_none=True).tag(sync=True)
    """The node of the graph that is chosen; of a group its first task. Can be set as well."""
    theme = traitlets.Enum(list(THEMES), None, allow_none=True)
    """The style, where it is one that has a name. Can be set as well."""
    height = traitlets.Int().tag(sync=True)
    """In pixels."""

    def __init__(self, diagram: Diagram, style: Style, places: bytes | None, height: int) -> None:
        """Take a picture, its style, and the places that Graphviz found, if it was asked."""
        self._diagram, self._style, self._places = diagram, style, places
        self._boxes = {task: box for box in diagram.boxes for task in box.tasks}
        theme = next((name for name, look in THEMES.items() if look == style), None)
        document = to_json(diagram, style, places)
        super().__init__(document=document, theme=theme, height=height)

    @property
    def tasks(self) -> tuple[str, ...]:
        """The nodes of the graph that the chosen box stands for; none where none is chosen."""
        box = self._boxes.get(self.selected) if self.selected is not None else None
        return box.tasks if box else ()

    @traitlets.observe("theme")
    def _repaint(self, change: Any) -> None:
        style = THEMES.get(change.new, self._style)
        if style != self._style:
            self._style = style
            self.document = to_json(self._diagram, style, self._places)
