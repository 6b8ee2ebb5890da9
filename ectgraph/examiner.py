"""The content of one record -> everything that can be known from it alone.

Reading, checking the signature and judging the problems found happen here, one after the other, for
one record at a time: in worker processes for an archive, in the calling process for a single token.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Any, TypeAlias

import msgspec
from msgspec.structs import replace

from ectgraph.claims import Reader, Reading, read_unsigned_claims
from ectgraph.formats.entry import Content, disagreements, facts, instant, unwrap
from ectgraph.keys import Keys
from ectgraph.model import Hit, Problem, Token, Trust
from ectgraph.policy import Policy
from ectgraph.signature import Verifier, is_high

Judge: TypeAlias = Callable[
    [Token | None, tuple[Problem, ...], Policy, float | None], tuple[tuple[str, Hit], ...]
]
"""Judges what is known of one record, last the time at which it was recorded (seconds since 1970):
(rule code, hit) of each rule that hits. A function of a module, so that it can go to a worker."""

Body: TypeAlias = tuple[bytes, int, Mapping[str, Any] | None, bool]
"""The arguments of `Examiner.examine`, for one record."""

_TEARS = frozenset({"unreadable-record", "bad-encoding", "bad-signature"})
_AT_THE_END = frozenset({"record", "entry", "signature"})
_SIGNATURE_BYTES = {"ES384": 96, "RS256": 256}
_SHORTEST_SIGNATURE = 64


class Facts(msgspec.Struct, frozen=True, gc=False):
    """The fields of an `Entry` that its own bytes tell, in its order; and then its digest."""

    token: Token | None
    trust: Trust
    problems: tuple[Problem, ...]
    hits: tuple[tuple[str, Hit], ...]
    seq: int | None
    recorded_at: str | int | float | None
    prev_hash: str | None
    key: int | None = None
    high_s: bool = False
    digest: str | None = None
    """SHA-256 of the content, in hex, of an entry of a hash chain; else `None`."""


class Examiner:
    """Examines records under one policy, with one key ring."""

    def __init__(self, keys: Keys, policy: Policy, judge: Judge | None = None) -> None:
        """Without keys signatures stay unchecked, without a judge nothing is judged."""
        self._policy = policy
        self._reader = Reader(policy.max_json_depth)
        self._verifier = Verifier(keys, policy)
        self._unchecked = Trust.UNCHECKED if keys is None else Trust.INVALID
        self._judge = judge

    def examine(
        self,
        body: bytes,
        length: int,
        beside: Mapping[str, Any] | None = None,
        torn: bool = False,  # noqa: FBT001, FBT002  # comes in tuples
    ) -> Facts:
        """Examine one record's content; never raises for data.

        Args:
            body: the content; of a record that is too long, its head.
            length: how long the content is, in bytes.
            beside: what its source says of the record next to its bytes.
            torn: whether the source ends before the record does.

        """
        if length > self._policy.max_record_bytes:
            detail = f"{length} bytes, more than the {self._policy.max_record_bytes} allowed"
            content = Content(problems=(Problem("oversized-record", "record", detail),))
        else:
            content = unwrap(body, self._policy.max_json_depth)
        seq, recorded_at, stated = content.seq, content.recorded_at, content.stated
        if beside:
            beside_seq, beside_time = facts(beside)
            seq = beside_seq if seq is None else seq
            recorded_at = beside_time if recorded_at is None else recorded_at
        recorded = None if recorded_at is None else instant(recorded_at)
        reading = self._read(content)
        said = (stated, beside) if beside else (stated,) if stated else ()
        trust, problems, hits, key, high_s = self._examine(
            reading, content.problems, self._policy, said=said, recorded=recorded, torn=torn
        )
        chained = content.prev_hash is not None
        digest = sha256(body).hexdigest() if chained else None
        return Facts(
            reading.token,
            trust,
            problems,
            hits,
            seq,
            recorded_at,
            content.prev_hash,
            key,
            high_s,
            digest,
        )

    def examine_token(self, compact: bytes, at: float | None = None) -> Facts:
        """Examine a token that no record wraps, at a time of the caller's (NumericDate)."""
        self._reader.forget()
        if len(compact) > self._policy.max_record_bytes:
            return self.examine(b"", len(compact))
        policy = self._policy if at is None else replace(self._policy, at=at)
        reading = self._reader.read(compact)
        trust, problems, hits, key, high_s = self._examine(reading, (), policy)
        return Facts(reading.token, trust, problems, hits, None, None, None, key, high_s)

    def _examine(
        self,
        reading: Reading,
        problems: tuple[Problem, ...],
        policy: Policy,
        *,
        said: tuple[Mapping[str, Any], ...] = (),
        recorded: float | None = None,
        torn: bool = False,
    ) -> tuple[Trust, tuple[Problem, ...], tuple[tuple[str, Hit], ...], int | None, bool]:
        """(trust, problems, hits, key, high_s) of what was read; `problems` are its record's."""
        token, trust, key = reading.token, self._unchecked, None
        found = problems + reading.problems
        if token is not None:
            trust, refusals, key = self._verifier.verify(reading)
            for stated in said:
                refusals += tuple(disagreements(stated, token))
            if found or refusals:
                found = tuple(dict.fromkeys(found + refusals))
        if problems and trust is Trust.VERIFIED:
            trust = Trust.INVALID  # an entry that holds two tokens verifies neither
        high_s = trust is Trust.VERIFIED and is_high(reading)
        if torn:
            found = _torn(reading, found)
        hits = self._judge(token, found, policy, recorded) if self._judge else ()
        return trust, found, hits, key, high_s

    def examine_all(self, bodies: Iterable[Body]) -> list[Facts]:
        """Examine several records."""
        self._reader.forget()
        examine = self.examine
        return [examine(*body) for body in bodies]

    def _read(self, content: Content) -> Reading:
        if content.compact is not None:
            return self._reader.read(content.compact)
        if content.claims is not None:
            return read_unsigned_claims(content.claims, content.duplicates)
        return Reading(None, {}, ())


def _torn(reading: Reading, problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """The problems of a record that its source breaks off in: what is only due to that is one.

    A record of which nothing but the end of its line is missing has no problem with that.
    """
    token, length = reading.token, len(reading.signature or b"")
    if token is not None:
        whole = _SIGNATURE_BYTES.get(token.alg or "", _SHORTEST_SIGNATURE)
        if token.level == "L1" or length >= whole:
            return problems
    due = [p for p in problems if p.kind in _TEARS and p.where in _AT_THE_END]
    if token is None and not due:
        return problems
    detail = due[0].detail if due else f"its signature has {length} bytes"
    others = tuple(problem for problem in problems if problem not in due)
    return (Problem("torn-tail", due[0].where if due else "signature", detail), *others)
