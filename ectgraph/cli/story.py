"""The command that shows it all: demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ectgraph.cli import options, output

commands = options.commands()


@commands.command(
    short_help="Play a workflow through the gate, lint and draw what it left.",
    epilog="Example: ectgraph demo story",
)
def demo(
    folder: Annotated[
        Path, typer.Argument(metavar="[FOLDER]", help="Where to leave ledger, keys and picture.")
    ] = Path("ectgraph-demo"),
) -> None:
    """Play a workflow through the gate, then lint and draw the ledger that it left.

    Several agents, a join, a rejection that is undone, and three attempts that the gate refuses.
    The keys are public and the clock is made up, so it is the same story every time.
    """
    from ectgraph import demo as story  # noqa: PLC0415
    from ectgraph import labels  # noqa: PLC0415
    from ectgraph.opening import load  # noqa: PLC0415
    from ectgraph.reports.forms import Options  # noqa: PLC0415
    from ectgraph.reports.text import to_text  # noqa: PLC0415
    from ectgraph.testing import EPOCH  # noqa: PLC0415

    for event in story.play(folder):
        step, refusal = event.step, event.refusal
        time = labels.time(EPOCH + step.at)[11:19]
        what = f"{time}  {step.agent:9} {step.action:18}"
        if refusal is None:
            typer.echo(f"{what} entered as {event.seq}")
        else:
            typer.echo(f"{what} refused: {refusal.code} {refusal.name}")
            typer.echo(f"{'':20}{refusal.message}")
    case = load(folder / story.LEDGER, folder / story.KEYS, workers=1)
    typer.echo()
    with output.console(None) as console:
        for line in to_text(case.report, Options(max_findings=0)):
            console.print(line, soft_wrap=True)
    picture = case.draw().save(folder / story.PICTURE)
    output.say(f"{picture} shows the workflow; to look further:")
    ledger, keys = folder / story.LEDGER, folder / story.KEYS
    typer.echo(f"  ectgraph table {ledger} tasks --keys {keys}", err=True)
