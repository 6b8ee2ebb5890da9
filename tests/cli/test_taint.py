"""taint: what rests on a key, an agent or a task, and what if the key had been revoked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ectgraph.testing import sketch, task_id


@pytest.fixture
def chain(folder: Path) -> str:
    """A ledger in which two tasks build on one of agent-b."""
    (folder / "chain.jws").write_bytes(sketch("a@0; b@60<a by=agent-b; c@90<b; d@99<c; e@0").data)
    return "taint chain.jws --keys keys.json"


@pytest.mark.parametrize("what", ["--kid agent-b", "--iss spiffe://example.com/agent/agent-b"])
def test_what_rests_on_a_key_or_an_agent_is_told(ectgraph_, chain: str, what: str):
    done = ectgraph_(f"{chain} {what}")

    assert (done.code, done.err) == (0, "")
    assert "2 other tasks build on that: 1 directly, 1 at 2 links." in done.out
    assert "Clean are 2 of 5 recorded tasks" in done.out


def test_what_rests_on_a_task_is_told_in_every_form(ectgraph_, chain: str, folder: Path):
    line = f"{chain} --jti {task_id('c')}"
    told = json.loads(ectgraph_(f"{line} --format json").out)

    assert told["question"] == "taint"
    assert told["established"][0] in ectgraph_(line).out
    done = ectgraph_(f"{line} -o taint.csv")
    assert (done.code, done.out) == (0, "")
    assert "taint.csv: What was built on" in done.err
    assert len((folder / "taint.csv").read_text("utf-8").splitlines()) == 1 + len(told["rows"])


def test_only_what_was_signed_from_a_moment_on_counts(ectgraph_, chain: str):
    assert "Clean are 5 of 5" in ectgraph_(f"{chain} --kid agent-b --since 2099-01-01").out
    assert "Clean are 2 of 5" in ectgraph_(f"{chain} --kid agent-b --since 2001-01-01").out


def test_what_lint_would_say_of_a_revoked_key(ectgraph_, chain: str):
    done = ectgraph_(f"{chain} --kid agent-b --since 2001-01-01 --what-if")

    assert done.code == 0
    assert "1 of 1 token that verifies with the key agent-b would fall." in done.out


def test_rows_of_text_are_cut_as_asked(ectgraph_, chain: str):
    assert "1 more of 3 rows" in ectgraph_(f"{chain} --kid agent-b --max-rows 2").out


@pytest.mark.parametrize(
    ("rest", "says"),
    [
        ("", "give one of --kid, --iss and --jti"),
        ("--kid agent-b --jti x", "give one of --kid, --iss and --jti"),
        ("--what-if", "give one of --kid, --iss and --jti"),
        ("--what-if --jti x", "--what-if revokes a key: name it with --kid"),
        ("--kid nobody", "there is no kid 'nobody'"),
        ("--jti nobody", "no task's jti begins with 'nobody'"),
        ("--kid agent-b --since soon", "--since: 'soon' is no time"),
        ("--kid agent-b -o chain.jws", "is one of the sources"),
        ("--kid agent-b -o taint.pdf", "no form of an answer"),
        ("--kid agent-b --format markdown --max-rows 2", "markdown has every row"),
    ],
)
def test_mistakes_end_in_one_line(ectgraph_, chain: str, rest: str, says: str):
    done = ectgraph_(f"{chain} {rest}")

    assert (done.code, done.out) == (2, "")
    assert says in done.err
    assert len(done.err.splitlines()) == 1


def test_a_beginning_that_means_several_lists_them(ectgraph_, folder: Path):
    tasks = [f"t{number}" for number in range(40)]
    (folder / "many.jws").write_bytes(sketch("; ".join(f"{name}@0" for name in tasks)).data)
    first = max("0123456789abcdef", key=lambda digit: sum(task_id(t)[0] == digit for t in tasks))

    done = ectgraph_(f"taint many.jws --jti {first}")

    assert done.code == 2
    assert (
        f"tasks begin with '{first}': {min(filter(lambda t: t[0] == first, map(task_id, tasks)))}"
        in done.err
    )
    assert len(done.err.splitlines()) == 1


def test_without_keys_the_doubt_is_told(ectgraph_, chain: str):
    out = ectgraph_("taint chain.jws --kid agent-b").out

    assert "? No keys were given, so no signature was checked" in out


@pytest.mark.parametrize("ledger", ["empty.jws", "comments.jws", "nothing"])
def test_of_nothing_nothing_is_tainted(ectgraph_, ledger: str):
    done = ectgraph_(f"taint {ledger} --kid agent-b")

    assert done.code == 3
    assert "there is no record" in done.err
