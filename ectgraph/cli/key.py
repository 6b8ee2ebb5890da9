"""The command that makes an agent's key: keygen."""

from __future__ import annotations

import shlex
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from ectgraph import escape
from ectgraph.cli import options, output
from ectgraph.errors import EctgraphError

commands = options.commands()


@commands.command(
    short_help="Make a key pair for an agent.",
    epilog="Example: ectgraph keygen agent-a --jwks keys.json --iss spiffe://example.com/agent/a",
)
def keygen(
    kid: Annotated[str, typer.Argument(metavar="KID", help="The name of the key in tokens.")],
    target: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="The private key; default: KID.key.pem. With - it is shown on stdout.",
        ),
    ] = None,
    jwks: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Add the public key to this JWK Set; default: stdout."),
    ] = None,
    iss: Annotated[
        str | None, typer.Option(metavar="ISSUER", help="The only issuer the key may sign for.")
    ] = None,
) -> None:
    """Make a P-256 key pair: the private key to a file, the public key as a JWK Set."""
    from ectgraph import keys  # noqa: PLC0415
    from ectgraph.cli import key_files  # noqa: PLC0415
    from ectgraph.reports.json import indented  # noqa: PLC0415

    if not kid or not kid.isprintable():
        message = f"{kid!r} is no name for a key"
        raise EctgraphError(message)
    if target == "-" and jwks is None:
        message = "stdout cannot take both keys: with -o - the public one needs --jwks FILE"
        raise EctgraphError(message)
    private = Path(key_files.private_name(kid) if target is None else target)
    if jwks is not None and jwks.resolve() == private.resolve():
        message = f"{jwks}: cannot take both keys"
        raise EctgraphError(message)
    key = keys.generate_key()
    jwk = keys.public_jwk(key, kid, iss)
    with nullcontext() if jwks is None else key_files.added(jwk, jwks):
        if target == "-":
            output.write(keys.private_pem(key))
        else:
            key_files.write_private(keys.private_pem(key), private)
            output.say(f"{private}: the private key, for its owner's eyes only")
    if jwks is None:
        output.write(indented({"keys": [jwk]}))
    else:
        output.say(f"{jwks}: has the public key {kid!r} now")
    if target != "-":
        issuer = iss or f"spiffe://example.com/agent/{kid}"
        words = ["ectgraph", "create", "--key", str(private), "--kid", kid, "--iss", issuer]
        words += ["--aud", "spiffe://example.com/ledger", "--act", "review_spec"]
        output.say("what to do with it, for example:")
        typer.echo(f"  {escape.terminal(shlex.join(words))}", err=True)
