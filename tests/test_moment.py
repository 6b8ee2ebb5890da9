"""Moments as callers write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest

from ectgraph.moment import seconds


@pytest.mark.parametrize(
    "moment",
    [
        1771943000,
        1771943000.0,
        np.int64(1771943000),
        "1771943000",
        "2026-02-24T14:23:20Z",
        "2026-02-24T15:23:20+01:00",
        datetime(2026, 2, 24, 14, 23, 20, tzinfo=UTC),
        datetime(2026, 2, 24, 15, 23, 20, tzinfo=timezone(timedelta(hours=1))),
        pd.Timestamp("2026-02-24T14:23:20Z"),
    ],
)
def test_a_moment_is_taken_as_people_have_it(moment):
    assert seconds(moment) == 1771943000


def test_a_date_is_its_first_moment_where_dates_are_taken(refusal):
    assert seconds("2026-02-24") == 1771891200
    assert "is no time; write seconds since 1970 or 2026-02-24T" in refusal(
        seconds, "2026-02-24", dates=False
    )


@pytest.mark.parametrize(
    "moment", ["", "now", "2026-13-45", "٣", "2026-02-24T14:23:20", True, None, b"1", "\x1b[31m"]
)
def test_what_is_no_moment_is_a_mistake(refusal, moment):
    assert "is no time; write seconds since 1970" in refusal(seconds, moment)


def test_a_moment_without_a_time_zone_is_a_mistake(refusal):
    for moment in (datetime(2026, 2, 24), pd.Timestamp("2026-02-24")):  # noqa: DTZ001
        assert "has no time zone" in refusal(seconds, moment)
