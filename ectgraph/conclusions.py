"""What a lint established and what it did not, in sentences; each follows from figures."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

from ectgraph.labels import count
from ectgraph.model import Finding, Summary
from ectgraph.rule import BROKEN, Evidence

Sentences = tuple[str, ...]


def conclude(
    evidence: Evidence, summary: Summary, findings: Sequence[Finding], rules: Container[str]
) -> tuple[Sentences, Sentences]:
    """(established, not established). Ignored findings still keep a fact from being established.

    Args:
        evidence: what was judged.
        summary: its figures.
        findings: all findings.
        rules: codes of the rules that ran; what no rule looked for is not established.

    """
    codes = {finding.code for finding in findings}
    silent = {code for code in _TOLD_BY_ABSENCE if code in rules and code not in codes}
    established = tuple(_established(evidence, summary, set() if BROKEN in codes else silent))
    return established, tuple(_not_established(evidence, summary, codes))


_TOLD_BY_ABSENCE = ("ECT301", "ECT302", "ECT304", "ECT305", "ECT401")
"""Rules whose silence establishes something."""


def _established(evidence: Evidence, summary: Summary, silent: set[str]) -> Iterator[str]:
    """What follows from figures, and from the silence of rules."""
    if not summary.records:
        return
    records, tokens = count(summary.records, "record"), count(summary.tokens, "token")
    yield f"{records} read to the last byte: {tokens}, {summary.unreadable:,} unreadable."
    verified = summary.trust["verified"]
    if verified:
        keys = count(len(evidence.ring.keys) if evidence.ring else 0, "given key")
        who = "The signature" if summary.tokens == 1 else "All signatures"
        if verified < summary.tokens:
            who = f"{verified:,} of {count(summary.tokens, 'signature')}"
        yield f"{who} verified (ES256, {keys})."
        if _keys_are_bound(evidence):
            yield "Each verified token was signed with a key of the issuer that it names."
    # What could not be read may break every rule there is.
    among = "Among the tokens that were read: " if summary.unreadable else ""
    for sentence in _of_graph(evidence, summary, silent) if summary.tasks else ():
        yield among + (sentence[0].lower() + sentence[1:] if among else sentence)


def _of_graph(evidence: Evidence, summary: Summary, silent: set[str]) -> Iterator[str]:
    tasks, links = count(summary.tasks, "task"), count(summary.edges, "parent link")
    if silent >= {"ECT304", "ECT305"}:
        yield f"No task is its own ancestor: {tasks}, {links}, depth {summary.depth:,}."
    if not summary.missing and summary.edges:
        yield "Every parent that a task names has a record here."
    if silent >= {"ECT301", "ECT302"}:
        yield "No task is recorded twice, and none in two versions."
    untimed, recorded = order_unknown(evidence)
    if "ECT401" in silent and recorded > untimed:
        which = f", in {count(recorded - untimed, 'link')} with both times" if untimed else ""
        yield (
            f"No task was issued before its parents{which} "
            f"({evidence.policy.skew} s of skew allowed)."
        )


def order_unknown(evidence: Evidence) -> tuple[int, int]:
    """(parent links that lack the time of one end, all links) between tasks with a record."""
    issued = evidence.values("iat")
    tasks = evidence.ledger.tasks
    if None not in issued.values():
        return 0, evidence.graph.number_of_edges()
    links = [link for link in evidence.graph.edges if link[0] in tasks]
    return sum(None in (issued[parent], issued[child]) for parent, child in links), len(links)


def _not_established(evidence: Evidence, summary: Summary, codes: set[str]) -> Iterator[str]:
    if not summary.records:
        yield "Anything: there is no record."
        return
    yield from _doubts(summary, codes)
    untimed, _ = order_unknown(evidence)
    if untimed:
        yield f"The order in time of {count(untimed, 'parent link')}: a time is not known."
    if summary.trust["verified"] and not _keys_are_bound(evidence):
        yield "That each key belongs to the issuer that its tokens name."
    entries = evidence.ledger.entries
    if any(entry.seq is not None or entry.prev_hash is not None for entry in entries):
        yield "That the ledger's sequence and hash chain hold: this version does not check them."
    yield "That the ledger is complete: entries cut off its end, or never written, leave no trace."
    yield "That the tasks were done as told: a signature shows who claims it, not that it happened."


def _keys_are_bound(evidence: Evidence) -> bool:
    """Whether the key set says of every key whose it is; then a verified token is its issuer's."""
    return evidence.ring is not None and all(key.iss for key in evidence.ring.keys)


def _doubts(summary: Summary, codes: set[str]) -> Iterator[str]:
    """What findings leave open."""
    if summary.unreadable:
        yield f"What {count(summary.unreadable, 'unreadable record')} said."
    for kind, reason in _REASONS.items():
        if summary.trust[kind]:
            yield f"Who wrote {count(summary.trust[kind], 'token')}: {reason}."
    doubtful = summary.tokens - summary.trust["verified"]
    if doubtful and summary.edges:
        claims = count(doubtful, "token claims", "tokens claim")
        yield f"That the tasks hang together as shown: the graph holds what {claims} unverified."
    if summary.missing:
        missing = count(summary.missing, "named parent has", "named parents have")
        yield f"The lineage beyond this ledger: {missing} no record here."
    if codes & {"ECT304", "ECT305"}:
        yield "An order of all tasks: some build on themselves."
    if BROKEN in codes:
        yield "What the failed rules look for."
    if summary.findings["ignored"]:
        ignored = count(summary.findings["ignored"], "finding does", "findings do")
        yield f"That all is well: {ignored} not count, by request."


_REASONS = {
    "unchecked": "no keys were given, so no signature was checked",
    "invalid": "the signature does not fit, or the bytes have two readings",
    "unknown_key": "no given key has the kid named",
    "unsupported": "not marked as an ECT, or signed in a way that is not allowed",
    "unsigned": "without a signature",
}
