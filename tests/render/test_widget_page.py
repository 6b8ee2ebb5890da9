"""The explorer in a real browser, without Jupyter and without a network."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ectgraph.render.compose import compose
from ectgraph.render.diagram import Diagram
from ectgraph.render.dot import to_dot
from ectgraph.render.picture import draw
from ectgraph.render.positions import to_json
from ectgraph.render.style import LIGHT
from ectgraph.render.widget import front
from ectgraph.testing import sketch, task_id

HOSTILE = '<img src=x onerror="window.fired=1"></script><script>window.fired=1</script>\u202e\x1b'
PAGE = """<!doctype html><meta charset="utf-8"><style>{style}</style><div id="here"></div>
<script type="module">
{module}
const state = {{ document: Uint8Array.from(atob("{document}"), (c) => c.charCodeAt(0)), selected: null, height: 600 }};
const heard = {{}};
window.saved = 0;
window.model = {{
  get: (name) => (name === "document" ? new DataView(state.document.buffer) : state[name]),
  set: (name, value) => {{ state[name] = value; }},
  save_changes: () => {{ window.saved += 1; }},
  on: (names, act) => names.split(" ").forEach((name) => (heard[name] ??= new Set()).add(act)),
  off: (names, act) => names.split(" ").forEach((name) => heard[name].delete(act)),
}};
window.tell = (name, value) => {{ state[name] = value; heard[`change:${{name}}`].forEach((act) => act()); }};
window.state = state;
window.heard = heard;
window.end = render({{ model: window.model, el: document.getElementById("here") }});
window.ready = true;
</script>"""


@pytest.fixture(scope="module")
def story() -> Diagram:
    """Six tasks; one is not verified, one has no record, and one says hostile things."""
    made = sketch(
        "a@0 act=plan; b@5<a act=book; c@9<b act=pay; d@9<b !flipped; e@20<lost; f@30<a,b,c"
    )
    evidence, report = made.evidence(), made.lint()
    found = compose(evidence.graph, ledger=evidence.ledger, findings=report.findings)
    last = next(n for n, box in enumerate(found.boxes) if box.jti == task_id("f"))
    bad = dataclasses.replace(
        found.boxes[last], exec_act=HOSTILE, claims=((HOSTILE, HOSTILE), ("ext", "x" * 100_000))
    )
    return dataclasses.replace(found, boxes=(*found.boxes[:last], bad, *found.boxes[last + 1 :]))


@pytest.fixture
def page(browser: Any, story: Diagram, tmp_path: Path) -> Iterator[Any]:
    """The page, just opened; in the end nothing was asked of the network, and nothing complained."""
    document = base64.b64encode(to_json(story, LIGHT, draw(to_dot(story), "json"))).decode()
    file = tmp_path / "page.html"
    module = front.module("notebook.js").replace("export default", "")
    file.write_text(
        PAGE.format(style=front.style_sheet(), module=module, document=document), "utf-8"
    )
    opened = browser.new_page(viewport={"width": 1000, "height": 700})
    said: list[str] = []
    asked: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(file.as_uri())
    opened.wait_for_function("window.ready")
    yield opened
    assert opened.evaluate("window.fired") is None
    assert said == []
    assert asked == [file.as_uri()]
    opened.close()


def selected(page: Any) -> str | None:
    found: str | None = page.evaluate("state.selected")
    return found


def panel(page: Any) -> str:
    text: str = page.locator(".ectgraph-panel").inner_text()
    return text


def test_search_finds_counts_and_goes_from_hit_to_hit(page: Any) -> None:
    search = page.locator("input[type=search]")
    hits = page.locator("output")
    search.fill(task_id("c")[:12].upper())
    assert hits.inner_text() == "1 found"
    search.press("Enter")
    assert hits.inner_text() == "1 of 1"
    assert selected(page) == task_id("c")
    search.fill("book")
    search.press("Enter")
    assert selected(page) == task_id("b")
    search.fill("agent")
    count = int(hits.inner_text().split()[0])
    assert count > 1
    search.press("Enter")
    first = selected(page)
    search.press("Enter")
    assert selected(page) != first
    search.press("Shift+Enter")
    assert selected(page) == first
    search.fill("not verified")
    search.press("Enter")
    assert selected(page) == task_id("d")
    search.fill("no such thing")
    assert hits.inner_text() == "nothing found"


def test_a_click_shows_the_neighbours_and_tells_python(page: Any, story: Diagram) -> None:
    place = page.evaluate(
        """(jti) => {
          const { x, y } = document.querySelector(".ectgraph-canvas").getBoundingClientRect();
          const cy = document.querySelector(".ectgraph-canvas")._cyreg.cy;
          const at = cy.nodes(".box").filter((n) => n.data("i") === jti)[0].renderedPosition();
          return [x + at.x, y + at.y];
        }""",
        next(n for n, box in enumerate(story.boxes) if box.jti == task_id("b")),
    )
    assert page.locator(".ectgraph-panel").is_hidden()
    page.mouse.click(*place)
    assert selected(page) == task_id("b")
    assert page.evaluate("saved") == 1
    lit = page.evaluate(
        "document.querySelector('.ectgraph-canvas')._cyreg.cy.nodes('.lit').map((n) => n.data('i'))"
    )
    names = [task_id(name) for name in "abcdf"]
    assert sorted(story.boxes[n].jti or "" for n in lit) == sorted(names)
    assert "Parents (1)" in panel(page)
    assert "Children (3)" in panel(page)
    assert task_id("b") in panel(page)


def test_the_panel_says_states_and_findings_and_its_buttons_walk_on(page: Any) -> None:
    page.evaluate("(task) => tell('selected', task)", task_id("d"))
    assert "not verified: invalid" in panel(page)
    assert "ECT201" in panel(page)
    page.get_by_role("button", name="book").click()
    assert selected(page) == task_id("b")
    page.keyboard.press("ArrowUp")
    assert selected(page) == task_id("a")
    page.keyboard.press("ArrowRight")
    assert selected(page) == task_id("b")
    page.keyboard.press("Escape")
    assert selected(page) is None
    assert page.locator(".ectgraph-panel").is_hidden()


def test_a_task_without_a_record_is_told_in_words(page: Any) -> None:
    page.evaluate("(task) => tell('selected', task)", task_id("lost"))
    assert "missing: no record" in panel(page)


def test_hostile_claims_stay_text_that_can_be_seen(page: Any) -> None:
    page.evaluate("(task) => tell('selected', task)", task_id("f"))
    shown = HOSTILE.replace("\u202e", "\\u202e").replace("\x1b", "\\x1b")
    assert shown in page.locator("dt").all_inner_texts()
    assert shown in page.locator("dd").all_inner_texts()
    assert page.locator(".ectgraph-panel img, .ectgraph-panel script").count() == 0
    assert max(map(len, page.locator("dd").all_inner_texts())) <= 2001
    assert page.evaluate("document.images.length") == 0


def test_all_of_it_is_reached_by_keyboard(page: Any) -> None:
    page.locator("input[type=search]").focus()
    reached = []
    for _ in range(8):
        reached.append(
            page.evaluate("document.activeElement.ariaLabel || document.activeElement.textContent")
        )
        page.keyboard.press("Tab")
    assert [label.split(";")[0].split(".")[0] for label in reached[:7]] == [
        "Search tasks", "The hit before", "The next hit", "Zoom out", "Zoom in",
        "Fit the whole picture", json.loads(page.evaluate("new TextDecoder().decode(state.document)"))["headline"],
    ]  # fmt: skip
    assert reached[7] == "Legend"


def test_the_legend_explains_what_is_there_and_the_headline_counts(page: Any) -> None:
    assert "6 tasks and 1 missing" in page.locator(".ectgraph-headline").inner_text()
    page.locator("summary").click()
    legend = page.locator(".ectgraph-legend").inner_text()
    assert "signature not verified" in legend
    assert "no record" in legend


def test_another_picture_takes_the_place_of_the_first_and_in_the_end_nothing_is_left(
    page: Any, story: Diagram
) -> None:
    fewer = dataclasses.replace(story, boxes=story.boxes[:1], links=())
    page.evaluate(
        "(text) => tell('document', new TextEncoder().encode(text))", to_json(fewer).decode()
    )
    assert page.locator(".ectgraph-explorer").count() == 1
    boxes = "document.querySelector('.ectgraph-canvas')._cyreg.cy.nodes('.box').length"
    assert page.evaluate(boxes) == 1
    page.evaluate("end()")
    assert page.locator("#here > *").count() == 0
    assert page.evaluate("Object.values(heard).every((acts) => acts.size === 0)")


@pytest.mark.parametrize("text", ["", "x@1<y; y@2<x; z@3<z"])
def test_empty_pictures_and_circles_are_shown(page: Any, text: str) -> None:
    found = compose(sketch(text).evidence().graph)
    page.evaluate(
        "(text) => tell('document', new TextEncoder().encode(text))", to_json(found).decode()
    )
    page.get_by_label("Fit the whole picture").click()
    page.locator(".ectgraph-canvas").press("ArrowRight")
    assert page.locator(".ectgraph-explorer").count() == 1
