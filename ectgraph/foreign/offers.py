"""Files and entry points -> rules that somebody offers. Code of others is imported here alone."""

from __future__ import annotations

import importlib.abc
import importlib.util
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import redirect_stdout
from importlib.metadata import EntryPoint, entry_points
from os import PathLike, fspath
from pathlib import Path
from types import ModuleType
from typing import NamedTuple, TypeAlias

from ectgraph import escape
from ectgraph.errors import EctgraphError
from ectgraph.rule import Rule
from ectgraph.rules import RULES

GROUP = "ectgraph.rules"
"""The entry points by which a distribution offers rules."""

Offer: TypeAlias = tuple[str, Rule]
"""Who offers a rule, a distribution or a file, and the rule."""


class File(NamedTuple):
    """A file of rules: its name as the caller gave it, where it is, and its bytes."""

    name: str
    path: str
    source: bytes


def of_distributions() -> Iterator[Offer]:
    """The rules of installed distributions, in the order of their names.

    Raises:
        EctgraphError: one of them cannot be imported, or names something else than rules.

    """
    for point in sorted(entry_points(group=GROUP), key=lambda point: (_origin(point), point.name)):
        origin = _origin(point)
        try:
            with redirect_stdout(sys.stderr):
                named = point.load()
        except (Exception, SystemExit) as error:
            message = f"{origin}: its rules cannot be imported ({_said_by(error)})"
            raise EctgraphError(message) from error
        rules = _top_level(named) if isinstance(named, ModuleType) else named
        rules = [rules] if isinstance(rules, Rule) else rules
        if not isinstance(rules, Iterable) or not all(isinstance(rule, Rule) for rule in rules):
            message = f"{origin}: its entry point {point.value} names neither rules nor a module"
            raise EctgraphError(message)
        yield from _offered(origin, rules)


def _origin(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else point.value


def of_file(file: File) -> list[Offer]:
    """The rules at the top level of a file.

    Raises:
        EctgraphError: it cannot be imported, or holds no rule.

    """
    offers = list(_offered(file.name, _top_level(_import(file))))
    if not offers:
        message = f"{file.name}: holds no rule; see docs/rules-of-your-own.md"
        raise EctgraphError(message)
    return offers


def _top_level(module: ModuleType) -> list[Rule]:
    return [value for value in vars(module).values() if isinstance(value, Rule)]


def _offered(origin: str, rules: Iterable[Rule]) -> Iterator[Offer]:
    """Each rule once, under any number of names; those of ectgraph may be imported by anybody."""
    different = {id(rule): rule for rule in rules}.values()
    ours = {id(rule) for rule in RULES.values()}
    return ((origin, rule) for rule in different if id(rule) not in ours)


def read(file: str | PathLike[str]) -> File:
    """Read a file of rules.

    Raises:
        EctgraphError: it cannot be read, or is no Python file by its name.

    """
    name = fspath(file)
    if not name.endswith(".py"):
        message = f"{name}: rules are taken from Python files alone, whose names end in .py"
        raise EctgraphError(message)
    try:
        path = Path(name).resolve()
        return File(name, str(path), path.read_bytes())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        message = f"{name}: rules cannot be read from it ({reason})"
        raise EctgraphError(message) from error


class _Source(importlib.abc.ExecutionLoader):
    """Imports bytes: nothing is looked up beside the file, and nothing is written there."""

    def __init__(self, file: File) -> None:
        self._file = file

    def get_filename(self, fullname: str) -> str:  # noqa: ARG002  # it has one module
        return self._file.path

    def get_source(self, fullname: str) -> str:  # noqa: ARG002
        return importlib.util.decode_source(self._file.source)


def _import(file: File) -> ModuleType:
    # The path makes the name unique; a dot in it would say that the module lies in a package.
    name = f"rules from {file.path}".replace(".", "_")
    loader = _Source(file)
    module = importlib.util.module_from_spec(importlib.machinery.ModuleSpec(name, loader))
    module.__file__ = file.path
    sys.modules[name] = module  # classes look up the module that they are made in
    try:
        with redirect_stdout(sys.stderr):
            loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename == file.path]
        line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else None
        place = file.name if line is None else f"{file.name}:{line}"
        message = f"{place}: cannot be imported ({_said_by(error)})"
        raise EctgraphError(message) from error
    return module


def _said_by(error: BaseException) -> str:
    """An exception in one line: the first of its text; a syntax error shows its place before."""
    lines = "".join(traceback.format_exception_only(error)).splitlines()
    line = lines[-1] if isinstance(error, SyntaxError) else lines[0]
    return escape.terminal(line, escape.LONG)
