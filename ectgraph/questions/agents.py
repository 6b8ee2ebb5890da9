"""Who took part, which keys they signed with, and who builds on whom."""

from __future__ import annotations

from collections.abc import Iterator

from ectgraph import labels
from ectgraph.analysis import actors
from ectgraph.columns import Column
from ectgraph.questions import names, rows
from ectgraph.questions.answer import Answer
from ectgraph.questions.question import question
from ectgraph.rule import Evidence

_ISS = Column("iss", "category", "the agent")
_SEEN = (
    Column("first_seen", "time", "the earliest `iat` among them"),
    Column("last_seen", "time", "the latest `iat` among them"),
)


@question
def agents(evidence: Evidence, *, limit: int = 50) -> Answer:
    """Who took part, and with how much?

    One row for each `iss`, those with most tasks first. Of a task with several records, the one
    that verified speaks for it; records are counted all. A key counts as in use from the first to
    the last `iat` of the tokens that name it: where `keys_at_once` is 1, one followed another.
    `key-use` lists them. Who is named as agent by tokens that did not verify need not have made
    them.

    >>> from ectgraph.testing import sketch
    >>> text = "a@0; b@5<a by=agent-b; c@9<b by=agent-c !flipped"
    >>> agents(sketch(text).evidence()).established[0]
    '3 agents are named, for 3 tasks; 1 of them in records none of which verified.'
    >>> agents(sketch("").evidence()).established
    ('No record names an agent.',)

    """
    found = actors.agents(evidence.ledger)
    shown, hidden = rows.first(found, limit, "agent")
    sentences = ["No record names an agent."]
    if found:
        named = labels.count(len(found), "agent is named", "agents are named")
        number = labels.count(sum(agent.tasks for agent in found), "task")
        sentences = [f"{named}, for {number}{_unproven(evidence, found)}."]
        sentences += _at_once(found)
    return Answer(
        question="agents",
        title="The agents of the ledger",
        columns=(
            _ISS,
            Column("tasks", "integer", "tasks that it speaks for"),
            Column("records", "integer", "records that name it"),
            Column("verified", "integer", "of those, the ones whose signature verified"),
            Column("unverified", "integer", "of those, the others"),
            Column("workflows", "integer", "different `wid`s"),
            Column("kids", "integer", "different keys that its tokens name"),
            Column("keys", "integer", "different given keys that made its signatures"),
            Column("keys_at_once", "integer", "the most of them in use at one time"),
            *_SEEN,
            Column("exec_acts", "integer", "different actions of its tasks"),
            Column("mostly", "text", "the most frequent of them"),
        ),
        rows=tuple(
            (
                agent.iss,
                agent.tasks,
                agent.records,
                agent.verified,
                agent.records - agent.verified,
                agent.workflows,
                len({key.kid for key in agent.keys} - {None}),
                len({key.key for key in agent.keys} - {None}),
                agent.at_once,
                agent.first,
                agent.last,
                len(agent.acts),
                labels.some([labels.fit(act, labels.LONGEST) for act, _ in agent.acts]) or None,
            )
            for agent in shown
        ),
        established=tuple(sentences),
        not_established=(*hidden, *_nobody(evidence), *_who(evidence, found)),
    )


def _at_once(found: list[actors.Agent]) -> Iterator[str]:
    """How many agents use several keys at one time, or are said to by what did not verify."""
    for proven, doubt in ((True, ""), (False, ", by records none of which verified")):
        several = [agent for agent in found if agent.at_once > 1 and proven == (agent.verified > 0)]
        if several:
            most = max(several, key=lambda agent: agent.at_once)
            have = labels.count(len(several), "agent has", "agents have")
            yield (
                f"{have} several keys in use at one time{doubt}; the most: {most.at_once:,}, of "
                f"{labels.agent(most.iss)}."
            )


def _unproven(evidence: Evidence, found: list[actors.Agent]) -> str:
    unproven = sum(not agent.verified for agent in found)
    if evidence.ring is None or not unproven:
        return ""
    return f"; {unproven:,} of them in records none of which verified"


def _nobody(evidence: Evidence) -> tuple[str, ...]:
    tokens = (entry.token for entry in evidence.ledger)
    number = sum(token is not None and token.iss is None for token in tokens)
    return (f"Who made {labels.count(number, 'token')} without `iss`.",) if number else ()


def _who(evidence: Evidence, found: list[actors.Agent]) -> tuple[str, ...]:
    if evidence.ring is None and found:
        return ("Who made the records: no keys were given, so no signature was checked.",)
    number = sum(agent.records - agent.verified for agent in found)
    records = labels.count(number, "record that", "records that")
    return (f"Who made {records} did not verify.",) if number else ()


@question
def key_use(evidence: Evidence, *, iss: str | None = None, limit: int = 50) -> Answer:
    """Which keys did each agent sign with, and when?

    One row for each agent and key, in the order of first use by each agent. `thumbprint` (RFC 7638)
    is that of the key that made the signatures, so keys that follow each other under one `kid` are
    told apart; without it the tokens name a `kid` and did not verify, and anybody can have written
    that. `agents` is how many agents' tokens name the `kid`.

    >>> from ectgraph.testing import sketch
    >>> found = key_use(sketch("a@0; b@5<a kid=agent-c").evidence())
    >>> [(row[1], row[2], row[-1] is None) for row in found.rows]
    [('agent-a', 1, False), ('agent-c', 1, True)]

    """
    everyone = actors.agents(evidence.ledger)
    named = None if iss is None else names.agent(evidence.ledger, iss)
    meant = [agent for agent in everyone if named in (None, agent.iss)]
    users: dict[str | None, set[str]] = {}
    for agent in everyone:
        for key in agent.keys:
            users.setdefault(key.kid, set()).add(agent.iss)
    found = [(agent, key) for agent in meant for key in agent.keys]
    shown, hidden = rows.first(found, limit, "use of a key", "uses of keys")
    kids = {key.kid for _, key in found} - {None}
    signed = {key.key for _, key in found} - {None}
    ring = evidence.ring.keys if evidence.ring else ()
    whose = "" if named is None else f" of {labels.agent(named)}"
    sentences = [f"No token{whose} names a key."]
    if kids:
        name = labels.count(len(kids), "key name stands", "key names stand")
        by = labels.count(len({agent.iss for agent, key in found if key.kid is not None}), "agent")
        keys = labels.count(len(signed), "given key")
        several = sum(len(users[kid]) > 1 for kid in kids)
        sentences = [
            f"{name} in the tokens of {by}; {several:,} in those of several agents.",
            f"{keys} made signatures that verified.",
        ]
    return Answer(
        question="key-use",
        title="The keys that agents signed with",
        columns=(
            _ISS,
            Column("kid", "category", "the key's name, as the tokens have it"),
            Column("records", "integer", "records that it was used for, or named for"),
            Column("agents", "integer", "agents whose tokens name it"),
            *_SEEN,
            Column("thumbprint", "text", "of the key that made the signatures"),
        ),
        rows=tuple(
            (
                agent.iss,
                key.kid,
                key.records,
                None if key.kid is None else len(users[key.kid]),
                key.first,
                key.last,
                None if key.key is None else ring[key.key].thumbprint,
            )
            for agent, key in shown
        ),
        established=tuple(sentences),
        not_established=(*hidden, *_who(evidence, meant)),
    )


@question
def partners(evidence: Evidence, *, limit: int = 50) -> Answer:
    """Who builds on whose work?

    One row for each agent and another one that builds on its tasks, those with most links first.
    `back_links` are dated such that the child ended before its parent: `clocks` tells more of that.
    Times are the agents' own; a link is what the child's token states.

    >>> from ectgraph.testing import sketch
    >>> found = partners(sketch("a@0; b@5<a by=agent-b; c@9<b by=agent-b").evidence())
    >>> found.established
    ('1 pair of agents builds one on the other, by 1 link; 1 link is of an agent to itself.',)

    """
    found = actors.partners(evidence.graph)
    shown, hidden = rows.first(found.pairs, limit, "pair of agents", "pairs of agents")
    pairs = labels.count(len(found.pairs), "pair of agents builds", "pairs of agents build")
    links = labels.count(sum(pair.links for pair in found.pairs), "link")
    own = labels.count(
        found.own, "link is of an agent to itself", "links are of agents to themselves"
    )
    doubts = list(hidden)
    if found.unknown:
        run = labels.count(found.unknown, "link runs", "links run")
        doubts.append(f"Between whom {run}: an end has no record, or names no agent.")
    unproven = sum(pair.links - pair.verified for pair in found.pairs)
    if unproven:
        hold = labels.count(unproven, "link between agents holds", "links between agents hold")
        why = "no keys were given" if evidence.ring is None else "a token did not verify"
        doubts.append(f"That {hold}: {why}.")
    return Answer(
        question="partners",
        title="Who builds on whom",
        columns=(
            Column("parent_iss", "category", "the agent that is built on"),
            Column("iss", "category", "the agent that builds on it"),
            Column("links", "integer", "parent links from the one to the other"),
            Column("verified", "integer", "of those, the ones of which both tokens verified"),
            Column("workflows", "integer", "different `wid`s of the tasks that build"),
            Column("back_links", "integer", "links whose child is dated before its parent"),
            Column("shortest_s", "number", "the least time from parent to child, in seconds"),
            Column("first_seen", "time", "the earliest `iat` of a task that builds"),
            Column("last_seen", "time", "the latest"),
        ),
        rows=tuple(
            (
                pair.parent,
                pair.child,
                pair.links,
                pair.verified,
                pair.workflows,
                pair.back,
                pair.shortest,
                pair.first,
                pair.last,
            )
            for pair in shown
        ),
        established=(
            f"{pairs} one on the other, by {links}; {own}."
            if found.pairs
            else f"No agent builds on another one; {own}.",
        ),
        not_established=tuple(doubts),
    )
