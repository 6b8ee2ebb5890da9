"""How a token fared, step by step: what was established, what was not, and why not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ectgraph.agent.create import create_unsigned
from ectgraph.agent.ledger import MemoryLedger
from ectgraph.agent.parse import Verified
from ectgraph.agent.payload import Payload
from ectgraph.agent.steps import Account, Outcome, account
from ectgraph.agent.verdict import STEPS
from ectgraph.agent.verify import VerifyOptions, verify
from ectgraph.errors import EctgraphError, VerificationError
from ectgraph.keys import KeyRing
from ectgraph.model import Trust
from ectgraph.rules import RULES
from ectgraph.testing import EPOCH, FAULTS, jwks, private_key, sketch

PASSED, FAILED, NOT_DONE = Outcome


@pytest.fixture
def gate() -> Callable[..., VerifyOptions]:
    """Make options: two agents' keys, at second 60 of the sketches."""

    def make(**changes: Any) -> VerifyOptions:
        usual: dict[str, Any] = {"keys": KeyRing.from_jwks(jwks("agent-a", "agent-b"))}
        return VerifyOptions(**usual | {"clock": lambda: EPOCH + 60} | changes)

    return make


def outcomes(told: Account) -> dict[int, Outcome]:
    return {each.number: each.outcome for each in told.steps}


def detail(told: Account, number: int) -> str:
    (found,) = [each.detail for each in told.steps if each.number == number]
    return found


def test_every_step_is_told_once_whatever_happens(gate):
    for text in ("a@0", "a@0 !flipped", "a@0 !unsigned", "'junk'", "a@0 by=stranger"):
        told = account(sketch(text).records[0], gate())

        assert sorted(each.number for each in told.steps) == sorted(STEPS)
        assert all(each.title == STEPS[each.number] for each in told.steps)
        assert all(each.detail for each in told.steps if each.outcome is NOT_DONE)


def test_a_bare_gate_leaves_open_what_nobody_gave_it(gate):
    told = account(sketch("a@0").records[0], gate())

    open_ = {n for n, outcome in outcomes(told).items() if outcome is NOT_DONE}
    assert told.verified
    assert told.refusal is told.failed is None
    assert isinstance(told.parsed, Verified)
    assert open_ == {5, 7, 8, 13, 14, 15}
    assert detail(told, 8) == "no audience given"
    assert detail(told, 13) == "no replay memory"
    assert detail(told, 14) == "no ledger given"
    assert "2026-02-24 14:24:20 UTC" in detail(told, 9)


def test_a_gate_with_everything_leaves_only_the_entering_open(gate):
    keys = [
        key | {"iss": "spiffe://example.com/agent/agent-a", "nbf": 0}
        for key in jwks("agent-a")["keys"]
    ]
    seen: list[str] = []
    options = gate(
        keys=KeyRing.from_jwks({"keys": keys}),
        verifier_id="spiffe://example.com/ledger",
        store=MemoryLedger(),
        jti_seen=lambda jti: bool(seen.append(jti)),
    )
    told = account(sketch("a@0").records[0], options)

    assert [n for n, outcome in outcomes(told).items() if outcome is not PASSED] == [15]
    assert [each.number for each in told.steps] == [*range(1, 13), 14, 13, 15]
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("text", "changes", "number", "code"),
    [
        ("'junk'", {}, 1, "ECT001"),
        ("a@0 !padded", {}, 1, "ECT003"),
        ("a@0 !twice", {}, 1, "ECT005"),
        ("a@0 !oversized", {}, 1, "ECT002"),
        ("a@0 typ=JWT", {}, 2, "ECT101"),
        ("a@0 alg=none", {}, 3, "ECT102"),
        ("a@0 !crit", {}, 3, "ECT104"),
        ("a@0 kid=", {}, 4, "ECT103"),
        ("a@0 by=stranger", {}, 4, "ECT202"),
        ("a@0 !flipped", {}, 6, "ECT201"),
        ("a@0", {"verifier_id": "urn:else"}, 8, "ECT122"),
        ("a@0 life=1", {}, 9, "ECT408"),
        ("a@0 life=9000", {"clock": lambda: EPOCH + 2000}, 10, "ECT408"),
        ("a@0", {"clock": lambda: EPOCH - 2000}, 10, "ECT408"),
        ("a@0 !no-exec_act", {}, 11, "ECT110"),
        ("a@0 !iat-true", {}, 11, "ECT111"),
        ("a@0 jti=7", {"validate_uuids": True}, 12, "ECT112"),
        ("a@0", {"jti_seen": lambda _: True}, 13, "ECT301"),
        ("b@0<a", {"store": MemoryLedger()}, 14, "ECT303"),
    ],
)
def test_the_step_that_failed_and_nothing_after_it(
    gate, text: str, changes: dict[str, Any], number: int, code: str
):
    data, options = sketch(text).records[0], gate(**changes)
    told = account(data, options)

    order = [each.number for each in told.steps]
    after = [each.outcome for each in told.steps[order.index(number) + 1 :]]
    assert told.failed is not None
    assert (told.failed.number, told.refusal.code) == (number, code)
    assert not told.verified
    assert FAILED not in after
    assert PASSED not in after
    with pytest.raises(VerificationError) as caught:
        verify(data, options)
    assert caught.value.finding == told.refusal


def test_a_key_that_was_not_good_then_or_is_anothers_fails_its_own_step(gate):
    for more, number in (({"revoked_at": EPOCH - 1}, 5), ({"iss": "urn:somebody"}, 7)):
        (key,) = jwks("agent-a")["keys"]
        ring = KeyRing.from_jwks({"keys": [key | more]})
        told = account(sketch("a@0").records[0], gate(keys=ring))

        assert told.failed.number == number


def test_only_what_every_key_of_that_name_says_is_established(gate):
    key, other = jwks("agent-a", "agent-b")["keys"]
    bound = key | {"iss": "spiffe://example.com/agent/agent-a", "nbf": 0}
    ring = KeyRing.from_jwks({"keys": [bound, other | {"kid": "agent-a"}]})
    told = account(sketch("a@0").records[0], gate(keys=ring))

    assert told.verified
    assert outcomes(told)[5] is outcomes(told)[7] is NOT_DONE


def test_what_a_resolver_knows_of_its_keys_is_not_claimed(gate):
    public = private_key("agent-a").public_key()
    told = account(sketch("a@0").records[0], gate(keys=None, resolve_key=lambda _: public))

    assert told.verified
    assert detail(told, 5) == detail(told, 7) == "only the resolver knows"


def unsigned() -> str:
    return create_unsigned(Payload(iss="urn:a", aud="urn:b", exec_act="pay", iat=EPOCH))


def test_an_unsigned_token_fails_at_its_signature_and_has_no_header_to_look_at(gate):
    told = account(unsigned(), gate())

    assert (told.failed.number, told.refusal.code) == (6, "ECT203")
    assert {outcomes(told)[number] for number in (2, 3, 4, 5, 7)} == {NOT_DONE}


def test_an_unsigned_token_that_is_let_in_is_not_verified(gate):
    told = account(unsigned(), gate(keys=None, minimum_level="L1"))

    assert told.refusal is None
    assert told.parsed.trust is Trust.UNSIGNED
    assert not told.verified
    assert {n for n, o in outcomes(told).items() if o is NOT_DONE} >= {2, 3, 4, 5, 6, 7}


def test_a_claim_that_is_not_there_was_not_checked(gate):
    for claim, number in (("aud", 8), ("exp", 9), ("iat", 10)):
        told = account(
            sketch(f"a@0 !no-{claim}").records[0],
            gate(verifier_id="urn:v" if claim == "aud" else None),
        )

        assert told.failed.number == 11
        assert outcomes(told)[number] is NOT_DONE
        assert claim in detail(told, number)


def test_a_ledger_knows_a_replay_before_the_lineage_is_looked_at(gate):
    data, store = sketch("a@0").records[0], MemoryLedger()
    options = gate(store=store)
    store.append(verify(data, options))
    asked: list[str] = []

    for memory in (None, lambda jti: bool(asked.append(jti))):
        told = account(data, gate(store=store, jti_seen=memory))

        assert told.failed.number == 13
        assert outcomes(told)[14] is NOT_DONE
        assert asked == []


def test_a_ledger_alone_is_no_memory_of_what_was_refused(gate):
    told = account(sketch("a@0").records[0], gate(store=MemoryLedger()))

    assert outcomes(told)[13] is outcomes(told)[14] is PASSED
    assert "no replay memory" in detail(told, 13)


def test_what_is_odd_and_no_reason_to_refuse_is_remarked(gate):
    told = account(sketch("a@0 jti=7 life=5000").records[0], gate())

    assert told.verified
    assert [remark.name for remark in told.remarks] == ["not-a-uuid", "lives-too-long"]


def test_a_rule_that_breaks_establishes_nothing(gate, monkeypatch: pytest.MonkeyPatch):
    def broken(*args: Any) -> Any:
        raise RuntimeError("no")

    looks = [(code, broken if code == "ECT408" else look) for code, look in RULES._looks]
    monkeypatch.setattr(RULES, "_looks", looks)
    told = account(sketch("a@0").records[0], gate())

    assert told.refusal.code == "ECT901"
    assert told.failed is None
    assert set(outcomes(told).values()) == {NOT_DONE}


def test_the_clock_is_read_once_and_the_attempt_is_told_once(gate):
    times, attempts = [], []

    def clock() -> float:
        times.append(1)
        return EPOCH + 60

    options = gate(clock=clock, on_verify_attempt=lambda jti, error: attempts.append((jti, error)))
    account(sketch("a@0").records[0], options)

    assert len(times) == 1
    assert len(attempts) == 1
    assert attempts[0][1] is None


def test_without_anything_to_verify_with_it_is_the_callers_mistake():
    with pytest.raises(EctgraphError, match="no keys"):
        account("a.b.c", VerifyOptions())


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_the_account_and_the_gate_agree_on_every_fault(gate, fault: str):
    data = sketch(f"a@0 !{fault}").records[0]
    attempts: list[Exception | None] = []
    told = account(data, gate(on_verify_attempt=lambda _, error: attempts.append(error)))

    (error,) = attempts
    assert told.verified is (error is None)
    assert told.refusal == getattr(error, "finding", None)
