"""How entries hang together: sections, runs, chains that hold, and what that makes of a token."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.integrity import Section, forks, holds, joined, level, recorded, runs, sections
from ectgraph.loader import load, load_bytes
from ectgraph.model import Entry
from ectgraph.policy import Policy
from ectgraph.rule import Evidence
from ectgraph.testing import EPOCH, compact_json, ledger_file, sketch

DRAWN = sketch("a@0; b@1<a; c@2<b; d@3<c; e@4<d; f@5<e")
LINES = ledger_file(DRAWN.records, [EPOCH + n for n in range(6)]).splitlines(keepends=True)
LINKS = [b"", *(hashlib.sha256(line[:-1]).hexdigest().encode() for line in LINES)]
"""What each line states as the hash of the one before."""


def written(members: list[dict[str, object]]) -> bytes:
    """Entries with these members around the tokens."""
    pieces = zip(members, DRAWN.records, strict=False)
    return b"".join(compact_json({**m, "ect": r.decode()}) + b"\n" for m, r in pieces)


@pytest.fixture
def parts(tmp_path: Path) -> Callable[..., list[Section]]:
    """The sections of a ledger that came in several files."""

    def split(*pieces: bytes) -> list[Section]:
        paths = [tmp_path / f"part{number}" for number in range(len(pieces))]
        for path, piece in zip(paths, pieces, strict=True):
            path.write_bytes(piece)
        found = sections(load(paths, DRAWN.ring))
        assert [Path(each.source) for each in found] == paths
        return found

    return split


def continued(found: list[Section]) -> list[str | None]:
    return [each.continues and Path(each.continues).name for each in found]


# Sections


@pytest.mark.parametrize(
    ("data", "numbered", "chained"),
    [
        (DRAWN.data, False, False),
        (b"".join(LINES), True, True),
        (written([{"seq": 1}, {"seq": 2}]), True, False),
        (written([{}, {"seq": 2}]), True, False),
        (written([{}, {"prev_hash": "x"}]), False, True),
        (written([{}, {"recorded_at": 5}]), False, False),
        (b"junk\n", False, False),
    ],
)
def test_a_section_is_numbered_or_chained_when_some_entry_says_so(data, numbered, chained):
    ledger = load_bytes(data, DRAWN.ring)

    (section,) = sections(ledger)

    assert (section.numbered, section.chained) == (numbered, chained)
    assert section.positions == tuple(range(len(ledger)))
    assert (section.first, section.continues, section.begins) == (True, None, 1)


def test_a_source_without_a_record_is_no_section(parts):
    assert sections(load_bytes(b"# nothing\n")) == []


def test_files_that_go_on_where_others_ended_are_told_in_any_order(parts):
    one, two, three = b"".join(LINES[:2]), b"".join(LINES[2:3]), b"".join(LINES[3:])

    found = parts(one, two, three)
    assert continued(found) == [None, "part0", "part1"]
    assert [each.begins for each in found] == [1, 3, 4]
    assert continued(parts(three, one, two)) == ["part2", None, "part1"]
    assert continued(parts(one, three)) == [None, None]
    assert continued(parts(three)) == [None]


def test_files_that_overlap_go_on_within_one_another(parts):
    found = parts(b"".join(LINES[:4]), b"".join(LINES[2:]), b"".join(LINES[3:5]))

    assert continued(found) == [None, "part0", "part0"]
    assert [each.begins for each in found] == [1, 3, 4]


def test_copies_of_a_whole_file_both_begin_with_the_first_entry(parts):
    found = parts(b"".join(LINES), b"".join(LINES))

    assert continued(found) == [None, None]
    assert [each.begins for each in found] == [1, 1]


def test_files_without_hashes_go_on_by_their_numbers(parts):
    def numbered(*numbers: int) -> bytes:
        return written([{"seq": number} for number in numbers])

    assert continued(parts(numbered(1, 2), numbered(3, 4))) == [None, "part0"]
    assert continued(parts(numbered(3, 4), numbered(1, 2))) == ["part1", None]
    assert continued(parts(numbered(1, 2, 3), numbered(3, 4))) == [None, "part0"]
    assert continued(parts(numbered(1, 2), numbered(4, 5))) == [None, None]
    assert continued(parts(numbered(0), numbered(1))) == [None, "part0"]
    assert continued(parts(numbered(4, 3), numbered(1))) == [None, None]
    assert [each.begins for each in parts(numbered(1, 2), numbered(3))] == [1, 3]


def test_a_number_alone_does_not_continue_a_chain(parts):
    chain = b"".join(LINES[:2])
    foreign = written([{"seq": 3, "prev_hash": "00"}])

    assert continued(parts(chain, foreign)) == [None, None]
    assert continued(parts(chain, written([{"seq": 3}]))) == [None, None]


def test_a_file_does_not_continue_itself(parts):
    first = LINES[2]
    around = first + LINES[1]

    assert continued(parts(around, DRAWN.data)) == [None, None]
    assert continued(parts(written([{"seq": 2}, {"seq": 1}]), DRAWN.data)) == [None, None]


# Files of one ledger


def section(source: str, continues: str | None) -> Section:
    return Section(source, (0,), True, True, continues, None, True)


@pytest.mark.parametrize(
    ("continues", "names"),
    [
        ({"a": None, "b": None}, {"a": "a", "b": "b"}),
        ({"a": None, "b": "a", "c": "b"}, {"a": "a", "b": "a", "c": "a"}),
        ({"c": "b", "b": "a", "a": None}, {"a": "a", "b": "a", "c": "a"}),
        ({"a": None, "b": "a", "c": "a", "d": None}, {"a": "a", "b": "a", "c": "a", "d": "d"}),
        ({"b": "elsewhere"}, {"b": "elsewhere", "elsewhere": "elsewhere"}),
        ({"a": "b", "b": "a"}, {"a": "a", "b": "a"}),
        ({"a": "b", "b": "c", "c": "b"}, {"a": "b", "b": "b", "c": "b"}),
    ],
)
def test_files_that_go_on_after_each_other_are_one_ledger(continues, names):
    assert joined(section(*each) for each in continues.items()) == names


def test_however_many_files_there_are_takes_no_longer():
    names = [f"{number:06}" for number in range(50_000)]
    found = [section(name, before) for before, name in pairwise([None, *names])]

    assert set(joined(found[::-1]).values()) == {"000000"}


def test_two_histories_are_a_fork_and_two_copies_are_none(tmp_path):
    def forked(*pieces: bytes) -> list[tuple[int, int]]:
        paths = [tmp_path / f"part{number}" for number in range(len(pieces))]
        for path, piece in zip(paths, pieces, strict=True):
            path.write_bytes(piece)
        ledger = load(paths, DRAWN.ring)
        return forks(ledger, sections(ledger))

    whole = b"".join(LINES)
    other = LINES[2].replace(b".000Z", b".001Z")
    assert forked(whole, whole) == []
    assert forked(whole, b"# c\n" + whole.replace(b"\n", b"\r\n\n")) == []
    assert forked(whole, whole[:-30]) == []
    assert forked(whole, b"".join(LINES[:2]) + other) == [(2, 8)]
    assert forked(b"".join(LINES[:3]), other) == [(2, 3)]
    assert forked(b"".join(LINES[:2]), LINES[2], other) == [(2, 3)]
    assert forked(whole + other) == []  # in one file that is a chain that is broken


# Runs


@given(st.sets(st.integers(-5, 30)))
def test_runs_are_the_numbers_in_order_and_as_few_as_can_be(numbers):
    found = list(runs(sorted(numbers)))

    assert [n for first, last in found for n in range(first, last + 1)] == sorted(numbers)
    assert all(last + 1 < first for (_, last), (first, _) in pairwise(found))


# Chains that hold


def verdict(data: bytes) -> bool:
    ledger = load_bytes(data, DRAWN.ring)
    (section,) = sections(ledger)
    return holds(ledger, section)


def relinked(members: list[dict[str, object]], name: str = "prev_hash") -> bytes:
    """Entries with these members, each with the hash of the one before, except where it has one."""
    lines: list[bytes] = []
    for stated, token in zip(members, DRAWN.records, strict=False):
        previous = hashlib.sha256(lines[-1]).hexdigest() if lines else ""
        made = {name: previous, **stated, "ect": token.decode()}
        lines.append(compact_json({k: v for k, v in made.items() if v != "left out"}))
    return b"\n".join(lines) + b"\n"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"".join(LINES), True),
        (b"".join(LINES[:1]), True),
        (b"".join(LINES)[:-1], True),
        (b"".join(LINES)[:-20], True),  # the end is torn, which is told as just that
        (b"".join(LINES)[:-1].replace(LINKS[5], b"0" * 64), False),
        (b"".join([*LINES[:5], b"junk"]), True),
        (b"".join([*LINES[:4], b"junk\n", LINES[5][:-1]]), False),
        (b"# c\n\n" + b"\n# c\n".join(LINES) + b"\n\n", True),
        (b"".join(LINES).replace(b"\n", b"\r\n"), True),
        (b"".join(LINES[1:]), False),
        (b"".join(LINES[:2] + LINES[3:]), False),
        (b"".join(LINES[::-1]), False),
        (b"".join([*LINES[:3], b"junk\n", *LINES[3:]]), False),
        (b"".join([*LINES, b"junk\n"]), False),
        (b"".join([*LINES, *LINES]), False),
        (b"[" + b",".join(line.strip() for line in LINES) + b"]", True),
        (b"[" + b", ".join(line.replace(b":", b": ", 1) for line in LINES) + b"]", False),
        # without numbers
        (relinked([{}, {}, {}]), True),
        (relinked([{}, {}, {}], "previous_hash"), True),
        # a first entry need not say that there is none before it
        (relinked([{"prev_hash": "left out"}, {}, {}]), True),
        (relinked([{"prev_hash": None}, {}, {}]), True),
        (relinked([{"seq": 1, "prev_hash": None}, {"seq": 2}]), True),
        (relinked([{"seq": 2, "prev_hash": None}, {"seq": 3}]), False),
        (relinked([{}, {"prev_hash": None}, {}]), False),
        (relinked([{"prev_hash": "00"}, {}]), False),
        (relinked([{}, {"prev_hash": ""}, {}]), False),
        # numbers that do not go on
        (relinked([{"seq": 1}, {"seq": 2}, {"seq": 3}]), True),
        (relinked([{"seq": 1}, {"seq": 3}]), False),
        (relinked([{"seq": 1}, {"seq": 1}]), False),
        (relinked([{"seq": 1}, {}]), False),
        (relinked([{}, {"seq": 2}]), False),
        (relinked([{"seq": 0}, {"seq": 1}]), False),
        (relinked([{"seq": 7}, {"seq": 8}]), False),
    ],
)
def test_a_chain_holds_when_every_entry_follows_the_one_before(data, expected):
    assert verdict(data) is expected


def test_a_chain_holds_over_files(parts, tmp_path):
    def chained(*pieces: bytes) -> list[str]:
        parts(*pieces)
        paths = sorted(tmp_path.glob("part*"))[: len(pieces)]
        found = Evidence(load(paths, DRAWN.ring), None, DRAWN.policy).chained
        return sorted(Path(source).name for source in found)

    one, two, three = b"".join(LINES[:2]), b"".join(LINES[2:4]), b"".join(LINES[4:])
    assert chained(one, two, three) == ["part0", "part1", "part2"]
    assert chained(three, one, two) == ["part0", "part1", "part2"]
    assert chained(one, three) == ["part0"]
    assert chained(one + two, two + three) == ["part0", "part1"]
    misnumbered = relinked([{"seq": 1}, {"seq": 2}, {"seq": 7}]).splitlines(keepends=True)
    assert chained(b"".join(misnumbered[:2]), misnumbered[2]) == ["part0"]


def test_an_entry_that_is_too_long_to_be_read_leaves_open_whether_a_chain_holds():
    long = relinked([{}, {"note": "x" * 2000}, {}])

    ledger = load_bytes(long, DRAWN.ring, Policy(max_record_bytes=1500))

    assert [entry.token is None for entry in ledger] == [False, True, False]
    assert [entry.follows for entry in ledger] == [None, None, None]
    assert holds(ledger, sections(ledger)[0]) is False


# Levels and times


def test_a_verified_token_in_a_chain_that_holds_is_of_the_highest_level(entry):
    ledger = load_bytes(b"".join(LINES), DRAWN.ring)
    (one,) = {each.record.source for each in ledger}
    without = load_bytes(b"".join(LINES))

    assert {level(each, {one}) for each in ledger} == {"L3"}
    assert {level(each, ()) for each in ledger} == {"L2"}
    assert {level(each, {"another"}) for each in ledger} == {"L2"}
    assert {level(each, {one}) for each in without} == {"L2"}
    unsigned = load_bytes(b'{"jti":"a","iss":"b","par":[]}')
    assert level(unsigned[0], {one}) == "L1"
    assert level(load_bytes(b"junk")[0], {one}) is None


@pytest.mark.parametrize(
    ("stated", "seconds"),
    [
        ("2026-02-24T14:23:20Z", EPOCH),
        ("2026-02-24T15:23:20+01:00", EPOCH),
        ("2026-02-24 14:23:20.5Z", EPOCH + 0.5),
        (EPOCH, EPOCH),
        (0.5, 0.5),
        ("2026-02-24T14:23:20", None),
        ("yesterday", None),
        (None, None),
    ],
)
def test_when_an_entry_was_recorded(stated, seconds):
    (entry,) = load_bytes(written([{"recorded_at": stated}]))

    assert isinstance(entry, Entry)
    assert recorded(entry) == seconds
