"""Cards in notebooks: what they tell, that they stay short, and that a claim stays text."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from msgspec.structs import replace

from ectgraph import loader
from ectgraph.case import Case
from ectgraph.columns import Column
from ectgraph.keys import KeyRing
from ectgraph.model import Finding, Place, Report, Severity, Trust
from ectgraph.policy import Policy
from ectgraph.questions.answer import Answer
from ectgraph.reports import cards
from ectgraph.reports.cards import markup
from ectgraph.reports.cards.answers import ROWS
from ectgraph.reports.cards.reports import FILES, FINDINGS
from ectgraph.reports.cards.tasks import NEIGHBOURS, RECORDS
from ectgraph.reports.stories.explanation import Explanation
from ectgraph.reports.stories.narration import to_text
from ectgraph.reports.task import Task
from ectgraph.rules import judge
from ectgraph.testing import EPOCH, jwks, sketch, task_id, token

ELEMENTS = {"div", "style", "p", "span", "strong", "code", "table", "tr", "th", "td", "ul", "li"}
ELEMENTS |= {"details", "summary", "pre"}


class Page(HTMLParser):
    """A card as a browser reads it: its elements, what they carry, its text by lines."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[str] = []
        self.carried: set[str] = set()
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.elements.append(tag)
        self.open.append(tag)
        self.carried |= {name for name, _ in attrs}
        if tag in ("p", "tr", "li", "summary"):
            self.text += "\n"
        if tag in ("td", "th"):
            self.text += " | "

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data

    @property
    def lines(self) -> list[str]:
        return [" ".join(line.split()) for line in self.text.splitlines()]


def case_of(text: str) -> Case:
    drawn = sketch(text)
    return Case(drawn.ledger(), drawn.ring, drawn.policy)


FAULTY = "a@0; b@5<a,z; c@99 by=agent-b !flipped; 'junk'; d@9<b,c"


@pytest.fixture(scope="module")
def case() -> Case:
    return case_of(FAULTY)


# What they tell


def test_the_card_of_a_case_says_what_was_read_what_it_came_to_and_how_to_go_on(case: Case):
    shown = Page(cards.case(case.report)).text
    (read,) = case.report.inputs

    assert "Case sketch" in shown
    assert f"5 records, {read.bytes:,} bytes, SHA-256 {read.sha256[:16]}…" in shown
    assert "✓ 3 verified · ✗ 1 invalid" in shown
    assert "5 records · 4 tasks · 4 parent links" in shown
    assert "case.report · case.draw()" in shown
    for severity in Severity:
        number = len(case.report.at_least(severity)) - len(
            case.report.at_least(list(Severity)[severity.rank + 1]) if severity.rank < 3 else []
        )
        assert (f"{number} {severity}" in shown) is (number > 0)


def test_what_the_card_of_a_case_leads_to_is_there():
    for each in cards.reports.NEXT:
        assert hasattr(Case, each.removeprefix("case.").partition("(")[0])


def test_without_keys_the_cards_say_so():
    report = case_of("a@0; !no-keys").report

    for card in (cards.case(report), cards.report(report)):
        assert "? none were given: no signature was checked" in Page(card).text


def test_the_card_of_a_report(everything, snapshot):
    assert [line for line in Page(cards.report(everything)).lines if line] == snapshot


def test_a_report_tells_every_sentence_each_with_its_sign(case: Case):
    lines = Page(cards.report(case.report)).lines

    assert [each[2:] for each in lines if each[:1] == "✓"] == list(case.report.established)
    assert [each[2:] for each in lines if each[:1] == "?"] == list(case.report.not_established)


def test_a_finding_tells_its_place_its_bytes_its_advice_and_what_the_rule_saw(case: Case):
    for finding in case.report.findings:
        shown = Page(cards.finding(finding)).text

        assert f"{finding.severity} {finding.code} {finding.name}" in shown
        assert finding.message in shown
        assert f"→  {finding.advice}" in shown
        assert f"fingerprint {finding.fingerprint}" in shown
        assert set(finding.evidence) <= set(re.findall(r"\| (\w+) \|", shown))
        for place in finding.places:
            assert f"{place} byte {place.offset:,} SHA-256 {place.sha256}" in shown


def test_a_finding_that_does_not_count_says_why(everything: Report):
    known, ignored = (
        next(f for f in everything.findings if f.known),
        next(f for f in everything.findings if f.ignored),
    )

    assert "it does not count: it is known, by the baseline" in Page(cards.finding(known)).text
    said = Page(cards.finding(ignored)).text
    assert "it does not count: it is ignored (the keys of last year)" in said
    assert "ignored warning ECT209" in said
    assert "badge" not in cards.finding(ignored).partition("</style>")[2]


def test_a_task_tells_its_claims_its_checks_its_neighbours_and_its_findings(case: Case):
    task = case.show(task_id("b"))
    page = Page(cards.task(task))
    (account,) = task.records

    assert page.lines[1].startswith("b by spiffe://")
    assert f"{task_id('b')} ✓ verified" in page.lines
    for name in account.claims:
        assert f"| {name} |" in page.text
    assert "(2026-" in next(line for line in page.lines if line.startswith("| iat |"))
    for check in account.checks:
        sign = {"passed": "✓", "failed": "✗", "not done": "?"}[check.outcome]
        assert any(line.startswith(f"{sign} {check.number} {check.title}") for line in page.lines)
    assert f"? ? {task_id('z')} missing" in page.lines
    assert f"✓ d by agent-a {task_id('d')} verified" in page.lines
    assert any(line.startswith("error ECT303 missing-parent") for line in page.lines)


def test_a_missing_task_says_that_it_has_no_record(case: Case):
    shown = Page(cards.task(case.show(task_id("z")))).text

    assert "No record of it is here" in shown
    assert "Parents\nnot known" in shown
    assert "verified" not in shown.partition("Parents")[0]


def answer(number: int = 2, **changes: Any) -> Answer:
    columns = (
        Column("task", "text", "the task"),
        Column("iat", "time", "when"),
        Column("gap_s", "number", "how long"),
        Column("trust", "category", "its signature"),
    )
    made = [(f"{n:08}-rest", 1771943000 + n, n / 3, "verified") for n in range(number)]
    usual = {
        "question": "q",
        "title": "What it is",
        "columns": columns,
        "rows": tuple(made),
        "established": ("It is so.",),
        "not_established": ("It may be otherwise.",),
    }
    return Answer(**usual | changes)


def test_the_card_of_an_answer(snapshot):
    assert [line for line in Page(answer()._repr_html_()).lines if line] == snapshot


def test_an_answer_without_rows_has_no_table():
    page = Page(cards.answer(answer(0)))

    assert "table" not in page.elements
    assert "It is so." in page.text


def test_a_story_is_told_as_on_a_terminal(case: Case):
    for finding in case.report.findings:
        story = case.explain(finding.fingerprint)
        lines = "\n".join(line.plain for line in to_text(story))

        assert Page(story._repr_html_()).text == lines
    assert '<strong class="bad">error</strong>' in story._repr_html_()
    assert "<strong>What it means</strong>" in story._repr_html_().replace("\n", "")


# That they stay short, and say how much more there is


def test_of_many_findings_the_worst_are_shown_and_the_others_counted():
    report = case_of("; ".join([f"p{n}@{n} jti=p{n}" for n in range(30)] + ["c@0 !flipped"])).report
    page = Page(cards.report(report))

    assert page.elements.count("tr") == 1 + FINDINGS + 2  # heads, and the table of inputs
    assert page.text.index("ECT201") < page.text.index("ECT112")
    assert f"… and {len(report.findings) - FINDINGS} more; all are in .findings" in page.lines


def test_of_many_files_the_first_are_shown_and_the_others_counted(everything: Report):
    (source,) = everything.inputs
    report = replace(
        everything, inputs=tuple(replace(source, source=f"{n}.jws") for n in range(99))
    )

    for card in (cards.case(report), cards.report(report)):
        page = Page(card)
        assert f"{FILES - 1}.jws" in page.text
        assert f"{FILES}.jws" not in page.text
        assert any(line.startswith(f"… and {99 - FILES} more") for line in page.lines)


def test_of_many_records_and_neighbours_the_first_are_shown_and_the_others_counted():
    repeated = case_of("; ".join(["a@0"] + [f"b{n}@5<a" for n in range(40)] + ["a@0"] * 5))
    page = Page(cards.task(repeated.show(task_id("a"))))

    assert page.lines.count("Record") == RECORDS
    assert f"… and {6 - RECORDS} more; all are in .records" in page.lines
    assert f"… and {40 - NEIGHBOURS} more; all are in .children" in page.lines


@pytest.mark.parametrize("rows", [ROWS, ROWS + 1, 1000])
def test_of_many_rows_the_first_are_shown_and_the_others_counted(rows: int):
    page = Page(cards.answer(answer(rows)))

    assert page.elements.count("tr") == 1 + min(rows, ROWS)
    assert (f"… and {rows - ROWS:,} more; all are in .table" in page.lines) is (rows > ROWS)


# That a claim stays text


def is_harmless(html: str) -> bool:
    page = Page(html)
    return set(page.elements) <= ELEMENTS and page.carried <= {"class", "scope"}


def every_card(case: Case, report: Report) -> list[str]:
    """The cards of a case, of its findings, of its tasks, and of their stories."""
    tasks = [case.show(node) for node in list(case.graph)[:3]]
    stories = [case.explain(finding.fingerprint) for finding in report.findings[:3]]
    shown: list[Finding | Task | Explanation] = [*report.findings, *tasks, *stories]
    return [cards.case(report), cards.report(report), *(each._repr_html_() for each in shown)]


def test_hostile_claims_make_no_element_and_no_attribute(hostile_text: str, hostile_report):
    report = hostile_report(hostile_text)
    hostile = answer(
        rows=((hostile_text, hostile_text, None, hostile_text),),
        title=hostile_text,
        established=(hostile_text,),
        not_established=(hostile_text,),
        columns=tuple(Column(name, "text", "") for name in ("a", "b", hostile_text, "trust")),
    )

    shown = [cards.case(report), cards.report(report), cards.answer(hostile)]
    shown += [cards.finding(finding) for finding in report.findings]

    assert all(map(is_harmless, shown))
    for html in shown:
        assert all(char.isprintable() for line in html.splitlines() for char in line)
        assert html.encode()


def hostile_case(text: str) -> Case:
    """Two tasks, one of them built on one that is missing, with a text in every claim."""
    claims = dict.fromkeys(("iss", "sub", "aud", "wid", "exec_act", "inp_hash", "pol"), text)
    times = {"iat": EPOCH, "exp": EPOCH + 9, "ext": {text: text}}
    tokens = (
        token(claims | times | {"jti": text, "par": []}, signer=text),
        token(claims | times | {"jti": f"{text}?", "par": [text, f"{text}!"]}, signer="agent-a"),
    )
    ring = KeyRing.from_jwks(jwks(text), source=text)
    ledger = loader.load_bytes(b"\n".join(tokens), ring, judge=judge, source=text)
    return Case(ledger, ring, Policy())


def test_tasks_and_stories_of_hostile_claims_make_no_element_either(hostile_text: str):
    case = hostile_case(hostile_text)

    assert all(map(is_harmless, every_card(case, case.report)))
    assert all(repr(case.show(node)).isprintable() for node in case.graph if node.strip())


def test_what_is_very_long_is_cut(hostile_report: Callable[[str], Report]):
    long = "x" * 100_000
    report = hostile_report(long)
    made = answer(rows=((long, None, None, long),) * 99, title=long, established=(long,) * 99)

    assert len(cards.case(report)) < 20_000
    assert len(cards.report(report)) < 30_000
    assert len(cards.answer(made)) < 60_000
    assert max(map(len, every_card(hostile_case(long), report))) < 60_000
    for finding in report.findings:
        assert len(cards.finding(finding)) < 30_000
        assert len(repr(finding)) < 300


def test_formulas_of_others_are_not_typeset(case: Case):
    for html in every_card(case, case.report):
        assert html.startswith('<div class="ectgraph mathjax_ignore tex2jax_ignore">')


# How they look


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * p for weight, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    dark, light = sorted(map(luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def test_marks_are_seen_on_light_and_on_dark_and_badges_can_be_read():
    """As WCAG 2.2 asks: 3 for signs (1.4.11), 4.5 for text (1.4.3)."""
    marks = re.findall(r"(?<!-)\bcolor: (#\w{6})", markup.STYLE)
    grounds = re.findall(r"background: (#\w{6})", markup.STYLE)

    assert len(marks) == len(grounds) == 3
    assert min(contrast(mark, page) for mark in marks for page in ("#ffffff", "#1e1e1e")) > 3
    assert min(contrast("#ffffff", ground) for ground in grounds) > 4.5


def test_all_looks_are_of_our_cards_alone_and_nothing_comes_from_elsewhere():
    selectors = re.findall(r"([^{}]+)\{", markup.STYLE)

    assert all(
        part.strip().startswith(".ectgraph") for each in selectors for part in each.split(",")
    )
    assert "url(" not in markup.STYLE
    assert "@" not in markup.STYLE


# As a line


def test_a_finding_says_in_a_line_what_it_is_and_where(case: Case):
    finding = next(f for f in case.report.findings if f.code == "ECT201")

    assert repr(finding).startswith("<Finding error ECT201 bad-signature at sketch:3: the sign")
    assert repr(replace(finding, known=True)).startswith("<Finding known error ECT201 ")
    assert repr(replace(finding, ignored=True, known=True)).startswith("<Finding ignored error ")
    nowhere = replace(finding, places=(), message="a\x1b[31m\n\u202eb")
    assert repr(nowhere) == r"<Finding error ECT201 bad-signature: a\x1b[31m\n\u202eb>"


def test_a_report_says_in_a_line_what_it_came_to(case: Case, everything: Report):
    assert repr(case_of("a@0").report) == ("<Report: 1 record, 1 task, 1 verified, findings: none>")
    assert repr(everything).endswith("findings: 4 error, 1 known, 1 ignored>")


def test_a_task_says_in_a_line_which_it_is_and_tells_all_when_printed(case: Case):
    task = case.show(task_id("b"))

    assert repr(task) == (
        f"<Task b {task_id('b')[:8]} by agent-a: verified, 1 record, 2 parents, 1 child, 1 finding>"
    )
    assert "Raw bytes" in str(task)
    assert repr(case.show(task_id("z"))) == (
        f"<Task a task {task_id('z')[:8]}: missing, 0 records, 0 parents, 1 child, 1 finding>"
    )


def test_lines_of_hostile_claims_are_one_printable_line(hostile_text: str, hostile_report):
    for finding in hostile_report(hostile_text).findings:
        assert repr(finding).isprintable()


def test_a_finding_and_a_report_are_copied_and_compared_as_before(case: Case):
    report = case.report

    assert pickle.loads(pickle.dumps(report)) == report  # noqa: S301
    assert hash(Place("a", 1)) == hash(Place("a", 1))
    assert replace(report.findings[0], message="other") != report.findings[0]
    assert set(Trust) >= {entry.trust for entry in case.ledger}


def test_an_answer_leaves_out_what_is_empty_and_the_folders_of_places():
    made = Answer(
        question="q",
        title="t",
        columns=(
            Column("task", "text", "the task"),
            Column("via", "text", "through which"),
            Column("place", "text", "where"),
        ),
        rows=(("t1", None, "folder/ledger.jsonl:7"), ("t2", None, "folder/ledger.jsonl:8")),
        established=(),
    )

    card = cards.answer(made)

    assert "without any value: via" in card
    assert card.count("<th") == 2
    assert ">ledger.jsonl:7<" in card
    assert "folder" not in card
