"""Moments -> where everything is, as rows of data for a chart.

Here claims go through `escape`: what a chart is given is text that any program may show.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from ectgraph import escape, labels
from ectgraph.model import Severity
from ectgraph.render.style import Style
from ectgraph.render.timeline.moments import WIDTH, Lane, Moments
from ectgraph.render.timeline.overview import BINS, Cell, abbreviated

Row: TypeAlias = dict[str, Any]
Data: TypeAlias = dict[str, list[Row]]

MOST_SAID = 60
"""Jumps back in time that are put in words, the longest first."""


class Layout:
    """Where lanes and rows are, in pixels from the top of the plot."""

    def __init__(self, moments: Moments) -> None:
        """Give each lane its height: its rows', or its name's."""
        rows = sum(lane.rows for lane in moments.lanes)
        least = 10.0 if any(bar.words for bar in moments.bars) else 5.0  # for a line of small text
        self.row = 18.0 if moments.named else max(least, min(16.0, 900 // max(rows, 1)))
        if moments.tight:
            self.row = 22.0
        self.tops: list[float] = []
        top = 0.0
        for lane in moments.lanes:
            self.tops.append(top)
            top += max(lane.rows * self.row, 13) + 6
        self.tops.append(top)

    @property
    def height(self) -> float:
        """Of the plot."""
        return max(self.tops[-1], 40)

    def middle(self, lane: int, row: int) -> float:
        """Of a row."""
        return self.tops[lane] + 3 + (row + 0.5) * self.row

    @property
    def bar(self) -> float:
        """How high a bar is."""
        return max(3.0, self.row - (6 if self.row > 10 else 2))


def rows(
    moments: Moments, cells: Sequence[Cell], style: Style, *, interactive: bool = False
) -> Data:
    """What is drawn, as rows of data: the same for every theme with as many colours.

    Args:
        moments: what happened when.
        cells: counts, where there are too many tasks for bars.
        style: the looks.
        interactive: whether somebody may point at things and look for them.

    """
    layout = Layout(moments)
    data = {
        "ends": _ends(moments),
        "lanes": list(_lanes(moments, layout, style)),
        "cuts": list(_cuts(moments)),
    }
    if moments.tight:
        return data | {"cells": [_cell(cell, moments, layout) for cell in cells]}
    colours = len(style.palette)
    bars = list(_bars(moments, layout, colours, interactive=interactive))
    return data | {
        "bars": bars,
        "links": list(_links(moments, layout)),
        "records": list(_records(moments, layout)),
    }


def _lanes(moments: Moments, layout: Layout, style: Style) -> Iterator[Row]:
    shorts = Counter(_short(lane) for lane in moments.lanes)
    for number, lane in enumerate(moments.lanes):
        name = _short(lane)
        if shorts[name] > 1 and lane.iss is not None:
            name = labels.fit(lane.iss, 44)
        yield {
            "lane": number,
            "name": escape.terminal(name, 60),
            "iss": escape.terminal(lane.iss or name, 200),
            "tasks": f"{lane.tasks:,}",
            "slot": -1 if lane.slot is None else lane.slot % len(style.palette),
            "y": layout.tops[number],
            "y2": layout.tops[number + 1],
            "m": (layout.tops[number] + layout.tops[number + 1]) / 2,
            "odd": number % 2,
        }


def _ends(moments: Moments) -> list[Row]:
    """From where to where the axis goes: with room for marks, and at its end for words.

    Vega-Lite cannot zoom an axis of time whose ends are stated; so they are data.
    """
    ruler = moments.ruler
    pixel = (ruler.length or 60) / (WIDTH - moments.margin - 30)
    first = ruler.first - 15 * pixel
    last = ruler.place(ruler.last) + (15 + moments.margin) * pixel
    return [{"s": ms(first), "y": 0}, {"s": ms(last), "y": 0}]


def _short(lane: Lane) -> str:
    if lane.agents > 1:
        return f"{lane.agents:,} other agents"
    return "(no agent)" if lane.iss is None else labels.fit(labels.agent(lane.iss), 28)


def _cuts(moments: Moments) -> Iterator[Row]:
    place = moments.ruler.place
    for cut in moments.ruler.cuts:
        yield {
            "s": ms(place(cut.start)),
            "e": ms(place(cut.end)),
            "h": ms((place(cut.start) + place(cut.end)) / 2),
            "w": f"{labels.seconds(cut.left_out)} left out",
        }


def ms(seconds: float) -> float:
    """A place on the axis in milliseconds, as JavaScript has it; whole where that loses nothing."""
    number = round(seconds * 1000, 3)
    return int(number) if number == int(number) else number


def _bars(moments: Moments, layout: Layout, colours: int, *, interactive: bool) -> Iterator[Row]:
    place, half = moments.ruler.place, layout.bar / 2
    many = moments.plain
    narrow = 10 * (moments.ruler.length or 1) / (WIDTH - moments.margin)
    for bar in moments.bars:
        middle = layout.middle(bar.lane, bar.row)
        slot = moments.lanes[bar.lane].slot
        state = (not bar.verified) + 2 * bar.duplicate
        row: Row = {
            "s": ms(place(bar.start)),
            "e": ms(place(bar.iat)),
            "q": ms(place(bar.last)),
            "y": round(middle - half, 2),
            "y2": round(middle + half, 2),
            "m": round(middle, 2),
            "lane": bar.lane,
            "slot": -1 if slot is None else slot % colours,
            "state": state,
            "bad": _word(bar.severity),
            "double": not bar.verified and bar.iat - bar.start > narrow,
            "stamp": not many or bool(state) or bar.severity is not None,
            "w": escape.terminal(bar.words, 120),
        }
        if interactive:
            row |= _told(bar.claims, bar.iat)
            row["find"] = escape.terminal(f"{bar.jti} {bar.exec_act or ''}", 200).lower()
            row["task"] = bar.task  # as found: a page looks it up, and shows it nowhere
        yield row


def _told(claims: Sequence[tuple[str, str]], iat: float) -> dict[str, str]:
    """What a bar says when it is pointed at: plain text, one claim a line."""
    lines = [f"{escape.terminal(name, 60)}: {escape.terminal(text, 240)}" for name, text in claims]
    return {"tip": "\n".join([*lines, f"iat as stated: {iat}"])}


def _word(severity: Severity | None) -> str:
    """How a mark is told to be bad; `fatal` findings are of no task."""
    return "" if severity is None else "error" if severity is Severity.FATAL else severity.value


def _links(moments: Moments, layout: Layout) -> Iterator[Row]:
    place, bars = moments.ruler.place, moments.bars
    for number, way in enumerate(moments.links):
        parent, child = bars[way.parent], bars[way.child]
        begun = child.start if child.start >= parent.iat else child.iat
        start, end = place(parent.iat), place(begun)
        above, below = (layout.middle(bar.lane, bar.row) for bar in (parent, child))
        row: Row = {
            "s": ms(start),
            "e": ms(end),
            "y": round(above, 2),
            "y2": round(below, 2),
            "back": way.back > 0,
            "lane": child.lane,
        }
        if way.back and number < MOST_SAID:
            said = f"issued {labels.seconds(way.back)} before its parent"
            row |= {"h": ms((start + end) / 2), "m": round((above + below) / 2, 2), "w": said}
        yield row


def _records(moments: Moments, layout: Layout) -> Iterator[Row]:
    """The times at which the ledger took tokens in; of very many tasks only the impossible ones."""
    place = moments.ruler.place
    many = moments.plain
    reach = max(2.0, layout.bar / 2)
    by_gap = sorted(moments.bars, key=lambda bar: -bar.early)
    for number, bar in enumerate(by_gap):
        middle = layout.middle(bar.lane, bar.row)
        for time in bar.recorded:
            early = time < bar.iat
            if many and not early:
                continue
            row: Row = {
                "s": ms(place(bar.iat)),
                "e": ms(place(time)),
                "y": round(middle - reach, 2),
                "y2": round(middle + reach, 2),
                "m": round(middle, 2),
                "early": early,
                "lane": bar.lane,
            }
            if early and not moments.named and number < MOST_SAID:
                row["w"] = f"recorded {labels.seconds(bar.iat - time)} before its issue"
            yield row


def _cell(cell: Cell, moments: Moments, layout: Layout) -> Row:
    start, wide = moments.ruler.first, (moments.ruler.length or 1) / BINS
    begin = start + cell.bin * wide
    top, bottom = layout.tops[cell.lane] + 1, layout.tops[cell.lane + 1] - 1
    told = [f"{cell.tasks:,} tasks"]
    told += [f"{cell.unverified:,} not verified"] if cell.unverified else []
    told += [f"{cell.duplicates:,} recorded more than once"] if cell.duplicates else []
    told += [f"findings: {cell.codes}"] if cell.findings else []
    return {
        "s": ms(begin),
        "e": ms(begin + wide),
        "h": ms(begin + wide / 2),
        "y": top,
        "y2": bottom,
        "m": (top + bottom) / 2,
        "n": cell.tasks,
        "w": abbreviated(cell.tasks),
        "lane": cell.lane,
        "state": bool(cell.unverified) + 2 * bool(cell.duplicates),
        "bad": _word(cell.severity),
        "find": "",
        "tip": "\n".join(told),
    }
