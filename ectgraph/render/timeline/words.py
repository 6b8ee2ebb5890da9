"""What is said above and below a timeline: what it shows, what its marks mean, what it leaves out.

Plain text of ours; ids in it are as they were found, and are escaped where they are written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ectgraph import labels
from ectgraph.render.timeline.moments import MOST_LANES, Moments
from ectgraph.render.timeline.overview import Cell

Mark = Literal[
    "task",
    "unverified",
    "duplicate",
    "findings",
    "recorded",
    "link",
    "back",
    "cut",
    "early",
    "count",
    "some findings",
    "some unverified",
    "some duplicates",
]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a legend."""

    mark: Mark
    words: str


def title(moments: Moments) -> str:
    """What the picture is, in a line."""
    agents = sum(lane.agents for lane in moments.lanes if lane.iss or lane.agents > 1)
    words = f"Timeline of {labels.count(moments.tasks, 'task')}"
    words += f" by {labels.count(agents, 'agent')}" if agents else ""
    return f"{words}: counts, not single tasks" if moments.tight else words


def stretch(moments: Moments) -> str:
    """From when to when."""
    if not moments.bars:
        return "no task has a time"
    first = min(bar.iat for bar in moments.bars)
    last = max(bar.iat for bar in moments.bars)
    if first == last:
        return f"all issued at {labels.time(first)}"
    length = labels.seconds(last - first)
    return f"issued {labels.time(first).removesuffix(' UTC')} – {labels.time(last)}, {length}"


def notes(moments: Moments) -> tuple[str, ...]:
    """What it leaves out, and what else has to be known to read it."""
    return (*_narrowed(moments), *_without_time(moments), *_not_drawn(moments))


def _narrowed(moments: Moments) -> Iterator[str]:
    for phrase in moments.scope:
        yield f"only {phrase}"
    if moments.left.outside:
        yield f"{_are(moments.left.outside, 'task')} outside of what was asked for"


def _without_time(moments: Moments) -> Iterator[str]:
    left = moments.left
    if left.missing:
        tasks = labels.count(left.missing, "missing task")
        yield f"not in the picture: {tasks} (no record, no time)"
    if left.timeless:
        yield (
            f"not in the picture: {labels.count(left.timeless, 'task')} without an iat"
            " that a calendar holds"
        )
    if left.unreadable:
        yield f"not in the picture: {labels.count(left.unreadable, 'record')} without a task"
    if left.unplaced:
        findings, them = labels.count(left.unplaced, "finding"), _of(left.unplaced, "it", "them")
        yield f"{findings} about no task that is drawn: `ectgraph lint` tells {them}"
    if left.spans:
        tasks, its = labels.count(left.spans, "task"), _of(left.spans, "its", "their")
        yield f"no span drawn of {tasks}: {its} exec_time_ms is not usable"
    if left.records:
        yield f"{labels.count(left.records, 'recorded time')} that no calendar holds: not drawn"


def _not_drawn(moments: Moments) -> Iterator[str]:
    left = moments.left
    if moments.tight:
        yield (
            "more tasks than can be drawn one by one: counts by agent and time of issue;"
            " no links, spans or recorded times"
        )
    recorded = sum(bool(bar.recorded) and not bar.early for bar in moments.bars)
    if moments.plain and recorded:
        yield f"recorded times of {labels.count(recorded, 'task')} are not drawn"
    if left.links:
        yield f"{_are(left.links, 'parent link')} not drawn"
    if left.loose_links:
        yield f"{labels.count(left.loose_links, 'parent link')} to or from what has no place here"
    if moments.ruler.cuts:
        lengths = [labels.seconds(cut.left_out) for cut in moments.ruler.cuts]
        yield f"cut out of the axis, where no task shown is known to run: {', '.join(lengths)}"
    if left.crowded:
        yield f"{labels.count(left.crowded, 'task')} drawn over others, for want of rows"
    if left.unnamed:
        yield f"codes of {labels.count(left.unnamed, 'task')} with findings are not written out"
    shared = [lane.agents for lane in moments.lanes if lane.agents > 1]
    if shared:
        yield f"the {MOST_LANES} busiest agents have lanes; {shared[0]:,} others share one"


def _are(number: int, noun: str) -> str:
    return f"{labels.count(number, noun)} {_of(number, 'is', 'are')}"


def _of(number: int, one: str, more: str) -> str:
    """The word for so many."""
    return one if number == 1 else more


def legend(moments: Moments) -> Iterator[Row]:
    """The marks that occur, in words, with how many there are."""
    bars = moments.bars
    back = [way for way in moments.links if way.back]
    recorded = sum(bool(bar.recorded) for bar in bars)
    verified = sum(bar.verified for bar in bars)
    times = "mark at its issue (iat), bar since its begin (exec_time_ms)"
    hollow = "hollow, double line: not verified"
    for mark, number, words in (
        ("task", verified, f"verified task: {times}"),
        ("unverified", len(bars) - verified, hollow if verified else f"{hollow}; {times}"),
        (
            "duplicate",
            sum(b.duplicate for b in bars),
            "two marks: recorded more than once; drawn by the first that verified, or the first",
        ),
        ("findings", sum(b.severity is not None for b in bars), "thick line: findings, by code"),
        ("recorded", 0 if moments.plain else recorded, "upright stroke: recorded in the ledger"),
        ("early", sum(b.early > 0 for b in bars), "recorded before it was issued"),
        ("link", len(moments.links) - len(back), "parent link, to where the child began"),
        ("back", len(back), "dashed: the child was issued before its parent"),
        ("cut", len(moments.ruler.cuts), "cut: no task shown is known to run here; not to scale"),
    ):
        if number:
            yield Row(mark, f"{words} ({number:,})")  # type: ignore[arg-type]


def counted(cells: Sequence[Cell]) -> Iterator[Row]:
    """The marks of an overview, in words, with how many tasks there are of each."""
    codes: Counter[str] = Counter()
    for cell in cells:
        codes.update(dict(cell.findings))
    named = [f"{code} ×{number:,}" for code, number in sorted(codes.items())]
    for mark, number, words in (
        (
            "count",
            sum(c.tasks for c in cells),
            "tasks issued in a stretch of time; the stronger, the more",
        ),
        ("some findings", codes.total(), f"findings among them: {labels.some(named, 12)}"),
        ("some unverified", sum(c.unverified for c in cells), "some not verified"),
        ("some duplicates", sum(c.duplicates for c in cells), "some recorded more than once"),
    ):
        if number:
            yield Row(mark, f"{words} ({number:,})")  # type: ignore[arg-type]
