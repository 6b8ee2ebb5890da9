"""Windows and gaps, against plain counting."""

from __future__ import annotations

from itertools import pairwise
from statistics import NormalDist, median

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.analysis.pace import SCORE, WIDTHS, gaps, paces

TIMES = st.lists(st.integers(0, 300), min_size=30, max_size=60)


def graph_of(times: list[float | None], *, wid: str | None = "w") -> nx.DiGraph:
    graph = nx.DiGraph()
    for number, iat in enumerate(times):
        graph.add_node(f"t{number}", iss="m", wid=wid, iat=iat, status="present")
    return graph


@given(TIMES)
def test_windows_are_counted(times):
    for pace in paces(graph_of(times)):
        middle = sorted(times)[len(times) // 20 : len(times) - len(times) // 20]
        per_window = [width * len(middle) / (middle[-1] - middle[0]) for width in WIDTHS]
        assert pace.width == next(
            w for w, many in zip(WIDTHS, per_window, strict=True) if many >= 4
        )
        windows = range(middle[0] // pace.width, middle[-1] // pace.width + 1)
        sizes = [sum(time // pace.width == window for time in times) for window in windows]
        assert pace.windows == len(sizes) >= 8
        assert pace.usual == median(sizes)
        away = [abs(size - pace.usual) for size in sizes]
        spread = median(away) / NormalDist().inv_cdf(0.75)
        spread = spread or max(1, sum(away) / len(away) * (3.141592653589793 / 2) ** 0.5)
        assert pace.spread == pytest.approx(spread, rel=1e-3)
        told = {burst.begin: burst for burst in pace.bursts}
        for begin in range(0, 301, pace.width):
            inside = [n for n, time in enumerate(times) if begin <= time < begin + pace.width]
            if begin in told:
                tasks = sorted(
                    (f"t{n}" for n in inside), key=lambda t: (times[int(t[1:])], int(t[1:]))
                )
                assert list(told[begin].tasks) == tasks
                assert told[begin].score > SCORE
            else:
                assert (len(inside) - pace.usual) / pace.spread <= SCORE


def test_forged_times_do_not_hide_a_burst():
    steady = [n * 15 for n in range(60)] + [415] * 30
    (one, _), (other, _) = paces(graph_of(steady)), paces(graph_of([*steady, -6 * 10**10, 10**11]))
    assert other.width == one.width
    assert [len(burst.tasks) for burst in other.bursts] == [34]


def test_after_windows_that_are_all_alike_a_burst_is_told_and_one_task_more_is_not():
    steady = [n * 15 for n in range(400)]
    one, _ = paces(graph_of([*steady, 400 * 15, *[400 * 15 + 1] * 15]))
    assert (one.usual, one.spread, [len(burst.tasks) for burst in one.bursts]) == (4, 1, [16])
    other, _ = paces(graph_of([*steady, 31]))
    assert (other.usual, other.spread, other.bursts) == (4, 1, ())


def test_the_ledger_and_its_agents_are_told_apart():
    graph = graph_of([n * 10 for n in range(200)])
    for task in list(graph)[::2]:
        graph.nodes[task]["iss"] = "n"
    assert [(pace.iss, pace.tasks) for pace in paces(graph)] == [
        (None, 200),
        ("m", 100),
        ("n", 100),
    ]


@given(st.lists(st.none() | st.integers(0, 20) | st.just(1e308), max_size=12), st.integers(1, 4))
def test_gaps_are_between_tasks_that_follow_each_other(times, each):
    found = gaps(graph_of(times), each)
    timed = sorted(time for time in times if time not in (None, 1e308))
    steps = [b - a for a, b in pairwise(timed) if b > a]
    if len(steps) < 2:
        assert found == []
        return
    for of in ("ledger", "agent", "workflow"):
        own = [gap for gap in found if gap.of == of]
        assert [gap.seconds for gap in own] == sorted(steps, reverse=True)[:each]
        for gap in own:
            before, after = times[int(gap.before[1:])], times[int(gap.after[1:])]
            assert after - before == gap.seconds
            assert not [time for time in timed if before < time < after]
            assert (gap.usual, gap.tasks) == (median(steps), len(timed))
    ratios = [gap.seconds / gap.usual for gap in found]
    assert ratios == sorted(ratios, reverse=True)


@pytest.mark.parametrize("times", [[], [5], [5] * 100, [None] * 9, [1e308] * 40, [0, 1]])
def test_too_few_times_tell_nothing(times):
    assert paces(graph_of(times)) == []
    assert gaps(graph_of(times)) == []


def test_a_thousand_years_between_tasks_are_windows_of_a_year():
    (ledger, _) = paces(graph_of([n * 10**9 for n in range(30)], wid=None))
    assert (ledger.width, ledger.windows, ledger.usual) == (WIDTHS[-1], 857, 0)
