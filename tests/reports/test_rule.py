"""A rule, told whole."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from ectgraph import examples
from ectgraph.reports.rule import WIDTH, section, to_json, to_markdown, to_text
from ectgraph.rule import Hit, Rule, Severity, token_rule
from ectgraph.rules import RULES
from ectgraph.testing import EPOCH

EXAMPLES = ("  good ", "  bad  ")


def told(*rules: Rule, width: int = 200) -> str:
    proved = [(rule, examples.run(rule)) for rule in rules]
    return "\n".join(line.plain for line in to_text(proved, width))


def house_rule(good: tuple[str, ...] = ("a@0",), bad: tuple[str, ...] = ("b@0 act=pay",)) -> Rule:
    @token_rule("ACME001", "paid", Severity.NOTE, cites="", advice="", good=good, bad=bad)
    def check(token, policy):
        if token.exec_act == "break":
            raise LookupError(token.exec_act)
        return [Hit("paid \x1b`|<b>", evidence={"l": list(range(99))})] * (token.exec_act == "pay")

    return check


def test_a_newcomer_learns_what_it_is_why_it_matters_and_what_to_do():
    text = told(RULES["ECT302"])
    headings = [line for line in text.splitlines() if line and line[0] not in " ✗"]

    assert text.startswith("ECT302 equivocation  error\n\n  Different tokens have one `jti`")
    assert headings[1:4] == ["What to do", "About this rule", "Examples, run just now"]
    assert RULES["ECT302"].advice in " ".join(text.split())
    assert "  looks at   the whole ledger\n" in text
    assert "  live gate  refuses a token at step 14, lineage\n" in text
    assert "--ignore ECT302, or --severity ECT302=note" in text
    assert text.endswith("`ectgraph explain LEDGER ECT302` tells why a finding is there.")


def test_an_example_is_told_by_its_tasks_and_by_what_it_really_yields():
    text = told(RULES["ECT401"])

    assert (
        "  good  a@30; b@0<a\n        a  30 s  a root\n        b   0 s  builds on a\n      → clean"
        in text
    )
    assert "      → error ECT401 at line 2: " in text
    assert f"        iat: {EPOCH}\n" in text
    assert "✗" not in text


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_lines_are_wrapped(rule: Rule):
    lines = told(rule).splitlines()

    assert [line for line in lines if len(line) > WIDTH and line[:7] not in EXAMPLES] == []
    assert max(map(len, lines)) <= 2 * WIDTH + 8


def test_a_long_example_is_told_by_its_beginning_and_its_end():
    text = told(RULES["ECT502"])

    assert "… and 90 more\n        join  1 s  builds on p0, p1" in text


@pytest.mark.parametrize(
    ("good", "bad", "words"),
    [
        ("a@0 act=pay", "b@0 act=pay", "This should be clean, and is not."),
        ("a@0", "b@0", "This should yield ACME001, and does not."),
        ("a@0", "a@0 act=pay; b@0<a act=break", "A rule broke on it."),
        ("a@0 what", "b@0 act=pay", "This is no ledger: 'what' is no option; see `sketch`"),
    ],
)
def test_an_example_that_does_not_do_what_it_should_is_told_plainly(good, bad, words):
    rule = house_rule((good,), (bad,))

    assert told(rule).count("✗") == 1
    assert words in told(rule)
    assert f"**wrong**: {words}" in section(rule, examples.run(rule))


def test_what_comes_along_is_told():
    assert "ECT112 comes along." in told(house_rule(bad=("a@0 act=pay jti=1",)))
    assert "✗" not in told(house_rule(bad=("a@0 act=pay jti=1",)))


def test_what_a_rule_does_not_say_of_itself_is_told():
    text = told(house_rule((), ()))

    assert "Its author says nothing about it." in text
    assert "Its author does not say." in text
    assert "It has no good and no bad example." in text
    assert "  live gate  does not ask it; only the linter does\n" in text


def test_texts_of_others_are_made_safe():
    rule = replace(house_rule(), doc="a\x1b[31m\u202eb", advice="\x07", origin="\x1b.py")

    text = told(rule)

    assert text.replace("\n", "").isprintable()
    assert r"a\x1b[31m\u202eb" in text


def test_json_says_all_that_is_known_of_a_rule():
    rule = RULES["ECT302"]
    (document,) = json.loads(to_json([(rule, examples.run(rule))]))["rules"]
    told_examples = document.pop("examples")

    assert document == {
        "code": "ECT302",
        "name": "equivocation",
        "severity": "error",
        "kind": "ledger",
        "cites": rule.cites,
        "step": 14,
        "baseline": rule.baseline,
        "origin": "ectgraph",
        "doc": rule.doc,
        "advice": rule.advice,
    }
    assert [(e["good"], e["sketch"], e["right"], e["mistake"]) for e in told_examples] == [
        *((True, text, True, None) for text in rule.good),
        *((False, text, True, None) for text in rule.bad),
    ]
    assert [f["code"] for e in told_examples for f in e["findings"]] == ["ECT302"] * len(rule.bad)


def test_json_says_what_is_wrong_with_an_example():
    rule = house_rule(("a@0 what",), ("a@0",))
    (document,) = json.loads(to_json([(rule, examples.run(rule))]))["rules"]

    assert [(e["right"], e["mistake"]) for e in document["examples"]] == [
        (False, "'what' is no option; see `sketch`"),
        (False, None),
    ]


def test_markdown_has_a_row_and_a_section_for_each_rule():
    proved = [(rule, examples.run(rule)) for rule in (RULES["ECT302"], RULES["ECT201"])]
    html = MarkdownIt().enable("table").render(to_markdown(proved))

    assert html.count("<tr>") == 3
    assert html.count("<h2>") == 2
    assert '<a href="#ect302-equivocation">ECT302</a>' in html
    assert "<th>by</th>" not in html


def test_markdown_leaves_the_text_of_others_as_it_is():
    rule = replace(house_rule(), origin="`x`|y.py")
    markdown = to_markdown([(rule, examples.run(rule))])
    html = MarkdownIt().enable("table").render(markdown)

    assert "<code>paid \\x1b`|&lt;b&gt;</code>" in html
    assert "<th>by</th>" in html
    assert "<td>`x`|y.py</td>" in html
