"""The commands over ledger files: lint, draw, table."""

from __future__ import annotations

import difflib
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ectgraph import labels
from ectgraph.cli import options, output
from ectgraph.cli.options import KeyFiles, Output, Paths, Workers
from ectgraph.errors import EctgraphError
from ectgraph.model import Severity

if TYPE_CHECKING:
    from ectgraph.case import Case

commands = options.commands()


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


@commands.command(
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
    target: Output = None,
) -> None:
    """Verify every signature, judge the ledger by every rule, and report all findings."""
    output.keep_sources(target, (*paths, *(keys or ())))
    selected, ignored = _codes(select), _codes(ignore)
    case = _load(paths, keys, workers)
    report = case.lint(select=selected, ignore=ignored)
    if format_ is ReportFormat.JSON:
        from ectgraph.reports.json import to_json  # noqa: PLC0415

        output.write(to_json(report), target)
    else:
        from ectgraph.reports.text import to_text  # noqa: PLC0415

        with output.console(target) as console:
            for line in to_text(report, case.graph, max_findings):
                console.print(line, soft_wrap=True)
    if not report.summary.records:
        raise typer.Exit(3)
    raise typer.Exit(1 if report.at_least(fail_on) else 0)


@commands.command(
    short_help="Draw the workflow.",
    epilog="Example: ectgraph draw ledger.jsonl --keys agents.jwks.json -o workflow.svg",
)
def draw(
    paths: Paths,
    keys: KeyFiles = None,
    target: Annotated[
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

    output.keep_sources(target, (*paths, *(keys or ())))
    if target is not None and picture.suffix(target) != "dot":
        max_nodes = max_nodes or picture.MAX_NODES
    case = _load(paths, keys, workers)
    _need_records(case)
    drawing = case.draw(max_nodes=max_nodes)
    if target is None:
        typer.echo(drawing.dot, nl=False)
    else:
        figures = case.report.summary
        missing = f", {figures.missing:,} missing" if figures.missing else ""
        what = f"{labels.count(figures.tasks, 'task')}{missing}"
        typer.echo(f"{drawing.save(target)}: {what}", err=True)
    if drawing.hidden:
        shown = f"{len(case.graph) - drawing.hidden:,} of {len(case.graph):,}"
        output.say(f"{shown} tasks drawn; --max-nodes N draws more")


@commands.command(
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
    target: Output = None,
) -> None:
    """Write the tasks, the parent links or the findings as a table."""
    *files, name = paths
    if name not in list(TableName) or not files:
        message = f"{name!r} is no table; end with one of: {', '.join(TableName)}"
        raise EctgraphError(message)
    output.keep_sources(target, (*files, *(keys or ())))
    if format_ is None:
        on_terminal = target is None and sys.stdout.isatty()
        format_ = TableFormat.TABLE if on_terminal else TableFormat.CSV
    case = _load(files, keys, workers)
    _need_records(case)
    frame = getattr(case, name)
    if format_ is TableFormat.CSV:
        from ectgraph.frames import to_csv  # noqa: PLC0415

        output.write(to_csv(frame).encode(), target)
    else:
        from ectgraph.reports.table import to_table  # noqa: PLC0415

        with output.console(target) as console:
            console.print(to_table(name, frame, max_rows))


def _load(paths: list[str], keys: list[Path] | None, workers: int | None) -> Case:
    from ectgraph.case import load  # noqa: PLC0415  # so that `--help` stays quick

    with output.progress(paths) as progress:
        return load(paths, keys, workers=workers, progress=progress)


def _need_records(case: Case) -> None:
    if not case.ledger:
        output.say("there is no record to show")
        raise typer.Exit(3)


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
