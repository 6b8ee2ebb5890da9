"""demo: it tells the story, and leaves a ledger, its keys and a picture."""

from __future__ import annotations

from pathlib import Path

from ectgraph.demo import STORY


def test_demo_tells_every_step_then_what_was_established(ectgraph_, folder: Path):
    done = ectgraph_("demo story")
    lines = done.out.splitlines()

    assert done.code == 0
    assert [line.split()[2] for line in lines if line[:1].isdigit()][: len(STORY)] == [
        step.action for step in STORY
    ]
    assert [line.split()[-2] for line in lines if "refused:" in line] == [
        "ECT201",
        "ECT301",
        "ECT701",
    ]
    assert "  ✓ All signatures verified (ES256, 8 given keys)." in lines
    assert lines[-1] == "no findings"


def test_demo_leaves_what_it_says(ectgraph_, folder: Path):
    done = ectgraph_("demo story")
    left = folder / "story"

    assert sorted(file.name for file in left.iterdir()) == [
        "agents.jwks.json",
        "ledger.jsonl",
        "workflow.svg",
    ]
    assert "<svg" in (left / "workflow.svg").read_text("utf-8")
    assert "roll_back_release" in (left / "workflow.svg").read_text("utf-8")
    assert str(Path("story/workflow.svg")) in done.err


def test_the_next_step_that_demo_proposes_works(ectgraph_, folder: Path):
    proposed = ectgraph_("demo story").err.splitlines()[-1].split(maxsplit=1)

    assert proposed[0] == "ectgraph"
    assert ectgraph_(proposed[1]).out.count("\n") == 10


def test_demo_without_a_folder_makes_one(ectgraph_, folder: Path):
    assert ectgraph_("demo").code == 0
    assert (folder / "ectgraph-demo" / "ledger.jsonl").is_file()


def test_demo_never_writes_over_a_ledger(ectgraph_, folder: Path):
    ectgraph_("demo story")
    again = ectgraph_("demo story")

    assert (again.code, again.out) == (2, "")
    assert again.err.count("\n") == 1
    assert "name another folder" in again.err
