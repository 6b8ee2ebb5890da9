"""TOML files -> values of a type; what is wrong with one is told in a line, with its line.

For the caller's own files (a policy, the configuration): a mistake in one raises, and says what
was probably meant.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from os import PathLike, fspath
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, overload

import msgspec
from msgspec import inspect

from ectgraph import escape
from ectgraph.errors import EctgraphError

Keys: TypeAlias = tuple[str | int, ...]
"""The way to a value in a document: names of members, and positions in arrays."""
Mistake: TypeAlias = tuple[Keys, str]
"""A place in a document, and what is wrong there."""
T = TypeVar("T")

LARGEST = 1 << 20
"""Bytes of the largest file that is read."""
_PARSES = 100
"""How often a document is read again to find the line of a mistake, at most."""


@overload
def read(
    path: str | PathLike[str], type_: type[T], *, check: Callable[[T], Iterable[Mistake]] = ...
) -> T: ...


@overload
def read(
    path: str | PathLike[str],
    type_: type[T],
    *,
    table: tuple[str, ...],
    check: Callable[[T], Iterable[Mistake]] = ...,
) -> T | None: ...


def read(
    path: str | PathLike[str],
    type_: type[T],
    *,
    table: tuple[str, ...] = (),
    check: Callable[[T], Iterable[Mistake]] = lambda _: (),
) -> T | None:
    """Read a file, or one table of it.

    Args:
        path: the file.
        type_: a `msgspec.Struct` that forbids unknown fields.
        table: the names that lead to the table, where it is not the whole file.
        check: finds mistakes that the types do not show; the first is told.

    Returns:
        The value; `None` when there is no such table.

    Raises:
        EctgraphError: the file cannot be read, says nothing, or something wrong.

    """
    name, text = fspath(path), _text(path)
    value: Any = _document(name, text)
    for key in table:
        value = value.get(key) if isinstance(value, dict) else None
    if value is None:
        return None
    if isinstance(value, dict) and all(each in ({}, []) for each in value.values()):
        where = f" in [{'.'.join(table)}]" if table else ""
        raise _error(name, None, f"it says nothing{where}; say something, or leave it out")
    try:
        made = msgspec.convert(value, type_)
    except msgspec.ValidationError as error:
        keys, what = _explained(str(error), value, type_)
    else:
        mistake = next(iter(check(made)), None)
        if mistake is None:
            return made
        keys, what = mistake
    where = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)
    told = f"{where.removeprefix('.')}: {what}" if where else what
    raise _error(name, line_of(text, (*table, *keys)), told)


def did_you_mean(text: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown name: the known one that is nearest, if one is near.

    >>> did_you_mean("max-parent", ["max_parents", "skew"])
    "; did you mean 'max_parents'?"
    >>> did_you_mean("x", ["one", "two"]), did_you_mean("x", [])
    ("; known are 'one', 'two'", '')
    """
    names = list(known)
    folded = {_folded(name): name for name in reversed(names)}
    near = difflib.get_close_matches(_folded(text[:200]), folded, n=1)
    if near:
        return f"; did you mean {folded[near[0]]!r}?"
    return f"; known are {', '.join(map(repr, names))}" if 0 < len(names) <= _FEW else ""


def _folded(name: str) -> str:
    return name.replace("-", "_").lower()


_FEW = 12


# From bytes to a document


def _error(name: str, line: int | None, message: str) -> EctgraphError:
    place = escape.terminal(name if line is None else f"{name}:{line}")
    return EctgraphError(f"{place}: {escape.terminal(message, escape.LONG)}")


def _text(path: str | PathLike[str]) -> str:
    name = fspath(path)
    try:
        with Path(path).open("rb") as file:
            data = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise _error(name, None, f"cannot be read ({reason})") from error
    if len(data) > LARGEST:
        raise _error(name, None, f"it is larger than {LARGEST} bytes, which no such file is")
    if data.startswith(b"\xef\xbb\xbf"):
        raise _error(name, 1, "it begins with a byte order mark; save it as UTF-8 without one")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _error(name, line, "this is not UTF-8; save the file as UTF-8") from error


def _document(name: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise _error(name, None, "no TOML: it nests too deep") from error
    except ValueError as error:  # tomllib's own, and that of `int` for a number of 5000 digits
        what, _, place = str(error).partition(" (at ")
        found = re.match(r"line (\d+)", place)
        at_end = text.count("\n") + (not text.endswith("\n")) if place else None
        raise _error(name, int(found[1]) if found else at_end, f"no TOML: {what}") from error


# From a place in a document to its line

_STATEMENT = re.compile(r"""[ \t]*(?:\[|(?:[\w-]+|"[^"]*"|'[^']*')[ \t]*[.=])""", re.ASCII)
"""How a line begins that may begin a statement; within a text of several lines it does not."""


def line_of(text: str, keys: Keys) -> int | None:
    r"""The line where the statement begins that gave a document what is at a place.

    A document cut before a statement is a document. So it is the last statement before which it
    does not have the place yet. `None` when that is not found within `_PARSES` steps.

    >>> line_of("a = 1\nb = [\n  2,\n]", ("b", 0))
    2
    """
    lines = text.split("\n")
    starts = [number for number, line in enumerate(lines) if _STATEMENT.match(line)]
    low, high, parses = 0, len(starts), 0
    while high - low > 1:
        middle = probe = (low + high) // 2
        known = None
        while known is None and probe < high:
            known = _has("\n".join([*lines[: starts[probe]], ""]), keys)
            probe += 1
            parses += 1
            if parses > _PARSES:
                return None
        if known is False:
            low = probe - 1
        else:
            high = middle
    return starts[low] + 1 if starts else None


def _has(text: str, keys: Keys) -> bool | None:
    """Whether a document has a place; `None` when it is none."""
    try:
        value = tomllib.loads(text)
    except ValueError:
        return None
    try:
        _at(value, keys)
    except (LookupError, TypeError):
        return False
    return True


# What a type says against a value, for people

_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    "bool": "true or false",
    "array": "an array",
    "object": "a table",
    "null": "nothing",
    "datetime": "a time",
    "date": "a date",
    "time": "a time",
}


def _explained(error: str, value: Any, type_: Any) -> Mistake:
    """What `msgspec` says against a value of a type: where, and in plainer words."""
    what, _, place = error.partition(" - at ")
    keys: Keys = ()
    for name, number, some in _STEP.findall(place):
        if some:  # of a table with any keys it is not said which one
            keys += (_culprit(error, value, keys, type_),)
        else:
            keys += (int(number) if number else name,)
    if found := re.fullmatch(r"Object contains unknown field `(.*)`", what, re.DOTALL):
        names = [field.encode_name for field in _fields(type_, keys)]
        return (*keys, found[1]), f"there is no such key{did_you_mean(found[1], names)}"
    if found := re.fullmatch(r"Invalid enum value '(.*)'", what, re.DOTALL):
        values = map(str, _values(type_, keys))
        return keys, f"there is no {found[1]!r}{did_you_mean(found[1], values)}"
    return keys, _reworded(what)


_STEP = re.compile(r"\.([\w-]+)|\[(?:(\d+)|(\.\.\.))\]")
"""A step of a path, as `msgspec` writes it."""


def _culprit(error: str, value: Any, keys: Keys, type_: Any) -> str:
    """The key of a table that an error is about: it alone gives the same error."""
    table: dict[str, Any] = _at(value, keys)
    for key, item in table.items():
        try:
            msgspec.convert(_replaced(value, keys, {key: item}), type_)
        except msgspec.ValidationError as found:
            if str(found) == error:
                return key
    return next(iter(table))  # pragma: no cover  # one of them must be


def _at(value: Any, keys: Keys) -> Any:
    for key in keys:
        value = value[key]
    return value


def _replaced(value: Any, keys: Keys, new: Any) -> Any:
    """A value with something else at a place."""
    for depth in reversed(range(len(keys))):
        above = copy(_at(value, keys[:depth]))
        above[keys[depth]] = new
        new = above
    return new


def _reworded(what: str) -> str:
    if found := re.fullmatch(r"Object missing required field `(.*)`", what):
        return f"it lacks {found[1]!r}"
    if found := re.fullmatch(r"Expected `([\w| ]+)`, got `(\w+)`", what):
        wanted = " or ".join(_KINDS.get(kind, kind) for kind in found[1].split(" | "))
        return f"{_KINDS.get(found[2], found[2])} is given; {wanted} is wanted"
    if found := re.fullmatch(r"Expected `int` (>=|<=) (-?\d+)", what):
        return f"it must be {'at least' if found[1] == '>=' else 'at most'} {found[2]}"
    return "it is empty" if what == "Expected `str` of length >= 1" else what


def _along(type_: Any, keys: Sequence[str | int]) -> Iterator[inspect.Type]:
    """The types that a value at a place may have."""
    found = [inspect.type_info(type_)]
    for key in keys:
        found = [below for each in found for below in _below(each, key)]
    for each in map(_bare, found):
        yield from each.types if isinstance(each, inspect.UnionType) else (each,)


def _bare(type_: inspect.Type) -> inspect.Type:
    """A type without what is said of it besides, as a description."""
    return type_.type if isinstance(type_, inspect.Metadata) else type_


def _below(type_: inspect.Type, key: str | int) -> Iterator[inspect.Type]:
    type_ = _bare(type_)
    if isinstance(type_, inspect.UnionType):
        for each in type_.types:
            yield from _below(each, key)
    elif isinstance(type_, inspect.StructType):
        yield from (field.type for field in type_.fields if field.encode_name == key)
    elif isinstance(type_, inspect.DictType):
        yield type_.value_type
    elif isinstance(type_, inspect.CollectionType):
        yield type_.item_type


def _fields(type_: Any, keys: Sequence[str | int]) -> list[inspect.Field]:
    found = _along(type_, keys)
    return [field for t in found if isinstance(t, inspect.StructType) for field in t.fields]


def _values(type_: Any, keys: Sequence[str | int]) -> list[Any]:
    """The values that may stand at a place where only some may."""
    values: list[Any] = []
    for each in _along(type_, keys):
        if isinstance(each, inspect.LiteralType):
            values += each.values
        elif isinstance(each, inspect.EnumType):
            values += [member.value for member in each.cls]
    return values
