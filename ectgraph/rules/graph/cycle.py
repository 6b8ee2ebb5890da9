"""Tasks that build on each other in a circle."""

from __future__ import annotations

from collections.abc import Iterator

from ectgraph.rule import Evidence, Hit, Severity, ledger_rule


@ledger_rule(
    "ECT305",
    "cycle",
    Severity.ERROR,
    cites="draft-00 §6",
    advice="Break the knot by its times: a parent that was issued after its child cannot be one.",
    baseline=False,
    good=("a@0; b@5<a; c@9<a,b",),
    bad=("a@0<c; b@0<a; c@0<b",),
    step=14,
)
def check(evidence: Evidence) -> Iterator[Hit]:
    """Several tasks are each other's ancestors. One finding for each knot, with its shortest cycle.

    A token names its parents by `jti` before it is signed, so an honest circle cannot come
    about: at least one of these tokens was made, or changed, after the fact. For what comes
    after it there is no first cause any more.
    """
    for knot in evidence.shape.knots:
        cycle = evidence.cycle(knot)
        way = [evidence.name(task) for task in cycle[:5]]
        way += ["…"] if len(cycle) > 5 else []
        yield Hit(
            f"{len(knot)} tasks build on each other in a circle: "
            f"{' → '.join([*way, evidence.name(cycle[0])])}",
            knot[0],
            related=knot[1:],
            evidence={"cycle": evidence.jtis(cycle), "tasks": len(knot)},
        )
