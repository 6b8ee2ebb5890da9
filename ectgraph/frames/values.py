"""The values of a frame, as plain Python has them, for forms that are written value by value."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pandas as pd


def rows(frame: pd.DataFrame, size: int = 10_000) -> Iterator[tuple[Any, ...]]:
    """The rows: each value a `str`, `int`, `float`, `bool`, UTC time or `None`.

    >>> list(rows(pd.DataFrame({"n": pd.array([1, None], "Int64")})))
    [(1,), (None,)]
    """
    for start in range(0, len(frame), size):
        some = frame.iloc[start : start + size]
        columns = [_values(some.iloc[:, number]) for number in range(some.shape[1])]
        yield from zip(*columns, strict=True)


def _values(column: pd.Series[Any]) -> list[Any]:
    plain = column.astype(object)
    return plain.where(column.notna(), None).tolist()


def iso(moment: datetime) -> str:
    """A UTC time as RFC 3339 has it.

    >>> iso(pd.Timestamp(1771943000.25, unit="s", tz="UTC"))
    '2026-02-24T14:23:20.250000Z'
    """
    return f"{moment.replace(tzinfo=None).isoformat()}Z"


def is_number(column: pd.Series[Any]) -> bool:
    """Whether it reads better when it stands to the right: numbers, but no flags."""
    types = pd.api.types
    return types.is_numeric_dtype(column.dtype) and not types.is_bool_dtype(column.dtype)


def written(value: Any) -> str:
    """A value as text for people, exact; nothing where it is absent.

    >>> written(True), written(0.5), written(None)
    ('true', '0.5', '')
    """
    if value is None:
        return ""
    if isinstance(value, datetime):
        return iso(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
