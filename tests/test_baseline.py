"""Baselines: what can be known, what cannot, and files that somebody has edited."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as how_often
from hypothesis import strategies as st

from ectgraph import baseline, linter
from ectgraph.errors import EctgraphError
from ectgraph.model import Finding, Report, Severity
from ectgraph.rules import RULES
from ectgraph.testing import sketch

DOCS = Path(__file__).parents[1] / "docs"
FLAWED = "a@0<z; b@5<a,a; c@9<b !flipped"
"""A ledger with findings that can be known (a parent is missing, one is named twice) and one that
cannot (a signature)."""


def lint(ledger: str, **options) -> Report:
    drawn = sketch(ledger)
    return linter.lint(drawn.evidence(), rules=drawn.rules, **options)


def codes(findings) -> list[str]:
    return sorted(finding.code for finding in findings)


def entries(data: bytes) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(data)["findings"]
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "known.json"


def made(file: Path, ledger: str = FLAWED) -> baseline.Baseline:
    file.write_bytes(baseline.write(lint(ledger).findings, RULES)[0])
    return baseline.read(file)


# What is written


def test_findings_that_can_be_known_are_taken_and_the_others_told() -> None:
    data, left_out = baseline.write(lint(FLAWED).findings, RULES)

    assert [entry["code"] for entry in entries(data)] == ["ECT303", "ECT306"]
    assert codes(left_out) == ["ECT201"]


def test_a_file_says_of_each_what_a_person_wants_to_read() -> None:
    report = lint(FLAWED)
    data, _ = baseline.write(report.findings, RULES)
    (missing,) = (each for each in report.findings if each.code == "ECT303")

    assert json.loads(data)["format"] == "ectgraph-baseline/1"
    assert json.loads(data)["tool"].startswith("ectgraph ")
    assert entries(data)[0] == {
        "fingerprint": missing.fingerprint,
        "code": "ECT303",
        "name": "missing-parent",
        "severity": "error",
        "jti": missing.jti,
        "message": missing.message,
    }


def test_each_finding_has_a_line_and_lines_are_sorted() -> None:
    findings = lint("; ".join(f"t{n}@0<m{n}" for n in range(20))).findings
    data, _ = baseline.write(findings, RULES)
    again, _ = baseline.write([*reversed(findings), *findings], RULES)
    lines = [line for line in data.decode().splitlines() if "fingerprint" in line]

    assert data == again
    assert len(lines) == len(findings) == 20
    assert [line.rstrip(",") for line in lines] == sorted(line.rstrip(",") for line in lines)


def test_ignored_findings_are_not_taken_and_known_ones_are_taken_again(file: Path) -> None:
    known = made(file)
    report = lint(FLAWED, baseline=known.fingerprints, ignore=["ECT306"])
    data, left_out = baseline.write(report.findings, RULES)

    assert [entry["code"] for entry in entries(data)] == ["ECT303"]
    assert codes(left_out) == ["ECT201"]


def test_nothing_found_is_a_baseline_as_well(file: Path) -> None:
    known = made(file, "a@0; b@5<a")

    assert (known.findings, known.fingerprints) == ((), frozenset())


# What comes of it


def test_known_findings_stay_and_do_not_count(file: Path) -> None:
    known = made(file)
    report = lint(FLAWED, baseline=known.fingerprints)

    assert codes(each for each in report.findings if each.known) == ["ECT303", "ECT306"]
    assert codes(report.at_least("note")) == ["ECT201"]
    assert report.summary.findings["known"] == 2


def test_what_is_new_counts(file: Path) -> None:
    known = made(file)
    report = lint(f"{FLAWED}; d@12<y", baseline=known.fingerprints)

    assert codes(report.at_least("note")) == ["ECT201", "ECT303"]


def test_a_line_that_somebody_added_does_not_make_a_signature_good(file: Path) -> None:
    (bad,) = (each for each in lint(FLAWED).findings if each.code == "ECT201")
    told = json.loads(baseline.write(lint(FLAWED).findings, RULES)[0])
    told["findings"].append(told["findings"][0] | {"fingerprint": bad.fingerprint})
    file.write_text(json.dumps(told))
    known = baseline.read(file)

    assert bad.fingerprint in known.fingerprints
    report = lint(FLAWED, baseline=known.fingerprints)
    assert codes(report.at_least("note")) == ["ECT201"]


@pytest.mark.parametrize("code", sorted(code for code in RULES if not RULES[code].baseline))
def test_no_rule_that_evidence_rests_on_can_be_known_away(code: str) -> None:
    for example in RULES[code].bad:
        report = lint(example)
        every = frozenset(finding.fingerprint for finding in report.findings)
        again = lint(example, baseline=every)
        assert [f.known for f in again.findings if f.code == code] == [False] * codes(
            report.findings
        ).count(code)


def test_what_is_gone_is_stale(file: Path) -> None:
    known = made(file)
    now = lint("a@0<z; b@5<a")

    assert [each.code for each in known.stale([now])] == ["ECT306"]
    assert known.stale([now, lint(FLAWED)]) == []
    assert known.stale([lint(FLAWED, ignore=["ECT3"])]) == []


def test_moved_lines_are_the_same_findings(file: Path) -> None:
    known = made(file, "b@5<a,a; a@0<z")

    assert codes(lint("a@0<z; b@5<a,a", baseline=known.fingerprints).at_least("note")) == []


# Which rules


def test_the_page_names_every_rule_that_can_not_be_known_away() -> None:
    page = (DOCS / "settings.md").read_text("utf-8")
    section = page.partition("### What cannot be known")[2].partition("\n## ")[0]
    listed = re.findall(r"^\| (ECT\d{3}) (\S+) \|", section, re.MULTILINE)

    assert listed == [(code, rule.name) for code, rule in RULES.items() if not rule.baseline]


# What is read


def wrong() -> Iterator[tuple[str, bytes, str]]:
    yield "empty", b"", "is no baseline ("
    yield "text", b"known findings\n", "is no baseline ("
    yield "conflict", b'{\n<<<<<<< HEAD\n"format": "ectgraph-baseline/1"}', "is no baseline ("
    yield "array", b"[]", "Expected `object`, got `array`"
    yield "other", b'{"format": "ectgraph-report/1"}', "'ectgraph-report/1', and this version reads"
    yield "newer", b'{"format": "ectgraph-baseline/2", "findings": 7}', "'ectgraph-baseline/2'"
    yield "hostile", b'{"format": "\\u001b[31m"}', "'\\\\x1b[31m'"
    yield "bare", b'{"format": "ectgraph-baseline/1"}', "missing required field `findings`"
    yield "list", b'{"format": "ectgraph-baseline/1", "findings": ["a"]}', "$.findings[0]"
    yield "latin", b'{"format": "\xff"}', "is no baseline ("
    yield "deep", b'{"format": ' + b"[" * 100_000, "is no baseline ("


@pytest.mark.parametrize(("data", "words"), [case[1:] for case in wrong()], ids=[c[0] for c in wrong()])  # fmt: skip
def test_a_file_that_is_no_baseline_is_told_in_a_line(file: Path, data: bytes, words: str) -> None:
    file.write_bytes(data)
    with pytest.raises(EctgraphError) as caught:
        baseline.read(file)

    assert str(caught.value).startswith(f"{file}: ")
    assert words in str(caught.value)
    assert str(caught.value).isprintable()


def test_a_file_that_is_not_there_or_too_large_is_told(file: Path) -> None:
    with pytest.raises(EctgraphError, match="cannot be read"):
        baseline.read(file)
    with file.open("wb") as large:
        large.truncate(100 << 20)
    with pytest.raises(EctgraphError, match="is larger than 64 MiB"):
        baseline.read(file)


def test_lines_that_stand_twice_do_no_harm(file: Path) -> None:
    told = json.loads(baseline.write(lint(FLAWED).findings, RULES)[0])
    told["findings"] *= 2
    told["added by"] = "a later version"
    file.write_text(json.dumps(told))

    assert baseline.read(file).fingerprints == made(file).fingerprints


@how_often(max_examples=50)
@given(st.lists(st.tuples(st.text(), st.none() | st.text(), st.text())))
def test_whatever_a_finding_says_is_read_again(said: list[tuple[str, str | None, str]]) -> None:
    findings = [
        Finding(
            code="ECT303",
            name="missing-parent",
            severity=Severity.ERROR,
            message=message,
            advice="",
            cites="",
            jti=jti,
            fingerprint=fingerprint,
        )
        for fingerprint, jti, message in said
    ]
    data, _ = baseline.write(findings, RULES)

    assert data.decode().replace("\n", "").isprintable()
    assert {entry["fingerprint"] for entry in entries(data)} == {each[0] for each in said}


def test_a_baseline_that_could_not_be_read_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baseline, "LARGEST", 10)

    with pytest.raises(EctgraphError, match="ignore some rules"):
        baseline.write([], RULES)
