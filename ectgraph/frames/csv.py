"""Frame -> CSV (RFC 4180), every text made safe for spreadsheets."""

from __future__ import annotations

import pandas as pd

from ectgraph import escape
from ectgraph.frames.texts import mapped


def to_csv(frame: pd.DataFrame, *, header: bool = True) -> str:
    r"""Write a frame as CSV, with `\n` at the end of lines; the index is left out.

    >>> print(to_csv(pd.DataFrame({"n": [1], "act": ["=1+1"]})), end="")
    n,act
    1,'=1+1

    """
    heads = [escape.csv(str(name)) for name in frame.columns]
    safe = mapped(frame, escape.csv)
    return str(safe.to_csv(index=False, header=heads if header else False, lineterminator="\n"))
