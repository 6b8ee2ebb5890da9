"""What runs in the browser, as one text: the library, our own modules, and who starts them.

Nothing of it is fetched when it is looked at. The library is a copy of what npm has, see
static/vendor.json; `docs/vendor.py` makes it anew.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

LIBRARY = "cytoscape.min.js"
_WRAPPED = """\
const cytoscape = ((module) => {{
const exports = module.exports;
{library}
return module.exports;
}})({{ exports: {{}} }});
"""


@cache
def static(name: str) -> str:
    """One of the files that go to the browser."""
    return files(__package__).joinpath("static", name).read_text("utf-8")


def module(*parts: str) -> str:
    """An ECMAScript module that exports `explore`, and what else the parts have to say.

    The library speaks several dialects; here it finds CommonJS, and so leaves no global name.

    >>> "export function explore(" in module()
    True
    """
    library = _WRAPPED.format(library=static(LIBRARY))
    return "\n".join([library, *map(static, ("looks.js", "explorer.js", *parts))])


def style_sheet() -> str:
    """The looks of everything around the picture itself."""
    return static("explorer.css")
