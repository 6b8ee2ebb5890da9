"""Key files as they are written: a private key for its owner's eyes, a JWK Set for everybody's."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ectgraph.encoding import EncodingError, read_json
from ectgraph.errors import EctgraphError
from ectgraph.reports.json import indented

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


def private_name(kid: str) -> str:
    """The name of a private key's file, safe whatever the `kid` is.

    >>> private_name("spiffe://example.com/agent/a"), private_name("../a")
    ('spiffe-example.com-agent-a.key.pem', 'a.key.pem')
    """
    safe = re.sub(r"[^A-Za-z0-9._@]+", "-", kid).strip(".-")
    return f"{safe[:100] or 'private'}.key.pem"


def write_private(pem: bytes, path: Path) -> None:
    """Write a private key to a new file that nobody else can read, at no time.

    Raises:
        EctgraphError: the file exists, or cannot be written.

    """
    try:
        descriptor = os.open(path, _NEW, 0o600)
    except FileExistsError as error:
        message = f"{path}: exists, and is not written over; -o FILE names another"
        raise EctgraphError(message) from error
    except OSError as error:
        message = f"{path}: cannot be written ({error.strerror})"
        raise EctgraphError(message) from error
    try:
        _fill(descriptor, pem)
    except OSError as error:
        path.unlink(missing_ok=True)
        message = f"{path}: cannot be written ({error.strerror})"
        raise EctgraphError(message) from error


def _fill(descriptor: int, data: bytes) -> None:
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def added(jwk: dict[str, Any], path: Path) -> Iterator[None]:
    """Add a public key to a JWK Set file, new or not, once the body has done its work.

    The new file is made next to the old one and then takes its place, so nobody ever reads half of
    it. Its name is that of a lock: of two who add keys at one time, one is refused.

    Raises:
        EctgraphError: the file is no JWK Set, has the `kid` already, or cannot be written.

    """
    target = path.resolve()
    fresh = target.with_name(f"{target.name}.new")
    try:
        descriptor = os.open(fresh, _NEW, 0o666)
    except FileExistsError as error:
        message = f"{path}: somebody else is writing it; if nobody is, remove {fresh}"
        raise EctgraphError(message) from error
    except OSError as error:
        message = f"{path}: cannot be written ({error.strerror})"
        raise EctgraphError(message) from error
    try:
        data = _with_key(jwk, target)
    except BaseException:
        os.close(descriptor)
        fresh.unlink(missing_ok=True)
        raise
    try:
        _fill(descriptor, data)
        if target.exists():
            fresh.chmod(stat.S_IMODE(target.stat().st_mode))
        yield
        fresh.replace(target)
    except OSError as error:
        message = f"{path}: cannot be written ({error.strerror})"
        raise EctgraphError(message) from error
    finally:
        fresh.unlink(missing_ok=True)


def _with_key(jwk: dict[str, Any], target: Path) -> bytes:
    """The file's new content: what is in it, whatever it is, and one key more."""
    try:
        value, twice = read_json(target.read_bytes(), max_depth=64)
    except FileNotFoundError:
        value, twice = {"keys": []}, ()
    except OSError as error:
        message = f"{target}: cannot be read ({error.strerror})"
        raise EctgraphError(message) from error
    except EncodingError as problem:
        message = f"{target}: no JWKS ({problem.detail}), and no key is added to it"
        raise EctgraphError(message) from problem
    if twice or not isinstance(value, dict) or not isinstance(value.get("keys"), list):
        why = f"the member {twice[0]!r} occurs twice" if twice else "it has no array 'keys'"
        message = f"{target}: no JWKS ({why}), and no key is added to it"
        raise EctgraphError(message)
    if any(isinstance(key, dict) and key.get("kid") == jwk["kid"] for key in value["keys"]):
        message = f"{target}: has a key {jwk['kid']!r} already; a new key needs a new name"
        raise EctgraphError(message)
    return indented(value | {"keys": [*value["keys"], jwk]})
