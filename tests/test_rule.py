"""What a rule is made of, and the evidence it may look at."""

from __future__ import annotations

import dataclasses

import pytest

from ectgraph.rule import Hit, Severity, ledger_rule, problem_rule
from ectgraph.testing import sketch, task_id

PAPERS = {"cites": "a test", "advice": "Nothing.", "good": ("a@0",), "bad": ("b@0",)}


def test_a_problem_rule_keeps_its_function_and_its_docstring():
    @problem_rule("ECT998", "some-problem", Severity.NOTE, **PAPERS)
    def check(problem):
        """It is odd.

        Very odd.
        """
        return Hit(problem.detail)

    assert (check.code, check.name, check.severity) == ("ECT998", "some-problem", Severity.NOTE)
    assert check.doc == "It is odd.\n\nVery odd."
    assert (check.cites, check.advice, check.good, check.bad) == tuple(PAPERS.values())
    assert check.kind == "token"
    assert check.check is None
    assert check.word is not None


def test_a_ledger_rule_keeps_its_function_and_its_docstring():
    @ledger_rule("ECT997", "some-ledger", Severity.WARNING, **PAPERS)
    def check(evidence):
        """It is too long."""
        yield Hit(f"{len(evidence.ledger)} records")

    assert (check.code, check.name, check.severity) == ("ECT997", "some-ledger", Severity.WARNING)
    assert check.doc == "It is too long."
    assert (check.cites, check.advice, check.good, check.bad) == tuple(PAPERS.values())
    assert check.kind == "ledger"
    assert check.word is None
    assert [hit.message for hit in check.check(sketch("a@0; b@5<a").evidence())] == ["2 records"]


def test_a_rule_without_docstring_has_an_empty_one():
    @problem_rule("ECT998", "some-problem", Severity.NOTE, **PAPERS)
    def check(problem):
        return Hit(problem.detail)

    assert check.doc == ""


def test_a_rule_cannot_be_changed():
    @problem_rule("ECT998", "some-problem", Severity.NOTE, **PAPERS)
    def check(problem):
        return Hit(problem.detail)

    with pytest.raises(dataclasses.FrozenInstanceError):
        check.severity = Severity.NOTE


def test_every_measure_of_the_evidence_is_computed_once():
    evidence = sketch("a@0; b@5<a; a@1").evidence()

    assert evidence.graph is evidence.graph
    assert evidence.shape is evidence.shape
    assert evidence.contested is evidence.contested


def test_evidence_has_the_ledger_the_keys_and_the_policy():
    evidence = sketch("a@0; b@5<a by=agent-b; !max_parents=7").evidence()

    assert len(evidence.ledger) == 2
    assert [key.kid for key in evidence.ring.keys] == ["agent-a", "agent-b"]
    assert evidence.policy.max_parents == 7
    assert sketch("a@0; !no-keys").evidence().ring is None


def test_contested_tasks_come_with_the_positions_of_each_version():
    drawn = sketch("a@0; b@5<a; a@1; a@0; c@9")
    evidence = drawn.evidence()

    assert evidence.contested == [
        (task_id("a"), {drawn.records[0]: [0, 3], drawn.records[2]: [2]}),
    ]


def test_one_jti_in_two_workflows_is_not_contested():
    assert sketch("a@0 wid=one; a@0 wid=two").evidence().contested == []


def test_a_jti_without_workflow_is_contested_by_every_record_of_it():
    ((task, versions),) = sketch("a@0 wid=; a@0 wid=two").evidence().contested

    assert task == task_id("a")
    assert list(versions.values()) == [[0], [1]]


def test_a_cycle_runs_along_links_of_the_graph():
    evidence = sketch("a@0<c; b@0<a; c@0<b; d@0<c,d; x@0<c,a wid=other").evidence()
    (knot,) = evidence.shape.knots

    cycle = evidence.cycle(knot)

    assert sorted(cycle) == sorted(task_id(name) for name in "abc")
    assert all(map(evidence.graph.has_edge, cycle, [*cycle[1:], cycle[0]]))


def test_a_task_is_named_by_its_action_and_told_by_its_jti():
    evidence = sketch("a@0<a wid=one act=pay; a@0 wid=two; b@0<z").evidence()
    task = f"{task_id('a')}@{task_id('one')}"

    assert task in evidence.graph
    assert evidence.name(task).startswith("pay ")
    assert task_id("z").startswith(evidence.name(task_id("z")).rpartition(" ")[2])
    assert evidence.jtis([task, task_id("z")]) == [task_id("a"), task_id("z")]
