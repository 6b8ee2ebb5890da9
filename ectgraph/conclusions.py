"""What a lint established and what it did not, in sentences; each follows from figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Sequence
from typing import Any

from ectgraph import escape
from ectgraph.checkpoint import Comparison
from ectgraph.integrity import recorded
from ectgraph.labels import count, some
from ectgraph.ledger import Ledger
from ectgraph.model import Finding, Summary, Trust
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


_TOLD_BY_ABSENCE = frozenset(
    {"ECT301", "ECT302", "ECT304", "ECT305", "ECT401", "ECT711", "ECT712", "ECT713", "ECT803"}
)
"""Rules whose silence establishes something."""


def _established(evidence: Evidence, summary: Summary, silent: set[str]) -> Iterator[str]:
    """What follows from figures, and from the silence of rules."""
    if not summary.records:
        return
    records, tokens = count(summary.records, "record"), count(summary.tokens, "token")
    if evidence.ledger.earlier:
        context = evidence.ledger.context
        new = count(summary.records - context, "record")
        records = f"{new} after the checkpoint, {context:,} before,"
    is_whole = not any(each.problems or each.changed for each in evidence.ledger.inputs)
    to_the_end = " to the last byte" if is_whole else ""
    yield f"{records} read{to_the_end}: {tokens}, {summary.unreadable:,} unreadable."
    verified = summary.trust["verified"]
    if verified:
        keys = count(len(evidence.ring.keys) if evidence.ring else 0, "given key")
        who = "The signature" if summary.tokens == 1 else "All signatures"
        if verified < summary.tokens:
            who = f"{verified:,} of {count(summary.tokens, 'signature')}"
        yield f"{who} verified ({', '.join(_algorithms(evidence))}, {keys})."
        if _keys_are_bound(evidence):
            yield "Each verified token was signed with a key of the issuer that it names."
    yield from _of_chains(evidence)
    if evidence.comparison is not None:
        yield from _since_checkpoint(evidence.comparison)
    # What could not be read, or was not read again, may break every rule there is.
    is_part = summary.unreadable or evidence.ledger.earlier
    among = "Among the tokens that were read: " if is_part else ""
    for sentence in _of_graph(evidence, summary, silent) if summary.tasks else ():
        yield among + (sentence[0].lower() + sentence[1:] if among else sentence)


def _algorithms(evidence: Evidence) -> list[str]:
    """The algorithms of the signatures that verified."""
    entries = evidence.ledger.entries
    found = {entry.token.alg for entry in entries if entry.token and entry.trust is Trust.VERIFIED}
    return sorted(name for name in found if name is not None)


def _of_chains(evidence: Evidence) -> Iterator[str]:
    """What the sources say of their own order."""
    sound = [each for each in evidence.sections if each.source in evidence.chained]
    if not sound:
        return
    context = evidence.ledger.context
    number = sum(position >= context for each in sound for position in each.positions)
    if not number:  # nothing came after the checkpoint
        return
    entries = count(number, "entry", "entries")
    if evidence.ledger.earlier:
        entries = f"the {entries} after the checkpoint"
    which = "The hash chain holds" if len(evidence.sections) == 1 else "Hash chains hold"
    where = "" if len(evidence.sections) == 1 else f" ({_files([each.source for each in sound])})"
    numbered = ", numbered without a gap" if all(each.numbered for each in sound) else ""
    yield f"{which}{where}: each of {entries} names the one before it{numbered}."


def _since_checkpoint(comparison: Comparison) -> Iterator[str]:
    """What a checkpoint shows."""
    if comparison.intact:
        then = count(comparison.checkpoint.entries, "record")
        added = count(comparison.entries - comparison.checkpoint.entries, "record")
        name = _files([comparison.name])
        yield (
            f"Nothing was cut off or changed since the checkpoint {name}: its {then} are here byte "
            f"for byte, and {added} after them."
        )


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
    yield from _of_policy(evidence, silent)
    if evidence.artifacts is not None and "ECT803" in silent:
        folder = _files([evidence.artifacts.folder])
        yield f"Each hash that a token states is that of a file in {folder}."


def _of_policy(evidence: Evidence, silent: set[str]) -> Iterator[str]:
    """What the workflow policy asks for and nothing spoke against."""
    policy = evidence.policy
    if policy.agents and "ECT711" in silent:
        yield "Each agent did only what the policy lets it do."
    number = _steps(evidence)
    which = f"Each of {count(number, 'step')} that the policy speaks of"
    if number and any(step.after is not None for step in policy.steps) and "ECT712" in silent:
        yield f"{which} follows only what it may follow."
    if number and any(step.needs for step in policy.steps) and "ECT713" in silent:
        yield f"{which} has what it needs before it."


def _steps(evidence: Evidence) -> int:
    """How many tasks are steps that the workflow policy speaks of."""
    policy = evidence.policy
    acts = Counter(evidence.values("exec_act").values()) if policy.steps else Counter[Any]()
    return sum(number for act, number in acts.items() if act is not None and policy.steps_of(act))


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
    ledger = evidence.ledger
    yield from _doubts(summary, codes)
    untimed, _ = order_unknown(evidence)
    if untimed:
        yield f"The order in time of {count(untimed, 'parent link')}: a time is not known."
    if summary.trust["verified"] and not _keys_are_bound(evidence):
        yield "That each key belongs to the issuer that its tokens name."
    if evidence.ring is not None and evidence.ring.anchored is False:
        yield "That the certificates are genuine: they were taken as given, without --roots."
    yield from _sources(evidence)
    comparison = evidence.comparison
    if comparison is not None and ledger.earlier:
        yield from _not_read_again(comparison, ledger)
    elif comparison is not None and comparison.refused:
        yield f"Anything by the checkpoint's word: {comparison.refused}, so all was verified."
    if comparison is not None and comparison.intact:
        cut = "entries cut off after the checkpoint, or never written, leave no trace"
    else:
        cut = "entries cut off its end, or never written, leave no trace"
    yield f"That the ledger is complete: {cut}."
    yield "That the tasks were done as told: a signature shows who claims it, not that it happened."


def _not_read_again(comparison: Comparison, ledger: Ledger) -> Iterator[str]:
    """What a lint that began at a checkpoint passed over."""
    found = comparison.checkpoint.findings
    then = ", ".join(count(number, kind) for kind, number in found.items() if number)
    yield (
        f"Anything about the first {count(ledger.earlier, 'record')} but their bytes: they were "
        f"verified for the checkpoint, which found {then or 'nothing'}. "
        f"{ledger.context:,} of them were read again, as new ones have to do with them."
    )
    yield (
        "What shows only in the whole ledger: drafts, signatures and keys beside each other "
        "(ECT008, ECT207, ECT208, ECT210), how it hangs together (ECT310, ECT503, ECT704), and how "
        "deep the lineage is (ECT501, ECT504)."
    )


def _sources(evidence: Evidence) -> Iterator[str]:
    """What the sources leave open."""
    ledger = evidence.ledger
    for what, sources in (
        ("not read, as plainly no ledger", _named(ledger, "other")),
        ("not all of it could be read", _named(ledger, "problems")),
        ("somebody wrote to it while it was read", _named(ledger, "changed")),
    ):
        if sources:
            yield f"What else is in {_files(sources)}: {what}."
    timeless = sum(
        entry.recorded_at not in (None, "") and recorded(entry) is None for entry in ledger.entries
    )
    if timeless:
        entries = count(timeless, "entry was", "entries were")
        yield f"When {entries} recorded: the time is none, or has no offset."
    if evidence.policy.steps and not _steps(evidence):
        yield "That the policy is meant for this ledger: no task is a step that it speaks of."
    artifacts = evidence.artifacts
    if artifacts is not None and artifacts.unread:
        unread = count(len(artifacts.unread), "file, link or pipe", "files, links and pipes")
        folder = _files([artifacts.folder])
        yield f"Whether a hash is that of one of {unread} in {folder} that were not read."
    loose = [each.source for each in evidence.sections if not each.chained]
    broken = [
        each.source
        for each in evidence.sections
        if each.chained and each.source not in evidence.chained
    ]
    if broken:
        yield f"That {_files(broken)} is as it was written: its hash chain does not hold."
    if loose:
        yield f"That nothing was taken out of {_files(loose)}, or put in: there is no hash chain."


def _files(names: Sequence[str]) -> str:
    """Some names of files, which may hold anything, as text that every output can."""
    return some([escape.terminal(name) for name in names])


def _named(ledger: Ledger, what: str) -> list[str]:
    """The sources of which something holds."""
    if what == "other":
        return [
            each.source for each in ledger.inputs if each.format == "other" and not each.problems
        ]
    return [each.source for each in ledger.inputs if getattr(each, what)]


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
    if summary.findings["known"]:
        known = count(summary.findings["known"], "finding does", "findings do")
        yield f"That all is well: {known} not count, being known by the baseline."


_REASONS = {
    "unchecked": "no keys were given, so no signature was checked",
    "invalid": "the signature does not fit, was not the key's to make, or the bytes read two ways",
    "unknown_key": "no given key has the kid named",
    "unsupported": "not marked as an ECT, or signed in a way that is not allowed",
    "unsigned": "without a signature",
}
