"""Markdown, as a parser of it sees it."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from ectgraph import escape

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
OURS = {"table", "thead", "tbody", "tr", "th", "td", "heading", "paragraph", "bullet_list"}
OURS |= {"list_item", "inline", "text", "strong", "html_inline"}


def tokens(text: str) -> list[Token]:
    """All tokens, those within lines too."""
    return [inner for token in PARSER.parse(text) for inner in (token, *(token.children or ()))]


def cells(text: str) -> list[list[str]]:
    """The text of each cell of each row of the first table."""
    found: list[list[str]] = []
    for token in tokens(text.partition("**Established**")[0]):
        if token.type == "tr_open":
            found.append([])
        elif token.type in ("th_open", "td_open"):
            found[-1].append("")
        elif token.type == "text" and found:
            found[-1][-1] += token.content.replace("\u200b", "")
    return found


def test_the_heading_is_the_verdict(everything, judged, written):
    assert written("markdown", judged("a@0")).startswith("## ectgraph: no findings\n")
    text = written("markdown", everything)
    assert text.startswith("## ectgraph: 4 errors, 1 known, 1 ignored\n")
    assert "\nIgnored: ECT209&#58; the keys of last year\n" in text


def test_there_is_a_row_for_each_finding_the_worst_first(everything, written):
    head, *rows = cells(written("markdown", everything))

    assert head == ["severity", "finding", "task", "place", "message"]
    assert [row[0] for row in rows] == ["error"] * 4 + ["error (known)"]
    assert rows[0][1:4] == ["ECT201 bad-signature", "c 92cad1a5", "sketch:3"]


@pytest.mark.parametrize(("most", "shown"), [(0, 5), (5, 5), (2, 2)])
def test_what_is_cut_is_said(most: int, shown: int, everything, written):
    text = written("markdown", everything, max_findings=most)

    assert len(cells(text)) == 1 + shown
    assert ("\n3 findings more, not shown.\n" in text) is (most == 2)


def test_conclusions_inputs_and_what_it_was_judged_by_are_told(everything, written):
    text = written("markdown", everything)
    plain = "".join(token.content for token in tokens(text) if token.type == "text")
    plain = plain.replace("\u200b", "")

    for sentence in (*everything.established, *everything.not_established):
        assert sentence in plain
    assert everything.inputs[0].sha256 in plain
    assert f"Judged by policy payments.toml, SHA-256 {'5' * 64}" in plain


def test_rules_are_linked_where_there_is_a_page_of_them(everything, written):
    text = written("markdown", everything, docs="https://a.example/rules")

    links = {t.attrs["href"] for t in tokens(text) if t.type == "link_open"}
    assert "https://a.example/rules#ect201-bad-signature" in links


def test_several_ledgers_have_a_heading_each(everything, judged, written):
    text = written("markdown", everything, judged("a@0", "b|c.jws"))

    assert "\n### <code>sketch</code>: 4 errors, 1 known, 1 ignored\n" in text
    assert "\n### <code>b&#124;c&#46;jws</code>: no findings\n" in text


def test_no_element_but_ours_appears_whatever_the_tokens_say(
    hostile_text: str, hostile_report, written
):
    report = hostile_report(hostile_text)
    text = written("markdown", report, report, max_findings=0)
    found = tokens(text)

    assert {t.type.removesuffix("_open").removesuffix("_close") for t in found} <= OURS
    assert {t.content for t in found if t.type == "html_inline"} <= {"<code>", "</code>"}
    told = [finding for finding in report.findings if not finding.ignored]
    _, *rows = cells(text)
    assert len(rows) == len(told)
    said = {escape.terminal(each.message, escape.LONG) for each in told}
    assert {" ".join(row[4].split()) for row in rows} == {" ".join(each.split()) for each in said}
