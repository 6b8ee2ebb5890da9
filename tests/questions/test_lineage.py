"""What a task builds on and what builds on it, in words and rows."""

from __future__ import annotations

import pytest

from ectgraph.questions.lineage import (
    ancestors,
    common_ancestors,
    descendants,
    generations,
    roots,
    siblings,
)
from ectgraph.questions.question import QUESTIONS
from ectgraph.rule import Evidence
from ectgraph.testing import sketch, task_id

NAMES = {task_id(name): name for name in "abcdefgxyz"}
FAN = "a@0; b@5<a; c@6<a; d@9<b,c; e@12<d,x; y@0<z; z@1<y; f@20<y,e"


@pytest.fixture(scope="module")
def fan() -> Evidence:
    """Two ways from `a` to `e`, a missing parent `x`, and a circle that nothing leads into."""
    return sketch(FAN).evidence()


def short(rows: tuple, *columns: int) -> list[tuple]:
    """Some columns of rows, tasks by the names that the sketch gives them."""
    return [tuple(NAMES.get(row[n], row[n]) for n in columns) for row in rows]


def test_ancestors_are_told_by_distance_with_the_next_on_the_way(fan):
    found = ancestors(fan, task_id("e")[:8])

    assert short(found.rows, 0, 7, 1) == [
        (1, "e", "d"),
        (1, "e", "x"),
        (2, "d", "b"),
        (2, "d", "c"),
        (3, min("bc", key=task_id), "a"),
    ]
    assert found.established == ("It builds on 5 tasks: 2 directly, 2 at 2 links, 1 at 3 links.",)
    assert found.not_established == (
        "1 of these tasks without a record: what it builds on is not known.",
    )
    assert found.title == f"What e {task_id('e')[:8]} builds on"
    assert found.tasks[0] == task_id("e")


def test_descendants_are_told_by_distance(fan):
    found = descendants(fan, task_id("b"))
    assert short(found.rows, 0, 7, 1) == [(1, "b", "d"), (2, "d", "e"), (3, "e", "f")]
    assert descendants(fan, task_id("f")).established == ("No task builds on it.",)
    assert ancestors(fan, task_id("a")).established == ("It builds on no task.",)


def test_a_task_in_a_circle_is_told_to_be_its_own_ancestor(fan):
    for ask in (ancestors, descendants):
        said = ask(fan, task_id("y")).established
        assert said[-1] == "It is in a circle: by its links it is an ancestor of itself."
    own = sketch("a@0<a").evidence()
    assert len(ancestors(own, task_id("a"))) == 0
    assert "It is in a circle" in ancestors(own, task_id("a")).established[-1]


def test_many_distances_are_told_up_to_some():
    long = sketch("t0@0; " + "; ".join(f"t{n}@{n}<t{n - 1}" for n in range(1, 9))).evidence()
    (said,) = descendants(long, task_id("t0")).established
    assert said.endswith("1 at 5 links, and so on, up to 8 links.")


def test_siblings_share_a_parent(fan):
    found = siblings(fan, task_id("b"))
    assert short(found.rows, 0, 7, 1) == [(1, "a", "c")]
    assert siblings(fan, task_id("a")).established == (
        "0 tasks share a parent with it; it has 0 parents.",
    )


def test_roots_missing_parents_and_circles_without_a_way_in_are_told_apart(fan):
    found = roots(fan, task_id("f"))

    assert short(found.rows, 0, 1, 2) == [
        (1, "root", "a"),
        (2, "missing", "x"),
        *((3, "circle", name) for name in sorted("yz", key=task_id)),
    ]
    assert found.established == (
        "It goes back to 1 root and 1 missing task and 1 circle without a way in.",
    )
    assert roots(fan).rows == found.rows
    assert len(roots(fan, task_id("d"))) == 1


def test_the_nearest_common_ancestors_come_first(fan):
    found = common_ancestors(fan, task_id("e"), task_id("d"), task_id("e"))
    assert short(found.rows, 0, 1, 2) == [
        (True, 1, "d"),
        (False, 2, "b"),
        (False, 2, "c"),
        (False, 3, "a"),
    ]
    nothing = common_ancestors(fan, task_id("a"), task_id("y"))
    assert nothing.established == ("They have no ancestor in common.",)
    assert (nothing.rows, nothing.tasks) == ((), (task_id("a"), task_id("y")))


def test_generations_tell_the_depth_of_each_task(fan):
    found = generations(fan)
    assert short(found.rows, 0, 1, 2)[:4] == [(0, 4, "a"), (0, 4, "y"), (0, 4, "z"), (0, 4, "x")]
    assert found.established == (
        "9 tasks stand at 5 depths, from 0 to 4.",
        "At depth 0 there are most: 4 tasks.",
    )


def test_nothing_is_an_answer_without_rows():
    empty = sketch("").evidence()
    assert generations(empty).established == ("There are no tasks.",)
    assert roots(empty).established == ("The ledger goes back to nothing: it has no tasks.",)
    assert len(roots(empty).columns) == 8


def test_what_is_only_claimed_is_said():
    text = "a@0; b@5<a !flipped; c@9<b"
    assert ancestors(sketch(text).evidence(), task_id("c")).not_established == (
        "1 of these tasks did not verify: what it says of its parents is only claimed.",
    )
    assert ancestors(sketch(f"{text}; !no-keys").evidence(), task_id("c")).not_established == (
        "No keys were given, so no signature was checked: links are only claimed.",
    )


@pytest.mark.parametrize("name", ["ancestors", "descendants", "siblings", "roots", "dominators"])
def test_a_name_that_means_nothing_or_several_is_refused(fan, refusal, name):
    ask = QUESTIONS[name].ask
    assert "no task's jti begins with 'nobody'" in refusal(ask, fan, "nobody")
    assert "no task's jti begins with ''" in refusal(ask, fan, "")
    alike = sketch("a@0 jti=same-1; b@5 jti=same-2").evidence()
    assert refusal(ask, alike, "same") == "2 tasks begin with 'same': same-1 (a), same-2 (b)"
