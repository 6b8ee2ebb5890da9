"""Commands to copy: they mean what they say, and nothing more."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace

import pytest

from ectgraph import escape
from ectgraph.reports.invocation import Invocation, about, quoted
from ectgraph.rules import RULES


def test_a_shell_reads_a_word_as_it_was(hostile_text: str):
    word = hostile_text.replace("\0", "")

    bash = shutil.which("bash")
    assert bash is not None

    read = subprocess.run(
        [bash, "-c", f"printf %s {quoted(word)}"], capture_output=True, check=True, timeout=9
    )

    assert read.stdout.decode() == word


def test_a_command_can_be_shown_as_it_is(hostile_text: str):
    line = Invocation(paths=(hostile_text,)).command("lint") or ""

    assert escape.terminal(line) == line


@pytest.mark.parametrize(
    ("origin", "line"),
    [
        ("ectgraph", "ectgraph rule ECT302"),
        ("acme-rules 1.0", "ectgraph rule ECT302"),
        ("my rules.py", "ectgraph rule ECT302 --rules-from 'my rules.py'"),
        ("-rules.py", "ectgraph rule ECT302 --rules-from -rules.py"),
        (f"{'x' * 300}.py", "ectgraph rule ECT302"),
    ],
)
def test_the_command_that_tells_a_rule_names_its_file(origin: str, line: str):
    assert about("ECT302", {"ECT302": replace(RULES["ECT302"], origin=origin)}) == line


def test_a_rule_in_no_catalogue_is_asked_for_by_its_code():
    assert about("ACME1", RULES) == "ectgraph rule ACME1"
