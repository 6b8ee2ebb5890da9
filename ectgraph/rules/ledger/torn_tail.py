"""A ledger that ends in the middle of a record."""

from __future__ import annotations

from ectgraph.rule import Hit, Problem, Severity, problem_rule


@problem_rule(
    "ECT604",
    "torn-tail",
    Severity.ERROR,
    cites="docs/formats.md",
    advice="Get the rest from whoever runs the ledger; a crash while writing leaves such an end.",
    baseline=False,
    good=("a@0; b@5<a",),
    bad=("a@0; b@5<a; !torn",),
)
def check(problem: Problem) -> Hit:
    """The source ends before its last record, or the document around its records, does.

    A full disk, a crash, a copy that stopped halfway: something is missing, and nobody can say from
    here how much. The records before the tear are not touched by it.
    """
    if problem.where == "source":
        return Hit(f"something is missing at the end: {problem.detail}", witness="source")
    return Hit(f"the source ends in the middle of this record: {problem.detail}", witness="record")
