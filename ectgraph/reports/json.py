"""Report -> `ectgraph-report/1`, the versioned JSON format of docs/formats.md.

A format of its own, never a dump of the classes: members may be added, none renamed or dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from ectgraph import escape
from ectgraph.model import Finding, Place, Report
from ectgraph.reports.forms import Options
from ectgraph.version import __version__


def write(reports: Sequence[Report], options: Options) -> Iterator[bytes]:
    """Write one report as it is, and separate ones as an array of `ectgraph-reports/1`."""
    if len(reports) == 1 and not options.separate:
        texts = _texts(reports[0])
    else:
        texts = filled({"format": "ectgraph-reports/1", "reports": []}, map(_texts, reports), 1)
    yield from (text.encode() for text in texts)
    yield b"\n"


def to_json(report: Report) -> bytes:
    """Write a report as indented, printable UTF-8 JSON, with a final newline."""
    return b"".join(write([report], Options()))


def _texts(report: Report) -> Iterator[str]:
    findings = ([formatted(finding_document(each), 1)] for each in report.findings)
    return filled(frame(report) | {"findings": []}, findings, 1)


def indented(value: Any, indent: int = 2) -> bytes:
    """Write plain JSON values for people and machines: indented, printable, UTF-8."""
    return f"{formatted(value, indent)}\n".encode()


def formatted(value: Any, indent: int = 2) -> str:
    """Plain JSON values as indented, printable text."""
    return escape.json(msgspec.json.format(msgspec.json.encode(value), indent=indent).decode())


def filled(value: Any, items: Iterable[Iterable[str]], indent: int = 2) -> Iterator[str]:
    r"""Indented JSON values that end in an empty array, which is filled item by item.

    An item is a text, in pieces. So no more than one is in memory, however many there are.

    >>> "".join(filled({"a": []}, [["1"], ["{\n", "}"]], 1))
    '{\n "a": [\n  1,\n  {\n  }\n ]\n}'
    """
    before, _, after = formatted(value, indent).rpartition("[]")
    line = before.rpartition("\n")[2]
    margin = "\n" + " " * (len(line) - len(line.lstrip()))
    inner = margin + " " * indent
    yield before
    opening = "["
    for item in items:
        yield f"{opening}{inner}"
        yield from (piece.replace("\n", inner) for piece in item)
        opening = ","
    yield (f"{margin}]" if opening == "," else "[]") + after


def frame(report: Report) -> dict[str, Any]:
    """All of a report but its findings, as plain JSON values."""
    return {
        "format": "ectgraph-report/1",
        "tool": {"name": "ectgraph", "version": __version__},
        "inputs": [
            {
                "source": name(source.source),
                "format": source.format,
                "bytes": source.bytes,
                "sha256": source.sha256,
                "records": source.records,
                "compression": source.compression,
            }
            for source in report.inputs
        ],
        "keys": [{"source": name(keys.source), "keys": keys.keys} for keys in report.keys],
        "basis": [
            {"kind": basis.kind, "source": name(basis.source), "sha256": basis.sha256}
            for basis in report.basis
        ],
        "summary": msgspec.structs.asdict(report.summary),
        "established": report.established,
        "not_established": report.not_established,
    }


def finding_document(finding: Finding) -> dict[str, Any]:
    """One finding as plain JSON values."""
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.value,
        "message": finding.message,
        "jti": finding.jti,
        "wid": finding.wid,
        "iss": finding.iss,
        "exec_act": finding.exec_act,
        "places": [_place(place) for place in finding.places],
        "evidence": finding.evidence,
        "fingerprint": finding.fingerprint,
        "cites": finding.cites,
        "ignored": finding.ignored,
        "known": finding.known,
        "reason": finding.reason,
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "source": name(place.source),
        "line": place.line,
        "offset": place.offset,
        "index": place.index,
        "sha256": place.sha256,
        "address": place.address,
    }


def name(source: str) -> str:
    """A file's name; bytes of it that are no UTF-8, which JSON cannot hold, become escapes."""
    return source.encode(errors="backslashreplace").decode()
