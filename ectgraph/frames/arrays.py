"""Plain values -> the arrays of a frame: one type for each kind of column, whatever the values are.

A ledger may hold any number at all. What a type cannot hold is absent here, never an error, and
stays as it was found in the graph and in the entries. Nothing here hashes text as pandas does: two
different claims are never taken for one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ectgraph.collector import paused
from ectgraph.columns import Kind

TEXT = pd.StringDtype("python")
"""The type of every text column; pyarrow's takes no file name that is no text."""
UTC = pd.DatetimeTZDtype("us", "UTC")
"""The type of every time."""

_FIRST, _END = -62_135_596_800, 253_402_300_800  # the years 1 to 9999, in seconds
_NAT = np.iinfo(np.int64).min
_INT64 = range(-(2**63), 2**63)


def frame(rows: Iterable[Sequence[Any]], kinds: Mapping[str, Kind]) -> pd.DataFrame:
    """Make a frame of rows; it has all its columns, with their types, also without any row.

    Text is `string`, a category `category` (of text, in alphabetical order), an integer `Int64`, a
    number `float64` (absent: NaN), a flag `boolean`, a time `datetime64[us, UTC]`.

    Args:
        rows: a value for each column; `None` where there is none.
        kinds: the columns by name, in order, and what each holds.

    >>> made = frame([("pay", 10**15), (None, 0)], {"exec_act": "category", "iat": "time"})
    >>> made["iat"].isna().tolist()  # no calendar holds the first
    [True, False]

    """
    with paused():
        found = list(zip(*rows, strict=True))
        return assembled(dict(zip(kinds, found or [()] * len(kinds), strict=True)), kinds)


def assembled(columns: Mapping[str, Any], kinds: Mapping[str, Kind]) -> pd.DataFrame:
    """Make a frame of columns: each is an array that is ready, or the values of one."""
    arrays: dict[str, Any] = {}
    for name, kind in kinds.items():
        found = columns[name]
        values = found.tolist() if isinstance(found, np.ndarray) else found
        arrays[name] = array(values, kind) if isinstance(values, (list, tuple)) else values
    return pd.DataFrame(arrays, columns=list(kinds), copy=False)


def array(values: Sequence[Any], kind: Kind) -> Any:
    """Make the array of one column.

    >>> array([1, None, 2**70], "integer").tolist()
    [1, <NA>, <NA>]
    """
    return _MAKERS[kind](values)


def positions(values: Sequence[Any]) -> tuple[np.ndarray[Any, np.dtype[np.int64]], list[Any]]:
    """Number the distinct values in the order found: (number of each value, the values).

    `None` is no value: its number is -1.

    >>> numbers, names = positions(["b", None, "a", "b"])
    >>> numbers.tolist(), names
    ([0, -1, 1, 0], ['b', 'a'])
    """
    found = dict.fromkeys(values)
    found.pop(None, None)
    numbers: dict[Any, int] = {value: number for number, value in enumerate(found)}
    numbers[None] = -1
    return np.fromiter(map(numbers.__getitem__, values), np.int64, count=len(values)), list(found)


def _text(values: Sequence[Any]) -> Any:
    return pd.array(_strings(values), dtype=TEXT)


def _strings(values: Sequence[Any]) -> Sequence[str | None]:
    """Values as plain text; members of an enumeration are what they are written as."""
    if _are(values, str):
        return values
    return [None if value is None else str(value) for value in values]


def _category(values: Sequence[Any]) -> Any:
    numbers, names = positions(values)
    if not _are(names, str):  # which is rare, and two of them may be written alike
        numbers, names = positions(_strings(values))
    order = sorted(range(len(names)), key=names.__getitem__)
    place = np.full(len(names) + 1, -1)  # the last is where -1 leads
    place[order] = np.arange(len(names))
    text = pd.Index(_text([names[number] for number in order]))
    return pd.Categorical.from_codes(place[numbers], dtype=pd.CategoricalDtype(text))


def _integer(values: Sequence[Any]) -> Any:
    whole = _int64(values, 0)
    if whole is None:
        values = [_whole(value) for value in values]
        whole = np.array([0 if value is None else value for value in values], dtype=np.int64)
    return pd.arrays.IntegerArray(whole, _absent(values))


def _int64(values: Sequence[Any], absent: int) -> np.ndarray[Any, np.dtype[np.int64]] | None:
    """Whole numbers at once, if they all are, and 64 bits hold them."""
    if not _are(values, int):
        return None
    known = values
    if None in values:
        known = [absent if value is None else value for value in values]
    try:
        return np.array(known, np.int64)
    except OverflowError:
        return None


def _whole(value: Any) -> int | None:
    """A number that 64 bits hold, if it is one."""
    if type(value) is float and math.isfinite(value) and value == math.floor(value):
        value = int(value)
    return value if type(value) is int and value in _INT64 else None


def _number(values: Sequence[Any]) -> Any:
    if not _are(values, int, float):
        values = [value if type(value) in (int, float) else None for value in values]
    try:
        found = np.array([math.nan if value is None else value for value in values], np.float64)
    except OverflowError:
        found = np.array([_float(value) for value in values], np.float64)
    return np.where(np.isfinite(found), found, math.nan)


def _float(value: float | None) -> float:
    try:
        return math.nan if value is None else float(value)
    except OverflowError:
        return math.nan


def _flag(values: Sequence[Any]) -> Any:
    return pd.arrays.BooleanArray(np.array(list(map(bool, values)), np.bool_), _absent(values))


def _time(values: Sequence[Any]) -> Any:
    seconds = _int64(values, _NAT)
    if seconds is None:
        micros = np.array([_micros(value) for value in values], dtype=np.int64)
    else:
        held = (seconds >= _FIRST) & (seconds < _END)
        micros = np.where(held, np.where(held, seconds, 0) * 1_000_000, _NAT)
    return pd.DatetimeIndex(micros.view("datetime64[us]")).tz_localize("UTC").array


def _micros(seconds: Any) -> int:
    """Seconds since 1970 as microseconds, if a calendar holds them."""
    if type(seconds) not in (int, float) or not _FIRST <= seconds < _END:
        return _NAT
    micros: int = round(seconds * 1_000_000)
    return min(micros, _END * 1_000_000 - 1)


def _are(values: Sequence[Any], *types: type) -> bool:
    """Whether every value is of one of these very types, or absent."""
    return set(map(type, values)) <= {*types, type(None)}


def _absent(values: Sequence[Any]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    if None not in values:
        return np.zeros(len(values), np.bool_)
    return np.array([value is None for value in values], np.bool_)


_MAKERS: dict[Kind, Callable[[Sequence[Any]], Any]] = {
    "text": _text,
    "category": _category,
    "integer": _integer,
    "number": _number,
    "flag": _flag,
    "time": _time,
}
