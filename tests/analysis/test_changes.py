"""How two JSON objects differ, against their sorted JSON."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ectgraph.analysis.changes import WIDTH, changes

NAMES = st.sampled_from("abc")
VALUES = st.recursive(
    st.sampled_from([None, True, 1, 1.0, "1", "", "x" * 200, 10**30]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=4,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=3)


def leaves(value: Any, name: str = "") -> dict[str, str]:
    """Everything in an object by its path: values as JSON, and that there is an object."""
    if not isinstance(value, dict):
        return {name: json.dumps(value, sort_keys=True)}
    found = {name: "an object"}
    for member, inner in value.items():
        found |= leaves(inner, f"{name}.{member}" if name else member)
    return found


@given(OBJECTS, OBJECTS)
def test_nothing_changed_only_where_the_json_is_the_same(here, there):
    found = list(changes(here, there))
    same = json.dumps(here, sort_keys=True) == json.dumps(there, sort_keys=True)
    assert (not found) == same
    assert len({each.name for each in found}) == len(found)
    assert all(each.here != each.there or "…" in each.here for each in found)


@given(OBJECTS, OBJECTS)
def test_every_change_is_at_or_above_what_differs(here, there):
    one, two = leaves(here), leaves(there)
    differ = {name for name in one.keys() | two.keys() if one.get(name) != two.get(name)}
    told = {each.name for each in changes(here, there)}
    assert all(any(f"{name}.".startswith(f"{each}.") for each in told) for name in differ)
    assert all(any(f"{name}.".startswith(f"{each}.") for name in differ) for each in told)


def test_long_values_are_cut_around_the_first_difference():
    one, two = "x" * 5000 + "HERE" + "y" * 5000, "x" * 5000 + "THERE" + "y" * 5000
    (only,) = changes({"a": one}, {"a": two})
    assert "HEREy" in (only.here or "")
    assert "THEREy" in (only.there or "")
    assert max(len(only.here or ""), len(only.there or "")) <= WIDTH + 2


def test_long_and_nested_names_are_cut():
    here: dict[str, Any] = {"n" * 100_000: 1}
    for _ in range(60):
        here = {"m" * 100: here}
    (only,) = changes({}, {"k" * 100_000: 1})
    assert len(only.name) == WIDTH
    assert len(list(changes(here, {**here, "z": 1}))) == 1
