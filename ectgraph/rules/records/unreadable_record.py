"""A record that is neither a token, nor an entry around one, nor claims."""

from __future__ import annotations

from ectgraph.rule import Hit, Problem, Severity, problem_rule


@problem_rule(
    "ECT001",
    "unreadable-record",
    Severity.ERROR,
    cites="draft-00 §2; docs/formats.md",
    advice="Look at the bytes: a cut-off line, another kind of file, or a record somebody damaged.",
    good=("a@0; b@5<a",),
    bad=("a@0; 'hello ledger'", "a@0; '{\"seq\":2}'"),
    step=1,
)
def check(problem: Problem) -> Hit:
    """A record of the ledger is neither a JWS, nor an entry with one, nor an unsigned claims set.

    Whatever it was, it is evidence of nothing now. Damage to a ledger often starts small: a
    line cut off by a full disk, an export that went wrong. It is also the simplest way to make
    a record vanish without removing it, so the bytes and their place are kept.
    """
    if problem.where == "source":
        return Hit(f"something in it cannot be read: {problem.detail}", witness=problem.where)
    return Hit(f"this record cannot be read: {problem.detail}", witness=problem.where)
