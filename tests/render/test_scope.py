"""Narrowing a graph to what was asked for, and the words that say so."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from itertools import product
from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.graph import build
from ectgraph.ledger import Ledger
from ectgraph.model import Entry, Finding, Severity
from ectgraph.render.scope import Narrowing, Scope, narrow
from ectgraph.testing import Sketch, sketch, task_id

NODES = "abcdef"
SOME = st.lists(st.sampled_from(NODES), max_size=2)
WORKFLOWS = ["w-1", "w-2", "v", None]


def narrowed(drawn: Sketch, **asked: Any) -> tuple[list[str], tuple[str, ...]]:
    """The names of the tasks that are left, and the phrases."""
    ledger = drawn.ledger()
    names = {task_id(name): name for name in "abcdefghz"}
    for name in ("focus", "ancestors_of", "descendants_of", "path"):
        if name in asked:
            asked[name] = [task_id(each) for each in asked[name]]
    scope = Scope.of(**asked)
    tasks, phrases = narrow(build(ledger), scope, ledger=ledger, findings=drawn.lint().findings)
    assert tasks is not None
    return [names[task] for task in tasks], phrases


def called(name: str) -> str:
    """A task of a sketch, as a person names it."""
    return f"{name} {task_id(name)[:8]}"


DIAMOND = "a@0; b@1<a; c@2<a; d@3<b,c; e@4<d; f@9"


@pytest.mark.parametrize(
    ("asked", "tasks", "phrase"),
    [
        ({"focus": "d"}, "bcde", f"within 1 link of {called('d')}"),
        ({"focus": "d", "hops": 2}, "abcde", f"within 2 links of {called('d')}"),
        ({"focus": "df", "hops": 0}, "df", f"{called('d')}, {called('f')}"),
        ({"ancestors_of": "b"}, "ab", f"what {called('b')} builds on"),
        ({"ancestors_of": "bf"}, "abf", f"what {called('b')}, {called('f')} build on"),
        ({"descendants_of": "d"}, "de", f"what builds on {called('d')}"),
        ({"path": "ad"}, "abcd", f"on a path from {called('a')} to {called('d')}"),
        ({"critical_path": True}, "abde", "the critical path, by iat: 4 s over 4 tasks"),
    ],
)
def test_each_condition_leaves_its_tasks_and_says_so(asked, tasks, phrase):
    left, phrases = narrowed(sketch(DIAMOND), **asked)
    if "critical_path" in asked:  # of two ways of 4 seconds, the one whose id comes first
        tasks = f"a{min('bc', key=task_id)}de"
    assert "".join(left) == tasks
    assert phrases == (phrase,)


def test_nothing_that_is_asked_for_is_no_narrowing():
    assert narrow(nx.DiGraph(["ab"]), Scope()) == (None, ())


def test_conditions_narrow_each_other():
    left, phrases = narrowed(sketch(DIAMOND), ancestors_of="d", descendants_of="b")
    assert left == ["b", "d"]
    assert phrases == (f"what {called('d')} builds on", f"what builds on {called('b')}")
    assert narrowed(sketch(DIAMOND), ancestors_of="d", descendants_of="f")[0] == []


@given(
    st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=10),
    st.lists(st.sampled_from(WORKFLOWS), min_size=6, max_size=6),
    st.fixed_dictionaries(
        {},
        optional={
            "workflow": st.lists(st.sampled_from(["w-1", "w-2", "v"]), max_size=2),
            "focus": SOME,
            "ancestors_of": SOME,
            "descendants_of": SOME,
            "only_findings": st.booleans(),
        },
    ),
    st.integers(0, 3),
    st.sets(st.sampled_from(NODES)),
)
def test_what_is_left_is_what_fulfils_every_condition(entry, links, wids, asked, hops, troubled):
    """Compare with a reading of the conditions, one task at a time; `z` stands for the missing."""
    wids = dict(zip(NODES, wids, strict=True))
    parents = {node: [a for a, b in links if b == node] for node in NODES}
    ledger = Ledger(entry(node, wids[node], [*parents[node], "z"]) for node in NODES)
    links = [*links, *(("z", node) for node in NODES)]
    nodes = [*NODES, "z"]
    if asked.get("focus") or asked.get("only_findings"):
        asked["hops"] = hops
    if "workflow" in asked and not set(asked["workflow"]) <= set(wids.values()):
        del asked["workflow"]
    findings = [_finding(task) for task in sorted(troubled)]

    tasks, phrases = narrow(build(ledger), Scope.of(**asked), findings=findings)

    far = {(node, other): 0 if node == other else 99 for node, other in product(nodes, nodes)}
    leads = {(node, node) for node in nodes} | set(links)
    for a, b in links:
        far[a, b], far[b, a] = min(far[a, b], 1), min(far[b, a], 1)
    for middle, a, b in product(nodes, nodes, nodes):
        far[a, b] = min(far[a, b], far[a, middle] + far[middle, b])
        if (a, middle) in leads and (middle, b) in leads:
            leads.add((a, b))

    def fulfils(node: str) -> bool:
        of = [wids.get(node)] if node in wids else [wids[child] for child in NODES]
        near = 0 if asked.get("focus") else asked.get("hops", 0)
        return (
            (not asked.get("workflow") or not {*of}.isdisjoint(asked["workflow"]))
            and (not asked.get("focus") or any(far[node, a] <= hops for a in asked["focus"]))
            and (not (up := asked.get("ancestors_of")) or any((node, a) in leads for a in up))
            and (not (down := asked.get("descendants_of")) or any((a, node) in leads for a in down))
            and (not asked.get("only_findings") or any(far[node, a] <= near for a in troubled))
        )

    given_ = [name for name in asked if asked[name] and name != "hops"]
    assert tasks == ([node for node in build(ledger) if fulfils(node)] if given_ else None)
    assert len(phrases) == len(given_)


def _finding(task: str | None, **changes: Any) -> Finding:
    return Finding(
        code="ECT401",
        name="parent-after-child",
        severity=Severity.ERROR,
        message="",
        advice="",
        cites="",
        task=task,
        **changes,
    )


# Workflows


@pytest.fixture(scope="module")
def of_workflows(entry: Callable[..., Entry]) -> nx.DiGraph:
    """Two workflows whose names begin alike, a third, and a task that says none."""
    return build(
        Ledger(
            [
                entry("a", "w-1", ["gone", "c"]),
                entry("b", "w-12", ["a", "lost"]),
                entry("c", "v"),
                entry("d", None, ["gone"]),
            ]
        )
    )


def test_a_workflow_has_its_tasks_and_the_missing_ones_that_they_name(of_workflows):
    assert narrow(of_workflows, Scope(workflow=("w-1",))) == (["a", "gone"], ("workflow w-1",))


def test_a_beginning_of_a_workflow_is_enough_and_several_are_all_meant(of_workflows):
    assert narrow(of_workflows, Scope(workflow=("w-12", "v", "v"))) == (
        ["b", "c", "lost"],
        ("workflows w-12, v",),
    )
    assert narrow(of_workflows, Scope.of(workflow="w-12")) == narrow(
        of_workflows, Scope(workflow=("w-12",))
    )


def test_a_workflow_that_is_not_there_is_a_mistake(of_workflows, refusal, entry):
    def told(text: str, graph: nx.DiGraph = of_workflows) -> str:
        return refusal(narrow, graph, Scope.of(workflow=text))

    assert told("w") == "2 workflows begin with 'w': w-1, w-12"
    assert told("W_12") == "no workflow begins with 'W_12'; did you mean 'w-12'?"
    assert told("x") == "no workflow begins with 'x'; known are 'v', 'w-1', 'w-12'"
    assert told("") == "no workflow begins with ''; known are 'v', 'w-1', 'w-12'"
    none = build(Ledger([entry("a")]))
    assert told("x", none) == "no task says of which workflow it is, so none is of 'x'"
    many = build(Ledger(entry(f"t{n}", f"w{n:03}") for n in range(2000)))
    assert (
        told("x", many) == "no workflow begins with 'x'; there are w000, w001, w002 and 1997 more"
    )


def test_of_very_long_and_odd_names_a_message_shows_little_and_nothing_that_acts(entry, refusal):
    long = "w\x1b[31m\n\u202e" + "x" * 100_000
    graph = build(Ledger([entry("a", long), entry("b", f"{long}y"), entry("c", "::error::w")]))

    for text in ("w", "nowhere", long[:-1] + "?"):
        told = refusal(narrow, graph, Scope.of(workflow=text))
        assert told.isprintable()
        assert len(told) < 400


def test_a_phrase_is_short_and_holds_claims_as_they_were_found(entry):
    graph = build(Ledger([entry("j" * 5000, "w\n" * 5000, exec_act="\x1b<b>" * 5000)]))

    _, phrases = narrow(graph, Scope.of(workflow="w", focus="j"))

    assert all(len(phrase) < 120 for phrase in phrases)
    assert "w\nw" in phrases[0]
    assert "\x1b<b>" in phrases[1]


# Paths


def test_where_no_path_leads_it_is_said_how_the_two_hang_together(refusal):
    def told(first: str, last: str) -> str:
        return refusal(narrowed, sketch(DIAMOND), path=[first, last])

    a, b, c, d, f = map(called, "abcdf")
    assert told("d", "a") == (
        f"no path leads from {d} to {a}; one leads the other way: turn the two around"
    )
    assert told("b", "c") == f"no path leads from {b} to {c}; they share 1 ancestor: {a}"
    assert told("b", "f") == f"no path leads from {b} to {f}; they share no ancestor"


def test_a_path_from_a_task_to_itself_is_the_task_and_its_circle():
    drawn = sketch("a@0<c; b@0<a; c@0<b; d@1<c")
    assert narrowed(drawn, path="aa")[0] == ["a", "b", "c"]
    assert narrowed(drawn, path="dd")[0] == ["d"]


@pytest.mark.parametrize("path", ["ab", ["a"], ["a", "b", "c"], []])
def test_a_path_is_from_one_task_to_another(path, refusal):
    assert refusal(Scope.of, path=path) == "a path is from one task to another: give two"


def test_a_condition_that_there_is_not_is_refused(refusal):
    assert refusal(Scope.of, focs="a") == (
        "'focs' is nothing to narrow a picture to; did you mean 'focus'?"
    )


# The critical path


def test_the_critical_path_is_that_of_what_else_is_asked_for():
    drawn = sketch(
        'a@0 ext={"exec_time_ms":1000}; b@1<a; c@2<a ext={"exec_time_ms":92000}; '
        'd@3<b ext={"exec_time_ms":500}'
    )
    assert narrowed(drawn, critical_path=True) == (
        ["a", "c"],
        ("the critical path, by exec_time_ms: 93 s over 2 tasks",),
    )
    within = "the critical path within that"
    assert narrowed(drawn, critical_path=True, ancestors_of="d") == (
        ["a", "b", "d"],
        (
            f"what {called('d')} builds on",
            f"{within}, by exec_time_ms: 1.5 s over 3 tasks, 1 of them without it",
        ),
    )


def test_without_times_the_critical_path_counts_links():
    graph = nx.DiGraph(["ab", "bc", "ac"])
    assert narrow(graph, Scope(critical_path=True)) == (
        ["a", "b", "c"],
        ("the critical path, by links: 2 links over 3 tasks",),
    )
    assert narrow(nx.DiGraph(), Scope(critical_path=True)) == (
        [],
        ("the critical path, by links: 0 links over 0 tasks",),
    )


# Findings


def test_only_findings_are_the_tasks_of_those_that_count():
    graph = nx.DiGraph(["ab", "bc", "cd"])
    findings = [
        _finding("b"),
        _finding("c", ignored=True),
        _finding("d", known=True),
        _finding(None),
        _finding("not in the graph"),
    ]
    scope = Scope(only_findings=True)
    assert narrow(graph, scope, findings=iter(findings)) == (["b"], ("tasks with findings",))
    assert narrow(graph, dataclasses.replace(scope, hops=1), findings=findings) == (
        ["a", "b", "c"],
        ("within 1 link of tasks with findings",),
    )
    assert narrow(graph, scope, findings=[]) == ([], ("tasks with findings",))


def test_hops_are_counted_from_the_focus_where_there_is_one():
    left, phrases = narrowed(
        sketch("a@0; b@1<a; c@2<b !flipped; d@3<c"), focus="a", hops=2, only_findings=True
    )
    assert left == ["c"]
    assert phrases == (f"within 2 links of {called('a')}", "tasks with findings")


def test_hops_from_nowhere_and_backwards_are_mistakes(refusal):
    graph = nx.DiGraph(["ab"])
    assert refusal(narrow, graph, Scope(hops=1, ancestors_of=("a",))) == (
        "hops says how far to go around a focus or around findings: give one of them"
    )
    told = refusal(narrow, graph, Scope(focus=("a",), hops=-1))
    assert told == "hops is a number of links, and -1 is below 0"


# Names, and size


def test_a_scope_may_be_written_with_single_names():
    assert Scope.of(focus="abc", workflow=["w", "v"], path=["a", "b"]) == Scope(
        focus=("abc",), workflow=("w", "v"), path=("a", "b")
    )
    fields = [field.name for field in dataclasses.fields(Scope)]
    assert list(Narrowing.__annotations__) == fields


def test_a_task_may_be_abbreviated_and_is_never_guessed(refusal):
    graph = build(sketch("a@0 jti=plan-1; b@1 jti=plan-2").ledger())
    assert narrow(graph, Scope(ancestors_of=("plan-2",)))[0] == ["plan-2"]
    for name in ("focus", "ancestors_of", "descendants_of"):
        assert "2 tasks begin with" in refusal(narrow, graph, Scope.of(**{name: "pl"}))
    assert "no task's jti" in refusal(narrow, graph, Scope(path=("plan-1", "x")))


def test_narrowing_30_000_tasks_is_no_trouble():
    graph = nx.DiGraph((f"t{n}", f"t{n + 1}") for n in range(29_999))
    for data in graph.nodes.values():
        data["wid"], data["status"] = "w", "present"
    scope = Scope.of(
        workflow="w",
        focus="t15000",
        hops=30_000,
        path=["t10", "t29989"],
        ancestors_of="t29990",
        descendants_of="t5",
        critical_path=True,
    )

    tasks, _ = narrow(graph, scope)

    assert tasks is not None
    assert (len(tasks), tasks[0]) == (29_980, "t10")
