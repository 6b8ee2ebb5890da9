"""A task with more children than the policy allows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from ectgraph.rule import Evidence, Hit, Severity, ledger_rule

MOST = 20
"""Children that a finding names."""


@ledger_rule(
    "ECT503",
    "too-many-children",
    Severity.WARNING,
    cites="policy: max_children",
    advice="Ask what so many tasks took from one; raise `max_children` if that is normal here.",
    good=("a@0; b@5<a; c@5<a", "a@0; b@5<a; c@5<a; !max_children=2"),
    bad=("a@0; b@5<a; c@5<a; !max_children=1",),
)
def check(evidence: Evidence) -> Iterator[Hit]:
    """More tasks build on one task than the policy allows. Not looked at unless it has a limit.

    Where a step is meant to be used once, a payment that was approved say, a second child is a
    second use of it. A fan-out that nobody planned is also what an agent in a loop leaves behind.
    Work that is spread over many agents and joined again looks the same. A task without a record
    is told as missing (ECT303), and here only where the `boundary` of the policy names it.
    """
    graph, wids = evidence.graph, evidence.values("wid")
    elsewhere = (
        task
        for task, status in (evidence.values("status") if evidence.policy.boundary else {}).items()
        if status == "missing" and graph.nodes[task]["jti"] in evidence.policy.elsewhere
    )
    for task in chain(evidence.ledger.tasks, elsewhere):
        limit = evidence.policy.of(wids[task]).max_children
        if limit is None or len(graph.succ[task]) <= limit:
            continue
        children = [child for child in graph.succ[task] if child != task]
        if len(children) > limit:
            yield Hit(
                f"{len(children):,} tasks build on it, at most {limit:,} are allowed",
                task,
                related=tuple(children[:MOST]),
                evidence={"children": len(children), "max_children": limit},
            )
