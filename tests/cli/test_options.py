"""The options that commands share: keys and roots, times, algorithms, formats, and many sources."""

from __future__ import annotations

import bz2
import csv
import datetime as dt
import gzip
import io
import json
import lzma
import os
import re
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from ectgraph.encoding import compact_json, encode_base64url
from ectgraph.keys import public_jwk
from ectgraph.testing import AGENTS, EPOCH, private_key, sketch, task_id

SAMPLES = Path(__file__).parents[2] / "sample_ledgers"
KEYS = "--keys keys.json"
A = task_id("a")

READERS = {
    "lint": "lint {}",
    "draw": "draw {}",
    "table": "table {} tasks",
    "show": f"show {{}} {A}",
    "convert": "convert {} -o out.jws",
    "checkpoint": "checkpoint {} -o note.json",
}
"""The commands over ledgers, each with the least that it takes."""

OF_LEDGERS = "--keys --roots --at --allow-alg --input-format --table --column --workers --output"
HELP = {
    "lint": f"{OF_LEDGERS} --separate --against --since --format",
    "draw": OF_LEDGERS,
    "table": f"{OF_LEDGERS} --format records",
    "show": f"{OF_LEDGERS} --format JTI",
    "convert": f"{OF_LEDGERS} --format .parquet",
    "checkpoint": OF_LEDGERS,
    "verify": "--keys --roots --at --allow-alg",
    "append": "--keys --roots --at --allow-alg",
}
"""Commands, and what their help must tell of."""


def report(done: Any) -> dict[str, Any]:
    """The JSON report of a lint, which is all that is on stdout."""
    assert done.err == ""
    return json.loads(done.out)


def codes(done: Any) -> list[str]:
    return sorted({finding["code"] for finding in report(done)["findings"]})


# Help


@pytest.mark.parametrize(("command", "options"), HELP.items())
def test_help_tells_the_options_and_an_example_and_fits(
    ectgraph_, monkeypatch: pytest.MonkeyPatch, command: str, options: str
):
    monkeypatch.setenv("COLUMNS", "80")
    done = ectgraph_(f"{command} --help")

    assert (done.code, done.err) == (0, "")
    assert [option for option in options.split() if option not in done.out] == []
    assert f"Example: ectgraph {command} " in done.out
    assert [line for line in done.out.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("command", READERS)
def test_a_command_without_a_source_says_what_it_needs(ectgraph_, command: str):
    done = ectgraph_(command)

    assert (done.code, done.out) == (2, "")
    assert "PATH" in done.err
    assert "Traceback" not in done.err


# Mistakes with options, the same at every command


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--at yesterday", "is no time"),
        ("--at 2026-02-24", "is no time"),
        ("--at 2026-02-24T14:23:20", "is no time"),
        ("--at iat", "is no time"),
        ("--at nan", "is no time"),
        ("--allow-alg none", "never allowed"),
        ("--allow-alg None", "never allowed"),
        ("--allow-alg HS256", "never allowed"),
        ("--allow-alg hs512", "never allowed"),
        ("--allow-alg es384", "known are ES256, ES384, EdDSA"),
        ("--allow-alg EdDSA --allow-alg ES257", "known are ES256, ES384, EdDSA"),
        ("--roots missing.pem --keys keys.json", "missing.pem"),
        ("--roots keys.json --keys keys.json", "no CA certificate"),
        ("--keys keys.json --keys missing.json", "missing.json"),
        ("--keys http://127.0.0.1/keys.json", "https://"),
    ],
)
@pytest.mark.parametrize("command", READERS)
def test_a_mistake_with_an_option_is_one_line_and_exit_code_2(
    ectgraph_, command: str, options: str, words: str
):
    done = ectgraph_(f"{READERS[command].format('clean.jws')} {options}")

    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert words in done.err


@pytest.mark.parametrize("options", ["--input-format yaml", "--workers 0", "--no-such-option"])
@pytest.mark.parametrize("command", READERS)
def test_an_option_that_cannot_be_parsed_says_so(ectgraph_, command: str, options: str):
    done = ectgraph_(f"{READERS[command].format('clean.jws')} {options}")

    assert (done.code, done.out) == (2, "")
    assert options.split(maxsplit=1)[0] in done.err
    assert "Traceback" not in done.err


# --at


@pytest.mark.parametrize(
    ("at", "found"),
    [
        ("record", []),
        ("now", ["ECT408"]),
        ("2026-11-01T00:00Z", ["ECT408"]),
        ("2026-02-24T14:23:30Z", []),
        ("2026-02-24T16:23:30+02:00", []),
        (str(EPOCH + 10), []),
        (f"{EPOCH - 31}", ["ECT408"]),
        ("0", ["ECT408"]),
        ("-1", ["ECT408"]),
    ],
)
def test_at_judges_every_token_at_a_time(ectgraph_, at: str, found: list[str]):
    done = ectgraph_(f"lint clean.jws {KEYS} --at {at} --format json")

    assert done.code == bool(found)
    assert codes(done) == found


def test_an_old_archive_is_clean_and_all_of_it_has_expired(ectgraph_):
    keys = SAMPLES / "old-archive.keys.json"
    clean = ectgraph_("lint --fail-on note --keys", keys, SAMPLES / "old-archive.jsonl.gz")

    assert clean.code == 0
    assert clean.out.endswith("\nno findings\n")
    for at in ("now", "2026-11-01T00:00Z"):
        late = ectgraph_(
            f"lint --at {at} --format json --keys", keys, SAMPLES / "old-archive.jsonl.gz"
        )
        findings = report(late)["findings"]
        assert late.code == 1
        assert {finding["code"] for finding in findings} == {"ECT408"}
        assert len({finding["jti"] for finding in findings}) == 60


def test_the_clock_is_read_once(ectgraph_, monkeypatch: pytest.MonkeyPatch):
    times = iter([EPOCH + 10.0, EPOCH + 10_000.0])
    monkeypatch.setattr(time, "time", lambda: next(times))

    assert codes(ectgraph_(f"lint clean.jws {KEYS} --at now --format json")) == []


# --allow-alg


@pytest.fixture
def eddsa(folder: Path) -> Path:
    """A ledger that is signed with Ed25519, and the key."""
    key = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
    jwk = public_jwk(key, "ed")
    (folder / "ed.json").write_text(json.dumps({"keys": [jwk]}), "utf-8")
    _, payload, _ = sketch("a@0").records[0].split(b".")
    for alg in ("EdDSA", "Ed25519"):
        header = {"alg": alg, "typ": "wimse-exec+jwt", "kid": "ed"}
        signed = encode_base64url(compact_json(header)) + b"." + payload
        token = signed + b"." + encode_base64url(key.sign(signed))
        (folder / f"{alg}.jws").write_bytes(token + b"\n")
    return folder


@pytest.mark.parametrize("alg", ["EdDSA", "Ed25519"])
def test_an_algorithm_has_to_be_allowed(ectgraph_, eddsa: Path, alg: str):
    line = f"lint {alg}.jws --keys ed.json --format json"

    assert codes(ectgraph_(line)) == ["ECT102"]
    assert codes(ectgraph_(f"{line} --allow-alg ES384")) == ["ECT102"]
    allowed = ectgraph_(f"{line} --allow-alg EdDSA")
    assert (allowed.code, codes(allowed)) == (0, [])
    assert report(allowed)["summary"]["trust"]["verified"] == 1


def test_an_algorithm_is_allowed_at_every_command(ectgraph_, eddsa: Path):
    options = "--keys ed.json --allow-alg EdDSA"

    shown = ectgraph_(f"show EdDSA.jws {A} {options} --format json")
    assert json.loads(shown.out)["records"][0]["trust"] == "verified"
    (row,) = csv.DictReader(io.StringIO(ectgraph_(f"table EdDSA.jws tasks {options}").out))
    assert row["trust"] == "verified"
    assert ectgraph_(f"checkpoint EdDSA.jws {options} -o note.json").code == 0
    assert ectgraph_(f"convert EdDSA.jws {options} -o out.jws").code == 0
    assert "not verified" not in ectgraph_(f"draw EdDSA.jws {options}").out
    assert "not verified" in ectgraph_("draw EdDSA.jws --keys ed.json").out
    token = (eddsa / "EdDSA.jws").read_text("utf-8").strip()
    assert ectgraph_(f"verify {token} {options} --at iat").code == 0
    assert ectgraph_(f"verify {token} --keys ed.json --at iat").code == 1
    assert ectgraph_(f"append new.jsonl {token} {options} --at iat").code == 0


# --roots


def certificate(name: str, issuer: str, key: str, *, uri: str = "", ca: bool = False) -> bytes:
    """A certificate as PEM, valid for a year around the time of the sketches."""
    name_, issuer_ = (
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, each)]) for each in (name, issuer)
    )
    start = dt.datetime.fromtimestamp(EPOCH, dt.UTC) - dt.timedelta(days=100)
    public = private_key(key).public_key()
    builder = x509.CertificateBuilder(
        issuer_, name_, public, 1000, start, start + dt.timedelta(days=365)
    ).add_extension(x509.BasicConstraints(ca, None), critical=True)
    if uri:
        names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri)])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(private_key(issuer), SHA256()).public_bytes(Encoding.PEM)


@pytest.fixture
def certificates(folder: Path) -> Path:
    """The certificates of two agents, of their authority, and of another one."""
    (folder / "agents").mkdir()
    for agent in ("agent-a", "agent-b"):
        pem = certificate(agent, "authority", agent, uri=f"{AGENTS}{agent}")
        (folder / f"agents/{agent}.pem").write_bytes(pem)
    for name in ("authority", "stranger"):
        (folder / f"{name}.pem").write_bytes(certificate(name, name, name, ca=True))
    return folder


def test_certificates_have_to_chain_to_a_given_root(ectgraph_, certificates: Path):
    line = "lint clean.jws --keys agents --format json"

    taken = report(ectgraph_(line))
    assert taken["summary"]["trust"]["verified"] == 2
    assert any("--roots" in sentence for sentence in taken["not_established"])
    anchored = report(ectgraph_(f"{line} --roots authority.pem"))
    assert anchored["findings"] == []
    assert not any("--roots" in sentence for sentence in anchored["not_established"])
    both = report(ectgraph_(f"{line} --roots stranger.pem --roots authority.pem"))
    assert both["findings"] == []
    other = ectgraph_(f"{line} --roots stranger.pem")
    assert (other.code, other.out) == (2, "")
    assert "no usable key" in other.err


@pytest.mark.parametrize("command", READERS)
def test_roots_count_at_every_command(ectgraph_, certificates: Path, command: str):
    line = f"{READERS[command].format('clean.jws')} --keys agents"

    assert ectgraph_(f"{line} --roots authority.pem").code == 0
    refused = ectgraph_(f"{line} --roots stranger.pem")
    assert (refused.code, refused.out) == (2, "")
    assert len(refused.err.splitlines()) == 1


def test_roots_count_at_the_gate(ectgraph_, certificates: Path):
    token = sketch("a@0").records[0].decode()
    for command in (f"verify {token}", f"append new.jsonl {token}"):
        line = f"{command} --at iat --keys agents"
        assert ectgraph_(f"{line} --roots stranger.pem").code == 2
        assert ectgraph_(f"{line} --roots authority.pem").code == 0


# --input-format


def test_a_format_is_forced_where_the_bytes_mislead(ectgraph_, folder: Path):
    misleading = b'{"entries": []}\n' + sketch("a@0; b@5<a").data
    (folder / "odd.jsonl").write_bytes(misleading)
    line = f"lint odd.jsonl {KEYS} --format json"

    found = report(ectgraph_(line))
    forced = report(ectgraph_(f"{line} --input-format jsonl"))
    assert found["inputs"][0]["format"] == "json"
    assert forced["inputs"][0]["format"] == "jsonl"
    assert forced["summary"]["records"] == 3
    assert forced["summary"]["trust"]["verified"] == 2


def test_a_format_that_is_forced_is_forced_on_what_is_found_in_folders_too(ectgraph_, folder: Path):
    (folder / "inside").mkdir()
    (folder / "inside/note.txt").write_bytes(b"not a ledger\n")

    assert ectgraph_("lint inside").code == 3
    told = report(ectgraph_("lint inside --input-format jws --format json"))
    assert told["summary"]["unreadable"] == 1


@pytest.mark.parametrize("format_", ["jws", "jsonl", "json", "har", "sqlite", "parquet"])
def test_a_format_that_is_not_that_of_the_bytes_is_a_finding(ectgraph_, folder: Path, format_: str):
    for name in ("clean.jws", "junk.bin", "formats.har"):
        if name == "formats.har":
            data = (SAMPLES / "formats/clinical-review.har").read_bytes()
            (folder / name).write_bytes(data)
        done = ectgraph_(f"lint {name} --input-format {format_} --format json")

        assert done.code in (0, 1)
        assert report(done)["inputs"][0]["format"] == format_
        assert codes(done) != []


# --table and --column


@pytest.fixture
def database(folder: Path) -> Path:
    """A database with tokens in two tables, in two columns of one of them."""
    path = folder / "agents.db"
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE ledger (seq INTEGER PRIMARY KEY, ect TEXT, older TEXT)")
        made.execute('CREATE TABLE "in box" (ect TEXT)')
        for seq, record in enumerate(sketch("a@0; b@5<a by=agent-b").records, 1):
            text = record.decode()
            made.execute("INSERT INTO ledger VALUES (?, ?, ?)", (seq, text, text))
        made.execute('INSERT INTO "in box" VALUES (?)', (sketch("a@0").records[0].decode(),))
        made.commit()
    return path


def test_where_several_columns_hold_tokens_the_caller_is_told_how_to_choose(
    ectgraph_, database: Path
):
    done = ectgraph_(f"lint agents.db {KEYS}")

    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "ectgraph: agents.db: several columns hold tokens; choose: --table ledger --column ect | "
        "--table ledger --column older | --table 'in box' --column ect\n"
    )


@pytest.mark.parametrize("command", READERS)
def test_a_table_and_a_column_are_chosen_at_every_command(ectgraph_, database: Path, command: str):
    done = ectgraph_(f"{READERS[command].format('agents.db')} --table ledger --column ect {KEYS}")

    if command == "checkpoint":
        assert "ectgraph convert" in done.err
    else:
        assert done.code == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--table", "legder"], "did you mean 'ledger'?"),
        (["--column", "etc"], "did you mean 'ect'?"),
        (["--table", "in box", "--column", "older"], "no column 'older'"),
        (["--table", "x\n\x1b[31m"], "no table"),
    ],
)
def test_a_table_or_column_that_is_not_there_is_a_mistake(
    ectgraph_, database: Path, options: list[str], words: str
):
    done = ectgraph_("lint agents.db", *options)

    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert done.err.rstrip("\n").isprintable()
    assert words in done.err


def test_the_chosen_column_is_the_one_that_is_read(ectgraph_, database: Path):
    line = f"lint agents.db {KEYS} --format json"
    inbox = report(ectgraph_(line, "--table", "in box"))
    ledger = report(ectgraph_(line, "--table", "ledger", "--column", "older"))

    assert (inbox["summary"]["records"], ledger["summary"]["records"]) == (1, 2)


# Several sources: folders, patterns, streams, compressed


@pytest.fixture
def archive(folder: Path) -> Path:
    """A folder of rotated ledgers, each compressed in its own way, next to a page of text."""
    lines = sketch("a@0; b@5<a; c@9<b; d@12<c").data.splitlines(keepends=True)
    (folder / "old/2025").mkdir(parents=True)
    (folder / "old/2025/1.jws.gz").write_bytes(gzip.compress(lines[0]))
    (folder / "old/2025/2.jws.bz2").write_bytes(bz2.compress(lines[1]))
    (folder / "old/3.jws.xz").write_bytes(lzma.compress(lines[2]))
    (folder / "old/4.jws").write_bytes(lines[3])
    (folder / "old/README.md").write_bytes(b"# Ledgers\n\nOld ones.\n")
    (folder / "old/.hidden").write_bytes(b"junk\n")
    return folder / "old"


@pytest.mark.parametrize("paths", ["old", "old/**/*.jws*", "old/2025 old/3* old/4.jws"])
def test_folders_and_patterns_are_one_ledger(ectgraph_, archive: Path, paths: str):
    told = report(ectgraph_(f"lint {paths} {KEYS} --format json"))

    assert told["findings"] == []
    assert told["summary"]["tasks"] == 4
    assert [source["compression"] for source in told["inputs"] if source["records"]].count(
        "gz"
    ) == 1


@pytest.mark.parametrize("command", [name for name in READERS if name != "checkpoint"])
def test_every_command_reads_folders_patterns_and_compressed_files(
    ectgraph_, archive: Path, command: str
):
    for paths in ("old", "old/**/*.jws*", "old/2025/1.jws.gz"):
        done = ectgraph_(f"{READERS[command].format(paths)} {KEYS}")
        assert done.code == 0
        assert done.err == "" or command == "convert"


@pytest.mark.parametrize("command", READERS)
def test_every_command_reads_a_compressed_stream(process, folder: Path, command: str):
    data = gzip.compress(sketch("a@0; b@5<a").data)
    done = process(folder, f"{READERS[command].format('-')} {KEYS}", input=data)

    assert done.returncode == 0
    assert done.stderr == b"" or command in ("convert", "checkpoint")


def test_what_plainly_is_no_ledger_is_named(ectgraph_, archive: Path):
    told = report(ectgraph_(f"lint old {KEYS} --format json"))

    assert [source["source"] for source in told["inputs"] if source["format"] == "other"] == [
        "old/README.md"
    ]
    assert any("README.md" in sentence for sentence in told["not_established"])


# --separate


@pytest.fixture
def several(folder: Path) -> Path:
    """A clean ledger, a faulty one, and one that does not know the parent in another."""
    (folder / "many").mkdir()
    (folder / "many/1.jws").write_bytes(sketch("a@0").data)
    (folder / "many/2.jws").write_bytes(sketch("b@5<a").data)
    (folder / "many/3.jws").write_bytes(sketch("c@0 wid=other !flipped").data)
    return folder / "many"


def test_separate_judges_each_file_alone(ectgraph_, several: Path):
    together = ectgraph_(f"lint many {KEYS} --format json")
    done = ectgraph_(f"lint many --separate {KEYS} --format json")
    told = report(done)

    assert (done.code, codes(together)) == (1, ["ECT201"])
    assert list(told) == ["format", "reports"]
    assert told["format"] == "ectgraph-reports/1"
    assert [each["format"] for each in told["reports"]] == ["ectgraph-report/1"] * 3
    assert [each["inputs"][0]["source"] for each in told["reports"]] == [
        f"many/{number}.jws" for number in (1, 2, 3)
    ]
    found = [[finding["code"] for finding in each["findings"]] for each in told["reports"]]
    assert found == [[], ["ECT303"], ["ECT201"]]


def test_separate_reports_stand_one_under_the_other(ectgraph_, several: Path):
    done = ectgraph_(f"lint many --separate {KEYS}")

    assert (done.code, done.err) == (1, "")
    *parts, summary = [part.strip() for part in done.out.split("─" * 80) if part.strip()]
    assert [part.splitlines()[-1] for part in parts] == ["no findings", "1 error", "1 error"]
    assert [line.split()[0] for line in summary.splitlines()[:3]] == [
        "many/2.jws",
        "many/3.jws",
        "many/1.jws",
    ]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("lint many/1.jws clean.jws --separate", 0),
        ("lint many/1.jws many/2.jws --separate", 1),
        ("lint many --separate --fail-on fatal", 0),
        ("lint many --separate --ignore ECT303 --ignore ECT201", 0),
        ("lint many --separate --select ECT3", 1),
        ("lint empty.jws --separate", 3),
        ("lint nothing --separate", 3),
        ("lint many/1.jws missing.jws --separate", 2),
    ],
)
@pytest.mark.parametrize("format_", ["full", "json"])
def test_separate_exits_with_the_worst(
    ectgraph_, several: Path, line: str, code: int, format_: str
):
    done = ectgraph_(f"{line} {KEYS} --format {format_}")

    assert done.code == code
    assert (done.out == "") == (
        code == 2 or (line.startswith("lint nothing") and format_ == "text")
    )


def test_separate_writes_to_a_file(ectgraph_, several: Path, folder: Path):
    for format_ in ("full", "json"):
        line = f"lint many --separate {KEYS} --format {format_}"
        plain, done = ectgraph_(line), ectgraph_(f"{line} -o report")
        assert done == (1, "", "")
        assert (folder / "report").read_text("utf-8") == plain.out


# Names of files


ODD = ["new\nline.jws", "esc\x1b[31mape.jws", "\u202ebidi.jws", "star*.jws", "--keys", "a b.jws"]


def over(ectgraph_: Any, command: str, name: str, options: str = "") -> Any:
    """Run a command over one file, whatever it is called."""
    first, _, rest = READERS[command].partition(" {}")
    words = rest.split()
    own, after = (words, []) if "-o" in words else ([], words)
    return ectgraph_(f"{first} {KEYS} {options}", *own, "--", name, *after)


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("command", READERS)
def test_any_name_is_a_file_name_and_shown_harmless(
    ectgraph_, folder: Path, command: str, name: str
):
    (folder / name).write_bytes(sketch("a@0").data)
    done = over(ectgraph_, command, name)

    assert done.code == 0
    assert re.sub("[\n\t]", "", done.out + done.err).isprintable()


@pytest.mark.skipif(os.name != "posix", reason="file names are text there")
@pytest.mark.parametrize(
    ("command", "options"),
    [*((command, "") for command in READERS), ("lint", "--format json"), ("show", "--format json")],
)
def test_a_name_that_is_no_text_is_a_file_name(ectgraph_, folder: Path, command: str, options: str):
    name = os.fsdecode(b"led\xff\nger.jws")
    try:
        (folder / name).write_bytes(sketch("a@0").data)
    except OSError:
        pytest.skip("this file system takes no such name")
    done = over(ectgraph_, command, name, options)

    assert done.code == 0
    assert "Traceback" not in done.err


@pytest.mark.skipif(os.name != "posix", reason="file names are text there")
@pytest.mark.parametrize("options", ["", "--format json", "--separate", "--separate --format json"])
def test_a_name_that_is_no_text_can_be_that_of_anything_read(ectgraph_, folder: Path, options: str):
    names = [os.fsdecode(f"{each}\n".encode() + b"\xff") for each in ("ledger", "keys", "inside")]
    ledger, keys, inside = (folder / name for name in names)
    try:
        ledger.write_bytes(sketch("a@0; b@5<a,z !flipped").data)
    except OSError:
        pytest.skip("this file system takes no such name")
    keys.write_bytes((folder / "keys.json").read_bytes())
    inside.mkdir()
    (inside / names[0]).write_bytes(sketch("c@9").data)
    if "separate" not in options:
        (inside / names[1]).write_bytes(b"no ledger")
    done = ectgraph_(f"lint {options}", names[0], names[2], "--keys", names[1])

    assert (done.code, done.err) == (1, "")
    assert done.out.replace("\n", "").isprintable()
