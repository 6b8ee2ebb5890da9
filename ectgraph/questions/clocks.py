"""When agents work, and how far their clocks are apart."""

from __future__ import annotations

from collections.abc import Iterator

import networkx as nx

from ectgraph import labels
from ectgraph.analysis import clocks as apart
from ectgraph.analysis import hours as worked
from ectgraph.analysis.times import stated
from ectgraph.columns import Column
from ectgraph.graph import proven
from ectgraph.model import Trust
from ectgraph.questions import names, rows
from ectgraph.questions.about import called
from ectgraph.questions.answer import Answer
from ectgraph.questions.doubts import of_claims
from ectgraph.questions.question import question
from ectgraph.rule import Evidence


@question
def hours(evidence: Evidence, *, iss: str | None = None, limit: int = 50) -> Answer:
    """At which hours does each agent work, and which tasks lie outside of them?

    One row for each agent, those with most tasks first. Its usual hours are the fewest in a row,
    around the clock, that hold nine of ten of its tasks; tasks outside of them are counted, and are
    the tasks of this answer. Below ten tasks there are none outside. The columns `h00` to `h23` are
    the tasks of each hour of the day. All hours are UTC, by the agents' own clocks. Where an agent
    sits, and whether an hour is night there, is not known.

    >>> from ectgraph.testing import sketch
    >>> day = "; ".join(f"t{n}@{n * 60}" for n in range(20))
    >>> found = hours(sketch(f"{day}; night@43200").evidence())
    >>> found.established
    ("21 tasks of 1 agent have a time; 1 of them is outside of its agent's usual hours.",)
    >>> found.rows[0][2:4]
    ('14:00–15:00', 1)

    """
    found = worked.hours(evidence.graph)
    meant = None if iss is None else names.agent(evidence.ledger, iss)
    if meant is not None:
        found = [each for each in found if each.iss == meant]
    shown, hidden = rows.first(found, limit, "agent")
    outside = tuple(task for each in shown for task in each.outside)
    said = "No task has both an agent and a time."
    if meant is not None:
        said = f"No task of the agent {labels.agent(meant)} has a time."
    if found:
        timed = sum(each.tasks for each in found)
        have = f"{labels.count(timed, 'task')} of {labels.count(len(found), 'agent')} "
        have += "has a time" if timed == 1 else "have a time"
        odd = sum(len(each.outside) for each in found)
        outlie = "is outside of its" if odd == 1 else "are outside of their"
        said = f"{have}; {odd:,} of them {outlie} agent's usual hours."
    return Answer(
        question="hours",
        title="When agents work",
        columns=(
            Column("iss", "category", "the agent"),
            Column("tasks", "integer", "its tasks that have a time"),
            Column("usual_hours", "category", "its usual hours, in UTC"),
            Column("outside", "integer", "tasks outside of them"),
            Column("weekend", "integer", "tasks of Saturdays and Sundays, in UTC"),
            *(
                Column(f"h{hour:02}", "integer", f"tasks from {hour:02}:00 UTC, for an hour")
                for hour in range(24)
            ),
        ),
        rows=tuple(
            (
                each.iss,
                each.tasks,
                f"{each.begin:02}:00–{(each.begin + each.length - 1) % 24 + 1:02}:00",
                len(each.outside),
                each.weekend,
                *each.by_hour,
            )
            for each in shown
        ),
        established=(said,),
        not_established=(*hidden, *_unused(evidence, meant)),
        tasks=outside,
    )


def _unused(evidence: Evidence, iss: str | None) -> Iterator[str]:
    """Which tasks, of all or of one agent, hours say nothing of; and which they believe."""
    agents, times = evidence.values("iss"), stated(evidence.graph)
    own = [task for task in evidence.ledger.tasks if iss in (None, agents[task])]
    timed = [task for task in own if task in times and agents[task] is not None]
    untimed = sum(task not in times for task in own)
    if untimed:
        tasks = labels.count(untimed, "task")
        yield f"When {tasks} ended: no time is stated that a calendar holds."
    if len(timed) + untimed < len(own):
        yield f"Whose {labels.count(len(own) - untimed - len(timed), 'task')} without `iss` did."
    yield from of_claims(evidence, timed)


@question
def clocks(evidence: Evidence, *, limit: int = 50) -> Answer:
    """How far are the agents' clocks apart?

    An estimate, from parents and children of different agents: no task can end before one that it
    builds on. Where times say that it did, `offset_s` is by how much each clock would have to be
    fast (more than 0) or slow (less), all the time alike, for every link to go forward, with the
    least sum over all agents. The true offset can be larger: how long a task took is not known.
    Times in the ledger and in other answers stay as they are stated.

    `least_s` to `most_s` is what the offset can be in any correction of that least sum. Where 0 is
    in it, the clocks of others may be wrong in its stead: a slow child looks like a fast parent.
    `low_s` to `high_s` is what it can be when all other clocks are as estimated; absent where
    nothing bounds it. `against` are links that would go back in time if this clock alone were right
    after all, `accusers` the other agents of those links. Only links whose two tokens verified
    count, where any did; links in circles of tasks do not. What looks like a clock that is wrong
    may be a backdated token: `lint` says ECT401 of each link that goes back by more than the skew
    that the policy allows.

    >>> from ectgraph.testing import sketch
    >>> text = "z@-9 by=agent-z; a@0<z; b@-400<a by=agent-b; c@5<a,b by=agent-c"
    >>> found = clocks(sketch(text).evidence())
    >>> found.established[1]
    'The least correction that lets all go forward is 400 s in sum, of 1 clock.'
    >>> found.rows[0][1:4]
    (-400.0, -400.0, -391.0)

    """
    graph, doubts = _counted(evidence)
    found = apart.clocks(graph)
    shown, hidden = rows.first(found.clocks, limit, "agent")
    return Answer(
        question="clocks",
        title="How far clocks are apart",
        columns=(
            Column("iss", "category", "the agent"),
            Column("offset_s", "number", "by how many seconds its clock is fast, as estimated"),
            Column("least_s", "number", "the least of it in any smallest correction"),
            Column("most_s", "number", "the most of it in any smallest correction"),
            Column("low_s", "number", "the least that fits, with the others as estimated"),
            Column("high_s", "number", "the most that fits, with the others as estimated"),
            Column("links", "integer", "links with other agents that it rests on"),
            Column("partners", "integer", "how many other agents those are with"),
            Column("against", "integer", "links that say that this clock is wrong"),
            Column("accusers", "integer", "how many other agents those are with"),
        ),
        rows=tuple(
            (
                each.iss,
                each.offset,
                each.least,
                each.most,
                each.low,
                each.high,
                each.links,
                each.partners,
                each.against,
                each.accusers,
            )
            for each in shown
        ),
        established=tuple(_estimated(found)),
        not_established=(*hidden, *doubts, *_open(evidence, found)),
        tasks=tuple(
            dict.fromkeys(task for clash in found.clashes for link in clash.links for task in link)
        ),
    )


def _counted(evidence: Evidence) -> tuple[nx.DiGraph[str], tuple[str, ...]]:
    """The graph of the tokens whose times count, and what is said of the others."""
    graph = evidence.graph
    if evidence.ring is None:
        return graph, ("Whose times these are: no keys were given, so no signature was checked.",)
    trust = evidence.values("trust")
    unproven = sum(trust[task] != Trust.VERIFIED.value for task in evidence.ledger.tasks)
    if not unproven:
        return graph, ()
    tasks = labels.count(unproven, "task")
    if unproven == len(evidence.ledger.tasks):
        return graph, (f"Whose times these are: no token of {tasks} verified.",)
    return proven(graph), (
        f"What unverified tokens say of clocks: the times of {tasks} do not count.",
    )


_TOLD = 10
"""Clocks, and circles of agents, that get a sentence of their own."""


def _estimated(found: apart.Clocks) -> Iterator[str]:
    if not found.links:
        yield "No link runs between two agents and has both times: nothing can be estimated."
        return
    agents = labels.count(
        len(found.clocks) + sum(each.agents for each in found.clashes) + found.crowded, "agent"
    )
    back = labels.count(found.back, "goes", "go").partition(" ")
    links = labels.count(found.links, "link")
    if not found.back:
        yield f"0 of {links} between {agents} go back in time: no clock needs a correction."
    else:
        yield f"{back[0]} of {links} between {agents} {back[2]} back in time, by their clocks."
    wrong = [each for each in found.clocks if each.offset]
    if wrong:
        total = labels.seconds(sum(abs(each.offset) for each in wrong))
        clocks = labels.count(len(wrong), "clock")
        but = ", but for the agents told below," if found.clashes or found.crowded else ""
        yield f"The least correction that lets all go forward{but} is {total} in sum, of {clocks}."
    for each in wrong[:_TOLD]:
        yield _wrong(each)


def _wrong(clock: apart.Clock) -> str:
    how = "fast" if clock.offset > 0 else "slow"
    links = labels.count(clock.against, "link shows", "links show")
    others = labels.count(clock.accusers, "other agent")
    return (
        f"{labels.agent(clock.iss)}: {labels.seconds(abs(clock.offset))} {how}; {links} it, with "
        f"{others}. In any such correction it is {clock.least:+,.6g} s to {clock.most:+,.6g} s."
    )


def _open(evidence: Evidence, found: apart.Clocks) -> Iterator[str]:
    for clash in found.clashes[:_TOLD]:
        circle = labels.some([labels.agent(each) for each in clash.circle], 5)
        first, last = (called(evidence, task) for task in clash.links[0])
        yield (
            f"How far the clocks of {labels.count(clash.agents, 'agent')} are apart: no constant "
            f"offsets explain their times. From {circle} back to the first, links take "
            f"{labels.seconds(-clash.total)} less than no time (the first of them: {first} to "
            f"{last}): a clock was set anew, or a time is false."
        )
    if len(found.clashes) > _TOLD:
        yield f"The same of {len(found.clashes) - _TOLD:,} more groups of agents."
    either = [each for each in found.clocks if each.offset and each.least * each.most <= 0]
    if either:
        clocks = labels.count(len(either), "clock is", "clocks are")
        yield (
            f"Whether {clocks} wrong, or those of partners instead: as small a correction "
            "leaves each of them as it is."
        )
    alone = sum(each.accusers == 1 for each in found.clocks if each.offset)
    if alone:
        clocks = labels.count(alone, "clock is", "clocks are")
        yield (
            f"That {clocks} wrong, and not the times of one partner: no link with a third agent "
            "shows it."
        )
    if found.crowded:
        yield (
            f"How far the clocks of {found.crowded:,} agents are apart: more than {apart.MOST:,} "
            "pairs of them hang together."
        )
    if found.own_back:
        go = "goes" if found.own_back == 1 else "go"
        links = f"{labels.count(found.own_back, 'link')} of an agent to itself {go}"
        yield f"Why {links} back in time: no constant offset explains that."
    if found.untimed:
        links = labels.count(found.untimed, "link")
        yield f"Anything by {links} between agents: a time is not known."
    if found.circular:
        links = labels.count(found.circular, "link")
        yield f"Anything by {links} between agents in circles of tasks, which cannot all be true."
    yield "True offsets: links bound them, and clocks that are wrong alike do not show."
