"""A picture as a notebook shows it: as wide as the page, where it would be cut off at its edge.

Jupyter and the pages that nbconvert writes show SVG as an image in its own size. One that states
the width of a page instead of its own is scaled to it; a file that is saved keeps its size.
"""

from __future__ import annotations

import re

PAGE = 840
"""Pixels across that a page has for a picture: JupyterLab has 848 in a window of 1280."""
SMALLEST = 0.5
"""A picture is left as it is, for the page to scroll, where it would be scaled to less."""
_SIZE = re.compile(r'(<svg\b[^>]*?) width="(\d+(?:\.\d+)?)(pt|px|)" height="[\d.]+(?:pt|px|)"')
_PIXELS = {"pt": 4 / 3, "px": 1.0, "": 1.0}


def shown(svg: str) -> str:
    """The same picture, which takes the width of the page if it is somewhat wider than one.

    >>> shown('<svg width="1100" height="300" viewBox="0 0 1100 300"/>')
    '<svg width="100%" viewBox="0 0 1100 300"/>'
    >>> shown('<svg width="300pt" height="100pt" viewBox="0 0 300 100"/>')
    '<svg width="300pt" height="100pt" viewBox="0 0 300 100"/>'

    """
    size = _SIZE.search(svg)
    if size is None:
        return svg
    before, number, unit = size.groups()
    if not PAGE < float(number) * _PIXELS[unit] <= PAGE / SMALLEST:
        return svg
    return f'{svg[: size.start()]}{before} width="100%"{svg[size.end() :]}'
