"""A record above the size limit."""

from __future__ import annotations

from ectgraph.rule import Hit, Problem, Severity, problem_rule


@problem_rule(
    "ECT002",
    "oversized-record",
    Severity.ERROR,
    cites="policy: max_record_bytes",
    advice="Find out what wrote it; if it is genuine, raise `max_record_bytes`.",
    good=("a@0",),
    bad=("a@0 !oversized",),
    step=1,
)
def check(problem: Problem) -> Hit:
    """A record is longer than the policy allows, and was not read.

    No honest token comes near the limit of a mebibyte. One that does exhausts the memory of
    whoever reads it, which may be its purpose. Its head, length, place and digest are kept.
    """
    return Hit(f"this record was not read: {problem.detail}", witness=problem.where)
