"""A workflow that was really run, as a story.

The tasks, what each builds on, the machine and how long each ran are from `recorded/montage.tsv`.
When each task began was not recorded. Here it begins when the last that it builds on is done: then
at most 21 run at once, and the machine had 48 cores.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from formats import packed
from story import Expect, Story

_TABLE = Path(__file__).with_name("recorded") / "montage.tsv"


def _rows() -> Iterator[tuple[str, int, list[str]]]:
    """Name, milliseconds and parents of each task; parents come before their children."""
    with _TABLE.open(encoding="utf-8", newline="") as file:
        lines = (line for line in file if not line.startswith("#"))
        for row in csv.DictReader(lines, delimiter="\t"):
            yield row["task"], int(row["milliseconds"]), row["parents"].split()


def _run() -> str:
    """The table of the run, a task when it is done."""
    ends: dict[str, int] = {}
    lines: dict[str, str] = {}
    for task, milliseconds, parents in _rows():
        ends[task] = max((ends[parent] for parent in parents), default=0) + milliseconds
        after = f" < {' '.join(parents)}" if parents else ""
        at, program = ends[task] // 1000, task.partition("_")[0]
        lines[task] = f"{at} {task}: mem {program}{after} = files of {task} [ms={milliseconds}]"
    return "\n".join(lines[task] for task in sorted(ends, key=ends.__getitem__))


MONTAGE = Story(
    file="recorded/montage.jsonl.gz",
    tells="A mosaic of the sky is made of 21 images in three bands, in 103 tasks on one machine.",
    domain="montage.example",
    start="2021-03-23T05:57:30Z",
    draft="00",
    write=packed,
    expect=Expect(tasks=103, edges=231, verified=103, keys="recorded/montage.keys.json"),
    table=_run(),
)
