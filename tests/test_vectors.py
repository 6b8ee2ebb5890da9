"""Tokens made byte by byte, without ectgraph, and the errors that each must yield."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ectgraph.keys import KeyRing
from ectgraph.loader import load_bytes
from ectgraph.model import Severity, Trust
from ectgraph.rules import RULES, judge


@pytest.fixture(scope="module")
def vector_keys(shared: Path) -> KeyRing:
    """The keys that go with the vectors."""
    return KeyRing.from_jwks(json.loads((shared / "vectors" / "tokens.json").read_bytes())["keys"])


def test_a_vector_yields_exactly_its_errors(vector_keys: KeyRing, vector: dict[str, Any]):
    (entry,) = load_bytes(vector["token"].encode(), vector_keys, judge=judge)
    severities = [(code, hit.severity or RULES[code].severity) for code, hit in entry.hits]
    found = {code for code, severity in severities if severity.rank >= Severity.ERROR.rank}
    assert found == set(vector["errors"])
    if not vector["errors"]:
        assert entry.trust is Trust.VERIFIED
