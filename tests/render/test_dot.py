"""Graph + findings -> DOT: what each task looks like, the legend, and what is left out.

That what is drawn is the graph, whatever the claims say, is a law: see test_laws.
"""

from __future__ import annotations

import re

import networkx as nx
import pytest

from ectgraph import linter
from ectgraph.model import Finding
from ectgraph.render.dot import LEGEND_AGENTS, PALETTE, WIDE, agent_colours, select, to_dot
from ectgraph.rule import Evidence
from ectgraph.testing import sketch, task_id


def dot_of(text: str, max_nodes: int | None = None) -> str:
    evidence = sketch(text).evidence()
    return to_dot(evidence.graph, linter.lint(evidence).findings, max_nodes=max_nodes)


def node(dot: str, number: int) -> str:
    """The line of one task."""
    (line,) = re.findall(rf"^\tn{number} \[.*\]$", dot, re.MULTILINE)
    return line


def edges(dot: str) -> set[tuple[int, int]]:
    return {(int(a), int(b)) for a, b in re.findall(r"^\tn(\d+) -> n(\d+)", dot, re.MULTILINE)}


def legend(dot: str) -> str:
    """The words of the legend."""
    (table,) = re.findall(r"<TABLE .*</TABLE>", dot)
    return " ".join(re.sub(r"<[^>]*>", " ", table).split())


def test_a_task_shows_its_action_its_agent_and_the_beginning_of_its_id():
    line = node(dot_of("a@0 act=review by=agent-b"), 0)

    assert f'label="review\\nagent-b\\n{task_id("a")[:8]}"' in line


def test_nodes_are_numbered_in_the_order_of_the_graph_and_links_follow():
    dot = dot_of("b@5<a; a@0; c@9<b,z")

    assert [task_id(name)[:8] in node(dot, n) for n, name in enumerate("bacz")] == [True] * 4
    assert edges(dot) == {(1, 0), (0, 2), (3, 2)}


def test_a_verified_task_without_findings_is_a_plain_rounded_box():
    line = node(dot_of("a@0; b@5<a"), 1)

    assert 'style="filled,rounded"' in line
    assert "penwidth" not in line
    assert "peripheries" not in line


@pytest.mark.parametrize(
    ("text", "trust"),
    [
        ("a@0 !flipped", "invalid"),
        ("a@0 kid=nobody", "unknown key"),
        ("a@0 alg=none", "unsupported"),
        ("a@0 !unsigned", "unsigned"),
        ("a@0; !no-keys", "unchecked"),
    ],
)
def test_a_task_that_did_not_verify_has_a_double_line_and_says_why(text: str, trust: str):
    line = node(dot_of(text), 0)

    assert "peripheries=2" in line
    assert trust in line


def test_a_missing_task_is_dashed_white_and_has_no_action():
    line = node(dot_of("b@5<a"), 1)

    assert "dashed" in line
    assert 'fillcolor="#ffffff"' in line
    assert "missing" in line
    assert line.count("\\n") == 2  # its id, that it is missing, and the code of the finding


def test_a_task_with_several_records_is_a_box_of_another_shape():
    assert "shape=box3d" in node(dot_of("a@0; a@1"), 0)


def test_a_task_with_findings_has_a_thick_line_and_names_their_codes_once():
    line = node(
        dot_of("a@0; b@0<a,b !flipped; c@99; d@0<c,d !flipped; e@0<d; !disjoint_workflows=true"), 3
    )

    assert "penwidth=3" in line
    assert '\\nECT201 ECT304 ECT401"' in line


def test_an_error_and_a_warning_have_other_colours_than_each_other_and_than_nothing():
    looks = (
        node(dot_of("a@0; b@1<a,b"), 1),
        node(dot_of("a@0; b@1<a; !max_depth=0"), 1),
        node(dot_of("a@0; b@1<a"), 1),
    )

    assert [re.findall(r"ECT\d+", look) for look in looks] == [["ECT304"], ["ECT501"], []]
    assert len({re.search(r' color="(#\w+)"', look)[1] for look in looks}) == 3


def test_findings_of_no_task_and_ignored_ones_mark_nothing():
    evidence = sketch("a@0 !flipped; 'junk'; !bad-key").evidence()

    dot = to_dot(evidence.graph, linter.lint(evidence, ignore=["ECT201"]).findings)

    assert "ECT" not in dot


def test_the_links_of_a_circle_stand_out():
    dot = dot_of("r@0; a@0<c,r; b@0<a; c@0<b; d@0<c; e@0<e")
    lines = dict(re.findall(r"^\t(n\d+ -> n\d+)(.*)$", dot, re.MULTILINE))
    marked = {link for link, look in lines.items() if "color" in look}

    assert marked == {"n3 -> n1", "n1 -> n2", "n2 -> n3", "n5 -> n5"}


def test_an_absent_action_or_issuer_is_no_reason_to_fail():
    line = node(dot_of("a@0 act= iss="), 0)

    assert task_id("a")[:8] in line
    assert 'fillcolor="#ffffff"' in line


def test_long_names_are_cut_in_the_middle():
    line = node(dot_of(f"a@0 act=START{'x' * 500}THE-END"), 0)

    assert "START" in line
    assert "THE-END" in line
    assert "…" in line
    assert len(line) < 300


# Which way


@pytest.mark.parametrize(
    ("tasks", "depth", "direction"),
    [
        (WIDE, 0, "TB"),
        (WIDE + 1, 0, "LR"),
        (2 * WIDE, 1, "TB"),
        (2 * WIDE + 1, 1, "LR"),
        (20, 19, "TB"),
    ],
)
def test_a_wide_graph_goes_from_left_to_right_and_a_deep_one_from_top_to_bottom(
    tasks: int, depth: int, direction: str
):
    chain = [f"t{n}@{n}" + (f"<t{n - 1}" if n else "") for n in range(depth + 1)]
    others = [f"t{n}@{n}" for n in range(depth + 1, tasks)]

    assert f"rankdir={direction}" in dot_of("; ".join(chain + others))


# Agents and the legend


def test_each_agent_has_a_colour_and_the_legend_says_which():
    evidence = sketch("a@0; b@5<a by=agent-b; c@6<b by=agent-b").evidence()
    colours = agent_colours(evidence.graph)
    dot = to_dot(evidence.graph)

    assert list(colours) == [f"spiffe://example.com/agent/agent-{x}" for x in "ab"]
    assert len(set(colours.values())) == 2
    for number, agent in enumerate(colours):
        assert colours[agent] in node(dot, number)
        assert f'BGCOLOR="{colours[agent]}"' in dot
    assert "agent/agent-a 1" in legend(dot)
    assert "agent/agent-b 2" in legend(dot)


def test_the_colour_of_an_agent_does_not_depend_on_the_order_of_the_tasks():
    one, two = (sketch(t).evidence().graph for t in ("a@0; b@0 by=b", "b@0 by=b; a@0"))

    assert agent_colours(one) == agent_colours(two)


def test_of_many_agents_the_legend_names_some_and_counts_the_others():
    text = "; ".join(f"t{n}@{n} by=agent-{n:02}" for n in range(LEGEND_AGENTS + 3))
    words = legend(dot_of(text))

    assert "agent-11 1" in words
    assert "agent-12" not in words
    assert "3 more agents" in words
    assert f"after {len(PALETTE)} agents" in words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a@0; b@5<a", "2 tasks, 1 parent link"),
        ("a@0 !flipped; b@5", "not verified 1"),
        ("a@0<y,z; b@5", "no record 2"),
        ("a@0<y,z; b@5", "2 tasks, 2 parent links, 2 missing"),
        ("a@0<a; b@5<b; c@9", "codes 2"),
        ("'junk'", "0 tasks, 0 parent links"),
    ],
)
def test_the_legend_counts_what_it_explains(text: str, words: str):
    assert words in legend(dot_of(text))


@pytest.mark.parametrize(
    "words", ["missing", "double line", "dashed", "thick line", "more agents", "recur"]
)
def test_the_legend_does_not_explain_what_is_not_there(words: str):
    assert words not in legend(dot_of("a@0; b@5<a"))


def test_the_legend_adds_no_node():
    assert len(re.findall(r"^\tn\d+ \[", dot_of("a@0; b@5<a,z"), re.MULTILINE)) == 3


def test_records_that_cannot_be_drawn_are_counted_in_the_legend():
    evidence = sketch("a@0; 'junk'; 'more'").evidence()

    assert re.search(r"cannot be read 2\b", legend(to_dot(evidence.graph, unreadable=2)))
    assert "cannot be read" not in legend(to_dot(evidence.graph))


# What is left out


@pytest.mark.parametrize(("max_nodes", "shown"), [(1, "d"), (2, "dz"), (3, "adz"), (4, "abdz")])
def test_tasks_with_findings_are_drawn_first_then_those_that_come_first(max_nodes: int, shown: str):
    dot = dot_of("a@0; b@5<a; c@6<b; d@9<c,z !flipped", max_nodes)

    assert {
        name
        for name in "abcdz"
        if f"{task_id(name)[:8]}\\n" in dot or f'{task_id(name)[:8]}"' in dot
    } == set(shown)
    assert f"{max_nodes} of 5 tasks shown, {5 - max_nodes} hidden" in legend(dot)


def test_links_to_hidden_tasks_are_not_drawn_and_numbers_stay():
    whole, part = (dot_of("a@0; b@5<a; c@6<b; d@9<c !flipped", n) for n in (None, 3))

    assert edges(whole) == {(0, 1), (1, 2), (2, 3)}
    assert edges(part) == {(0, 1)}
    assert node(part, 3) == node(whole, 3)


def test_select_keeps_all_when_they_fit():
    graph = nx.DiGraph([("a", "b"), ("b", "c")])

    assert list(select(graph, {"c"}, None)) == ["a", "b", "c"]
    assert list(select(graph, {"c"}, 3)) == ["a", "b", "c"]
    assert list(select(graph, {"c"}, 2)) == ["c", "a"]


def test_an_empty_graph_is_a_drawing_of_nothing():
    dot = to_dot(nx.DiGraph())

    assert dot.startswith("digraph")
    assert edges(dot) == set()
    assert "0 tasks" in legend(dot)


def test_a_graph_that_a_reader_changed_can_still_be_drawn():
    """The graph is a plain networkx graph; a view of it is one, too."""
    evidence: Evidence = sketch("a@0; b@5<a; c@6<b").evidence()
    part = evidence.graph.subgraph([task_id("b"), task_id("c")])
    findings: tuple[Finding, ...] = linter.lint(evidence).findings

    assert edges(to_dot(part, findings)) == {(0, 1)}
