"""The nouns: what was found in the bytes, what was made of it, and what is reported.

Everything here is plain frozen data without behaviour worth testing. The classes are
`msgspec.Struct`s rather than dataclasses: a ledger makes several of them per token, and a frozen
dataclass costs six times as much to create. None of them can be part of a reference cycle, so they
are kept out of the garbage collector (`gc=False`).
"""

from __future__ import annotations

import hashlib
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec

from ectgraph import escape, labels
from ectgraph.errors import EctgraphError, VerificationError

Draft = Literal["early-00", "00", "01"]
"""The three dialects of ECT: the reference implementation's first, and the two published drafts."""

Level = Literal["L1", "L2"]
"""Assurance level of draft-01 as bytes show it: `L1` is unsigned JSON, `L2` a signed JWS."""

Assurance = Literal["L1", "L2", "L3"]
"""Assurance level of draft-01 as a ledger shows it: `L3` is an `L2` token that verified, in
an entry of a hash chain that holds."""


class Severity(StrEnum):
    """How bad a finding is, mildest first.

    >>> Severity.ERROR.rank > Severity.WARNING.rank
    True
    """

    NOTE = "note"  # worth knowing
    WARNING = "warning"  # breaks a SHOULD or a limit of the policy, or weakens the evidence
    ERROR = "error"  # breaks a MUST
    FATAL = "fatal"  # the tool itself failed

    @property
    def rank(self) -> int:
        """Position on the scale, 0 (note) to 3 (fatal)."""
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class Trust(StrEnum):
    """What checking a token's signature came to. Only `VERIFIED` is good news."""

    VERIFIED = "verified"  # one of the given keys made this signature over exactly these bytes
    INVALID = "invalid"  # it does not fit, was not the key's to make, or the bytes read two ways
    UNKNOWN_KEY = "unknown_key"  # no given key has this `kid`
    UNSUPPORTED = "unsupported"  # not an ECT, an algorithm that is not allowed, an unknown `crit`
    UNSIGNED = "unsigned"  # level L1: there is nothing to check
    UNCHECKED = "unchecked"  # no keys were given


class Readable(Protocol):
    """Bytes that lie somewhere and can be read again."""

    def read(self, offset: int, length: int, /) -> bytes:
        """Some of the bytes."""


class Left(msgspec.Struct, frozen=True, gc=False):
    """Where bytes were left that no file of the caller's holds as they are."""

    file: Readable
    offset: int


class Record(msgspec.Struct, frozen=True, gc=False):
    """Some bytes of a container that hold one ledger entry, exactly as found, and their place."""

    source: str
    """The file, as the caller named it; `-` for standard input."""
    line: int | None
    """Line number of the content, counted from 1; `None` where lines mean nothing."""
    offset: int | None
    """Where the raw bytes begin in the source, in bytes from 0 (of what a compressed source holds);
    `None` where they do not lie in it as they are: a cell of a database, a header in a capture."""
    length: int
    """How many raw bytes there are, line ending and preceding blank lines included."""
    index: int
    """The record's position among the records of its source, counted from 0."""
    digest: bytes
    """SHA-256 of the raw bytes."""
    before: int
    """How many raw bytes precede the content: blank lines, comments, a byte order mark."""
    after: int
    """How many raw bytes follow the content: the line ending, blank lines at the end."""
    kept: bytes | None
    """The raw bytes; of an oversized record, its head; `None` where they were left in the file."""
    address: str | None = None
    """Where it is in a source that has no lines: a table and a row, a URL."""
    beside: dict[str, Any] | None = None
    """What the source says of it next to its bytes: other columns of its row, the time at which it
    was captured; under the members' names of an entry object."""
    torn: bool = False
    """Whether the source ends before the record does."""
    left: Left | None = None
    """Where the raw bytes can be read back, when that is not in `source` at `offset`."""

    @property
    def whole(self) -> bool:
        """Whether all of the raw bytes are in memory."""
        return self.kept is not None and len(self.kept) == self.length

    @property
    def raw(self) -> bytes:
        """The raw bytes, read back from the file when they were left there.

        Raises:
            EctgraphError: the file is gone, or no longer holds the bytes that were loaded.

        """
        if self.kept is not None:
            return self.kept
        try:
            if self.left is not None:
                return self.left.file.read(self.left.offset, self.length)
            with Path(self.source).open("rb") as file:
                file.seek(self.offset or 0)
                raw = file.read(self.length)
        except OSError as error:
            message = f"{self.source}: can no longer be read ({error.strerror})"
            raise EctgraphError(message) from error
        if hashlib.sha256(raw).digest() != self.digest:
            message = f"{self.source}: record {self.index} has changed since it was loaded"
            raise EctgraphError(message)
        return raw

    @property
    def body(self) -> bytes:
        """The content alone: the raw bytes without blank lines, comments and line ending."""
        return self.raw[self.before : self.length - self.after]

    @property
    def sha256(self) -> str:
        """SHA-256 of the raw bytes, in hex."""
        return self.digest.hex()


class Header(msgspec.Struct, frozen=True, gc=False):
    """The members of a JOSE header that decide anything; ill-typed ones are `None`."""

    alg: str | None = None
    typ: str | None = None
    kid: str | None = None
    crit: tuple[str, ...] = ()


class Token(msgspec.Struct, frozen=True, gc=False):
    """What a token's bytes say, best effort, under the claims' own names.

    A claim that is absent or ill-typed is `None` (a problem of the entry tells which). `parents` is
    the draft-00 `par` or the draft-01 `pred`; where both are there and differ, it is both.
    """

    jti: str | None = None
    wid: str | None = None
    iss: str | None = None
    sub: str | None = None
    aud: tuple[str, ...] = ()
    iat: int | float | None = None
    exp: int | float | None = None
    exec_act: str | None = None
    parents: tuple[str, ...] = ()
    inp_hash: str | None = None
    out_hash: str | None = None
    pol: str | None = None
    pol_decision: str | None = None
    ext: dict[str, Any] | None = None
    header: Header | None = None
    """`None` for an unsigned token, and where the header could not be read."""
    draft: Draft = "00"
    level: Level = "L2"
    both_lists: bool = False
    """Whether it names its parents under `par` and under `pred`, alike."""

    @property
    def compensates(self) -> bool:
        """Whether it says of itself that it undoes something (draft-00 §4)."""
        return self.ext is not None and self.ext.get("compensation_required") is True

    @property
    def alg(self) -> str | None:
        """The header's `alg`."""
        return self.header.alg if self.header else None

    @property
    def typ(self) -> str | None:
        """The header's `typ`."""
        return self.header.typ if self.header else None

    @property
    def kid(self) -> str | None:
        """The header's `kid`."""
        return self.header.kid if self.header else None


class Problem(msgspec.Struct, frozen=True, gc=False):
    """A fact about a record that must not be; the rule named `kind` judges it."""

    kind: str
    """The name of the rule that tells it, e.g. `duplicate-member`."""
    where: str
    """The part of the record it concerns: `record`, `entry`, `header`, `signature`, a claim …."""
    detail: str
    """What was seen, as a phrase."""


class Hit(msgspec.Struct, frozen=True, gc=False):
    """What a rule says: one instance of the fact that must not be, before it has a place."""

    message: str
    task: str | None = None
    """The node it is about, for rules over the graph."""
    related: tuple[str, ...] = ()
    """Other nodes it concerns."""
    evidence: dict[str, Any] = {}
    """Numbers, times and names that let a reader check the claim; plain JSON values."""
    witness: str = ""
    """What tells this instance from others of the same rule and task; goes into the fingerprint."""
    severity: Severity | None = None
    """How bad this instance is, where that is not the rule's own severity."""
    records: tuple[int, ...] = ()
    """Positions of entries it is about, where the task's own first entry is not the right one."""
    place: Place | None = None
    """Where it is, for a fact that is in no record (a key file, say); the records come after it."""


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One record of a ledger and all that its own bytes, the keys and the token rules say of it."""

    record: Record
    token: Token | None
    trust: Trust
    problems: tuple[Problem, ...] = ()
    hits: tuple[tuple[str, Hit], ...] = ()
    """(code, hit) of every token rule that hit; they run where the token is read."""
    seq: int | None = None
    recorded_at: str | int | float | None = None
    """When the ledger took it in, as written."""
    prev_hash: str | None = None
    key: int | None = None
    """Position in the key ring of the key that made the signature; `None` when none of them did."""
    high_s: bool = False
    """Whether the signature is the high one of the two that fit (`s` above half of the order)."""
    follows: bool | None = None
    """Whether `prev_hash` is the hash of the record before it in its source; `None` where nothing
    was compared: it states none, or has none before it."""


class Input(msgspec.Struct, frozen=True, gc=False):
    """One source that was read."""

    source: str
    format: str
    bytes: int
    """Of the source as it lies: of a compressed one, what it is compressed to."""
    sha256: str
    records: int
    compression: str | None = None
    """`gz`, `bz2`, `xz` or `zst`."""
    problems: tuple[Problem, ...] = ()
    """What is wrong with the source as a whole; the rule named `kind` judges each."""
    changed: bool = False
    """Whether somebody wrote to it while it was read."""
    prefix: tuple[int, str] | None = None
    """(how many of the first bytes of its content were digested, their SHA-256 in hex), where
    somebody asked for it."""
    head: str | None = None
    """SHA-256 of its last record's content, in hex: what the next entry of a hash chain states."""


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where something is: enough to find the very bytes again."""

    source: str
    line: int | None = None
    offset: int | None = None
    index: int | None = None
    sha256: str | None = None
    address: str | None = None

    def __str__(self) -> str:
        """`file:line`, as editors and terminals understand it."""
        if self.line is not None:
            return f"{self.source}:{self.line}"
        if self.address is not None:
            return f"{self.source} ({self.address})"
        return self.source if self.index is None else f"{self.source}#{self.index}"


class Finding(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One fact that must not be, with its place and its evidence."""

    code: str
    name: str
    severity: Severity
    message: str
    advice: str
    """What to do next."""
    cites: str
    """Where the requirement comes from."""
    task: str | None = None
    """The node of the graph it is about, if any."""
    jti: str | None = None
    wid: str | None = None
    iss: str | None = None
    exec_act: str | None = None
    missing: bool = False
    """Whether it is about a task that has no record."""
    places: tuple[Place, ...] = ()
    """The first is the primary one."""
    evidence: dict[str, Any] = {}
    fingerprint: str = ""
    """Stable while the fact is the same, also when lines move."""
    ignored: bool = False
    """Not selected, or ignored, by the caller: kept and counted, but no reason to fail."""
    known: bool = False
    """In the caller's baseline: shown as known and counted, but no reason to fail."""
    reason: str = ""
    """Why it does not count, as the caller says."""

    @property
    def counts(self) -> bool:
        """Whether it may be a reason to fail: neither ignored nor known."""
        return not (self.ignored or self.known)

    def __repr__(self) -> str:
        """Say what it is and where, in a line, with its message cut."""
        state = "" if self.counts else "ignored " if self.ignored else "known "
        where = f" at {self.places[0]}" if self.places else ""
        said = f"{state}{self.severity} {self.code} {self.name}{where}: {self.message}"
        return f"<Finding {escape.terminal(said, _LINE)}>"

    def _repr_html_(self) -> str:
        return _card("finding", self)


class Summary(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The figures of a ledger, as docs/formats.md defines them."""

    records: int
    tokens: int
    unreadable: int
    tasks: int
    edges: int
    missing: int
    workflows: int
    agents: int
    roots: int
    leaves: int
    depth: int
    max_parents: int
    max_children: int
    levels: dict[str, int]
    drafts: dict[str, int]
    trust: dict[str, int]
    findings: dict[str, int]


class KeySource(msgspec.Struct, frozen=True, gc=False):
    """One file that keys were read from."""

    source: str
    keys: int


class Basis(msgspec.Struct, frozen=True, gc=False):
    """A file, next to ledgers and keys, that a report rests on."""

    kind: Literal["configuration", "policy", "baseline", "rules", "checkpoint", "artifacts"]
    source: str
    sha256: str | None = None
    """Of its bytes; `None` for what is no single file."""


class Report(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The outcome of a lint: the findings, ignored ones too, and what they allow to be said."""

    inputs: tuple[Input, ...]
    keys: tuple[KeySource, ...]
    summary: Summary
    established: tuple[str, ...]
    not_established: tuple[str, ...]
    findings: tuple[Finding, ...]
    basis: tuple[Basis, ...] = ()
    """What else it was judged by: policy, configuration, baseline, rules of others."""

    def at_least(self, severity: Severity | str) -> list[Finding]:
        """The findings that count, of this severity or worse."""
        rank = Severity(severity).rank
        return [f for f in self.findings if f.counts and f.severity.rank >= rank]

    def raise_for(self, severity: Severity | str = Severity.ERROR) -> None:
        """Raise when a finding is at least this bad; for scripts that want to stop there.

        Raises:
            VerificationError: with the worst finding (the first of them in the ledger).

        """
        bad = self.at_least(severity)
        if bad:
            raise VerificationError(max(bad, key=lambda finding: finding.severity.rank))

    def __repr__(self) -> str:
        """Say what it came to, in a line."""
        figures = self.summary
        kinds = (*map(str, reversed(Severity)), "known", "ignored")
        found = [f"{figures.findings[each]:,} {each}" for each in kinds if figures.findings[each]]
        return (
            f"<Report: {labels.count(figures.records, 'record')}, "
            f"{labels.count(figures.tasks, 'task')}, {figures.trust['verified']:,} verified, "
            f"findings: {', '.join(found) or 'none'}>"
        )

    def _repr_html_(self) -> str:
        return _card("report", self)


_LINE = 200
"""Characters of a finding in a line."""


def _card(kind: str, shown: Finding | Report) -> str:
    """What Jupyter shows; this is the lowest floor, and asks the one that shows things by name."""
    return str(getattr(import_module("ectgraph.reports.cards"), kind)(shown))
