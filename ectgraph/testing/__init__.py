"""Ledgers in one line, fixed keys, deterministic signatures, and a maker of faults.

For rule examples, tests and documentation, ours and yours: `sketch("a@0; b@5<a")` is a ledger with
two signed tokens. Everything is a function of its arguments, down to the last byte. The private
keys made here are no secret; they sign examples and nothing else.
"""

from __future__ import annotations

from ectgraph.encoding import compact_json
from ectgraph.testing.faults import FAULTS, FORMS, Draft
from ectgraph.testing.sketches import LIFETIME, Sketch, sketch
from ectgraph.testing.tokens import (
    AGENTS,
    EPOCH,
    jwks,
    ledger_file,
    private_key,
    seal,
    sign,
    task_id,
    token,
)

__all__ = [
    "AGENTS",
    "EPOCH",
    "FAULTS",
    "FORMS",
    "LIFETIME",
    "Draft",
    "Sketch",
    "compact_json",
    "jwks",
    "ledger_file",
    "private_key",
    "seal",
    "sign",
    "sketch",
    "task_id",
    "token",
]
