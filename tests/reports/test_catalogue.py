"""The list of all rules."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ectgraph.reports.catalogue import family, headline, to_lines
from ectgraph.rule import Rule
from ectgraph.rules import RULES


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_headline_is_one_short_sentence(rule: Rule):
    assert headline(rule).endswith(".")
    assert "\n" not in headline(rule)
    assert len(headline(rule)) <= 110


def test_every_rule_has_its_line_below_the_heading_of_its_family():
    lines = [line.plain for line in to_lines(RULES.values(), 200)]

    assert [line.split()[0] for line in lines if line.startswith("  ")] == list(RULES)
    assert "Time: what cannot have happened in this order." in lines
    assert lines.index("Time: what cannot have happened in this order.") + 1 == next(
        number for number, line in enumerate(lines) if "ECT401" in line
    )
    assert len([line for line in lines if line and line[0] != " "]) == len(
        {family(rule) for rule in RULES.values()} | {""}
    )


def test_lines_are_cut_to_the_width_of_the_terminal():
    assert (
        max(len(line.plain) for line in to_lines(RULES.values(), 60) if "ECT" in line.plain) == 60
    )


def test_rules_by_others_have_families_of_their_own():
    other = replace(RULES["ECT302"], code="ACME0001", name="a", origin="x.py\x1b[31m", doc="")

    lines = [line.plain for line in to_lines([RULES["ECT302"], other], 200)]

    assert lines[3] == r"Rules by x.py\x1b[31m"
    assert lines[4].split() == ["ACME0001", "error", "a"]


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_after_the_headline_a_rule_says_why_it_matters(rule: Rule):
    _, *others = rule.doc.split("\n\n")

    assert len(" ".join(others).split()) >= 15
