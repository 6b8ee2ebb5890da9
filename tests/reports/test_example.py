"""Examples as lists of tasks."""

from __future__ import annotations

import pytest

from ectgraph.reports.example import FAULTS, SWITCHES, items
from ectgraph.rules import RULES
from ectgraph.testing import FAULTS as KNOWN
from ectgraph.testing import FORMS, sketches


def test_every_fault_and_form_and_switch_is_explained():
    assert set(FAULTS) == set(KNOWN) | set(FORMS)
    assert set(SWITCHES) == sketches._SWITCHES


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a", ("a", "0", "", "")),
        ("a@-5.5<b,c", ("a", "-5.5", "b, c", "")),
        ("a@0 by=agent-b draft=01", ("a", "0", "", "signed by agent-b; written as in draft 01")),
        ("a@0 wid= jti=1", ("a", "0", "", "without wid; jti = 1")),
        ("a@0 !no-iat", ("a", "0", "", "without iat")),
        ("a@0 !unheard-of", ("a", "0", "", "!unheard-of")),
        ("a@0 life=901", ("a", "0", "", "lives for 901 s")),
        ("a@0 recorded=9", ("a", "0", "", "recorded at 9 s")),
        ('a@0 entry={"seq":1}', ("a", "0", "", 'in an entry with {"seq":1}')),
        ("'junk'", ("", "", "", "a record that is just this text: 'junk'")),
        ("!revoked=5", ("", "", "", "all keys are revoked at 5 s")),
        ("!max_depth=1", ("", "", "", "the policy says max_depth = 1")),
    ],
)
def test_a_part_is_told_in_words(text: str, told: tuple[str, ...]):
    assert list(items(text)) == [told]


def test_every_part_of_our_examples_is_told():
    for rule in RULES.values():
        for text in rule.good + rule.bad:
            parts = [part for part in text.split(";") if part.strip()]
            assert len(list(items(text))) == len(parts)
