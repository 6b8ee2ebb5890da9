"""The command that tells what a code means: rule."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ectgraph import escape, labels
from ectgraph.cli import options, output
from ectgraph.cli.options import Output
from ectgraph.errors import EctgraphError

commands = options.commands()


def complete_rule(incomplete: str) -> list[tuple[str, str]]:
    """The codes and names that somebody may be typing, with what they mean; for shells.

    Options take several codes with commas between them: the last one is completed.
    """
    from ectgraph import foreign  # noqa: PLC0415
    from ectgraph.reports.catalogue import headline  # noqa: PLC0415
    from ectgraph.rules import RULES  # noqa: PLC0415

    try:
        rules = foreign.load()
    except EctgraphError:  # a shell is no place to tell it
        rules = RULES
    before, comma, typed = incomplete.rpartition(",")
    # typer takes help for markup, and breaks it where it is longer than a line.
    safe = str.maketrans("[]", "()")
    told = {code: escape.terminal(headline(rule), 64) for code, rule in rules.items()}
    return [
        (f"{before}{comma}{form}", f"{rule.severity}: {told[rule.code].translate(safe)}")
        for rule in rules.values()
        for form in (rule.code, rule.name)
        if form.lower().startswith(typed.lower())
    ]


RulesFrom = Annotated[
    list[Path] | None,
    typer.Option("--rules-from", metavar="FILE.py", help="Rules of your own; may be repeated."),
]


class RuleFormat(StrEnum):
    """How rules are told."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


@commands.command(
    short_help="Tell what a code means and what to do about it.",
    epilog="Example: ectgraph rule ECT302",
)
def rule(
    codes: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CODE|NAME",
            help="Codes, names, or beginnings of codes (ECT3).",
            autocompletion=complete_rule,
        ),
    ] = None,
    *,
    all_: Annotated[
        bool, typer.Option("--all", help="All rules: a table, or whole in JSON.")
    ] = False,
    format_: Annotated[RuleFormat, typer.Option("--format", help="How to tell.")] = RuleFormat.TEXT,
    rules_from: RulesFrom = None,
    target: Output = None,
) -> None:
    """Tell what a rule means, why it matters and what to do, and run its examples.

    Exit code 1: an example does not do what it should; so authors of rules test theirs.
    """
    from ectgraph import examples, foreign  # noqa: PLC0415
    from ectgraph.reports import catalogue  # noqa: PLC0415
    from ectgraph.reports import rule as reports  # noqa: PLC0415

    if codes and all_:
        message = "--all tells of all rules; name some, or leave it out"
        raise EctgraphError(message)
    output.keep_sources(target, rules_from or ())
    rules = foreign.load(rules_from or ())
    meant = dict.fromkeys(code for text in codes or () for code in rules.meant(text))
    chosen = [rules[code] for code in meant] or list(rules.values())
    if not codes and not all_ and rules_from:
        names = {str(file) for file in rules_from}
        chosen = [rule for rule in chosen if rule.origin in names]
    elif not codes and format_ is RuleFormat.TEXT:
        with output.console(target) as console:
            for line in catalogue.to_lines(chosen, console.width):
                console.print(line, soft_wrap=True)
        return
    proved = [(rule, examples.run(rule)) for rule in chosen]
    if format_ is RuleFormat.TEXT:
        with output.console(target) as console:
            for line in reports.to_text(proved, console.width):
                console.print(line, soft_wrap=True)
    elif format_ is RuleFormat.JSON:
        output.write(reports.to_json(proved), target)
    else:
        output.write(reports.to_markdown(proved).encode(), target)
    wrong = sum(not outcome.right for _, outcomes in proved for outcome in outcomes)
    if wrong:
        output.say(f"{labels.count(wrong, 'example')} went wrong")
        raise typer.Exit(1)
