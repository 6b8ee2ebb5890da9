"""Frame -> a page: one file without scripts, to be read, searched by a browser, and printed."""

from __future__ import annotations

from collections.abc import Iterator
from string import Template

import pandas as pd

from ectgraph import content_security, escape, labels
from ectgraph.columns import Column
from ectgraph.frames.values import is_number, rows, written


def to_html(frame: pd.DataFrame, title: str, columns: tuple[Column, ...] = ()) -> str:
    """Write a frame as a page, every row and every text whole.

    Args:
        frame: what to show.
        title: what it is.
        columns: what its columns mean, as far as somebody says; shown under the table.

    >>> "<td>&lt;b&gt;</td>" in to_html(pd.DataFrame({"act": ["<b>"]}), "tasks")
    True

    """
    return Template(_PAGE).substitute(
        policy=content_security.policy(styles=[_STYLE]),
        style=_STYLE,
        title=escape.html(title),
        rows=labels.count(len(frame), "row"),
        table="\n".join(_table(frame)),
        meanings="\n".join(_meanings(columns)),
    )


def _table(frame: pd.DataFrame) -> Iterator[str]:
    numbers = [is_number(frame.iloc[:, number]) for number in range(frame.shape[1])]
    heads = (f'<th scope="col">{escape.html(str(name))}</th>' for name in frame.columns)
    yield f"<thead><tr>{''.join(heads)}</tr></thead>"
    yield "<tbody>"
    begins = ['<td class="number">' if number else "<td>" for number in numbers]
    for row in rows(frame):
        cells = zip(begins, row, strict=True)
        made = (f"{td}{escape.html(written(value))}</td>" for td, value in cells)
        yield f"<tr>{''.join(made)}</tr>"
    yield "</tbody>"


def _meanings(columns: tuple[Column, ...]) -> Iterator[str]:
    if columns:
        yield "<h2>Columns</h2>\n<dl>"
        for column in columns:
            about = escape.html(column.about.replace("`", ""))
            yield f"<div><dt>{escape.html(column.name)}</dt><dd>{about}</dd></div>"
        yield "</dl>"


_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --faint: #59636e; --line: #d1d9e0;
  --band: #f6f8fa; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #0d1117; --faint: #9198a1;
  --line: #3d444d; --band: #161b22; } }
body { margin: 1.5rem; color: var(--ink); background: var(--paper);
  font: 14px/1.45 system-ui, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; }
h1 { font-size: 1.4rem; margin: 0; overflow-wrap: anywhere }
h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem }
p { color: var(--faint); margin: .2rem 0 1rem }
.wide { overflow: auto; max-height: 88vh; border: 1px solid var(--line) }
table { border-collapse: collapse; width: max-content; font-size: 13px }
th { position: sticky; top: 0; text-align: left; white-space: nowrap; background: var(--band) }
th, td { padding: .25rem .6rem; border: 1px solid var(--line); vertical-align: top }
td { max-width: 34em; overflow-wrap: break-word }
tbody tr:nth-child(even) { background: var(--band) }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
dl { columns: 26em; margin: 0; font-size: 13px }
dl div { break-inside: avoid; margin-bottom: .3rem }
dt { font-weight: 600 }
dd { margin: 0; color: var(--faint) }
@media print { body { margin: 0; font-size: 9pt; color: #000; background: #fff }
  .wide { overflow: visible; max-height: none; border: 0 }
  table { width: 100%; font-size: 5.5pt } th { position: static; white-space: normal }
  th, td { padding: 1pt 2pt; overflow-wrap: anywhere; hyphens: none }
  thead { display: table-header-group } tr { break-inside: avoid } }
"""

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="$policy">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>$title</title>
<style>$style</style>
</head>
<body>
<h1>$title</h1>
<p>$rows. Times are UTC.</p>
<div class="wide" tabindex="0" role="region" aria-label="$title">
<table>
$table
</table>
</div>
$meanings
</body>
</html>
"""
