"""What is spoiled by a key, an agent or a task, against every token looked at one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.analysis.taint import Proof, Source, by_agent, by_key, by_task, spread
from ectgraph.graph import build
from ectgraph.keys import KeyRing
from ectgraph.ledger import Ledger
from ectgraph.model import Entry, Header, Trust
from ectgraph.testing import EPOCH, sketch, task_id

NODES = "abcdef"
LINKS = st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=12)
TRUSTS = st.sampled_from([Trust.VERIFIED, Trust.INVALID, Trust.UNKNOWN_KEY])
SOURCES = st.dictionaries(
    st.sampled_from(NODES),
    st.builds(Source, in_time=st.booleans(), proof=st.sampled_from(Proof)),
    max_size=3,
)


def below(links: list[tuple[str, str]], tasks: set[str]) -> set[str]:
    """Some tasks and all that builds on them."""
    found = set(tasks)
    for _ in NODES:
        found |= {child for parent, child in links if parent in found}
    return found


@given(LINKS, SOURCES, st.lists(st.sampled_from(["w", "v", None]), min_size=6, max_size=6))
def test_a_taint_spreads_to_all_that_builds_on_a_source(entry, links, sources, wids):
    ledger = Ledger(
        entry(node, wid, [a for a, b in links if b == node])
        for node, wid in zip(NODES, wids, strict=True)
    )
    struck = below(links, set(sources))
    firm = {task for task, each in sources.items() if each.in_time and each.proof > Proof.NAMED}
    leaves = [node for node in NODES if not any(a == node for a, _ in links)]

    found = spread(build(ledger), sources)

    assert found.distance.keys() == struck
    assert all((found.distance[task] == 0) == (task in sources) for task in struck)
    assert found.via.keys() == struck - sources.keys()
    for task, parent in found.via.items():
        assert (parent, task) in links
        assert found.distance[parent] == found.distance[task] - 1
    assert found.doubtful == struck - below(links, firm)
    assert found.recorded == (len(struck), len(NODES))
    assert found.leaves == (len(struck & set(leaves)), len(leaves))
    for wid, (tainted, every) in found.workflows.items():
        own = {node for node, each in zip(NODES, wids, strict=True) if each == wid}
        assert (tainted, every) == (len(own & struck), len(own))


RING = ("mine", "other", "copy")


@pytest.fixture(scope="module")
def ring() -> KeyRing:
    """Three keys: `copy` is the same as `mine`."""
    mine, other = sketch("a@0; b@0 by=agent-b").ring.keys  # type: ignore[union-attr]
    from msgspec.structs import replace

    return KeyRing(
        (replace(mine, kid="mine"), replace(other, kid="other"), replace(mine, kid="copy"))
    )


ENTRIES = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.sampled_from([*RING, None]),
        st.none() | st.sampled_from(range(3)),
        TRUSTS,
        st.none() | st.integers(0, 9),
        st.none() | st.integers(0, 9),
    ),
    max_size=6,
)


@given(ENTRIES, st.none() | st.integers(0, 9))
def test_a_task_is_of_a_key_by_its_best_token(entry, ring, made, since):
    ledger = Ledger(
        Entry(each.record, each.token, trust, recorded_at=recorded, key=key)
        for jti, kid, key, trust, iat, recorded in made
        for each in [entry(jti, iat=iat, header=Header(kid=kid))]
    )

    found = by_key(ledger, ring, "mine", since)

    expected: dict[str, Source] = {}
    elder = []
    for jti, kid, key, trust, iat, recorded in made:
        proof = Proof.NAMED if kid == "mine" and key is None else None
        if key in (0, 2):
            proof = Proof.VERIFIED if trust is Trust.VERIFIED else Proof.SIGNED
        if proof is None:
            continue
        is_old = since is not None and iat is not None and iat < since
        if is_old and (recorded is None or recorded < since):
            elder.append(recorded)
        else:
            source = Source(not is_old, proof)
            expected[jti] = max(expected.get(jti, source), source)
    assert found.tasks == expected
    assert (found.elder, found.unrecorded) == (len(elder), elder.count(None))


def test_an_agent_is_known_by_its_own_word(entry):
    ledger = Ledger(
        [
            entry("a", iss="urn:bad"),
            entry("b", iss="urn:bad", trust=Trust.UNKNOWN_KEY),
            entry("c", iss="urn:good"),
            entry(None, iss="urn:bad"),
        ]
    )

    found = by_agent(ledger, "urn:bad")

    assert found.tasks == {"a": Source(True, Proof.VERIFIED), "b": Source(True, Proof.NAMED)}
    assert (found.tokens, found.nameless, found.undated) == (2, 1, 3)


@pytest.mark.parametrize(("name", "tokens"), [("a", 1), ("z", 0)])
def test_a_task_is_a_source_with_a_record_and_without(name, tokens):
    ledger = sketch("a@0; b@5<a,z").ledger()
    graph = build(ledger)

    found = by_task(graph, ledger, task_id(name), EPOCH)

    assert list(found.tasks) == [task_id(name)]
    assert found.tokens == tokens
    assert spread(graph, found.tasks).recorded == (1 + tokens, 2)


def test_what_was_made_with_a_key_counts_though_it_does_not_verify():
    drawn = sketch("a@0 by=agent-b; b@60 by=agent-b; c@0 by=agent-b !flipped; !revoked=30")
    found = by_key(drawn.ledger(), drawn.ring, "agent-b")
    proofs = [source.proof for source in found.tasks.values()]
    assert proofs == [Proof.VERIFIED, Proof.SIGNED, Proof.NAMED]


@pytest.mark.parametrize("odd", [float("nan"), 1e308, -1e308, 0.5])
def test_odd_times_are_compared_and_never_raise(entry: Callable[..., Any], odd: float):
    ledger = Ledger([entry("a", iss="x", iat=odd)])
    found = by_agent(ledger, "x", since=1.0)
    assert bool(found.tasks) == (not odd < 1)


def test_a_chain_of_50_000_tasks_is_no_trouble():
    graph = nx.path_graph(50_000, create_using=nx.DiGraph)
    nx.set_node_attributes(graph, "present", "status")

    found = spread(graph, {0: Source(True, Proof.VERIFIED)})  # type: ignore[dict-item]

    assert found.recorded == (50_000, 50_000)
    assert found.via[49_999] == 49_998  # type: ignore[index,comparison-overlap]
