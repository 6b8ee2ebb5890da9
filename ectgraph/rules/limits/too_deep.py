"""A lineage that is too long."""

from __future__ import annotations

from collections.abc import Iterator

from ectgraph.rule import Evidence, Hit, Severity, ledger_rule

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
    are also what an agent caught in a loop leaves behind.
    """
    shape, limit = evidence.shape, evidence.policy.max_depth
    if shape.depth > limit:
        yield Hit(
            f"its longest lineage has {shape.depth} parent links, at most {limit} are allowed",
            shape.deepest,
            evidence={"depth": shape.depth, "max_depth": limit},
        )
