"""Execution Context Tokens: create and verify them, and read their ledgers as evidence.

The front door. Names are imported when first used, so `import ectgraph` stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ectgraph.version import __version__

if TYPE_CHECKING:
    from ectgraph.agent.config import Config as Config
    from ectgraph.agent.config import load_config_from_env as load_config_from_env
    from ectgraph.agent.create import CreateOptions as CreateOptions
    from ectgraph.agent.create import create as create
    from ectgraph.agent.create import create_unsigned as create_unsigned
    from ectgraph.agent.create import default_create_options as default_create_options
    from ectgraph.agent.create import hash_file as hash_file
    from ectgraph.agent.create import validate_ext as validate_ext
    from ectgraph.agent.dag import DAGConfig as DAGConfig
    from ectgraph.agent.dag import ECTStore as ECTStore
    from ectgraph.agent.dag import validate_dag as validate_dag
    from ectgraph.agent.file_ledger import FileLedger as FileLedger
    from ectgraph.agent.jti_cache import JTICache as JTICache
    from ectgraph.agent.jti_cache import SQLiteJTICache as SQLiteJTICache
    from ectgraph.agent.jti_cache import new_jti_cache as new_jti_cache
    from ectgraph.agent.ledger import MemoryLedger as MemoryLedger
    from ectgraph.agent.parse import Parsed as Parsed
    from ectgraph.agent.parse import Verified as Verified
    from ectgraph.agent.parse import parse as parse
    from ectgraph.agent.payload import ECT_TYPE as ECT_TYPE
    from ectgraph.agent.payload import ECT_TYPE_LEGACY as ECT_TYPE_LEGACY
    from ectgraph.agent.payload import POL_DECISION_APPROVED as POL_DECISION_APPROVED
    from ectgraph.agent.payload import (
        POL_DECISION_PENDING_HUMAN_REVIEW as POL_DECISION_PENDING_HUMAN_REVIEW,
    )
    from ectgraph.agent.payload import POL_DECISION_REJECTED as POL_DECISION_REJECTED
    from ectgraph.agent.payload import Payload as Payload
    from ectgraph.agent.payload import valid_pol_decision as valid_pol_decision
    from ectgraph.agent.payload import valid_uuid as valid_uuid
    from ectgraph.agent.payload import validate_hash_format as validate_hash_format
    from ectgraph.agent.verify import VerifyOptions as VerifyOptions
    from ectgraph.agent.verify import verify as verify
    from ectgraph.case import Case as Case
    from ectgraph.encoding import hash_of as hash_of
    from ectgraph.errors import EctgraphError as EctgraphError
    from ectgraph.errors import VerificationError as VerificationError
    from ectgraph.keys import KeyRing as KeyRing
    from ectgraph.keys import generate_key as generate_key
    from ectgraph.ledger import Ledger as Ledger
    from ectgraph.model import Entry as Entry
    from ectgraph.model import Finding as Finding
    from ectgraph.model import Record as Record
    from ectgraph.model import Report as Report
    from ectgraph.model import Severity as Severity
    from ectgraph.model import Token as Token
    from ectgraph.model import Trust as Trust
    from ectgraph.opening import load as load
    from ectgraph.policy import Policy as Policy

_HOMES = {
    "Config": "agent.config",
    "load_config_from_env": "agent.config",
    "CreateOptions": "agent.create",
    "create": "agent.create",
    "create_unsigned": "agent.create",
    "default_create_options": "agent.create",
    "hash_file": "agent.create",
    "validate_ext": "agent.create",
    "DAGConfig": "agent.dag",
    "ECTStore": "agent.dag",
    "validate_dag": "agent.dag",
    "FileLedger": "agent.file_ledger",
    "JTICache": "agent.jti_cache",
    "SQLiteJTICache": "agent.jti_cache",
    "new_jti_cache": "agent.jti_cache",
    "MemoryLedger": "agent.ledger",
    "Parsed": "agent.parse",
    "Verified": "agent.parse",
    "parse": "agent.parse",
    "ECT_TYPE": "agent.payload",
    "ECT_TYPE_LEGACY": "agent.payload",
    "POL_DECISION_APPROVED": "agent.payload",
    "POL_DECISION_PENDING_HUMAN_REVIEW": "agent.payload",
    "POL_DECISION_REJECTED": "agent.payload",
    "Payload": "agent.payload",
    "valid_pol_decision": "agent.payload",
    "valid_uuid": "agent.payload",
    "validate_hash_format": "agent.payload",
    "VerifyOptions": "agent.verify",
    "verify": "agent.verify",
    "Case": "case",
    "load": "opening",
    "hash_of": "encoding",
    "EctgraphError": "errors",
    "VerificationError": "errors",
    "KeyRing": "keys",
    "generate_key": "keys",
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
