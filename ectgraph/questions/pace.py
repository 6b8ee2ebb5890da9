"""When tasks came thick and fast, and when none came."""

from __future__ import annotations

from collections import Counter

from ectgraph import labels
from ectgraph.analysis import pace
from ectgraph.analysis.times import stated
from ectgraph.columns import Column
from ectgraph.questions import names, rows
from ectgraph.questions.answer import Answer
from ectgraph.questions.doubts import of_claims
from ectgraph.questions.question import question
from ectgraph.rule import Evidence

_EACH = 3
"""Gaps that are told of the ledger, of each agent and of each workflow."""
_LONGEST = f"Shorter gaps: of each no more than {_EACH} are told; `iss` asks for all of one agent."


@question
def bursts(evidence: Evidence, *, iss: str | None = None, limit: int = 50) -> Answer:
    """When did the ledger, or an agent, make unusually many tasks?

    One row for each window of time with far more tasks than the median of all windows, the farthest
    first; the first rows without `iss` are of the whole ledger. Windows are as short as they can be
    with four tasks in each on average; less than eight of them tell nothing. `score` is how many
    standard deviations above the median a window is; one is estimated from the median distance to
    the median, or where that is 0 from the mean distance, and then as one task at least. Windows
    above 3.5 are told (Iglewicz and Hoaglin, 1993). `iss` asks for one agent. Times are the agents'
    own.

    >>> from ectgraph.testing import sketch
    >>> text = "; ".join([f"t{n}@{n * 15}" for n in range(60)] + [f"s{n}@415" for n in range(30)])
    >>> found = bursts(sketch(text).evidence(), iss="agent-a")
    >>> found.established
    ('1 window has unusually many tasks; 14 windows tell what is usual.',)
    >>> found.rows[0][2:5]
    (60, 34, 4.0)

    """
    found = pace.paces(evidence.graph)
    if iss is not None:
        meant = names.agent(evidence.ledger, iss)
        found = [each for each in found if each.iss == meant]
    told = [(burst, each) for each in found for burst in each.bursts]
    told.sort(key=lambda pair: -pair[0].score)
    shown, hidden = rows.first(told, limit, "window")
    windows = labels.count(sum(each.windows for each in found), "window tells", "windows tell")
    have = labels.count(len(told), "window has", "windows have")
    said = f"{have} unusually many tasks; {windows} what is usual."
    few = f"Who made tasks in less than {pace.WINDOWS} windows is left out: nothing is usual there."
    return Answer(
        question="bursts",
        title="When unusually many tasks were made",
        columns=(
            Column("iss", "category", "the agent; absent for the whole ledger"),
            Column("begin", "time", "when the window begins"),
            Column("window_s", "integer", "how long it is, in seconds"),
            Column("tasks", "integer", "tasks in it"),
            Column("median", "number", "tasks in a window, by the median"),
            Column("deviation", "number", "one standard deviation, estimated"),
            Column("score", "number", "how many of them the window is above the median"),
            Column("windows", "integer", "windows that tell what is usual"),
            Column("task", "text", "the first task in it"),
        ),
        rows=tuple(
            (
                each.iss,
                burst.begin,
                each.width,
                len(burst.tasks),
                each.usual,
                each.spread,
                burst.score,
                each.windows,
                burst.tasks[0],
            )
            for burst, each in shown
        ),
        established=(said if found else "There are too few tasks with times to tell.",),
        not_established=(
            *hidden,
            few,
            "That a burst means anything: of many windows some are above the bound by chance.",
            *of_claims(evidence, stated(evidence.graph)),
        ),
        tasks=tuple(dict.fromkeys(task for burst, _ in shown for task in burst.tasks)),
    )


@question
def gaps(evidence: Evidence, *, iss: str | None = None, limit: int = 50) -> Answer:
    """When did the ledger, an agent or a workflow fall silent for long?

    One row for each of the three longest times without a task of the ledger, of each agent and of
    each workflow; with `iss` all those of that agent alone. An agent or a workflow that has all
    tasks with a time is left out: its gaps are those of the ledger. Those come first that are
    longest beside the usual gap of the same, which is the median of its gaps, but for those of no
    length. A gap is where no task ended, by the agents' own clocks; a night is one, and so are
    tasks that were taken out of the ledger.

    >>> from ectgraph.testing import sketch
    >>> found = gaps(sketch("a@0; b@5<a; c@8<b; d@300<c").evidence(), iss="agent-a")
    >>> found.established
    ('The longest gap beside the usual one is 292 s, 58.4 times it: of the agent agent-a.',)
    >>> found.rows[0][2:5]
    (292, 5, 58.4)

    """
    times = stated(evidence.graph)
    said = "Nobody made three tasks at different times: no gap is usual."
    same: tuple[str, ...] = ()
    if iss is None:
        every = pace.gaps(evidence.graph, _EACH)
        whole = [gap for gap in every if gap.of != "ledger" and gap.tasks == len(times)]
        found = [gap for gap in every if gap.of == "ledger" or gap.tasks < len(times)]
        same = tuple(dict.fromkeys(map(_same, whole)))
    else:
        meant = names.agent(evidence.ledger, iss)
        every = pace.gaps(evidence.graph, max(1, len(times)))
        found = [gap for gap in every if gap.of == "agent" and gap.name == meant]
        said = f"No three tasks of {labels.agent(meant)} have different times: no gap is usual."
    shown, hidden = rows.first(found, limit, "gap")
    said = _longest(found[0]) if found else said
    numbers = Counter((gap.of, gap.name) for gap in found)
    untimed = len(evidence.ledger.tasks) - len(times)
    no_time = (
        f"When {labels.count(untimed, 'task')} ended: no time is stated that a calendar holds."
    )
    return Answer(
        question="gaps",
        title="The longest silences",
        columns=(
            Column("of", "category", "`ledger`, `agent` or `workflow`"),
            Column("name", "category", "the `iss` or the `wid`"),
            Column("gap_s", "number", "seconds between two tasks that follow each other"),
            Column("usual_s", "number", "the median of its gaps, but for those of no length"),
            Column("ratio", "number", "how many times the usual one it is"),
            Column("from", "time", "the `iat` of the task before it"),
            Column("to", "time", "the `iat` of the task after it"),
            Column("before", "text", "the task before it"),
            Column("after", "text", "the task after it"),
            Column("tasks", "integer", "tasks of the same that have a time"),
        ),
        rows=tuple(
            (
                gap.of,
                gap.name,
                gap.seconds,
                gap.usual,
                gap.seconds / gap.usual,
                times[gap.before],
                times[gap.after],
                gap.before,
                gap.after,
                gap.tasks,
            )
            for gap in shown
        ),
        established=(said, *same),
        not_established=(
            *hidden,
            *((_LONGEST,) if iss is None and max(numbers.values(), default=0) == _EACH else ()),
            *((no_time,) if untimed else ()),
            *of_claims(evidence, times),
        ),
        tasks=tuple(dict.fromkeys(task for gap in shown for task in (gap.before, gap.after))),
    )


def _longest(worst: pace.Gap) -> str:
    """The gap that is longest beside the usual one; or that none is longer than that."""
    length = labels.seconds(worst.seconds)
    if worst.seconds <= worst.usual:
        return f"No gap is longer than the usual one of the same: {length} for the {_whose(worst)}."
    times = f"{worst.seconds / worst.usual:,.1f} times it"
    return f"The longest gap beside the usual one is {length}, {times}: of the {_whose(worst)}."


def _same(gap: pace.Gap) -> str:
    """That the gaps of who has all tasks are not told twice."""
    tasks = labels.count(gap.tasks, "task")
    return f"The gaps of the {_whose(gap)} are those of the ledger: it has all {tasks} with a time."


def _whose(gap: pace.Gap) -> str:
    name = gap.name or ""
    name = labels.agent(name) if gap.of == "agent" else labels.fit(name, labels.LONGEST)
    return f"{gap.of} {name}".rstrip()
