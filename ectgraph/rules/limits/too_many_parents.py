"""A task with more parents than the policy allows."""

from __future__ import annotations

from collections.abc import Iterator

from ectgraph.rule import Evidence, Hit, Severity, ledger_rule

_PARENTS = [f"p{n}" for n in range(101)]
JOIN = ";".join(f"{name}@0" for name in _PARENTS) + f"; join@1<{','.join(_PARENTS)}"


@ledger_rule(
    "ECT502",
    "too-many-parents",
    Severity.WARNING,
    cites="policy: max_parents",
    advice="Split the join, or raise `max_parents` if joins of this size are normal here.",
    good=("a@0; b@5<a",),
    bad=(JOIN,),
)
def check(evidence: Evidence) -> Iterator[Hit]:
    """A task joins more parents than the policy allows.

    Wide joins are slow to verify and a cheap way to exhaust a verifier.
    """
    limit = evidence.policy.max_parents
    for task, degree in evidence.graph.in_degree():
        if degree > limit:
            yield Hit(
                f"it has {degree} parents, at most {limit} are allowed",
                task,
                evidence={"parents": degree, "max_parents": limit},
            )
