"""The command that tells what rests on a compromised key, agent or task."""

from __future__ import annotations

from typing import Annotated

import typer

from ectgraph.cli import answers, options, output
from ectgraph.cli import input as given
from ectgraph.cli.answers import Format, MaxRows
from ectgraph.cli.options import Output, Sources, reads_ledgers

commands = options.commands()


@commands.command(
    short_help="Tell what rests on a compromised key, agent or task.",
    epilog="Example: ectgraph taint ledger.jsonl --kid agent-a --since 2026-02-01T00:00:00Z "
    "--keys agents.jwks.json",
)
@reads_ledgers()
def taint(
    sources: Sources,
    *,
    kid: Annotated[str | None, typer.Option(metavar="KID", help="A key that was lost.")] = None,
    iss: Annotated[
        str | None, typer.Option(metavar="ID", help="An agent that is not to be trusted.")
    ] = None,
    jti: Annotated[
        str | None, typer.Option(metavar="JTI", help="A task that is not to be trusted.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only its tokens from this time on.")
    ] = None,
    what_if: Annotated[
        bool,
        typer.Option("--what-if", help="Tell what lint would say, were the key revoked then."),
    ] = False,
    format_: Format = None,
    max_rows: MaxRows = 50,
    target: Output = None,
) -> None:
    """Tell everything that was built on a compromised key, agent or task, and what stays clean."""
    said = {"kid": kid, "iss": iss, "jti": jti}
    chosen: dict[str, str | float] = {name: each for name, each in said.items() if each is not None}
    if since is not None:
        chosen["since"] = given.since(since)
    question = "revocation" if what_if else "taint"
    sources.keep(target)
    output.check(target)
    case = sources.load()
    output.need_records(case)
    answers.write(case.ask(question, **chosen), format_, target, max_rows)
