"""What a lost key, a bad agent or a bad task spoils."""

from __future__ import annotations

from collections import Counter

from ectgraph import labels
from ectgraph.analysis import lineage
from ectgraph.analysis import taint as spoiled
from ectgraph.analysis.taint import Proof, Source, Sources, Taint
from ectgraph.columns import Column
from ectgraph.errors import EctgraphError
from ectgraph.model import Trust
from ectgraph.questions import doubts, names
from ectgraph.questions.about import TASK, about, called
from ectgraph.questions.answer import Answer
from ectgraph.questions.lineage import by_distance, in_order
from ectgraph.questions.question import Task, Time, question
from ectgraph.rule import Evidence

_COLUMNS = (
    Column("distance", "integer", "links from the nearest source; 0 for a source"),
    Column("proof", "category", "how sure a source is one: `verified`, `signed` or `named`"),
    Column("doubt", "category", "`older`, `named`, or `through doubts` alone"),
    *TASK,
    Column("wid", "category", "its workflow"),
    Column("via", "text", "the parent through which it is tainted, on a shortest way"),
)


@question
def taint(
    evidence: Evidence,
    *,
    kid: str | None = None,
    iss: str | None = None,
    jti: Task | None = None,
    since: Time | None = None,
) -> Answer:
    """What was built on a lost key, a bad agent or a bad task, and what stays clean?

    Exactly one of `kid`, `iss` and `jti` says what is bad. The sources are the tasks of which a
    token names the key, or was signed with it under another name; is of the agent, as it says; or
    the one task. Everything that builds on a source is tainted, through links that are only claimed
    as well (draft-00 §6: a compromised ancestor does not erase its descendants; they are to be
    examined again).

    `proof` tells how sure a source is: `verified`; `signed`, where the key made the signature and
    was not to; `named`, where a token only says so, which anybody can write. With `since`, tokens
    that are of before that moment are left out. Their `iat` is the word of whoever holds the key,
    so those that were recorded at that moment or later count all the same, as `older`, and tokens
    without `iat` count. What builds on nothing but sources in doubt is tainted `through doubts`.

    A `kid` that several keys share, by rotation, means all of them; a key's thumbprint in its place
    means that key alone. Clean is what no link joins to a source. What was handed on without a link
    is not seen.

    >>> from ectgraph.testing import sketch
    >>> evidence = sketch("a@0 by=agent-b; b@5<a; c@9<b; d@0").evidence()
    >>> for sentence in taint(evidence, kid="agent-b").established:
    ...     print(sentence)
    1 task is of the key agent-b: 1 verified.
    2 other tasks build on that: 1 directly, 1 at 2 links.
    The taint is in 1 of 1 workflow: 4caaa4e2-eee6-5303-8c25-e6fdcbbdc7ad.
    Clean are 1 of 4 recorded tasks, 0 whole workflows, and 1 of 2 tasks on which nothing builds.
    """
    what, sources, keys = _begin(evidence, {"kid": kid, "iss": iss, "jti": jti}, since)
    found = spoiled.spread(evidence.graph, sources.tasks)
    order = in_order(evidence, found.distance)
    wids = evidence.values("wid")
    rows = tuple(
        (
            found.distance[task],
            None if jti or task not in sources.tasks else sources.tasks[task].proof.name.lower(),
            _doubt(found, task, sources.tasks.get(task)),
            *about(evidence, task),
            wids[task],
            found.via.get(task),
        )
        for task in order
    )
    begin = "" if since is None else f", since {labels.time(since)}"
    return Answer(
        question="taint",
        title=f"What was built on {what}{begin}",
        columns=_COLUMNS,
        rows=rows,
        established=(
            _of_sources(sources, f"{what}{begin}")
            if jti is None
            else _of_task(evidence, sources, what),
            *_reach(sources, found),
        ),
        not_established=(
            *_which(keys),
            *_doubts(sources, found, begin),
            *doubts.of_links(evidence, order),
            "Clean is what no link joins to a source: what was handed on without one is not seen.",
        ),
        tasks=tuple(order),
    )


def _begin(
    evidence: Evidence, given: dict[str, str | None], since: float | None
) -> tuple[str, Sources, int]:
    """What is bad, as a sentence names it; the tasks that are; and how many keys that means."""
    said = {name: value for name, value in given.items() if value is not None}
    if len(said) != 1:
        came = " and ".join(said) or "none"
        message = f"a taint begins with one thing: give kid, iss or jti, and {came} came"
        raise EctgraphError(message)
    ((name, value),) = said.items()
    graph, ledger = evidence.graph, evidence.ledger
    if name == "jti":
        node = lineage.find(graph, value)
        return called(evidence, node), spoiled.by_task(graph, ledger, node, since), 0
    if name == "iss":
        iss = names.agent(ledger, value)
        return f"the agent {labels.fit(iss, 80)}", spoiled.by_agent(ledger, iss, since), 0
    ring = evidence.ring
    kid = value
    if not spoiled.keys_named(ring, value):
        kids = [key.kid for key in ring.keys] if ring is not None else []
        kid = names.meant(
            name, value, (*kids, *(entry.token.kid for entry in ledger if entry.token))
        )
    keys = len({key.spki for key in spoiled.keys_named(ring, kid)})
    return f"the key {labels.fit(kid, 80)}", spoiled.by_key(ledger, ring, kid, since), keys


def _doubt(found: Taint, task: str, source: Source | None) -> str | None:
    if task not in found.doubtful:
        return None
    if source is None:
        return "through doubts"
    return "named" if source.proof is Proof.NAMED else "older"


def _which(keys: int) -> tuple[str, ...]:
    """That one name is that of several keys."""
    bad = f"Which of the {keys:,} keys of that name is bad: all were taken so."
    return (f"{bad} The thumbprint of one, in place of the name, means it alone.",)[: keys > 1]


def _of_task(evidence: Evidence, sources: Sources, what: str) -> str:
    """Which task is the source, or that it is none."""
    if not sources.tasks:
        return f"{what} is older, as it says itself."
    (task,) = sources.tasks
    words = {
        None: "which has no record",
        Trust.VERIFIED: "which verified",
        Trust.UNCHECKED: "whose signature was not checked",
    }
    trust = evidence.graph.nodes[task].get("trust")
    return f"It is 1 task: {what}, {words.get(trust, 'which did not verify')}."


def _of_sources(sources: Sources, what: str) -> str:
    """How many sources there are, and how sure that is."""
    if not sources.tasks:
        return f"No task is of {what}."
    proofs = Counter(source.proof for source in sources.tasks.values())
    words = {
        Proof.VERIFIED: "verified",
        Proof.SIGNED: "signed with it, though it was not to",
        Proof.NAMED: "only in name",
    }
    told = ", ".join(f"{proofs[each]:,} {words[each]}" for each in words if proofs[each])
    number = labels.count(len(sources.tasks), "task")
    are = "is" if len(sources.tasks) == 1 else "are"
    return f"{number} {are} of {what}: {told}."


def _reach(sources: Sources, found: Taint) -> tuple[str, ...]:
    """How far the taint goes, and what is clean."""
    built = [links for links in found.distance.values() if links]
    other, builds = labels.count(len(built), "other task"), "builds" if len(built) == 1 else "build"
    says = f"{other} {builds} on that" if built else "No other task builds on that"
    wids = {wid: some for wid, (some, _) in found.workflows.items() if wid is not None}
    struck = [labels.fit(wid, 40) for wid, some in wids.items() if some]
    tainted, recorded = found.recorded
    spoiled_leaves, leaves = found.leaves
    sentences = [f"{says}{by_distance(built)}."] if sources.tasks else []
    if struck:
        of = f"{len(struck):,} of {labels.count(len(wids), 'workflow')}"
        sentences.append(f"The taint is in {of}: {labels.some(struck)}.")
    sentences.append(
        f"Clean are {recorded - tainted:,} of {labels.count(recorded, 'recorded task')}, "
        f"{labels.count(len(wids) - len(struck), 'whole workflow')}, and "
        f"{leaves - spoiled_leaves:,} of {labels.count(leaves, 'task')} on which nothing builds."
    )
    return tuple(sentences)


def _doubts(sources: Sources, found: Taint, begin: str) -> tuple[str, ...]:
    """What the sources leave open."""
    tasks = sources.tasks.values()
    named = sum(source.proof is Proof.NAMED for source in tasks)
    older = sum(not source.in_time for source in tasks)
    through = len(found.doubtful - sources.tasks.keys())
    said = []
    if named:
        number = labels.count(named, "source")
        said.append(f"Not verified, so that anybody may have written it: {number}.")
    if older:
        said.append(
            f"Counted, though older by the time stated in it: {labels.count(older, 'source')}, "
            "recorded at that moment or later. Whoever holds a key writes any time."
        )
    if sources.elder:
        unknown = f"; of {sources.unrecorded:,} nobody states when it was recorded"
        said.append(
            f"Left out, as older by the time stated in it: {labels.count(sources.elder, 'token')}"
            f"{unknown if sources.unrecorded else ''}."
        )
    if sources.undated and begin:
        number = labels.count(sources.undated, "token")
        said.append(f"Counted, without a time of issue: {number}.")
    if sources.nameless:
        number = labels.count(sources.nameless, "token")
        said.append(f"Left out, without a jti to build on: {number}.")
    if through:
        number = labels.count(through, "task")
        said.append(f"Tainted through nothing but sources in doubt: {number}.")
    return tuple(said)
