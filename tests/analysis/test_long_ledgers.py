"""Actors and patterns of a long chain and of a deep ring: no recursion, and linear time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import networkx as nx
import pytest

from ectgraph.analysis.actors import agents, partners
from ectgraph.analysis.clocks import clocks
from ectgraph.analysis.decisions import decided, refused, sequels
from ectgraph.analysis.hours import hours
from ectgraph.analysis.pace import gaps, paces
from ectgraph.analysis.rarity import habits
from ectgraph.analysis.shapes import workflows
from ectgraph.analysis.silence import addressed
from ectgraph.graph import build
from ectgraph.ledger import Ledger
from ectgraph.model import Entry

DEEP = 3000
ASKED: dict[str, Callable[[nx.DiGraph, Ledger], Any]] = {
    "agents": lambda _, ledger: len(agents(ledger)),
    "partners": lambda graph, _: sum(pair.links for pair in partners(graph).pairs),
    "clocks": lambda graph, _: clocks(graph).circular + clocks(graph).links,
    "hours": lambda graph, _: len(hours(graph)),
    "decided": lambda _, ledger: sum(each.rejected for each in decided(ledger)),
    "sequels": lambda graph, ledger: len(sequels(graph, ledger, refused(ledger, ["rejected"]))),
    "habits": lambda graph, _: len(habits(graph)),
    "workflows": lambda graph, _: len(workflows(graph)[0].tasks),
    "addressed": lambda graph, ledger: addressed(graph, ledger)[0].named,
    "gaps": lambda graph, _: len(gaps(graph, 1)),
    "paces": lambda graph, _: paces(graph)[0].windows,
}
FOUND = {
    "agents": 7,
    "partners": DEEP - 1,
    "clocks": DEEP - 1,
    "hours": 7,
    "decided": DEEP,
    "sequels": DEEP - 1,
    "habits": 1 + 7 + 1,
    "workflows": DEEP,
    "addressed": DEEP,
    "gaps": 1 + 7 + 1,
    "paces": 540,
}


@pytest.fixture(scope="module", params=["chain", "ring"])
def deep(request: pytest.FixtureRequest, entry: Callable[..., Entry]) -> tuple[str, Ledger]:
    ring = request.param == "ring"
    return request.param, Ledger(
        entry(
            str(n),
            "w",
            [str(n - 1 if n or not ring else DEEP - 1)] if n or ring else [],
            iss=f"agent-{n % 7}",
            iat=n,
            exec_act="do",
            aud=("store",),
            pol_decision="rejected",
        )
        for n in range(DEEP)
    )


@pytest.mark.parametrize("name", ASKED)
def test_depth_is_no_trouble(deep, name):
    shape, ledger = deep
    graph = build(ledger)
    begin = time.perf_counter()
    found = ASKED[name](graph, ledger)
    assert time.perf_counter() - begin < 1.5
    closing = shape == "ring" and name in ("partners", "clocks", "sequels")
    assert found == FOUND[name] + closing


def test_many_tasks_in_a_row_have_a_shape_in_time():
    graph = nx.path_graph(50_000, create_using=nx.DiGraph)
    for values in graph.nodes.values():
        values.update(wid="w", exec_act="do", status="present")
    begin = time.process_time()
    (found,) = workflows(graph)
    assert time.process_time() - begin < 10  # it takes one; a square of it would take an hour
    assert found.steps == {("do", "do"): 49_999}
