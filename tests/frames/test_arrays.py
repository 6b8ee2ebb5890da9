"""The maker of frames: a type for each kind, whatever a hostile ledger puts there."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph import frames
from ectgraph.model import Trust

KINDS = {
    "t": "text",
    "c": "category",
    "i": "integer",
    "n": "number",
    "f": "flag",
    "at": "time",
}
ODD_TEXT = st.text() | st.sampled_from(["a\0b", "a\0c", "\udc80", "'\\udc80'", "", "nan", "None"])
NUMBERS = st.integers() | st.floats() | st.sampled_from([10**400, -(10**400), 2**63, 2**53 + 1])


def column(values: list, kind: str) -> pd.Series:
    return frames.frame([(value,) for value in values], {"x": kind}).x


def plain(values: pd.Series) -> list:
    return [None if pd.isna(value) else value for value in values]


@pytest.mark.parametrize("rows", [[], [(None,) * 6], [("a", "b", 1, 0.5, True, 0)]])
def test_a_frame_has_its_types_also_without_any_value(rows: list):
    made = frames.frame(rows, KINDS)

    assert made.dtypes.astype(str).to_dict() == {
        "t": "string",
        "c": "category",
        "i": "Int64",
        "n": "float64",
        "f": "boolean",
        "at": "datetime64[us, UTC]",
    }
    assert made.t.dtype == made.c.cat.categories.dtype == frames.TEXT
    assert len(made) == len(rows)


@pytest.mark.parametrize("kind", ["text", "category"])
@given(values=st.lists(st.none() | ODD_TEXT))
def test_texts_stay_what_they_are_and_different_ones_stay_different(kind: str, values: list):
    made = column(values, kind)

    assert plain(made) == values
    if kind == "category":
        known = sorted({value for value in values if value is not None})
        assert made.cat.categories.tolist() == known
        assert made.cat.codes.tolist() == [
            -1 if value is None else known.index(value) for value in values
        ]


def test_a_member_of_an_enumeration_is_what_it_is_written_as():
    made = column([Trust.VERIFIED], "text")

    assert type(made[0]) is str
    assert made[0] == "verified"


@given(values=st.lists(st.none() | NUMBERS))
def test_integers_are_exact_or_absent(values: list):
    expected = [
        int(value)
        if value is not None
        and math.isfinite(value if abs(value) < 10**300 else 0)
        and abs(value) < 10**300
        and value == int(value)
        and -(2**63) <= value < 2**63
        else None
        for value in values
    ]

    assert plain(column(values, "integer")) == expected


@given(values=st.lists(st.none() | NUMBERS))
def test_numbers_are_finite_or_absent(values: list):
    made = column(values, "number")

    for value, found in zip(values, made, strict=True):
        if value is None or abs(value) > 10**309 or not math.isfinite(value):
            assert np.isnan(found)
        else:
            assert found == float(value)


@given(values=st.lists(st.none() | NUMBERS | st.integers(-(10**12), 10**12)))
def test_a_time_is_what_a_calendar_says_or_absent(values: list):
    for value, found in zip(values, plain(column(values, "time")), strict=True):
        if value is None or not -62_135_596_800 <= value < 253_402_300_800:
            assert found is None
        else:
            exact = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=math.floor(value))
            assert abs((found - exact) / timedelta(seconds=1) - value % 1) < 2e-5


def test_flags_are_true_false_or_absent():
    assert plain(column([True, None, False], "flag")) == [True, None, False]


def test_a_row_of_the_wrong_length_is_refused():
    with pytest.raises(ValueError, match="zip"):
        frames.frame([("a", "b")], {"a": "text"})
