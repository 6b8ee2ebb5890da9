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
from ectgraph.cli.options import Output, Sources, reads_ledgers
from ectgraph.errors import EctgraphError
from ectgraph.model import Severity

if TYPE_CHECKING:
    from ectgraph.case import Case
    from ectgraph.model import Report

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
    RECORDS = "records"


@commands.command(
    short_help="Verify every signature and report all findings.",
    epilog="Example: ectgraph lint ledger.jsonl --keys agents.jwks.json --ignore ECT502",
)
@reads_ledgers()
def lint(
    sources: Sources,
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
    *,
    separate: Annotated[
        bool, typer.Option("--separate", help="Each file is a ledger of its own.")
    ] = False,
    against: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Compare with a checkpoint of the ledger.")
    ] = None,
    since: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Verify only what came after a checkpoint."),
    ] = None,
    target: Output = None,
) -> None:
    """Verify every signature, judge the ledger by every rule, and report all findings."""
    from ectgraph.reports.json import document, indented, to_json  # noqa: PLC0415
    from ectgraph.reports.text import to_text  # noqa: PLC0415

    sources.keep(target, against, since)
    counted = {"select": _codes(select), "ignore": _codes(ignore)}
    if separate:
        if against or since:
            message = "--separate excludes --against and --since: a checkpoint is of one ledger"
            raise EctgraphError(message)
        cases = [case for case in sources.load_each() if not _is_other(case)]
    else:
        cases = [sources.load(against=against, since=since)]
    reports = [(case, case.lint(**counted)) for case in cases]
    if format_ is ReportFormat.JSON:
        if separate:
            documents = [document(report) for _, report in reports]
            data = indented({"format": "ectgraph-reports/1", "reports": documents}, 1)
        else:
            data = to_json(reports[0][1])
        output.write(data, target)
    else:
        with output.console(target) as console:
            for number, (case, report) in enumerate(reports):
                if number:
                    console.rule(characters="─")
                for line in to_text(report, case.graph, max_findings):
                    console.print(line, soft_wrap=True)
    codes = {_exit_code(report, fail_on) for _, report in reports}
    raise typer.Exit(1 if 1 in codes else 0 if 0 in codes else 3)


def _is_other(case: Case) -> bool:
    """Whether a file that was found in a folder is plainly no ledger; then that is said."""
    others = [source for source in case.ledger.inputs if source.format == "other"]
    is_other = bool(others) and not any(source.problems for source in others)
    if is_other:
        output.say(f"{others[0].source}: not read, as plainly no ledger")
    return is_other


def _exit_code(report: Report, fail_on: Severity) -> int:
    """3 where there was nothing to check, and no other reason for it than that."""
    told = {finding.code for finding in report.at_least(fail_on)}
    if not report.summary.records and told <= {"ECT009"}:
        return 3
    return 1 if told else 0


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
    epilog="Example: ectgraph table ledger.jsonl findings --keys agents.jwks.json -o f.csv"
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
