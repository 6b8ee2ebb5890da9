"""The page of a case in a real browser, from a disk and without a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ectgraph.page.page import Page, make
from ectgraph.render.compose import compose
from ectgraph.render.drawing import Drawing
from ectgraph.render.timeline import drawing as chart
from ectgraph.testing import Sketch, sketch, task_id

HOSTILE = (
    '</script><img src=x onerror="window.fired=1"><!--<script>window.fired=1</script>\u202e\x1b'
)
SEEN = HOSTILE.replace("\u202e", "\\u202e").replace("\x1b", "\\x1b")
Opener = Callable[..., Any]


def page_of(made: Sketch) -> Page:
    """A page with all that it can have on it."""
    evidence, report = made.evidence(), made.lint()
    told: dict[str, Any] = {"ledger": evidence.ledger, "findings": report.findings}
    try:
        timeline = chart.timeline(evidence.graph, **told)
    except ImportError:
        timeline = None
    drawing = Drawing(compose(evidence.graph, **told))
    return make(evidence, report, drawing=drawing, timeline=timeline, title=f"Case {HOSTILE}")


@pytest.fixture(scope="module")
def story(task: Callable[..., bytes], ring: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five tasks: one is not verified, one builds on nothing, one says hostile things."""
    usual = sketch(
        "a@0 act=plan; b@5<a act=book by=agent-b; c@9<b act=pay !flipped; d@20<lost,b act=file"
    )
    odd = task("e", "b", exec_act=HOSTILE, ext={HOSTILE: [HOSTILE]}, long="x" * 100_000)
    file = tmp_path_factory.mktemp("story") / "case.html"
    return page_of(Sketch((*usual.records, odd), ring)).save(file)


@pytest.fixture
def opened(browser: Any) -> Iterator[Opener]:
    """Open a page; in the end it asked for nothing, nothing complained and nothing was run."""
    contexts = []
    said: list[str] = []
    asked: list[str] = []
    files: list[str] = []

    def call(file: Path, place: str = "", **options: Any) -> Any:
        context = browser.new_context(
            **({"offline": True, "viewport": {"width": 1300, "height": 800}} | options)
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri() + place)
        files.append(file.as_uri())
        return page

    yield call
    for context in contexts:
        assert context.pages[0].evaluate("window.fired") is None
        context.close()
    assert said == []
    assert asked == files


@pytest.fixture
def page(opened: Opener, story: Path) -> Any:
    return opened(story)


def rows(page: Any, section: str) -> list[list[str]]:
    """The cells of the rows that are on the page, as text."""
    found: list[list[str]] = page.locator(f"#{section} tbody tr").evaluate_all(
        "(rows) => rows.map((row) => [...row.cells].map((cell) => cell.innerText))"
    )
    return found


def column(page: Any, section: str, name: str) -> list[str]:
    """The cells of one column."""
    heads = page.locator(f"#{section} th button").all_inner_texts()
    return [row[heads.index(name)] for row in rows(page, section)]


def address(page: Any) -> str:
    found: str = page.evaluate("location.hash")
    return found


def row(page: Any, section: str, text: str) -> Any:
    return page.locator(f"#{section} tbody tr", has_text=text)


def test_the_search_narrows_every_table_and_says_how_much_is_left(page: Any) -> None:
    assert len(rows(page, "tasks")) == 6
    findings = len(rows(page, "findings"))
    page.fill("#search", "BOOK")
    assert column(page, "tasks", "exec_act") == ["book"]
    assert "1 of 6 tasks" in page.inner_text("#tasks output")
    assert "1 task" in page.inner_text("#hits")
    assert page.locator("#hits").evaluate("(hits) => hits.matches('output')")  # a live region
    page.fill("#search", "ECT201")
    assert len(rows(page, "findings")) == 1 < findings
    page.fill("#search", "no such thing")
    assert rows(page, "tasks") == []
    assert page.inner_text("#hits") == "nothing found"
    page.locator("#search").press("Escape")
    assert len(rows(page, "findings")) == findings
    assert page.inner_text("#hits") == ""


def test_findings_are_filtered_by_what_they_are(page: Any) -> None:
    every = rows(page, "findings")
    page.get_by_label("Only rows of one code").select_option(label="ECT303 (1)")
    assert column(page, "findings", "code") == ["ECT303"]
    assert f"1 of {len(every)} findings" in page.inner_text("#findings output")
    page.get_by_label("Show all findings").click()
    assert rows(page, "findings") == every
    page.get_by_label("Only rows of one severity").first.select_option(index=1)
    severities = set(column(page, "findings", "severity"))
    assert len(severities) == 1
    assert severities < {each[2] for each in every}


def test_each_column_sorts_up_down_and_not_at_all(page: Any) -> None:
    found = column(page, "tasks", "exec_act")
    named = sorted(act for act in found if act)
    head = page.locator("#tasks th", has_text="exec_act")
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert column(page, "tasks", "exec_act") == [*named, ""]  # a missing task has no action
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert column(page, "tasks", "exec_act") == [*named[::-1], ""]
    head.locator("button").click()
    assert head.get_attribute("aria-sort") is None
    assert column(page, "tasks", "exec_act") == found
    page.locator("#tasks th button", has_text="iat").click()
    assert column(page, "tasks", "iat") == [*sorted(filter(None, column(page, "tasks", "iat"))), ""]


def test_a_click_on_a_row_shows_claims_checks_record_and_neighbours(page: Any) -> None:
    row(page, "tasks", "pay").click()
    panel = page.locator("#panel")
    panel.locator(".ectgraph-checks").wait_for()
    text = panel.inner_text()
    assert "✖ invalid" in text
    assert "ECT201" in text
    assert "✖ failed" in text
    assert "? not done" in text
    assert "SHA-256" in text
    assert task_id("c") in text
    (iat,) = panel.locator("section:has(> h3:text-is('Claims')) dt:text-is('iat') + dd").all()
    assert iat.inner_text().splitlines() == ["1771943009", "2026-02-24 14:23:29 UTC"]
    assert address(page) == f"#task={task_id('c')}"
    assert row(page, "tasks", "pay").get_attribute("aria-selected") == "true"
    panel.get_by_role("button", name="book").click()
    panel.locator(".ectgraph-checks").wait_for()
    assert address(page) == f"#task={task_id('b')}"
    assert "Parents (1)" in panel.inner_text()
    assert "Children (3)" in panel.inner_text()
    page.go_back()
    assert panel.locator("h2").inner_text() == "pay"
    page.go_back()
    assert panel.is_hidden()


def test_the_address_opens_a_task_again_and_a_missing_one_is_told(
    opened: Opener, story: Path
) -> None:
    page = opened(story, f"#task={task_id('lost')}")
    assert "✖ missing" in page.inner_text("#panel")
    page.get_by_text("No record of this task is in the ledger").wait_for()
    page.evaluate("location.hash = '#task=nobody%'")
    page.locator("#panel").wait_for(state="hidden")


def test_a_click_on_a_finding_tells_it_and_leads_to_its_task(page: Any) -> None:
    row(page, "findings", "ECT303").click()
    panel = page.locator("#panel")
    assert "ECT303" in panel.locator("h2").inner_text()
    assert panel.locator("details").first.get_attribute("open") is not None
    assert address(page).startswith("#finding=")
    panel.get_by_role("button", name="no record").click()
    assert address(page) == f"#task={task_id('lost')}"
    panel.get_by_role("button", name="file").click()
    panel.locator(".ectgraph-checks").wait_for()
    assert address(page) == f"#task={task_id('d')}"


def test_a_click_on_a_box_of_the_diagram_shows_its_task(page: Any) -> None:
    page.locator("#diagram").scroll_into_view_if_needed()
    page.locator("#diagram canvas").first.wait_for()
    place = page.evaluate(
        """() => {
          const canvas = document.querySelector(".ectgraph-canvas");
          const { x, y } = canvas.getBoundingClientRect();
          const node = canvas._cyreg.cy.nodes(".box").filter((n) => n.data("label").startsWith("book"))[0];
          const at = node.renderedPosition();
          return [x + at.x, y + at.y];
        }"""
    )
    page.mouse.click(*place)
    page.locator("#panel .ectgraph-checks").wait_for()
    assert page.inner_text("#panel h2") == "book"
    assert address(page) == f"#task={task_id('b')}"
    assert page.locator("#diagram aside").is_hidden()  # it is told once
    page.keyboard.press("Escape")
    assert page.locator("#panel").is_hidden()


def test_the_timeline_is_drawn_when_seen_and_a_click_on_a_bar_shows_its_task(page: Any) -> None:
    pytest.importorskip("vl_convert", reason="no vl-convert-python to draw with")
    assert page.locator("#timeline canvas").count() == 0
    page.evaluate(
        """() => {
          const make = vegaEmbed;
          window.made = new Promise((tell) => {
            vegaEmbed = async (...all) => { tell(await make(...all)); return window.made; };
          });
        }"""
    )
    page.locator("#timeline").scroll_into_view_if_needed()
    place = page.evaluate(
        """async (task) => {
          const { view } = await window.made;
          const bars = JSON.parse(document.getElementById("case").textContent).timeline.data.bars;
          const bar = bars.find((one) => one.task === task);
          const canvas = document.querySelector("#timeline canvas");
          canvas.scrollIntoView({ block: "center" });
          const { x, y } = canvas.getBoundingClientRect();
          const [left, top] = view.origin().map((each) => each + view.padding().left);
          return [x + left + view.scale("x")(bar.e), y + top + bar.m];
        }""",
        task_id("b"),
    )
    page.mouse.click(*place)
    page.locator("#panel .ectgraph-checks").wait_for()
    assert address(page) == f"#task={task_id('b')}"


def test_hostile_claims_stay_text_that_can_be_seen(page: Any) -> None:
    assert page.inner_text("h1") == f"Case {SEEN}"
    assert SEEN in column(page, "tasks", "exec_act")
    row(page, "tasks", "img src").click()
    page.locator("#panel .ectgraph-checks").wait_for()
    assert SEEN[:60] in page.inner_text("#panel h2")
    claims = page.locator("#panel dd").all_inner_texts()
    assert SEEN in claims
    assert SEEN.replace('"', '\\"').replace("\\x1b", "\\u001b") in "".join(
        page.locator("#panel dd pre").all_inner_texts()
    )
    assert max(map(len, page.locator("#panel dd").all_inner_texts())) < 10_000
    assert page.locator("img, iframe, object, embed, link, base").count() == 0
    assert page.locator("script").count() <= 3


def test_all_of_it_is_done_by_keyboard(page: Any) -> None:
    focused = "document.activeElement"
    page.keyboard.press("/")
    assert page.evaluate(f"{focused}.id") == "search"
    page.keyboard.type("a/b")  # in a field it is a letter
    assert page.input_value("#search") == "a/b"
    page.keyboard.press("Escape")
    page.locator("#tasks th button").last.focus()
    page.keyboard.press("Tab")
    assert page.evaluate(f"{focused}.ariaRowIndex") == "2"
    for key, place in {"ArrowDown": 3, "End": 7, "ArrowUp": 6, "Home": 2, "PageDown": 7}.items():
        page.keyboard.press(key)
        assert page.evaluate(f"Number({focused}.ariaRowIndex)") == place
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.evaluate(f"{focused}.id") == "panel"
    assert page.locator("#panel").get_attribute("aria-label") == "Task: book"
    page.keyboard.press("Tab")
    assert page.evaluate(f"{focused}.ariaLabel") == "Close"
    page.keyboard.press("Escape")
    assert page.locator("#panel").is_hidden()
    assert page.evaluate(f"{focused}.ariaRowIndex") == "3"


def test_tables_say_what_they_are_to_those_who_do_not_see_them(page: Any) -> None:
    table = page.locator("#tasks table")
    assert table.get_attribute("role") == "grid"
    assert table.get_attribute("aria-rowcount") == "7"
    assert page.get_by_role("grid", name="Tasks").count() == 1
    assert page.get_by_role("row", name="book").count() > 0
    assert table.get_by_role("columnheader", name="exec_act", exact=True).count() == 1
    assert page.get_by_role("navigation", name="Sections").get_by_role("link").count() > 7
    unnamed = """[...document.querySelectorAll("button, input, select, a")]
      .filter((one) => !(one.ariaLabel || one.innerText || one.labels?.length || one.textContent))"""
    assert page.evaluate(f"{unnamed}.length") == 0


def test_a_row_of_agents_leads_to_their_tasks(page: Any) -> None:
    row(page, "agents", "agent-b").click()
    assert column(page, "tasks", "exec_act") == ["book"]
    assert page.evaluate("document.activeElement.id") == "tasks-title"


def test_dark_light_and_paper(opened: Opener, story: Path) -> None:
    page = opened(story, f"#task={task_id('c')}", color_scheme="dark")
    canvas = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(canvas)
    page.locator("#theme").click()
    light = page.evaluate(canvas)
    assert (dark, light) == ("rgb(20, 24, 29)", "rgb(255, 255, 255)")
    page.locator("#theme").click()
    assert page.evaluate(canvas) == dark
    page.emulate_media(media="print")
    assert page.evaluate(canvas) == light
    assert page.locator("#panel").is_hidden()
    assert page.locator("#bar").is_hidden()
    assert page.locator("#findings table").is_visible()


def test_on_paper_pictures_are_light_though_none_was_drawn_and_long_tables_are_cut(
    opened: Opener, tmp_path: Path
) -> None:
    made = sketch("; ".join(f"t{n}@{n}" for n in range(230)))
    page = opened(page_of(made).save(tmp_path / "case.html"), color_scheme="dark")
    pictures = page.locator("figure svg")
    assert pictures.count() >= 1
    assert not pictures.first.is_visible()
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    for number in range(pictures.count()):
        assert pictures.nth(number).is_visible()
    assert page.locator("#diagram .ectgraph-picture").is_hidden()
    assert len(rows(page, "tasks")) == 200
    assert "The first 200 are printed" in page.inner_text("#tasks")
    assert len(rows(page, "keys")) == 1
    assert page.locator("#tasks thead th:visible").count() == 8


def test_of_many_rows_few_are_on_the_page_and_all_findings_on_paper(
    opened: Opener, tmp_path: Path
) -> None:
    names = [f"t{n}" for n in range(120)]
    text = "; ".join(f"{name}@{n}<none{n}" for n, name in enumerate(names))
    made = sketch(text)
    page = opened(make(made.evidence(), made.lint()).save(tmp_path / "case.html"))
    assert len(rows(page, "tasks")) < 60
    assert "240 tasks" in page.inner_text("#tasks output")
    page.locator("#tasks tbody tr").first.press("End")
    assert page.evaluate("Number(document.activeElement.ariaRowIndex)") == 241
    assert page.evaluate(
        """() => {
          const { top, bottom } = document.activeElement.getBoundingClientRect();
          const all = document.querySelector("#tasks .ectgraph-scroller").getBoundingClientRect();
          return all.top < top && bottom < all.bottom + 1;
        }"""
    )
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert len(rows(page, "findings")) >= 120
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert len(rows(page, "findings")) < 60


def test_on_a_small_screen_nothing_is_wider_than_it(opened: Opener, story: Path) -> None:
    page = opened(story, viewport={"width": 360, "height": 640})
    row(page, "tasks", "book").click()
    page.locator("#panel .ectgraph-checks").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate("document.getElementById('panel').scrollWidth") <= 360


def test_without_scripts_the_summary_is_there(opened: Opener, story: Path) -> None:
    page = opened(story, java_script_enabled=False)
    assert "need JavaScript" in page.inner_text("noscript")
    assert "What was not established" in page.inner_text("main")
    assert not page.locator("#search").is_visible()
    assert page.locator("#diagram svg").is_visible()
    assert page.locator("svg [*|href], svg [style], svg script, svg image").count() == 0


@pytest.mark.parametrize("text", ["", "'junk'", "x@1<y; y@2<x", "a@9999999999999999; b@-5<a"])
def test_odd_ledgers_open_without_complaint(opened: Opener, tmp_path: Path, text: str) -> None:
    page = opened(page_of(sketch(text)).save(tmp_path / "case.html"))
    for section in ("diagram", "timeline", "workflows"):
        page.locator(f"#{section}").scroll_into_view_if_needed()
    if "@" in text:
        page.locator("#tasks tbody tr").first.click()
        page.locator("#panel .ectgraph-checks").first.wait_for()
        assert page.locator("#tasks tbody tr").count() >= 2
    else:
        assert "No diagram and no timeline" in page.inner_text("main")
