"""Frame -> a table in Markdown, as GitHub and GitLab show it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from ectgraph import escape
from ectgraph.frames.values import is_number, rows, written


def to_markdown(frame: pd.DataFrame) -> str:
    """Write a frame as Markdown, every row and every text whole.

    >>> print(to_markdown(pd.DataFrame({"act": ["*pay*"], "n": [1]})), end="")
    | act | n |
    | --- | ---: |
    | &#42;pay&#42; | 1 |

    """
    numbers = [is_number(frame.iloc[:, number]) for number in range(frame.shape[1])]
    lines = [
        _line(escape.markdown(str(name)) for name in frame.columns),
        _line("---:" if number else "---" for number in numbers),
    ]
    lines += [_line(map(_cell, row)) for row in rows(frame)]
    return "\n".join([*lines, ""])


def _cell(value: Any) -> str:
    return escape.markdown(value) if isinstance(value, str) else written(value)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
