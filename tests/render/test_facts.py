"""What is known of each task, and of several as one: nothing made up, nothing without an end."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph import linter
from ectgraph.graph import build
from ectgraph.model import Finding, Severity
from ectgraph.render.diagram import Box
from ectgraph.render.facts import CLAIM, TOLD, Facts
from ectgraph.testing import EPOCH, Sketch, sketch, task_id

LONG = "x" * 100_000


def facts(drawn: Sketch, by_task: dict[str, list[Finding]] | None = None) -> Facts:
    ledger = drawn.ledger()
    return Facts(graph=build(ledger), ledger=ledger, by_task=by_task or {})


def box(text: str, names: str, by_task: dict[str, list[Finding]] | None = None) -> Box:
    """A box of some tasks of a sketch, named by a letter each."""
    return facts(sketch(text), by_task).box([*map(task_id, names)])


def finding(code: str, severity: Severity = Severity.ERROR, message: str = "it is so") -> Finding:
    return Finding(
        code=code, name="n", severity=severity, message=message, advice="", cites="", task="t"
    )


@pytest.fixture(scope="module")
def claimed(claims: Callable[..., dict[str, Any]], ring: Any) -> Callable[..., dict[str, str]]:
    """The claims of the box of one task that says so of itself, by their names."""
    from ectgraph.testing import token

    def make(**changes: Any) -> dict[str, str]:
        found = facts(Sketch((token(claims(**changes), "agent-a"),), ring))
        told = found.box([next(iter(found.graph))]).claims
        assert len(dict(told)) == len(told)
        return dict(told)

    return make


# One task


def test_a_task_has_all_that_its_token_says():
    found = box("a@5 act=plan wid=w", "a")

    assert found.tasks == (task_id("a"),)
    assert (found.jti, found.wid, found.exec_act) == (task_id("a"), task_id("w"), "plan")
    assert found.iss == "spiffe://example.com/agent/agent-a"
    assert (found.wids, found.agents, found.actions) == (1, 1, 1)
    assert (found.first, found.last) == (EPOCH + 5, EPOCH + 5)
    assert found.trust == {"verified": 1}
    assert (found.roots, found.leaves, found.duplicates, found.compensations) == (1, 1, 0, 0)
    assert (found.findings, found.severity, found.decisions) == ({}, None, {})


def test_a_missing_task_has_a_name_and_is_neither_root_nor_leaf():
    found = box("b@1<z", "z")

    assert (found.jti, found.trust) == (task_id("z"), {"missing": 1})
    assert (found.iss, found.exec_act, found.wid, found.first, found.last) == (None,) * 5
    assert (found.roots, found.leaves, found.agents, found.actions, found.wids) == (0,) * 5
    assert dict(found.claims) == {"jti": task_id("z"), "status": "missing"}


def test_a_task_that_is_recorded_twice_says_what_its_witness_says():
    found = box("a@0 act=forged !flipped; a@1 act=plan", "a")

    assert (found.duplicates, found.exec_act, found.trust) == (1, "plan", {"verified": 1})
    assert dict(found.claims)["exec_act"] == "plan"


def test_without_a_ledger_there_is_what_the_graph_knows():
    graph = build(sketch("a@0 pol=p pol_decision=approved; b@1<a,z").ledger())
    known = Facts(graph=graph, ledger=None, by_task={})
    found = known.box([task_id("a")])

    assert (found.jti, found.trust, found.first) == (task_id("a"), {"verified": 1}, EPOCH)
    assert found.decisions == {}
    assert dict(found.claims)["iss"] == "spiffe://example.com/agent/agent-a"
    assert "pol_decision" not in dict(found.claims)
    assert known.box([task_id("z")]).missing


def test_tasks_of_the_ledger_that_are_not_in_the_graph_are_not_known():
    ledger = sketch("a@0 pol=p pol_decision=approved; b@1<a; c@2<b").ledger()
    part = build(ledger).subgraph([task_id("b"), task_id("c")])
    known = Facts(graph=part, ledger=ledger, by_task={})

    assert set(known.tokens) == {task_id("b"), task_id("c")}
    assert known.box([task_id("b")]).roots == 1


def test_tasks_of_the_graph_that_are_not_in_the_ledger_are_known_from_the_graph():
    graph = build(sketch("a@0 pol=p pol_decision=approved; b@1<a").ledger())
    other = sketch("b@1<a pol=p pol_decision=odd; c@2<b").ledger()
    known = Facts(graph=graph, ledger=other, by_task={})

    assert set(known.tokens) == {task_id("b")}
    assert "status" in dict(known.box([task_id("a")]).claims)
    assert known.box([task_id("a"), task_id("b")]).decisions == {"other": 1}


@pytest.mark.parametrize("task", ["a", "b"])
def test_a_circle_has_neither_roots_nor_leaves(task: str):
    found = box("a@0<b; b@1<a; c@0<c", task)

    assert (found.roots, found.leaves) == (0, 0)


# Several tasks


def test_a_group_has_the_claims_that_all_share_and_counts_the_others():
    found = box("a@3 act=plan wid=v; b@1 act=pay wid=v; c@9 act= wid=v by=agent-b", "abc")

    assert (found.jti, found.wid, found.iss, found.exec_act) == (None, task_id("v"), None, None)
    assert (found.wids, found.agents, found.actions) == (1, 2, 2)
    assert (found.first, found.last) == (EPOCH + 1, EPOCH + 9)
    assert found.claims == ()


def test_a_claim_that_one_lacks_is_not_shared():
    found = box("a@0 act=plan; b@1 act=", "ab")

    assert (found.exec_act, found.actions) == (None, 1)


def test_a_group_of_mixed_trust_counts_each():
    text = "a@0; b@0; c@0 !flipped; d@0 kid=nobody; e@0 !unsigned; f@0<y,z; a@1"
    found = box(text, "abcdefyz")

    assert found.trust == {
        "invalid": 1,
        "missing": 2,
        "unknown_key": 1,
        "unsigned": 1,
        "verified": 3,
    }
    assert [*found.trust] == sorted(found.trust)
    assert (found.duplicates, found.unverified, found.missing) == (1, 3, False)
    assert (found.roots, found.leaves) == (5, 6)


def test_a_task_without_a_time_does_not_hide_those_of_the_others():
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_node("a", jti="a", status="present", trust="verified")
    graph.add_node("b", jti="b", status="present", trust="verified", iat=0)
    found = Facts(graph=graph, ledger=None, by_task={})

    assert (found.box(["a", "b"]).first, found.box(["a", "b"]).last) == (0, 0)
    assert (found.box(["a"]).first, found.box(["a"]).last) == (None, None)


@pytest.mark.parametrize("reverse", [False, True])
def test_findings_are_counted_by_code_the_worst_first(*, reverse: bool):
    mild, hard = Severity.NOTE, Severity.ERROR
    by_task = {
        task_id("a"): [finding("ECT9", hard), finding("ECT1", mild), finding("ECT1", mild)],
        task_id("b"): [finding("ECT2", hard), finding("ECT5", hard), finding("ECT5", mild)],
    }
    names = "ba" if reverse else "ab"
    found = box("a@0; b@0; c@0", f"c{names}", by_task)

    assert [*found.findings.items()] == [("ECT2", 1), ("ECT5", 2), ("ECT9", 1), ("ECT1", 2)]
    assert found.severity is Severity.ERROR
    assert box("a@0; c@0", "c", by_task).severity is None


# Decisions


def test_a_decision_is_told_as_it_is_stated():
    assert box("a@0 pol=p pol_decision=so_so", "a").decisions == {"so_so": 1}


def test_in_a_group_words_that_the_drafts_do_not_know_are_one():
    text = "; ".join(
        f"{name}@0 pol=p pol_decision={word}"
        for name, word in zip(
            "abcdef",
            ["approved", "rejected", "pending_human_review", "so", "APPROVED", "approved"],
            strict=True,
        )
    )
    found = box(f"{text}; g@0", "abcdefg")

    assert found.decisions == {"approved": 2, "other": 2, "pending_human_review": 1, "rejected": 1}
    assert [*found.decisions] == sorted(found.decisions)


def test_a_group_of_which_one_task_has_a_token_is_a_group():
    assert box("a@0<z pol=p pol_decision=so", "az").decisions == {"other": 1}


def test_what_is_undone_is_counted():
    undone = '{"compensation_required":true}'
    found = box(f"a@0 ext={undone}; b@0 ext={undone}; c@0", "abc")

    assert found.compensations == 2


# Claims


def test_claims_are_in_a_fixed_order_with_the_facts_of_the_ledger_last():
    found = box("a@0; b@5<a pol=p pol_decision=approved recorded=9", "b")

    assert [name for name, _ in found.claims] == [
        *("jti", "wid", "iss", "exec_act", "aud", "parents", "iat", "exp"),
        *("pol", "pol_decision", "alg", "kid", "recorded", "signature", "record"),
    ]
    told = dict(found.claims)
    assert told["parents"] == task_id("a")
    assert told["iat"] == "2026-02-24 14:23:25 UTC"
    assert told["signature"] == "verified"
    assert told["record"] == "sketch:2"


@pytest.mark.parametrize(
    "name", ["jti", "wid", "iss", "sub", "exec_act", "inp_hash", "out_hash", "pol", "pol_decision"]
)
def test_a_huge_claim_is_cut(claimed: Callable[..., dict[str, str]], name: str):
    told = claimed(**{name: LONG}).get(name, "")

    assert len(told) in (0, CLAIM)  # a hash that is none is no claim at all


@pytest.mark.parametrize("text", ["\0\x1b[31m", "</script>", "\u202eevil", "\\N `x`", '"#;'])
def test_a_hostile_claim_is_kept_as_it_is(claimed: Callable[..., dict[str, str]], text: str):
    assert claimed(exec_act=text)["exec_act"] == text


def test_of_many_parents_and_addressees_some_are_told_and_the_others_counted(
    claimed: Callable[..., dict[str, str]],
):
    told = claimed(par=[f"p{n}" for n in range(10_000)], aud=["x" * 300] * 1000)

    assert told["parents"] == "p0, p1, p2, p3, p4"
    assert told["more parents"] == "9,995"
    assert len(told["aud"]) == TOLD * (CLAIM + 2) - 2
    assert told["more aud"] == "995"


def test_an_extension_is_json_and_cut(claimed: Callable[..., dict[str, str]]):
    assert claimed(ext={"é": [1, None]})["ext"] == '{"é": [1, null]}'
    assert claimed(ext={})["ext"] == "{}"
    assert len(claimed(ext={"a": LONG})["ext"]) == CLAIM


def test_an_extension_as_deep_as_a_token_may_be_is_told(claimed: Callable[..., dict[str, str]]):
    deep: Any = 1
    for _ in range(60):
        deep = {"a": deep}

    assert claimed(ext=deep)["ext"] == json.dumps(deep)[:66] + "…" + json.dumps(deep)[-133:]


def test_findings_of_a_task_are_told_up_to_a_number():
    many = [finding(f"ECT{n}", message=LONG) for n in range(TOLD + 3)]
    told = box("a@0", "a", {task_id("a"): many}).claims

    assert told[-1] == ("and", "3 more findings")
    assert [name for name, _ in told[-TOLD - 1 : -1]] == [f"ECT{n}" for n in range(TOLD)]
    assert all(len(value) <= CLAIM for _, value in told)


def test_findings_of_a_missing_task_are_told_as_well():
    told = dict(box("b@0<z", "z", {task_id("z"): [finding("ECT303")]}).claims)

    assert told["ECT303"] == "it is so"


# The sums of groups are those of their tasks


def added(boxes: Iterable[Box], name: str) -> dict[str, int] | int:
    values = [getattr(each, name) for each in boxes]
    if values and isinstance(values[0], int):
        return sum(values)
    keys = sorted({key for value in values for key in value})
    return {key: sum(value.get(key, 0) for value in values) for key in keys}


STORY = (
    "a@0; b@1<a,z !flipped; c@1<a pol=p pol_decision=rejected; d@3<b,c; d@4<c; e@0<e,y kid=no;"
    "f@9<d pol=p pol_decision=approved"
)
EVIDENCE = sketch(STORY).evidence()


@given(st.permutations("abcdefyz"), st.integers(1, 8))
def test_a_group_is_the_sum_of_its_tasks(names: list[str], size: int):
    told: dict[str, list[Finding]] = {}
    for each in sorted(linter.lint(EVIDENCE).findings, key=lambda f: -f.severity.rank):
        told.setdefault(each.task or "", []).append(each)
    known = Facts(graph=EVIDENCE.graph, ledger=EVIDENCE.ledger, by_task=told)
    tasks = [*map(task_id, names[:size])]
    whole, parts = known.box(tasks), [known.box([task]) for task in tasks]

    for name in ("trust", "duplicates", "decisions", "compensations", "roots", "leaves"):
        assert getattr(whole, name) == added(parts, name)
    assert dict(whole.findings) == added(parts, "findings")
    severities = [part.severity.rank for part in parts if part.severity]
    assert (whole.severity.rank if whole.severity else None) == max(severities, default=None)
    assert whole.unverified == sum(part.unverified for part in parts)
    assert dataclasses.replace(whole, claims=()) == dataclasses.replace(known.box(tasks), claims=())


# Graphs that a reader made or changed


def test_a_plain_graph_has_names_and_nothing_that_was_checked():
    plain = Facts(graph=nx.DiGraph([("a", "b")]), ledger=None, by_task={}).box(["a"])

    assert (plain.jti, plain.trust, plain.roots) == ("a", {"unchecked": 1}, 1)


@pytest.mark.parametrize(
    ("iat", "known"),
    [
        (5, 5),
        (5.5, 5.5),
        (np.int64(5), 5),
        (np.float32(5.5), 5.5),
        (float("nan"), None),
        (float("inf"), None),
        ("5", None),
        (True, None),
    ],
)
def test_a_time_is_a_number_as_json_has_it_or_none(iat: Any, known: float | None):
    graph = nx.DiGraph()
    graph.add_node("a", iat=iat)
    found = Facts(graph=graph, ledger=None, by_task={}).box(["a"])

    assert (found.first, type(found.first)) == (known, type(known))
