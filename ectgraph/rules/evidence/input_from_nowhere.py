"""An input that came out of none of the parents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from ectgraph import labels
from ectgraph.encoding import hash_bytes, hash_of
from ectgraph.rule import Evidence, Hit, Severity, ledger_rule

MOST = 20
"""Parents that a finding names."""

_Made: TypeAlias = dict[int, dict[bytes, str]]
"""Hashes of what came out, with how they were stated, by their number of bytes."""

_EARLY = "sub=spiffe://example.com/agent/agent-a"
_DRAFT, _OTHER = hash_of(b"a draft"), hash_of(b"another draft")


@ledger_rule(
    "ECT801",
    "input-from-nowhere",
    Severity.WARNING,
    cites="draft-00 §4 (inp_hash, out_hash), §6",
    advice="Get the input, and compare it with what the parents made; else ask where it came from.",
    good=(
        f"a@0 out_hash={_DRAFT}; b@5<a inp_hash={_DRAFT}",
        f"a@0 out_hash={_DRAFT}; b@5<a inp_hash=sha-256:{_DRAFT} {_EARLY}",
        f"a@0; b@5<a inp_hash={_DRAFT}",
        f"a@0 out_hash={_OTHER}; b@1<a out_hash={_DRAFT}; c@5<a,b inp_hash={_DRAFT}",
    ),
    bad=(
        f"a@0 out_hash={_OTHER}; b@5<a inp_hash={_DRAFT}",
        f"a@0 out_hash={_OTHER}; b@1<a out_hash={_OTHER}; c@5<a,b inp_hash={_DRAFT}",
    ),
)
def check(evidence: Evidence) -> Iterator[Hit]:
    """A task states what went in, all its parents state what they made, and these differ.

    The parent links say that work was handed on; the hashes say what. Where they part, the task
    worked on something else than what its parents made: something exchanged on the way, or
    slipped in by whoever has no token to show for it. An input that is made of several, or holds
    more than what the parents made (a prompt around a text, say), has a hash of its own and looks
    the same.

    Told only where every parent has a record and states an `out_hash` of the same algorithm; the
    two ways to write SHA-256 are one. Of a parent in several versions, what any of them states
    counts.
    """
    ledger = evidence.ledger
    several: dict[str, _Made] = {}
    for child, positions in ledger.tasks.items():
        told: set[bytes] = set()
        for position in positions:
            token = ledger[position].token
            if token is None or token.inp_hash is None or not token.parents:
                continue
            taken = hash_bytes(token.inp_hash)
            # The parents of earlier tasks, before a checkpoint, were not all read again.
            if taken is None or taken in told or position < ledger.context:
                continue
            parents = dict.fromkeys(ledger.node(jti, token.wid) for jti in token.parents)
            parents.pop(child, None)
            made = [_made(evidence, parent, several).get(len(taken)) for parent in parents]
            if not made or any(not each or taken in each for each in made):
                continue
            told.add(taken)
            yield Hit(
                _said([evidence.name(parent) for parent in parents if parent is not None]),
                child,
                related=tuple(parent for parent in parents if parent is not None)[:MOST],
                records=(position,),
                evidence={
                    "inp_hash": token.inp_hash,
                    "parents": len(made),
                    "out_hashes": [next(iter(each.values())) for each in made[:MOST] if each],
                },
                witness=token.inp_hash,
            )


def _made(evidence: Evidence, task: str | None, several: dict[str, _Made]) -> _Made:
    """What a task states that came out; nothing of one that has no record."""
    if task is None:
        return {}
    found = several.get(task)
    if found is None:
        found = {}
        entries = evidence.ledger.entries_of(task)
        for entry in entries:
            stated = entry.token.out_hash if entry.token else None
            out = None if stated is None else hash_bytes(stated)
            if stated is not None and out is not None:
                found.setdefault(len(out), {}).setdefault(out, stated)
        if len(entries) > 1:
            several[task] = found
    return found


def _said(parents: list[str]) -> str:
    if len(parents) == 1:
        return f"what went in is not what came out of its parent {parents[0]}"
    return (
        f"what went in came out of none of its {len(parents)} parents ({labels.some(parents)}); "
        "what is made of several of them looks the same"
    )
