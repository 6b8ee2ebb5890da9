"""`ectgraph report`: one page into a file or a pipe, whatever was found, and never over evidence."""

from __future__ import annotations

import sys

import pytest


def test_a_page_is_written_and_said_to_be(ectgraph_, folder):
    done = ectgraph_("report faulty.jws --keys keys.json -o case.html")

    assert (done.code, done.out) == (0, "")
    assert "case.html: 3 tasks, 2 errors" in done.err
    page = (folder / "case.html").read_text("utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "<h1>Case report: faulty.jws</h1>" in page
    assert "ectgraph report faulty.jws --keys keys.json -o case.html" in page


def test_into_a_pipe_goes_the_page_and_nothing_else(ectgraph_):
    done = ectgraph_("report clean.jws --keys keys.json")

    assert done.code == 0
    assert done.out.startswith("<!DOCTYPE html>")
    assert done.out.rstrip().endswith("</html>")


def test_on_a_terminal_it_asks_for_a_file(on_a_terminal, folder):
    code, out, err = on_a_terminal(folder, "report clean.jws --keys keys.json")

    assert (code, out) == (2, "")
    assert "-o case.html" in err


def test_the_same_command_writes_the_same_bytes(ectgraph_, folder):
    line = "report faulty.jws --keys keys.json --title Twice -o case.html"
    ectgraph_(line)
    first = (folder / "case.html").read_bytes()
    ectgraph_(line)

    assert (folder / "case.html").read_bytes() == first
    assert b"<h1>Twice</h1>" in first


def test_findings_are_chosen_graded_and_known_as_in_lint(ectgraph_, folder):
    ectgraph_("lint clean.jws faulty.jws --keys keys.json --write-baseline known.json")
    line = "report faulty.jws --keys keys.json -o case.html"
    assert "1 error, 1 ignored" in ectgraph_(f"{line} --ignore ECT303").err
    assert "1 error, 1 note" in ectgraph_(f"{line} --severity ECT303=note").err
    assert "known" in ectgraph_(f"{line} --baseline known.json").err
    assert "baseline</th>" in (folder / "case.html").read_text("utf-8")


def test_what_a_checkpoint_saw_is_compared(ectgraph_, folder):
    ectgraph_("checkpoint clean.jws --keys keys.json -o seen.json")
    (folder / "clean.jws").write_bytes((folder / "faulty.jws").read_bytes())

    done = ectgraph_("report clean.jws --keys keys.json --against seen.json -o case.html")

    assert done.code == 0
    assert "the ledger is not what it saw" in (folder / "case.html").read_text("utf-8")


def test_what_does_not_fit_is_said(ectgraph_):
    done = ectgraph_("report faulty.jws --keys keys.json --max-tasks 1 -o case.html")

    assert "case.html: 1 of 3 tasks, " in done.err
    assert "hold 1 of 3 tasks" in done.err


def test_without_the_library_of_timelines_there_is_a_page_without_one(ectgraph_, monkeypatch):
    monkeypatch.setitem(sys.modules, "vl_convert", None)

    done = ectgraph_("report clean.jws --keys keys.json -o case.html")

    assert done.code == 0
    (line,) = [line for line in done.err.splitlines() if "timeline" in line]
    assert "pip install 'ectgraph[timeline]'" in line


@pytest.mark.parametrize("ledger", ["empty.jws", "comments.jws", "nothing"])
def test_without_any_record_there_is_nothing_to_show(ectgraph_, folder, ledger):
    done = ectgraph_(f"report {ledger} --keys keys.json -o case.html")

    assert done.code == 3
    assert not (folder / "case.html").exists()


def test_records_that_are_no_tasks_are_told_all_the_same(ectgraph_, folder):
    done = ectgraph_("report junk.bin -o case.html")

    assert done.code == 0
    assert "No diagram and no timeline" in done.err
    assert "ECT001" in (folder / "case.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("-o keys.json", "not written over"),
        ("-o faulty.jws", "not written over"),
        ("-o nowhere/case.html", "cannot be written"),
        ("-o case.pdf", "a page is HTML"),
        ("-o .", "it is a folder"),
        ("-o case.html --select ECT999", "ECT999"),
        ("-o case.html --max-tasks 0", "max-tasks"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(ectgraph_, folder, options, said):
    before = (folder / "faulty.jws").read_bytes()
    done = ectgraph_(f"report faulty.jws --keys keys.json {options}")

    assert done.code == 2
    assert said in done.err
    assert len(done.err.splitlines()) == 1
    assert (folder / "faulty.jws").read_bytes() == before


def test_a_command_that_would_not_print_is_put_down_as_it_can_be_typed(ectgraph_, folder):
    ectgraph_("report clean.jws -o case.html --title", "a b\x1b</h1>")

    page = (folder / "case.html").read_text("utf-8")
    assert "--title $&#x27;a b\\x1b&lt;/h1&gt;&#x27;" in page
    assert page.count("</h1>") == 1
