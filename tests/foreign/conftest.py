"""Files of rules."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

RULE = """\
from ectgraph.rule import Hit, Severity, {kind}_rule

@{kind}_rule({code!r}, {name!r}, {severity}, cites={cites}, advice={advice},
             good={good}, bad={bad}{more})
def check(seen, *others):
    '''Something is not as we do it here.'''
    {body}
"""
USUAL = {
    "code": "ACME001",
    "name": "house-rule",
    "severity": "Severity.NOTE",
    "cites": "'a handbook'",
    "advice": "'Look it up.'",
    "good": "()",
    "bad": "()",
    "more": "",
    "body": "return []",
}


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a file of rules."""

    def call(text: str, name: str = "mine.py") -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    return call


@pytest.fixture
def rule_file(write: Callable[..., Path]) -> Callable[..., Path]:
    """Write a file with one rule; what is not said of it is as it should be."""

    def call(kind: str = "token", file: str = "mine.py", **said: str) -> Path:
        return write(RULE.format(kind=kind, **USUAL | said), file)

    return call
