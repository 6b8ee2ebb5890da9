"""The commands that show a ledger: draw, table."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ectgraph import labels
from ectgraph.cli import options, output
from ectgraph.cli.options import Output, Sources, reads_ledgers
from ectgraph.errors import EctgraphError

if TYPE_CHECKING:
    from ectgraph.case import Case

commands = options.commands()


class TableFormat(StrEnum):
    """How a table is written."""

    TABLE = "table"
    CSV = "csv"


class TableName(StrEnum):
    """The tables of a case."""

    TASKS = "tasks"
    EDGES = "edges"
    FINDINGS = "findings"
    RECORDS = "records"


@commands.command(
    short_help="Draw the workflow.",
    epilog="Example: ectgraph draw ledger.jsonl --keys agents.jwks.json -o workflow.svg",
)
@reads_ledgers()
def draw(
    sources: Sources,
    target: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="FILE.svg, .png or .dot; else DOT."),
    ] = None,
    max_nodes: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Show at most N tasks; pictures: 400 by default."),
    ] = None,
) -> None:
    """Draw the workflow: tasks by agent, parent links, and what is wrong with them."""
    from ectgraph.render import picture  # noqa: PLC0415

    sources.keep(target)
    if target is not None and picture.suffix(target) != "dot":
        max_nodes = max_nodes or picture.MAX_NODES
    case = sources.load()
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
    short_help="Write tasks, links, findings or records as a table.",
    epilog="Example: ectgraph table ledger.jsonl findings --keys agents.jwks.json -o f.csv",
)
@reads_ledgers(
    "PATH... tasks|edges|findings|records", "Ledger files, folders, patterns; then the table."
)
def table(
    sources: Sources,
    format_: Annotated[
        TableFormat | None,
        typer.Option("--format", help="Default: table on a terminal, csv in a pipe or file."),
    ] = None,
    max_rows: Annotated[
        int, typer.Option(min=0, metavar="N", help="Rows of a terminal table; 0 shows all.")
    ] = 50,
    target: Output = None,
) -> None:
    """Write the tasks, the parent links, the findings or the records as a table."""
    *files, name = sources.paths
    if name not in list(TableName) or not files:
        message = f"{name!r} is no table; end with one of: {', '.join(TableName)}"
        raise EctgraphError(message)
    sources.keep(target, paths=files)
    if format_ is None:
        on_terminal = target is None and sys.stdout.isatty()
        format_ = TableFormat.TABLE if on_terminal else TableFormat.CSV
    case = sources.load(files)
    _need_records(case)
    frame = getattr(case, name)
    if format_ is TableFormat.CSV:
        from ectgraph.frames import to_csv  # noqa: PLC0415

        output.write(to_csv(frame).encode(), target)
    else:
        from ectgraph.reports.table import to_table  # noqa: PLC0415

        with output.console(target) as console:
            console.print(to_table(name, frame, max_rows))


def _need_records(case: Case) -> None:
    if not case.ledger:
        output.say("there is no record to show")
        raise typer.Exit(3)
