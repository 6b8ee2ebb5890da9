"""Ledgers in one line, fixed keys, deterministic signatures, and a maker of faults.

For rule examples, tests and documentation, ours and yours: `sketch("a@0; b@5<a")` is a ledger with
two signed tokens. Everything is a function of its arguments, down to the last byte. The private
keys made here are no secret; they sign examples and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from ectgraph import linter, loader, signature
from ectgraph.encoding import compact_json, encode_base64url
from ectgraph.errors import EctgraphError
from ectgraph.keys import KeyRing, public_jwk
from ectgraph.ledger import Ledger
from ectgraph.model import Report, Severity
from ectgraph.policy import Policy
from ectgraph.rule import Evidence, Hit, Rule, ledger_rule
from ectgraph.rules import RULES, judge
from ectgraph.signature import ORDER

EPOCH = 1_771_943_000
"""Second 0 of every sketch: 2026-02-24 14:23:20 UTC."""
AGENTS = "spiffe://example.com/agent/"
"""Beginning of the `iss` of every agent in a sketch."""
LIFETIME = 600
"""Seconds from `iat` to `exp`."""
NAMESPACE = uuid.UUID("6f9d3c1e-2b7a-5e4d-9c8f-0a1b2c3d4e5f")


@cache
def private_key(name: str) -> ec.EllipticCurvePrivateKey:
    """The P-256 key of an agent; the same for the same name, and public knowledge.

    >>> private_key("a").public_key() == private_key("a").public_key()
    True
    """
    number = int.from_bytes(hashlib.sha256(b"ectgraph.testing " + name.encode()).digest())
    return ec.derive_private_key(number % (ORDER - 1) + 1, ec.SECP256R1())


def jwks(*names: str) -> dict[str, Any]:
    """The public keys of agents as a JWK Set; an agent's name is the `kid` of its key."""
    return {"keys": [public_jwk(private_key(name), name) for name in names]}


def task_id(name: str) -> str:
    """The `jti` (or `wid`) that stands for a name in a sketch, a UUID.

    >>> task_id("a") == task_id("a") != task_id("b")
    True
    """
    return str(uuid.uuid5(NAMESPACE, name))


def sign(signing_input: bytes, signer: str) -> bytes:
    """Sign as an agent; see `signature.sign`."""
    return signature.sign(signing_input, private_key(signer))


def seal(header: bytes, payload: bytes, signer: str) -> bytes:
    """Make a compact JWS of a header and a payload that are already JSON, or whatever they are."""
    signing_input = encode_base64url(header) + b"." + encode_base64url(payload)
    return signing_input + b"." + encode_base64url(sign(signing_input, signer))


def token(claims: dict[str, Any], signer: str, header: dict[str, Any] | None = None) -> bytes:
    """Make a signed ECT of a claims set; `header` replaces the usual one.

    >>> token({"jti": "x"}, "a").count(b".")
    2
    """
    typ = "exec+jwt" if "pred" in claims else "wimse-exec+jwt"
    usual = {"alg": "ES256", "typ": typ, "kid": signer}
    return seal(compact_json(usual if header is None else header), compact_json(claims), signer)


def ledger_file(tokens: Sequence[bytes], recorded_at: Sequence[int]) -> bytes:
    """Write tokens as an `ectgraph-ledger/1` file (docs/formats.md), hash chain included.

    Args:
        tokens: compact JWSs in the order recorded.
        recorded_at: for each, when the ledger took it in (seconds since 1970).

    """
    lines: list[bytes] = []
    previous = ""
    for number, (compact, seconds) in enumerate(zip(tokens, recorded_at, strict=True), 1):
        time = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        entry = {
            "seq": number,
            "recorded_at": time,
            "jti": _jti(compact),
            "prev_hash": previous,
            "ect": compact.decode(),
        }
        lines.append(compact_json(entry))
        previous = hashlib.sha256(lines[-1]).hexdigest()
    return b"".join(line + b"\n" for line in lines)


def _jti(compact: bytes) -> str:
    ledger = loader.load_bytes(compact)
    read = ledger[0].token
    return (read.jti if read else None) or ""


@dataclass(frozen=True)
class Draft:
    """A token in the making: what a fault may change before, or after, it is signed."""

    header: dict[str, Any]
    claims: dict[str, Any]
    signer: str

    def seal(self, payload: bytes | None = None) -> bytes:
        """Sign it; with another payload, if given."""
        body = compact_json(self.claims) if payload is None else payload
        return seal(compact_json(self.header), body, self.signer)


def _with_claims(**changes: Any) -> Callable[[Draft], bytes]:
    def make(draft: Draft) -> bytes:
        claims = {name: changes.get(name, value) for name, value in draft.claims.items()}
        return Draft(draft.header, claims | changes, draft.signer).seal()

    return make


def _payload(change: Callable[[bytes], bytes]) -> Callable[[Draft], bytes]:
    return lambda draft: draft.seal(change(compact_json(draft.claims)))


def _text(change: Callable[[bytes], bytes]) -> Callable[[Draft], bytes]:
    return lambda draft: change(draft.seal())


def _resign(compact: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """Change the 64 bytes of the signature."""
    signing_input, _, _ = compact.rpartition(b".")
    return signing_input + b"." + encode_base64url(change(sign(signing_input, "agent-a")))


FAULTS: dict[str, Callable[[Draft], bytes]] = {
    "oversized": _with_claims(note="x" * (1 << 20)),
    "padded": _text(lambda compact: compact + b"=="),
    "trailing-bits": _text(lambda compact: compact[:-1] + bytes([compact[-1] + 1])),
    "nan": _payload(lambda payload: payload[:-1] + b',"x":NaN}'),
    "cut": _payload(lambda payload: payload[:-9]),
    "nested": _payload(lambda payload: payload[:-1] + b',"x":' + b"[" * 99 + b"]" * 99 + b"}"),
    "twice": _payload(lambda payload: payload[:-1] + b',"exec_act":"pay"}'),
    "crit": lambda draft: Draft(
        draft.header | {"crit": ["b64"], "b64": False}, draft.claims, draft.signer
    ).seal(),
    "iat-string": lambda draft: _with_claims(iat=str(draft.claims["iat"]))(draft),
    "iat-true": _with_claims(iat=True),
    "two-lists": lambda draft: _with_claims(
        par=draft.claims.get("par", draft.claims.get("pred")), pred=[]
    )(draft),
    "flipped": _text(
        lambda compact: _resign(compact, lambda mark: bytes([mark[0] ^ 1]) + mark[1:])
    ),
    "short": _text(lambda compact: _resign(compact, lambda mark: mark[:-1])),
    "stranger": lambda draft: Draft(draft.header, draft.claims, "a stranger").seal(),
    "unsigned": lambda draft: compact_json(draft.claims),
    "ext-large": lambda draft: Draft(
        draft.header,
        draft.claims | {"ect_ext" if "pred" in draft.claims else "ext": {"note": "x" * 4096}},
        draft.signer,
    ).seal(),
}
"""What can go wrong with a token: each makes a faulty one. `no-CLAIM` leaves a claim out."""


@ledger_rule(
    "ECT999",
    "always-broken",
    Severity.NOTE,
    cites="a test",
    advice="Nothing.",
    good=(),
    bad=(),
)
def _broken_rule(evidence: Evidence) -> Iterator[Hit]:
    """Raise, whatever there is to see."""
    message = f"{len(evidence.ledger)} records were too many"
    raise RuntimeError(message)


_TORN_OFF = 101  # the signature and a little of the claims


@dataclass(frozen=True)
class Sketch:
    """A ledger made from a line of text, with its keys and the policy it is judged by."""

    records: tuple[bytes, ...]
    ring: KeyRing | None
    policy: Policy = field(default_factory=Policy)
    rules: dict[str, Rule] = field(default_factory=lambda: RULES)
    torn: bool = False
    """Whether the file ends in the middle of the last record."""

    @property
    def data(self) -> bytes:
        """The ledger as a file: one record a line."""
        data = b"".join(record + b"\n" for record in self.records)
        return data[:-_TORN_OFF] if self.torn else data

    def ledger(self) -> Ledger:
        """Load it."""
        return loader.load_bytes(self.data, self.ring, self.policy, judge=judge, source="sketch")

    def evidence(self) -> Evidence:
        """Load it, for a rule to look at."""
        return Evidence(self.ledger(), self.ring, self.policy)

    def lint(self, rules: dict[str, Rule] | None = None) -> Report:
        """Load and judge it, by the whole catalogue or by some rules."""
        return linter.lint(self.evidence(), rules=self.rules if rules is None else rules)

    def codes(self, rules: dict[str, Rule] | None = None) -> list[str]:
        """The distinct codes of its findings, sorted."""
        return sorted({finding.code for finding in self.lint(rules).findings})


_TASK = re.compile(r"(?P<name>[\w.-]+)(?:@(?P<at>-?\d+(?:\.\d+)?))?(?:<(?P<parents>[\w.,-]+))?$")


def sketch(text: str) -> Sketch:
    """Make a ledger from a line of text.

    Items are separated by `;`. An item is one of

    * `NAME@SECONDS<PARENT,PARENT OPTION OPTION`: a task; seconds count from `EPOCH`. Options are
      `by=AGENT` (who issues and signs), `act= wid= iss= aud= jti=` (claims; an empty value leaves
      the claim out), `sub= pol= pol_decision= inp_hash= out_hash= ext=` (claims usually not
      there; `ext` as JSON without spaces), `life=SECONDS` (from `iat` to `exp`), `typ= alg= kid=`
      (header members), `draft=00|01`, `!FAULT`, a name of `FAULTS`; and `recorded=SECONDS`
      (counted from `EPOCH`) and `entry=` (JSON without spaces), which put the token into an entry
      object with that time and those members;
    * `'TEXT'`: a record that is just this text;
    * `!no-keys`, `!bad-key`, `!broken-rule`; `!bound`: each key may sign for its agent alone;
      `!chained`: the records are entries of a hash chain; `!torn`: the end of the last is cut off;
      `!revoked=SECONDS`: all keys are revoked then; or `!NAME=VALUE`, a choice of the policy
      (`!at=SECONDS` counts from `EPOCH`).

    Raises:
        EctgraphError: the text does not say a ledger.

    >>> sketch("a@0; b@5<a").codes()
    []
    >>> sketch("a@0; b@5<a,z; c@0 !flipped").codes()
    ['ECT201', 'ECT303']

    """
    records: list[bytes] = []
    agents = {"agent-a"}
    switches: dict[str, str] = {}
    entries: list[dict[str, Any] | None] = []
    for item in filter(None, (part.strip() for part in text.split(";"))):
        if item.startswith("'"):
            records.append(item.strip("'").encode())
            entries.append(None)
        elif item.startswith("!"):
            name, _, value = item[1:].partition("=")
            switches[name] = value
        else:
            agent, record, entry = _task(item)
            agents.add(agent)
            records.append(record)
            entries.append(entry)
    records = _enter(records, entries, chained="chained" in switches)
    keys = jwks(*sorted(agents))
    for key in keys["keys"]:
        if "bound" in switches:
            key["iss"] = f"{AGENTS}{key['kid']}"
        if "revoked" in switches:
            key["revoked_at"] = EPOCH + _number(switches["revoked"])
    if "bad-key" in switches:
        keys["keys"].append({"kty": "oct", "kid": "secret", "k": "c2VjcmV0"})
    choices = _choices({name: value for name, value in switches.items() if name not in _SWITCHES})
    return Sketch(
        tuple(records),
        None if "no-keys" in switches else KeyRing.from_jwks(keys, "sketch.keys.json"),
        Policy(**choices),
        RULES | {_broken_rule.code: _broken_rule} if "broken-rule" in switches else RULES,
        torn="torn" in switches,
    )


def _enter(
    records: Sequence[bytes], entries: Sequence[dict[str, Any] | None], *, chained: bool
) -> list[bytes]:
    """Put records into entry objects, where they are to be."""
    lines: list[bytes] = []
    for record, stated in zip(records, entries, strict=True):
        if stated is None and not chained:
            lines.append(record)
            continue
        previous = hashlib.sha256(lines[-1]).hexdigest() if lines else ""
        place = {"seq": len(lines) + 1, "prev_hash": previous} if chained else {}
        lines.append(compact_json(place | (stated or {}) | {"ect": record.decode()}))
    return lines


_SWITCHES = frozenset({"no-keys", "bad-key", "broken-rule", "bound", "revoked", "chained", "torn"})
_ADDED = ("sub", "pol", "pol_decision", "inp_hash", "out_hash", "ext")
_OPTIONS = frozenset(
    {"by", "act", "wid", "iss", "aud", "jti", "typ", "alg", "kid", "draft", "life", *_ADDED}
    | {"recorded", "entry"}
)


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        message = f"{text!r} is no number of seconds"
        raise EctgraphError(message) from error


def _object(option: str, text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        message = f"{option}={text}: no JSON"
        raise EctgraphError(message) from error
    if not isinstance(value, dict):
        message = f"{option}={text}: no object"
        raise EctgraphError(message)
    return value


def _entry(values: dict[str, str]) -> dict[str, Any] | None:
    """The members of the entry object that a task's options ask for; `None` for a bare token."""
    if "recorded" not in values and "entry" not in values:
        return None
    recorded = {"recorded_at": EPOCH + _number(values["recorded"])} if "recorded" in values else {}
    return recorded | _object("entry", values.get("entry", "{}"))


def _choices(choices: dict[str, str]) -> dict[str, Any]:
    """The choices of a policy that a sketch sets."""
    odd = sorted(choices.keys() - set(Policy.__struct_fields__))
    if odd:
        message = f"{odd[0]!r} is nothing that a policy says"
        raise EctgraphError(message)
    try:
        policy = msgspec.convert(choices, Policy, strict=False)
    except msgspec.ValidationError as error:
        message = f"no such policy: {error}"
        raise EctgraphError(message) from error
    found = {name: getattr(policy, name) for name in choices}
    return found | ({"at": EPOCH + found["at"]} if "at" in found else {})


def _task(item: str) -> tuple[str, bytes, dict[str, Any] | None]:
    """(the agent who signs, the token, the members of its entry) of one task of a sketch."""
    head, *options = item.split()
    match = _TASK.match(head)
    if match is None:
        message = f"{head!r} is no task; write NAME@SECONDS<PARENT,PARENT"
        raise EctgraphError(message)
    values = dict(option.split("=", 1) for option in options if "=" in option)
    faults = [option[1:] for option in options if option.startswith("!")]
    odd = [option for option in options if option[0] != "!" and "=" not in option]
    odd += sorted(values.keys() - _OPTIONS)
    if odd or values.get("draft", "00") not in ("00", "01"):
        message = f"{' '.join(odd) or values['draft']!r} is no option; see `sketch`"
        raise EctgraphError(message)
    name, agent = match["name"], values.get("by", "agent-a")
    parents = (
        [task_id(parent) for parent in match["parents"].split(",")] if match["parents"] else []
    )
    seconds = float(match["at"] or 0)
    iat = EPOCH + (int(seconds) if seconds.is_integer() else seconds)
    is_01 = values.get("draft") == "01"
    claims = {
        "iss": values.get("iss", f"{AGENTS}{agent}"),
        "aud": values.get("aud", "spiffe://example.com/ledger"),
        "iat": iat,
        "exp": iat + _number(values.get("life", str(LIFETIME))),
        "jti": values.get("jti", task_id(name)),
        "wid": values["wid"] and task_id(values["wid"]) if "wid" in values else task_id("workflow"),
        "exec_act": values.get("act", name),
        "pred" if is_01 else "par": parents,
    }
    added: dict[str, Any] = {name: values[name] for name in _ADDED if name in values}
    extension = _object("ext", added.pop("ext", "{}"))
    if is_01:
        extension |= {name: added.pop(name) for name in ("pol", "pol_decision") if name in added}
    claims |= added | ({"ect_ext" if is_01 else "ext": extension} if extension else {})
    header = {
        "alg": values.get("alg", "ES256"),
        "typ": values.get("typ", "exec+jwt" if is_01 else "wimse-exec+jwt"),
        "kid": values.get("kid", agent),
    }
    draft = Draft(
        {member: value for member, value in header.items() if value},
        {claim: value for claim, value in claims.items() if value != ""},
        agent,
    )
    return agent, _spoil(draft, faults), _entry(values)


def _spoil(draft: Draft, faults: list[str]) -> bytes:
    if not faults:
        return draft.seal()
    fault = faults[0]
    if fault.startswith("no-"):
        claims = {name: value for name, value in draft.claims.items() if name != fault[3:]}
        return Draft(draft.header, claims, draft.signer).seal()
    if fault not in FAULTS or len(faults) > 1:
        message = f"{' '.join(faults)!r}: one fault a task, of {', '.join(sorted(FAULTS))}"
        raise EctgraphError(message)
    return FAULTS[fault](draft)
