"""Rows of data + Style -> the layers of a chart, one for each kind of mark: bars, links, words ….

A mark is a row of data that `rows` places; here is only what it looks like.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ectgraph.render.style import Style
from ectgraph.render.timeline.legend import SHAPES, Spec
from ectgraph.render.timeline.moments import WIDTH, Moments
from ectgraph.render.timeline.overview import Cell
from ectgraph.render.timeline.rows import Layout, Row


def layers(
    moments: Moments,
    cells: Sequence[Cell],
    style: Style,
    layout: Layout,
    data: Mapping[str, list[Row]],
) -> list[Spec]:
    """All marks, those below first; only such as there is data for."""
    ends = _layer("ends", {"type": "point", "opacity": 0, "size": 1}, _at("s"), _down("y"))
    found = [_stripes(style), ends]
    if moments.tight:
        found += [*_cut_layers(style, layout), *_cell_layers(style, cells)]
    else:
        found += [*_link_layers(moments, style), *_record_layers(style)]
        found += _bar_layers(moments, style, layout)
        found += [*_cut_layers(style, layout), _stamps(style, layout)]
        found += _word_layers(style, layout)
    return _with_rows([*found, *_lane_layers(style)], data)


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
        "fillOpacity": 0.75,  # links through a cut are not hidden, and not to scale
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
    strips = _layer("cuts", strip, _at("s", "e"), tall)
    return [strips, _layer("cuts", said, _at("h"), middle)] if layout.height >= 100 else [strips]


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
    thick = {"condition": {"test": "datum.bad", "value": 2.2}, "value": 1.2 if many else 0.9}
    line = {"stroke": _by_severity(style, style.outline), "strokeWidth": thick}
    if many:  # a bar may be narrower than its line, and the line then has to tell the agent
        hollow = {"test": "datum.state % 2 === 1", "value": style.outline}
        line["stroke"] = {"condition": [*line["stroke"]["condition"], hollow], **_by_agent(style)}
    bars = _layer("bars", {"type": "rect"}, _at("s", "e"), _down("y", "y2"), _filled(style), line)
    if layout.bar < 7:
        return [bars]
    inner = {"type": "rect", "fill": None, "stroke": style.outline, "strokeWidth": 0.8}
    inner |= {"yOffset": 2.5, "y2Offset": -2.5, "xOffset": 2.5, "x2Offset": -2.5}
    return [bars, _layer("bars", inner, _at("s", "e"), _down("y", "y2"), only="double")]


def _stamps(style: Style, layout: Layout) -> Spec:
    side = max(4.5, min(9.0, layout.bar - 3))
    return _layer(
        "bars",
        {"type": "point", "size": side * side, "opacity": 1},
        _at("e"),
        _down("m"),
        _filled(style),
        {"shape": _shape()},
        {"stroke": _by_severity(style, style.ink), "strokeWidth": {"value": 1.1}},
        only="stamp",
    )


def _filled(style: Style) -> Spec:
    """In the colour of the agent, or hollow."""
    verified = {"test": "datum.state % 2 === 0", **_by_agent(style)}
    return {"fill": {"condition": verified, "value": style.canvas}}


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
