"""What somebody saw of a ledger, and what became of the ledger since."""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph import checkpoint as checkpoint_module
from ectgraph import linter
from ectgraph.checkpoint import FORMAT, Checkpoint, Comparison, Fate, compare, digest, make, read
from ectgraph.checkpoint import to_json as written
from ectgraph.errors import EctgraphError
from ectgraph.ledger import Ledger
from ectgraph.loader import load, load_bytes
from ectgraph.model import Finding, Severity
from ectgraph.policy import Agent, Crossing, Policy, Step, Workflow
from ectgraph.reading import Manner
from ectgraph.reports.json import to_json
from ectgraph.rule import Evidence
from ectgraph.testing import EPOCH, compact_json, ledger_file, sketch

DRAWN = sketch("a@0; b@1<a; c@2<b; d@3<c; e@4<d")
CHAIN = ledger_file(DRAWN.records, [EPOCH + n for n in range(5)])
LEDGERS = {
    "chain": CHAIN,
    "bare": DRAWN.data,
    "commented": b"# head\n\n" + CHAIN.replace(b"\n", b"\r\n\n# c\n"),
    "one": DRAWN.records[0],
    "no end": CHAIN[:-1],
    "junk": b"junk\n" + DRAWN.data + b'{"seq":\n',
}
each_ledger = pytest.mark.parametrize("data", LEDGERS.values(), ids=LEDGERS)


def seen(data: bytes, **changes: Any) -> Checkpoint:
    """A checkpoint of a ledger."""
    ledger = load_bytes(data, manner=Manner(digest=sys.maxsize))
    return msgspec.structs.replace(make(ledger, "keys", Policy(), {}), **changes)


def beside(checkpoint: Checkpoint, data: bytes) -> Comparison:
    """A ledger as it is now beside a checkpoint."""
    ledger = load_bytes(data, manner=Manner(digest=checkpoint.bytes))
    return compare(checkpoint, "seen.json", ledger)


def told(checkpoint: Checkpoint, data: bytes) -> list[Finding]:
    comparison = beside(checkpoint, data)
    ledger = load_bytes(data, manner=Manner(digest=checkpoint.bytes))
    report = linter.lint(Evidence(ledger, None, Policy(), comparison))
    return [finding for finding in report.findings if finding.code == "ECT605"]


# What is noted


@each_ledger
def test_a_checkpoint_holds_what_the_ledger_is(data):
    ledger = load_bytes(data, DRAWN.ring, manner=Manner(digest=sys.maxsize))

    found = make(ledger, "k", Policy(skew=5), {"error": 1})

    assert found == Checkpoint(
        entries=len(ledger),
        bytes=len(data),
        head=hashlib.sha256(ledger[-1].record.body).hexdigest(),
        sha256=hashlib.sha256(data).hexdigest(),
        keys="k",
        policy=digest(Policy(skew=5)),
        findings={"error": 1},
    )


@each_ledger
@pytest.mark.parametrize("keys", [None, "ab" * 32])
def test_a_checkpoint_that_was_written_is_read_as_it_was(tmp_path, data, keys):
    made = seen(data, keys=keys, findings={"fatal": 0, "note": 7})
    path = tmp_path / "seen.json"
    path.write_bytes(written(made))

    assert read(path) == read(str(path)) == made
    document = json.loads(path.read_bytes())
    assert list(document)[:3] == ["format", "entries", "bytes"]
    assert document["format"] == FORMAT
    assert path.read_bytes().endswith(b"}\n")


def test_a_compressed_ledger_has_the_checkpoint_of_its_content():
    assert seen(gzip.compress(CHAIN)) == seen(CHAIN)


def test_a_checkpoint_of_a_ledger_without_a_record_is_of_nothing():
    empty = seen(b"")

    assert (empty.entries, empty.bytes, empty.head) == (0, 0, "")
    assert empty.sha256 == hashlib.sha256().hexdigest()
    assert beside(empty, b"").fate is Fate.SAME
    assert beside(empty, CHAIN).fate is Fate.GROWN


@pytest.mark.parametrize(
    "data",
    [b"[]", b'{"entries":["a.b.c"]}', b'{"log":{"entries":[]}}'],
    ids=["array", "object", "har"],
)
def test_what_does_not_grow_at_its_end_has_no_checkpoint(refusal, data):
    ledger = load_bytes(data, manner=Manner(digest=sys.maxsize), source="x.json")

    message = refusal(make, ledger, None, Policy(), {})

    assert message.startswith("x.json: ")
    assert "convert" in message


def test_several_files_have_no_checkpoint(refusal, tmp_path):
    for name in "ab":
        (tmp_path / name).write_bytes(CHAIN)
    ledger = load(tmp_path, manner=Manner(digest=sys.maxsize))

    for ask in (make, lambda ledger, *_: compare(seen(CHAIN), "x", ledger)):
        assert "one ledger file, and 2 are given" in refusal(ask, ledger, None, Policy(), {})
    nothing = Ledger()
    assert "and 0 are given" in refusal(make, nothing, None, Policy(), {})


def test_a_ledger_that_was_not_digested_is_neither_noted_nor_compared(refusal):
    """Else the one would note nothing, and the other find nothing wrong."""
    ledger = load_bytes(CHAIN)

    assert "digest" in refusal(make, ledger, None, Policy(), {})
    assert "digest" in refusal(compare, seen(CHAIN), "x", ledger)


# Files that are no checkpoint

GOOD = json.loads(written(seen(CHAIN)))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"junk",
        b"{}",
        b"[]",
        b"null",
        b"5",
        b"\xff",
        b'{"format":"ectgraph-checkpoint/1"}',
        CHAIN,
        compact_json(GOOD)[:-1],
        compact_json(GOOD) * 2,
        compact_json(GOOD)[:-1] + b',"entries":1}',
        compact_json(GOOD)[:-1] + b',"format":"ectgraph-checkpoint/1"}',
        b" " * (1 << 20) + compact_json(GOOD),
        b"[" * 5000,
        *(
            compact_json({k: v for k, v in {**GOOD, name: value}.items() if v != "left out"})
            for name, value in [
                ("format", "ectgraph-checkpoint/2"),
                ("format", "ectgraph-report/1"),
                ("format", None),
                ("format", "left out"),
                ("entries", -1),
                ("entries", True),
                ("entries", "5"),
                ("entries", 1.5),
                ("entries", 2**53),
                ("entries", None),
                ("bytes", -1),
                ("bytes", 10**30),
                ("bytes", "left out"),
                ("head", None),
                ("head", 5),
                ("sha256", []),
                ("keys", 5),
                ("policy", None),
                ("findings", None),
                ("findings", {"error": "many"}),
                ("findings", []),
            ]
        ),
    ],
)
def test_what_is_no_checkpoint_is_the_callers_mistake(refusal, tmp_path, data):
    path = tmp_path / "seen.json"
    path.write_bytes(data)

    message = refusal(read, path)

    assert message.startswith(f"{path}: no checkpoint")


def test_a_checkpoint_that_cannot_be_read_is_the_callers_mistake(refusal, tmp_path):
    assert "No such file" in refusal(read, tmp_path / "absent")
    assert "Is a directory" in refusal(read, tmp_path)
    assert "cannot be read" in refusal(read, "a\0b")
    assert "cannot be read" in refusal(read, "x" * 5000)


def test_a_later_version_may_say_more(tmp_path):
    path = tmp_path / "seen.json"
    path.write_bytes(compact_json(GOOD | {"more": [1, {"x": None}]}))

    assert read(path) == seen(CHAIN)


@given(st.binary(max_size=40) | st.text('{}[]":,format1entrisbyhad', max_size=40).map(str.encode))
def test_any_other_bytes_are_refused(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_bytes(data)
    with pytest.raises(EctgraphError, match="no checkpoint"):
        read(path)


# Whether it vouches


def test_it_vouches_for_what_was_verified_with_the_same_keys_and_policy():
    made = seen(CHAIN)

    assert made.vouches_for("keys", Policy()) is None
    assert "other keys" in (made.vouches_for("others", Policy()) or "")
    assert "other keys" in (made.vouches_for(None, Policy()) or "")
    assert "another policy" in (made.vouches_for("keys", Policy(skew=31)) or "")
    without = seen(CHAIN, keys=None)
    assert "without keys" in (without.vouches_for(None, Policy()) or "")
    assert "without keys" in (without.vouches_for("keys", Policy()) or "")


@pytest.mark.parametrize("name", Policy.__struct_fields__)
def test_every_choice_of_a_policy_is_in_its_digest(name):
    other: dict[str, Any] = {
        "algorithms": ("ES384",),
        "minimum_level": "L1",
        "audience": "x",
        "at": 5,
        "severities": {"ECT112": Severity.ERROR},
        "max_children": 7,
        "agents": (Agent(iss="*", may=("*",)),),
        "steps": (Step(act="pay", after=()),),
        "workflows": (Workflow(wid="*", skew=1),),
        "crossings": (Crossing(parent="*", child="*"),),
        "boundary": ("a",),
    }
    value = other.get(name)
    if value is None:
        usual = getattr(Policy(), name)
        value = not usual if isinstance(usual, bool) else usual + 1

    assert digest(Policy(**{name: value})) != digest(Policy())
    assert digest(Policy(**{name: getattr(Policy(), name)})) == digest(Policy())


def test_the_order_of_severities_says_nothing():
    one = {"ECT112": Severity.ERROR, "ECT101": Severity.NOTE}

    assert digest(Policy(severities=one)) == digest(Policy(severities=dict(reversed(one.items()))))


# What became of it


@each_ledger
def test_a_ledger_that_did_not_change_is_the_same(data):
    comparison = beside(seen(data), data)

    assert (comparison.fate, comparison.intact, comparison.head_at) == (Fate.SAME, True, None)
    assert (comparison.entries, comparison.bytes) == (seen(data).entries, len(data))
    assert told(seen(data), data) == []


@each_ledger
@pytest.mark.parametrize("more", [b"\njunk", b"\n\n\n", b"\n# c\n", b"\n" + DRAWN.records[0], b" "])
def test_a_ledger_that_grew_has_all_that_was_seen(data, more):
    comparison = beside(seen(data), data + more)

    assert (comparison.fate, comparison.bytes) == (Fate.GROWN, len(data + more))
    assert told(seen(data), data + more) == []


@each_ledger
def test_every_number_of_bytes_that_is_cut_off_is_found(data):
    checkpoint = seen(data)

    for left in range(len(data)):
        comparison = beside(checkpoint, data[:left])
        assert not comparison.intact, left
        assert comparison.fate in (Fate.TRUNCATED, Fate.REWRITTEN)
        assert comparison.bytes == left or not load_bytes(data[:left])


@pytest.mark.parametrize("left", range(0, len(CHAIN), 97))
def test_what_was_cut_off_is_told_with_how_much_is_gone(left):
    (finding,) = told(seen(CHAIN), CHAIN[:left])

    assert finding.severity is Severity.ERROR
    assert finding.evidence["fate"] == "truncated"
    assert finding.evidence["bytes_then"] - finding.evidence["bytes"] == len(CHAIN) - left
    assert finding.evidence["entries_then"] == 5
    assert finding.evidence["entries"] == len(load_bytes(CHAIN[:left]))
    assert "cut off" in finding.message
    assert f"{len(CHAIN) - left:,} byte" in finding.message


@each_ledger
def test_every_byte_that_is_changed_is_found(data):
    checkpoint = seen(data)
    for place in range(0, len(data), 5):
        changed = bytearray(data)
        changed[place] ^= 1
        for more in (b"", b"\n" + DRAWN.records[0]):
            comparison = beside(checkpoint, bytes(changed) + more)
            assert not comparison.intact, place


LINES = CHAIN.splitlines(keepends=True)


def rewritten(*positions: int) -> bytes:
    """A chain of some of the tokens, in which nothing is wrong."""
    return ledger_file([DRAWN.records[p] for p in positions], [EPOCH + 9] * len(positions))


@pytest.mark.parametrize(
    ("data", "fate", "head_at"),
    [
        (b"".join(LINES[:2]), Fate.TRUNCATED, None),
        (b"", Fate.TRUNCATED, None),
        (CHAIN[:-1], Fate.REWRITTEN, 4),  # only the end of the last line is gone
        (b"".join(LINES[:1] + LINES[2:]), Fate.REWRITTEN, 3),
        (b"".join(LINES[1:]), Fate.REWRITTEN, 3),
        (LINES[4], Fate.REWRITTEN, 0),
        (b"".join([LINES[0], LINES[2], LINES[1], *LINES[3:]]), Fate.REWRITTEN, 4),
        (b"".join([*LINES[:2], LINES[1], *LINES[2:]]), Fate.REWRITTEN, 5),
        (b"# c\n" + CHAIN, Fate.REWRITTEN, 4),
        (CHAIN.replace(b"\n", b"\r\n"), Fate.REWRITTEN, 4),
        (CHAIN.replace(b".000Z", b".001Z"), Fate.REWRITTEN, None),
        (rewritten(0, 1, 2, 3, 4), Fate.REWRITTEN, None),
        (rewritten(0, 1, 2, 3, 4, 0, 1), Fate.REWRITTEN, None),
        (b"".join(LINES[:3]) + LINES[0] * 4, Fate.REWRITTEN, None),  # cut off, and grown since
        (b"".join(LINES[:3]) + LINES[0], Fate.TRUNCATED, None),
        (DRAWN.data * 9, Fate.REWRITTEN, None),
    ],
)
def test_what_was_cut_off_is_told_from_what_was_written_anew(data, fate, head_at):
    checkpoint = seen(CHAIN)
    comparison = beside(checkpoint, data)
    (finding,) = told(checkpoint, data)

    assert (comparison.fate, comparison.head_at) == (fate, head_at)
    assert finding.evidence["fate"] == fate.value
    word = "cut off" if fate is Fate.TRUNCATED else "written anew"
    assert word in finding.message
    assert ("is now record" in finding.message) == (head_at is not None)


def test_the_place_of_the_last_record_of_then_is_told_as_people_count():
    (finding,) = told(seen(DRAWN.data), b"".join(r + b"\n" for r in DRAWN.records[1:]))

    assert finding.message.endswith("the last record of then is now record 4, and was 5")


def test_a_chain_that_was_written_anew_as_a_whole_is_found_though_nothing_in_it_is_wrong():
    ledger = load_bytes(rewritten(0, 1, 2, 3, 4), DRAWN.ring)

    assert {f.code for f in linter.lint(Evidence(ledger, DRAWN.ring, Policy())).findings} == set()
    assert [finding.code for finding in told(seen(CHAIN), rewritten(0, 1, 2, 3, 4))] == ["ECT605"]


@pytest.mark.parametrize("before", [bytes, gzip.compress])
@pytest.mark.parametrize("after", [bytes, gzip.compress])
def test_how_a_ledger_is_compressed_makes_no_difference(before, after):
    checkpoint = seen(before(CHAIN))

    assert beside(checkpoint, after(CHAIN)).fate is Fate.SAME
    assert beside(checkpoint, after(CHAIN + LINES[0])).fate is Fate.GROWN
    assert beside(checkpoint, after(CHAIN[:-40])).fate is Fate.TRUNCATED
    assert beside(checkpoint, after(CHAIN.swapcase())).fate is Fate.REWRITTEN


def test_a_compressed_ledger_that_breaks_off_has_lost_what_is_missing():
    packed = gzip.compress(CHAIN * 30)
    checkpoint = seen(CHAIN * 30)

    for cut in (1, 8, 30, len(packed) // 2):  # the last eight bytes hold no content
        assert beside(checkpoint, packed[:-cut]).intact is (cut <= 8)


@given(st.data())
def test_a_ledger_is_intact_when_it_begins_with_what_was_seen(line_soup, data):
    soup = line_soup.filter(lambda b: b[:1] not in (b"[", b"{", b"\xfd"))
    before = data.draw(soup)
    if load_bytes(before).inputs[0].format == "json":  # after blank lines, say
        return
    now = data.draw(st.one_of(soup, soup.map(before.__add__), st.just(before[: len(before) // 2])))
    if now[:1] in (b"[", b"{", b"\xfd", b"P", b"S"):
        return

    comparison = beside(seen(before), now)

    assert comparison.intact is now.startswith(before)
    if comparison.intact:
        grown = len(now) > len(before) and bool(load_bytes(now))
        assert comparison.fate is (Fate.GROWN if grown else Fate.SAME) or not load_bytes(before)
    assert bool(told(seen(before), now)) is not comparison.intact


# What is said of it


@pytest.fixture
def judged(tmp_path: Path) -> Callable[..., tuple[str, str]]:
    """(what is established, what is not) of a ledger beside a checkpoint."""

    def run(checkpoint: Checkpoint, data: bytes, refused: str | None = None) -> tuple[str, str]:
        ledger = load_bytes(data, DRAWN.ring, manner=Manner(digest=checkpoint.bytes))
        comparison = compare(checkpoint, "seen.json", ledger, refused)
        report = linter.lint(Evidence(ledger, DRAWN.ring, Policy(), comparison))
        assert to_json(report)
        return "\n".join(report.established), "\n".join(report.not_established)

    return run


def test_what_a_checkpoint_shows_is_said(judged):
    established, left_open = judged(seen(b"".join(LINES[:3])), CHAIN)

    assert "since the checkpoint seen.json" in established
    assert "its 3 records" in established
    assert "2 records after them" in established
    assert "cut off after the checkpoint" in left_open


@pytest.mark.parametrize("data", [CHAIN[:-40], rewritten(0, 1, 2, 3, 4)])
def test_of_a_ledger_that_is_not_what_was_seen_nothing_is_said_to_be_here(judged, data):
    established, left_open = judged(seen(CHAIN), data)

    assert "checkpoint" not in established
    assert "entries cut off its end" in left_open


def test_why_nothing_was_left_out_is_said(judged):
    _, left_open = judged(seen(CHAIN), CHAIN, "it was made with other keys")

    assert "it was made with other keys, so all was verified" in left_open


def test_a_name_of_a_checkpoint_may_hold_anything():
    ledger = load_bytes(CHAIN[:-40], manner=Manner(digest=len(CHAIN)))
    for name in ("\udcff.json", "two\nlines"):
        for checkpoint in (seen(CHAIN), seen(CHAIN[:0])):
            comparison = compare(checkpoint, name, ledger)
            report = linter.lint(Evidence(ledger, None, Policy(), comparison))
            assert to_json(report)
            assert all("\n" not in each for each in report.established)


def test_the_names_of_a_comparison_are_plain_words():
    assert [fate.value for fate in Fate] == ["same", "grown", "truncated", "rewritten"]
    assert checkpoint_module.FORMAT == "ectgraph-checkpoint/1"
