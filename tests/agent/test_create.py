"""Making tokens: what is filled in, with which keys, and that the linter has nothing against any."""

from __future__ import annotations

import copy
import dataclasses
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from ectgraph.agent import create as module
from ectgraph.agent.create import (
    CreateOptions,
    create,
    create_unsigned,
    default_create_options,
    hash_file,
    validate_ext,
)
from ectgraph.agent.parse import parse
from ectgraph.agent.payload import Payload
from ectgraph.agent.verdict import step
from ectgraph.encoding import decode_base64url, encode_base64url, hash_of
from ectgraph.errors import EctgraphError, VerificationError
from ectgraph.keys import KeyRing, generate_key, private_pem, public_jwk
from ectgraph.linter import lint
from ectgraph.loader import load_bytes
from ectgraph.model import Hit, Severity, Trust
from ectgraph.policy import Policy
from ectgraph.rule import Evidence
from ectgraph.rules import RULES, judge
from ectgraph.testing import EPOCH, jwks, private_key, sketch, task_id, token

KEY = private_key("agent-a")
RING = KeyRing.from_jwks(jwks("agent-a"))
OPTIONS = CreateOptions(kid="agent-a", clock=lambda: EPOCH + 0.9)
OPTIONS_01 = dataclasses.replace(OPTIONS, draft="01")
DRAFTS = {"00": OPTIONS, "01": OPTIONS_01}
TASK: dict[str, Any] = {
    "iss": "spiffe://example.com/agent/agent-a",
    "aud": ["spiffe://example.com/ledger"],
    "exec_act": "review",
    "jti": task_id("a"),
}

each_draft = pytest.mark.parametrize("draft", ["00", "01"])


def parts(compact: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, read with nothing of ours but base64url."""
    header, claims, _ = (decode_base64url(part) for part in compact.encode().split(b"."))
    return json.loads(header), json.loads(claims)


def errors(compact: str | bytes, policy: Policy | None = None) -> list[str]:
    """The codes of the errors that the archive linter finds in a ledger of one token."""
    data = compact.encode() if isinstance(compact, str) else compact
    policy = policy or Policy()
    report = lint(Evidence(load_bytes(data, RING, policy, judge=judge), RING, policy))
    assert report.summary.records == 1
    return [finding.code for finding in report.at_least(Severity.ERROR) if finding.code != "ECT303"]


def refused(payload: Payload, options: CreateOptions = OPTIONS) -> VerificationError:
    with pytest.raises(VerificationError) as caught:
        create(payload, KEY, options)
    return caught.value


# What is filled in


def test_in_draft_00_everything_empty_is_filled_in():
    header, claims = parts(create(Payload(**TASK), KEY, OPTIONS))

    assert header == {"alg": "ES256", "typ": "wimse-exec+jwt", "kid": "agent-a"}
    assert claims == {
        **TASK,
        "sub": TASK["iss"],
        "iat": EPOCH,
        "exp": EPOCH + 600,
        "par": [],
    }


def test_in_draft_01_there_is_no_sub_and_other_names():
    payload = Payload(
        **TASK, pol="p", pol_decision="approved", ext={"exec_time_ms": 1}, par=[task_id("b")]
    )
    header, claims = parts(create(payload, KEY, OPTIONS_01))

    assert header == {"alg": "ES256", "typ": "exec+jwt", "kid": "agent-a"}
    assert claims == {
        **TASK,
        "iat": EPOCH,
        "exp": EPOCH + 600,
        "pred": [task_id("b")],
        "ect_ext": {"exec_time_ms": 1, "pol": "p", "pol_decision": "approved"},
    }


@pytest.mark.parametrize("sub", [None, ""])
@pytest.mark.parametrize(("draft", "written"), [("00", TASK["iss"]), ("01", None)])
def test_an_empty_sub_is_the_issuer_in_draft_00_and_left_out_in_draft_01(sub, draft, written):
    _, claims = parts(create(Payload(**TASK, sub=sub), KEY, DRAFTS[draft]))

    assert claims.get("sub") == written
    assert ("sub" in claims) == (written is not None)


def test_what_is_there_stays():
    payload = Payload(**TASK, sub=TASK["iss"], iat=EPOCH - 5.5, exp=EPOCH + 5, par=[task_id("b")])
    _, claims = parts(create(payload, KEY, OPTIONS))

    assert claims == payload.claims()


def test_without_a_jti_there_is_a_new_one_each_time():
    payload = Payload(**TASK | {"jti": ""})
    jtis = {parts(create(payload, KEY, OPTIONS))[1]["jti"] for _ in range(20)}

    assert len(jtis) == 20
    assert payload.jti == ""


@pytest.mark.parametrize("lifetime", [1, 60, 900])
def test_a_token_lives_as_long_as_the_options_say(lifetime):
    options = dataclasses.replace(OPTIONS, lifetime=lifetime)
    payload = Payload(**TASK, iat=EPOCH - 7)

    assert parts(create(payload, KEY, options))[1]["exp"] == EPOCH - 7 + lifetime


@pytest.mark.parametrize("lifetime", [0, -1])
def test_a_token_that_never_lives_is_refused(lifetime):
    error = refused(Payload(**TASK), dataclasses.replace(OPTIONS, lifetime=lifetime))

    assert error.finding.code == "ECT405"


@pytest.mark.parametrize(("iat", "reads"), [(0, 1), (EPOCH, 0)])
def test_the_clock_is_read_once_and_only_where_there_is_no_iat(iat, reads):
    ticks = iter(range(EPOCH, EPOCH + 9))
    create(Payload(**TASK, iat=iat), KEY, dataclasses.replace(OPTIONS, clock=lambda: next(ticks)))

    assert next(ticks) == EPOCH + reads


@each_draft
def test_the_payload_is_left_as_it_was(draft):
    payload = Payload(
        **TASK, par=[task_id("b")], ext={"a": {"b": [1]}}, extra={"c": [1]}, pol="p",
        pol_decision="approved",
    )  # fmt: skip
    before = copy.deepcopy(payload)

    create(payload, KEY, DRAFTS[draft])

    assert payload == before


def test_an_empty_list_of_parents_is_not_shared_with_the_payload():
    payload = Payload(**TASK, par=[])

    create(payload, KEY, OPTIONS)

    assert payload.par == []


@each_draft
def test_the_same_claims_and_the_same_key_give_the_same_token(draft):
    payload = Payload(**TASK, ext={"b": 1, "a": 2})

    assert create(payload, KEY, DRAFTS[draft]) == create(payload, KEY, DRAFTS[draft])


def test_the_default_options_are_those_of_the_reference_implementation():
    assert default_create_options() == CreateOptions(kid="", draft="00", lifetime=600)


# Keys


def jwk(key: ec.EllipticCurvePrivateKey, **more: Any) -> dict[str, Any]:
    secret = key.private_numbers().private_value.to_bytes(32)
    return public_jwk(key, "agent-a") | {"d": encode_base64url(secret).decode()} | more


def sec1(key: Any) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


FORMS = [
    pytest.param(KEY, id="object"),
    pytest.param(private_pem(KEY), id="pem"),
    pytest.param(private_pem(KEY).decode(), id="pem-text"),
    pytest.param(sec1(KEY), id="sec1"),
    pytest.param(jwk(KEY), id="jwk"),
]


@pytest.mark.parametrize("form", FORMS)
def test_a_key_signs_the_same_in_whatever_form_it_comes(form):
    assert create(Payload(**TASK), form, OPTIONS) == create(Payload(**TASK), KEY, OPTIONS)


def test_a_jwk_brings_its_kid_and_the_options_come_before_it():
    nameless, named = CreateOptions(), CreateOptions(kid="agent-b")

    assert parts(create(Payload(**TASK), jwk(KEY), nameless))[0]["kid"] == "agent-a"
    assert parts(create(Payload(**TASK), jwk(KEY), named))[0]["kid"] == "agent-b"


@pytest.mark.parametrize(
    "key", [KEY, jwk(KEY, kid=""), jwk(KEY, kid=None), jwk(KEY, kid=5)], ids=range(4)
)
def test_without_a_kid_there_is_no_token(key):
    with pytest.raises(VerificationError) as caught:
        create(Payload(**TASK), key, CreateOptions())

    assert caught.value.finding.code == "ECT103"


P384 = ec.derive_private_key(7**99, ec.SECP384R1())
OTHER = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@pytest.fixture(scope="module")
def wrong_keys() -> dict[str, Any]:
    rsa_key = rsa.generate_private_key(65537, 2048)
    encrypted = KEY.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    )
    public = KEY.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return {
        "rsa": rsa_key,
        "rsa-pem": sec1(rsa_key),
        "p384": P384,
        "p384-pem": sec1(P384),
        "ed25519": OTHER,
        "public": public,
        "public-pem": pem,
        "public-jwk": public_jwk(KEY, "agent-a"),
        "encrypted-pem": encrypted,
        "half-a-pem": private_pem(KEY)[:90],
        "pem-without-its-head": private_pem(KEY)[30:],
        "der": KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        "bytes": KEY.private_numbers().private_value.to_bytes(32),
        "number": KEY.private_numbers().private_value,
        "hmac": b"secret",
        "hmac-jwk": {"kty": "oct", "k": "c2VjcmV0", "kid": "agent-a"},
        "jwk-of-another-curve": jwk(KEY, crv="P-384"),
        "jwk-without-its-kind": jwk(KEY, kty=None),
        "jwk-of-an-odd-kind": jwk(KEY, kty=["EC"]),
        "jwk-with-a-short-d": jwk(KEY, d="AAAA"),
        "jwk-with-an-odd-d": jwk(KEY, d=5),
        "jwk-of-two-keys": jwk(KEY) | {"d": jwk(private_key("agent-b"))["d"]},
        "no-jwk": {},
        "junk": "junk",
        "surrogate": "\ud800",
        "empty": "",
        "none": None,
        "list": [jwk(KEY)],
    }


SECRETS = [
    jwk(KEY)["d"],
    jwk(private_key("agent-b"))["d"],
    str(KEY.private_numbers().private_value),
    private_pem(KEY).decode().splitlines()[1],
    "c2VjcmV0",
    "secret",
]


@pytest.mark.parametrize(
    "name",
    [
        *("rsa", "rsa-pem", "p384", "p384-pem", "ed25519", "public", "public-pem", "public-jwk"),
        *("encrypted-pem", "half-a-pem", "pem-without-its-head", "der", "bytes", "number"),
        *("hmac", "hmac-jwk", "jwk-of-another-curve", "jwk-without-its-kind"),
        *("jwk-of-an-odd-kind", "jwk-with-a-short-d", "jwk-with-an-odd-d", "jwk-of-two-keys"),
        *("no-jwk", "junk", "surrogate", "empty", "none", "list"),
    ],
)
def test_a_wrong_key_is_the_callers_mistake_and_nothing_of_it_is_told(wrong_keys, refusal, name):
    message = refusal(create, Payload(**TASK), wrong_keys[name], OPTIONS)

    assert "private key" in message
    assert not [secret for secret in SECRETS if secret in message]


def test_no_error_on_the_way_tells_a_key(wrong_keys):
    for key in wrong_keys.values():
        with pytest.raises(EctgraphError) as caught:
            create(Payload(**TASK), key, OPTIONS)
        error: BaseException | None = caught.value
        while error is not None:
            assert not [secret for secret in SECRETS if secret in str(error)]
            error = error.__cause__ or error.__context__


# What the linter would not take is not made

BAD: list[tuple[str, dict[str, Any]]] = [
    ("ECT002", {"extra": {"note": "x" * (1 << 20)}}),
    ("ECT004", {"extra": {"note": json.loads("[" * 64 + "]" * 64)}}),
    ("ECT004", {"ext": json.loads('{"a":' * 64 + "1" + "}" * 64)}),
    ("ECT005", {"extra": {5: "a", "5": "b"}}),
    ("ECT005", {"ext": {"a": {True: 1, "true": 2}}}),
    ("ECT111", {"iss": ""}),
    ("ECT111", {"iss": 5}),
    ("ECT111", {"aud": []}),
    ("ECT111", {"aud": ""}),
    ("ECT111", {"aud": ["a", 5]}),
    ("ECT111", {"exec_act": ""}),
    ("ECT111", {"exec_act": None}),
    ("ECT111", {"iat": "5"}),
    ("ECT111", {"iat": True}),
    ("ECT111", {"iat": [5]}),
    ("ECT111", {"iat": 10**40}),
    ("ECT111", {"iat": 2**53}),
    ("ECT111", {"exp": "5"}),
    ("ECT111", {"exp": 1e300}),
    ("ECT111", {"jti": 5}),
    ("ECT111", {"wid": ""}),
    ("ECT111", {"wid": 5}),
    ("ECT111", {"par": task_id("b")}),
    ("ECT111", {"par": 5}),
    ("ECT111", {"par": [task_id("b"), ""]}),
    ("ECT111", {"par": {task_id("b"): 1}}),
    ("ECT111", {"sub": 5}),
    ("ECT111", {"inp_hash": ""}),
    ("ECT111", {"pol": "", "pol_decision": "approved"}),
    ("ECT111", {"pol": "p", "pol_decision": 5}),
    ("ECT111", {"ext": ["a"]}),
    ("ECT113", {"inp_hash": "abc"}),
    ("ECT113", {"out_hash": 43 * "A" + "="}),
    ("ECT119", {"pol": "p", "pol_decision": "ok"}),
    ("ECT120", {"pol": "p"}),
    ("ECT120", {"pol_decision": "approved"}),
    ("ECT121", {"sub": "spiffe://example.com/agent/other"}),
    ("ECT304", {"par": [TASK["jti"]]}),
    ("ECT405", {"exp": EPOCH}),
    ("ECT405", {"exp": EPOCH - 1}),
]
ONLY_00 = [("ECT117", {"extra": {"pred": [task_id("b")]}})]
ONLY_01 = [
    ("ECT115", {"ext": {"note": "x" * 4096}}),
    ("ECT116", {"ext": {"a": {"b": {"c": {"d": {"e": 1}}}}}}),
    ("ECT117", {"extra": {"par": [task_id("b")]}}),
]
BREAKS = [
    pytest.param(code, change, draft, id=f"{code}-{draft}-{number}")
    for draft, cases in (("00", BAD + ONLY_00), ("01", BAD + ONLY_01))
    for number, (code, change) in enumerate(cases)
]


def equal_token(payload: Payload, draft: str) -> bytes:
    """The token that `create` would have made, made without asking anybody."""
    iat = payload.iat or EPOCH
    exp = payload.exp or (iat + 600 if isinstance(iat, (int, float)) else 0)
    sub = payload.sub or (payload.iss if draft == "00" else None) or None
    claims = dataclasses.replace(payload, iat=iat, exp=exp, sub=sub).claims(draft)
    typ = "exec+jwt" if draft == "01" else "wimse-exec+jwt"
    header = {"alg": "ES256", "typ": typ, "kid": "agent-a"}
    head, body = (encode_base64url(json.dumps(part).encode()) for part in (header, claims))
    return head + b"." + body + b"." + encode_base64url(module.sign(head + b"." + body, KEY))


@pytest.mark.parametrize(("code", "change", "draft"), BREAKS)
def test_what_the_linter_calls_an_error_is_refused_with_its_code(code, change, draft):
    payload = Payload(**TASK | {"iat": EPOCH} | change)
    found = errors(equal_token(payload, draft))

    assert refused(payload, DRAFTS[draft]).finding.code == code
    assert code in found
    assert min(step(other, Hit("", witness="exp")) for other in found) == RULES[code].step


GOOD: list[dict[str, Any]] = [
    {"jti": "7", "wid": "w"},
    {"par": [task_id("b"), task_id("b")]},
    {"exp": EPOCH + 901},
    {"par": [task_id(str(number)) for number in range(101)]},
    {"par": (task_id("b"),), "aud": ("a", "b")},
    {"aud": "spiffe://example.com/ledger"},
    {"iat": EPOCH + 0.25},
    {"extra": {"number": 10**40, "iss": "forged"}},
    {"ext": {"number": 10**40, "deep": [[[1]]]}},
    {"exec_act": "prüfen 💶"},
    {"inp_hash": "sha-512:" + 86 * "A", "out_hash": 43 * "A"},
]


@each_draft
@pytest.mark.parametrize("change", GOOD, ids=range(len(GOOD)))
def test_what_is_no_error_is_made(change, draft):
    compact = create(Payload(**TASK | {"iat": EPOCH} | change), KEY, DRAFTS[draft])

    assert errors(compact) == []
    assert errors(equal_token(Payload(**TASK | {"iat": EPOCH} | change), draft)) == []


EXAMPLES = [
    text
    for rule in RULES.values()
    for text in (*rule.good, *rule.bad)
    if rule.kind == "token" and len(sketch(text).records) == 1
]


@pytest.mark.parametrize("text", EXAMPLES, ids=range(len(EXAMPLES)))
def test_a_rules_examples_are_made_where_the_linter_has_nothing_against_them(text):
    """A new rule is tested by being there."""
    parsed = parse(sketch(text).records[0])
    payload = parsed.payload or Payload()
    draft = "01" if parsed.token is not None and parsed.token.draft == "01" else "00"
    found = errors(equal_token(payload, draft))

    if found:
        assert refused(payload, DRAFTS[draft]).finding.code in found
    else:
        assert errors(create(payload, KEY, DRAFTS[draft])) == []


def test_in_draft_00_a_large_extension_is_only_warned_of():
    assert errors(create(Payload(**TASK, ext={"note": "x" * 4096}), KEY, OPTIONS)) == []


def test_the_largest_token_that_can_be_read_is_made_and_no_larger_one():
    def size(length: int) -> int:
        return len(create(Payload(**TASK, extra={"note": "x" * length}), KEY, OPTIONS))

    limit = Policy().max_record_bytes
    longest = (limit - size(0)) * 3 // 4 - 1
    while size(longest + 1) <= limit - 1:
        longest += 1

    assert limit - 3 < size(longest) <= limit
    with pytest.raises(VerificationError, match=r"^ECT002 .* more than the 1048576 allowed"):
        size(longest + 3)


def test_what_is_refused_is_never_signed(monkeypatch):
    signed = []
    monkeypatch.setattr(module, "sign", lambda *given: signed.append(given))

    refused(Payload(**TASK | {"iss": ""}))

    assert signed == []


def test_a_refusal_says_of_which_task_it_is():
    finding = refused(Payload(**TASK, wid=task_id("w"), pol="p")).finding

    assert (finding.jti, finding.wid) == (TASK["jti"], task_id("w"))


class Odd:
    """Something that JSON cannot say."""


@pytest.mark.parametrize("place", ["ext", "extra"])
@pytest.mark.parametrize(
    "value",
    [
        *(float("nan"), float("inf"), float("-inf"), "\ud800", "a\udfff"),
        *(b"bytes", {1}, 1j, Odd(), 10**5000, {b"name": 1}, {(1,): 2}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_json_is_the_callers_mistake(refusal, place, value):
    payload = Payload(**TASK, **{place: {"value": [value]}})

    assert "cannot be written as JSON" in refusal(create, payload, KEY, OPTIONS)


@pytest.mark.parametrize(
    "change",
    [{"exec_act": "\ud800"}, {"iat": float("nan")}, {"exp": float("inf")}, {"aud": {"a"}}],
    ids=range(4),
)
def test_nor_can_a_claim_be_anything(refusal, change):
    assert "JSON" in refusal(create, Payload(**TASK | change), KEY, OPTIONS)


def test_a_circle_and_a_pit_are_no_json(refusal):
    circle: dict[str, Any] = {}
    circle["again"] = circle
    pit: list[Any] = []
    for _ in range(100_000):
        pit = [pit]

    assert "JSON" in refusal(create, Payload(**TASK, ext=circle), KEY, OPTIONS)
    assert "JSON" in refusal(create, Payload(**TASK, extra={"pit": pit}), KEY, OPTIONS)


@pytest.mark.parametrize("kid", ["\ud800", b"agent-a", Odd()], ids=range(3))
def test_an_impossible_kid_is_the_callers_mistake(refusal, kid):
    assert "JSON" in refusal(create, Payload(**TASK), KEY, CreateOptions(kid=kid))


def test_tuples_are_arrays():
    compact = create(Payload(**TASK, ext={"a": (1, (2,))}), KEY, OPTIONS)

    assert parts(compact)[1]["ext"] == {"a": [1, [2]]}


# Whatever is made, everybody can read it

NAMES = st.text(min_size=1, max_size=12)
IDS = st.uuids().map(str) | NAMES
TIMES = st.integers(-(2**40), 2**40) | st.floats(0, 2e9)


@st.composite
def payloads(draw: st.DrawFn, values: st.SearchStrategy[Any]) -> Payload:
    """Payloads of any content; most can be made into tokens."""
    maybe = st.none()
    objects = st.dictionaries(st.text(max_size=6), values, max_size=3)
    own = st.text(min_size=1, max_size=6).map(lambda name: f"x-{name}")
    hashes = maybe | st.binary(max_size=40).map(hash_of) | st.just("sha-384:" + 64 * "A")
    pol, decision = draw(
        st.sampled_from(
            [(None, None), ("p", "approved"), ("p", "rejected"), ("é", "pending_human_review")]
        )
    )
    iss = draw(NAMES)
    return Payload(
        iss=iss,
        aud=draw(NAMES | st.lists(NAMES, min_size=1, max_size=3)),
        iat=draw(st.just(0) | TIMES),
        exp=draw(st.just(0) | st.just(0) | TIMES),
        jti=draw(IDS),
        exec_act=draw(NAMES),
        par=draw(st.lists(IDS, max_size=3)),
        wid=draw(maybe | IDS),
        sub=draw(st.sampled_from([None, iss])),
        inp_hash=draw(hashes),
        out_hash=draw(hashes),
        pol=pol,
        pol_decision=decision,
        pol_enforcer=draw(maybe | NAMES),
        pol_timestamp=draw(maybe | TIMES),
        ext=draw(maybe | objects),
        extra=draw(st.dictionaries(own, values, max_size=2)),
    )


def filled(payload: Payload, draft: str) -> Payload:
    iat = payload.iat or EPOCH
    return dataclasses.replace(
        payload,
        iat=iat,
        exp=payload.exp or iat + 600,
        sub=payload.sub or (payload.iss if draft == "00" else None),
    )


@each_draft
@given(data=st.data())
def test_whatever_is_made_everybody_can_read(json_values, data, draft):
    payload = data.draw(payloads(json_values))
    found = errors(equal_token(payload, draft))
    if found:
        assert refused(payload, DRAFTS[draft]).finding.code in found
        return

    compact = create(payload, KEY, DRAFTS[draft])
    whole = filled(payload, draft)
    if (
        draft == "01"
        and whole.ext == {}
        and any((whole.pol, whole.pol_enforcer, whole.pol_timestamp is not None))
    ):
        whole = dataclasses.replace(whole, ext=None)  # both are written as the policy alone
    unchecked = dict.fromkeys(
        [f"verify_{claim}" for claim in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")],
        False,
    )
    read = jwt.decode_complete(compact, KEY.public_key(), algorithms=["ES256"], options=unchecked)
    assert errors(compact) == []
    assert read["payload"] == whole.claims(draft)
    assert read["header"]["kid"] == "agent-a"
    assert parse(compact).payload == whole
    (entry,) = load_bytes(compact.encode(), RING, judge=judge)
    assert entry.trust is Trust.VERIFIED
    assert (entry.token.draft == "01") == (draft == "01")
    again = create(parse(compact).payload, KEY, DRAFTS[draft])
    assert again == compact


# Without a signature


def test_an_unsigned_token_is_claims_and_nothing_else():
    text = create_unsigned(Payload(**TASK, pol="p", pol_decision="approved"), OPTIONS)

    assert "." not in text
    assert json.loads(decode_base64url(text.encode())) == {
        **TASK,
        "iat": EPOCH,
        "exp": EPOCH + 600,
        "pred": [],
        "ect_ext": {"pol": "p", "pol_decision": "approved"},
    }


def test_an_unsigned_token_is_told_as_that_and_nothing_else():
    text = create_unsigned(Payload(**TASK), OPTIONS)

    assert errors(text) == ["ECT203"]
    assert errors(text, Policy(minimum_level="L1")) == []
    assert parse(text).trust is Trust.UNSIGNED
    assert parse(text).payload == filled(Payload(**TASK), "01")


def test_an_unsigned_token_needs_no_options():
    token = parse(create_unsigned(Payload(**TASK))).token

    assert (token.level, token.draft, token.exp - token.iat) == ("L1", "01", 600)


def test_an_unsigned_token_is_of_draft_01_whatever_the_options_say():
    assert create_unsigned(Payload(**TASK), OPTIONS) == create_unsigned(Payload(**TASK), OPTIONS_01)
    assert OPTIONS.draft == "00"


@pytest.mark.parametrize(("code", "change"), [*BAD, *ONLY_01])
def test_an_unsigned_token_is_judged_like_a_signed_one(code, change):
    with pytest.raises(VerificationError) as caught:
        create_unsigned(Payload(**TASK | {"iat": EPOCH} | change), OPTIONS)

    unreadable = {"ECT004": "ECT001"}  # what has no JWS shape and is no JSON is just text
    assert caught.value.finding.code == unreadable.get(code, code)


def test_an_unsigned_token_that_is_no_json_is_the_callers_mistake(refusal):
    payload = Payload(**TASK, ext={"a": float("nan")})

    assert "JSON" in refusal(create_unsigned, payload)


# The extension alone


@pytest.mark.parametrize(
    "ext",
    [
        {},
        {"exec_time_ms": 12},
        {"a": "x" * 4088},
        {"a": {"b": {"c": {"d": 1}}}},
        {"a": {"b": {"c": {"d": {}}}}},
        {"a": 10**40},
    ],
    ids=range(6),
)
@each_draft
def test_an_extension_that_is_neither_too_large_nor_too_deep_is_fine(ext, draft):
    assert validate_ext(ext, draft) is None


@pytest.mark.parametrize(
    ("ext", "code"),
    [
        ({"a": "x" * 4089}, "ECT115"),
        ({"a": "é" * 2045}, "ECT115"),
        ({"a": {"b": {"c": {"d": {"e": 1}}}}}, "ECT116"),
        ({"a": ((((1,),),),)}, "ECT116"),
    ],
    ids=range(4),
)
def test_one_that_is_not_is_refused_in_draft_01_and_in_draft_00_it_should_not_be(ext, code):
    with pytest.raises(VerificationError) as caught:
        validate_ext(ext)

    assert caught.value.finding.code == code
    assert validate_ext(ext, draft="00") is None


@pytest.mark.parametrize("ext", [{"a": float("nan")}, {"a": b""}, {"a": "\ud800"}])
def test_an_extension_that_is_no_json_is_the_callers_mistake(refusal, ext):
    assert "JSON" in refusal(validate_ext, ext)


# Hashes of files


@pytest.mark.parametrize("content", [b"", b"abc", bytes(range(256)) * 5000])
def test_a_file_is_hashed_as_its_bytes_are(tmp_path, content):
    path = tmp_path / "artefact"
    path.write_bytes(content)

    assert hash_file(path) == hash_file(str(path)) == hash_of(content)
    assert (
        errors(token(Payload(**TASK, iat=1, exp=2, inp_hash=hash_file(path)).claims(), "agent-a"))
        == []
    )


def test_a_file_that_cannot_be_read_is_the_callers_mistake(refusal, tmp_path):
    assert "cannot be read" in refusal(hash_file, tmp_path / "none")
    assert "cannot be read" in refusal(hash_file, tmp_path)


def test_a_new_key_signs_and_its_public_half_verifies():
    key = generate_key()
    compact = create(Payload(**TASK), key, OPTIONS)
    ring = KeyRing.from_jwks({"keys": [public_jwk(key, "agent-a")]})
    (entry,) = load_bytes(compact.encode(), ring)
    (other,) = load_bytes(compact.encode(), RING)

    assert (entry.trust, other.trust) == (Trust.VERIFIED, Trust.INVALID)


@pytest.mark.parametrize("draft", ["02", "early-00", "", None])
def test_a_draft_that_nobody_writes_is_the_callers_mistake(refusal, draft):
    message = refusal(
        create, Payload(**TASK), private_key("a"), CreateOptions(kid="a", draft=draft)
    )

    assert "draft 00 or 01" in message
