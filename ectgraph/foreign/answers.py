"""What rules by others say: sound hits, or a failure of the rule (ECT901), never of the report.

What they print goes to stderr, and what they look at stays as it is for the rules after them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from typing import Any

import msgspec
from msgspec import structs

from ectgraph.model import Hit, Severity
from ectgraph.rule import Evidence, LedgerCheck, Rule


def checked(rule: Rule) -> Rule:
    """A rule that says the same as another, or raises where that says nonsense."""
    if rule.look is not None:
        return replace(rule, look=_guarded(rule.look, _of_tokens))
    if rule.date is not None:
        return replace(rule, date=_guarded(rule.date, _of_token))
    if rule.compare is not None:
        return replace(rule, compare=_guarded(rule.compare, sound))
    return rule if rule.check is None else replace(rule, check=_guarded_ledger(rule.check))


_ENDED = "it tried to end the program"


def _guarded(function: Callable[..., Any], answer: Callable[[Any], Any]) -> Callable[..., Any]:
    def run(*seen: Any) -> Any:
        try:
            with redirect_stdout(sys.stderr):
                found = function(*seen)
                return None if found is None else answer(found)
        except SystemExit as error:
            raise RuntimeError(_ENDED) from error

    return run


def _guarded_ledger(check: LedgerCheck) -> LedgerCheck:
    def run(evidence: Evidence) -> Iterator[Hit]:
        try:
            with _lent(evidence), redirect_stdout(sys.stderr):
                for hit in check(evidence):
                    yield _of_ledger(hit, len(evidence.ledger))
        except SystemExit as error:
            raise RuntimeError(_ENDED) from error

    return run


@contextmanager
def _lent(evidence: Evidence) -> Iterator[None]:
    """Lend the evidence to a rule that might change it, as many an algorithm over graphs does.

    The graph is one that refuses to be changed, and the entries are put back.

    Raises:
        RuntimeError: the entries were changed.

    """
    graph, ledger = evidence.graph, evidence.ledger
    entries = ledger.entries.copy()
    evidence.graph = graph.copy(as_view=True)
    try:
        yield
    finally:
        evidence.graph = graph
        changed = ledger.entries != entries
        ledger.entries[:] = entries
    if changed:
        message = "it changed the entries of the ledger, which are the evidence"
        raise RuntimeError(message)


def sound(hit: Any) -> Hit:
    """What a rule said, in plain values of the right types.

    Raises:
        TypeError: it is no `Hit`, or its evidence is nothing that JSON can hold.
        ValueError: a field has the wrong type, or a value that it cannot have.

    >>> sound(Hit("too late", evidence={"at": (1, 2)})).evidence
    {'at': [1, 2]}

    """
    if not isinstance(hit, Hit):
        message = f"a rule says what it finds by a Hit, and this is {type(hit).__name__}"
        raise TypeError(message)
    plain = msgspec.convert(structs.asdict(hit), Hit)
    if plain.severity is Severity.FATAL:
        message = "the tool alone fails fatally; a finding is an error, a warning or a note"
        raise ValueError(message)
    return structs.replace(plain, evidence=msgspec.json.decode(msgspec.json.encode(plain.evidence)))


def _of_token(found: Any) -> Hit:
    hit = sound(found)
    if hit.task is not None or hit.records:
        message = "a rule that looks at one token leaves task and records out"
        raise ValueError(message)
    return hit


def _of_tokens(found: Iterable[Any]) -> list[Hit]:
    return [_of_token(each) for each in found]


def _of_ledger(found: Any, size: int) -> Hit:
    hit = sound(found)
    if not all(0 <= position < size for position in hit.records):
        message = f"records are positions of entries, of which there are {size}"
        raise ValueError(message)
    return hit
