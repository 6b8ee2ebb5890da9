"""What somebody saw of a ledger file at one time, small enough to be kept elsewhere.

A hash chain cannot show that its end was cut off, nor that all of it was written anew. Whoever kept
a checkpoint can (docs/formats.md).
"""

from __future__ import annotations

from enum import StrEnum
from hashlib import sha256
from os import PathLike, fspath
from pathlib import Path
from typing import Annotated, TypeAlias

import msgspec

from ectgraph.encoding import MAX_NUMBER, EncodingError, read_json
from ectgraph.errors import EctgraphError
from ectgraph.formats import LINES
from ectgraph.ledger import Ledger
from ectgraph.model import Input
from ectgraph.policy import Policy
from ectgraph.version import __version__

FORMAT = "ectgraph-checkpoint/1"
Size: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=MAX_NUMBER)]
_LARGEST = 1 << 20


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """The file that `ectgraph checkpoint` writes."""

    format: str = FORMAT
    entries: Size
    """How many records there were."""
    bytes: Size
    """How many bytes they were, decompressed."""
    head: str
    """SHA-256 of the last record's content, in hex; empty where there was none to be read."""
    sha256: str
    """SHA-256 of those bytes, in hex."""
    keys: str | None
    """Digest of the key set that signatures were checked with (`KeyRing.digest`)."""
    policy: str
    """Digest of the policy."""
    tool: str = f"ectgraph {__version__}"
    findings: dict[str, int] = {}
    """What was found, by severity."""

    def vouches_for(self, keys: str | None, policy: Policy) -> str | None:
        """Why what was verified then need not hold now; `None` when it does.

        Args:
            keys: digest of the key set that is given now.
            policy: the policy that is in force now.

        """
        if self.findings.get("error") or self.findings.get("fatal"):
            return "it was made of a ledger with errors"
        if self.keys is None:
            return "it was made without keys"
        if keys != self.keys:
            return "it was made with other keys"
        return "it was made with another policy" if digest(policy) != self.policy else None


def to_json(checkpoint: Checkpoint) -> bytes:
    """The bytes of a checkpoint's file."""
    return msgspec.json.format(msgspec.json.encode(checkpoint), indent=1) + b"\n"


def digest(policy: Policy) -> str:
    """A digest of all that a policy says.

    >>> digest(Policy()) == digest(Policy(skew=30)) != digest(Policy(skew=31))
    True
    """
    return sha256(msgspec.json.encode(policy, order="deterministic")).hexdigest()


def read(path: str | PathLike[str]) -> Checkpoint:
    """Read a checkpoint.

    Raises:
        EctgraphError: it cannot be read, or is no checkpoint.

    """
    name = fspath(path)
    try:
        with Path(path).open("rb") as file:
            data = file.read(_LARGEST)
    except (OSError, ValueError) as error:
        message = f"{name}: cannot be read ({getattr(error, 'strerror', None) or error})"
        raise EctgraphError(message) from error
    try:
        value, duplicates = read_json(data, 8)
        if duplicates or not isinstance(value, dict) or value.get("format") != FORMAT:
            message = f"{name}: no checkpoint of a kind that this version reads ({FORMAT})"
            raise EctgraphError(message)
        return msgspec.convert(value, Checkpoint)
    except (EncodingError, msgspec.ValidationError) as error:
        message = f"{name}: no checkpoint ({error}); `ectgraph checkpoint LEDGER -o FILE` makes one"
        raise EctgraphError(message) from error


def make(ledger: Ledger, keys: str | None, policy: Policy, findings: dict[str, int]) -> Checkpoint:
    """Make a checkpoint of a ledger of one source, loaded with a digest of all its content.

    Raises:
        EctgraphError: it has several sources, or one that does not grow at its end; or not all of
            it was loaded and digested.

    """
    source = only_source(ledger)
    size, sha = _digested(source)
    if size != _end(ledger, size):
        message = f"{source.source}: only the first {size} bytes were digested; all have to be"
        raise EctgraphError(message)
    return Checkpoint(
        entries=source.records,
        bytes=size,
        head=_head(ledger),
        sha256=sha,
        keys=keys,
        policy=digest(policy),
        findings=findings,
    )


def _head(ledger: Ledger) -> str:
    """SHA-256 of the last record's content; empty where nobody read all of it."""
    last = ledger[-1].record if len(ledger) else None
    if last is None or (last.kept is not None and not last.whole):
        return ""
    return sha256(last.body).hexdigest()


def _end(ledger: Ledger, nothing: int) -> int:
    """Where the last record ends; `nothing` where there is none."""
    new = ledger.entries[ledger.context :]
    return (new[-1].record.offset or 0) + new[-1].record.length if new else nothing


def _digested(source: Input) -> tuple[int, str]:
    if source.prefix is None:
        message = f"{source.source}: its bytes were not digested; load it with Manner(digest=…)"
        raise EctgraphError(message)
    return source.prefix


def only_source(ledger: Ledger) -> Input:
    """The one source of a ledger, of a kind that grows at its end.

    Raises:
        EctgraphError: there are several, or it is of another kind.

    """
    if len(ledger.inputs) != 1:
        message = f"a checkpoint is of one ledger file, and {len(ledger.inputs)} are given"
        raise EctgraphError(message)
    (source,) = ledger.inputs
    if source.format not in LINES:
        message = (
            f"{source.source}: a file of format {source.format} does not grow at its end, so there "
            "is no checkpoint of it; ectgraph convert makes one of lines"
        )
        raise EctgraphError(message)
    return source


class Fate(StrEnum):
    """What became of a ledger since a checkpoint."""

    SAME = "same"
    GROWN = "grown"
    TRUNCATED = "truncated"
    REWRITTEN = "rewritten"


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """A ledger beside a checkpoint of it."""

    checkpoint: Checkpoint
    name: str
    """The checkpoint's file."""
    fate: Fate
    entries: int
    """How many records there are now."""
    bytes: int
    """How many bytes there are now."""
    refused: str | None = None
    """Why nothing was left out on the checkpoint's word, where that was asked for."""
    head_at: int | None = None
    """Position of the entry that was the last one then, where the bytes differ and it is there."""

    @property
    def intact(self) -> bool:
        """Whether all that the checkpoint saw is there, byte for byte."""
        return self.fate in (Fate.SAME, Fate.GROWN)


def compare(
    checkpoint: Checkpoint, name: str, ledger: Ledger, refused: str | None = None
) -> Comparison:
    """Compare a ledger of one source, loaded with a digest of as many bytes, with a checkpoint.

    Fewer bytes alone could be another file; when the last entry of then is still there, entries
    before it were removed or changed, and nothing was cut off.

    Raises:
        EctgraphError: it has several sources, or one that does not grow at its end; or it was
            loaded without that digest.

    """
    source = only_source(ledger)
    size, sha = _digested(source) if checkpoint.bytes else (0, checkpoint.sha256)
    total = _end(ledger, size)
    head_at = None
    if (size, sha) == (checkpoint.bytes, checkpoint.sha256):
        fate = Fate.GROWN if total > checkpoint.bytes else Fate.SAME
    else:
        bodies = (sha256(entry.record.body).hexdigest() for entry in ledger)
        found = (position for position, body in enumerate(bodies) if body == checkpoint.head)
        head_at = next(found, None)
        is_cut = total < checkpoint.bytes and head_at is None
        fate = Fate.TRUNCATED if is_cut else Fate.REWRITTEN
    return Comparison(
        checkpoint=checkpoint,
        name=name,
        fate=fate,
        entries=source.records,
        bytes=total,
        refused=refused,
        head_at=head_at,
    )
