"""One record of an archive -> each step of verifying it, and what became of that step.

The steps are those of a gate. Nothing is checked here: what failed follows from the findings, and
what was not done from what the record, the keys and the rest of the ledger lack. A step is passed
only when neither is so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import networkx as nx

from ectgraph import labels
from ectgraph.agent.steps import Outcome, Step
from ectgraph.agent.verdict import STEPS
from ectgraph.integrity import recorded
from ectgraph.ledger import Ledger
from ectgraph.linter import place
from ectgraph.model import Entry, Finding, Severity, Token, Trust
from ectgraph.rule import BROKEN, Evidence
from ectgraph.rules import RULES

_ALSO = {"ECT604": 1, "ECT209": 4, "ECT210": 5, "ECT208": 7, "ECT404": 9, "ECT402": 10}
_ALSO |= {"ECT403": 10, "ECT006": 15, "ECT601": 15, "ECT602": 15, "ECT603": 15, "ECT605": 15}
_ALSO |= {"ECT207": 6, "ECT008": 11}
"""Steps that rules of archives belong to, next to those that the gate takes."""
_OPEN = frozenset({"ECT403"})
"""Rules that leave their step open: a gate may have seen in time what was recorded late."""
_OF_KEYS = range(2, 8)
_PARENTS = ("par", "pred")


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """The ancestors of a task."""

    known: int
    """How many there are, those without a record too."""
    doubtful: int
    """How many of them have no record, are not verified, or have errors of their own."""
    exact: bool = True
    """Whether all were counted; else there are at least so many, and one in doubt if any is."""

    @property
    def size(self) -> str:
        """How many there are, in words.

        >>> Lineage(known=2, doubtful=1, exact=False).size
        'at least 2 ancestors'
        """
        return f"{'' if self.exact else 'at least '}{labels.count(self.known, 'ancestor')}"


def lineage(evidence: Evidence, findings: Iterable[Finding], node: str) -> Lineage:
    """Count the ancestors of a task, and those that let it rest on nothing."""
    ancestors = nx.ancestors(evidence.graph, node) - {node}
    doubtful = in_doubt(evidence, findings, ancestors)
    return Lineage(known=len(ancestors), doubtful=len(doubtful))


def in_doubt(
    evidence: Evidence, findings: Iterable[Finding], tasks: Iterable[str]
) -> frozenset[str]:
    """The tasks, of some, that have no record, are not verified, or have errors of their own."""
    trust = evidence.values("trust")
    bad = {each.task for each in findings if _is_error(each.severity)}
    return frozenset(task for task in tasks if trust[task] != Trust.VERIFIED or task in bad)


def checks(
    evidence: Evidence,
    entry: Entry,
    findings: Iterable[Finding],
    above: Lineage,
    seen: str | None = None,
) -> Iterator[Step]:
    """Each step of verifying, as it turned out for one record.

    Args:
        evidence: the ledger, its keys, and what was asked of them.
        entry: the record.
        findings: those about its task, and those of rules that broke.
        above: the ancestors of its task.
        seen: what `among` says of the ledger, for who asks about many of its records.

    """
    undone = _undone(evidence, entry, entry.token or Token(), above)
    told: dict[int, list[Finding]] = {}
    here = place(entry.record)
    for finding in findings:
        if finding.code == BROKEN and (here in finding.places or not finding.places):
            code = finding.evidence["rule"]
            undone[_step(code)] = f"the rule {code} failed"
        elif here in finding.places:
            for number in _steps(finding):
                told.setdefault(number, []).append(finding)
    for number, title in STEPS.items():
        found = told.get(number, [])
        bad = [each for each in found if _fails(each, number)]
        detail = "; ".join(f"{each.code} {each.name}: {each.message}" for each in bad or found)
        if bad:
            outcome = Outcome.FAILED
        elif number in undone or any(each.code in _OPEN for each in found):
            outcome, detail = Outcome.NOT_DONE, undone.get(number, detail)
        else:
            outcome = Outcome.PASSED
            if number == 13 and seen is None:
                seen = among(evidence.ledger)
            detail = detail or _judged_by(evidence, entry, number, above, seen)
        yield Step(number=number, title=title, outcome=outcome, detail=detail)


def _step(code: str) -> int:
    rule = RULES.get(code)  # rules of others belong to no step of a gate
    return _ALSO.get(code) or (rule.step if rule else None) or 14


def _steps(finding: Finding) -> tuple[int, ...]:
    """The steps that a finding is about."""
    if finding.code == "ECT302":
        return 13, 14  # its jti was seen, in another token
    if finding.code == "ECT408" and "iat" in finding.evidence:
        return (10,)  # one rule tells all three ways to be outside one's time
    return (_step(finding.code),)


def _is_error(severity: Severity) -> bool:
    return severity.rank >= Severity.ERROR.rank


def _fails(finding: Finding, number: int) -> bool:
    """Whether a finding fails its step; no policy makes a signature good that is not."""
    rule = RULES.get(finding.code)
    unlawful = number in _OF_KEYS and rule is not None and _is_error(rule.severity)
    return unlawful or _is_error(finding.severity)


def _undone(evidence: Evidence, entry: Entry, token: Token, above: Lineage) -> dict[int, str]:
    """The steps that were not done, and why; some of them failed, and then that is what counts."""
    why = _of_signature(entry, token) or _of_key(evidence, entry, token)
    if evidence.policy.audience is None:
        why[8] = "no audience given"
    elif not token.aud:
        why[8] = "the token has no usable aud"
    if evidence.policy.at is None and recorded(entry) is None:
        why |= dict.fromkeys((9, 10), "no time of recording is stated, and none given with --at")
    else:
        why |= {9: "the token has no usable exp"} if token.exp is None else {}
        why |= {10: "the token has no usable iat"} if token.iat is None else {}
    if any(problem.where in _PARENTS for problem in entry.problems):
        why[14] = "its list of parents cannot be read"
    elif above.doubtful:
        doubtful = (
            f"{'' if above.exact else 'at least '}{above.doubtful:,} of {above.size} in doubt"
        )
        why[14] = f"{doubtful}: without a record, not verified, or with errors"
    if entry.record.source not in evidence.chained:
        why[15] = "its source is no hash chain that holds"
    elif evidence.comparison is not None and not evidence.comparison.intact:
        why[15] = "the ledger is not what the checkpoint saw"
    if evidence.ledger.earlier:
        why |= dict.fromkeys((13, 14, 15), "what the checkpoint saw was not read again")
    return why


def _of_signature(entry: Entry, token: Token) -> dict[int, str]:
    """The steps that need a header and a signature, and were not done; none where a key signed."""
    trust = entry.trust
    damaged = all(problem.kind != "bad-signature" for problem in entry.problems)
    cases = (
        (token.level == "L1", 2, "the token is unsigned (level L1)"),
        (token.header is None, 2, "the header cannot be read"),
        (trust is Trust.UNCHECKED, 4, "no keys were given"),
        (trust is Trust.UNSUPPORTED, 4, "a token of this kind was not looked at"),
        (trust is Trust.UNKNOWN_KEY, 4, "no key was found for it"),
        (entry.key is None and damaged, 4, "its bytes are damaged, so no signature was checked"),
        (entry.key is None, 5, "no given key made this signature"),
    )
    first, why = next(((first, why) for holds, first, why in cases if holds), (_OF_KEYS.stop, ""))
    return dict.fromkeys(range(first, _OF_KEYS.stop), why)


def _of_key(evidence: Evidence, entry: Entry, token: Token) -> dict[int, str]:
    """What was not asked of the key that made the signature, and why not."""
    if entry.key is None or evidence.ring is None:
        return {}
    key = evidence.ring.keys[entry.key]
    undone: dict[int, str] = {}
    if token.iat is None and key.has_window:
        undone = dict.fromkeys((5, 7), "the token has no usable iat")
    elif token.iss is None and key.iss is not None:
        undone = dict.fromkeys((5, 7), "the token has no usable iss")
    elif any(problem.kind == "key-not-valid-then" for problem in entry.problems):
        undone = {7: "the key was not good then"}
    if not key.has_window:
        undone[5] = "the key set does not say when the key was good"
    if key.iss is None:
        undone[7] = "the key set does not say whose key it is"
    return undone


def _judged_by(
    evidence: Evidence, entry: Entry, number: int, above: Lineage, seen: str | None
) -> str:
    """What a step that was passed was judged by."""
    token, policy = entry.token or Token(), evidence.policy
    at = recorded(entry) if policy.at is None else policy.at
    when = "" if at is None else f"judged at {labels.time(at)}"
    known, owner = _key(evidence, entry)
    parents = labels.count(len(token.parents), "parent")
    ancestors = f"{parents}, {above.size}, all verified"
    return {
        2: token.typ or "",
        3: token.alg or "",
        4: known,
        7: owner,
        8: policy.audience or "",
        9: when,
        10: when,
        13: seen or "",
        14: ancestors if token.parents else "a root, no parents",
        15: ("" if entry.seq is None else f"as number {entry.seq} ") + "of a hash chain that holds",
    }.get(number, "")


def _key(evidence: Evidence, entry: Entry) -> tuple[str, str]:
    """(how the key is known, whose it is) of the key that made the signature."""
    token = entry.token or Token()
    if entry.key is None or evidence.ring is None:
        return f"kid {token.kid!r}", ""
    key = evidence.ring.keys[entry.key]
    as_given = ", by a certificate taken as given" if key.certificate and not key.root else ""
    return f"kid {key.kid!r} of {key.source}", f"{key.iss}{as_given}"


def among(ledger: Ledger) -> str:
    """Where a token would have been seen before."""
    unread = sum(entry.token is None for entry in ledger)
    but = f"; {labels.count(unread, 'record')} here could not be read" if unread else ""
    if any(source.problems for source in ledger.inputs):
        but += "; there is more in the sources, which could not be read"
    return f"among {labels.count(len(ledger) - unread, 'token')} here{but}"
