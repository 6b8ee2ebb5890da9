"""Moments + Style -> a Vega-Lite specification, a plain dictionary.

Everything that a token says is in the data, never in an expression, a field's name or a title that
is parsed; and it went through `escape` on the way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ectgraph import escape
from ectgraph.render.style import Style
from ectgraph.render.timeline import words
from ectgraph.render.timeline.controls import enliven, main_layer
from ectgraph.render.timeline.legend import SHAPES, Spec, legend
from ectgraph.render.timeline.moments import WIDTH, Moments
from ectgraph.render.timeline.overview import Cell
from ectgraph.render.timeline.rows import Layout, Row, ms

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
    ends = _layer("ends", {"type": "point", "opacity": 0, "size": 1}, _at("s"), _down("y"))
    layers = [_stripes(style), ends, *_cut_layers(style, layout)]
    if moments.tight:
        layers += _cell_layers(style, cells)
    else:
        layers += [*_link_layers(moments, style), *_record_layers(style)]
        layers += _bar_layers(moments, style, layout)
        layers += _word_layers(style, layout)
    layers += _lane_layers(style)
    layers += legend(moments, cells, style, layout.height)
    layers = _with_rows(layers, data)
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
        "config": _config(style),
        "layer": layers,
    }
    if interactive:
        made["params"] = [{"name": "search", "value": ""}]
    return made


def _at(field: str, second: str | None = None) -> Spec:
    """Along the axis of time, from a field and perhaps to another."""
    found: Spec = {"x": {"field": field, "type": "quantitative"}}
    return found | ({"x2": {"field": second}} if second else {})


def _down(field: str, second: str | None = None) -> Spec:
    """Pixels from the top, from a field and perhaps to another."""
    found: Spec = {
        "y": {"field": field, "type": "quantitative", "scale": None, "axis": None},
    }
    return found | ({"y2": {"field": second}} if second else {})


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
    """An expression for the text of a tick: its true time, and none within a cut."""
    place = moments.ruler.place
    true, within = "time(datum.value)", []
    for cut in moments.ruler.cuts:
        true += f" + (time(datum.value) >= {ms(place(cut.end))} ? {ms(cut.left_out)} : 0)"
        within.append(
            f"(time(datum.value) > {ms(place(cut.start))}"
            f" && time(datum.value) < {ms(place(cut.end))})"
        )
    day = "datum.index === 0" if not within else "true"
    whole_day = " + ".join(f"utc{unit}({true})" for unit in ("hours", "minutes", "seconds"))
    text = (
        f"{whole_day} + utcmilliseconds({true}) === 0 ? utcFormat({true}, '%Y-%m-%d')"
        f" : utcFormat({true}, ({day} ? '%Y-%m-%d ' : '') + '%H:%M:%S'"
        f" + (utcmilliseconds({true}) ? '.%L' : ''))"
    )
    return f"({' || '.join(within)}) ? '' : ({text})" if within else text


def _by_severity(style: Style, usual: Any) -> Spec:
    """The colour of a severity, or another where there is no finding."""
    return {
        "condition": [
            {"test": "datum.bad === 'error'", "value": style.error},
            {"test": "datum.bad === 'warning'", "value": style.warning},
            {"test": "datum.bad === 'note'", "value": style.note},
        ],
        "value": usual,
    }


def _by_agent(style: Style) -> Spec:
    slots = list(range(-1, len(style.palette)))
    return {
        "field": "slot",
        "type": "nominal",
        "scale": {"domain": slots, "range": [style.fill, *style.palette]},
        "legend": None,
    }


def _shape() -> Spec:
    return {
        "field": "state",
        "type": "nominal",
        "scale": {"domain": [0, 1, 2, 3], "range": list(SHAPES)},
        "legend": None,
    }


def _layer(data: str, mark: Spec, *encodings: Spec, only: str | None = None) -> Spec:
    """One kind of mark for all rows of some data, or for those alone that have a field, or not."""
    encoding: Spec = {}
    for each in encodings:
        encoding |= each
    made: Spec = {"data": {"name": data}, "mark": {"aria": False} | mark}
    if only:
        made["transform"] = [
            {"filter": only.replace("!", "!datum.") if "!" in only else f"datum.{only}"}
        ]
    return made | {"encoding": encoding}


def _with_rows(layers: list[Spec], data: Mapping[str, list[Row]]) -> list[Spec]:
    """The layers that show something; Vega warns of an axis for no data at all."""

    def shows(layer: Spec) -> bool:
        if "name" not in layer["data"]:
            return True
        rows = data[layer["data"]["name"]]
        if "transform" not in layer:
            return bool(rows)
        test = layer["transform"][0]["filter"]
        name = test.rpartition(".")[2]
        return any(bool(row.get(name)) != test.startswith("!") for row in rows)

    return [layer for layer in layers if shows(layer)]


def _stripes(style: Style) -> Spec:
    across = {"x": {"value": 0}, "x2": {"value": WIDTH}}
    return _layer(
        "lanes", {"type": "rect", "fill": style.frame}, across, _down("y", "y2"), only="odd"
    )


def _cut_layers(style: Style, layout: Layout) -> list[Spec]:
    tall = {"y": {"value": 0}, "y2": {"value": layout.height}}
    strip = {
        "type": "rect",
        "fill": style.canvas,
        "stroke": style.faint,
        "strokeDash": [2, 3],
    }
    said = {
        "type": "text",
        "angle": 270,
        "fontSize": 10,
        "fontStyle": "italic",
        "fill": style.faint,
    }
    middle = {"y": {"value": layout.height / 2}, "text": {"field": "w"}}
    return [_layer("cuts", strip, _at("s", "e"), tall), _layer("cuts", said, _at("h"), middle)]


def _link_layers(moments: Moments, style: Style) -> list[Spec]:
    faint = 0.75 if len(moments.links) <= 150 else 0.3
    usual = {"type": "rule", "stroke": style.line, "strokeWidth": 0.8, "opacity": faint}
    back = {"type": "rule", "stroke": style.error, "strokeWidth": 1.8, "strokeDash": [5, 3]}
    ends = (_at("s", "e"), _down("y", "y2"))
    return [
        _layer("links", usual, *ends, only="!back"),
        _layer("links", back, *ends, only="back"),
    ]


def _record_layers(style: Style) -> list[Spec]:
    look = {"stroke": style.faint, "strokeWidth": 1.0}
    wrong = {"stroke": style.error, "strokeWidth": 1.8, "strokeDash": [3, 2]}
    layers = []
    for only, how in (("!early", look), ("early", wrong)):
        across = _layer("records", {"type": "rule"} | how, _at("s", "e"), _down("m"), only=only)
        stroke = {"type": "rule"} | how | {"strokeDash": [1, 0]}
        layers += [across, _layer("records", stroke, _at("e"), _down("y", "y2"), only=only)]
    return layers


def _bar_layers(moments: Moments, style: Style, layout: Layout) -> list[Spec]:
    many = moments.plain
    fill = {
        "fill": {
            "condition": {"test": "datum.state % 2 === 0", **_by_agent(style)},
            "value": style.canvas,
        }
    }
    thick = {"condition": {"test": "datum.bad", "value": 2.2}, "value": 1.2 if many else 0.9}
    line = {"stroke": _by_severity(style, style.outline), "strokeWidth": thick}
    if many:  # a bar may be narrower than its line, and the line then has to tell the agent
        hollow = {"test": "datum.state % 2 === 1", "value": style.outline}
        line["stroke"] = {"condition": [*line["stroke"]["condition"], hollow], **_by_agent(style)}
    bars = _layer("bars", {"type": "rect"}, _at("s", "e"), _down("y", "y2"), fill, line)
    found = [bars]
    if layout.bar >= 7:
        inner = {"type": "rect", "fill": None, "stroke": style.outline, "strokeWidth": 0.8}
        inner |= {"yOffset": 2.5, "y2Offset": -2.5, "xOffset": 2.5, "x2Offset": -2.5}
        found.append(_layer("bars", inner, _at("s", "e"), _down("y", "y2"), only="double"))
    side = max(4.5, min(9.0, layout.bar - 3))
    stamp = {"type": "point", "size": side * side, "opacity": 1}
    found.append(
        _layer(
            "bars",
            stamp,
            _at("e"),
            _down("m"),
            fill,
            {"shape": _shape()},
            {"stroke": _by_severity(style, style.ink), "strokeWidth": {"value": 1.1}},
            only="stamp",
        )
    )
    return found


def _word_layers(style: Style, layout: Layout) -> list[Spec]:
    size = 10 if layout.row >= 13 else 8
    beside = {"type": "text", "align": "left", "dx": 8, "fontSize": size, "baseline": "middle"}
    ink = {"fill": _by_severity(style, style.ink), "text": {"field": "w"}}
    back = {
        "type": "text",
        "align": "center",
        "dy": -7,
        "fontSize": size,
        "fontWeight": "bold",
        "fill": style.error,
    }
    text = {"text": {"field": "w"}}
    early = back | {"align": "left", "dx": 6}
    halo = {"stroke": style.canvas, "strokeWidth": 4, "strokeJoin": "round", "fill": style.canvas}
    found = []
    for data, mark, encodings, only in (
        ("bars", beside, (_at("q"), _down("m"), ink), "w"),
        ("links", back, (_at("h"), _down("m"), text), "w"),
        ("records", early, (_at("e"), _down("m"), text), "w"),
    ):
        bare = [{k: v for k, v in each.items() if k != "fill"} for each in encodings]
        found.append(_layer(data, mark | halo, *bare, only=only))
        found.append(_layer(data, mark, *encodings, only=only))
    return found


def _lane_layers(style: Style) -> list[Spec]:
    chip = {"type": "rect", "stroke": style.faint, "strokeWidth": 0.5}
    where = {"x": {"value": -9}, "x2": {"value": -3}}
    name = {
        "type": "text",
        "align": "right",
        "baseline": "middle",
        "fontSize": 11,
        "fill": style.ink,
    }
    text = {"x": {"value": -15}, "text": {"field": "name"}}
    return [
        _layer("lanes", chip, where, _down("y", "y2"), {"fill": _by_agent(style)}),
        _layer("lanes", name, text, _down("m")),
    ]


def _cell_layers(style: Style, cells: Sequence[Cell]) -> list[Spec]:
    most = max((cell.tasks for cell in cells), default=1)
    shade = {
        "fillOpacity": {
            "field": "n",
            "type": "quantitative",
            "legend": None,
            "scale": {"type": "sqrt", "domain": [0, most], "range": [0.05, 0.55]},
        }
    }
    line = {"stroke": _by_severity(style, "transparent"), "strokeWidth": {"value": 1.6}}
    tile = {"type": "rect", "fill": style.note, "xOffset": 1, "x2Offset": -1}
    text = {"type": "text", "fontSize": 9.5, "fill": style.ink, "baseline": "middle"}
    corner = {"type": "point", "size": 26, "opacity": 1, "strokeWidth": 1, "stroke": style.canvas}
    warn = corner | {"shape": "triangle-up", "yOffset": 2, "xOffset": -4}
    state = corner | {"yOffset": 3, "xOffset": 5, "fill": style.canvas, "stroke": style.ink}
    return [
        _layer("cells", tile, _at("s", "e"), _down("y", "y2"), shade, line),
        _layer("cells", text, _at("h"), _down("m"), {"text": {"field": "w"}}),
        _layer("cells", state, _at("s"), _down("y"), {"shape": _shape()}, only="state"),
        _layer(
            "cells",
            warn,
            _at("e"),
            _down("y"),
            {"fill": _by_severity(style, style.note)},
            only="bad",
        ),
    ]


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


def _config(style: Style) -> Spec:
    return {
        "font": f"{style.font}, {FONTS}",
        "view": {"stroke": style.faint, "strokeOpacity": 0.5, "fill": None},
        "axis": {
            "labelColor": style.ink,
            "titleColor": style.ink,
            "labelFontSize": 10.5,
            "titleFontSize": 11,
            "titleFontWeight": "normal",
        },
        "aria": False,
    }
