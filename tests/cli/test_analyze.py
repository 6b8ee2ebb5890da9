"""analyze: a question of a ledger, answered in a terminal or a file."""

from __future__ import annotations

import csv
import io
import json

import pytest

from ectgraph.testing import task_id


def test_a_question_is_answered_in_a_terminal(ectgraph_):
    done = ectgraph_(f"analyze clean.jws roots {task_id('b')} --keys keys.json")

    assert done.code == 0
    assert "It goes back to 1 root." in done.out
    assert task_id("a")[:8] in done.out
    assert done.err == ""


def test_the_form_follows_the_suffix_or_what_is_asked(ectgraph_, folder):
    line = f"analyze clean.jws roots {task_id('b')} --keys keys.json"
    as_json, as_csv = ectgraph_(f"{line} --format json"), ectgraph_(f"{line} --format csv")

    assert task_id("a") in json.loads(as_json.out)["rows"][0]
    assert "task" in next(iter(csv.reader(io.StringIO(as_csv.out))))
    for name, text in (("a.json", as_json.out), ("a.csv", as_csv.out)):
        done = ectgraph_(f"{line} -o {name}")
        assert (folder / name).read_text("utf-8") == text
        assert done.out == ""
        assert "1 root" in done.err
    ectgraph_(f"{line} -o a.md")
    assert (folder / "a.md").read_text("utf-8").startswith("## ")


def test_the_questions_are_listed_and_told(ectgraph_):
    listed = ectgraph_("analyze questions")
    told = ectgraph_("analyze questions roots ancestors")

    assert listed.code == told.code == 0
    assert "  roots" in listed.out
    assert told.out.startswith("roots ")
    assert "\nancestors TASK" in told.out


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("analyze clean.jws ancestor x", "did you mean ancestors?"),
        ("analyze clean.jws rooots", "did you mean roots?"),
        ("analyze clean.jws", "give ledger files and then a question"),
        ("analyze roots", "give ledger files and then a question"),
        ("analyze clean.jws ancestors", "write `ancestors TASK`"),
        ("analyze clean.jws ancestors a b", "write `ancestors TASK`"),
        ("analyze clean.jws ancestors a --kid k", "ancestors takes no --kid"),
        ("analyze clean.jws ancestors zzz", "no task's jti begins with 'zzz'"),
        ("analyze nosuch.jws generations", "nosuch.jws"),
        ("analyze clean.jws generations --since yesterday", "--since: 'yesterday' is no time"),
        ("analyze clean.jws generations -o clean.jws", "is one of the sources"),
        ("analyze questions nonsense", "there is no question 'nonsense'"),
    ],
)
def test_mistakes_end_in_one_line(ectgraph_, line: str, says: str):
    done = ectgraph_(line)

    assert done.code == 2
    assert done.out == ""
    assert says in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("ledger", ["empty.jws", "comments.jws"])
def test_of_nothing_nothing_can_be_asked(ectgraph_, ledger: str):
    done = ectgraph_(f"analyze {ledger} generations")

    assert done.code == 3
    assert "there is no record" in done.err
