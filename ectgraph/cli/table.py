"""The command that shows a ledger as a table."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ectgraph import labels
from ectgraph.cli import options, output
from ectgraph.cli.options import Sources, reads_ledgers
from ectgraph.errors import EctgraphError

if TYPE_CHECKING:
    import pandas as pd

commands = options.commands()


class TableFormat(StrEnum):
    """How a table is written; see `frames.files.Form`."""

    TABLE = "table"
    CSV = "csv"
    PARQUET = "parquet"
    EXCEL = "excel"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


class TableName(StrEnum):
    """The tables of a case."""

    TASKS = "tasks"
    EDGES = "edges"
    FINDINGS = "findings"
    RECORDS = "records"
    AGENTS = "agents"
    WORKFLOWS = "workflows"
    KEYS = "keys"


_BINARY = (TableFormat.PARQUET, TableFormat.EXCEL)


@commands.command(
    short_help="Write tasks, links, findings, agents and more as a table.",
    epilog="Example: ectgraph table ledger.jsonl findings --keys agents.jwks.json -o f.xlsx",
)
@reads_ledgers(
    "PATH... TABLE",
    f"Ledger files, folders, patterns; then the table: {', '.join(TableName)}.",
)
def table(
    sources: Sources,
    format_: Annotated[
        TableFormat | None,
        typer.Option(
            "--format",
            metavar="FORM",
            help="table, csv, parquet, excel, json, markdown, html. Default: by the suffix; a "
            "table on a terminal, csv in a pipe.",
        ),
    ] = None,
    max_rows: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="Rows of a terminal table, 0 for all; default: 50."),
    ] = None,
    target: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="FILE.csv, .parquet, .xlsx, .json, .md, .html."
        ),
    ] = None,
) -> None:
    """Write one of the tables of a ledger; `docs/frames.md` says what is in them."""
    *files, name = sources.paths
    if name not in list(TableName) or not files:
        message = f"{name!r} is no table; end with one of: {', '.join(TableName)}"
        raise EctgraphError(message)
    sources.keep(target, paths=files)
    output.check(target)
    form = _usual(target) if format_ is None else format_
    if max_rows is not None and form is not TableFormat.TABLE:
        message = f"--max-rows cuts a table on a terminal; {form} has every row"
        raise EctgraphError(message)
    if form in _BINARY and target is None and sys.stdout.isatty():
        message = f"{form} is no text for a terminal; name a file, -o {name}.{_SUFFIX[form]}"
        raise EctgraphError(message)
    if form is not TableFormat.TABLE:
        from ectgraph.frames import files as forms  # noqa: PLC0415  # so that `--help` stays quick

        kind: Any = form.value
        forms.need(kind)
    case = sources.load(files)
    output.need_records(case)
    frame = getattr(case, name)
    if form is TableFormat.TABLE:
        _print(name, frame, 50 if max_rows is None else max_rows, target)
    else:
        _write(name, frame, form, target)
    if target is not None:
        output.done(target, f"{name}, {labels.count(len(frame), 'row')}")


_SUFFIX = {TableFormat.PARQUET: "parquet", TableFormat.EXCEL: "xlsx"}


def _usual(target: Path | None) -> TableFormat:
    """The form of a table where nobody said which."""
    if target is None:
        return TableFormat.TABLE if sys.stdout.isatty() else TableFormat.CSV
    if not target.suffix:
        return TableFormat.CSV
    from ectgraph.frames import files  # noqa: PLC0415

    return TableFormat(files.form(target))


def _print(name: str, frame: pd.DataFrame, max_rows: int, target: Path | None) -> None:
    from ectgraph.reports.table import to_table  # noqa: PLC0415

    with output.console(target) as console:
        console.print(to_table(name, frame, max_rows, console.width))


def _write(name: str, frame: pd.DataFrame, form: TableFormat, target: Path | None) -> None:
    from ectgraph.frames import COLUMNS, files  # noqa: PLC0415

    kind: Any = form.value
    written = files.write(frame, kind, name, COLUMNS[name])
    output.write(written.data, target)
    for note in written.notes:
        output.say(note)
