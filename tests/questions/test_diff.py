"""What a comparison of two ledgers says, in sentences and rows."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from ectgraph import load, loader
from ectgraph.policy import Policy
from ectgraph.questions.answer import Answer
from ectgraph.questions.diff import COLUMNS, diff
from ectgraph.rule import Evidence
from ectgraph.testing import sketch

SAMPLES = Path(__file__).parents[2] / "sample_ledgers"
THREE = "a@0; b@5<a; c@9<b"


def compared(here: str, there: str) -> Answer:
    return diff(sketch(here).evidence(), sketch(there).evidence())


def said(answer: Answer) -> str:
    return " ".join(answer.established)


def kinds(answer: Answer) -> list[str]:
    return [row[0] for row in answer.rows]


def test_two_copies_of_the_truth_differ_as_their_story_says():
    told = json.loads((SAMPLES / "copies" / "differences.json").read_bytes())
    here, there = (load(SAMPLES / told[side], SAMPLES / told["keys"]) for side in ("here", "there"))

    answer = here.diff(there)

    assert [
        (kind, jti, one and one.rpartition(":")[2], two and two.rpartition(":")[2])
        for kind, jti, _, _, one, two, *_ in answer.rows
    ] == [
        (
            each["kind"],
            each["jti"],
            each["here"] and str(each["here"]),
            each["there"] and str(each["there"]),
        )
        for each in told["differences"]
    ]
    assert f"The first {told['alike']} records are the same; from entry 5 on" in said(answer)
    assert "The hash chain holds here and there." in answer.established
    assert set(answer.tasks) <= set(here.ledger.tasks)
    assert len(answer.tasks) == 7
    assert [column.name for column in answer.columns] == [column.name for column in COLUMNS]


def test_what_is_the_same_is_said_to_be_and_what_that_does_not_show():
    answer = compared(THREE, THREE)

    assert (answer.rows, answer.tasks) == ((), ())
    assert "Nothing differs" in said(answer)
    assert "what both lack" in answer.not_established[0]


@pytest.mark.parametrize(
    ("here", "there", "words"),
    [
        (THREE, "a@0; b@5<a", "and with them it ends there; here it goes on (sketch:3)"),
        ("a@0", THREE, "The first record is the same, and with them it ends here"),
        (THREE, "x@0", "no record in common"),
        (THREE, "", "no record in common"),
        (THREE, "x@0; b@5<a; c@9<b", "from the first entry on"),
        (THREE, "a@0; b@5<a; x@9<b", "from entry 3 on they differ (sketch:3, sketch:3)"),
        (
            "a@0 recorded=1; b@1",
            "a@0 recorded=2; b@1",
            "same order, though wrapped otherwise from entry 1 on",
        ),
    ],
)
def test_histories_are_told(here: str, there: str, words: str):
    assert words in said(compared(here, there))


@pytest.mark.parametrize(
    ("here", "there", "words"),
    [
        ("a@0", "a@1", "In it both verify, by one key: its holder signed both."),
        ("a@0; b@1", "a@1; b@2", "In each of them both verify, by one key"),
        ("a@0", "a@1 !flipped", "In it only the one here verifies: no signer stands behind"),
        ("a@0 !flipped", "a@1", "In it only the one there verifies: no signer stands behind"),
        ("a@0 !flipped", "a@1 !flipped", "In it neither verifies."),
        ("a@0; b@0 by=agent-b", "a@0 by=agent-b; b@0 by=agent-b", "both verify, by two keys."),
        ("a@0; b@1", "a@1; b@2 !flipped", "In 1 of them both verify, by one key"),
        ("a@0 !high-s", "a@0 !low-s", "nobody needed the key for it"),
    ],
)
def test_who_stands_behind_two_versions_is_told_by_signatures(here: str, there: str, words: str):
    answer = compared(here, there)

    assert words in said(answer)
    assert not any("could not be checked" in doubt for doubt in answer.not_established)


def test_without_keys_nobody_is_said_to_stand_behind_anything():
    answer = compared("a@0; !no-keys", "a@1; !no-keys")

    assert "verif" not in said(answer)
    assert "2 signatures of tokens that differ could not be checked" in answer.not_established[1]


@pytest.mark.parametrize(
    ("here", "there", "detail"),
    [
        ("a@0; b@1<a", "b@1<a", "the other names it as a parent, and has no record of it"),
        ("a@0", "a@0 wid=other", "the other has its jti in another workflow"),
        ("a@0; a@0", "b@1", "2 records"),
        ("a@0; a@0", "a@0", "2 times here, 1 there"),
        ("a@0; b@1; c@2", "b@1; c@2; a@0", "entry 1 here, 3 there"),
        ("a@0 recorded=1", "a@0", "form: ect here, as it stands there; recorded_at: 1771943001"),
        ("a@0", "a@0 !flipped", "another signature"),
        ("'junk'; a@0", "a@0", "no task: 5 bytes, sha256"),
    ],
)
def test_a_row_tells_what_is_otherwise(here: str, there: str, detail: str):
    assert compared(here, there).rows[0][3].startswith(detail)


def test_a_record_of_no_task_is_counted_as_such():
    answer = compared("'junk'; 'more'; a@0", "a@0; b@1")

    assert kinds(answer) == ["only-here", "only-here", "only-there"]
    assert "2 records without a task are only here." in answer.established
    assert "1 task is only there." in answer.established
    assert (*answer.rows[0][1:3], answer.rows[0][6]) == (None, None, None)


def test_of_many_changes_the_first_are_in_the_row():
    one, two = (
        "a@0 ext=" + "{" + ",".join(f'"{name}":{value}' for name in "abcdef") + "}"
        for value in (0, 1)
    )
    assert compared(one, two).rows[0][3].endswith("; and 2 more changes")


def test_what_follows_from_another_entry_before_it_is_counted_apart():
    answer = compared("a@0; b@1; c@2; !chained", "a@0; c@2; !chained")

    assert kinds(answer) == ["only-here", "rewrapped"]
    assert any(each.startswith("Of these 1 differs in its number") for each in answer.established)


def test_several_sources_and_what_could_not_be_read_are_doubts(tmp_path: Path):
    (tmp_path / "two").mkdir()
    for name in "ab":
        (tmp_path / "two" / f"{name}.jws").write_bytes(sketch(f"{name}@0").data)
    cut = tmp_path / "cut.jws.gz"
    cut.write_bytes(gzip.compress(sketch("a@0").data)[:-12])

    doubts = load(tmp_path / "two").diff(load(cut)).not_established

    assert any("What is here comes from 2 sources" in each for each in doubts)
    assert any(each.startswith("Of what is there not all could be read") for each in doubts)


def test_hostile_claims_stay_short_and_as_they_are(task):
    long = "<script>\0\u202e" * 10_000
    here, there = (loader.load_bytes(task("a", exec_act=f"{long}{end}")) for end in ("x", "y"))
    answer = diff(*(Evidence(each, None, Policy()) for each in (here, there)))

    assert len(answer.rows[0][3]) < 300
    assert "x" in answer.rows[0][3]
    assert str(answer)
