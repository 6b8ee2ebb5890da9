"""Draw the sample ledgers, and write the gallery that shows them: `make docs`.

Diagrams are drawn by `graphviz-pure`, which is a dependency and makes the same of a text
everywhere. A test fails when the text of a picture (DOT, or the specification of a timeline) is
stale.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ectgraph
from ectgraph.render.drawing import Drawing
from ectgraph.render.timeline.drawing import Timeline

FOLDER = Path(__file__).parent
GALLERY = FOLDER / "gallery"
SAMPLES = FOLDER.parent / "sample_ledgers"

HEAD = """\
# The sample ledgers, drawn

Each [sample ledger](../sample_ledgers/README.md) as `ectgraph draw` draws it, and some of them in
[other ways](#in-other-ways). What can be asked for is told on the page of [pictures](pictures.md).
A box is a task, in the colour of its agent, and arrows lead from a task to those that build on it.
Below each picture stands what its marks mean.

*Made by `make docs` from the ledgers; change `docs/gallery.py`, not this page.*
"""


@dataclass(frozen=True)
class Plate:
    """A picture of the gallery."""

    file: str
    """The sample ledger."""
    tells: str
    """What it shows, in a sentence."""
    options: dict[str, Any] = field(default_factory=dict)
    """What is asked for: of `case.draw` and of the command alike."""
    view: str = ""
    """What tells it from another picture of the same ledger."""
    command: str = "draw"

    @property
    def name(self) -> str:
        """The name of its files, without suffix."""
        return self.file.partition(".")[0] + (f"-{self.view}" if self.view else "")

    @property
    def source(self) -> Path:
        """The file that the picture is drawn from."""
        return GALLERY / f"{self.name}.{'json' if self.command == 'timeline' else 'dot'}"

    @property
    def svg(self) -> Path:
        """The file of the picture."""
        return GALLERY / f"{self.name}.svg"

    def drawn(self) -> Drawing | Timeline:
        """The picture itself."""
        with chdir(FOLDER.parent):  # records tell the name of their file as it was given
            case = ectgraph.load(
                f"sample_ledgers/{self.file}", f"sample_ledgers/{keys_of(self.file)}"
            )
            return getattr(case, self.command)(**self.options)

    def text(self) -> str:
        """What it is drawn from."""
        drawn = self.drawn()
        return drawn.json() if isinstance(drawn, Timeline) else drawn.dot

    def line(self) -> str:
        """The command that draws it."""
        words = [f"sample_ledgers/{self.file} --keys sample_ledgers/{keys_of(self.file)}"]
        for name, value in self.options.items():
            option = f"--{name.replace('_', '-')}".replace("--style", "--theme")
            words.append(option if value is True else f"{option} {value}")
        return f"ectgraph {self.command} {' '.join(words)} -o {self.name}.svg"


def keys_of(file: str) -> str:
    """The keys of a ledger: its own, if it has some."""
    own = f"{file.partition('.')[0]}.keys.json"
    return own if (SAMPLES / own).exists() else "keys.json"


def stories() -> dict[str, str]:
    """What happened in each ledger, by its file, as the table of the samples tells it."""
    page = (SAMPLES / "README.md").read_text("utf-8")
    rows = re.findall(
        r"^\| \[([\w.-]+)\]\(\1\) \| [^|]+ \| [^|]+ \| ([^|]+) \|", page, re.MULTILINE
    )
    return dict(rows)


ASKED = {"wide-join.jsonl": {"collapse": "action"}}
"""How a ledger is drawn where it is not drawn as it is."""
SAMPLE_PLATES = [Plate(file, story, ASKED.get(file, {})) for file, story in stories().items()]
OTHER_PLATES = [
    Plate(
        "old-archive.jsonl.gz",
        "Seven years in a few boxes: tasks of one agent and action are one.",
        {"collapse": "action"},
        "by-action",
    ),
    Plate(
        "unknown-agents.jsonl",
        "Only what has findings, and what is next to it.",
        {"only_findings": True, "hops": 1},
        "findings",
    ),
    Plate(
        "document-pipeline.json",
        "From left to right, in the dark, each agent in a frame.",
        {"direction": "LR", "style": "dark", "cluster": "agent"},
        "dark",
    ),
    Plate(
        "clock-trouble.jsonl",
        "A timeline: one agent's clock is six minutes behind.",
        view="timeline",
        command="timeline",
    ),
    Plate(
        "warehouse-restock.jsonl",
        "A timeline in the dark.",
        {"style": "dark"},
        "timeline",
        "timeline",
    ),
]
PLATES = SAMPLE_PLATES + OTHER_PLATES


def page() -> str:
    """The gallery: a picture, a sentence and a command for each."""
    return "\n".join([HEAD, *_sections()])


def _sections() -> Iterator[str]:
    yield from (f"## {plate.file}\n\n{_shown(plate)}" for plate in SAMPLE_PLATES)
    yield "## In other ways\n"
    yield from map(_shown, OTHER_PLATES)


def _shown(plate: Plate) -> str:
    picture = f"![{plate.tells}](gallery/{plate.svg.name})"
    return f"{plate.tells}\n\n```console\n$ {plate.line()}\n```\n\n{picture}\n"


def svg(plate: Plate, text: str) -> bytes:
    """The picture, drawn by a program that draws it the same everywhere."""
    if plate.command == "timeline":
        return plate.drawn().svg().encode()
    program = shutil.which("graphviz-pure", path=str(Path(sys.executable).parent))
    if program is None:
        message = "pip install graphviz-pure"
        raise SystemExit(message)
    return subprocess.run(  # noqa: S603  # our own text
        [program, "-Tsvg"], input=text.encode(), capture_output=True, check=True
    ).stdout


if __name__ == "__main__":
    shutil.rmtree(GALLERY, ignore_errors=True)
    GALLERY.mkdir()
    for plate in PLATES:
        text = plate.text()
        plate.source.write_text(text, encoding="utf-8")
        plate.svg.write_bytes(svg(plate, text))
        print(plate.svg.relative_to(FOLDER))
    (FOLDER / "gallery.md").write_text(page(), encoding="utf-8")
    print("gallery.md")
