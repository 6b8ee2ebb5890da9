"""Rules over the order of a ledger: its numbers, its hash chain, its times, its end."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ectgraph import linter, loader
from ectgraph.integrity import runs
from ectgraph.keys import KeyRing
from ectgraph.ledger import Ledger
from ectgraph.model import Entry, Finding, Record, Report, Severity, Token, Trust
from ectgraph.policy import Policy
from ectgraph.rule import Evidence
from ectgraph.rules import RULES, judge
from ectgraph.testing import EPOCH, compact_json, jwks, ledger_file, sketch

DRAWN = sketch("a@0; b@1<a; c@2<b; d@3<c; e@4<d; f@5<e; g@6<f; h@7<g")
LINES = ledger_file(DRAWN.records, [EPOCH + 7 + n for n in range(8)]).splitlines()
OURS = ("ECT601", "ECT602", "ECT603", "ECT604")


def told(
    data: bytes, codes: Sequence[str] = OURS, ring: KeyRing | None = DRAWN.ring
) -> list[Finding]:
    """The findings about the order of one source."""
    ledger = loader.load_bytes(data, ring, judge=judge)
    report = linter.lint(Evidence(ledger, ring, Policy()))
    return [finding for finding in report.findings if finding.code in codes]


def places(data: bytes, *codes: str) -> list[tuple[str, int | None]]:
    """(code, record) of the findings about the order of one source."""
    return sorted((f.code, f.places[0].index) for f in told(data, codes or OURS))


def joined(lines: Sequence[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def sha256(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


def stated(*members: dict[str, Any]) -> bytes:
    """A line for each, around the token of each."""
    pieces = zip(members, DRAWN.records, strict=False)
    return joined([compact_json({**m, "ect": token.decode()}) for m, token in pieces])


def numbered(*numbers: object) -> bytes:
    return stated(*({"seq": number} for number in numbers))


# Numbers, ECT601


@pytest.mark.parametrize(
    ("numbers", "messages"),
    [
        ((1,), []),
        ((1, 2, 3, 4), []),
        ((2, 3), ["its numbers begin with 2: 1 entry before it missing here"]),
        ((500,), ["its numbers begin with 500: 499 entries before it missing here"]),
        ((0, 1, 2), ["its numbers begin with 0"]),
        ((-3, -2), ["its numbers begin with -3"]),
        ((1, 3), ["number 2 is missing"]),
        ((1, 2, 7, 8, 10), ["numbers 3 to 6 are missing", "number 9 is missing"]),
        ((1, 2, 2, 3), ["number 2 occurs 2 times"]),
        ((1, 1, 1), ["number 1 occurs 3 times"]),
        ((1, 3, 2, 4), ["number 2 comes after number 3"]),
        ((1, 4, 2, 3), ["number 2 comes after number 4, and so do the 1 after it"]),
        ((4, 3, 2, 1), ["number 3 comes after number 4, and so do the 2 after it"]),
        ((1, 2, None, 3), ["1 entry without a number, though others have"]),
        ((None, None, 1, 2), ["2 entries without a number, though others have"]),
        (
            (None, 1, None, None, 2),
            [f"{what} without a number, though others have" for what in ("1 entry", "2 entries")],
        ),
        ((None, None), []),
        (("1", "2"), []),
        ((1.0, 2.0), []),
        (
            (True, 2),
            [
                "1 entry without a number, though others have",
                "its numbers begin with 2: 1 entry before it missing here",
            ],
        ),
        ((1, 2**53 - 1), ["numbers 2 to 9007199254740990 are missing"]),
        ((1, 2**53), ["1 entry without a number, though others have"]),
        ((1, 10**400), ["1 entry without a number, though others have"]),
        ((1, [2]), ["1 entry without a number, though others have"]),
    ],
)
def test_what_is_odd_about_the_numbers_of_a_ledger(numbers, messages):
    findings = told(numbered(*numbers))

    assert {finding.code for finding in findings} <= {"ECT601"}
    assert sorted(finding.message for finding in findings) == sorted(messages)
    assert {finding.severity for finding in findings} <= {Severity.ERROR}
    assert len({finding.fingerprint for finding in findings}) == len(findings)


def test_a_repeated_number_is_told_with_all_its_places():
    (finding,) = told(numbered(1, 2, 2, 2, 3))

    assert [place.index for place in finding.places] == [2, 1, 3]
    assert finding.evidence == {"seq": 2, "times": 3}


@pytest.mark.parametrize(
    ("lines", "missing"),
    [
        # one that cannot be read stands where the number is missing
        ([1, b"junk", 3], []),
        ([1, b"{", b'{"seq":3', 4], []),
        ([b"junk", 2], []),
        ([b"junk", b"junk", 3], []),
        ([1, b"junk", 4], [2]),
        ([1, b"junk", b"junk", 3], []),
        ([b"junk", 3], [1]),
        # one that stands elsewhere does not
        ([b"junk", 1, 3], [2]),
        ([1, 3, b"junk"], [1]),
        ([1, b"junk", 2, 4], [3]),
        ([1, b"junk", 3, 5], [3]),
        ([1, b"junk", 3, b"junk", 5, 7], [5]),
        # and one whose token alone cannot be read has its own number
        ([1, b'{"seq":2,"ect":"junk"}', 4], [2]),
        ([b'{"seq":1,"ect":"junk"}', 3], [1]),
        ([1, b'{"seq":2,"ect":"junk"}', 3], []),
    ],
)
def test_a_record_that_cannot_be_read_is_not_told_again_as_missing(lines, missing):
    tokens = iter(DRAWN.records)
    made = [
        line
        if isinstance(line, bytes)
        else compact_json({"seq": line, "ect": next(tokens).decode()})
        for line in lines
    ]

    assert places(joined(made), "ECT601") == [("ECT601", index) for index in missing]


def test_a_bare_token_among_numbered_entries_is_told():
    bare = joined([*LINES[:2], DRAWN.records[2]])

    assert places(bare) == [("ECT601", 2), ("ECT602", 2)]


def test_a_ledger_that_says_nothing_of_its_order_has_none():
    assert told(DRAWN.data) == []
    assert told(stated({"recorded_at": EPOCH + 9}, {"recorded_at": EPOCH + 8})) == []
    assert told(b"junk\n[1]\n") == []


# The hash chain, ECT602


def test_a_ledger_as_it_was_written_has_nothing_wrong():
    assert told(joined(LINES)) == []
    assert told(b"# c\n" + b"\r\n\n# c\r\n".join(LINES)) == []
    assert told(b"[" + b", \n".join(LINES) + b"]") == []
    assert told(b'{"entries":[' + b",".join(LINES) + b"]}") == []


@pytest.mark.parametrize("indent", [None, 0, 2])
def test_a_chain_that_was_written_with_other_spaces_is_told_once(indent):
    entries = [json.loads(line) for line in LINES]
    separators = None if indent is None else (",", ": ")

    (finding,) = told(json.dumps(entries, indent=indent, separators=separators).encode())

    assert finding.code == "ECT602"
    assert "and so do the 6 after it" in finding.message


def test_an_entry_that_was_changed_breaks_the_link_after_it():
    for position, line in enumerate(LINES[:-1]):
        changed = [*LINES]
        changed[position] = line.replace(b'"recorded_at":"2026', b'"recorded_at":"2027')

        (finding,) = told(joined(changed), ["ECT602"])

        assert [place.index for place in finding.places] == [position + 1]
        assert finding.evidence == {"prev_hash": sha256(line)}


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (joined(LINES[1:]), [("ECT601", 0)]),
        (joined(LINES[:3] + LINES[4:]), [("ECT601", 3), ("ECT602", 3)]),
        (joined(LINES[:5]), []),
        (stated({"prev_hash": "00"}), [("ECT602", 0)]),
        (stated({"seq": 1, "prev_hash": "00"}), [("ECT602", 0)]),
        (stated({"seq": 5, "prev_hash": ""}), [("ECT601", 0), ("ECT602", 0)]),
        (stated({"seq": 5, "prev_hash": "00"}), [("ECT601", 0)]),
        (stated({"prev_hash": ""}, {"prev_hash": ""}), [("ECT602", 1)]),
        (stated({"prev_hash": ""}, {}, {}), [("ECT602", 1)]),
        (stated({"prev_hash": 5}, {"prev_hash": None}), []),
        (stated({}, {"prev_hash": "00"}), [("ECT602", 1)]),
        (stated({}, {}, {"prev_hash": "00"}), [("ECT602", 1)]),
    ],
)
def test_where_a_chain_breaks(data, found):
    assert places(data) == found


def test_an_unreadable_line_is_part_of_the_chain_over_bytes():
    lines = [*LINES[:3], b"junk"]
    entry = {"seq": 5, "prev_hash": sha256(b"junk"), "ect": DRAWN.records[4].decode()}

    assert places(joined([*lines, compact_json(entry)])) == []
    assert places(joined([*lines, LINES[4]])) == [("ECT602", 4)]


# Times, ECT603


def timed(*entries: tuple[int | None, object]) -> bytes:
    return stated(*({"seq": seq, "recorded_at": at} for seq, at in entries))


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        ([(1, 9), (2, 9), (3, 10)], []),
        ([(1, 9), (2, 8)], [1]),
        ([(1, 9), (2, 8), (3, 7), (4, 9)], [1, 2]),
        ([(1, 9), (2, 99), (3, 10), (4, 11)], [2]),
        ([(1, 9), (2, 8.999)], [1]),
        ([(1, "1970-01-01T00:00:09Z"), (2, "1970-01-01T01:00:08+01:00")], [1]),
        ([(1, "1970-01-01T00:00:09Z"), (2, "1970-01-01T01:00:09+01:00")], []),
        ([(1, "1970-01-01T00:00:09.5Z"), (2, 9)], [1]),
        # what has no time is passed over
        ([(1, 9), (2, None), (3, 8)], [2]),
        ([(1, 9), (2, "1970-01-01T00:00:01"), (3, "yesterday"), (4, 9)], []),
        # what is not in the order of its numbers is told as that
        ([(3, 9), (2, 8), (1, 7)], []),
        ([(1, 7), (3, 9), (2, 8)], []),
        ([(1, 9), (1, 8)], []),
        # what has no number says nothing of its order
        ([(1, 9), (None, 1), (2, 9)], []),
        ([(None, 9), (None, 8)], []),
    ],
)
def test_times_that_go_back(entries, found):
    assert places(timed(*entries), "ECT603") == [("ECT603", index) for index in found]


def test_a_time_that_goes_back_is_told_with_both_times():
    (finding,) = told(timed((1, EPOCH + 99), (2, EPOCH)), ["ECT603"])

    assert finding.severity is Severity.WARNING
    assert [place.index for place in finding.places] == [1, 0]
    assert finding.evidence == {"recorded": EPOCH, "before": EPOCH + 99}
    assert "99 s" in finding.message


# Whatever is done to a ledger

Edit = Callable[[list[bytes]], list[bytes]]


@st.composite
def edited(draw: st.DrawFn) -> list[bytes]:
    """Lines of the ledger after some edits, which nobody took the trouble to hide."""
    lines = [*LINES]
    for _ in range(draw(st.integers(0, 4))):
        place = st.integers(0, len(lines) - 1)
        match draw(st.sampled_from(["drop", "swap", "repeat", "insert", "edit", "renumber"])):
            case "drop" if len(lines) > 1:
                del lines[draw(place)]
            case "swap":
                one, other = draw(place), draw(place)
                lines[one], lines[other] = lines[other], lines[one]
            case "repeat":
                lines.insert(draw(place), lines[draw(place)])
            case "insert":
                made = {"seq": draw(st.integers(-1, 10)), "prev_hash": sha256(lines[draw(place)])}
                lines.insert(draw(place), compact_json(made | {"ect": DRAWN.records[0].decode()}))
            case "edit":
                position = draw(place)
                lines[position] = lines[position].replace(b".000Z", b".500Z")
            case "renumber":
                position = draw(place)
                entry = json.loads(lines[position])
                lines[position] = compact_json(entry | {"seq": draw(st.integers(0, 12))})
    return lines


def expected(lines: Sequence[bytes]) -> Iterator[tuple[str, int]]:
    """(code, record) of what is wrong with the order of lines, worked out in the plainest way."""
    entries = [json.loads(line) for line in lines]
    broken = [
        index
        for index, (line, after) in enumerate(pairwise(zip(lines, entries, strict=True)), 1)
        if after[1]["prev_hash"] != sha256(line[0])
    ]
    yield from (("ECT602", first) for first, _ in runs(broken))
    first = entries[0]
    if (first["prev_hash"] == "") is not (first["seq"] == 1):
        yield "ECT602", 0
    numbers = [entry["seq"] for entry in entries]
    where = {number: numbers.index(number) for number in sorted(set(numbers))}
    if min(numbers) != 1:
        yield "ECT601", where[min(numbers)]
    yield from (("ECT601", where[b]) for a, b in pairwise(where) if b > a + 1)
    for number, times in Counter(numbers).items():
        if times > 1:
            yield "ECT601", [i for i, each in enumerate(numbers) if each == number][1]
    back = [i for i, number in enumerate(numbers) if number < max(numbers[: i + 1])]
    yield from (("ECT601", first) for first, _ in runs(back))
    for index, (one, other) in enumerate(pairwise(entries), 1):
        times = [entry.get("recorded_at") for entry in (one, other)]
        if other["seq"] > one["seq"] and None not in times and times[1] < times[0]:
            yield "ECT603", index


@given(edited())
@settings(max_examples=300)
def test_all_that_was_done_to_a_ledger_is_told_and_no_more(lines):
    recorded = [line for line in lines if b"recorded_at" in line]
    found = places(joined(lines), "ECT601", "ECT602")

    assert found == sorted(each for each in expected(lines) if each[0] != "ECT603")
    if len(recorded) == len(lines):  # those that do not say when are passed over
        assert places(joined(lines), "ECT603") == sorted(
            each for each in expected(lines) if each[0] == "ECT603"
        )


@given(edited())
@example([*LINES[:3]])
@example([*LINES])
def test_only_a_ledger_that_was_cut_off_at_its_end_looks_as_it_did(lines):
    last_edited = [*LINES[: len(lines) - 1], lines[-1]]
    untouched = list(lines) in (LINES[: len(lines)], last_edited)

    assert not places(joined(lines)) or list(lines) != LINES[: len(lines)]
    if not untouched:
        assert places(joined(lines), "ECT601", "ECT602")


def test_a_ledger_that_was_written_anew_as_a_whole_looks_whole():
    """Nothing in a ledger itself can show that; a checkpoint can."""
    anew = ledger_file(DRAWN.records[3:], [EPOCH + 7 + n for n in range(5)])

    assert told(anew) == []


# Several files


@pytest.fixture
def files(tmp_path: Path) -> Callable[..., list[tuple[str, str]]]:
    """(code, file) of the findings about the order of a ledger in several files."""

    def find(*pieces: bytes) -> list[tuple[str, str]]:
        paths = [tmp_path / f"part{number}" for number in range(len(pieces))]
        for path, piece in zip(paths, pieces, strict=True):
            path.write_bytes(piece)
        report = linter.lint(
            Evidence(loader.load(paths, DRAWN.ring, judge=judge), DRAWN.ring, Policy())
        )
        found = [finding for finding in report.findings if finding.code in OURS]
        return sorted((each.code, Path(each.places[0].source).name) for each in found)

    return find


def test_logs_that_were_rotated_are_one_ledger_in_any_order(files):
    one, two, three = (joined(LINES[part]) for part in (slice(3), slice(3, 4), slice(4, 8)))

    assert files(one, two, three) == []
    assert files(three, one, two) == []
    assert files(one, three) == [("ECT601", "part1")]
    assert files(two, three) == [("ECT601", "part0")]
    assert files(one, one + two, two + three) == []


def test_files_that_are_numbered_alone_go_on_by_their_numbers(files):
    one, two, three = numbered(1, 2), numbered(3), numbered(4, 5)

    assert files(one, two, three) == []
    assert files(three, two, one) == []
    assert files(one, three) == [("ECT601", "part1")]
    assert files(one + two, two + three) == []


def test_a_file_that_goes_on_with_a_wrong_number_has_a_gap(files):
    last = json.loads(LINES[3])

    assert files(joined(LINES[:3]), joined([compact_json(last | {"seq": 7})])) == [
        ("ECT601", "part1")
    ]


def test_each_file_of_several_is_in_order_by_itself(files):
    other = ledger_file(DRAWN.records[:2], [EPOCH, EPOCH + 1])

    assert files(joined(LINES), other) == []
    assert files(joined(LINES[:3]), DRAWN.data) == []


# The end, ECT604

ENDS = {
    "jws": DRAWN.data,
    "jsonl": stated(*({"id": n, "who": {"x": "é 日本"}} for n in range(3))),
    "strings": joined([b'"' + record + b'"' for record in DRAWN.records[:3]]),
    "ledger": joined(LINES[:3]),
    "claims": joined([compact_json({"jti": str(n), "iss": "b", "par": []}) for n in range(3)]),
    "crlf": joined([line + b"\r" for line in LINES[:3]]),
}


@pytest.mark.parametrize("keys", [True, False])
@pytest.mark.parametrize("name", ENDS)
def test_a_ledger_may_end_at_any_byte_of_its_last_line(name, keys):
    data = ENDS[name]
    last = data.rindex(b"\n", 0, -1) + 1
    ring = DRAWN.ring if keys else None
    complete = told(data, tuple(RULES), ring)
    index = data.count(b"\n") - 1
    ending = 2 if name == "crlf" else 1

    for end in range(last + 1, len(data)):
        findings = told(data[:end], tuple(RULES), ring)
        here = [f for f in findings if f.places and f.places[0].index == index]
        here = [f for f in here if f.code not in ("ECT203", "ECT303")]
        if end >= len(data) - ending:  # nothing but the end of the line is missing
            assert [f.code for f in findings] == [f.code for f in complete]
        else:
            assert [f.code for f in here] == ["ECT604"], end
            assert here[0].severity is Severity.ERROR


@pytest.mark.parametrize("name", ENDS)
def test_a_ledger_that_ends_with_a_line_is_not_torn(name):
    data = ENDS[name]
    for end in [i + 1 for i, byte in enumerate(data) if byte == 10]:
        assert told(data[:end], ["ECT604"]) == []


def test_a_file_of_one_line_is_not_torn():
    line = LINES[0]
    for end in range(1, len(line), 7):
        assert told(line[:end], ["ECT604"]) == []
        assert told(b"# a comment\n\n" + line[:end], ["ECT604"]) == []


@pytest.mark.parametrize("end", [b"\n", b"\n\n", b"\n# end", b"\n#", b" \n"])
def test_a_line_in_the_middle_is_not_torn(end):
    assert told(DRAWN.data[:-20] + end, ["ECT604"]) == []


@pytest.mark.parametrize("line", [b"junk", b"{", b"[1]", b"a.b.c", b"\xff", b"."])
def test_a_last_line_of_junk_that_breaks_off_is_told_once(line):
    findings = [f for f in told(joined(LINES[:2]) + line, tuple(RULES)) if f.places[0].index == 2]

    assert [finding.code for finding in findings][:1] in (["ECT604"], ["ECT003"], ["ECT004"])


@pytest.mark.parametrize(
    ("option", "codes"),
    [
        ("", []),
        ("kid=nobody", ["ECT202"]),
        ("typ=JWT", ["ECT101"]),
        ("!no-iss", ["ECT110"]),
        ("!twice", ["ECT005"]),
        ("!iat-string", ["ECT111"]),
        ("life=901", ["ECT406"]),
    ],
)
def test_a_torn_token_has_its_own_faults_as_well(option, codes):
    data = sketch(f"a@0; b@1 wid=two {option}").data
    for cut, torn in ((1, []), (2, ["ECT604"]), (30, ["ECT604"]), (87, ["ECT604"])):
        found = {finding.code for finding in told(data[:-cut], tuple(RULES))}

        assert found - {"ECT308", *codes} == {*torn}
        assert cut > 1 or found >= {*codes}


def test_a_signature_that_does_not_fit_is_not_taken_for_a_torn_one():
    data = sketch("a@0; b@1 wid=two !flipped").data[:-1]

    assert [finding.code for finding in told(data, tuple(RULES))] == ["ECT201"]


# The ledger of another tool


@pytest.fixture(scope="module")
def starfly(shared: Path) -> tuple[bytes, KeyRing]:
    """A ledger that Starfly wrote, and its keys."""
    file = shared / "ledgers" / "starfly-60.jsonl"
    return file.read_bytes(), KeyRing.load(file.with_suffix(".keys.json"))


def test_a_ledger_of_starfly_is_whole(starfly):
    data, ring = starfly
    ledger = loader.load_bytes(data, ring, judge=judge)

    assert told(data, ring=ring) == []
    assert [entry.follows for entry in ledger] == [None] + [True] * 59
    assert Evidence(ledger, ring, Policy()).chained == {"<bytes>"}


@given(st.data())
@settings(max_examples=150)
def test_any_byte_of_a_ledger_of_starfly_that_is_changed_is_told(starfly, data):
    content, ring = starfly
    lines = content.splitlines(keepends=True)[:9]
    number = data.draw(st.integers(0, len(lines) - 2))  # nothing holds the hash of the last
    place = data.draw(st.integers(0, len(lines[number]) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda b: b != lines[number][place]))
    changed = bytearray(b"".join(lines))
    changed[sum(map(len, lines[:number])) + place] = byte

    errors = [f for f in told(bytes(changed), tuple(RULES), ring) if f.severity is Severity.ERROR]

    assert errors
    assert {f.code for f in errors} & {"ECT602", "ECT601", "ECT001", "ECT003", "ECT604"}


# Ledgers of a size at which nothing may take more than linear time

MANY = 50_000


def large(facts: Callable[[int], dict[str, Any]]) -> Evidence:
    """Many entries, as a loader would have read them."""
    entries = []
    for number in range(MANY):
        record = Record("made", number + 1, number, 1, number, b"", 0, 0, b"x")
        entries.append(Entry(record, Token(), Trust.UNCHECKED, **facts(number)))
    return Evidence(Ledger(entries), None, Policy())


@pytest.mark.parametrize(
    ("facts", "counts"),
    [
        (lambda n: {"seq": n + 1, "prev_hash": "x", "follows": n > 0 or None}, (0, 1, 0)),
        (lambda n: {"seq": MANY - n}, (1, 0, 0)),  # all in the wrong order
        (lambda n: {"seq": n + 1 ^ 1}, (MANY // 2 + 2, 0, 0)),  # each two exchanged
        (lambda n: {"seq": n // 2 + 1}, (MANY // 2, 0, 0)),  # all twice
        (lambda _: {"seq": 1}, (1, 0, 0)),
        (lambda n: {"seq": 2 * n + 1}, (MANY - 1, 0, 0)),  # each second one missing
        (lambda n: {"seq": n or None}, (1, 0, 0)),
        (lambda n: {"seq": 1 if n == 5 else None}, (2, 0, 0)),  # all but one without a number
        (lambda n: {"prev_hash": "x" if n == 5 else None}, (0, 2, 0)),
        (lambda _: {"prev_hash": "x", "follows": False}, (0, 2, 0)),
        (lambda n: {"prev_hash": "x", "follows": n % 2 == 0}, (0, MANY // 2 + 1, 0)),
        (lambda n: {"seq": n + 1, "recorded_at": -n}, (0, 0, MANY - 1)),
        (lambda n: {"seq": (n * 7919) % MANY + 1}, None),
    ],
)
def test_a_large_ledger_in_which_everything_is_wrong_takes_no_longer(facts, counts):
    evidence = large(facts)

    found = tuple(len(list(RULES[code].check(evidence))) for code in OURS[:3])

    assert counts is None or found == counts


def test_many_records_that_cannot_be_read_among_many_numbers():
    lines = b"".join(b'junk\n{"seq":%d,"ect":"x"}\n' % (3 * n) for n in range(5_000))

    found = told(lines, ["ECT601"])

    assert len(found) == 5_000
    assert found[1].message == "1 of the numbers 1 to 2 are missing"


# Several files of one ledger


def _files(folder: Path, **texts: str) -> list[Path]:
    """Chained ledgers, in files."""
    paths = []
    for name, text in texts.items():
        path = folder / f"{name}.jsonl"
        path.write_bytes(sketch(text).data)
        paths.append(path)
    return paths


def _lint(paths: list[Path]) -> Report:
    ring = KeyRing.from_jwks(jwks("agent-a"))
    ledger = loader.load(paths, ring, judge=judge)
    return linter.lint(Evidence(ledger, ring, Policy()))


def test_two_different_entries_after_one_are_a_split_ledger(tmp_path: Path):
    both = "a@0; b@5<a; !chained"
    one, other = _files(tmp_path, one=both, other="a@0; c@5<a; !chained")

    report = _lint([one, other])

    (split,) = [finding for finding in report.findings if finding.code == "ECT602"]
    assert "split in two" in split.message
    assert {place.source for place in split.places} == {str(one), str(other)}
    assert report.summary.levels["L3"] == 0
    assert not any("chain" in sentence for sentence in report.established)


def test_two_copies_of_one_ledger_are_no_split(tmp_path: Path):
    both = "a@0; b@5<a; !chained"

    assert _lint(_files(tmp_path, one=both, other=both)).findings == ()


def test_without_hashes_a_number_of_two_entries_shows_the_split(tmp_path: Path):
    paths = _files(
        tmp_path,
        one='a@0 entry={"seq":1}; b@5<a entry={"seq":2}; c@9<b entry={"seq":3}',
        other='d@9<b entry={"seq":3}',
    )

    (split,) = [finding for finding in _lint(paths).findings if finding.code == "ECT601"]
    assert "number 3 is another entry" in split.message


def test_a_token_entered_twice_in_rotated_files_is_a_replay(tmp_path: Path):
    lines = ledger_file(sketch("a@0; b@5<a; b@5<a").records, [EPOCH, EPOCH + 5, EPOCH + 6])
    *first, last = lines.splitlines(keepends=True)
    one, two = tmp_path / "1.jsonl", tmp_path / "2.jsonl"
    one.write_bytes(b"".join(first))
    two.write_bytes(last)

    codes = {finding.code for finding in _lint([one, two]).findings}

    assert codes == {"ECT301"}


def test_time_goes_back_from_file_to_file_as_well(tmp_path: Path):
    lines = ledger_file(sketch("a@0; b@5<a; c@6<b").records, [EPOCH, EPOCH + 9, EPOCH + 7])
    *first, last = lines.splitlines(keepends=True)
    one, two = tmp_path / "1.jsonl", tmp_path / "2.jsonl"
    one.write_bytes(b"".join(first))
    two.write_bytes(last)

    assert [finding.code for finding in _lint([one, two]).findings] == ["ECT603"]
