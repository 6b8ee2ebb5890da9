"""`ectgraph timeline`: files by their suffix, SVG into a pipe, nothing on a terminal."""

from __future__ import annotations

import json
import sys

import pytest

pytest.importorskip("vl_convert", reason="no vl-convert-python to draw with")


@pytest.mark.parametrize(
    ("suffix", "begins"),
    [
        ("svg", b"<svg"),
        ("png", b"\x89PNG"),
        ("pdf", b"%PDF"),
        ("html", b"<!DOCTYPE html>"),
        ("json", b"{"),
    ],
)
def test_a_timeline_is_written_as_its_file_is_called(ectgraph_, folder, suffix, begins):
    done = ectgraph_(f"timeline faulty.jws --keys keys.json -o t.{suffix}")

    assert (done.code, done.out) == (0, "")
    assert (folder / f"t.{suffix}").read_bytes().startswith(begins)
    assert f"t.{suffix}: 2 tasks" in done.err
    assert "1 missing task" in done.err


def test_into_a_pipe_goes_svg_and_nothing_else(ectgraph_):
    done = ectgraph_("timeline clean.jws --keys keys.json")

    assert done.code == 0
    assert done.out.startswith("<svg")
    assert done.out.rstrip().endswith("</svg>")


def test_on_a_terminal_it_asks_for_a_file(on_a_terminal, folder):
    code, out, err = on_a_terminal(folder, "timeline clean.jws --keys keys.json")

    assert (code, out) == (2, "")
    assert "-o timeline.svg" in err


def test_the_theme_links_and_the_budget_can_be_chosen(ectgraph_, folder):
    line = "timeline clean.jws --keys keys.json --theme dark --no-links --max-tasks 1 -o t.json"
    done = ectgraph_(line)

    spec = json.loads((folder / "t.json").read_bytes())
    assert done.code == 0
    assert spec["background"] == "#14181d"
    assert [row["n"] for row in spec["datasets"]["cells"]] == [1, 1]


def test_without_any_record_there_is_nothing_to_show(ectgraph_, folder):
    done = ectgraph_("timeline empty.jws --keys keys.json -o t.svg")

    assert done.code == 3
    assert not (folder / "t.svg").exists()


def test_where_no_record_is_a_task_there_is_nothing_to_show(ectgraph_, folder):
    done = ectgraph_("timeline junk.bin -o t.svg")

    assert done.code == 3
    assert "there is no task to show" in done.err
    assert not (folder / "t.svg").exists()


@pytest.mark.parametrize("target", ["t.gif", "clean.svg/t.svg", "nowhere/t.svg"])
def test_a_target_that_cannot_be_is_refused_at_once(ectgraph_, target):
    done = ectgraph_(f"timeline clean.jws --keys keys.json -o {target}")

    assert done.code == 2
    assert len(done.err.splitlines()) == 1


def test_sources_are_not_written_over(ectgraph_):
    done = ectgraph_("timeline clean.jws --keys keys.json -o keys.json")

    assert done.code == 2
    assert "not written over" in done.err


def test_without_the_library_it_is_said_before_any_work(ectgraph_, monkeypatch):
    monkeypatch.setitem(sys.modules, "vl_convert", None)

    done = ectgraph_("timeline nothing-there.jws -o t.svg")

    assert done.code == 2
    assert "pip install 'ectgraph[timeline]'" in done.err


def test_it_can_be_narrowed_like_a_drawing(ectgraph_, folder):
    done = ectgraph_("timeline faulty.jws --keys keys.json --only-findings -o t.json")

    assert done.code == 0
    assert "only tasks with findings" in done.err
    assert len(json.loads((folder / "t.json").read_bytes())["datasets"]["bars"]) == 1
