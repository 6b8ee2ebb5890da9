"""What a policy file asks of a workflow: who may do what, in which order, and with whose consent."""

from __future__ import annotations

import json
from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.ledger import Ledger
from ectgraph.model import Entry, Finding, Record, Severity, Token, Trust
from ectgraph.policy import Agent, Crossing, Need, Policy, Step, Workflow
from ectgraph.rule import Evidence, Link
from ectgraph.rules import RULES
from ectgraph.rules.policy.step_missing import SHOWN
from ectgraph.testing import sketch, task_id

AGENTS = "spiffe://example.com/agent/"


def findings(text: str, **policy: Any) -> list[Finding]:
    """What is found in a sketch by a policy, whose lists are given as JSON would hold them."""
    switches = "".join(f"; !{name}={json.dumps(value)}" for name, value in policy.items())
    return list(sketch(text + switches).lint().findings)


def told(text: str, **policy: Any) -> list[tuple[str, str]]:
    return [(finding.code, finding.message) for finding in findings(text, **policy)]


def codes(text: str, **policy: Any) -> list[str]:
    return [finding.code for finding in findings(text, **policy)]


# Who may do what


def test_an_agent_may_do_what_any_entry_says_that_fits_it():
    agents = [{"iss": "*/agent-a", "may": ["a"]}, {"iss": "spiffe://*", "may": ["b?", "c"]}]

    assert codes("a@0; b1@1<a; c@2<b1", agents=agents) == []
    assert codes("a@0; b@1<a; c1@2<b; d@3<c1", agents=agents) == ["ECT711"] * 3


def test_who_is_not_named_may_do_nothing():
    ((code, message),) = told("a@0 by=agent-b", agents=[{"iss": "*/agent-a", "may": ["a"]}])

    assert code == "ECT711"
    assert message == "agent-b may not do a; the policy allows it nothing"


def test_a_forged_token_is_told_both_for_its_signature_and_for_its_deed():
    assert codes("a@0 !flipped", agents=[{"iss": "x", "may": ["a"]}]) == ["ECT201", "ECT711"]


@pytest.mark.parametrize("claim", ["iss", "exec_act"])
def test_a_token_that_does_not_say_who_did_what_is_told_for_that_alone(claim: str):
    assert codes(f"a@0 !no-{claim}", agents=[{"iss": "x", "may": ["x"]}]) == ["ECT110"]


def test_the_evidence_names_some_of_what_an_agent_may_do():
    may = [f"do_{number}" for number in range(50)]
    (finding,) = findings("a@0", agents=[{"iss": "*", "may": may}])

    assert finding.evidence == {"iss": f"{AGENTS}agent-a", "exec_act": "a", "may": may[:20]}
    assert finding.message.endswith("only do_0, do_1, do_2 and 47 more")


def test_one_long_name_does_not_swell_what_is_told_of_many_children():
    """A parent of 1 MB, and children of 1 kB each, would else fill any memory."""
    long = "x" * 10_000
    found = findings(
        f"z@0 act=z{long} aud=urn:{long} by=z; ok@0 by=b iss=u:{long}; b@1<z,ok act=pay",
        steps=[{"act": "pay", "after": ["ok"], "needs": [{"act": "ok", "agents": 2}]}],
    )
    of_child = [finding for finding in found if finding.jti == task_id("b")]

    assert [f.code for f in of_child] == ["ECT311", "ECT712", "ECT713"]
    assert [f.code for f in of_child if len(json.dumps(f.evidence)) > 1000] == []


@pytest.mark.parametrize("code", ["ECT307", "ECT311", "ECT701"])
def test_one_long_claim_of_a_parent_does_not_swell_what_is_said_of_many_children(code: str):
    long = "x" * 10_000
    parent = Token(jti="a", iss="a", aud=(long,), wid=long, pol=long, pol_decision="rejected")
    child = Token(jti="b", iss="b", wid="w", parents=("a",))

    hit = RULES[code].compare(Link(parent, child, Trust.VERIFIED, Trust.VERIFIED), Policy())

    assert len(hit.message) + len(json.dumps(hit.evidence)) < 1000


# What may follow what


@pytest.mark.parametrize(
    ("after", "expected"),
    [(["a"], ["ECT712"]), (["a", "b"], []), (["?"], []), ([], ["ECT712", "ECT712"])],
)
def test_each_parent_must_be_one_that_the_step_may_follow(after: list[str], expected: list[str]):
    assert codes("a@0; b@0; c@1<a,b", steps=[{"act": "c", "after": after}]) == expected


def test_all_that_is_said_of_a_step_holds():
    steps = [{"act": "c*", "after": ["a", "b"]}, {"act": "c", "after": ["b", "d"]}]

    assert codes("b@0; c@1<b", steps=steps) == []
    assert codes("a@0; c@1<a", steps=steps) == ["ECT712"]
    assert codes("d@0; c@1<d", steps=steps) == ["ECT712"]


def test_what_no_record_shows_is_not_said_to_be_followed():
    assert codes("c@1<z", steps=[{"act": "c", "after": []}]) == ["ECT303"]
    assert codes("c@1", steps=[{"act": "c", "after": ["a"]}]) == []


# What a step needs


def needs(text: str, **need: Any) -> list[tuple[str, str]]:
    return told(text, steps=[{"act": "pay", "needs": [{"act": "ok*"} | need]}])


@pytest.mark.parametrize(
    "text",
    [
        "ok@0; pay@5<ok",
        "ok-1@0; x@1<ok-1; y@2<x; z@2<x; pay@5<y,z",
        "ok@0 pol=p pol_decision=approved; pay@5<ok",
        "ok@0; pay@5<ok; !no-keys",
        "ok@0 !unsigned; pay@5<ok; !minimum_level=L1",
    ],
)
def test_a_step_with_what_it_needs_among_its_ancestors_is_fine(text: str):
    assert "ECT713" not in [code for code, _ in needs(text)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("ok@0; x@0; pay@5<x", "there is none"),
        ("pay@5", "there is none"),
        ("pay@0; ok@5<pay", "there is none"),
        (
            "ok@0 !flipped; pay@5<ok",
            f"there is none; ok {task_id('ok')[:8]} (invalid) cannot count",
        ),
        ("ok@0 !unsigned; pay@5<ok", f"ok {task_id('ok')[:8]} (unsigned) cannot count"),
        ("ok@0 !no-iss; pay@5<ok", f"ok {task_id('ok')[:8]} (no issuer) cannot count"),
        (
            "ok@0 pol=p pol_decision=rejected; pay@5<ok",
            f"ok {task_id('ok')[:8]} (rejected) cannot count",
        ),
        (
            "ok@0 pol=p pol_decision=pending_human_review; pay@5<ok",
            f"ok {task_id('ok')[:8]} (pending_human_review) cannot count",
        ),
        ("pay@5<z", "there is none; 1 ancestor with no record here may be what is missing"),
        ("x@5<y,z; pay@5<x,y", "2 ancestors with no record here may be what is missing"),
        ("pay@5<pay", "there is none"),
    ],
)
def test_a_step_without_what_it_needs_is_told_with_what_is_there(text: str, why: str):
    (message,) = (message for code, message in needs(text) if code == "ECT713")

    assert message.startswith("pay needs ok* before it, and ")
    assert message.endswith(why)


@pytest.mark.parametrize(
    ("need", "expected"),
    [
        ({}, None),
        ({"agents": 2}, None),
        ({"by_others": True}, None),
        (
            {"agents": 3},
            "pay needs ok* by 3 agents before it, and only that of agent-a, agent-b is there",
        ),
        (
            {"agents": 2, "by_others": True},
            "pay needs ok* by 2 other agents before it, and only that of agent-a is there",
        ),
    ],
)
def test_agents_are_counted_once_and_the_steps_own_only_where_it_may(need, expected):
    drawn = "ok-1@0; ok-2@1<ok-1; ok-3@2<ok-2 by=agent-b; pay@9<ok-3 by=agent-b"

    assert [message for _, message in needs(drawn, **need)] == ([expected] if expected else [])


def test_what_an_agent_approved_for_itself_is_told():
    ((_, message),) = needs("ok@0; pay@5<ok", by_others=True)

    assert message == (
        "pay needs ok* by another agent before it, and only that of its own agent is there"
    )


def test_the_evidence_says_what_is_needed_and_what_is_there():
    text = "ok-1@0; ok-2@1 !flipped; pay@9<ok-1,ok-2,z"
    (finding,) = (f for f in findings(
        text, steps=[{"act": "pay", "needs": [{"act": "ok*", "agents": 2}]}]
    ) if f.code == "ECT713")  # fmt: skip

    assert finding.jti == task_id("pay")
    assert [place.line for place in finding.places] == [3, 2]
    assert finding.evidence == {
        "exec_act": "pay",
        "needs": "ok*",
        "agents_needed": 2,
        "by_others": False,
        "agents": [f"{AGENTS}agent-a"],
        "not_counted": [task_id("ok-2")],
        "unrecorded": [task_id("z")],
    }


def test_much_evidence_is_cut_and_what_is_left_does_not_depend_on_the_order():
    names = [f"z{number}" for number in range(60)]
    first, second = (
        findings(text, steps=[{"act": "pay", "needs": [{"act": "ok"}]}])
        for text in (f"pay@5<{','.join(names)}", f"pay@5<{','.join(reversed(names))}")
    )

    (one,), (other,) = ([f for f in found if f.code == "ECT713"] for found in (first, second))
    assert one.evidence["unrecorded"] == other.evidence["unrecorded"]
    assert one.evidence["unrecorded"] == sorted(map(task_id, names))[:SHOWN]


def test_each_need_is_told_by_itself_and_once_for_a_task():
    steps = [{"act": "pay", "needs": [{"act": "ok"}, {"act": "check"}]}, {"act": "p*", "needs": [
        {"act": "ok"}]}]  # fmt: skip
    found = findings("a@0; pay@5<a", steps=steps)

    assert [(f.code, f.evidence["needs"]) for f in found] == [("ECT713", "check"), ("ECT713", "ok")]
    assert len({f.fingerprint for f in found}) == 2


def test_of_two_tokens_for_one_task_each_rests_on_its_own_parents():
    """One that names the approval does not cover up for another that does not."""
    found = [code for code, _ in needs("ok@0; x@0; pay@5<ok; pay@5<x")]

    assert sorted(found) == ["ECT302", "ECT713"]


def test_any_record_of_a_task_that_verified_counts():
    assert "ECT713" not in [code for code, _ in needs("ok@0 !flipped; ok@0; pay@5<ok")]


def test_a_forgery_of_a_task_does_not_link_it_to_an_approval():
    text = "ok@0; x@1; {}; pay@9<x"

    assert "ECT713" in [code for code, _ in needs(text.format("x@1<ok !flipped"))]
    assert "ECT713" in [code for code, _ in needs(text.format("x@1<ok !flipped; ok@2<x !flipped"))]
    assert "ECT713" not in [code for code, _ in needs(text.format("x@1<ok"))]


def test_a_missing_parent_cannot_pass_for_a_task_of_another_workflow():
    """Where a `jti` is used in two workflows, names of nodes hold both; a parent may be so named."""
    ok = task_id("ok")
    entries = [
        made("ok", ok, "one", ()), made("ok", ok, "two", ()),
        made("pay", "p", "one", (f"{ok}@one",)),
    ]  # fmt: skip

    assert [hit.task for hit in judged(entries, Need(act="ok"))] == ["p"]


def made(
    act: str, jti: str, wid: str, parents: tuple[str, ...], iss: str = "i",
    trust: Trust = Trust.VERIFIED, decision: str | None = None,
) -> Entry:  # fmt: skip
    body = json.dumps([act, jti, wid, parents, iss, trust, decision]).encode()
    token = Token(jti=jti, wid=wid, iss=iss, exec_act=act, parents=parents, pol_decision=decision)
    return Entry(Record("m", 1, 0, len(body), 0, body[:32], 0, 0, body), token, trust)


def judged(entries: list[Entry], *needed: Need) -> list[Any]:
    policy = Policy(steps=(Step(act="pay", needs=needed),))
    evidence = Evidence(Ledger(entries), None, policy)
    evidence.ring = object()  # type: ignore[assignment]  # keys were given
    return list(RULES["ECT713"].check(evidence))  # type: ignore[misc]


@st.composite
def ledgers(draw: st.DrawFn) -> list[Entry]:
    """Any graph of a few tasks, cycles and versions and missing tasks included."""
    names = st.sampled_from([str(number) for number in range(draw(st.integers(1, 9)))])
    entry = st.builds(
        made,
        st.sampled_from(["pay", "ok", "x"]),
        names,
        st.just("w"),
        st.lists(names, max_size=3).map(tuple),
        st.sampled_from(["i", "j", "k"]),
        st.sampled_from([Trust.VERIFIED, Trust.VERIFIED, Trust.INVALID]),
        st.sampled_from([None, "approved", "rejected"]),
    )
    return draw(st.lists(entry, min_size=1, max_size=14))


def by_hand(entries: list[Entry], need: Need) -> set[str]:
    """The tasks that lack what they need, by following each record's parents to all roots."""
    graph = nx.DiGraph()
    good = {entry.token.jti for entry in entries if entry.trust is Trust.VERIFIED}
    for entry in entries:
        graph.add_nodes_from((entry.token.jti, *entry.token.parents))
        if entry.trust is Trust.VERIFIED or entry.token.jti not in good:
            graph.add_edges_from((parent, entry.token.jti) for parent in entry.token.parents)
    lacking = set()
    for entry in entries:
        if entry.token.exec_act != "pay":
            continue
        parents = set(entry.token.parents) - {entry.token.jti}
        before = parents.union(*(nx.ancestors(graph, parent) for parent in parents))
        agents = {
            other.token.iss
            for other in entries
            if other.token.jti in before
            and other.token.exec_act == need.act
            and other.trust is Trust.VERIFIED
            and other.token.pol_decision != "rejected"
        } - ({entry.token.iss} if need.by_others else set())
        if len(agents) < need.agents:
            lacking.add(entry.token.jti)
    return lacking


@given(ledgers(), st.integers(1, 3), st.booleans(), st.sampled_from(["ok", "pay"]))
def test_what_is_lacking_is_what_a_walk_to_all_roots_does_not_find(entries, agents, others, act):
    need = Need(act=act, agents=agents, by_others=others)

    assert {hit.task for hit in judged(entries, need)} == by_hand(entries, need)


def test_a_very_long_lineage_needs_no_recursion():
    entries = [made("ok", "0", "w", ())]
    entries += [made("x", str(n), "w", (str(n - 1),)) for n in range(1, 20_000)]
    entries += [made("pay", "end", "w", ("19999",)), made("pay", "lost", "w", ())]

    assert [hit.task for hit in judged(entries, Need(act="ok"))] == ["lost"]


# Parents that are known to be elsewhere


def test_a_parent_beyond_the_boundary_is_a_note():
    (finding,) = findings("b@5<a; c@6<a,b", boundary=[task_id("a")])

    assert (finding.code, finding.severity) == ("ECT303", Severity.NOTE)
    assert finding.message.endswith("is recorded elsewhere, as the policy says")
    assert finding.evidence == {"needed_by": [task_id("b"), task_id("c")], "boundary": True}


def test_other_missing_parents_stay_errors():
    found = findings("b@5<a,z", boundary=[task_id("a"), task_id("b")])

    assert sorted((f.severity.value, f.jti) for f in found) == [
        ("error", task_id("z")),
        ("note", task_id("a")),
    ]


# Links between workflows


@pytest.mark.parametrize(
    ("crossing", "expected"),
    [(("one", "two"), []), (("two", "one"), ["ECT307"]), (("three", "two"), ["ECT307"])],
)
def test_a_link_between_workflows_is_allowed_in_its_direction(crossing, expected):
    parent, child = map(task_id, crossing)
    allowed = [{"parent": parent[:8] + "*", "child": child}]

    assert codes("a@0 wid=one; b@5<a wid=two", crossings=allowed) == expected


# Limits of some workflows

CHAIN = "a@0 wid=one; b@1<a wid=one; c@2<b wid=one; d@0 wid=two; e@1<d wid=two; f@2<e wid=two"


@pytest.mark.parametrize(
    ("limit", "code"),
    [("max_depth", "ECT501"), ("max_ancestors", "ECT504"), ("max_lifetime", "ECT406")],
)
def test_a_workflow_may_have_limits_of_its_own(limit: str, code: str):
    tight = [{"wid": task_id("one"), limit: 1}]
    wide = [{"wid": task_id("one"), limit: 10_000}]
    ones = {task_id(name) for name in "abc"}

    tightly, widely = findings(CHAIN, workflows=tight), findings(
        CHAIN, **{limit: 1}, workflows=wide
    )  # fmt: skip

    assert {f.code for f in (*tightly, *widely)} == {code}
    assert {f.jti for f in tightly} <= ones
    assert not {f.jti for f in widely} & ones


def test_links_between_workflows_may_be_allowed_to_one_of_them():
    text = "a@0 wid=one; b@5<a wid=two; c@6<b wid=one"
    found = findings(text, workflows=[{"wid": task_id("two"), "cross_workflow": True}])

    assert [(f.code, f.jti) for f in found] == [("ECT307", task_id("c"))]


def test_a_lineage_is_measured_within_the_workflows_of_one_limit():
    entries = [made("x", str(n), "w" if n < 5 else "v", (str(n - 1),) * (n > 0)) for n in range(9)]
    policy = Policy(max_depth=4, workflows=(Workflow(wid="w", max_depth=3),))
    hits = list(RULES["ECT501"].check(Evidence(Ledger(entries), None, policy)))

    assert [(hit.task, hit.evidence) for hit in hits] == [("4", {"depth": 4, "max_depth": 3})]


@given(ledgers())
def test_the_rules_are_total(entries):
    policy = Policy(
        agents=(Agent(iss="i", may=("ok",)),),
        steps=(Step(act="*", after=("ok",), needs=(Need(act="ok", agents=2, by_others=True),)),),
        workflows=(Workflow(wid="w", max_depth=0, max_ancestors=0),),
        crossings=(Crossing(parent="*", child="w"),),
        boundary=("0",),
    )
    evidence = Evidence(Ledger(entries), None, policy)

    for code in ("ECT303", "ECT501", "ECT504", "ECT713"):
        assert all(hit.message for hit in RULES[code].check(evidence))
