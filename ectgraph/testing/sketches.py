"""The sketch language: a ledger in a line of text."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ectgraph import linter, loader
from ectgraph.artifacts import Artifacts
from ectgraph.encoding import compact_json
from ectgraph.errors import EctgraphError
from ectgraph.keys import KeyRing
from ectgraph.ledger import Ledger
from ectgraph.model import Report, Severity
from ectgraph.policy import Policy
from ectgraph.rule import Evidence, Hit, Rule, ledger_rule
from ectgraph.rules import RULES, Catalogue
from ectgraph.testing.faults import FAULTS, FORMS, Draft
from ectgraph.testing.tokens import AGENTS, EPOCH, jwks, task_id

LIFETIME = 600
"""Seconds from `iat` to `exp`."""
_LEDGER = "spiffe://example.com/ledger"


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
    rules: dict[str, Rule] | Catalogue = field(default_factory=lambda: RULES)
    torn: bool = False
    """Whether the file ends in the middle of the last record."""
    artifacts: Artifacts | None = None

    @property
    def data(self) -> bytes:
        """The ledger as a file: one record a line."""
        data = b"".join(record + b"\n" for record in self.records)
        return data[:-_TORN_OFF] if self.torn else data

    def ledger(self, rules: Catalogue = RULES) -> Ledger:
        """Load it; each token is judged by these rules."""
        return loader.load_bytes(
            self.data, self.ring, self.policy, judge=rules.judge, source="sketch"
        )

    def evidence(self, rules: Catalogue = RULES) -> Evidence:
        """Load it, for a rule to look at."""
        return Evidence(
            self.ledger(rules), self.ring, self.policy, artifacts=self.artifacts, rules=rules
        )

    def lint(self, rules: dict[str, Rule] | Catalogue | None = None) -> Report:
        """Load and judge it, by the whole catalogue, by another, or by some rules of ours."""
        read = self.evidence(rules if isinstance(rules, Catalogue) else RULES)
        return linter.lint(read, rules=self.rules if rules is None else rules)

    def codes(self, rules: dict[str, Rule] | Catalogue | None = None) -> list[str]:
        """The distinct codes of its findings, sorted."""
        return sorted({finding.code for finding in self.lint(rules).findings})


_TASK = re.compile(r"(?P<name>[\w.-]+)(?:@(?P<at>-?\d+(?:\.\d+)?))?(?:<(?P<parents>[\w.,-]+))?$")


def sketch(text: str) -> Sketch:
    """Make a ledger from a line of text.

    Items are separated by `;`. An item is one of

    * `NAME@SECONDS<PARENT,PARENT OPTION OPTION`: a task; seconds count from `EPOCH`. Options are
      `by=AGENT` (who issues and signs), `act= wid= iss= aud= jti=` (claims; an empty value leaves
      the claim out; a task is addressed to a ledger, and to the other agents that build on it),
      `sub= pol= pol_decision= inp_hash= out_hash= ext=` (claims usually not there; `ext` as JSON
      without spaces), `life=SECONDS` (from `iat` to `exp`), `typ= alg= kid=` (header members),
      `draft=00|01`, `!FAULT`, a name of `FAULTS` or `FORMS`; and `recorded=SECONDS` (counted from
      `EPOCH`) and `entry=` (JSON without spaces), which put the token into an entry object with
      that time and those members;
    * `'TEXT'`: a record that is just this text;
    * `!no-keys`, `!bad-key`, `!broken-rule`; `!bound`: each key may sign for its agent alone;
      `!chained`: the records are entries of a hash chain; `!torn`: the end of the last is cut off;
      `!revoked=SECONDS`: all keys are revoked then; `!low-s`: tokens without a fault are signed in
      the low form; `!artifacts=TEXT,TEXT`: there are files, with these contents; or
      `!NAME=VALUE`, a choice of the policy (`!at=SECONDS` counts from `EPOCH`, `null` is none).

    Raises:
        EctgraphError: the text does not say a ledger.

    >>> sketch("a@0; b@5<a").codes()
    []
    >>> sketch("a@0; b@5<a,z; c@0 !flipped").codes()
    ['ECT201', 'ECT303']

    """
    items: list[_Task | bytes] = []
    switches: dict[str, str] = {}
    for item in filter(None, (part.strip() for part in text.split(";"))):
        if item.startswith("!"):
            name, _, value = item[1:].partition("=")
            switches[name] = value
        else:
            items.append(item.strip("'").encode() if item.startswith("'") else _task(item))
    tasks = [item for item in items if isinstance(item, _Task)]
    readers = _readers(tasks)
    usual = "low-s" if "low-s" in switches else None
    records = [
        _seal(_draft(item, readers), item.faults, usual) if isinstance(item, _Task) else item
        for item in items
    ]
    entries = [_entry(item.values) if isinstance(item, _Task) else None for item in items]
    records = _enter(records, entries, chained="chained" in switches)
    choices = _choices({name: value for name, value in switches.items() if name not in _SWITCHES})
    return Sketch(
        tuple(records),
        _ring({"agent-a"} | {task.agent for task in tasks}, switches),
        Policy(**choices),
        {**RULES, _broken_rule.code: _broken_rule} if "broken-rule" in switches else RULES,
        "torn" in switches,
        _artifacts(switches),
    )


def _ring(agents: Iterable[str], switches: dict[str, str]) -> KeyRing | None:
    """The keys of the agents, as the switches want them."""
    if "no-keys" in switches:
        return None
    keys = jwks(*sorted(agents))
    for key in keys["keys"]:
        if "bound" in switches:
            key["iss"] = f"{AGENTS}{key['kid']}"
        if "revoked" in switches:
            key["revoked_at"] = EPOCH + _number(switches["revoked"])
    if "bad-key" in switches:
        keys["keys"].append({"kty": "oct", "kid": "secret", "k": "c2VjcmV0"})
    return KeyRing.from_jwks(keys, "sketch.keys.json")


def _artifacts(switches: dict[str, str]) -> Artifacts | None:
    if "artifacts" not in switches:
        return None
    return Artifacts.of(switches["artifacts"].encode().split(b","), "sketch.files")


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


_SWITCHES = frozenset(
    {"no-keys", "bad-key", "broken-rule", "bound", "revoked", "chained", "torn", "low-s"}
    | {"artifacts"}
)
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
        values = {
            name: msgspec.json.decode(text) if text[:1] in ("[", "{") else text
            for name, text in choices.items()
        }
        policy = msgspec.convert(values, Policy, strict=False)
    except msgspec.MsgspecError as error:
        message = f"no such policy: {error}"
        raise EctgraphError(message) from error
    found = {name: getattr(policy, name) for name in choices}
    return found | ({"at": EPOCH + found["at"]} if found.get("at") is not None else {})


@dataclass(frozen=True)
class _Task:
    """A task of a sketch, as its item says it."""

    name: str
    seconds: float
    parents: list[str]
    values: dict[str, str]
    """What its options say."""
    faults: list[str]

    @property
    def agent(self) -> str:
        """Who signs."""
        return self.values.get("by", "agent-a")

    @property
    def iss(self) -> str:
        """Who issues; empty when it does not say."""
        return self.values.get("iss", f"{AGENTS}{self.agent}")

    @property
    def jti(self) -> str:
        """Its id; empty when it has none."""
        return self.values.get("jti", task_id(self.name))


def _task(item: str) -> _Task:
    head, *options = item.split()
    match = _TASK.match(head)
    if match is None:
        message = f"{head!r} is no task; write NAME@SECONDS<PARENT,PARENT"
        raise EctgraphError(message)
    values = dict(option.split("=", 1) for option in options if "=" in option)
    odd = [option for option in options if option[0] != "!" and "=" not in option]
    odd += sorted(values.keys() - _OPTIONS)
    if odd or values.get("draft", "00") not in ("00", "01"):
        message = f"{' '.join(odd) if odd else values['draft']!r} is no option; see `sketch`"
        raise EctgraphError(message)
    return _Task(
        match["name"],
        float(match["at"] or 0),
        [task_id(parent) for parent in match["parents"].split(",")] if match["parents"] else [],
        values,
        [option[1:] for option in options if option.startswith("!")],
    )


def _readers(tasks: Iterable[_Task]) -> dict[str, dict[str, None]]:
    """For each `jti` the agents that build on it, in the order of appearance."""
    readers: dict[str, dict[str, None]] = {}
    for task in tasks:
        for parent in task.parents if task.iss else ():
            readers.setdefault(parent, {})[task.iss] = None
    return readers


def _draft(task: _Task, readers: dict[str, dict[str, None]]) -> Draft:
    """The token that a task asks for; it is addressed to whoever builds on it, as a rule wants."""
    values = task.values
    iat = EPOCH + (int(task.seconds) if task.seconds.is_integer() else task.seconds)
    is_01 = values.get("draft") == "01"
    others = [iss for iss in readers.get(task.jti, ()) if iss != task.iss]
    claims = {
        "iss": task.iss,
        "aud": values.get("aud", [_LEDGER, *others] if others else _LEDGER),
        "iat": iat,
        "exp": iat + _number(values.get("life", str(LIFETIME))),
        "jti": task.jti,
        "wid": values["wid"] and task_id(values["wid"]) if "wid" in values else task_id("workflow"),
        "exec_act": values.get("act", task.name),
        "pred" if is_01 else "par": task.parents,
    }
    added: dict[str, Any] = {name: values[name] for name in _ADDED if name in values}
    extension = _object("ext", added.pop("ext", "{}"))
    if is_01:
        extension |= {name: added.pop(name) for name in ("pol", "pol_decision") if name in added}
    claims |= added | ({"ect_ext" if is_01 else "ext": extension} if extension else {})
    header = {
        "alg": values.get("alg", "ES256"),
        "typ": values.get("typ", "exec+jwt" if is_01 else "wimse-exec+jwt"),
        "kid": values.get("kid", task.agent),
    }
    return Draft(
        {member: value for member, value in header.items() if value},
        {claim: value for claim, value in claims.items() if value != ""},
        task.agent,
    )


def _seal(draft: Draft, faults: Sequence[str], usual: str | None) -> bytes:
    """Sign a token, with its fault; `usual` is the form of one that has none."""
    if not faults:
        return draft.seal() if usual is None else FORMS[usual](draft)
    fault = faults[0]
    if fault.startswith("no-"):
        claims = {name: value for name, value in draft.claims.items() if name != fault[3:]}
        return Draft(draft.header, claims, draft.signer).seal()
    known = FAULTS | FORMS
    if fault not in known or len(faults) > 1:
        message = f"{' '.join(faults)!r}: one fault a task, of {', '.join(sorted(known))}"
        raise EctgraphError(message)
    return known[fault](draft)
