"""The forms of a report: their names, what they need, and what holds for all of them."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import PurePath

import pytest
from rich.console import Console

from ectgraph.reports import forms
from ectgraph.reports.forms import Form, Options
from ectgraph.rules import RULES

each_form = pytest.mark.parametrize("form", Form)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("report.sarif", Form.SARIF),
        ("report.sarif.json", Form.SARIF),
        ("out.d/report.JSON", Form.JSON),
        ("report.2026.json", Form.JSON),
        ("report.jsonl", Form.JSONL),
        ("report.xml", Form.JUNIT),
        ("report.csv", Form.CSV),
        ("report.md", Form.MARKDOWN),
        ("report.txt", Form.FULL),
        ("report.json.txt", Form.FULL),
        ("report", Form.FULL),
        (".json", Form.FULL),
        ("json", Form.FULL),
    ],
)
def test_the_name_of_a_file_asks_for_a_form(name: str, form: Form):
    assert forms.by_suffix(PurePath(name)) is form


@each_form
def test_every_form_can_be_written_where_all_is_installed(form: Form):
    forms.check(form)


@pytest.mark.parametrize("form", [Form.SARIF, Form.JUNIT])
def test_a_form_whose_library_is_missing_is_refused_and_says_what_to_do(
    form: Form, monkeypatch, refusal
):
    monkeypatch.setattr(forms, "find_spec", lambda _: None)

    message = refusal(forms.check, form)

    assert f"--format {form}" in message
    assert "pip install 'ectgraph[ci]'" in message


def test_naming_the_forms_imports_none_of_them():
    code = "import sys, ectgraph.reports.forms; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)

    heavy = {"pandas", "rich", "pydantic", "junitparser", "networkx", "ectgraph.rules"}
    assert heavy.isdisjoint(done.stdout.split())


@each_form
def test_a_form_is_the_same_bytes_each_time(form: Form, everything, written):
    assert written(form, everything) == written(form, everything)
    assert written(form, everything, everything) == written(form, everything, everything)


@each_form
@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_snapshot(form: Form, number: int, everything, judged, few, written, snapshot):
    reports = [everything, judged("a@0; b@5<a", "clean.jws", rules=few)]

    assert written(form, *reports[:number], max_findings=4, rules=few) == snapshot


@each_form
def test_nothing_in_any_form_is_unprintable(form: Form, hostile_text: str, hostile_report, written):
    report = hostile_report(hostile_text)
    text = written(form, report) + written(form, report, report)
    plain = text.replace("\t", "") if form is Form.JUNIT else text  # which indents with tabs

    assert {char for char in plain if char != "\n" and not char.isprintable()} == set()


@each_form
def test_nothing_in_any_form_is_a_command_to_a_ci_server(
    form: Form, hostile_text: str, hostile_report, written
):
    report = hostile_report(hostile_text)
    text = written(form, report) + written(form, report, report)

    assert not re.search(r"##\w*\[", text)
    begun = [line for line in text.splitlines() if re.match(r"\s*::[a-zA-Z]", line)]
    assert [line for line in begun if form is not Form.GITHUB] == []


@each_form
def test_reports_go_where_a_console_writes(form: Form, everything, written):
    file = io.TextIOWrapper(io.BytesIO(), "utf-8", newline="\n")
    console = Console(file=file, width=200, markup=False, emoji=False, highlight=False)
    options = Options()

    forms.write(form, [everything], options, console)
    file.flush()

    expected = b"".join(forms.pieces(form, [everything], options))
    assert file.buffer.getvalue() == expected


@pytest.mark.parametrize("form", sorted(forms.FOR_PEOPLE))
def test_a_terminal_gets_the_same_bytes_each_time_with_links_too(form: Form, everything):
    def on_terminal() -> str:
        file = io.StringIO()
        console = Console(file=file, force_terminal=True, markup=False, highlight=False)
        forms.write(form, [everything], Options(docs="https://a.example/rules"), console)
        return file.getvalue()

    text = on_terminal()
    assert "\x1b]8;;https://a.example/rules#ect201-bad-signature\x1b\\" in text
    assert text == on_terminal()


def test_only_rules_of_ectgraph_are_on_its_page():
    options = Options(docs="https://a.example/rules")

    assert options.page("ECT302") == "https://a.example/rules#ect302-equivocation"
    assert options.page("ECT000") is None
    assert Options().page("ECT302") is None
    assert options.catalogue is RULES
