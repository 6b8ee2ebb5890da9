"""Two ledgers beside each other, against counting what each side was made of."""

from __future__ import annotations

import json
from collections import Counter
from itertools import combinations, takewhile
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ectgraph import loader
from ectgraph.analysis.diff import MOST, Diff, diff, moved
from ectgraph.encoding import compact_json, encode_base64url
from ectgraph.ledger import Ledger
from ectgraph.model import Entry
from ectgraph.policy import Policy
from ectgraph.testing import sketch

HEADER = encode_base64url(b'{"alg":"ES256","typ":"wimse-exec+jwt","kid":"k"}')


class Made(NamedTuple):
    """What a record is made of."""

    jti: str | None  # None: junk
    wid: str | None
    version: int
    signature: int
    wrapper: int

    @property
    def payload(self) -> tuple[object, ...]:
        return self[:3]

    @property
    def token(self) -> tuple[object, ...]:
        return self[:4]

    @property
    def line(self) -> bytes:
        if self.jti is None:
            token = b"junk%d" % self.version
        else:
            said = {"jti": self.jti, "exec_act": f"act-{self.version}", "iss": "i", "par": []}
            claims = said if self.wid is None else said | {"wid": self.wid}
            signature = encode_base64url(bytes([self.signature]) * 64)
            token = b".".join((HEADER, encode_base64url(compact_json(claims)), signature))
        text = json.dumps(token.decode()).encode()
        return [token, text, b'{"seq":1,"ect":%s}' % text, b'{"seq":2,"ect":%s}' % text][
            self.wrapper
        ]


RECORDS = st.builds(
    Made,
    st.sampled_from(["x", "y"]),
    st.sampled_from(["w", "v", None]),
    st.integers(0, 1),
    st.integers(0, 1),
    st.integers(0, 3),
) | st.builds(Made, st.none(), st.none(), st.integers(0, 1), st.just(0), st.integers(0, 2))
SIDES = st.lists(RECORDS, max_size=7)


def ledger(records: list[Made]) -> Ledger:
    return loader.load_bytes(b"".join(record.line + b"\n" for record in records))


def compared(here: list[Made], there: list[Made]) -> Diff:
    return diff(ledger(here), ledger(there))


def of(found: Diff, kind: str) -> list:
    return [each for each in found.differences if each.kind == kind]


def task(record: Made, everything: list[Made]) -> object:
    """What a record is compared within, as the draft has it: a `jti` in its workflow."""
    anywhere = any(each.jti == record.jti and each.wid is None for each in everything)
    return record.jti if anywhere or record.jti is None else (record.jti, record.wid)


@given(SIDES, SIDES | st.none())
def test_nothing_differs_where_all_is_the_same_and_only_there(here, other):
    there = here if other is None else other
    found = compared(here, there)
    assert (found.differences == ()) == (here == there)
    assert (found.history.relation == "same") == (
        [each.token for each in here] == [each.token for each in there]
    )


@given(SIDES, SIDES)
def test_what_both_have_is_counted_by_tokens(here, there):
    mine, theirs = (Counter(each.token for each in side) for side in (here, there))
    found = compared(here, there)
    assert found.shared == (mine & theirs).total()
    wrapped = Counter(here) & Counter(there)
    assert len(of(found, "rewrapped")) == found.shared - wrapped.total()
    assert {(here[each.here].token, *each.records) for each in of(found, "recorded-times")} == {
        (token, mine[token], theirs[token])
        for token in mine
        if token in theirs and mine[token] != theirs[token]
    }


@given(SIDES, SIDES)
def test_a_task_of_one_side_alone_is_told_once(here, there):
    found = compared(here, there)
    everything = here + there
    for own, other, kind in ((here, there, "only-here"), (there, here, "only-there")):
        told = of(found, kind)
        positions = [each.here if kind == "only-here" else each.there for each in told]
        tasks = [task(own[at], everything) for at in positions if own[at].jti is not None]
        assert len(tasks) == len(set(tasks))
        others = {task(each, everything) for each in other}
        assert (
            set(tasks) == {task(each, everything) for each in own if each.jti is not None} - others
        )
        junk = [own[at].token for at in positions if own[at].jti is None]
        assert sorted(junk) == sorted(
            {each.token for each in own if each.jti is None} - {each.token for each in other}
        )
        elsewhere = {
            own[each.here if own is here else each.there].jti for each in told if each.elsewhere
        }
        assert elsewhere == {
            own[at].jti
            for at in positions
            if own[at].jti is not None and any(each.jti == own[at].jti for each in other)
        }


@given(SIDES, SIDES)
def test_every_token_of_one_side_alone_stands_beside_what_the_other_has(here, there):
    found = compared(here, there)
    everything = here + there
    versions = [*of(found, "equivocation"), *of(found, "re-signed")]
    for own, other, name in ((here, there, "here"), (there, here, "there")):
        tokens, payloads = {each.token for each in other}, {each.payload for each in other}
        tasks = {task(each, everything) for each in other}
        told = {
            (own[getattr(each, name)].token, each.kind)
            for each in versions
            if own[getattr(each, name)].token not in tokens
        }
        assert told >= {
            (each.token, "re-signed" if each.payload in payloads else "equivocation")
            for each in own
            if each.jti is not None and each.token not in tokens and task(each, everything) in tasks
        }
    for each in versions:
        one, two = here[each.here], there[each.there]
        assert task(one, everything) == task(two, everything)
        assert one.token != two.token
        news = (
            one.token not in {each.token for each in there},
            two.token not in {each.token for each in here},
        )
        assert any(news)  # the other may stand in for one that is not there
        assert (one.payload == two.payload) == (each.kind == "re-signed")
        assert each.changes


@given(SIDES, SIDES)
def test_histories_go_together_as_long_as_every_record_does(here, there):
    found = compared(here, there).history
    pairs = list(zip(here, there, strict=False))
    tokens = len(list(takewhile(lambda pair: pair[0].token == pair[1].token, pairs)))
    assert found.alike == len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))
    assert found.tokens == tokens
    shared = {each.token for each in here} & {each.token for each in there}
    if len(here) == len(there) == tokens:
        assert found.relation == "same"
    elif not shared:
        assert found.relation == "apart"
    elif tokens == len(here):
        assert found.relation == "there-goes-on"
    elif tokens == len(there):
        assert found.relation == "here-goes-on"
    else:
        assert found.relation == "forked"


@given(SIDES, SIDES)
def test_the_other_way_round_the_same_differs(here, there):
    one, two = compared(here, there), compared(there, here)
    swap = {"only-here": "only-there", "only-there": "only-here"}
    counts = [Counter(each.kind for each in found.differences) for found in (one, two)]
    counts[1] = Counter({swap.get(kind, kind): count for kind, count in counts[1].items()})
    counts[0].pop("re-ordered", None)  # equal records may be paired otherwise
    counts[1].pop("re-ordered", None)
    assert counts[0] == counts[1]


# What was moved


@given(st.integers(0, 7).flatmap(lambda size: st.permutations(range(size))))
def test_what_was_moved_is_the_least_that_has_to_be(order):
    pairs = list(enumerate(order))
    told = moved(pairs)
    stays = [there for here, there in pairs if (here, there) not in told]
    assert stays == sorted(stays)
    longest = max(
        size
        for size in range(len(pairs) + 1)
        if any(list(some) == sorted(some) for some in combinations(order, size))
    )
    assert len(stays) == longest


def test_of_100_000_records_in_reverse_all_but_one_were_moved():
    size = 100_000
    assert len(moved([(here, size - here) for here in range(size)])) == size - 1


def test_one_record_that_was_moved_is_one_difference():
    here, there = sketch("a@0; b@1; c@2; d@3"), sketch("a@0; d@3; b@1; c@2")
    (only,) = diff(here.ledger(), there.ledger()).differences
    assert (only.kind, only.here, only.there) == ("re-ordered", 3, 1)


# What differs in two records


def test_claims_are_told_one_by_one_and_headers_beside_them():
    here = sketch('a@0 ext={"exec_time_ms":5,"x":1}')
    there = sketch(
        'a@0 by=agent-b iss=spiffe://example.com/agent/agent-a ext={"exec_time_ms":6,"x":1}'
    )
    (only,) = diff(here.ledger(), there.ledger()).differences
    assert only.kind == "equivocation"
    assert [(each.name, each.here, each.there) for each in only.changes] == [
        ("ext.exec_time_ms", "5", "6"),
        ("header.kid", '"agent-a"', '"agent-b"'),
    ]


def test_another_dialect_is_another_payload():
    (only,) = diff(sketch("a@0<z").ledger(), sketch("a@0<z draft=01").ledger()).differences
    assert only.kind == "equivocation"
    assert {each.name for each in only.changes} == {"par", "pred", "header.typ"}


def test_of_many_changes_some_are_told_and_the_rest_counted():
    here, there = (
        sketch(f"a@0 ext={compact_json({f'm{number}': value for number in range(30)}).decode()}")
        for value in (0, 1)
    )
    (only,) = diff(here.ledger(), there.ledger()).differences
    assert (len(only.changes), only.more) == (MOST, 30 - MOST)


@pytest.mark.parametrize(("one", "two"), [("", " !high-s"), (" !high-s", "")])
def test_the_other_signature_that_fits_needs_no_key(one: str, two: str):
    (only,) = diff(
        sketch(f"a@0{one}; !low-s").ledger(), sketch(f"a@0{two}; !low-s").ledger()
    ).differences
    assert (only.kind, only.twin) == ("re-signed", True)
    assert [each.name for each in only.changes] == ["signature"]


def test_a_signature_that_does_not_fit_is_no_twin():
    (only,) = diff(sketch("a@0").ledger(), sketch("a@0 !flipped").ledger()).differences
    assert (only.kind, only.twin) == ("re-signed", False)


def test_a_parent_that_one_side_names_and_does_not_have_is_told():
    (only,) = diff(sketch("a@0; b@1<a").ledger(), sketch("b@1<a").ledger()).differences
    assert (only.kind, only.named) == ("only-here", True)
    (only,) = diff(sketch("b@1").ledger(), sketch("b@1; c@2").ledger()).differences
    assert (only.kind, only.named) == ("only-there", False)


def test_line_ends_and_comments_are_no_content():
    made = sketch("a@0; b@1<a")
    other = b"# a copy\r\n" + made.data.replace(b"\n", b"\r\n\r\n")
    assert diff(made.ledger(), loader.load_bytes(other)).differences == ()


def test_what_is_wrapped_otherwise_is_told_by_name():
    here, there = sketch("a@0 recorded=5"), sketch("a@0 recorded=6")
    (only,) = diff(here.ledger(), there.ledger()).differences
    assert only.kind == "rewrapped"
    assert [each.name for each in only.changes] == ["recorded_at"]
    (only,) = diff(here.ledger(), sketch("a@0").ledger()).differences
    assert [each.name for each in only.changes] == ["form", "recorded_at"]
    spaced = loader.load_bytes(here.data.replace(b'":', b'": '))
    (only,) = diff(here.ledger(), spaced).differences
    assert (only.kind, only.changes) == ("rewrapped", ())


def test_unsigned_claims_are_the_same_token_in_base64_and_as_they_stand():
    claims = compact_json({"jti": "x", "iss": "i", "exec_act": "a", "par": []})
    signed = b".".join((HEADER, encode_base64url(claims), encode_base64url(bytes(64))))
    plain, packed = loader.load_bytes(claims), loader.load_bytes(encode_base64url(claims))
    assert len(plain.tasks) == len(packed.tasks) == 1
    (only,) = diff(plain, packed).differences
    assert only.kind == "rewrapped"
    (only,) = diff(plain, loader.load_bytes(signed)).differences
    assert only.kind == "re-signed"
    assert {each.name for each in only.changes} >= {"signature", "header.alg"}


def test_a_record_too_long_to_be_read_is_known_by_its_digest():
    short = Policy(max_record_bytes=1000)
    one, two = (loader.load_bytes(bytes([65]) * 2000 + end, None, short) for end in (b"b", b"c"))
    assert diff(one, one).differences == ()
    assert [each.kind for each in diff(one, two).differences] == ["only-here", "only-there"]


def test_3_000_versions_of_one_task_take_no_longer_than_as_many_tasks(entry):
    def made(first: int) -> list[Entry]:
        return [entry("x", body=b"%d" % number) for number in range(first, first + 3000)]

    found = diff(Ledger(made(0)), Ledger(made(1500)))
    assert found.shared == 1500
    assert Counter(each.kind for each in found.differences) == {"equivocation": 1500}
