"""lint: what it reports, where to, and what makes it fail."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ectgraph import loader
from ectgraph.errors import EctgraphError
from ectgraph.testing import jwks, sketch, task_id

KEYS = "--keys keys.json"
CLEAN = "a@0; b@5<a by=agent-b"
FAULTY = "a@0; b@5<a,z by=agent-b !flipped"


def told(done: Any) -> dict[str, Any]:
    """The JSON report on stdout."""
    return json.loads(done.out)


def marked(done: Any, mark: str) -> list[str]:
    """The codes of findings that bear a mark: `known` or `ignored`."""
    return [finding["code"] for finding in told(done)["findings"] if finding[mark]]


def test_lint_reports_in_text(ectgraph_):
    done = ectgraph_("lint faulty.jws --keys keys.json")

    assert done.err == ""
    assert "error ECT201 bad-signature  faulty.jws:2" in done.out
    assert "error ECT303 missing-parent" in done.out
    assert done.out.endswith("\n2 errors\n")
    assert "\x1b" not in done.out


def test_lint_without_keys_says_that_nothing_was_checked(ectgraph_):
    done = ectgraph_("lint clean.jws")

    assert "2 unchecked" in done.out
    assert "ECT204" in done.out
    assert "verified" not in done.out.partition("Not established")[0]


def test_lint_with_the_wrong_keys_finds_every_token(ectgraph_, folder: Path):
    wrong = jwks("mallory", "eve")["keys"]
    keys = [key | {"kid": kid} for key, kid in zip(wrong, ["agent-a", "agent-b"], strict=True)]
    (folder / "wrong.json").write_text(json.dumps({"keys": keys}), "utf-8")

    for name, code in (("wrong.json", "ECT201"), ("unknown.json", "ECT202")):
        if name == "unknown.json":
            (folder / name).write_text(json.dumps({"keys": wrong}), "utf-8")
        done = ectgraph_(f"lint clean.jws --keys {name} --format json")
        report = json.loads(done.out)

        assert done.code == 1
        assert [f["code"] for f in report["findings"]] == [code, code]
        assert {f["jti"] for f in report["findings"]} == {task_id("a"), task_id("b")}


def test_lint_writes_json_and_nothing_else_to_stdout(ectgraph_):
    done = ectgraph_("lint faulty.jws --keys keys.json --format json --ignore ECT303")
    report = json.loads(done.out)

    assert done.err == ""
    assert report["format"] == "ectgraph-report/1"
    assert report["inputs"][0]["source"] == "faulty.jws"
    assert report["keys"] == [{"source": "keys.json", "keys": 2}]
    assert [(f["code"], f["ignored"]) for f in report["findings"]] == [
        ("ECT201", False),
        ("ECT303", True),
    ]


@pytest.mark.parametrize("format_", ["full", "json"])
def test_lint_writes_to_a_file_what_it_would_have_written_to_stdout(
    ectgraph_, folder: Path, format_: str
):
    line = f"lint faulty.jws --keys keys.json --format {format_}"
    plain, done = ectgraph_(line), ectgraph_(f"{line} -o report")

    assert done == (1, "", "")
    assert (folder / "report").read_text("utf-8") == plain.out != ""


def test_lint_reports_an_empty_ledger_and_does_not_call_it_clean(ectgraph_):
    for name in ("empty.jws", "comments.jws"):
        done = ectgraph_(f"lint {name} --keys keys.json")

        assert "ECT009" in done.out
        assert "no findings" not in done.out
        assert "✓" not in done.out


def test_lint_reports_binary_junk_record_by_record(ectgraph_):
    done = ectgraph_("lint junk.bin --keys keys.json --format json")
    report = json.loads(done.out)

    assert report["summary"]["records"] == report["summary"]["unreadable"] > 1
    assert (
        len({f["places"][0]["index"] for f in report["findings"]}) == (report["summary"]["records"])
    )


def test_lint_shows_as_many_findings_as_asked_for(ectgraph_, folder: Path):
    many = "; ".join(f"t{n}@{n} wid={n} !flipped" for n in range(60))
    (folder / "many.jws").write_bytes(sketch(many).data)

    shown = [
        ectgraph_(f"lint many.jws --keys a.json {option}").out.count("error ECT201")
        for option in ("", "--max-findings 60", "--max-findings 0", "--max-findings 59")
    ]

    assert shown == [5, 60, 60, 5]


def test_lint_gives_the_same_report_with_any_number_of_workers(ectgraph_):
    one, two = (ectgraph_(f"lint faulty.jws --keys keys.json --workers {n}") for n in (1, 2))

    assert one == two


def test_lint_reads_standard_input(process, folder: Path):
    done = process(folder, "lint - --keys keys.json", input=sketch(FAULTY).data)

    assert done.returncode == 1
    assert b"ECT303 missing-parent  -:2" in done.stdout
    assert done.stderr == b""


def test_standard_input_can_be_one_of_several_sources(process, folder: Path):
    done = process(folder, "lint clean.jws - --format json", input=sketch("x@0; y@1<x").data)

    sources = json.loads(done.stdout)["inputs"]
    assert [(s["source"], s["records"]) for s in sources] == [("clean.jws", 2), ("-", 2)]


def test_a_path_that_looks_like_an_option_can_be_given(ectgraph_, folder: Path):
    (folder / "--keys").write_bytes(sketch(CLEAN).data)

    assert ectgraph_("lint --keys keys.json -- --keys").code == 0


# What counts


@pytest.mark.parametrize(
    ("options", "ignored"),
    [
        ("--ignore missing-parent", ["ECT303"]),
        ("--ignore Missing-Parent,ect201", ["ECT201", "ECT303"]),
        ("--select bad-signature", ["ECT303"]),
        ("--select ECT2 --extend-select missing-parent", []),
        ("--select ECT --ignore ECT2", ["ECT201"]),
    ],
)
def test_rules_are_named_by_code_beginning_or_name(ectgraph_, options: str, ignored: list[str]):
    done = ectgraph_(f"lint faulty.jws {KEYS} --format json {options}")

    assert marked(done, "ignored") == ignored


def test_a_severity_can_be_another(ectgraph_):
    line = f"lint faulty.jws {KEYS} --format json --severity"

    done = ectgraph_(f"{line} missing-parent=note --severity ECT201=warning")

    assert {f["code"]: f["severity"] for f in told(done)["findings"]} == {
        "ECT303": "note",
        "ECT201": "warning",
    }
    assert done.code == 0
    assert ectgraph_(f"{line} ECT=note --fail-on note").code == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--severity ECT201", "CODE=LEVEL"),
        ("--severity ECT201=bad", "CODE=LEVEL"),
        ("--severity ECT20l=note", "did you mean ECT2"),
        ("--select ECT303 --ignore ect303", "both selected and ignored"),
        ("--exit-zero --fail-on warning", "--exit-zero never fails"),
        ("--quiet --statistics", "--statistics leaves them out"),
        ("--statistics --format sarif", "for people"),
        ("--separate --against keys.json", "a checkpoint is of one ledger"),
        ("--since keys.json --write-baseline b.json", "cannot make a baseline"),
        ("--extend-select ECT3", "adds to --select"),
        ("--format json --format sarif", "standard output"),
        ("--format json -o a.txt --format sarif -o a.txt", "two formats go to this file"),
        ("--format json -o nowhere/a.json", "there is no folder"),
        ("-o nothing", "it is a folder"),
        ("--write-baseline nowhere/b.json", "there is no folder"),
        ("--write-baseline clean.jws", "not written over"),
        ("--baseline keys.json", "keys.json"),
        ("--baseline missing.json", "missing.json"),
        ("--policy missing.toml", "missing.toml"),
        ("--rules-from missing.py", "missing.py"),
        ("--artifacts missing", "missing"),
        ("--config missing.toml", "missing.toml"),
    ],
)
def test_a_mistake_is_told_in_one_line_before_anything_is_read(
    ectgraph_, monkeypatch: pytest.MonkeyPatch, options: str, words: str
):
    monkeypatch.setattr("ectgraph.loader.load", lambda *_, **__: pytest.fail("it was read"))

    done = ectgraph_(f"lint clean.jws {KEYS} {options}")

    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert words in done.err


# Where it goes


def test_several_formats_are_written_in_one_run(ectgraph_, folder: Path):
    done = ectgraph_(
        f"lint faulty.jws {KEYS} --format json -o a.json --format concise --format sarif -o b -o c.md"
    )

    assert json.loads((folder / "a.json").read_bytes())["format"] == "ectgraph-report/1"
    assert json.loads((folder / "b").read_bytes())["version"] == "2.1.0"
    assert (folder / "c.md").read_text("utf-8").startswith("#")
    assert done.out.startswith("faulty.jws:2: error ECT201")
    assert done.err == ""


@pytest.mark.parametrize(
    ("file", "beginning"),
    [("r.json", "{"), ("r.sarif", "{"), ("r.xml", "<?xml"), ("r.csv", "code,"), ("r.md", "#")],
)
def test_the_suffix_of_a_file_says_its_format(ectgraph_, folder: Path, file: str, beginning: str):
    done = ectgraph_(f"lint faulty.jws {KEYS} -o {file}")

    assert (done.code, done.out, done.err) == (1, "", "")
    assert (folder / file).read_text("utf-8").startswith(beginning)


def test_quiet_leaves_the_findings_alone(ectgraph_):
    assert ectgraph_(f"lint clean.jws {KEYS} --quiet").out == ""
    told_ = ectgraph_(f"lint faulty.jws {KEYS} -q").out
    assert "ECT201" in told_
    assert "Established" not in told_


def test_statistics_count_by_rule(ectgraph_):
    out = ectgraph_(f"lint faulty.jws {KEYS} --statistics").out

    assert "ECT201" in out
    assert "→ Treat the record" not in out


@pytest.mark.parametrize(
    ("options", "environment", "colours"),
    [
        ("", {}, False),
        ("--color always", {}, True),
        ("--color always", {"NO_COLOR": "1"}, True),
        ("--color never", {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colours_are_as_asked_for(
    process, folder: Path, options: str, environment: dict[str, str], colours: bool
):
    inherited = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}

    done = process(folder, f"lint faulty.jws {options}", env=inherited | environment)

    assert (b"\x1b[" in done.stdout) == colours


def test_a_terminal_without_colour_gets_none(on_a_terminal, folder: Path, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")

    _, out, _ = on_a_terminal(folder, "lint faulty.jws")

    assert "\x1b[3" not in out


def test_exit_zero_reports_and_does_not_fail(ectgraph_):
    done = ectgraph_(f"lint faulty.jws {KEYS} --exit-zero")

    assert done.code == 0
    assert "2 errors" in done.out
    assert ectgraph_("lint empty.jws --exit-zero").code == 3


# What is known


def test_known_findings_are_shown_and_counted_and_do_not_fail(ectgraph_, folder: Path):
    (folder / "gap.jws").write_bytes(sketch("b@5<a; c@6<b").data)
    assert ectgraph_(f"lint gap.jws {KEYS} --write-baseline known.json").code == 1

    done = ectgraph_(f"lint gap.jws {KEYS} --baseline known.json")

    assert done.code == 0
    assert "known" in done.out
    assert "ECT303 missing-parent" in done.out
    assert "being known by the baseline" in done.out
    done = ectgraph_(f"lint gap.jws {KEYS} --baseline known.json --format json")
    assert marked(done, "known") == ["ECT303"]
    assert (
        told(done)["summary"]["findings"] | {"known": 1, "error": 0}
        == (told(done)["summary"]["findings"])
    )
    assert [each["kind"] for each in told(done)["basis"]] == ["baseline"]


def test_what_the_evidence_rests_on_is_never_known(ectgraph_):
    done = ectgraph_(f"lint faulty.jws {KEYS} --write-baseline known.json")
    assert "1 finding cannot be taken as known, and still fail: ECT201" in done.err

    done = ectgraph_(f"lint faulty.jws {KEYS} --baseline known.json --format json")

    assert (done.code, marked(done, "known")) == (1, ["ECT303"])


def test_what_a_baseline_knows_and_is_no_more_is_told(ectgraph_):
    ectgraph_(f"lint faulty.jws {KEYS} --write-baseline known.json")

    done = ectgraph_(f"lint clean.jws {KEYS} --baseline known.json")

    assert done.code == 0
    assert "known.json: 1 finding of it is gone" in done.err


# Settings


def test_a_configuration_is_in_force_and_said_to_be(ectgraph_, folder: Path):
    (folder / "ectgraph.toml").write_text(
        'keys = ["keys.json"]\n[ignore]\nECT303 = "pruned on purpose"\n', "utf-8"
    )

    done = ectgraph_("lint faulty.jws")

    assert "ectgraph.toml" in done.err
    assert len(done.err.splitlines()) == 1
    assert "1 ignored (ECT303: pruned on purpose)" in done.out
    assert "ECT204" not in done.out
    assert ectgraph_("lint faulty.jws --config none").err == ""
    assert "ECT204" in ectgraph_("lint faulty.jws --config none").out


def test_the_command_line_wins_over_the_configuration(ectgraph_, folder: Path):
    (folder / "ectgraph.toml").write_text(
        'keys = ["keys.json"]\nfail_on = "fatal"\nformat = "concise"\nselect = ["ECT2"]\n', "utf-8"
    )

    assert ectgraph_("lint faulty.jws").code == 0
    assert ectgraph_("lint faulty.jws --fail-on error").code == 1
    done = ectgraph_("lint faulty.jws --format json --select ECT3")
    assert marked(done, "ignored") == ["ECT201"]


# Many ledgers


def test_many_ledgers_have_a_line_each_the_worst_first(ectgraph_):
    done = ectgraph_(f"lint clean.jws faulty.jws empty.jws {KEYS} --separate")

    lines = [line.split()[0] for line in done.out.splitlines() if line.strip()]
    summary = [name for name in lines if name.endswith(".jws")][-3:]
    assert done.code == 1
    assert summary[0] == "faulty.jws"
    assert summary[-1] == "clean.jws"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root can read everything")
def test_a_ledger_without_permission_stops_no_other(ectgraph_, folder: Path):
    (folder / "clean.jws").chmod(0)

    done = ectgraph_(f"lint clean.jws faulty.jws {KEYS} --separate --format json")

    first, second = told(done)["reports"]
    assert [finding["code"] for finding in first["findings"]] == ["ECT001", "ECT009"]
    assert second["summary"]["records"] == 2


def test_a_ledger_that_cannot_be_read_stops_no_other(
    ectgraph_, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    load = loader.load

    def fails(paths: Any, *args: Any, **options: Any) -> Any:
        if paths[0].name == "clean.jws":
            message = "clean.jws: cannot be read (Input/output error)"
            raise EctgraphError(message) from OSError(5, "Input/output error")
        return load(paths, *args, **options)

    monkeypatch.setattr("ectgraph.loader.load", fails)

    done = ectgraph_(f"lint clean.jws faulty.jws {KEYS} --separate --format json")

    first, second = told(done)["reports"]
    assert done.code == 1
    assert "Input/output error" in first["findings"][0]["message"]
    assert second["summary"]["records"] == 2


# Who looks over whose shoulder


def test_a_rule_both_selected_and_ignored_is_refused_however_it_is_called(ectgraph_):
    for options in ("--select ECT303 --ignore missing-parent", "--select ECT303 --ignore ECT3"):
        done = ectgraph_(f"lint clean.jws {KEYS} {options}")

        assert (done.code, done.out) == (2, "")
        assert "ECT303 is both selected and ignored" in done.err


def test_only_the_tool_itself_fails_fatally(ectgraph_):
    done = ectgraph_(f"lint clean.jws {KEYS} --severity cycle=fatal")

    assert done.code == 2
    assert done.err.endswith("write CODE=LEVEL, LEVEL being one of note, warning, error\n")


def test_a_name_that_is_wrong_is_told_as_it_was_typed(ectgraph_):
    assert "name 'cycel'; did you mean cycle?" in ectgraph_("lint clean.jws --ignore cycel").err


@pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")
def test_one_file_under_two_names_is_not_written_twice(ectgraph_, folder: Path):
    (folder / "one").write_bytes(b"")
    (folder / "two").symlink_to("one")

    for options in (
        "--format json -o one --format full -o two",
        "--format json -o one --write-baseline two",
        "--format json -o new.json --write-baseline new.json",
        "--format json -o /dev/stdout --format full",
    ):
        done = ectgraph_(f"lint faulty.jws {options}")

        assert (done.code, done.out) == (2, "")
        assert "to this file" in done.err or "standard output" in done.err


def test_a_ledger_without_anything_in_it_never_passes_among_others(ectgraph_):
    assert ectgraph_(f"lint empty.jws clean.jws {KEYS} --separate").code == 3
    assert ectgraph_(f"lint empty.jws faulty.jws {KEYS} --separate").code == 1


def test_quiet_is_quiet_on_a_terminal_as_well(on_a_terminal, folder: Path):
    assert on_a_terminal(folder, f"lint clean.jws {KEYS} --quiet")[1:] == ("", "")


def test_colours_that_are_asked_for_come_on_a_dumb_terminal_too(process, folder: Path):
    done = process(folder, "lint faulty.jws --color always", env=os.environ | {"TERM": "dumb"})

    assert b"\x1b[1;31merror" in done.stdout


RULE = """\
print("imported")
from ectgraph.rule import Hit, Severity, token_rule

@token_rule("ACME001", "house-rule", Severity.NOTE, cites="x", advice="Look.", good=(), bad=())
def check(token, policy):
    "It is as we do not do it."
    print("asked")
    return [Hit("so it is")]
"""


def test_what_rules_by_others_print_is_no_part_of_the_report(ectgraph_, folder: Path):
    (folder / "mine.py").write_text(RULE, "utf-8")

    done = ectgraph_(f"lint clean.jws {KEYS} --rules-from mine.py --format json")

    assert [each["code"] for each in told(done)["findings"]] == ["ACME001", "ACME001"]
    assert done.err.split() == ["imported", "asked", "asked"]


def test_rules_by_others_can_be_named_beside_a_ledger_that_cannot_be_read(ectgraph_, folder: Path):
    (folder / "mine.py").write_text(RULE, "utf-8")
    (folder / "gone.jws").symlink_to("nowhere")

    done = ectgraph_(
        f"lint gone.jws clean.jws {KEYS} --separate --rules-from mine.py --select house-rule"
    )

    assert done.code == 3
    assert "ACME001" in done.out


def test_more_ledgers_than_code_scanning_takes_are_told(ectgraph_, folder: Path):
    (folder / "many").mkdir()
    for number in range(21):
        (folder / f"many/{number}.jws").write_bytes(sketch("a@0").data)

    done = ectgraph_(f"lint many --separate {KEYS} -o many.sarif")

    assert (done.code, done.out) == (0, "")
    assert "21 ledgers" in done.err
    assert ectgraph_(f"lint clean.jws faulty.jws --separate {KEYS} -o two.sarif").err == ""
