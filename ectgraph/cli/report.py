"""The command that writes a case as one HTML page."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ectgraph.cli import options, output
from ectgraph.cli.choices import (
    Choices,
    ExtendSelect,
    Graded,
    Ignore,
    Known,
    Select,
)
from ectgraph.cli.options import Against, Sources, reads_ledgers
from ectgraph.errors import EctgraphError

commands = options.commands()


@commands.command(
    short_help="Write the case as one HTML page, for people without Python.",
    epilog="Example: ectgraph report ledger.jsonl --keys agents.jwks.json -o case.html",
)
@reads_ledgers()
def report(
    sources: Sources,
    *,
    target: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="FILE.html.")
    ] = None,
    title: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Default: the names of the ledgers.")
    ] = None,
    max_tasks: Annotated[
        int,
        typer.Option(min=1, metavar="N", help="Tasks in its tables; those with findings first."),
    ] = 20_000,
    select: Select = None,
    extend_select: ExtendSelect = None,
    ignore: Ignore = None,
    severity: Graded = None,
    baseline: Known = None,
    against: Against = None,
) -> None:
    """Write one HTML page: what was established and what not, findings, tasks, diagram, timeline.

    The page needs no network and no Python to be read. The exit code is 0 whatever was found, as
    the page is made to tell it; 3 where there is no record. `lint` is the command that fails.
    """
    if target is None and sys.stdout.isatty():
        message = "a page is no text for a terminal; name a file: -o case.html"
        raise EctgraphError(message)
    output.check(target)
    sources.keep(target, baseline, against)
    if target is not None:
        from ectgraph.page.page import check_name  # noqa: PLC0415  # so that `--help` stays quick

        check_name(target)
    choices = Choices(
        sources=sources,
        select=select,
        extend_select=extend_select,
        ignore=ignore,
        severity=severity,
        baseline=baseline,
    )
    policy, marks = choices.policy(), choices.marks()
    case = sources.load(policy=policy, against=against)
    output.need_records(case)
    page = case.page(
        title=title, command=_command(), max_tasks=max_tasks, report=case.lint(**marks)
    )
    output.write(page.html, target)
    if target is not None:
        output.done(target, page.headline)
    for note in page.notes:
        output.say(note)


def _command() -> str:
    """The command line as it was given, as a shell takes it."""
    from ectgraph.reports.invocation import quoted  # noqa: PLC0415  # so that `--help` stays quick

    return " ".join(map(quoted, ("ectgraph", *sys.argv[1:])))
