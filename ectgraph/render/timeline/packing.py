"""Bars -> rows: none hides another as long as there is room, with what is written beside it."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import replace

from ectgraph import labels
from ectgraph.render.timeline.moments import WIDTH, Bar, Moments

MOST_ROWS = 12
"""Rows that every lane may have; what does not fit shares the last."""
ALL_ROWS = 240
"""Rows of all lanes together, where there are few: so each may have more."""
MOST_NAMED = 150
"""Tasks up to which each is written out."""
MOST_CODED = (300, 100, 30, 0)
"""Tasks with findings whose codes are written out: as many as leave room for all tasks."""
LETTER = 5.6
"""Width of a letter at the size of a bar's words, in pixels."""
NAME = 24
"""Letters of a task's action."""
_GAP = 9
"""Pixels between what is in one row, marks included; where there are none, 2."""


def packed(made: Moments) -> Moments:
    """With every bar in a row: words beside it too, if that leaves room for all."""
    if made.tight:
        return made
    coded = sorted(
        (number for number, bar in enumerate(made.bars) if bar.codes),
        key=lambda number: (-_rank(made.bars[number]), number),
    )
    if len(made.bars) <= MOST_NAMED:
        named = _rows(made, [_name(bar) for bar in made.bars])
        if not named.left.crowded:
            return replace(named, named=True)
    written = [""] * len(made.bars)
    fewest = _rows(made, written).left.crowded
    for most in MOST_CODED:
        shown = set(coded[:most])
        written = [" ".join(bar.codes) if n in shown else "" for n, bar in enumerate(made.bars)]
        found = _rows(made, written)
        if found.left.crowded <= fewest:
            break
    return replace(found, left=replace(found.left, unnamed=len(coded) - len(shown)))


def _rank(bar: Bar) -> int:
    return -1 if bar.severity is None else bar.severity.rank


def _name(bar: Bar) -> str:
    """A task as it is written out: what was done, its id, its states, its findings."""
    act = labels.fit(bar.exec_act or "(no action)", NAME)
    early = [f"recorded {labels.seconds(bar.early)} before its issue"] if bar.early else []
    codes = [" ".join(bar.codes)] if bar.codes else []
    return "  ".join([f"{act} {labels.short(bar.jti)}", *bar.states, *early, *codes])


def _rows(made: Moments, written: Sequence[str]) -> Moments:
    """Put each bar into the first row of its lane that is free, with its words beside it."""
    margin = min(LETTER * max(map(len, written), default=0), 0.4 * WIDTH)
    scale = (WIDTH - margin) / (made.ruler.length or 1)
    place = made.ruler.place
    most = max(MOST_ROWS, ALL_ROWS // max(len(made.lanes), 1))
    lanes = [_Rows(most) for _ in made.lanes]
    bars = list(made.bars)
    gap = 2 if made.plain else _GAP
    for number in sorted(range(len(bars)), key=lambda number: bars[number].first):
        bar, text = bars[number], written[number]
        last = bar.iat if made.plain else bar.last
        begin, end = place(bar.first) * scale, place(last) * scale
        row = lanes[bar.lane].take(begin, end + LETTER * len(text) + (_GAP if text else gap))
        bars[number] = replace(bar, words=text, row=row)
    return replace(
        made,
        bars=tuple(bars),
        lanes=tuple(
            replace(lane, rows=max(1, rows.number))
            for lane, rows in zip(made.lanes, lanes, strict=True)
        ),
        margin=margin,
        left=replace(made.left, crowded=sum(rows.crowded for rows in lanes)),
    )


class _Rows:
    """The rows of one lane, and until when each is taken."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.number = 0
        self.crowded = 0
        self._taken: list[tuple[float, int]] = []
        self._free: list[int] = []

    def take(self, begin: float, end: float) -> int:
        """The uppermost row that is free from here on; the last, where none is."""
        while self._taken and self._taken[0][0] <= begin:
            heapq.heappush(self._free, heapq.heappop(self._taken)[1])
        if self._free:
            row = heapq.heappop(self._free)
        elif self.number < self.most:
            row, self.number = self.number, self.number + 1
        else:
            self.crowded += 1
            return self.most - 1
        heapq.heappush(self._taken, (end, row))
        return row
