"""What a story is: a table with a line for each task, and how a ledger is made of it.

Everything that a token needs follows from the story: ids, times, hashes, and who must be able to
read it. The stories themselves are in `stories.py`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, NamedTuple

from ectgraph.encoding import compact_json, encode_base64url, hash_of
from ectgraph.keys import public_jwk
from ectgraph.testing import FAULTS, Draft, private_key, task_id

LIFETIME = 600  # seconds from a token's `iat` to its `exp`
DELAY = 2  # seconds from a task to its record in the ledger


def _alg_none(draft: Draft) -> bytes:
    sealed = Draft(draft.header | {"alg": "none"}, draft.claims, draft.signer).seal()
    return sealed.rpartition(b".")[0] + b"."


SPOIL: dict[str, Callable[[Draft], bytes]] = FAULTS | {
    "alg-none": _alg_none,
    "unsigned": lambda draft: encode_base64url(compact_json(draft.claims)),
    "cut-off": lambda draft: draft.seal()[:300],
    "on-paper": lambda _: b"see paper file 17, page 4",
}
"""What can be wrong with a record: the faults of `ectgraph.testing`, and some of our own."""

_LINE = re.compile(
    r"(?P<at>\d+) +(?P<name>[\w-]+): +(?P<agent>[\w@-]+) +(?P<action>\w+)"
    r"( < (?P<after>[\w -]+))? = (?P<makes>[^\[]+?)( +\[(?P<options>.+)\])?"
)


class Step(NamedTuple):
    """One task of a story, and the line that tells it.

        412 review: physician-desk review_proposal < proposal scan = agreed [pol=safety_v3]

    is the task `review`: 412 seconds into the story the agent `physician-desk` does
    `review_proposal`, builds on the tasks `proposal` and `scan`, and makes what follows the `=`,
    of which the token holds the hash. Two lines of one name are two tokens for one task.
    `physician-desk@hospital` is an agent of another company. Options, separated by `;`:

    * `pol=POLICY` or `pol=POLICY DECISION`: the policy it was judged by, and how, if not `approved`
    * `compensates=REASON`: it undoes something
    * `fault=NAME`: something is wrong with the record, see `SPOIL`
    * `clock=SECONDS`: by so much the agent's clock is fast; slow, when negative
    * `again=SECONDS`: when the same token is recorded a second time
    * `recorded=SECONDS`: when it is recorded, if not at once
    * `pruned`: it was done, but its record was taken out
    * `no-key`: nobody was given the agent's key
    * `ms=MILLISECONDS`: how long it took, where that is known
    * `of=NAME`: the workflow it is of, where the ledger has several
    * `to=AGENT`: it is addressed to this agent as well
    * `copy=NAME`: it is in this copy of the ledger, and in no other
    * `signature=TEXT`: its signer drew this signature, no other; of the same claims ES256 makes
      another one each time
    """

    at: int
    name: str
    agent: str
    action: str
    after: tuple[str, ...]
    makes: str
    options: dict[str, str]

    @classmethod
    def read(cls, line: str) -> Step:
        """Read a line of a table."""
        match = _LINE.fullmatch(line)
        if match is None:
            message = f"no step of a story: {line!r}"
            raise ValueError(message)
        name, agent, action, makes = match.group("name", "agent", "action", "makes")
        after = tuple((match["after"] or "").split())
        options = dict(
            option.partition("=")[::2] for option in (match["options"] or "").split("; ")
        )
        return cls(int(match["at"]), name, agent, action, after, makes, options)


class Recorded(NamedTuple):
    """A record on its way into a file."""

    at: int
    step: Step
    claims: dict[str, Any]
    token: bytes


@dataclass(frozen=True, kw_only=True)
class Expect:
    """What the linter is to say; `verified` counts records, the others tasks and parent links."""

    codes: tuple[str, ...] = ()
    tasks: int
    edges: int
    verified: int
    exit: int = 0
    keys: str = "keys.json"
    other_keys: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What the codes are with other key files."""
    policy_codes: tuple[str, ...] | None = None
    """What the codes are with the workflow's own policy file; `None`: the same as without."""


@dataclass(frozen=True, kw_only=True)
class Story:
    """A ledger to be made."""

    file: str
    tells: str
    domain: str
    """Whose agents they are, when they do not say otherwise, and who runs the ledger."""
    start: str
    draft: str
    """The dialect: `early-00` (with `sub` and policy claims), `00` or `01`."""
    write: Callable[[Story], bytes]
    expect: Expect
    table: str
    rotates: bool = False
    """Whether every agent has a new key each New Year, under its old name."""
    copy: str = ""
    """Which copy of the ledger this is, where there are several."""

    @cached_property
    def zero(self) -> int:
        """Second 0 of the story."""
        return int(datetime.fromisoformat(self.start).timestamp())

    @cached_property
    def steps(self) -> list[Step]:
        """The lines of the table; one that begins with `[` or `=` goes on from the line above."""
        return [
            Step.read(line.strip())
            for line in re.sub(r"\n +(?=[\[=])", " ", self.table.strip()).split("\n")
        ]

    @cached_property
    def records(self) -> list[Recorded]:
        """What the ledger holds, in the order of its recording."""
        records = []
        for step in self.steps:
            if step.options.get("copy", self.copy) != self.copy:
                continue
            claims = self._claims(step)
            compact = self._token(step, claims)
            times = [] if "pruned" in step.options else [int(step.options.get("recorded", step.at))]
            times += [int(step.options["again"])] if "again" in step.options else []
            records += [Recorded(self.zero + at + DELAY, step, claims, compact) for at in times]
        return sorted(records, key=lambda record: record.at)

    def kid(self, step: Step) -> str:
        """The key of the agent who does a step: its name and its domain."""
        name, _, company = step.agent.partition("@")
        return f"{name}@{company}.example" if company else f"{name}@{self.domain}"

    def issuer(self, step: Step) -> str:
        """The SPIFFE ID of the agent who does a step."""
        name, _, domain = self.kid(step).partition("@")
        return f"spiffe://{domain}/agent/{name}"

    def jti(self, name: str) -> str:
        """The `jti` of a task."""
        return task_id(f"{self.domain}/{name}")

    def _claims(self, step: Step) -> dict[str, Any]:
        """A token's claims; addressed to the agents who build on the task, and to the ledger."""
        issuer, jti = self.issuer(step), self.jti(step.name)
        iat = self.zero + step.at + int(step.options.get("clock", 0))
        readers = dict.fromkeys(self.issuer(s) for s in self.steps if step.name in s.after)
        if "to" in step.options:
            readers[self.issuer(step._replace(agent=step.options["to"]))] = None
        is_01, is_early = self.draft == "01", self.draft == "early-00"
        policy, extension = _policy(step), _extension(step, jti)
        return {
            "iss": issuer,
            **({"sub": issuer} if is_early else {}),
            "aud": [*readers, f"spiffe://{self.domain}/ledger"],
            "iat": iat,
            "exp": iat + LIFETIME,
            "jti": jti,
            "wid": self.jti(step.options.get("of", "the workflow")),
            "exec_act": step.action,
            "pred" if is_01 else "par": [self.jti(name) for name in step.after],
            **self._hashes(step),
            **({} if is_01 else policy),
            "ect_ext" if is_01 else "ext": extension | (policy if is_01 else {}),
        }

    def _hashes(self, step: Step) -> dict[str, str]:
        """The hash of what came out, and where there is one parent, of what it handed over."""
        made = {s.name: hash_of(s.makes.encode()) for s in self.steps}
        given = {"inp_hash": made[step.after[0]]} if len(step.after) == 1 else {}
        return given | {"out_hash": hash_of(step.makes.encode())}

    def _token(self, step: Step, claims: dict[str, Any]) -> bytes:
        typ = "exec+jwt" if self.draft == "01" else "wimse-exec+jwt"
        header = {"alg": "ES256", "typ": typ, "kid": self.kid(step)}
        signer = self.kid(step)
        if self.rotates:
            signer = key_name(signer, datetime.fromtimestamp(claims["iat"], UTC).year)
        draft = Draft(header, claims, signer)
        if "signature" in step.options:
            return draft.seal().rpartition(b".")[0] + b"." + step.options["signature"].encode()
        return SPOIL[step.options["fault"]](draft) if "fault" in step.options else draft.seal()

    def rotated_keys(self, revoked: dict[str, int] | None = None) -> list[dict[str, Any]]:
        """The public keys of agents that have a new one each year, with the time of each.

        Args:
            revoked: when keys were revoked (seconds since 1970), by `key_name`.

        """
        years = sorted({datetime.fromtimestamp(record.at, UTC).year for record in self.records})
        issuers = {self.kid(step): self.issuer(step) for step in self.steps}
        keys = []
        for kid, issuer in issuers.items():
            for year in years:
                name = key_name(kid, year)
                window = {"nbf": _new_year(year), "exp": _new_year(year + 1)}
                end = {"revoked_at": revoked[name]} if revoked and name in revoked else {}
                keys.append(public_jwk(private_key(name), kid, issuer) | window | end)
        return keys


def key_name(kid: str, year: int) -> str:
    """What `testing.private_key` calls the key that an agent had in a year."""
    return f"{kid} {year}"


def _new_year(year: int) -> int:
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp())


def _policy(step: Step) -> dict[str, str]:
    name, _, decision = step.options.get("pol", "").partition(" ")
    return {"pol": name, "pol_decision": decision or "approved"} if name else {}


def _extension(step: Step, jti: str) -> dict[str, Any]:
    """The extension object; milliseconds that nobody knows are invented, the same each time."""
    invented = 300 + int.from_bytes(hashlib.sha256(jti.encode()).digest()[:2]) % 4000
    milliseconds = int(step.options.get("ms", invented))
    if "compensates" not in step.options:
        return {"exec_time_ms": milliseconds}
    reason = step.options["compensates"]
    return {
        "exec_time_ms": milliseconds,
        "compensation_required": True,
        "compensation_reason": reason,
    }
