"""The JSON report: a frozen format, so every member is checked, and every type."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from typing import Any

import pytest

import ectgraph
from ectgraph import linter, loader
from ectgraph.case import Case
from ectgraph.model import Report
from ectgraph.reports import forms
from ectgraph.reports.json import finding_document, frame, indented, to_json
from ectgraph.rules import RULES, judge
from ectgraph.testing import sketch, task_id
from ectgraph.version import __version__

FAULTY = "a@0; b@5<a,z; c@99 by=agent-b !flipped; d@0<c; 'junk'; !bad-key; !broken-rule"

COUNT = int
PLACE = {
    "source": str,
    "line": (int, None),
    "offset": (int, None),
    "index": (int, None),
    "sha256": (str, None),
    "address": (str, None),
}
INPUT = {
    "source": str,
    "format": str,
    "bytes": COUNT,
    "sha256": str,
    "records": COUNT,
    "compression": (str, None),
}
FINDING = {
    "code": str,
    "name": str,
    "severity": str,
    "message": str,
    "jti": (str, None),
    "wid": (str, None),
    "iss": (str, None),
    "exec_act": (str, None),
    "places": [PLACE],
    "evidence": dict,
    "fingerprint": str,
    "cites": str,
    "ignored": bool,
    "known": bool,
    "reason": str,
}
BASIS = {"kind": str, "source": str, "sha256": (str, None)}
COUNTS = [
    "records",
    "tokens",
    "unreadable",
    "tasks",
    "edges",
    "missing",
    "workflows",
    "agents",
    "roots",
    "leaves",
    "depth",
    "max_parents",
    "max_children",
]
REPORT = {
    "format": str,
    "tool": {"name": str, "version": str},
    "inputs": [INPUT],
    "keys": [{"source": str, "keys": COUNT}],
    "basis": [BASIS],
    "summary": {
        **dict.fromkeys(COUNTS, COUNT),
        "levels": dict.fromkeys(["L1", "L2", "L3"], COUNT),
        "drafts": dict.fromkeys(["00", "01", "early-00"], COUNT),
        "trust": dict.fromkeys(
            ["verified", "invalid", "unknown_key", "unsupported", "unsigned", "unchecked"], COUNT
        ),
        "findings": dict.fromkeys(["fatal", "error", "warning", "note", "known", "ignored"], COUNT),
    },
    "established": [str],
    "not_established": [str],
    "findings": [FINDING],
}
"""`ectgraph-report/1`: its members in their order, with their types."""


def assert_shaped(value: Any, shape: Any, path: str = "report") -> None:
    if isinstance(shape, dict):
        assert list(value) == list(shape), path
        for name, inner in shape.items():
            assert_shaped(value[name], inner, f"{path}.{name}")
    elif isinstance(shape, list):
        assert type(value) is list, path
        for number, item in enumerate(value):
            assert_shaped(item, shape[0], f"{path}[{number}]")
    elif isinstance(shape, tuple):
        assert value is None or type(value) is shape[0], path
    else:
        assert type(value) is shape, path


@pytest.mark.parametrize(
    "text", ["", "a@0", FAULTY, "a@0; !no-keys", *(bad for r in RULES.values() for bad in r.bad)]
)
def test_a_report_has_exactly_the_members_of_the_format(text: str):
    assert_shaped(json.loads(to_json(sketch(text).lint())), REPORT)


@pytest.mark.parametrize("ledgers", [["a@0"], [FAULTY], [], ["a@0", FAULTY, ""]])
def test_it_is_written_piece_by_piece_as_if_it_were_written_at_once(ledgers: list[str], written):
    reports = [sketch(text).lint() for text in ledgers]
    documents = [
        frame(report) | {"findings": [finding_document(each) for each in report.findings]}
        for report in reports
    ]
    many = {"format": "ectgraph-reports/1", "reports": documents}
    whole = indented(documents[0] if len(documents) == 1 else many, 1).decode()

    assert written("json", *reports) == whole.replace(f'"{__version__}"', '"VERSION"')
    findings = sum(len(report.findings) for report in reports)
    assert len(list(forms.pieces(forms.Form.JSON, reports, forms.Options()))) > findings


def read(report: Report) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(to_json(report))
    return found


def test_it_says_which_format_and_which_tool():
    report = json.loads(to_json(sketch("a@0").lint()))

    assert report["format"] == "ectgraph-report/1"
    assert report["tool"] == {"name": "ectgraph", "version": ectgraph.__version__}


def test_it_is_indented_utf8_with_a_final_newline():
    data = to_json(sketch("a@0 act=é !flipped").lint())

    assert data.endswith(b"}\n")
    assert data.startswith(b'{\n "format": ')
    assert json.loads(data.decode("utf-8"))


def test_inputs_and_keys_are_named():
    drawn = sketch("a@0; b@5<a by=agent-b")
    report = json.loads(to_json(drawn.lint()))

    (source,) = report["inputs"]
    assert (source["source"], source["format"], source["records"]) == ("sketch", "jws", 2)
    assert source["bytes"] == len(drawn.data)
    assert report["keys"] == [{"source": "sketch.keys.json", "keys": 2}]


def test_a_compressed_input_is_named_with_its_compression_and_its_own_bytes():
    drawn = sketch("a@0; b@5<a")
    data = gzip.compress(drawn.data)
    ledger = loader.load_bytes(data, drawn.ring, source="a.gz")
    (source,) = read(Case(ledger, drawn.ring, drawn.policy).report)["inputs"]

    assert source == {
        "source": "a.gz",
        "format": "jws",
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "records": 2,
        "compression": "gz",
    }


def test_a_place_without_a_line_has_an_address():
    drawn = sketch("a@0 !flipped")
    request = {"headers": [{"name": "Execution-Context", "value": drawn.records[0].decode()}]}
    request |= {"method": "GET", "url": "https://a.example/"}
    exchange = {"request": request, "response": {"headers": []}}
    data = json.dumps({"log": {"entries": [exchange]}}).encode()
    ledger = loader.load_bytes(data, drawn.ring, judge=judge, source="a.har")
    (finding,) = read(Case(ledger, drawn.ring, drawn.policy).report)["findings"]

    (place,) = finding["places"]
    assert (place["source"], place["line"], place["offset"], place["index"]) == (
        "a.har",
        None,
        None,
        0,
    )
    assert place["address"] == "entry 1, request GET https://a.example/"


def test_a_finding_is_told_in_full():
    drawn = sketch("a@0; b@0<a,z")
    report = drawn.lint()
    (written,) = json.loads(to_json(report))["findings"]
    (finding,) = report.findings

    assert (written["code"], written["name"]) == ("ECT303", "missing-parent")
    assert written["severity"] == "error"
    assert written["message"] == finding.message
    assert (written["jti"], written["wid"]) == (task_id("z"), None)
    assert written["evidence"] == {"needed_by": [task_id("b")]}
    assert written["fingerprint"] == finding.fingerprint
    assert written["cites"] == RULES["ECT303"].cites
    assert written["places"] == [
        {
            "source": "sketch",
            "line": 2,
            "offset": len(drawn.records[0]) + 1,
            "index": 1,
            "sha256": drawn.ledger()[1].record.sha256,
            "address": None,
        }
    ]


def test_ignored_findings_are_there_and_marked():
    report = linter.lint(sketch("a@0<a; !bad-key").evidence(), ignore=["ECT304"])
    written = json.loads(to_json(report))

    assert [(f["code"], f["ignored"]) for f in written["findings"]] == [
        ("ECT304", True),
        ("ECT209", False),
    ]
    assert written["summary"]["findings"]["ignored"] == 1


def test_the_counts_are_those_of_the_findings():
    written = json.loads(to_json(sketch(FAULTY).lint()))
    severities = Counter(finding["severity"] for finding in written["findings"])

    counted = {name: n for name, n in written["summary"]["findings"].items() if n}

    assert set(severities) == {"fatal", "error", "warning"}
    assert counted == severities


def test_a_finding_names_its_task_and_why_it_does_not_count(everything):
    found = {each["fingerprint"]: each for each in read(everything)["findings"]}

    for finding in everything.findings:
        written = found[finding.fingerprint]
        assert (written["iss"], written["exec_act"]) == (finding.iss, finding.exec_act)
        assert (written["known"], written["reason"]) == (finding.known, finding.reason)
    assert {each["reason"] for each in found.values()} == {"", "the keys of last year"}
    assert sum(each["known"] for each in found.values()) == 1


def test_it_says_what_the_report_was_judged_by(everything):
    policy = {"kind": "policy", "source": "payments.toml", "sha256": "5" * 64}

    assert read(everything)["basis"] == [policy]


def test_separate_reports_are_an_array(everything, written):
    alone = json.loads(written("json", everything))

    for found in (
        json.loads(written("json", everything, separate=True)),
        json.loads(written("json", everything, everything)),
        json.loads(written("json")),
    ):
        assert list(found) == ["format", "reports"]
        assert found["format"] == "ectgraph-reports/1"
        assert all(report == alone for report in found["reports"])


def test_text_of_tokens_comes_through_unchanged():
    drawn = sketch("a@0 jti=\u202e\x1b[31m<b> !flipped")

    odd, flipped = json.loads(to_json(drawn.lint()))["findings"]

    assert (odd["code"], flipped["code"]) == ("ECT112", "ECT201")
    assert odd["jti"] == flipped["jti"] == "\u202e\x1b[31m<b>"


@pytest.mark.parametrize("text", ["a@0.5 !flipped", "a@31.25; b@0<a"])
def test_numbers_of_tokens_stay_numbers(text: str):
    assert to_json(sketch(text).lint())


@pytest.mark.parametrize("text", ["", "a@0; b@5<a,z"])
def test_a_source_whose_name_is_no_text_can_be_reported(text: str):
    """A file name on POSIX is bytes; Python shows those that are no UTF-8 as lone surrogates."""
    drawn = sketch(text)
    ledger = loader.load_bytes(drawn.data, drawn.ring, source="led\udcffger.jws")

    written = to_json(Case(ledger, drawn.ring, drawn.policy).report)

    assert json.loads(written)["summary"]["records"] == len(drawn.records)
