"""Arguments and options that several commands take."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ectgraph.cli import input as given
from ectgraph.cli import output
from ectgraph.cli.settings import Config

if TYPE_CHECKING:
    from ectgraph.artifacts import Artifacts
    from ectgraph.case import Case
    from ectgraph.model import Basis, Severity
    from ectgraph.policy import Policy
    from ectgraph.reading import Manner
    from ectgraph.reports.invocation import Invocation
    from ectgraph.rules import Catalogue
    from ectgraph.settings import Loaded

KeyFiles = Annotated[
    list[str] | None,
    typer.Option(
        "--keys",
        metavar="FILE",
        help="Key set, certificates, folder, https://…",
    ),
]
Roots = Annotated[
    list[str] | None,
    typer.Option(metavar="FILE", help="Certificates must chain to one of these."),
]
PolicyFile = Annotated[
    Path | None,
    typer.Option("--policy", metavar="FILE", help="What the workflow allows, in TOML."),
]
RulesFrom = Annotated[
    list[Path] | None,
    typer.Option(metavar="FILE.py", help="Rules of your own; this runs the file."),
]
Algorithms = Annotated[
    list[str] | None,
    typer.Option("--allow-alg", metavar="ALG", help="Next to ES256: EdDSA, ES384, RS256."),
]
Workers = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Processes; default: one a core."),
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to a file.")
]
Tokens = Annotated[
    list[str],
    typer.Argument(metavar="TOKEN", help="A token; - reads standard input, one a line."),
]
Audience = Annotated[
    str | None, typer.Option(metavar="ID", help="The verifier's own id, which aud must hold.")
]


Against = Annotated[Path | None, typer.Option(metavar="FILE", help="Compare with a checkpoint.")]


class Theme(StrEnum):
    """The colours of pictures."""

    LIGHT = "light"
    DARK = "dark"


Colours = Annotated[Theme, typer.Option("--theme", help="Colours of the picture.")]
At = Annotated[
    str | None,
    typer.Option(
        metavar="TIME", help="Judge at this NumericDate or RFC 3339 time, or at its own iat."
    ),
]


def algorithms(allowed: list[str] | None, policy: Policy | None = None) -> tuple[str, ...]:
    """The algorithms that are taken: those of the policy, and those that a caller allows.

    Raises:
        EctgraphError: one of them is unknown, or never taken.

    """
    from ectgraph.policy import Policy  # noqa: PLC0415
    from ectgraph.signature import check_algorithms  # noqa: PLC0415

    return check_algorithms((*(policy or Policy()).algorithms, *(allowed or ())))


class InputFormat(StrEnum):
    """The formats of ledgers."""

    JWS = "jws"
    JSONL = "jsonl"
    JSON = "json"
    HAR = "har"
    SQLITE = "sqlite"
    PARQUET = "parquet"


@dataclass(frozen=True, kw_only=True)
class Sources:
    """What a command over ledgers is to read, and by which keys it is to judge it."""

    paths: list[str]
    keys: list[str] | None
    roots: list[str] | None
    policy: Path | None
    rules_from: list[Path] | None
    artifacts: Path | None
    at: str
    allow_alg: list[str] | None
    input_format: InputFormat | None
    table: str | None
    column: str | None
    workers: int | None
    config: Loaded | None

    @cached_property
    def rules(self) -> Catalogue:
        """The rules to judge by: ours, those installed, and those of files."""
        from ectgraph.foreign import load  # noqa: PLC0415

        return load(self.rules_from or ())

    def _hashes(self) -> Artifacts | None:
        """The files that hashes in tokens are compared with, read once for all ledgers."""
        from ectgraph.artifacts import Artifacts  # noqa: PLC0415

        return None if self.artifacts is None else Artifacts.read(self.artifacts)

    def choices(self, severities: Mapping[str, Severity] | None = None) -> Policy:
        """Limits and choices; the clock, if one is asked for, is read here."""
        from msgspec.structs import replace  # noqa: PLC0415  # so that `--help` stays quick

        from ectgraph.policy import Policy  # noqa: PLC0415

        at = None
        if self.at != "record":
            at = time.time() if self.at == "now" else given.seconds(self.at)
        stated = Policy() if self.policy is None else Policy.load(self.policy)
        allowed = algorithms(self.allow_alg, stated)
        graded = stated.severities | dict(severities or {})
        return replace(stated, at=at, algorithms=allowed, severities=graded)

    def basis(self) -> Iterator[Basis]:
        """The files, next to ledgers and keys, that a report rests on."""
        from ectgraph.foreign import basis  # noqa: PLC0415
        from ectgraph.model import Basis  # noqa: PLC0415

        if self.config is not None:
            yield Basis("configuration", str(self.config.path), self.config.sha256)
        if self.policy is not None:
            yield Basis("policy", str(self.policy), sha256(self.policy.read_bytes()).hexdigest())
        yield from basis(self.rules)
        if self.artifacts is not None:
            yield Basis("artifacts", str(self.artifacts))

    def manner(self, digest: int = 0) -> Manner:
        """How the bytes are to be read, and so many of them digested."""
        from ectgraph.reading import Manner  # noqa: PLC0415

        format_: Any = None if self.input_format is None else self.input_format.value
        return Manner(format=format_, table=self.table, column=self.column, digest=digest)

    def load(
        self,
        paths: list[str] | None = None,
        *,
        digest: int = 0,
        quiet: bool = False,
        **others: Any,
    ) -> Case:
        """Load all of it as one case, or some paths of it.

        Args:
            paths: the ledgers, where not all paths are.
            digest: how many bytes of each source to digest, for a checkpoint to be made.
            quiet: whether to show no progress.
            others: `policy`, `against` or `since`, as `opening.load` takes them.

        """
        from ectgraph.opening import load  # noqa: PLC0415

        paths = self.paths if paths is None else paths
        with output.progress(paths, quiet=quiet) as progress:
            return load(paths, self.keys, progress=progress, **self._options(others, digest))

    def load_each(self, *, quiet: bool = False, **others: Any) -> Iterator[Case]:
        """Load each source as a case of its own, one after the other; `others` as in `load`."""
        from ectgraph.opening import load_each  # noqa: PLC0415

        others = {"artifacts": self._hashes(), **others}
        with output.progress(self.paths, quiet=quiet) as progress:
            yield from load_each(self.paths, self.keys, progress=progress, **self._options(others))

    def _options(self, others: dict[str, Any], digest: int = 0) -> dict[str, Any]:
        usual = {
            "roots": self.roots,
            "rules": self.rules,
            "artifacts": self.artifacts,
            "manner": self.manner(digest),
            "workers": self.workers,
        }
        policy = {} if "policy" in others else {"policy": self.choices()}  # the clock is read once
        return usual | policy | others

    def invocation(self, paths: list[str]) -> Invocation:
        """How other commands read the same ledger, by the same keys and choices."""
        from ectgraph.reports.invocation import Invocation  # noqa: PLC0415

        return Invocation(paths=tuple(paths), options=tuple(self._given()))

    def _given(self) -> Iterator[str]:
        """The options that were given, but for those that a configuration gives as well."""
        from ectgraph import settings  # noqa: PLC0415

        stated = {"at": "record"} | ({} if self.config is None else self.config.said())
        if self.config is not None:
            yield from ("--config", str(self.config.path))
        elif settings.find() is not None:
            yield from ("--config", "none")
        for each in fields(self):
            given = _words(getattr(self, each.name))
            if each.name not in ("paths", "workers", "config") and given != _words(
                stated.get(each.name)
            ):
                for word in given:
                    yield from (f"--{each.name.replace('_', '-')}", word)

    def keep(
        self, target: Path | None, *others: Path | None, paths: list[str] | None = None
    ) -> None:
        """Refuse to write over anything that is read; `paths` as in `load`."""
        ledgers = self.paths if paths is None else paths
        read = [*ledgers, *(self.keys or ()), *(self.roots or ()), *(self.rules_from or ())]
        read += [] if self.config is None else [self.config.path]
        others = (*others, self.policy)
        output.keep_sources(target, (*read, *(other for other in others if other is not None)))


def _words(value: Any) -> list[str]:
    """The value of an option, as words to type."""
    values = [] if value is None else value if isinstance(value, (list, tuple)) else [value]
    return [str(each) for each in values]


def _sources(
    *,
    paths: list[str],
    keys: KeyFiles = None,
    roots: Roots = None,
    policy: PolicyFile = None,
    rules_from: RulesFrom = None,
    artifacts: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Compare hashes in tokens with its files."),
    ] = None,
    at: Annotated[
        str, typer.Option(metavar="TIME", help="Judge tokens at: record, now, or a time.")
    ] = "record",
    allow_alg: Algorithms = None,
    input_format: Annotated[
        InputFormat | None,
        typer.Option(metavar="FORMAT", help="jws, jsonl, json, har, sqlite or parquet."),
    ] = None,
    table: Annotated[
        str | None, typer.Option(metavar="NAME", help="The table with the tokens.")
    ] = None,
    column: Annotated[
        str | None, typer.Option(metavar="NAME", help="The column with the tokens.")
    ] = None,
    workers: Workers = None,
    config: Config = None,
) -> Sources:
    """Declare the options of `Sources`."""
    return Sources(**locals())


def reads_ledgers(
    metavar: str = "PATH", about: str = "Ledger files, folders, patterns; - is standard input."
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of `Sources`, and their values as its first argument.

    Args:
        metavar: what the command's positional arguments are called.
        about: what they are.

    """

    def give(command: Callable[..., None]) -> Callable[..., None]:
        def run(**arguments: Any) -> None:
            sources = _sources(**{name: arguments.pop(name) for name in shared})
            if sources.config is not None and not arguments.get("quiet"):
                output.say(f"settings from {sources.config.path}; `ectgraph config` shows them")
            command(sources, **arguments)

        shared = dict(inspect.signature(_sources, eval_str=True).parameters)
        own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
        argument = Annotated[list[str], typer.Argument(metavar=metavar, help=about)]
        paths = shared["paths"].replace(annotation=argument)
        all_ = [paths, *own, *(each for name, each in shared.items() if name != "paths")]
        named = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in all_]
        run.__name__, run.__doc__ = command.__name__, command.__doc__
        run.__signature__ = inspect.Signature(named)  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in named}
        return run

    return give


def commands() -> typer.Typer:
    """A group of commands, to be joined with the others."""
    return typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
