"""Arguments and options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Paths = Annotated[
    list[str], typer.Argument(metavar="PATH", help="Ledger files; - is standard input.")
]
KeyFiles = Annotated[
    list[Path] | None,
    typer.Option("--keys", metavar="FILE", help="JWKS or PEM file, or a folder; may be repeated."),
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


def commands() -> typer.Typer:
    """A group of commands, to be joined with the others."""
    return typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
