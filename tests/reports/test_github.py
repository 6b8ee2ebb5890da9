"""Workflow commands of GitHub, read back as its runner reads them."""

from __future__ import annotations

import re

from ectgraph import escape

COMMAND = re.compile(r"::(error|warning|notice) ([^:\n]*)::([^\n]*)\n")


def read(text: str) -> list[tuple[str, dict[str, str], str]]:
    """(command, properties, message) of each command; there must be nothing else."""
    assert COMMAND.sub("", text) == ""
    return [
        (
            command,
            {
                name: unescaped(value, member=True)
                for name, _, value in (part.partition("=") for part in members.split(","))
            },
            unescaped(message),
        )
        for command, members, message in COMMAND.findall(text)
    ]


def unescaped(text: str, *, member: bool = False) -> str:
    for code, char in [("%0A", "\n"), ("%0D", "\r"), ("%3A", ":"), ("%2C", ",")][
        : 4 if member else 2
    ]:
        text = text.replace(code, char)
    return text.replace("%25", "%")


def test_a_command_names_file_line_and_rule(judged, written):
    report = judged("a@0; b@5<a !flipped", "led, a:b%.jws")
    (finding,) = report.findings

    ((command, members, message),) = read(written("github", report))

    assert command == "error"
    assert members == {"file": "led, a:b%.jws", "line": "2", "title": "ECT201 bad-signature"}
    assert message == f"{finding.message}\n→ {finding.advice}"


def test_what_has_no_line_names_the_file(judged, written):
    ((_, members, _),) = read(written("github", judged("", "led.jws")))

    assert members == {"file": "led.jws", "title": "ECT009 nothing-to-check"}


def test_the_worst_come_first_and_known_ones_last_as_notices(everything, written):
    commands = read(written("github", everything))

    assert [command for command, _, _ in commands] == ["error"] * (len(commands) - 1) + ["notice"]
    assert commands[-1][1]["title"] == "ECT303 missing-parent (known)"
    assert "ECT209" not in str(commands)


def test_the_worst_of_all_ledgers_come_first(judged, written):
    mild = judged("a@0 wid=; b@5 wid=x; !bad-key", "mild.jws")
    commands = read(written("github", mild, judged("a@0<a", "bad.jws")))

    assert {command for command, _, _ in commands[1:]} == {"warning"}
    assert commands[0][1]["file"] == "bad.jws"


def test_nothing_is_written_where_nothing_was_found(judged, written):
    assert written("github", judged("a@0; b@5<a")) == ""


def test_hostile_text_makes_no_command(hostile_text: str, hostile_report, written):
    report = hostile_report(hostile_text)
    told = [finding for finding in report.findings if not finding.ignored]

    commands = read(written("github", report))

    assert len(commands) == len(told)
    said = {f"{escape.terminal(each.message, escape.LONG)}\n→ {each.advice}" for each in told}
    assert {message for _, _, message in commands} == said
    assert escape.terminal(hostile_text) in {members["file"] for _, members, _ in commands}
