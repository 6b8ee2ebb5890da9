"""Settings at the command line: they are defaults of options; and the command that shows them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ectgraph import settings
from ectgraph.cli.choices import LEVELS
from ectgraph.cli.options import InputFormat
from ectgraph.cli.output import Color
from ectgraph.model import Severity
from ectgraph.reports.forms import Form
from ectgraph.testing import sketch

ROOT = Path(__file__).parents[2]
FILE = "ectgraph.toml"
SAID = "ectgraph: settings from ectgraph.toml; `ectgraph config` shows them\n"


@pytest.fixture
def config(folder: Path) -> Path:
    """A configuration, yet to be written, and what it may name."""
    (folder / "flawed.jws").write_bytes(sketch("a@0<z; b@5<a,a").data)
    (folder / "strict.toml").write_text("[limits]\nskew = 0\nmax_parents = 1\n", "utf-8")
    (folder / "out").mkdir()
    (folder / "out/result.txt").write_bytes(b"result")
    return folder / FILE


def report(done: Any) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(done.out)
    return told


# What a file says is what an option says


SAME = {
    'keys = ["keys.json"]': "--keys keys.json",
    'keys = ["a.json", "b.json"]': "--keys a.json --keys b.json",
    'keys = ["keys.json"]\npolicy = "strict.toml"': "--keys keys.json --policy strict.toml",
    'artifacts = "out"': "--artifacts out",
    'allow_alg = ["ES384", "RS256"]': "--allow-alg ES384 --allow-alg RS256",
    'at = "2026-02-24T14:23:20Z"': "--at 2026-02-24T14:23:20Z",
    'select = ["ECT3,ECT2", "nothing-to-check"]': "--select ECT3,ECT2 --select nothing-to-check",
    'select = ["ECT2"]\nextend_select = ["ECT303"]': "--select ECT2 --extend-select ECT303",
    '[severity]\nECT303 = "note"\nECT306 = "error"': "--severity ECT303=note,ECT306=error",
    'fail_on = "fatal"': "--fail-on fatal",
    "workers = 1": "--workers 1",
    'input_format = "jws"': "--input-format jws",
    "max_findings = 1": "--max-findings 1",
    'color = "never"': "--color never",
}


@pytest.mark.parametrize("said", SAME)
@pytest.mark.parametrize("format_", ["full", "json"])
def test_a_setting_is_an_option_that_need_not_be_typed(
    ectgraph_, config: Path, said: str, format_: str
):
    line = f"lint flawed.jws --format {format_}"
    typed = ectgraph_(f"{line} {SAME[said]}")
    config.write_text(said, "utf-8")
    done = ectgraph_(line)

    assert (done.code, done.err) == (typed.code, SAID)
    if format_ == "json":
        assert [each for each in report(done)["basis"] if each["kind"] != "configuration"] == (
            report(typed)["basis"]
        )
        assert report(done) | {"basis": []} == report(typed) | {"basis": []}
    else:
        lines = [each for each in done.out.splitlines() if "judged by configuration" not in each]
        assert len(lines) == len(typed.out.splitlines())


def test_a_format_is_that_of_lint_alone(ectgraph_, config: Path):
    config.write_text('keys = ["keys.json"]\nformat = "markdown"', "utf-8")

    assert ectgraph_("lint clean.jws").out.startswith("#")
    assert ectgraph_("table clean.jws tasks").out.startswith("task,")
    assert "keys" in ectgraph_("config").out


def test_ignored_rules_have_their_reasons_in_the_report(ectgraph_, config: Path):
    config.write_text('[ignore]\nmissing-parent = "kept in another archive"\n', "utf-8")
    told = report(ectgraph_("lint flawed.jws --keys keys.json --format json"))

    assert {each["code"]: (each["ignored"], each["reason"]) for each in told["findings"]} == {
        "ECT303": (True, "kept in another archive"),
        "ECT306": (False, ""),
    }


def test_a_baseline_can_be_a_setting(ectgraph_, config: Path):
    ectgraph_("lint flawed.jws --keys keys.json --write-baseline known.json")
    config.write_text('keys = ["keys.json"]\nbaseline = "known.json"', "utf-8")

    assert ectgraph_("lint flawed.jws").code == 0


@pytest.mark.parametrize(
    ("said", "line", "counted"),
    [
        ('[ignore]\nECT303 = "x"', "", ["ECT306"]),
        ('[ignore]\nECT303 = "x"', "--ignore ECT306", ["ECT303"]),
        ('[ignore]\nECT303 = "x"', "--config none", ["ECT303", "ECT306"]),
        ('[ignore]\nECT303 = "x"', "--config other.toml", ["ECT303"]),
        ('select = ["ECT1"]', "--select ECT3", ["ECT303", "ECT306"]),
    ],
)
def test_the_command_line_wins(ectgraph_, config: Path, said: str, line: str, counted: list[str]):
    config.write_text(said, "utf-8")
    (config.parent / "other.toml").write_text('[ignore]\nECT306 = "y"', "utf-8")
    told = report(ectgraph_(f"lint flawed.jws --keys keys.json --format json {line}"))

    assert [each["code"] for each in told["findings"] if not each["ignored"]] == counted


def test_the_reason_in_the_file_stays_that_of_a_rule_that_both_ignore(ectgraph_, config: Path):
    config.write_text('[ignore]\nECT303 = "kept elsewhere"', "utf-8")
    line = "lint flawed.jws --keys keys.json --format json --ignore ECT303,ECT306"

    assert [each["reason"] for each in report(ectgraph_(line))["findings"]] == [
        "kept elsewhere",
        "",
    ]


def test_more_lenient_options_win_as_well(ectgraph_, config: Path):
    config.write_text('keys = ["keys.json"]\nfail_on = "note"', "utf-8")

    assert ectgraph_("lint flawed.jws").code == 1
    assert ectgraph_("lint flawed.jws --fail-on fatal").code == 0


# That one is in force is never a secret


def test_a_report_names_the_file_and_its_digest(ectgraph_, config: Path):
    config.write_text("workers = 1", "utf-8")
    done = ectgraph_("lint clean.jws --keys keys.json --format json")

    assert done.err == SAID
    assert report(done)["basis"] == [
        {
            "kind": "configuration",
            "source": FILE,
            "sha256": settings.load(config).sha256,
        }
    ]


@pytest.mark.parametrize("option", ["--config none", "--config=none"])
def test_without_a_file_nothing_is_said(ectgraph_, config: Path, option: str):
    config.write_text("this is no TOML", "utf-8")
    done = ectgraph_(f"lint clean.jws --keys keys.json --format json {option}")

    assert (done.code, done.err) == (0, "")
    assert report(done)["basis"] == []


def test_a_file_above_is_found_and_its_paths_lead_from_there(
    ectgraph_, config: Path, monkeypatch: pytest.MonkeyPatch
):
    config.write_text('keys = ["keys.json"]', "utf-8")
    monkeypatch.chdir(config.parent / "nothing")
    done = ectgraph_("lint ../clean.jws")

    assert (done.code, done.err) == (0, SAID.replace(FILE, str(Path("..") / FILE)))


@pytest.mark.parametrize(
    "line", ["lint clean.jws", "draw clean.jws", "table clean.jws tasks", "config"]
)
def test_a_broken_file_stops_every_command_that_would_go_by_it(ectgraph_, config: Path, line: str):
    config.write_text("\nfail-on = 1", "utf-8")
    done = ectgraph_(line)

    assert (done.code, done.out) == (2, "")
    assert done.err == "ectgraph: ectgraph.toml:2: fail-on: there is no such key; did you mean 'fail_on'?\n"  # fmt: skip


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("--config missing.toml", "missing.toml: cannot be read"),
        ("--config nothing", "nothing: cannot be read"),
        ("--config none.json", "none.json: it says nothing"),
        ("--config keys.json", "keys.json:1: no TOML"),
        ("--config junk.bin", "this is not UTF-8"),
    ],
)
def test_a_file_that_is_named_must_be_one(ectgraph_, folder: Path, option: str, words: str):
    done = ectgraph_(f"lint clean.jws {option}")

    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("command", ["lint", "draw", "table", "show", "config"])
def test_help_needs_no_file(ectgraph_, config: Path, command: str):
    config.write_text("this is no TOML", "utf-8")
    done = ectgraph_(f"{command} --help")

    assert (done.code, done.err) == (0, "")
    assert "--config" in done.out


def test_completion_reads_no_file(process, config: Path):
    config.write_text("this is no TOML", "utf-8")
    environment = {
        "_ECTGRAPH_COMPLETE": "complete_bash",
        "COMP_WORDS": "ectgraph lint --forma",
        "COMP_CWORD": "2",
    }
    command = [sys.executable, "-c", "from ectgraph.cli import main; main()"]
    done = subprocess.run(
        command,
        cwd=config.parent,
        env=os.environ | environment,
        capture_output=True,
        check=False,
    )

    assert b"TOML" not in done.stdout + done.stderr


@pytest.mark.parametrize("name", ["new\nline.toml", "esc\x1b[31mape.toml", "\u202ebidi.toml"])
def test_a_hostile_name_or_value_is_shown_harmless(ectgraph_, folder: Path, name: str):
    text = 'keys = ["a\\u001b[31m\\nb"]\n[ignore]\nECT502 = "\\u202ea\\nb"\n'
    (folder / name).write_text(text, "utf-8")
    done = ectgraph_("config --config", name)

    assert done.code == 0
    assert done.out.replace("\n", "").isprintable()
    assert "\\x1b[31m\\nb" in done.out


# config


def test_config_tells_where_each_setting_comes_from(ectgraph_, config: Path):
    config.write_text(
        '# ours\nkeys = ["keys.json"]\npolicy = "strict.toml"\n\n[ignore]\ncycle = "old"\n', "utf-8"
    )
    done = ectgraph_("config")
    rows = [tuple(re.split(r"\s{2,}", line.strip())) for line in done.out.splitlines()]

    assert (done.code, done.err) == (0, "")
    assert rows[0][0].startswith("settings from ectgraph.toml (sha256 ")
    for row in (
        ("keys", "ectgraph.toml:2", "keys.json"),
        ("ignore.cycle", "ectgraph.toml:6", "old"),
        ("fail_on", "default", "error"),
        ("max_findings", "default", "50"),
        ("at", "default", "record"),
        ("skew", "strict.toml:2", "0"),
        ("max_parents", "strict.toml:3", "1"),
        ("max_depth", "default", "10000"),
    ):
        assert row in rows


def test_config_tells_everything_to_scripts(ectgraph_, config: Path):
    config.write_text('keys = ["keys.json"]\npolicy = "strict.toml"', "utf-8")
    told = report(ectgraph_("config --format json"))

    assert list(told) == ["format", "file", "settings", "limits"]
    assert told["format"] == "ectgraph-settings/1"
    assert told["file"]["path"] == FILE
    names = [each["name"] for each in told["settings"]]
    assert names == list(settings.Settings.__struct_fields__)
    assert told["settings"][0] == {
        "name": "keys",
        "value": ["keys.json"],
        "path": FILE,
        "line": 1,
    }
    assert {each["name"]: each["value"] for each in told["limits"]}["skew"] == 0


@pytest.mark.parametrize("option", ["", "--config none"])
def test_config_tells_the_defaults_where_there_is_no_file(ectgraph_, folder: Path, option: str):
    text = ectgraph_(f"config {option}")
    told = report(ectgraph_(f"config --format json {option}"))

    assert (text.code, text.err) == (0, "")
    assert text.out.startswith("no settings: ")
    assert told["file"] is None
    assert {each["path"] for each in told["settings"] + told["limits"]} == {None}


def test_config_prints_the_schema_whatever_is_in_force(ectgraph_, config: Path):
    config.write_text("this is no TOML", "utf-8")

    assert report(ectgraph_("config --schema")) == json.loads(json.dumps(settings.schema()))


def test_config_knows_the_rules_of_others(ectgraph_, config: Path):
    config.write_text('[ignore]\nACME001 = "theirs"', "utf-8")

    assert "no rule has the code or name 'ACME001'" in ectgraph_("config").err
    (config.parent / "acme.py").write_text(
        "from ectgraph.rule import Severity, token_rule\n"
        "@token_rule('ACME001', 'no-thing', Severity.NOTE, cites='ours', advice='Look.',"
        " good=(), bad=())\n"
        "def check(token, policy):\n"
        "    'Nothing.'\n"
        "    return ()\n"
    )
    done = ectgraph_("config --rules-from acme.py")
    assert (done.code, "theirs" in done.out) == (0, True)


def test_a_policy_that_is_not_there_is_told(ectgraph_, config: Path):
    config.write_text('policy = "missing.toml"', "utf-8")
    done = ectgraph_("config")

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("ectgraph: missing.toml: cannot be read")


# The page


def steps() -> list[tuple[str, str]]:
    """The files and the commands of the page: (name or command, content or output)."""
    page = (ROOT / "docs/settings.md").read_text("utf-8")
    found = []
    for kind, block in re.findall(r"```(toml|console)\n(.*?)```", page, re.DOTALL):
        if kind == "toml":
            found.append((block.partition("\n")[0].removeprefix("# "), block))
        else:
            found += re.findall(r"^(\$ .+)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
    return found


@pytest.mark.skipif(os.name != "posix", reason="the commands are for a POSIX shell")
def test_the_page_shows_what_commands_print(tmp_path: Path) -> None:
    (tmp_path / "sample_ledgers").symlink_to(ROOT / "sample_ledgers")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    assert len(steps()) >= 7
    for name, content in steps():
        if not name.startswith("$ "):
            (tmp_path / name).write_text(content, "utf-8")
            continue
        done = subprocess.run(
            ["/bin/sh", "-c", name.removeprefix("$ ")],
            cwd=tmp_path,
            env=os.environ | {"PATH": path, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert (done.stderr + done.stdout).splitlines() == content.splitlines(), name


# A file that was merely found


def test_no_address_is_fetched_because_a_file_was_found(
    ectgraph_, config: Path, monkeypatch: pytest.MonkeyPatch
):
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return (config.parent / "keys.json").read_bytes()

    monkeypatch.setattr("ectgraph.keys.remote.fetch", fetch)
    config.write_text('keys = ["keys.json", "HTTPS://example.com/k"]', "utf-8")

    for line in ("lint clean.jws", "explain clean.jws ECT303", "draw clean.jws", "config"):
        done = ectgraph_(line)

        assert (done.code, done.out) == (2, "")
        assert "ectgraph.toml:1: keys[1]: 'HTTPS://example.com/k' is fetched only if" in done.err
    assert asked == []

    assert ectgraph_("lint clean.jws --config ectgraph.toml").code == 0
    assert asked == ["HTTPS://example.com/k"]
    assert ectgraph_("lint clean.jws --config none --keys keys.json").code == 0


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("format", Form),
        ("fail_on", Severity),
        ("input_format", InputFormat),
        ("color", Color),
        ("severity", LEVELS),
    ],
)
def test_a_setting_takes_the_very_words_that_its_option_takes(name: str, words: Any):
    listed = re.findall(r"'enum': \[([^]]*)\]", str(_properties()[name]))

    assert [set(each.replace("'", "").split(", ")) for each in listed] == [{*map(str, words)}]


def _properties() -> dict[str, Any]:
    return settings.schema()["$defs"]["Settings"]["properties"]
