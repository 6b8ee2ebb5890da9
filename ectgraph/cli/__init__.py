"""The command line: arguments in, exit code out, no logic.

Exit codes: 0 nothing at or above `--fail-on`, 1 findings, 2 the caller's mistake, 3 nothing to
check. Data goes to stdout, talk to stderr.
"""

from __future__ import annotations

import difflib
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from ectgraph import labels
from ectgraph.errors import EctgraphError
from ectgraph.model import Severity
from ectgraph.version import __version__

if TYPE_CHECKING:
    from ectgraph.case import Case
    from ectgraph.loader import Progress

app = typer.Typer(
    name="ectgraph",
    help="Execution Context Tokens as evidence: verify, lint, draw and tabulate audit ledgers.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

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


class ReportFormat(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"


class TableFormat(StrEnum):
    """How a table is written."""

    TABLE = "table"
    CSV = "csv"


class TableName(StrEnum):
    """The tables of a case."""

    TASKS = "tasks"
    EDGES = "edges"
    FINDINGS = "findings"


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
    except BrokenPipeError:  # the reader of our output has seen enough
        return 1
    except OSError as error:
        return _mistake(f"standard output: cannot be written ({error.strerror})")
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 0
    return 0


def _mistake(message: str) -> int:
    from ectgraph import escape  # noqa: PLC0415

    typer.echo(f"ectgraph: {escape.terminal(message)}", err=True)
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


@app.command(
    short_help="Verify every signature and report all findings.",
    epilog="Example: ectgraph lint ledger.jsonl --keys agents.jwks.json --ignore ECT502",
)
def lint(
    paths: Paths,
    keys: KeyFiles = None,
    format_: Annotated[ReportFormat, typer.Option("--format", help="How to report.")] = (
        ReportFormat.TEXT
    ),
    select: Annotated[
        list[str] | None, typer.Option(metavar="CODES", help="Only these rules count: ECT3,ECT201.")
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(metavar="CODES", help="These rules do not count.")
    ] = None,
    fail_on: Annotated[
        Severity, typer.Option(help="Exit with 1 on findings of this severity or worse.")
    ] = Severity.ERROR,
    max_findings: Annotated[
        int, typer.Option(min=0, metavar="N", help="Cut longer text reports; 0 shows all.")
    ] = 50,
    workers: Workers = None,
    output: Output = None,
) -> None:
    """Verify every signature, judge the ledger by every rule, and report all findings."""
    _keep_sources(output, paths, keys)
    selected, ignored = _codes(select), _codes(ignore)
    case = _load(paths, keys, workers)
    report = case.lint(select=selected, ignore=ignored)
    if format_ is ReportFormat.JSON:
        from ectgraph.reports.json import to_json  # noqa: PLC0415

        _write(to_json(report), output)
    else:
        from ectgraph.reports.text import to_text  # noqa: PLC0415

        with _console(output) as console:
            for line in to_text(report, case.graph, max_findings):
                console.print(line, soft_wrap=True)
    if not report.summary.records:
        raise typer.Exit(3)
    raise typer.Exit(1 if report.at_least(fail_on) else 0)


@app.command(
    short_help="Draw the workflow.",
    epilog="Example: ectgraph draw ledger.jsonl --keys agents.jwks.json -o workflow.svg",
)
def draw(
    paths: Paths,
    keys: KeyFiles = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="FILE.svg, .png or .dot; else DOT."),
    ] = None,
    max_nodes: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Show at most N tasks; pictures: 400 by default."),
    ] = None,
    workers: Workers = None,
) -> None:
    """Draw the workflow: tasks by agent, parent links, and what is wrong with them."""
    from ectgraph.render import picture  # noqa: PLC0415

    _keep_sources(output, paths, keys)
    if output is not None and picture.suffix(output) != "dot":
        max_nodes = max_nodes or picture.MAX_NODES
    case = _load(paths, keys, workers)
    _need_records(case)
    drawing = case.draw(max_nodes=max_nodes)
    if output is None:
        typer.echo(drawing.dot, nl=False)
    else:
        figures = case.report.summary
        missing = f", {figures.missing:,} missing" if figures.missing else ""
        what = f"{labels.count(figures.tasks, 'task')}{missing}"
        typer.echo(f"{drawing.save(output)}: {what}", err=True)
    if drawing.hidden:
        shown = f"{len(case.graph) - drawing.hidden:,} of {len(case.graph):,}"
        typer.echo(f"ectgraph: {shown} tasks drawn; --max-nodes N draws more", err=True)


@app.command(
    epilog="Example: ectgraph table ledger.jsonl findings --keys agents.jwks.json -o f.csv"
)
def table(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH... tasks|edges|findings", help="Ledger files, then the table."
        ),
    ],
    keys: KeyFiles = None,
    format_: Annotated[
        TableFormat | None,
        typer.Option("--format", help="Default: table on a terminal, csv in a pipe or file."),
    ] = None,
    max_rows: Annotated[
        int, typer.Option(min=0, metavar="N", help="Rows of a terminal table; 0 shows all.")
    ] = 50,
    workers: Workers = None,
    output: Output = None,
) -> None:
    """Write the tasks, the parent links or the findings as a table."""
    *files, name = paths
    if name not in list(TableName) or not files:
        message = f"{name!r} is no table; end with one of: {', '.join(TableName)}"
        raise EctgraphError(message)
    _keep_sources(output, files, keys)
    if format_ is None:
        on_terminal = output is None and sys.stdout.isatty()
        format_ = TableFormat.TABLE if on_terminal else TableFormat.CSV
    case = _load(files, keys, workers)
    _need_records(case)
    frame = getattr(case, name)
    if format_ is TableFormat.CSV:
        from ectgraph.frames import to_csv  # noqa: PLC0415

        _write(to_csv(frame).encode(), output)
    else:
        from ectgraph.reports.table import to_table  # noqa: PLC0415

        with _console(output) as console:
            console.print(to_table(name, frame, max_rows))


def _keep_sources(output: Path | None, paths: list[str], keys: list[Path] | None) -> None:
    """Refuse to write over what is being read: evidence is never replaced."""
    if output is None or not output.exists():
        return
    for source in (*paths, *(keys or ())):
        if Path(source).exists() and output.samefile(source):
            message = f"{output}: is one of the sources, and is not written over"
            raise EctgraphError(message)


def _load(paths: list[str], keys: list[Path] | None, workers: int | None) -> Case:
    from ectgraph.case import load  # noqa: PLC0415  # so that `--help` stays quick

    with _progress(paths) as progress:
        return load(paths, keys, workers=workers, progress=progress)


def _need_records(case: Case) -> None:
    if not case.ledger:
        typer.echo("ectgraph: there is no record to show", err=True)
        raise typer.Exit(3)


@contextmanager
def _progress(paths: list[str]) -> Iterator[Progress | None]:
    """A progress bar on stderr, where a person can see it."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress as Bar  # noqa: PLC0415

    sizes = [Path(path).stat().st_size for path in paths if Path(path).is_file()]
    total = sum(sizes) if len(sizes) == len(paths) else None
    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("verifying", total=total)
        yield lambda count: bar.advance(task, count)


@contextmanager
def _console(output: Path | None) -> Iterator[Any]:
    """A rich console on stdout or a file, without any markup of its own."""
    from rich.console import Console  # noqa: PLC0415

    options: dict[str, Any] = {"markup": False, "emoji": False, "highlight": False}
    if output is None:
        width = None if sys.stdout.isatty() else 200
        yield Console(width=width, **options)
        return
    with _opened(output) as file:
        yield Console(file=file, width=200, **options)


@contextmanager
def _opened(output: Path) -> Iterator[Any]:
    try:
        with output.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            yield file
    except OSError as error:
        message = f"{output}: cannot be written ({error.strerror})"
        raise EctgraphError(message) from error


def _write(data: bytes, output: Path | None) -> None:
    if output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    with _opened(output) as file:
        file.write(data.decode())


def _codes(options: list[str] | None) -> list[str]:
    """Codes, or beginnings of codes, from options that may hold several."""
    from ectgraph.rules import RULES  # noqa: PLC0415

    codes = [code.strip().upper() for option in options or () for code in option.split(",")]
    for code in codes:
        if not code or not any(known.startswith(code) for known in RULES):
            near = difflib.get_close_matches(code, RULES, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            message = f"no rule has the code {code!r}{hint}"
            raise EctgraphError(message)
    return codes
