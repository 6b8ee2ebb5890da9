"""A ledger in another container: the same tokens, byte for byte, and nothing made up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ectgraph import loader, reading
from ectgraph.encoding import compact_json, encode_base64url
from ectgraph.errors import EctgraphError
from ectgraph.export import tokens
from ectgraph.export.tokens import Form, form, write
from ectgraph.formats.entry import token_bytes, unwrap
from ectgraph.ledger import Ledger
from ectgraph.model import Entry, Trust
from ectgraph.opening import load
from ectgraph.policy import Policy
from ectgraph.reading import Manner
from ectgraph.testing import EPOCH, Sketch, sketch, task_id, token

SAMPLES = Path(__file__).parents[2] / "sample_ledgers"
EXPECTED = json.loads((SAMPLES / "expected.json").read_text("utf-8"))
FORMS: dict[Form, str] = {"ledger": "out.jsonl", "jws": "out.jws", "parquet": "out.parquet"}

A, B = sketch("a@0; b@5<a").records


def read_back(path: Path, as_: Form) -> Ledger:
    """What the loader makes of a file; of a table the column with the tokens."""
    return loader.load(path, manner=Manner(column="ect" if as_ == "parquet" else None))


def texts(ledger: Ledger) -> list[bytes]:
    return [token_bytes(entry.record.body) for entry in ledger]


def meant(entry: Entry) -> bytes:
    """The token of an entry in its compact form; of unsigned claims their bytes in base64url."""
    content = unwrap(entry.record.body, 1000)
    return encode_base64url(entry.record.body) if content.claims else content.compact or b""


def converted(data: bytes, folder: Path, as_: Form = "ledger") -> tuple[Ledger, list[Entry]]:
    """(what was written, read again; what was left out) of a ledger of lines."""
    target = folder / FORMS[as_]
    left_out = write(loader.load_bytes(data), target, as_)
    return read_back(target, as_), left_out


def lines(*values: Any) -> bytes:
    return b"".join(compact_json(value) + b"\n" for value in values)


# The same tokens


@pytest.mark.parametrize("as_", FORMS)
@pytest.mark.parametrize("name", [name for name in EXPECTED if name.startswith("formats/")])
def test_tokens_come_over_byte_for_byte_and_in_order(tmp_path: Path, name: str, as_: Form):
    ledger = loader.load(SAMPLES / name)
    target = tmp_path / FORMS[as_]

    assert write(ledger, target, as_) == []
    assert texts(read_back(target, as_)) == [meant(entry) for entry in ledger]


@pytest.mark.parametrize(
    "name",
    [path.name for path in SAMPLES.glob("*.jsonl") if b'"prev_hash":"","ect"' in path.read_bytes()],
)
def test_a_ledger_file_of_ours_comes_out_as_it_went_in(tmp_path: Path, name: str):
    write(loader.load(SAMPLES / name), tmp_path / "out.jsonl", "ledger")

    assert (tmp_path / "out.jsonl").read_bytes() == (SAMPLES / name).read_bytes()


def test_there_and_back_through_every_form_it_is_the_same_ledger(tmp_path: Path):
    data = (SAMPLES / "clinical-review.jsonl").read_bytes()
    write(loader.load_bytes(data), tmp_path / "one.parquet", "parquet")
    write(loader.load(tmp_path / "one.parquet"), tmp_path / "two.jsonl", "ledger")

    assert (tmp_path / "two.jsonl").read_bytes() == data


def test_lines_of_tokens_alone_come_out_as_they_went_in(tmp_path: Path):
    data = sketch("a@0; b@5<a !flipped; c@9 kid=nobody").data
    converted(data, tmp_path, "jws")

    assert (tmp_path / "out.jws").read_bytes() == data


@pytest.mark.parametrize("as_", FORMS)
def test_the_same_ledger_makes_the_same_bytes(tmp_path: Path, as_: Form):
    for number in (1, 2):
        write(loader.load(SAMPLES / "two-truths.jsonl"), tmp_path / str(number), as_)

    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


@pytest.mark.parametrize("as_", FORMS)
def test_what_does_not_verify_goes_along(tmp_path: Path, as_: Form):
    drawn = sketch(
        "a@0 !flipped; b@1 !stranger; c@2 kid=nobody; d@3 alg=none; e@4 !padded; f@5 !nan;"
        "g@6 !twice; h@7 !no-jti; i@8 !cut; j@9 !short; k@9 !unsigned; a@0 !flipped"
    )
    found, left_out = converted(drawn.data, tmp_path, as_)

    assert left_out == []
    assert texts(found)[:10] == list(drawn.records[:10])
    assert texts(found)[10] == encode_base64url(drawn.records[10])
    assert texts(found)[11] == drawn.records[0]


def test_a_converted_ledger_is_judged_as_before(tmp_path: Path):
    for name, story in EXPECTED.items():
        if name == "damaged-archive.jsonl":  # two of its records hold no token
            continue
        target, keys = tmp_path / "out.jsonl", SAMPLES / story["keys"]
        write(loader.load(SAMPLES / name), target, "ledger")
        report = load(target, keys).report
        assert sorted({finding.code for finding in report.findings}) == story["codes"], name
        assert report.summary.trust["verified"] == story["verified"]


def test_the_chain_of_a_written_ledger_holds(tmp_path: Path):
    drawn = sketch("a@0; b@5<a; c@9<b")
    write(drawn.ledger(), tmp_path / "out.jsonl", "ledger")
    report = load(tmp_path / "out.jsonl", drawn.ring).report

    assert report.findings == ()
    assert report.summary.levels == {"L1": 0, "L2": 0, "L3": 3}


# What is left out


@pytest.mark.parametrize(
    "record",
    [
        b"hello ledger",
        b"hello",
        b"{",
        b"{}",
        b"[1]",
        b"7",
        b'{"ect":7}',
        b'"two\\nlines.of.it"',
        b'" a.b.c"',
        b'"# a.b.c"',
        b'"{a.b.c"',
        b"\xff.\xff.\xff",
        compact_json("\ufeffa.b.c"),
        b'{"jti":"t","seq":1}',
        A[:300],
    ],
)
@pytest.mark.parametrize("as_", FORMS)
def test_a_record_without_a_token_is_left_out_and_told(tmp_path: Path, record: bytes, as_: Form):
    found, left_out = converted(A + b"\n" + record + b"\n" + B + b"\n", tmp_path, as_)

    assert texts(found) == [A, B]
    assert [entry.record.body for entry in left_out] == [record]


def test_a_record_that_was_too_long_to_be_read_is_left_out(tmp_path: Path):
    long = A + b"x" * 5000
    ledger = loader.load_bytes(A + b"\n" + long + b"\n", policy=Policy(max_record_bytes=4096))

    (left_out,) = write(ledger, tmp_path / "out.jws", "jws")
    assert left_out.record.index == 1
    assert (tmp_path / "out.jws").read_bytes() == A + b"\n"


@pytest.mark.parametrize(
    "entry",
    [
        b'{"ect":"%b","ect":"%b"}' % (A, B),
        b'{"ect":"%b","jws":"%b"}' % (A, B),
        b'{"ect":"%b","ECT":"%b"}' % (A, B),
        b'{"seq":1,"seq":2,"ect":"%b"}' % A,
    ],
)
def test_an_entry_with_two_readings_does_not_come_out_with_one(tmp_path: Path, entry: bytes):
    """Its token alone would verify, and what was wrong with it would be gone."""
    drawn = sketch("a@0; b@5<a")
    before = load_of(drawn, entry)
    found, left_out = converted(entry + b"\n", tmp_path)

    assert before[0].trust is Trust.INVALID
    assert len(found) == 0
    assert len(left_out) == 1


def load_of(drawn: Sketch, data: bytes) -> Ledger:
    return loader.load_bytes(data, drawn.ring)


# What the operator said


@pytest.mark.parametrize(
    ("stated", "written"),
    [
        ("2026-02-24T15:42:31.5Z", "2026-02-24T15:42:31.5Z"),
        ("yesterday", "yesterday"),
        ("", ""),
        (EPOCH, "2026-02-24T14:23:20.000Z"),
        (EPOCH + 0.25, "2026-02-24T14:23:20.250Z"),
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.000Z"),
        (253_402_300_799, "9999-12-31T23:59:59.000Z"),
        (253_402_300_799.9999999, ""),
        (253_402_300_800, ""),
        (-30_610_224_000, "1000-01-01T00:00:00.000Z"),
        (-62_135_596_801, ""),
        (2**53 - 1, ""),
        (-(2**53) + 1, ""),
        (2**60, ""),
        (True, ""),
        (None, ""),
    ],
)
def test_a_time_comes_over_as_stated_or_not_at_all(tmp_path: Path, stated: Any, written: str):
    data = lines({"ect": A.decode(), "recorded_at": stated})
    converted(data, tmp_path)
    converted(data, tmp_path, "parquet")

    assert json.loads((tmp_path / "out.jsonl").read_bytes())["recorded_at"] == written
    assert (read_back(tmp_path / "out.parquet", "parquet")[0].recorded_at or "") == written


@pytest.mark.parametrize("as_", FORMS)
def test_no_time_is_made_up_and_none_is_complained_of(tmp_path: Path, as_: Form):
    drawn = sketch("a@0; b@5<a; c@9<b")
    write(drawn.ledger(), tmp_path / FORMS[as_], as_)
    case = load(tmp_path / FORMS[as_], drawn.ring)

    assert case.report.findings == ()
    assert {entry.recorded_at for entry in case.ledger} <= {None, ""}


def test_numbers_and_copies_are_those_of_the_tokens_not_of_the_entries(tmp_path: Path):
    data = lines(
        {"seq": 7, "jti": "another", "prev_hash": "00", "ect": A.decode(), "note": "gone"},
        {"seq": 7, "ect": token({"iss": "x:y"}, "agent-a").decode()},
    )
    converted(data, tmp_path)
    first, second = map(json.loads, (tmp_path / "out.jsonl").read_bytes().splitlines())

    assert list(first) == ["seq", "recorded_at", "jti", "prev_hash", "ect"]
    assert (first["seq"], first["jti"], first["prev_hash"]) == (1, task_id("a"), "")
    assert (second["seq"], second["jti"]) == (2, "")


# Whatever the records are


@st.composite
def odd_entries(draw: st.DrawFn, values: st.SearchStrategy[Any]) -> bytes:
    """A line with what may be a token, and with anything around it."""
    text = draw(
        st.sampled_from([A.decode(), B.decode(), A.decode() + "=", "a.b.c", "PAR1.b.c", "#a.b.c"])
        | st.sampled_from(["SQLite format 3\0.b.c", "BZh91AY&SY.b.c", "\x1f\x8b\x08.b.c", "{.b.c"])
        | st.text(max_size=12)
        | st.text(max_size=9).map(lambda odd: f"{odd}.{odd}.{odd}")
    )
    if draw(st.booleans()):
        return compact_json(text)
    members = draw(st.dictionaries(st.sampled_from(("seq", "recorded_at", "jti", "x")), values))
    return compact_json(members | {draw(st.sampled_from(("ect", "jws", "token"))): text})


@pytest.mark.parametrize("as_", FORMS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_written_is_read_back_as_the_same_tokens(
    tmp_path: Path, line_soup: Any, json_values: Any, as_: Form, data: st.DataObject
):
    entry = odd_entries(json_values)
    soup = data.draw(line_soup | st.lists(entry, max_size=6).map(b"\n".join))
    ledger = loader.load_bytes(soup)
    target = tmp_path / FORMS[as_]

    left_out = write(ledger, target, as_)
    kept = [meant(entry) for entry in ledger if entry not in left_out]

    assert len(kept) + len(left_out) == len(ledger)
    assert texts(read_back(target, as_)) == kept
    assert all(entry.token is None or entry.problems for entry in left_out)


# Files


def test_the_form_is_told_by_the_suffix_or_by_name(refusal):
    assert form(Path("a.jsonl"), None) == "ledger"
    assert form(Path("a.JWS"), None) == "jws"
    assert form(Path("a.parquet"), None) == "parquet"
    assert form(Path("a.parquet"), "jws") == "jws"
    for name in ("a", "a.json", "a.jsonl.gz", "a.har"):
        assert ".jsonl, .jws, .parquet" in refusal(form, Path(name), None)


@pytest.mark.parametrize("as_", FORMS)
def test_a_file_that_cannot_be_written_is_a_mistake(tmp_path: Path, refusal, as_: Form):
    ledger = sketch("a@0").ledger()

    assert "cannot be written" in refusal(write, ledger, tmp_path / "no" / "a", as_)
    assert "cannot be written" in refusal(write, ledger, tmp_path, as_)


@pytest.mark.parametrize("as_", FORMS)
def test_half_a_ledger_is_not_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_: Form
):
    whole = tokens._text

    def text(entry: Entry) -> str | None:
        if entry.record.index:
            raise EctgraphError("sketch: record 1 has changed since it was loaded")
        return whole(entry)

    monkeypatch.setattr(tokens, "_text", text)
    target = tmp_path / FORMS[as_]
    with pytest.raises(EctgraphError, match="has changed"):
        write(sketch("a@0; b@5<a").ledger(), target, as_)

    assert [path.stat().st_size for path in tmp_path.iterdir()] in ([], [0])


def test_records_that_were_left_in_their_file_come_over_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(reading, "KEEP_BYTES", 0)
    for name in ("clinical-review.jsonl", "formats/clinical-review.har"):
        ledger = loader.load(SAMPLES / name)
        assert all(entry.record.kept is None for entry in ledger)
        assert write(ledger, tmp_path / "out.jws", "jws") == []
        assert len(loader.load(tmp_path / "out.jws")) == 6
