"""Ids, times and numbers as people say them."""

import pytest

from ectgraph import labels


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 leaves"), (1, "1 leaf"), (2, "2 leaves"), (12345, "12,345 leaves")]
)
def test_a_number_has_its_noun(number, said):
    assert labels.count(number, "leaf", "leaves") == said


@pytest.mark.parametrize("width", range(5, 40))
def test_what_is_cut_has_the_width_and_keeps_both_ends(width):
    text = "PIPELINE.PREPARE.SORT_BAM_FILES"
    cut = labels.fit(text, width)
    assert len(cut) == min(width, len(text))
    assert cut == text or (text.endswith(cut.partition("…")[2]) and text.startswith(cut[:1]))


@pytest.mark.parametrize("seconds", [2**53 - 1, -(2**53) + 1, 1e15])
def test_a_time_that_no_calendar_holds_is_a_number(seconds):
    assert labels.time(seconds) == str(seconds)


@pytest.mark.parametrize(
    ("iss", "name"),
    [("spiffe://x/agent/a", "a"), ("https://x/", "x"), ("urn:uuid:1", "urn:uuid:1"), ("/", "/")],
)
def test_an_agent_is_called_by_the_end_of_its_uri(iss, name):
    assert labels.agent(iss) == name


@pytest.mark.parametrize(
    ("exec_act", "jti", "name"),
    [
        ("review", "550e8400-e29b-41d4-a716-446655440000", "review 550e8400"),
        ("review", "t1", "review t1"),
        ("review", None, "review"),
        (None, "550e8400-e29b", "a task 550e8400"),
        ("", "t1", "a task t1"),
        (None, None, "a task"),
    ],
)
def test_a_task_is_called_by_its_action_and_the_beginning_of_its_id(exec_act, jti, name):
    assert labels.task(exec_act, jti) == name


def test_a_long_name_is_told_short() -> None:
    assert len(labels.task("x" * 700_000, "j" * 99)) == labels.LONGEST + 9
    assert len(labels.agent("spiffe://example.com/" + "x" * 700_000)) == labels.LONGEST
