"""How many rows of an answer are shown, and what is said of the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from ectgraph import labels
from ectgraph.questions import doubts

_Row = TypeVar("_Row")


def first(
    rows: Sequence[_Row], limit: int, noun: str, plural: str = ""
) -> tuple[Sequence[_Row], tuple[str, ...]]:
    """(the first rows, a sentence on how many are left out).

    Raises:
        EctgraphError: the limit is below 1.

    >>> first(["a", "b", "c"], 2, "agent")
    (['a', 'b'], ('1 of 3 agents is not listed: the limit is 2 rows.',))
    >>> first(["a"], 2, "agent")
    (['a'], ())

    """
    doubts.check_limit(limit)
    hidden = len(rows) - limit
    if hidden <= 0:
        return rows, ()
    of = labels.count(len(rows), noun, plural)
    is_not = "is not" if hidden == 1 else "are not"
    said = f"{hidden:,} of {of} {is_not} listed: the limit is {labels.count(limit, 'row')}."
    return rows[:limit], (said,)
