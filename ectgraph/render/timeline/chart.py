"""Moments + Style -> a Vega-Lite specification, a plain dictionary.

Everything that a token says is in the data, never in an expression, a field's name or a title that
is parsed; and it went through `escape` on the way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ectgraph import escape
from ectgraph.render.style import Style
from ectgraph.render.timeline import marks, words
from ectgraph.render.timeline.controls import enliven, main_layer
from ectgraph.render.timeline.legend import Spec, legend
from ectgraph.render.timeline.moments import WIDTH, Moments
from ectgraph.render.timeline.overview import Cell
from ectgraph.render.timeline.rows import Layout, Row, ms
from ectgraph.render.timeline.ruler import CALENDAR

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
FONTS = "Arial, Liberation Sans, sans-serif"
LINE = 180
"""Characters of a line of text."""


def spec(
    moments: Moments,
    cells: Sequence[Cell],
    style: Style,
    data: Mapping[str, list[Row]],
    *,
    interactive: bool = False,
) -> Spec:
    """The chart without its data, which goes in as `datasets`; see `rows`."""
    layout = Layout(moments)
    layers = marks.layers(moments, cells, style, layout, data)
    layers += legend(moments, cells, style, layout.height)
    if interactive:
        enliven(layers)
    _time_axis(layers, moments, style)
    made: Spec = {
        "$schema": SCHEMA,
        "description": "A timeline of tasks by agent; times are UTC.",
        "width": WIDTH,
        "height": layout.height,
        "background": style.canvas,
        "padding": 14,
        "title": _title(moments, style),
        "config": _config(style, interactive=interactive),
        "layer": layers,
    }
    if interactive:
        made["params"] = [{"name": "search", "value": ""}]
    return made


def _time_axis(layers: list[Spec], moments: Moments, style: Style) -> None:
    """Give all that lies along the axis of time its scale, and one layer the axis itself."""
    for layer in layers:
        along = layer["encoding"].get("x", {})
        if "field" in along:
            along |= {"type": "temporal", "scale": {"type": "utc", "nice": False}}
    main_layer(layers)["encoding"]["x"] |= {
        "axis": {
            "orient": "top",
            "title": "time of issue (iat), UTC",
            "labelExpr": _label(moments),
            "labelOverlap": "greedy",
            "labelSeparation": 8,
            "labelFlush": False,
            "tickCount": 7 if moments.ruler.cuts else 8,
            "grid": True,
            "gridColor": style.faint,
            "gridOpacity": 0.25,
            "domainColor": style.faint,
            "tickColor": style.faint,
        },
    }


def _label(moments: Moments) -> str:
    """An expression for the text of a tick: its true time, none in a cut or off the calendar."""
    place = moments.ruler.place
    true, bare = "time(datum.value)", []
    for cut in moments.ruler.cuts:
        true += f" + (time(datum.value) >= {ms(place(cut.end))} ? {ms(cut.left_out)} : 0)"
        bare.append(
            f"(time(datum.value) > {ms(place(cut.start))}"
            f" && time(datum.value) < {ms(place(cut.end))})"
        )
    day = "true" if bare else "datum.index === 0"
    bare += [f"{true} < {ms(CALENDAR.start)}", f"{true} >= {ms(CALENDAR.stop)}"]
    whole_day = " + ".join(f"utc{unit}({true})" for unit in ("hours", "minutes", "seconds"))
    text = (
        f"{whole_day} + utcmilliseconds({true}) === 0 ? utcFormat({true}, '%Y-%m-%d')"
        f" : utcFormat({true}, ({day} ? '%Y-%m-%d ' : '') + '%H:%M:%S'"
        f" + (utcmilliseconds({true}) ? '.%L' : ''))"
    )
    return f"({' || '.join(bare)}) ? '' : ({text})"


def _title(moments: Moments, style: Style) -> Spec:
    lines = [words.stretch(moments), *words.notes(moments)]
    return {
        "text": words.title(moments),
        "subtitle": [escape.terminal(line, LINE) for line in lines],
        "anchor": "start",
        "frame": "bounds",
        "fontSize": 16,
        "subtitleFontSize": 11.5,
        "subtitlePadding": 5,
        "subtitleLineHeight": 15,
        "offset": 14,
        "color": style.ink,
        "subtitleColor": style.faint,
    }


def _config(style: Style, *, interactive: bool) -> Spec:
    ground = "transparent" if interactive else None  # without one, the wheel is heard by bars only
    return {
        "font": f"{style.font}, {FONTS}",
        "view": {"stroke": style.faint, "strokeOpacity": 0.5, "fill": ground},
        "axis": {
            "labelColor": style.ink,
            "titleColor": style.ink,
            "labelFontSize": 10.5,
            "titleFontSize": 11,
            "titleFontWeight": "normal",
        },
        "aria": False,
    }
