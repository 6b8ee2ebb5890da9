"""Times of a token: every limit is the last second that is allowed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.model import Finding, Severity, Token
from ectgraph.policy import Policy
from ectgraph.rules import RULES
from ectgraph.testing import EPOCH, sketch

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
