"""Limits of the graph: the last number that is allowed, and what is told beyond it."""

from __future__ import annotations

import pytest

from ectgraph import graph as graph_module
from ectgraph.model import Token
from ectgraph.policy import Policy
from ectgraph.rules import RULES
from ectgraph.testing import sketch, task_id

# Parents, ECT502


@pytest.mark.parametrize(("parents", "found"), [(0, 0), (99, 0), (100, 0), (101, 1), (5000, 1)])
def test_a_hundred_parents_are_the_most(parents, found):
    token = Token(parents=tuple(f"p{n}" for n in range(parents)))

    assert len(RULES["ECT502"].look(token, Policy())) == found


def test_a_parent_named_many_times_is_one_parent():
    assert RULES["ECT502"].look(Token(parents=("p",) * 500), Policy()) == ()


def test_parents_without_a_record_count():
    assert sketch("a@0<x,y; !max_parents=1").codes() == ["ECT303", "ECT502"]


# Ancestors, ECT504


def chain(length: int) -> str:
    return "; ".join(f"t{n}@{n}" + (f"<t{n - 1}" if n else "") for n in range(length))


@pytest.mark.parametrize("limit", [0, 1, 2, 7])
def test_a_task_has_as_many_ancestors_as_are_allowed_and_not_one_more(limit):
    assert sketch(f"{chain(limit + 1)}; !max_ancestors={limit}").codes() == []
    assert sketch(f"{chain(limit + 2)}; !max_ancestors={limit}").codes() == ["ECT504"]


def test_ancestors_by_several_ways_count_once():
    diamonds = "a@0; b@1<a; c@1<a; d@2<b,c; e@3<d; f@3<d; g@4<e,f"

    assert sketch(f"{diamonds}; !max_ancestors=6").codes() == []
    assert sketch(f"{diamonds}; !max_ancestors=5").codes() == ["ECT504"]


def test_only_tasks_that_nobody_builds_on_are_told_each_once():
    report = sketch(f"{chain(9)}; x@20<t8; y@20<t8; z@20<t0; !max_ancestors=3").lint()

    assert [(f.code, f.jti) for f in report.findings] == [
        ("ECT504", task_id("x")),
        ("ECT504", task_id("y")),
    ]
    assert report.findings[0].evidence == {"max_ancestors": 3, "counted": True}
    assert report.findings[0].message == "it has more than the 3 ancestors that are allowed"


def test_a_missing_parent_is_an_ancestor_too():
    assert sketch("a@0<z; b@1<a; !max_ancestors=1").codes() == ["ECT303", "ECT504"]


def test_a_lineage_behind_a_circle_is_counted():
    circle = "a@0<b; b@0<a; c@1<a; d@2<c"

    assert sketch(f"{circle}; !max_ancestors=3").codes() == ["ECT305"]
    assert sketch(f"{circle}; !max_ancestors=2").codes() == ["ECT305", "ECT504"]


def test_what_is_too_much_to_count_is_told_as_such(monkeypatch):
    monkeypatch.setattr(graph_module, "ANCESTOR_SEARCH", 0)

    first, second = sketch(f"{chain(5)}; x@9<t4; y@9<t3; !max_ancestors=2").lint().findings

    assert (first.evidence["counted"], second.evidence["counted"]) == (True, False)
    assert "may have (too many paths to count)" in second.message


# Children, ECT503


def star(children: int) -> str:
    return "; ".join(["a@0", *(f"t{n}@1<a" for n in range(children))])


@pytest.mark.parametrize("limit", [0, 1, 2, 7])
def test_as_many_tasks_build_on_one_as_are_allowed_and_not_one_more(limit):
    assert sketch(f"{star(limit)}; !max_children={limit}").codes() == []
    assert sketch(f"{star(limit + 1)}; !max_children={limit}").codes() == ["ECT503"]


def test_without_a_limit_any_number_is_allowed():
    assert sketch(star(200)).codes() == []
    assert sketch(f"{star(200)}; !max_children=null").codes() == []


def test_children_are_told_with_their_number_and_some_of_them():
    (finding,) = sketch(f"{star(1)}; {star(30)}; !max_children=9").lint(ONLY_503).findings

    assert finding.jti == task_id("a")
    assert finding.evidence == {"children": 30, "max_children": 9}
    assert finding.message == "30 tasks build on it, at most 9 are allowed"
    assert len(finding.places) <= 2 + 2 * 20


ONLY_503 = {"ECT503": RULES["ECT503"]}


def test_a_child_counts_once_however_often_it_is_recorded_or_names_the_task():
    assert sketch("a@0; b@1<a,a; b@2<a; b@1<a,a; !max_children=1").codes(ONLY_503) == []
    assert sketch("a@0<a; b@1<a; !max_children=1").codes(ONLY_503) == []


def test_a_task_without_a_record_is_left_to_the_rule_that_names_all_who_need_it():
    assert sketch("b@1<z; c@1<z; !max_children=1").codes() == ["ECT303"]


def test_a_task_recorded_elsewhere_can_be_built_on_too_often_as_well():
    text = f'b@1<z; c@1<z; x@1<y; !boundary=["{task_id("z")}","{task_id("y")}"]'
    findings = sketch(f"{text}; !max_children=1").lint(ONLY_503).findings

    assert [(f.jti, f.missing, f.evidence["children"]) for f in findings] == [
        (task_id("z"), True, 2)
    ]
    assert sketch(f"{text}; !max_children=2").lint(ONLY_503).findings == ()


def test_the_limit_of_children_is_that_of_the_parents_workflow():
    text = "a@0 wid=one; b@1<a wid=one; c@1<a wid=one; x@0 wid=two; y@1<x wid=two; z@1<x wid=two"
    one = f'!workflows=[{{"wid":"{task_id("one")}","max_children":1}}]'

    assert [f.jti for f in sketch(f"{text}; {one}").lint().findings] == [task_id("a")]
    assert sketch(f"{text}; {one}; !max_children=1").lint().summary.findings["warning"] == 2
