"""Graph + ledger + findings -> what happened when; nothing is altered, nothing lost uncounted."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph import linter
from ectgraph.render.timeline import moments, packing, words
from ectgraph.render.timeline.moments import Moments, gather
from ectgraph.render.timeline.overview import cells
from ectgraph.render.timeline.packing import packed
from ectgraph.render.timeline.ruler import Ruler, on_calendar
from ectgraph.testing import EPOCH, sketch, task_id


def made(text: str, **options) -> Moments:
    evidence = sketch(text).evidence()
    found = linter.lint(evidence).findings
    return packed(gather(evidence.graph, ledger=evidence.ledger, findings=found, **options))


def bar(found: Moments, name: str) -> moments.Bar:
    return next(each for each in found.bars if each.jti == task_id(name))


def test_a_task_spans_its_execution_time_up_to_its_issue():
    found = bar(made('a@60 ext={"exec_time_ms":2500}'), "a")

    assert (found.start, found.iat) == (EPOCH + 57.5, EPOCH + 60)


@pytest.mark.parametrize("stated", ["-1", "true", '"5"', "1e300", "[1]"])
def test_an_execution_time_that_is_none_draws_no_span_and_is_said(stated: str):
    found = made(f'a@60 ext={{"exec_time_ms":{stated}}}')

    assert bar(found, "a").start == EPOCH + 60
    assert found.left.spans == 1
    said = "no span drawn of 1 task: its exec_time_ms is not usable"
    assert said in words.notes(found)


def test_tasks_without_a_time_are_counted_and_not_drawn():
    found = made("a@0<z; b@1000000000000000; c@-99999999999999999")

    assert [each.jti for each in found.bars] == [task_id("a")]
    assert (found.left.missing, found.left.timeless, found.left.loose_links) == (1, 2, 1)
    notes = " ".join(words.notes(found))
    assert "1 missing task" in notes
    assert "2 tasks without an iat" in notes


@pytest.mark.parametrize("seconds", [10**15, -(10**15), 1e308, float("nan"), None])
def test_what_no_calendar_holds_has_no_place(seconds: float | None):
    assert not on_calendar(seconds)


def test_a_child_before_its_parent_is_told_with_its_gap_and_comes_first():
    found = made("a@0; b@100<a; c@40<b; d@90<a,b")

    assert [way.back for way in found.links] == [60, 10, 0, 0]


def test_a_recorded_time_before_the_issue_is_told():
    found = made("a@50 recorded=10; b@60<a recorded=61")

    assert bar(found, "a").early == 40
    assert bar(found, "b").early == 0
    assert bar(found, "b").recorded == (EPOCH + 61,)
    assert "recorded 40 s before its issue" in bar(found, "a").words


def test_states_and_findings_are_in_the_words_of_a_bar():
    found = made("a@0; b@5<a !flipped")

    assert bar(found, "a").verified
    assert not bar(found, "b").verified
    assert "not verified: invalid" in bar(found, "b").words
    assert "ECT201" in bar(found, "b").words


def test_lanes_come_by_their_first_task_and_colours_are_those_of_every_picture():
    from ectgraph.render.compose import agent_slots

    text = "b@0 by=agent-b; a@5<b by=agent-a"
    found = made(text)

    slots = agent_slots(sketch(text).evidence().graph)
    assert [lane.iss.rpartition("/")[2] for lane in found.lanes] == ["agent-b", "agent-a"]
    assert [lane.slot for lane in found.lanes] == [slots[lane.iss] for lane in found.lanes]


def test_of_many_agents_the_busiest_have_lanes_and_the_rest_is_said(monkeypatch):
    monkeypatch.setattr(moments, "MOST_LANES", 2)
    monkeypatch.setattr(words, "MOST_LANES", 2)
    names = ("agent-a", "agent-a", "agent-b", "agent-b", "agent-c", "agent-d")

    found = made("; ".join(f"t{n}@{n} by={name}" for n, name in enumerate(names)))

    assert [(lane.agents, lane.tasks) for lane in found.lanes] == [(1, 2), (1, 2), (2, 2)]
    assert any("2 others share one" in note for note in words.notes(found))


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 90_000)), min_size=1, max_size=40))
def test_bars_of_a_row_do_not_hide_each_other(tasks: list[tuple[int, int]]):
    found = _of(tasks)

    rows: dict[tuple[int, int], list[moments.Bar]] = {}
    for each in found.bars:
        rows.setdefault((each.lane, each.row), []).append(each)
    assert found.left.crowded == 0
    for row in rows.values():
        row.sort(key=lambda each: (each.first, each.last))
        for before, after in pairwise(row):
            assert before.last < after.first


def _of(tasks: list[tuple[int, int]]) -> Moments:
    """Moments of tasks without any signature: (iat, execution time in ms)."""
    bars = tuple(
        sorted(
            (
                moments.Bar(
                    task=f"t{n}",
                    jti=f"t{n}",
                    exec_act=None,
                    iss=None,
                    start=iat - ms / 1000,
                    iat=iat,
                    trust="verified",
                    duplicate=False,
                )
                for n, (iat, ms) in enumerate(tasks)
            ),
            key=lambda each: each.start,
        )
    )
    lanes = (moments.Lane(iss=None, tasks=len(bars), slot=None),)
    ruler = Ruler.of(span for each in bars for span in each.spans)
    return packed(Moments(lanes=lanes, bars=bars, links=(), ruler=ruler, left=moments.Left()))


def test_what_does_not_fit_shares_the_last_row_and_is_said(monkeypatch):
    monkeypatch.setattr(packing, "MOST_ROWS", 2)
    monkeypatch.setattr(packing, "ALL_ROWS", 2)

    found = _of([(0, 0)] * 5)

    assert (found.lanes[0].rows, found.left.crowded) == (2, 3)
    assert any("3 tasks drawn over others" in note for note in words.notes(found))


def test_where_there_are_too_many_links_only_those_back_in_time_are_drawn(monkeypatch):
    monkeypatch.setattr(moments, "MOST_LINKS", 2)

    found = made("a@9; b@5<a; c@20<a,b; d@25<c")

    assert [way.back for way in found.links] == [4]
    assert found.left.links == 3
    assert any("3 parent links are not drawn" in note for note in words.notes(found))


def test_without_links_those_back_in_time_are_still_drawn():
    found = made("a@9; b@5<a; c@20<a", links=False)

    assert ([way.back for way in found.links], found.left.links) == ([4], 1)


def test_only_some_tasks_are_shown_where_only_those_are_asked_for():
    found = made("a@0; b@5<a; c@9<b", tasks=[task_id("b"), task_id("c")], scope=("what b meant",))

    assert len(found.bars) == 2
    assert len(found.links) == 1
    assert words.notes(found)[:2] == (
        "only what b meant",
        "1 task is outside of what was asked for",
    )


def test_above_the_budget_tasks_are_counted_by_agent_and_time_and_none_is_lost():
    text = "; ".join(f"t{n}@{n * 10} by=agent-{'ab'[n % 2]}" for n in range(30))
    evidence = sketch(text + "; u@300 !flipped by=agent-a").evidence()
    told = linter.lint(evidence).findings

    found = packed(gather(evidence.graph, ledger=evidence.ledger, findings=told, max_tasks=10))
    counted = cells(found, told)

    assert found.tight
    assert sum(cell.tasks for cell in counted) == 31
    assert sum(cell.unverified for cell in counted) == 1
    assert [cell.codes for cell in counted if cell.unverified] == ["ECT201 ×1"]
    assert "counts, not single tasks" in words.title(found)


@given(st.lists(st.floats(-6e10, 2.5e11), min_size=1, max_size=30))
def test_a_ruler_keeps_the_order_of_times_and_says_what_it_leaves_out(times: list[float]):
    ruler = Ruler.of((time, time) for time in times)
    places = [ruler.place(time) for time in sorted(times)]

    assert places == sorted(places)
    left_out = sum(cut.left_out for cut in ruler.cuts)
    whole = places[-1] - places[0] + left_out
    assert whole == pytest.approx(max(times) - min(times), abs=0.01)


def test_years_without_anything_are_cut_out_and_ticks_stay_at_round_times():
    year = 365 * 86_400
    times = [*range(0, 600, 60), *range(year, year + 600, 60)]
    ruler = Ruler.of((time, time) for time in times)

    assert len(ruler.cuts) == 1
    assert ruler.cuts[0].left_out % 10 == 0
    assert ruler.length < 1400
    assert Ruler.of([(5, 5), (5, 5)]).length == 0


SPAN = st.tuples(st.integers(0, 40), st.sampled_from([0, 1, 100, 20_000])).map(
    lambda drawn: (500 * drawn[0] ** 3, 500 * drawn[0] ** 3 + drawn[1])
)


@given(st.lists(SPAN, min_size=1, max_size=8))
def test_no_span_is_cut_out_and_each_is_drawn_to_scale(spans: list[tuple[float, float]]):
    ruler = Ruler.of(spans)

    for start, end in spans:
        assert ruler.place(end) - ruler.place(start) == pytest.approx(end - start, abs=1e-6)
        assert not any(start < cut.end and cut.start < end for cut in ruler.cuts)


def test_stretches_between_long_tasks_are_cut_out_and_the_tasks_are_not():
    year = 365 * 86_400
    apart = [(0, 320), (300, 310), (year, year + 110)]  # the second ends within the first

    (cut,) = Ruler.of(apart).cuts
    assert (cut.start, cut.end) == (320, year)


def test_every_recorded_time_has_its_place_outside_of_cuts():
    found = made("a@0; a@0 act=other recorded=1000000; a@0 act=third recorded=2000000; b@5")

    assert len(found.ruler.cuts) == 2
    assert len(bar(found, "a").recorded) == 2
    for time in bar(found, "a").recorded:
        assert not any(cut.start < time < cut.end for cut in found.ruler.cuts)


def test_an_empty_ledger_has_a_timeline():
    found = made("z@9999999999999999")

    assert (found.bars, found.lanes) == ((), ())
    assert words.stretch(found) == "no task has a time"


def test_findings_about_what_is_not_drawn_are_counted():
    found = made("a@0<z")

    assert found.left.unplaced == 1  # ECT303, about the missing parent
    said = "1 finding about no task that is drawn: `ectgraph lint` tells it"
    assert said in words.notes(found)


def test_what_is_left_out_is_told_in_the_plural_where_it_is_several():
    left = moments.Left(unplaced=2, spans=2)

    assert words.notes(dataclasses.replace(made("a@0"), left=left)) == (
        "2 findings about no task that is drawn: `ectgraph lint` tells them",
        "no span drawn of 2 tasks: their exec_time_ms is not usable",
    )


def test_codes_do_not_take_the_room_of_tasks(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(packing, "MOST_NAMED", 0)
    monkeypatch.setattr(packing, "MOST_ROWS", 1)
    monkeypatch.setattr(packing, "ALL_ROWS", 1)
    found = made("; ".join(f"t{n}@{n * 10} !flipped" for n in range(40)))

    assert found.left.crowded == 0
    assert found.left.unnamed == 40
    assert any("codes of 40 tasks" in note for note in words.notes(found))
