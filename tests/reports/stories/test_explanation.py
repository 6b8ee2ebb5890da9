"""The story of a finding, or of a task: nothing left out that matters, nothing said that is not."""

from __future__ import annotations

import gzip
import io
import json
import re
import time
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from rich.console import Console

from ectgraph import loader
from ectgraph.case import Case
from ectgraph.encoding import hash_of
from ectgraph.errors import EctgraphError
from ectgraph.linter import lint
from ectgraph.opening import load
from ectgraph.reports.invocation import Invocation
from ectgraph.reports.stories import ancestry, exhibits
from ectgraph.reports.stories.exhibits import readable
from ectgraph.reports.stories.explanation import Explanation, explain, to_json
from ectgraph.reports.stories.meaning import AmbiguityError
from ectgraph.reports.stories.narration import to_markdown, to_text
from ectgraph.rule import Evidence, Hit, Severity, ledger_rule
from ectgraph.rules import RULES, judge
from ectgraph.testing import Sketch, jwks, seal, sketch, task_id

SAMPLES = Path(__file__).parents[3] / "sample_ledgers"
A, B, C, Z = (task_id(name) for name in "abcz")


def case_of(drawn: Sketch) -> Case:
    return Case(drawn.ledger(), drawn.ring, drawn.policy)


def told(what: str, text: str, **asked: Any) -> Explanation:
    case = case_of(sketch(text))
    return explain(case._evidence, case.lint(**asked), what)


def exhibit(story: Explanation, title: str) -> exhibits.Exhibit:
    found = [e for chapter in story.chapters for each in chapter.told for e in each.exhibits]
    return next(each for each in found if each.title.startswith(title))


# Whole stories


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("two-truths", "ECT302"),
        ("forged-approval", "untrusted-parent"),
        ("missing-evidence", "6a7a"),
    ],
)
def test_a_story_as_people_read_it(name: str, what: str, snapshot, monkeypatch):
    monkeypatch.chdir(SAMPLES)
    case = load(f"{name}.jsonl", "keys.json")
    rules = {code: replace(rule, doc=f"What {code} is.\n\nWhy.") for code, rule in RULES.items()}

    assert str(explain(case._evidence, case.report, what, rules=rules)) == snapshot


def test_every_sample_story_can_be_told(monkeypatch):
    monkeypatch.chdir(SAMPLES)
    for file in sorted(Path().glob("*.jsonl")):
        case = load(file, "keys.json")
        for finding in case.report.findings:
            text = str(explain(case._evidence, case.report, finding.fingerprint))
            rule = RULES[finding.code]
            flat = " ".join(text.split())

            assert text.startswith(f"{finding.severity} {finding.code} {finding.name}")
            assert " ".join(rule.doc.split("\n\n")[0].split()) in flat
            assert rule.advice in flat
            assert finding.message in flat


def test_an_explanation_shows_itself():
    story = told("ECT303", "b@5<a")

    assert str(story) == repr(story) == "\n".join(line.plain for line in to_text(story))
    assert all(line == line.rstrip() for line in str(story).splitlines())


# What is meant


def test_a_finding_is_named_by_its_fingerprint_its_beginning_its_code_or_its_rule():
    text = "b@5<a; c@0 !flipped"
    (finding,) = (f for f in case_of(sketch(text)).report.findings if f.code == "ECT303")
    for what in (
        finding.fingerprint,
        finding.fingerprint.upper(),
        finding.fingerprint[:4],
        "ECT303",
        "ect303",
        "missing-parent",
    ):
        story = told(what, text)

        assert not story.of_task
        assert story.chapters[0].told[0].finding == finding


@pytest.mark.parametrize("what", [A, A[:8], A[:1]])
def test_a_task_is_named_by_its_jti_or_its_beginning(what: str):
    story = told(what, "a@0 !flipped; b@5<a")

    assert (story.of_task, story.node) == (True, A)


def test_several_findings_are_listed_and_none_is_guessed():
    with pytest.raises(AmbiguityError, match="2 findings are meant; choose one") as caught:
        told("ECT303", "b@5<a,z")

    assert [each.code for each in caught.value.findings] == ["ECT303", "ECT303"]
    assert all(each.fingerprint in str(caught.value) for each in caught.value.findings)


def test_what_begins_a_fingerprint_and_a_jti_is_told_as_both(refusal):
    fingerprint = case_of(sketch("b@5<a")).report.findings[0].fingerprint
    text = f"b@5<a; c@9 jti={fingerprint[:6]}-4"

    said = refusal(told, fingerprint[:4], text)
    assert f"begin with '{fingerprint[:4]}'" in said
    assert "1 finding and a task begin" in said
    assert fingerprint in said
    assert not told(fingerprint, text).of_task
    assert told(f"{fingerprint[:6]}-", text).of_task


def test_what_begins_a_fingerprint_and_several_jtis_is_told_as_both(refusal):
    fingerprint = case_of(sketch("b@5<a")).report.findings[0].fingerprint
    text = f"b@5<a; c@9 jti={fingerprint[:6]}-4; d@9 jti={fingerprint[:6]}-5"

    assert "1 finding and several tasks begin with" in refusal(told, fingerprint[:4], text)
    assert "2 tasks begin with" in refusal(told, f"{fingerprint[:6]}-", text)


def test_a_task_that_is_called_like_a_finding_does_not_hide_it():
    fingerprint = case_of(sketch("b@5<a")).report.findings[0].fingerprint
    for name in (fingerprint, "ECT303"):
        story = told(name, f"b@5<a; c@9 jti={name}")

        assert story.chapters[0].code == "ECT303"
        assert not story.of_task
        assert any("a task is called so as well" in remark for remark in story.remarks)
    exact = told(fingerprint[:8], f"b@5<a; c@9 jti={fingerprint[:8]}")
    assert exact.of_task  # what is meant exactly counts more than a beginning


@pytest.mark.parametrize(
    "what", ["", " ", "zzz", "ECT999", "x" * 9999, "a\n\x1b[31m\u202e", "[0-9]"]
)
def test_what_means_nothing_is_one_harmless_line(what: str, refusal):
    said = refusal(told, what, "a@0; b@5<a")

    assert said.isprintable()
    assert len(said) < 400
    assert "`ectgraph lint` shows the fingerprints" in said


def test_a_rule_without_findings_is_told_as_that(refusal):
    for what in ("ECT302", "equivocation"):
        said = refusal(told, what, "a@0")

        assert (
            said
            == "ECT302 equivocation has no finding here; `ectgraph rule ECT302` tells what it is about"
        )


# What is told of a finding


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({}, None),
        ({"ignore": {"ECT303": "the other half is in archive B"}}, "ignored: the other half is in"),
        ({"select": ["ECT2"]}, "ignored: not selected"),
    ],
)
def test_whether_a_finding_counts_is_told(asked: dict[str, Any], words: str | None):
    text = str(told("ECT303", "b@5<a", **asked))

    assert ("It does not count" in text) == (words is not None)
    assert (words or "") in text


def test_a_known_finding_is_told_as_known():
    case = case_of(sketch("b@5<a"))
    report = case.lint(baseline=[case.report.findings[0].fingerprint])

    assert "It does not count: it is known, by the baseline" in str(
        explain(case._evidence, report, "ECT303")
    )


def test_versions_of_a_task_are_compared_claim_by_claim():
    text = 'a@0 act=pay ext={"sum":5}; b@5<a; a@1 act=hold'
    table = exhibit(told("ECT302", text), "The versions")
    rows = {name: values for name, *values in table.rows}

    assert table.columns == ("", "version 1", "version 2")
    assert rows["exec_act"] == ["pay", "hold"]
    assert rows["iat"][0].startswith("2026-02-24 14:23:20 UTC (")
    assert rows["record"] == ["sketch:1", "sketch:3"]
    assert ["(absent)", '{"sum":5}'] in (
        [*map(str, sorted(v))] for v in [[s.replace(" ", "") for s in r] for r in rows.values()]
    )
    assert "jti" not in rows
    assert "which version the tasks saw" in " ".join(told("ECT302", text).not_known)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x" * 500 + "a" + "x" * 500, "x" * 500 + "b" + "x" * 500),
        ("a\n", "a\\n"),
        ("x" * 500, "x" * 501),
        ("x" * 500 + "\n" + "x" * 500, "x" * 500 + "\\n" + "x" * 500),
        ("1", 1),
        (1, 1.0),
        (None, "null"),
        (["a"], '["a"]'),
        ("(absent)", ...),
        ("a", "а"),  # noqa: RUF001
    ],
)
def test_values_that_differ_look_different(one: Any, other: Any):
    tokens = [{"name": value} if value is not ... else {} for value in (one, other)]
    shown = exhibits._beside_each_other("name", tokens)

    assert shown[0] != shown[1]
    assert all(len(text) <= exhibits.WIDTH for text in shown)


def test_two_signatures_over_the_same_claims_are_told_as_that():
    drawn = sketch("a@0")
    header, payload, _ = drawn.records[0].split(b".")
    other = b".".join([header, payload, b"A" * 86])
    case = case_of(Sketch((drawn.records[0], other), drawn.ring, drawn.policy))
    table = exhibit(explain(case._evidence, case.report, "ECT302"), "The versions")

    assert [name for name, *_ in table.rows] == ["record", "trust"]
    assert table.rows[1] == ("trust", "verified", "invalid")
    assert "they say the same" in table.note


def test_many_versions_are_counted():
    text = "; ".join(f"a@{n}" for n in range(9))

    assert "6 more versions" in exhibit(told("ECT302", text), "The versions").note


def test_the_way_round_a_circle_says_which_link_cannot_be():
    table = exhibit(told("ECT305", "a@0<c; b@60<a; c@20<b"), "The way round")
    verdicts = {row[0].split()[0]: row[-1] for row in table.rows}

    assert verdicts["a"] == "can be: issued 60 s before it"
    assert verdicts["b"] == "cannot be: issued 40 s after it"
    assert verdicts["c"] == "doubtful: issued 20 s after it (clocks may differ by 30 s)"
    assert "Look first where" in table.note


def test_a_circle_that_its_times_allow_is_told_as_that():
    table = exhibit(told("ECT305", "a@0<b; b@0<a"), "The way round")

    assert [row[-1] for row in table.rows] == ["can be: at the same time"] * 2
    assert "each link could be" in table.note


def test_a_long_circle_is_cut_and_its_odd_link_kept():
    tasks = [f"t{n}@{n}<t{(n - 1) % 40}" for n in range(40)]
    table = exhibit(told("ECT305", "; ".join(tasks)), "The way round")

    assert len(table.rows) == 7
    assert any("cannot be: issued 39 s after" in row[-1] for row in table.rows)
    assert "33 of 40 steps are not shown" in table.note


def test_who_names_a_missing_task_is_told():
    text = "; ".join(f"t{n}@{n}<z by=agent-b" for n in range(15))
    table = exhibit(told("ECT303", text), "Who names it")

    assert table.rows[0][:2] == (f"t0 {task_id('t0')[:8]}", "agent-b")
    assert (len(table.rows), table.note) == (12, "and 3 more")


@pytest.mark.parametrize(
    ("text", "what", "rows"),
    [
        (
            "a@99; b@0<a",
            "ECT401",
            [("this task was issued", ""), ("its parent was issued", "99 s later")],
        ),
        (
            "a@0 life=900 recorded=999",
            "ECT403",
            [("this task was issued", ""), ("the ledger took it in", "999 s later")],
        ),
        ("a@0 life=-5", "ECT405", [("it expires", ""), ("this task was issued", "5 s later")]),
    ],
)
def test_times_are_told_in_their_order_with_what_lies_between(
    text: str, what: str, rows: list[tuple[str, str]]
):
    table = exhibit(told(what, text), "The times")

    assert [(moment.partition(" (")[0], gap) for _, moment, gap in table.rows] == rows


def test_evidence_of_rules_of_others_is_told_by_its_members():
    @ledger_rule("OWN101", "own", Severity.NOTE, cites="us", advice="Look.", good=(), bad=())
    def check(evidence: Evidence) -> Any:
        """First.

        Second.

        Third.
        """
        odd = {
            "cycle": 7,
            "needed_by": {"a": 1},
            "sha256": 1,
            "differ": 2,
            "iat": "x",
            "parent_iat": None,
        }
        for task in evidence.graph:
            yield Hit(
                "it is odd", task, evidence=odd | {"list": list(range(99)), "trace": "a\nb\nc\nd"}
            )

    case = case_of(sketch("a@0"))
    rules = {**RULES, "OWN101": check}
    report = lint(case._evidence, rules=rules)
    story = explain(case._evidence, report, "OWN101", rules=rules)

    assert story.chapters[0].doc == ("First.", "Second.")
    facts = dict(exhibit(story, "What the rule saw").rows)
    assert facts["list"] == "0, 1, 2, 3, 4 and 94 more"
    assert facts["trace"] == "b / c / d"
    unknown = explain(case._evidence, report, "OWN101")
    assert unknown.chapters[0].doc == ()
    assert "it is odd" in str(unknown)


def test_evidence_may_name_what_is_not_there():
    @ledger_rule("OWN102", "own", Severity.NOTE, cites="us", advice="Look.", good=(), bad=())
    def check(evidence: Evidence) -> Any:
        """Find it odd."""
        cycle = {"cycle": ["nobody", A, B], "needed_by": ["nobody"], "sha256": [], "differ": []}
        yield Hit("it is odd", evidence=cycle)

    case = case_of(sketch("a@0 !no-iat; b@5"))
    rules = {**RULES, "OWN102": check}
    story = explain(case._evidence, lint(case._evidence, rules=rules), "OWN102", rules=rules)

    table = exhibit(story, "The way round")
    assert table.rows[0] == ("nobody (no record)", "not stated", f"a {A[:8]}", "not known")
    assert "does not say when it took them in" in table.note
    assert dict(exhibit(story, "What the rule saw").rows)["needed_by"] == "nobody"


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("iat", 1771943000, "2026-02-24 14:23:20 UTC (1771943000)"),
        ("iat", 10**30, f"{10**30} ({10**30})"),
        ("max_age", 900, "900 s"),
        ("gap", 2, "2"),
        ("tokens", 1234567, "1,234,567"),
        ("sha256", "ab" * 32, "abababababababab…"),
        ("boundary", True, "true"),
        ("none", None, "null"),
        ("text", "x" * 999, "x" * 159 + "…"),
    ],
)
def test_values_are_readable(name: str, value: Any, text: str):
    assert readable(name, value) == text


def test_records_are_few_and_the_rest_is_counted():
    story = told("ECT302", "; ".join(f"a@{n}" for n in range(20)))

    assert (len(story.records), story.more_records) == (6, 14)
    assert "… and 14 more" in str(story)


def test_a_record_without_a_token_is_shown_as_it_begins(tmp_path: Path):
    file = tmp_path / "odd.jws"
    file.write_bytes(b"ju\x1bnk\xff" + b"x" * 999 + b"\n" + sketch("a@0").data)
    case = load(file, sketch("a@0").ring)
    (finding,) = (f for f in case.report.findings if f.code in ("ECT001", "ECT003"))
    story = explain(case._evidence, case.report, finding.fingerprint)

    assert story.records[0].begins.startswith("ju\x1bnk\\xffxxx")
    assert "ju\\x1bnk" in str(story)
    assert "cat -v" in story.commands[0].line


def test_a_key_file_is_no_record():
    story = told("ECT210", "a@0; b@5<a; !revoked=60")

    assert [card.task is None for card in story.records] == [True, False, False]
    assert story.ancestry is None


# Lineage


def names(branches: tuple[ancestry.Kin, ...]) -> dict[str, Any]:
    return {each.task.exec_act or "?": names(each.behind) for each in branches}


def test_the_lineage_is_a_small_part_of_the_graph():
    chain = "; ".join(f"t{n}@{n}" + (f"<t{n - 1}" if n else "") for n in range(9))
    told_ = told(task_id("t4"), chain).ancestry

    assert names(told_.parents) == {"t3": {"t2": {"t1": {}}}}
    assert names(told_.children) == {"t5": {"t6": {}}}
    assert told_.parents[0].behind[0].behind[0].hidden == 1
    assert "… and 1 more" in str(told(task_id("t4"), chain))


def test_tasks_with_findings_come_first_and_the_others_are_counted():
    wide = "; ".join(f"p{n}@0" for n in range(20)) + "; p20@0 !flipped; j@5<"
    story = told(task_id("j"), wide + ",".join(f"p{n}" for n in range(21)))

    assert list(names(story.ancestry.parents)) == ["p20", "p0", "p1", "p2"]
    assert story.ancestry.more_parents == 17
    assert "… and 17 more" in str(story)


def test_a_link_is_signed_where_the_token_that_names_the_parent_is():
    story = told(task_id("c"), "a@0; b@5<a !flipped; c@9<b,a; d@12<c !stranger; e@12<c")

    links = {
        each.task.exec_act: each.signed
        for each in (*story.ancestry.parents, *story.ancestry.children)
    }
    assert links == {"b": True, "a": True, "d": False, "e": True}
    assert not next(k for k in story.ancestry.parents if k.task.exec_act == "b").behind[0].signed
    assert "┄┄ d by agent-a" in str(story)
    assert "── e by agent-a" in str(story)


def test_a_link_that_one_of_several_versions_states_and_signs_is_signed():
    story = told(B, "a@0; b@5<a !flipped; b@6<a")

    assert story.ancestry.parents[0].signed


def test_nothing_is_signed_without_keys():
    story = told(B, "a@0; b@5<a; !no-keys")

    assert not story.ancestry.parents[0].signed
    assert any("no keys were given" in each for each in story.not_known)


def test_a_task_that_comes_again_is_not_told_again():
    text = str(told(A, "a@0<c; b@0<a; c@0<b"))

    assert "(this task again)" in text
    assert text.count("(shown elsewhere here)") == 1


def test_what_a_missing_task_built_on_is_not_known():
    text = str(told(Z, "b@5<z"))

    assert "builds on what is not known" in text
    assert "it has no record here, only a name" in text


@pytest.mark.parametrize("form", ["", "sha-256:"])
def test_what_only_hashes_tie_together_is_inferred_and_told_apart(form: str):
    data, other = hash_of(b"data"), hash_of(b"other")
    text = (
        f"a@0 out_hash={form}{data}; b@5<a inp_hash={data} out_hash={other}; "
        f"x@1 out_hash={data}; y@9 inp_hash={form}{other}"
    )
    story = told(B, text)

    assert [(flow.task.exec_act, flow.into) for flow in story.ancestry.flows] == [
        ("y", True),
        ("x", False),
    ]
    shown = str(story).partition("Inferred")[2]
    assert "its output is the input of y" in shown
    assert "its input is the output of x" in shown
    assert "the output of a" not in shown  # that is a link, and signed


def test_inferred_links_are_few_and_the_rest_is_counted():
    data = hash_of(b"data")
    text = f"a@0 out_hash={data}; " + "; ".join(f"t{n}@{n} inp_hash={data}" for n in range(20))
    story = told(A, text)

    assert (len(story.ancestry.flows), story.ancestry.more_flows) == (4, 16)
    assert "16 more; a hash that many share shows little" in str(story)


# Stories of tasks


def test_the_findings_of_a_task_are_told_worst_first():
    story = told(A, "a@0 !flipped life=9999; b@5<a")

    assert [chapter.code for chapter in story.chapters] == ["ECT201", "ECT406", "ECT308"]
    assert "about b" in str(story)


def test_a_task_without_findings_is_told_with_what_that_means_and_what_not():
    story = told(B, "a@0; b@5<a; !bound; !chained")

    assert not story.chapters
    text = " ".join(str(story).split())
    assert "No rule found anything wrong with this task." in text
    assert "signature" in {step.title for step in story.passed}
    assert "That does not show that the work was done" in text
    assert any("meant for this verifier" in each for each in story.not_known)


def test_a_signature_that_nobody_checked_is_not_told_as_passed():
    story = told(B, "a@0; b@5<a; !no-keys")

    assert "signature" not in {step.title for step in story.passed}
    assert str(story).splitlines()[0].endswith(" · unchecked")


def test_doubts_about_ancestors_are_told():
    text = "a@0 !flipped; b@5<a; c@9<b"

    assert any("2 of 2 ancestors" in each for each in told(C, text).not_known)
    assert any("1 of 1 ancestor" in each for each in told("ECT308", text).not_known)


def test_many_findings_of_a_task_are_counted():
    late = "; ".join(f"p{n}@99" for n in range(9))
    story = told(B, f"{late}; b@0<{','.join(f'p{n}' for n in range(9))}")
    (chapter,) = (each for each in story.chapters if each.code == "ECT401")

    assert (len(chapter.told), chapter.more) == (3, 6)
    assert "… and 6 more of ECT401" in str(story)


def test_a_member_of_a_knot_is_told_the_knot():
    story = told(B, "a@0<b; b@0<a")

    assert [chapter.code for chapter in story.chapters] == ["ECT305"]


# Commands


def test_commands_read_the_same_ledger_by_the_same_keys():
    case = case_of(sketch("a@0 !flipped; b@5<a"))
    invocation = Invocation(
        paths=("my ledger.jws", "-"), options=("--keys", "k.json", "--at", "now")
    )
    story = explain(case._evidence, case.report, "ECT308", invocation=invocation)

    assert [command.line for command in story.commands] == [
        f"ectgraph show 'my ledger.jws' - {B[:8]} --keys k.json --at now",
        f"ectgraph explain 'my ledger.jws' - {A[:8]} --keys k.json --at now",
        "ectgraph rule ECT308",
        "ectgraph draw 'my ledger.jws' - --keys k.json --at now --focus=2c065b68 -o my.svg",
    ]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("-x.jws", "-y"), "ectgraph show --keys k.json -- -x.jws -y"),
        (("a\x1b[31m.jws", "b"), "ectgraph show $'a\\x1b[31m.jws' b --keys k.json"),
        (("it's\n", "b"), "ectgraph show $'it\\x27s\\x0a' b --keys k.json"),
        (("$(rm -r x)", "`id`"), "ectgraph show '$(rm -r x)' '`id`' --keys k.json"),
        (("a\0b", "c"), None),
        (("a" * 400, "c"), None),
    ],
)
def test_a_command_is_safe_to_show_and_to_copy(words: tuple[str, str], line: str | None):
    path, target = words

    assert Invocation(paths=(path,), options=("--keys", "k.json")).command("show", target) == line


def test_a_task_that_shares_its_beginning_is_named_by_more_of_it():
    story = told("same-but-1", "a@0 jti=same-but-1; b@1 jti=same-but-2")

    assert any("same-but-1" in command.line for command in story.commands)


# Hostile ledgers

EVIL = "\x1b]0;pwned\x07\x1b[2J\u202e\r\n\x9b31m\u2028\u200b"
HOSTILE = [
    'say "yes"',
    "ends in a backslash\\",
    "<script>alert(1)</script>",
    "&lt;&amp;&#x41;&nbsp;&",
    "two\nlines\r\nor three",
    "a nul \0 in it",
    EVIL,
    "\ufffe\uffff\U000e0041\ue000",
    "x" * 10_000,
    "\n" * 10_000,
    "-x",
    "--help",
    "$(id) `id` ; rm -r x",
    "[bold red]markup[/] :smile: {0} %s",
    "| a | b |\n|---|---|",
    "```\n# head\n~~~",
    "![x](https://evil.example/x.png) [y](javascript:alert(1)) @octocat #1",
    " ",
    "",
]


def hostile(text: str) -> Case:
    """A ledger in which every text that an agent writes is hostile."""
    claims = dict.fromkeys(("iss", "sub", "exec_act", "wid", "pol", text), text)
    header = json.dumps({"alg": "ES256", "typ": "exec+jwt", "kid": text, text: text}).encode()
    jtis = [f"{text}{n}" for n in range(4)]
    records = []
    for number, jti in enumerate(jtis):
        for iat in (number * 99, number * 99 + 1):
            par = [jtis[number - 1], jtis[0], f"{text}?", text]
            made = claims | {"jti": jti, "iat": iat, "exp": 1, "aud": [text], "par": par}
            made |= {"ext": {text: [text]}, "inp_hash": hash_of(b"1"), "out_hash": hash_of(b"1")}
            compact = seal(header, json.dumps(made).encode(), "agent-a").decode()
            entry = {"ect": compact, "recorded_at": text, text: text}
            records.append(json.dumps(entry).encode())
    keys = [jwks("agent-a")["keys"][0] | {"kid": text}] if text.strip() else jwks("agent-a")["keys"]
    from ectgraph.keys import KeyRing

    ring = KeyRing.from_jwks({"keys": keys})
    return case_of(Sketch((*records, text.encode()), ring))


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:12]))
def test_no_text_of_a_token_reaches_a_reader_as_it_is(text: str):
    case = hostile(text)
    one_of_each = {finding.code: finding for finding in case.report.findings}.values()
    assert len(one_of_each) > 5
    nodes = list(case.graph)[:3]
    wanted = [*(finding.fingerprint for finding in one_of_each), *nodes]
    for what in wanted:
        story = explain(case._evidence, case.report, what)
        shown = str(story)
        pretty = io.StringIO()
        console = Console(file=pretty, force_terminal=True, width=80, markup=False, emoji=False)
        for line in to_text(story):
            console.print(line, soft_wrap=True)

        assert shown.replace("\n", "").isprintable()
        assert re.sub(r"\x1b\[[0-9;]*m", "", pretty.getvalue()).replace("\n", "").isprintable()
        assert len(shown) < 30_000
        assert json.loads(to_json(story))["format"] == "ectgraph-explanation/1"
        assert to_json(story).decode().replace("\n", "").isprintable()
        page = to_markdown(story)
        assert page.replace("\n", "").isprintable()
        assert_only_our_marks(page)


def assert_only_our_marks(page: str) -> None:
    """No link, picture, HTML or code of anybody else is in a rendered page."""
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(page)
    kinds = {inner.type for token in tokens for inner in (token.children or [])}
    assert kinds <= {
        "text",
        "softbreak",
        "hardbreak",
        "strong_open",
        "strong_close",
        "text_special",
    }
    blocks = {token.type.removesuffix("_open").removesuffix("_close") for token in tokens}
    ours = {"heading", "paragraph", "inline", "table", "thead", "tbody", "tr", "th", "td"}
    assert blocks <= ours | {"fence", "bullet_list", "list_item"}
    heads = {token.content for token in tokens if token.type == "fence"}
    assert all(head.startswith(("Lineage", "$ ectgraph ", "$ tail ")) for head in heads)


@pytest.mark.parametrize("text", sorted({text for rule in RULES.values() for text in rule.bad}))
def test_a_story_is_told_whatever_a_rule_finds(text: str):
    case = case_of(sketch(text))
    report = case.report
    for what in dict.fromkeys(finding.fingerprint for finding in report.findings[:4]):
        story = explain(case._evidence, report, what)
        again = explain(case_of(sketch(text))._evidence, report, what)

        assert str(story) == str(again)
        assert to_json(story) == to_json(again)
        assert to_markdown(story)


def test_stories_are_plain_data():
    def plain(value: Any) -> bool:
        if is_dataclass(value):
            return all(plain(getattr(value, field.name)) for field in fields(value))
        return not callable(value) and not isinstance(value, (Case, Evidence))

    assert plain(told("ECT308", "a@0 !flipped; b@5<a"))


def test_a_ledger_of_nothing_but_one_task_is_told_quickly():
    wide = "; ".join(f"p{n}@0 !flipped" for n in range(400))
    join = f"; j@5<{','.join(f'p{n}' for n in range(400))}"
    case = case_of(sketch(wide + join))
    before = time.perf_counter()
    for what in (task_id("j"), task_id("p0")):
        assert len(str(explain(case._evidence, case.report, what))) < 20_000

    assert time.perf_counter() - before < 2


def test_a_compressed_source_has_no_bytes_to_cut_out():
    ledger = loader.load_bytes(gzip.compress(b"junk\n"), None, judge=judge)
    case = Case(ledger, None, sketch("a@0").policy)
    story = explain(case._evidence, case.report, "ECT001")

    assert not any("tail" in command.line for command in story.commands)


def test_an_error_is_an_error_of_the_caller():
    assert issubclass(AmbiguityError, EctgraphError)
