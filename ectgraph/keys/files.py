"""Paths -> what is in the key files there: files, folders of them, and URLs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from os import PathLike, fspath
from pathlib import Path
from typing import TypeAlias

from ectgraph import escape
from ectgraph.encoding import EncodingError, read_json
from ectgraph.errors import EctgraphError
from ectgraph.keys import remote
from ectgraph.keys.chain import Found
from ectgraph.keys.jwk import read_jwks
from ectgraph.keys.key import BadKey, Unusable
from ectgraph.keys.pem import DER, PEM, read_der, read_pem

MAX_BYTES = 16 << 20
"""Size of a file above which it is no key file."""

_DEPTH = 16

AnyPath: TypeAlias = str | PathLike[str]


def read(paths: Iterable[AnyPath]) -> Iterator[tuple[str, list[Found]]]:
    """(source, what is in it) of each key file, in order; the files of a folder by their names.

    Raises:
        EctgraphError: a path cannot be read, or is no key file. What is wrong with one file of a
            folder is no reason to do without the others: that is a `BadKey`.

    """
    for path in paths:
        name = fspath(path)
        try:
            if remote.is_url(path):
                yield name, list(_read_json(remote.fetch(name), None, name))
            elif os.path.isdir(path):  # noqa: PTH112  # `Path.is_dir` raises for odd names
                yield from _read_folder(Path(path))
            else:
                yield str(Path(path)), _read_file(Path(path))
        except Unusable as refusal:
            message = f"{escape.terminal(name)}: {escape.terminal(str(refusal))}"
            raise EctgraphError(message) from refusal


def _read_folder(folder: Path) -> Iterator[tuple[str, list[Found]]]:
    try:
        files = sorted(path for path in folder.iterdir() if path.is_file() and path.name[0] != ".")
    except OSError as error:
        raise Unusable(f"cannot be read ({error.strerror})") from error
    for file in files:
        try:
            yield str(file), _read_file(file)
        except Unusable as refusal:
            yield str(file), [BadKey(str(file), 0, None, str(refusal))]


def _read_file(path: Path) -> list[Found]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: NUL in the name
        raise Unusable(f"cannot be read ({getattr(error, 'strerror', error)})") from error
    if len(data) > MAX_BYTES:
        raise Unusable(f"is larger than {MAX_BYTES >> 20} MiB, so it is no key file")
    kid = path.stem.encode(errors="backslashreplace").decode()  # JSON must be able to hold it
    if PEM in data:
        return list(read_pem(data, kid, str(path)))
    found = read_der(data, kid, str(path)) if data.startswith(DER) else None
    return [found] if found is not None else list(_read_json(data, kid, str(path)))


def _read_json(data: bytes, kid: str | None, source: str) -> Iterator[Found]:
    """The keys of a JWK Set, or one JWK, which is called `kid` if it has no name of its own."""
    try:
        value, duplicates = read_json(data, _DEPTH)
    except EncodingError as problem:
        raise Unusable(f"neither a JWKS nor PEM keys ({problem.detail})") from problem
    if duplicates:
        raise Unusable(f"the member {duplicates[0]!r} occurs twice, so it has two readings")
    if isinstance(value, dict) and "kty" in value:
        value = {"keys": [({} if kid is None else {"kid": kid}) | value]}
    if not isinstance(value, dict) or not isinstance(value.get("keys"), list):
        raise Unusable("no JWKS: it has no array 'keys'")
    return read_jwks(value, source)
