"""Times of a token: every limit is the last second that is allowed."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.model import Finding, Severity, Token
from ectgraph.opening import load
from ectgraph.policy import Policy
from ectgraph.rules import RULES
from ectgraph.testing import EPOCH, Sketch, compact_json, sketch, task_id

POLICY = Policy()
NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(-1e15, 1e15)


def only_finding(text: str) -> Finding:
    (finding,) = sketch(text).lint().findings
    return finding


# From `iat` to `exp`, ECT405 and ECT406


@pytest.mark.parametrize(
    ("life", "codes"),
    [
        (-(10**6), ["ECT405"]),
        (-1, ["ECT405"]),
        (0, ["ECT405"]),
        (1, []),
        (600, []),
        (900, []),
        (901, ["ECT406"]),
        (10**9, ["ECT406"]),
    ],
)
def test_a_token_lives_for_a_second_at_least_and_for_900_at_most(life, codes):
    assert sketch(f"a@0 life={life}").codes() == codes


def test_the_longest_life_is_the_policys():
    assert sketch("a@0 life=60; !max_lifetime=60").codes() == []
    finding = only_finding("a@0 life=61; !max_lifetime=60")

    assert (finding.code, finding.severity) == ("ECT406", Severity.WARNING)
    assert finding.evidence == {"lifetime": 61, "max_lifetime": 60}


def test_a_token_that_expires_at_once_or_before_says_so():
    assert only_finding("a@0 life=0").message == "it expires at once"
    assert only_finding("a@0 life=-5").message == "it expires 5 s before it is issued"
    assert only_finding("a@7 life=-5").evidence == {"iat": EPOCH + 7, "exp": EPOCH + 2}


@given(st.none() | NUMBERS, st.none() | NUMBERS)
def test_a_life_is_judged_only_where_both_ends_are_known(iat, exp):
    token = Token(iat=iat, exp=exp)
    known = iat is not None and exp is not None

    ends_first = bool(RULES["ECT405"].look(token, POLICY))
    too_long = bool(RULES["ECT406"].look(token, POLICY))

    assert ends_first == (known and exp <= iat)
    assert too_long == (known and exp - iat > 900)


# Against a clock, ECT408


@pytest.mark.parametrize(
    ("text", "witnesses"),
    [
        ("a@0 life=600; !at=629", []),
        ("a@0 life=600; !at=630", []),
        ("a@0 life=600; !at=631", ["exp"]),
        ("a@0 life=600; !at=631; !leeway=31", []),
        ("a@0 life=600; !at=601; !leeway=0", ["exp"]),
        ("a@0 life=900; !at=900", []),
        ("a@0 life=900; !at=901", ["iat"]),
        ("a@0 life=900; !at=931", ["exp", "iat"]),
        ("a@0 life=90; !at=61; !max_age=60", ["iat"]),
        ("a@0 life=90; !at=60; !max_age=60", []),
        ("a@30; !at=0", []),
        ("a@31; !at=0", ["iat"]),
        ("a@31; !at=0; !max_ahead=31", []),
        ("a@1; !at=0; !max_ahead=0", ["iat"]),
        ("a@0; !at=0", []),
    ],
)
def test_a_token_is_taken_at_its_time_and_not_a_second_before_or_after(text, witnesses):
    drawn = sketch(text)
    (entry,) = drawn.ledger()

    assert [hit.witness for hit in RULES["ECT408"].look(entry.token, drawn.policy)] == witnesses
    assert drawn.codes() == (["ECT408"] if witnesses else [])


def test_without_a_clock_no_time_is_wrong():
    assert sketch("a@-1000000000; b@1000000000<a").codes() == []


def test_each_way_to_be_outside_ones_time_is_told_with_both_times():
    expired, old = sketch("a@0 life=900; !at=931").lint().findings
    ahead = only_finding("a@31; !at=0")

    assert expired.message == "it expired 31 s before, at 2026-02-24 14:38:20 UTC"
    assert expired.evidence == {"at": EPOCH + 931, "exp": EPOCH + 900}
    assert old.message == "it was issued 931 s before, at most 900 s are allowed"
    assert old.evidence == ahead.evidence | {"at": EPOCH + 931, "iat": EPOCH}
    assert ahead.message == "it was issued 31 s ahead, at 2026-02-24 14:23:51 UTC"
    assert ahead.severity is Severity.ERROR
    assert expired.fingerprint != old.fingerprint


@given(st.none() | NUMBERS, st.none() | NUMBERS, NUMBERS)
def test_any_times_are_judged_against_any_clock(iat, exp, at):
    hits = RULES["ECT408"].look(Token(iat=iat, exp=exp), Policy(at=at))

    told = [
        exp is not None and at > exp + 30,
        iat is not None and at > iat + 900,
        iat is not None and iat > at + 30,
    ]
    assert len(hits) == sum(told)


# Against the time at which the ledger took it in, ECT402 to ECT404

AT_ENTRY = ("ECT402", "ECT403", "ECT404")


def entered(stated: dict[str, Any], options: str = "") -> list[Finding]:
    """The findings of an entry that states these members around a token of second 0."""
    drawn = sketch(f"a@0 {options}")
    record = compact_json({**stated, "ect": drawn.records[0].decode()})
    return list(Sketch((record,), drawn.ring, drawn.policy).lint().findings)


@pytest.mark.parametrize(
    ("recorded", "codes"),
    [
        (-(10**9), ["ECT402"]),
        (-31, ["ECT402"]),
        (-30.001, ["ECT402"]),
        (-30, []),
        (0, []),
        (600, []),
        (630, []),
        (630.001, ["ECT404"]),
        (631, ["ECT404"]),
        (900, ["ECT404"]),
        (900.001, ["ECT403", "ECT404"]),
        (10**9, ["ECT403", "ECT404"]),
    ],
)
def test_a_token_enters_a_ledger_in_its_time_and_not_a_moment_before_or_after(recorded, codes):
    found = entered({"recorded_at": EPOCH + recorded})

    assert [finding.code for finding in found] == codes


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("a@31 recorded=0; !skew=31", []),
        ("a@1 recorded=0; !skew=0", ["ECT402"]),
        ("a@0 life=100 recorded=61; !max_age=60", ["ECT403"]),
        ("a@0 life=100 recorded=60; !max_age=60", []),
        ("a@0 life=60 recorded=61; !leeway=0", ["ECT404"]),
        ("a@0 life=60 recorded=100; !leeway=40", []),
        # none of them has anything to do with another clock
        ("a@0 recorded=0; !at=0; !leeway=0", []),
    ],
)
def test_how_far_it_may_be_from_its_time_is_the_policys(text, codes):
    assert sketch(text).codes() == codes


STATED = {
    "2026-02-24T14:23:20Z": 0,
    "2026-02-24T14:23:20.000Z": 0,
    "2026-02-24t14:23:20z": 0,
    "2026-02-24T14:23:20+00:00": 0,
    "2026-02-24T14:23:20-00:00": 0,
    "2026-02-24 14:23:20Z": 0,
    "2026-02-24T15:23:20+01:00": 0,
    "2026-02-24T06:23:20-08:00": 0,
    "2026-02-24T19:53:20+05:30": 0,
    "2026-02-24T14:23:20.999999999Z": 0.999999,
    "2026-02-24T14:33:51Z": 631,
    "2026-02-24T13:33:51-01:00": 631,
    "2026-02-24T14:22:49.000000001Z": -31,
}


@pytest.mark.parametrize("stated", STATED)
def test_a_time_may_be_stated_as_rfc_3339_with_any_offset(stated):
    as_number = entered({"recorded_at": EPOCH + STATED[stated]})

    found = entered({"recorded_at": stated})

    assert [f.code for f in found] == [f.code for f in as_number]
    assert [f.message for f in found] == [f.message for f in as_number]


@pytest.mark.parametrize(
    "member", ["recorded_at", "stored_timestamp", "verification_timestamp", "timestamp"]
)
def test_a_time_may_be_stated_under_any_of_its_names(member):
    for late in ("2026-03-24T14:23:20Z", EPOCH + 10**6, EPOCH + 1e6):
        assert [f.code for f in entered({member: late})] == ["ECT403", "ECT404"]


@pytest.mark.parametrize(
    "stated",
    [
        "2036-02-24T14:23:20",
        "2036-02-24 14:23:20.5",
        "2036-02-24",
        "14:23:20Z",
        "20 Feb 2036 14:23:20 GMT",
        "2036-02-30T00:00:00Z",
        "2036-02-24T24:00:01Z",
        "2036-02-24T14:23:20+99:00",
        "10000-01-01T00:00:00Z",
        "not yet",
        "1771943000",
        "٢٠٢٦-02-24T14:23:20Z",
        "\ud7ff\0",
    ],
)
def test_a_time_that_is_none_or_lacks_its_offset_is_not_guessed_at_and_the_report_says_so(stated):
    drawn = sketch("a@0")
    record = compact_json({"recorded_at": stated, "ect": drawn.records[0].decode()})
    report = Sketch((record,), drawn.ring).lint()

    assert report.findings == ()
    assert [s for s in report.not_established if s.startswith("When 1 entry was recorded")]


@pytest.mark.parametrize("stated", [None, True, [], {}, 2**53, -(2**53), 1e300, ""])
def test_what_is_no_time_at_all_is_not_judged(stated):
    assert entered({"recorded_at": stated}) == []


@pytest.mark.parametrize("stated", [2**53 - 1, -(2**53) + 1, 1e15, "9999-12-31T23:59:59-23:59"])
def test_times_beyond_every_calendar_are_compared_all_the_same(stated):
    found = entered({"recorded_at": stated})

    late = stated != -(2**53) + 1
    assert [f.code for f in found] == (["ECT403", "ECT404"] if late else ["ECT402"])


def test_a_token_without_a_time_of_its_own_is_not_judged_by_that_of_its_entry():
    for option in ("!no-iat", "!iat-string", "!no-exp"):
        codes = {f.code for f in entered({"recorded_at": EPOCH - 10**6}, option)}
        codes |= {f.code for f in entered({"recorded_at": EPOCH + 10**6}, option)}

        assert codes - {"ECT110", "ECT111"} == (
            {"ECT402", "ECT403"} if option == "!no-exp" else {"ECT404"}
        )


def test_a_bare_token_was_recorded_at_no_time():
    assert sketch("a@0").codes() == []
    assert sketch("a@-1000000000").codes() == []


def test_each_is_told_with_its_times():
    (early,) = entered({"recorded_at": EPOCH - 7200})
    late, expired = entered({"recorded_at": EPOCH + 7200})

    assert early.severity is expired.severity is Severity.ERROR
    assert late.severity is Severity.WARNING
    assert early.evidence == {"iat": EPOCH, "recorded": EPOCH - 7200, "skew": 30}
    assert late.evidence == {"iat": EPOCH, "recorded": EPOCH + 7200, "max_age": 900}
    assert expired.evidence == {"exp": EPOCH + 600, "recorded": EPOCH + 7200, "leeway": 30}
    assert "2.0 h after it was recorded (2026-02-24 14:23:20 UTC after" in early.message
    assert "recorded 2026-02-24 16:23:20 UTC" in expired.message


@given(st.none() | NUMBERS, st.none() | NUMBERS, NUMBERS)
def test_any_times_are_judged_at_any_time_of_recording(iat, exp, recorded):
    token = Token(iat=iat, exp=exp)

    told = [RULES[code].date(token, recorded, POLICY) is not None for code in AT_ENTRY]

    assert told == [
        iat is not None and iat > recorded + 30,
        iat is not None and recorded - iat > 900,
        exp is not None and recorded > exp + 30,
    ]


# Parent and child, ECT401


@pytest.mark.parametrize("skew", [0, 1, 30])
def test_a_parent_may_be_later_by_the_skew_and_no_more(skew):
    assert sketch(f"a@{skew}; b@0<a; !skew={skew}").codes() == []
    assert sketch(f"a@{skew + 1}; b@0<a; !skew={skew}").codes() == ["ECT401"]


def test_each_late_parent_of_a_task_is_told():
    findings = sketch("a@31; b@99; c@0<a,b").lint().findings

    assert [finding.code for finding in findings] == ["ECT401", "ECT401"]
    assert sorted(finding.evidence["gap"] for finding in findings) == [31, 99]
    assert len({finding.fingerprint for finding in findings}) == 2


@pytest.mark.parametrize("text", ["a@99 !no-iat; b@0<a", "a@99; b@0<a !no-iat", "a@99; b@0<z"])
def test_where_a_time_is_not_known_no_order_is_wrong(text):
    assert "ECT401" not in sketch(text).codes()


# A child in the ledger before its parent, ECT407


def early(drawn: Sketch) -> list[Finding]:
    return [finding for finding in drawn.lint().findings if finding.code == "ECT407"]


@pytest.mark.parametrize(
    ("text", "gaps"),
    [
        # by numbers, where both entries have one
        ("a@0; b@5<a; !chained", []),
        ("b@5<a; a@0; !chained", [1]),
        ("c@9<a,b; b@5<a; a@0; !chained", [1, 1, 2]),
        ('b@5<a entry={"seq":7}; a@0 entry={"seq":7}', []),
        ('b@5<a entry={"seq":7} recorded=0; a@0 entry={"seq":6} recorded=99', []),
        ('a@0 entry={"seq":9} recorded=0; b@5<a entry={"seq":8} recorded=99', [1]),
        # else by times
        ("b@0<a recorded=0; a@0 recorded=30", []),
        ("b@0<a recorded=0; a@0 recorded=31", [31]),
        ("b@0<a recorded=0; a@0 recorded=61; !skew=60", [61]),
        ("b@0<a recorded=0; a@0 recorded=60; !skew=60", []),
        ('b@0<a entry={"seq":1} recorded=0; a@0 recorded=31', [31]),
        ('b@0<a recorded=0; a@0 entry={"seq":9} recorded=31', [31]),
        # else not at all
        ("b@0<a; a@0", []),
        ("b@0<a recorded=0; a@0", []),
        ("b@0<a; a@0 recorded=99", []),
        ('b@0<a entry={"seq":1}; a@0 recorded=99', []),
        ('b@0<a entry={"recorded_at":"soon"}; a@0 recorded=99', []),
        # and only where there are two
        ("b@0<z recorded=0", []),
        ("b@0<b recorded=0; b@0<b recorded=99", []),
        ("b@0<a recorded=0 !no-jti; a@0 recorded=99", []),
        ("b@0<a recorded=0; a@0 recorded=99 !cut", []),
        # of several records of the parent the earliest counts
        ("b@0<a recorded=50; a@0 recorded=99; a@0 recorded=40", []),
        ("b@0<a recorded=0; a@0 recorded=99; a@1 recorded=40", [40]),
        ('b@0<a entry={"seq":5}; a@0 entry={"seq":9}; a@1 entry={"seq":7}', [2]),
        # and each of the child's
        ("b@0<a recorded=0; b@1<a recorded=50; a@0 recorded=99", [49, 99]),
        ("b@0<a recorded=0; b@1 recorded=1; a@0 recorded=99", [99]),
        ("b@0<a,a recorded=0; a@0 recorded=99", [99]),
        # in circles there is always one
        ("a@0<b; b@0<a; !chained", [1]),
    ],
)
def test_a_task_is_recorded_after_its_parents(text, gaps):
    assert sorted(finding.evidence["gap"] for finding in early(sketch(text))) == gaps


def test_the_order_of_lines_says_nothing():
    lines = ["b@0<a recorded=0", "a@0 recorded=40", "c@0<b recorded=20", "d@0<c,a recorded=9"]
    texts = (";".join(order) for order in permutations(lines))

    told = {tuple(sorted((f.fingerprint, f.message) for f in early(sketch(t)))) for t in texts}

    assert len(told) == 1
    assert len(told.pop()) == 2


def test_numbers_and_times_are_told_with_both_and_the_gap():
    parent = f"a {task_id('a')[:8]}"
    (by_number,) = early(sketch("b@5<a; a@0; !chained"))
    (by_time,) = early(sketch("b@0<a recorded=0; a@0 recorded=31"))

    assert by_number.evidence == {"seq": 1, "parent_seq": 2, "gap": 1}
    assert (
        by_number.message
        == f"it was recorded before its parent {parent}: as entry 1, that as entry 2"
    )
    assert by_time.evidence == {
        "recorded": EPOCH,
        "parent_recorded": EPOCH + 31,
        "gap": 31,
        "skew": 30,
    }
    assert by_time.message == (
        f"it was recorded 31 s before its parent {parent} (2026-02-24 14:23:20 UTC, "
        "the parent 2026-02-24 14:23:51 UTC; skew allowed: 30 s)"
    )
    for finding in (by_number, by_time):
        assert (finding.jti, finding.severity) == (task_id("b"), Severity.WARNING)
        assert [place.line for place in finding.places] == [1, 2]


def files(folder: Path, *parts: str) -> list[Path]:
    """Write some lines of a chain, or other lines, to files."""
    paths = [folder / f"{number}.jsonl" for number in range(len(parts))]
    for path, part in zip(paths, parts, strict=True):
        path.write_text(part, "utf-8")
    return paths


def test_a_ledger_in_several_files_is_one(tmp_path: Path):
    drawn = sketch("b@5<a; c@5; a@0; !chained")
    first, second, third = drawn.data.decode().splitlines(keepends=True)

    findings = load(files(tmp_path, first + second, third), drawn.ring).report.findings

    (finding,) = (f for f in findings if f.code == "ECT407")
    assert finding.evidence == {"seq": 1, "parent_seq": 3, "gap": 2}


def test_ledgers_of_different_keepers_are_not_compared(tmp_path: Path):
    ours, theirs = sketch("b@5<a; x@0; !chained"), sketch("y@0; z@0; a@0; !chained")

    findings = load(files(tmp_path, ours.data.decode(), theirs.data.decode()), ours.ring)

    assert "ECT407" not in {finding.code for finding in findings.report.findings}


def test_a_copy_that_came_late_elsewhere_is_compared_in_its_own_ledger(tmp_path: Path):
    ours, theirs = sketch("b@5<a; x@0; !chained"), sketch("y@0; b@5<a; a@0; !chained")

    report = load(files(tmp_path, ours.data.decode(), theirs.data.decode()), ours.ring).report

    (finding,) = (f for f in report.findings if f.code == "ECT407")
    assert finding.evidence == {"seq": 2, "parent_seq": 3, "gap": 1}
    assert {Path(place.source).name for place in finding.places} == {"1.jsonl"}


def test_the_same_ledger_twice_is_told_once(tmp_path: Path):
    drawn = sketch("b@5<a; a@0; !chained")

    report = load(files(tmp_path, drawn.data.decode(), drawn.data.decode()), drawn.ring).report

    assert [f.code for f in report.findings].count("ECT407") == 1


def test_clocks_of_a_workflow_may_differ_by_what_its_own_policy_says():
    wid = task_id("workflow")
    text = f'b@0<a recorded=0; a@0 recorded=61; !workflows=[{{"wid":"{wid}","skew":%d}}]'

    assert early(sketch(text % 61)) == []
    assert [finding.evidence["skew"] for finding in early(sketch(text % 60))] == [60]
