"""Libraries that only some need: looked for where they are used, and named in a line if missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ectgraph.errors import EctgraphError


def extra(module: str, name: str, needs: str) -> Any:
    """A module of a library that an extra of ours installs.

    Args:
        module: what to import.
        name: the extra.
        needs: what needs which library, as the beginning of a sentence.

    Raises:
        EctgraphError: it is not installed.

    >>> extra("json", "all", "nothing needs it").__name__
    'json'

    """
    try:
        return import_module(module)
    except ImportError as error:
        message = f"{needs}; install it: pip install 'ectgraph[{name}]'"
        raise EctgraphError(message) from error
