"""What may follow a decision: every decision of parent and child, and every choice of policy."""

from __future__ import annotations

from itertools import product

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.claims import APPROVED, DECISIONS, PENDING, REJECTED
from ectgraph.keys import KeyRing
from ectgraph.linter import lint
from ectgraph.loader import load_bytes
from ectgraph.model import Token, Trust
from ectgraph.policy import Policy
from ectgraph.rule import Evidence, Link
from ectgraph.rules import RULES, judge
from ectgraph.testing import EPOCH, jwks, sketch, task_id, token

FLAGS = [None, True, False, "true", 1]
"""What the extension of a child says of `compensation_required`; `None`: it has no extension."""
UNDO = 'ext={"compensation_required":true,"compensation_reason":"failed"}'


@pytest.mark.parametrize("by_flag", [True, False], ids=["flag", "no-flag"])
@pytest.mark.parametrize("by_decision", [True, False], ids=["decision", "no-decision"])
@pytest.mark.parametrize("flag", FLAGS)
@pytest.mark.parametrize(
    ("before", "after"), list(product([None, *DECISIONS, "other"], [None, *DECISIONS, "other"]))
)
def test_what_may_follow_a_decision(before, after, flag, by_flag, by_decision):
    ext = None if flag is None else {"compensation_required": flag}
    link = Link(
        Token(jti="p", exec_act="ask", pol="p1", pol_decision=before),
        Token(jti="c", parents=("p",), pol_decision=after, ext=ext),
        Trust.VERIFIED,
        Trust.VERIFIED,
    )
    policy = Policy(compensation_by_flag=by_flag, review_by_decision=by_decision)

    told = {code for code in ("ECT701", "ECT702") if RULES[code].compare(link, policy)}

    reviews = {REJECTED: {PENDING}, PENDING: {*DECISIONS}}.get(before, set())
    allowed = (by_flag and flag is True) or (by_decision and after in reviews)
    broken = {REJECTED: {"ECT701"}, PENDING: {"ECT702"}}.get(before, set())
    assert told == (set() if allowed else broken)


@pytest.mark.parametrize("draft", ["00", "01"])
@pytest.mark.parametrize("trust", ["", "!flipped"])
@pytest.mark.parametrize(
    ("before", "code"), [(REJECTED, "ECT701"), (PENDING, "ECT702"), (APPROVED, None)]
)
def test_going_on_is_told_in_both_drafts_and_whoever_signed(before, code, draft, trust):
    parent = f"a@0 pol=p1 pol_decision={before} draft={draft} {trust}"

    found = sketch(f"{parent}; b@5<a draft={draft}").lint().findings

    told = [finding for finding in found if finding.code in ("ECT701", "ECT702")]
    assert [(f.code, f.jti, [p.line for p in f.places]) for f in told] == (
        [(code, task_id("b"), [2, 1])] if code else []
    )


@pytest.mark.parametrize("draft", ["00", "01"])
def test_a_child_that_undoes_says_so_in_its_extension(draft):
    parent = f"a@0 pol=p1 pol_decision=rejected draft={draft}"
    child = f"b@5<a draft={draft} {UNDO}"

    assert sketch(f"{parent}; {child}").codes() == []
    assert sketch(f"{parent}; {child}; !compensation_by_flag=false").codes() == ["ECT701"]


def test_a_review_shows_by_its_own_decision():
    parent = "a@0 pol=p1 pol_decision=pending_human_review"
    child = "b@5<a pol=p1 pol_decision=rejected"

    assert sketch(f"{parent}; {child}").codes() == []
    assert sketch(f"{parent}; {child}; !review_by_decision=false").codes() == ["ECT702"]


def test_every_child_that_goes_on_is_told_and_their_children_are_not():
    text = "a@0 pol=p1 pol_decision=rejected; b@5<a; c@6<a; d@7<b,c"

    findings = sketch(text).lint().findings

    assert [(f.code, f.jti) for f in findings] == [
        ("ECT701", task_id("b")),
        ("ECT701", task_id("c")),
    ]


def test_a_join_names_each_parent_that_was_not_heeded():
    text = (
        "a@0 pol=p1 pol_decision=rejected; b@0 pol=p2 pol_decision=rejected;"
        "c@0 pol=p3 pol_decision=pending_human_review; d@0 pol=p4 pol_decision=approved;"
        "e@5<a,b,c,d"
    )

    findings = sketch(text).lint().findings

    assert [f.code for f in findings] == ["ECT701", "ECT701", "ECT702"]
    assert len({f.fingerprint for f in findings}) == 3
    assert {"p1", "p2"} == {f.message.split("'")[1] for f in findings[:2]}


def test_a_task_that_names_itself_did_not_go_on_after_itself():
    assert sketch("a@0<a pol=p1 pol_decision=rejected").codes() == ["ECT304"]


def test_a_decision_that_cannot_be_read_is_none():
    text = "a@0 pol=p1 pol_decision=Rejected; b@5<a"

    assert sketch(text).codes() == ["ECT119"]


def test_policy_claims_in_the_extension_of_march_2026_count():
    parent = {"pred": [], "ext": {"pol": "p", "pol_decision": "rejected"}}
    records = [
        token(CLAIMS | {"jti": task_id("a")} | parent, "agent-a"),
        token(CLAIMS | {"jti": task_id("b"), "pred": [task_id("a")]}, "agent-a"),
    ]
    ring = KeyRing.from_jwks(jwks("agent-a"))
    ledger = load_bytes(b"\n".join(records), ring, judge=judge)

    report = lint(Evidence(ledger, ring, Policy()))

    assert [finding.code for finding in report.findings] == ["ECT701"]


CLAIMS = {
    "iss": "spiffe://example.com/agent/a",
    "aud": "spiffe://example.com/ledger",
    "iat": EPOCH,
    "exp": EPOCH + 600,
    "exec_act": "pay",
}


# Undoing where nothing is to be undone, ECT704
NO = "pol=p pol_decision=rejected"
WAITS = "pol=p pol_decision=pending_human_review"
YES = "pol=p pol_decision=approved"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"a@0 {UNDO}", "a"),
        (f"a@0; b@1<a {UNDO}", "b"),
        (f"a@0 {YES}; b@1<a {UNDO}", "b"),
        (f"a@0 {NO}; b@1<a {UNDO}", ""),
        (f"a@0 {WAITS}; b@1<a {UNDO}", ""),
        (f"a@0 pol=p pol_decision=refused; b@1<a {UNDO}", ""),  # whatever that is: not approved
        (f"a@0 {NO}; b@1<a; c@2<b; d@3<c {UNDO}", ""),
        (f"a@0; b@1<a {NO}; c@1<a {UNDO}", "c"),  # not an ancestor
        (f"a@0; b@1<a {UNDO}; c@2<b {NO}", "b"),
        (f"a@0; b@1<a {NO} {UNDO}", "b"),  # nor is the task itself
        (f"a@0; b@1<a {UNDO}; c@2<b {UNDO}", "bc"),
        (f"a@0; b@1; c@2<a,b {UNDO}; x@0 {NO}; d@3<c,x {UNDO}", "c"),
        # a missing ancestor may be the one
        (f"b@1<z {UNDO}", ""),
        (f"b@1<z; c@2<b; d@3<c {UNDO}", ""),
        (f"a@0; x@0<z; b@1<a {UNDO}", "b"),
        # circles
        (f"a@0<c; b@0<a {UNDO}; c@0<b", "b"),
        (f"a@0<c {NO}; b@0<a {UNDO}; c@0<b", ""),
        (f"a@0<b {NO} {UNDO}; b@0<a", ""),
        # several records of a task
        (f"a@0 {YES}; a@0 {NO}; b@1<a {UNDO}", ""),
        (f"a@0; b@1<a; b@1<a {UNDO}", "b"),
        (f"a@0; b@1<a {UNDO}; b@2<a {UNDO}", "b"),
        # what does not say so
        ('a@0; b@1<a ext={"compensation_required":"true"}', ""),
        ('a@0; b@1<a ext={"compensation_required":1}', ""),
        ('a@0; b@1<a ext={"compensation_required":false}', ""),
        (f"a@0; b@1<a {UNDO} !no-jti", ""),
    ],
)
@pytest.mark.parametrize("draft", ["", " draft=01"])
def test_who_undoes_has_something_to_undo(text, found, draft):
    text = ";".join(f"{item}{draft}" for item in text.split(";"))

    told = [f.jti for f in sketch(text).lint().findings if f.code == "ECT704"]

    assert told == [task_id(name) for name in found]


def test_undoing_is_told_with_the_reason_that_it_gives():
    reason = "x" * 300
    (finding,) = sketch(f"a@0; b@1<a {UNDO.replace('failed', reason)}").lint().findings

    assert finding.severity == "note"
    assert len(finding.evidence["compensation_reason"]) == 200
    assert [place.line for place in finding.places] == [2]


def test_the_version_that_says_so_is_the_one_that_is_shown():
    (finding,) = (
        f for f in sketch(f"a@0; b@1<a; b@1<a {UNDO}").lint().findings if f.code == "ECT704"
    )

    assert [place.line for place in finding.places] == [3]


@pytest.mark.parametrize("reason", ["1", "null", "[[]]", '""'])
def test_a_reason_that_is_no_text_is_not_shown(reason):
    text = f'a@0; b@1<a ext={{"compensation_required":true,"compensation_reason":{reason}}}'
    (finding,) = (f for f in sketch(text).lint().findings if f.code == "ECT704")

    assert finding.evidence == {"compensation_reason": "" if reason == '""' else None}


@given(
    st.lists(
        st.tuples(
            st.lists(st.integers(0, 9), max_size=3),
            st.sampled_from(["", "", NO, WAITS, YES]),
            st.sampled_from(["", UNDO]),
        ),
        max_size=9,
    )
)
def test_what_is_to_be_undone_is_among_the_ancestors_in_any_graph(tasks):
    text = "; ".join(
        f"t{task}@0{'<' * bool(parents)}{','.join(f't{parent}' for parent in parents)} {said} {undo}"
        for task, (parents, said, undo) in enumerate(tasks)
    )
    graph = nx.DiGraph([(p, task) for task, (parents, _, _) in enumerate(tasks) for p in parents])
    graph.add_nodes_from(range(len(tasks)))
    idle = set()
    for task, (_, _, undo) in enumerate(tasks):
        above = {
            a for parent in graph.predecessors(task) for a in (parent, *nx.ancestors(graph, parent))
        }
        refused = [a for a in above if a >= len(tasks) or tasks[a][1] in (NO, WAITS)]
        if undo and not refused:
            idle.add(task_id(f"t{task}"))

    assert {f.jti for f in sketch(text).lint().findings if f.code == "ECT704"} == idle
