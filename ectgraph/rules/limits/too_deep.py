"""A lineage that is too long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ectgraph.rule import Evidence, Hit, Severity, ledger_rule

if TYPE_CHECKING:
    from ectgraph.graph import Shape

CHAIN = "t0@0;" + ";".join(f"t{n}@{n}<t{n - 1}" for n in range(1, 12)) + "; !max_depth=10"


@ledger_rule(
    "ECT501",
    "too-deep",
    Severity.WARNING,
    cites="policy: max_depth",
    advice="If long histories are normal here, raise `max_depth`.",
    good=("a@0; b@5<a",),
    bad=(CHAIN,),
    step=14,
)
def check(evidence: Evidence) -> Iterator[Hit]:
    """The longest path from a root is longer than the policy allows.

    A gate that follows a task back to its roots does that much work for one token. Long chains
    are also what an agent caught in a loop leaves behind. Workflows that have a limit of their own
    in the policy are measured by themselves.
    """
    for limit, shape in _shapes(evidence):
        if shape.depth > limit:
            yield Hit(
                f"its longest lineage has {shape.depth} parent links, at most {limit} are allowed",
                shape.deepest,
                evidence={"depth": shape.depth, "max_depth": limit},
            )


def _shapes(evidence: Evidence) -> Iterator[tuple[int, Shape]]:
    """Each limit, and the shape of the tasks that it holds for."""
    policy = evidence.policy
    if not policy.workflows:
        yield policy.max_depth, evidence.shape
        return
    from ectgraph.graph import measure  # noqa: PLC0415  # workers never need networkx

    tasks: dict[int, list[str]] = {}
    for task, wid in evidence.values("wid").items():
        tasks.setdefault(policy.of(wid).max_depth, []).append(task)
    for limit, some in sorted(tasks.items()):
        yield limit, measure(evidence.graph.subgraph(some))
