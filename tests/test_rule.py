"""What a rule is made of, and the evidence it may look at."""

from __future__ import annotations

import dataclasses

import pytest

from ectgraph.model import Token, Trust
from ectgraph.policy import Policy
from ectgraph.rule import (
    BROKEN,
    Hit,
    Link,
    Severity,
    broken,
    ledger_rule,
    link_rule,
    problem_rule,
    token_rule,
)
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


def test_a_token_rule_keeps_its_function_and_its_docstring():
    @token_rule("ECT996", "some-token", Severity.ERROR, **PAPERS)
    def check(token, policy):
        """It is odd."""
        return [Hit(f"{token.jti} {policy.skew}")]

    assert (check.code, check.name, check.severity) == ("ECT996", "some-token", Severity.ERROR)
    assert check.doc == "It is odd."
    assert (check.cites, check.advice, check.good, check.bad) == tuple(PAPERS.values())
    assert check.kind == "token"
    assert (check.word, check.compare, check.check) == (None, None, None)
    assert [hit.message for hit in check.look(Token(jti="a"), Policy(skew=7))] == ["a 7"]


def test_a_link_rule_keeps_its_function_and_its_docstring():
    @link_rule("ECT995", "some-link", Severity.WARNING, **PAPERS)
    def check(link, policy):
        """It is odd."""
        return Hit(f"{link.parent_name} {policy.skew}") if link.child.jti == "b" else None

    made = Link(Token(jti="a"), Token(jti="b"), Trust.VERIFIED, Trust.INVALID)

    assert (check.code, check.name, check.severity) == ("ECT995", "some-link", Severity.WARNING)
    assert check.doc == "It is odd."
    assert (check.cites, check.advice, check.good, check.bad) == tuple(PAPERS.values())
    assert check.kind == "link"
    assert (check.word, check.look, check.check) == (None, None, None)
    assert check.compare(made, Policy(skew=7)).message == "a task a 7"
    assert check.compare(Link(made.child, made.parent, *[Trust.VERIFIED] * 2), Policy()) is None


def test_a_rule_belongs_to_no_step_of_the_gate_unless_it_says_so():
    makers = (problem_rule, token_rule, link_rule, ledger_rule)
    for maker in makers:
        silent = maker("ECT998", "some-rule", Severity.NOTE, **PAPERS)(lambda *_: None)
        told = maker("ECT998", "some-rule", Severity.NOTE, **PAPERS, step=12)(lambda *_: None)
        assert (silent.step, told.step) == (None, 12)


def test_a_rule_that_broke_is_told_by_its_last_line_and_all_of_them_as_evidence():
    traceback = "Traceback (most recent call last):\n  File …\nKeyError: 'kid'\n"

    hit = broken("ECT201", traceback)

    assert BROKEN == "ECT901"
    assert hit.message == "the rule ECT201 failed: KeyError: 'kid'"
    assert hit.evidence == {"rule": "ECT201", "traceback": traceback}
    assert hit.witness == "ECT201"


def test_links_are_those_between_tasks_with_records():
    evidence = sketch("a@0; b@5<a,z; c@9<a,b !flipped").evidence()

    links = {(made.parent.exec_act, made.child.exec_act): made for _, _, made in evidence.links}

    assert set(links) == {("a", "b"), ("a", "c"), ("b", "c")}
    assert evidence.links is evidence.links
    assert links["b", "c"].parent_trust is Trust.VERIFIED
    assert links["b", "c"].child_trust is Trust.INVALID
    assert links["a", "b"].parent_name == f"a {task_id('a')[:8]}"


def test_evidence_counts_ancestors_up_to_a_limit():
    evidence = sketch("a@0; b@1<a; c@2<b").evidence()

    assert evidence.crowded(2) == []
    assert evidence.crowded(1) == [(task_id("c"), True)]
