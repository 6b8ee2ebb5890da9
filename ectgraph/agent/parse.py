"""The bytes of one token -> what they say, and what has been established about it."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import Any

from ectgraph.agent.payload import Payload
from ectgraph.claims import Reader
from ectgraph.errors import EctgraphError
from ectgraph.examiner import Examiner, Facts
from ectgraph.model import Entry, Header, Hit, Record, Token, Trust
from ectgraph.policy import Policy
from ectgraph.rules import judge


class Parsed:
    """What the bytes of a token say. Nothing here was verified, whatever it says."""

    def __init__(self, compact: bytes, facts: Facts) -> None:
        """Take the bytes and what examining them gave; made by `parse` and `verify`."""
        self._bytes = compact
        self.facts = facts
        """What examining the bytes gave."""

    def __repr__(self) -> str:
        """Say what it claims to be, and that it only claims it."""
        token = self.facts.token
        what = "unreadable" if token is None else f"{token.exec_act!r} by {token.iss!r}"
        return f"<{type(self).__name__}: {what}, {self.facts.trust.value}>"

    @property
    def raw(self) -> bytes:
        """The token's bytes, as they came."""
        return self._bytes

    @property
    def compact(self) -> str:
        """The token's text."""
        return self._bytes.decode("utf-8", "backslashreplace")

    @property
    def token(self) -> Token | None:
        """The claims that have a meaning here; `None` where the bytes could not be read."""
        return self.facts.token

    @property
    def header(self) -> Header | None:
        """The header; `None` for an unsigned token, and where it could not be read."""
        return self.facts.token.header if self.facts.token is not None else None

    @property
    def trust(self) -> Trust:
        """What checking the signature came to; `UNCHECKED` after `parse`."""
        return self.facts.trust

    @property
    def hits(self) -> tuple[tuple[str, Hit], ...]:
        """(code, hit) of every rule on the token alone that hit."""
        return self.facts.hits

    @cached_property
    def claims(self) -> dict[str, Any]:
        """All claims as found; empty where they could not be read."""
        if self.token is None:
            return {}
        return Reader(Policy().max_json_depth).read(self._bytes).claims

    @cached_property
    def payload(self) -> Payload | None:
        """The claims as `create` takes them; `None` where they could not be read."""
        return None if self.token is None else Payload.of(self.token, self.claims)

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of the token's bytes."""
        return hashlib.sha256(self._bytes).digest()

    @cached_property
    def entry(self) -> Entry:
        """The token as an entry of a ledger that has not taken it in yet."""
        size = len(self._bytes)
        record = Record("<token>", None, 0, size, 0, self.digest, 0, 0, self._bytes)
        facts = self.facts
        return Entry(
            record,
            facts.token,
            facts.trust,
            facts.problems,
            facts.hits,
            key=facts.key,
            high_s=facts.high_s,
        )


class Verified(Parsed):
    """A token that passed `verify`; what a ledger takes in."""

    @property
    def token(self) -> Token:
        """The claims that have a meaning here."""
        return self.facts.token  # type: ignore[return-value]  # what cannot be read is refused

    @cached_property
    def payload(self) -> Payload:
        """The claims as `create` takes them; a ledger knows it for that of a verified token."""
        payload = Payload.of(self.token, self.claims)
        payload.verified = self
        return payload


def parse(compact: str | bytes) -> Parsed:
    """Read a token without verifying anything; never raises for data.

    Good for looking at a token, and for deciding which keys to fetch. What it says may be a lie:
    only `verify` tells.

    >>> parse("hello").token is None
    True
    """
    data = as_bytes(compact)
    return Parsed(data, Examiner(None, Policy(), judge).examine_token(data))


def as_bytes(compact: object) -> bytes:
    """A token's bytes.

    Raises:
        EctgraphError: it is neither text nor bytes.

    """
    if isinstance(compact, str):
        return compact.encode("utf-8", "surrogatepass")
    if isinstance(compact, (bytes, bytearray, memoryview)):
        return bytes(compact)
    message = f"a token is text or bytes, not {type(compact).__name__}"
    raise EctgraphError(message)
