"""Ledgers of recorded workflows: their figures were counted without ectgraph."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from ectgraph import linter, loader
from ectgraph.keys import KeyRing
from ectgraph.ledger import Ledger
from ectgraph.model import Report, Severity, Trust
from ectgraph.policy import Policy
from ectgraph.rule import Evidence
from ectgraph.rules import judge


@pytest.fixture(scope="module")
def loaded(shared: Path) -> dict[str, tuple[Ledger, Report]]:
    """Every shared ledger with its report."""
    found = {}
    for file in (shared / "ledgers").glob("*.jsonl"):
        ring = KeyRing.load(file.with_suffix(".keys.json"))
        ledger = loader.load(file, ring, judge=judge)
        found[file.stem] = ledger, linter.lint(Evidence(ledger, ring, Policy()))
    return found


def test_every_token_verifies(loaded, shared_ledger):
    ledger, report = loaded[shared_ledger]
    assert {entry.trust for entry in ledger} == {Trust.VERIFIED}
    assert report.summary.trust["verified"] == len(ledger)
    assert all(entry.problems == () for entry in ledger)


def test_the_figures_are_those_that_were_counted(loaded, shared, shared_ledger):
    _, report = loaded[shared_ledger]
    expected = json.loads((shared / "ledgers" / f"{shared_ledger}.expected.json").read_bytes())
    expected.pop("chain", None)
    assert {name: getattr(report.summary, name) for name in expected} == expected


def test_nothing_is_wrong_but_what_the_recorded_clocks_got_wrong(loaded, shared_ledger):
    _, report = loaded[shared_ledger]
    allowed = {"ECT401"} if shared_ledger == "starfly-60" else set()
    assert {finding.code for finding in report.at_least(Severity.ERROR)} <= allowed


def test_the_hash_chain_holds_over_the_records_as_they_lie_in_the_file(loaded, shared_ledger):
    ledger, _ = loaded[shared_ledger]
    previous = ""
    for number, entry in enumerate(ledger, 1):
        assert (entry.seq, entry.prev_hash) == (number, previous)
        previous = hashlib.sha256(entry.record.body).hexdigest()


def test_the_records_are_the_file(loaded, shared, shared_ledger, assert_conserved):
    ledger, report = loaded[shared_ledger]
    data = (shared / "ledgers" / f"{shared_ledger}.jsonl").read_bytes()
    assert_conserved(data, [entry.record for entry in ledger])
    (source,) = report.inputs
    assert (source.format, source.bytes, source.records) == ("jsonl", len(data), len(ledger))
    assert source.sha256 == hashlib.sha256(data).hexdigest()
