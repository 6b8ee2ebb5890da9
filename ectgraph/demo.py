"""A workflow to look at: several agents, a join, a rejection undone, and attacks on the gate.

Everything goes through the agents' side as it would in earnest: each agent signs what it did, and a
gate verifies it against the ledger so far and enters it. Only the clock and the keys are made up,
so that the story is the same, to the byte, whenever it is told. The keys are public knowledge.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from ectgraph.agent.create import CreateOptions, create
from ectgraph.agent.file_ledger import FileLedger
from ectgraph.agent.payload import Payload
from ectgraph.agent.verify import VerifyOptions, verify
from ectgraph.claims import APPROVED, REJECTED
from ectgraph.encoding import compact_json, hash_of
from ectgraph.errors import EctgraphError, VerificationError
from ectgraph.keys import KeyRing
from ectgraph.model import Finding
from ectgraph.testing import AGENTS, EPOCH, jwks, private_key, task_id

LEDGER_ID = "spiffe://example.com/ledger"
LEDGER, KEYS, PICTURE = "ledger.jsonl", "agents.jwks.json", "workflow.svg"


class Step(NamedTuple):
    """One thing that an agent, or somebody who would like to be one, does."""

    at: int
    """Seconds since the beginning."""
    agent: str
    action: str
    after: tuple[str, ...] = ()
    """The actions it builds on."""
    decision: str | None = None
    undoes: str | None = None
    """Why it undoes something."""
    signer: str | None = None
    """Whose key signs it, where that is not the agent's."""
    again: bool = False
    """The very token of an earlier step is sent once more."""


STORY = (
    Step(0, "planner", "write_spec"),
    Step(95, "reviewer", "review_spec", ("write_spec",), APPROVED),
    Step(410, "coder", "implement_module", ("review_spec",)),
    Step(480, "tester", "test_module", ("implement_module",)),
    Step(530, "auditor", "audit_module", ("implement_module",), APPROVED, signer="mallory"),
    Step(610, "auditor", "audit_module", ("implement_module",), APPROVED),
    Step(660, "releaser", "release_module", ("test_module", "audit_module"), APPROVED),
    Step(700, "releaser", "release_module", again=True),
    Step(900, "monitor", "watch_release", ("release_module",), REJECTED),
    Step(930, "herald", "announce_release", ("watch_release",)),
    Step(960, "releaser", "roll_back_release", ("watch_release",), undoes="one call in nine fails"),
    Step(1020, "herald", "report_incident", ("roll_back_release",)),
)


@dataclass(frozen=True)
class Event:
    """What became of one step at the gate."""

    step: Step
    seq: int | None
    """Its number in the ledger; `None` when the gate refused it."""
    refusal: Finding | None


def play(folder: Path) -> Iterator[Event]:
    """Play the story into a folder: `ledger.jsonl`, and `agents.jwks.json` with the agents' keys.

    Raises:
        EctgraphError: the folder has a ledger already, or cannot be written.

    """
    if (folder / LEDGER).exists():
        message = f"{folder / LEDGER}: is there already; name another folder"
        raise EctgraphError(message)
    keys = _keys()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / KEYS).write_bytes(compact_json(keys) + b"\n")
    except OSError as error:
        message = f"{folder}: cannot be written ({error.strerror})"
        raise EctgraphError(message) from error
    now = EPOCH
    with FileLedger(folder / LEDGER, clock=lambda: now) as ledger:
        gate = VerifyOptions(
            verifier_id=LEDGER_ID,
            keys=KeyRing.from_jwks(keys, KEYS),
            store=ledger,
            clock=lambda: now,
        )
        sent: dict[str, str] = {}
        for step in STORY:
            now = EPOCH + step.at
            token = sent[step.action] if step.again else _token(step, now)
            sent[step.action] = token
            try:
                entry = ledger.append(verify(token, gate))
            except VerificationError as refusal:
                yield Event(step, None, refusal.finding)
            else:
                yield Event(step, entry.seq, None)


def _keys() -> dict[str, list[dict[str, str]]]:
    """The agents' public keys, each bound to its agent."""
    names = sorted({step.agent for step in STORY})
    found = jwks(*names)
    for key in found["keys"]:
        key["iss"] = f"{AGENTS}{key['kid']}"
    return found


def _token(step: Step, now: int) -> str:
    """What the agent sends; a forger names the agent's key and signs with one of its own."""
    readers = dict.fromkeys(f"{AGENTS}{s.agent}" for s in STORY if step.action in s.after)
    payload = Payload(
        iss=f"{AGENTS}{step.agent}",
        aud=[*readers, LEDGER_ID],
        iat=now,
        jti=task_id(f"demo {step.action}"),
        wid=task_id("demo"),
        exec_act=step.action,
        par=[task_id(f"demo {action}") for action in step.after],
        out_hash=hash_of(step.action.encode()),
    )
    if step.decision is not None:
        payload = replace(payload, pol=f"{step.action}_policy_v1", pol_decision=step.decision)
    if step.undoes is not None:
        reason = {"compensation_required": True, "compensation_reason": step.undoes}
        payload = replace(payload, ext=reason)
    return create(payload, private_key(step.signer or step.agent), CreateOptions(kid=step.agent))
