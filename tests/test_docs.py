"""The pages are what the code says."""

import re
import runpy
from pathlib import Path

import pytest

from ectgraph.agent.verdict import STEPS, step
from ectgraph.rule import Hit
from ectgraph.rules import RULES

DOCS = Path(__file__).parents[1] / "docs"
FILES = runpy.run_path(str(DOCS / "build.py"))["FILES"]


@pytest.mark.parametrize("name", FILES)
def test_what_is_made_is_not_stale(name: str) -> None:
    assert FILES[name]() == (DOCS / name).read_text("utf-8"), "run `make docs`"


def test_every_rule_has_its_section_and_its_row() -> None:
    page = (DOCS / "rules.md").read_text("utf-8")
    links = re.findall(r"^\| \[(\w+)\]\(#([\w-]+)\)", page, re.MULTILINE)

    assert [code for code, _ in links] == list(RULES)
    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == [
        f"{code} {rule.name}" for code, rule in RULES.items()
    ]
    assert [anchor for _, anchor in links] == [
        f"{code.lower()}-{rule.name}" for code, rule in RULES.items()
    ]
    assert "**wrong**" not in page


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_pages_link_to_pages_and_headings_that_are_there(page: Path) -> None:
    for target, anchor in re.findall(r"\]\(([\w./-]*\.md)?(#[\w-]+)?\)", page.read_text("utf-8")):
        linked = page.parent / target if target else page
        assert linked.is_file(), target
        assert not anchor or anchor[1:] in headings(linked), (target, anchor)


def headings(page: Path) -> set[str]:
    """The anchors of a page, as code hosts make them of its headings."""
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_table_of_steps_is_what_the_gate_does() -> None:
    page = (DOCS / "agents.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d+) \| (.+) \| (.+) \|$", page, re.MULTILINE)
    codes: dict[int, list[str]] = {number: [] for number in STEPS}
    for code, rule in sorted(RULES.items()):
        if rule.step is not None:  # ECT408 stands in two steps, by what it is about
            for number in sorted({rule.step, step(code, Hit("", witness="iat"))}):
                codes[number].append(code)

    assert [int(number) for number, _, _ in rows] == list(STEPS)
    assert {int(number): title for number, title, _ in rows} == STEPS
    assert {int(number): told for number, _, told in rows} == {
        number: ", ".join(found) or "\N{EN DASH}" for number, found in codes.items()
    }
    assert [number for number, found in codes.items() if "ECT408" in found] == [9, 10]
