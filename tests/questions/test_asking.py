"""Questions by name: what is typed, what is taken, and what is refused."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Iterator
from datetime import datetime

import numpy as np
import pytest

from ectgraph import Policy
from ectgraph.columns import Column
from ectgraph.questions.answer import Answer
from ectgraph.questions.asking import Ask, check, listed, meant, told, usage
from ectgraph.questions.question import QUESTIONS, Question, Task, Time, question
from ectgraph.rule import Evidence
from ectgraph.testing import sketch

KNOWN = {"limit", "since", "kid", "iss", "jti", "like"}
"""The options that `analyze` has."""


@pytest.fixture
def ours() -> Iterator[Question]:
    """A question of our own, as long as a test runs."""

    def how_many(
        evidence: Evidence, task: Task, *others: Task, since: Time | None = None
    ) -> Answer:
        """How many words were said?

        It counts them.
        """
        number = 1 + len(others)
        return Answer(
            question="how-many",
            title=f"What was said to {task}",
            columns=(Column("words", "integer", "how many"),),
            rows=((number,),),
            established=(f"There were {number}, since {since}.",),
        )

    question(how_many)
    yield QUESTIONS["how-many"]
    del QUESTIONS["how-many"]


@pytest.fixture
def ask() -> Ask:
    return Ask(Evidence(sketch("a@0; b@5<a").ledger(), None, Policy()))


def test_a_function_becomes_a_question_with_a_name_to_type(ours):
    assert ours.name == "how-many"
    assert ours.title == "How many words were said?"
    assert usage(ours) == "how-many TASK [OTHER]... [--since …]"
    assert told(ours).splitlines()[0] == usage(ours)
    assert "It counts them." in told(ours)


def test_what_is_of_python_alone_is_not_told_to_who_types():
    words = told(meant("artifacts"))

    assert words.endswith("other line ends (draft-00 §4).")
    assert "Raises:" in (inspect.getdoc(meant("artifacts").ask) or "")
    assert not [name for name in QUESTIONS if re.search("Raises:|>>> ", told(meant(name)))]


def test_it_is_asked_by_its_name_or_as_a_method(ours, ask):
    assert ask("how-many", "a", "b").rows == ((2,),)
    assert ask.how_many("a", since=3.0).established == ("There were 1, since 3.0.",)
    assert ask.how_many("a", since="1970-01-02").established == ("There were 1, since 86400.0.",)
    assert "how_many" in dir(ask)
    assert inspect.getdoc(ask.how_many).startswith("How many words")
    assert list(inspect.signature(ask.how_many).parameters) == ["task", "others", "since"]


def test_what_there_is_stands_under_its_family(ours, ask):
    lines = repr(ask).splitlines()

    assert lines == list(listed())
    assert any(line.startswith("  how-many TASK [OTHER]...  ") for line in lines)
    assert __doc__ in lines  # questions of one file are one family


def test_an_unknown_question_names_the_nearest(ours, ask, refusal):
    assert refusal(meant, "how-manny") == (
        "there is no question 'how-manny'; did you mean how-many?"
    )
    assert "`ectgraph analyze questions` lists them" in refusal(meant, "\x1b[31m" + "q" * 500)
    with pytest.raises(AttributeError, match="did you mean how-many"):
        _ = ask.how_manny
    with pytest.raises(AttributeError):
        _ = ask.__wrapped__


@pytest.mark.parametrize(
    ("words", "options", "says"),
    [
        ((), {}, "write `how-many TASK [OTHER]... [--since …]`; 0 words came after its name"),
        (("a",), {"kid": "k"}, "how-many takes no --kid"),
    ],
)
def test_what_a_question_does_not_take_is_refused_and_it_is_said_what_it_takes(
    ours, ask, refusal, words, options, says
):
    assert says in refusal(check, ours, words, options)
    assert says in refusal(ask, "how-many", *words, **options)


@pytest.mark.parametrize(
    ("words", "options", "says"),
    [
        ((5,), {}, "task takes a jti, or the beginning of one, and not 5 (int)"),
        ((None,), {}, "task takes a jti, or the beginning of one, and not None (NoneType)"),
        ((b"a",), {}, "and not b'a' (bytes)"),
        (("a", "b", 3.5), {}, "others takes a jti, or the beginning of one, and not 3.5 (float)"),
        (("a",), {"since": datetime(2026, 1, 1)}, "has no time zone"),  # noqa: DTZ001
        (("a",), {"since": math.nan}, "nan is no time; write seconds since 1970"),
        (("a",), {"since": True}, "True is no time"),
        (("\x1b" * 500,), {"since": []}, "[] is no time"),
        (([f"\x1b{'a' * 500}"],), {}, "task takes"),
    ],
)
def test_what_is_no_word_no_time_or_no_number_is_refused(ours, ask, refusal, words, options, says):
    told = refusal(ask, "how-many", *words, **options)

    assert says in told
    assert len(told) < 200
    assert told.isprintable()


def test_a_number_of_numpy_or_a_big_one_will_do(ours, ask):
    assert ask.how_many("a", since=np.float64(3)).established == ("There were 1, since 3.0.",)
    assert ask.how_many("a", since=10**30).rows == ((1,),)
    assert ask.agents(limit=np.int64(1)).rows
    assert ask("how-many", "a", since=None).rows == ((1,),)


def test_a_limit_is_a_whole_number(ask, refusal):
    assert refusal(ask.agents, limit=2.5) == "limit takes a whole number, and not 2.5 (float)"
    assert "not '3' (str)" in refusal(ask.agents, limit="3")


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_can_be_asked_from_a_command_line(name):
    asked = QUESTIONS[name]

    assert asked.title.endswith("?"), "the first line of its docstring is the question"
    assert asked.family
    for each in asked.parameters.values():
        if each.kind is inspect.Parameter.KEYWORD_ONLY:
            assert each.name in KNOWN
            assert each.default is None or isinstance(each.default, int) or each.name == "kid"


def test_what_no_question_can_see_is_told_with_every_answer(ours):
    junk = Evidence(sketch("a@0; 'junk'; 'more'; b@5 jti=").ledger(), None, Policy())

    told = Ask(junk).how_many("a").not_established

    assert told == (
        "What 2 unreadable records said: `ectgraph lint` tells what is wrong with them.",
        "To which task 1 token without a jti is to be counted.",
    )
    assert Ask(Evidence(sketch("a@0").ledger(), None, Policy())).how_many("a").not_established == ()
