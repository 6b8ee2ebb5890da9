"""A task's place in its workflow, as a gate sees it: on three kinds of stores, with one verdict."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace

from ectgraph import linter
from ectgraph.agent import dag
from ectgraph.agent.dag import LIMITS, DAGConfig, ECTStore, lineage, validate_dag
from ectgraph.agent.ledger import MemoryLedger
from ectgraph.agent.parse import parse
from ectgraph.agent.payload import Payload
from ectgraph.agent.verify import VerifyOptions, verify
from ectgraph.encoding import encode_base64url
from ectgraph.errors import VerificationError
from ectgraph.keys import KeyRing
from ectgraph.loader import load_bytes
from ectgraph.model import Entry, Severity, Trust
from ectgraph.policy import Agent, Crossing, Need, Policy, Step, Workflow
from ectgraph.rule import Evidence
from ectgraph.rules import RULES, judge
from ectgraph.testing import EPOCH, jwks, sketch, task_id

RING = KeyRing.from_jwks(jwks("agent-a", "agent-b"))
NOW = EPOCH + 60


class Plain:
    """A store that somebody wrote: a dictionary, and the one method that a store must have."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = list(entries)
        self.asked: list[str] = []

    def get(self, jti: str, wid: str | None = None) -> Entry | None:
        self.asked.append(jti)
        found = [e for e in self.entries if e.token is not None and e.token.jti == jti]
        of = {e.token.wid: e for e in reversed(found) if e.token is not None}
        return of.get(wid) or of.get(None) or next(iter(found), None)


def records(text: str) -> list[bytes]:
    """Tokens, as `sketch` writes them; unsigned ones as they go to a gate."""
    found = sketch(text).records if text else ()
    return [encode_base64url(r) if r.startswith(b"{") else r for r in found]


def loaded(text: str) -> Iterable[Entry]:
    """Entries whose signatures somebody checked, and wrote down what came of it."""
    return load_bytes(b"\n".join(records(text)), RING, judge=judge)


def memory(text: str) -> MemoryLedger:
    """Our own ledger, which keeps books on lineage."""
    ledger = MemoryLedger()
    for entry in loaded(text):
        ledger.add(entry)
    return ledger


def plain(text: str) -> Plain:
    """A store that knows nothing but entries."""
    return Plain(loaded(text))


def unchecked(text: str) -> Plain:
    """A store whose owner checked nothing."""
    return Plain(parse(record).entry for record in records(text))


STORES: dict[str, Callable[[str], Any]] = {
    "memory": memory,
    "plain": plain,
    "unchecked": unchecked,
}
on_each_store = pytest.mark.parametrize("kind", STORES)


def options(store: ECTStore | None, **changes: Any) -> VerifyOptions:
    return VerifyOptions(**{"keys": RING, "store": store, "clock": lambda: NOW} | changes)


def raised(call: Callable[[], object]) -> str | None:
    """The code of what a call raises; `None` where it raises nothing."""
    try:
        call()
    except VerificationError as error:
        return error.finding.code
    return None


def code(store: ECTStore, text: str, config: DAGConfig | None = None, **changes: Any) -> str | None:
    """What a gate with a store says of one token."""
    (record,) = records(text)
    given = options(store, dag=config or DAGConfig(), **changes)
    return raised(lambda: verify(record, given))


COMPENSATION = 'ext={"compensation_required":true}'
REJECTED, PENDING = "pol=p pol_decision=rejected", "pol=p pol_decision=pending_human_review"
APPROVED = "pol=p pol_decision=approved"
CHAIN = "t0@0; " + "; ".join(f"t{n}@0<t{n - 1}" for n in range(1, 6))
TWO = "z@0 wid=two; a@0<z wid=two; a@1 wid=one; b@0<a wid=two"
"""The `a` that `b` builds on is that of its own workflow, whoever asks."""
LATER = "a@0 wid=one; d@0<a wid=two; y@0 wid=two; x@0<y wid=two; a@1<x wid=two"
"""The `a` that `d` builds on changes when its own workflow gets one."""
DIAMOND = "a@0; b@0<a; c@0<a; d@0<b,c"

CASES: list[tuple[str, str, dict[str, Any], str | None]] = [
    # 1. unique
    ("", "a@0", {}, None),
    ("a@0", "a@0", {}, "ECT301"),
    ("z@0; a@0<z; b@0<a", "a@0<z", {}, "ECT301"),
    ("a@0", "a@1", {}, "ECT302"),
    ("a@0", "a@0 by=agent-b", {}, "ECT302"),
    ("a@0", "a@0<z", {}, "ECT302"),
    ("a@0 wid=one", "a@0 wid=two", {}, None),
    ("a@0 wid=one; a@1 wid=two", "a@1 wid=two", {}, "ECT301"),
    ("a@0 wid=one; a@1 wid=two", "a@2 wid=two", {}, "ECT302"),
    ("a@0 wid=", "a@0 wid=two", {}, "ECT302"),
    ("a@0 wid=two", "a@0 wid=", {}, "ECT302"),
    ("a@0 wid=one; a@0 wid=two", "a@0 wid=", {}, "ECT302"),
    ("a@0 !flipped", "a@0", {}, "ECT302"),
    # 2. parents exist
    ("a@0", "b@0<a", {}, None),
    ("", "b@0<a", {}, "ECT303"),
    ("a@0", "b@0<a,z", {}, "ECT303"),
    ("a@0", "b@0<z,a", {}, "ECT303"),
    ("b@0<a", "c@0<b", {}, None),
    ("a@0 !no-jti", "b@0<a", {}, "ECT303"),
    ("a@0; b@0<a", "c@0<a,a,b", {}, None),
    # and were verified
    ("a@0 !flipped", "b@0<a", {}, "ECT308"),
    ("a@0 !stranger", "b@0<a", {}, "ECT308"),
    ("a@0 !short", "b@0<a", {}, "ECT308"),
    ("a@0 kid=nobody", "b@0<a", {}, "ECT308"),
    ("a@0 alg=none", "b@0<a", {}, "ECT308"),
    ("a@0 typ=JWT", "b@0<a", {}, "ECT308"),
    ("a@0 !twice", "b@0<a", {}, "ECT308"),
    ("a@0 draft=01 !unsigned", "b@0<a", {}, "ECT308"),
    ("a@0; z@0 !flipped", "b@0<a,z", {}, "ECT308"),
    ("a@0 !flipped; b@0<a", "c@0<b", {}, None),  # that was said when `b` came
    # 3. time
    ("a@5", "b@5<a", {}, None),
    ("a@30", "b@0<a", {}, None),
    ("a@30.5", "b@0<a", {}, "ECT401"),
    ("a@0", "b@0<a", {"clock_skew": 0}, None),
    ("a@0.5", "b@0<a", {"clock_skew": 0}, "ECT401"),
    ("a@59", "b@0<a", {"clock_skew": 60}, None),
    ("a@0; z@40", "b@0<a,z", {}, "ECT401"),
    ("a@40; b@40<a", "c@20<b", {}, None),
    ("a@-9999 life=60", "b@0<a", {}, None),  # that a parent has expired is as it should be
    # 4. acyclic
    ("", "a@0<a", {}, "ECT304"),
    ("a@0", "a@1<a", {}, "ECT304"),
    ("z@0", "a@1<z,a", {}, "ECT304"),
    ("b@0<a", "a@0<b", {}, "ECT305"),
    ("b@0<a; c@0<b", "a@0<c", {}, "ECT305"),
    ("b@0<a; c@0<b; d@0", "a@0<d,c", {}, "ECT305"),
    ("b@0<a; c@0<b", "a@0", {}, None),
    ("a@0<b; b@0<a", "c@0<a", {}, None),  # the knot is `a` and `b`; it does not get any larger
    ("a@0<b; b@0<a", "c@0<a,z", {}, "ECT303"),
    ("a@0<a", "c@0<a", {}, None),
    # 5. workflow
    ("a@0 wid=one", "b@0<a wid=one", {}, None),
    ("a@0 wid=one", "b@0<a wid=two", {}, "ECT307"),
    ("a@0 wid=one", "b@0<a wid=two", {"cross_workflow": True}, None),
    ("a@0 wid=", "b@0<a wid=two", {}, None),
    ("a@0 wid=one", "b@0<a wid=", {}, None),
    ("a@0 wid=two; a@1 wid=one", "b@0<a wid=one", {}, None),
    ("a@40 wid=two; a@0 wid=one", "b@0<a wid=one", {}, None),
    ("a@0 wid=two; a@40 wid=one", "b@0<a wid=one", {}, "ECT401"),
    (TWO, "c@0<b wid=one", {"cross_workflow": True, "max_depth": 3}, None),
    (TWO, "c@0<b wid=one", {"cross_workflow": True, "max_depth": 2}, "ECT501"),
    ("a@0 wid=; b@0<a wid=two", "c@0<a,b wid=one", {"cross_workflow": True}, None),
    (LATER, "e@0<d wid=two", {"cross_workflow": True, "max_depth": 4}, None),
    (LATER, "e@0<d wid=two", {"cross_workflow": True, "max_depth": 3}, "ECT501"),
    # 6. policy of the parent
    (f"a@0 {APPROVED}", "b@0<a", {}, None),
    (f"a@0 {REJECTED}", "b@0<a", {}, "ECT701"),
    (f"a@0 {REJECTED}", f"b@0<a {APPROVED}", {}, "ECT701"),
    (f"a@0 {REJECTED}", f"b@0<a {REJECTED}", {}, "ECT701"),
    (f"a@0 {REJECTED}", f"b@0<a {PENDING}", {}, None),
    (f"a@0 {REJECTED}", f"b@0<a {PENDING}", {"review_by_decision": False}, "ECT701"),
    (f"a@0 {REJECTED}", f"b@0<a {COMPENSATION}", {}, None),
    (f"a@0 {REJECTED}", f"b@0<a {COMPENSATION}", {"compensation_by_flag": False}, "ECT701"),
    (f"a@0 {REJECTED}", 'b@0<a ext={"compensation_required":1}', {}, "ECT701"),
    (f"a@0 {PENDING}", "b@0<a", {}, "ECT702"),
    (f"a@0 {PENDING}", f"b@0<a {APPROVED}", {}, None),
    (f"a@0 {PENDING}", f"b@0<a {REJECTED}", {}, None),
    (f"a@0 {PENDING}", f"b@0<a {PENDING}", {}, None),
    (f"a@0 {PENDING}", f"b@0<a {APPROVED}", {"review_by_decision": False}, "ECT702"),
    (f"a@0 {PENDING}", f"b@0<a {COMPENSATION}", {}, None),
    (f"a@0 {PENDING}", f"b@0<a {COMPENSATION}", {"compensation_by_flag": False}, "ECT702"),
    (f"a@0 draft=01 {REJECTED}", "b@0<a draft=01", {}, "ECT701"),
    (f"a@0 draft=01 {REJECTED}", f"b@0<a draft=01 {COMPENSATION}", {}, None),
    (f"a@0 {REJECTED}; b@0<a {COMPENSATION}", "c@0<b", {}, None),
    # 7. limits
    ("a@0; b@0", "c@0<a,b", {"max_parents": 2}, None),
    ("a@0; b@0", "c@0<a,b", {"max_parents": 1}, "ECT502"),
    ("a@0; b@0", "c@0<a,a,b,b", {"max_parents": 2}, None),
    ("", "c@0<a,b", {"max_parents": 1}, "ECT502"),
    (CHAIN, "e@0<t5", {"max_depth": 6}, None),
    (CHAIN, "e@0<t5", {"max_depth": 5}, "ECT501"),
    (CHAIN, "e@0<t0,t5", {"max_depth": 5}, "ECT501"),
    (CHAIN, "e@0<t0", {"max_depth": 1}, None),
    (CHAIN, "e@0", {"max_depth": 0}, None),
    (CHAIN, "e@0<t5", {"max_ancestors": 6}, None),
    (CHAIN, "e@0<t5", {"max_ancestors": 5}, "ECT504"),
    (CHAIN, "e@0<t5,t4,t3,t0", {"max_ancestors": 6}, None),
    (CHAIN, "e@0<t2", {"max_ancestors": 3}, None),
    (CHAIN, "e@0", {"max_ancestors": 0}, None),
    (CHAIN, "e@0<t0", {"max_ancestors": 0}, "ECT504"),
    (CHAIN, "e@0<t0,t1,t2,t3", {"max_ancestors": 1}, "ECT504"),
    (CHAIN, "e@0<t0,t1,z", {"max_ancestors": 1}, "ECT303"),
    (DIAMOND, "e@0<d", {"max_ancestors": 4}, None),
    (DIAMOND, "e@0<d", {"max_ancestors": 3}, "ECT504"),
    (DIAMOND, "e@0<d", {"max_depth": 3}, None),
    (DIAMOND, "e@0<d", {"max_depth": 2}, "ECT501"),
    ("b@0<a", "c@0<b", {"max_ancestors": 2}, None),
    ("b@0<a", "c@0<b", {"max_ancestors": 1}, "ECT504"),  # one that nobody has is one as well
    ("b@0<a; c@0<b", "a@0<c", {"max_ancestors": 2}, "ECT305"),
    # several at once: in the order of the checks
    ("a@0 wid=one", "b@-40<a,z wid=two", {}, "ECT303"),
    ("a@0 wid=one", "b@-40<a wid=two", {}, "ECT307"),
    (f"a@40 {REJECTED}", "b@0<a", {}, "ECT401"),
    (f"a@40; z@0 {REJECTED}", "b@0<z,a", {}, "ECT401"),
    ("a@40; z@0 wid=two", "b@0<a,z", {}, "ECT307"),
]
each_case = pytest.mark.parametrize(
    ("known", "new", "choices", "expected"),
    CASES,
    ids=[f"{new} | {known}" for known, new, *_ in CASES],
)


@on_each_store
@each_case
def test_a_gate_says_the_same_on_every_store(kind, known, new, choices, expected):
    changes = {"iat_max_future": 60}

    assert code(STORES[kind](known), new, DAGConfig(**choices), **changes) == expected


@each_case
def test_a_task_is_validated_as_it_is_verified(known, new, choices, expected):
    (record,) = records(new)
    payloads = [parse(record).payload]
    if expected != "ECT304":  # its own parent: no gate gives such a payload
        payloads.append(verify(record, options(None, iat_max_future=60)).payload)
    for make, payload in itertools.product((memory, plain), payloads):
        store, config = make(known), DAGConfig(**choices)
        found = raised(partial(validate_dag, payload, store, config))
        if expected == "ECT301" and payload.verified is None:
            # Without its token nobody can say that it is the very same one.
            assert found == "ECT302"
        else:
            assert found == expected


@pytest.mark.parametrize("known", ["a@0", "a@0 !flipped", "a@0; b@0<a"])
def test_who_has_no_keys_cannot_confirm_a_parent_that_nobody_checked(known):
    (record,) = records("c@0<a")

    assert raised(lambda: validate_dag(parse(record).payload, unchecked(known))) == "ECT308"


@on_each_store
def test_a_limit_that_is_reached_is_an_error(kind):
    store = STORES[kind](CHAIN)
    for choices, limit in (
        ({"max_depth": 3}, "ECT501"),
        ({"max_parents": 0}, "ECT502"),
        ({"max_ancestors": 3}, "ECT504"),
    ):
        (record,) = records("e@0<t5")
        with pytest.raises(VerificationError) as caught:
            verify(record, options(store, dag=DAGConfig(**choices)))
        assert (caught.value.finding.code, caught.value.finding.severity) == (limit, "error")
        assert RULES[limit].severity is Severity.WARNING


def test_the_limits_are_errors_whatever_a_policy_says():
    lax = Policy(severities={"ECT501": Severity.NOTE, "ECT112": Severity.ERROR})
    severities = DAGConfig().policy(lax).severities

    assert severities == {"ECT112": Severity.ERROR} | dict.fromkeys(LIMITS, Severity.ERROR)
    assert set(LIMITS) == {"ECT501", "ECT502", "ECT504", "ECT902"}


def test_the_defaults_are_those_of_the_policy():
    assert DAGConfig().policy(Policy()) == Policy(severities=LIMITS)


def test_what_is_set_comes_before_the_policy_and_what_is_not_is_left_to_it():
    stated = Policy(skew=60, max_parents=150, cross_workflow=True, compensation_by_flag=False)
    made = DAGConfig(max_parents=20, review_by_decision=False).policy(stated)

    assert made == replace(stated, max_parents=20, review_by_decision=False, severities=LIMITS)


@on_each_store
def test_with_unsigned_tokens_taken_they_may_be_built_on(kind):
    store = STORES[kind]("a@0 draft=01 !unsigned")

    assert code(store, "b@0<a draft=01", minimum_level="L1") is None
    assert code(store, "b@0<a draft=01 !unsigned", minimum_level="L1") is None
    assert code(store, "c@0<b draft=01 !unsigned", minimum_level="L1") == "ECT303"
    assert code(STORES[kind]("a@0 !flipped"), "b@0<a", minimum_level="L1") == "ECT308"


def test_without_a_store_nobody_looks():
    (record,) = records("b@0<a,z")

    assert verify(record, options(None)).token.parents == (task_id("a"), task_id("z"))


# Parents that nobody has checked


def test_a_parent_of_an_unknown_key_is_known_by_whoever_has_the_key():
    store = unchecked("a@0 by=agent-b")
    (record,) = records("b@0<a")
    few = KeyRing.from_jwks(jwks("agent-a"))

    assert code(store, "b@0<a") is None
    assert raised(lambda: verify(record, options(store, keys=few))) == "ECT308"


def test_a_parent_that_has_long_expired_is_confirmed():
    assert code(unchecked("a@-99999 life=60"), "b@0<a") is None


def test_parents_are_confirmed_and_those_above_them_are_left_alone():
    confirmed: list[str] = []

    def confirm(entry: Entry) -> Entry:
        confirmed.append(entry.token.exec_act)
        return replace(entry, trust=Trust.VERIFIED)

    (record,) = records("e@0<t5,t3")
    hits = lineage(parse(record), unchecked(CHAIN), Policy(), confirm)

    assert hits == []
    assert confirmed == ["t5", "t3"]


def test_in_a_memory_ledger_an_unchecked_parent_is_checked_by_the_gate():
    ledger = MemoryLedger()
    good, forged = records("a@0; z@0 !stranger")
    ledger.append(good, unverified=True)
    ledger.append(forged, unverified=True)

    assert ledger[0].trust is ledger[1].trust is Trust.UNCHECKED
    assert code(ledger, "b@0<a") is None
    assert code(ledger, "b@0<z") == "ECT308"
    assert code(ledger, "b@0<a,z") == "ECT308"


def test_a_store_cannot_pass_off_one_token_as_another():
    (other,) = records("x@0")
    entry = parse(other).entry
    renamed = replace(entry, token=replace(entry.token, jti=task_id("a")))

    assert code(Plain([renamed]), "b@0<a") == "ECT303"


def test_nor_one_entry_for_all():
    class Yes:
        def get(self, *_: Any) -> Entry | None:
            return parse(records("x@0")[0]).entry

    assert code(Yes(), "b@0<a") in {"ECT303", "ECT302"}


def test_nor_an_entry_without_a_token():
    (junk,) = records("a@0 !cut")

    class Junk:
        def get(self, jti: str, _: str | None = None) -> Entry | None:
            return parse(junk).entry if jti == task_id("a") else None

    assert code(Junk(), "b@0<a") == "ECT303"


# How far it is walked


class Counting(MemoryLedger):
    """A memory ledger that counts what it is asked."""

    asked = 0

    def get(self, jti: str, wid: str | None = None) -> Entry | None:
        self.asked += 1
        return super().get(jti, wid)


def long_chain(length: int) -> list[Entry]:
    return [parse(r).entry for r in records("; ".join(
        ["t0@0", *(f"t{n}@0<t{n - 1}" for n in range(1, length))]
    ))]  # fmt: skip


def test_a_settled_lineage_is_not_walked_and_any_other_is():
    ledger, out_of_order = Counting(), Counting()
    for entry in long_chain(40):
        ledger.add(replace(entry, trust=Trust.VERIFIED))
    for entry in reversed(long_chain(40)):
        out_of_order.add(replace(entry, trust=Trust.VERIFIED))

    assert code(ledger, "e@0<t39,t12") is None
    assert code(out_of_order, "e@0<t39,t12") is None
    assert ledger.asked == 0
    assert out_of_order.asked > 40


def test_a_walk_ends_one_above_the_limit():
    store = Plain(replace(entry, trust=Trust.VERIFIED) for entry in long_chain(60))

    assert code(store, "e@0<t59", DAGConfig(max_ancestors=7)) == "ECT504"
    assert len(store.asked) == 9  # eight ancestors, and the task itself


def test_a_walk_through_many_ways_to_the_same_tasks_asks_for_each_once():
    layers = [f"n{layer}-{n}@0" + (f"<{','.join(f'n{layer - 1}-{m}' for m in range(4))}" if layer else "") for layer in range(12) for n in range(4)]  # fmt: skip
    store = plain("; ".join(layers))

    assert code(store, "e@0<n11-0,n11-1,n11-2,n11-3") is None
    assert len(store.asked) == len(set(store.asked)) == 49


def test_a_very_long_lineage_is_followed_without_recursion():
    entries = [replace(entry, trust=Trust.VERIFIED) for entry in long_chain(3000)]
    unlimited = DAGConfig(max_depth=3000, max_ancestors=3000)

    assert code(Plain(entries), "e@0<t2999", unlimited) is None
    assert code(Plain(entries), "e@0<t2999", DAGConfig(max_depth=2999)) == "ECT501"
    assert code(Plain(entries), "e@0<t2999", DAGConfig(max_ancestors=2999)) == "ECT504"


def test_a_store_that_fails_is_heard():
    class Down:
        def get(self, jti: str, _: str | None = None) -> Entry | None:
            raise TimeoutError(jti)

    (record,) = records("b@0<a")
    with pytest.raises(TimeoutError):
        verify(record, options(Down()))
    with pytest.raises(TimeoutError):
        validate_dag(parse(record).payload, Down())


@on_each_store
def test_a_gate_changes_nothing_in_a_store(kind):
    store = STORES[kind](DIAMOND)
    before = list(store.entries)
    for new in ("e@0<d", "a@0", "a@1", "e@0<z"):
        code(store, new)

    assert store.entries == before


# What a refusal says


@on_each_store
@pytest.mark.parametrize(
    ("known", "new", "choices"),
    [
        ("a@40", "b@0<a", {}),
        ("a@0 wid=one", "b@0<a wid=two", {}),
        (f"a@0 {REJECTED}", "b@0<a", {}),
        (f"a@0 {PENDING}", "b@0<a", {}),
        (f"z@0; a@0 {PENDING}; c@0 {PENDING}", "b@0<z,c,a,c", {}),
    ],
)
def test_a_refusal_says_what_the_linter_says(kind, known, new, choices):
    (record,) = records(new)
    with pytest.raises(VerificationError) as caught:
        verify(record, options(STORES[kind](known)))

    told = caught.value.finding
    findings = sketch(f"{known}; {new}").lint().findings
    (same,) = (found for found in findings if found.fingerprint == told.fingerprint)
    for name in ("code", "message", "severity", "advice", "evidence", "jti", "wid"):
        assert getattr(told, name) == getattr(same, name)


# Rules that fail


def raising(code: str) -> Any:
    def fails(*_: Any) -> Any:
        raise LookupError(code)

    rule = RULES[code]
    kind = "compare" if rule.compare else "check"
    return dataclasses.replace(rule, **{kind: fails})


@on_each_store
@pytest.mark.parametrize("code_", [rule.code for rule in dag._LINK_RULES])
def test_a_rule_over_links_that_raises_lets_nothing_pass(monkeypatch, kind, code_):
    for name in ("_LINK_RULES", "_LINEAGE_RULES"):
        rules = [raising(code_) if r.code == code_ else r for r in getattr(dag, name)]
        monkeypatch.setattr(dag, name, rules)
    store = STORES[kind]("a@0")

    assert code(store, "b@0") is None  # there is no link to look at
    (record,) = records("b@0<a")
    with pytest.raises(VerificationError) as caught:
        verify(record, options(store))
    finding = caught.value.finding
    assert (finding.code, finding.severity) == ("ECT901", "fatal")
    assert finding.message == f"the rule {code_} failed: LookupError: {code_}"


@pytest.mark.parametrize("kind", ["plain", "unchecked"])
@pytest.mark.parametrize("code_", [r.code for r in dag._LINEAGE_RULES if r.check])
def test_a_rule_over_lineages_that_raises_lets_nothing_pass(monkeypatch, kind, code_):
    rules = [raising(code_) if r.code == code_ else r for r in dag._LINEAGE_RULES]
    monkeypatch.setattr(dag, "_LINEAGE_RULES", rules)

    assert code(STORES[kind]("a@0"), "b@0<a") == "ECT901"
    assert code(STORES[kind]("a@0"), "b@0") == "ECT901"


@on_each_store
@pytest.mark.parametrize("code_", ["ECT301", "ECT302"])
def test_a_rule_over_rivals_that_raises_lets_nothing_pass(monkeypatch, kind, code_):
    rules = [raising(code_) if r.code == code_ else r for r in dag._RIVAL_RULES]
    monkeypatch.setattr(dag, "_RIVAL_RULES", rules)

    assert code(STORES[kind]("a@0"), "a@1") == "ECT901"


def test_a_rule_on_the_token_that_raises_lets_nothing_be_validated(monkeypatch):
    def fails(*_: Any) -> Any:
        raise LookupError

    monkeypatch.setattr(RULES, "_looks", [("ECT304", fails)])

    assert raised(lambda: validate_dag(Payload(jti="a"), MemoryLedger())) == "ECT901"


# What a workflow policy asks for

PAY = Policy(
    agents=(Agent(iss="*/agent-a", may=("*",)), Agent(iss="*/agent-b", may=("ok", "pay"))),
    steps=(
        Step(act="pay", after=("ok", "check"), needs=(Need(act="ok", by_others=True),)),
        Step(act="ask", after=()),
    ),
    workflows=(Workflow(wid=task_id("wide"), max_parents=3),),
    crossings=(Crossing(parent=task_id("one"), child=task_id("two")),),
    boundary=(task_id("beyond"),),
)
LONG_AGO = "ok@0; c0@0<ok; " + "; ".join(f"c{n}@0<c{n - 1}" for n in range(1, 9))

POLICY_CASES: list[tuple[str, str, str | None]] = [
    ("ok@0", "pay@0<ok by=agent-b", None),
    ("ok@0 by=agent-b", "pay@0<ok by=agent-b", "ECT713"),
    ("ok@0; ok-b@0 act=ok by=agent-b", "pay@0<ok,ok-b by=agent-b", None),
    ("a@0", "check@0<a by=agent-b", "ECT711"),
    ("a@0", "b@0<a by=agent-b act=ask", "ECT711"),
    ("a@0", "ask@0<a", "ECT712"),
    ("a@0", "pay@0<a by=agent-b", "ECT712"),
    ("a@0; check@0<a", "pay@0<check by=agent-b", "ECT713"),
    ("", "pay@0 by=agent-b", "ECT713"),
    (f"{LONG_AGO}; check@0<c8", "pay@0<check by=agent-b", None),
    (f"{LONG_AGO}; check@0<c0", "pay@0<check by=agent-b", None),
    (f"ok@0 {REJECTED}; x@0<ok {COMPENSATION}; check@0<x", "pay@0<check by=agent-b", "ECT713"),
    ("ok@0 !flipped; x@0<ok; check@0<x", "pay@0<check by=agent-b", "ECT713"),
    ("ok@0 !stranger; x@0<ok; check@0<x", "pay@0<check by=agent-b", "ECT713"),
    ("", "a@0<beyond", None),
    ("", "a@0<beyond,z", "ECT303"),
    ("a@0 wid=one", "b@0<a wid=two", None),
    ("a@0 wid=two", "b@0<a wid=one", "ECT307"),
    ("a@0 wid=wide; b@0 wid=wide; c@0 wid=wide", "d@0<a,b,c wid=wide", None),
    ("a@0; b@0; c@0", "d@0<a,b,c", "ECT502"),
]


@on_each_store
@pytest.mark.parametrize(("known", "new", "expected"), POLICY_CASES)
def test_a_gate_asks_what_the_policy_asks_on_every_store(kind, known, new, expected):
    config = DAGConfig(max_parents=2)

    assert code(STORES[kind](known), new, config, policy=PAY) == expected


@pytest.mark.parametrize(("known", "new", "expected"), POLICY_CASES)
def test_and_so_does_the_linter(known, new, expected):
    data = b"\n".join(record for text in (known, new) for record in records(text))
    policy = replace(PAY, max_parents=2)
    report = linter.lint(Evidence(load_bytes(data, RING, policy, judge=judge), RING, policy))
    about_new = {f.code for f in report.findings if f.jti == parse(records(new)[0]).token.jti}

    found = about_new & {"ECT307", "ECT502", "ECT711", "ECT712", "ECT713"}
    assert found == set() if expected in (None, "ECT303") else expected in found


def test_a_lineage_is_walked_for_what_a_step_needs_and_for_that_alone():
    ledger = Counting()
    for entry in loaded(f"{LONG_AGO}; check@0<c8"):
        ledger.add(entry)

    assert code(ledger, "e@0<check", policy=PAY) is None
    assert ledger.asked == 0
    assert code(ledger, "pay@0<check by=agent-b", policy=PAY) is None
    assert ledger.asked > 10


def test_what_counts_as_a_needed_step_is_confirmed_though_it_is_no_parent():
    """Whoever can write to an unchecked store could otherwise approve everything."""
    store = unchecked("ok@0; x@0<ok; check@0<x")
    confirmed: list[str] = []

    def confirm(entry: Entry) -> Entry:
        confirmed.append(entry.token.exec_act)
        return replace(entry, trust=Trust.VERIFIED)

    lineage(parse(records("pay@0<check by=agent-b")[0]), store, PAY, confirm)

    assert confirmed == ["check", "ok"]


# Payloads that nobody verified


def test_a_payload_without_tokens_is_taken_as_verified():
    store = memory("a@0")

    validate_dag(Payload(jti="b", iat=EPOCH, par=[task_id("a")]), store)
    assert raised(lambda: validate_dag(Payload(jti="b", par=["z"]), store)) == "ECT303"


@pytest.mark.parametrize(
    "change",
    [
        *({"jti": ""}, {"jti": 5}, {"jti": None}, {"par": "a"}, {"par": ["a", 5]}, {"par": [""]}),
        *({"par": None}, {"wid": ""}, {"wid": 5}, {"iat": "5"}, {"iat": True}, {"iat": None}),
    ],
    ids=repr,
)
def test_a_payload_that_does_not_say_its_place_is_refused(change):
    payload = Payload(**{"jti": "b", "iat": EPOCH, "par": [task_id("a")]} | change)

    assert raised(lambda: validate_dag(payload, memory("a@0"))) == "ECT111"


@pytest.mark.parametrize("change", [{"iss": ""}, {"aud": []}, {"exp": 0}, {"exec_act": ""}])
def test_what_has_nothing_to_do_with_the_place_is_not_asked_for(change):
    (record,) = records("b@0<a")
    payload = dataclasses.replace(parse(record).payload, **change)

    assert raised(lambda: validate_dag(payload, memory("a@0"))) is None


def test_a_copy_that_was_changed_is_judged_by_what_it_says_now():
    store = memory("a@0")
    payload = verify(*records("b@0<a"), options(store)).payload
    changed = dataclasses.replace(payload, par=[task_id("z")])

    assert raised(lambda: validate_dag(payload, store)) is None
    assert raised(lambda: validate_dag(changed, store)) == "ECT303"


def test_validating_is_what_verifying_does():
    store = memory("a@0")
    verified = verify(*records("b@0<a"), options(None))

    validate_dag(verified.payload, store)
    store.append(verified)
    assert raised(lambda: validate_dag(verified.payload, store)) == "ECT301"


@pytest.mark.parametrize("odd", [object(), 1j, print])
def test_a_payload_that_is_no_json_is_the_callers_mistake(refusal, odd):
    payload = Payload(jti=task_id("a"), iat=EPOCH, extra={"odd": [odd]})

    assert "no JSON" in refusal(validate_dag, payload, MemoryLedger())
