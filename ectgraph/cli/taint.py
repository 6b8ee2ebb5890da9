"""The command that tells what rests on a compromised key, agent or task."""

from __future__ import annotations

from typing import Annotated

import typer

from ectgraph.cli import answers, options, output
from ectgraph.cli import input as given
from ectgraph.cli.answers import Format, MaxRows
from ectgraph.cli.options import Output, Sources, reads_ledgers
from ectgraph.errors import EctgraphError

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
    max_rows: MaxRows = None,
    target: Output = None,
) -> None:
    """Tell everything that was built on a compromised key, agent or task, and what stays clean."""
    said = {"kid": kid, "iss": iss, "jti": jti}
    chosen: dict[str, str | float] = {name: each for name, each in said.items() if each is not None}
    if since is not None:
        chosen["since"] = given.since(since)
    _check(kid, iss, jti, what_if=what_if)
    question = "revocation" if what_if else "taint"
    sources.keep(target)
    output.check(target)
    form = answers.form(format_, target, max_rows)
    case = sources.load()
    output.need_records(case)
    answers.write(case.ask(question, **chosen), form, target, max_rows)


def _check(kid: str | None, iss: str | None, jti: str | None, *, what_if: bool) -> None:
    """Make sure, before the long work, that there is one thing to begin with.

    Raises:
        EctgraphError: there is none, or there are several, or it cannot be revoked.

    """
    if (kid, iss, jti).count(None) != 2:
        message = "a taint begins with one thing: give one of --kid, --iss and --jti"
        raise EctgraphError(message)
    if what_if and kid is None:
        message = "--what-if revokes a key: name it with --kid"
        raise EctgraphError(message)
