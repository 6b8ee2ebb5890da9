"""A JSON member that occurs twice, under one spelling or two."""

from __future__ import annotations

from ectgraph.rule import Hit, Problem, Severity, problem_rule


@problem_rule(
    "ECT005",
    "duplicate-member",
    Severity.ERROR,
    cites="RFC 7515 §4, RFC 7519 §4, RFC 8259 §4",
    advice="Treat it as forged until its issuer explains it; no honest writer does this.",
    baseline=False,
    good=('a@0 ext={"own":1,"model_version":"2"}',),
    bad=("a@0 !twice", 'a@0 ext={"Model_Version":"2"}'),
    step=1,
)
def check(problem: Problem) -> Hit:
    """A member occurs twice in one JSON object: in the header, the payload or the entry.

    Some readers take the first, most the last, and both verify the same signature. So one token
    says two things: `"iss":"alice"` to the gate and `"iss":"mallory"` to the ledger.

    Two spellings can be one member as well. Go's `encoding/json`, which the reference
    implementation in Go reads with, takes no notice of case: `"ISS"` is `iss` to it, and is nothing
    to others. `ext` and `ect_ext` are one member in two drafts, and may not differ.
    """
    return Hit(
        f"it has two readings: the {problem.where} has {problem.detail}",
        witness=f"{problem.where} {problem.detail}",
    )
