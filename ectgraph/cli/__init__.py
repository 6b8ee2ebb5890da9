"""The command line: arguments in, exit code out, no logic.

Exit codes: 0 nothing at or above `--fail-on`, 1 findings, 2 the caller's mistake, 3 nothing to
check, 130 after Ctrl-C. Data goes to stdout, talk to stderr. The commands are in the files next to
this one; what they need is imported when they run, so that `--help` stays quick.
"""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from ectgraph.cli import (
    analyze,
    diff,
    draw,
    explain,
    gate,
    key,
    ledger_file,
    lint,
    output,
    record,
    report,
    rule,
    settings,
    story,
    table,
    taint,
    timeline,
    token,
)
from ectgraph.errors import EctgraphError
from ectgraph.version import __version__

_MisuseError: type[Any] = typer.BadParameter.__bases__[0]
"""What typer raises of options that it cannot parse; it exports no name for all of it."""
INTERRUPTED = 130
"""The exit code after Ctrl-C."""

app = typer.Typer(
    name="ectgraph",
    help="Execution Context Tokens as evidence: verify, lint, draw and question audit ledgers.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for group in (
    lint,
    explain,
    rule,
    draw,
    timeline,
    table,
    analyze,
    taint,
    diff,
    report,
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
    if sys.stdin is None:  # closed: no file that is opened later is to take its place
        os.open(os.devnull, os.O_RDONLY)
    sys.stdout, sys.stderr = _stream(sys.stdout), _stream(sys.stderr)
    # Worker processes would import json.py of the current folder, which may be the evidence's.
    os.environ["PYTHONSAFEPATH"] = "1"
    gc.disable()  # a ledger makes many objects and no cycles, and this process soon ends
    code = run()
    if code == INTERRUPTED:
        sys.exit(code)  # what is under way is ended on the way out: worker processes
    os._exit(code)  # taking a large ledger apart piece by piece would take a while, for nothing


def _stream(stream: TextIO | None) -> TextIO:
    """A stream that takes any text; nothing's, where the caller has closed it."""
    if stream is None:
        return Path(os.devnull).open("w", encoding="utf-8")
    stream.reconfigure(errors="backslashreplace")  # type: ignore[attr-defined]
    return stream


def run() -> int:
    """Run the command line; give its exit code."""
    code: object = 0
    try:
        try:
            code = app(prog_name="ectgraph", standalone_mode=False)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:  # the reader of our output has seen enough
        code = 1
    except SystemExit as leaving:
        code = leaving.code
    except typer.Abort:
        code = INTERRUPTED
    except EctgraphError as error:
        code = _mistake(str(error))
    except MemoryError:
        code = _mistake("there is not enough memory for this")
    except OSError as error:
        code = _mistake(f"standard output: cannot be written ({error.strerror})")
    except _MisuseError as error:
        code = _misused(error)
    return code if isinstance(code, int) else 0


def _misused(error: Any) -> int:
    """Tell in a line what is wrong with the options, as the parser of options worded it."""
    said = str(error.format_message())
    if "\n" in said:  # without any command it is all the help there is
        typer.echo(said, err=True)
        return 2
    said = said.replace("Value error, ", "").rstrip(".")
    command = "ectgraph" if error.ctx is None else error.ctx.command_path
    return _mistake(f"{said} (see `{command} --help`)")


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
