"""How two JSON objects differ, member by member, cut to what a person reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from ectgraph import labels

WIDTH = 28
"""Characters of a value, and of a name, that are told."""

_CONTEXT = 6  # characters before the first that differs
_ABSENT = object()
_encode = msgspec.json.Encoder(order="sorted").encode


@dataclass(frozen=True)
class Change:
    """One member that is not the same in both."""

    name: str
    """Its name; of a member within a member with dots: `ext.exec_time_ms`. Cut to `WIDTH`."""
    here: str | None
    """Its value as JSON, cut to `WIDTH` around the first difference; `None` where it is absent."""
    there: str | None


def changes(
    here: Mapping[str, Any], there: Mapping[str, Any], within: str = ""
) -> Iterator[Change]:
    """What differs between two JSON objects, in the order of the first, then of the second.

    Values are the same when they are the same JSON, whatever the order of members: `1` is not
    `1.0`, nor `true`. Objects are compared member by member, arrays as a whole.

    Args:
        here: one object, as decoded.
        there: the other.
        within: goes in front of every name.

    >>> for each in changes({"iat": 5, "ext": {"a": 1, "b": 2}}, {"ext": {"b": 3, "a": 1}}):
    ...     print(each)
    Change(name='iat', here='5', there=None)
    Change(name='ext.b', here='2', there='3')

    """
    waiting: list[tuple[str, Any, Any]] = [(within, here, there)]
    while waiting:
        name, one, two = waiting.pop()
        if isinstance(one, Mapping) and isinstance(two, Mapping):
            front = f"{name[:WIDTH]}." if name and name != within else name
            waiting += [
                (front + member, one.get(member, _ABSENT), two.get(member, _ABSENT))
                for member in reversed(dict.fromkeys((*one, *two)))
            ]
            continue
        if type(one) is str and one == two:  # the usual case, at once
            continue
        texts = _text(one), _text(two)
        if texts[0] != texts[1]:
            yield Change(labels.fit(name, WIDTH), *_apart(*texts))


def _text(value: Any) -> str | None:
    if value is _ABSENT:
        return None
    return _encode(value).decode()


def _apart(one: str | None, two: str | None) -> tuple[str | None, str | None]:
    """Two texts, cut so that the first difference between them is seen."""
    start = 0
    if one is not None and two is not None:
        pairs = enumerate(zip(one, two, strict=False))
        start = next((place for place, (a, b) in pairs if a != b), min(len(one), len(two)))
        start = max(0, start - _CONTEXT)
    return _cut(one, start), _cut(two, start)


def _cut(text: str | None, start: int) -> str | None:
    if text is None or len(text) <= WIDTH:
        return text
    start = min(start, len(text) - WIDTH)
    shown = text[start : start + WIDTH]
    return f"{'…' if start else ''}{shown}{'…' if start + WIDTH < len(text) else ''}"
