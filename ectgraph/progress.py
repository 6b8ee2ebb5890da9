"""How far the reading of sources is: a bar where a person can see it, on a terminal or in a cell.

A terminal's bar is rich's. In a notebook rich needs ipywidgets, and leaves a widget behind that is
empty when the notebook is opened again; so there it is the browser's own `<progress>`, which is
taken away at the end and leaves nothing to read.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ectgraph.errors import EctgraphError
from ectgraph.sources import expand

if TYPE_CHECKING:
    from ectgraph.loader import PathOrPaths, Progress

PATIENCE = 1.0
"""Seconds after which a notebook shows a bar."""
BETWEEN = 0.1
"""Seconds from one picture of it to the next."""
WHAT = "verifying"


def in_notebook() -> bool:
    """Whether this runs in a kernel of Jupyter; IPython on a terminal is none.

    >>> in_notebook()
    False
    """
    ipython = sys.modules.get("IPython")  # who runs in a kernel has imported it
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None) is not None


@contextmanager
def shown(paths: PathOrPaths, *, terminal: bool = False) -> Iterator[Progress | None]:
    """A bar for as long as some sources are read; `None` where nobody would see it.

    Args:
        paths: the sources, as `opening.load` takes them; a list where they are several.
        terminal: whether stderr is a terminal, and the bar belongs there. Otherwise a notebook
            shows one, when the reading takes more than a moment, and nothing else does.

    """
    if terminal:
        with _on_terminal(size(paths)) as told:
            yield told
    elif in_notebook():
        bar = _InCell(paths)
        try:
            yield bar.advance
        finally:
            bar.take_away()
    else:
        yield None


def size(paths: PathOrPaths) -> int | None:
    """How many bytes some sources have; `None` where that is not known before they are read.

    >>> size("-") is None
    True
    """
    try:
        origins = expand([paths] if isinstance(paths, (str, PathLike)) else paths)
        files = [Path(origin.name) for origin in origins]
        return sum(file.stat().st_size for file in files if file.is_file()) or None
    except (EctgraphError, OSError, ValueError):
        return None  # reading them will tell


def _within(done: int, total: int | None) -> int | None:
    """The total, unless there turns out to be more: files may be compressed."""
    return total if total is not None and done <= total else None


@contextmanager
def _on_terminal(total: int | None) -> Iterator[Progress]:
    from rich.console import Console  # noqa: PLC0415  # only where it is seen
    from rich.progress import Progress as Bar  # noqa: PLC0415

    done = 0
    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(WHAT, total=total)

        def advance(count: int) -> None:
            nonlocal done
            done += count
            bar.update(task, completed=done)
            if _within(done, total) is None:
                bar.tasks[0].total = None  # `update` takes None for no change

        yield advance


class _InCell:
    """A bar below a cell of a notebook, once that takes more than a moment."""

    def __init__(self, paths: PathOrPaths) -> None:
        self._paths = paths
        self._total: int | None = None
        self._done = 0
        self._next = time.monotonic() + PATIENCE
        self._handle: Any = None

    def advance(self, count: int) -> None:
        """Take in that so many more bytes are done."""
        self._done += count
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + BETWEEN
        if self._handle is None:
            display = import_module("IPython.display").display  # a kernel has it
            self._total = size(self._paths)
            self._handle = display(self._picture(), raw=True, display_id=True)
        else:
            self._handle.update(self._picture(), raw=True)

    def take_away(self) -> None:
        """Leave nothing of it, also in a notebook that is saved."""
        if self._handle is not None:
            self._handle.update({}, raw=True)

    def _picture(self) -> dict[str, str]:
        """The bar as text, and as a page shows it."""
        total = _within(self._done, self._total)
        said = f"{WHAT}: {self._done:,}{f' of {total:,}' if total else ''} bytes"
        value = f' value="{self._done}" max="{total}"' if total else ""
        bar = f'<progress{value} aria-label="{said}"></progress>'
        return {"text/plain": said, "text/html": f"{bar} {said}"}
