"""The commands that make a token, or show one: create, decode."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from ectgraph.cli import input as given
from ectgraph.cli import options, output
from ectgraph.cli.options import Tokens
from ectgraph.errors import EctgraphError, VerificationError

commands = options.commands()


class Draft(StrEnum):
    """The dialects that tokens are written in."""

    DRAFT_00 = "00"
    DRAFT_01 = "01"


@commands.command(
    short_help="Make a signed token of a finished task.",
    epilog="Example: ectgraph create --key agent-a.key.pem --kid agent-a "
    "--iss spiffe://example.com/agent/a --aud spiffe://example.com/ledger --act review_spec",
)
def create(
    *,
    key: Annotated[
        str | None, typer.Option(metavar="FILE", help="The private key: PEM, or a JWK.")
    ] = None,
    kid: Annotated[
        str | None, typer.Option(metavar="KID", help="The key's name; a JWK may have its own.")
    ] = None,
    iss: Annotated[str | None, typer.Option(metavar="ID", help="Who did the task.")] = None,
    aud: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Who will verify it; may be repeated.")
    ] = None,
    act: Annotated[str | None, typer.Option(metavar="ACTION", help="What was done.")] = None,
    par: Annotated[
        list[str] | None,
        typer.Option(metavar="JTI", help="A task that it builds on; may be repeated."),
    ] = None,
    wid: Annotated[str | None, typer.Option(metavar="UUID", help="The workflow.")] = None,
    jti: Annotated[
        str | None, typer.Option(metavar="UUID", help="The task; default: a random one.")
    ] = None,
    iat: Annotated[
        int | None, typer.Option(min=1, metavar="SECONDS", help="When; default: now.")
    ] = None,
    exp: Annotated[
        int | None, typer.Option(min=1, metavar="SECONDS", help="Until when it is good.")
    ] = None,
    lifetime: Annotated[
        int | None, typer.Option(min=1, metavar="SECONDS", help="From iat to exp; default: 600.")
    ] = None,
    draft: Annotated[Draft | None, typer.Option(help="The dialect; default: 00.")] = None,
    pol: Annotated[
        str | None, typer.Option(metavar="POLICY", help="The policy that was applied.")
    ] = None,
    pol_decision: Annotated[
        str | None, typer.Option(metavar="DECISION", help="What it decided, e.g. approved.")
    ] = None,
    inp: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What went in, for inp_hash.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What came out, for out_hash.")
    ] = None,
    ext: Annotated[str | None, typer.Option(metavar="JSON", help="The extension object.")] = None,
    claims: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="More claims, as a JSON object; - is standard input."),
    ] = None,
    unsigned: Annotated[
        bool, typer.Option("--unsigned", help="No signature (level L1): anybody can forge it.")
    ] = False,
) -> None:
    """Make a signed token of a finished task; what is left out is filled in.

    Options win over the claims of --claims. What ectgraph lint would call an error is refused.
    """
    from ectgraph.agent.create import CreateOptions, create_unsigned, hash_file  # noqa: PLC0415
    from ectgraph.agent.create import create as sign  # noqa: PLC0415
    from ectgraph.cli.claims import LARGEST, payload, read_object, read_private  # noqa: PLC0415

    _one_of({"--key": key, "--unsigned": unsigned or None}, needed=True)
    _one_of({"--exp": exp, "--lifetime": lifetime})
    if unsigned and draft is Draft.DRAFT_00:
        message = "draft 00 has no unsigned tokens; --unsigned goes with --draft 01"
        raise EctgraphError(message)
    told = {} if claims is None else read_object(given.read(claims, LARGEST), f"--claims {claims}")
    if lifetime is not None:
        told.pop("exp", None)
    stated = {
        "iss": iss,
        "aud": aud,
        "exec_act": act,
        "par": par,
        "wid": wid,
        "jti": jti,
        "iat": iat,
        "exp": exp,
        "pol": pol,
        "pol_decision": pol_decision,
        "inp_hash": hash_file(inp) if inp else None,
        "out_hash": hash_file(out) if out else None,
        "ext": None if ext is None else read_object(os.fsencode(ext), "--ext"),
    }
    task = payload(told, stated)
    choices = CreateOptions(draft=(draft or Draft.DRAFT_00).value)
    choices.lifetime = lifetime or choices.lifetime
    try:
        if key is None:
            compact = create_unsigned(task, choices)
        else:
            signer, own_kid = read_private(key)
            choices.kid = kid or own_kid
            if not choices.kid:
                message = f"{key}: give --kid KID as well; verifiers look the key up by its name"
                raise EctgraphError(message)
            compact = sign(task, signer, choices)
    except VerificationError as error:
        output.refused("the token would be refused", error.finding)
        raise typer.Exit(1) from error
    typer.echo(compact)
    if unsigned:
        output.say("this token is not signed; anybody could have made it, or changed it since")


def _one_of(stated: dict[str, Any], *, needed: bool = False) -> None:
    """Require that the caller stated one of two options, or none."""
    count = sum(value is not None for value in stated.values())
    if count > 1 or (needed and not count):
        message = f"give one of {' and '.join(stated)}" + (", not both" if count else "")
        raise EctgraphError(message)


@commands.command(
    short_help="Show what a token says, without verifying it.",
    epilog="Example: ectgraph decode - < token.jws",
)
def decode(tokens: Tokens) -> None:
    """Show what a token says, without verifying any of it, as JSON.

    What cannot be read is among the problems. Exits with 1 when nothing could be read.
    """
    from ectgraph.agent.parse import parse  # noqa: PLC0415
    from ectgraph.reports.json import indented  # noqa: PLC0415
    from ectgraph.reports.verdict import decoded  # noqa: PLC0415

    unreadable = False
    for compact in given.tokens(tokens):
        shown = decoded(parse(compact))
        output.write(indented(shown))
        unreadable |= shown["header"] is None and shown["payload"] is None
    output.say("nothing here was verified; ectgraph verify does that")
    raise typer.Exit(1 if unreadable else 0)
