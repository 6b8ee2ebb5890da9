"""What a report says is established, and what is not: never more than was looked at."""

from __future__ import annotations

import pytest

from ectgraph import linter
from ectgraph.model import Report
from ectgraph.rules import RULES
from ectgraph.testing import sketch

CLEAN = "a@0; b@5<a"


def sentence(sentences: tuple[str, ...], part: str) -> str | None:
    """The one sentence that holds `part`, if any."""
    found = [s for s in sentences if part in s]
    assert len(found) <= 1
    return found[0] if found else None


def established(text: str, part: str) -> str | None:
    return sentence(sketch(text).lint().established, part)


def left_open(text: str, part: str) -> str | None:
    return sentence(sketch(text).lint().not_established, part)


@pytest.mark.parametrize(
    ("claim", "figures"),
    [
        ("to the last byte", ["3 records", "3 tokens", "0 unreadable"]),
        ("signatures verified", ["All", "1 given key"]),
        ("own ancestor", ["3 tasks", "2 parent links", "depth 2"]),
        ("very parent", []),
        ("recorded twice", []),
        ("issued before its parents", ["30 s"]),
    ],
)
def test_a_clean_ledger_establishes_what_can_be_with_its_figures(claim: str, figures: list[str]):
    said = established("a@0; b@5<a; c@9<b", claim)

    assert said is not None
    assert [figure for figure in figures if figure not in said] == []


@pytest.mark.parametrize("text", [CLEAN, "a@0; b@5<a,z !flipped", "a@0; !no-keys"])
def test_no_ledger_establishes_that_it_is_complete_or_that_its_tasks_were_done(text: str):
    assert left_open(text, "complete")
    assert left_open(text, "done as told")


def test_an_empty_ledger_establishes_nothing():
    report = sketch("").lint()

    assert report.established == ()
    assert report.not_established == ("Anything: there is no record.",)


@pytest.mark.parametrize(
    ("claim", "clean", "faulty"),
    [
        ("verified", CLEAN, "a@0; b@5<a; !no-keys"),
        ("verified", CLEAN, "a@0 !flipped"),
        ("All signatures", CLEAN, "a@0; b@5<a !flipped"),
        ("All signatures", CLEAN, "a@0; b@5<a !unsigned"),
        ("own ancestor", CLEAN, "a@0<a"),
        ("own ancestor", CLEAN, "a@0<b; b@0<a"),
        ("own ancestor", CLEAN, "'no task at all'"),
        ("very parent", CLEAN, "a@0; b@5<a,z"),
        ("very parent", CLEAN, "a@0"),
        ("recorded twice", CLEAN, "a@0; a@0"),
        ("recorded twice", CLEAN, "a@0; a@1"),
        ("issued before", CLEAN, "a@99; b@5<a"),
        ("issued before", CLEAN, "a@0"),
    ],
)
def test_what_a_finding_contradicts_is_not_established(claim: str, clean: str, faulty: str):
    assert established(clean, claim)
    assert established(faulty, claim) is None


@pytest.mark.parametrize("text", ["a@0 !no-iat; b@5<a", "a@0; b@5<a !iat-true"])
@pytest.mark.parametrize("more", ["", "; c@9; d@10<c"])
def test_the_order_in_time_is_not_established_where_a_time_is_unknown(text: str, more: str):
    in_order = established(CLEAN, "issued before its parents")

    assert in_order
    assert established(text + more, "issued before its parents") != in_order
    assert left_open(text + more, "order in time of 1 parent link")
    assert established(text + more, "1 link") or not more
    assert left_open(CLEAN, "order in time") is None


def test_the_time_of_a_parent_without_a_record_is_another_matter():
    text = CLEAN + "; c@9<b,z"

    assert established(text, "issued before") == established(CLEAN, "issued before")
    assert left_open(text, "order in time") is None


def test_where_no_task_hangs_on_another_nothing_is_said_of_how_they_hang_together():
    assert left_open("a@0; b@5 !flipped", "hang together") is None


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("a@0; 'junk'", "1 unreadable record"),
        ("a@0; 'junk'; 'more'", "2 unreadable records"),
        ("a@0; b@5<a kid=nobody; c@6 kid=nobody", "Who wrote 2 tokens"),
        ("a@0; b@5<a !flipped; c@6<b !unsigned", "what 2 tokens claim unverified"),
        ("a@0<z", "The lineage beyond this ledger: 1 named parent"),
        ("a@0<y,z", "The lineage beyond this ledger: 2 named parents"),
        ("a@0<a", "An order of all tasks"),
        ("a@0<b; b@0<a", "An order of all tasks"),
        ("a@0; !broken-rule", "failed rules"),
        (CLEAN, "That each key belongs to the issuer"),
        ('\'{"seq":1,"ect":"x.y.z"}\'', "hash chain"),
    ],
)
def test_what_a_ledger_leaves_open_is_said(text: str, doubt: str):
    assert left_open(text, doubt)


def test_each_reason_not_to_know_who_wrote_a_token_is_another_sentence():
    options = ["!flipped", "kid=nobody", "alg=none", "!unsigned"]
    ledgers = [f"a@0 {option}" for option in options] + ["a@0; !no-keys"]

    assert len({left_open(text, "Who wrote 1 token") for text in ledgers} - {None}) == 5


@pytest.mark.parametrize(
    "doubt",
    [
        "unreadable",
        "Who wrote",
        "lineage beyond",
        "unverified",
        "order of all tasks",
        "failed rules",
        "by request",
        "hash chain",
    ],
)
def test_a_clean_ledger_leaves_nothing_more_open_than_it_must(doubt: str):
    assert left_open(CLEAN, doubt) is None


def test_without_a_verified_token_there_is_no_word_about_the_keys_of_issuers():
    assert left_open("a@0; !no-keys", "belongs to the issuer") is None


@pytest.mark.parametrize("claim", ["own ancestor", "recorded twice", "issued before"])
def test_a_failed_rule_leaves_open_what_the_others_would_have_established(claim: str):
    assert established(CLEAN, claim)
    assert established(CLEAN + "; !broken-rule", claim) is None


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("a@0<a", "own ancestor"),
        ("a@0; a@1", "recorded twice"),
        ("a@99; b@5<a", "issued before"),
    ],
)
def test_ignoring_a_finding_establishes_nothing(text: str, claim: str):
    report = linter.lint(sketch(text).evidence(), ignore=["ECT"])

    assert report.at_least("note") == []
    assert sentence(report.established, claim) is None
    assert sentence(report.not_established, "1 finding does not count, by request")


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("a@0<b; b@0<a", "own ancestor"),
        ("a@0; a@1", "recorded twice"),
        ("a@99; b@5<a", "issued before"),
    ],
)
def test_what_no_rule_looked_for_is_not_established(text: str, claim: str):
    report: Report = sketch(text).lint({"ECT303": RULES["ECT303"]})

    assert report.findings == ()
    assert sentence(report.established, claim) is None


def test_how_many_signatures_verified_is_said_when_not_all_did():
    said = established("a@0; b@5<a; c@6 !flipped", "verified")

    assert said is not None
    assert "2 of 3 signatures" in said


def test_one_signature_is_not_called_all():
    said = established("a@0", "verified")

    assert said is not None
    assert "All" not in said


def test_what_holds_for_the_tokens_that_were_read_is_not_claimed_of_the_ledger():
    for claim in ("own ancestor", "very parent", "recorded twice", "issued before"):
        whole, damaged = established(CLEAN, claim), established(CLEAN + "; 'junk'", claim)

        assert whole is not None
        assert damaged == f"Among the tokens that were read: {whole[0].lower()}{whole[1:]}"


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("a@0; b@5<a by=agent-b; !bound", True),
        ("a@0; b@5<a iss=urn:x; !bound", True),
        ("a@0; b@5<a", False),
        ("a@0 iss=urn:x; !bound", None),
        ("a@0; !no-keys", None),
    ],
)
def test_whose_keys_they_are_is_established_where_the_keys_say_so(text: str, bound: bool | None):
    """`None`: nothing verified, so there is nothing to say of anybody's key."""
    assert bool(established(text, "a key of the issuer")) == (bound is True)
    assert bool(left_open(text, "belongs to the issuer")) == (bound is False)
