"""JSON that a terminal can show, and that is still the same JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.reports.json import indented


@given(st.data())
def test_printable_json_is_the_same_json(json_values, data):
    value = data.draw(json_values)
    text = indented(value).decode()

    assert json.loads(text) == value
    assert text.endswith("\n")
    assert text.replace("\n", "").isprintable()


@given(st.text(st.characters(categories=["Cc", "Cf", "Co", "Cn", "Zl", "Zp", "Zs"])))
def test_what_cannot_be_shown_is_escaped_and_nothing_is_lost(odd):
    text = indented({odd: [odd]}).decode()

    assert text.replace("\n", "").isprintable()
    assert json.loads(text) == {odd: [odd]}


@pytest.mark.parametrize("text", ["größe", "漢字", "🙂", "\\x1b", "a b"])
def test_what_people_can_read_stays_readable(text: str):
    assert text in json.loads(indented([text]))
    assert text.replace("\\", "\\\\") in indented([text]).decode()
