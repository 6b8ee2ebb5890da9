"""What two ledgers, or two copies of one, have otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ectgraph import labels
from ectgraph.analysis import diff as analysis
from ectgraph.analysis.changes import Change
from ectgraph.analysis.diff import KINDS, Diff, Difference, Kind
from ectgraph.columns import Column
from ectgraph.linter import place
from ectgraph.model import Entry, Trust
from ectgraph.questions.answer import Answer
from ectgraph.rule import Evidence

COLUMNS = (
    Column("kind", "category", "what differs: " + ", ".join(KINDS)),
    Column("jti", "text", "the task; none where a record has no `jti` that can be read"),
    Column("exec_act", "category", "what it did, as it says here, or else there"),
    Column("detail", "text", "what is otherwise, the first of it"),
    Column("place_here", "text", "where its record is, here"),
    Column("place_there", "text", "where its record is, there"),
    Column("iss", "category", "its agent, likewise"),
    Column("trust_here", "category", "what the signature came to, here"),
    Column("trust_there", "category", "what it came to, there"),
)

_TOLD = 4  # changes that a row tells
_FOLLOWS = frozenset({"seq", "prev_hash"})
_COUNTED = {
    "equivocation": ("task has", "tasks have", "another payload there than here"),
    "only-here": ("task is", "tasks are", "only here"),
    "only-there": ("task is", "tasks are", "only there"),
    "re-signed": (
        "task has",
        "tasks have",
        "the same payload here and there, under another header or signature",
    ),
    "recorded-times": ("token is", "tokens are", "not recorded as often here as there"),
    "re-ordered": ("record was", "records were", "moved: without it the order is the same"),
    "rewrapped": ("record holds", "records hold", "the same token in another wrapper"),
}
_CASES = {
    "one key": "both verify, by one key: its holder signed both",
    "two keys": "both verify, by two keys",
    "twin": "both verify, and one signature follows from the other: nobody needed the key for it",
    "here": "only the one here verifies: no signer stands behind the other",
    "there": "only the one there verifies: no signer stands behind the other",
    "neither": "neither verifies",
}


def diff(here: Evidence, there: Evidence) -> Answer:
    """What does another ledger, or another copy of this one, have otherwise?

    A row for each difference, gravest kind first. `equivocation`: one task, another payload in
    each. `only-here`, `only-there`: a task, or a record without a task, that the other does not
    have. `re-signed`: one payload, another header or signature. `recorded-times`: a token that one
    holds more often. `re-ordered`: what has to be moved for the order to be the same; of several
    ways to say that, one with the fewest records. `rewrapped`: one token, another wrapper: number,
    time of recording, hash of the entry before, or the whole form.

    Where two payloads of one task both verify, their signer made both. Where one of them does not,
    no signer stands behind that one. Neither tells which copy was there first, and copies that are
    alike may both lack the same (draft-00 §7: a split view is found by comparing, and by nothing
    else).

    Args:
        here: the one ledger, with its keys.
        there: the other, with its own.

    >>> from ectgraph.testing import sketch
    >>> here, there = (sketch(text).evidence() for text in ("a@0; b@5<a", "a@0; b@6<a"))
    >>> for sentence in diff(here, there).established:
    ...     print(sentence)
    2 records of 2 tasks are here, 2 records of 2 tasks there; 1 record is in both.
    The first record is the same; from entry 2 on they differ (sketch:2, sketch:2).
    1 task has another payload there than here.
    In it both verify, by one key: its holder signed both.

    """
    found = analysis.diff(here.ledger, there.ledger)
    return Answer(
        question="diff",
        title=f"What differs between {_name(here)} (here) and {_name(there)} (there)",
        columns=COLUMNS,
        rows=tuple(_row(here, there, each) for each in found.differences),
        established=tuple(_established(here, there, found)),
        not_established=tuple(_not_established(here, there, found)),
        tasks=tuple(dict.fromkeys(_tasks(here, found))),
    )


def _name(evidence: Evidence) -> str:
    sources = [each.source for each in evidence.ledger.inputs]
    return labels.some(sources, 2) if sources else "a ledger in memory"


def _row(here: Evidence, there: Evidence, each: Difference) -> tuple[str | None, ...]:
    one, two = _entries(here, there, each)
    told = one or two
    token = told.token if told is not None else None
    return (
        each.kind,
        None if token is None else token.jti,
        None if token is None else token.exec_act,
        "; ".join(_detail(each, told)),
        *(None if entry is None else str(place(entry.record)) for entry in (one, two)),
        None if token is None else token.iss,
        *(None if entry is None else entry.trust.value for entry in (one, two)),
    )


def _entries(
    here: Evidence, there: Evidence, each: Difference
) -> tuple[Entry | None, Entry | None]:
    one = None if each.here is None else here.ledger[each.here]
    return one, None if each.there is None else there.ledger[each.there]


def _detail(each: Difference, entry: Entry | None) -> Iterator[str]:
    """What is otherwise, in phrases."""
    if each.kind in ("only-here", "only-there"):
        yield from _alone(each, entry)
    elif each.kind == "recorded-times":
        yield "{:,} times here, {:,} there".format(*each.records)
    elif each.kind == "re-ordered":
        yield f"entry {(each.here or 0) + 1:,} here, {(each.there or 0) + 1:,} there"
    else:
        if each.twin:
            yield "the other of the two signatures that fit, which anybody can make"
        yield from map(_words, each.changes[:_TOLD])
        more = max(0, len(each.changes) - _TOLD) + each.more
        if more:
            yield f"and {labels.count(more, 'more change')}"
        if not each.changes:
            yield "the same, in other bytes"


def _alone(each: Difference, entry: Entry | None) -> Iterator[str]:
    if entry is not None and _is_of_none(entry):
        yield f"no task: {entry.record.length:,} bytes, sha256 {entry.record.sha256[:16]}"
    if max(each.records) > 1:
        yield f"{max(each.records):,} records"
    if each.named:
        yield "the other names it as a parent, and has no record of it"
    if each.elsewhere:
        yield "the other has its jti in another workflow"


def _is_of_none(entry: Entry) -> bool:
    """Whether a record is of no task."""
    return entry.token is None or entry.token.jti is None


def _words(change: Change) -> str:
    if change.name == "signature":
        return "another signature" if change.here and change.there else "a signature in one alone"
    here, there = ("absent" if value is None else value for value in (change.here, change.there))
    return f"{change.name}: {here} here, {there} there"


def _tasks(here: Evidence, found: Diff) -> Iterator[str]:
    """The tasks of the first ledger in which something differs, as nodes of its graph."""
    ledger = here.ledger
    for each in found.differences:
        token = None if each.here is None else ledger[each.here].token
        node = None if token is None or token.jti is None else ledger.node(token.jti, token.wid)
        if node is not None:
            yield node


def _established(here: Evidence, there: Evidence, found: Diff) -> Iterator[str]:
    one, two = (
        f"{labels.count(len(each), 'record')} of {labels.count(len(each.tasks), 'task')}"
        for each in (here.ledger, there.ledger)
    )
    verb = "is" if found.shared == 1 else "are"
    shared = f"{labels.count(found.shared, 'record')} {verb} in both"
    are = "is" if len(here.ledger) == 1 else "are"
    yield f"{one} {are} here, {two} there; {shared}."
    yield from _history(here, there, found)
    for kind in KINDS:
        of_kind = [each for each in found.differences if each.kind == kind]
        if of_kind:
            yield from _counted(here, there, kind, of_kind)
    if not found.differences:
        yield "Nothing differs: the same records, in the same order."
    yield from _chains(here, there)


def _counted(
    here: Evidence, there: Evidence, kind: Kind, of_kind: list[Difference]
) -> Iterator[str]:
    """How many differences there are of a kind, and what lies behind them."""
    singular, plural, what = _COUNTED[kind]
    told = len(of_kind)
    if kind in ("only-here", "only-there"):
        alone = (one or two for one, two in (_entries(here, there, each) for each in of_kind))
        loose = sum(_is_of_none(entry) for entry in alone if entry is not None)
        told -= loose
        if loose:
            what_is = labels.count(loose, "record without a task is", "records without a task are")
            yield f"{what_is} {what}."
    if told:
        plural_what = what.replace("without it", "without them") if told > 1 else what
        yield f"{labels.count(told, singular, plural)} {plural_what}."
    if kind in ("equivocation", "re-signed"):
        yield from _signers(here, there, of_kind)
    if kind == "rewrapped":
        names = [{change.name for change in each.changes} for each in of_kind]
        follows = sum(bool(each) and each <= _FOLLOWS for each in names)
        if follows:
            differ = "differs in its" if follows == 1 else "differ in their"
            yield (
                f"Of these {follows:,} {differ} number, or the hash of the entry before, and in "
                "nothing else, as all do that come after another entry."
            )


def _signers(here: Evidence, there: Evidence, of_kind: list[Difference]) -> Iterator[str]:
    """Who stands behind what differs, as far as signatures tell."""
    cases = Counter(_case(here, there, each) for each in of_kind)
    for case, what in _CASES.items():
        if cases[case] == len(of_kind):
            yield f"{'In it' if len(of_kind) == 1 else 'In each of them'} {what}."
        elif cases[case]:
            yield f"In {cases[case]:,} of them {what}."


def _chains(here: Evidence, there: Evidence) -> Iterator[str]:
    """Where all sources are hash chains that hold."""
    one, two = (
        bool(each.ledger) and {entry.record.source for entry in each.ledger} <= each.chained
        for each in (here, there)
    )
    if one and two:
        yield "The hash chain holds here and there."
    elif one or two:
        yield f"The hash chain holds {'here' if one else 'there'} alone."


def _history(here: Evidence, there: Evidence, found: Diff) -> Iterator[str]:
    """How far the two go together."""
    history, ledgers = found.history, (here.ledger, there.ledger)
    if history.relation == "same":
        if history.alike < history.tokens:
            yield f"They hold the same tokens in the same order{_wrapped(found)}."
        return
    if history.relation == "apart":
        yield "They have no record in common."
        return
    if history.tokens == 0:
        yield "They differ from the first entry on."
        return
    alike = (
        "The first record is"
        if history.tokens == 1
        else f"The first {history.tokens:,} records are"
    )
    said = f"{alike} the same{_wrapped(found)}"
    after = [
        str(place(ledger[history.tokens].record))
        for ledger in ledgers
        if history.tokens < len(ledger)
    ]
    if history.relation == "forked":
        yield f"{said}; from entry {history.tokens + 1:,} on they differ ({', '.join(after)})."
    else:
        longer, other = (
            ("there", "here") if history.relation == "there-goes-on" else ("here", "there")
        )
        yield f"{said}, and with them it ends {other}; {longer} it goes on ({after[0]})."


def _wrapped(found: Diff) -> str:
    history = found.history
    if history.alike == history.tokens:
        return ""
    return f", though wrapped otherwise from entry {history.alike + 1:,} on"


def _case(here: Evidence, there: Evidence, each: Difference) -> str:
    """What the signatures on both sides come to; empty where one of them could not be checked."""
    one, two = _entries(here, there, each)
    if one is None or two is None or _unchecked(one) or _unchecked(two):
        return ""
    verified = one.trust is Trust.VERIFIED, two.trust is Trust.VERIFIED
    if not all(verified):
        return "here" if verified[0] else "there" if verified[1] else "neither"
    if each.twin:
        return "twin"
    return "one key" if _key(here, one) == _key(there, two) else "two keys"


def _unchecked(entry: Entry) -> bool:
    return entry.trust in (Trust.UNCHECKED, Trust.UNKNOWN_KEY)


def _key(evidence: Evidence, entry: Entry) -> bytes | None:
    """The key that made a signature."""
    if evidence.ring is None or entry.key is None:
        return None
    return evidence.ring.keys[entry.key].spki


def _not_established(here: Evidence, there: Evidence, found: Diff) -> Iterator[str]:
    if found.differences:
        yield "Which of the two is true, and which was there first, a comparison does not tell."
    else:
        yield "That both are whole is not shown: what both lack is missing in both."
    entries = [
        entry
        for each in found.differences
        if each.kind in ("equivocation", "re-signed")
        for entry in _entries(here, there, each)
        if entry is not None
    ]
    unchecked = sum(map(_unchecked, entries))
    if unchecked:
        yield (
            f"{labels.count(unchecked, 'signature')} of tokens that differ could not be checked, "
            "for lack of a key: who made them is open; give `--keys`."
        )
    for evidence, which in ((here, "here"), (there, "there")):
        inputs = evidence.ledger.inputs
        if len(inputs) > 1:
            yield (
                f"What is {which} comes from {len(inputs):,} sources, compared as one history in "
                "the order read: in which order they were written is not known."
            )
        faulty = [each.source for each in inputs if each.problems]
        if faulty:
            yield f"Of what is {which} not all could be read: {labels.some(faulty)}."
