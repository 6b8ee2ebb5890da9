"""What a column of a table is: its name, its kind and what stands in it; no pandas yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["text", "category", "integer", "number", "flag", "time"]
"""What a column holds: text; text that repeats itself; whole numbers; numbers; true or false;
moments, in seconds since 1970. In each a value may be absent (`None`)."""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    >>> Column("gap_s", "number", "seconds from parent to child").kind
    'number'
    """

    name: str
    """A claim's own name where it is one; with a unit at its end where there is one: `gap_s`."""
    kind: Kind
    about: str
    """What stands in it, as a phrase."""
