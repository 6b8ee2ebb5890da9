"""An answer narrowed to some of its columns says the same, of the same tasks."""

from __future__ import annotations

import pytest

from ectgraph.errors import EctgraphError
from ectgraph.questions.lineage import descendants
from ectgraph.testing import sketch, task_id


@pytest.fixture(scope="module")
def answer():
    return descendants(sketch("a@0; b@5<a; c@9<b").evidence(), task_id("a"))


def test_it_has_the_columns_named_in_that_order(answer):
    some = answer.only("trust", "distance")

    assert [column.name for column in some.columns] == ["trust", "distance"]
    assert some.rows == (("verified", 1), ("verified", 2))
    assert list(some.table.columns) == ["trust", "distance"]


def test_nothing_else_is_lost(answer):
    some = answer.only("distance")

    said = ("question", "title", "established", "not_established", "tasks")
    assert [getattr(some, name) for name in said] == [getattr(answer, name) for name in said]
    assert len(some) == len(answer)


def test_a_column_that_is_not_there_is_refused_with_those_that_are(answer):
    with pytest.raises(EctgraphError, match="descendants has no column 'kid'; it has distance, "):
        answer.only("distance", "kid")
