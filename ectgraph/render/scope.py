"""Which tasks a picture is of: a graph, narrowed to what was asked for; and words that say so."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias, TypedDict, Unpack

import networkx as nx

from ectgraph import escape, labels
from ectgraph.analysis.critical_path import CriticalPath, critical_path
from ectgraph.analysis.lineage import ancestors, around, between, descendants, find
from ectgraph.errors import EctgraphError
from ectgraph.graph import values
from ectgraph.ledger import Ledger
from ectgraph.model import Finding
from ectgraph.toml import did_you_mean

_ID = 80
"""Characters of an id in a message."""
_NEAR = 1000
"""Workflows among which a mistyped one is looked for; among more that takes too long."""
_NAME = 60
"""Characters of a workflow's name in a phrase."""


Names: TypeAlias = str | Iterable[str]
"""One name, or several."""


class Narrowing(TypedDict, total=False):
    """The fields of a `Scope`, as a caller may write them."""

    tasks: Names | None
    workflow: Names
    focus: Names
    hops: int | None
    ancestors_of: Names
    descendants_of: Names
    path: Sequence[str] | None
    critical_path: bool
    only_findings: bool


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What a picture is to be of; several conditions narrow each other.

    Tasks are named by `jti`, by node, or by the beginning of one. Of several names under one
    condition each is meant.
    """

    tasks: tuple[str, ...] | None = None
    """These alone, such as those of an `Answer`; of an empty list nothing is left."""
    workflow: tuple[str, ...] = ()
    """Tasks of these `wid`s, or of those that begin so, and the missing parents that they name."""
    focus: tuple[str, ...] = ()
    """Tasks within `hops` links of these."""
    hops: int | None = None
    """Links around `focus`, 1 without it; where there is no focus, around the tasks of
    `only_findings`, 0 without it."""
    ancestors_of: tuple[str, ...] = ()
    """These, and what they build on."""
    descendants_of: tuple[str, ...] = ()
    """These, and what builds on them."""
    path: tuple[str, str] | None = None
    """All tasks on any way from the one to the other."""
    critical_path: bool = False
    """The critical path, through what the conditions above leave."""
    only_findings: bool = False
    """Tasks with findings that count."""

    @classmethod
    def of(cls, **asked: Unpack[Narrowing]) -> Scope:
        """Take conditions as a caller writes them, a single name also by itself.

        Raises:
            EctgraphError: a path is not from one task to another, or a condition is none.

        >>> Scope.of(focus="550e8400", hops=2).focus
        ('550e8400',)

        """
        for name in asked:
            if name not in Narrowing.__annotations__:
                near = did_you_mean(name, Narrowing.__annotations__)
                message = f"{name!r} is nothing to narrow a picture to{near}"
                raise EctgraphError(message)
        path = asked.get("path")
        if path is not None and (isinstance(path, str) or len(path) != 2):
            message = "a path is from one task to another: give two"
            raise EctgraphError(message)
        tasks = asked.get("tasks")
        return cls(
            tasks=None if tasks is None else _several(tasks),
            workflow=_several(asked.get("workflow", ())),
            focus=_several(asked.get("focus", ())),
            hops=asked.get("hops"),
            ancestors_of=_several(asked.get("ancestors_of", ())),
            descendants_of=_several(asked.get("descendants_of", ())),
            path=None if path is None else (path[0], path[1]),
            critical_path=asked.get("critical_path", False),
            only_findings=asked.get("only_findings", False),
        )


def _several(names: Names) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def narrow(
    graph: nx.DiGraph[str],
    scope: Scope,
    *,
    ledger: Ledger | None = None,
    findings: Iterable[Finding] = (),
) -> tuple[list[str] | None, tuple[str, ...]]:
    """The tasks that are asked for, in the order of the graph, and phrases that say which.

    Where nothing is asked for, that is `None`: all of them. Conditions that contradict each other
    leave no task. Phrases hold claims as they were found, cut to a length.

    Args:
        graph: as `ectgraph.graph.build` makes it.
        scope: the conditions.
        ledger: what the graph was built from; the critical path needs it for execution times.
        findings: those of which tasks may be asked for.

    Raises:
        EctgraphError: a name means no task or several, no way leads from the one task to the
            other, or there is nothing to count `hops` from.

    >>> narrow(nx.DiGraph([("a", "b"), ("b", "c")]), Scope(ancestors_of=("b",)))
    (['a', 'b'], ('what a task b builds on',))

    """
    if scope.hops is not None and not (scope.focus or scope.only_findings):
        message = "hops says how far to go around a focus or around findings: give one of them"
        raise EctgraphError(message)
    if scope.hops is not None and scope.hops < 0:
        message = f"hops is a number of links, and {scope.hops} is below 0"
        raise EctgraphError(message)
    kept: set[str] | None = None
    phrases: list[str] = []
    for tasks, phrase in _by_structure(graph, scope):
        kept = tasks if kept is None else kept & tasks
        phrases.append(phrase)
    if scope.critical_path:
        part = graph if kept is None else graph.subgraph(kept).copy()
        found = critical_path(part, ledger)
        phrases.append(_critical(found, "the critical path" + (" within that" if phrases else "")))
        kept = set(found.tasks)
    if scope.only_findings:
        hops = 0 if scope.focus else scope.hops or 0
        troubled = {each.task for each in findings if each.counts and each.task is not None}
        near = around(graph, troubled & graph.nodes, hops)
        kept = near if kept is None else kept & near
        phrases.append(f"{_within(hops)} of tasks with findings" if hops else "tasks with findings")
    if kept is None:
        return None, ()
    return [task for task in graph if task in kept], tuple(phrases)


def _by_structure(graph: nx.DiGraph[str], scope: Scope) -> Iterator[tuple[set[str], str]]:
    """The tasks that each condition leaves by itself, and its phrase."""
    name = partial(_name, graph)

    def named(texts: Iterable[str]) -> tuple[list[str], str]:
        tasks = list(dict.fromkeys(find(graph, text) for text in texts))
        return tasks, labels.some([name(task) for task in tasks])

    if scope.tasks is not None:
        tasks, some = named(scope.tasks)
        yield set(tasks), some or "tasks of an empty list"
    if scope.workflow:
        wids = values(graph, "wid")
        known = dict.fromkeys(wid for wid in wids.values() if wid is not None)
        meant = list(dict.fromkeys(_workflow(known, text) for text in scope.workflow))
        some = labels.some([labels.fit(wid, _NAME) for wid in meant])
        yield _of_workflows(graph, set(meant)), f"workflow{'s'[: len(meant) > 1]} {some}"
    if scope.focus:
        tasks, some = named(scope.focus)
        hops = 1 if scope.hops is None else scope.hops
        yield around(graph, tasks, hops), f"{_within(hops)} of {some}" if hops else some
    if scope.ancestors_of:
        tasks, some = named(scope.ancestors_of)
        yield ancestors(graph, tasks), f"what {some} build{'s'[: len(tasks) == 1]} on"
    if scope.descendants_of:
        tasks, some = named(scope.descendants_of)
        yield descendants(graph, tasks), f"what builds on {some}"
    if scope.path is not None:
        first, last = (find(graph, text) for text in scope.path)
        yield _path(graph, first, last), f"on a path from {name(first)} to {name(last)}"


def _name(graph: nx.DiGraph[str], task: str) -> str:
    """A task as a person would name it."""
    data = graph.nodes[task]
    return labels.task(data.get("exec_act"), data.get("jti", task))


def _within(hops: int) -> str:
    return f"within {labels.count(hops, 'link')}"


def _workflow(known: Collection[str], text: str) -> str:
    """The one workflow that is meant.

    Raises:
        EctgraphError: none begins so, or several do; the message lists some.

    """
    if text in known:
        return text
    found = [wid for wid in known if text and wid.startswith(text)]
    if len(found) == 1:
        return found[0]
    meant = escape.terminal(repr(text), _ID)
    if found:
        some = labels.some([escape.terminal(wid, _ID) for wid in sorted(found)], 5)
        raise EctgraphError(f"{len(found)} workflows begin with {meant}: {some}")
    if not known:
        raise EctgraphError(f"no task says of which workflow it is, so none is of {meant}")
    shown = [escape.terminal(wid, _ID) for wid in sorted(known)]
    hint = did_you_mean(text, shown) if len(shown) <= _NEAR else ""
    hint = hint or f"; there are {labels.some(shown)}"
    raise EctgraphError(f"no workflow begins with {meant}{hint}")


def _of_workflows(graph: nx.DiGraph[str], wids: Collection[str]) -> set[str]:
    """The tasks of some workflows, and the missing ones that they name as parents."""
    wid, status = values(graph, "wid"), values(graph, "status")
    tasks = {task for task in graph if wid[task] in wids}
    return tasks | {
        parent for task in tasks for parent in graph.pred[task] if status[parent] == "missing"
    }


def _path(graph: nx.DiGraph[str], first: str, last: str) -> set[str]:
    """All tasks on any way from one task to another.

    Raises:
        EctgraphError: there is no way; the message says how the two hang together instead.

    """
    found = between(graph, first, last)
    if found:
        return found
    name: Callable[[str], str] = lambda task: escape.terminal(_name(graph, task), _ID)  # noqa: E731
    shared = ancestors(graph, [first]) & ancestors(graph, [last])
    if last in shared:
        why = "one leads the other way: turn the two around"
    elif shared:
        some = labels.some([name(task) for task in graph if task in shared])
        why = f"they share {labels.count(len(shared), 'ancestor')}: {some}"
    else:
        why = "they share no ancestor"
    raise EctgraphError(f"no path leads from {name(first)} to {name(last)}; {why}")


def _critical(found: CriticalPath, what: str) -> str:
    """What was added up on the critical path, and to how much."""
    tasks = labels.count(len(found.tasks), "task")
    if found.by == "links":
        return f"{what}, by links: {labels.count(int(found.weight), 'link')} over {tasks}"
    words = f"{what}, by {found.by}: {labels.seconds(found.weight)} over {tasks}"
    return f"{words}, {found.silent:,} of them without it" if found.silent else words
