"""The command that tells one finding, or one task, as a short story."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from ectgraph import escape
from ectgraph.cli import options, output
from ectgraph.cli.choices import Choices
from ectgraph.cli.options import Output, Sources, reads_ledgers
from ectgraph.errors import EctgraphError

if TYPE_CHECKING:
    from ectgraph.model import Finding

commands = options.commands()

CHOICES = 20
"""Findings that are listed for a caller to choose from."""


class StoryFormat(StrEnum):
    """How a story is told."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


@commands.command(
    short_help="Tell one finding, or one task, as a short story.",
    epilog="Example: ectgraph explain ledger.jsonl ECT302 --keys agents.jwks.json",
)
@reads_ledgers(
    "PATH... FINDING|JTI",
    "Ledger files, folders, patterns; then a fingerprint, a code, a rule's name or a jti.",
)
def explain(
    sources: Sources,
    format_: Annotated[StoryFormat, typer.Option("--format", help="How to tell it.")] = (
        StoryFormat.TEXT
    ),
    target: Output = None,
) -> None:
    """Tell why a finding is there: its rule, the records that matter, its lineage, what to do next.

    With the beginning of a jti, tell all that was found of that task.
    """
    from ectgraph.reports.stories.explanation import to_json  # noqa: PLC0415
    from ectgraph.reports.stories.meaning import AmbiguityError  # noqa: PLC0415
    from ectgraph.reports.stories.narration import to_markdown, to_text  # noqa: PLC0415

    *files, what = sources.paths
    if not files:
        message = "explain takes ledger files and then a fingerprint, a code or a jti"
        raise EctgraphError(message)
    sources.keep(target, paths=files)
    choices = Choices.of_settings(sources)
    policy, marks = choices.policy(), choices.marks()
    case = sources.load(files, policy=policy)
    report = case.lint(**marks)
    try:
        told = case.explain(what, report=report, invocation=sources.invocation(files))
    except AmbiguityError as several:
        _list(several.findings)
        raise typer.Exit(2) from several
    except EctgraphError:
        if case.ledger:
            raise
        output.say("there is no record to explain")
        raise typer.Exit(3) from None
    if format_ is StoryFormat.JSON:
        output.write(to_json(told), target)
    elif format_ is StoryFormat.MARKDOWN:
        output.write(to_markdown(told).encode(), target)
    else:
        with output.console(target) as console:
            for line in to_text(told):
                console.print(line, soft_wrap=True)


def _list(findings: tuple[Finding, ...]) -> None:
    """List findings on stderr, for the caller to choose one."""
    output.say(f"{len(findings):,} findings are meant; choose one by its fingerprint")
    for finding in findings[:CHOICES]:
        place = f"  {finding.places[0]}" if finding.places else ""
        line = f"{finding.fingerprint}  {finding.severity.value} {finding.code}{place}"
        message = escape.terminal(finding.message, 160)
        typer.echo(f"  {escape.terminal(line, 200)}  {message}", err=True)
    if len(findings) > CHOICES:
        typer.echo(f"  … and {len(findings) - CHOICES:,} more", err=True)
