"""The findings as CSV."""

from __future__ import annotations

import csv
import io
import json

import pytest

from ectgraph import escape, frames
from ectgraph.reports import csv as table


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_it_is_the_table_of_findings(everything, written):
    assert written("csv", everything) == frames.to_csv(frames.findings(everything.findings))


@pytest.mark.parametrize("number", [1, 2, 5000])
def test_it_is_made_some_rows_at_a_time(number: int, everything, written, monkeypatch):
    whole = written("csv", everything, everything)
    monkeypatch.setattr(table, "ROWS", number)

    assert written("csv", everything, everything) == whole


def test_of_several_ledgers_the_first_column_names_each(judged, written):
    found = rows(written("csv", judged("a@0<a", "one.jws"), judged("b@0<b", "=two.jws")))

    assert list(found[0])[:2] == ["ledger", "code"]
    assert [row["ledger"] for row in found] == ["one.jws", "'=two.jws"]


def test_a_separate_report_has_the_columns_of_several(judged, written):
    text = written("csv", judged("a@0<a", "one.jws"), separate=True)

    assert text.startswith("ledger,code,")
    assert written("csv").splitlines() == text.splitlines()[:1]


def test_no_cell_is_a_formula_and_no_row_is_lost(hostile_text: str, hostile_report, written):
    report = hostile_report(hostile_text)
    found = rows(written("csv", report, report))

    assert len(found) == 2 * len(report.findings)
    assert [row["fingerprint"] for row in found] == [f.fingerprint for f in report.findings] * 2
    assert [json.loads(row["evidence"]) for row in found] == [
        json.loads(json.dumps(f.evidence)) for f in report.findings * 2
    ]
    assert {row["ledger"] for row in found} == {escape.csv(hostile_text)}
    texts = ("ledger", "message", "jti", "wid", "iss", "exec_act", "reason", "source", "task")
    cells = {row[name] for row in found for name in texts}
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
