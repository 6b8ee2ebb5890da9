"""Moments -> Vega-Lite -> pictures: what each look is, and that claims stay text."""

from __future__ import annotations

import json
import re
import sys
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from ectgraph import linter
from ectgraph.errors import EctgraphError
from ectgraph.model import Severity
from ectgraph.render.style import DARK, LIGHT
from ectgraph.render.timeline.drawing import Timeline, timeline
from ectgraph.testing import Sketch, sketch

pytest.importorskip("vl_convert", reason="no vl-convert-python to draw with")

HOSTILE = "</text><script>alert(1)</script>&\"'\x00\u202e\u2028\\N${x}"


def of(text: str, **options) -> Timeline:
    evidence = sketch(text).evidence()
    told = linter.lint(evidence).findings
    return timeline(evidence.graph, ledger=evidence.ledger, findings=told, **options)


def texts(svg: str) -> str:
    root = ET.fromstring(svg)  # noqa: S314  # our own
    return "\n".join("".join(node.itertext()) for node in root.iter() if node.tag.endswith("text"))


def rows(made: Timeline, data: str) -> list[dict]:
    return made.spec["datasets"][data]


def test_states_differ_by_shape_and_not_by_colour_alone():
    made = of("a@0; b@5 !flipped; c@9; c@9 act=other; d@12 !flipped; d@13 act=other !flipped")

    assert [row["state"] for row in rows(made, "bars")] == [0, 1, 2, 3]
    stamps = [
        layer["encoding"]["shape"]["scale"]["range"]
        for layer in made.spec["layer"]
        if layer["mark"]["type"] == "point" and "shape" in layer["encoding"]
    ]
    assert all(len(set(shapes)) == 4 for shapes in stamps)
    assert stamps


def test_a_finding_is_seen_by_its_code():
    assert "ECT201" in texts(of("a@0; b@5<a !flipped").svg())


def test_a_jump_back_in_time_is_dashed_and_put_in_words():
    made = of("a@50; b@0<a")

    assert [row["back"] for row in rows(made, "links")] == [True]
    assert "issued 50 s before its parent" in texts(made.svg())
    assert any("strokeDash" in layer["mark"] for layer in made.spec["layer"])


def test_the_axis_says_utc_and_the_times_are_the_tokens_own():
    words = texts(of("a@0; b@600<a").svg())

    assert "UTC" in words
    assert "14:30:00" in words


def test_across_a_cut_the_axis_goes_on_with_the_true_time():
    year = 365 * 86_400
    text = "; ".join(f"t{n}@{n * 60 + year * (n // 8)}" for n in range(16))
    words = texts(of(text).svg())

    assert "cut out of the axis, where no task shown is known to run: 365 days" in words
    assert "2026-02-24" in words
    assert "2027-02-24" in words
    assert "NaN" not in words


def test_a_link_that_leads_through_a_cut_is_seen_in_it():
    made = of(f"a@0; b@5<a; c@{10**8}<b")

    names = [layer["data"].get("name") for layer in made.spec["layer"]]
    cut = next(layer for layer in made.spec["layer"] if layer["data"].get("name") == "cuts")
    assert names.index("cuts") > names.index("links")  # so a link of years is seen to be cut
    assert cut["mark"]["fillOpacity"] < 1
    assert "cut: no task shown is known to run here" in texts(made.svg())


@pytest.mark.parametrize("options", [{}, {"max_tasks": 2}])
def test_a_long_task_is_drawn_to_scale_in_every_form(options):
    made = of('a@0; b@10000000<a ext={"exec_time_ms":9999999000}; c@10000005<b', **options)

    assert rows(made, "cuts") == []
    assert made.document()["data"]["cuts"] == []
    assert not any("cut" in note for note in made.notes)
    if not options:
        (long,) = (row for row in rows(made, "bars") if row["e"] - row["s"] > 0)
        assert long["e"] - long["s"] == 9_999_999_000


def test_no_tick_is_named_beyond_the_calendar():
    made = of("a@251631857599; b@-63907539800")  # the last second of 9999, the first year

    ticks = re.findall(r"^(\d{4})-\d\d-\d\d$", texts(made.svg()), re.MULTILINE)
    assert ticks == sorted(ticks)
    assert "0000" not in ticks


def test_words_of_a_row_do_not_lie_over_those_of_the_next():
    made = of("; ".join(f"t{n}@0 !flipped" for n in range(200)))
    rows_ = sorted(rows(made, "bars"), key=lambda row: row["m"])

    assert all(row["w"] for row in rows_)
    gaps = {round(second["m"] - first["m"], 2) for first, second in pairwise(rows_)}
    assert min(gaps) >= 10


@pytest.mark.parametrize("style", [LIGHT, DARK])
def test_what_a_picture_hides_is_written_in_it(style):
    made = of("a@0<z; b@1000000000000000", style=style)

    words = texts(made.svg())
    assert made.notes
    assert all(note in words for note in made.notes)
    assert made.hidden == 2


def test_hostile_claims_stay_text(task, ring):
    record = task("a", exec_act=HOSTILE, iss=f"spiffe://x/{HOSTILE}", sub=f"spiffe://x/{HOSTILE}")
    evidence = Sketch((record, task("b", "a")), ring).evidence()
    svg = timeline(evidence.graph, ledger=evidence.ledger).svg()

    assert "</text" in texts(svg)
    root = ET.fromstring(svg)  # noqa: S314
    kinds = {node.tag.rpartition("}")[2] for node in root.iter()}
    assert kinds <= {"svg", "g", "path", "text", "tspan", "rect", "line", "defs", "clipPath"}
    assert not any("href" in name for node in root.iter() for name in node.attrib)
    assert not {"\x00", "\u202e", "\u2028"} & set(svg)


def test_every_form_is_what_it_says():
    made = of("a@0; b@5<a")

    assert made.svg().startswith("<svg")
    assert made.png().startswith(b"\x89PNG")
    assert made.pdf().startswith(b"%PDF")
    assert json.loads(made.json()) == json.loads(json.dumps(made.spec))
    assert made._repr_mimebundle_().keys() == {"image/svg+xml", "text/plain"}
    assert "Timeline of 2 tasks by 1 agent" in made._repr_mimebundle_()["text/plain"]


def test_a_notebook_shows_it_as_wide_as_its_page_and_a_file_keeps_its_size():
    made = of("a@0; b@5<a")
    (here, saved) = (made._repr_mimebundle_()["image/svg+xml"], made.svg())

    assert 'width="100%"' in here.partition(">")[0]
    assert float(re.findall(r'width="(\d+)" height="\d+"', saved.partition(">")[0])[0]) > 1000


def test_the_same_ledger_gives_the_same_bytes():
    text = "a@0; b@5<a by=agent-b; c@3<b !flipped"

    assert of(text).svg() == of(text).svg()
    assert of(text).html() == of(text).html()


def test_an_empty_picture_can_be_drawn():
    made = of("a@1000000000000000")

    assert "no task has a time" in texts(made.svg())


def test_counts_are_written_and_findings_marked_in_an_overview():
    made = of("; ".join(f"t{n}@{n}" for n in range(20)) + "; u@30 !flipped", max_tasks=5)

    found = rows(made, "cells")
    assert sum(row["n"] for row in found) == 21
    assert [row["bad"] for row in found if row["state"]] == [Severity.ERROR.value]
    assert "counts, not single tasks" in texts(made.svg())


def test_another_suffix_is_refused(tmp_path, refusal):
    assert ".svg, .png" in refusal(of("a@0").save, tmp_path / "x.gif")


def test_without_the_library_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "vl_convert", None)

    with pytest.raises(EctgraphError, match=r"pip install 'ectgraph\[timeline\]'"):
        of("a@0")
