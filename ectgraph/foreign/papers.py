"""Which of the rules that others offer are taken: those whose papers are in order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain

from ectgraph import escape
from ectgraph.errors import EctgraphError
from ectgraph.foreign.answers import checked
from ectgraph.foreign.offers import Offer
from ectgraph.model import Severity
from ectgraph.rule import Rule
from ectgraph.rules import RULES

OURS = "ECT"
"""How the codes of ectgraph's own rules begin, now and later."""
_CODE = re.compile(r"[A-Z]{2,10}[0-9]{3,4}")
_NAME = re.compile(r"[a-z]+(-[a-z]+)*")


def take(offers: Iterable[Offer]) -> list[Rule]:
    """The rules that are offered, each with its origin, and answering soundly or not at all.

    Raises:
        EctgraphError: one of them cannot be taken; it says whose it is, and why.

    """
    known = list(RULES.values())
    for origin, rule in offers:
        defect = next(chain(_defects(rule), _clashes(rule, known)), None)
        if defect is not None:
            code = escape.terminal(str(rule.code), 40)
            message = f"{origin}: the rule {code} cannot be taken: {escape.terminal(defect)}"
            raise EctgraphError(message)
        known.append(checked(replace(rule, origin=origin)))
    return known[len(RULES) :]


def _defects(rule: Rule) -> Iterator[str]:
    """What is wrong with a rule, whatever others there are; each may build on those before."""
    texts = (rule.name, rule.cites, rule.advice, rule.doc)
    checks = (rule.look, rule.date, rule.compare, rule.check)
    if not isinstance(rule.code, str) or not _CODE.fullmatch(rule.code):
        yield "a code is 2 to 10 capital letters and 3 or 4 digits, like ACME001"
    if rule.code.startswith(OURS):
        yield f"codes that begin with {OURS} are ectgraph's own"
    if not all(isinstance(text, str) for text in texts) or "\n" in rule.cites + rule.advice:
        yield "name, cites and advice are texts of one line"
    if not _NAME.fullmatch(rule.name):
        yield f"its name, {rule.name[:40]!r}, is not of lower-case words joined by hyphens"
    if not isinstance(rule.severity, Severity) or rule.severity is Severity.FATAL:
        yield "its severity is ERROR, WARNING or NOTE of Severity; the tool alone fails fatally"
    if rule.word is not None:
        yield "the kinds of problems are ectgraph's own; make it a token rule"
    if sum(check is not None for check in checks) != 1:
        yield "it looks at one thing; make it by token_rule, entry_rule, link_rule or ledger_rule"
    if not all(isinstance(some, tuple) for some in (rule.good, rule.bad)):
        yield 'good and bad are tuples of texts; of one: ("a@0",), with a comma'
    if rule.step is not None:
        yield "leave step out; the live gate runs ectgraph's rules alone"


def _clashes(rule: Rule, known: Iterable[Rule]) -> Iterator[str]:
    """What a rule has in common with one that is there; whoever selects one must not get two."""
    for other in known:
        whose = f"{other.code} {other.name} of {other.origin}"
        if rule.code == other.code:
            yield f"its code is taken, by {whose}"
        if rule.name == other.name:
            yield f"its name, {rule.name}, is taken, by {whose}"
        if rule.code.startswith(other.code) or other.code.startswith(rule.code):
            yield f"its code and that of {whose} begin alike"
    for other in (rule, *known):
        if other.code.lower().startswith(rule.name):
            yield f"its name, {rule.name}, is how the code {other.code} begins"
