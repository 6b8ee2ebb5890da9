"""What the page brings along for the browser: its template, its style sheet and its one module.

Libraries are copies of what npm has, see the vendor.json beside each; `docs/vendor.py` makes them
anew. Nothing is fetched when a page is made or looked at.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from string import Template

from ectgraph.render.style import COLOURS, DARK, LIGHT, Style
from ectgraph.render.widget import front as explorer

MODULES = ("case", "wording", "grid", "listing", "panel", "pictures", "page")
"""Our own modules, joined in this order."""
LIBRARY = ("utils", "lazy-measurements", "scroll-classifier", "ios-gesture", "index")
"""The library that finds out which rows are in sight; each file needs those before it."""
_WRAPPED = """\
const virtual = (() => {{
const process = {{ env: {{ NODE_ENV: "production" }} }};
const made = {{}};
const require = (name) => made[name];
{files}
return made["./index.cjs"];
}})();
"""
_FILE = """\
((exports) => {{
{text}
}})((made["./{name}.cjs"] = {{}}));"""
_LOOKS = Template("""\
:root { color-scheme: light dark; $light }
@media screen and (prefers-color-scheme: dark) { :root { $dark } }
@media screen {
:root[data-theme="light"] { color-scheme: light; $light }
:root[data-theme="dark"] { color-scheme: dark; $dark }
}
""")


@cache
def static(name: str) -> str:
    """One of the files that go to the browser."""
    return files(__package__).joinpath("static", name).read_text("utf-8")


def template() -> Template:
    """The page, with room for what Python writes.

    >>> sorted(template().get_identifiers())
    ['appendix', 'case', 'diagram', 'policy', 'scripts', 'static', 'style', 'timeline', 'title']
    """
    return Template(static("page.html"))


def style_sheet() -> str:
    """The colours of both themes, and the looks of everything on the page; paper is light."""
    looks = _LOOKS.substitute(light=_variables(LIGHT), dark=_variables(DARK))
    return "\n".join([looks, explorer.style_sheet(), static("page.css")])


def _variables(style: Style) -> str:
    """Colours, as style sheets know them by name."""
    return " ".join(f"--{name}: {getattr(style, name)};" for name in COLOURS)


def module() -> str:
    """The ECMAScript module that runs on the page.

    >>> "export function explore(" in module()
    True
    """
    library = "\n".join(
        _FILE.format(name=name, text=static(f"virtual-core/{name}.cjs")) for name in LIBRARY
    )
    own = [static(f"{name}.js") for name in MODULES]
    return "\n".join([explorer.module(), _WRAPPED.format(files=library), *own])
