"""What a caller says about a task, as JSON and as options -> the payload of a token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from ectgraph.cli import input as given
from ectgraph.encoding import EncodingError, read_json
from ectgraph.errors import EctgraphError

if TYPE_CHECKING:
    from ectgraph.agent.payload import Payload

LARGEST = 1 << 20
"""Bytes of claims, or of a key file, that are read."""

NEEDED = {"iss": "--iss", "aud": "--aud", "exec_act": "--act"}
"""Claims that nobody can fill in, and their options."""

_OTHER_NAMES = {"pred": "par", "ect_ext": "ext"}


def payload(claims: Mapping[str, Any], stated: Mapping[str, Any]) -> Payload:
    """Join claims with those that were stated as options, which win.

    Raises:
        EctgraphError: a claim that only the caller knows is not there.

    """
    from ectgraph.agent.payload import Payload  # noqa: PLC0415

    found = dict(claims)
    for other, name in _OTHER_NAMES.items():
        if other in found and found.setdefault(name, found[other]) != found.pop(other):
            message = f"--claims: {name!r} and {other!r} are one claim, and differ"
            raise EctgraphError(message)
    found |= {name: value for name, value in stated.items() if value not in (None, [])}
    needed = [f"{NEEDED[name]} ({name})" for name in NEEDED if found.get(name) in (None, "", [])]
    if needed:
        message = f"the token needs {', '.join(needed)}"
        raise EctgraphError(message)
    known = {field.name for field in fields(Payload) if field.init} - {"extra"}
    extra = {name: value for name, value in found.items() if name not in known}
    return Payload(**{name: v for name, v in found.items() if name in known}, extra=extra)


def read_object(text: bytes, title: str) -> dict[str, Any]:
    """A JSON object of the caller's.

    Raises:
        EctgraphError: it is none, or has two readings.

    """
    try:
        value, twice = read_json(text, max_depth=64)
    except EncodingError as problem:
        message = f"{title}: no JSON: {problem.detail}"
        raise EctgraphError(message) from problem
    if twice or not isinstance(value, dict):
        why = f"the member {twice[0]!r} occurs twice" if twice else "it is no JSON object"
        message = f"{title}: {why}"
        raise EctgraphError(message)
    return value


def read_private(path: str) -> tuple[Any, str]:
    """(an agent's private key, the `kid` that it brings along, if any) from a PEM or JWK file.

    Raises:
        EctgraphError: it cannot be read, or is no private key; the message holds none of it.

    """
    from ectgraph.keys import private_key  # noqa: PLC0415

    data = given.read(path, LARGEST)
    kid = ""
    try:
        material: Any = data
        if data.lstrip()[:1] == b"{":
            material, _ = read_json(data, max_depth=16)
            kid = material.get("kid") if isinstance(material.get("kid"), str) else ""
        return private_key(material), kid
    except EncodingError:
        message = f"{path}: neither a PEM private key nor a private JWK"
        raise EctgraphError(message) from None
    except EctgraphError as error:
        message = f"{path}: {error}"
        raise EctgraphError(message) from None
