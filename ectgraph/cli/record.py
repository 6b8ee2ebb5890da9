"""The command that shows one task whole."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from ectgraph.cli import options, output
from ectgraph.cli.options import Output, Sources, reads_ledgers
from ectgraph.errors import EctgraphError

commands = options.commands()


class TaskFormat(StrEnum):
    """How a task is shown."""

    TEXT = "text"
    JSON = "json"


@commands.command(
    short_help="Show one task whole: bytes, claims, checks, parents, children.",
    epilog="Example: ectgraph show ledger.jsonl 3d50529c --keys agents.jwks.json",
)
@reads_ledgers("PATH... JTI", "Ledger files, folders, patterns; then a jti or its beginning.")
def show(
    sources: Sources,
    format_: Annotated[TaskFormat, typer.Option("--format", help="How to show it.")] = (
        TaskFormat.TEXT
    ),
    target: Output = None,
) -> None:
    """Show one task: its place, its bytes, what it says, each check, its parents and children."""
    from ectgraph.reports.task import to_json, to_text  # noqa: PLC0415

    *files, jti = sources.paths
    if not files:
        message = "show takes ledger files and then a jti, or the beginning of one"
        raise EctgraphError(message)
    sources.keep(target, paths=files)
    case = sources.load(files)
    if not case.ledger:
        output.say("there is no record to show")
        raise typer.Exit(3)
    task = case.show(jti)
    if format_ is TaskFormat.JSON:
        output.write(to_json(task), target)
        return
    with output.console(target) as console:
        for line in to_text(task):
            console.print(line, soft_wrap=True)
