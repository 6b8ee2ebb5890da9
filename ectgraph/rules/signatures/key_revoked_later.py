"""Tokens that were signed before their key was revoked."""

from __future__ import annotations

from collections.abc import Iterator

from ectgraph import labels
from ectgraph.integrity import recorded
from ectgraph.keys import Key
from ectgraph.model import Place
from ectgraph.rule import Evidence, Hit, Severity, Trust, ledger_rule


@ledger_rule(
    "ECT210",
    "key-revoked-later",
    Severity.NOTE,
    cites="draft-00 §6, docs/formats.md",
    advice="Ask when the key was really lost; re-examine these tasks and all that build on them.",
    baseline=False,
    good=("a@0",),
    bad=("a@0; b@5<a; !revoked=60",),
)
def check(evidence: Evidence) -> Iterator[Hit]:
    """A key that was revoked later has signed tokens that verify. One finding for each key.

    They are of a time at which the key was good, and a revocation does not reach back. But it
    comes after the loss, and the `iat` of a token is the word of whoever holds the key: a thief
    can date a token to before the revocation. What builds on such a task was built in good faith,
    and is no better than the task. Tokens that were recorded only after the revocation are told
    apart, as a warning: nothing but their own word says that they are older.
    """
    if evidence.ring is None:
        return
    signed: dict[int, list[int]] = {}
    for position, entry in enumerate(evidence.ledger):
        if entry.key is not None and entry.trust is Trust.VERIFIED:
            signed.setdefault(entry.key, []).append(position)
    for number, key in enumerate(evidence.ring.keys):
        if key.revoked_at is not None and number in signed:
            times = {position: recorded(evidence.ledger[position]) for position in signed[number]}
            late = [p for p, time in times.items() if time is not None and time >= key.revoked_at]
            if late:
                yield _recorded_after(key, late)
            positions = [position for position in signed[number] if position not in set(late)]
            if not positions:
                continue
            built = _built_on(evidence, positions)
            tokens = labels.count(len(positions), "token")
            yield Hit(
                f"the key {key.kid!r} was revoked from {labels.time(key.revoked_at)} on; "
                f"before that it signed {tokens} here, and {built:,} other tasks build on that",
                evidence={
                    "kid": key.kid,
                    "thumbprint": key.thumbprint,
                    "revoked_at": key.revoked_at,
                    "tokens": len(positions),
                    "built_on": built,
                },
                witness=f"{key.thumbprint} {key.kid} {key.revoked_at}",
                records=tuple(positions),
                place=Place(key.source),
            )


def _recorded_after(key: Key, positions: list[int]) -> Hit:
    """Tokens that say they are older than the revocation, and were recorded after it."""
    tokens = labels.count(len(positions), "token")
    return Hit(
        f"the key {key.kid!r} was revoked from {labels.time(key.revoked_at or 0)} on, and {tokens} "
        "of before that were recorded only after it",
        evidence={
            "kid": key.kid,
            "thumbprint": key.thumbprint,
            "revoked_at": key.revoked_at,
            "tokens": len(positions),
        },
        witness=f"{key.thumbprint} {key.kid} {key.revoked_at} late",
        records=tuple(positions),
        place=Place(key.source),
        severity=Severity.WARNING,
    )


def _built_on(evidence: Evidence, positions: list[int]) -> int:
    """How many other tasks build on those of some entries, directly or not."""
    import networkx as nx  # noqa: PLC0415  # workers never need it

    ledger = evidence.ledger
    tokens = [ledger[position].token for position in positions]
    nodes = [ledger.node(token.jti, token.wid) for token in tokens if token and token.jti]
    sources = {node for node in nodes if node is not None}
    return sum(map(len, nx.bfs_layers(evidence.graph, sources))) - len(sources)
