"""The JSON of a picture: all of the diagram, the words on it, and where Graphviz put it."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest

from ectgraph.render.compose import compose
from ectgraph.render.diagram import Diagram
from ectgraph.render.dot import to_dot
from ectgraph.render.picture import draw
from ectgraph.render.positions import FORMAT, TASKS, to_json
from ectgraph.render.style import DARK, LIGHT
from ectgraph.testing import sketch, task_id

FORMATS = Path(__file__).parents[2] / "docs" / "formats.md"
STORY = "a@0; b@5<a; c@9<a,b; d@3<c; e@20<lost; x@1<y; y@2<x"


def diagram(text: str = STORY, **options: Any) -> Diagram:
    made = sketch(text)
    evidence, report = made.evidence(), made.lint()
    return compose(evidence.graph, ledger=evidence.ledger, findings=report.findings, **options)


@pytest.fixture(scope="module")
def story() -> Diagram:
    return diagram()


@pytest.fixture(scope="module")
def layout(story: Diagram) -> bytes:
    return draw(to_dot(story), "json")


def read(*args: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(to_json(*args))
    return found


def holds(outer: dict[str, Any], inner: dict[str, Any]) -> bool:
    return all(
        abs(outer[at] - inner[at]) + inner[size] / 2 <= outer[size] / 2 + 0.1
        for at, size in (("x", "width"), ("y", "height"))
    )


@pytest.mark.parametrize("placed", [True, False])
def test_it_has_every_box_link_and_frame_of_the_diagram(
    story: Diagram, layout: bytes, placed: bool
) -> None:
    found = read(story, LIGHT, layout if placed else None)
    assert found["format"] == FORMAT
    assert found["positions"] == ("graphviz" if placed else "layered")
    assert [box["tasks"] for box in found["boxes"]] == [list(box.tasks) for box in story.boxes]
    for box, drawn in zip(story.boxes, found["boxes"], strict=True):
        assert drawn["jti"] == box.jti
        assert drawn["trust"] == dict(box.trust)
        assert drawn["findings"] == dict(box.findings)
        assert [tuple(claim) for claim in drawn["claims"]] == list(box.claims)
    ends = [(link["parent"], link["child"], link["kind"]) for link in found["links"]]
    assert ends == [(link.parent, link.child, link.kind) for link in story.links]
    assert [frame["kind"] for frame in found["frames"]] == [frame.kind for frame in story.frames]
    assert "missing: no record" in [state for box in found["boxes"] for state in box["states"]]


@pytest.mark.parametrize("placed", [True, False])
def test_everything_lies_within_the_picture_and_no_box_on_another(
    story: Diagram, layout: bytes, placed: bool
) -> None:
    found = read(story, LIGHT, layout if placed else None)
    width, height = found["width"], found["height"]
    page = {"x": width / 2, "y": height / 2, "width": width, "height": height}
    boxes = found["boxes"]
    assert all(holds(page, box) for box in boxes)
    for number, one in enumerate(boxes):
        for other in boxes[:number]:
            assert (
                abs(one["x"] - other["x"]) >= (one["width"] + other["width"]) / 2 - 0.1
                or abs(one["y"] - other["y"]) >= (one["height"] + other["height"]) / 2 - 0.1
            )


def test_y_goes_downwards_as_children_do(story: Diagram, layout: bytes) -> None:
    for placed in (layout, None):
        found = read(story, LIGHT, placed)
        assert found["direction"] == "TB"
        number = {box["jti"]: box for box in found["boxes"]}
        assert number[task_id("a")]["y"] < number[task_id("b")]["y"] < number[task_id("c")]["y"]


def test_layers_go_where_the_style_says(story: Diagram) -> None:
    found = read(story, dataclasses.replace(LIGHT, direction="LR"))
    number = {box["jti"]: box for box in found["boxes"]}
    assert found["direction"] == "LR"
    assert number[task_id("a")]["x"] < number[task_id("b")]["x"] < number[task_id("c")]["x"]


def test_curves_go_from_parent_to_child(story: Diagram, layout: bytes) -> None:
    found = read(story, LIGHT, layout)
    boxes = found["boxes"]

    def far(point: list[float], box: dict[str, Any]) -> float:
        x = max(0, abs(point[0] - box["x"]) - box["width"] / 2)
        return max(x, abs(point[1] - box["y"]) - box["height"] / 2, 0)

    assert found["links"]
    for link in found["links"]:
        assert len(link["points"]) % 3 == 1
        assert far(link["tail"] or link["points"][0], boxes[link["parent"]]) < 10
        assert far(link["tip"] or link["points"][-1], boxes[link["child"]]) < 10


def test_two_arrows_between_the_same_boxes_are_told_apart() -> None:
    plain = diagram("a@0; b@5<a")
    parent = plain.links[0]
    both = dataclasses.replace(parent, kind="data"), parent
    drawn = dataclasses.replace(plain, links=both)
    found = read(drawn, LIGHT, draw(to_dot(drawn), "json"))["links"]
    assert [link["kind"] for link in found] == ["data", "parent"]
    assert found[0]["points"]
    assert found[1]["points"]
    assert found[0]["points"] != found[1]["points"]


@pytest.mark.parametrize("placed", [True, False])
def test_a_frame_holds_its_boxes_and_no_others(placed: bool) -> None:
    drawn = diagram(
        "a@0 by=one; b@5<a by=one; c@6 by=two; d@7<c by=two; e@8<c,b by=two", cluster="agent"
    )
    assert len(drawn.frames) == 2
    found = read(drawn, LIGHT, draw(to_dot(drawn), "json") if placed else None)
    for number, frame in enumerate(found["frames"]):
        for box in found["boxes"]:
            assert holds(frame["place"], box) == (box["frame"] == number)


def test_the_frame_of_a_circle_within_another_has_a_place_only_where_graphviz_gave_it_one() -> None:
    drawn = diagram("x@1<y; y@2<x; a@3<x", cluster="agent")
    kinds = {frame.kind for frame in drawn.frames}
    assert kinds == {"agent", "circle"}
    laid = read(drawn, LIGHT, draw(to_dot(drawn), "json"))["frames"]
    plain = read(drawn)["frames"]
    assert all(frame["place"] for frame in laid)
    assert [frame["place"] is None for frame in plain] == [
        f.parent is not None for f in drawn.frames
    ]


@pytest.mark.parametrize(
    "layout",
    [
        b"",
        b"{}",
        b"not json",
        b'{"bb":"0,0,1,1","objects":[{"name":"n0","_gvid":0,"pos":"1,x"}]}',
        draw(to_dot(diagram("a@0")), "json"),
    ],
)
def test_a_layout_of_something_else_is_not_used(story: Diagram, layout: bytes) -> None:
    assert to_json(story, LIGHT, layout) == to_json(story)
    assert read(story)["positions"] == "layered"


def test_the_same_picture_has_the_same_bytes(story: Diagram, layout: bytes) -> None:
    assert to_json(story, LIGHT, layout) == to_json(diagram(), LIGHT, layout)
    assert to_json(story) == to_json(diagram())


def test_a_group_lists_its_first_tasks_and_how_many_they_are(story: Diagram) -> None:
    many = tuple(f"t{number}" for number in range(TASKS + 7))
    box = dataclasses.replace(story.boxes[0], tasks=many, jti=None, claims=())
    found = read(dataclasses.replace(story, boxes=(box, *story.boxes[1:])))["boxes"][0]
    assert found["tasks"] == list(many[:TASKS])
    assert found["size"] == TASKS + 7


def test_hostile_text_is_whole_and_the_json_printable(story: Diagram) -> None:
    hostile = '</script>\0\x1b[31m\u202e\ud800"\\N`' + "x" * 100_000
    box = dataclasses.replace(
        story.boxes[0], jti=hostile, exec_act=hostile, claims=((hostile, hostile),)
    )
    raw = to_json(dataclasses.replace(story, boxes=(box, *story.boxes[1:])))
    assert raw.decode().removesuffix("\n").isprintable()
    found = json.loads(raw)["boxes"][0]
    assert found["jti"] == found["exec_act"] == hostile
    assert found["claims"] == [[hostile, hostile]]
    assert max(map(len, found["lines"])) < 100
    assert found["width"] < 400


def test_an_empty_picture_is_a_document_too() -> None:
    empty = Diagram(boxes=(), links=(), tasks=0, edges=0, in_scope=0)
    for layout in (None, draw(to_dot(empty), "json")):
        found = read(empty, LIGHT, layout)
        assert (found["boxes"], found["links"]) == ([], [])


def test_colours_are_those_of_the_style(story: Diagram) -> None:
    found = read(story, DARK)
    assert found["style"]["canvas"] == DARK.canvas
    agents = {agent["iss"]: agent["colour"] for agent in found["agents"]}
    assert agents
    for box in found["boxes"]:
        assert box["colour"] == agents.get(box["iss"], DARK.fill)


def test_what_is_hidden_is_said() -> None:
    found = read(diagram("; ".join(f"t{i}@{i}" for i in range(30)), max_nodes=5))
    assert found["by_itself"]
    assert found["headline"]
    assert len(found["boxes"]) <= 5
    assert found["hidden"] + sum(box["size"] for box in found["boxes"]) == 30


def test_the_documentation_names_every_member(story: Diagram, layout: bytes) -> None:
    section = FORMATS.read_text("utf-8").partition(f"`{FORMAT}`")[2].partition("\n## ")[0]
    told = {name for span in re.findall(r"`([^`]+)`", section) for name in span.split()}
    found = read(story, LIGHT, layout)
    parts = [found, *found["boxes"], *found["links"], *found["frames"], *found["legend"]]
    parts += [*found["agents"], found["style"]]
    assert {name for part in parts for name in part} - told == set()
