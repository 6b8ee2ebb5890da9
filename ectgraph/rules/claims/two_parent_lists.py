"""`par` and `pred` that name different parents."""

from __future__ import annotations

from ectgraph.rule import Hit, Problem, Severity, problem_rule


@problem_rule(
    "ECT117",
    "two-parent-lists",
    Severity.ERROR,
    cites="draft-01 §4",
    advice="Ask the issuer which list is meant; until then the links of both are shown.",
    good=("a@0; b@5<a", "a@0 draft=01; b@5<a draft=01"),
    bad=("a@0; b@5<a !two-lists",),
    step=11,
)
def check(problem: Problem) -> Hit:
    """The token has `par` (draft-00) and `pred` (draft-01), and they differ.

    A reader of either draft sees another history, so somebody can show harmless parents to one
    verifier and the true ones to another. Both lists are shown in the graph, so nothing hides. A
    converter that added one list and did not keep it up makes the same in good faith.
    """
    return Hit(f"it tells two histories: {problem.detail}", witness=problem.where)
