"""Findings that are known: taken once, shown as known ever after, never hidden.

`ectgraph lint --write-baseline FILE` makes the file, and `--baseline FILE` goes by it. What the
evidence itself rests on cannot be known away: rules say of themselves whether findings of theirs
can be in a baseline (`Rule.baseline`), and the linter asks them, whatever the file says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from hashlib import sha256
from os import PathLike, fspath
from pathlib import Path

import msgspec

from ectgraph import escape
from ectgraph.errors import EctgraphError
from ectgraph.model import Finding, Report
from ectgraph.rule import Rule
from ectgraph.version import __version__

FORMAT = "ectgraph-baseline/1"
LARGEST = 64 << 20
"""Bytes of the largest baseline that is read."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A finding in a baseline; all but the fingerprint is for people."""

    fingerprint: str
    code: str
    name: str
    severity: str
    jti: str | None = None
    message: str


class Baseline(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Findings that are known. Read by `read`."""

    findings: tuple[Known, ...]
    source: str
    sha256: str
    """Of the bytes of the file, in hex."""

    @cached_property
    def fingerprints(self) -> frozenset[str]:
        """What `linter.lint` wants to know."""
        return frozenset(known.fingerprint for known in self.findings)

    def stale(self, reports: Iterable[Report]) -> list[Known]:
        """Those that no finding has any more, ignored ones included."""
        found = {finding.fingerprint for report in reports for finding in report.findings}
        return [known for known in self.findings if known.fingerprint not in found]


def write(findings: Iterable[Finding], rules: Mapping[str, Rule]) -> tuple[bytes, list[Finding]]:
    """Take findings as known, those that are known already as well: (a file, what is left out).

    One line for each, in a stable order, so that the difference of two files is what has changed.
    Ignored findings need not be known.

    Args:
        findings: of one report, or of several.
        rules: the rules that found them.

    Raises:
        EctgraphError: there are so many that the file could not be read.

    >>> write([], {})[0].decode().splitlines()[1]
    '  "format": "ectgraph-baseline/1",'
    """
    taken: dict[tuple[str, str], Known] = {}
    left_out = []
    for finding in findings:
        if finding.ignored:
            continue
        if not rules[finding.code].baseline:
            left_out.append(finding)
            continue
        known = Known(
            fingerprint=finding.fingerprint,
            code=finding.code,
            name=finding.name,
            severity=finding.severity.value,
            jti=finding.jti,
            message=finding.message,
        )
        taken.setdefault((known.code, known.fingerprint), known)
    lines = [
        "{",
        f'  "format": {_json(FORMAT)},',
        f'  "tool": {_json(f"ectgraph {__version__}")},',
        '  "findings": [',
        ",\n".join(f"    {_json(taken[key])}" for key in sorted(taken)),
        "  ]",
        "}",
    ]
    data = "".join(f"{line}\n" for line in lines if line).encode()
    if len(data) > LARGEST:
        what = f"{len(taken):,} findings make a baseline of more than {LARGEST >> 20} MiB"
        raise EctgraphError(f"{what}, which nobody reads; ignore some rules, and say why")
    return data, left_out


def _json(value: object) -> str:
    return escape.json(msgspec.json.encode(value).decode())


class _Head(msgspec.Struct, frozen=True):
    format: str


class _File(_Head, frozen=True):
    findings: tuple[Known, ...]


def read(path: str | PathLike[str]) -> Baseline:
    """Read a baseline.

    Raises:
        EctgraphError: it cannot be read, or is none.

    """
    name = fspath(path)
    try:
        with Path(path).open("rb") as file:
            data = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        message = f"{name}: cannot be read ({getattr(error, 'strerror', None) or error})"
        raise EctgraphError(message) from error
    if len(data) > LARGEST:
        raise EctgraphError(f"{name}: is larger than {LARGEST >> 20} MiB, which no baseline is")
    try:
        stated = msgspec.json.decode(data, type=_Head).format
        if stated != FORMAT:
            what = f"{escape.terminal(stated, 40)!r}, and this version reads {FORMAT!r}"
            raise EctgraphError(f"{name}: is no baseline (its format is {what})")
        found = msgspec.json.decode(data, type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        how = "`ectgraph lint LEDGER --write-baseline FILE` makes one"
        raise EctgraphError(f"{name}: is no baseline ({error}); {how}") from error
    return Baseline(findings=found.findings, source=name, sha256=sha256(data).hexdigest())
