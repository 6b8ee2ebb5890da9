"""The ledger file that ectgraph writes: `ectgraph-ledger/1`, a hash chain of JSON lines.

The chain is over the bytes as they lie in the file, so there is no canonical form to dispute
(docs/formats.md). This file knows one line and its place after the line before; who writes it, and
when, is `agent.file_ledger`.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import msgspec

from ectgraph.encoding import compact_json


class Head(msgspec.Struct, frozen=True, gc=False):
    """The end of a chain: what the next line has to follow."""

    seq: int = 0
    """Number of lines so far."""
    prev_hash: str = ""
    """SHA-256 of the last line without its newline, in hex; empty before the first."""

    def line(self, compact: str, jti: str | None, recorded_at: str) -> bytes:
        """The next line, with its newline.

        >>> Head().line("a.b.c", "t", "2026-02-24T15:42:31.000Z").decode()[:40]
        '{"seq":1,"recorded_at":"2026-02-24T15:42'
        """
        members = {
            "seq": self.seq + 1,
            "recorded_at": recorded_at,
            "jti": jti or "",
            "prev_hash": self.prev_hash,
            "ect": compact,
        }
        return compact_json(members) + b"\n"

    def after(self, line: bytes) -> Head:
        """The end of the chain after a line, given without its newline."""
        return Head(self.seq + 1, hashlib.sha256(line).hexdigest())

    @property
    def next_begins(self) -> bytes:
        """How the next line begins, whatever it holds."""
        return b'{"seq":%d,"recorded_at":"' % (self.seq + 1)


def timestamp(seconds: float) -> str:
    """A time as entries state it: RFC 3339, UTC, with milliseconds.

    >>> timestamp(1771947751.25)
    '2026-02-24T15:42:31.250Z'
    """
    moment = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
    return f"{moment.isoformat(timespec='milliseconds')}Z"
