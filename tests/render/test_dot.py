"""Diagram -> DOT: what each box, arrow and frame looks like, and the legend.

That what is drawn is the graph, whatever the claims say: see test_dot_roundtrip and test_laws.
"""

from __future__ import annotations

import html
import re
from dataclasses import replace
from typing import Any

import pytest

from ectgraph import linter
from ectgraph.model import Severity
from ectgraph.render.compose import compose
from ectgraph.render.diagram import Agent, Box, Diagram, Frame, Link
from ectgraph.render.dot import MOST_CLAIMS, THICKEST, to_dot
from ectgraph.render.style import DARK, LIGHT, Style
from ectgraph.testing import sketch, task_id

AGENT = "spiffe://example.com/agent/agent-a"


def box(number: int = 0, **changes: Any) -> Box:
    """A verified task in which nothing is wrong, or another one."""
    usual = Box(
        tasks=(f"task-{number}",),
        jti=f"{number:08}-e29b",
        wid="w",
        iss=AGENT,
        exec_act="review",
        wids=1,
        agents=1,
        actions=1,
        first=1771943000.0,
        last=1771943000.0,
        trust={"verified": 1},
        duplicates=0,
        findings={},
        severity=None,
        decisions={},
        compensations=0,
        roots=0,
        leaves=0,
    )
    return replace(usual, **changes)


def group(tasks: int = 12, **changes: Any) -> Box:
    """Several tasks as one."""
    names = tuple(f"task-{number}" for number in range(tasks))
    return box(**({"tasks": names, "jti": None, "trust": {"verified": tasks}} | changes))


def diagram(*boxes: Box, links: tuple[Link, ...] = (), **changes: Any) -> Diagram:
    tasks = sum(len(box.tasks) for box in boxes)
    usual = {"tasks": tasks, "in_scope": tasks, "edges": len(links)}
    agents = sorted({box.iss for box in boxes if box.iss is not None})
    usual["agents"] = tuple(Agent(iss=iss, tasks=1, slot=n) for n, iss in enumerate(agents))
    return Diagram(boxes=boxes, links=links, **(usual | changes))


def linked(**changes: Any) -> Diagram:
    """Two tasks and an arrow."""
    return diagram(box(0), box(1), links=(Link(parent=0, child=1, **changes),))


def dot_of(text: str, **choices: Any) -> str:
    evidence = sketch(text).evidence()
    findings = linter.lint(evidence).findings
    return to_dot(compose(evidence.graph, ledger=evidence.ledger, findings=findings, **choices))


def node(dot: str, number: int = 0) -> str:
    """The line of one box."""
    (line,) = re.findall(rf"^\t+n{number} \[.*\]$", dot, re.MULTILINE)
    return line


def arrow(dot: str, name: str = "n0 -> n1") -> str:
    """The line of one arrow."""
    (line,) = re.findall(rf"^\t{name} \[.*\]$", dot, re.MULTILINE)
    return line


def edges(dot: str) -> set[tuple[int, int]]:
    return {(int(a), int(b)) for a, b in re.findall(r"^\tn(\d+) -> n(\d+)", dot, re.MULTILINE)}


def words(text: str) -> str:
    """What can be read of an HTML-like label."""
    (table,) = re.findall(r"label=<(<TABLE .*</TABLE>)>", text)
    return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", table).split()))


def legend(dot: str) -> str:
    (line,) = (line for line in dot.splitlines() if line.startswith("\tlabel=<"))
    return words(line)


def tooltip(line: str) -> str:
    (found,) = re.findall(r' tooltip="((?:[^"\\]|\\.)*)"', line)
    return found


# Boxes


def test_a_task_shows_its_action_its_agent_its_id_and_its_time():
    line = node(dot_of("a@0 act=review by=agent-b; b@9<a"))

    assert words(line).startswith(f"review agent-b {task_id('a')[:8]} ")
    assert f'<FONT FACE="Courier">{task_id("a")[:8]} ' in line
    assert re.search(r"\d\d:\d\d:\d\d root$", words(line))


def test_boxes_are_numbered_in_the_order_of_the_graph_and_links_follow():
    dot = dot_of("b@5<a; a@0; c@9<b,z")

    assert [task_id(name)[:8] in node(dot, n) for n, name in enumerate("bacz")] == [True] * 4
    assert edges(dot) == {(1, 0), (0, 2), (3, 2)}


def test_a_verified_task_without_findings_is_a_plain_rounded_box():
    dot = to_dot(diagram(box()))

    assert re.search(r"^\tnode \[.*shape=box style=\"filled,rounded\"\]$", dot, re.MULTILINE)
    for word in ("style", "shape", "peripheries", "penwidth", " color"):
        assert f"{word}=" not in node(dot).partition(" label=")[0]


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
def test_a_task_that_did_not_verify_has_a_double_line_and_corners_and_says_why(
    text: str, trust: str
):
    line = node(dot_of(text))

    assert "peripheries=2" in line
    assert "style=filled" in line
    assert f"not verified: {trust}" in words(line)


def test_a_group_with_one_task_that_did_not_verify_has_the_double_line_too():
    line = node(to_dot(diagram(group(trust={"verified": 11, "invalid": 1}))))

    assert "peripheries=2" in line
    assert "1 not verified: invalid" in words(line)


def test_a_missing_task_is_dashed_without_any_colour_and_has_no_action():
    line = node(dot_of("b@5<a"), 1)

    assert "style=dashed" in line  # and not filled
    assert words(line) == f"{task_id('a')[:8]} missing: no record ECT303"


def test_a_task_with_several_records_is_a_solid_body():
    line = node(dot_of("a@0; a@1"))

    assert "shape=box3d" in line
    assert "recorded more than once" in words(line)


def test_a_group_is_a_folder_and_counts():
    line = node(to_dot(diagram(group(1200, trust={"verified": 1200}, roots=3, leaves=1, inside=9))))

    assert "shape=folder" in line
    assert words(line).startswith("1,200 × review agent-a")
    assert words(line).endswith("3 roots, 1 leaf, 9 links inside")


def test_findings_are_a_thick_line_and_codes():
    line = node(to_dot(diagram(box(findings={"ECT201": 1, "ECT304": 3}, severity=Severity.ERROR))))

    assert "penwidth=2.5" in line
    assert "ECT201 ECT304 ×3" in words(line)
    assert line.count(f'COLOR="{LIGHT.canvas}" BGCOLOR="{LIGHT.error}"') == 2


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_each_severity_has_its_colour(theme: Style):
    found = {}
    for severity in Severity:
        line = node(to_dot(diagram(box(findings={"X": 1}, severity=severity)), theme))
        found[severity] = re.search(r' color="(#\w+)"', line)[1]

    assert found["fatal"] == found["error"] == theme.error
    assert found["warning"] == theme.warning
    assert found["note"] == theme.note


def test_findings_of_no_task_and_ignored_ones_mark_nothing():
    evidence = sketch("a@0 !flipped; 'junk'; !bad-key").evidence()
    findings = linter.lint(evidence, ignore=["ECT201"]).findings

    assert "ECT" not in to_dot(compose(evidence.graph, findings=findings))


@pytest.mark.parametrize(
    ("changes", "said", "colour"),
    [
        ({"decisions": {"approved": 1}}, "approved", LIGHT.good),
        ({"decisions": {"rejected": 1}}, "rejected", LIGHT.error),
        ({"decisions": {"pending_human_review": 1}}, "pending review", LIGHT.warning),
        ({"decisions": {"maybe": 1}}, "decision: maybe", LIGHT.faint),
        ({"compensations": 1}, "compensation", LIGHT.note),
    ],
)
def test_decisions_and_compensation_are_outlined_words(
    changes: dict[str, Any], said: str, colour: str
):
    line = node(to_dot(diagram(box(**changes))))
    cell = f'<TD BORDER="1" COLOR="{colour}" BGCOLOR="#ffffff" WIDTH="\\d+">'

    assert re.search(f'{cell}<FONT COLOR="{colour}"><B>{said}</B>', line)


def test_a_decision_does_not_take_the_place_of_a_state():
    line = node(
        to_dot(diagram(box(trust={"invalid": 1}, decisions={"approved": 1}, compensations=1)))
    )

    assert line.count('BORDER="1"') == 2
    assert "<B>not verified: invalid</B></TD>" in line


def test_where_a_box_stands_is_said_at_its_end():
    line = node(to_dot(diagram(box(roots=1, more_parents=3))))

    assert words(line).endswith("root, 3 parents not shown")


def test_an_absent_action_or_issuer_is_no_reason_to_fail():
    line = node(dot_of("a@0 act= iss="))

    assert task_id("a")[:8] in line
    assert f'fillcolor="{LIGHT.fill}"' in line


def test_letters_of_one_width_are_for_ids_and_not_for_what_has_their_letters():
    line = node(to_dot(diagram(box(jti="e", exec_act="read", iss="spiffe://x/agent/editor"))))

    assert re.findall(r'<FONT FACE="Courier">(\w+)', line) == ["e"]


def test_a_task_that_says_nothing_at_all_still_has_a_box():
    nothing = box(jti="", iss=None, exec_act="", first=None, last=None)

    assert "label=<<TABLE" in node(to_dot(diagram(nothing)))


def test_long_names_are_cut_in_the_middle():
    line = node(dot_of(f"a@0 act=START{'x' * 500}THE-END"))

    assert re.match(r"START.*…x*THE-END ", words(line))
    assert len(words(line)) < 120


def test_a_label_of_ones_own_is_what_a_box_says():
    dot = to_dot(diagram(box()), Style(label=r"{jti}\n{iss}"))

    assert words(node(dot)) == f"00000000-e29b {AGENT}"


def test_one_agent_has_one_colour_and_its_tasks_stand_in_a_row():
    dot = to_dot(diagram(box(0), box(1, iss="spiffe://z"), box(2)))

    assert f'fillcolor="{LIGHT.palette[0]}"' in node(dot, 0)
    assert f'fillcolor="{LIGHT.palette[1]}"' in node(dot, 1)
    assert [re.search(r"group=(\w+)", node(dot, n))[1] for n in range(3)] == ["a0", "a1", "a0"]


# Arrows


def test_a_parent_link_is_a_solid_line():
    line = arrow(to_dot(linked()))

    assert re.fullmatch(r'\tn0 -> n1 \[tooltip="[^"]*"\]', line)


def test_an_arrow_of_many_links_has_their_number_and_is_thicker_but_not_without_end():
    lines = [arrow(to_dot(linked(count=count))) for count in (1, 10, 1000, 10**30)]
    widths = [float(re.search(r"penwidth=([\d.]+)", line)[1]) for line in lines[1:]]

    assert "penwidth" not in lines[0]
    assert 1 < widths[0] < widths[1] < widths[2] == THICKEST
    assert 'label="  1,000 "' in lines[2]


@pytest.mark.parametrize(
    ("changes", "look"),
    [
        ({"crossing": 1}, {"style=dashed"}),
        ({"data": 1}, {"dir=both", "arrowtail=dot"}),
        ({"circle": 1}, {f'color="{LIGHT.error}"', "penwidth=3"}),
        ({"back": 1, "jump": 31}, {f'color="{LIGHT.error}"', 'label="  31 s back "'}),
        (
            {"kind": "data"},
            {"style=dotted", "arrowhead=vee", "constraint=false", f'color="{LIGHT.data}"'},
        ),
        (
            {"crossing": 1, "data": 1, "back": 1, "jump": 31},
            {"style=dashed", "arrowtail=dot", 'label="  31 s back "', f'color="{LIGHT.error}"'},
        ),
    ],
)
def test_each_kind_of_link_has_its_look_and_they_come_together(
    changes: dict[str, Any], look: set[str]
):
    line = arrow(to_dot(linked(**changes)))

    assert all(f"{each} " in line.replace("]", " ") for each in look)


def test_links_can_be_told_apart_without_colours():
    looks = [
        re.sub(r"(font)?color=\S+|tooltip=\"[^\"]*\"|\s+", "", arrow(to_dot(linked(**changes))))
        for changes in (
            {},
            {"crossing": 1},
            {"data": 1},
            {"circle": 1},
            {"back": 1, "jump": 9},
            {"kind": "data"},
        )
    ]

    assert len(set(looks)) == len(looks)


def test_the_links_of_a_circle_stand_out_and_are_framed():
    dot = dot_of("r@0; a@0<c,r; b@0<a; c@0<b; d@0<c; e@0<e")
    lines = re.findall(r"^\t(n\d+ -> n\d+) (.*)$", dot, re.MULTILINE)

    assert {name for name, look in lines if "penwidth=3" in look} == {
        "n3 -> n1",
        "n1 -> n2",
        "n2 -> n3",
        "n5 -> n5",
    }
    assert 'label="circle of 3 tasks"' in dot


# Frames


def test_frames_lie_within_each_other_and_name_what_they_are():
    frames = (
        Frame(kind="workflow", label="w-1", tasks=1200),
        Frame(kind="circle", label="", tasks=1, parent=0),
        Frame(kind="agent", label=AGENT, tasks=2),
    )
    boxes = (box(0, frame=1), box(1, frame=0), box(2), box(3, frame=2))
    dot = to_dot(diagram(*boxes, frames=frames))
    (first,) = re.findall(r"^\tsubgraph cluster_0 \{.*?^\t\}", dot, re.MULTILINE | re.DOTALL)

    assert 'label="workflow w-1: 1,200 tasks"' in first
    assert re.search(r"^\t\tsubgraph cluster_1 \{", first, re.MULTILINE)
    assert "\t\t\tn0 [" in first
    assert "\t\tn1 [" in first
    assert "\tn2 [" not in first
    assert f'label="agent {AGENT}: 2 tasks"' in dot
    assert dot.count("subgraph") == 3


def test_a_frame_around_a_circle_is_dashed():
    dot = to_dot(diagram(box(frame=0), frames=(Frame(kind="circle", label="", tasks=1),)))
    (line,) = (line for line in dot.splitlines() if "circle of 1 task" in line)

    assert "style=dashed" in line
    assert LIGHT.error in line


def test_the_name_of_a_frame_is_cut_in_its_label_and_less_so_in_its_tooltip():
    frame = Frame(kind="workflow", label="START" + "x" * 300 + "END", tasks=1)
    dot = to_dot(diagram(box(frame=0), frames=(frame,)))
    (line,) = (line for line in dot.splitlines() if "START" in line)

    assert frame.label in tooltip(line)
    assert frame.label not in line.replace(tooltip(line), "")


def test_very_many_frames_within_each_other_are_no_reason_to_fail():
    frames = [
        Frame(kind="agent", label=str(n), tasks=1, parent=n - 1 if n else None) for n in range(200)
    ]

    assert to_dot(diagram(box(frame=199), frames=tuple(frames))).count("subgraph") == 200


# Which way


@pytest.mark.parametrize(("deep", "direction"), [(True, "TB"), (False, "LR")])
def test_by_itself_a_picture_goes_as_suits_its_shape(deep: bool, direction: str):
    links = tuple(Link(parent=n, child=n + 1) for n in range(8)) if deep else ()
    picture = diagram(*(box(n) for n in range(9)), links=links)

    assert picture.deep is deep
    assert f"rankdir={direction} " in to_dot(picture)


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_a_direction_that_is_asked_for_is_taken(direction: Any):
    assert f"rankdir={direction} " in to_dot(diagram(box()), Style(direction=direction))


# The legend


def test_the_legend_says_which_colour_is_whose():
    dot = to_dot(diagram(box(0), box(1, iss="spiffe://b.example/x")))

    assert f"{AGENT} 1" in legend(dot)
    assert "spiffe://b.example/x 1" in legend(dot)
    for colour in LIGHT.palette[:2]:
        assert f'BGCOLOR="{colour}"' in dot


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a@0; b@5<a", "2 tasks, 1 parent link"),
        ("a@0 !flipped; b@5", "not verified 1"),
        ("a@0<y,z; b@5", "no record 2"),
        ("a@0<y,z; b@5", "2 tasks and 2 missing, 2 parent links"),
        ("a@0<a; b@5<b; c@9", "codes 2"),
        ("a@0<a; b@5<b; c@9", "part of a circle 2"),
        ("a@0 wid=v; b@5<a", "into another workflow 1"),
        ("a@9; b@5<a", "before its parent 1"),
        ("a@0; b@0; a@1", "more than once 1"),
        ("'junk'", "0 tasks, 0 parent links"),
    ],
)
def test_the_legend_counts_what_it_explains(text: str, said: str):
    assert said in legend(dot_of(text))


@pytest.mark.parametrize(
    "word", ["missing", "double", "dashed", "dotted", "thick", "body", "several", "colours"]
)
def test_the_legend_does_not_explain_what_is_not_there(word: str):
    assert word not in legend(dot_of("a@0; b@5<a"))


def test_the_legend_says_what_is_left_out():
    said = legend(
        to_dot(
            diagram(
                group(),
                in_scope=15,
                tasks=20,
                hidden=3,
                hidden_links=4,
                unreadable=5,
                scope=("workflow <w-1>",),
                remarks=("something else",),
            )
        )
    )

    for each in (
        "12 tasks in 1 group",
        "5 tasks are outside of what was asked for; 3 hidden",
        "only workflow <w-1>",
        "records that are no task: not readable, or without a jti 5",
        "something else",
    ):
        assert each in said


def test_a_long_legend_has_agents_beside_the_rest():
    agents = [box(n, iss=f"agent-{n}") for n in range(9)]
    short, long = (
        to_dot(diagram(*some, box(9, trust={"invalid": 1}), box(10, more_parents=1)))
        for some in (agents[:2], agents)
    )

    assert "agent-0 1 agent-1 1" in legend(short)
    assert re.search(r"agent-0 1 double line: .* 1 agent-1 1", legend(long))


def test_there_need_not_be_a_legend():
    assert to_dot(diagram(box()), Style(legend=False)).count("<TABLE") == 1  # the box itself


def test_the_legend_adds_no_node():
    assert len(re.findall(r"^\t+n\d+ \[", dot_of("a@0; b@5<a,z"), re.MULTILINE)) == 3


# Tooltips


def test_a_box_tells_its_claims_when_pointed_at():
    claims = (("jti", "a\nb"), ("exec_act", 'say "\\N" & go'))
    line = node(to_dot(diagram(box(claims=claims))))

    assert tooltip(line) == (
        r"jti: a" + "\\" * 4 + r"nb\nexec_act: say \"" + "\\" * 4 + r"N\" &amp; go"
    )


def test_of_a_huge_token_a_tooltip_tells_the_beginning():
    claims = tuple((f"c{n}", "x" * 10_000) for n in range(1000))
    lines = tooltip(node(to_dot(diagram(box(claims=claims))))).split("\\n")

    assert len(lines) == MOST_CLAIMS + 1
    assert lines[-1] == "and 960 more"
    assert max(map(len, lines)) == 400


def test_a_group_tells_what_there_is_to_say():
    line = node(to_dot(diagram(group(duplicates=2))))

    assert tooltip(line) == "12 tasks\\n2 of 12 recorded more than once"


def test_an_arrow_tells_its_ends_and_what_it_counts():
    one = arrow(to_dot(linked(data=1)))
    many = arrow(to_dot(linked(count=12, crossing=3, back=1, jump=4)))

    assert tooltip(one) == (
        r"review 00000000\nto review 00000001\n1 parent link\nwhere the output is the input"
    )
    assert tooltip(many).endswith(r"\n12 parent links\n3 into another workflow\n1 back in time")


def test_there_need_not_be_tooltips():
    dot = to_dot(linked(back=1, jump=3), Style(tooltips=False))

    assert "tooltip" not in node(dot) + arrow(dot)


# As a whole


def test_nothing_is_drawn_of_nothing():
    dot = to_dot(diagram())

    assert dot.startswith("digraph workflow {\n")
    assert edges(dot) == set()
    assert "0 tasks" in legend(dot)


def test_the_same_diagram_gives_the_same_text():
    text = "a@0; b@5<a !flipped; c@6<b,z; d@7<c wid=other; a@1"

    assert dot_of(text) == dot_of(text)


def test_a_theme_changes_colours_and_nothing_else():
    light, dark = (
        re.sub(r"#[0-9a-f]{6}", "#", to_dot(linked(circle=1), look)) for look in (LIGHT, DARK)
    )

    assert light == dark


def test_a_long_row_is_written_whole():
    boxes = tuple(box(n, findings={"ECT201": 1}, severity=Severity.ERROR) for n in range(3000))
    links = tuple(Link(parent=n, child=n + 1) for n in range(2999))

    assert to_dot(diagram(*boxes, links=links)).count(" -> ") == 2999
