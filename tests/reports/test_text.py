"""The report for people: what stands where, what is cut, and what it ends in."""

from __future__ import annotations

import gzip
import re
from collections import Counter

import pytest
from rich.text import Text

from ectgraph import linter, loader
from ectgraph.case import Case
from ectgraph.model import Report
from ectgraph.reports.text import PER_RULE, PLACES, STYLES, to_text
from ectgraph.rules import judge
from ectgraph.testing import sketch, task_id

FAULTY = (
    "a@0; b@5<a,z; c@99<b by=agent-b !flipped; d@0<c,d draft=01; 'junk'; a@0; e@0 aud= wid=other;"
    "!bad-key; !broken-rule"
)
MANY = "; ".join(
    [f"m{n}@{n} !flipped" for n in range(40)]
    + [f"p{n}@{n}<z{n}" for n in range(12)]
    + ["'junk'", "!bad-key"]
)


def lines(text: str, max_findings: int = 50, **choice: list[str]) -> list[str]:
    drawn = sketch(text)
    evidence = drawn.evidence()
    report = linter.lint(evidence, rules=drawn.rules, **choice)
    return [line.plain for line in to_text(report, evidence.graph, max_findings)]


def words(text: str, max_findings: int = 50, **choice: list[str]) -> str:
    return "\n".join(lines(text, max_findings, **choice))


def test_a_clean_report(snapshot):
    assert words("a@0; b@5<a by=agent-b; c@9<a,b draft=01") == snapshot


def test_a_faulty_report(snapshot):
    assert words(FAULTY) == snapshot


def test_a_report_that_is_cut(snapshot):
    assert words(MANY) == snapshot


def test_an_empty_report(snapshot):
    assert words("") == snapshot


# What is cut


def counts(text: str, max_findings: int) -> tuple[Counter[str], list[str]]:
    """(findings shown by code, what is said about the others)."""
    found = lines(text, max_findings)
    shown = Counter(
        line.split()[1]
        for line in found
        if line.startswith(tuple(f"  {s.value} ECT" for s in STYLES))
    )
    return shown, [line.strip() for line in found if " more of " in line or "not shown" in line]


def test_of_too_many_findings_the_first_of_each_rule_are_shown_and_the_others_counted():
    shown, others = counts(MANY, 50)

    assert shown == {"ECT201": PER_RULE, "ECT303": PER_RULE, "ECT001": 1, "ECT209": 1}
    assert others == [
        "42 findings more, not shown",
        "ECT201 bad-signature: 35 more of 40",
        "ECT303 missing-parent: 7 more of 12",
    ]


@pytest.mark.parametrize("max_findings", [0, 54, 99])
def test_all_findings_are_shown_when_they_fit_or_nothing_is_to_be_cut(max_findings: int):
    shown, others = counts(MANY, max_findings)

    assert shown == {"ECT201": 40, "ECT303": 12, "ECT001": 1, "ECT209": 1}
    assert others == []


def test_the_first_of_each_rule_are_those_that_come_first_in_the_ledger():
    found = words(MANY)

    assert task_id(f"m{PER_RULE - 1}") in found
    assert task_id(f"m{PER_RULE}") not in found


def test_ignored_findings_are_not_shown_and_take_no_room():
    found = words(MANY, ignore=["ECT201"])

    assert "ECT201" not in found
    assert "not shown" not in found
    assert found.endswith("13 errors, 1 warning, 40 ignored")


def test_large_numbers_have_separators():
    many = "; ".join(f"m{n}@{n} !flipped" for n in range(1105))

    assert "1,100 more of 1,105" in words(many)
    assert "1,105 records" in words(many)


# What stands where


def test_findings_stand_under_their_task():
    blocks = words("a@0; b@5<a,b,z !flipped; c@9 aud=").split("\n\n")
    (of_b,) = (block for block in blocks if block.splitlines()[0].endswith(task_id("b")))

    assert of_b.startswith("b · spiffe://example.com/agent/agent-a · ")
    assert re.findall(r"ECT\d+", of_b) == ["ECT201", "ECT304"]


def test_a_missing_task_has_no_action_but_its_id():
    (heading,) = (line for line in lines("a@0<z") if task_id("z") in line and line[0] != " ")

    assert "missing" in heading


def test_what_is_about_no_task_stands_together():
    found = words("'junk'; a@0; 'more junk'; !bad-key")
    block = next(block for block in found.split("\n\n") if "ECT209" in block)

    assert block.count("ECT001") == 2


def test_each_finding_has_its_code_its_place_its_message_and_its_advice():
    drawn = sketch("a@0; b@5<a !flipped")
    (finding,) = drawn.lint().findings
    found = lines("a@0; b@5<a !flipped")

    row = found.index("  error ECT201 bad-signature  sketch:2")
    assert found[row + 1].strip() == finding.message
    assert found[row + 2].strip() == f"→ {finding.advice}"


@pytest.mark.parametrize("more", [0, 1, 2])
def test_only_the_first_places_of_a_finding_are_named(more: int):
    (label,) = (line for line in lines("; ".join(["a@0"] * (PLACES + more))) if "ECT301" in line)

    assert label.count(":") == PLACES
    assert label.endswith(f" and {more} more" if more else f":{PLACES}")


def test_the_source_is_named_with_its_format_size_and_digest():
    report = sketch("a@0; b@5<a").lint()
    (line,) = (line for line in lines("a@0; b@5<a") if line.startswith("sketch"))

    assert "2 records" in line
    assert "jws" in line
    assert f"{report.inputs[0].bytes:,} bytes" in line
    assert report.inputs[0].sha256[:16] in line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a@0; b@5<a draft=01", "  2 L2 · 1 of draft 00 · 1 of draft 01"),
        ("a@0 sub=spiffe://example.com/agent/agent-a", "  1 L2 · 1 of draft early-00"),
        ("a@0; b@5<a; !chained", "  2 L3 · 2 of draft 00"),
        ("a@0; b@5<a !flipped; !chained", "  1 L2 · 1 L3 · 2 of draft 00"),
        ("a@0 !unsigned; b@5; 'junk'", "  1 L1 · 1 L2 · 2 of draft 00"),
    ],
)
def test_tokens_are_counted_by_level_and_draft(text: str, line: str):
    assert line in lines(text)


def test_a_compressed_source_says_how_it_is_compressed():
    drawn = sketch("a@0")
    ledger = loader.load_bytes(gzip.compress(drawn.data), drawn.ring, source="a.gz")
    case = Case(ledger, drawn.ring, drawn.policy)
    (line,) = (t.plain for t in to_text(case.report, case.graph) if t.plain.startswith("a.gz  "))

    assert line.startswith("a.gz  1 record  (jws.gz, ")


def test_names_of_sources_are_shown_harmless_wherever_they_stand():
    drawn = sketch("a@0; b@5<a,z !flipped; 'junk'; !bad-key")
    name = "evil\n    ✓ all\x1b[31m\u202e.jws"
    ledger = loader.load_bytes(drawn.data, drawn.ring, judge=judge, source=name)
    case = Case(ledger, drawn.ring, drawn.policy)
    found = [line.plain for line in to_text(case.report, case.graph)]

    assert all(line.replace("\n", "", 1).isprintable() for line in found)
    assert sum("evil\\n" in line for line in found) >= 4


def test_all_that_is_established_and_all_that_is_not_is_told():
    report: Report = sketch("a@0; b@5<a,z").lint()
    found = words("a@0; b@5<a,z")

    assert all(f"✓ {sentence}" in found for sentence in report.established)
    assert all(f"? {sentence}" in found for sentence in report.not_established)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("a@0", "no findings"),
        ("a@0<a", "1 error"),
        ("a@0<a; !bad-key", "1 error, 1 warning"),
        ("a@0; !broken-rule", "1 fatal"),
        ("a@0<a; b@0<b; !bad-key; !no-keys", "2 errors, 1 warning"),
    ],
)
def test_the_last_line_counts_the_findings(text: str, verdict: str):
    assert lines(text)[-1] == verdict


def test_the_verdict_counts_what_was_ignored():
    assert lines("a@0<a; !bad-key", ignore=["ECT"])[-1] == "2 ignored"


def test_colours_are_only_in_styles():
    drawn = sketch("a@0<a")
    found = list(to_text(drawn.lint(), drawn.evidence().graph))

    assert all(isinstance(line, Text) for line in found)
    assert any(span.style == "bold red" for line in found for span in line.spans)
    assert not any("\x1b" in line.plain for line in found)
