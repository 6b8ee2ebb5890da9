"""The content of one record -> everything that can be known from it alone.

Reading, checking the signature and judging the problems found happen here, one after the other, for
one record at a time: in worker processes for an archive, in the calling process for a single token.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from ectgraph.claims import Reader, Reading, read_unsigned_claims
from ectgraph.formats.entry import Content, unwrap
from ectgraph.keys import Keys
from ectgraph.model import Hit, Problem, Token, Trust
from ectgraph.policy import Policy
from ectgraph.signature import Verifier

Judge: TypeAlias = Callable[
    [Token | None, tuple[Problem, ...], Policy], tuple[tuple[str, Hit], ...]
]
"""Judges what is known of one record: (rule code, hit) of each rule that hits. A function of a
module, so that it can go to a worker."""


class Facts(msgspec.Struct, frozen=True, gc=False):
    """The fields of an `Entry`, in its order, without the record."""

    token: Token | None
    trust: Trust
    problems: tuple[Problem, ...]
    hits: tuple[tuple[str, Hit], ...]
    seq: int | None
    recorded_at: str | int | float | None
    prev_hash: str | None


class Examiner:
    """Examines records under one policy, with one key ring."""

    def __init__(self, keys: Keys, policy: Policy, judge: Judge | None = None) -> None:
        """Without keys signatures stay unchecked, without a judge nothing is judged."""
        self._policy = policy
        self._reader = Reader(policy.max_json_depth)
        self._verifier = Verifier(keys, policy)
        self._unchecked = Trust.UNCHECKED if keys is None else Trust.INVALID
        self._judge = judge

    def examine(self, body: bytes, length: int) -> Facts:
        """Examine one record's content; never raises for data.

        Args:
            body: the content; of a record that is too long, its head.
            length: how long the content is, in bytes.

        """
        if length > self._policy.max_record_bytes:
            detail = f"{length} bytes, more than the {self._policy.max_record_bytes} allowed"
            content = Content(problems=(Problem("oversized-record", "record", detail),))
        else:
            content = unwrap(body, self._policy.max_json_depth)
        reading = self._read(content)
        trust, problems, hits = self._examine(reading, content.problems, self._policy)
        return Facts(
            reading.token,
            trust,
            problems,
            hits,
            content.seq,
            content.recorded_at,
            content.prev_hash,
        )

    def examine_token(self, compact: bytes, at: float | None = None) -> Facts:
        """Examine a token that no record wraps, at a time of the caller's (NumericDate)."""
        self._reader.forget()
        if len(compact) > self._policy.max_record_bytes:
            return self.examine(b"", len(compact))
        policy = self._policy if at is None else replace(self._policy, at=at)
        reading = self._reader.read(compact)
        return Facts(reading.token, *self._examine(reading, (), policy), None, None, None)

    def _examine(
        self, reading: Reading, problems: tuple[Problem, ...], policy: Policy
    ) -> tuple[Trust, tuple[Problem, ...], tuple[tuple[str, Hit], ...]]:
        """(trust, problems, hits) of what was read; `problems` are those of its record."""
        token, trust = reading.token, self._unchecked
        found = problems + reading.problems
        if token is not None:
            trust, refusals = self._verifier.verify(reading)
            if found or refusals:
                found = tuple(dict.fromkeys(found + refusals))
        if problems and trust is Trust.VERIFIED:
            trust = Trust.INVALID  # an entry that holds two tokens verifies neither
        return trust, found, self._judge(token, found, policy) if self._judge else ()

    def examine_all(self, bodies: Sequence[tuple[bytes, int]]) -> list[Facts]:
        """Examine several records, given as (content, length)."""
        self._reader.forget()
        examine = self.examine
        return [examine(body, length) for body, length in bodies]

    def _read(self, content: Content) -> Reading:
        if content.compact is not None:
            return self._reader.read(content.compact)
        if content.claims is not None:
            return read_unsigned_claims(content.claims, content.duplicates)
        return Reading(None, {}, ())
