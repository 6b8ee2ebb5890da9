"""When tasks ended, as far as anybody can reckon with it; what is stated is never changed."""

from __future__ import annotations

from typing import Any, TypeGuard

import networkx as nx

from ectgraph.graph import nodes

CALENDAR = (-62_135_596_800, 253_402_300_800)
"""The years 1 to 9999, in seconds since 1970; the second is just beyond."""


def usable(iat: Any) -> TypeGuard[float]:
    """Whether a time is one that a calendar holds.

    >>> usable(1771943000), usable(1e308), usable(None)
    (True, False, False)
    """
    return type(iat) in (int, float) and CALENDAR[0] <= iat < CALENDAR[1]


def stated(graph: nx.DiGraph[str]) -> dict[str, float]:
    """The `iat` of each task that has one that a calendar holds, in the order of the graph.

    >>> graph = nx.DiGraph()
    >>> graph.add_node("a", iat=5)
    >>> graph.add_node("b", iat=1e308)
    >>> stated(graph)
    {'a': 5}

    """
    return {task: data["iat"] for task, data in nodes(graph) if usable(data.get("iat"))}
