"""verify and append: what is told of a token, and what gets into a ledger."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import ectgraph
from ectgraph.agent.verdict import STEPS
from ectgraph.testing import EPOCH, jwks, sketch, task_id, token

GOOD, CHILD = (record.decode() for record in sketch("a@0; b@5<a by=agent-b").records)
FLIPPED = sketch("a@0 !flipped").records[0].decode()
KEYS = "--keys keys.json"
ESCAPES = "\x1b[31m\x1b]0;owned\x07\x9b2J\u202e\r\x00"

BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
"""Without a buffer Python itself does not notice that only a part was written."""


def lines(tokens: list[str]) -> bytes:
    return "".join(f"{each}\n" for each in tokens).encode()


# verify


def test_verify_tells_every_step_what_the_token_says_and_what_is_left_open(ectgraph_):
    done = ectgraph_(f"verify {GOOD} {KEYS} --at iat")

    assert done.code == 0
    assert done.err == ""
    assert [title for title in STEPS.values() if title not in done.out] == []
    assert "✓  6 signature" in done.out
    for number, why in (
        (8, "no audience given"),
        (13, "no replay memory"),
        (14, "no ledger given"),
    ):
        assert f"? {number:>2} {STEPS[number]} (not done): {why}" in done.out
    assert "spiffe://example.com/agent/agent-a" in done.out
    assert f"{EPOCH} (2026-02-24 14:23:20 UTC)" in done.out
    assert "Verified: signed with the key 'agent-a'." in done.out
    assert "\x1b" not in done.out


def test_verify_tells_the_step_that_failed_last_with_what_to_do(ectgraph_):
    done = ectgraph_(f"verify {FLIPPED} {KEYS} --at iat")

    assert done.code == 1
    assert "✗  6 signature" in done.out
    assert "What it claims, and was refused" in done.out
    last = done.out.partition("Refused at step 6, signature")[2].splitlines()
    assert last[1] == "  error ECT201 bad-signature"
    assert last[-1].startswith("    → ")


def test_verify_judges_at_the_time_the_caller_wants(ectgraph_):
    late = EPOCH + 700
    codes = {
        "": 1,
        "--at iat": 0,
        f"--at {EPOCH}": 0,
        f"--at {EPOCH}.5": 0,
        "--at 2026-02-24T14:23:20Z": 0,
        "--at 2026-02-24T15:23:20+01:00": 0,
        f"--at {late}": 1,
        "--at 0": 1,
        "--at -5": 1,
    }

    assert {at: ectgraph_(f"verify {GOOD} {KEYS} {at}").code for at in codes} == codes


def test_an_expired_token_leads_to_its_own_time(ectgraph_):
    done = ectgraph_(f"verify {GOOD} {KEYS}")

    assert done.code == 1
    assert "Refused at step 9, not expired" in done.out
    assert "--at iat" in done.out.splitlines()[-1]


def test_a_token_without_iat_can_be_judged_at_its_own_time_all_the_same(ectgraph_):
    odd = sketch("a@0 !no-iat").records[0].decode()

    assert ectgraph_(f"verify {odd} {KEYS} --at iat").code == 1


def test_verify_asks_whether_it_is_meant(ectgraph_):
    meant = ectgraph_(f"verify {GOOD} {KEYS} --at iat --audience spiffe://example.com/ledger")
    other = ectgraph_(f"verify {GOOD} {KEYS} --at iat --audience urn:else")

    assert (meant.code, other.code) == (0, 1)
    assert "✓  8 meant for this verifier: spiffe://example.com/ledger" in meant.out
    assert "Refused at step 8" in other.out


def test_verify_looks_at_the_lineage_in_a_ledger_that_it_only_reads(ectgraph_, folder: Path):
    (folder / "a.jws").write_bytes(lines([GOOD]))
    (folder / "other.jws").write_bytes(sketch("z@0").data)
    before = {file: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    codes = {
        f"{CHILD} --ledger a.jws": (0, "✓ 14 lineage: 1 parent"),
        f"{CHILD} --ledger other.jws": (1, "Refused at step 14"),
        f"{GOOD} --ledger a.jws": (1, "Refused at step 13"),
        f"{GOOD} --ledger other.jws": (0, "✓ 14 lineage: a root"),
    }

    for line, (code, words) in codes.items():
        done = ectgraph_(f"verify {KEYS} --at iat {line}")
        assert done.code == code
        assert words in done.out
    assert {file: file.read_bytes() for file in folder.iterdir() if file.is_file()} == before


@pytest.mark.parametrize("name", ["empty.jws", "keys.json", "junk.bin", "comments.jws"])
def test_what_is_no_ledger_is_not_taken_for_one_that_has_nothing(
    ectgraph_, folder: Path, name: str
):
    done = ectgraph_(f"verify {GOOD} {KEYS} --at iat --ledger {name}")

    assert (done.code, done.out) == (2, "")
    assert "nothing can be looked up in it" in done.err


def test_a_forged_parent_in_the_ledger_is_found_though_nobody_checked_it_yet(
    ectgraph_, folder: Path
):
    (folder / "forged.jws").write_bytes(lines([FLIPPED]))
    done = ectgraph_(f"verify {CHILD} {KEYS} --at iat --ledger forged.jws")

    assert done.code == 1
    assert "ECT308" in done.out


def test_verify_takes_unsigned_tokens_only_when_told_to(ectgraph_):
    made = ectgraph_("create --unsigned --iss urn:a --aud urn:b --act pay").out.strip()

    refused, taken = (
        ectgraph_(f"verify {made} {KEYS}"),
        ectgraph_(f"verify {made} --minimum-level L1"),
    )

    assert (refused.code, taken.code) == (1, 0)
    assert "Verified" not in refused.out + taken.out
    assert "anybody could have written it" in taken.out.splitlines()[-1]


def test_verify_can_insist_on_uuids(ectgraph_):
    odd = sketch("a@0 jti=7").records[0].decode()

    assert ectgraph_(f"verify {odd} {KEYS} --at iat").code == 0
    assert "not-a-uuid" in ectgraph_(f"verify {odd} {KEYS} --at iat").out
    assert ectgraph_(f"verify {odd} {KEYS} --at iat --validate-uuids").code == 1


def test_verify_in_json(ectgraph_):
    good = json.loads(ectgraph_(f"verify {GOOD} {KEYS} --at iat --format json").out)
    bad = json.loads(ectgraph_(f"verify {FLIPPED} {KEYS} --at iat --format json").out)

    assert good["format"] == "ectgraph-verdict/1"
    assert (good["accepted"], good["verified"], good["refusal"]) == (True, True, None)
    assert [step["number"] for step in good["steps"]] == list(STEPS)
    assert good["payload"]["jti"] == task_id("a")
    assert (bad["accepted"], bad["verified"]) == (False, False)
    assert bad["refusal"]["code"] == "ECT201"
    assert [s["number"] for s in bad["steps"] if s["outcome"] == "failed"] == [6]


def test_verify_takes_several_tokens_and_fails_for_one(folder: Path, process):
    data = b"# two tokens\r\n\r\n" + lines([GOOD, FLIPPED, CHILD]).replace(b"\n", b"\r\n")
    done = process(folder, f"verify - {KEYS} --at iat", input=data)

    assert done.returncode == 1
    assert done.stdout.count(b"\nVerified") == 2
    assert done.stdout.count(b"\nRefused") == 1


@pytest.mark.parametrize(
    "data",
    [
        bytes(range(256)) * 16,
        b"hello",
        b"\xff" * 100,
        b"a.b.c",
        b"." * 5000,
        b"{" * 5000,
        b'{"ect":"' + b"x" * 100,
        b"x" * (20 << 20),
        GOOD.encode() * 3,
        GOOD.encode() + b"\x00",
        GOOD.encode("utf-16"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_whatever_comes_in_is_refused_and_no_traceback(folder: Path, process, data: bytes):
    for format_ in ("text", "json"):
        done = process(folder, f"verify - {KEYS} --format {format_}", input=data)

        assert done.returncode == 1
        assert done.stderr == b""
        assert done.stdout != b""
        assert done.stdout.decode().replace("\n", "").isprintable()


def test_no_control_character_of_a_token_reaches_the_terminal(folder: Path, process):
    claims = {
        "iss": ESCAPES,
        "aud": [ESCAPES],
        "iat": EPOCH,
        "exp": EPOCH + 600,
        "jti": ESCAPES,
        "wid": ESCAPES,
        "exec_act": ESCAPES,
        "par": [ESCAPES],
        "ext": {ESCAPES: ESCAPES},
        ESCAPES: ESCAPES,
    }
    header = {"alg": "ES256", "typ": "wimse-exec+jwt", "kid": "agent-a"}
    texts = [
        token(claims, "agent-a"),
        token(claims, "agent-a", header | {"kid": ESCAPES}),
        token(claims, "agent-a", header | {"alg": ESCAPES, "typ": ESCAPES}),
        token(claims, "agent-a", header | {"crit": [ESCAPES]}),
        token(claims | {"inp_hash": ESCAPES, "pol": ESCAPES, "pol_decision": ESCAPES}, "agent-a"),
        token(claims | {"par": []}, "agent-a"),
        token(claims | {"iat": ESCAPES}, "agent-a"),
    ]
    (folder / "hostile.jws").write_bytes(b"\n".join(texts))
    for command in (
        f"verify - {KEYS} --at iat --audience x",
        f"verify - {KEYS} --at iat --ledger hostile.jws",
        f"verify - {KEYS} --at iat --format json",
        f"append new.jsonl - {KEYS} --at iat",
        "decode -",
    ):
        done = process(folder, command, input=b"\n".join(texts))

        assert b"Traceback" not in done.stderr
        assert done.stdout + done.stderr != b""
        assert (done.stdout + done.stderr).decode().replace("\n", "").isprintable()


def test_a_terminal_gets_colours_but_none_of_a_tokens(folder: Path, on_a_terminal):
    claims = {"iss": "\x1b[35m", "aud": "x", "iat": EPOCH, "exp": EPOCH + 9, "jti": "\x1b[35m"}
    odd = token(claims | {"exec_act": "\x1b[35m", "par": []}, "agent-a").decode()

    code, out, _ = on_a_terminal(folder, f"verify {odd} {KEYS} --at iat")

    assert code == 0
    assert "\x1b[32m" in out
    assert "\x1b[35m" not in out
    assert "\\x1b[35m" in out


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (f"verify {GOOD}", "--keys"),
        (f"verify {GOOD} --keys missing.json", "missing.json"),
        (f"verify {GOOD} --keys none.json", "none.json"),
        (f"verify {GOOD} --keys junk.bin", "junk.bin"),
        (f"verify {GOOD} --keys nothing", "no usable key"),
        (f"verify {GOOD} {KEYS} --ledger missing.jsonl", "missing.jsonl"),
        (f"verify {GOOD} {KEYS} --ledger nothing", "nothing"),
        (f"verify {GOOD} {KEYS} --at yesterday", "'yesterday' is no time"),
        (f"verify {GOOD} {KEYS} --at 2026-02-24T14:23:20", "is no time"),
        (f"verify {GOOD} {KEYS} --at nan", "is no time"),
        (f"verify {GOOD} {KEYS} --at inf", "is no time"),
        (f"verify {GOOD} {KEYS} --at 1e9", "is no time"),
        (f"verify {GOOD} {KEYS} --at 9999999999999999", "is no time"),
        (f"verify {GOOD} {KEYS} --at \x1b[31m", "is no time"),
        ("verify clean.jws --keys keys.json", "is a file"),
        (f"append new.jsonl {GOOD}", "--keys"),
        (f"append new.jsonl {GOOD} --keys none.json", "none.json"),
        (f"append nowhere/new.jsonl {GOOD} {KEYS}", "nowhere/new.jsonl"),
        (f"append nothing {GOOD} {KEYS}", "nothing"),
        (f"append junk.bin {GOOD} {KEYS} --at iat", "junk.bin"),
        (f"append clean.jws {GOOD} {KEYS} --at iat", "clean.jws"),
    ],
)
def test_a_mistake_of_the_caller_is_one_line_and_exit_code_2(
    ectgraph_, folder: Path, line: str, words: str
):
    before = {file: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    done = ectgraph_(line)
    after = {f: f.read_bytes() for f in folder.iterdir() if f.is_file() and f.suffix != ".lock"}

    assert done.code == 2
    assert done.out == ""
    assert words in done.err
    assert len(done.err.splitlines()) == 1
    assert done.err.rstrip("\n").isprintable()
    assert after == before


def test_keys_of_others_verify_nothing(ectgraph_, folder: Path):
    wrong = [key | {"kid": "agent-a"} for key in jwks("mallory")["keys"]]
    (folder / "wrong.json").write_text(json.dumps({"keys": wrong}), "utf-8")

    assert "ECT201" in ectgraph_(f"verify {GOOD} --keys wrong.json --at iat").out
    assert "ECT202" in ectgraph_(f"verify {GOOD} --keys b.json --at iat").out


@pytest.mark.skipif(os.name != "posix", reason="another shell closes streams in another way")
@pytest.mark.parametrize(
    ("line", "code", "count"),
    [
        (f"verify - {KEYS} <&-", 2, 1),
        (f"append new.jsonl - {KEYS} <&-", 2, 1),
        (f"verify {FLIPPED} {KEYS} >&-", 1, 0),
        (f"append new.jsonl {GOOD} {KEYS} --at iat >&-", 0, 0),
        (f"append new.jsonl {FLIPPED} {KEYS} --at iat 2>&-", 1, 0),
    ],
)
def test_a_closed_stream_is_no_reason_for_a_traceback(
    folder: Path, line: str, code: int, count: int
):
    command = f"exec {sys.executable} -m ectgraph {line}"
    done = subprocess.run(command, shell=True, cwd=folder, capture_output=True, check=False)  # noqa: S602

    assert done.returncode == code
    assert len(done.stderr.splitlines()) == count


@pytest.mark.parametrize("line", [f"verify - {KEYS}", "decode -"])
def test_a_reader_that_has_seen_enough_ends_the_command_quietly(folder: Path, line: str):
    (folder / "many.jws").write_bytes(lines([GOOD] * 3000))
    with (
        (folder / "many.jws").open("rb") as many,
        subprocess.Popen(
            [sys.executable, "-m", "ectgraph", *line.split()],
            cwd=folder,
            env=BUFFERED,
            stdin=many,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as running,
    ):
        assert running.stdout.readline() != b""
        running.stdout.close()
        said = running.stderr.read()

    assert running.returncode == 1
    assert said == b""


# append


def test_append_verifies_enters_and_prints_the_number_and_the_jti(ectgraph_, folder: Path):
    done = ectgraph_(f"append new.jsonl {GOOD} {CHILD} {KEYS} --at iat")

    assert done == (0, f"1 {task_id('a')}\n2 {task_id('b')}\n", "")
    case = ectgraph.load(folder / "new.jsonl", folder / "keys.json")
    assert case.lint(ignore=["ECT404"]).at_least("error") == []  # the tokens are old
    assert [entry.seq for entry in case.ledger] == [1, 2]


def test_append_goes_on_with_a_ledger_and_after_a_refusal(folder: Path, process):
    first = process(folder, f"append new.jsonl {GOOD} {KEYS} --at iat --no-sync")
    data = lines([FLIPPED, GOOD, "junk", sketch("c@9<z").records[0].decode(), CHILD])
    second = process(folder, f"append new.jsonl - {KEYS} --at iat --no-sync", input=data)

    assert first.returncode == 0
    assert second.returncode == 1
    assert second.stdout.decode() == f"2 {task_id('b')}\n"
    told = [line for line in second.stderr.decode().splitlines() if line.startswith("ectgraph: ")]
    assert [code for line in told for code in line.split() if code.startswith("ECT")] == [
        "ECT201",
        "ECT301",
        "ECT001",
        "ECT303",
    ]
    assert len((folder / "new.jsonl").read_bytes().splitlines()) == 2


def test_append_refuses_what_is_too_old_unless_told_the_time(ectgraph_, folder: Path):
    done = ectgraph_(f"append new.jsonl {GOOD} {KEYS}")

    assert done.code == 1
    assert "ECT408" in done.err
    assert "--at iat" in done.err
    assert ectgraph_(f"append new.jsonl {GOOD} {KEYS} --at {EPOCH}").code == 0


def test_append_enters_only_what_is_meant_for_the_ledger(ectgraph_):
    assert ectgraph_(f"append l.jsonl {GOOD} {KEYS} --at iat --audience urn:else").code == 1
    line = f"append l.jsonl {GOOD} {KEYS} --at iat --audience spiffe://example.com/ledger"
    assert ectgraph_(line).code == 0


def test_append_never_enters_an_unsigned_token(ectgraph_):
    made = ectgraph_("create --unsigned --iss urn:a --aud urn:b --act pay").out.strip()

    done = ectgraph_(f"append l.jsonl {made} {KEYS}")

    assert done.code == 1
    assert "ECT203" in done.err


def test_a_line_whose_writer_died_is_set_aside_and_told_once(folder: Path, process):
    process(folder, f"append new.jsonl {GOOD} {KEYS} --at iat")
    with (folder / "new.jsonl").open("ab") as file:
        file.write(b'{"seq":2,"recorded_at":"20')

    done = process(folder, f"append new.jsonl {CHILD} {KEYS} --at iat")

    assert done.returncode == 0
    assert done.stdout.decode() == f"2 {task_id('b')}\n"
    assert len(done.stderr.splitlines()) == 1
    assert b"was set aside" in done.stderr
    case = ectgraph.load(folder / "new.jsonl", folder / "keys.json")
    assert case.lint(ignore=["ECT404"]).at_least("error") == []  # the tokens are old


def test_a_token_is_acknowledged_as_soon_as_it_is_entered(folder: Path):
    command = [sys.executable, "-m", "ectgraph", "append", "new.jsonl", "-", "--at", "iat"]
    with subprocess.Popen(
        [*command, *KEYS.split()],
        cwd=folder,
        env=BUFFERED,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as running:
        for number, (each, name) in enumerate([(GOOD, "a"), (CHILD, "b")], 1):
            running.stdin.write(lines([each]))
            running.stdin.flush()
            assert running.stdout.readline().decode() == f"{number} {task_id(name)}\n"
            assert len((folder / "new.jsonl").read_bytes().splitlines()) == number
        running.stdin.close()

    assert running.returncode == 0


# All of it


def test_from_a_new_key_to_a_ledger_that_lints_clean(folder: Path, process):
    steps = [
        "keygen agent-x --jwks x.json --iss urn:x",
        "create --key agent-x.key.pem --kid agent-x --iss urn:x --aud urn:ledger --act plan",
    ]
    made = [process(folder, step) for step in steps][-1].stdout
    jti = json.loads(process(folder, "decode -", input=made).stdout)["payload"]["jti"]
    next_ = process(folder, f"{steps[1]} --par {jti} --draft 01").stdout
    entered = process(
        folder, "append x.jsonl - --keys x.json --audience urn:ledger", input=made + next_
    )
    linted = process(folder, "lint x.jsonl --keys x.json --fail-on note")

    assert (entered.returncode, linted.returncode) == (0, 0)
    assert entered.stdout.splitlines()[0].decode() == f"1 {jti}"


# A policy of the workflow

POLICY = """
[[agents]]
iss = "*/agent-?"
may = ["a", "b"]

[[steps]]
act = "b"
needs = [{ act = "a", by_others = true }]
"""


def test_verify_and_append_ask_what_the_policy_asks(ectgraph_, folder: Path):
    (folder / "policy.toml").write_text(POLICY)
    other = sketch("x@0").records[0].decode()

    assert ectgraph_(f"verify {GOOD} {KEYS} --at iat --policy policy.toml").code == 0
    refused = ectgraph_(f"verify {other} {KEYS} --at iat --policy policy.toml")
    assert "Refused at step 12, formats and limits" in refused.out
    assert "agent-a may not do x; the policy allows it only a, b" in refused.out

    lone = ectgraph_(f"append lone.jsonl {CHILD} {KEYS} --at iat --policy policy.toml")
    assert (lone.code, lone.out) == (1, "")
    done = ectgraph_(
        f"append new.jsonl {GOOD} {CHILD} {other} {KEYS} --at iat --policy policy.toml"
    )
    assert (done.code, done.out.count("\n")) == (1, 2)
    assert "ECT711" in done.err


def test_append_refuses_a_step_without_what_it_needs(ectgraph_, folder: Path):
    (folder / "policy.toml").write_text(POLICY)
    first, own = (record.decode() for record in sketch("a@0; b@5<a").records)
    done = ectgraph_(f"append new.jsonl {first} {own} {KEYS} --at iat --policy policy.toml")

    assert done.code == 1
    assert "ECT713" in done.err
    assert "b needs a by another agent before it" in done.err


@pytest.mark.parametrize("command", ["verify", "append new.jsonl"])
@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "policy.toml: cannot be read"),
        ("", "policy.toml: it says nothing"),
        ("[limits]\nskw = 3\n", "policy.toml:2: limits.skw: there is no such key"),
    ],
)
def test_a_policy_that_cannot_be_read_stops_before_anything_is_done(
    ectgraph_, folder: Path, command: str, text: str | None, told: str
):
    if text is not None:
        (folder / "policy.toml").write_text(text)
    done = ectgraph_(f"{command} {GOOD} {KEYS} --at iat --policy policy.toml")

    assert done.code == 2
    assert done.out == ""
    assert told in done.err
    assert not (folder / "new.jsonl").exists()
