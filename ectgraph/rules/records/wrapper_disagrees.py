"""An entry that says something else than its token."""

from __future__ import annotations

from ectgraph.rule import Hit, Problem, Severity, problem_rule


@problem_rule(
    "ECT006",
    "wrapper-disagrees",
    Severity.ERROR,
    cites="draft-00 §7; docs/formats.md",
    advice="Believe the token, not the entry; find out who wrote the entry, and why.",
    baseline=False,
    good=('a@0 entry={"action":"a","parents":[]}',),
    bad=(
        'a@0 act=pay entry={"action":"refund"}',
        'a@0 entry={"parents":["a-task"]}',
        'a@0 entry={"ect_token":"eyJ.eyJ.AA"}',
    ),
)
def check(problem: Problem) -> Hit:
    """The ledger's entry repeats a claim and differs from the signed token, or holds two tokens.

    Search tools and dashboards read the entry, which anybody who can write to the ledger can
    change; verifiers read the token. Where the two disagree, people are shown something that nobody
    signed. An entry with two different tokens is read as one by some and as the other by others.
    """
    return Hit(f"the entry disagrees with its token: {problem.detail}", witness=problem.where)
