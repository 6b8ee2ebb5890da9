"""Which outputs fed which inputs, against every pair of tasks, compared one by one."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.analysis import data_flow
from ectgraph.analysis.data_flow import DataFlow, loose, match
from ectgraph.artifacts import Artifacts
from ectgraph.encoding import hash_of
from ectgraph.graph import build
from ectgraph.ledger import Ledger
from ectgraph.model import Entry, Trust
from ectgraph.testing import sketch, task_id

NODES = "abcdef"
TEXTS = [hash_of(b"one"), f"sha-256:{hash_of(b'one')}", hash_of(b"two"), hash_of(b""), "no hash"]
MEANING = dict(zip(TEXTS, ["one", "one", "two", "nothing", None], strict=True))
STATED = st.lists(st.sampled_from([*TEXTS, None]), min_size=6, max_size=6)
LINKS = st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=10)
LEDGERS = st.tuples(LINKS, STATED, STATED)


@pytest.fixture(scope="module")
def ledger_of(entry: Callable[..., Entry]) -> Callable[..., Ledger]:
    """Make a ledger of (links, `out_hash` of each task, `inp_hash` of each task)."""

    def make(made: tuple[list[tuple[str, str]], list[Any], list[Any]]) -> Ledger:
        links, out, inp = made
        return Ledger(
            entry(
                node,
                None,
                [parent for parent, child in links if child == node],
                out_hash=out[number],
                inp_hash=inp[number],
            )
            for number, node in enumerate(NODES)
        )

    return make


@pytest.fixture(scope="module")
def flow_of(ledger_of: Callable[..., Ledger]) -> Callable[..., DataFlow]:
    """Tell the data flow of such a ledger."""

    def make(made: tuple[list[tuple[str, str]], list[Any], list[Any]]) -> DataFlow:
        ledger = ledger_of(made)
        return DataFlow(build(ledger), ledger)

    return make


def met(made: tuple[list[tuple[str, str]], list[Any], list[Any]]) -> list[tuple[str, str]]:
    """All pairs of tasks of which the output of the one is the input of the other, sorted."""
    _, out, inp = made
    came_out = {node: MEANING.get(text) for node, text in zip(NODES, out, strict=True)}
    went_in = {node: MEANING.get(text) for node, text in zip(NODES, inp, strict=True)}
    return [
        (a, b)
        for a, b in product(NODES, NODES)
        if a != b and came_out[a] is not None and came_out[a] == went_in[b]
    ]


def unexplained(made: tuple[list[tuple[str, str]], list[Any], list[Any]]) -> list[tuple[str, str]]:
    """Those into a task none of whose parents made its input."""
    found = met(made)
    fed = {child for parent, child in found if (parent, child) in made[0]}
    return [(maker, taker) for maker, taker in found if taker not in fed]


@given(LEDGERS)
def test_a_parent_link_bears_data_where_an_output_is_an_input(flow_of, made):
    assert flow_of(made).links == set(met(made)) & set(made[0])


@given(LEDGERS)
def test_pairs_are_those_whose_input_no_parent_made(flow_of, made):
    flow = flow_of(made)
    pairs = list(flow.pairs())
    assert sorted(pairs) == unexplained(made)
    assert len(set(pairs)) == len(pairs)
    assert flow.common == 0


@given(LEDGERS)
def test_a_hash_that_ties_too_many_tasks_together_is_left_out_whole_and_counted(flow_of, made):
    out = {node: MEANING.get(text) for node, text in zip(NODES, made[1], strict=True)}
    inp = {node: MEANING.get(text) for node, text in zip(NODES, made[2], strict=True)}
    takers = {taker for _, taker in unexplained(made)}
    fed = {child for parent, child in met(made) if (parent, child) in made[0]}
    several = {
        text
        for text in set(MEANING.values()) - {None}
        if sum(out[n] == text for n in NODES) * sum(inp[n] == text and n not in fed for n in NODES)
        > 2
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data_flow, "COMMON", 2)
        flow = flow_of(made)
        told, common = list(flow.pairs()), flow.common

    assert sorted(told) == [pair for pair in unexplained(made) if out[pair[0]] not in several]
    assert {taker for _, taker in told} <= takers
    assert common == len(unexplained(made)) - len(told)


def test_a_part_of_a_graph_tells_of_its_own_tasks_alone():
    text = hash_of(b"a text")
    ledger = sketch(
        f"a@0 out_hash={text}; b@1<a inp_hash={text}; c@2 inp_hash={text}; d@3 inp_hash={text}"
    ).ledger()
    part = build(ledger).subgraph(map(task_id, "acd"))

    flow = DataFlow(part, ledger)

    assert list(flow.pairs()) == [(task_id("a"), task_id("c")), (task_id("a"), task_id("d"))]
    assert not flow.links


def test_a_missing_task_states_nothing_and_a_witness_speaks_for_its_task(entry):
    text, other = hash_of(b"a text"), hash_of(b"another")
    ledger = Ledger(
        [
            entry("a", trust=Trust.INVALID, out_hash=other),
            entry("a", out_hash=text),
            entry("b", None, ["gone"], inp_hash=text),
            entry("c", None, inp_hash=other),
            entry(None, inp_hash=text),
        ]
    )
    assert list(DataFlow(build(ledger), ledger).pairs()) == [("a", "b")]


def test_a_hash_of_3_000_outputs_and_3_000_inputs_is_counted_and_not_made_into_pairs(entry):
    text = hash_of(b"")
    ledger = Ledger(
        [
            *(entry(f"m{number}", out_hash=text) for number in range(3000)),
            *(
                entry(f"t{number}", None, ["m0"][: number % 2], inp_hash=text)
                for number in range(3000)
            ),
        ]
    )

    flow = DataFlow(build(ledger), ledger)

    assert len(flow.links) == 1500
    assert list(flow.pairs()) == []
    assert flow.common == 3000 * 1500


# What meets nothing


@given(LEDGERS)
@pytest.mark.parametrize("claim", ["inp_hash", "out_hash"])
def test_what_is_loose_is_stated_by_no_other_task_on_the_other_side(ledger_of, claim, made):
    _, out, inp = made
    own, other = (inp, out) if claim == "inp_hash" else (out, inp)
    stated = {node: MEANING.get(text) for node, text in zip(NODES, own, strict=True)}
    across = {node: MEANING.get(text) for node, text in zip(NODES, other, strict=True)}
    unmet = {
        node: text
        for node, text in stated.items()
        if text is not None and all(across[each] != text for each in NODES if each != node)
    }

    found = loose(ledger_of(made), claim)

    assert list(found.tasks) == list(unmet)
    assert found.alike == {node: list(unmet.values()).count(text) for node, text in unmet.items()}
    assert found.silent == list(stated.values()).count(None)
    assert found.met == len(NODES) - found.silent - len(unmet)
    assert found.alone == (len(unmet) if set(across.values()) == {None} else 0)


def test_what_any_record_states_counts_as_found_and_what_the_witness_states_is_looked_for(entry):
    one, two = hash_of(b"one"), hash_of(b"two")
    ledger = Ledger(
        [
            entry("a", trust=Trust.INVALID, out_hash=one),
            entry("a", out_hash=two),
            entry("b", inp_hash=one),
            entry("c", trust=Trust.INVALID, inp_hash=hash_of(b"three")),
            entry("c", inp_hash=two),
            entry(None, out_hash=hash_of(b"four")),
            entry("d", inp_hash=hash_of(b"four")),
        ]
    )

    found = loose(ledger, "inp_hash")

    assert found.tasks == {}
    assert (found.met, found.silent) == (3, 1)


@given(LEDGERS, st.lists(st.sampled_from([b"one", b"two", b"", b"other"]), max_size=6))
def test_files_are_matched_as_every_claim_compared_with_every_file(ledger_of, made, files):
    _, out, inp = made
    content = {"one": b"one", "two": b"two", "nothing": b""}
    claims = [
        (number, claim, content[MEANING[text]])
        for number in range(len(NODES))
        for claim, text in (("inp_hash", inp[number]), ("out_hash", out[number]))
        if text is not None and MEANING[text] is not None
    ]
    named = {held: str(files.index(held) + 1) for held in files}

    found = match(ledger_of(made), Artifacts.of(files))

    assert [
        (position, claim, each and (each.name, each.files))
        for position, claim, each in found.stated
    ] == [
        (number, claim, (named[held], files.count(held)) if held in named else None)
        for number, claim, held in claims
    ]
    assert {each.name for each in found.unmatched} == {
        name for held, name in named.items() if held not in {each[-1] for each in claims}
    }


def test_20_000_tasks_that_state_one_hash_are_counted_in_one_pass(entry):
    text = hash_of(b"")
    ledger = Ledger(entry(f"t{number}", inp_hash=text, out_hash=text) for number in range(20_000))

    assert loose(ledger, "inp_hash").met == 20_000
    assert len(match(ledger, Artifacts.of([b""] * 5)).stated) == 40_000
