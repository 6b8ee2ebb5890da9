"""The two copies of one ledger differ as `sample_ledgers/copies.py` says by hand."""

from __future__ import annotations

import json
from itertools import combinations, takewhile
from pathlib import Path
from typing import Any

import ectgraph
from ectgraph.analysis.diff import diff
from ectgraph.encoding import decode_base64url
from ectgraph.model import Entry

SAMPLES = Path(__file__).parents[1] / "sample_ledgers"
TOLD = json.loads((SAMPLES / "copies/differences.json").read_text("utf-8"))
Place = tuple[str, str, int | None, int | None]
"""A kind of difference, the task, and the entry in each copy, counted from 1."""


def entries_of(name: str) -> dict[str, tuple[int, dict[str, Any]]]:
    """The entries of a copy and where each is, by task."""
    entries = map(json.loads, (SAMPLES / name).read_bytes().splitlines())
    return {entry["jti"]: (place, entry) for place, entry in enumerate(entries, 1)}


def moved(here: list[str], there: list[str]) -> list[set[str]]:
    """All the smallest sets of tasks without which both have the others in the same order."""
    for count in range(len(here) + 1):
        found = [
            set(some)
            for some in combinations(here, count)
            if [jti for jti in here if jti not in some] == [jti for jti in there if jti not in some]
        ]
        if found:
            return found
    raise AssertionError


def test_the_copies_differ_as_is_said_by_hand() -> None:
    """Compared by nothing but the texts of their entries."""
    here, there = entries_of(TOLD["here"]), entries_of(TOLD["there"])
    found: set[Place] = {("only-here", jti, here[jti][0], None) for jti in here.keys() - there}
    found |= {("only-there", jti, None, there[jti][0]) for jti in there.keys() - here}
    same = []
    for jti in here.keys() & there.keys():
        (place, entry), (other_place, other) = here[jti], there[jti]
        if entry["ect"].split(".")[1] != other["ect"].split(".")[1]:
            found.add(("equivocation", jti, place, other_place))
        elif entry["ect"] != other["ect"]:
            found.add(("re-signed", jti, place, other_place))
        else:
            same.append(jti)
            if entry != other:
                found.add(("rewrapped", jti, place, other_place))
    (other_order,) = moved(
        sorted(same, key=lambda jti: here[jti][0]), sorted(same, key=lambda jti: there[jti][0])
    )
    found |= {("re-ordered", jti, here[jti][0], there[jti][0]) for jti in other_order}

    assert found == {(d["kind"], d["jti"], d["here"], d["there"]) for d in TOLD["differences"]}


def test_the_copies_share_their_beginning_to_the_last_byte() -> None:
    files = [(SAMPLES / TOLD[side]).read_bytes().splitlines() for side in ("here", "there")]
    alike = takewhile(lambda lines: lines[0] == lines[1], zip(*files, strict=False))

    assert len(list(alike)) == TOLD["alike"]


def test_what_is_signed_twice_is_signed_by_one_key_and_by_nobody_without_it() -> None:
    """Of a signature (r, s) anybody makes (r, n - s); of these the first halves differ."""
    here, there = entries_of(TOLD["here"]), entries_of(TOLD["there"])
    for each in TOLD["differences"]:
        if each["kind"] in ("equivocation", "re-signed"):
            one, other = (side[each["jti"]][1]["ect"].split(".") for side in (here, there))
            assert one[0] == other[0]
            assert (
                decode_base64url(one[2].encode())[:32] != decode_base64url(other[2].encode())[:32]
            )


def jti_of(entry: Entry) -> str | None:
    return entry.token.jti if entry.token else None


def test_diff_says_what_is_said_by_hand() -> None:
    cases = [ectgraph.load(SAMPLES / TOLD[s], SAMPLES / TOLD["keys"]) for s in ("here", "there")]
    here, there = (case.ledger for case in cases)
    compared = diff(here, there)
    found = [
        (
            each.kind,
            jti_of(here[each.here] if each.here is not None else there[each.there or 0]),
            None if each.here is None else each.here + 1,
            None if each.there is None else each.there + 1,
        )
        for each in compared.differences
    ]

    assert found == [(d["kind"], d["jti"], d["here"], d["there"]) for d in TOLD["differences"]]
    assert (compared.history.alike, compared.history.relation) == (TOLD["alike"], "forked")
