"""show: one task whole, by the beginning of its jti; JSON; and mistakes in one line."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ectgraph.testing import jwks, seal, sketch, task_id

KEYS = "--keys keys.json"
A, B, Z = task_id("a"), task_id("b"), task_id("z")


def marks(text: str) -> str:
    """The marks of the checks in a text, in order."""
    lines = text.partition("\n  Checks\n")[2].partition("\n\n")[0].splitlines()
    return "".join(line.split()[0] for line in lines)


@pytest.mark.parametrize("jti", [A, A[:8], A[:1]])
def test_show_shows_a_task_by_the_beginning_of_its_jti(ectgraph_, jti: str):
    done = ectgraph_(f"show clean.jws {jti} {KEYS}")

    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"a  {A}\n")
    assert "\nclean.jws:1\n" in done.out
    assert marks(done.out) == "✓✓✓✓?✓????✓✓✓✓?"
    assert done.out.endswith("\nFindings\n  none\n")


def test_show_says_what_is_wrong_and_with_which_check(ectgraph_):
    done = ectgraph_(f"show faulty.jws {B} {KEYS}")

    assert done.code == 0
    assert marks(done.out) == "✓✓✓✓?✗????✓✓✓✗?"
    assert "error ECT201 bad-signature" in done.out
    assert "error ECT303 missing-parent" in done.out
    assert f"  ? by ?  {Z}  missing" not in done.out
    assert f"{Z}  missing" in done.out


def test_show_without_keys_claims_nothing_of_the_signature(ectgraph_):
    done = ectgraph_(f"show clean.jws {A}")

    assert marks(done.out) == "✓✓✓???????✓✓✓✓?"
    assert "verified" not in done.out
    assert "(not done): no keys were given" in done.out


def test_show_judges_at_the_time_that_is_asked_for(ectgraph_):
    line = f"show clean.jws {A} {KEYS}"

    assert marks(ectgraph_(f"{line} --at 2026-02-24T14:23:25Z").out)[8:10] == "✓✓"
    assert marks(ectgraph_(f"{line} --at now").out)[8:10] == "✗✗"
    assert marks(ectgraph_(f"{line} --at record").out)[8:10] == "??"


def test_show_names_a_missing_task(ectgraph_):
    done = ectgraph_(f"show faulty.jws {Z[:8]} {KEYS}")

    assert done.code == 0
    assert done.out.startswith(f"a missing task  {Z}\n")
    assert "only named as a parent" in done.out
    assert f"b by agent-b  {B}  invalid" in done.out


def test_show_shows_all_records_of_a_task(ectgraph_, folder: Path):
    (folder / "two.jws").write_bytes(sketch("a@0; a@1; b@5<a").data)
    done = ectgraph_(f"show two.jws {A} {KEYS}")

    assert done.out.count("\n  Checks\n") == 2
    assert "\ntwo.jws:1\n" in done.out
    assert "\ntwo.jws:2\n" in done.out


def test_show_takes_several_sources_and_standard_input(process, folder: Path):
    (folder / "more").mkdir()
    (folder / "more/x.jws").write_bytes(sketch("x@0").data)

    for jti in (A, task_id("x"), task_id("y")):
        done = process(folder, f"show clean.jws more - {jti} {KEYS}", input=sketch("y@0").data)
        assert done.returncode == 0
        assert jti.encode() in done.stdout


def test_show_among_records_that_cannot_be_read(ectgraph_, folder: Path):
    (folder / "odd.jws").write_bytes(b"junk\n" + sketch("a@0").data + b"\xff\n{\n")
    done = ectgraph_(f"show odd.jws {A} {KEYS}")

    assert done.code == 0
    assert "among 1 token here; 3 records here could not be read" in done.out


# JSON


def test_json_is_printable_and_nothing_else_is_on_stdout(ectgraph_):
    done = ectgraph_(f"show faulty.jws {B} {KEYS} --format json")
    told = json.loads(done.out)

    assert (done.code, done.err) == (0, "")
    assert done.out.replace("\n", "").isprintable()
    assert (told["format"], told["task"]) == ("ectgraph-task/1", B)
    (record,) = told["records"]
    assert (record["source"], record["line"], record["trust"]) == ("faulty.jws", 2, "invalid")
    assert [check["outcome"] for check in record["checks"]].count("failed") == 2
    assert [finding["code"] for finding in told["findings"]] == ["ECT201", "ECT303"]


@pytest.mark.parametrize("format_", ["text", "json"])
def test_show_writes_to_a_file_what_it_would_have_written_to_stdout(
    ectgraph_, folder: Path, format_: str
):
    line = f"show faulty.jws {B} {KEYS} --format {format_}"
    plain, done = ectgraph_(line), ectgraph_(f"{line} -o task")

    assert done == (0, "", "")
    assert (folder / "task").read_text("utf-8") == plain.out != ""


# Mistakes


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("show clean.jws zzz", "no task's jti begins with 'zzz'"),
        (f"show missing.jws {A}", "missing.jws"),
        (f"show clean.jws missing.jws {A}", "missing.jws"),
        ("show clean.jws", "ledger files and then a jti"),
        (f"show {A}", "ledger files and then a jti"),
        (f"show clean.jws {A} --keys none.json", "none.json"),
        (f"show clean.jws {A} -o nowhere/task", "cannot be written"),
        (f"show clean.jws {A} -o clean.jws", "not written over"),
        (f"show clean.jws {A} --keys keys.json -o keys.json", "not written over"),
        ("show clean.jws clean.jws", "no task's jti begins with 'clean.jws'"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(ectgraph_, line: str, words: str):
    done = ectgraph_(line)

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("ectgraph: ")
    assert done.err.count("\n") == 1
    assert words in done.err


def test_a_beginning_that_several_tasks_share_lists_them(ectgraph_, folder: Path):
    (folder / "same.jws").write_bytes(
        sketch("; ".join(f"t{n}@{n} jti=same-{n}" for n in range(9))).data
    )
    done = ectgraph_("show same.jws same")

    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "ectgraph: 9 tasks begin with 'same': same-0 (t0), same-1 (t1), same-2 (t2), same-3 (t3), same-4 (t4) and 4 more\n"
    )
    assert ectgraph_("show same.jws same-7").out.startswith("t7  same-7\n")


@pytest.mark.parametrize("jti", ["", "x" * 10_000, "a\n\x1b[31mb", "a\u202eb", "*", "["])
def test_what_is_no_jti_is_told_harmlessly(ectgraph_, jti: str):
    for more in ([], ["-o", "task"], ["-o", "a.json"]):
        done = ectgraph_("show clean.jws", jti, *more)

        assert (done.code, done.out) == (2, "")
        assert done.err.count("\n") == 1
        assert done.err.rstrip("\n").isprintable()
        assert "no task's jti begins with" in done.err
        assert len(done.err) < 500


@pytest.mark.parametrize("name", ["empty.jws", "comments.jws"])
def test_nothing_to_show_is_exit_code_3(ectgraph_, name: str):
    done = ectgraph_(f"show {name} {A}")

    assert (done.code, done.out) == (3, "")
    assert "no record" in done.err


# What hostile tokens can do


def test_no_claim_of_a_hostile_token_reaches_the_terminal_as_it_is(ectgraph_, folder: Path):
    evil = "\x1b]0;pwned\x07\x1b[2J\u202e\r\n\x9b31m\u2028\u200b"
    kid = f"agent-a\n    ✓  6 signature{evil}"
    claims = dict.fromkeys(("iss", "sub", "aud", "exec_act", "wid", "pol", evil), evil * 1000)
    claims |= {"jti": f"evil-{evil}", "iat": 0, "exp": 1, "par": [evil], "ext": {evil: [evil]}}
    header = {"alg": "ES256", "typ": "exec+jwt", "kid": kid, evil: evil}
    record = seal(json.dumps(header).encode(), json.dumps(claims).encode(), "agent-a")
    name = f"led{evil.replace('/', '')}ger.jsonl"
    wrapped = json.dumps({"ect": record.decode(), evil: evil, "recorded_at": evil})
    (folder / name).write_text(wrapped, "utf-8")
    keys = [jwks("agent-a")["keys"][0] | {"kid": kid}]
    (folder / "evil.json").write_text(json.dumps({"keys": keys}), "utf-8")

    for options in ("", "--keys evil.json"):
        text = ectgraph_(f"show {options}", name, "evil")
        data = ectgraph_(f"show --format json {options}", name, "evil")

        assert (text.code, data.code) == (0, 0)
        assert (text.out + data.out).replace("\n", "").isprintable()
        assert text.out.count("\n    ✓  6 signature\n") == bool(options)
        assert json.loads(data.out)["records"][0]["claims"] == claims
        assert json.loads(data.out)["records"][0]["source"] == name


@pytest.mark.skipif(os.name != "posix", reason="file names are text there")
@pytest.mark.parametrize("format_", ["text", "json"])
def test_a_file_name_that_is_no_text_is_a_file_name(ectgraph_, folder: Path, format_: str):
    name = os.fsdecode(b"led\xffger.jws")
    try:
        (folder / name).write_bytes(sketch("a@0").data)
    except OSError:
        pytest.skip("this file system takes no such name")

    done = ectgraph_(f"show --format {format_}", name, A)
    assert (done.code, done.err) == (0, "")
    assert "led\\" in done.out
