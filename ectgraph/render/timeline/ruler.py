"""Times -> places along an axis. Long stretches where nothing runs are cut out, and that is shown.

A ledger may hold an hour of this year and an hour of another. Between two cuts a place is the time
itself, less what was cut out before it; the axis says the true time.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate

CALENDAR = range(-62_135_596_800, 253_402_300_800)
"""The years 1 to 9999, in seconds since 1970."""
MOST_CUTS = 12
"""Stretches that are cut out, at most."""
SLIVER = 20
"""Stretches are cut out where all the rest would be less than one in so many parts of the axis."""
EMPTIER = 3
"""And each of them has to be so many times as long as all of that rest."""
STRIP = 0.06
"""What is left of a stretch that was cut out, as a part of all that is drawn."""
_UNITS = (86_400, 21_600, 3600, 600, 60, 10, 1, 0.1, 0.01, 0.001)


def on_calendar(seconds: float | None) -> bool:
    """Whether a NumericDate is a time that can be drawn.

    >>> on_calendar(1771943000), on_calendar(10**15), on_calendar(None), on_calendar(float("nan"))
    (True, False, False, False)
    """
    return seconds is not None and CALENDAR.start <= seconds < CALENDAR.stop


@dataclass(frozen=True, slots=True)
class Cut:
    """A stretch of time in which no task runs, most of which is left out."""

    start: float
    """Where it begins, in seconds since 1970; so for its end."""
    end: float
    left_out: float
    """How many seconds of it are not drawn."""


@dataclass(frozen=True, slots=True)
class Ruler:
    """An axis of time."""

    first: float
    last: float
    cuts: tuple[Cut, ...] = ()

    @classmethod
    def of(cls, spans: Iterable[tuple[float, float]]) -> Ruler:
        """An axis for these spans, on which each can be told from the next as well as may be.

        Args:
            spans: (begin, end), in seconds since 1970; both are one where it is a point in time.
                No part of a span is ever cut out, however long it is.

        >>> year = 365 * 86400
        >>> Ruler.of([(0, 10), (20, 20), (year, year + 5)]).cuts
        (Cut(start=20, end=31536000, left_out=31535978),)
        >>> Ruler.of([(0, 10), (20, year + 5)]).cuts
        ()
        """
        known = sorted(spans) or [(0.0, 0.0)]
        first, last = known[0][0], max(end for _, end in known)
        return cls(first, last, tuple(_cuts(list(_gaps(known)), last - first)))

    def place(self, seconds: float) -> float:
        """Where a time is: the time itself, less what was cut out before it.

        >>> Ruler(0, 1000, (Cut(10, 110, 90),)).place(120)
        30
        >>> Ruler(0, 1000, (Cut(10, 110, 90),)).place(60)
        15.0
        """
        before = bisect_left(self.cuts, seconds, key=lambda cut: cut.start)
        if not before:
            return seconds
        cut = self.cuts[before - 1]
        gone = sum(each.left_out for each in self.cuts[: before - 1])
        if seconds >= cut.end:
            return seconds - gone - cut.left_out
        within = (seconds - cut.start) / (cut.end - cut.start)
        return cut.start - gone + within * (cut.end - cut.start - cut.left_out)

    @property
    def length(self) -> float:
        """How many seconds of the axis are drawn."""
        return self.last - self.first - sum(cut.left_out for cut in self.cuts)


def _gaps(known: list[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """The stretches between spans, which come by their begin, that no span covers."""
    reach = known[0][0]
    for start, end in known:
        if start > reach:
            yield reach, start
        reach = max(reach, end)


def _cuts(found: list[tuple[float, float]], total: float) -> list[Cut]:
    """The gaps to cut out: the longest few, where all else would be slivers beside them."""
    gaps = sorted(found, key=lambda gap: (gap[0] - gap[1], gap))[:MOST_CUTS]
    taken = list(accumulate(end - start for start, end in gaps))
    number = 0
    for place, ((start, end), so_far) in enumerate(zip(gaps, taken, strict=True), start=1):
        left = total - so_far
        if 0 < left * SLIVER <= total and end - start >= EMPTIER * left:
            number = place
    if not number:
        return []
    left = total - taken[number - 1]
    strip = max(STRIP * left, 0.002)
    unit = next((unit for unit in _UNITS if unit <= left / 20), _UNITS[-1])
    cuts = []
    for start, end in sorted(gaps[:number]):
        left_out = int((end - start - strip) / unit) * unit  # so ticks stay at round times
        cuts.append(Cut(start, end, left_out))
    return [cut for cut in cuts if cut.left_out > 0]
