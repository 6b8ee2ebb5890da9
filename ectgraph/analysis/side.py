"""One of two ledgers that are compared: what its records look like to the other."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import TypeAlias

import msgspec

from ectgraph.analysis.parts import Parts, parts
from ectgraph.ledger import Ledger

Group: TypeAlias = str | tuple[str, str | None] | None
"""What records are compared within: a task; or `None`, for all that record none."""

_LATEST = 64
"""Records that stay taken apart, because most are looked at again at once."""
_encode = msgspec.json.Encoder(order="sorted").encode


class Marks(msgspec.Struct, frozen=True, gc=False):
    """What two records may have in common, as SHA-256 digests."""

    body: bytes
    """Of all of the content, as it lies."""
    token: bytes
    """Of header, payload and signature: alike for one token in whatever wrapper."""
    payload: bytes
    """Of what the token says."""
    around: bytes
    """Of how the token is held, and of what is stated next to it."""


class Side:
    """A ledger; a record is taken apart only where the digest of its bytes is not enough."""

    def __init__(self, ledger: Ledger) -> None:
        """Take a ledger."""
        self.ledger = ledger
        self._marks: dict[int, Marks] = {}
        self.parts = lru_cache(_LATEST)(self._parts)
        """A record, by its position, taken apart."""

    def _parts(self, position: int) -> Parts:
        return parts(self.ledger.entries[position])

    def marks(self, position: int) -> Marks:
        """What a record may have in common with others.

        Of one that is too long to be read only the digest of its bytes is known.

        >>> from ectgraph.testing import sketch
        >>> side = Side(sketch("a@0; a@0 recorded=5").ledger())
        >>> side.token(0) == side.token(1), side.content(0) == side.content(1)
        (True, False)

        """
        found = self._marks.get(position)
        if found is None:
            found = self._marks[position] = self._marked(position)
        return found

    def _marked(self, position: int) -> Marks:
        record = self.ledger.entries[position].record
        if record.kept is not None and not record.whole:
            around = sha256(_encode(record.beside)).digest()
            return Marks(record.digest, record.digest, record.digest, around)
        found = self.parts(position)
        token = found.payload
        if found.header is not None and found.signature is not None:
            token = b".".join((found.header, found.payload, found.signature))
        wrapped = (found.body, token, found.payload, _encode([found.form, found.stated]))
        return Marks(*(sha256(each).digest() for each in wrapped))

    def record(self, position: int) -> Hashable:
        """Alike only for records of the same content; nothing is read."""
        record = self.ledger.entries[position].record
        return record.digest, record.beside and tuple(sorted(record.beside.items()))

    def content(self, position: int) -> Hashable:
        """Alike for records of the same content, with the same stated beside it."""
        found = self.marks(position)
        return found.body, found.around

    def token(self, position: int) -> bytes:
        """Alike for records of the same token."""
        return self.marks(position).token

    def payload(self, position: int) -> bytes:
        """Alike for records whose tokens say the same, byte for byte."""
        return self.marks(position).payload

    def groups(self, loose: set[str]) -> dict[Group, list[int]]:
        """Positions of entries by what they are compared within.

        Args:
            loose: every `jti` all of whose records are of one task, whatever their workflow.

        """
        found: dict[Group, list[int]] = {}
        for position, entry in enumerate(self.ledger.entries):
            token = entry.token
            key: Group = None
            if token is not None and token.jti is not None:
                key = token.jti if token.jti in loose else (token.jti, token.wid)
            found.setdefault(key, []).append(position)
        return found

    @cached_property
    def jtis(self) -> set[str]:
        """Every `jti` that is recorded."""
        return {entry.token.jti for entry in self.ledger if entry.token and entry.token.jti}

    @cached_property
    def named(self) -> set[str]:
        """Every `jti` that is named as a parent."""
        return {jti for entry in self.ledger if entry.token for jti in entry.token.parents}
