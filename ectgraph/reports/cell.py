"""One value of a table -> the words that people read; exact values are in the frames."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import accumulate
from typing import Any

from ectgraph import labels
from ectgraph.claims import is_uuid
from ectgraph.columns import Column, Kind

_IDS = frozenset({"task", "jti", "parent", "child", "maker", "taker", "via", "before", "after"})
"""Columns of ids; of which people see the beginning, with which they can ask on."""
_AGENTS = frozenset({"iss", "parent_iss", "child_iss", "maker_iss", "taker_iss", "partner"})
_NUMBERS = frozenset({"integer", "number"})


def fitting(widths: Iterable[int], room: int, folded: int) -> int:
    """How many of the first columns have room on a line; two of them in any case.

    Args:
        widths: characters of each column.
        room: characters of the line; two of them stand between columns.
        folded: what is wider than this goes on below where there is no room.

    >>> fitting([8, 8, 20], 40, folded=60), fitting([8, 8, 20], 36, folded=10)
    (2, 3)
    """
    ends = accumulate(min(width, folded) + 2 for width in widths)
    return max(2, sum(end < room for end in ends))


def is_number(column: Column) -> bool:
    """Whether it reads better when it stands to the right."""
    return column.kind in _NUMBERS


def words(column: Column, value: Any) -> str:
    """A value in words, as found: whoever shows it escapes it. Nothing for an absent one.

    >>> words(Column("iat", "time", "when"), 1771943000)
    '2026-02-24 14:23:20'
    >>> words(Column("share", "number", "of all"), 1 / 3), words(Column("n", "integer", ""), 1200)
    ('0.333', '1,200')
    >>> words(Column("wid", "category", "which"), "4caaa4e2-eee6-5303-8c25-e6fdcbbdc7ad")
    '4caaa4e2'
    """
    if value is None:
        return ""
    as_words = _BY_NAME.get(column.name) or _BY_KIND.get(column.kind, str)
    return as_words(value)


def _number(value: float) -> str:
    return f"{round(value, 3):,}" if abs(value) < 1e15 else f"{value:g}"


def _name(name: str, width: int | None = None) -> str:
    """A UUID as ids are shown; another name whole, or cut to a width."""
    if is_uuid(name):
        return labels.short(name)
    return name if width is None else labels.fit(name, width)


_BY_KIND: dict[Kind, Callable[[Any], str]] = {
    "time": lambda seconds: labels.time(seconds).removesuffix(" UTC"),
    "flag": lambda holds: "yes" if holds else "no",
    "integer": "{:,}".format,
    "number": _number,
}
_BY_NAME: dict[str, Callable[[Any], str]] = {
    **dict.fromkeys(_IDS, lambda name: labels.short(str(name))),
    "wid": lambda wid: _name(str(wid), 24),
    "name": lambda name: _name(str(name)),
    **dict.fromkeys(_AGENTS, lambda iss: labels.agent(str(iss))),
}
