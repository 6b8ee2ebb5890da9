"""The commands that make files of a ledger: convert, checkpoint."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ectgraph import labels
from ectgraph.cli import options, output
from ectgraph.cli.options import Sources, reads_ledgers

commands = options.commands()


class Form(StrEnum):
    """What tokens can be written as."""

    LEDGER = "ledger"
    JWS = "jws"
    PARQUET = "parquet"


@commands.command(
    short_help="Write the tokens to a file of another format.",
    epilog="Example: ectgraph convert capture.har -o ledger.jsonl",
)
@reads_ledgers()
def convert(
    sources: Sources,
    target: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="FILE.jsonl, .jws or .parquet.")
    ],
    format_: Annotated[
        Form | None, typer.Option("--format", help="Default: by the suffix of the file.")
    ] = None,
) -> None:
    """Write the tokens, each byte for byte, as an ectgraph-ledger/1 file, JWS lines or Parquet.

    Records without a token are left out and told. Exits with 1 when there were any.
    """
    from ectgraph.export.tokens import form, write  # noqa: PLC0415

    as_ = form(target, None if format_ is None else format_.value)
    sources.keep(target)
    case = sources.load()
    if not case.ledger:
        output.say("there is no record to convert")
        raise typer.Exit(3)
    left_out = write(case.ledger, target, as_)
    written = labels.count(len(case.ledger) - len(left_out), "token")
    output.say(f"{target}: {written} written")
    for entry in left_out[:5]:
        reason = entry.problems[0].detail if entry.problems else "no token that fits on a line"
        place = f"{entry.record.source}, record {entry.record.index + 1}"
        output.say(f"left out: {place}: {reason}")
    if len(left_out) > 5:
        output.say(f"left out: {len(left_out) - 5:,} more")
    raise typer.Exit(1 if left_out else 0)


@commands.command(
    short_help="Note what a ledger is now, to compare it later.",
    epilog="Example: ectgraph checkpoint ledger.jsonl --keys keys.json -o ledger.checkpoint.json",
)
@reads_ledgers(about="A ledger file of lines.")
def checkpoint(
    sources: Sources,
    target: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Keep it somewhere else.")
    ],
) -> None:
    """Verify a ledger, and note its length, its last entry and its digest in a small file.

    Keep the file out of reach of whoever can write to the ledger. `lint --against FILE` compares;
    `lint --since FILE` also leaves out what was verified for it. Exits with 1 when something was
    found.
    """
    from ectgraph.checkpoint import make, to_json  # noqa: PLC0415

    sources.keep(target)
    case = sources.load(digest=sys.maxsize)
    found = case.report.summary.findings
    made = make(case.ledger, case.ring.digest if case.ring else None, case.policy, found)
    if not made.entries:
        output.say("there is no record to note")
        raise typer.Exit(3)
    output.write(to_json(made), target)
    told = ", ".join(labels.count(n, kind) for kind, n in found.items() if n) or "no findings"
    keys = "" if made.keys else "; without --keys no signature was checked"
    output.say(f"{target}: {labels.count(made.entries, 'record')}, {told}{keys}")
    if case.report.at_least("error"):
        raise typer.Exit(1)
