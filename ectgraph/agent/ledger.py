"""A ledger that agents append to, in memory; `FileLedger` keeps one in a file.

Whatever is appended was verified before, or the caller says in so many words that it was not. A
ledger also keeps books on lineage, so that a gate need not walk from every token to its roots.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from msgspec.structs import replace

from ectgraph.agent.dag import conflict
from ectgraph.agent.parse import Parsed, Verified, as_bytes, parse
from ectgraph.agent.payload import Payload
from ectgraph.agent.verdict import refuse
from ectgraph.encoding import compact_json
from ectgraph.errors import EctgraphError
from ectgraph.formats.chain import Head, timestamp
from ectgraph.formats.entry import token_bytes
from ectgraph.ledger import Ledger
from ectgraph.model import Entry, Token
from ectgraph.policy import Policy

ROOM = 200
"""Bytes that a line takes beside a token and its `jti`, at most."""

_Lineage: TypeAlias = tuple[int, int]
"""Of a task: parent links on the longest way to a root; how many ancestors it has at most."""

Ect: TypeAlias = str | bytes | Parsed
"""A token to append: as text, or as `verify` or `parse` gave it."""


class MemoryLedger(Ledger):
    """An append-only ledger in memory; several threads may share one.

    >>> len(MemoryLedger())
    0
    """

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        """`clock` tells when an entry was recorded."""
        super().__init__()
        self._clock = clock
        self._lock = threading.RLock()
        self._lineage: list[_Lineage | None] = []  # by position; `None` where it is not settled
        self._by_wid: dict[str | None, list[int]] = {}

    def append(
        self, ect: Ect, payload: Payload | None = None, *, unverified: bool = False
    ) -> Entry:
        """Enter a verified token: what `verify` gave, or its text with the payload it gave.

        Args:
            ect: the token.
            payload: that of the verified token, where `ect` is text.
            unverified: enter it although nobody verified it. Its trust stays `UNCHECKED`, so a gate
                checks its signature before it lets anything build on it.

        Raises:
            VerificationError: the ledger has the task already; with the finding.
            EctgraphError: the token was not verified, has no `jti`, or does not go into a line.

        """
        entry = entry_of(ect, payload, unverified=unverified)
        with self._lock:
            self.refuse_conflict(entry)
            record = replace(entry.record, source="<memory>", index=len(self), line=None)
            entry = replace(
                entry, record=record, seq=len(self) + 1, recorded_at=timestamp(self._clock())
            )
            self.add(entry)
        return entry

    def refuse_conflict(self, entry: Entry) -> None:
        """Raise what the rules say when the ledger has an entry's task already."""
        if entry.token is not None and entry.token.jti in self._positions:
            policy = Policy()
            rivals = Ledger(self.entries[n] for n in self._positions[entry.token.jti])
            hits = conflict(entry, rivals, policy)
            refuse(hits, entry.token, entry.record.digest, policy)

    def add(self, entry: Entry) -> None:
        """Put an entry at the end without any question; `append` asks them."""
        with self._lock:
            token = entry.token
            lineage = None
            if token is not None and token.jti is not None and token.jti not in self._positions:
                above = [self._settled(jti, token.wid) for jti in token.parents]
                if None not in above:
                    settled = [position for position in above if position is not None]
                    lineage = self._below(settled, token.wid)
            self._lineage.append(lineage)  # before its position is known to threads that read
            super().add(entry)
            self._by_wid.setdefault(token.wid if token else None, []).append(len(self) - 1)

    def _settled(self, jti: str, wid: str | None) -> int | None:
        """Position of a task of a workflow; `None` where it is not known, or not settled.

        A task of another workflow would do as a parent, but only until one of the own has its
        `jti`.
        """
        positions = self._positions.get(jti, ())
        if len(positions) != 1 or self._lineage[positions[0]] is None:
            return None
        return positions[0] if self._wid(positions[0]) == wid else None

    def _below(self, parents: Sequence[int], wid: str | None) -> _Lineage:
        """The lineage of a task with these parents; settled ancestors are all of its workflow."""
        depth, most = 0, 0
        for position in parents:
            above = self._lineage[position]
            if above is not None:
                depth, most = max(depth, above[0] + 1), most + above[1] + 1
        return depth, min(most, len(self._by_wid.get(wid, ())))

    def settled_parents(self, token: Token, policy: Policy) -> Sequence[Entry] | None:
        """The entries of a token's parents, where nothing can be wrong with its lineage.

        See `dag.SettledStore`. An entry is settled when it was appended after all its ancestors,
        and nothing else has its `jti`; so it cannot be its own ancestor, nor can what builds on it.
        """
        with self._lock:
            if token.jti in self._positions:
                return None
            parents = []
            for jti in dict.fromkeys(token.parents):
                position = self._settled(jti, token.wid)
                if position is None:
                    return None
                parents.append(position)
            depth, most = self._below(parents, token.wid)
            if depth > policy.max_depth or most > policy.max_ancestors:
                return None
            return [self.entries[position] for position in parents]

    def get(self, jti: str, wid: str | None = None) -> Entry | None:
        """The entry that speaks for a task; see `Ledger.get`."""
        with self._lock:
            return super().get(jti, wid)

    def workflow(self, wid: str | None) -> list[Entry]:
        """The entries of a workflow, in the order recorded; `None`: of those without one."""
        with self._lock:
            return [self.entries[position] for position in self._by_wid.get(wid, ())]

    def __repr__(self) -> str:
        """Say how much there is."""
        with self._lock:
            return super().__repr__()

    def lines(self) -> Iterator[bytes]:
        """The ledger as lines of an `ectgraph-ledger/1` file (docs/formats.md)."""
        head = Head()
        for entry in list(self.entries):
            compact = token_bytes(entry.record.body).decode()
            jti = entry.token.jti if entry.token is not None else None
            line = head.line(compact, jti, str(entry.recorded_at))
            head = head.after(line[:-1])
            yield line

    def export(self, path: str | os.PathLike[str]) -> None:
        """Write the ledger as a new `ectgraph-ledger/1` file, which `FileLedger` can go on with.

        Raises:
            EctgraphError: the file exists, or cannot be written.

        """
        target = Path(path)
        try:
            with target.open("xb") as file:
                try:
                    file.writelines(self.lines())
                    file.flush()
                    os.fsync(file.fileno())
                except BaseException:
                    target.unlink()
                    raise
        except OSError as error:
            message = f"{target}: cannot be written ({error.strerror})"
            raise EctgraphError(message) from error


def entry_of(ect: Ect, payload: Payload | None, *, unverified: bool) -> Entry:
    """The entry of a token that may be appended; see `MemoryLedger.append`."""
    if isinstance(ect, Parsed):
        parsed = ect
    else:
        known = payload.verified if payload is not None else None
        parsed = known if known is not None and known.raw == as_bytes(ect) else parse(ect)
    if not (isinstance(parsed, Verified) or unverified):
        message = (
            "the token was not verified: append what verify() gave, or its payload with the token; "
            "unverified=True enters it all the same"
        )
        raise EctgraphError(message)
    if parsed.token is None or parsed.token.jti is None:
        message = "the token has no jti, so nobody could ever refer to it"
        raise EctgraphError(message)
    if not parsed.raw.isascii():
        message = "the token holds characters that no token has"
        raise EctgraphError(message)
    limit = Policy().max_record_bytes
    if len(compact_json([parsed.token.jti, parsed.compact])) + ROOM > limit:
        message = f"the token is too long: no line of a ledger may be longer than {limit} bytes"
        raise EctgraphError(message)
    return parsed.entry
