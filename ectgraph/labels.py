"""Ids as people say them, in pictures and tables; never in anything that has to be exact."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

LONGEST = 60
"""Characters of a name; one parent may have a very long one, and many thousand children."""


def agent(iss: str) -> str:
    """The telling end of an issuer's URI.

    >>> agent("spiffe://example.com/agent/reviewer")
    'reviewer'
    """
    return fit(iss.rstrip("/").rpartition("/")[2] or iss, LONGEST)


def short(jti: str) -> str:
    """The beginning of an id.

    >>> short("550e8400-e29b-41d4-a716-446655440000")
    '550e8400'
    """
    return jti[:8]


def task(exec_act: str | None, jti: str | None) -> str:
    """A task as a person would name it: its action and the beginning of its `jti`.

    >>> task("review_spec", "550e8400-e29b-41d4-a716-446655440000")
    'review_spec 550e8400'
    """
    return f"{fit(exec_act or 'a task', LONGEST)} {short(jti or '')}".rstrip()


def fit(text: str, width: int) -> str:
    """Cut text to a width in the middle; the end of a long name tells most.

    >>> fit("PIPELINE.PREPARE.SORT_BAM_FILES", 20)
    'PIPELI…ORT_BAM_FILES'
    """
    if len(text) <= width:
        return text
    tail = (width - 1) * 2 // 3 + 1
    return f"{text[: width - 1 - tail]}…{text[-tail:]}"


def time(seconds: float) -> str:
    """A NumericDate as UTC; as the number it is where no calendar holds it.

    >>> time(1771943000), time(10**15)
    ('2026-02-24 14:23:20 UTC', '1000000000000000')
    """
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return str(seconds)
    return f"{moment.replace(tzinfo=None).isoformat(' ', 'seconds')} UTC"


def seconds(number: float) -> str:
    """A span of time in a unit that suits it.

    >>> seconds(31), seconds(0.25), seconds(9000), seconds(10**7)
    ('31 s', '0.25 s', '2.5 h', '116 days')
    """
    if number < 7200:
        return f"{round(number, 3):g} s"
    return f"{number / 3600:.1f} h" if number < 172_800 else f"{number / 86_400:,.0f} days"


def some(names: Sequence[str], limit: int = 3) -> str:
    """A few names and how many more there are.

    >>> some(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    text = ", ".join(names[:limit])
    return f"{text} and {len(names) - limit} more" if len(names) > limit else text


def count(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun.

    >>> count(1, "key"), count(1200, "key"), count(2, "leaf", "leaves")
    ('1 key', '1,200 keys', '2 leaves')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
