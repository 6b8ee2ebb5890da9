"""A timeline as one page: zoom, pan, search, choice of agents, and claims on pointing.

All of it is in the file, so it works offline and from a disk; its content security policy allows
the two scripts by their digests and nothing else, no evaluated text among it: Vega runs its
expressions by its interpreter.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from string import Template
from typing import Any

from ectgraph import content_security, escape
from ectgraph.render.style import DARK, LIGHT, Style
from ectgraph.render.timeline import chart, words
from ectgraph.render.timeline.moments import Moments
from ectgraph.render.timeline.overview import Cell
from ectgraph.render.timeline.rows import rows


def html(moments: Moments, cells: Sequence[Cell], style: Style, library: str) -> str:
    """Write the page.

    Args:
        moments: what happened when.
        cells: counts, where there are too many tasks for bars.
        style: the looks; the light theme gives way to the dark one where a reader prefers that.
        library: JavaScript that makes `vegaEmbed` known.

    """
    dark = _dark(style)
    looks = Template(_LOOKS).substitute(
        {f"light_{name}": getattr(style, name) for name in _COLOURS}
        | {f"dark_{name}": getattr(dark, name) for name in _COLOURS},
        font=f"{style.font}, {chart.FONTS}",
    )
    scripts = [content_security.inline(script) for script in (library, _SCRIPT)]
    made = json.dumps(document(moments, cells, style), ensure_ascii=False)
    return Template(_PAGE).substitute(
        policy=content_security.policy(scripts, [looks]),
        title=escape.html(words.title(moments)),
        looks=looks,
        document=escape.script_json(made),
        library=library,
        script=_SCRIPT,
    )


def document(moments: Moments, cells: Sequence[Cell], style: Style) -> dict[str, Any]:
    """What a page draws: the chart in `light` and in `dark`, each without the `data` of both."""
    data = rows(moments, cells, style, interactive=True)
    return {
        "light": chart.spec(moments, cells, style, data, interactive=True),
        "dark": chart.spec(moments, cells, _dark(style), data, interactive=True),
        "data": data,
    }


def _dark(style: Style) -> Style:
    """What a style gives way to where a reader prefers dark pages."""
    return DARK if style == LIGHT else style


_COLOURS = ("canvas", "ink", "faint", "frame")

_LOOKS = """
:root { color-scheme: light dark; --canvas: $light_canvas; --ink: $light_ink;
  --faint: $light_faint; --frame: $light_frame; }
@media (prefers-color-scheme: dark) { :root { --canvas: $dark_canvas; --ink: $dark_ink;
  --faint: $dark_faint; --frame: $dark_frame; } }
body { margin: 0; background: var(--canvas); color: var(--ink); font: 14px $font; }
header { position: sticky; top: 0; padding: 10px 14px; background: var(--frame);
  border-bottom: 1px solid var(--faint); display: flex; gap: 14px; align-items: baseline;
  flex-wrap: wrap; z-index: 1; }
header p { margin: 0; color: var(--faint); font-size: 12.5px; }
input { font: inherit; padding: 3px 6px; width: 17em; }
#hits { min-width: 6em; }
#vg-tooltip-element { visibility: hidden; pointer-events: none; position: fixed; z-index: 2;
  padding: 7px 9px; max-width: 46em; background: var(--canvas); color: var(--ink);
  border: 1px solid var(--faint); font: 12px $font;
  white-space: pre-wrap; overflow-wrap: anywhere; }
#vg-tooltip-element.visible { visibility: visible; }
@media print { header, #vg-tooltip-element { display: none; }
  canvas { width: 100% !important; height: auto !important; } }
"""

_SCRIPT = """
"use strict";
const found = JSON.parse(document.getElementById("document").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)");
const search = document.getElementById("search");
const hits = document.getElementById("hits");
let view = null;
const look = () => {
  const words = search.value.toLowerCase();
  const rows = found.data.bars ?? [];
  const number = rows.filter((row) => row.find.includes(words)).length;
  hits.textContent = words === "" ? "" : number === 1 ? "1 task" : number + " tasks";
  if (view) view.signal("search", words).runAsync();
};
const draw = async () => {
  const theme = dark.matches ? found.dark : found.light;
  if (view) view.finalize();
  const made = await vegaEmbed("#timeline", { ...theme, datasets: found.data }, {
    ast: true, actions: false, defaultStyle: false, renderer: "canvas",
    tooltip: { disableDefaultStyle: true },
  });
  view = made.view;
  look();
};
search.addEventListener("input", look);
search.disabled = !found.data.bars;
dark.addEventListener("change", draw);
draw();
"""

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="$policy">
<meta name="viewport" content="width=device-width">
<title>$title</title>
<style>$looks</style>
</head>
<body>
<header>
<label>Search <input id="search" type="search" placeholder="jti or action"></label>
<span id="hits" role="status"></span>
<p>Wheel: zoom. Drag: move along. Click on an agent's name: only its tasks, shift-click: more.
Double click: all again. Times are UTC.</p>
</header>
<main id="timeline"></main>
<script type="application/json" id="document">$document</script>
<script>$library</script>
<script>$script</script>
</body>
</html>
"""
