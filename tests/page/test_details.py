"""All that is told of each task: the same as `ectgraph show` tells, bounded, and packed alike."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from ectgraph.case import Case
from ectgraph.encoding import MAX_NUMBER
from ectgraph.opening import load
from ectgraph.page import details
from ectgraph.page.details import packed
from ectgraph.policy import Policy
from ectgraph.reports import task as shown
from ectgraph.testing import Sketch, jwks, sketch, task_id

SAMPLES = Path(__file__).parents[2] / "sample_ledgers"
LEDGERS = sorted(path for path in SAMPLES.glob("*.js*l*") if path.is_file())


def unpacked(case: Case, tasks: list[str] | None = None) -> list[dict[str, Any]]:
    names = list(case.graph) if tasks is None else tasks
    found = packed(case._evidence, case.report.findings, names)
    pieces = [json.loads(gzip.decompress(base64.b64decode(text))) for text in found["chunks"]]
    assert all(len(piece) == found["of"] for piece in pieces[:-1])
    return [detail for piece in pieces for detail in piece]


def case_of(made: Sketch) -> Case:
    return Case(made.ledger(), made.ring, made.policy, rules=made.rules)


def assert_told_as_shown(case: Case) -> None:
    for node, detail in zip(case.graph, unpacked(case), strict=True):
        task = shown.describe(case._evidence, case.report.findings, node)
        assert len(detail["records"]) == len(task.records)
        for told, record in zip(detail["records"], task.records, strict=True):
            assert told["sha256"] == record.entry.record.sha256
            assert told["trust"] == record.entry.trust
            assert (told["header"], told["claims"]) == (record.header, record.claims)
            assert told["entry"] == record.stated
            assert told["cut"] == []
            assert told["checks"] == [
                {
                    "number": step.number,
                    "title": step.title,
                    "outcome": step.outcome.value,
                    "detail": step.detail,
                }
                for step in record.checks
            ]


@pytest.mark.parametrize("path", LEDGERS, ids=lambda path: path.name)
def test_each_record_is_told_as_show_tells_it(path):
    keys = SAMPLES / ("old-archive.keys.json" if "old" in path.name else "keys.json")
    assert_told_as_shown(load(path, keys, workers=1))


@pytest.mark.parametrize(
    "text",
    [
        "a@0; b@5<a,lost; c@9<b !flipped; d@12<c",
        "a@0<c; b@5<a; c@9<b",
        "a@0<a; b@5<a",
        "a@0; a@0; b@5<a; 'junk'",
        "a@0; a@3 act=other; b@5<a",
        "a@0 wid=one; a@0 wid=two; b@5<a wid=two",
        "a@0; b@5<a; !bad-key",
        "a@0; b@5<a; !broken-rule",
        "a@0; b@5<a; !audience=urn:x",
        "a@0 life=-5; b@5<a; c@9<b",
        "a@0 recorded=1; b@5<a recorded=9000; !chained",
    ],
)
def test_odd_ledgers_are_told_as_show_tells_them(text):
    assert_told_as_shown(case_of(sketch(text)))


def test_a_task_without_a_record_has_none():
    case = case_of(sketch("a@0<lost"))
    assert unpacked(case, [task_id("lost")]) == [{"records": []}]


def test_of_a_task_with_many_records_some_are_told_and_the_others_counted(monkeypatch):
    monkeypatch.setattr(details, "RECORDS", 2)
    case = case_of(sketch("a@0; a@1; a@2; a@3; a@4"))
    (detail,) = unpacked(case)
    assert len(detail["records"]) == 2
    assert detail["more"] == 3


def test_pieces_hold_so_many_and_are_the_same_each_time(monkeypatch):
    monkeypatch.setattr(details, "OF", 2)
    case = case_of(sketch("a@0; b@1<a; c@2<b; d@3<c; e@4<d"))
    assert len(unpacked(case)) == 5
    findings, names = case.report.findings, list(case.graph)
    again = [packed(case._evidence, findings, names) for _ in range(2)]
    assert again[0] == again[1]
    assert len(again[0]["chunks"]) == 3


def test_what_is_too_long_is_cut_and_said_to_be(task, ring):
    long = {"note": "x" * 100_000, "few": 1}
    made = Sketch((task("a", ext=long, pol="y" * 5000),), ring, Policy(max_ext_bytes=10**6))
    (detail,) = unpacked(case_of(made))
    (record,) = detail["records"]
    claims = record["claims"]
    assert record["cut"] == ["claims.ext", "claims.pol"]
    assert claims["ext"] == json.dumps(long)[: details.RAW]
    assert claims["pol"] == '"' + "y" * (details.RAW - 1)
    assert claims["jti"] == task_id("a")
    assert len(record["raw"]) == details.RAW
    assert record["length"] > 100_000


def test_so_many_members_are_told_and_no_more(task, ring):
    many = {f"m{number}": "x" * 100 for number in range(1000)}
    made = Sketch((task("a", **many),), ring, Policy())
    (detail,) = unpacked(case_of(made))
    (record,) = detail["records"]
    assert len(record["claims"]) == details.MEMBERS
    assert record["cut"] == ["claims"]


def test_numbers_that_a_browser_would_round_are_text(task, ring):
    made = Sketch(
        (
            task(
                "a",
                ext={"big": MAX_NUMBER + 2, "id": "1234567890123456789"},
                fits=MAX_NUMBER,
                digits="12345678901234567890",
                part=0.1234567890123456,
            ),
        ),
        ring,
        Policy(),
    )
    (detail,) = unpacked(case_of(made))
    (record,) = detail["records"]
    assert record["cut"] == ["claims.ext"]
    assert f'"big": {MAX_NUMBER + 2}' in record["claims"]["ext"]
    assert record["claims"]["fits"] == MAX_NUMBER
    assert record["claims"]["digits"] == "12345678901234567890"
    assert record["claims"]["part"] == 0.1234567890123456


def test_records_that_were_left_in_a_file_are_read_back(tmp_path):
    (tmp_path / "l.jws").write_bytes(sketch("a@0; b@5<a").data)
    (tmp_path / "k.json").write_text(json.dumps(jwks("agent-a")))
    (detail, _) = unpacked(load(tmp_path / "l.jws", tmp_path / "k.json", workers=1))
    (record,) = detail["records"]
    assert record["place"] == f"{tmp_path / 'l.jws'}:1"
    assert record["offset"] == 0
    assert record["raw"].startswith("eyJ")
