"""Diagram -> DOT -> Graphviz -> the diagram again, by either program, whatever the claims say."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ectgraph import escape
from ectgraph.model import Severity
from ectgraph.render import caption, dot_legend, legend
from ectgraph.render.diagram import Agent, Box, Diagram, Frame, Link, headline
from ectgraph.render.dot import to_dot
from ectgraph.render.style import THEMES, Style

SVG, TITLE = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}title"

HOSTILE = (
    "\\N \\G \\E \\T \\H \\L \\l \\n",
    "\\",
    "\\\\",
    "<b>x</b>",
    "<TABLE>",
    "</TD></TR></TABLE>> URL=x",
    "<>",
    "<",
    '"]; evil [label="',
    "&lt;&amp;&#60;&nbsp;",
    "&",
    "]]>",
    "-->",
    "<script>alert(1)</script>",
    "javascript:alert(1)",
    "%3 %s {0}",
    "a:b:c",
    "\x00\x07\x1b",
    "\u202eabc\u2066",
    "\ud800",
    "\r\n\u2028",
    "``` ${x}",
    "",
    " ",
    "é漢🦊",
    "x" * 3000,
)
TEXT = st.sampled_from(HOSTILE) | st.text("\\NGTn<>&\"';#x -", max_size=10) | st.text(max_size=12)
COUNT = st.integers(0, 3)
ZERO_MOSTLY = st.sampled_from([0, 0, 0, 1, 12_000])


@st.composite
def boxes(draw: st.DrawFn, frames: int) -> Box:
    tasks = draw(st.sampled_from([1, 1, 1, 2, 1200]))
    missing = draw(st.booleans())
    trust = (
        {"missing": tasks} if missing else {draw(st.sampled_from(["verified", "invalid"])): tasks}
    )
    findings = draw(st.dictionaries(TEXT, st.integers(1, 9999), max_size=7))
    return Box(
        tasks=tuple(f"t{number}" for number in range(tasks)),
        jti=draw(TEXT) if tasks == 1 else None,
        wid=draw(st.none() | TEXT),
        iss=draw(st.none() | TEXT),
        exec_act=draw(st.none() | TEXT),
        wids=draw(COUNT),
        agents=draw(COUNT),
        actions=draw(COUNT),
        first=draw(st.none() | st.floats(allow_nan=False)),
        last=draw(st.none() | st.floats(allow_nan=False)),
        trust=trust,
        duplicates=draw(ZERO_MOSTLY),
        findings=findings,
        severity=draw(st.sampled_from(Severity)) if findings else None,
        decisions=draw(st.dictionaries(TEXT | st.just("approved"), st.integers(1, 9), max_size=2)),
        compensations=draw(ZERO_MOSTLY),
        roots=draw(ZERO_MOSTLY),
        leaves=draw(ZERO_MOSTLY),
        more_parents=draw(ZERO_MOSTLY),
        frame=draw(st.none() | st.integers(0, frames - 1)) if frames else None,
        claims=tuple(draw(st.lists(st.tuples(TEXT, TEXT), max_size=3))) if tasks == 1 else (),
    )


@st.composite
def diagrams(draw: st.DrawFn) -> Diagram:
    frames = tuple(
        Frame(
            kind=draw(st.sampled_from(["workflow", "agent", "circle"])),
            label=draw(TEXT),
            tasks=draw(COUNT),
            parent=draw(st.none() | st.integers(0, place - 1)) if place else None,
        )
        for place in range(draw(COUNT))
    )
    drawn = draw(st.lists(boxes(len(frames)), max_size=5))
    ends = st.integers(0, max(0, len(drawn) - 1))
    kinds = st.sampled_from(["parent", "parent", "data"])
    names = draw(st.sets(st.tuples(ends, ends, kinds), max_size=6)) if drawn else set()
    links = tuple(
        Link(
            parent=parent,
            child=child,
            kind=kind,
            count=draw(st.sampled_from([1, 1, 7, 10**9])),
            **{name: draw(st.sampled_from([0, 0, 1])) for name in ("data", "crossing", "circle")},
            back=draw(st.sampled_from([0, 1])),
            jump=draw(st.sampled_from([0.5, 1e300])),
        )
        for parent, child, kind in sorted(names)
    )
    agents = sorted({box.iss for box in drawn if box.iss is not None})
    return Diagram(
        boxes=tuple(drawn),
        links=links,
        frames=frames,
        agents=tuple(Agent(iss=iss, tasks=1, slot=draw(st.integers(0, 99))) for iss in agents),
        tasks=9999,
        edges=9999,
        scope=tuple(draw(st.lists(TEXT, max_size=2))),
        in_scope=9999,
        hidden=draw(COUNT),
        remarks=("a remark",),
    )


@pytest.fixture(scope="module")
def made() -> list[Diagram]:
    """Many diagrams, so that one process draws them all."""
    found: list[Diagram] = []

    @settings(database=None)
    @given(diagrams())
    def collect(diagram: Diagram) -> None:
        found.append(diagram)

    collect()
    return found


@pytest.fixture(scope="module", params=["dot", "graphviz-pure"])
def graphviz(request: pytest.FixtureRequest) -> str:
    """One of the two programs."""
    beside = str(Path(sys.executable).parent)
    found = shutil.which(request.param) or shutil.which(request.param, path=beside)
    if found is None:
        pytest.skip(f"there is no {request.param}")
    return found


def run(program: str, picture_format: str, dots: list[str]) -> str:
    """What the program makes of several graphs at once."""
    done = subprocess.run(
        [program, f"-T{picture_format}"],
        input="\n".join(dots).encode(),
        capture_output=True,
        check=True,
        timeout=60,
    )
    said = re.sub(
        r"Warning: Warning: no value for width of non-ASCII.*\n\n?", "", done.stderr.decode()
    )
    assert said.strip() == ""
    return done.stdout.decode()


def jsons(text: str) -> Iterator[dict[str, Any]]:
    decoder, place = json.JSONDecoder(), 0
    while text[place:].strip():
        found, place = decoder.raw_decode(
            text, place + len(text[place:]) - len(text[place:].lstrip())
        )
        yield found


def svgs(text: str) -> list[ET.Element]:
    return [ET.fromstring("<?xml" + part) for part in text.split("<?xml")[1:]]  # noqa: S314


def groups(picture: ET.Element, kind: str) -> dict[str, ET.Element]:
    """The parts of one kind, by their titles; of arrows with the same ends the last."""
    found = (part for part in picture.iter(f"{SVG}g") if part.get("class") == kind)
    return {str(part.findtext(f"{SVG}title")): part for part in found}


def shown(part: ET.Element) -> list[str]:
    """The texts of a part, one for each line."""
    return [each.text or "" for each in part.iter(f"{SVG}text")]


def tooltips(part: ET.Element) -> set[str]:
    """What is shown to those who point at a part; Graphviz keeps several spaces by NBSP."""
    return {each.get(TITLE, "").replace("\xa0", " ") for each in part.iter(f"{SVG}a")}


def plain(text: str) -> str:
    """Text as it is seen: SVG shows a row of spaces as one."""
    return " ".join(text.split())


def expected(box: Box, picture: Diagram, style: Style) -> list[str]:
    """What has to be read on a box."""
    ends = ", ".join(caption.ends(box))
    words = caption.lines(box, picture, style.label) + caption.states(box) + caption.badges(box)
    return [plain(escape.terminal(each)) for each in [*words, *([ends] if ends else [])]]


@pytest.mark.parametrize("theme", THEMES)
def test_graphviz_reads_the_diagram_and_nothing_else(
    graphviz: str, made: list[Diagram], theme: str
):
    style = THEMES[theme]
    found = list(jsons(run(graphviz, "json", [to_dot(each, style) for each in made])))

    assert len(found) == len(made)
    for graph, picture in zip(found, made, strict=True):
        objects = graph.get("objects", [])
        names = [each["name"] for each in objects]
        clusters = [f"cluster_{number}" for number in range(len(picture.frames))]
        assert sorted(names) == sorted(clusters + [f"n{n}" for n in range(len(picture.boxes))])
        ends = [(names[each["tail"]], names[each["head"]]) for each in graph.get("edges", [])]
        assert sorted(ends) == sorted(
            (f"n{each.parent}", f"n{each.child}") for each in picture.links
        )
        inside = {each["name"]: {names[n] for n in each.get("nodes", [])} for each in objects}
        for number, box in enumerate(picture.boxes):
            around, frame = set(), box.frame
            while frame is not None:
                around.add(f"cluster_{frame}")
                frame = picture.frames[frame].parent
            assert {name for name in clusters if f"n{number}" in inside[name]} == around
        for each in (graph, *objects, *graph.get("edges", [])):
            assert not {"URL", "href", "target", "image", "id"} & each.keys()


@pytest.mark.parametrize("theme", THEMES)
def test_a_picture_says_what_the_diagram_says_letter_by_letter(
    graphviz: str, made: list[Diagram], theme: str
):
    style = THEMES[theme]
    found = svgs(run(graphviz, "svg", [to_dot(each, style) for each in made]))

    assert len(found) == len(made)
    for svg, picture in zip(found, made, strict=True):
        check_harmless(svg)
        assert tooltips(svg) >= {headline(picture)}
        drawn = groups(svg, "node")
        assert set(drawn) == {f"n{number}" for number in range(len(picture.boxes))}
        for number, box in enumerate(picture.boxes):
            texts = [plain(text) for text in shown(drawn[f"n{number}"])]
            words = expected(box, picture, style)
            assert sorted(filter(None, texts)) == sorted(filter(None, words))
            if box.claims:
                lines = [escape.terminal(f"{name}: {text}", 400) for name, text in box.claims]
                assert tooltips(drawn[f"n{number}"]) == {"\n".join(lines)}
        for place, part in groups(svg, "cluster").items():  # those with a box in them
            frame = picture.frames[int(place.removeprefix("cluster_"))]
            name = "" if frame.kind == "circle" else escape.terminal(frame.label, 200)[:150]
            (told,) = tooltips(part)
            assert told.startswith(frame.kind)
            assert name in told
            assert shown(part)[0].startswith(frame.kind)
        for row in legend.rows(picture, len(style.palette)):
            limit = dot_legend.NAME if row.look == "agent" else None
            mark = f"{dot_legend.MARKS[row.look]}: " if row.look in dot_legend.MARKS else ""
            words = f"{mark}{escape.terminal(row.words, limit)}"
            assert plain(words) in map(plain, shown(svg))
        arrows = groups(svg, "edge")
        assert set(arrows) == {f"n{each.parent}->n{each.child}" for each in picture.links}


def check_harmless(svg: ET.Element) -> None:
    """A picture is shapes and words: nothing runs, and nothing is fetched."""
    for part in svg.iter():
        assert part.tag.removeprefix(SVG) in {
            *("svg", "g", "title", "polygon", "polyline", "path", "ellipse", "text", "a"),
        }
        for name, value in part.attrib.items():
            assert "href" not in name
            assert not name.startswith("on")
            assert name != "style"
            assert name == TITLE or "url(" not in value


BOX = Box(
    tasks=("a",),
    jti="a",
    wid=None,
    iss="agent",
    exec_act="act",
    wids=0,
    agents=1,
    actions=1,
    first=None,
    last=None,
    trust={"invalid": 1},
    duplicates=1,
    findings={"ECT201": 1},
    severity=Severity.ERROR,
    decisions={"approved": 1, "rejected": 1},
    compensations=1,
    roots=1,
    leaves=1,
)


@pytest.mark.parametrize("theme", THEMES)
def test_every_sample_of_the_legend_can_be_drawn_without_a_word_of_warning(
    graphviz: str, theme: str
):
    missing = replace(BOX, trust={"missing": 1}, decisions={}, compensations=0)
    several = replace(BOX, tasks=("a", "b"), jti=None)
    looks = {"data": 1, "crossing": 1, "circle": 1, "back": 1, "jump": 9}
    made = Diagram(
        boxes=(BOX, missing, several),
        links=(Link(parent=0, child=1, **looks), Link(parent=1, child=0, kind="data")),
        agents=tuple(Agent(iss=f"agent-{n}", tasks=1, slot=n) for n in range(20)),
        tasks=5,
        edges=1,
        in_scope=5,
        hidden=1,
        collapse="chain",
    )

    assert "ECT201" in run(graphviz, "svg", [to_dot(made, THEMES[theme])])


def test_the_words_of_a_box_keep_off_its_line(graphviz: str):
    plain: dict[str, Any] = {"decisions": {}, "findings": {}, "severity": None, "compensations": 0}
    task = replace(BOX, trust={"verified": 1}, duplicates=0, roots=0, leaves=0, **plain)
    made = Diagram(boxes=(task,), links=(), tasks=1, edges=0, in_scope=1)
    (picture,) = svgs(run(graphviz, "svg", [to_dot(made)]))
    part = groups(picture, "node")["n0"]
    (path,) = part.iter(f"{SVG}path")
    heights = [float(y) for y in re.findall(r",(-?[\d.]+)", path.get("d", ""))]

    for word in part.iter(f"{SVG}text"):
        line, size = float(word.get("y", "")), float(word.get("font-size", ""))
        assert min(heights) + 4 < line - 0.72 * size
        assert line + 0.21 * size < max(heights) - 4
