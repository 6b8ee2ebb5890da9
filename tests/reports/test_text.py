"""The report for people: what stands where, what is cut, and what it ends in."""

from __future__ import annotations

import gzip
import io
import re
from collections import Counter
from pathlib import Path

import pytest
from msgspec.structs import replace
from rich.console import Console
from rich.text import Text

from ectgraph import linter, loader
from ectgraph.case import Case
from ectgraph.model import Basis, Place, Report
from ectgraph.reports.forms import Options
from ectgraph.reports.text import INPUTS, PER_RULE, PLACES, STYLES, WHOLE, to_text
from ectgraph.reports.text import lines as lines_of
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
    return [line.plain for line in to_text(report, Options(max_findings=max_findings))]


def words(text: str, max_findings: int = 50, **choice: list[str]) -> str:
    return "\n".join(lines(text, max_findings, **choice))


def test_a_clean_report(snapshot):
    assert words("a@0; b@5<a by=agent-b; c@9<a,b") == snapshot


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

    row = found.index(f"  error ECT201 bad-signature  sketch:2  [{finding.fingerprint[:8]}]")
    assert found[row + 1].strip() == finding.message
    assert found[row + 2].strip() == f"→ {finding.advice}"


@pytest.mark.parametrize("more", [0, 1, 2])
def test_only_the_first_places_of_a_finding_are_named(more: int):
    (label,) = (
        line for line in lines("; ".join(["a@0"] * (PLACES + more))) if "ECT301 replayed" in line
    )

    places, _, _ = label.rpartition("  [")
    assert places.count(":") == PLACES
    assert places.endswith(f" and {more} more" if more else f":{PLACES}")


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
    (line,) = (t.plain for t in to_text(case.report) if t.plain.startswith("a.gz  "))

    assert line.startswith("a.gz  1 record  (jws.gz, ")


def test_names_of_sources_are_shown_harmless_wherever_they_stand():
    drawn = sketch("a@0; b@5<a,z !flipped; 'junk'; !bad-key")
    name = "evil\n    ✓ all\x1b[31m\u202e.jws"
    ledger = loader.load_bytes(drawn.data, drawn.ring, judge=judge, source=name)
    case = Case(ledger, drawn.ring, drawn.policy)
    found = [line.plain for line in to_text(case.report)]

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
        ("a@0<a; b@0<a,b; !bad-key; !no-keys", "2 errors, 1 warning"),
    ],
)
def test_the_last_line_counts_the_findings(text: str, verdict: str):
    assert lines(text)[-1] == verdict


@pytest.mark.parametrize(
    ("ignore", "verdict"),
    [
        (["ECT"], "2 ignored"),
        ({"ECT304": "as agreed"}, "1 warning, 1 ignored (ECT304: as agreed)"),
        ({"ECT304": "old", "ECT209": "old"}, "2 ignored (ECT209, ECT304: old)"),
        ({"ECT304": "own", "ECT209": "a\nkey"}, "2 ignored (ECT209: a\\nkey; ECT304: own)"),
    ],
)
def test_the_verdict_counts_what_was_ignored_and_says_why(ignore, verdict: str):
    assert lines("a@0<a; !bad-key", ignore=ignore)[-1] == verdict


def test_known_findings_are_shown_as_known_and_are_no_reason_to_fail():
    (finding,) = sketch("a@0<z").lint().findings
    found = lines("a@0<z", baseline=[finding.fingerprint])

    assert f"  known error ECT303 missing-parent  sketch:1  [{finding.fingerprint[:8]}]" in found
    assert found[-1] == "1 known"
    assert not any(line.startswith("→") for line in found)


def test_what_it_was_judged_by_stands_under_the_sources():
    basis = [Basis("policy", "pay\nments.toml", "5" * 64), Basis("rules", "house_rules")]
    found = lines("a@0", basis=basis)

    assert found[1:3] == [
        "  judged by policy pay\\nments.toml (sha256 5555555555555555…)",
        "  judged by rules house_rules",
    ]


def test_what_to_type_next_is_said_once_and_of_the_worst():
    report = sketch("b@0; !bad-key; a@5<a,b").lint()
    worst = next(finding for finding in report.findings if finding.code == "ECT304")
    options = Options(command="ectgraph explain 'my ledger.jws'")
    explain = f"{options.command} {worst.fingerprint[:8]}"
    told = "\n".join(line.plain for line in to_text(report, options))
    hint = f"→ what a code means:  ectgraph rule ECT304\n  one finding, told:  {explain}\n"

    assert told.count(hint) == told.count("→ what a code means") == 1


def test_quiet_leaves_the_findings_alone():
    options = Options(quiet=True)
    found = [line.plain for line in to_text(sketch("a@0<a").lint(), options)]

    assert found == [line for line in lines("a@0<a")[: len(found)] if line[:1] != "→"]
    assert found[-2].startswith("    → ")
    assert list(to_text(sketch("a@0").lint(), options)) == []


def test_statistics_count_by_rule_the_worst_first():
    report = linter.lint(sketch("a@0<a; b@5<a,b; c@9<z,b; !bad-key").evidence(), ignore=["ECT303"])
    found = [line.plain for line in to_text(report, Options(statistics=True))]

    assert found[:4] == [
        "2  ECT304  own-parent      error",
        "0  ECT303  missing-parent  error    1 ignored",
        "1  ECT209  bad-key         warning",
        "",
    ]
    assert not any("sketch:" in line for line in found)
    assert found[-1] == "2 errors, 1 warning, 1 ignored"


# Several files, several ledgers


def test_of_many_files_those_with_the_worst_findings_are_named_first():
    report = sketch("a@0<a; b@5<a,b !flipped").lint()
    source = report.inputs[0]
    clean = [replace(source, source=f"clean-{n:02}.jws") for n in range(INPUTS + 5)]
    found = [line.plain for line in to_text(replace(report, inputs=(*clean, source)))]

    named = [line.split()[0] for line in found if ", sha256 " in line]
    assert named == ["sketch", *(f"clean-{n:02}.jws" for n in range(INPUTS - 1))]
    assert "and 6 files more; --format json lists them" in found


def ledgers(*texts: str) -> list[Report]:
    """Reports of ledgers that are named by their text."""
    reports = []
    for text in texts:
        report = sketch(text).lint()
        reports.append(replace(report, inputs=(replace(report.inputs[0], source=text),)))
    return reports


def words_of(reports: list[Report], **options) -> list[str]:
    return [line.plain for line in lines_of(reports, Options(**options))]


def test_several_ledgers_are_summed_up_in_a_line_each_the_worst_first():
    found = words_of(ledgers("a@0; !bad-key", "b@0; c@5<b", "a@0<a", "d@0<d; e@5<d,e", "a@5<a"))

    assert found[-7:] == [
        "d@0<d; e@5<d,e  2 records, 2 of 2 tokens verified  2 errors",
        "a@0<a           1 record, 1 of 1 token verified    1 error",
        "a@5<a           1 record, 1 of 1 token verified    1 error",
        "a@0; !bad-key   1 record, 1 of 1 token verified    1 warning",
        "b@0; c@5<b      2 records, 2 of 2 tokens verified  no findings",
        "",
        "5 ledgers, 7 records: 4 errors, 1 warning",
    ]


def test_of_many_ledgers_the_clean_ones_have_a_line_and_no_more():
    few = words_of(ledgers("a@0<a", *["b@0"] * (WHOLE - 1)))
    many = words_of(ledgers("a@0<a", *["b@0"] * WHOLE))

    assert few.count("\nEstablished") == WHOLE
    assert many.count("\nEstablished") == 1
    assert f"{WHOLE} ledgers have no findings, and no more than a line below.\n" in many
    assert sum(line.startswith("b@0 ") for line in many) == WHOLE


def test_statistics_of_several_ledgers_are_one_table():
    found = words_of(ledgers("a@0<a", "b@0<b", "c@0"), statistics=True)

    assert found[0] == "2  ECT304  own-parent  error"
    assert found[-1] == "3 ledgers, 3 records: 2 errors"
    assert "\nEstablished" not in found


def test_quiet_says_nothing_of_several_clean_ledgers():
    assert words_of(ledgers("a@0", "b@0"), quiet=True) == []


def test_where_no_ledger_is_left_there_is_nothing_to_check():
    assert words_of([]) == ["nothing to check"]
    assert words_of([], quiet=True) == []


@pytest.mark.parametrize("most", [1, 2, 7, 8])
def test_no_more_findings_are_shown_than_asked_for_some_of_each_rule_first(most: int):
    text = "a@0<a; b@5<b; c@9<c; d@9<x; e@9<x; f@0 wid=; g@0 wid=w"
    report = sketch(text).lint()
    found = [code for line in words_of([report], max_findings=most) for code in CODE.findall(line)]

    assert len(found) == min(most, len(report.findings))
    assert len(set(found)) == min(most, len({finding.code for finding in report.findings}))


CODE = re.compile(r"^  (?:fatal|error|warning|note) (ECT\d+)")


# Links and colours


def on_terminal(report: Report, **options) -> str:
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, color_system="truecolor", width=400)
    for line in to_text(report, Options(**options)):
        console.print(line, soft_wrap=True, markup=False, highlight=False, emoji=False)
    return file.getvalue()


LINK = re.compile(r"\x1b]8;id=\d+;([^\x1b]*)\x1b\\(.*?)\x1b]8;;\x1b\\")


@pytest.mark.parametrize(
    "name", ["led.jws", "a b;c%.jws", "\x1b]8;;x\x1b\\.jws", "led\udcffger.jws", "=日本.jws"]
)
def test_places_are_links_to_their_files_where_a_terminal_has_them(name: str, tmp_path: Path):
    path = tmp_path / name
    path.write_bytes(b"")
    report = sketch("a@0<a").lint()
    (finding,) = report.findings
    placed = replace(finding, places=(Place(str(path), 1), Place(str(path), 2), Place("gone", 1)))

    found = LINK.findall(on_terminal(replace(report, findings=(placed,))))

    assert [uri for uri, _ in found] == [path.as_uri()] * 2
    assert all(uri.isascii() and uri.isprintable() for uri, _ in found)


def test_codes_are_links_to_the_page_of_rules_where_there_is_one():
    report = sketch("a@0<a").lint()

    assert LINK.findall(on_terminal(report)) == []
    linked = on_terminal(report, docs="https://a.example/rules")
    assert [uri for uri, _ in LINK.findall(linked)] == ["https://a.example/rules#ect304-own-parent"]


def test_hostile_text_does_nothing_to_a_terminal(hostile_text: str, hostile_report):
    shown = LINK.sub(r"\2", on_terminal(hostile_report(hostile_text), max_findings=0))
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown)

    assert {char for char in plain if char != "\n" and not char.isprintable()} == set()


def test_colours_are_only_in_styles():
    drawn = sketch("a@0<a")
    found = list(to_text(drawn.lint()))

    assert all(isinstance(line, Text) for line in found)
    assert any(span.style == "bold red" for line in found for span in line.spans)
    assert not any("\x1b" in line.plain for line in found)
