"""A timeline as a page: safe whatever the claims say, and alive in a browser without a network."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from ectgraph.render.style import DARK
from ectgraph.render.timeline.drawing import Timeline, timeline
from ectgraph.testing import Sketch, sketch

pytest.importorskip("vl_convert", reason="no vl-convert-python to draw with")

HOSTILE = "</script><img src=x onerror=\"document.title='fired'\"><!-- <script>\u2028${x}`&amp;"


class Elements(HTMLParser):
    """What a page is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.inside: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        if self.found[-1:] and self.found[-1][0] in ("script", "style"):
            self.inside.append(data)


@pytest.fixture(scope="module")
def hostile(task, ring) -> Timeline:
    records = [
        task("a", exec_act=HOSTILE, ext={"exec_time_ms": 4000, "note": HOSTILE}),
        task("b", "a", iss=f"spiffe://x/{HOSTILE}", sub=f"spiffe://x/{HOSTILE}"),
        task("c", "b", iat=1771943100, exp=1771943700, exec_act="image"),
    ]
    evidence = Sketch(tuple(records), ring).evidence()
    return timeline(evidence.graph, ledger=evidence.ledger)


def test_claims_make_no_element_and_the_document_is_the_same_json(hostile):
    found = Elements(hostile.html())

    tags = [tag for tag, _ in found.found]
    assert tags.count("script") == 3
    assert not {"img", "iframe", "link", "object"} & set(tags)
    assert not any(name in attrs for _, attrs in found.found for name in ("src", "href", "onload"))
    (document,) = re.findall(r'id="document">(.*?)</script>', hostile.html(), re.DOTALL)
    assert not {"<", ">", "&", "\u2028"} & set(document)
    acts = [row["tip"] for row in json.loads(document)["data"]["bars"]]
    assert any("<img src=x" in tip for tip in acts)


def test_the_policy_allows_the_scripts_and_the_style_of_the_page_alone(hostile):
    page = hostile.html()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    blocks = re.findall(r"<(?:script|style)>(.*?)</(?:script|style)>", page, re.DOTALL)
    digests = {
        f"'sha256-{b64encode(sha256(block.encode()).digest()).decode()}'" for block in blocks
    }

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert set(re.findall(r"'sha256-[^']*'", policy)) == digests
    assert len(digests) == 3


def test_a_theme_that_was_chosen_stays():
    evidence = sketch("a@0").evidence()
    page = timeline(evidence.graph, ledger=evidence.ledger, style=DARK).html()

    assert page.count(f"--canvas: {DARK.canvas}") == 2


@pytest.fixture
def opened(browser, tmp_path):
    """Open a timeline; whatever the browser says or asks for is put down."""

    def show(made: Timeline):
        file = made.save(tmp_path / "t.html")
        context = browser.new_context(offline=True, viewport={"width": 1300, "height": 700})
        page = context.new_page()
        page.set_default_timeout(8000)
        page.said = []
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("request", lambda request: page.said.append(f"asked for {request.url}"))
        page.goto(file.as_uri())
        page.said.pop(0)  # the page itself
        page.wait_for_function("view !== null")
        return page

    return show


_PLACE = """(number) => {
  const row = found.data.bars[number];
  const box = document.querySelector("#timeline canvas").getBoundingClientRect();
  const [left, top] = view.origin().map((each) => each + view.padding().left);
  return [box.x + left + view.scale("x")(row.e), box.y + top + row.m];
}"""

_MOVED = """async (before) => {
  const moved = () => Number(view.scale("x").domain()[0]) !== before;
  for (let frame = 0; frame < 120 && !moved(); frame += 1) await new Promise(requestAnimationFrame);
  return moved();
}"""


def test_a_page_is_searched_zoomed_and_asked_without_network_or_complaint(opened, hostile):
    page = opened(hostile)

    page.mouse.move(*page.evaluate(_PLACE, 0))
    tip = page.locator("#vg-tooltip-element.visible")
    tip.wait_for()
    assert "<img src=x onerror=" in tip.inner_text()
    assert page.locator("#vg-tooltip-element img").count() == 0
    assert page.title() != "fired"

    page.fill("#search", "IMAGE")
    assert page.inner_text("#hits") == "1 task"
    page.wait_for_function("view.signal('search') === 'image'")
    page.fill("#search", "")

    before = page.evaluate("view.scale('x').domain().map(Number)")
    page.mouse.wheel(0, -300)
    page.wait_for_function(f"Number(view.scale('x').domain()[0]) !== {before[0]}")

    left, top = page.evaluate(_PLACE, 0)
    page.mouse.move(left - 300, top + 20)  # between the lanes, where no mark is
    before = page.evaluate("Number(view.scale('x').domain()[0])")
    page.mouse.wheel(0, -300)
    assert page.evaluate(_MOVED, before)

    box = page.evaluate("document.querySelector('canvas').getBoundingClientRect().toJSON()")
    left, top = page.evaluate("view.origin().map((each) => each + view.padding().left)")
    middle = page.evaluate("found.data.lanes[0].m")
    page.mouse.click(box["x"] + left - 20, box["y"] + top + middle)
    page.wait_for_function("view.data('agent_store').length === 1")

    page.emulate_media(media="print")
    assert not page.locator("header").is_visible()
    assert not page.locator("#vg-tooltip-element").is_visible()
    page.set_viewport_size({"width": 700, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 700  # all of it is on the paper

    assert page.said == []


@pytest.mark.parametrize("text", ["a@9999999999999999", "a@50; b@0<a recorded=-9; c@9 !flipped"])
def test_odd_ledgers_open_without_complaint(opened, text):
    evidence = sketch(text).evidence()

    assert opened(timeline(evidence.graph, ledger=evidence.ledger)).said == []


def test_counts_open_without_complaint(opened):
    evidence = sketch("; ".join(f"t{n}@{n}" for n in range(20))).evidence()

    page = opened(timeline(evidence.graph, ledger=evidence.ledger, max_tasks=5))

    assert page.said == []
    assert page.locator("#search").is_disabled()
