"""A timeline that knows all its forms: SVG, PNG, PDF, a page to explore, and its specification."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

import networkx as nx

from ectgraph import escape
from ectgraph.errors import EctgraphError
from ectgraph.extras import extra
from ectgraph.ledger import Ledger
from ectgraph.model import Finding
from ectgraph.render.saved import saved
from ectgraph.render.shown import shown
from ectgraph.render.style import LIGHT, Style
from ectgraph.render.timeline import chart, page, words
from ectgraph.render.timeline.moments import Moments, gather
from ectgraph.render.timeline.overview import Cell, cells
from ectgraph.render.timeline.packing import packed
from ectgraph.render.timeline.rows import rows

MAX_TASKS = 10_000
"""Tasks that are drawn one by one; more are counted."""
FORMS = ("svg", "png", "pdf", "html", "json")


@dataclass(frozen=True)
class Timeline:
    """What happened when, by agent: a picture in Jupyter, and `.save("name.svg")` elsewhere."""

    moments: Moments
    """What it shows."""
    cells: Sequence[Cell]
    """Counts instead, where there are too many tasks."""
    style: Style = LIGHT

    @property
    def hidden(self) -> int:
        """How many tasks are not in the picture: those without a record, or without a time."""
        return self.moments.left.missing + self.moments.left.timeless

    @property
    def notes(self) -> tuple[str, ...]:
        """What it hides, as the picture says it; ids as they were found."""
        return words.notes(self.moments)

    @cached_property
    def spec(self) -> dict[str, Any]:
        """The chart as a Vega-Lite specification, data included."""
        data = rows(self.moments, self.cells, self.style)
        made = chart.spec(self.moments, self.cells, self.style, data)
        return made | {"datasets": data}

    def svg(self) -> str:
        """The picture as SVG text."""
        return str(engine().vegalite_to_svg(self.spec))

    def png(self) -> bytes:
        """The picture as PNG, two pixels for each of the SVG's."""
        return bytes(engine().vegalite_to_png(self.spec, scale=2))

    def pdf(self) -> bytes:
        """The picture as PDF."""
        return bytes(engine().vegalite_to_pdf(self.spec))

    def json(self) -> str:
        """The specification as JSON text."""
        return escape.json(json.dumps(self.spec, ensure_ascii=False, indent=1)) + "\n"

    def html(self) -> str:
        """A page to explore it with, in one file; it loads nothing and works offline."""
        return page.html(self.moments, self.cells, self.style, engine().javascript_bundle())

    def document(self) -> dict[str, Any]:
        """What a page draws that shows it among other things; see `page.document`."""
        return page.document(self.moments, self.cells, self.style)

    def render(self, form: str) -> bytes:
        """The picture in one of `FORMS`."""
        made: str | bytes = getattr(self, form)()
        return made.encode() if isinstance(made, str) else made

    def save(self, path: str | PathLike[str]) -> Path:
        """Write it to a file; the suffix says how: one of `FORMS`.

        Raises:
            EctgraphError: another suffix, or the file cannot be written.

        """
        target = Path(path)
        return saved(self.render(form(target)), target)

    def __str__(self) -> str:
        """What it shows and what it hides, in lines."""
        lines = [words.title(self.moments), words.stretch(self.moments), *self.notes]
        return "\n".join(escape.terminal(line, escape.LONG) for line in lines)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """Show as a picture in Jupyter, with words where pictures are not shown."""
        return {"image/svg+xml": shown(self.svg()), "text/plain": str(self)}


def timeline(
    graph: nx.DiGraph[str],
    *,
    ledger: Ledger,
    findings: Iterable[Finding] = (),
    tasks: Collection[str] | None = None,
    scope: Sequence[str] = (),
    style: Style = LIGHT,
    max_tasks: int = MAX_TASKS,
    links: bool = True,
) -> Timeline:
    """Show what happened when, by agent.

    Args:
        graph: as `ectgraph.graph.build` makes it.
        ledger: what the graph was built from; its tokens know how long a task took, its entries
            when they were recorded.
        findings: those that are to be seen; ignored ones are not.
        tasks: the tasks to show, where not all are.
        scope: why just those, in phrases.
        style: the looks.
        max_tasks: draw so many tasks one by one; of more, counts by agent and time are shown.
        links: whether to draw parent links; those that go back in time are always drawn.

    Raises:
        EctgraphError: vl-convert-python is not installed.

    """
    engine()
    told = list(findings)
    gathered = gather(
        graph,
        ledger=ledger,
        findings=told,
        tasks=tasks,
        scope=scope,
        max_tasks=max_tasks,
        links=links,
    )
    moments = packed(gathered)
    return Timeline(moments, cells(moments, told) if moments.tight else (), style)


def engine() -> Any:
    """The library that draws.

    Raises:
        EctgraphError: it is not installed.

    """
    return extra("vl_convert", "timeline", "a timeline needs vl-convert-python")


def available() -> bool:
    """Whether the library that draws is installed."""
    try:
        engine()
    except EctgraphError:
        return False
    return True


def form(path: Path) -> str:
    """What a file name asks for: one of `FORMS`.

    Raises:
        EctgraphError: it asks for something else.

    >>> form(Path("a/b.SVG"))
    'svg'

    """
    kind = path.suffix.lower().removeprefix(".")
    if kind not in FORMS:
        message = f"{path}: unknown kind of timeline; use .svg, .png, .pdf, .html or .json"
        raise EctgraphError(message)
    return kind
