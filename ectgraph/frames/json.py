"""Frame -> JSON: an array of objects, one a line; times as RFC 3339 has them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pandas as pd

from ectgraph import escape
from ectgraph.frames.values import iso, rows


def to_json(frame: pd.DataFrame) -> str:
    """Write a frame as JSON; what is absent is `null`, and no character is unprintable.

    >>> print(to_json(pd.DataFrame({"act": ["pay"], "n": pd.array([None], "Int64")})), end="")
    [
    {"act": "pay", "n": null}
    ]

    """
    names = [str(name) for name in frame.columns]
    lines = (
        escape.json(
            json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False, default=_other)
        )
        for row in rows(frame)
    )
    return "\n".join(["[", ",\n".join(lines), "]\n"]) if len(frame) else "[]\n"


def _other(value: Any) -> str:
    return iso(value) if isinstance(value, datetime) else str(value)
