"""The command that compares two ledgers."""

from __future__ import annotations

import typer

from ectgraph.cli import answers, options, output
from ectgraph.cli.answers import Format, MaxRows
from ectgraph.cli.options import Output, Sources, reads_ledgers
from ectgraph.errors import EctgraphError
from ectgraph.sources import STANDARD_INPUT

commands = options.commands()


@commands.command(
    short_help="Compare two ledgers, or two copies of one.",
    epilog="Example: ectgraph diff ours.jsonl theirs.jsonl --keys agents.jwks.json",
)
@reads_ledgers("HERE THERE", "Two ledgers, each a file, a folder or a pattern in quotes.")
def diff(
    sources: Sources,
    format_: Format = None,
    max_rows: MaxRows = None,
    target: Output = None,
) -> None:
    """Tell what one ledger has otherwise than another: tasks, payloads, signatures, order.

    The exit code is 0 where they are the same, 1 where they differ, 3 where both are empty.
    """
    if len(sources.paths) != 2:
        message = (
            f"diff compares two ledgers, and {len(sources.paths)} were named; a folder, or a "
            "pattern in quotes, is one"
        )
        raise EctgraphError(message)
    if sources.paths == [STANDARD_INPUT, STANDARD_INPUT]:
        message = "only one of the two ledgers can come from standard input"
        raise EctgraphError(message)
    sources.keep(target)
    output.check(target)
    form = answers.form(format_, target, max_rows)
    policy = sources.choices()  # one clock for both
    here, there = (sources.load([path], policy=policy) for path in sources.paths)
    if not (here.ledger or there.ledger):
        output.say("there is no record to compare")
        raise typer.Exit(3)
    answer = here.diff(there)
    answers.write(answer, form, target, max_rows)
    if answer.rows:
        raise typer.Exit(1)
