"""A rule that failed."""

from __future__ import annotations

from collections.abc import Iterator

from ectgraph.rule import BROKEN, Evidence, Hit, Severity, broken, ledger_rule


@ledger_rule(
    BROKEN,
    "rule-broke",
    Severity.FATAL,
    cites="policy",
    advice="Report it with its traceback; what this rule looks for is not ruled out.",
    baseline=False,
    good=("a@0",),
    bad=("a@0; !broken-rule",),
)
def check(evidence: Evidence) -> Iterator[Hit]:
    """A rule raised an exception. The others went on, but the run cannot pass.

    Nothing is known about the fact that the rule looks for. Whoever can make a rule fail with a
    crafted record could otherwise hide from it.
    """
    for code, traceback in evidence.broken:
        yield broken(code, traceback)
