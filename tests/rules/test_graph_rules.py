"""What is judged of a task and its parents: who they are, of which workflow, and how trusted."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.ledger import Ledger
from ectgraph.model import Entry, Finding, Token, Trust
from ectgraph.policy import Policy
from ectgraph.rule import Evidence, Link
from ectgraph.rules import RULES
from ectgraph.testing import Sketch, sketch, task_id

POLICY = Policy()


def only_finding(text: str) -> Finding:
    (finding,) = sketch(text).lint().findings
    return finding


# The list of parents, ECT304 and ECT306


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("a@0<a", ["ECT304"]),
        ("a@0; b@5<a,b", ["ECT304"]),
        ("a@0<a,a", ["ECT304", "ECT306"]),
        ("b@5<b !no-jti", ["ECT110"]),
        ("a@0 wid=one; a@0<a wid=two", ["ECT304"]),
        ("a@0<a !unsigned; !minimum_level=L1", ["ECT304"]),
        ("a@0<a draft=01", ["ECT304"]),
    ],
)
def test_a_task_that_names_itself_is_found_wherever_it_is(text, codes):
    assert sketch(text).codes() == codes


@pytest.mark.parametrize(
    ("parents", "twice"),
    [
        ([], []),
        (["p"], []),
        (["p", "q"], []),
        (["p", "p"], ["p"]),
        (["p", "q", "p", "q", "p"], ["p", "q"]),
        (["p", "P"], []),
    ],
)
def test_a_parent_is_named_once(parents, twice):
    hits = RULES["ECT306"].look(Token(jti="a", parents=tuple(parents)), POLICY)

    assert [hit.evidence["parents"] for hit in hits] == ([twice] if twice else [])


def test_a_parent_under_both_names_is_not_named_twice(codes_of, claims):
    parents = ["550e8400-e29b-41d4-a716-446655440001"]

    assert codes_of(claims(par=parents, pred=parents)) == ["ECT008", "ECT303"]


def test_a_parent_named_twice_is_one_link_and_one_missing_task():
    report = sketch("b@5<a,a").lint()

    assert [finding.code for finding in report.findings] == ["ECT303", "ECT306"]
    assert report.summary.edges == 1


# Workflows, ECT307


@pytest.mark.parametrize(
    ("parent", "child", "found"),
    [
        ("one", "one", False),
        ("one", "two", True),
        ("", "two", False),
        ("one", "", False),
        ("", "", False),
    ],
)
def test_parent_and_child_are_of_one_workflow_where_both_say_which(parent, child, found):
    text = f"a@0 wid={parent}; b@5<a wid={child}"

    assert sketch(text).codes() == (["ECT307"] if found else [])
    assert sketch(f"{text}; !cross_workflow=true").codes() == []
    assert sketch(f"{text}; !cross_workflow=false").codes() == (["ECT307"] if found else [])


def test_a_workflow_that_cannot_be_read_is_none():
    assert "ECT307" not in sketch("a@0 wid=one; b@5<a !no-wid").codes()


def test_a_link_across_workflows_is_told_with_both():
    finding = only_finding("a@0 wid=one; b@5<a wid=two")

    assert (finding.jti, finding.wid) == (task_id("b"), task_id("two"))
    assert finding.evidence == {"wid": task_id("two"), "parent_wid": task_id("one")}
    assert [place.line for place in finding.places] == [2, 1]


def test_a_parent_at_home_goes_before_one_elsewhere():
    assert sketch("a@0 wid=one; a@0 wid=two; b@5<a wid=two").codes() == []
    assert sketch("a@0 wid=one; a@0 wid=two; b@5<a wid=three").codes() == ["ECT307"]


# Trust, ECT308 and ECT309


def link(parent: Trust, child: Trust) -> Link:
    levels = ["L1" if trust is Trust.UNSIGNED else "L2" for trust in (parent, child)]
    return Link(
        Token(jti="p", exec_act="pay", level=levels[0]),
        Token(jti="c", exec_act="ship", parents=("p",), level=levels[1]),
        parent,
        child,
    )


@pytest.mark.parametrize("level", ["L1", "L2"])
@pytest.mark.parametrize(("parent", "child"), list(product(Trust, Trust)))
def test_a_verified_task_builds_on_verified_ones(parent, child, level):
    hit = RULES["ECT308"].compare(link(parent, child), Policy(minimum_level=level))

    taken = {Trust.VERIFIED} | ({Trust.UNSIGNED} if level == "L1" else set())
    assert (hit is not None) == (child is Trust.VERIFIED and parent not in taken)
    if hit is not None:
        assert hit.evidence == {"parent_trust": parent.value}
        assert "pay p" in hit.message
        assert parent.value.replace("_", " ") in hit.message


@pytest.mark.parametrize(
    ("parent", "companion"),
    [
        ("a@0 !flipped", "ECT201"),
        ("a@0 kid=nobody", "ECT202"),
        ("a@0 alg=none", "ECT102"),
        ("a@0 typ=JWT", "ECT101"),
        ("a@0 kid=", "ECT103"),
        ("a@0 !unsigned", "ECT203"),
        ("a@0 !twice", "ECT005"),
    ],
)
def test_whatever_keeps_a_parent_from_being_verified_is_told_of_both(parent, companion):
    findings = sketch(f"{parent}; b@5<a").lint().findings

    codes = {finding.code: [place.line for place in finding.places] for finding in findings}
    assert codes.items() >= {companion: [1], "ECT308": [2, 1]}.items()


@pytest.mark.parametrize("child", ["b@5<a !flipped", "b@5<a !unsigned", "b@5<a kid=nobody"])
def test_a_child_that_is_not_verified_says_nothing_about_its_parent(child):
    assert "ECT308" not in sketch(f"a@0 !flipped; {child}").codes()


def test_without_keys_no_parent_is_less_trusted_than_its_child():
    assert sketch("a@0 !flipped; b@5<a; !no-keys").codes() == ["ECT204"]


def test_a_missing_parent_is_missing_and_not_untrusted():
    assert sketch("b@5<a").codes() == ["ECT303"]


def test_a_parent_with_one_verified_record_is_trusted():
    assert sketch("a@0 !flipped; a@0; b@5<a").codes() == ["ECT201", "ECT302"]


@pytest.mark.parametrize(
    ("parent", "child", "found"),
    [("L1", "L1", False), ("L1", "L2", True), ("L2", "L1", False), ("L2", "L2", False)],
)
@pytest.mark.parametrize("minimum", ["L1", "L2"])
def test_a_signed_task_on_an_unsigned_one_is_weak_where_that_is_taken(
    parent, child, found, minimum
):
    made = Link(Token(level=parent), Token(level=child), Trust.UNCHECKED, Trust.UNCHECKED)

    hit = RULES["ECT309"].compare(made, Policy(minimum_level=minimum))

    assert (hit is not None) == (found and minimum == "L1")


def test_where_unsigned_tasks_are_taken_to_build_on_one_is_a_weakness_and_no_error():
    text = "a@0 draft=01 !unsigned; b@5<a draft=01; c@9<b draft=01 !unsigned"

    report = sketch(f"{text}; !minimum_level=L1").lint()

    assert [finding.code for finding in report.findings] == ["ECT309"]
    assert report.at_least("error") == []
    assert sketch(text).codes() == ["ECT203", "ECT308"]


@pytest.mark.parametrize(
    "text",
    [
        "a@0; b@5<a; p@0 !flipped; b@6<p !flipped",
        "a@0; b@5<a; p@0 wid=other; b@6<p !flipped",
        "a@0; b@5<a; p@0 pol=p pol_decision=rejected; b@6<p !flipped",
        "a@0; b@5<a; p@99; b@6<p !flipped",
    ],
)
@pytest.mark.parametrize("backwards", [False, True])
def test_a_forged_record_of_a_task_puts_no_blame_on_the_verified_one(text, backwards):
    drawn = sketch(text)
    records = drawn.records[::-1] if backwards else drawn.records

    found = Sketch(records, drawn.ring, drawn.policy).lint().findings

    genuine = records.index(drawn.records[1])
    blamed = {f.code for f in found if genuine in {place.index for place in f.places}}
    assert blamed == {"ECT302"}


@pytest.mark.parametrize(
    ("parent", "code"),
    [
        ("p@0 wid=other", "ECT307"),
        ("p@0 !flipped", "ECT308"),
        ("p@99", "ECT401"),
        ("p@0 pol=p pol_decision=rejected", "ECT701"),
        ("p@0 pol=p pol_decision=pending_human_review", "ECT702"),
    ],
)
@pytest.mark.parametrize("first", ["b@5<a; b@6<p", "b@6<p; b@5<a"])
def test_each_record_of_a_task_answers_for_the_parents_that_it_names_itself(parent, code, first):
    found = sketch(f"a@0; {parent}; {first}").lint().findings

    line = 3 if first.startswith("b@6") else 4
    told = [(f.jti, [place.line for place in f.places]) for f in found if f.code == code]
    assert told == [(task_id("b"), [line, 2])]


def test_copies_of_one_token_answer_once():
    (finding,) = (f for f in sketch("a@99; b@0<a; b@0<a").lint().findings if f.code == "ECT401")

    assert [place.line for place in finding.places] == [2, 1]


# The links of a ledger


def test_a_link_has_the_tokens_of_both_ends(entry: Callable[..., Entry]):
    ledger = Ledger(
        [
            entry("a", trust=Trust.INVALID, exec_act="forged"),
            entry("a", exec_act="real"),
            entry("b", parents=["a", "z"], trust=Trust.UNSIGNED, exec_act="next"),
        ]
    )

    ((parent, position, made),) = Evidence(ledger, None, POLICY).links

    assert (parent, position) == ("a", 2)
    assert made == Link(ledger[1].token, ledger[2].token, Trust.VERIFIED, Trust.UNSIGNED)
    assert made.parent_name == "real a"


def test_every_record_of_a_task_has_the_links_that_it_names_but_copies_have_them_once(
    entry: Callable[..., Entry],
):
    ledger = Ledger(
        [
            entry("c", parents=["a", "b", "a"], body=b"one"),
            entry("a"),
            entry("c", parents=["b"], body=b"two", trust=Trust.INVALID),
            entry("c", parents=["a", "b", "a"], body=b"one"),
            entry("b"),
            entry("c", parents=[], body=b"three"),
        ]
    )

    links = Evidence(ledger, None, POLICY).links

    assert [(parent, position) for parent, position, _ in links] == [("a", 0), ("b", 0), ("b", 2)]
    assert [made.child_trust for _, _, made in links] == [Trust.VERIFIED] * 2 + [Trust.INVALID]
    assert all(made.child is ledger[position].token for _, position, made in links)


def test_a_task_that_names_itself_has_no_link_to_itself(entry: Callable[..., Entry]):
    ledger = Ledger(
        [
            entry("a", parents=["a"]),
            entry("b", "one", parents=["b", "a"]),
            entry("b", "two"),
            entry("b", "two", parents=["b"], body=b"another"),
        ]
    )

    links = Evidence(ledger, None, POLICY).links

    assert [(parent, position) for parent, position, _ in links] == [("a", 1)]


def test_a_ledger_without_links_has_none(entry: Callable[..., Entry]):
    assert Evidence(Ledger(), None, POLICY).links == []
    assert Evidence(Ledger([entry("a"), entry("b", parents=["z"])]), None, POLICY).links == []


# Workflows in pieces, ECT310


def pieces(text: str) -> list[Finding]:
    return [finding for finding in sketch(text).lint().findings if finding.code == "ECT310"]


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("a@0", None),
        ("a@0; b@1", [1, 1]),
        ("a@0; b@1<a; c@2; d@3<c; e@4<c", [3, 2]),
        ("a@0; b@1; c@2<a,b", None),
        ("a@0 wid=; b@1 wid=", None),
        ("a@0 wid=one; b@1 wid=two; c@2 wid=three", None),
        ("a@0 wid=one; b@1<a wid=two; c@2<b wid=one; d@3 wid=one; !cross_workflow=true", [2, 1]),
        ("a@0; x@1<a wid=two; b@2<x; !cross_workflow=true", None),
        ("a@0; a@1; b@2", [1, 1]),
        ("a@0<c; b@0<a; c@0<b; x@0<y; y@0<x", [3, 2]),
        ("a@0<a; b@1<b", [1, 1]),
        ("a@0; b@1; !disjoint_workflows=true", None),
        ('a@0; b@1; !workflows=[{"wid":"*","disjoint_workflows":true}]', None),
        ('a@0; b@1; !workflows=[{"wid":"x","disjoint_workflows":true}]', [1, 1]),
    ],
)
def test_a_workflow_is_in_pieces_when_no_link_joins_its_tasks(text, sizes):
    assert [f.evidence["sizes"] for f in pieces(text)] == ([sizes] if sizes else [])


@pytest.mark.parametrize("text", ["a@0; b@1<z", "a@0; b@1; c@2<z", "a@0<y; b@1<z"])
def test_what_may_be_joined_by_a_missing_task_is_not_told(text):
    assert pieces(text) == []


def test_a_missing_task_of_another_workflow_hides_nothing():
    (finding,) = pieces("a@0; b@1; c@2<z wid=two")

    assert finding.wid == task_id("workflow")


def test_what_cannot_be_read_hides_nothing():
    assert pieces("a@0; b@1; 'junk'") != []


def test_a_workflow_in_pieces_is_told_once_with_the_earliest_task_of_each_the_largest_first():
    (finding,) = pieces("d@9<c; c@6; a@1; b@0<a; e@7<c")

    assert finding.evidence == {
        "pieces": 2,
        "sizes": [3, 2],
        "tasks": [task_id("c"), task_id("b")],
    }
    assert finding.jti == task_id("b")
    assert [place.line for place in finding.places] == [4, 2]
    assert finding.message == (
        f"workflow {task_id('workflow')} is in 2 pieces that no parent link joins; "
        "the largest has 3 of its 5 tasks"
    )


def test_a_workflow_in_pieces_is_the_same_finding_when_another_piece_grows():
    text = "a@0; b@1; c@2<a"
    grown = "; ".join([text, *(f"t{n}@9<b" for n in range(5))])

    (finding,), (later,) = pieces(text), pieces(grown)

    assert (finding.evidence["sizes"], later.evidence["sizes"]) == ([2, 1], [6, 2])
    assert finding.fingerprint == later.fingerprint
    assert finding.fingerprint != pieces(f"{text}; d@3")[0].fingerprint


def test_each_workflow_in_pieces_is_told():
    found = pieces("; ".join(f"t{n}@{n} wid=w{n % 3}" for n in range(6)))

    assert {finding.wid for finding in found} == {task_id(f"w{n}") for n in range(3)}


def test_of_many_pieces_some_are_named():
    (finding,) = pieces("; ".join(f"t{n}@{n}" for n in range(30)))

    assert finding.evidence["pieces"] == 30
    assert len(finding.evidence["sizes"]) == len(finding.evidence["tasks"]) == 20
    assert len(finding.places) == 20


@pytest.mark.parametrize("text", ["a@5; b@5; c@6<b; d@5", "a@0 !no-iat; b@5; c@0 !no-iat; d@1<c"])
def test_the_order_of_the_records_makes_no_difference_to_the_pieces(text):
    told = {
        (finding.fingerprint, str(finding.evidence), finding.message)
        for order in permutations(text.split("; "))
        for finding in pieces("; ".join(order))
    }

    assert len(told) == 1


@given(st.lists(st.lists(st.integers(0, 8), max_size=3), max_size=9), st.integers(1, 3))
def test_pieces_are_those_that_a_search_finds(parents, workflows):
    text = "; ".join(
        f"t{child}@0{'<' * bool(above)}{','.join(f't{parent}' for parent in above)}"
        f" wid=w{child % workflows}"
        for child, above in enumerate(parents)
    )
    joined = [{child, *above} for child, above in enumerate(parents)]
    for part in list(joined):
        together = set().union(*(other for other in joined if other & part))
        joined = [other for other in joined if not other & part] + [together]
    whole = len(parents)
    expected = set()
    for number in range(workflows):
        own = [part for part in joined if any(t < whole and t % workflows == number for t in part)]
        if len(own) > 1 and all(max(part) < whole for part in own):
            expected.add(task_id(f"w{number}"))

    assert {finding.wid for finding in pieces(text)} == expected


# Audiences, ECT311


@pytest.mark.parametrize("draft", ["00", "01"])
@pytest.mark.parametrize(
    ("parent", "child", "found"),
    [
        ("", "by=b", False),  # a sketch addresses a task to those that build on it
        ("aud=urn:x", "by=b", True),
        ("aud=urn:x", "", False),
        ("aud=urn:x", "by=b iss=spiffe://example.com/agent/agent-a", False),
        ("aud=spiffe://example.com/agent/b", "by=b", False),
        ("aud=spiffe://example.com/agent/B", "by=b", True),
        ("aud=spiffe://example.com/agent/b/", "by=b", True),
        ("aud=", "by=b", False),
        ("!no-aud", "by=b", False),
        ("!no-iss", "by=b", False),
        ("aud=urn:x", "by=b !no-iss", False),
        ("aud=urn:x !flipped", "by=b", True),
        ("aud=urn:x", "by=b !flipped", True),
    ],
)
def test_who_builds_on_a_task_is_one_that_it_is_addressed_to(parent, child, found, draft):
    codes = sketch(f"a@0 {parent} draft={draft}; b@5<a {child} draft={draft}").codes()

    assert ("ECT311" in codes) == found


def test_a_parent_without_a_record_is_addressed_to_nobody_knows_whom():
    assert sketch("b@5<z by=b").codes() == ["ECT303"]


def test_one_who_is_not_addressed_is_told_with_whom_the_parent_was_for():
    finding = only_finding("a@0 aud=urn:x; b@5<a by=b")

    assert finding.jti == task_id("b")
    assert [place.line for place in finding.places] == [2, 1]
    assert finding.evidence == {"iss": "spiffe://example.com/agent/b", "aud": ["urn:x"]}
    parent = f"a {task_id('a')[:8]}"
    assert finding.message == f"it is by b, and its parent {parent} is addressed to urn:x alone"


@pytest.mark.parametrize(("members", "found"), [(1, 1), (256, 1), (257, 0)])
def test_a_parent_that_is_for_very_many_is_for_everybody(members, found):
    aud = tuple(f"urn:{number}" for number in range(members))
    parent, child = Token(jti="a", iss="urn:a", aud=aud), Token(jti="b", iss="urn:b")

    hit = RULES["ECT311"].compare(Link(parent, child, Trust.VERIFIED, Trust.VERIFIED), POLICY)

    assert bool(hit) == bool(found)
    assert hit is None or len(hit.evidence["aud"]) == min(members, 20)
