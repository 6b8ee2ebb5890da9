"""The figures of a ledger, counted by hand here."""

from __future__ import annotations

import pytest
from msgspec.structs import asdict

from ectgraph import linter, loader
from ectgraph.model import Summary
from ectgraph.rule import Evidence
from ectgraph.testing import sketch


def figures(text: str) -> Summary:
    return sketch(text).lint().summary


def test_every_figure_of_a_small_ledger():
    summary = figures(
        "a@0; b@5<a; c@6<a by=agent-b draft=01; d@9<b,c,z; e@10 wid=other !flipped; 'junk'"
    )

    assert asdict(summary) == {
        "records": 6,
        "tokens": 5,
        "unreadable": 1,
        "tasks": 5,
        "edges": 5,  # the one to the missing z too
        "missing": 1,
        "workflows": 2,
        "agents": 2,
        "roots": 2,  # a and e; z has no record
        "leaves": 2,  # d and e
        "depth": 2,
        "max_parents": 3,
        "max_children": 2,
        "levels": {"L1": 0, "L2": 5, "L3": 0},
        "drafts": {"00": 4, "01": 1, "early-00": 0},
        "trust": {
            "verified": 4,
            "invalid": 1,
            "unknown_key": 0,
            "unsupported": 0,
            "unsigned": 0,
            "unchecked": 0,
        },
        "findings": {"fatal": 0, "error": 3, "warning": 0, "note": 1, "known": 0, "ignored": 0},
    }


def test_an_empty_ledger_counts_nothing_but_the_finding_that_it_is_empty():
    counts = asdict(figures(""))
    findings = counts.pop("findings")
    nested = [counts.pop(name) for name in ("levels", "drafts", "trust")]

    assert set(counts.values()) == {0}
    assert {number for table in nested for number in table.values()} == {0}
    assert findings == {"fatal": 0, "error": 1, "warning": 0, "note": 0, "known": 0, "ignored": 0}


@pytest.mark.parametrize(
    ("option", "kind"),
    [
        ("", "verified"),
        ("!flipped", "invalid"),
        ("!twice", "invalid"),
        ("kid=nobody", "unknown_key"),
        ("alg=none", "unsupported"),
        ("typ=JWT", "unsupported"),
        ("!unsigned", "unsigned"),
    ],
)
def test_a_token_is_counted_under_what_checking_it_came_to(option: str, kind: str):
    trust = figures(f"a@0; b@5<a {option}").trust

    assert trust[kind] == (2 if kind == "verified" else 1)
    assert sum(trust.values()) == 2


def test_without_keys_every_token_is_unchecked():
    assert figures("a@0; b@5<a; !no-keys").trust["unchecked"] == 2


def test_a_record_without_token_is_in_no_count_of_trust():
    summary = figures("a@0; 'junk'; b@0 !cut; c@0 !oversized")

    assert (summary.records, summary.tokens, summary.unreadable) == (4, 1, 3)
    assert sum(summary.trust.values()) == 1


def test_levels_and_dialects():
    summary = figures("a@0; b@5<a draft=01; c@6<b !unsigned; d@7<c !unsigned draft=01")

    assert summary.levels == {"L1": 2, "L2": 2, "L3": 0}
    assert summary.drafts == {"00": 2, "01": 2, "early-00": 0}


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("a@0; b@5<a; !chained", (0, 0, 2)),
        ("a@0; b@5<a !flipped; !chained", (0, 1, 1)),
        ("a@0; b@5<a kid=nobody; !chained", (0, 1, 1)),
        ("a@0; b@5<a; !chained; !no-keys", (0, 2, 0)),
        ("a@0; b@5<a", (0, 2, 0)),
        ('a@0; b@5<a entry={"prev_hash":"00"}; !chained', (0, 2, 0)),
        ('a@0 entry={"seq":1}; b@5<a entry={"seq":2}', (0, 2, 0)),
        ("a@0; b@5<a; c@9<b; !chained; !torn", (0, 0, 2)),
        ("'junk'; a@0; !chained", (0, 0, 1)),  # an entry whose token cannot be read is one
    ],
)
def test_a_verified_token_in_a_chain_that_holds_is_of_the_highest_level(text, levels):
    assert tuple(figures(text).levels.values()) == levels


def test_a_task_that_several_records_claim_is_one_task():
    summary = figures("a@0; a@0; a@1; b@5<a")

    assert (summary.records, summary.tokens, summary.tasks, summary.edges) == (4, 4, 2, 1)


def test_one_jti_in_two_workflows_is_two_tasks():
    assert figures("a@0 wid=one; a@0 wid=two").tasks == 2


def test_a_missing_parent_counts_once_however_many_need_it():
    summary = figures("a@0<z; b@0<z; c@0<y,z")

    assert (summary.missing, summary.edges) == (2, 4)
    assert (summary.roots, summary.leaves) == (0, 3)
    assert summary.max_children == 3


def test_a_token_without_jti_is_a_token_but_no_task():
    summary = figures("a@0; b@5<a !no-jti")

    assert (summary.tokens, summary.tasks, summary.edges) == (2, 1, 0)


def test_a_parent_named_twice_is_one_link():
    assert figures("a@0; b@5<a,a").edges == 1


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("a@0", 0),
        ("a@0; b@1<a; c@2<b; d@3<a", 2),
        ("a@0<a", 0),
        ("a@0<c; b@0<a; c@0<b", 0),
        ("r@0; a@0<c,r; b@0<a; c@0<b; d@0<c; e@0<d", 3),
        ("b@1<a; c@2<b", 2),
    ],
)
def test_depth_counts_links_and_takes_a_knot_as_one_task(text: str, depth: int):
    assert figures(text).depth == depth


def test_who_is_its_own_parent_is_neither_root_nor_leaf():
    summary = figures("a@0<a")

    assert (summary.roots, summary.leaves, summary.edges) == (0, 0, 1)


def test_claims_that_are_absent_are_no_agent_and_no_workflow():
    summary = figures("a@0 wid= !no-iss")

    assert (summary.workflows, summary.agents) == (0, 0)


def test_ignored_findings_are_counted_apart():
    evidence = sketch("a@0; b@5<a,z; c@6 !flipped; !bad-key").evidence()

    summary = linter.lint(evidence, ignore=["ECT2"]).summary

    counted = {"fatal": 0, "error": 1, "warning": 0, "note": 0, "known": 0, "ignored": 2}
    assert summary.findings == counted


def test_the_same_ledger_read_from_two_sources_counts_its_records_twice_and_its_tasks_once(
    tmp_path,
):
    drawn = sketch("a@0; b@5<a")
    copies = [tmp_path / "one.jws", tmp_path / "two.jws"]
    for copy in copies:
        copy.write_bytes(drawn.data)

    evidence = Evidence(loader.load(copies, drawn.ring), drawn.ring, drawn.policy)
    report = linter.lint(evidence)

    assert (report.summary.records, report.summary.tasks) == (4, 2)
    assert report.findings == ()
