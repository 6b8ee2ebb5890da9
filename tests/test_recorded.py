"""The ledger of a workflow that was really run holds what was recorded of it, and nothing else."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import ectgraph
from ectgraph.encoding import decode_base64url

RECORDED = Path(__file__).parents[1] / "sample_ledgers/recorded"


def montage() -> ectgraph.Case:
    return ectgraph.load(RECORDED / "montage.jsonl.gz", RECORDED / "montage.keys.json")


def rows() -> dict[str, tuple[int, list[str]]]:
    """How long each task of the recording took, and what it builds on."""
    lines = (RECORDED / "montage.tsv").read_text("utf-8").splitlines()[3:]
    cells = [line.split("\t") for line in lines]
    return {task: (int(took), parents.split()) for task, took, parents in cells}


def test_the_ledger_holds_the_recording() -> None:
    recorded = rows()
    lines = gzip.decompress((RECORDED / "montage.jsonl.gz").read_bytes()).splitlines()
    parts = [json.loads(line)["ect"].encode().split(b".") for line in lines]
    tokens = [json.loads(decode_base64url(payload)) for _, payload, _ in parts]
    names = dict(zip((claims["jti"] for claims in tokens), in_order(recorded), strict=True))

    for claims in tokens:
        took, parents = recorded[names[claims["jti"]]]
        assert claims["exec_act"] == names[claims["jti"]].partition("_")[0]
        assert claims["ext"]["exec_time_ms"] == took
        assert [names[parent] for parent in claims["par"]] == parents
    assert {claims["iss"] for claims in tokens} == {"spiffe://montage.example/agent/mem"}


def in_order(recorded: dict[str, tuple[int, list[str]]]) -> list[str]:
    """The tasks by when they are done, each begun when all that it builds on is."""
    ends: dict[str, int] = {}
    for task, (took, parents) in recorded.items():
        ends[task] = max((ends[parent] for parent in parents), default=0) + took
    return sorted(recorded, key=ends.__getitem__)


def test_its_figures_are_those_counted_without_ectgraph(shared: Path) -> None:
    expected = json.loads((shared / "ledgers/montage-01d.expected.json").read_bytes())
    summary = montage().report.summary

    assert {name: getattr(summary, name) for name in expected} == expected


def test_it_is_the_graph_of_the_same_recording_made_by_others(shared: Path) -> None:
    """Tasks have other ids there, so each is known by what it did, how long, and after what."""
    other = ectgraph.load(shared / "ledgers/montage-01d.jsonl").ledger

    assert shapes(montage().ledger) == shapes(other)


def shapes(ledger: ectgraph.Ledger) -> Counter[Any]:
    """The tasks: each as its action, its time, and those of all its parents."""
    tokens = [entry.token for entry in ledger]
    marks = {token.jti: (token.exec_act, token.ext["exec_time_ms"]) for token in tokens}
    return Counter(
        (marks[token.jti], *sorted(marks[parent] for parent in token.parents)) for token in tokens
    )
