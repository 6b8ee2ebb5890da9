"""Graph + ledger + findings -> Diagram: nothing is lost, and each mark is where it belongs."""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import Any, get_args

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph import linter
from ectgraph.encoding import hash_of
from ectgraph.graph import measure
from ectgraph.model import Finding, Severity
from ectgraph.render import compose as module
from ectgraph.render.compose import SLOTS, agent_slots, compose
from ectgraph.render.diagram import GROUPED, Box, Cluster, Diagram, Frame, Link
from ectgraph.render.grouping import MOST_CROSSED, layers_crossed, most_links
from ectgraph.render.scope import Scope
from ectgraph.testing import sketch, task_id

NODES = "abcdefgh"


@st.composite
def graphs(draw: st.DrawFn) -> nx.DiGraph[str]:
    """Small graphs with cycles, several agents, workflows and times, and missing tasks."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    for node in NODES[: draw(st.integers(0, len(NODES)))]:
        if draw(st.integers(0, 5)) == 0:
            graph.add_node(node, jti=node, status="missing")
            continue
        graph.add_node(
            node,
            jti=node,
            iss=draw(st.sampled_from(["x", "y"])),
            exec_act=draw(st.sampled_from(["plan", "pay"])),
            wid=draw(st.sampled_from(["v", "w"])),
            iat=draw(st.integers(0, 3)),
            trust=draw(st.sampled_from(["verified", "invalid"])),
            status=draw(st.sampled_from(["present", "duplicate"])),
        )
    links = st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=16)
    graph.add_edges_from(link for link in draw(links) if set(link) <= set(graph))
    return graph


def finding(task: str, code: str = "ECT201", severity: str = "error", **others: Any) -> Finding:
    return Finding(
        code=code,
        name="n",
        severity=Severity(severity),
        message="m",
        advice="",
        cites="",
        task=task,
        **others,
    )


def drawn(text: str, **options: Any) -> Diagram:
    evidence = sketch(text).evidence()
    found = linter.lint(evidence).findings
    return compose(evidence.graph, ledger=evidence.ledger, findings=found, **options)


def box(diagram: Diagram, name: str) -> Box:
    """The box of one task of a sketch."""
    (found,) = (each for each in diagram.boxes if task_id(name) in each.tasks)
    return found


def link(diagram: Diagram, parent: str, child: str) -> Link:
    (found,) = (
        each
        for each in diagram.links
        if task_id(parent) in diagram.boxes[each.parent].tasks
        and task_id(child) in diagram.boxes[each.child].tasks
    )
    return found


def frames(diagram: Diagram) -> dict[tuple[str, ...], Frame]:
    """Each innermost frame, by the first letters of what is in it."""
    found: dict[int, list[str]] = {}
    for each in diagram.boxes:
        if each.frame is not None:
            found.setdefault(each.frame, []).append(each.tasks[0])
    return {tuple(tasks): diagram.frames[number] for number, tasks in found.items()}


# Nothing is lost


@given(
    graphs(),
    st.sampled_from([None, *GROUPED]),
    st.sampled_from(get_args(Cluster)),
    st.one_of(st.none(), st.integers(1, 9)),
    st.sets(st.sampled_from(NODES), max_size=3),
    st.sampled_from([Scope(), Scope(critical_path=True), Scope(only_findings=True)]),
)
def test_every_task_and_every_link_is_accounted_for(
    graph, collapse, cluster, max_nodes, troubled, scope
):
    found = [finding(task) for task in sorted(troubled & set(graph))]
    diagram = compose(
        graph,
        findings=found,
        scope=scope,
        collapse=collapse,
        cluster=cluster,
        max_nodes=max_nodes,
    )
    shown = [task for each in diagram.boxes for task in each.tasks]
    signed = [each for each in diagram.links if each.kind == "parent"]
    arrows = sum(each.count for each in signed)
    inside = sum(each.inside for each in diagram.boxes)

    assert len(set(shown)) == len(shown)
    assert set(shown) <= set(graph)
    assert diagram.tasks == len(graph)
    assert diagram.in_scope == len(shown) + diagram.hidden
    assert diagram.edges == graph.number_of_edges()
    assert arrows + inside + diagram.hidden_links + diagram.outside_links == diagram.edges
    if max_nodes is not None:
        assert len(diagram.boxes) <= max_nodes
        assert len(diagram.links) <= most_links(len(diagram.boxes), diagram.collapse)
    else:
        assert diagram.hidden == diagram.hidden_links == 0
        assert not diagram.by_itself


@given(graphs(), st.sampled_from([None, *GROUPED]))
def test_arrows_are_the_links_between_boxes_and_count_them(graph, collapse):
    diagram = compose(graph, collapse=collapse, max_nodes=None)
    of = {task: number for number, each in enumerate(diagram.boxes) for task in each.tasks}
    between = Counter((of[a], of[b]) for a, b in graph.edges if of[a] != of[b] or a == b)
    alone = {pair: n for pair, n in between.items() if pair[0] != pair[1]}
    loops = {
        pair: n
        for pair, n in between.items()
        if pair[0] == pair[1] and diagram.boxes[pair[0]].single
    }
    knots = [set(knot) for knot in nx.strongly_connected_components(graph) if len(knot) > 1]
    iat = dict(graph.nodes.data("iat"))

    assert {(each.parent, each.child): each.count for each in diagram.links} == alone | loops
    assert [(each.parent, each.child) for each in diagram.links] == sorted(alone | loops)
    for each in diagram.links:
        pairs = [
            pair
            for pair in product(diagram.boxes[each.parent].tasks, diagram.boxes[each.child].tasks)
            if graph.has_edge(*pair)
        ]
        jumps = [
            iat[a] - iat[b]
            for a, b in pairs
            if iat[a] is not None and iat[b] is not None and iat[b] < iat[a]
        ]
        assert each.back == len(jumps)
        assert each.jump == max(jumps, default=0)
        assert each.circle == sum(a == b or any({a, b} <= k for k in knots) for a, b in pairs)


@given(graphs(), st.sampled_from(get_args(Cluster)))
def test_a_box_is_in_the_frame_of_its_workflow_its_agent_or_its_circle(graph, cluster):
    diagram = compose(graph, cluster=cluster, max_nodes=None)
    name = {"agent": "iss", "none": None}.get(cluster, "wid")
    knots = {task: set(knot) for knot in measure(graph).knots for task in knot}

    for each in diagram.boxes:
        task = each.tasks[0]
        chain: list[Frame] = []
        number = each.frame
        while number is not None:
            chain.append(diagram.frames[number])
            assert diagram.frames[number].parent is None or diagram.frames[number].parent < number
            number = diagram.frames[number].parent
        kinds = [frame.kind for frame in chain]
        assert ("circle" in kinds) == (task in knots)
        labels = [frame.label for frame in chain if frame.kind != "circle"]
        assert len(labels) <= 1
        if labels and graph.nodes[task]["status"] != "missing":
            assert name is not None
            assert labels == [graph.nodes[task][name]]
    used = {each.frame for each in diagram.boxes} | {each.parent for each in diagram.frames}
    assert used - {None} == set(range(len(diagram.frames)))


# What is on a box


def test_a_task_is_a_box_with_what_its_token_says():
    found = box(drawn("a@0; b@5<a act=review by=agent-b"), "b")

    assert found.single
    assert (found.exec_act, found.jti) == ("review", task_id("b"))
    assert (found.wids, found.agents, found.actions) == (1, 1, 1)
    assert found.first == found.last
    assert dict(found.claims)["parents"] == task_id("a")
    assert dict(found.claims)["signature"] == "verified"


@pytest.mark.parametrize(
    ("text", "trust"),
    [
        ("a@0", "verified"),
        ("a@0 !flipped", "invalid"),
        ("a@0 kid=nobody", "unknown_key"),
        ("a@0 !unsigned", "unsigned"),
        ("a@0; !no-keys", "unchecked"),
    ],
)
def test_a_box_tells_what_came_of_the_signature(text: str, trust: str):
    found = box(drawn(text), "a")

    assert found.trust == {trust: 1}
    assert found.unverified == (trust != "verified")


def test_a_parent_without_record_is_a_box_that_is_missing():
    found = box(drawn("b@5<a"), "a")

    assert found.missing
    assert found.trust == {"missing": 1}
    assert found.roots == found.unverified == 0


def test_roots_and_leaves_are_those_of_the_whole_graph():
    diagram = drawn("a@0; b@5<a; c@9<b", scope=Scope(focus=(task_id("b"),), hops=0))

    (found,) = diagram.boxes
    assert (found.roots, found.leaves) == (0, 0)
    assert (found.more_parents, found.more_children) == (1, 1)
    assert diagram.outside_links == 2


def test_findings_are_counted_by_code_worst_first_and_ignored_ones_are_not_there():
    graph = nx.DiGraph()
    graph.add_node("a", jti="a", status="present", trust="verified")
    found = [
        finding("a", "ECT501", "warning"),
        finding("a", "ECT401"),
        finding("a", "ECT401"),
        finding("a", "ECT201", ignored=True),
        finding("a", "ECT502", "note", known=True),
        finding("nobody"),
    ]

    (made,) = compose(graph, findings=found).boxes

    assert list(made.findings.items()) == [("ECT401", 2), ("ECT501", 1), ("ECT502", 1)]
    assert made.severity is Severity.ERROR


def test_policy_decisions_and_compensation_are_told():
    undo = 'ext={"compensation_required":true,"compensation_reason":"no"}'
    diagram = drawn(f"a@0 pol=p pol_decision=rejected; b@5<a {undo}")

    assert box(diagram, "a").decisions == {"rejected": 1}
    assert box(diagram, "b").compensations == 1


# Links


def test_a_link_into_another_workflow_is_told():
    diagram = drawn("a@0 wid=v; b@5<a wid=w; c@6<b wid=w")

    assert link(diagram, "a", "b").crossing == 1
    assert link(diagram, "b", "c").crossing == 0


def test_a_parent_that_was_issued_later_is_told_with_the_seconds():
    diagram = drawn("a@40; b@5<a")

    assert (link(diagram, "a", "b").back, link(diagram, "a", "b").jump) == (1, 35)


def test_data_goes_along_a_parent_link_or_beside_all_of_them():
    text = hash_of(b"text")
    told = f"a@0 out_hash={text}; b@5<a inp_hash={text}; c@6 inp_hash={text}"
    diagram = drawn(told)

    assert link(diagram, "a", "b").data == 1
    assert (link(diagram, "a", "c").kind, link(diagram, "a", "c").count) == ("data", 1)
    assert len(diagram.links) == 2
    assert [each.data for each in drawn(told, data_flow=False).links] == [0]


def test_data_that_meets_within_a_group_or_is_common_is_counted_as_not_drawn():
    text = hash_of(b"")
    both = f"a@0 out_hash={text}; b@1 inp_hash={text}"
    many = "; ".join(f"t{n}@{n} out_hash={text} inp_hash={text}" for n in range(40))

    assert drawn(both).hidden_data == 0
    assert drawn(both, collapse="agent").hidden_data == 1
    assert drawn(many).hidden_data == 40 * 39
    assert not drawn(many).links


# Too many


def test_too_many_boxes_are_grouped_and_what_has_errors_stays_by_itself():
    text = "; ".join(f"t{n}@{n} act=work" for n in range(30)) + "; bad@40 !flipped"
    diagram = drawn(text, max_nodes=8)

    assert diagram.by_itself
    assert diagram.hidden == 0
    assert box(diagram, "bad").single
    assert diagram.alone == 1
    assert len(box(diagram, "t3").tasks) == 30


def test_when_groups_are_too_many_those_without_trouble_and_the_smallest_are_hidden():
    text = "; ".join(f"t{n}@{n} by=agent-{n % 6}" for n in range(17)) + "; z@40 by=agent-z !flipped"
    diagram = drawn(text, max_nodes=3)

    assert [len(each.tasks) for each in diagram.boxes] == [3, 3, 1]
    assert box(diagram, "z").findings
    assert diagram.hidden == 18 - 7
    assert diagram.collapse == "agent"


def test_too_many_arrows_are_grouped_too():
    names = [f"t{n}" for n in range(30)]
    text = "; ".join(
        f"{name}@{n}" + (f"<{','.join(names[:n])}" if n else "") + f" act=a{n % 3}"
        for n, name in enumerate(names)
    )
    diagram = drawn(text, max_nodes=30)

    assert diagram.edges == 435 > most_links(30, None)
    assert diagram.by_itself
    assert diagram.hidden_links == 0
    assert len(diagram.boxes) == 3


def test_arrows_that_no_grouping_makes_fewer_are_hidden_and_marked_ones_stay(monkeypatch):
    monkeypatch.setattr(module, "most_links", lambda *_: 5)
    monkeypatch.setattr("ectgraph.render.grouping.most_links", lambda *_: 5)
    text = "a@0 by=a; b@1<a by=b; c@2<a,b by=c; d@9<a,b,c by=d; e@3<d by=e"
    diagram = drawn(text, max_nodes=5)

    assert len(diagram.links) == 5
    assert diagram.hidden_links == 2
    assert link(diagram, "d", "e").back == 1
    assert sum(each.more_children for each in diagram.boxes) == 2
    assert sum(each.more_parents for each in diagram.boxes) == 2


def test_what_has_the_most_links_is_hidden_last():
    text = "; ".join(f"t{n}@0 by=agent-{n}" for n in range(9))
    diagram = drawn(f"{text}; join@1<{','.join(f't{n}' for n in range(9))} by=agent-z", max_nodes=3)

    assert box(diagram, "join").more_parents == 7
    assert [each.count for each in diagram.links] == [1, 1]


def test_arrows_across_a_long_row_are_few_enough_to_be_laid_out():
    graph = nx.DiGraph((n, n + 1) for n in range(99))
    graph.add_edges_from((n, n + far) for far in (20, 30, 40, 50) for n in range(100 - far))
    for node in list(graph):
        graph.nodes[node].update(iss=str(node), status="present")
    diagram = compose(graph)
    pairs = [(each.parent, each.child) for each in diagram.links]

    assert layers_crossed(pairs) <= MOST_CROSSED < layers_crossed(graph.edges)
    assert sum(each.count for each in diagram.links) + diagram.hidden_links == diagram.edges
    assert {(n, n + 1) for n in range(99)} < set(pairs)  # those that lead far are left out first
    assert len(compose(graph, max_nodes=None).links) == diagram.edges


def test_one_task_with_ten_thousand_parents_is_two_boxes():
    graph = nx.DiGraph((f"p{n}", "child") for n in range(10_000))
    for node in graph:
        graph.nodes[node].update(
            jti=node, iss="i", exec_act="a", status="present", trust="verified"
        )

    diagram = compose(graph)

    assert [(len(each.tasks), each.inside) for each in diagram.boxes] == [(10_000, 0), (1, 0)]
    assert [each.count for each in diagram.links] == [10_000]


# Agents and frames


def test_an_agent_has_its_place_whatever_else_is_in_the_ledger():
    def slots(*names: str) -> dict[str, int]:
        graph = nx.DiGraph()
        for name in names:
            graph.add_node(name, iss=name)
        return agent_slots(graph)

    names = [f"agent-{n}" for n in range(SLOTS)]
    assert slots(*names) == slots(*reversed(names))
    assert sorted(slots(*names).values()) == list(range(SLOTS))
    assert len(slots(*names, *"uvw")) == SLOTS + 3
    assert slots("reviewer")["reviewer"] == slots("reviewer", "zzz")["reviewer"]


@pytest.mark.parametrize(("workflows", "framed"), [(1, False), (2, True), (12, True), (13, False)])
def test_workflows_are_framed_where_there_are_several_but_not_many(workflows: int, framed: bool):
    text = "; ".join(f"t{n}@{n} wid=w{n}" for n in range(workflows))

    assert bool(drawn(text).frames) == framed
    assert len(drawn(text, cluster="workflow").frames) == workflows


def test_a_circle_within_a_workflow_is_framed_within_it():
    diagram = drawn("a@0<c wid=v; b@0<a wid=v; c@0<b wid=v; d@0<c wid=w")

    assert [(each.kind, each.parent) for each in diagram.frames] == [
        ("workflow", None),
        ("workflow", None),
        ("circle", 0),
    ]
    assert {len(tasks) for tasks in frames(diagram)} == {3, 1}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"collapse": "agnet"}, "did you mean 'agent'"),
        ({"cluster": "wid"}, "cluster"),
        ({"max_nodes": 0}, "leaves no room"),
        ({"scope": Scope(focus=("nobody",))}, "nobody"),
    ],
)
def test_what_is_not_possible_is_the_callers_mistake(refusal, options, words):
    assert words in refusal(drawn, "a@0", **options)


def test_an_empty_graph_is_a_picture_of_nothing():
    diagram = compose(nx.DiGraph())

    assert (diagram.boxes, diagram.links, diagram.unreadable) == ((), (), 0)


def test_records_that_are_no_task_are_counted_whether_they_can_be_read_or_not():
    assert drawn("'junk'; a@0; b@1 jti=; c@2 !no-jti").unreadable == 3


def test_findings_that_no_box_tells_are_counted():
    graph = nx.DiGraph()
    for name in "abc":
        graph.add_node(name, status="present", iss=name)
    told = [finding("a"), finding("b"), finding("nobody"), finding("b", ignored=True)]

    assert compose(graph, findings=told).unplaced == 1
    assert compose(graph, findings=[*told, finding(None)], max_nodes=1).unplaced == 3  # b is hidden
    assert compose(graph, findings=told, scope=Scope(focus=("a",))).unplaced == 1
