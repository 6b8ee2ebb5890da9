"""The configuration file: where it is found, what it may say, and how mistakes in it are told."""

import json
import os
from hashlib import sha256
from pathlib import Path

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as how_often
from hypothesis import strategies as st

from ectgraph.errors import EctgraphError
from ectgraph.rules import RULES
from ectgraph.settings import Loaded, Settings, find, load, schema

HERE = Path("ectgraph.toml")
PROJECT = Path("pyproject.toml")

EVERYTHING = """\
# What this team wants at every run.
keys = ["keys.json", "/etc/keys", "https://keys.example/jwks.json", "-"]
roots = ["roots.pem"]
policy = "policies/payments.toml"
artifacts = "out"
allow_alg = ["ES384"]
at = "2026-02-24T14:23:20Z"
select = ["ECT3,ECT2", "cycle"]
extend_select = [
  "ECT5",
]
fail_on = "warning"
baseline = "known.json"
format = "concise"
max_findings = 0
workers = 2
input_format = "jsonl"
table = "ledger"
column = "ect"
color = "never"

[ignore]
ECT502 = "month-end joins 120 branches"
too-deep = "a chain of daily runs"

[severity]
ECT303 = "note"
equivocation = "warning"
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, far below the one that tests may write to."""
    deep = tmp_path / "a/b"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    return deep


def read(text: str, name: str | Path = HERE) -> Loaded:
    Path(name).write_text(text, "utf-8")
    return load(name)


def refused(text: str, name: str | Path = HERE) -> str:
    with pytest.raises(EctgraphError) as caught:
        read(text, name).check(RULES)
    message = str(caught.value)
    assert message.isprintable()
    return message


# What it may say


def test_a_file_says_everything_that_it_may() -> None:
    loaded = read(EVERYTHING)

    assert list(loaded.said()) == list(Settings.__struct_fields__)
    assert loaded.sha256 == sha256(HERE.read_bytes()).hexdigest()
    loaded.check(RULES)


def test_every_line_is_known() -> None:
    loaded = read(EVERYTHING)
    lines = EVERYTHING.splitlines()

    for name in loaded.said():
        line = lines[(loaded.line_of(name) or 0) - 1]
        assert line.startswith((f"{name} = ", f"[{name}]"))
    assert [loaded.line_of("ignore", "too-deep"), loaded.line_of("severity", "ECT303")] == [24, 27]


def test_a_table_of_a_project_file_says_the_same() -> None:
    head = '[project]\nname = "x"\n\n[tool.other]\nkeys = 1\n\n[tool.ectgraph]\n'
    text = EVERYTHING.replace("[ignore]", "[tool.ectgraph.ignore]")
    loaded = read(head + text.replace("[severity]", "[tool.ectgraph.severity]"), PROJECT)

    assert loaded.settings == read(EVERYTHING).settings
    assert loaded.line_of("fail_on") == head.count("\n") + 12


def test_codes_and_names_of_rules_are_codes_afterwards() -> None:
    loaded = read(EVERYTHING)

    assert loaded.reasons(RULES) == {
        "ECT502": "month-end joins 120 branches",
        "ECT501": "a chain of daily runs",
    }
    assert loaded.severities(RULES) == {"ECT303": "note", "ECT302": "warning"}


@pytest.mark.parametrize(
    ("at", "is_time"),
    [("record", True), ("now", True), ("1771943000", True), ("-1.5", True), ("2026-02-24", False)],
)
def test_a_time_is_a_word_a_number_or_an_instant(at: str, is_time: bool) -> None:
    if is_time:
        assert read(f'at = "{at}"').settings.at == at
    else:
        assert "is no time" in refused(f'at = "{at}"')


# Paths


def test_paths_lead_from_the_folder_of_the_file(folder: Path) -> None:
    above = folder.parent / HERE
    above.write_text(EVERYTHING, "utf-8")
    found = find()
    assert found is not None
    said = load(found).settings

    keys = ("../keys.json", "/etc/keys", "https://keys.example/jwks.json", "-")
    assert said.keys == tuple(key.replace("../", f"..{os.sep}") for key in keys)
    assert said.roots == (str(Path("../roots.pem")),)
    assert said.policy == str(Path("../policies/payments.toml"))
    assert (said.artifacts, said.baseline) == (str(Path("../out")), str(Path("../known.json")))
    assert (said.table, said.column) == ("ledger", "ect")


def test_paths_beside_the_caller_stay_as_they_are_written() -> None:
    assert read(EVERYTHING).settings.policy == str(Path("policies/payments.toml"))


# Where it is found


def test_the_nearest_folder_counts(folder: Path) -> None:
    for level, above in enumerate((folder.parent.parent, folder.parent, folder)):
        (above / HERE).write_text("workers = 1", "utf-8")
        assert find() == Path(*[".."] * (2 - level), HERE)


def test_a_file_of_our_own_comes_before_a_project_file(folder: Path) -> None:
    PROJECT.write_text("[tool.ectgraph]\nworkers = 1", "utf-8")
    (folder.parent / HERE).write_text("workers = 2", "utf-8")

    assert find() == PROJECT
    HERE.write_text("workers = 3", "utf-8")
    assert find() == HERE


@pytest.mark.parametrize(
    "project",
    [
        "",
        "[project]\nname = 'ectgraph'",
        "[tool]\nectgraph-like = 1",
        "this is no TOML",
        "x = '" + "y" * (1 << 20) + "'",
        "[tool.ruff]",
    ],
    ids=["empty", "name", "alike", "broken", "large", "other"],
)
def test_a_project_file_without_the_table_is_passed_over(folder: Path, project: str) -> None:
    (folder.parent / HERE).write_text("workers = 1", "utf-8")
    PROJECT.write_text(project, "utf-8")

    assert find() == Path("..") / HERE


def test_a_project_file_that_speaks_of_us_has_to_be_toml() -> None:
    PROJECT.write_text("[tool.ectgraph\nworkers = 1", "utf-8")

    with pytest.raises(EctgraphError, match=r"^pyproject\.toml:1: no TOML"):
        find()


def test_an_empty_table_is_a_mistake() -> None:
    assert refused("[tool.ectgraph]\n", PROJECT).startswith("pyproject.toml: it says nothing")


def test_folders_pipes_and_broken_links_are_no_trap(folder: Path) -> None:
    for name in (HERE, PROJECT):
        name.mkdir()
    (folder.parent / PROJECT).symlink_to("pyproject.toml")
    (folder.parent.parent / HERE).write_text("workers = 1", "utf-8")

    assert find() == Path("../..") / HERE


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(HERE)
    os.mkfifo(PROJECT)
    (folder.parent / HERE).write_text("workers = 1", "utf-8")

    assert find() == Path("..") / HERE
    with pytest.raises(EctgraphError, match="no regular file"):
        load(HERE)


@pytest.mark.parametrize("target", ["ectgraph.toml", "nowhere.toml"], ids=["loop", "dangling"])
def test_a_link_that_leads_nowhere_is_said_and_not_passed_over(target: str) -> None:
    HERE.symlink_to(target)

    assert find() == HERE
    with pytest.raises(EctgraphError, match=r"^ectgraph\.toml: cannot be read"):
        load(HERE)


def test_a_folder_that_may_not_be_read_is_passed_over(folder: Path) -> None:
    (folder.parent / HERE).write_text("workers = 1", "utf-8")
    closed = folder / "closed"
    closed.mkdir()
    closed.chmod(0)
    try:
        assert find(closed) == closed / "../.." / HERE
    finally:
        closed.chmod(0o700)


def test_a_folder_that_is_gone_has_no_configuration(folder: Path) -> None:
    if os.name != "posix":
        pytest.skip("a current folder cannot be removed there")
    folder.rmdir()

    assert find() is None


# What is wrong with one


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "ectgraph.toml: it says nothing"),
        ("[ignore]", "ectgraph.toml: it says nothing"),
        ("a = [", "ectgraph.toml:1: no TOML"),
        ("\n\nfail-on = 'error'", "ectgraph.toml:3: fail-on: there is no such key; did you mean 'fail_on'?"),
        ("keys = 'keys.json'", "ectgraph.toml:1: keys: a text is given; an array is wanted"),
        ("keys = [\n'a',\n'']", "ectgraph.toml:1: keys[1]: it is empty"),
        ("policy = ''", "ectgraph.toml:1: policy: it is empty"),
        ("workers = 0", "ectgraph.toml:1: workers: it must be at least 1"),
        ("max_findings = -1", "ectgraph.toml:1: max_findings: it must be at least 0"),
        ("fail_on = 'eror'", "ectgraph.toml:1: fail_on: there is no 'eror'"),
        ("format = 'text'", "ectgraph.toml:1: format: there is no 'text'"),
        ("at = 'yesterday'", "ectgraph.toml:1: at: 'yesterday' is no time"),
        ("allow_alg = ['es384']", "ectgraph.toml:1: allow_alg[0]: 'es384' is no algorithm to be taken; did you mean 'ES384'?"),
        ("allow_alg = ['none']", "'none' is no algorithm to be taken"),
        ("[severity]\nECT502 = 'fatal'", "ectgraph.toml:2: severity.ECT502: there is no 'fatal'"),
        ("ignore = ['ECT502']", "ectgraph.toml:1: ignore: an array is given; a table is wanted"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line(text: str, message: str) -> None:
    assert message in refused(text)


@pytest.mark.parametrize("reason", ["", "  ", "\\n"])
def test_what_is_ignored_needs_a_reason(reason: str) -> None:
    assert refused(f'workers = 1\n[ignore]\nECT502 = "{reason}"') == (
        "ectgraph.toml:3: ignore.ECT502: it lacks a reason: say why this rule does not count"
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("rules_from", "rules are code"),
        ("output", "does not write"),
        ("write_baseline", "does not write"),
    ],
)
@pytest.mark.parametrize("value", ['["x"]', '"x"', "1"])
def test_what_runs_or_writes_is_for_the_command_line(name: str, reason: str, value: str) -> None:
    message = refused(f"{name} = {value}")

    assert message.startswith(f"ectgraph.toml:1: {name}: ")
    assert reason in message
    assert "command line" in message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('select = ["ECT3", "ECT3O2"]', "ectgraph.toml:1: select[1]: no rule has the code or name 'ECT3O2'; did you mean ECT302?"),
        ('extend_select = ["cycel"]', "ectgraph.toml:1: extend_select[0]: no rule has the code or name 'cycel'; did you mean cycle?"),
        ('workers = 1\n[ignore]\nECT3O2 = "x"', "ectgraph.toml:3: ignore.ECT3O2: no rule"),
        ('[severity]\n"to-deep" = "note"', "ectgraph.toml:2: severity.to-deep: no rule has the code or name 'to-deep'; did you mean too-deep?"),
        ('[ignore]\nECT60 = "x"', "ectgraph.toml:2: ignore.ECT60: write ECT601, ECT602, ECT603 and"),
        ('[ignore]\nect502 = "x"', "ectgraph.toml:2: ignore.ect502: write ECT502"),
        ('[severity]\ncycle = "note"\nECT305 = "note"', "severity.ECT305: ECT305 stands there twice"),
        ('[ignore]\n"\\u001b[31m" = "x"', "no rule has the code or name '\\x1b[31m'"),
    ],
)  # fmt: skip
def test_rules_that_are_named_must_be_there(text: str, message: str) -> None:
    assert message in refused(text)


def test_a_file_without_the_table_is_no_configuration() -> None:
    assert "there is no table [tool.ectgraph]" in refused("[project]\nname = 'x'", PROJECT)


@pytest.mark.parametrize("name", ["missing.toml", ".", "missing/ectgraph.toml", "x" * 5000, "x\0"])
def test_a_file_that_cannot_be_read_is_said(name: str) -> None:
    with pytest.raises(EctgraphError, match="cannot be read"):
        load(name)


def test_a_file_that_is_too_large_is_refused() -> None:
    with HERE.open("wb") as file:
        file.truncate(100 << 20)

    with pytest.raises(EctgraphError, match="larger than"):
        load(HERE)


@how_often(max_examples=50)
@given(st.binary(max_size=60))
def test_any_bytes_are_a_configuration_or_one_clear_line(data: bytes) -> None:
    HERE.write_bytes(data)
    try:
        load(HERE)
    except EctgraphError as error:
        assert str(error).isprintable()  # noqa: PT017


# The schema


def test_the_schema_takes_what_the_file_may_say_and_nothing_else() -> None:
    validator = jsonschema.Draft202012Validator(schema())
    loaded = read(EVERYTHING)

    validator.validate(json.loads(msgspec.json.encode(loaded.settings)))
    for wrong in ({"rules_from": ["x"]}, {"workers": 0}, {"fail_on": "eror"}, {"ignore": []}):
        assert not validator.is_valid(wrong)


def test_every_setting_is_described_in_the_schema() -> None:
    properties = schema()["$defs"]["Settings"]["properties"]

    assert list(properties) == list(Settings.__struct_fields__)
    assert all(each["description"].endswith((".", "…")) for each in properties.values())
