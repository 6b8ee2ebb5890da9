"""Places without Graphviz: parents come first, and no box lies on another."""

from __future__ import annotations

from collections.abc import Iterable

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.render.compose import compose
from ectgraph.render.diagram import Box, Diagram, Frame, Link
from ectgraph.render.layers import CELL, layered


def box(name: str, frame: int | None = None) -> Box:
    return Box(
        tasks=(name,), jti=name, wid=None, iss=None, exec_act=None, wids=0, agents=0, actions=0,
        first=None, last=None, trust={"verified": 1}, duplicates=0, findings={}, severity=None,
        decisions={}, compensations=0, roots=0, leaves=0, frame=frame,
    )  # fmt: skip


def diagram(
    number: int,
    links: Iterable[tuple[int, int]],
    frames: tuple[Frame, ...] = (),
    within: dict[int, int] | None = None,
) -> Diagram:
    found = tuple(Link(parent=a, child=b) for a, b in sorted(set(links)))
    boxes = tuple(box(f"t{i}", (within or {}).get(i)) for i in range(number))
    return Diagram(
        boxes=boxes, links=found, frames=frames, tasks=number, edges=len(found), in_scope=number
    )


@st.composite
def diagrams(draw: st.DrawFn) -> Diagram:
    number = draw(st.integers(0, 30))
    index = st.integers(0, max(0, number - 1))
    links = draw(st.lists(st.tuples(index, index), max_size=60)) if number else []
    frames = (
        Frame(kind="workflow", label="a", tasks=1),
        Frame(kind="workflow", label="b", tasks=1),
        Frame(kind="circle", label="", tasks=1, parent=1),
    )
    within = draw(st.dictionaries(index, st.integers(0, 2))) if number else {}
    return diagram(number, links, frames, within)


def overlapping(places: list[tuple[float, float]]) -> list[tuple[int, int]]:
    return [
        (a, b)
        for a, (x, y) in enumerate(places)
        for b, (u, v) in enumerate(places[:a])
        if abs(x - u) < CELL[0] and abs(y - v) < CELL[1]
    ]


@given(diagrams(), st.sampled_from([None, True, False]))
def test_no_box_lies_on_another_and_all_are_right_of_and_below_the_corner(
    drawn: Diagram, downwards: bool | None
) -> None:
    places = layered(drawn, downwards=downwards)
    assert len(places) == len(drawn.boxes)
    assert not overlapping(places)
    assert all(x >= CELL[0] / 2 and y >= CELL[1] / 2 for x, y in places)


@given(diagrams())
def test_a_parent_comes_before_its_child_unless_they_are_in_a_circle_or_in_different_frames(
    drawn: Diagram,
) -> None:
    places = layered(drawn, downwards=True)
    graph = nx.DiGraph((link.parent, link.child) for link in drawn.links)
    knot = {n: i for i, found in enumerate(nx.strongly_connected_components(graph)) for n in found}
    top = {None: None, 0: 0, 1: 1, 2: 1}
    for link in drawn.links:
        frames = {top[drawn.boxes[end].frame] for end in (link.parent, link.child)}
        if len(frames) == 1 and knot[link.parent] != knot[link.child]:
            assert places[link.parent][1] < places[link.child][1]


@given(diagrams())
def test_frames_do_not_overlap(drawn: Diagram) -> None:
    places = layered(drawn)
    inside: dict[int, list[tuple[float, float]]] = {}
    for found, place in zip(drawn.boxes, places, strict=True):
        if found.frame is not None:
            inside.setdefault(min(found.frame, 1), []).append(place)
    if len(inside) == 2:
        edges = [
            (min(x for x, _ in p), max(x for x, _ in p), min(y for _, y in p), max(y for _, y in p))
            for p in inside.values()
        ]
        (a0, a1, a2, a3), (b0, b1, b2, b3) = edges
        apart_x = a1 + CELL[0] <= b0 or b1 + CELL[0] <= a0
        apart_y = a3 + CELL[1] <= b2 or b3 + CELL[1] <= a2
        assert apart_x or apart_y


def test_a_chain_goes_downwards_and_a_fan_to_the_right() -> None:
    chain = layered(diagram(3, [(0, 1), (1, 2)]))
    assert [y for _, y in chain] == sorted({y for _, y in chain})
    assert len({x for x, _ in chain}) == 1
    fan = layered(diagram(12, [(0, i) for i in range(1, 12)]))
    assert all(x > fan[0][0] for x, _ in fan[1:])


def test_links_that_could_do_without_crossing_do_not_cross() -> None:
    links = [(0, 1), (0, 2), (0, 3), (1, 6), (2, 5), (3, 4)]
    places = layered(diagram(7, links), downwards=True)
    for layer in ((1, 2, 3), (6, 5, 4)):
        across = [places[found][0] for found in layer]
        assert across == sorted(across)


def test_a_wide_layer_is_folded() -> None:
    places = layered(diagram(2001, [(0, i) for i in range(1, 2001)]))
    width, height = (max(side) - min(side) for side in zip(*places, strict=True))
    assert 0.5 < width / height < 4


def test_many_boxes_without_links_fill_a_page() -> None:
    places = layered(compose(nx.empty_graph(0, create_using=nx.DiGraph)))
    assert places == []
    places = layered(diagram(1000, []))
    width, height = (max(side) - min(side) for side in zip(*places, strict=True))
    assert 0.5 < width / height < 4


def test_a_long_chain_and_a_large_circle_need_no_recursion() -> None:
    steps = [(i, i + 1) for i in range(4999)]
    assert len(set(layered(diagram(5000, steps)))) == 5000
    assert len(set(layered(diagram(5000, [*steps, (4999, 0)])))) == 5000
