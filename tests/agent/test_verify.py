"""One token at the gate: which are taken, what the others are refused for, and who is told."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import json
import math
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.agent import verify as module
from ectgraph.agent.dag import DAGConfig
from ectgraph.agent.ledger import MemoryLedger
from ectgraph.agent.parse import Verified
from ectgraph.agent.payload import Payload
from ectgraph.agent.verify import VerifyOptions, verify
from ectgraph.encoding import compact_json, decode_base64url, encode_base64url
from ectgraph.errors import EctgraphError, VerificationError
from ectgraph.keys import KeyRing, as_key, public_jwk
from ectgraph.model import Severity, Trust
from ectgraph.policy import Agent, Policy
from ectgraph.rules import RULES
from ectgraph.signature import ORDER
from ectgraph.testing import EPOCH, jwks, private_key, seal, sketch, task_id, token

RING = KeyRing.from_jwks(jwks("agent-a", "agent-b"))
PUBLIC = private_key("agent-a").public_key()
GATE = "spiffe://example.com/gate"
(GOOD,) = sketch("a@0").records


def options(**changes: Any) -> VerifyOptions:
    """A verifier at `EPOCH` that knows both agents."""
    return VerifyOptions(**{"keys": RING, "clock": lambda: EPOCH} | changes)


def refusal_of(compact: str | bytes, given: VerifyOptions) -> VerificationError:
    with pytest.raises(VerificationError) as caught:
        verify(compact, given)
    return caught.value


def code(compact: str | bytes, given: VerifyOptions | None = None, **changes: Any) -> str | None:
    """The code that a token is refused with; `None` where it is taken."""
    try:
        verify(compact, given or options(**changes))
    except VerificationError as error:
        return error.finding.code
    return None


def made(text: str) -> bytes:
    """One token, as `sketch` writes it; an unsigned one as a gate would get it."""
    (record,) = sketch(text).records
    return encode_base64url(record) if record.startswith(b"{") else record


# What comes out


def test_a_good_token_is_taken_and_says_what_it_says():
    verified = verify(GOOD, options())

    assert type(verified) is Verified
    assert verified.trust is Trust.VERIFIED
    assert verified.token.jti == verified.payload.jti == task_id("a")
    assert verified.payload.verified is verified
    assert (verified.raw, verified.compact) == (GOOD, GOOD.decode())
    assert verified.entry.trust is Trust.VERIFIED


@pytest.mark.parametrize("form", [bytes, bytes.decode, bytearray, memoryview])
def test_text_and_bytes_are_taken_alike(form):
    assert verify(form(GOOD), options()).raw == GOOD


@pytest.mark.parametrize("around", ["\n{}", "{}\n", " {}", "{} ", "\ufeff{}", '"{}"'])
def test_a_token_is_its_characters_and_none_around_them(around):
    assert code(around.format(GOOD.decode())) in {"ECT003", "ECT001"}


def test_what_only_warns_is_taken_and_told():
    verified = verify(made("a@0 jti=7 life=901"), options())

    assert [found for found, _ in verified.hits] == ["ECT112", "ECT406"]


def test_an_error_tells_the_finding_as_the_linter_would():
    drawn = sketch("a@0 !flipped")
    (finding,) = drawn.lint().findings
    raised = refusal_of(drawn.records[0], options()).finding

    assert raised.places[0].sha256 == hashlib.sha256(drawn.records[0]).hexdigest()
    for name in ("code", "name", "severity", "message", "advice", "cites", "fingerprint", "jti"):
        assert getattr(raised, name) == getattr(finding, name)


# The shared vectors


@pytest.fixture(scope="module")
def vector_keys(shared: Path) -> KeyRing:
    return KeyRing.from_jwks(json.loads((shared / "vectors" / "tokens.json").read_bytes())["keys"])


def own_time(compact: str) -> float:
    """A token's `iat`; any time when it has none that can be read."""
    try:
        iat = json.loads(decode_base64url(compact.encode().split(b".")[1]))["iat"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return 0
    return iat if type(iat) in (int, float) else 0


def test_a_vector_is_refused_for_one_of_its_errors_or_taken(vector_keys, vector):
    compact = vector["token"]
    seen = code(compact, keys=vector_keys, clock=lambda: own_time(compact))

    assert seen in vector["errors"] if vector["errors"] else seen is None


# Tokens that somebody changed

ORIGINALS = [
    made(text)
    for text in (
        "a@0",
        "b@0<a pol=p pol_decision=approved by=agent-b",
        'c@0 draft=01 ext={"exec_time_ms":5} life=900',
        f"d@0<a,b wid= out_hash={43 * 'A'}",
    )
]
MEMBERS = {"alg": "none", "typ": "JWT", "kid": "agent-b", "crit": ["b64"], "jwk": {}, "x": 1}
CLAIMS = {"iss": "x", "aud": "y", "iat": EPOCH + 1, "exp": EPOCH + 999, "jti": "7", "par": ["q"]}


def changed(choose: random.Random) -> bytes:
    """A good token, changed in one or two places: bytes, characters, parts, members."""
    compact = choose.choice(ORIGINALS)
    for _ in range(choose.randint(1, 2)):
        compact = choose.choice(CHANGES)(choose, compact)
    return compact


def place(choose: random.Random, last: int) -> int:
    """A number up to the last; in one case of four it is the first or the last."""
    return choose.choice([choose.randint(0, last)] * 6 + [0, last])


def flip(choose: random.Random, compact: bytes) -> bytes:
    at = place(choose, max(0, 8 * len(compact) - 1))
    return (int.from_bytes(compact) ^ (1 << at)).to_bytes(max(1, len(compact)))


def splice(choose: random.Random, compact: bytes) -> bytes:
    """Cut something out, put something in."""
    start = place(choose, len(compact))
    end = start + choose.choice([0, 0, 1, 2, 4, 40])
    odd = [b"", b"A", b"=", b".", b"+", b"\n", b"\xed\xa0\x80", b"AAAA", choose.randbytes(2)]
    return compact[:start] + choose.choice(odd) + compact[end:]


def swap(choose: random.Random, compact: bytes) -> bytes:
    """Put parts of two tokens together, in any order."""
    pool = compact.split(b".") + choose.choice(ORIGINALS).split(b".")
    return b".".join(choose.choices(pool, k=choose.choice([3, 3, 3, 2, 4, 1])))


def rewrite(choose: random.Random, compact: bytes) -> bytes:
    """Change a member of the header or of the claims, and keep the signature."""
    parts = compact.split(b".")
    number = choose.randint(0, min(1, len(parts) - 1))
    try:
        value = json.loads(decode_base64url(parts[number]))
    except ValueError:
        return compact
    if not isinstance(value, dict) or not value:
        return compact
    name, new = choose.choice([*MEMBERS.items(), *CLAIMS.items()])
    dropped = choose.choice(list(value))
    kept = {key: item for key, item in value.items() if key != dropped}
    text = compact_json(choose.choice([value | {name: new}, kept, value]))
    parts[number] = encode_base64url(text + choose.choice([b"", b" ", b"\t\n"]))
    return b".".join(parts)


CHANGES: list[Callable[[random.Random, bytes], bytes]] = [flip, splice, swap, rewrite]


def test_a_changed_token_is_refused_and_never_breaks_the_gate():
    """Drawn by `random`: to draw so many takes hypothesis ten times as long as to verify them."""
    drawn = {changed(random.Random(number)) for number in range(20_000)}  # noqa: S311
    given = options()

    assert len(drawn) > 10_000
    assert {compact for compact in drawn if code(compact, given) is None} <= set(ORIGINALS)
    assert all(code(compact, given) is None for compact in ORIGINALS)


@given(compact=st.binary(max_size=60) | st.text().map(lambda text: text.encode("utf-8", "replace")))
def test_neither_do_any_bytes(compact):
    assert code(compact) in {"ECT001", "ECT003", "ECT004"}


@given(compact=st.text(st.characters(categories=["Cs", "Lu"]), max_size=20))
def test_nor_lone_surrogates(compact):
    assert code(compact) in {"ECT001", "ECT003"}


def twin(compact: bytes) -> bytes:
    """The other signature that fits, which anybody can make of the first: s becomes n - s."""
    signing_input, _, mark = compact.rpartition(b".")
    r, s = decode_base64url(mark)[:32], int.from_bytes(decode_base64url(mark)[32:])
    return signing_input + b"." + encode_base64url(r + (ORDER - s).to_bytes(32))


def test_the_one_other_form_of_a_token_is_no_second_task():
    store = MemoryLedger()
    given = options(store=store)
    assert code(twin(GOOD), given) is None

    store.append(verify(GOOD, given))

    assert code(GOOD, given) == "ECT301"
    assert code(twin(GOOD), given) == "ECT302"
    assert code(twin(GOOD), jti_seen=lambda _: True) == "ECT301"


# The steps, and their order

BOUND = jwks("agent-a")["keys"][0] | {"iss": "spiffe://example.com/agent/agent-a"}
REVOKED = BOUND | {"revoked_at": EPOCH - 2000}
STEP_BY_STEP: dict[int, tuple[str, str]] = {
    1: ("ECT005", "!twice"),
    2: ("ECT101", "typ=JWT"),
    3: ("ECT102", "alg=none"),
    4: ("ECT202", "kid=nobody"),
    5: ("ECT206", "a key that was revoked"),
    6: ("ECT201", "!flipped"),
    7: ("ECT205", "iss=spiffe://example.com/agent/other"),
    8: ("ECT122", "aud=other"),
    9: ("ECT408", "an exp that has passed"),
    10: ("ECT408", "an iat that is too old"),
    11: ("ECT110", "no exec_act"),
    12: ("ECT113", "inp_hash=abc"),
    13: ("ECT301", "seen before"),
    14: ("ECT303", "a parent that nobody knows"),
}
"""For each step, the code and what is done to a token that fails it."""
ORDER_OF_STEPS = [*range(1, 13), 14, 13]
"""A token is asked for in the cache last: what is refused for its lineage may come again."""


def spoilt(*steps: int) -> tuple[bytes, VerifyOptions]:
    """A token, and a verifier, of which these steps fail and no others."""
    iat = EPOCH - 901 if 10 in steps else EPOCH - 700
    claims: dict[str, Any] = {
        "iss": "spiffe://example.com/agent/" + ("other" if 7 in steps else "agent-a"),
        "aud": "other" if 8 in steps else GATE,
        "iat": iat,
        "exp": EPOCH - 31 if 9 in steps else EPOCH - 30,
        "jti": task_id("a"),
        "exec_act": "pay",
        "par": [task_id("b")] if 14 in steps else [],
    }
    if 11 in steps:
        del claims["exec_act"]
    if 12 in steps:
        claims["inp_hash"] = "abc"
    header = {
        "alg": "none" if 3 in steps else "ES256",
        "typ": "JWT" if 2 in steps else "wimse-exec+jwt",
        "kid": "nobody" if 4 in steps else "agent-a",
    }
    payload = compact_json(claims)
    if 1 in steps:
        payload = payload[:-1] + b',"jti":"again"}'
    compact = seal(compact_json(header), payload, "a stranger" if 6 in steps else "agent-a")
    given = options(
        keys=KeyRing.from_jwks({"keys": [REVOKED if 5 in steps else BOUND]}),
        verifier_id=GATE,
        store=MemoryLedger(),
        jti_seen=lambda _: 13 in steps,
    )
    return compact, given


def test_a_token_that_fails_no_step_is_taken():
    assert code(*spoilt()) is None


@pytest.mark.parametrize("step", STEP_BY_STEP)
def test_a_step_that_fails_alone_has_its_code(step):
    assert code(*spoilt(step)) == STEP_BY_STEP[step][0]


TOGETHER = [
    (first, second)
    for number, first in enumerate(ORDER_OF_STEPS)
    for second in ORDER_OF_STEPS[number + 1 :]
    if (first, second) != (5, 6)  # a signature that does not fit shows no key that was used
]


@pytest.mark.parametrize(("first", "second"), TOGETHER)
def test_of_two_steps_that_fail_the_earlier_one_is_told(first, second):
    seen = refusal_of(*spoilt(first, second)).finding

    assert seen.code == STEP_BY_STEP[first][0]
    if {first, second} == {9, 10}:
        assert "exp" in seen.evidence


@pytest.mark.parametrize("number", range(len(ORDER_OF_STEPS)))
def test_of_all_steps_from_one_on_the_first_is_told(number):
    steps = [step for step in ORDER_OF_STEPS[number:] if step != 6 or number >= 5]

    assert code(*spoilt(*steps)) == STEP_BY_STEP[ORDER_OF_STEPS[number]][0]


def test_a_bad_signature_is_told_and_not_that_the_key_was_revoked():
    assert code(*spoilt(5, 6)) == "ECT201"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a@0 !padded", "ECT003"),
        ("a@0 !trailing-bits", "ECT003"),
        ("a@0 !nan", "ECT004"),
        ("a@0 !cut", "ECT004"),
        ("a@0 !nested", "ECT004"),
        ("a@0 !oversized", "ECT002"),
        ("a@0 !crit", "ECT104"),
        ("a@0 kid=", "ECT103"),
        ("a@0 alg=HS256", "ECT102"),
        ("a@0 !short", "ECT201"),
        ("a@0 !stranger", "ECT201"),
        ("a@0 !unsigned", "ECT203"),
        ("a@0 !iat-string", "ECT111"),
        ("a@0 !two-lists", None),
        ("a@0<b !two-lists", "ECT117"),
        ("a@0 !no-jti", "ECT110"),
        ("a@0 pol=p pol_decision=ok", "ECT119"),
        ("a@0 pol=p", "ECT120"),
        ("a@0 sub=x", "ECT121"),
        ("a@0 life=0", "ECT405"),
        ("a@0 !ext-large", None),
        ("a@0 draft=01 !ext-large", "ECT115"),
        ("a@0<a", "ECT304"),
        ("a@0<b,b", None),
    ],
)
def test_every_other_fault_has_its_code(text, expected):
    assert code(made(text)) == expected


# Times


@pytest.mark.parametrize(
    ("now", "expected"),
    [(629, None), (630, None), (630.001, "exp"), (631, "exp"), (10**6, "exp")],
)
def test_an_exp_may_have_passed_by_30_seconds_and_not_a_moment_more(now, expected):
    assert_outside(made("a@0"), EPOCH + now, expected)


@pytest.mark.parametrize("leeway", [0, 5])
def test_the_leeway_is_the_verifiers_choice(leeway):
    assert code(GOOD, clock=lambda: EPOCH + 600 + leeway, leeway=leeway) is None
    assert code(GOOD, clock=lambda: EPOCH + 600.5 + leeway, leeway=leeway) == "ECT408"


def test_how_late_a_parent_may_be_has_nothing_to_do_with_expiry():
    assert code(GOOD, clock=lambda: EPOCH + 631, dag=DAGConfig(clock_skew=900)) == "ECT408"
    assert code(GOOD, clock=lambda: EPOCH + 630, dag=DAGConfig(clock_skew=0)) is None


def test_a_copy_of_options_does_not_verify_by_the_originals():
    seen: set[str] = set()

    def remember(jti: str) -> bool:
        known = jti in seen
        seen.add(jti)
        return known

    keys = KeyRing.from_jwks(jwks("agent-a"))
    first = VerifyOptions(keys=keys, clock=lambda: EPOCH, jti_seen=remember)
    verify(GOOD, first)
    other = copy.copy(first)
    first.jti_seen = None

    assert verify(GOOD, first).token.jti in seen
    with pytest.raises(VerificationError, match="ECT301"):
        verify(GOOD, other)


@pytest.mark.parametrize(
    ("now", "expected"), [(899.5, None), (900, None), (900.001, "iat"), (901, "iat")]
)
def test_a_token_is_taken_for_900_seconds_and_not_a_moment_more(now, expected):
    assert_outside(made("a@0 life=5000"), EPOCH + now, expected)


@pytest.mark.parametrize(
    ("now", "expected"), [(0, None), (-30, None), (-30.001, "iat"), (-31, "iat"), (-(10**6), "iat")]
)
def test_an_iat_may_lie_30_seconds_ahead_and_not_a_moment_more(now, expected):
    assert_outside(made("a@0"), EPOCH + now, expected)


def assert_outside(compact: bytes, now: float, expected: str | None) -> None:
    """Check that a token is inside its time, or which of its times it is outside of."""
    given = options(clock=lambda: now)
    if expected is None:
        assert verify(compact, given).raw == compact
        return
    finding = refusal_of(compact, given).finding
    assert finding.code == "ECT408"
    assert finding.evidence.keys() == {"at", expected}
    assert finding.evidence["at"] == now


def test_how_old_and_how_far_ahead_can_be_chosen():
    assert code(GOOD, clock=lambda: EPOCH + 60, iat_max_age=60) is None
    assert code(GOOD, clock=lambda: EPOCH + 61, iat_max_age=60) == "ECT408"
    assert code(GOOD, clock=lambda: EPOCH - 60, iat_max_future=60) is None
    assert code(GOOD, clock=lambda: EPOCH - 61, iat_max_future=60) == "ECT408"
    assert code(GOOD, clock=lambda: EPOCH - 1, iat_max_future=0) == "ECT408"


def ticking() -> Iterator[int]:
    yield from range(EPOCH, EPOCH + 99)


@pytest.mark.parametrize("text", ["a@0<p", "a@0 !flipped", "a@0 !cut", "a@0<q"])
def test_the_clock_is_read_once_for_each_token(text):
    store = MemoryLedger()
    store.append(verify(made("p@0"), options()))
    clock = ticking()
    given = options(store=store, clock=lambda: next(clock), on_verify_attempt=lambda *_: None)

    code(made(text), given)
    code(made(text), given)

    assert next(clock) == EPOCH + 2


def test_a_clock_that_is_broken_lets_nothing_pass():
    def broken() -> float:
        raise OSError("no clock")

    with pytest.raises(OSError, match="no clock"):
        verify(GOOD, options(clock=broken))


@pytest.mark.parametrize("now", [float("nan"), float("inf"), float("-inf")])
def test_nor_does_one_that_tells_no_time(refusal, now):
    assert "the clock says" in refusal(verify, GOOD, options(clock=lambda: now))


# For whom


@pytest.mark.parametrize(
    ("aud", "expected"),
    [
        (GATE, None),
        ([GATE], None),
        (["other", GATE], None),
        ("other", "ECT122"),
        (["other"], "ECT122"),
        (GATE + "/", "ECT122"),
        (GATE.upper(), "ECT122"),
        (GATE[:-1], "ECT122"),
        ([], "ECT111"),
        (None, "ECT111"),
        ({GATE: 1}, "ECT111"),
    ],
)
def test_a_token_is_for_who_is_named_in_aud(claims, aud, expected):
    compact = token({**claims(), "aud": aud}, "agent-a")

    assert code(compact, verifier_id=GATE) == expected


def test_who_says_no_name_takes_tokens_for_anybody():
    assert code(made("a@0 aud=other")) is None
    assert code(made("a@0 aud=other"), verifier_id="") == "ECT122"


# UUIDs


@pytest.mark.parametrize("text", ["a@0 jti=7", "a@0 jti={550e8400-e29b-41d4-a716-446655440000}"])
def test_uuids_are_asked_for_where_that_is_wanted(text):
    assert code(made(text)) is None
    assert code(made(text), validate_uuids=True) == "ECT112"


def test_a_workflow_is_a_uuid_as_well(claims):
    compact = token(claims(wid="w"), "agent-a")

    assert code(compact) is None
    assert code(compact, validate_uuids=True) == "ECT112"
    assert code(GOOD, validate_uuids=True) is None


# Keys


def pem() -> bytes:
    return PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


JWK = public_jwk(PUBLIC, "agent-a")
MATERIAL = [PUBLIC, pem(), pem().decode(), JWK, {**JWK, "kid": "other"}, as_key(JWK, "agent-a")]


@pytest.mark.parametrize("material", MATERIAL, ids=range(len(MATERIAL)))
def test_a_resolver_may_give_a_key_in_any_form(material):
    given = options(keys=None, resolve_key={"agent-a": material}.get)

    assert code(GOOD, given) is None
    assert code(made("a@0 by=agent-b"), given) == "ECT202"
    assert code(made("a@0 !flipped"), given) == "ECT201"


def test_a_dictionary_is_a_resolver():
    given = options(keys=None, resolve_key={"agent-a": PUBLIC}.__getitem__)

    assert code(GOOD, given) is None
    assert code(made("a@0 kid=x"), given) == "ECT202"


def test_a_resolver_is_asked_each_time_and_only_for_the_kid_of_the_header():
    asked: list[str] = []

    def resolve(kid: str) -> Any:
        asked.append(kid)
        return PUBLIC if len(asked) == 1 else None

    given = options(keys=None, resolve_key=resolve)

    assert code(GOOD, given) is None
    assert code(GOOD, given) == "ECT202"
    for text in ("a@0 kid=", "a@0 alg=none", "a@0 typ=JWT", "a@0 !crit", "a@0 !twice"):
        code(made(text), given)
    assert asked == ["agent-a", "agent-a"]


def test_a_resolver_that_fails_is_heard_and_lets_nothing_pass():
    told: list[Any] = []

    def resolve(kid: str) -> Any:
        raise ConnectionError(f"no key server for {kid}")

    given = options(
        keys=None, resolve_key=resolve, on_verify_attempt=lambda *attempt: told.append(attempt)
    )
    with pytest.raises(ConnectionError, match="no key server for agent-a") as caught:
        verify(GOOD, given)

    assert told == [(None, caught.value)]


P384 = ec.derive_private_key(7**99, ec.SECP384R1()).public_key()


@pytest.mark.parametrize(
    "material",
    [P384, rsa.RSAPublicNumbers(65537, 3**900 | 1).public_key()],
    ids=["p384", "rsa"],
)
def test_a_key_of_another_kind_verifies_nothing(material):
    assert code(GOOD, keys=None, resolve_key=lambda _: material) == "ECT201"


@pytest.mark.parametrize("material", [5, "", b"junk", {}, [], b"secret", private_key("agent-a")])
def test_a_resolver_that_gives_no_public_key_is_the_callers_mistake(refusal, material):
    message = refusal(verify, GOOD, options(keys=None, resolve_key=lambda _: material))

    assert "'agent-a' is no public key" in message


def test_a_key_in_the_token_is_never_used():
    stranger = private_key("a stranger").public_key()
    header = {"alg": "ES256", "typ": "exec+jwt", "kid": "stranger"}
    header |= {"jwk": public_jwk(stranger, "stranger"), "jku": "https://example.com/keys"}

    assert code(token({"jti": "a"}, "a stranger", header)) == "ECT202"


def test_keys_under_one_kid_take_turns():
    old, new = (
        public_jwk(private_key(name), "agent-a") | bounds
        for name, bounds in (
            ("agent-a", {"exp": EPOCH + 1}),
            ("next", {"nbf": EPOCH + 1}),
        )
    )
    given = options(keys=KeyRing.from_jwks({"keys": [old, new]}))
    header = {"alg": "ES256", "typ": "wimse-exec+jwt", "kid": "agent-a"}

    def signed(signer: str, at: int) -> bytes:
        claims = json.loads(decode_base64url(made(f"a@{at}").split(b".")[1]))
        return token(claims, signer, header)

    assert code(signed("agent-a", 0), given) is None
    assert code(signed("next", 1), given) is None
    assert code(signed("next", 0), given) == "ECT206"
    assert code(signed("agent-a", 1), given) == "ECT206"
    assert code(signed("a stranger", 0), given) == "ECT201"


@pytest.mark.parametrize("form", ["ring", "resolver"])
@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({"iss": "spiffe://example.com/agent/agent-a"}, None),
        ({"iss": "spiffe://example.com/agent/other"}, "ECT205"),
        ({"revoked_at": EPOCH + 1}, None),
        ({"revoked_at": EPOCH}, "ECT206"),
        ({"nbf": EPOCH}, None),
        ({"nbf": EPOCH + 1}, "ECT206"),
        ({"exp": EPOCH + 1}, None),
        ({"exp": EPOCH}, "ECT206"),
    ],
)
def test_a_key_signs_for_its_owner_in_its_time(form, bounds, expected):
    jwk = JWK | bounds
    ring = KeyRing.from_jwks({"keys": [jwk]})
    keys = {"keys": ring} if form == "ring" else {"keys": None, "resolve_key": lambda _: jwk}

    assert code(GOOD, **keys) == expected


def test_a_key_that_is_revoked_between_two_tokens_is_revoked_for_the_second():
    jwk = dict(JWK)
    given = options(keys=None, resolve_key=lambda _: jwk)
    assert code(GOOD, given) is None

    jwk["revoked_at"] = EPOCH

    assert code(GOOD, given) == "ECT206"


def test_without_keys_there_is_no_verifying(refusal):
    told: list[Any] = []
    bare = VerifyOptions(on_verify_attempt=lambda *attempt: told.append(attempt))

    assert "no keys to verify with" in refusal(verify, GOOD, bare)
    assert told == []  # nothing was attempted


def test_a_key_ring_without_keys_knows_no_key():
    assert code(GOOD, keys=KeyRing()) == "ECT202"


def test_a_key_ring_comes_before_a_resolver():
    assert code(GOOD, resolve_key=lambda _: P384) is None


# Levels


def unsigned(text: str = "a@0 draft=01") -> bytes:
    return made(f"{text} !unsigned")


def test_an_unsigned_token_is_taken_where_somebody_said_so():
    verified = verify(unsigned(), options(minimum_level="L1"))

    assert (verified.trust, verified.token.level) == (Trust.UNSIGNED, "L1")
    assert code(unsigned()) == "ECT203"


def test_where_unsigned_tokens_are_taken_no_keys_are_needed_for_them():
    bare = VerifyOptions(minimum_level="L1", clock=lambda: EPOCH)

    assert code(unsigned(), bare) is None
    assert code(GOOD, bare) == "ECT202"


def test_a_signed_token_is_held_to_its_signature_where_unsigned_ones_are_taken():
    given = options(minimum_level="L1")

    assert code(GOOD, given) is None
    for text in ("a@0 !flipped", "a@0 !short", "a@0 !stranger"):
        assert code(made(text), given) == "ECT201"
    assert code(made("a@0 kid=x"), given) == "ECT202"
    assert code(made("a@0 alg=none"), given) == "ECT102"
    assert code(made("a@0 kid="), given) == "ECT103"


_, BODY, MARK = GOOD.split(b".")


@pytest.mark.parametrize(
    "compact",
    [
        *(b"." + BODY + b".", b"e30." + BODY + b".", BODY + b".", BODY + b"..", b"." + BODY),
        *(b".." + BODY, BODY + b"." + MARK, BODY + b"." + BODY + b"." + BODY),
        *(BODY + b"...", BODY + b"=", BODY + b"\n", b" " + BODY, BODY[:-1], b'"' + BODY + b'"'),
        *(decode_base64url(BODY), encode_base64url(BODY), encode_base64url(b"[" * 9 + b"]" * 9)),
        encode_base64url(b'{"jti":"a","jti":"b"' + decode_base64url(BODY)[1:]),
    ],
    ids=range(18),
)
def test_a_broken_jws_is_never_read_as_unsigned_claims(compact):
    given = options(minimum_level="L1")

    assert code(BODY, given) is None
    assert code(compact, given) in {"ECT001", "ECT003", "ECT004", "ECT005", "ECT101"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a@0 !unsigned life=0", "ECT405"),
        ("a@0 !unsigned sub=x", "ECT121"),
        ("a@-901 life=5000 !unsigned", "ECT408"),
        ("a@0 jti= !unsigned", "ECT110"),
        ("a@0 aud=other !unsigned", "ECT122"),
    ],
)
def test_an_unsigned_token_is_held_to_everything_else(text, expected):
    given = options(minimum_level="L1", verifier_id="spiffe://example.com/ledger")

    assert code(made(text), given) == expected


# No choice makes a signature fit


@dataclasses.dataclass(frozen=True, kw_only=True)
class Lax(DAGConfig):
    """Somebody who would rather not hear of anything."""

    def policy(self, policy: Policy) -> Policy:
        codes = dict.fromkeys(RULES, Severity.NOTE)
        return Policy(at=policy.at, minimum_level=policy.minimum_level, severities=codes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a@0 !flipped", "ECT201"),
        ("a@0 !stranger", "ECT201"),
        ("a@0 kid=x", "ECT202"),
        ("a@0 kid=", "ECT103"),
        ("a@0 alg=none", "ECT102"),
        ("a@0 typ=JWT", "ECT101"),
        ("a@0 !crit", "ECT104"),
        ("a@0 !unsigned", "ECT203"),
        ("a@0 !twice", "ECT005"),
        ("a@0 !padded", "ECT003"),
        ("a@0 !cut", "ECT004"),
        ("a@0 !oversized", "ECT002"),
    ],
)
def test_no_severity_makes_an_unverified_token_pass(text, expected):
    error = refusal_of(made(text), options(dag=Lax()))

    assert (error.finding.code, error.finding.severity) == (expected, "note")


@pytest.mark.parametrize("bounds", [{"iss": "other"}, {"revoked_at": EPOCH}])
def test_nor_one_whose_key_was_not_good_for_it(bounds):
    ring = KeyRing.from_jwks({"keys": [JWK | bounds]})

    assert code(GOOD, keys=ring, dag=Lax()) in {"ECT205", "ECT206"}


def test_but_it_may_pass_what_verified():
    assert code(made("a@0 life=0"), dag=Lax()) is None


# Seen before


def test_a_jti_is_asked_for_once_and_only_when_all_else_is_well():
    asked: list[str] = []

    def seen(jti: str) -> bool:
        asked.append(jti)
        return len(asked) > 1

    given = options(jti_seen=seen, store=MemoryLedger(), verifier_id="spiffe://example.com/ledger")
    for text in (
        *("a@0 !flipped", "a@0 !cut", "a@0 aud=other", "a@-901", "a@0 life=0", "a@0 !no-exp"),
        *("a@0<z", "a@0<a", "a@0 inp_hash=x"),
    ):
        assert code(made(text), given) not in {None, "ECT301"}
    assert asked == []

    assert code(GOOD, given) is None
    assert asked == [task_id("a")]
    assert code(GOOD, given) == "ECT301"
    assert asked == [task_id("a")] * 2


def test_a_token_refused_for_its_lineage_may_come_again():
    remembered: set[str] = set()

    def seen(jti: str) -> bool:
        known = jti in remembered
        remembered.add(jti)
        return known

    store = MemoryLedger()
    given = options(jti_seen=seen, store=store)
    parent, child = sketch("a@0; b@0<a").records

    assert code(child, given) == "ECT303"
    store.append(verify(parent, given))
    assert code(child, given) is None
    assert code(child, given) == "ECT301"


def test_a_cache_that_fails_lets_nothing_pass():
    def seen(jti: str) -> bool:
        raise TimeoutError("the cache is down")

    with pytest.raises(TimeoutError):
        verify(GOOD, options(jti_seen=seen))


@pytest.mark.parametrize("answer", [None, 0, 1, "", "no"])
def test_a_cache_that_says_neither_yes_nor_no_lets_nothing_pass(refusal, answer):
    assert "True or False" in refusal(verify, GOOD, options(jti_seen=lambda _: answer))


# Who wants to know


def attempts(compact: bytes, **changes: Any) -> list[tuple[str | None, Exception | None]]:
    told: list[tuple[str | None, Exception | None]] = []
    given = options(on_verify_attempt=lambda *attempt: told.append(attempt), **changes)
    code(compact, given)
    return told


def test_an_attempt_that_went_well_is_told_with_its_jti():
    assert attempts(GOOD) == [(task_id("a"), None)]


@pytest.mark.parametrize(
    ("text", "jti", "expected"),
    [
        ("a@0 !flipped", task_id("a"), "ECT201"),
        ("a@0 kid=x", task_id("a"), "ECT202"),
        ("a@0 jti=", None, "ECT110"),
        ("a@0 !cut", None, "ECT004"),
        ("a@0<b", task_id("a"), "ECT303"),
    ],
)
def test_an_attempt_that_failed_is_told_once_with_the_error_that_is_raised(text, jti, expected):
    told: list[Any] = []
    given = options(store=MemoryLedger(), on_verify_attempt=lambda *attempt: told.append(attempt))
    error = refusal_of(made(text), given)

    assert told == [(jti, error)]
    assert error.finding.code == expected


def test_who_was_seen_before_is_told_as_refused():
    ((jti, error),) = attempts(GOOD, jti_seen=lambda _: True)

    assert jti == task_id("a")
    assert isinstance(error, VerificationError)


@pytest.mark.parametrize("name", ["jti_seen", "store", "clock"])
def test_an_attempt_that_broke_off_is_told_too(name):
    told: list[Any] = []

    class Down:
        def get(self, jti: str, _: str | None = None) -> None:
            raise TimeoutError(jti)

        def __call__(self, *_: Any) -> None:
            raise TimeoutError

    given = options(**{name: Down()}, on_verify_attempt=lambda *attempt: told.append(attempt))
    with pytest.raises(TimeoutError) as caught:
        verify(GOOD, given)

    assert told == [(None if name == "clock" else task_id("a"), caught.value)]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_an_attempt_that_somebody_stopped_is_no_success(stop):
    told: list[Any] = []

    def seen(jti: str) -> bool:
        raise stop

    given = options(jti_seen=seen, on_verify_attempt=lambda *attempt: told.append(attempt))
    with pytest.raises(stop):
        verify(GOOD, given)

    assert told == []


@pytest.mark.parametrize("compact", [GOOD, made("a@0 !flipped")], ids=["good", "bad"])
def test_a_listener_that_fails_is_heard_once_and_lets_nothing_pass(compact):
    calls: list[Any] = []

    def listen(jti: str | None, error: Exception | None) -> None:
        calls.append((jti, error))
        raise OSError("the audit log is full")

    with pytest.raises(OSError, match="the audit log is full") as caught:
        verify(compact, options(on_verify_attempt=listen))

    assert len(calls) == 1
    assert caught.value.__context__ is calls[0][1]


# Options


def test_the_defaults_are_those_of_the_reference_implementation():
    given = VerifyOptions()

    assert (given.iat_max_age, given.iat_max_future, given.minimum_level) == (900, 30, "L2")
    assert (given.verifier_id, given.validate_uuids, given.store) == (None, False, None)
    assert given.dag == DAGConfig()


CHANGED: list[tuple[str, Any, str]] = [
    ("verifier_id", GATE, "ECT122"),
    ("keys", KeyRing(), "ECT202"),
    ("jti_seen", lambda _: True, "ECT301"),
    ("validate_uuids", True, "ECT112"),
    ("iat_max_age", -1, "ECT408"),
    ("iat_max_future", -1, "ECT408"),
    ("clock", lambda: 0, "ECT408"),
    ("store", MemoryLedger(), "ECT303"),
    ("dag", DAGConfig(max_parents=0), "ECT502"),
]


@pytest.mark.parametrize(("name", "value", "expected"), CHANGED, ids=[c[0] for c in CHANGED])
def test_an_option_that_is_set_later_counts_from_then_on(name, value, expected):
    compact = made("a@0<b jti=7")
    given = options()
    before = getattr(given, name)

    assert code(compact, given) is None
    setattr(given, name, value)
    assert code(compact, given) == expected
    setattr(given, name, before)
    assert code(compact, given) is None


def test_a_resolver_and_a_level_that_are_set_later_count_from_then_on():
    given = options()
    assert code(unsigned(), given) == "ECT203"

    given.minimum_level = "L1"
    assert code(unsigned(), given) is None
    given.minimum_level = "L2"
    given.keys, given.resolve_key = None, {"agent-a": PUBLIC}.get
    assert code(GOOD, given) is None
    assert code(made("a@0 by=agent-b"), given) == "ECT202"
    given.resolve_key = None
    with pytest.raises(EctgraphError, match="no keys"):
        verify(GOOD, given)


def test_a_listener_that_is_set_later_hears_from_then_on():
    told: list[Any] = []
    given = options()
    verify(GOOD, given)
    given.on_verify_attempt = lambda *attempt: told.append(attempt)
    verify(GOOD, given)

    assert told == [(task_id("a"), None)]


def test_what_is_accepted_of_a_lineage_is_changed_as_a_whole():
    with pytest.raises(dataclasses.FrozenInstanceError):
        options().dag.clock_skew = 5


def test_keys_are_loaded_once_for_many_tokens():
    given = options()
    gate = given.gate

    assert [code(GOOD, given) for _ in range(5)] == [None] * 5
    assert given.gate is gate
    given.iat_max_age = 5
    assert given.gate is not gate


def test_several_threads_may_share_a_verifier():
    given = options(verifier_id="spiffe://example.com/ledger")
    texts = ["a@0", "b@0 by=agent-b", "c@0 draft=01", "d@0 !flipped", "e@0 !cut", "f@0 kid=x"] * 50
    expected = [None, None, None, "ECT201", "ECT004", "ECT202"] * 50

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda text: code(made(text), given), texts)) == expected


# A rule that fails


@pytest.mark.parametrize("text", ["a@0 !flipped", "a@0 kid=x", "a@0 alg=none", "a@0 !unsigned"])
def test_a_token_that_did_not_verify_does_not_pass_even_if_no_rule_says_why(monkeypatch, text):
    monkeypatch.setattr(module, "judge", lambda *_: ())
    given = options()

    assert verify(GOOD, given).raw == GOOD
    with pytest.raises((VerificationError, LookupError)):
        verify(made(text), given)


def test_a_rule_that_raises_lets_nothing_pass(monkeypatch):
    def raises(token: Any, policy: Any) -> Any:
        raise LookupError(token.exec_act)

    monkeypatch.setattr(RULES, "_looks", [("ECT113", raises), *RULES._looks])

    finding = refusal_of(GOOD, options()).finding
    assert (finding.code, finding.severity) == ("ECT901", Severity.FATAL)
    assert "ECT113 failed: LookupError: a" in finding.message
    assert code(GOOD, dag=Lax()) == "ECT901"


def test_the_usage_example_of_the_reference_implementation_takes_a_token():
    store = MemoryLedger(clock=lambda: EPOCH)
    given = options(keys=None, resolve_key=lambda kid: PUBLIC if kid == "agent-a" else None)
    given.verifier_id, given.store = "spiffe://example.com/ledger", store

    parsed = verify(GOOD.decode(), given)
    store.append(GOOD.decode(), parsed.payload)

    assert isinstance(parsed.payload, Payload)
    assert store.get(task_id("a")).trust is Trust.VERIFIED


# Mistakes of whoever runs the gate


@pytest.mark.parametrize("now", [math.nan, math.inf, -math.inf])
def test_a_clock_that_tells_no_time_lets_nothing_pass(refusal, now):
    options = VerifyOptions(keys=KeyRing.from_jwks(jwks("agent-a")), clock=lambda: now)

    message = refusal(verify, sketch("a@0").records[0], options)

    assert "the clock says" in message


@pytest.mark.parametrize("answer", [None, 0, 1, "", "new"])
def test_a_replay_memory_that_says_neither_true_nor_false_lets_nothing_pass(refusal, answer):
    options = VerifyOptions(
        keys=KeyRing.from_jwks(jwks("agent-a")), clock=lambda: EPOCH, jti_seen=lambda _: answer
    )

    message = refusal(verify, sketch("a@0").records[0], options)

    assert "True or False" in message
    assert repr(answer) in message


@pytest.mark.parametrize("junk", [None, 5, 1.5, ["a.b.c"], {"ect": "a.b.c"}])
def test_what_is_neither_text_nor_bytes_is_the_callers_mistake(refusal, junk):
    options = VerifyOptions(keys=KeyRing.from_jwks(jwks("agent-a")), clock=lambda: EPOCH)

    assert "text or bytes" in refusal(verify, junk, options)


# A policy of the workflow


def test_an_agent_that_may_not_do_it_is_refused_without_a_store():
    policy = Policy(agents=(Agent(iss="*/agent-b", may=("*",)),))

    assert code(GOOD, policy=policy) == "ECT711"
    assert code(GOOD, policy=Policy(agents=(Agent(iss="*/agent-a", may=("a",)),))) is None


@pytest.mark.parametrize(
    ("policy", "late", "changes", "expected"),
    [
        (Policy(max_age=100), 101, {}, "ECT408"),
        (Policy(max_age=100), 100, {}, None),
        (Policy(max_age=100), 101, {"iat_max_age": 200}, None),
        (Policy(max_age=100), 101, {"iat_max_age": 900}, "ECT408"),
        (Policy(max_age=500), 101, {"iat_max_age": 50}, "ECT408"),
        (Policy(leeway=500), 1000, {"iat_max_age": 5000}, None),
        (Policy(algorithms=("EdDSA",)), 0, {}, "ECT102"),
        (Policy(max_lifetime=10, severities={"ECT406": Severity.ERROR}), 0, {}, "ECT406"),
    ],
)
def test_an_option_that_is_set_comes_before_the_policy(policy, late, changes, expected):
    given = options(policy=policy, clock=lambda: EPOCH + late, **changes)

    assert code(GOOD, given) == expected


def test_a_policy_may_take_unsigned_tokens_and_then_no_keys_are_needed():
    unsigned = encode_base64url(sketch("a@0 !unsigned").records[0])
    given = options(keys=None, policy=Policy(minimum_level="L1"))

    assert code(unsigned, given) is None
    assert code(unsigned) == "ECT203"
    with pytest.raises(EctgraphError, match="no keys"):
        verify(unsigned, options(keys=None, policy=Policy()))


def test_a_policy_set_later_counts_from_then_on():
    given = options()
    assert code(GOOD, given) is None

    given.policy = Policy(agents=(Agent(iss="x", may=("x",)),))

    assert code(GOOD, given) == "ECT711"
