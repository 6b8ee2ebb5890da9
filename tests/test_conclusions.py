"""What a report says is established, and what is not: never more than was looked at."""

from __future__ import annotations

import dataclasses
import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from ectgraph import linter, loader
from ectgraph.artifacts import Artifacts
from ectgraph.encoding import hash_of
from ectgraph.model import Report
from ectgraph.reports.json import to_json
from ectgraph.rule import Evidence
from ectgraph.rules import RULES, judge
from ectgraph.testing import EPOCH, Sketch, compact_json, sketch

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
        "not read",
        "wrote to it",
        "could be read",
        "recorded",
        "checkpoint",
        "as it was written",
    ],
)
def test_a_clean_ledger_leaves_nothing_more_open_than_it_must(doubt: str):
    assert left_open(CLEAN, doubt) is None


@pytest.mark.parametrize(
    ("text", "holds", "doubt"),
    [
        ("a@0; b@5<a; !chained", "The hash chain holds", None),
        ("a@0; !chained", "The hash chain holds", None),
        ("a@0; b@5<a", None, "there is no hash chain"),
        ('a@0 entry={"seq":1}; b@5<a entry={"seq":2}', None, "there is no hash chain"),
        ('a@0 entry={"prev_hash":"00"}; b@5<a; !chained', None, "does not hold"),
        ("a@0; 'junk'; b@5<a; !chained", "The hash chain holds", None),  # in an entry as well
    ],
)
def test_a_chain_holds_or_does_not_or_is_none(text: str, holds: str | None, doubt: str | None):
    said = established(text, "hash chain")
    left = left_open(text, "hash chain")

    assert (said or "").startswith(holds or "")
    assert (said is None, left is None) == (holds is None, doubt is None)
    assert doubt is None or doubt in (left or "")


def test_what_a_chain_holds_is_said_with_how_many_entries_and_whether_they_are_numbered():
    assert "each of 3 entries" in (established("a@0; b@1; c@2; !chained", "chain") or "")
    assert "each of 1 entry" in (established("a@0; !chained", "chain") or "")
    assert "without a gap" in (established("a@0; !chained", "chain") or "")
    text = 'a@0 entry={"seq":null}; b@5<a entry={"seq":null}; !chained'
    assert "without a gap" not in (established(text, "hash chain holds") or "without a gap")


def test_a_chain_that_holds_says_nothing_of_its_end():
    assert left_open("a@0; b@5<a; !chained", "complete: entries cut off its end")


# Sources


@pytest.fixture
def report_of(tmp_path: Path) -> Callable[..., Report]:
    """Lint a folder with some files in it."""

    def lint(**files: bytes) -> Report:
        for name, data in files.items():
            (tmp_path / name).write_bytes(data)
        drawn = sketch(CLEAN)
        ledger = loader.load(tmp_path, drawn.ring, judge=judge)
        return linter.lint(Evidence(ledger, drawn.ring, drawn.policy))

    return lint


DATA, CHAINED = sketch(CLEAN).data, sketch("a@0; b@5<a; !chained").data


def test_each_source_is_named_with_what_it_leaves_open(report_of):
    found = report_of(
        bare=DATA,
        chained=CHAINED,
        broken=CHAINED.replace(b"1", b"2"),
        cut=gzip.compress(DATA)[:-9],
        page=b"no ledger",
    )

    chain = sentence(found.established, "hash chain")
    assert chain is None
    assert "(" in (sentence(found.established, "Hash chains hold") or "")
    assert "chained" in (sentence(found.established, "Hash chains hold") or "")
    loose = sentence(found.not_established, "there is no hash chain") or ""
    assert ("bare" in loose, "cut" in loose, "chained" in loose) == (True, True, False)
    assert "broken" in (sentence(found.not_established, "hash chain does not hold") or "")
    assert "page" in (sentence(found.not_established, "not read") or "")
    assert "cut" in (sentence(found.not_established, "could be read") or "")


def test_what_was_not_read_to_its_end_is_not_said_to_be(report_of):
    assert sentence(report_of(a=DATA).established, "to the last byte")
    found = report_of(b=gzip.compress(DATA)[:-9])
    assert sentence(found.established, "to the last byte") is None
    assert sentence(found.established, "records read: ")


def test_what_somebody_wrote_to_meanwhile_is_not_said_to_be_read_to_its_end():
    drawn = sketch(CLEAN)
    ledger = drawn.ledger()
    ledger.inputs[0] = replace(ledger.inputs[0], changed=True)

    found = linter.lint(Evidence(ledger, drawn.ring, drawn.policy))

    assert sentence(found.established, "to the last byte") is None
    assert "sketch" in (sentence(found.not_established, "wrote to it") or "")


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ("2026-02-24T14:23:20Z", None),
        (EPOCH, None),
        (None, None),
        ("2026-02-24T14:23:20", "When 1 entry was recorded"),
        ("soon", "When 1 entry was recorded"),
    ],
)
def test_when_an_entry_was_recorded_is_left_open_where_that_is_not_said(stated, said):
    drawn = sketch("a@0")
    line = compact_json({"recorded_at": stated, "ect": drawn.records[0].decode()})

    found = Sketch((line,), drawn.ring).lint()

    assert (sentence(found.not_established, "recorded: the time") or "").startswith(said or "")
    assert (sentence(found.not_established, "recorded: the time") is None) == (said is None)


def test_a_name_of_a_file_may_hold_anything_and_a_sentence_only_text():
    drawn = sketch("a@0; 'junk'")
    for name in ("\udcff", "two\nlines", "\x1b[31m", "\u202e"):
        ledger = loader.load_bytes(drawn.data, drawn.ring, judge=judge, source=name)
        ledger.inputs[0] = replace(ledger.inputs[0], changed=True)
        found = linter.lint(Evidence(ledger, drawn.ring, drawn.policy))

        assert all(each.isprintable() for each in found.established + found.not_established)
        assert to_json(found)


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


AGENTS = '!agents=[{"iss":"*","may":["a","pay"]}]'
AFTER = '!steps=[{"act":"pay","after":["a"]}]'
NEEDS = '!steps=[{"act":"pay","needs":[{"act":"a"}]}]'


@pytest.mark.parametrize(
    ("text", "part", "said"),
    [
        (f"a@0; pay@5<a; {AGENTS}", "lets it do", True),
        (f"a@0; x@5<a; {AGENTS}", "lets it do", False),
        ("a@0; pay@5<a", "lets it do", False),
        (f"a@0; pay@5<a; {AFTER}", "1 step that the policy speaks of follows only", True),
        (f"a@0; x@1<a; pay@5<x; {AFTER}", "follows only", False),
        (f"a@0; b@5<a; {AFTER}", "follows only", False),
        (f"a@0; pay@5<a; {NEEDS}", "1 step that the policy speaks of has what it needs", True),
        (f"x@0; pay@5<x; {NEEDS}", "what it needs", False),
        ("a@0 out_hash=BvsmqV2mK4kZGFu56iY5bb7pqTqx1VM4aBCE2LuzlKA", "file in", False),
    ],
)
def test_what_the_policy_asks_for_is_established_where_nothing_speaks_against_it(
    text: str, part: str, said: bool
):
    assert (established(text, part) is not None) is said


def test_a_policy_for_something_else_establishes_nothing():
    part = "That the policy is meant for this ledger"

    assert left_open(f"a@0; b@5<a; {NEEDS}", part)
    assert not left_open(f"a@0; pay@5<a; {NEEDS}", part)
    assert not left_open("a@0; b@5<a", part)


def test_hashes_that_are_those_of_files_are_established_and_what_was_not_read_is_said():
    drawn = sketch(f"a@0 out_hash={hash_of(b'made')}")
    found = Artifacts.of([b"made"], "files")

    report = linter.lint(replace_artifacts(drawn, found))
    assert sentence(report.established, "is that of a file in files")
    assert sentence(report.not_established, "that were not read") is None
    report = linter.lint(replace_artifacts(drawn, dataclasses.replace(found, unread=("x", "y"))))
    assert "2 files, links and pipes in files" in (
        sentence(report.not_established, "that were not read") or ""
    )


def replace_artifacts(drawn: Sketch, artifacts: Artifacts) -> Evidence:
    return Evidence(drawn.ledger(), drawn.ring, drawn.policy, artifacts=artifacts)


def test_known_findings_keep_all_from_being_well():
    drawn = sketch("b@5<a")
    (finding,) = drawn.lint().findings

    report = linter.lint(drawn.evidence(), baseline=[finding.fingerprint])

    assert report.findings[0].known
    assert report.at_least("note") == []
    assert sentence(report.not_established, "1 finding does not count, being known")
