"""A picture as its user holds it: every form it can be shown, saved or passed on in.

A form that cannot take the picture as it is (a layout that does not end, the limits of Mermaid)
gets a smaller one, which says so.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any

from ectgraph import labels
from ectgraph.errors import EctgraphError
from ectgraph.render import picture
from ectgraph.render.diagram import GROUPED, MAX_NODES, Diagram, headline
from ectgraph.render.saved import saved
from ectgraph.render.shown import shown
from ectgraph.render.style import LIGHT, Style

SUFFIXES = {
    "dot": "dot",
    "gv": "dot",
    "mmd": "mermaid",
    "mermaid": "mermaid",
    "md": "markdown",
    "txt": "text",
    "json": "json",
    **{name: name for name in ("svg", "png", "jpg", *picture.SYSTEM)},
    "jpeg": "jpg",
}
"""The form that a file's suffix asks for."""
FORMS = tuple(dict.fromkeys(SUFFIXES.values()))
MOST_BOXES = 5000
"""Boxes from which on no layout is even begun."""
SMALLEST = 8
"""Boxes below which a picture is not made smaller to fit."""
LEGIBLE, SLENDER = 60, 8
"""Boxes of a picture that can be read whatever its shape; and how many times as long as broad one
of more may be."""

Maker = Callable[[int], Diagram]
"""Makes the same picture again with at most so many boxes."""


class _TooLargeError(EctgraphError):
    """A form cannot take a picture as it is, but perhaps one that is some times smaller."""

    def __init__(self, why: str, times: int) -> None:
        super().__init__(why)
        self.times = times


@dataclass(frozen=True)
class Drawing:
    """A diagram: drawn when somebody looks, in the form they look at."""

    diagram: Diagram
    style: Style = LIGHT
    again: Maker | None = None
    """How to make a smaller one; without it, what is too large for a form is refused."""

    @property
    def dot(self) -> str:
        """The picture as DOT text."""
        from ectgraph.render.dot import to_dot  # noqa: PLC0415  # graphviz only when asked for

        return to_dot(self.diagram, self.style)

    @property
    def hidden(self) -> int:
        """How many tasks of those asked for are in no box."""
        return self.diagram.hidden

    @property
    def notes(self) -> tuple[str, ...]:
        """What a viewer has to know: what was grouped or hidden without being asked for."""
        diagram = self.diagram
        if not (diagram.by_itself or diagram.hidden_links):
            return diagram.remarks
        found = [headline(diagram)]
        if diagram.by_itself and diagram.collapse:
            found.append(GROUPED[diagram.collapse])
        if diagram.hidden_links:
            found.append(f"{labels.count(diagram.hidden_links, 'link')} not drawn")
        return ("; ".join(found), *diagram.remarks)

    def svg(self) -> str:
        """The picture as SVG text."""
        return self.fitting("svg")[0].decode()

    def png(self) -> bytes:
        """The picture as PNG."""
        return self.fitting("png")[0]

    def mermaid(self) -> str:
        """The picture as Mermaid text, within the limits of Mermaid."""
        return self.fitting("mermaid")[0].decode()

    def text(self, width: int = 120) -> str:
        """The picture as lines of text, for terminals."""
        from ectgraph.render.lanes import to_text  # noqa: PLC0415

        return to_text(self.diagram, width, legend=self.style.legend)

    def json(self) -> bytes:
        """The picture as JSON with positions, for others to draw; see docs/formats.md."""
        return self.fitting("json")[0]

    def save(self, path: str | PathLike[str]) -> Path:
        """Write it to a file; the suffix says how: `.svg`, `.png`, `.pdf`, `.dot`, `.mmd` ….

        Raises:
            EctgraphError: another suffix, or the file cannot be written.

        """
        target = Path(path)
        data, _ = self.fitting(form(target))
        return saved(data, target)

    def fitting(self, form: str) -> tuple[bytes, Drawing]:
        """The picture in a form, and the drawing that this shows: a smaller one if need be.

        Raises:
            EctgraphError: there is no such form, or it cannot be made here.

        """
        try:
            return self._made(form), self
        except _TooLargeError as error:
            return self._smaller(error).fitting(form)

    def _made(self, form: str) -> bytes:
        """The picture as it is in a form.

        Raises:
            _TooLargeError: it is too large for that.
            EctgraphError: there is no such form, or it cannot be made here.

        """
        if form not in FORMS:
            message = f"unknown form of a picture {form!r}; use {', '.join(FORMS)}"
            raise EctgraphError(message)
        if form == "dot":
            return self.dot.encode()
        if form == "text":
            return f"{self.text()}\n".encode()
        if form == "json":
            return self._placed()
        if form in ("mermaid", "markdown"):
            return self._mermaid(in_markdown=form == "markdown")
        return self._laid_out(form)

    def layout(self, most: int) -> bytes | None:
        """Where Graphviz puts everything, as its JSON; nothing if it cannot, or of more boxes."""
        if len(self.diagram.boxes) <= most:
            with suppress(EctgraphError):
                return picture.draw(self.dot, "json")
        return None

    def legible(self) -> Drawing:
        """The same picture, or one of fewer boxes where nobody could read it whole.

        A workflow of many tasks side by side is a picture of a hundred heights and one width; on a
        page, or on paper, there is nothing to be seen of it.
        """
        if self.again is None or len(self.diagram.boxes) <= LEGIBLE:
            return self
        layout = self.layout(MAX_NODES)
        if layout is None:
            return self
        _, _, width, height = map(float, json.loads(layout)["bb"].split(","))
        if max(width, height) <= SLENDER * min(width, height):
            return self
        remark = f"all of it is too slender to be read, so at most {LEGIBLE} boxes are drawn"
        return replace(self, diagram=replace(self.again(LEGIBLE), remarks=(remark,)))

    def _placed(self) -> bytes:
        """As JSON: with Graphviz' places where it finds some, else with those of plain layers."""
        from ectgraph.render.positions import to_json  # noqa: PLC0415

        return to_json(self.diagram, self.style, self.layout(MOST_BOXES))

    def _laid_out(self, form: str) -> bytes:
        where = labels.count(len(self.diagram.boxes), "box", "boxes")
        if len(self.diagram.boxes) > MOST_BOXES:
            raise _TooLargeError(f"no layout is begun for {where}", 2)
        try:
            return picture.draw(self.dot, form)
        except picture.SlowLayoutError as error:
            why = f"the layout of {where} took more than {picture.TIME_LIMIT} s"
            raise _TooLargeError(why, 4) from error
        except picture.LayoutError as error:
            raise _TooLargeError(f"there is no layout of {where} ({error})", 4) from error

    def _mermaid(self, *, in_markdown: bool) -> bytes:
        from ectgraph.render import mermaid  # noqa: PLC0415

        text = mermaid.to_mermaid(self.diagram, self.style)
        if len(self.diagram.links) > mermaid.MOST_EDGES or len(text) > mermaid.MOST_CHARACTERS:
            limits = f"{mermaid.MOST_EDGES} links and {mermaid.MOST_CHARACTERS:,} characters"
            raise _TooLargeError(f"Mermaid draws no more than {limits}", 2)
        return (mermaid.in_markdown(text) if in_markdown else text).encode()

    def _smaller(self, too_large: _TooLargeError) -> Drawing:
        """The same picture with fewer boxes.

        Raises:
            EctgraphError: it cannot be any smaller.

        """
        room = min(len(self.diagram.boxes) // too_large.times, MAX_NODES)
        if self.again is None or room < SMALLEST:
            message = f"{too_large}; narrow the picture, or save it as .dot"
            raise EctgraphError(message) from too_large
        diagram = self.again(room)
        remark = f"{too_large}, so at most {labels.count(room, 'box', 'boxes')} are drawn"
        return replace(self, diagram=replace(diagram, remarks=(remark,)))

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """Show as a picture in Jupyter, and as text where pictures are not shown, or cannot be."""
        try:
            data, drawing = self.fitting("svg")
        except EctgraphError as error:
            return {"text/plain": f"{self.text()}\n{error}"}
        return {"image/svg+xml": shown(data.decode()), "text/plain": drawing.text()}


def form(path: Path) -> str:
    """What a file name asks for.

    Raises:
        EctgraphError: it asks for something else.

    >>> form(Path("a/b.gv")), form(Path("README.md"))
    ('dot', 'markdown')

    """
    kind = SUFFIXES.get(path.suffix.lower().removeprefix("."))
    if kind is None:
        known = ", ".join(f".{suffix}" for suffix in SUFFIXES)
        message = f"{path}: unknown kind of picture; use one of {known}"
        raise EctgraphError(message)
    return kind
