"""Entries in the order found, and which task each records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.ledger import Ledger
from ectgraph.model import Entry, Trust

JTIS = ["a", "a@w", "a@w'", "b"]
WIDS = [None, "w", "v", "w'"]
KEYS = st.lists(st.tuples(st.sampled_from(JTIS), st.sampled_from(WIDS)), max_size=9)


@pytest.fixture(scope="module")
def ledger_of(entry: Callable[..., Entry]) -> Callable[..., Ledger]:
    """Make a ledger of (jti, wid)s."""

    def make(*keys: tuple[str | None, str | None]) -> Ledger:
        return Ledger(entry(jti, wid) for jti, wid in keys)

    return make


def test_entries_stay_in_the_order_found(entry):
    entries = [entry("b"), entry(None), entry("a")]
    ledger = Ledger(entries)
    assert list(ledger) == entries == [ledger[0], ledger[1], ledger[2]]
    assert (ledger[-1], ledger[1:], len(ledger)) == (entries[2], entries[1:], 3)
    assert entries[2] in ledger
    assert ledger.inputs == []
    assert repr(ledger) == "<Ledger: 3 records, 2 tasks>"


def test_an_entry_without_a_task_is_kept_but_names_nothing(entry):
    unreadable = Entry(entry("x").record, None, Trust.INVALID)
    ledger = Ledger([unreadable, entry(None, "w"), entry("a", "v")])
    assert len(ledger) == 3
    assert dict(ledger.tasks) == {"a": [2]}
    assert ledger.workflows() == ["w", "v"]


def test_an_empty_ledger():
    ledger = Ledger()
    assert (len(ledger), dict(ledger.tasks), list(ledger.rivals())) == (0, {}, [])
    assert (ledger.workflows(), ledger.get("a"), ledger.contains("a")) == ([], None, False)
    assert ledger.entries_of("a") == []


def test_a_task_is_named_by_its_jti_alone_where_that_tells_it(ledger_of):
    ledger = ledger_of(("a", "w"), ("b", "v"), ("a", "w"))
    assert dict(ledger.tasks) == {"a": [0, 2], "b": [1]}
    assert ledger.node("a", "w") == ledger.node("a", "elsewhere") == ledger.node("a", None) == "a"


def test_one_jti_in_several_workflows_is_several_tasks(ledger_of):
    ledger = ledger_of(("a", "w"), ("a", "v"), ("b", "w"), ("a", "w"))
    assert dict(ledger.tasks) == {"a@w": [0, 3], "a@v": [1], "b": [2]}
    assert ledger.get("a", "v") is ledger[1]
    assert ledger.entries_of("a@w") == [ledger[0], ledger[3]]
    assert ledger.entries_of("a") == []


def test_a_parent_is_looked_for_at_home_then_outside_workflows_then_anywhere(ledger_of):
    everywhere = ledger_of(("a", "v"), ("a", None), ("a", "w"))
    assert everywhere.node("a", "w") == "a@w"
    assert everywhere.node("a", "v") == "a@v"
    assert everywhere.node("a", "x") == "a"
    assert everywhere.node("a", None) == "a"
    assert everywhere.node("b", "w") is None
    only_elsewhere = ledger_of(("a", "v"), ("a", "w"))
    assert only_elsewhere.node("a", "x") == "a@v"
    assert only_elsewhere.node("a", None) == "a@v"
    assert only_elsewhere.get("a") is only_elsewhere[0]


def test_a_jti_that_looks_like_a_name_of_ours_does_not_take_it(ledger_of):
    ledger = ledger_of(("a", "w"), ("a", "v"), ("a@w", "w"), ("a@v", None), ("a@w'", "v"))
    assert dict(ledger.tasks) == {"a@w''": [0], "a@v'": [1], "a@w": [2], "a@v": [3], "a@w'": [4]}
    assert ledger.get("a", "w") is ledger[0]
    assert ledger.get("a@w", "w") is ledger[2]


def test_two_workflows_whose_names_run_together_stay_apart(ledger_of):
    ledger = ledger_of(("a", "b@c"), ("a", "x"), ("a@b", "c"), ("a@b", "x"))
    assert sorted(map(list, ledger.tasks.values())) == [[0], [1], [2], [3]]


def test_workflows_are_listed_once_in_the_order_found(ledger_of):
    ledger = ledger_of(("a", "w"), ("b", None), ("c", "v"), ("d", "w"))
    assert ledger.workflows() == ["w", "v"]


def test_rivals_are_the_records_of_one_jti_in_one_scope(ledger_of):
    ledger = ledger_of(("a", "w"), ("a", "v"), ("b", "w"), ("a", "w"), ("c", None), ("b", "w"))
    assert {name: list(found) for name, found in ledger.rivals()} == {"a@w": [0, 3], "b": [2, 5]}


def test_a_jti_without_workflow_rivals_all_of_its_name(ledger_of):
    # Without `wid` a jti must be unique in the whole store (draft-00 §4).
    ledger = ledger_of(("a", "w"), ("a", None), ("a", "v"))
    assert [(name, list(found)) for name, found in ledger.rivals()] == [("a", [0, 1, 2])]


def test_what_was_asked_before_an_entry_came_does_not_matter(entry):
    for question in (
        lambda ledger: ledger.node("a", "w"),
        lambda ledger: ledger.contains("a"),
        lambda ledger: dict(ledger.tasks),
        lambda ledger: list(ledger.rivals()),
        repr,
    ):
        ledger = Ledger([entry("a", "w"), entry("a", "w")])
        question(ledger)
        ledger.add(entry("a", "v"))
        assert dict(ledger.tasks) == {"a@w": [0, 1], "a@v": [2]}
        assert ledger.node("a", "v") == "a@v"


@given(KEYS)
def test_every_jti_of_every_workflow_is_a_task_of_its_own(ledger_of, keys):
    ledger = ledger_of(*keys)
    expected = defaultdict(list)
    for position, key in enumerate(keys):
        expected[key].append(position)
    assert sorted(map(list, ledger.tasks.values())) == sorted(expected.values())
    for (jti, wid), positions in expected.items():
        name = ledger.node(jti, wid)
        assert list(ledger.tasks[name]) == positions
        assert ledger.entries_of(name) == [ledger[position] for position in positions]
        assert ledger.get(jti, wid) is ledger[positions[0]]
        if len({w for j, w in keys if j == jti}) == 1:
            assert name == jti


@given(KEYS, st.sampled_from(JTIS), st.sampled_from([*WIDS, "elsewhere"]))
def test_any_jti_resolves_in_the_order_laid_down(ledger_of, keys, jti, wid):
    ledger = ledger_of(*keys)
    wids = [w for j, w in keys if j == jti]
    assert ledger.contains(jti, wid) == bool(wids)
    meant = next((w for w in (wid, None) if w in wids), wids[0] if wids else None)
    assert ledger.get(jti, wid) is (ledger[keys.index((jti, meant))] if wids else None)


@given(KEYS)
def test_rivals_are_found_as_the_draft_defines_them(ledger_of, keys):
    ledger = ledger_of(*keys)
    expected = []
    for jti in dict.fromkeys(j for j, _ in keys):
        here = [position for position, (j, _) in enumerate(keys) if j == jti]
        scopes = defaultdict(list)
        for position in here:
            scopes[keys[position][1]].append(position)
        expected += [here] if None in scopes else scopes.values()
    found = [list(positions) for _, positions in ledger.rivals()]
    assert sorted(found) == sorted(positions for positions in expected if len(positions) > 1)
    assert all(name in ledger.tasks for name, _ in ledger.rivals())


@given(KEYS, st.integers(0, 9))
def test_a_ledger_grown_while_in_use_is_the_ledger_made_at_once(ledger_of, entry, keys, cut):
    grown = ledger_of(*keys[:cut])
    for jti, wid in keys[cut:]:
        grown.node(jti, wid)
        grown.add(entry(jti, wid))
    assert dict(grown.tasks) == dict(ledger_of(*keys).tasks)


TRUSTS = st.lists(st.sampled_from(Trust), min_size=9, max_size=9)


@given(KEYS, TRUSTS, st.sampled_from(JTIS), st.sampled_from([*WIDS, "elsewhere"]))
def test_get_gives_the_witness_of_the_node_that_a_jti_means(entry, keys, trusts, jti, wid):
    ledger = Ledger(
        entry(*key, trust=trust, exec_act=str(n))
        for n, (key, trust) in enumerate(zip(keys, trusts, strict=False))
    )
    node = ledger.node(jti, wid)

    found = ledger.get(jti, wid)

    assert found is (None if node is None else ledger.witness(node))
    assert ledger.contains(jti, wid) == (found is not None)


@given(KEYS, TRUSTS)
def test_the_first_verified_record_speaks_for_its_task_else_the_first(entry, keys, trusts):
    ledger = Ledger(
        entry(*key, trust=trust, exec_act=str(n))
        for n, (key, trust) in enumerate(zip(keys, trusts, strict=False))
    )
    for node in ledger.tasks:
        records = ledger.entries_of(node)
        verified = [record for record in records if record.trust is Trust.VERIFIED]
        assert ledger.witness(node) is [*verified, *records][0]


@given(KEYS, st.sampled_from(JTIS), st.sampled_from(WIDS))
def test_get_works_out_no_names(ledger_of, keys, jti, wid):
    ledger = ledger_of(*keys)

    ledger.get(jti, wid)
    ledger.contains(jti, wid)

    assert {"tasks", "_names"} & set(vars(ledger)) == set()


@given(KEYS, st.sampled_from(JTIS), st.sampled_from(WIDS))
def test_get_is_right_at_every_size_of_a_growing_ledger(ledger_of, entry, keys, jti, wid):
    grown = Ledger()
    for size, key in enumerate(keys, 1):
        grown.add(entry(*key))
        found, at_once = grown.get(jti, wid), ledger_of(*keys[:size]).get(jti, wid)
        assert (found and found.record) == (at_once and at_once.record)


def test_an_unreadable_record_can_be_added(entry):
    ledger = Ledger([entry("a")])
    ledger.add(Entry(entry("x").record, None, Trust.INVALID))

    assert len(ledger) == 2
    assert dict(ledger.tasks) == {"a": [0]}
