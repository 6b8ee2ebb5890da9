"""A hash that no artefact has."""

from __future__ import annotations

from collections.abc import Iterator

from ectgraph import labels
from ectgraph.encoding import hash_bytes, hash_of
from ectgraph.rule import Evidence, Hit, Severity, ledger_rule

MOST = 20
"""Records that a finding names."""

_WAYS = {
    ("inp_hash",): "went into",
    ("out_hash",): "came out of",
    ("inp_hash", "out_hash"): "went into, or came out of,",
}

_DRAFT, _OTHER = hash_of(b"draft"), hash_of(b"other")


@ledger_rule(
    "ECT803",
    "artefact-differs",
    Severity.ERROR,
    cites="draft-00 §4 (inp_hash, out_hash)",
    advice="Look for the file elsewhere; if the one that is there should be it, it was changed.",
    baseline=False,
    good=(
        f"a@0 out_hash={_DRAFT}; b@5<a inp_hash={_DRAFT}; !artifacts=other,draft",
        f"a@0 out_hash={_DRAFT}; b@5<a inp_hash={_DRAFT}",
        "a@0; !artifacts=draft",
    ),
    bad=(
        f"a@0 out_hash={_DRAFT}; !artifacts=other",
        f"a@0 out_hash={_DRAFT}; b@5<a inp_hash={_DRAFT} out_hash={_OTHER}; !artifacts=other",
    ),
)
def check(evidence: Evidence) -> Iterator[Hit]:
    """No file among the artefacts has a hash that a task states. One finding for each such hash.

    A hash binds a task to what it took in or made, byte for byte. A file that was changed
    afterwards, be it a single byte, no longer has it, and whoever swaps a contract or a data set
    after the fact is found out here. A file that is simply not in the folder looks the same, and
    so does one that was saved with other line ends or another encoding.

    Only with `--artifacts DIR`. Names of files play no part. A file that cannot be read may be the
    one.
    """
    artifacts, ledger = evidence.artifacts, evidence.ledger
    if artifacts is None:
        return
    lost: dict[bytes, list[tuple[str, int, str, str]]] = {}  # (task, position, claim, its text)
    for position, entry in enumerate(ledger):
        token = entry.token
        if token is None or not (token.inp_hash or token.out_hash):
            continue
        task = (ledger.node(token.jti, token.wid) if token.jti else None) or ""
        for claim, stated in (("inp_hash", token.inp_hash), ("out_hash", token.out_hash)):
            found = hash_bytes(stated) if stated else None
            if stated and found is not None and not artifacts.has(stated):
                lost.setdefault(found, []).append((task, position, claim, stated))
    readable = " that could be read" if artifacts.unread else ""
    for stating in lost.values():
        stating.sort()
        tasks = dict.fromkeys(task for task, *_ in stating)
        names = [evidence.name(task) if task else "a task without `jti`" for task in tasks]
        claims = sorted({claim for *_, claim, _ in stating})
        yield Hit(
            f"no file of {artifacts.folder}{readable} is what {_WAYS[tuple(claims)]} "
            f"{labels.some(names)}",
            records=tuple(dict.fromkeys(position for _, position, *_ in stating))[:MOST],
            evidence={"hash": stating[0][-1], "claims": claims, "tasks": len(tasks)},
            witness=stating[0][-1].rpartition(":")[2],
        )
