"""The sample ledgers are what `rebuild.py` makes, and lint says of each what its story says."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import ectgraph

SAMPLES = Path(__file__).parents[1] / "sample_ledgers"
EXPECTED = json.loads((SAMPLES / "expected.json").read_text("utf-8"))


def test_every_ledger_has_a_story() -> None:
    files = {path.name for path in SAMPLES.iterdir() if path.suffix in (".json", ".jsonl", ".jws")}
    assert files == {*EXPECTED, "keys.json", "expected.json"}


def test_the_samples_are_rebuilt_byte_for_byte(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, SAMPLES / "rebuild.py", tmp_path], check=True, capture_output=True
    )
    rebuilt = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert len(rebuilt) == len(EXPECTED) + 3
    assert rebuilt == {name: (SAMPLES / name).read_bytes() for name in rebuilt}


@pytest.mark.parametrize("name", EXPECTED)
def test_lint_says_what_the_story_says(name: str) -> None:
    story = EXPECTED[name]
    report = ectgraph.load(SAMPLES / name, keys=SAMPLES / "keys.json").report
    assert sorted({finding.code for finding in report.findings}) == story["codes"]
    assert report.summary.tasks == story["tasks"]
    assert report.summary.edges == story["edges"]
    assert report.summary.trust["verified"] == story["verified"]
    assert bool(report.at_least("error")) == bool(story["exit"])
