"""Thousands of tokens, verified by ectgraph and by three JOSE libraries that know nothing of it.

What ectgraph calls verified, PyJWT, joserfc and jwcrypto verify too, and read the same bytes. What
it refuses they may take: then a finding says why it does not. Libraries get the key of whoever
signed, so that a wrong `kid` is no reason for them to refuse.
"""

from __future__ import annotations

import base64
import hmac
import json
import random
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws as joserfc_jws
from joserfc.jwk import ECKey
from jwcrypto import jwk as jwcrypto_jwk
from jwcrypto import jws as jwcrypto_jws

from ectgraph.agent.verify import VerifyOptions, verify
from ectgraph.claims import Reader
from ectgraph.encoding import compact_json, encode_base64url
from ectgraph.errors import VerificationError
from ectgraph.keys import KeyRing
from ectgraph.loader import load_bytes
from ectgraph.model import Entry, Severity, Trust
from ectgraph.rules import RULES, judge
from ectgraph.signature import ORDER
from ectgraph.testing import EPOCH, jwks, private_key, seal, sign

AGENTS = ("agent-a", "agent-b")
STRANGER = "a stranger"
RING = KeyRing.from_jwks(jwks(*AGENTS))
PER_KIND = 50

# The libraries

Library = Callable[[bytes, str], bytes]
"""The payload of a compact JWS that a signer's public key verifies, or an exception."""


@cache
def keys_of(signer: str) -> tuple[Any, Any, Any]:
    """A signer's public key as each library wants it."""
    public = private_key(signer).public_key()
    (made,) = jwks(signer)["keys"]
    plain = {name: made[name] for name in ("kty", "crv", "x", "y")}
    return public, ECKey.import_key(plain), jwcrypto_jwk.JWK(**plain)


def pyjwt(compact: bytes, signer: str) -> bytes:
    return jwt.api_jws.decode_complete(compact, keys_of(signer)[0], algorithms=["ES256"])["payload"]


REGISTRY = joserfc_jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)


def joserfc(compact: bytes, signer: str) -> bytes:
    return joserfc_jws.deserialize_compact(compact, keys_of(signer)[1], registry=REGISTRY).payload


def jwcrypto(compact: bytes, signer: str) -> bytes:
    token = jwcrypto_jws.JWS()
    token.allowed_algs = ["ES256"]
    token.deserialize(compact.decode("latin-1"), keys_of(signer)[2])
    return token.payload


LIBRARIES: dict[str, Library] = {"PyJWT": pyjwt, "joserfc": joserfc, "jwcrypto": jwcrypto}


def payload_by(library: Library, compact: bytes, signer: str) -> bytes | None:
    try:
        return library(compact, signer)
    except Exception:  # noqa: BLE001  # whatever a library raises, it does not take the token
        return None


# Claims at random, of every dialect and in every way to write them

LETTERS = [*'aZ7 /\\"\n\x01\x7féß日\u2028\uffff😀\0', "e\u0301"]


def some_text(rnd: random.Random) -> str:
    return "".join(rnd.choices(LETTERS, k=rnd.randint(1, 12)))


def some_id(rnd: random.Random) -> str:
    return str(uuid.UUID(int=rnd.getrandbits(128), version=4))


def some_value(rnd: random.Random, depth: int = 2) -> Any:
    if depth and rnd.random() < 0.3:
        return {
            f"{n}{some_text(rnd)}": some_value(rnd, depth - 1) for n in range(rnd.randint(0, 3))
        }
    if depth and rnd.random() < 0.3:
        return [some_value(rnd, depth - 1) for _ in range(rnd.randint(0, 3))]
    return rnd.choice(
        [some_text(rnd), rnd.randint(-(2**53) + 1, 2**53 - 1), rnd.random(), True, False, None, ""]
    )


def some_claims(rnd: random.Random, signer: str, dialect: str) -> dict[str, Any]:
    """The claims of a task in which nothing is wrong."""
    agent = f"spiffe://example.com/agent/{signer.replace(' ', '-')}"
    digest = base64.urlsafe_b64encode(rnd.randbytes(32)).rstrip(b"=").decode()
    iat = EPOCH - rnd.randint(0, 500)
    claims: dict[str, Any] = {
        "iss": agent,
        "aud": rnd.choice(["spiffe://example.com/ledger", [agent, "https://ledger.example/é"]]),
        "iat": iat,
        "exp": EPOCH + rnd.randint(60, 300),
        "jti": some_id(rnd),
        "exec_act": some_text(rnd),
        "pred" if dialect == "01" else "par": [some_id(rnd) for _ in range(rnd.randint(0, 4))],
    }
    extension = {"note": some_value(rnd), "exec_time_ms": rnd.randint(0, 10**9)}
    policy = {
        "pol": some_text(rnd),
        "pol_decision": rnd.choice(["approved", "rejected", "pending_human_review"]),
    }
    added: dict[str, dict[str, Any]] = {
        "00": {"ext": extension, "out_hash": digest},
        "early-00": {"sub": agent, "out_hash": f"sha-256:{digest}", "ext": extension} | policy,
        "01": {"ect_ext": extension | policy, "inp_hash": digest},
    }
    more = added[dialect] | {"wid": some_id(rnd), f"own {some_text(rnd)}".lower(): some_value(rnd)}
    names = [*rnd.sample(sorted(more), k=rnd.randint(0, len(more))), *{"sub"}.intersection(more)]
    if "pol" in names or "pol_decision" in names:
        names += ["pol", "pol_decision"]
    return claims | {name: more[name] for name in names}


def written(rnd: random.Random, value: dict[str, Any]) -> bytes:
    """JSON with its members in any order, and white space and escapes as anybody may use them."""
    members = rnd.sample(list(value.items()), k=len(value))
    text = json.dumps(
        dict(members),
        ensure_ascii=rnd.random() < 0.5,
        indent=rnd.choice([None, None, 0, 2, "\t"]),
        separators=rnd.choice([(",", ":"), (", ", ": "), (" ,", "\t:")]),
    )
    if rnd.random() < 0.3:
        text = text.replace("/", "\\/")
    return (rnd.choice(["", " ", "\n"]) + text + rnd.choice(["", " ", "\r\n"])).encode()


@dataclass
class Draft:
    """A token in the making, and who signs it."""

    rnd: random.Random
    signer: str
    header: dict[str, Any]
    claims: dict[str, Any]

    def seal(self, header: bytes | None = None, payload: bytes | None = None) -> bytes:
        return seal(header or written(self.rnd, self.header), payload or written(self.rnd, self.claims), self.signer)  # fmt: skip


def draft(rnd: random.Random, dialect: str | None = None) -> Draft:
    signer = rnd.choice(AGENTS)
    dialect = dialect or rnd.choice(["00", "early-00", "01"])
    typ = rnd.choice(["exec+jwt", "wimse-exec+jwt"]) if dialect == "01" else "wimse-exec+jwt"
    header = {"alg": "ES256", "typ": typ, "kid": signer}
    return Draft(rnd, signer, header, some_claims(rnd, signer, dialect))


# Kinds of tokens: good ones, and ways to spoil one

Maker = Callable[[Draft], bytes]


def resigned(change: Callable[[int, int], bytes]) -> Maker:
    """Make another signature of r and s."""

    def make(made: Draft) -> bytes:
        signing_input, _, _ = made.seal().rpartition(b".")
        mark = sign(signing_input, made.signer)
        r, s = int.from_bytes(mark[:32]), int.from_bytes(mark[32:])
        return signing_input + b"." + encode_base64url(change(r, s))

    return make


def both(r: int, s: int) -> bytes:
    return r.to_bytes(32) + s.to_bytes(32)


def header(**members: Any) -> Maker:
    """Change the header; `None` leaves a member out."""

    def make(made: Draft) -> bytes:
        made.header |= members
        return made.seal(compact_json({n: v for n, v in made.header.items() if v is not None}))

    return make


def more_header(text: bytes) -> Maker:
    return lambda made: made.seal(header=compact_json(made.header)[:-1] + b"," + text + b"}")


def more_payload(text: bytes) -> Maker:
    return lambda made: made.seal(payload=compact_json(made.claims)[:-1] + b"," + text + b"}")


def payload(change: Callable[[bytes], bytes]) -> Maker:
    return lambda made: made.seal(payload=change(compact_json(made.claims)))


def text(change: Callable[[bytes], bytes]) -> Maker:
    return lambda made: change(made.seal())


def part(number: int, change: Callable[[bytes], bytes]) -> Maker:
    def make(made: Draft) -> bytes:
        parts = made.seal().split(b".")
        parts[number] = change(parts[number])
        return b".".join(parts)

    return make


def two_extensions(made: Draft) -> bytes:
    made.claims |= {"ext": {"a": 1}, "ect_ext": {"a": made.rnd.choice([2, True, 1.0, "1", None])}}
    return made.seal()


def by_somebody_else(made: Draft) -> bytes:
    """Signed by another than whose `kid` it names, whose key the libraries are given."""
    compact = made.seal()
    signing_input, _, _ = compact.rpartition(b".")
    return signing_input + b"." + encode_base64url(sign(signing_input, STRANGER))


def with_hmac(made: Draft) -> bytes:
    """Keyed with the public key, which everybody has (RFC 8725 §2.1)."""
    public = private_key(made.signer).public_key()
    secret = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    made.header["alg"] = "HS256"
    signing_input, _, _ = made.seal().rpartition(b".")
    return signing_input + b"." + encode_base64url(hmac.digest(secret, signing_input, "sha256"))


def of_another(made: Draft) -> bytes:
    """The payload of one token under the signature of another."""
    parts = made.seal().split(b".")
    made.claims["exec_act"] += "!"
    return b".".join([parts[0], made.seal().split(b".")[1], parts[2]])


def classic(compact: bytes) -> bytes:
    """The alphabet that has + and /; what has neither - nor _ gets a + all the same."""
    changed = compact.replace(b"-", b"+").replace(b"_", b"/")
    return changed if changed != compact else compact[:-2] + b"+" + compact[-1:]


def set_spare_bits(compact: bytes) -> bytes:
    """Set a bit that the last character of the signature leaves unused."""
    return compact[:-1] + bytes([compact[-1] + 1])


STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')

GOOD: dict[str, Maker] = {
    "draft 00": Draft.seal,
    "early draft 00": Draft.seal,
    "draft 01": Draft.seal,
    "more in the header": more_header(b'"zz":"kept","jwk":{"kty":"EC"},"x5t":"x"'),
    "white space": payload(lambda made: b" \t\r\n" + made.replace(b'":', b'"\n: \t') + b" "),
    "escapes": payload(lambda made: STRING.sub(lambda text: text[0].replace(b"a", b"\\u0061"), made)),
    "high s": resigned(lambda r, s: both(r, max(s, ORDER - s))),
    "low s": resigned(lambda r, s: both(r, min(s, ORDER - s))),
}  # fmt: skip

HOSTILE: dict[str, tuple[str, Maker]] = {
    "iss twice": ("ECT005", more_payload(b'"iss":"spiffe://example.com/agent/mallory"')),
    "iss twice, escaped": ("ECT005", more_payload(b'"\\u0069ss":"mallory"')),
    "iss twice, equal": ("ECT005", lambda made: more_payload(b'"iss":' + compact_json(made.claims["iss"]))(made)),
    "twice within": ("ECT005", more_payload(b'"own":[{"a":{"b":1,"b":2}}]')),
    "iss in capitals": ("ECT005", more_payload(b'"ISS":"mallory"')),
    "par in capitals": ("ECT005", more_payload(b'"Par":["x"]')),
    "iss with a long s": ("ECT005", more_payload('"i\u017f\u017f":"mallory"'.encode())),
    "two extensions": ("ECT005", two_extensions),
    "kid twice": ("ECT005", lambda made: more_header(b'"kid":' + compact_json(made.signer))(made)),
    "typ in capitals": ("ECT005", more_header(b'"TYP":"JWT"')),
    "alg twice": ("ECT005", more_header(b'"alg":"ES256"')),
    "NaN": ("ECT004", more_payload(b'"x":NaN')),
    "Infinity": ("ECT004", more_payload(b'"x":[-Infinity]')),
    "beyond a double": ("ECT004", more_payload(b'"x":1e400')),
    "too deep": ("ECT004", more_payload(b'"x":' + b"[" * 64 + b"]" * 64)),
    "trailing comma": ("ECT004", more_payload(b"")),
    "trailing text": ("ECT004", payload(lambda made: made + b"x")),
    "comment": ("ECT004", payload(lambda made: b"/**/" + made)),
    "control character": ("ECT004", more_payload(b'"x":"\n"')),
    "byte order mark": ("ECT004", payload(lambda made: b"\xef\xbb\xbf" + made)),
    "payload in UTF-16": ("ECT003", payload(lambda made: made.decode().encode("utf-16"))),
    "array": ("ECT004", payload(lambda made: b"[" + made + b"]")),
    "text": ("ECT004", payload(lambda made: compact_json(made.decode()))),
    "cut": ("ECT004", payload(lambda made: made[:-1])),
    "empty": ("ECT004", lambda made: made.seal(payload=bytes(made.rnd.choices(b" \t\r\n", k=20)))),
    "not UTF-8": ("ECT003", more_payload(b'"x":"\xff"')),
    "overlong UTF-8": ("ECT003", more_payload(b'"x":"\xc0\xaf"')),
    "lone surrogate": ("ECT003", more_payload(b'"x":"\\ud800"')),
    "b64 without crit": ("ECT003", header(b64=False)),
    "zip": ("ECT003", header(zip="DEF")),
    "nested token": ("ECT003", header(cty="JWT")),
    "b64 with crit": ("ECT104", header(b64=False, crit=["b64"])),
    "crit unknown": ("ECT104", header(crit=["exp"], exp=EPOCH)),
    "crit empty": ("ECT104", header(crit=[])),
    "crit no list": ("ECT104", header(crit="exp")),
    "typ absent": ("ECT101", header(typ=None)),
    "typ JWT": ("ECT101", header(typ="JWT")),
    "typ in other case": ("ECT101", header(typ="WIMSE-EXEC+JWT")),
    "typ with its prefix": ("ECT101", header(typ="application/wimse-exec+jwt")),
    "kid absent": ("ECT103", header(kid=None)),
    "kid empty": ("ECT103", header(kid="")),
    "kid no text": ("ECT103", header(kid=7)),
    "kid unknown": ("ECT202", header(kid="nobody")),
    "kid of another": ("ECT201", lambda made: header(kid=AGENTS[made.signer == AGENTS[0]])(made)),
    "alg none": ("ECT102", lambda made: header(alg="none")(made).rpartition(b".")[0] + b"."),
    "alg none, signed": ("ECT102", header(alg="none")),
    "alg absent": ("ECT102", header(alg=None)),
    "alg in lower case": ("ECT102", header(alg="es256")),
    "alg of another curve": ("ECT102", header(alg="ES384")),
    "HMAC with the public key": ("ECT102", with_hmac),
    "signature in DER": ("ECT201", resigned(encode_dss_signature)),
    "signature too short": ("ECT201", resigned(lambda r, s: both(r, s)[:-1])),
    "signature too long": ("ECT201", resigned(lambda r, s: both(r, s) + b"\0")),
    "signature with longer halves": ("ECT201", resigned(lambda r, s: r.to_bytes(33) + s.to_bytes(33))),
    "signature empty": ("ECT201", resigned(lambda *_: b"")),
    "r and s swapped": ("ECT201", resigned(lambda r, s: both(s, r))),
    "r is 0": ("ECT201", resigned(lambda _, s: both(0, s))),
    "s is 0": ("ECT201", resigned(lambda r, _: both(r, 0))),
    "r and s are 0": ("ECT201", resigned(lambda *_: bytes(64))),
    "r is n": ("ECT201", resigned(lambda _, s: both(ORDER, s))),
    "s beyond n": ("ECT201", resigned(lambda r, s: both(r, min(s + ORDER, 2**256 - 1)))),
    "bit flipped": ("ECT201", resigned(lambda r, s: both(r, s ^ 1))),
    "signed by a stranger": ("ECT201", by_somebody_else),
    "payload of another": ("ECT201", of_another),
    "padding": ("ECT003", text(lambda made: made + b"==")),
    "padding in the header": ("ECT003", part(0, lambda made: made + b"=")),
    "classic alphabet": ("ECT003", text(classic)),
    "spare bits": ("ECT003", text(set_spare_bits)),
    "blank inside": ("ECT003", part(2, lambda made: made[:9] + b" " + made[9:])),
    "newline after": ("ECT003", text(lambda made: made + b"\n")),
    "newline in the payload": ("ECT003", part(1, lambda made: made[:8] + b"\n" + made[8:])),
    "two parts": ("ECT001", text(lambda made: made.rpartition(b".")[0])),
    "four parts": ("ECT001", text(lambda made: made + b".")),
}  # fmt: skip
"""What is done to a good token, and the code that must be told of it."""


DIALECTS = {"draft 00": "00", "early draft 00": "early-00", "draft 01": "01"}


@cache
def tokens(kind: str) -> list[tuple[bytes, str]]:
    """(compact, signer) of tokens of one kind; the same each time."""
    make = GOOD[kind] if kind in GOOD else HOSTILE[kind][1]
    made = []
    for number in range(PER_KIND):
        rough = draft(random.Random(f"{kind} {number}"), DIALECTS.get(kind))  # noqa: S311  # not for secrets
        made.append((make(rough), rough.signer))
    return made


@cache
def entries(kind: str) -> list[Entry]:
    """What ectgraph makes of them, each held by a JSON string so that any byte can be in it."""
    lines = [json.dumps(compact.decode("latin-1")).encode() for compact, _ in tokens(kind)]
    ledger = load_bytes(b"".join(line + b"\n" for line in lines), RING, judge=judge)
    assert len(ledger) == PER_KIND
    return list(ledger)


@cache
def payloads(kind: str) -> list[dict[str, bytes | None]]:
    """What each library makes of them: payloads, and `None` for what it does not take."""
    return [
        {name: payload_by(library, *made) for name, library in LIBRARIES.items()}
        for made in tokens(kind)
    ]


def errors(entry: Entry) -> set[str]:
    severities = {code: hit.severity or RULES[code].severity for code, hit in entry.hits}
    return {code for code, severity in severities.items() if severity.rank >= Severity.ERROR.rank}


each_good_kind = pytest.mark.parametrize("kind", GOOD)
each_hostile_kind = pytest.mark.parametrize("kind", HOSTILE)
each_kind = pytest.mark.parametrize("kind", [*GOOD, *HOSTILE])


def test_there_are_thousands_of_tokens_and_no_two_are_the_same():
    made = [compact for kind in (*GOOD, *HOSTILE) for compact, _ in tokens(kind)]

    assert len(set(made)) == len(made) >= 3000


@each_good_kind
def test_what_ectgraph_verifies_every_library_verifies_and_reads_alike(kind):
    for (compact, _), entry, by_library in zip(tokens(kind), entries(kind), payloads(kind), strict=True):  # fmt: skip
        assert entry.trust is Trust.VERIFIED
        assert errors(entry) == set()
        payload = base64.urlsafe_b64decode(compact.split(b".")[1] + b"==")
        assert set(by_library.values()) == {payload}
        claims = Reader(64).read(compact).claims
        assert repr(claims) == repr(json.loads(payload))
        assert (entry.token.jti, entry.token.iss) == (claims["jti"], claims["iss"])
        assert entry.token.draft == DIALECTS.get(kind, entry.token.draft)


@each_hostile_kind
def test_what_is_hostile_ectgraph_refuses_and_says_why(kind):
    code, _ = HOSTILE[kind]
    for entry in entries(kind):
        assert entry.trust is not Trust.VERIFIED
        assert code in errors(entry)


@each_kind
def test_the_gate_says_what_the_ledger_says(kind):
    options = VerifyOptions(keys=RING, clock=lambda: EPOCH)
    for (compact, _), entry in list(zip(tokens(kind), entries(kind), strict=True))[:12]:
        try:
            verdict = {verify(compact, options).trust}
        except VerificationError as refusal:
            verdict = {refusal.finding.code}
        assert verdict <= ({Trust.VERIFIED} if kind in GOOD else errors(entry))


@pytest.mark.parametrize("name", LIBRARIES)
def test_no_library_takes_everything_and_none_refuses_everything(name):
    taken = {kind: sum(made[name] is not None for made in payloads(kind)) for kind in HOSTILE}

    assert sum(count == PER_KIND for count in taken.values()) >= 10
    assert sum(count == 0 for count in taken.values()) >= 10


def damaged(number: int) -> tuple[bytes, str]:
    """A good token with one piece replaced, by chance, and who signed it."""
    rnd = random.Random(f"damage {number}")  # noqa: S311
    made = draft(rnd)
    compact = made.seal()
    begin = rnd.randrange(len(compact))
    end = begin + rnd.choice([0, 1, 1, 2, 4, 40])
    piece = rnd.choice(
        [b"", b"A", b"=", b".", b" ", b"_", rnd.randbytes(2), compact[end : 2 * end - begin]]
    )
    return compact[:begin] + piece + compact[end:], made.signer


def test_of_tokens_damaged_by_chance_ectgraph_takes_none_that_a_library_refuses():
    taken_by_libraries = 0
    for compact, signer in map(damaged, range(1500)):
        record = json.dumps(compact.decode("latin-1")).encode()
        (entry,) = load_bytes(record, RING, judge=judge)
        by_library = [payload_by(library, compact, signer) for library in LIBRARIES.values()]
        if entry.trust is Trust.VERIFIED:  # nothing was changed, as it happens
            assert set(by_library) == {base64.urlsafe_b64decode(compact.split(b".")[1] + b"==")}
        else:
            assert errors(entry)
            taken_by_libraries += any(payload is not None for payload in by_library)
    assert taken_by_libraries > 0
