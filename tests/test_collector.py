"""The garbage collector is paused, and put back as it was."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from ectgraph.collector import paused


@pytest.fixture(params=[True, False], ids=["on", "off"])
def enabled(request: pytest.FixtureRequest) -> Iterator[bool]:
    """The collector switched on, or off, before the test."""
    before = gc.isenabled()
    (gc.enable if request.param else gc.disable)()
    yield request.param
    (gc.enable if before else gc.disable)()


def test_it_is_off_inside_and_as_before_afterwards(enabled):
    with paused():
        assert not gc.isenabled()
    assert gc.isenabled() is enabled


def test_pauses_nest(enabled):
    with paused():
        with paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled() is enabled


def test_an_error_ends_the_pause(enabled):
    with pytest.raises(ValueError, match="inside"), paused():
        raise ValueError("inside")
    assert gc.isenabled() is enabled
