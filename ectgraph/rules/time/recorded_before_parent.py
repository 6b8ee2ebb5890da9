"""A task that was recorded before its parent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from ectgraph import labels
from ectgraph.integrity import recorded
from ectgraph.ledger import Ledger
from ectgraph.model import Entry
from ectgraph.rule import Evidence, Hit, Severity, Token, ledger_rule

_Earliest: TypeAlias = dict[tuple[str, str], tuple[float, int]]
"""(number or time, position) of a task's first record, by ledger and by which of the two it is."""


@ledger_rule(
    "ECT407",
    "recorded-before-parent",
    Severity.WARNING,
    cites="draft-00 §6, §7; policy: skew",
    advice="Ask why the parent came in later: a queue explains it, making it up later does too.",
    good=(
        "a@0; b@5<a; !chained",
        "b@5<a; a@0",
        "b@5<a; a@0 recorded=99",
        "b@0<a recorded=0; a@0 recorded=30",
    ),
    bad=(
        "b@5<a; a@0; !chained",
        'b@5<a recorded=6 entry={"seq":1}; a@0 recorded=6 entry={"seq":2}',
        "b@0<a recorded=0; a@0 recorded=31",
    ),
)
def check(evidence: Evidence) -> Iterator[Hit]:
    """The ledger took a task in before one of its parents: by its own numbers, else by its times.

    A gate lets a task in when its parents are there. One that came first was never checked against
    them; and a parent that came later may have been made up to justify it. Agents that record by
    way of queues, each at its own pace, look the same.

    Only entries of one ledger are compared, and of a parent with several records the earliest
    counts. The order of the lines alone says nothing.
    """
    ledger = evidence.ledger
    tasks, node = ledger.tasks, ledger.node
    several: dict[str, _Earliest] = {}
    told: set[tuple[str, str, tuple[str, float, float]]] = set()
    for position, entry in enumerate(ledger.entries):
        token = entry.token
        if token is None or token.jti is None or not token.parents:
            continue
        if entry.seq is None and entry.recorded_at is None:
            continue
        for parent in _to_compare(ledger, entry, token):
            child = node(token.jti, token.wid) or ""
            if parent == child:
                continue
            first = several.get(parent)
            if first is None:
                first = _earliest(evidence, parent)
                if len(tasks[parent]) > 1:
                    several[parent] = first
            skew = evidence.policy.of(token.wid).skew
            gap = _gap(evidence, entry, first, skew)
            if gap is None or (child, parent, gap[:3]) in told:  # told of a copy in another file
                continue
            told.add((child, parent, gap[:3]))
            what, own, later, other = gap
            (jti,), is_one = evidence.jtis([parent]), len(tasks[child]) == 1
            yield Hit(
                _said(evidence.name(parent), what, own, later, skew),
                child,
                related=(parent,),
                records=(position, other),
                evidence={what: own, f"parent_{what}": later, "gap": later - own}
                | ({"skew": skew} if what == "recorded" else {}),
                witness=jti if is_one else f"{jti} {entry.record.sha256}",
            )


def _to_compare(ledger: Ledger, entry: Entry, token: Token) -> list[str]:
    """The parents of an entry that its number alone does not show to have come before it."""
    entries, tasks = ledger.entries, ledger.tasks
    found = []
    for parent in dict.fromkeys([ledger.node(jti, token.wid) for jti in token.parents]):
        if parent is not None:
            above = tasks[parent]
            if len(above) > 1 or not _is_numbered_before(entries[above[0]], entry):
                found.append(parent)
    return found


def _is_numbered_before(parent: Entry, child: Entry) -> bool:
    """Whether the numbers of one source settle it, as they nearly always do; else not known."""
    return (
        parent.seq is not None
        and child.seq is not None
        and parent.seq <= child.seq
        and parent.record.source == child.record.source
    )


def _earliest(evidence: Evidence, task: str) -> _Earliest:
    """Where the records of a task come first, in each ledger."""
    found: _Earliest = {}
    for position in evidence.ledger.tasks[task]:
        entry = evidence.ledger[position]
        name = evidence.ledgers.get(entry.record.source, "")
        for what, value in (("seq", entry.seq), ("recorded", recorded(entry))):
            if value is not None:
                here = value, position
                found[name, what] = min(found.get((name, what), here), here)
    return found


def _gap(
    evidence: Evidence, entry: Entry, parent: _Earliest, skew: int
) -> tuple[str, float, float, int] | None:
    """(what was compared, an entry's, the parent's, where that is), if the parent came later."""
    name = evidence.ledgers.get(entry.record.source, "")
    own: tuple[tuple[str, float | None, int], ...] = (
        ("seq", entry.seq, 0),
        ("recorded", recorded(entry), skew),
    )
    for what, value, slack in own:
        above = parent.get((name, what))
        if value is not None and above is not None:
            later, position = above
            return (what, value, later, position) if value + slack < later else None
    return None


def _said(parent: str, what: str, own: float, later: float, skew: int) -> str:
    if what == "seq":
        return f"it was recorded before its parent {parent}: as entry {own}, that as entry {later}"
    return (
        f"it was recorded {labels.seconds(later - own)} before its parent {parent} "
        f"({labels.time(own)}, the parent {labels.time(later)}; skew allowed: {skew} s)"
    )
