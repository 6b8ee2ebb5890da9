"""Diagram -> Mermaid: what it looks like, and that Mermaid's own parser reads nothing else in it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ectgraph import escape
from ectgraph.model import Severity
from ectgraph.render import caption
from ectgraph.render.diagram import Agent, Box, Diagram, Frame, Link, headline
from ectgraph.render.mermaid import MOST_CHARACTERS, MOST_EDGES, in_markdown, to_mermaid
from ectgraph.render.style import DARK, LIGHT, Style

READER = Path(__file__).parent / "mermaid"
AGENT = "spiffe://example.com/agent/writer"


def box(**changes: Any) -> Box:
    usual: dict[str, Any] = {
        "tasks": ("a",),
        "jti": "550e8400-e29b-41d4-a716-446655440000",
        "wid": "w",
        "iss": AGENT,
        "exec_act": "review_spec",
        "wids": 1,
        "agents": 1,
        "actions": 1,
        "first": 1_771_943_000,
        "last": 1_771_943_000,
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


def diagram(*boxes: Box, links: Iterable[Link] = (), **more: Any) -> Diagram:
    agents = {each.iss for each in boxes} - {None}
    usual = {
        "boxes": boxes,
        "links": tuple(links),
        "agents": tuple(Agent(iss=iss, tasks=1, slot=n) for n, iss in enumerate(sorted(agents))),
        "tasks": len(boxes),
        "edges": 0,
        "in_scope": len(boxes),
    }
    return Diagram(**(usual | more))


def lines(made: Diagram, style: Style = LIGHT) -> list[str]:
    return [line.strip() for line in to_mermaid(made, style).splitlines()]


def line(begins: str, made: Diagram, style: Style = LIGHT) -> str:
    (found,) = [each for each in lines(made, style) if each.startswith(begins)]
    return found


# What it looks like


GROUP = {"tasks": ("a", "b"), "jti": None}


@pytest.mark.parametrize(
    ("changes", "begins", "ends"),
    [
        ({}, "(", ")"),
        ({"trust": {"invalid": 1}}, "[[", "]]"),
        ({"trust": {"invalid": 1}, "duplicates": 1}, "[[", "]]"),
        ({"trust": {"missing": 1}}, "[", "]"),
        ({"duplicates": 1}, "[(", ")]"),
        (GROUP | {"trust": {"verified": 2}}, "{{", "}}"),
        (GROUP | {"trust": {"verified": 1, "invalid": 1}}, "[[", "]]"),
    ],
)
def test_the_shape_of_a_box_is_its_trust(changes, begins, ends):
    assert re.fullmatch(
        rf"n0{re.escape(begins)}\"[^\"]*\"{re.escape(ends)}", line("n0", diagram(box(**changes)))
    )


def test_a_box_says_what_every_picture_says_of_it():
    made = diagram(
        box(trust={"invalid": 1}, decisions={"rejected": 1}, findings={"ECT203": 2}, roots=1)
    )

    assert line("n0", made).split('"')[1].split("<br>") == [
        "review_spec",
        "writer",
        "550e8400 14#58;23#58;20",
        "not verified#58; invalid",
        "rejected",
        "root",
        "ECT203 ×2",
    ]


def test_a_style_chooses_colours_direction_and_label():
    made = diagram(box(findings={"ECT203": 1}, severity=Severity.WARNING))
    style = Style(palette=("#123456",), warning="#654321", direction="LR", label="{agent}")

    assert "flowchart LR" in lines(made, style)
    assert line("n0", made, style) == 'n0("writer<br>ECT203")'
    assert "fill:#123456" in line("classDef agent0", made, style)
    assert line("classDef found_warning", made, style).endswith("stroke:#654321,stroke-width:4px")
    assert lines(made, DARK) != lines(made, LIGHT)


@pytest.mark.parametrize(
    ("link", "written"),
    [
        ({}, "n0 --> n1"),
        ({"data": 1}, "n0 --o n1"),
        ({"circle": 1}, "n0 ==> n1"),
        ({"circle": 1, "data": 1}, "n0 ==o n1"),
        ({"kind": "data"}, "n0 -.-> n1"),
        ({"crossing": 1}, 'n0 -->|"other workflow"| n1'),
        ({"back": 1, "jump": 31, "crossing": 1}, 'n0 -->|"31 s back#59; other workflow"| n1'),
        ({"count": 9, "data": 2, "circle": 3}, 'n0 ==o|"9#59; 2 with data#59; 3 in a circle"| n1'),
        ({"count": 9, "crossing": 2}, 'n0 -->|"9#59; 2 to other workflows"| n1'),
    ],
)
def test_a_link_tells_its_kind_by_line_head_and_words(link, written):
    made = diagram(box(), box(), links=[Link(parent=0, child=1, **link)])

    assert line("n0 ", made) == written


def test_links_that_are_trouble_are_coloured_by_their_place_and_others_by_the_page():
    plain, back = Link(parent=0, child=1), Link(parent=1, child=0, back=1, jump=1)
    made = diagram(box(), box(), links=[plain, back, Link(parent=0, child=1, kind="data")])

    assert line("linkStyle", made) == f"linkStyle 1 stroke:{LIGHT.error}"


def test_frames_are_nested_and_those_without_a_box_are_left_out():
    frames = (
        Frame(kind="workflow", label="w 1", tasks=2),
        Frame(kind="workflow", label="empty", tasks=9),
        Frame(kind="circle", label="", tasks=2, parent=0),
    )
    made = diagram(box(frame=2), box(), box(frame=0), frames=frames)

    written = to_mermaid(made).splitlines()
    first = next(n for n, each in enumerate(written) if each.startswith("subgraph"))
    assert [each.split("(")[0] for each in written[first : first + 7]] == [
        'subgraph c0["workflow w 1#58; 2 tasks"]',
        '  subgraph c2["circle of 2 tasks"]',
        "    n0",
        "  end",
        "  n2",
        "end",
        "n1",
    ]
    assert line("class c0", made) == "class c0 frames"
    assert line("class c2", made) == "class c2 circles"


def test_the_head_says_what_is_hidden_and_the_legend_what_marks_mean():
    made = diagram(box(trust={"invalid": 1}), in_scope=8, tasks=8, hidden=7)

    assert line("title:", made) == f'title: "{headline(made)}"'
    assert "7 hidden" in headline(made)
    rows = line('legend["', made).split('"')[1].split("<br>")
    assert "double line#58; signature not verified#58; 1" in rows
    assert "tasks hidden, for want of room#58; 7" in rows
    assert not any(each.startswith("legend") for each in lines(made, Style(legend=False)))


def test_in_markdown_it_is_one_block():
    text = in_markdown(to_mermaid(diagram(box(exec_act="```\n```"), box(exec_act="~~~"))))

    assert re.findall("^ *[`~]{3,}.*", text, re.MULTILINE) == ["```mermaid", "```"]
    assert text.count("`") == 6


def test_the_same_diagram_is_the_same_text():
    assert to_mermaid(diagram(box(), box())) == to_mermaid(diagram(box(), box()))


# What Mermaid reads


@pytest.fixture(scope="module")
def read() -> Callable[[list[str]], list[dict[str, Any]]]:
    """Read flowcharts by Mermaid's own parser, all in one process."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("no node with npm to run Mermaid's parser")
    lock = (READER / "package-lock.json").read_bytes()
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    place = caches / "ectgraph-tests" / f"mermaid-{hashlib.sha256(lock).hexdigest()[:16]}"
    if not place.is_dir():
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent) as made:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(READER / name, made)
            options = ["--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund"]
            try:
                subprocess.run(
                    [npm, "ci", *options], cwd=made, capture_output=True, timeout=180, check=True
                )
            except (subprocess.SubprocessError, OSError):
                pytest.skip("no registry to get Mermaid's parser from")
            shutil.copytree(made, place, dirs_exist_ok=True)

    def run(texts: list[str]) -> list[dict[str, Any]]:
        sent = "".join(f"{json.dumps(text)}\n" for text in texts)
        done = subprocess.run(
            [node, READER / "read.mjs", place],
            input=sent.encode(),
            capture_output=True,
            timeout=120,
            check=True,
        )
        found = [json.loads(each) for each in done.stdout.splitlines()]
        assert len(found) == len(texts), done.stderr.decode()
        return found

    return run


SPELLS = [
    'a"]', "`b`", '"`**c**`"', "#35;", "#quot;", "&lt;b&gt;", "<b>x</b>", "<img src=x onerror=y>",
    "end", "click n0 href x", 'click n0 "javascript:x()"', "javascript:alert(1)", "%% x", "%%{init: {}}%%",
    "---", "--- x: y", "===", "$$x^2$$", "style n0 fill:#fff;", "classDef a fill:#fff;", ":::a", "@{ shape: x }",
    "1. x", "- x", "+ x", "* x", "> x", "# x", "_x_", "__x__", "~~x~~", "[a](http://b)", "www.x.y", "a@b.c",
    "fa:fa-car", "subgraph x", "direction LR", "Direction tb", "direction  RL", "graph TD", "accDescr {", "linkStyle 0 x", "\\n", "\\", "<br>", "|x|", "(x)", "{x}", "]]", "a --> b",
    "ﬂ°°35¶ß", "ﬂ°lt¶ß", "¶ß", "accTitle: x", "\x00\u202e", "😀", " ", "", "style a:b #c; d;", "</script>", "```",
]  # fmt: skip
TEXTS = st.sampled_from(SPELLS) | st.lists(st.sampled_from(SPELLS), max_size=3).map("".join)
TEXTS |= st.text(max_size=20)


@st.composite
def diagrams(draw: st.DrawFn) -> Diagram:
    """Small diagrams of every kind, with any text where a token has its own."""
    count = draw(st.integers(0, 5))
    frames = tuple(
        Frame(kind=draw(st.sampled_from(["workflow", "agent", "circle"])), label=draw(TEXTS),
              tasks=1, parent=draw(st.none() | st.integers(0, n - 1)) if n else None)
        for n in range(draw(st.integers(0, 3)))
    )  # fmt: skip
    boxes = [
        box(
            jti=draw(TEXTS),
            iss=draw(st.none() | TEXTS),
            exec_act=draw(st.none() | TEXTS),
            trust={draw(st.sampled_from(["verified", "invalid", "missing"])): 1},
            decisions=draw(st.dictionaries(TEXTS, st.just(1), max_size=1)),
            findings=draw(st.sampled_from([{}, {"ECT301": 2}])),
            severity=draw(st.sampled_from([None, *Severity])),
            duplicates=draw(st.integers(0, 1)),
            frame=draw(st.none() | st.integers(0, len(frames) - 1)) if frames else None,
        )
        for _ in range(count)
    ]
    ends = st.integers(0, count - 1)
    flag = st.integers(0, 1)
    made = st.builds(
        Link,
        parent=ends,
        child=ends,
        kind=st.sampled_from(["parent", "data"]),
        count=st.integers(1, 2),
        data=flag,
        crossing=flag,
        circle=flag,
        back=flag,
    )
    links = draw(st.lists(made, max_size=6)) if count else []
    scope = draw(st.lists(TEXTS, max_size=1))
    return diagram(*boxes, links=links, frames=frames, scope=tuple(scope))


def plain(text: str) -> str:
    """A line as people see it, without what they do not."""
    return " ".join(text.replace("\u200b", "").split())


def words_of(each: Box, made: Diagram) -> list[str]:
    ends, badges = ", ".join(caption.ends(each)), " ".join(caption.badges(each))
    found = [*caption.lines(each, made), *caption.states(each), *filter(None, (ends, badges))]
    return [plain(escape.terminal(text)) for text in found]


def test_what_mermaid_reads_is_the_diagram_and_nothing_else(read):
    made: list[Diagram] = []

    @settings(max_examples=60)
    @given(diagrams())
    def collect(one: Diagram) -> None:
        made.append(one)

    collect()
    for one, found in zip(made, read([to_mermaid(each) for each in made]), strict=True):
        assert "error" not in found
        assert found["config"] == {"flowchart": {"wrappingWidth": 480}}
        assert found["description"] == headline(one)
        nodes = {node.pop("name"): node for node in found["nodes"]}
        assert nodes.keys() - {"legend"} == {f"n{n}" for n in range(len(one.boxes))}
        for number, each in enumerate(one.boxes):
            node = nodes[f"n{number}"]
            assert [plain(text) for text in node["lines"]] == words_of(each, one)
            assert ("absent" in node["classes"]) == each.missing
        assert all(node["label"] == "string" and not node["more"] for node in nodes.values())
        assert [
            (link["ends"], link["line"], link["head"], link["words"]) for link in found["links"]
        ] == [of_link(link) for link in one.links]
        assert_frames(one, found["frames"])
        assert {name for node in nodes.values() for name in node["classes"]} <= set(found["looks"])


def of_link(link: Link) -> tuple[list[str], str, str, str]:
    """How Mermaid calls what a link looks like."""
    data = link.kind == "data"
    line = "dotted" if data else "thick" if link.circle else "normal"
    head = "arrow_circle" if link.data and not data else "arrow_point"
    words = [caption.on_link(link)] if caption.on_link(link) else []
    if not data and 0 < link.data < link.count:
        words.append(f"{link.data} with data")
    if link.crossing:
        words.append("other workflow" if link.count == 1 else f"{link.crossing} to other workflows")
    if 0 < link.circle < link.count:
        words.append(f"{link.circle} in a circle")
    return [f"n{link.parent}", f"n{link.child}"], line, head, "; ".join(words)


def assert_frames(one: Diagram, found: list[dict[str, Any]]) -> None:
    """Each frame with something in it is there, with what is in it."""
    members: dict[int, set[str]] = {}
    for number, each in enumerate(one.boxes):
        if each.frame is not None:
            members.setdefault(each.frame, set()).add(f"n{number}")
    for number, frame in reversed([*enumerate(one.frames)]):
        if number in members and frame.parent is not None:
            members.setdefault(frame.parent, set()).add(f"c{number}")
    assert {frame["name"]: set(frame["members"]) for frame in found} == {
        f"c{number}": some for number, some in members.items()
    }
    for frame in found:
        label = one.frames[int(frame["name"][1:])].label
        if one.frames[int(frame["name"][1:])].kind != "circle":
            assert plain(escape.terminal(label)) in plain(frame["title"])


def test_every_spell_is_read_as_it_is_written(read):
    made = [diagram(box(exec_act=f"{spell} x", jti="j", iss=f"a/{spell}")) for spell in SPELLS]

    for one, found in zip(made, read([to_mermaid(each) for each in made]), strict=True):
        (node,) = [node for node in found["nodes"] if node["name"] == "n0"]
        assert [plain(text) for text in node["lines"]] == words_of(one.boxes[0], one)


def test_the_limits_are_those_of_mermaid(read):
    def of(count: int) -> str:
        links = [Link(parent=0, child=1)] * count
        return to_mermaid(diagram(box(), box(), links=links))

    good, bad = read([of(MOST_EDGES), of(MOST_EDGES + 1)])
    assert len(good["links"]) == MOST_EDGES
    assert "error" in bad
    assert good["limits"] == {"edges": MOST_EDGES, "characters": MOST_CHARACTERS}


def test_a_character_is_one_for_mermaid_as_well():
    text = to_mermaid(diagram(box(exec_act="😀" * 30)))

    assert len(text.encode("utf-16-le")) == 2 * len(text)
