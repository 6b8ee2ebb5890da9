"""Diagram -> lines for a terminal: read back by a reader of its own, every link is there."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from ectgraph.model import Severity
from ectgraph.render.diagram import Agent, Box, Diagram, Link, headline
from ectgraph.render.lanes import MOST_LANES, to_lines, to_text

EPOCH = 1_771_943_000
AGENT = "spiffe://example.com/agent/writer"


def box(number: int, **changes: Any) -> Box:
    usual: dict[str, Any] = {
        "tasks": (f"t{number}",),
        "jti": f"{number:08x}-446655440000",
        "wid": "w",
        "iss": AGENT,
        "exec_act": f"act_{number}",
        "wids": 1,
        "agents": 1,
        "actions": 1,
        "first": EPOCH + number,
        "last": EPOCH + number,
        "trust": {"verified": 1},
        "duplicates": 0,
        "findings": {},
        "severity": None,
        "decisions": {},
        "compensations": 0,
        "roots": 0,
        "leaves": 0,
    }
    return Box(**(usual | changes))


def diagram(links: Any = (), *boxes: Box, number: int = 0) -> Diagram:
    """Boxes, or so many usual ones, and parent links between them, or links as they are."""
    boxes = boxes or tuple(box(each) for each in range(number))
    made = tuple(
        each if isinstance(each, Link) else Link(parent=each[0], child=each[1])
        for each in sorted(links, key=lambda each: each if isinstance(each, tuple) else (0, 0))
    )
    agents = (Agent(iss=AGENT, tasks=len(boxes), slot=3),)
    return Diagram(
        boxes=boxes,
        links=made,
        agents=agents,
        tasks=len(boxes),
        edges=len(made),
        in_scope=len(boxes),
    )


def drawn(links: Any, number: int, **options: Any) -> list[str]:
    """The left side of every row, above the words that come after."""
    made = diagram(links, number=number)
    lines = to_text(made, **options).splitlines()
    lines = lines[: lines.index(headline(made)) - 1]
    margin = min(line.index("act_") for line in lines if "act_" in line)
    return [line[:margin].rstrip() for line in lines]


def row(*boxes: Box, place: int = 0, links: Any = ()) -> str:
    """The words of a box, however many lines they take."""
    text = to_text(diagram(links, *boxes), 200)
    return text.split("\n\n")[0].splitlines()[place]


# A reader of drawings, which knows what lines mean and nothing of how they were laid

MARKS = "●○◌◎▣▢" + "*o?@#%"
FROM_ABOVE, GOES_DOWN = set("│├┤┼╰╯┴" + "|+'"), set("│├┤┼╭╮┬" + "|+.")
ACROSS, STRAIGHT = set("─-"), set("│| ")


def read(text: str, made: Diagram) -> tuple[Counter[tuple[int, int]], int]:
    """(links that lines and words tell, how many more are only counted)."""
    lines = text.splitlines()
    lines = lines[: lines.index(headline(made))]
    margin = min((line.index("act_") for line in lines if "act_" in line), default=0)
    found: Counter[tuple[int, int]] = Counter()
    told: dict[int, str] = {}
    feeds: dict[int, set[int]] = {}
    """By place, the boxes from which the line that goes on from here comes."""
    above, place, current = "", 0, -1
    for line in lines:
        graph = line[:margin].ljust(margin)
        check_ends(above, graph)
        if marks := [at for at, char in enumerate(graph) if char in MARKS]:
            (place,) = marks
            current = int(re.findall(r"act_(\d+)", line)[0])
            found.update((parent, current) for parent in feeds.get(place, ()))
            feeds[place] = {current}
        elif ACROSS & {*graph}:
            follow(graph, place, current, feeds)
        if marks or not ACROSS & {*graph}:  # no line leads to another
            assert {*graph} <= STRAIGHT | {*MARKS}
        feeds = {at: of for at, of in feeds.items() if graph[at] in GOES_DOWN | {*MARKS}}
        told[current] = f"{told.get(current, '')} {line[margin:].strip()}"
        above = graph
    return found, in_words(told, found)


def check_ends(above: str, graph: str) -> None:
    """No line begins or ends in the air, only at a box."""
    for before, char in zip(above.ljust(len(graph)), graph, strict=True):
        if char in FROM_ABOVE:
            assert before in GOES_DOWN or before in MARKS, (above, graph)
        elif char not in MARKS:
            assert before not in GOES_DOWN, (above, graph)


def follow(graph: str, place: int, current: int, feeds: dict[int, set[int]]) -> None:
    """Lead lines from the box above to the lanes of a run, of which one may also lead to it."""
    run = re.search(r"[─-].*[─-]|[─-]", graph)
    assert run
    begin, end = run.start() - 1, run.end()
    assert begin <= place <= end
    assert all(char in ACROSS for char in graph[begin + 1 : end : 2])
    ends = [at for at in range(begin, end + 1, 2) if graph[at] not in STRAIGHT | ACROSS]
    assert {begin, place, end} <= {*ends}
    for at in ends:
        if at != place and graph[at] in GOES_DOWN:
            feeds[at] = feeds.get(at, set()) | {current} if graph[at] in FROM_ABOVE else {current}
        elif at != place:
            assert len(ends) == 2  # or it would lead to those as well
            feeds[place] = feeds[place] | feeds.pop(at)


def in_words(told: dict[int, str], found: Counter[tuple[int, int]]) -> int:
    """Add the links that are named beside the boxes; how many more are only counted."""
    more = 0
    for current, words in told.items():
        for way, names in re.findall(r"(←|<-|(?:↺|\(back\)) leads back to) ([^·;]*)", words):
            others = [int(name, 16) for name in re.findall(r"\b[0-9a-f]{8}\b", names)]
            found.update((current, n) if "back" in way else (n, current) for n in others)
            more += sum(map(int, re.findall(r"and (\d+) more", names)))
    return more


LINKS = st.integers(1, 14).flatmap(
    lambda number: st.tuples(
        st.just(number),
        st.sets(st.tuples(*[st.integers(0, number - 1)] * 2), max_size=3 * number),
        st.permutations(range(number)),
    )
)


@given(LINKS, st.booleans(), st.booleans(), st.sampled_from([40, 100]))
def test_every_link_is_a_line_or_is_told_in_words(made_up, forward, only_ascii, width):
    _, links, times = made_up
    links = {(min(link), max(link)) for link in links if link[0] != link[1]} if forward else links
    boxes = [box(n, first=EPOCH + at, last=EPOCH + at) for n, at in enumerate(times)]
    made = diagram(links, *boxes)

    found, more = read(to_text(made, width, only_ascii=only_ascii), made)

    assert set(found) <= links
    assert max(found.values(), default=1) == 1
    assert sum(found.values()) + more == len(links)


@pytest.mark.parametrize(
    ("shape", "links"),
    [
        ("fork", {(0, n) for n in range(1, 300)}),
        ("join", {(n, 299) for n in range(299)}),
        ("layers", {(a, b) for a in range(150) for b in range(150, 170)}),
        ("ladder", {(n, n + k) for n in range(290) for k in (1, 2, 5)}),
        ("far", {(n, 150 + n) for n in range(150)}),
        ("circle", {(n, (n + 1) % 300) for n in range(300)}),
    ],
)
def test_wide_and_long_graphs_are_told_in_full(shape, links):
    made = diagram(links, number=300)

    found, more = read(to_text(made), made)

    assert set(found) <= links
    assert sum(found.values()) + more == len(links)


# What lines look like


def test_a_chain_is_marks_one_below_the_other():
    assert drawn({(0, 1), (1, 2)}, 3) == ["●", "●", "●"]


def test_links_fork_and_meet_between_boxes():
    links = {(0, 1), (0, 2), (1, 3), (2, 3), (3, 4)}

    assert drawn(links, 5) == ["●", "├─╮", "● │", "│ ●", "├─╯", "●", "●"]


def test_a_line_passes_behind_those_that_it_does_not_join():
    links = {(0, 1), (0, 2), (0, 3), (1, 4), (3, 4), (2, 5), (4, 5)}
    lines = ["●", "├─┬─╮", "● │ │", "│ ● │", "│ │ ●", "├─│─╯", "● │", "├─╯", "●"]

    assert drawn(links, 6) == lines


def test_a_line_joins_those_that_lead_to_the_same_child():
    links = {(0, 1), (0, 2), (0, 3), (1, 3), (1, 4), (2, 3), (2, 4)}
    lines = ["●", "├─┬─╮", "● │ │", "├─│─┤", "│ ● │", "├─┴─┤", "│   ●", "●"]

    assert drawn(links, 5) == lines


def test_lines_that_meet_go_on_at_the_left():
    assert drawn({(0, 1), (0, 2), (1, 2)}, 3) == ["●", "├─╮", "● │", "├─╯", "●"]


def test_what_is_not_a_child_of_the_box_above_does_not_stand_right_below_it():
    assert drawn({(0, 2), (1, 2)}, 3) == ["●", "│ ●", "├─╯", "●"]
    assert drawn(set(), 2) == ["●", "", "●"]
    lines = ["●", "├─╮", "● │", "  │", "● │", "├─╯", "●"]
    assert drawn({(0, 1), (0, 3), (2, 3)}, 4) == lines


def test_words_of_two_rows_keep_boxes_apart():
    made = diagram(set(), box(0, findings={f"ECT{n}01": 1 for n in range(1, 6)}), box(1))
    lines = to_text(made, 60).splitlines()

    assert [line[:1] for line in lines[:3]] == ["●", " ", "●"]


def test_parts_that_are_not_linked_come_one_after_the_other():
    assert drawn({(0, 2), (1, 3)}, 4) == ["●", "●", "", "●", "●"]


def test_the_same_in_ascii():
    links = {(0, 1), (0, 2), (0, 3), (1, 4), (3, 4), (2, 5), (4, 5)}
    lines = drawn(links, 6, only_ascii=True)

    assert lines == ["*", "+-.-.", "* | |", "| * |", "| | *", "+-|-'", "* |", "+-'", "*"]
    assert to_text(diagram(links, number=6), only_ascii=True).isascii()


def test_there_are_no_more_lanes_than_people_can_follow():
    lines = drawn({(n, 50 + n) for n in range(50)}, 100, width=200)

    assert max(map(len, lines)) <= 2 * MOST_LANES + 1


def test_parents_without_a_lane_are_named_and_then_counted():
    links = {(n, child) for child in range(40, 60) for n in range(40) if n * child % 23 % 2}
    text = to_text(diagram(links, number=60), 200)

    assert re.search(r"← [0-9a-f]{8}, [0-9a-f]{8}, [0-9a-f]{8} and \d+ more", text)


def test_links_of_a_circle_that_lead_back_are_words():
    text = to_text(diagram({(0, 1), (1, 0), (1, 1)}, number=2))

    assert "↺ leads back to 00000000, 00000001" in text


def test_a_parent_without_a_record_and_so_without_a_time_stands_before_its_child():
    ghost = box(9, first=None, last=None, trust={"missing": 1}, exec_act=None, iss=None)
    lines = to_text(diagram({(2, 1)}, box(0), box(1), ghost)).splitlines()

    assert [line[0] for line in lines[:4] if line] == ["●", "◌", "●"]


# What is written


@pytest.mark.parametrize(
    ("changes", "mark", "words"),
    [
        ({}, "●", "act_1  writer  00000001  14:23:21"),
        ({"trust": {"invalid": 1}}, "○", "not verified: invalid"),
        ({"trust": {"missing": 1}, "exec_act": None}, "◌", "missing: no record"),
        ({"duplicates": 1}, "◎", "recorded more than once"),
        ({"decisions": {"rejected": 1}}, "●", "rejected"),
        ({"compensations": 1}, "●", "compensation"),
        ({"findings": {"ECT301": 2}, "severity": Severity.ERROR}, "●", "ECT301 ×2"),
        ({"more_parents": 2}, "●", "2 parents not shown"),
        ({"tasks": ("a", "b"), "jti": None, "trust": {"verified": 2}}, "▣", "2 × act_1"),
        ({"tasks": ("a", "b"), "jti": None, "trust": {"invalid": 2}}, "▢", "2 not verified"),
    ],
)
def test_a_box_says_what_it_is(changes, mark, words):
    line = row(box(1, **changes))

    assert line.startswith(mark)
    assert words in line


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ({"back": 1, "jump": 31}, "31 s back from 00000000"),
        ({"data": 1}, "with data"),
        ({"crossing": 1}, "other workflow, from 00000000"),
        ({"count": 12}, "12 links from 00000000"),
        ({"kind": "data"}, "data alone from 00000000"),
    ],
)
def test_what_a_line_cannot_show_of_a_link_is_said(link, words):
    lines = to_text(diagram([Link(parent=0, child=1, **link)], number=2), 200).splitlines()

    assert words in "\n".join(line for line in lines[:4] if "act_1" in line)


def test_names_are_never_those_of_two_tasks():
    made = diagram({(0, 1), (1, 0)}, box(0, jti="same"), box(1, jti="same"))

    assert "↺ leads back to same~1" in to_text(made)


def test_groups_of_one_action_and_agent_are_told_apart_where_they_are_named():
    group = {"tasks": ("a", "b"), "jti": None, "trust": {"verified": 2}, "exec_act": "act"}
    text = to_text(diagram({(0, 1), (1, 0)}, box(0, **group), box(1, **group)), 200).splitlines()

    assert [line.split("  ")[3] for line in text[:2]] == ["~1", "~2"]
    assert "leads back to 2 × act by writer~1" in text[1]


def test_another_workflow_is_named_where_it_begins():
    text = to_text(diagram(set(), box(0, wid="first"), box(1, wid="second"), box(2, wid="second")))

    assert text.count("workflow first") == text.count("workflow second") == 1


def test_a_task_of_no_workflow_does_not_make_them_several():
    made = diagram({(0, 1)}, box(0, wid=None, trust={"missing": 1}), box(1))

    assert "workflow" not in to_text(made)


def test_after_the_drawing_comes_what_it_shows_and_what_the_marks_mean():
    made = diagram({(0, 1)}, box(0), box(1, trust={"invalid": 1}))
    after = to_text(made).split("\n\n")[-1].splitlines()

    assert after[0] == headline(made)
    assert AGENT not in "".join(after)
    assert "○  signature not verified: 1" in after


def test_groups_that_are_not_all_verified_are_explained_where_there_are_some():
    group = {"tasks": ("a", "b"), "jti": None}
    sound, mixed = box(0, **group, trust={"verified": 2}), box(1, **group, trust={"invalid": 2})

    assert "▢" not in to_text(diagram((), sound))
    assert "▣, or ▢ if not all are verified" in to_text(diagram((), sound, mixed))


@pytest.mark.parametrize("width", [1, 40, 80])
def test_lines_keep_to_the_width_and_claims_do_not_reach_the_terminal_as_they_are(width):
    hostile = "\x1b[31m\u202e漢字漢字漢字漢字漢字漢字\r\n::error::" * 40
    boxes = [
        box(n, exec_act=hostile, iss=hostile, jti=hostile, wid=hostile * n, decisions={hostile: 1})
        for n in range(3)
    ]
    lines = to_text(diagram({(0, 1), (1, 2)}, *boxes), width).splitlines()

    assert all(line.isprintable() for line in lines)
    if width > 40:
        assert all(cell_len(line) <= width for line in lines)


def test_no_claim_looks_like_the_drawing():
    forged = "│ ├─● pay · approved · ↺"
    every = dict.fromkeys(("exec_act", "iss", "jti"), forged)
    boxes = [box(n, **every, wid=f"{n} {forged}", decisions={forged: 1}) for n in range(2)]
    made = diagram({(0, 1)}, *boxes)

    lines = to_text(replace(made, scope=(forged,)), 400).splitlines()

    assert [line[:2] for line in lines[:3]] == ["● ", "● ", ""]
    assert not re.search("[│├─●↺]", "".join(line[1:] for line in lines))
    assert not any("approved" in line.split(" · ") for line in lines)
    assert r"decision: \u2502 \u251c\u2500\u25cf" in lines[0]


def test_beside_all_lanes_a_task_has_room_for_its_words_in_eighty_columns():
    named = [box(n, exec_act="a" * 40, iss=f"spiffe://x/{'b' * 40}") for n in range(60)]
    no_lane_is_left = {(0, n) for n in range(2, 60)} | {(1, 59)}
    lines = to_text(diagram(no_lane_is_left, *named), 80).splitlines()

    assert sum("●" in line and "14:2" in line for line in lines) == 60
    assert max(map(cell_len, lines)) <= 80


def test_colours_add_nothing():
    made = diagram({(0, 1)}, number=2)

    assert [line.plain for line in to_lines(made)] == to_text(made).splitlines()
    assert any(line.spans for line in to_lines(made))


def test_nothing_to_draw_is_said():
    assert to_text(diagram()).splitlines()[0] == "0 tasks, 0 parent links"


def test_ten_thousand_parents_need_two_lanes():
    lines = drawn({(n, 9_999) for n in range(9_999)}, 10_000)

    assert {*lines} == {"●", "│ ●", "├─╯"}


def test_of_a_thousand_children_most_name_their_parent():
    text = to_text(diagram({(0, n) for n in range(1, 1_001)}, number=1_001))

    assert text.count("← 00000000") == 1_000 - MOST_LANES
