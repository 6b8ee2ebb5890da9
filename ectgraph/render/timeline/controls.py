"""What a reader of the page can do with a chart: zoom, search, choose agents, ask for claims."""

from __future__ import annotations

from ectgraph.render.timeline.legend import Spec

_FOUND = "search === '' || indexof(datum.find, lower(search)) >= 0"
_DIM = 0.1


def enliven(layers: list[Spec]) -> None:
    """Add zoom and pan, a choice of agents by click, a search, and what is told on pointing."""
    for layer in layers:
        data = layer["data"].get("name")
        mark, encoding = layer["mark"], layer["encoding"]
        mark["clip"] = "field" in encoding.get("x", {})  # what may be moved out of sight
        if data in ("bars", "cells", "links", "records"):
            test: Spec = {"param": "agent"}
            if data in ("bars", "cells"):
                test = {"and": [{"param": "agent"}, _FOUND]}
            elif data == "links":
                test = {"and": [{"param": "agent"}, "search === ''"]}
            usual = mark.pop("opacity", 1)
            shown = {"test": test, "value": usual}
            encoding["opacity"] = {"condition": shown, "value": min(_DIM, usual)}
        if data in ("bars", "cells"):
            encoding["tooltip"] = {"field": "tip", "type": "nominal"}
        if data == "lanes" and mark["type"] != "rect":
            mark["cursor"] = "pointer"
            encoding["tooltip"] = {"field": "iss", "type": "nominal"}
    zoom = {"type": "interval", "encodings": ["x"]}
    main_layer(layers)["params"] = [{"name": "zoom", "select": zoom, "bind": "scales"}]
    choice = {"type": "point", "fields": ["lane"]}
    main_layer(layers)["params"].append({"name": "agent", "select": choice})


def main_layer(layers: list[Spec]) -> Spec:
    """The layer that has the axis of time, and by which it is zoomed."""
    return next(each for each in layers if each["data"].get("name") == "ends")
