"""What the marks of a timeline mean, drawn below it: a sample of each, and words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from ectgraph.render.style import Style
from ectgraph.render.timeline import words
from ectgraph.render.timeline.moments import Moments
from ectgraph.render.timeline.overview import Cell

Spec: TypeAlias = dict[str, Any]

_SQUARES = "M-1,-1H1V1H-1ZM-0.4,-0.4H0.4V0.4H-0.4Z"
_SHEETS = "M-1,-0.6H0.6V1H-1ZM-0.6,-0.6V-1H1V0.6H0.6V-0.6Z"
_HOLLOW_SHEETS = "M-1,-0.6H0.6V1H-1ZM-0.6,-0.2H0.2V0.6H-0.6ZM-0.6,-0.6V-1H1V0.6H0.6V-0.6Z"
SHAPES = ("circle", _SQUARES, _SHEETS, _HOLLOW_SHEETS)
"""Of the mark at a task's end: verified, not verified; so for those recorded more than once."""


def legend(moments: Moments, cells: Sequence[Cell], style: Style, height: float) -> Iterator[Spec]:
    """What the marks mean, below the plot: a sample of each, and words."""
    found = words.counted(cells) if moments.tight else words.legend(moments)
    for number, row in enumerate(found):
        y = height + 20 + number * 17
        text = {
            "type": "text",
            "align": "left",
            "baseline": "middle",
            "fontSize": 11,
            "fill": style.ink,
            "text": row.words,
        }
        yield from (_still(each, y) for each in _sample(row.mark, style))
        yield _still(text | {"x": 40}, y)


def _still(mark: Spec, y: float) -> Spec:
    """A mark at a fixed place."""
    mark = dict(mark)
    encoding = {"x": {"value": mark.pop("x")}, "y": {"value": y + mark.pop("y", 0)}}
    for name in ("x2", "y2"):
        if name in mark:
            encoding[name] = {"value": mark.pop(name) + (y if name == "y2" else 0)}
    made = {"aria": False} | mark
    return {"data": {"values": [{}]}, "mark": made, "encoding": encoding}


def _sample(mark: words.Mark, style: Style) -> list[Spec]:
    """How a mark looks."""
    bar: Spec = {
        "type": "rect",
        "x": 2,
        "x2": 24,
        "y": -5,
        "y2": 5,
        "stroke": style.outline,
        "fill": style.palette[0],
        "strokeWidth": 0.9,
    }
    stamp: Spec = {
        "type": "point",
        "x": 24,
        "size": 60,
        "fill": style.palette[0],
        "opacity": 1,
        "stroke": style.ink,
        "strokeWidth": 1.1,
        "shape": SHAPES[0],
    }
    rule: Spec = {"type": "rule", "x": 2, "x2": 30, "stroke": style.line, "strokeWidth": 0.9}
    hollow: Spec = {"fill": style.canvas}
    inner = bar | {"x": 4.5, "x2": 21.5, "y": -2.5, "y2": 2.5, "fill": None}
    upright = {"x": 30, "x2": 30, "y": -5, "y2": 5}
    red = {"stroke": style.error, "strokeWidth": 1.8, "strokeDash": [5, 3]}
    corner: Spec = {"type": "point", "x": 16, "size": 40, "opacity": 1, "strokeWidth": 1}
    return {
        "task": [bar, stamp],
        "unverified": [bar | hollow, inner, stamp | hollow | {"shape": SHAPES[1]}],
        "duplicate": [bar, stamp | {"shape": SHAPES[2]}],
        "findings": [bar | {"stroke": style.error, "strokeWidth": 2.2}],
        "recorded": [rule | {"stroke": style.faint}, rule | upright | {"stroke": style.faint}],
        "early": [
            rule | red | {"strokeDash": [3, 2]},
            rule | red | {"strokeDash": [1, 0]} | upright | {"x": 2, "x2": 2},
        ],
        "link": [rule],
        "back": [rule | red],
        "cut": [bar | {"fill": style.canvas, "stroke": style.faint, "strokeDash": [2, 3]}],
        "count": [bar | {"fill": style.note, "fillOpacity": 0.35, "stroke": None}],
        "some findings": [
            corner | {"shape": "triangle-up", "fill": style.error, "stroke": style.canvas}
        ],
        "some unverified": [
            corner | {"shape": SHAPES[1], "fill": style.canvas, "stroke": style.ink}
        ],
        "some duplicates": [
            corner | {"shape": SHAPES[2], "fill": style.canvas, "stroke": style.ink}
        ],
    }[mark]
