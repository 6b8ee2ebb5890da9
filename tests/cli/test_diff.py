"""diff: two ledgers in, what differs out, and an exit code that says whether anything does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ectgraph.testing import sketch


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("diff clean.jws clean.jws --keys keys.json", 0),
        ("diff clean.jws faulty.jws --keys keys.json", 1),
        ("diff clean.jws empty.jws", 1),
        ("diff empty.jws comments.jws", 3),
        ("diff nothing empty.jws", 3),
        ("diff clean.jws", 2),
        ("diff clean.jws faulty.jws empty.jws", 2),
        ("diff clean.jws missing.jws", 2),
        ("diff - -", 2),
        ("diff clean.jws faulty.jws --format yaml", 2),
        ("diff clean.jws faulty.jws -o clean.jws", 2),
        ("diff clean.jws faulty.jws -o diff.xlsx", 2),
        ("diff clean.jws faulty.jws --format csv --max-rows 2", 2),
        ("diff clean.jws faulty.jws -o nowhere/out.json", 2),
    ],
)
def test_exit_codes(ectgraph_, line: str, code: int):
    done = ectgraph_(line)

    assert done.code == code
    assert "Traceback" not in done.err + done.out
    if code in (2, 3):
        assert done.out == ""
        assert len(done.err.splitlines()) == 1


def test_a_pattern_or_a_folder_is_one_side(ectgraph_, folder: Path):
    (folder / "two").mkdir()
    for name in "ab":
        (folder / "two" / f"{name}.jws").write_bytes(sketch(f"{name}@0").data)
    (folder / "one.jws").write_bytes(sketch("a@0; b@0").data)

    assert ectgraph_("diff two one.jws").code == 0
    assert ectgraph_("diff two/*.jws one.jws").code == 0
    assert ectgraph_("diff one.jws two/a.jws").code == 1


def test_every_format_tells_the_same(ectgraph_, folder: Path):
    line = "diff clean.jws faulty.jws --keys keys.json"

    told = json.loads(ectgraph_(f"{line} --format json").out)
    text = ectgraph_(line).out

    assert told["question"] == "diff"
    assert len(told["rows"]) == len(ectgraph_(f"{line} --format csv").out.splitlines()) - 1
    assert all(row[0] in text for row in told["rows"])
    assert told["established"][0] in text
    assert ectgraph_(f"{line} --format markdown").out.startswith("## What differs between")
    assert ectgraph_(f"{line} -o told.json").code == 1
    assert json.loads((folder / "told.json").read_bytes()) == told


def test_rows_of_text_are_cut_as_asked(ectgraph_, folder: Path):
    (folder / "other.jws").write_bytes(sketch("x@0; y@1; z@2").data)

    out = ectgraph_("diff clean.jws other.jws --max-rows 1").out

    assert "4 more of 5 rows" in out
