"""Ways between tasks, the longest of all, and what cannot be gone round, in words and rows."""

from __future__ import annotations

import pytest

from ectgraph.analysis import dominators as through
from ectgraph.analysis import paths as ways
from ectgraph.questions.dominators import bottlenecks, dominators
from ectgraph.questions.paths import critical_path, paths
from ectgraph.rule import Evidence
from ectgraph.testing import sketch, task_id

NAMES = {task_id(name): name for name in "abcdefxyz"}


@pytest.fixture(scope="module")
def diamond() -> Evidence:
    return sketch("a@0; b@5<a; c@6<a; d@30<b,c; e@40<d,a; f@0").evidence()


def short(rows: tuple, *columns: int) -> list[tuple]:
    return [tuple(NAMES.get(row[n], row[n]) for n in columns) for row in rows]


def test_ways_are_told_step_by_step_the_shortest_first(diamond):
    found = paths(diamond, task_id("a"), task_id("e"))

    first, second = sorted("bc", key=task_id)
    assert short(found.rows, 0, 1, 2) == [
        *((1, step, name) for step, name in enumerate("ae")),
        *((2, step, name) for step, name in enumerate(f"a{first}de")),
        *((3, step, name) for step, name in enumerate(f"a{second}de")),
    ]
    a, e = (f"{name} {task_id(name)[:8]}" for name in "ae")
    assert found.established == (
        f"3 ways lead from {a} to {e}, over 5 tasks; the shortest has 1 link.",
    )
    assert found.not_established == ()


def test_either_order_will_do_and_no_way_is_an_answer(diamond):
    forth = paths(diamond, task_id("a"), task_id("e"))
    assert paths(diamond, task_id("e"), task_id("a")) == forth
    none = paths(diamond, task_id("a"), task_id("f"))
    assert (none.rows, none.tasks) == ((), (task_id("a"), task_id("f")))
    assert none.established[0].startswith("No way leads from a ")
    assert len(paths(diamond, task_id("a"), task_id("a"))) == 1


def test_a_limit_is_told(diamond, refusal):
    found = paths(diamond, task_id("a"), task_id("e"), limit=1)
    assert found.established[0].startswith("3 ways lead ")
    assert found.not_established == ("Only the shortest are listed, up to the limit: 1 way.",)
    assert "limit: 0 is too few" in refusal(paths, diamond, task_id("a"), task_id("e"), limit=0)


def test_circles_between_the_two_are_told():
    ring = sketch("a@0; b@1<a,d; c@2<b; d@3<c,a; e@4<d,b").evidence()

    found = paths(ring, task_id("a"), task_id("e"), limit=1)

    assert found.established[0].startswith("At least 1 way leads from a ")
    assert "how many ways there are in all is not known" in found.not_established[1]
    assert paths(ring, task_id("a"), task_id("e")).established[0].startswith("4 ways lead ")


def test_a_search_that_ended_early_is_told(monkeypatch: pytest.MonkeyPatch, diamond):
    monkeypatch.setattr(ways, "STEPS", 4)
    found = paths(diamond, task_id("a"), task_id("e"))
    assert found.established[0].startswith("3 ways lead ")
    assert found.not_established == ("The search ended after 4 steps, with 1 way found.",)


def test_a_number_that_nobody_can_read_is_told_by_its_size():
    text = "0a@0; 0b@0; " + "; ".join(
        f"{n}{end}@{n}<{n - 1}a,{n - 1}b" for n in range(1, 45) for end in "ab"
    )
    (said,) = paths(sketch(text).evidence(), task_id("0a"), task_id("44a"), limit=1).established
    assert said.startswith("8,796,093,022,208 ways (about 10^12) lead from 0a ")


def test_the_critical_path_tells_where_time_went():
    spent = 'ext={"exec_time_ms":1500}'
    found = critical_path(sketch(f"a@0; b@5<a {spent}; c@9<a; d@12<b,z").evidence())
    assert short(found.rows, 0, 1, 2, 3) == [
        (0, None, None, "a"),
        (1, 1.5, 5.0, "b"),
        (2, None, 7.0, "d"),
    ]
    assert found.established == ("It has 3 tasks and takes 1.5 s, by their exec_time_ms.",)
    assert found.not_established == ("2 tasks of it state no such time, and counted as nothing.",)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "There are no tasks."),
        (
            "a@0 !no-iat; b@0<a !no-iat",
            "It has 2 tasks and 1 link; no link has a time at both ends.",
        ),
        ("a@0; b@9<a", "It has 2 tasks and takes 9 s, by the times of issue (iat)."),
    ],
)
def test_the_critical_path_says_what_was_added_up(text, says):
    assert critical_path(sketch(text).evidence()).established == (says,)


def test_a_critical_path_through_a_circle_says_so():
    found = critical_path(sketch("a@0; b@1<a,c; c@2<b; d@9<c").evidence())
    assert found.not_established == (
        "It goes through 1 knot of circles, in which no order of tasks is known.",
    )


def test_what_every_way_leads_through_is_told_in_order(diamond):
    found = dominators(diamond, task_id("d"))
    assert short(found.rows, 0, 1) == [(1, "a")]
    a = f"a {task_id('a')[:8]}"
    assert found.established == (f"Every way to it leads through 1 task; the nearest is {a}.",)
    assert found.tasks == (task_id("a"), task_id("d"))


def test_a_root_and_a_task_with_many_roots_rest_on_nobody(diamond):
    assert dominators(diamond, task_id("f")).established == (
        "No way leads to it: it has no parents.",
    )
    two = sketch("a@0; b@1; c@2<a,b").evidence()
    assert dominators(two, task_id("c")).established == ("No task lies on every way to it.",)
    ring = sketch("a@0<b; b@1<a; c@2<b").evidence()
    assert short(dominators(ring, task_id("c")).rows, 1) == [("b",)]


def test_bottlenecks_are_told_with_what_they_cut_off(diamond):
    found = bottlenecks(diamond)
    assert short(found.rows, 0, 1, 2, 3) == [(4, 0, 3, "a")]
    a = f"a {task_id('a')[:8]}"
    assert found.established == (
        "1 task of 6 cuts others off, if lost.",
        f"{a} cuts off the most: 4 other tasks.",
    )
    chain = sketch("a@0; b@1<a; c@2<b; d@3<c").evidence()
    assert [row[0] for row in bottlenecks(chain, limit=2).rows] == [3, 2]
    assert "1 of 3 tasks is not listed" in bottlenecks(chain, limit=2).not_established[0]
    assert bottlenecks(sketch("a@0; b@1").evidence()).established == (
        "No task cuts another one off.",
    )


def test_bottlenecks_that_might_take_too_long_are_not_counted(monkeypatch, diamond):
    monkeypatch.setattr(through, "STEPS", 20)
    found = bottlenecks(diamond)
    assert (found.rows, found.tasks) == ((), ())
    assert found.established == ("Which tasks cut others off was not counted.",)
    assert found.not_established == ("Any of that: to count it might take more than 20 steps.",)
