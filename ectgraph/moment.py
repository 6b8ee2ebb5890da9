"""A moment as a caller writes it -> seconds since 1970, as claims have it."""

from __future__ import annotations

import math
import re
from datetime import datetime
from numbers import Real
from typing import Any

from ectgraph import escape
from ectgraph.errors import EctgraphError
from ectgraph.formats.entry import instant

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]+)?")


def seconds(moment: Any, *, dates: bool = True) -> float:
    """Take seconds, a `datetime` or a pandas `Timestamp`, or text: RFC 3339, a date, seconds.

    Numbers of numpy are numbers as well. Of a date its first moment is meant, in UTC.

    Args:
        moment: what a caller wrote.
        dates: whether a date by itself is a moment.

    Raises:
        EctgraphError: it is no moment, or one without a time zone.

    >>> seconds("2026-03-01") == seconds("2026-03-01T01:00:00+01:00") == seconds(1772323200)
    True

    """
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        return moment.timestamp()
    found: float | None = None
    if type(moment) is not bool and isinstance(moment, Real) and math.isfinite(moment):
        found = float(moment)
    if isinstance(moment, str):
        if _NUMBER.fullmatch(moment):
            return float(moment)
        is_date = dates and _DATE.fullmatch(moment)
        found = instant(f"{moment}T00:00:00Z" if is_date else moment)
    if found is None:
        shown = escape.terminal(repr(moment), 80)
        lack = "has no time zone" if isinstance(moment, datetime) else "is no time"
        forms = "seconds since 1970, 2026-02-24 or" if dates else "seconds since 1970 or"
        message = f"{shown} {lack}; write {forms} 2026-02-24T14:23:20Z"
        raise EctgraphError(message)
    return found
