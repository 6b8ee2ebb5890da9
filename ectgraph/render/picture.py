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
from pathlib import Path

from ectgraph import escape
from ectgraph.errors import EctgraphError

PURE = ("svg", "png", "jpg", "json")
"""What both programs can make."""
SYSTEM = ("pdf", "eps", "webp", "gif")
"""What only the system's Graphviz can make."""
TIME_LIMIT = 30
"""Seconds that a layout may take."""


QUICK = "-Gnslimit=8"
"""How often Graphviz may improve places, for each box: without a limit, 200 boxes in a row with 100
arrows across took more than 20 seconds, with it 1; pictures of usual ledgers are the same."""


class LayoutError(EctgraphError):
    """Graphviz found no layout; it may find one for fewer boxes."""


class SlowLayoutError(LayoutError):
    """The layout took too long, and was ended."""


def program(picture_format: str = "svg") -> str:
    """The program that draws.

    Raises:
        EctgraphError: there is none, or none for this format.

    """
    dot = shutil.which("dot")
    if dot is None and picture_format in SYSTEM:
        message = (
            f".{picture_format} needs the system's Graphviz (apt install graphviz, brew install "
            "graphviz); .svg and .png do without"
        )
        raise EctgraphError(message)
    scripts = os.pathsep.join([sysconfig.get_path("scripts"), str(Path(sys.executable).parent)])
    found = dot or shutil.which("graphviz-pure", path=scripts) or shutil.which("graphviz-pure")
    if found is None:
        message = "no Graphviz to draw with; install it: pip install graphviz-pure"
        raise EctgraphError(message)
    return found


def draw(dot: str, picture_format: str) -> bytes:
    """Draw DOT: `svg`, `png` and more; `json` is Graphviz' own, with positions.

    Raises:
        SlowLayoutError: it took longer than `TIME_LIMIT`.
        LayoutError: Graphviz failed.
        EctgraphError: there is no Graphviz.

    """
    command = [program(picture_format), QUICK, f"-T{picture_format}"]
    try:
        done = subprocess.run(  # noqa: S603  # our own command line; token text goes to stdin
            command, input=dot.encode(), capture_output=True, timeout=TIME_LIMIT, check=True
        )
    except subprocess.TimeoutExpired as error:
        message = f"the layout took more than {TIME_LIMIT} s; draw fewer tasks, or save as .dot"
        raise SlowLayoutError(message) from error
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"]
        message = f"{Path(command[0]).name} failed: {escape.terminal(said[-1], escape.LONG)}"
        raise LayoutError(message) from error
    except OSError as error:
        message = f"{command[0]}: cannot be run ({error.strerror})"
        raise EctgraphError(message) from error
    return done.stdout
