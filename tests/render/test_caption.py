"""The words on a box and at an arrow: as much as there is to say, and no more."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.render.caption import (
    FIELDS,
    MOST_BADGES,
    TEMPLATE,
    WIDTH,
    badges,
    check,
    ends,
    lines,
    on_link,
    same_day,
    span,
    states,
)
from ectgraph.render.diagram import Box, Diagram, Link

EPOCH = 1771943000
"""2026-02-24 14:23:20 UTC."""
DAY = 86_400


def box(*tasks: str, **changes: Any) -> Box:
    """A box about which there is nothing to say; of one task if no others are named."""
    usual: dict[str, Any] = {
        "tasks": tasks or ("550e8400-e29b",),
        "jti": None if len(tasks) > 1 else (tasks or ("550e8400-e29b",))[0],
        "wid": "w-1",
        "iss": "spiffe://e/reviewer",
        "exec_act": "review",
        "wids": 1,
        "agents": 1,
        "actions": 1,
        "first": EPOCH,
        "last": EPOCH,
        "trust": {"verified": len(tasks) or 1},
        "duplicates": 0,
        "findings": {},
        "severity": None,
        "decisions": {},
        "compensations": 0,
        "roots": 0,
        "leaves": 0,
    }
    return Box(**(usual | changes))


def missing(*tasks: str) -> Box:
    """One or more tasks that are only named."""
    claims = dict.fromkeys(("wid", "iss", "exec_act", "first", "last"))
    sums = dict.fromkeys(("wids", "agents", "actions"), 0)
    return box(*tasks, trust={"missing": len(tasks)}, **claims, **sums)


def diagram(*boxes: Box) -> Diagram:
    return Diagram(boxes=boxes, links=(), tasks=len(boxes), edges=0, in_scope=len(boxes))


def written(found: Box, template: str = TEMPLATE) -> list[str]:
    return lines(found, diagram(found), template)


# Templates


def test_a_task_is_its_action_its_agent_its_id_and_its_time():
    assert written(box()) == ["review", "reviewer", "550e8400 14:23:20"]


@pytest.mark.parametrize(
    ("field", "single", "group"),
    [
        ("act", "review", "2 × review"),
        ("agent", "reviewer", "reviewer"),
        ("iss", "spiffe://e/reviewer", "spiffe://e/reviewer"),
        ("short", "aaaaaaaa", ""),
        ("jti", "aaaaaaaaa", ""),
        ("time", "14:23:20", "14:23:20"),
        ("wid", "w-1", "w-1"),
        ("trust", "unknown key", "1 unknown key, 1 verified"),
        ("decision", "approved", "1 approved, 1 other"),
        ("tasks", "1", "2"),
    ],
)
def test_a_field_of_a_task_and_of_a_group(field: str, single: str, group: str):
    one = box("aaaaaaaaa", trust={"unknown_key": 1}, decisions={"approved": 1})
    two = box(
        "a", "b", trust={"unknown_key": 1, "verified": 1}, decisions={"approved": 1, "other": 1}
    )

    assert field in FIELDS
    assert written(one, f"<{{{field}}}>") == [f"<{single}>"]
    assert written(two, f"<{{{field}}}>") == [f"<{group}>"]


def test_a_group_of_several_counts_what_differs():
    several = box(*"abc", exec_act=None, actions=2, iss=None, agents=3, wid=None, wids=2)

    assert written(several, r"{act}\n{agent}\n{iss}\n{wid}") == [
        "3 tasks, 2 actions",
        "3 agents",
        "3 agents",
        "2 workflows",
    ]


def test_an_action_that_only_some_have_is_not_that_of_all_nor_of_none():
    assert written(box(*"abc", exec_act=None, actions=1), "{act}") == ["3 tasks"]
    assert written(box(*"abc", exec_act=None, actions=0), "{act}") == ["3 × (no action)"]
    assert written(box(exec_act=None, actions=0), "{act}") == ["(no action)"]


def test_a_missing_task_has_an_id_and_no_more():
    assert written(missing("550e8400-e29b")) == ["550e8400"]
    assert written(missing("a", "b")) == ["2 tasks"]


def test_a_template_has_lines_of_its_own_however_they_are_written():
    assert written(box(), "{act}\n{short}") == written(box(), r"{act}\n{short}")
    assert written(box(), "one day: {time}") == ["one day: 14:23:20"]
    assert written(box(), "{{{act}}}") == ["{review}"]


def test_lines_with_nothing_on_them_are_left_out_but_the_box_has_one():
    assert written(missing("550e8400-e29b"), r"{act} · {agent}\n({time})\n{short}") == ["550e8400"]
    assert written(missing("550e8400-e29b"), "{act}") == ["550e8400"]
    assert written(box(), "") == ["550e8400"]


@pytest.mark.parametrize("template", ["{acts}", "{act.x}", "{act[0]}", "{0}", "{}", "{act", "act}"])
def test_a_template_that_cannot_be_filled_in_is_refused(template: str, refusal):
    assert repr(template) in refusal(check, template)


def test_a_mistyped_field_is_recognised(refusal):
    assert "did you mean 'agent'?" in refusal(check, "{agnet}")


@pytest.mark.parametrize("template", ["{act:>9}", "{act!r}", "{act:{time}}"])
def test_a_field_with_a_format_is_refused_for_that(template: str, refusal):
    assert refusal(check, template).endswith("a field is just its name; write {act}")


@given(
    st.fixed_dictionaries(
        {name: st.text() for name in ("jti", "wid", "iss", "exec_act", "decision")}
    ),
    st.lists(st.sampled_from([f"{{{name}}}" for name in FIELDS]), min_size=1, max_size=3),
)
def test_a_claim_never_makes_a_line_of_its_own_or_one_that_is_too_long(claims, fields):
    decision = claims.pop("decision")
    template = check(r"\n".join(fields))
    found = written(box("t", **claims, decisions={decision: 1}), template)

    assert 1 <= len(found) <= len(fields)
    assert all(len(line) <= WIDTH for line in found)
    assert not any(set(line) & set("\n\r\t\x0b\x0c\x85\u2028") for line in found)


@pytest.mark.parametrize("jti", ["\x85", " ", ""])
def test_a_box_of_which_nothing_can_be_shown_says_so(jti: str):
    assert written(box("t", jti=jti, exec_act=None, iss=None), "{jti}") == ["(no name)"]


def test_claims_that_look_like_fields_or_are_enormous_stay_claims():
    assert written(box(exec_act="{iss} {0}\\n"), "{act}") == ["{iss} {0}\\n"]
    assert written(box(exec_act="a\nb\rc"), "{act}") == ["a␊b␍c"]
    assert written(box(decisions={"a\nb_c": 1}), "{decision}") == ["a␊b c"]
    assert written(box(iss="/" * 100_000 + "x" * 100_000), "{agent}") == ["x" * 11 + "…" + "x" * 24]


# Times


def test_the_day_is_said_where_there_are_several():
    early, late = box(), box(first=EPOCH + DAY, last=EPOCH + DAY)

    assert same_day(diagram(early))
    assert not same_day(diagram(early, late))
    assert lines(early, diagram(early, late), "{time}") == ["2026-02-24 14:23:20"]
    assert lines(early, diagram(early, late), "{time}", one_day=True) == ["14:23:20"]


def test_a_group_over_midnight_is_of_several_days():
    night = box(*"ab", last=EPOCH + DAY)

    assert not same_day(diagram(night))
    assert written(night, "{time}") == ["2026-02-24 14:23 – 2026-02-25 14:23"]


@pytest.mark.parametrize("odd", [9007199254740991, -9007199254740991, 1e15, -(10**14)])
def test_a_time_that_no_calendar_holds_is_a_number_and_of_no_day(odd: float):
    assert span(odd, odd) == str(odd)
    assert span(odd, odd, one_day=True) == str(odd)
    assert same_day(diagram(box(), box(first=odd, last=odd)))


def test_no_time_is_no_time():
    assert span(None, None) == ""


def test_a_span_of_several_days_has_room_in_a_line():
    assert len(span(EPOCH, EPOCH + 40 * 86_400)) <= WIDTH
    assert span(EPOCH, 10**15) == "2026-02-24 14:23:20 – 1000000000000000"
    assert span(EPOCH, 10**15, one_day=True) == "14:23:20 – 1000000000000000"
    assert same_day(diagram(missing("a")))
    assert same_day(diagram())


# States


def test_of_a_verified_task_that_is_recorded_once_nothing_is_said():
    assert states(box()) == []
    assert states(box(*"abc")) == []


@pytest.mark.parametrize(
    ("changes", "single", "group"),
    [
        ({"trust": {"missing": 1}}, "missing: no record", "1 missing: no record"),
        ({"trust": {"invalid": 1}}, "not verified: invalid", "1 not verified: invalid"),
        ({"trust": {"unknown_key": 1}}, "not verified: unknown key", "1 not verified: unknown key"),
        ({"duplicates": 1}, "recorded more than once", "1 of 2 recorded more than once"),
        ({"decisions": {"approved": 1}}, "approved", "1 approved"),
        ({"decisions": {"rejected": 1}}, "rejected", "1 rejected"),
        ({"decisions": {"pending_human_review": 1}}, "pending review", "1 pending review"),
        ({"decisions": {"other": 1}}, "decision: other", "1 decision: other"),
        ({"compensations": 1}, "compensation", "1 compensation"),
        ({"compensations": 2000}, "compensation", "2,000 compensations"),
    ],
)
def test_everything_else_is_said_with_a_number_where_there_are_several(
    changes: dict[str, Any], single: str, group: str
):
    assert states(box(**changes)) == [single]
    assert states(box("a", "b", **changes)) == [group]


def test_trouble_comes_first_and_all_of_it_is_said():
    mixed = box(
        *"abcdefg",
        trust={"invalid": 1, "missing": 2, "unchecked": 1, "verified": 3},
        duplicates=2,
        decisions={"approved": 1, "rejected": 1},
        compensations=2,
    )

    assert states(mixed) == [
        "2 missing: no record",
        "1 not verified: invalid",
        "1 not verified: unchecked",
        "2 of 7 recorded more than once",
        "1 approved",
        "1 rejected",
        "2 compensations",
    ]


def test_a_decision_in_words_of_its_own_is_cut_and_stays_on_its_line():
    (said,) = states(box(decisions={"yes\nsir" + "!" * 100_000: 1}))

    assert said.startswith("decision: yes␊si…")
    assert len(said) == len("decision: ") + 20


# Ends, badges, arrows


def test_where_a_box_stands():
    all_ = {"roots": 1, "leaves": 1, "more_parents": 1, "more_children": 2, "inside": 0}

    assert ends(box()) == []
    assert ends(box(**all_)) == ["root", "leaf", "1 parent not shown", "2 children not shown"]
    assert ends(box(*"ab", **(all_ | {"inside": 1}))) == [
        "1 root",
        "1 leaf",
        "1 link inside",
        "1 parent not shown",
        "2 children not shown",
    ]
    assert ends(box(*"abc", roots=2, leaves=2, inside=1200)) == [
        "2 roots",
        "2 leaves",
        "1,200 links inside",
    ]


def test_codes_are_counted_and_of_very_many_the_last_are_a_number():
    codes = {f"ECT{number}": number for number in range(1, 8)}
    some = dict([*codes.items()][: MOST_BADGES + 1])

    assert badges(box()) == []
    assert badges(box(findings=some)) == ["ECT1", "ECT2 ×2", "ECT3 ×3", "ECT4 ×4", "ECT5 ×5"]
    assert badges(box(findings=codes)) == ["ECT1", "ECT2 ×2", "ECT3 ×3", "ECT4 ×4", "+3"]


def test_an_arrow_says_how_many_it_is():
    assert on_link(Link(parent=0, child=1, count=1200)) == "1,200"
    assert on_link(Link(parent=0, child=1, kind="data")) == ""
    assert on_link(Link(parent=0, child=1, kind="data", count=2)) == "2"
    assert on_link(Link(parent=0, child=1, count=2, back=1, jump=7200)) == (
        "2; 1 back, by up to 2.0 h"
    )
