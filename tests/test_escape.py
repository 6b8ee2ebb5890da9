"""Token text, made safe for the place it goes to."""

from __future__ import annotations

import html as stdlib_html
import json
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ectgraph import escape

ANYTHING = st.text(max_size=30) | st.text(
    "<>&\"'=+-@\\NG\t\r\n\x00\x1b\u202e\ud800;#x", max_size=12
)
FUNCTIONS = [escape.terminal, escape.html, escape.dot, escape.dot_html, escape.csv]
FUNCTIONS += [escape.dot_tooltip]
FUNCTIONS += [escape.xml, escape.sarif, escape.github]
MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])


@pytest.mark.parametrize("function", FUNCTIONS)
@given(ANYTHING)
def test_whatever_comes_in_is_printable_when_it_comes_out(function, text):
    escaped = function(text)
    assert escaped.isprintable()
    escaped.encode("utf-8")  # lone surrogates are gone, too


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("text", ["", "a", "review_spec", "spiffe://example.com/agent/a b", "é漢"])
def test_harmless_text_stays_as_it_is(function, text):
    assert function(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x00\x07\x1b[31m\x7f", "\\x00\\x07\\x1b[31m\\x7f"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\x85\xa0\u2028\u2029", "\\x85\\xa0\\u2028\\u2029"),
        ("\u202e\u2066\u200b\ufeff", "\\u202e\\u2066\\u200b\\ufeff"),
        ("\ud800\U000e0041", "\\ud800\\U000e0041"),
    ],
)
def test_what_does_not_show_becomes_visible(text, shown):
    assert escape.terminal(text) == shown


@given(ANYTHING, st.integers(1, 20))
@example("\x00" * 9, 4)
def test_a_limit_is_a_limit(text, limit):
    shortened = escape.terminal(text, limit)
    whole = escape.terminal(text)
    assert len(shortened) <= limit
    if len(whole) <= limit:
        assert shortened == whole
    else:
        assert shortened.endswith("…")
        assert whole.startswith(shortened[:-1])


def test_html_and_dot_shorten_what_is_shown_not_its_escapes():
    assert escape.html("<" * 9, 3) == "&lt;&lt;…"
    assert escape.dot("&" * 9, 3) == "&amp;&amp;…"


@given(ANYTHING)
def test_html_has_no_markup_and_reads_back(text):
    escaped = escape.html(text)
    assert not re.search("[<>\"']", escaped)
    assert not re.search("&(?!(amp|lt|gt|quot|#x27);)", escaped)
    assert stdlib_html.unescape(escaped) == escape.terminal(text)


@given(ANYTHING)
def test_dot_reads_back_as_graphviz_reads_it(text):
    escaped = escape.dot(text)
    assert re.fullmatch(r"([^\\&]|\\\\|&amp;)*", escaped)  # no escape of graphviz' own is left
    assert escaped.replace("\\\\", "\\").replace("&amp;", "&") == escape.terminal(text)


@given(ANYTHING)
def test_dot_html_has_no_markup_and_no_backslash_and_reads_back(text):
    escaped = escape.dot_html(text)
    assert not re.search(r"""[<>"'\\]|&(?!(amp|lt|gt|quot|#x27|#92);)""", escaped)
    read = stdlib_html.unescape(escaped)
    assert re.fullmatch(r"([^\\]|\\\\)*", read)  # no escape of graphviz' own is left
    assert read.replace("\\\\", "\\") == escape.terminal(text)


@given(ANYTHING)
def test_a_tooltip_reads_back_after_graphviz_expanded_it_twice(text):
    once = escape.dot_tooltip(text).replace("\\\\", "\\")
    assert once == escape.dot(text)
    assert re.fullmatch(r"([^\\&]|\\{4}|&amp;)*", escape.dot_tooltip(text))


@given(ANYTHING)
def test_csv_never_begins_like_a_formula(text):
    escaped = escape.csv(text)
    assert not escaped.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert escaped.removeprefix("'") == escape.terminal(text).removeprefix("'")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_csv_puts_an_apostrophe_before_what_a_spreadsheet_would_run(text):
    assert escape.csv(text) == "'" + escape.terminal(text)


@pytest.mark.parametrize("text", ["", "a=1", "1-1", "a@b", " ", "\n", "'=1"])
def test_csv_leaves_other_cells_alone(text):
    assert escape.csv(text) == escape.terminal(text)


@given(ANYTHING)
def test_xml_takes_what_is_escaped_and_reads_it_back(text):
    element = ET.Element("a", b=escape.xml(text))
    element.text = escape.xml(text)

    read = ET.fromstring(ET.tostring(element))  # noqa: S314  # its well-formedness is the question

    assert (read.text or "") == read.attrib["b"] == escape.terminal(text)


@given(ANYTHING | st.text("{}[]()01a\\ "))
@example(r"\[a\](b)")
def test_sarif_has_no_placeholder_and_no_link(text):
    escaped = escape.sarif(text)
    assert "](" not in re.sub(r"\\[\\\[\]]", "", escaped)
    assert not re.search(r"(?<!\{)(\{\{)*\{(?!\{)", escaped)  # braces come in pairs
    assert not re.search(r"(?<!\\)\]\(", escaped)


@pytest.mark.parametrize("text", ["a[0]", "[a] (b)", "a(b)", "\\"])
def test_sarif_leaves_brackets_alone_that_are_no_link(text):
    assert escape.sarif(text) == text


@given(ANYTHING | st.text("%:,\r\n=0AD"))
def test_github_reads_back_as_its_runner_reads_it(text):
    for member in (False, True):
        read = escape.github(text, member=member)
        assert not (member and re.search("[:,]", read))
        for code, char in (("%3A", ":"), ("%2C", ",")) if member else ():
            read = read.replace(code, char)
        assert read.replace("%25", "%") == escape.terminal(text)


MARKS = st.text("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ aw1\n", max_size=14)
LIKE_MARKDOWN = ["- a", "1. a", "1) a", "+ a", "---", "===", "# a", "> a", "    a", "```", "~~~"]
LIKE_MARKDOWN += ["[a]: b", "[a](b)", "![a](b)", "<b>", "<https://a.example>", "&lt;", "a\\|b"]


def rendered(source: str) -> tuple[set[str], str]:
    """(kinds of tokens, the text of all of them) as a parser of Markdown sees a source."""
    found = [each for token in MARKDOWN.parse(source) for each in (token, *(token.children or ()))]
    text = "".join(each.content for each in found if each.type == "text")
    kinds = {each.type.removesuffix("_open").removesuffix("_close") for each in found}
    return kinds - {"html_inline"}, text


def of_one_line(text: str) -> str:
    return escape.terminal(text).strip()


@pytest.mark.parametrize("function", [escape.markdown, escape.markdown_code])
@given(ANYTHING | MARKS | st.sampled_from(LIKE_MARKDOWN))
def test_markdown_has_no_element_and_reads_back(function, text):
    escaped = function(text)

    assert escaped.isprintable()
    for before, after, kinds in (
        ("- ", "\n", {"bullet_list", "list_item"}),
        ("| a |\n| --- |\n| ", " |\n", {"table", "thead", "tbody", "tr", "th", "td"}),
        ("### ", "\n", {"heading"}),
    ):
        found, shown = rendered(f"{before}{escaped}{after}")
        assert found <= kinds | {"paragraph", "inline", "text"}
        assert shown.removeprefix("a").replace("\u200b", "").strip() in (
            of_one_line(text),
            of_one_line(text).removeprefix("a"),
        )


@pytest.mark.parametrize(
    "text", ["@octocat", "#1", "!2", ":smile:", "https://a.example", "$3", "~4"]
)
def test_markdown_takes_references_apart(text):
    (_, shown) = rendered(escape.markdown(text))

    assert text not in shown
    assert text == shown.replace("\u200b", "")


@pytest.mark.parametrize("text", ["#1", ":smile:", "https://a.example", "a b", "agent-a"])
def test_code_can_be_copied_as_it_is(text):
    assert rendered(escape.markdown_code(text))[1] == text


@pytest.mark.parametrize(
    "text", ["", "the record's bytes, as found; (or not)", "a-b-c", "in 1 s? No."]
)
def test_markdown_leaves_prose_readable(text):
    assert escape.markdown(text) == text


@given(ANYTHING | st.sampled_from(["</script>", "<!--", "]]>", "&amp;", "\u2028\u2029", "\ud800"]))
def test_json_in_a_page_is_the_same_json_and_begins_nothing(text):
    before = json.dumps([text], ensure_ascii=False)
    after = escape.script_json(before)

    assert json.loads(after) == json.loads(before)
    assert not set("<>&\u2028\u2029") & set(after)
    assert after.isprintable()


MERMAID = [
    "$$x$$",
    "\\n",
    "fa:fa-car",
    "ﬂ°°35¶ß",
    "direction LR",
    "1. a",
    "_a_ b_c",
    "www.a",
    "- a",
    "😀",
]


@given(ANYTHING | MARKS | st.sampled_from(MERMAID))
def test_mermaid_has_no_mark_and_reads_back(text):
    escaped = escape.mermaid(text)

    assert escaped.isprintable()
    assert not re.search(r"""["$%&*:<>@[\]\\`{|}~]|#(?!\d+;)|(?<!\d);|direction\s|ﬂ°|¶ß""", escaped)
    read = re.sub(r"#(\d+);", lambda entity: chr(int(entity[1])), escaped)
    assert not re.search(r"\$\$|\\n|:fa-|ﬂ°|¶ß", read)  # it is read a second time
    assert read.replace("\u200b", "") == escape.terminal(text)


@pytest.mark.parametrize("text", ["review_spec", "a b, c (d) 1.5 e/f-g?", "é漢", "550e8400-e29b"])
def test_mermaid_leaves_names_readable(text):
    assert escape.mermaid(text) == text
