"""The command that asks a question of a ledger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ectgraph.cli import answers, options, output
from ectgraph.cli import input as given
from ectgraph.cli.answers import Format, MaxRows
from ectgraph.cli.options import Output, Sources, reads_ledgers
from ectgraph.errors import EctgraphError

if TYPE_CHECKING:
    from ectgraph.questions.question import Question

commands = options.commands()


@commands.command(
    short_help="Ask a question of a ledger; `analyze questions` lists them.",
    epilog="Example: ectgraph analyze ledger.jsonl ancestors 550e8400 --keys agents.jwks.json",
)
@reads_ledgers(
    "PATH... QUESTION [WORD]...",
    "Ledger files, folders, patterns; the question; what it is about.",
)
def analyze(
    sources: Sources,
    *,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only from this time on.")
    ] = None,
    kid: Annotated[str | None, typer.Option(metavar="KID", help="The key that is meant.")] = None,
    iss: Annotated[str | None, typer.Option(metavar="ID", help="The agent that is meant.")] = None,
    jti: Annotated[str | None, typer.Option(metavar="JTI", help="The task that is meant.")] = None,
    like: Annotated[
        str | None, typer.Option(metavar="WID", help="The workflow to compare with.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="The most that is looked for.")
    ] = None,
    format_: Format = None,
    max_rows: MaxRows = None,
    target: Output = None,
) -> None:
    """Ask a question: what a task builds on, who works with whom, what is rare, and more.

    `ectgraph analyze questions` lists the questions; `ectgraph analyze questions NAME` tells what
    one of them means.
    """
    from ectgraph.questions.asking import check  # noqa: PLC0415  # they import networkx

    said = {"kid": kid, "iss": iss, "jti": jti, "like": like, "limit": limit}
    chosen: dict[str, object] = {name: each for name, each in said.items() if each is not None}
    if since is not None:
        chosen["since"] = given.since(since)
    if sources.paths[0] == LIST:
        if chosen or target is not None or (format_, max_rows) != (None, None):
            message = f"`ectgraph analyze {LIST} [NAME]...` prints text, and takes no options"
            raise EctgraphError(message)
        _tell(sources.paths[1:])
        return
    files, asked, words = _parts(sources.paths)
    check(asked, tuple(words), chosen)  # before the long work
    sources.keep(target, paths=files)
    output.check(target)
    form = answers.form(format_, target, max_rows)
    case = sources.load(files)
    output.need_records(case)
    answers.write(case.ask(asked.name, *words, **chosen), form, target, max_rows)


LIST = "questions"
"""The word that asks for the questions themselves."""


def _parts(words: list[str]) -> tuple[list[str], Question, list[str]]:
    """The paths, the question, and the words after it: the first name of a question tells.

    Raises:
        EctgraphError: there is no question, or nothing to ask it of.

    """
    from ectgraph.questions.asking import meant  # noqa: PLC0415
    from ectgraph.questions.question import QUESTIONS  # noqa: PLC0415

    for number, word in enumerate(words):
        if number and word.replace("_", "-") in QUESTIONS:
            return words[:number], meant(word), words[number + 1 :]
    for word in words[1:]:
        if not Path(word).exists():
            meant(word)  # says what is near to it
    message = "give ledger files and then a question; `ectgraph analyze questions` lists them"
    raise EctgraphError(message)


def _tell(names: list[str]) -> None:
    """List the questions, or tell what some of them mean."""
    from ectgraph.questions.asking import listed, meant, told  # noqa: PLC0415

    told_ones = "\n\n".join(told(meant(name)) for name in names)
    typer.echo(told_ones or "\n".join(listed()))
