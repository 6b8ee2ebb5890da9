"""The page as a file: what is said without scripts, what may run, and that claims stay text."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from html.parser import HTMLParser
from typing import Any

import pytest

from ectgraph import checkpoint, content_security
from ectgraph.case import Case
from ectgraph.opening import load
from ectgraph.page.page import Page, make
from ectgraph.policy import Policy
from ectgraph.reading import Manner
from ectgraph.rule import Evidence
from ectgraph.rules import RULES
from ectgraph.testing import EPOCH, Sketch, sketch, task_id

FAULTY = "a@0; b@5<a,lost !flipped; c@9<b"
HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "<img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "a\0b\x1b[31m\u202e\u2028\u2029\ud7ff\ufeff",
    "${case} $policy $$",
    "&lt;b&gt; &amp;",
    "x" * 100_000,
    "\U0001d54f" * 3000,
]


class Elements(HTMLParser):
    """The elements of a page, with their attributes, and the text outside of scripts."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self._open: list[str] = []
        self.feed(page.html.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        within = self._open[-1] if self._open else ""
        where = {"script": self.scripts, "style": self.styles}.get(within, self.text)
        where.append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


@pytest.fixture(scope="module")
def faulty(page_of) -> Page:
    return page_of(sketch(FAULTY), title="A case", command="ectgraph report l.jws -o case.html")


def test_the_page_says_what_was_judged_and_what_came_of_it(faulty):
    words = Elements(faulty).words
    assert "A case" in words
    assert "3 errors" in faulty.headline
    report = sketch(FAULTY).lint()
    for sentence in (*report.established, *report.not_established):
        assert " ".join(sentence.split()) in words
    assert report.inputs[0].sha256 in words
    assert "By their own word the tokens were issued from 2026-02-24 14:23:20 UTC" in words
    assert "ectgraph report l.jws -o case.html" in words
    assert "cryptography" in words


def test_findings_are_counted_by_rule_also_those_that_do_not_count():
    made = sketch(FAULTY)
    case = Case(made.ledger(), made.ring, made.policy)
    page = make(case._evidence, case.lint(ignore={"ECT201"}))
    (row,) = re.findall(r"<tr>(<th scope=\"row\">ECT201 .*?)</tr>", page.html.decode())
    assert re.findall(r'class="num">(.*?)<', row) == ["0", "0", "1"]
    assert RULES["ECT201"].severity.value in row


def test_headings_and_tables_can_be_read_aloud(faulty):
    found = Elements(faulty)
    ids = [each["id"] for _, each in found.attributes if "id" in each]
    assert len(ids) == len(set(ids))
    for tag, each in found.attributes:
        if tag == "section":
            assert each["aria-labelledby"] in ids
        if tag == "th":
            assert each["scope"] in ("row", "col")
    assert found.tags["table"] == found.tags["caption"]
    assert found.tags["h1"] == 1
    assert ("html", {"lang": "en"}) in found.attributes


def test_only_the_scripts_and_the_style_of_the_page_may_run(faulty):
    found = Elements(faulty)
    (policy,) = [
        each["content"] for _, each in found.attributes if "http-equiv" in each and each["content"]
    ]
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    text = faulty.html.decode()
    scripts = re.findall(
        r'<script type="(?:module|text/javascript)">(.*?)</script>', text, re.DOTALL
    )
    assert directives["script-src"].split() == [content_security.digest(each) for each in scripts]
    assert directives["style-src"] == content_security.digest("".join(found.styles))
    assert directives["default-src"] == "'none'"
    assert "unsafe" not in policy
    assert found.tags["script"] == len(scripts) + 1  # and the document, which is no script
    for _, attributes in found.attributes:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert not {"src", "srcset", "action", "data", "ping"} & attributes.keys()
        assert (attributes.get("href") or "#").startswith("#")


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_claims_stay_text(page_of, document_in, task, ring, text):
    def page(said: str, title: str) -> Page:
        claims: dict[str, Any] = {"exec_act": said, "iss": said, "ext": {said: said}, "pol": said}
        tokens = (task("a", **claims), task("b", "a", exec_act=said, inp_hash=said))
        made = Sketch(tokens, ring, Policy(max_ext_bytes=10**6))
        case = Case(made.ledger(), made.ring, made.policy)
        return make(case._evidence, case.report, drawing=case.draw(), title=title)

    mild, bad = page("mild", "mild"), page(text, text)

    assert Elements(bad).tags == Elements(mild).tags
    document = document_in(bad)
    names = [column["name"] for column in document["tasks"]["columns"]]
    act = document["tasks"]["rows"][0][names.index("exec_act")]
    assert act == text or (len(text) > 2000 and act == f"{text[:2000]}…")
    assert document["title"] == text
    assert "\0" not in bad.html.decode()
    assert "\u202e" not in bad.html.decode()
    assert len(bad.html) < len(mild.html) + 200_000


def test_times_are_shown_as_stated_and_the_time_of_judgement_is_told(task, ring, document_in):
    made = Sketch((task("a", iat=EPOCH + 0.25, exp=2**53 - 1), b"junk"), ring)
    page = make(Evidence(made.ledger(), ring, Policy(at=EPOCH)), made.lint())
    tasks = document_in(page)["tasks"]
    told = dict(zip([each["name"] for each in tasks["columns"]], tasks["rows"][0], strict=True))
    assert (told["iat"], told["exp"]) == (EPOCH + 0.25, 2**53 - 1)
    assert "Tokens were judged as of 2026-02-24 14:23:20 UTC" in Elements(page).words


def test_the_document_has_what_the_scripts_need(page_of, document_in):
    made = sketch(FAULTY)
    case = Case(made.ledger(), made.ring, made.policy)
    document = document_in(make(case._evidence, case.report, drawing=case.draw()))
    assert document["format"] == "ectgraph-page/1"
    assert len(document["tasks"]["rows"]) == 4
    assert sorted(map(tuple, document["links"])) == [(0, 1), (1, 2), (3, 1)]
    assert document["rules"].keys() == {row[0] for row in document["findings"]["rows"]}
    assert len(document["diagram"]["boxes"]) == 4
    assert document["timeline"] is None
    assert {"agents", "keys", "workflows", "details"} <= document.keys()
    for name in ("tasks", "findings", "agents", "keys", "workflows"):
        for row in document[name]["rows"]:
            assert len(row) == len(document[name]["columns"])


def test_a_timeline_is_on_the_page_with_the_library_that_draws_it(document_in):
    pytest.importorskip("vl_convert", reason="no vl-convert-python to draw with")
    made = sketch("a@0; b@5<a")
    case = Case(made.ledger(), made.ring, made.policy)
    page = make(case._evidence, case.report, timeline=case.timeline())
    timeline = document_in(page)["timeline"]
    assert timeline.keys() == {"light", "dark", "data"}
    assert [bar["task"] for bar in timeline["data"]["bars"]] == [task_id("a"), task_id("b")]
    assert b"vegaEmbed" in page.html
    assert not any("timeline" in note.lower() for note in page.notes)


def test_without_the_library_the_page_says_that_it_has_no_timeline(page_of, monkeypatch):
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    page = page_of(sketch("a@0"))
    (note,) = [note for note in page.notes if "timeline" in note]
    assert "pip install 'ectgraph[timeline]'" in note
    assert note.replace("'", "") in Elements(page).words.replace("'", "")


def test_the_same_case_gives_the_same_bytes():
    def page() -> Page:
        made = sketch("a@0; b@5<a; c@5<a; d@9<b,c; e@12<d !flipped; f@1 wid=other; g@3<lost")
        case = Case(made.ledger(), made.ring, made.policy)
        return make(case._evidence, case.report, drawing=case.draw(), command="ectgraph report x")

    assert page() == page()


def test_what_is_left_out_is_said_on_the_page_and_beside_it(document_in, page_of):
    made = sketch("; ".join(["t0@0", *(f"t{n}@{n}<t{n - 1}" for n in range(1, 9))]))
    page = page_of(made, max_tasks=3)
    document = document_in(page)
    assert len(document["tasks"]["rows"]) == 3
    assert document["links"] == [[0, 1], [1, 2]]
    (note,) = [note for note in page.notes if "of 9 tasks" in note]
    assert note in Elements(page).words
    assert note in document["limits"]
    assert page.headline.startswith("3 of 9 tasks, ")


@pytest.mark.parametrize("made", [Sketch((), None), Sketch((b"junk",), None)], ids=["none", "junk"])
def test_a_ledger_without_a_task_has_a_page(page_of, document_in, made):
    page = page_of(made)
    document = document_in(page)
    assert document["tasks"]["rows"] == document["details"]["chunks"] == []
    assert document["diagram"] is None
    assert "No diagram and no timeline: no record is a task." in page.notes


def test_what_it_was_judged_by_is_named_with_digests(tmp_path):
    ledger, seen = tmp_path / "l.jws", tmp_path / "seen.json"
    ledger.write_bytes(sketch("a@0; b@5<a").data)
    case = load(ledger, workers=1)
    words = Elements(make(case._evidence, case.report)).words
    assert "No keys were given, so no signature was checked." in words
    assert "By the usual policy and all rules" in words

    digested = load(ledger, workers=1, manner=Manner(digest=10**9))
    seen.write_bytes(checkpoint.to_json(checkpoint.make(digested.ledger, None, Policy(), {})))
    ledger.write_bytes(sketch("a@0; c@5<a").data)
    against = load(ledger, workers=1, against=seen)
    words = Elements(make(against._evidence, against.report)).words
    assert f"{seen} the ledger is not what it saw" in words


def test_it_is_written_to_a_file_or_refused(faulty, tmp_path, refusal):
    assert faulty.save(tmp_path / "case.html").read_bytes() == faulty.html
    assert "cannot be written" in refusal(faulty.save, tmp_path / "no" / "case.html")
    assert "a page is HTML" in refusal(faulty.save, tmp_path / "case.pdf")
    assert not (tmp_path / "case.pdf").exists()
    assert repr(faulty).startswith("<Page: ")


def test_the_json_within_the_page_has_no_markup(faulty):
    found = re.search(rb'id="case">(.*?)</script>', faulty.html)
    assert not set(b"<>&") & set(found[1])
    assert json.loads(found[1])["title"] == "A case"
