"""DOT -> picture, by Graphviz: the system's `dot`, or the pip-installable `graphviz-pure`.

The only file that runs an outside program. It is always run with a time limit: a layout of many
thousand nodes may never end.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from ectgraph.errors import EctgraphError

PICTURES = ("svg", "png")
MAX_NODES = 400
"""Tasks that a picture shows; above that nobody can read it, and few programs can draw it."""
TIME_LIMIT = 60
"""Seconds that a layout may take."""


def program() -> str:
    """The program that draws.

    Raises:
        EctgraphError: there is none.

    """
    scripts = os.pathsep.join([sysconfig.get_path("scripts"), str(Path(sys.executable).parent)])
    found = (
        shutil.which("dot")
        or shutil.which("graphviz-pure", path=scripts)
        or shutil.which("graphviz-pure")
    )
    if found is None:
        message = "no Graphviz to draw with; install it: pip install graphviz-pure"
        raise EctgraphError(message)
    return found


def draw(dot: str, picture_format: str) -> bytes:
    """Draw DOT as `svg` or `png`.

    Raises:
        EctgraphError: there is no Graphviz, it failed, or it took longer than `TIME_LIMIT`.

    """
    command = [program(), f"-T{picture_format}"]
    try:
        done = subprocess.run(  # noqa: S603  # our own command line; token text goes to stdin
            command, input=dot.encode(), capture_output=True, timeout=TIME_LIMIT, check=True
        )
    except subprocess.TimeoutExpired as error:
        message = f"the layout took more than {TIME_LIMIT} s; draw fewer tasks, or save as .dot"
        raise EctgraphError(message) from error
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"]
        message = f"{Path(command[0]).name} failed: {said[-1]}"
        raise EctgraphError(message) from error
    except OSError as error:
        message = f"{command[0]}: cannot be run ({error.strerror})"
        raise EctgraphError(message) from error
    return done.stdout


@dataclass(frozen=True)
class Drawing:
    """A diagram: its DOT text, drawn when somebody looks."""

    dot: str
    """The complete graph, or what `hidden` leaves of it."""
    hidden: int = 0
    """How many tasks the drawing does not show."""

    def svg(self) -> str:
        """The picture as SVG text."""
        return draw(self.dot, "svg").decode()

    def png(self) -> bytes:
        """The picture as PNG."""
        return draw(self.dot, "png")

    def save(self, path: str | PathLike[str]) -> Path:
        """Write it to a file; the suffix says how: `.dot`, `.gv`, `.svg` or `.png`.

        Raises:
            EctgraphError: another suffix, or the file cannot be written.

        """
        target = Path(path)
        kind = suffix(target)
        data = self.dot.encode() if kind == "dot" else draw(self.dot, kind)
        try:
            target.write_bytes(data)
        except OSError as error:
            message = f"{target}: cannot be written ({error.strerror})"
            raise EctgraphError(message) from error
        return target

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """Show as a picture in Jupyter, with the DOT text where pictures are not shown."""
        return {"image/svg+xml": self.svg(), "text/plain": self.dot}


def suffix(path: Path) -> str:
    """What a file name asks for: `dot`, `svg` or `png`.

    Raises:
        EctgraphError: it asks for something else.

    >>> suffix(Path("a/b.gv"))
    'dot'

    """
    kind = path.suffix.lower().removeprefix(".").replace("gv", "dot")
    if kind not in ("dot", *PICTURES):
        message = f"{path}: unknown kind of picture; use .dot, .svg or .png"
        raise EctgraphError(message)
    return kind
