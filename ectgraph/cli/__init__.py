"""The command line: arguments in, exit code out, no logic.

Exit codes: 0 nothing at or above `--fail-on`, 1 findings, 2 the caller's mistake, 3 nothing to
check. Data goes to stdout, talk to stderr. The commands are in the files next to this one; what
they need is imported when they run, so that `--help` stays quick.
"""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import Annotated, TextIO

import typer

from ectgraph.cli import (
    archive,
    explain,
    gate,
    key,
    ledger_file,
    lint,
    output,
    record,
    rule,
    settings,
    story,
    token,
)
from ectgraph.errors import EctgraphError
from ectgraph.version import __version__

app = typer.Typer(
    name="ectgraph",
    help="Execution Context Tokens as evidence: verify, lint, draw and tabulate audit ledgers.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for group in (
    lint,
    explain,
    rule,
    archive,
    record,
    ledger_file,
    settings,
    key,
    token,
    gate,
    story,
):
    app.add_typer(group.commands)


def main() -> None:
    """Run the command line; the caller's mistakes end in one line and exit code 2."""
    sys.stdout, sys.stderr = _stream(sys.stdout), _stream(sys.stderr)
    gc.disable()  # a ledger makes many objects and no cycles, and this process soon ends
    code = run()
    os._exit(code)  # taking a large ledger apart piece by piece would take a while, for nothing


def _stream(stream: TextIO | None) -> TextIO:
    """A stream that takes any text; nothing's, where the caller has closed it."""
    if stream is None:
        return Path(os.devnull).open("w", encoding="utf-8")
    stream.reconfigure(errors="backslashreplace")  # type: ignore[attr-defined]
    return stream


def run() -> int:
    """Run the command line; give its exit code."""
    try:
        try:
            app(prog_name="ectgraph")
        finally:
            sys.stdout.flush()
    except EctgraphError as error:
        return _mistake(str(error))
    except MemoryError:
        return _mistake("there is not enough memory for this")
    except BrokenPipeError:  # the reader of our output has seen enough
        return 1
    except OSError as error:
        return _mistake(f"standard output: cannot be written ({error.strerror})")
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 0
    return 0


def _mistake(message: str) -> int:
    output.say(message)
    return 2


def _version(value: bool) -> None:  # noqa: FBT001  # typer's callback
    if value:
        typer.echo(f"ectgraph {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[  # noqa: FBT002  # typer's option
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Take options that need no command."""
