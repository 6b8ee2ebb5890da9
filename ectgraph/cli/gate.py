"""The commands that verify tokens as a gate does, and let them in: verify, append."""

from __future__ import annotations

import logging
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ectgraph import escape
from ectgraph.cli import input as given
from ectgraph.cli import options, output
from ectgraph.cli.options import Algorithms, At, Audience, KeyFiles, PolicyFile, Roots, Tokens
from ectgraph.errors import EctgraphError, VerificationError

if TYPE_CHECKING:
    from ectgraph.keys import KeyRing
    from ectgraph.ledger import Ledger
    from ectgraph.model import Token
    from ectgraph.policy import Policy

commands = options.commands()


class VerdictFormat(StrEnum):
    """How a verdict is written."""

    TEXT = "text"
    JSON = "json"


class LevelName(StrEnum):
    """The assurance levels of draft-01."""

    L1 = "L1"
    L2 = "L2"


@commands.command(
    short_help="Verify a token step by step, as a gate does.",
    epilog="Example: ectgraph verify - --keys keys.json --at iat < token.jws",
)
def verify(
    tokens: Tokens,
    *,
    keys: KeyFiles = None,
    roots: Roots = None,
    allow_alg: Algorithms = None,
    audience: Audience = None,
    policy: PolicyFile = None,
    ledger: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The tasks known so far; only read.")
    ] = None,
    at: At = None,
    minimum_level: Annotated[
        LevelName, typer.Option(help="L1 takes unsigned tokens, which anybody can write.")
    ] = LevelName.L2,
    validate_uuids: Annotated[
        bool, typer.Option("--validate-uuids", help="Refuse a jti or wid that is no UUID.")
    ] = False,
    format_: Annotated[VerdictFormat, typer.Option("--format", help="How to tell it.")] = (
        VerdictFormat.TEXT
    ),
) -> None:
    """Verify a token step by step, as a gate does, and say what was not established.

    Exits with 0 when it was verified, and with 1 when it was refused.
    """
    from ectgraph.agent import steps  # noqa: PLC0415
    from ectgraph.agent.parse import parse  # noqa: PLC0415
    from ectgraph.agent.verify import VerifyOptions  # noqa: PLC0415
    from ectgraph.reports.verdict import to_json, to_text  # noqa: PLC0415

    clock = given.Clock(at)
    stated = _policy(policy)
    gate = VerifyOptions(
        keys=_ring(keys, roots, needed=minimum_level is not LevelName.L1),
        algorithms=options.algorithms(allow_alg, stated),
        policy=stated,
        verifier_id=audience,
        store=None if ledger is None else _known(ledger),
        minimum_level=minimum_level.value,
        validate_uuids=validate_uuids,
        clock=clock,
    )
    refused = False
    for number, compact in enumerate(given.tokens(tokens)):
        token = parse(compact).token
        clock.set_by(token.iat if token else None)
        told = steps.account(compact, gate)
        refused |= told.refusal is not None
        if format_ is VerdictFormat.JSON:
            output.write(to_json(told))
            continue
        with output.console(None) as console:
            if number:
                console.print()
            for line in to_text(told):
                console.print(line, soft_wrap=True)
    raise typer.Exit(1 if refused else 0)


@commands.command(
    short_help="Verify tokens and enter them in a ledger file.",
    epilog="Example: ectgraph append ledger.jsonl - --keys keys.json < tokens.jws",
)
def append(
    ledger: Annotated[
        Path, typer.Argument(metavar="LEDGER", help="An ectgraph-ledger/1 file; may be new.")
    ],
    tokens: Tokens,
    *,
    keys: KeyFiles = None,
    roots: Roots = None,
    allow_alg: Algorithms = None,
    audience: Audience = None,
    policy: PolicyFile = None,
    at: At = None,
    no_sync: Annotated[
        bool, typer.Option("--no-sync", help="Do not wait until the disk has each entry.")
    ] = False,
) -> None:
    """Verify tokens against a ledger file, enter them, and print the number and jti of each.

    A token that is refused is told, and the others go on; then it exits with 1.
    """
    from ectgraph.agent.file_ledger import FileLedger  # noqa: PLC0415
    from ectgraph.agent.parse import parse  # noqa: PLC0415
    from ectgraph.agent.verify import VerifyOptions  # noqa: PLC0415
    from ectgraph.agent.verify import verify as check  # noqa: PLC0415

    logging.getLogger("ectgraph").addHandler(logging.NullHandler())  # what it logs is told here
    clock = given.Clock(at)
    stated = _policy(policy)
    ring, algorithms = _ring(keys, roots, needed=True), options.algorithms(allow_alg, stated)
    found = given.tokens(tokens)
    refused = False
    with FileLedger(ledger, sync=not no_sync) as book:
        gate = VerifyOptions(
            keys=ring,
            algorithms=algorithms,
            policy=stated,
            verifier_id=audience,
            store=book,
            clock=clock,
        )
        told = 0
        for compact in found:
            token = parse(compact).token
            clock.set_by(token.iat if token else None)
            try:
                entry = book.append(check(compact, gate))
            except VerificationError as error:
                output.refused(_name(token), error.finding)
                refused = True
            else:
                typer.echo(f"{entry.seq} {_name(entry.token)}")
                sys.stdout.flush()
            for torn in book.torn[told:]:
                output.say(f"{ledger}: {torn}")
            told = len(book.torn)
    raise typer.Exit(1 if refused else 0)


def _known(path: Path) -> Ledger:
    """The tasks of a ledger file, which is to be one: what it does not show cannot be looked up."""
    from ectgraph import loader  # noqa: PLC0415

    known = loader.load(path)
    unreadable = sum(entry.token is None for entry in known)
    if unreadable or not known:
        what = f"{unreadable} of {len(known)} records cannot be read" if known else "no record"
        message = f"{path}: {what}, so nothing can be looked up in it; see: ectgraph lint {path}"
        raise EctgraphError(message)
    return known


def _policy(path: Path | None) -> Policy | None:
    from ectgraph.policy import Policy  # noqa: PLC0415

    return None if path is None else Policy.load(path)


def _ring(keys: list[str] | None, roots: list[str] | None, *, needed: bool) -> KeyRing | None:
    from ectgraph.keys import KeyRing  # noqa: PLC0415

    if keys:
        return KeyRing.load(*keys, roots=roots)
    if needed:
        message = "there is nothing to verify with: give --keys FILE"
        raise EctgraphError(message)
    return None


def _name(token: Token | None) -> str:
    jti = token.jti if token else None
    return escape.terminal(jti or "a token without a jti", 80)
