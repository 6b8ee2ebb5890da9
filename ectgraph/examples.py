"""The examples of a rule, run: what each of them really yields.

They are how a rule proves itself, ours and those of others: in tests, on the page of rules, and in
`ectgraph rule`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ectgraph import linter, loader
from ectgraph.errors import EctgraphError
from ectgraph.model import Finding
from ectgraph.rule import BROKEN, Evidence, Rule
from ectgraph.rules import RULES, Catalogue
from ectgraph.testing import sketch


@dataclass(frozen=True)
class Outcome:
    """What one example of a rule came to."""

    rule: Rule
    text: str
    """The ledger, as `testing.sketch` writes it."""
    good: bool
    """Whether it is to yield nothing; else it is to yield this rule's code."""
    findings: tuple[Finding, ...] = ()
    """All that it yields, by the rules of ectgraph and this one."""
    mistake: str = ""
    """Why the text is no ledger, where it is none."""

    @cached_property
    def codes(self) -> list[str]:
        """The distinct codes of its findings, sorted."""
        return sorted({finding.code for finding in self.findings})

    @property
    def others(self) -> list[str]:
        """The codes that it yields next to the rule's own."""
        return [code for code in self.codes if code != self.rule.code]

    @property
    def right(self) -> bool:
        """Whether it does what it should."""
        if self.mistake or self.good:
            return not (self.mistake or self.findings)
        return self.rule.code in self.codes and BROKEN not in self.others


def run(rule: Rule) -> list[Outcome]:
    """Run the examples of a rule, the good ones first.

    They are judged by the rules of ectgraph and by this rule, so that what it proves does not
    depend on what else is installed.

    >>> [outcome.codes for outcome in run(RULES["ECT302"])]
    [[], [], ['ECT302'], ['ECT302']]
    """
    return [
        *(_run(rule, text, good=True) for text in rule.good),
        *(_run(rule, text, good=False) for text in rule.bad),
    ]


def _run(rule: Rule, text: str, *, good: bool) -> Outcome:
    try:
        drawn = sketch(text)
    except EctgraphError as error:
        return Outcome(rule, text, good, mistake=str(error))
    judge, rules = _with(rule).judge, {**drawn.rules, rule.code: rule}
    ledger = loader.load_bytes(drawn.data, drawn.ring, drawn.policy, judge=judge, source="example")
    evidence = Evidence(ledger, drawn.ring, drawn.policy, artifacts=drawn.artifacts)
    return Outcome(rule, text, good, linter.lint(evidence, rules=rules).findings)


def _with(rule: Rule) -> Catalogue:
    """The rules of ectgraph and one more."""
    known = RULES.get(rule.code) is rule
    return RULES if known else Catalogue([*RULES.values(), rule], (_with, (rule,)))
