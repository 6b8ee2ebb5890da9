"""The little HTML that cards are made of: text becomes `Html` by being escaped, in no other way.

A type checker holds the two apart, so no claim gets onto a page as it was found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NewType

from ectgraph import escape

Html = NewType("Html", str)
"""What may stand in a page as it is."""
NOTHING = Html("")


def text(found: str, limit: int | None = escape.LONG) -> Html:
    """Any text, as text.

    >>> text("<b>")
    '&lt;b&gt;'
    """
    return Html(escape.html(found, limit))


def element(name: str, *inside: Html, looks: str = "") -> Html:
    """An element; `looks` are its classes.

    >>> element("p", text("a"), element("b", text("&")), looks="faint")
    '<p class="faint">a<b>&amp;</b></p>'
    """
    classes = f' class="{looks}"' if looks else ""
    return Html(f"<{name}{classes}>{''.join(inside)}</{name}>")


def code(found: str, limit: int = escape.LONG) -> Html:
    """Any text in letters of one width: names to be typed, digests, places."""
    return element("code", text(found, limit))


def strong(found: str, limit: int = escape.LONG) -> Html:
    """Any text in bold letters."""
    return element("strong", text(found, limit))


def joined(parts: Iterable[Html], between: str = " ") -> Html:
    """Those parts in which there is something, one after the other."""
    return Html(str(text(between)).join(part for part in parts if part))


def line(*parts: Html, looks: str = "") -> Html:
    """Parts as a line; no line when there is nothing in it."""
    inside = joined(parts)
    return element("p", inside, looks=looks) if inside else NOTHING


def listed(items: Iterable[Html]) -> Html:
    """A list; no list without items."""
    lines = [element("li", item) for item in items]
    return element("ul", *lines) if lines else NOTHING


def table(
    heads: Sequence[Html], rows: Iterable[Sequence[Html]], right: Sequence[bool] = ()
) -> Html:
    """A table; no table without rows.

    Args:
        heads: what stands over the columns; without them, the first cell of a row is its head.
        rows: the cells of each row.
        right: which columns stand to the right, as numbers do.

    >>> table([], [[text("n"), text("1")]])
    '<div class="table"><table><tr><th scope="row">n</th><td>1</td></tr></table></div>'

    """
    lines = [_row(row, "td" if heads else 'th scope="row"', "td", right) for row in rows]
    if not lines:
        return NOTHING
    if heads:
        lines.insert(0, _row(heads, 'th scope="col"', 'th scope="col"', right))
    return element("div", element("table", *lines), looks="table")


def _row(cells: Sequence[Html], first: str, other: str, right: Sequence[bool]) -> Html:
    """A row, whose first cell may be another element than the others."""
    made = []
    for number, inside in enumerate(cells):
        tag = other if number else first
        looks = ' class="right"' if right and right[number] else ""
        made.append(f"<{tag}{looks}>{inside}</{tag[:2]}>")
    return Html(f"<tr>{''.join(made)}</tr>")


def folded(summary: Html, *inside: Html) -> Html:
    """What is shown when somebody asks for it; nothing when there is nothing in it."""
    return element("details", element("summary", summary), *inside) if any(inside) else NOTHING


def card(*parts: Html) -> Html:
    """A whole card with its looks. Notebooks typeset formulas in what they show: not in a card."""
    looks = "ectgraph mathjax_ignore tex2jax_ignore"
    return element("div", element("style", STYLE), *parts, looks=looks)


_LOOKS = """
& { max-width: 72rem; line-height: 1.45; overflow-wrap: anywhere }
& p { margin: .35em 0 }
& td p { margin: 0 }
& .title { font-size: 1.1em }
& .faint { opacity: .75 }
& .part { margin: .9em 0 .2em; font-weight: 600 }
& ul { list-style: none; margin: .2em 0; padding: 0 }
& li { margin: 0; padding-left: 1.5em; text-indent: -1.5em }
& .mark { display: inline-block; width: 1.2em; text-indent: 0; font-weight: 700 }
& .good { color: #1f883d }
& .bad { color: #d1342f }
& .doubt { color: #a66800 }
& .badge { padding: 0 .5em; border-radius: .3em; white-space: nowrap;
  color: #fff; print-color-adjust: exact; -webkit-print-color-adjust: exact }
& .fatal, & .error { background: #c0280c }
& .warning { background: #945200 }
& .note { background: #1f5fa8 }
& .table { overflow-x: auto; margin: .4em 0 }
& table { border-collapse: collapse; border: 0; margin: 0; font-size: inherit }
& tr { background: none !important; border: 0 }
& th, & td { max-width: 40em; padding: .2em 1em .2em 0; text-align: left;
  vertical-align: top; overflow-wrap: break-word; border: 0;
  border-bottom: 1px solid rgba(128, 128, 128, .35) }
& th { font-weight: 600; white-space: nowrap }
& .whole { white-space: nowrap }
& .digest { word-break: break-all }
& .right { text-align: right; white-space: nowrap }
& code, & pre { padding: 0; background: none; color: inherit; font-size: .92em;
  font-family: var(--jp-code-font-family, ui-monospace, Menlo, Consolas, monospace) }
& pre { margin: .3em 0; line-height: 1.35; overflow-x: auto; white-space: pre }
& summary { cursor: pointer }
"""
STYLE = Html(_LOOKS.replace("&", ".ectgraph.ectgraph"))
"""Looks that need no theme: text has the colour of the page around it; marks are seen on light and
on dark, and a badge brings its own ground. The name is there twice, so that a notebook's own looks
of tables and lists give way. Where a page drops all this, the words are there."""
