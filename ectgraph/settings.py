"""The configuration file -> Settings: what somebody wants at every run, and need not type again.

`ectgraph.toml`, or `[tool.ectgraph]` of `pyproject.toml`, in the current folder or the nearest one
above it. Beside the evidence of others, the file may be theirs. So it can name nothing that runs or
writes; a command says that one is in force, and the report names it with its digest.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from os import PathLike, fspath
from pathlib import Path
from stat import S_IFDIR, S_IFMT, S_IFREG
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import asdict

from ectgraph import escape, labels, toml
from ectgraph.errors import EctgraphError
from ectgraph.keys.remote import is_url
from ectgraph.policy import ALGORITHMS, Count
from ectgraph.toml import Mistake, did_you_mean

if TYPE_CHECKING:
    from ectgraph.rules import Catalogue

FILE, PROJECT = "ectgraph.toml", "pyproject.toml"
TABLE = ("tool", "ectgraph")
"""The table of `PROJECT` that is a configuration."""

Text: TypeAlias = Annotated[str, Meta(min_length=1)]
Texts: TypeAlias = tuple[Text, ...]
Positive: TypeAlias = Annotated[int, Meta(ge=1)]
Level: TypeAlias = Literal["note", "warning", "error"]
Format: TypeAlias = Literal[
    "full",
    "concise",
    "json",
    "jsonl",
    "sarif",
    "github",
    "gitlab",
    "junit",
    "csv",
    "markdown",
]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a configuration may say: each has the name and the meaning of an option of `lint`."""

    keys: Annotated[
        Texts | UnsetType, Meta(description="Key sets, certificates, folders of them, https://…")
    ] = UNSET
    roots: Annotated[
        Texts | UnsetType, Meta(description="Certificates that those of the keys must chain to.")
    ] = UNSET
    policy: Annotated[
        Text | UnsetType, Meta(description="A policy file, as docs/policy.md tells.")
    ] = UNSET
    artifacts: Annotated[
        Text | UnsetType,
        Meta(description="A folder; hashes in tokens are compared with its files."),
    ] = UNSET
    allow_alg: Annotated[
        Texts | UnsetType, Meta(description="Values of alg that are taken next to ES256.")
    ] = UNSET
    at: Annotated[
        Text | UnsetType, Meta(description="When to judge tokens at: record, now, or a time.")
    ] = UNSET
    select: Annotated[
        Texts | UnsetType,
        Meta(description="Only these rules count: codes, beginnings of codes, or names."),
    ] = UNSET
    extend_select: Annotated[
        Texts | UnsetType, Meta(description="Rules that count next to those of select.")
    ] = UNSET
    ignore: Annotated[
        dict[str, str],
        Meta(description="Rules that do not count: by code or name, the reason why."),
    ] = {}
    severity: Annotated[
        dict[str, Level],
        Meta(description="How bad findings of a rule are: by code or name, the severity."),
    ] = {}
    fail_on: Annotated[
        Literal["note", "warning", "error", "fatal"] | UnsetType,
        Meta(description="Exit with 1 on findings of this severity or worse."),
    ] = UNSET
    baseline: Annotated[
        Text | UnsetType, Meta(description="A file of findings that are known.")
    ] = UNSET
    format: Annotated[Format | UnsetType, Meta(description="How lint reports.")] = UNSET
    max_findings: Annotated[
        Count | UnsetType, Meta(description="Where reports for people are cut; 0 shows all.")
    ] = UNSET
    workers: Annotated[Positive | UnsetType, Meta(description="Processes to verify with.")] = UNSET
    input_format: Annotated[
        Literal["jws", "jsonl", "json", "har", "sqlite", "parquet"] | UnsetType,
        Meta(description="The format of ledgers, where the bytes mislead."),
    ] = UNSET
    table: Annotated[
        Text | UnsetType, Meta(description="The table of a database with the tokens.")
    ] = UNSET
    column: Annotated[Text | UnsetType, Meta(description="The column with the tokens.")] = UNSET
    color: Annotated[
        Literal["auto", "always", "never"] | UnsetType,
        Meta(description="When text for people has colours and links."),
    ] = UNSET


_PATHS = ("keys", "roots", "policy", "artifacts", "baseline")


def schema() -> dict[str, Any]:
    """The JSON Schema of a configuration.

    >>> schema()["$defs"]["Settings"]["properties"]["workers"]["minimum"]
    1
    """
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "ectgraph settings"}
    return head | msgspec.json.schema(Settings)


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A configuration that was read. Made by `load`."""

    settings: Settings
    """What it says; paths in it lead from the current folder."""
    path: Path
    sha256: str
    """Of the bytes of the file, in hex."""
    text: str = field(repr=False)
    """The file."""

    def said(self) -> dict[str, Any]:
        """The settings that the file makes, by name."""
        every = asdict(self.settings)
        return {name: value for name, value in every.items() if value not in (UNSET, {})}

    def line_of(self, *keys: str | int) -> int | None:
        """The line where something begins that the file says, as `line_of("ignore", "ECT502")`."""
        table = TABLE if self.path.name == PROJECT else ()
        return toml.line_of(self.text, (*table, *keys))

    def refuse_addresses(self) -> None:
        """Make sure that it does not lead to the network: for a file that nobody asked for.

        Raises:
            EctgraphError: keys or roots are fetched from an address; with the line.

        """
        for name in ("keys", "roots"):
            for number, path in enumerate(getattr(self.settings, name) or ()):
                if is_url(path):
                    what = f"{path!r} is fetched only if you ask for it, and this file was found"
                    how = f"say --config {self.path} to go by it, or --config none to go without"
                    raise self._mistake(f"{what}; {how}", name, number)

    def check(self, rules: Catalogue) -> None:
        """Make sure that it names rules that there are.

        Raises:
            EctgraphError: it does not; with the line, and the nearest name.

        """
        for name in ("select", "extend_select"):
            for number, texts in enumerate(getattr(self.settings, name) or ()):
                for text in texts.split(","):
                    try:
                        rules.meant(text)
                    except EctgraphError as error:
                        raise self._mistake(str(error), name, number) from error
        self.reasons(rules)
        self.severities(rules)

    def reasons(self, rules: Catalogue) -> dict[str, str]:
        """Why rules are ignored, by code; see `check`."""
        return self._by_code("ignore", rules)

    def severities(self, rules: Catalogue) -> dict[str, str]:
        """How bad findings are, by the code of their rule; see `check`."""
        return self._by_code("severity", rules)

    def _by_code(self, name: str, rules: Catalogue) -> dict[str, Any]:
        """A table whose keys name one rule each: a beginning of codes may mean more tomorrow."""
        found: dict[str, Any] = {}
        table: Mapping[str, Any] = getattr(self.settings, name)
        for text, value in table.items():
            try:
                codes = rules.meant(text)
            except EctgraphError as error:
                raise self._mistake(str(error), name, text) from error
            code = codes[0]
            if text not in (code, rules[code].name):
                what = f"write {labels.some(codes)}: each rule by its own code or name"
                raise self._mistake(what, name, text)
            if code in found:
                raise self._mistake(f"{code} stands there twice, by code and by name", name, text)
            found[code] = value
        return found

    def _mistake(self, what: str, *keys: str | int) -> EctgraphError:
        line = self.line_of(*keys)
        place = self.path if line is None else f"{self.path}:{line}"
        where = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)
        told = escape.terminal(f"{where.removeprefix('.')}: {what}", escape.LONG)
        return EctgraphError(f"{place}: {told}")


# From a folder to its configuration


def find(start: str | PathLike[str] = "") -> Path | None:
    """The configuration of a folder: its own, or that of the nearest folder above; `None`: none.

    Folders, pipes and the like are no configuration, whatever they are called, and a
    `pyproject.toml` is one only when it has the table.

    Raises:
        EctgraphError: a `pyproject.toml` that speaks of ectgraph is no TOML.

    """
    try:
        above = len(Path(start).resolve().parents)
    except (OSError, RuntimeError):  # the current folder is gone; a loop of links
        return None
    for level in range(above + 1):
        folder = Path(start, *[".."] * level)
        if _is_file(folder / FILE) or os.path.islink(folder / FILE):  # noqa: PTH114  # never raises
            return folder / FILE
        if _is_file(folder / PROJECT) and _has_table(folder / PROJECT):
            return folder / PROJECT
    return None


def _is_file(path: Path) -> bool:
    return _mode(path) == S_IFREG


def _mode(path: Path) -> int | None:
    """What kind of file it is; `None` when that cannot be told."""
    try:
        return S_IFMT(path.stat().st_mode)
    except (OSError, ValueError):
        return None


def _has_table(path: Path) -> bool:
    """Whether a `pyproject.toml` has our table; one that does not name us may be anything else."""
    try:
        with path.open("rb") as file:
            named = TABLE[-1].encode() in file.read(toml.LARGEST)
    except OSError:
        return False
    return named and toml.read(path, dict[str, Any], table=TABLE) is not None


def load(path: str | PathLike[str]) -> Loaded:
    """Read a configuration.

    Raises:
        EctgraphError: it cannot be read, says nothing, or something wrong; with the line.

    """
    path = Path(path)
    if _mode(path) not in (None, S_IFREG, S_IFDIR):  # reading a pipe could take for ever
        raise EctgraphError(f"{fspath(path)}: cannot be read (it is no regular file)")
    table = TABLE if path.name == PROJECT else ()
    file = toml.read(path, _File, table=table, check=_mistakes)
    if file is None:
        raise EctgraphError(f"{fspath(path)}: there is no table [{'.'.join(TABLE)}] in it")
    data = path.read_bytes()
    said = {name: getattr(file, name) for name in Settings.__struct_fields__}
    for name in _PATHS:
        said[name] = _from(path.parent, said[name])
    return Loaded(
        settings=Settings(**said),
        path=path,
        sha256=sha256(data).hexdigest(),
        text=data.decode(),
    )


def _from(folder: Path, name: Any) -> Any:
    """A path, or several, that lead from a folder; no URL, nor `-`, which is standard input."""
    if isinstance(name, tuple):
        return tuple(_from(folder, each) for each in name)
    if name is UNSET or name == "-" or is_url(name):
        return name
    return str(folder / name)


# What is wrong with one


class _File(Settings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What people write into the file, also where they must not."""

    rules_from: Any = UNSET
    output: Any = UNSET
    write_baseline: Any = UNSET


_REFUSED = {
    "rules_from": "rules are code, and this file may lie beside the evidence of others; give "
    "--rules-from on the command line",
    "output": "this file does not write anything; give -o on the command line",
    "write_baseline": "this file does not write anything; give --write-baseline on the command "
    "line",
}


def _mistakes(file: _File) -> Iterator[Mistake]:
    """What cannot be meant, though it can be read: where in the file, and why."""
    for name, why in _REFUSED.items():
        if getattr(file, name) is not UNSET:
            yield (name,), why
    for text, reason in file.ignore.items():
        if not reason.strip():
            yield ("ignore", text), "it lacks a reason: say why this rule does not count"
    for number, name in enumerate(file.allow_alg or ()):
        if name not in ALGORITHMS:
            known = did_you_mean(name, ALGORITHMS)
            yield ("allow_alg", number), f"{name!r} is no algorithm to be taken{known}"
    if file.at is not UNSET and not _is_time(file.at):
        yield ("at",), f"{file.at!r} is no time; write record, now, or 2026-02-24T14:23:20Z"


def _is_time(text: str) -> bool:
    from ectgraph.formats.entry import instant  # noqa: PLC0415  # few files state one

    if text in ("record", "now") or re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]+)?", text):
        return True
    return instant(text) is not None
