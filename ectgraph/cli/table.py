"""The command that shows a ledger as a table."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from ectgraph.cli import options, output
from ectgraph.cli.options import Output, Sources, reads_ledgers
from ectgraph.errors import EctgraphError

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
    output.need_records(case)
    frame = getattr(case, name)
    if format_ is TableFormat.CSV:
        from ectgraph.frames import to_csv  # noqa: PLC0415

        output.write(to_csv(frame).encode(), target)
    else:
        from ectgraph.reports.table import to_table  # noqa: PLC0415

        with output.console(target) as console:
            console.print(to_table(name, frame, max_rows))
