"""rule: what a code means, from the terminal alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ectgraph.cli.rule import complete_rule
from ectgraph.rules import RULES

MINE = """\
from ectgraph.rule import Hit, Severity, token_rule

@token_rule("ACME001", "paid", Severity.NOTE, cites="ours", advice="Ask.", good=({good!r},),
            bad=("a@0 act=pay",))
def check(token, policy):
    '''Somebody was paid.'''
    return [Hit("paid")] if token.exec_act == "pay" else []
"""


@pytest.fixture
def mine(folder: Path) -> Path:
    """A file of rules."""
    (folder / "mine.py").write_text(MINE.format(good="a@0"), "utf-8")
    return folder / "mine.py"


@pytest.mark.parametrize("text", ["ECT302", "ect302", "equivocation", " Equivocation "])
def test_a_rule_is_told_by_its_code_and_by_its_name(ectgraph_, text: str):
    done = ectgraph_("rule", text)

    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("ECT302 equivocation  error\n")
    assert RULES["ECT302"].advice in done.out


def test_a_beginning_of_codes_tells_them_all_and_each_once(ectgraph_):
    done = ectgraph_("rule ECT40 ECT401 --format json")
    codes = [rule["code"] for rule in json.loads(done.out)["rules"]]

    assert codes == [code for code in RULES if code.startswith("ECT40")]


def test_an_unknown_code_names_the_nearest(ectgraph_):
    done = ectgraph_("rule ekwivocation")

    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "ectgraph: no rule has the code or name 'ekwivocation'; did you mean equivocation?\n"
    )


@pytest.mark.parametrize("line", ["rule", "rule --all"])
def test_without_a_code_there_is_a_table_that_says_how_to_go_on(ectgraph_, line: str):
    done = ectgraph_(line)

    assert (done.code, done.err) == (0, "")
    assert [each.split()[0] for each in done.out.splitlines() if each[:2] == "  "] == list(RULES)
    assert done.out.endswith(
        "ectgraph rule CODE tells what one of them means, and what to do about it.\n"
    )


def test_all_of_them_as_json_with_what_their_examples_came_to(ectgraph_):
    done = ectgraph_("rule --all --format json")
    document = json.loads(done.out)

    assert document["format"] == "ectgraph-rules/1"
    assert [rule["code"] for rule in document["rules"]] == list(RULES)
    assert done.code == (
        0 if all(e["right"] for r in document["rules"] for e in r["examples"]) else 1
    )


def test_markdown_goes_to_a_file(ectgraph_, folder: Path):
    done = ectgraph_("rule ECT3 --format markdown -o rules.md")

    assert (done.code, done.out, done.err) == (0, "", "")
    assert "\n## ECT302 equivocation\n" in (folder / "rules.md").read_text("utf-8")


def test_text_goes_to_a_file(ectgraph_, folder: Path):
    done = ectgraph_("rule ECT302 -o rule.txt")

    assert (done.code, done.out, done.err) == (0, "", "")
    assert (folder / "rule.txt").read_text("utf-8").startswith("ECT302 equivocation  error\n")


def test_a_file_of_rules_is_told_alone_and_its_examples_are_run(ectgraph_, mine: Path):
    done = ectgraph_("rule --rules-from mine.py")

    assert (done.code, done.err) == (0, "")
    assert [line for line in done.out.splitlines() if line.startswith(("ACME", "ECT"))] == [
        "ACME001 paid  note"
    ]
    assert "  made by    mine.py\n" in done.out


def test_a_file_of_rules_joins_the_others_when_all_are_asked_for(ectgraph_, mine: Path):
    done = ectgraph_("rule --all --rules-from mine.py")

    assert "Rules by mine.py\n  ACME001  note     paid " in done.out
    assert "ECT302" in done.out


def test_an_example_that_does_not_do_what_it_should_is_told_and_exits_with_1(
    ectgraph_, folder: Path
):
    (folder / "mine.py").write_text(MINE.format(good="a@0 act=pay"), "utf-8")

    done = ectgraph_("rule ACME001 --rules-from mine.py")

    assert done.code == 1
    assert "\n✗ good  a@0 act=pay\n" in done.out
    assert "        This should be clean, and is not.\n" in done.out
    assert done.err == "ectgraph: 1 example went wrong\n"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("rule --all ECT302", "--all"),
        ("rule --rules-from no.py", "no.py: rules cannot be read from it"),
        ("rule --rules-from keys.json", "whose names end in .py"),
        ("rule --rules-from mine.py -o mine.py", "is one of the sources"),
        ("rule ECT302 -o nowhere/rule.txt", "cannot be written"),
    ],
)
def test_a_mistake_is_told_in_one_line(ectgraph_, mine: Path, line: str, words: str):
    done = ectgraph_(line)

    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1
    assert words in done.err


def test_a_terminal_gets_colours_and_its_width(on_a_terminal, folder: Path):
    code, out, err = on_a_terminal(folder, "rule ECT302")

    assert (code, err) == (0, "")
    assert "\x1b[1mECT302 equivocation\x1b[0m  \x1b[1;31merror\x1b[0m" in out


# Completion


def test_codes_and_names_are_completed_with_what_they_mean():
    found = dict(complete_rule("ect302"))

    assert list(found) == ["ECT302"]
    assert found["ECT302"].startswith("error: Different tokens have one `jti`")
    assert [code for code, _ in complete_rule("equi")] == ["equivocation"]
    assert len(complete_rule("")) == 2 * len(RULES)
    assert complete_rule("nothing-like-it") == []


def test_help_is_what_a_shell_can_show(monkeypatch):
    hostile = replace(RULES["ECT302"], doc="[/b] [red]\x1b" + "x" * 99)
    monkeypatch.setitem(RULES._rules, "ECT302", hostile)

    ((_, told),) = complete_rule("ECT302")

    assert told.startswith(r"error: (/b) (red)\x1bxxx")
    assert len(told) <= 79


def test_the_last_of_several_codes_is_completed():
    assert [text for text, _ in complete_rule("ECT201,cyc")] == ["ECT201,cycle"]


@pytest.mark.parametrize("line", ["rule", "lint --ignore", "lint --select"])
def test_a_shell_gets_its_completions(folder: Path, line: str):
    asks = {
        "_ECTGRAPH_COMPLETE": "complete_bash",
        "COMP_WORDS": f"ectgraph {line} ECT30",
        "COMP_CWORD": str(len(line.split()) + 1),
    }
    done = subprocess.run(
        [sys.executable, "-c", "from ectgraph.cli import main; main()"],
        env=os.environ | asks,
        cwd=folder,
        capture_output=True,
        check=False,
    )

    assert done.stdout.decode().split()[:2] == ["ECT301", "ECT302"]
