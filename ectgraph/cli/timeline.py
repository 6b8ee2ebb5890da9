"""The command that shows what happened when: timeline."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ectgraph import labels
from ectgraph.cli import options, output
from ectgraph.cli.options import Colours, Sources, reads_ledgers
from ectgraph.cli.scope import Narrow, narrows
from ectgraph.errors import EctgraphError

commands = options.commands()


@commands.command(
    short_help="Show what happened when, by agent.",
    epilog="Example: ectgraph timeline ledger.jsonl --keys agents.jwks.json -o timeline.html",
)
@reads_ledgers()
@narrows
def timeline(
    sources: Sources,
    narrow: Narrow,
    *,
    target: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="FILE.svg, .png, .pdf, .html or .json."
        ),
    ] = None,
    theme: Colours = options.Theme.LIGHT,
    max_tasks: Annotated[
        int, typer.Option(min=1, metavar="N", help="Draw N tasks one by one; count more.")
    ] = 10_000,
    links: Annotated[
        bool, typer.Option("--links/--no-links", help="Or only those that go back in time.")
    ] = True,
) -> None:
    """Show what happened when: tasks by agent from begin to issue, when they were recorded, links.

    The page (.html) can be zoomed and searched, and works offline. Into a pipe goes SVG.
    """
    from ectgraph.render.timeline import drawing  # noqa: PLC0415  # so that `--help` stays quick

    if target is None and sys.stdout.isatty():
        message = "a timeline is no text for a terminal; name a file: -o timeline.svg (or .html)"
        raise EctgraphError(message)
    form = "svg" if target is None else drawing.form(target)
    drawing.engine()
    sources.keep(target)
    output.check(target)
    case = sources.load()
    output.need_tasks(case)
    made = case.timeline(style=theme.value, max_tasks=max_tasks, links=links, **narrow)
    if target is None:
        output.write(made.render(form))
    else:
        made.save(target)
        output.done(target, labels.count(made.moments.tasks, "task"))
    for note in made.notes:
        output.say(note)
