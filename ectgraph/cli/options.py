"""Arguments and options that several commands take."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ectgraph.cli import input as given
from ectgraph.cli import output

if TYPE_CHECKING:
    from ectgraph.case import Case
    from ectgraph.policy import Policy
    from ectgraph.reading import Manner

KeyFiles = Annotated[
    list[str] | None,
    typer.Option(
        "--keys",
        metavar="FILE",
        help="Key set, certificates, a folder, or https://…; may be repeated.",
    ),
]
Roots = Annotated[
    list[str] | None,
    typer.Option(metavar="FILE", help="Certificates must chain to one of these."),
]
Algorithms = Annotated[
    list[str] | None,
    typer.Option("--allow-alg", metavar="ALG", help="Next to ES256: EdDSA, ES384, RS256."),
]
Workers = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Processes to verify with; default: one for each core."),
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
At = Annotated[
    str | None,
    typer.Option(
        metavar="TIME", help="Judge at this NumericDate or RFC 3339 time, or at its own iat."
    ),
]


def algorithms(allowed: list[str] | None) -> tuple[str, ...]:
    """The algorithms that are taken: the usual one, and those that a caller allows.

    Raises:
        EctgraphError: one of them is unknown, or never taken.

    """
    from ectgraph.policy import Policy  # noqa: PLC0415
    from ectgraph.signature import check_algorithms  # noqa: PLC0415

    return check_algorithms((*Policy().algorithms, *(allowed or ())))


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
    at: str
    allow_alg: list[str] | None
    input_format: InputFormat | None
    table: str | None
    column: str | None
    workers: int | None

    def policy(self) -> Policy:
        """Limits and choices; the clock, if one is asked for, is read here."""
        from ectgraph.policy import Policy  # noqa: PLC0415  # so that `--help` stays quick

        at = None
        if self.at != "record":
            at = time.time() if self.at == "now" else given.seconds(self.at)
        return Policy(at=at, algorithms=algorithms(self.allow_alg))

    def manner(self, digest: int = 0) -> Manner:
        """How the bytes are to be read, and so many of them digested."""
        from ectgraph.reading import Manner  # noqa: PLC0415

        format_: Any = None if self.input_format is None else self.input_format.value
        return Manner(format=format_, table=self.table, column=self.column, digest=digest)

    def load(self, paths: list[str] | None = None, *, digest: int = 0, **checkpoint: Any) -> Case:
        """Load all of it as one case, or some paths of it.

        Args:
            paths: the ledgers, where not all paths are.
            digest: how many bytes of each source to digest, for a checkpoint to be made.
            checkpoint: `against` or `since`, as `case.load` takes them.

        """
        from ectgraph.case import load  # noqa: PLC0415

        paths = self.paths if paths is None else paths
        with output.progress(paths) as progress:
            return load(paths, self.keys, progress=progress, **self._options(digest), **checkpoint)

    def load_each(self) -> Iterator[Case]:
        """Load each source as a case of its own, one after the other."""
        from ectgraph.case import load_each  # noqa: PLC0415

        with output.progress(self.paths) as progress:
            yield from load_each(self.paths, self.keys, progress=progress, **self._options())

    def _options(self, digest: int = 0) -> dict[str, Any]:
        return {
            "roots": self.roots,
            "policy": self.policy(),
            "manner": self.manner(digest),
            "workers": self.workers,
        }

    def keep(
        self, target: Path | None, *others: Path | None, paths: list[str] | None = None
    ) -> None:
        """Refuse to write over anything that is read; `paths` as in `load`."""
        ledgers = self.paths if paths is None else paths
        read = (*ledgers, *(self.keys or ()), *(self.roots or ()))
        output.keep_sources(target, (*read, *(other for other in others if other is not None)))


def _sources(
    *,
    paths: list[str],
    keys: KeyFiles = None,
    roots: Roots = None,
    at: Annotated[
        str, typer.Option(metavar="TIME", help="Judge each token then: record, now, or a time.")
    ] = "record",
    allow_alg: Algorithms = None,
    input_format: Annotated[
        InputFormat | None, typer.Option(help="The format, where the bytes mislead.")
    ] = None,
    table: Annotated[
        str | None, typer.Option(metavar="NAME", help="The table of a database with the tokens.")
    ] = None,
    column: Annotated[
        str | None, typer.Option(metavar="NAME", help="The column with the tokens.")
    ] = None,
    workers: Workers = None,
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
