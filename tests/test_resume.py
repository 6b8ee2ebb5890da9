"""A ledger that is read from a checkpoint on says of what came after what a full reading says."""

from __future__ import annotations

import gzip
import hashlib
import json
import lzma
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ectgraph import earlier, linter, reading, resume
from ectgraph.checkpoint import Checkpoint, Fate, compare, make
from ectgraph.encoding import encode_base64url
from ectgraph.ledger import Ledger
from ectgraph.loader import load, load_bytes
from ectgraph.model import Finding, Report
from ectgraph.policy import Policy
from ectgraph.reading import Manner
from ectgraph.reports.json import to_json
from ectgraph.resume import load_since
from ectgraph.rule import Evidence
from ectgraph.rules import judge
from ectgraph.testing import EPOCH, compact_json, ledger_file, sketch, task_id

POLICY = Policy(cross_workflow=False)
DRAWN = sketch(
    "a@0; b@1<a; c@2<a,b by=agent-b; d@3<c,z; e@4<d !flipped; f@5<e,a pol=p pol_decision=rejected;"
    "g@6<f; h@7<g,x,y; x@8<a; y@9<h; a@0<b; a@99; b@1<c; c@2<c; d@3<a wid=other; a@0 wid=other;"
    "d@3<a,b wid=; p@9 !unsigned; q@9<p,q !no-iat; e@4<d; f@50<e,h; u@9<e,u,v; v@10<u,w; w@7<v;"
    "n@9 !no-jti; i@9 act=; r@9<d,d; t@9 kid=nobody; l@9 draft=01; m@0<l,t draft=01"
)
RING = DRAWN.ring
TOKENS = DRAWN.records
CHAIN = ledger_file(TOKENS[:8], [EPOCH + n for n in range(8)])
LINES = CHAIN.splitlines(keepends=True)
EQUIPMENT = (RING, POLICY, judge)


def seen(data: bytes) -> Checkpoint:
    """A checkpoint of the beginning of a ledger."""
    return make(load_bytes(data, RING, POLICY, manner=Manner(digest=sys.maxsize)), "k", POLICY, {})


def report(ledger: Ledger) -> Report:
    return linter.lint(Evidence(ledger, RING, POLICY))


@pytest.fixture
def since(tmp_path: Path) -> Callable[..., Ledger | None]:
    """Write a ledger to a file, and read it from a checkpoint of its beginning on."""

    def run(before: bytes, data: bytes, pack: Callable[[bytes], bytes] = bytes) -> Ledger | None:
        path = tmp_path / "ledger"
        path.write_bytes(pack(data))
        return load_since(str(path), seen(before), EQUIPMENT, Manner())

    return run


OF_ORDER = ("ECT601", "ECT602", "ECT603")
OF_THE_WHOLE = ("ECT008", "ECT310")
"""Rules that look at a whole workflow: of what came after a checkpoint alone they say less."""


def about_new(found: Report, border: int) -> list[Finding]:
    """The findings about new records.

    A number that occurs again is not among them: earlier ones are not looked at again. A finding
    about a missing parent is, when any new task needs it.
    """
    return [
        finding
        for finding in found.findings
        if any(
            (place.index or 0) >= border
            for place in (finding.places if finding.code == "ECT303" else finding.places[:1])
        )
        and " occurs " not in finding.message
    ]


def identity(finding: Finding) -> tuple[Any, ...]:
    """What a finding says, where that is the same whether or not the earlier records were read.

    Who else needs a parent that is missing is not known without them.
    """
    if finding.code == "ECT303":
        return finding.code, finding.jti, finding.fingerprint
    return (
        finding.code,
        finding.severity,
        finding.message,
        finding.jti,
        finding.wid,
        finding.places,
        json.dumps(finding.evidence),
        finding.fingerprint,
    )


def assert_alike(ledger: Ledger, whole: Ledger, border: int) -> None:
    """Compare what was read from a checkpoint on with all of it."""
    new = ledger[ledger.context :]
    assert [entry.record for entry in new] == [entry.record for entry in whole[border:]]
    assert [entry.token for entry in new] == [entry.token for entry in whole[border:]]
    assert [entry.hits for entry in new] == [entry.hits for entry in whole[border:]]
    assert [entry.trust for entry in new] == [entry.trust for entry in whole[border:]]
    earlier = {entry.record.index: entry for entry in whole[:border]}
    for entry in ledger[: ledger.context]:
        twin = earlier[entry.record.index]
        assert (entry.trust, entry.hits) == (twin.trust, twin.hits)
        assert entry.record == twin.record or len(whole) == border  # blank lines at the end
        assert entry.record.body == twin.record.body
    assert ledger.earlier == border
    (mine,), (full,) = ledger.inputs, whole.inputs
    assert msgspec.structs.replace(mine, prefix=None, head=None) == msgspec.structs.replace(
        full, head=None
    )
    found, all_ = (about_new(report(each), border) for each in (ledger, whole))
    left_out = OF_ORDER + OF_THE_WHOLE
    others = [[identity(f) for f in fs if f.code not in left_out] for fs in (found, all_)]
    assert sorted(others[0], key=repr) == sorted(others[1], key=repr)
    ordered = [
        {(f.code, f.places[0].index) for f in fs if f.code in OF_ORDER} for fs in (found, all_)
    ]
    if border and whole[border - 1].token is not None:  # else nobody knows after which number
        assert ordered[0] >= ordered[1]


# Whatever there is before and after

lines_of_tokens = st.sampled_from(TOKENS).map(lambda token: token + b"\n")


def chained(tokens: Sequence[bytes], faults: Sequence[str]) -> bytes:
    """A hash chain in which some entries have faults."""
    lines: list[bytes] = []
    for number, (token, fault) in enumerate(zip(tokens, faults, strict=True), 1):
        entry: dict[str, Any] = {
            "seq": number + 3 if fault == "seq" else number,
            "recorded_at": EPOCH + number - (9 if fault == "time" else 0),
            "prev_hash": hashlib.sha256(lines[-1]).hexdigest() if lines else "",
            "jti": "other" if fault == "copy" else None,
            "ect": token.decode(),
        }
        if fault == "hash":
            entry["prev_hash"] = "00"
        lines.append(b'{"seq":' if fault == "junk" else compact_json(entry))
    return b"".join(line + b"\n" for line in lines)


chains = st.lists(
    st.tuples(
        st.sampled_from(TOKENS),
        st.sampled_from(["", "", "", "", "seq", "time", "hash", "copy", "junk"]),
    ),
    min_size=1,
    max_size=14,
).map(lambda pairs: chained(*zip(*pairs, strict=True)))
bare = st.lists(
    st.one_of(
        lines_of_tokens,
        lines_of_tokens,
        lines_of_tokens,
        lines_of_tokens.map(lambda line: line[:-1] + b"\r\n"),
        lines_of_tokens.map(lambda line: b'  "' + line[:-1] + b'" \n'),
        lines_of_tokens.map(
            lambda line: b'{"note":"h.eyJqdGkiOiJ4In0.s","ect":"' + line[:-1] + b'"}\n'
        ),
        st.sampled_from(
            [
                b"\n",
                b"  \r\n",
                b"# a.eyJqdGkiOiJ4In0.b\n",
                b"junk\n",
                b"\xef\xbb\xbf" + TOKENS[0] + b"\n",
                b'{"payload":"'
                + TOKENS[1].split(b".")[1]
                + b'","protected":"'
                + TOKENS[1].split(b".")[0]
                + b'","signature":"'
                + TOKENS[1].split(b".")[2]
                + b'"}\n',
                b"x" * 3000 + b"\n",
            ]
        ),
    ),
    min_size=1,
    max_size=14,
).map(b"".join)
ledgers = st.one_of(
    chains,
    bare,
    bare.map(lambda data: b"\xef\xbb\xbf" + data),
    bare.map(lambda data: data.rstrip(b"\n")),
    chains.map(lambda data: data[:-1]),
    chains.map(lambda data: data[:-40]),
)


@given(ledgers, st.data())
@settings(max_examples=500)
def test_what_is_said_of_new_records_is_what_a_full_reading_says(tmp_path_factory, data, draw):
    path = tmp_path_factory.getbasetemp() / "resumed"
    borders = [0, *(place + 1 for place, byte in enumerate(data) if byte == 10)]
    before = data[: draw.draw(st.sampled_from(borders))]
    if before[:1] in (b"[", b"{") and load_bytes(before).inputs[0].format == "json":
        return  # one line of what is no ledger of lines
    path.write_bytes(data)
    whole = load(path, RING, POLICY, judge=judge)
    checkpoint = seen(before)

    ledger = load_since(str(path), checkpoint, EQUIPMENT, Manner())

    if ledger is not None:
        assert_alike(ledger, whole, checkpoint.entries)
        assert compare(checkpoint, "x", ledger).intact
        return
    last = before.rstrip(b"\n").rpartition(b"\n")[2].removeprefix(b"\xef\xbb\xbf").strip()
    ends_with_record = before.rstrip(b" \r\n").endswith(last) and last and last[:1] != b"#"
    blank_after = before.endswith((b"\n\n", b"\n  \r\n"))
    in_a_circle = "ECT305" in {finding.code for finding in report(whole).findings}
    assert not ends_with_record or blank_after or in_a_circle


# What is read again


@pytest.mark.parametrize(
    ("before", "after", "again"),
    [
        ("a@0; b@1; c@2", "d@3", "c"),  # the one before, always
        ("a@0; b@1; c@2", "d@3<a", "ac"),
        ("a@0; b@1<a; c@2<b", "d@3<c", "c"),
        ("a@0; b@1; c@2", "d@3<a,b,c,z", "abc"),
        ("a@0<d; b@1; c@2", "d@3", "ac"),  # those that name the new one
        ("a@0; b@1; c@2", "a@0", "ac"),  # those that are the new one
        ("a@0; b@1; c@2", "a@9", "ac"),
        ("a@0 wid=x; b@1; c@2", "a@9", "ac"),
        ("a@0; b@1<a; c@2", "b@9", "abc"),  # and what another version of it names
        ("a@0; b@1<a,z; c@2", "b@1<a,z", "abc"),
        ("a@0; b@1; c@2", "", "c"),
        ("", "d@3<z", ""),
    ],
)
def test_only_records_that_have_to_do_with_new_ones_are_read_again(since, before, after, again):
    first = sketch(before).data

    ledger = since(first, first + sketch(after).data)

    assert ledger is not None
    names = {task_id(name): name for name in "abcd"}
    read = [names[entry.token.jti] for entry in ledger[: ledger.context]]
    assert "".join(read) == again
    assert (ledger.earlier, ledger.context) == (3 if before else 0, len(again))


def test_parents_of_earlier_tasks_that_were_not_read_are_not_missing(since):
    before = sketch("a@0; b@1<a,z; c@2<b").data

    ledger = since(before, before + sketch("d@3<b").data)

    assert ledger is not None
    assert [finding.code for finding in report(ledger).findings] == []
    assert [entry.token.parents for entry in ledger] == [(), (task_id("b"),), (task_id("b"),)]


@pytest.mark.parametrize(
    "before",
    [
        b"# x.eyJqdGkiOiJvdGhlciJ9.y\n" + TOKENS[0] + b"\n",
        b'{"note":"x.eyJqdGkiOiJvdGhlciJ9.y","ect":"' + TOKENS[0] + b'"}\n',
        b' {"note":"x.eyJqdGkiOiJvdGhlciJ9.y","ect":"' + TOKENS[0] + b'"}\n',
        b'{"ect":"x.eyJqdGkiOiJvdGhlciJ9.y","ect":"' + TOKENS[0] + b'"}\n',
        b'{"jws":"x.eyJqdGkiOiJvdGhlciJ9.y","ect":"' + TOKENS[0] + b'"}\n',
        b'{"ect":null,"token":"' + TOKENS[0] + b'"}\n',
        b'{"ect":5,"token":"' + TOKENS[0] + b'"}\n',
        b'"' + TOKENS[0].replace(b".", b"\\u002e") + b'"\n',
        b"\xef\xbb\xbf" + TOKENS[0] + b"\n",
        b"\xef\xbb\xbf\n\n" + TOKENS[0] + b"\n",
        b"\xef\xbb\xbf# c\n" + TOKENS[0] + b"\r\n",
        b"\t" + TOKENS[0] + b" \r\n",
    ],
)
def test_no_way_of_writing_hides_a_record_from_those_who_look_for_it(since, before):
    """Else who wrote it so, before the checkpoint, could show another version after it."""
    first = before + TOKENS[1] + b"\n"

    ledger = since(first, first + sketch("a@77").data)

    assert ledger is not None
    assert "ECT302" in {finding.code for finding in report(ledger).findings}


def test_a_circle_by_way_of_earlier_tasks_takes_a_full_reading(since):
    """Of the three between, only the first and the last have to do with the new one."""
    before = sketch("a@0<n; b@1<a; c@2<b; d@3").data

    assert since(before, before + sketch("n@4<c").data) is None
    assert since(before, before + sketch("n@4<d").data) is not None
    assert since(before, before + sketch("m@4<c; n@4<m").data) is None
    assert since(before, before + sketch("m@4<n; n@4<m").data) is not None


def test_earlier_records_that_are_too_many_to_be_kept_take_a_full_reading(since, monkeypatch):
    before = sketch("a@0<n; b@1<n; c@2<n").data

    assert since(before, before + sketch("n@0").data) is not None
    monkeypatch.setattr(earlier, "KEEP_BYTES", len(before) - 1)
    assert since(before, before + sketch("n@0").data) is None


# The order, across the border


@pytest.mark.parametrize("border", range(1, 8))
def test_a_chain_holds_across_the_border(since, border):
    ledger = since(b"".join(LINES[:border]), CHAIN)

    assert ledger is not None
    assert [entry.follows for entry in ledger[ledger.context :]] == [True] * (8 - border)
    evidence = Evidence(ledger, RING, POLICY)
    assert evidence.chained == {ledger.inputs[0].source}
    found = linter.lint(evidence)
    assert not {finding.code for finding in found.findings} & {*OF_ORDER}
    (sentence,) = [each for each in found.established if "hash chain holds" in each]
    assert f"the {8 - border} entr" in sentence


@pytest.mark.parametrize("border", range(1, 7))
def test_an_entry_that_is_missing_after_the_border_is_told(since, border):
    before = b"".join(LINES[:border])

    ledger = since(before, before + b"".join(LINES[border + 1 :]))

    assert ledger is not None
    told = [f for f in report(ledger).findings if f.code in OF_ORDER]
    assert [(f.code, f.places[0].index) for f in told] == [("ECT601", border), ("ECT602", border)]
    assert told[0].message == f"number {border + 1} is missing"


def test_gaps_between_earlier_entries_that_were_read_again_are_none(since):
    members = [{"seq": n} for n in range(1, 9)]
    data = b"".join(
        compact_json({**m, "ect": t.decode()}) + b"\n"
        for m, t in zip(
            members, sketch("a@0; b@1; c@2; d@3; e@4; f@5; g@6<a,c,e; h@7<b").records, strict=True
        )
    )
    before = b"".join(data.splitlines(keepends=True)[:6])

    ledger = since(before, data)

    assert ledger is not None
    assert [entry.seq for entry in ledger] == [1, 2, 3, 5, 6, 7, 8]
    assert report(ledger).findings == ()


# When all has to be read


@pytest.mark.parametrize("place", range(0, sum(map(len, LINES[:4])), 61))
def test_a_byte_that_changed_before_the_border_takes_a_full_reading(since, place):
    border = b"".join(LINES[:4])
    changed = bytearray(CHAIN)
    changed[place] ^= 1

    assert since(border, bytes(changed)) is None


@pytest.mark.parametrize(
    ("before", "data"),
    [
        (b"".join(LINES[:4]), b""),
        (b"".join(LINES[:4]), b"".join(LINES[:3])),
        (b"".join(LINES[:4]), b"".join(LINES[:4])[:-1]),
        (b"".join(LINES[:4]), b"x" + CHAIN),
        (b"".join(LINES[:4])[:-1], CHAIN),  # a border that is no end of a line
        (b"".join(LINES[:4])[:-9], CHAIN),
        (b"".join(LINES[:4]) + b"\n", b"".join(LINES[:4]) + b"\n" + LINES[4]),
        (b"".join(LINES[:4]) + b"# c\n", b"".join(LINES[:4]) + b"# c\n" + LINES[4]),
        (b"# c\n", b"# c\n" + CHAIN),
        (CHAIN, b"[" + CHAIN),
        (CHAIN, gzip.compress(CHAIN)[:-30]),
    ],
)
def test_what_is_not_what_was_seen_or_does_not_end_with_a_record_takes_a_full_reading(
    since, before, data
):
    assert since(before, data) is None


def test_a_checkpoint_that_counts_otherwise_takes_a_full_reading(tmp_path):
    path = tmp_path / "ledger"
    path.write_bytes(CHAIN)
    good = seen(b"".join(LINES[:4]))

    for odd in (
        {"entries": 3},
        {"entries": 5},
        {"bytes": good.bytes + 1},
        {"bytes": 2**53 - 1},
        {"bytes": 0},
        {"sha256": ""},
        {"sha256": good.sha256.upper()},
    ):
        wrong = msgspec.structs.replace(good, **odd)
        assert load_since(str(path), wrong, EQUIPMENT, Manner()) is None
    assert load_since(str(path), good, EQUIPMENT, Manner()) is not None


def test_a_document_takes_a_full_reading(since):
    document = json.dumps({"entries": [token.decode() for token in TOKENS[:3]]}, indent=1).encode()

    assert since(b"", document) is None


def test_what_is_no_file_is_the_callers_mistake(refusal, tmp_path, monkeypatch):
    made = seen(CHAIN)
    for path in (tmp_path, tmp_path / "absent", "-"):
        message = refusal(load_since, str(path), made, EQUIPMENT, Manner())
        assert message.startswith(f"{path}: is no file")


def test_a_file_that_may_not_be_read_is_the_callers_mistake(refusal, tmp_path):
    path = tmp_path / "ledger"
    path.write_bytes(CHAIN)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("whoever runs this may read everything")

    assert "Permission denied" in refusal(load_since, str(path), seen(CHAIN), EQUIPMENT, Manner())


# Compressed, large, changing


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
@pytest.mark.parametrize("border", [0, 1, 5, 8])
def test_a_compressed_ledger_may_be_read_from_a_checkpoint_on(since, tmp_path, pack, border):
    ledger = since(b"".join(LINES[:border]), CHAIN, pack)

    assert ledger is not None
    whole = load(tmp_path / "ledger", RING, POLICY, judge=judge)
    assert_alike(ledger, whole, border)
    assert ledger.inputs[0].compression in ("gz", "xz")


def test_a_compressed_ledger_that_breaks_off_after_the_border_is_told(since):
    many = b"".join(token + b"\n" for token in TOKENS)

    ledger = since(TOKENS[0] + b"\n", many, lambda data: gzip.compress(data)[:-40])

    assert ledger is not None
    assert [problem.kind for problem in ledger.inputs[0].problems] == ["torn-tail"]
    assert "ECT604" in {finding.code for finding in report(ledger).findings}


def test_new_records_beyond_what_is_kept_are_read_back(since, monkeypatch):
    monkeypatch.setattr(reading, "KEEP_BYTES", 0)
    for pack in (bytes, gzip.compress):
        ledger = since(b"".join(LINES[:3]), CHAIN, pack)

        assert ledger is not None
        assert [entry.record.kept for entry in ledger[ledger.context :]] == [None] * 5
        assert b"".join(e.record.raw for e in ledger[ledger.context :]) == b"".join(LINES[3:])
        assert to_json(report(ledger))


def test_a_record_of_another_size_limit_is_read_under_that_limit(tmp_path):
    policy = Policy(max_record_bytes=2 << 20)
    long = compact_json({"note": "x" * (1 << 20), "ect": TOKENS[0].decode()}) + b"\n"
    path = tmp_path / "ledger"
    path.write_bytes(long + TOKENS[3] + b"\n" + TOKENS[1] + b"\n")
    before = path.read_bytes()[: -len(TOKENS[1]) - 1]
    made = make(
        load_bytes(before, RING, policy, manner=Manner(digest=sys.maxsize)), "k", policy, {}
    )

    ledger = load_since(str(path), made, (RING, policy, judge), Manner())

    assert ledger is not None
    assert [entry.record.index for entry in ledger] == [0, 1, 2]
    assert ledger[0].token is not None
    assert "ECT303" not in {
        code for f in report(ledger).findings for code in [f.code] if f.jti == task_id("a")
    }


@pytest.mark.parametrize("long", [b"x" * (2 << 20), b"{" + b" " * (2 << 20)])
def test_an_earlier_record_that_is_too_long_to_be_read_is_passed_over(since, long):
    before = TOKENS[0] + b"\n" + long + b"\n"

    ledger = since(before, before + CHAIN)

    assert ledger is not None
    assert ledger.earlier == 2
    assert [entry.record.index for entry in ledger][: ledger.context] == [0]
    assert [entry.follows for entry in ledger[ledger.context :]] == [None] + [True] * 7


@pytest.mark.parametrize("claims", [b'{"x":%s}', b'{"jti":"a","par":%s}'])
def test_an_earlier_record_may_nest_as_deep_as_it_likes(since, claims):
    deep = claims % (b"[" * 100_000 + b"]" * 100_000)
    token = TOKENS[0].split(b".")[0] + b"." + encode_base64url(deep) + b".AA"
    before = deep + b"\n" + token + b"\n" + TOKENS[0] + b"\n"

    ledger = since(before, before + TOKENS[1] + b"\n")

    assert ledger is not None
    assert ledger.context == 1


def test_megabytes_of_nothing_before_the_border_are_no_work(since, tmp_path):
    filler = b"\n#\n \r\n" * (3 << 17)
    before = TOKENS[0] + b"\n" + filler + TOKENS[1] + b"\n"

    ledger = since(before, before + TOKENS[2] + b"\n")  # a quadratic reader takes a minute

    assert ledger is not None
    assert_alike(ledger, load(tmp_path / "ledger", RING, POLICY, judge=judge), ledger.earlier)


def test_whether_somebody_wrote_to_the_file_meanwhile_is_noticed(tmp_path, monkeypatch):
    path = tmp_path / "ledger"
    path.write_bytes(CHAIN)
    made = seen(b"".join(LINES[:4]))

    def meddle(*arguments: Any) -> Any:
        with path.open("ab") as file:
            file.write(TOKENS[9] + b"\n")
        return resume.Examiner(*arguments)

    quiet = load_since(str(path), made, EQUIPMENT, Manner())
    plain = resume._load_context
    monkeypatch.setattr(
        resume, "_load_context", lambda *given: (meddle(*EQUIPMENT), plain(*given))[1]
    )
    ledger = load_since(str(path), made, EQUIPMENT, Manner())

    assert quiet is not None
    assert ledger is not None
    assert (quiet.inputs[0].changed, ledger.inputs[0].changed) == (False, True)
    assert len(ledger) == len(quiet)


def test_how_far_it_is_is_told_of_what_is_verified(tmp_path):
    path = tmp_path / "ledger"
    path.write_bytes(CHAIN)
    made = seen(b"".join(LINES[:4]))
    told: list[int] = []

    load_since(str(path), made, EQUIPMENT, Manner(), progress=told.append)

    assert sum(told) == sum(map(len, LINES[4:]))


# What is said of it


def test_what_was_left_out_is_said(since):
    before = b"".join(LINES[:5])
    ledger = since(before, CHAIN)
    assert ledger is not None
    checkpoint = msgspec.structs.replace(seen(before), findings={"error": 2, "note": 0})

    comparison = compare(checkpoint, "seen.json", ledger)
    found = linter.lint(Evidence(ledger, RING, POLICY, comparison))

    assert (comparison.fate, comparison.entries, comparison.bytes) == (Fate.GROWN, 8, len(CHAIN))
    said, left_open = "\n".join(found.established), "\n".join(found.not_established)
    assert "3 records after the checkpoint" in said
    assert "its 5 records" in said
    assert "the first 5 records" in left_open
    assert "2 errors" in left_open
    assert found.summary.records == len(ledger)


def test_a_ledger_that_did_not_grow_is_the_same(since):
    ledger = since(CHAIN, CHAIN)

    assert ledger is not None
    assert ledger.context == len(ledger) == 1
    assert compare(seen(CHAIN), "seen.json", ledger).fate is Fate.SAME


@pytest.mark.parametrize("border", range(8))
def test_a_checkpoint_is_not_made_of_what_was_not_digested(since, refusal, border):
    ledger = since(b"".join(LINES[:border]), CHAIN)

    assert "bytes were digested" in refusal(make, ledger, "k", POLICY, {})
