"""Bytes of a picture -> a file, wherever the caller wants it."""

from __future__ import annotations

from pathlib import Path

from ectgraph import escape
from ectgraph.errors import EctgraphError


def saved(data: bytes, target: Path) -> Path:
    """Write a file, and give its path.

    Raises:
        EctgraphError: it cannot be written, or no file can have this name.

    """
    try:
        target.write_bytes(data)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        message = f"{escape.terminal(str(target))}: cannot be written ({why})"
        raise EctgraphError(message) from error
    return target
