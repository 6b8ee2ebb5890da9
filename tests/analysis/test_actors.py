"""Agents, keys and partners, hours, habits and silence, against plain counting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ectgraph.analysis.actors import agents, partners
from ectgraph.analysis.hours import hours
from ectgraph.analysis.rarity import habits
from ectgraph.analysis.silence import addressed
from ectgraph.analysis.times import CALENDAR, stated
from ectgraph.graph import build
from ectgraph.ledger import Ledger
from ectgraph.model import Entry, Header, Token, Trust
from ectgraph.testing import sketch

NAMES = "mno"
TASK = st.fixed_dictionaries(
    {
        "iss": st.sampled_from([*NAMES, None]),
        "iat": st.none() | st.integers(0, 9) | st.just(1e308),
        "exec_act": st.sampled_from(["do", "say", None]),
        "wid": st.sampled_from(["v", "w", None]),
        "aud": st.lists(st.sampled_from([*NAMES, "store"]), max_size=2).map(tuple),
        "kid": st.sampled_from(["k", "l", None]),
        "trust": st.sampled_from([Trust.VERIFIED, Trust.INVALID]),
        "parents": st.sets(st.integers(0, 5), max_size=2),
    }
)
TASKS = st.lists(TASK, max_size=6)
Fact = dict[str, Any]


@pytest.fixture(scope="module")
def ledger_of(entry: Callable[..., Entry]) -> Callable[..., Ledger]:
    def make(tasks: list[Fact]) -> Ledger:
        return Ledger(
            entry(
                str(number),
                task["wid"],
                [str(parent) for parent in sorted(task["parents"])],
                trust=task["trust"],
                header=Header(kid=task["kid"]),
                **{name: task[name] for name in ("iss", "iat", "exec_act", "aud")},
            )
            for number, task in enumerate(tasks)
        )

    return make


def times(tasks: list[Fact]) -> list[float]:
    return [task["iat"] for task in tasks if task["iat"] not in (None, 1e308)]


def links_of(tasks: list[Fact]) -> list[tuple[Fact, Fact]]:
    """Links between tasks that are recorded."""
    return [
        (tasks[parent], child)
        for child in tasks
        for parent in sorted(child["parents"])
        if parent < len(tasks)
    ]


@settings(max_examples=50)
@given(TASKS)
def test_agents_are_counted(ledger_of, tasks):
    found = {agent.iss: agent for agent in agents(ledger_of(tasks))}
    assert found.keys() == {task["iss"] for task in tasks} - {None}
    for iss, agent in found.items():
        own = [task for task in tasks if task["iss"] == iss]
        good = [task for task in own if task["trust"] is Trust.VERIFIED]
        assert (agent.tasks, agent.records, agent.verified) == (len(own), len(own), len(good))
        assert dict(agent.acts) == Counter(t["exec_act"] for t in own if t["exec_act"])
        assert agent.workflows == len({task["wid"] for task in own} - {None})
        assert agent.first == min(times(own), default=None)
        assert agent.last == max(times(own), default=None)
        assert sum(key.records for key in agent.keys) == len(own)
        for key in agent.keys:
            named = [task for task in own if task["kid"] == key.kid]
            assert (key.records, key.first) == (len(named), min(times(named), default=None))
        spans = [(key.first, key.last) for key in agent.keys if key.kid and key.first is not None]
        shared = [sum(first <= at <= last for first, last in spans) for at in range(10)]
        assert agent.at_once == max(shared)


def test_keys_that_follow_each_other_under_one_name_are_told_apart(entry):
    used = [(0, 1), (3, 1), (5, 2), (9, 2), (8, 1)]

    def at_once(uses: list[tuple[int, int]]) -> tuple[int, int]:
        entries = (
            (entry(str(n), iss="m", iat=iat, header=Header(kid="k")), key)
            for n, (iat, key) in enumerate(uses)
        )
        (agent,) = agents(
            Ledger(Entry(made.record, made.token, made.trust, key=key) for made, key in entries)
        )
        return len(agent.keys), agent.at_once

    assert at_once(used[:4]) == (2, 1)
    assert at_once(used) == (2, 2)


def test_a_token_that_names_anothers_key_and_does_not_verify_is_no_use_of_it():
    (agent,) = agents(sketch("a@0; b@5<a kid=agent-b; c@9<b").ledger())
    assert [(key.kid, key.key is None) for key in agent.keys] == [
        ("agent-a", False),
        ("agent-b", True),
    ]
    assert agent.at_once == 1


@settings(max_examples=50)
@given(TASKS)
def test_partners_are_counted(ledger_of, tasks):
    found = partners(build(ledger_of(tasks)))
    links = links_of(tasks)
    named = [(one, two) for one, two in links if one["iss"] and two["iss"]]
    assert found.own == sum(one["iss"] == two["iss"] for one, two in named)
    lost = sum(parent >= len(tasks) for task in tasks for parent in task["parents"])
    assert found.unknown == lost + len(links) - len(named)
    pairs = {(one["iss"], two["iss"]) for one, two in named if one["iss"] != two["iss"]}
    assert {(pair.parent, pair.child) for pair in found.pairs} == pairs
    for pair in found.pairs:
        own = [
            link for link in named if (link[0]["iss"], link[1]["iss"]) == (pair.parent, pair.child)
        ]
        timed = [two["iat"] - one["iat"] for one, two in own if len(times([one, two])) == 2]
        assert pair.links == len(own)
        assert pair.verified == sum(a["trust"] is b["trust"] is Trust.VERIFIED for a, b in own)
        assert pair.workflows == len({two["wid"] for _, two in own} - {None})
        assert (pair.timed, pair.back) == (len(timed), sum(gap < 0 for gap in timed))
        assert pair.shortest == min(timed, default=None)
        ends = times([two for _, two in own])
        assert (pair.first, pair.last) == (min(ends, default=None), max(ends, default=None))


@settings(max_examples=50)
@given(TASKS)
def test_habits_are_counted(ledger_of, tasks):
    found = habits(build(ledger_of(tasks)))
    acting = [task for task in tasks if task["exec_act"]]
    acts = Counter((None, task["exec_act"], None) for task in acting)
    pairs = Counter((task["iss"], task["exec_act"], None) for task in acting if task["iss"])
    steps = Counter(
        (None, two["exec_act"], one["exec_act"])
        for one, two in links_of(tasks)
        if one["exec_act"] and two["exec_act"]
    )
    for kind, counts in (("action", acts), ("agent and action", pairs), ("step", steps)):
        own = [each for each in found if each.kind == kind]
        assert {(each.iss, each.exec_act, each.parent_act): each.count for each in own} == counts
        assert all(each.share == each.count / counts.total() for each in own)
    for each in found:
        of = [task for task in acting if task["exec_act"] == each.exec_act]
        if each.kind == "action":
            assert each.workflows == len({task["wid"] for task in of} - {None})
            assert each.example == str(tasks.index(of[0]))
    assert [each.count for each in found] == sorted(each.count for each in found)


@settings(max_examples=50)
@given(TASKS)
def test_whoever_is_named_is_counted(ledger_of, tasks):
    ledger = ledger_of(tasks)
    found = {each.name: each for each in addressed(build(ledger), ledger)}
    naming = [(name, at) for at, t in enumerate(tasks) for name in {*t["aud"]} - {t["iss"]}]
    assert {name: each.named for name, each in found.items()} == Counter(name for name, _ in naming)
    for name, each in found.items():
        own = [task for task in tasks if task["iss"] == name]
        named = [at for other, at in naming if other == name]
        last = max(times(own), default=None)
        assert (each.tasks, each.last_seen) == (len(own), last)
        assert each.answered == sum(any(at in task["parents"] for task in own) for at in named)
        dated = times([tasks[at] for at in named])
        assert each.first_named == min(dated, default=None)
        assert each.last_named == max(dated, default=None)
        assert each.after == (0 if last is None else sum(iat > last for iat in dated))


@given(
    st.lists(
        st.tuples(st.sampled_from("mn"), st.integers(*CALENDAR).filter(lambda s: s < CALENDAR[1]))
    )
)
def test_hours_are_those_of_a_calendar(entry, stamps):
    ledger = Ledger(entry(str(n), iss=iss, iat=iat) for n, (iss, iat) in enumerate(stamps))
    found = {each.iss: each for each in hours(build(ledger))}
    assert found.keys() == {iss for iss, _ in stamps}
    for iss, each in found.items():
        moments = {
            str(n): datetime.fromtimestamp(iat, UTC)
            for n, (who, iat) in enumerate(stamps)
            if who == iss
        }
        counts = Counter(moment.hour for moment in moments.values())
        assert each.by_hour == tuple(counts[hour] for hour in range(24))
        assert each.weekend == sum(moment.isoweekday() > 5 for moment in moments.values())
        inside = [(each.begin + n) % 24 for n in range(each.length)]
        assert list(each.outside) == [
            t for t, moment in moments.items() if moment.hour not in inside
        ]
        assert len(each.outside) * 10 <= len(moments)
        shorter = [[(b + n) % 24 for n in range(each.length - 1)] for b in range(24)]
        held = [sum(counts[hour] for hour in run) for run in shorter]
        assert all(number * 10 < len(moments) * 9 for number in held)


def test_usual_hours_may_go_on_after_midnight(entry):
    stamps = [23 * 3600, 23 * 3600, 0, 3600] * 5 + [12 * 3600]
    ledger = Ledger(entry(str(n), iss="m", iat=iat) for n, iat in enumerate(stamps))
    (found,) = hours(build(ledger))
    assert (found.begin, found.length, found.outside) == (23, 3, ("20",))


@pytest.mark.parametrize("odd", [None, 1e308, -1e308, 10**400, CALENDAR[1], float("nan"), True])
def test_what_no_calendar_holds_is_no_time(entry, odd):
    graph = build(Ledger([entry("a", iss="m", iat=odd), entry("b", iss="m", iat=-5.5)]))
    assert stated(graph) == {"b": -5.5}
    assert hours(graph)[0].by_hour[23] == 1


def test_what_is_no_token_is_nobodys(entry):
    made = entry("a", iss="m")
    ledger = Ledger(
        [Entry(made.record, None, Trust.UNSUPPORTED), Entry(made.record, Token(), made.trust)]
    )
    assert agents(ledger) == []
