"""Execution Context Tokens as evidence: load, verify, lint, draw and question ledgers.

The front door. Names are imported when first used, so `import ectgraph` stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ectgraph.version import __version__

if TYPE_CHECKING:
    from ectgraph.case import Case as Case
    from ectgraph.case import load as load
    from ectgraph.errors import EctgraphError as EctgraphError
    from ectgraph.errors import VerificationError as VerificationError
    from ectgraph.keys import KeyRing as KeyRing
    from ectgraph.ledger import Ledger as Ledger
    from ectgraph.model import Entry as Entry
    from ectgraph.model import Finding as Finding
    from ectgraph.model import Record as Record
    from ectgraph.model import Report as Report
    from ectgraph.model import Severity as Severity
    from ectgraph.model import Token as Token
    from ectgraph.model import Trust as Trust
    from ectgraph.policy import Policy as Policy

_HOMES = {
    "Case": "case",
    "load": "case",
    "EctgraphError": "errors",
    "VerificationError": "errors",
    "KeyRing": "keys",
    "Ledger": "ledger",
    "Entry": "model",
    "Finding": "model",
    "Record": "model",
    "Report": "model",
    "Severity": "model",
    "Token": "model",
    "Trust": "model",
    "Policy": "policy",
}

__all__ = ["__version__", *_HOMES]  # noqa: PLE0604  # the names are strings, in a dict


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        message = f"module 'ectgraph' has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(import_module(f"ectgraph.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
