"""convert and checkpoint: what they write, what they leave alone, and what they exit with."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from ectgraph import loader
from ectgraph.checkpoint import digest
from ectgraph.formats.entry import token_bytes
from ectgraph.keys import KeyRing
from ectgraph.policy import Policy
from ectgraph.reading import Manner
from ectgraph.testing import ledger_file, sketch

SAMPLES = Path(__file__).parents[2] / "sample_ledgers"
KEYS = "--keys keys.json"
OUTPUTS = ("out.jsonl", "out.jws", "out.parquet")

BOOK = "a@0; b@5<a by=agent-b; !chained"
GROWN = "a@0; b@5<a by=agent-b; c@9<b by=agent-b; !chained"


@pytest.fixture(autouse=True)
def ledgers(folder: Path) -> Path:
    """A chained ledger, and what became of it."""
    data = sketch(GROWN).data
    for name, text in {
        "book.jsonl": sketch(BOOK).data,
        "grown.jsonl": data,
        "cut.jsonl": sketch(BOOK).data.splitlines(keepends=True)[0],
        "anew.jsonl": sketch("a@0; x@5<a by=agent-b; !chained").data,
        "book.jsonl.gz": gzip.compress(sketch(BOOK).data),
    }.items():
        (folder / name).write_bytes(text)
    return folder


def texts(path: str | Path) -> list[bytes]:
    """The tokens in a file."""
    manner = Manner(column="ect" if str(path).endswith("parquet") else None)
    return [token_bytes(entry.record.body) for entry in loader.load(path, manner=manner)]


# convert


@pytest.mark.parametrize("target", OUTPUTS)
@pytest.mark.parametrize(
    "source", ["clean.jws", "book.jsonl", "book.jsonl.gz", "formats/clinical-review.har"]
)
def test_convert_writes_the_tokens_to_a_file_of_the_form_that_its_name_says(
    ectgraph_, source: str, target: str
):
    path = SAMPLES / source if source.startswith("formats") else Path(source)
    done = ectgraph_("convert", path, "-o", target)

    count = len(texts(path))
    assert done == (0, "", f"ectgraph: {target}: {count} tokens written\n")
    assert texts(target) == texts(path)


def test_convert_takes_the_form_by_name(ectgraph_, folder: Path):
    for form in ("ledger", "jws", "parquet"):
        assert ectgraph_(f"convert clean.jws -o out --format {form}").code == 0
        assert loader.load("out", manner=Manner(column="ect")).inputs[0].format == (
            "jsonl" if form == "ledger" else form
        )


def test_convert_takes_several_sources_and_folders_as_one_ledger(ectgraph_, folder: Path):
    (folder / "more").mkdir()
    (folder / "more/2.jws").write_bytes(sketch("y@1").data)
    (folder / "more/1.jws").write_bytes(sketch("x@0").data)
    done = ectgraph_("convert clean.jws more -o out.jsonl")

    assert done.code == 0
    assert texts("out.jsonl") == [*sketch("a@0; b@5<a by=agent-b; x@0; y@1").records]
    assert ectgraph_("lint out.jsonl --keys keys.json").code == 0


def test_convert_reads_standard_input_and_writes_what_it_is_told(process, folder: Path):
    done = process(folder, "convert - -o out.jws", input=sketch(BOOK).data)

    assert (done.returncode, done.stdout) == (0, b"")
    assert texts(folder / "out.jws") == texts(folder / "book.jsonl")


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="no such device")
def test_convert_writes_into_a_pipe_where_the_system_has_a_name_for_it(process, folder: Path):
    done = process(folder, "convert book.jsonl -o /dev/stdout --format jws")

    assert done.returncode == 0
    assert done.stdout.splitlines() == texts(folder / "book.jsonl")


def test_convert_tells_what_it_left_out_and_exits_with_1(ectgraph_, folder: Path):
    (folder / "odd.jws").write_bytes(sketch("a@0; 'junk'; b@5<a !flipped; '{'; '{}'").data)
    done = ectgraph_("convert odd.jws -o out.jws")

    written, *left_out = done.err.splitlines()
    assert (done.code, done.out) == (1, "")
    assert written == "ectgraph: out.jws: 2 tokens written"
    assert [line.split(": ")[1:3] for line in left_out] == [
        ["left out", f"odd.jws, record {number}"] for number in (2, 4, 5)
    ]
    assert left_out[0].endswith("4 bytes that are neither a JWS nor base64url JSON claims")
    assert left_out[2].endswith("(ect, ect_token, ect_jws, jws, token, compact)")
    assert texts("out.jws") == list(sketch("a@0; b@5<a !flipped").records)


def test_convert_lists_the_first_records_that_it_left_out(ectgraph_, folder: Path):
    (folder / "odd.jws").write_bytes(b"junk\x1b[31m\n" * 1007 + sketch("a@0").data)
    done = ectgraph_("convert odd.jws -o out.jws")

    assert done.code == 1
    assert done.err.splitlines()[0] == "ectgraph: out.jws: 1 token written"
    assert done.err.splitlines()[-1] == "ectgraph: left out: 1,002 more"
    assert len(done.err.splitlines()) == 7
    assert done.err.replace("\n", "").isprintable()


@pytest.mark.parametrize("name", ["empty.jws", "comments.jws", "nothing"])
def test_convert_of_nothing_writes_nothing(ectgraph_, folder: Path, name: str):
    done = ectgraph_(f"convert {name} -o out.jsonl")

    assert (done.code, done.out) == (3, "")
    assert not (folder / "out.jsonl").exists()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("convert clean.jws -o out.json", ".jsonl, .jws, .parquet"),
        ("convert clean.jws -o out", "--format"),
        ("convert missing.jws -o out.jws", "missing.jws"),
        ("convert clean.jws -o nowhere/out.jws", "cannot be written"),
        ("convert clean.jws -o nowhere/out.parquet", "cannot be written"),
        ("convert clean.jws -o nothing --format jws", "cannot be written"),
        ("convert clean.jws -o clean.jws", "not written over"),
        ("convert clean.jws -o ./nothing/../clean.jws", "not written over"),
        ("convert clean.jws book.jsonl -o book.jsonl", "not written over"),
        (f"convert clean.jws {KEYS} -o keys.json --format jws", "not written over"),
    ],
)
def test_a_mistake_at_convert_is_one_line_and_exit_code_2(ectgraph_, line: str, words: str):
    done = ectgraph_(line)

    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert words in done.err


# checkpoint


def test_a_checkpoint_says_what_the_ledger_is_now(ectgraph_, folder: Path):
    done = ectgraph_(f"checkpoint book.jsonl {KEYS} -o book.checkpoint.json")
    data = (folder / "book.jsonl").read_bytes()

    assert done == (0, "", "ectgraph: book.checkpoint.json: 2 records, no findings\n")
    told = json.loads((folder / "book.checkpoint.json").read_bytes())
    assert told.pop("tool").startswith("ectgraph ")
    assert told == {
        "format": "ectgraph-checkpoint/1",
        "entries": 2,
        "bytes": len(data),
        "head": hashlib.sha256(data.splitlines()[-1]).hexdigest(),
        "sha256": hashlib.sha256(data).hexdigest(),
        "keys": KeyRing.load("keys.json").digest,
        "policy": digest(Policy()),
        "findings": {"fatal": 0, "error": 0, "warning": 0, "note": 0} | {"known": 0, "ignored": 0},
    }


def test_a_checkpoint_is_the_same_each_time_and_of_what_is_inside_a_compressed_file(
    ectgraph_, folder: Path
):
    for number, name in enumerate(("book.jsonl", "book.jsonl", "book.jsonl.gz")):
        assert ectgraph_(f"checkpoint {name} {KEYS} -o {number}.json").code == 0

    assert len({(folder / f"{number}.json").read_bytes() for number in range(3)}) == 1


def test_a_checkpoint_without_keys_says_so(ectgraph_, folder: Path):
    done = ectgraph_("checkpoint book.jsonl -o note.json")

    assert done.code == 0
    assert done.err == (
        "ectgraph: note.json: 2 records, 1 warning; without --keys no signature was checked\n"
    )
    assert json.loads((folder / "note.json").read_bytes())["keys"] is None


def test_a_checkpoint_of_a_faulty_ledger_is_made_and_exits_with_1(ectgraph_, folder: Path):
    done = ectgraph_(f"checkpoint faulty.jws {KEYS} -o note.json")

    assert (done.code, done.out) == (1, "")
    assert "2 records, 2 errors" in done.err
    assert json.loads((folder / "note.json").read_bytes())["findings"]["error"] == 2


@pytest.mark.parametrize("name", ["empty.jws", "comments.jws"])
def test_a_checkpoint_of_nothing_is_not_made(ectgraph_, folder: Path, name: str):
    done = ectgraph_(f"checkpoint {name} {KEYS} -o note.json")

    assert (done.code, done.out) == (3, "")
    assert not (folder / "note.json").exists()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("checkpoint book.jsonl clean.jws -o note.json", "2 are given"),
        ("checkpoint . -o note.json", "are given"),
        ("checkpoint document.json -o note.json", "ectgraph convert"),
        ("checkpoint missing.jsonl -o note.json", "missing.jsonl"),
        ("checkpoint book.jsonl -o book.jsonl", "not written over"),
        (f"checkpoint book.jsonl {KEYS} -o keys.json", "not written over"),
        ("checkpoint book.jsonl -o nowhere/note.json", "cannot be written"),
        ("checkpoint book.jsonl --keys none.json -o note.json", "none.json"),
    ],
)
def test_a_mistake_at_checkpoint_is_one_line_and_exit_code_2(
    ectgraph_, folder: Path, line: str, words: str
):
    tokens = [record.decode() for record in sketch("a@0; b@5<a").records]
    (folder / "document.json").write_text(json.dumps({"entries": tokens}), "utf-8")
    done = ectgraph_(line)

    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert words in done.err
    assert not (folder / "note.json").exists()


# lint --against and --since


@pytest.fixture
def note(ectgraph_, folder: Path) -> str:
    """A checkpoint of the ledger."""
    ectgraph_(f"checkpoint book.jsonl {KEYS} -o note.json")
    return "note.json"


@pytest.mark.parametrize("option", ["--against", "--since"])
@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("book.jsonl", 0, "its 2 records are here byte for byte, and 0 records after them"),
        ("book.jsonl.gz", 0, "its 2 records are here byte for byte, and 0 records after them"),
        ("grown.jsonl", 0, "its 2 records are here byte for byte, and 1 record after them"),
        ("cut.jsonl", 1, "ECT605 not-the-checkpoint"),
        ("anew.jsonl", 1, "ECT605 not-the-checkpoint"),
        ("empty.jws", 1, "ECT605 not-the-checkpoint"),
    ],
)
def test_lint_compares_a_ledger_with_a_checkpoint(
    ectgraph_, note: str, option: str, name: str, code: int, words: str
):
    done = ectgraph_(f"lint {name} {KEYS} {option} {note}")

    assert (done.code, done.err) == (code, "")
    assert words in done.out


def test_lint_since_verifies_what_came_after_and_says_what_it_did_not(ectgraph_, note: str):
    done = ectgraph_(f"lint grown.jsonl {KEYS} --since {note}")

    assert "1 record after the checkpoint" in done.out
    assert "they were verified for the checkpoint" in done.out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--keys a.json", "made with other keys"),
        ("", "made with other keys"),
        (f"{KEYS} --at 2026-02-24T14:23:30Z", "made with another policy"),
        (f"{KEYS} --allow-alg EdDSA", "made with another policy"),
    ],
)
def test_lint_since_verifies_all_where_the_checkpoint_does_not_vouch(
    ectgraph_, note: str, options: str, words: str
):
    done = ectgraph_(f"lint grown.jsonl {options} --since {note} --format json")
    told = json.loads(done.out)

    assert told["summary"]["records"] == 3
    assert any(words in sentence for sentence in told["not_established"])


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("lint book.jsonl --against note.json --since note.json", "against"),
        ("lint book.jsonl clean.jws --against note.json", "2 are given"),
        ("lint book.jsonl clean.jws --since note.json", "2 are given"),
        ("lint book.jsonl --separate --against note.json", "--separate"),
        ("lint book.jsonl --separate --since note.json", "--separate"),
        ("lint book.jsonl --against missing.json", "missing.json"),
        ("lint book.jsonl --against keys.json", "keys.json: no checkpoint"),
        ("lint book.jsonl --since clean.jws", "clean.jws: no checkpoint"),
        ("lint book.jsonl --against nothing", "nothing: cannot be read"),
        ("lint - --keys keys.json --since note.json", "is no file"),
        ("lint missing.jsonl --since note.json", "missing.jsonl"),
        ("lint book.jsonl --against note.json -o note.json", "not written over"),
        ("lint book.jsonl --since note.json -o note.json", "not written over"),
        ("lint har.har --against note.json", "ectgraph convert"),
        ("lint har.har --since note.json", "ectgraph convert"),
    ],
)
def test_a_mistake_with_a_checkpoint_is_one_line_and_exit_code_2(
    ectgraph_, folder: Path, note: str, line: str, words: str
):
    har = (SAMPLES / "formats/clinical-review.har").read_bytes()
    (folder / "har.har").write_bytes(har)
    done = ectgraph_(line)

    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert words in done.err


def test_a_ledger_of_the_agents_side_can_be_checked_all_the_way(ectgraph_, folder: Path):
    """What is appended by hand, converted and noted is the same ledger all along."""
    drawn = sketch("a@0; b@5<a by=agent-b")
    (folder / "hand.jsonl").write_bytes(ledger_file(drawn.records, [1771943001, 1771943006]))
    ectgraph_("convert hand.jsonl -o out.parquet")
    ectgraph_("convert out.parquet -o out.jsonl")
    ectgraph_(f"checkpoint hand.jsonl {KEYS} -o note.json")

    assert (folder / "out.jsonl").read_bytes() == (folder / "hand.jsonl").read_bytes()
    assert ectgraph_(f"lint out.jsonl {KEYS} --against note.json --fail-on note").code == 0
