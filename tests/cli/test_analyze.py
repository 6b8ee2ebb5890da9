"""analyze: a question of a ledger, answered in a terminal or a file."""

from __future__ import annotations

import csv
import io
import json

import pytest

from ectgraph.testing import sketch, task_id


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
        assert done.err.startswith(f"{name}: ")
        assert done.err.endswith(": 1 row\n")
    ectgraph_(f"{line} -o a.md")
    assert (folder / "a.md").read_text("utf-8").startswith("## ")


def test_the_questions_are_listed_and_told(ectgraph_):
    listed = ectgraph_("analyze questions")
    told = ectgraph_("analyze questions roots ancestors")

    assert listed.code == told.code == 0
    assert "  roots" in listed.out
    assert told.out.startswith("roots ")
    assert "\nancestors TASK" in told.out
    assert ">>>" not in told.out


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
        ("analyze questions roots -o roots.txt", "prints text, and takes no options"),
        ("analyze questions --format json", "prints text, and takes no options"),
        ("analyze questions --max-rows 3", "prints text, and takes no options"),
        ("analyze questions agents --limit 3", "prints text, and takes no options"),
        ("analyze clean.jws generations --since 2026-13-45", "--since: '2026-13-45' is no time"),
        ("analyze clean.jws generations -o depths.xlsx", "depths.xlsx: no form of an answer"),
        ("analyze clean.jws generations -o depths.html", "there are .txt, .json, .csv, .md"),
        ("analyze clean.jws generations --format csv --max-rows 3", "csv has every row"),
        ("analyze clean.jws generations -o a.json --max-rows 3", "json has every row"),
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


def test_options_reach_the_question_they_are_for(ectgraph_, folder):
    (folder / "more.jws").write_bytes(sketch("a@0 by=agent-a; b@9<a by=agent-b; c@99<b").data)

    def asked(line: str) -> dict[str, object]:
        done = ectgraph_(f"analyze more.jws {line} --keys keys.json --format json")
        assert (done.code, done.err) == (0, "")
        return json.loads(done.out)

    assert "1 of 2 agents is not listed" in str(asked("agents --limit 1"))
    assert "agent-b" in asked("taint --kid agent-b")["title"]
    assert "agent-b" in asked("taint --iss spiffe://example.com/agent/agent-b")["title"]
    assert (
        "since 2026-01-01 00:00:00 UTC"
        in asked(f"taint --jti {task_id('b')} --since 2026-01-01")["title"]
    )
    assert "agent-b" in asked("revocation --kid agent-b")["title"]


def test_rows_of_text_are_cut_as_asked_and_a_name_without_a_form_is_text(ectgraph_, folder):
    done = ectgraph_("analyze clean.jws generations --max-rows 1 --keys keys.json")

    assert "1 more of 2 rows" in done.out
    for name in ("depths", "depths.txt"):
        ectgraph_(f"analyze clean.jws generations --max-rows 1 --keys keys.json -o {name}")
        assert (folder / name).read_text("utf-8") == done.out


def test_what_stands_on_standard_input_can_be_asked(process, folder):
    done = process(folder, "analyze - generations", input=(folder / "clean.jws").read_bytes())

    assert done.returncode == 0
    assert b"No keys were given" in done.stdout
