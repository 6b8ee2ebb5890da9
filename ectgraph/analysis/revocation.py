"""What if a key had been revoked: the same evidence, as that revocation would have it.

Nothing is decided here. The records that the key could have to do with are examined again, as the
loader examined them, and what depends on keys is taken from that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from msgspec.structs import replace

from ectgraph import escape
from ectgraph.collector import paused
from ectgraph.errors import EctgraphError
from ectgraph.examiner import Examiner
from ectgraph.ledger import Ledger
from ectgraph.linter import catalogue
from ectgraph.model import Entry, Trust
from ectgraph.rule import Evidence

_BATCH = 2000
"""Records examined at a time; a bound for the values that their tokens share."""


def revoked(evidence: Evidence, kid: str, at: float) -> Evidence:
    """The evidence as it would be, had the keys of a name been revoked from a time on.

    It is what loading the same bytes with the revoked keys gives, for a fraction of the time: only
    the records whose token names such a key are examined again. What was given stays as it is.

    Args:
        evidence: what was loaded.
        kid: the name of the keys.
        at: seconds since 1970; keys that were revoked before that stay so.

    Raises:
        EctgraphError: no keys were given, none has this name, `at` is no time, or the bytes of a
            record can no longer be read.

    >>> from ectgraph.testing import EPOCH, sketch
    >>> evidence = sketch("a@0; b@60<a").evidence()
    >>> [entry.trust.value for entry in revoked(evidence, "agent-a", EPOCH + 30).ledger]
    ['verified', 'invalid']

    """
    if evidence.ring is None:
        message = f"no keys were given, so {escape.terminal(repr(kid), 80)} cannot be revoked"
        raise EctgraphError(message)
    ring = evidence.ring.revoke(kid, at)
    pairs = zip(evidence.ring.keys, ring.keys, strict=True)
    names = frozenset(key.kid for before, key in pairs if key != before)
    examiner = Examiner(ring, evidence.policy, catalogue(evidence.rules).judge)
    old = evidence.ledger
    with paused():
        ledger = Ledger(_again(old, examiner, lambda entry: _kid(entry) in names), old.inputs)
    ledger.earlier, ledger.context = old.earlier, old.context
    return Evidence(
        ledger,
        ring,
        evidence.policy,
        evidence.comparison,
        evidence.artifacts,
        rules=evidence.rules,
    )


def _kid(entry: Entry) -> str | None:
    return None if entry.token is None else entry.token.kid


def _again(
    ledger: Ledger, examiner: Examiner, concerned: Callable[[Entry], bool]
) -> Iterator[Entry]:
    """The entries, those that are concerned with what another examination says of their keys.

    What a token says does not depend on keys, and an entry may know more of it than its bytes tell
    (see `resume`), so that is kept.
    """
    entries = iter(ledger)
    while batch := list(islice(entries, _BATCH)):
        chosen = [entry for entry in batch if concerned(entry)]
        records = ((entry.record, entry.record.body) for entry in chosen)
        bodies = [(body, len(body), record.beside, record.torn) for record, body in records]
        facts = iter(examiner.examine_all(bodies))
        for entry in batch:
            if not concerned(entry):
                yield entry
                continue
            new = next(facts)
            yield replace(
                entry,
                trust=new.trust,
                problems=new.problems,
                hits=new.hits,
                key=new.key,
                high_s=new.high_s,
            )


@dataclass(frozen=True, kw_only=True)
class Fallen:
    """What no longer verifies."""

    positions: tuple[int, ...]
    """Of the entries that verified, and would not."""
    tasks: tuple[str, ...]
    """The tasks that they record, in the order of the ledger."""


def fallen(before: Ledger, after: Ledger) -> Fallen:
    """The entries that verified before and do not after, and their tasks.

    >>> from ectgraph.testing import EPOCH, sketch
    >>> evidence = sketch("a@0; b@60<a").evidence()
    >>> fallen(evidence.ledger, revoked(evidence, "agent-a", EPOCH + 30).ledger).positions
    (1,)
    """
    positions = tuple(
        position
        for position, (old, new) in enumerate(zip(before, after, strict=True))
        if old.trust is Trust.VERIFIED and new.trust is not Trust.VERIFIED
    )
    tokens = [before[position].token for position in positions]
    tasks = [before.node(token.jti, token.wid) for token in tokens if token and token.jti]
    return Fallen(
        positions=positions, tasks=tuple(dict.fromkeys(task for task in tasks if task is not None))
    )
