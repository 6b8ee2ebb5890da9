"""Report -> `ectgraph-report/1`, the versioned JSON format of docs/formats.md.

A format of its own, never a dump of the classes: members may be added, none renamed or dropped.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ectgraph import escape
from ectgraph.model import Finding, Place, Report
from ectgraph.version import __version__


def to_json(report: Report) -> bytes:
    """Write a report as indented, printable UTF-8 JSON, with a final newline."""
    return indented(document(report), 1)


def indented(value: Any, indent: int = 2) -> bytes:
    """Write plain JSON values for people and machines: indented, printable, UTF-8."""
    text = msgspec.json.format(msgspec.json.encode(value), indent=indent).decode()
    return f"{escape.json(text)}\n".encode()


def document(report: Report) -> dict[str, Any]:
    """The report as plain JSON values."""
    return {
        "format": "ectgraph-report/1",
        "tool": {"name": "ectgraph", "version": __version__},
        "inputs": [
            {
                "source": _name(source.source),
                "format": source.format,
                "bytes": source.bytes,
                "sha256": source.sha256,
                "records": source.records,
                "compression": source.compression,
            }
            for source in report.inputs
        ],
        "keys": [{"source": _name(keys.source), "keys": keys.keys} for keys in report.keys],
        "summary": msgspec.structs.asdict(report.summary),
        "established": report.established,
        "not_established": report.not_established,
        "findings": [finding_document(finding) for finding in report.findings],
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
        "places": [_place(place) for place in finding.places],
        "evidence": finding.evidence,
        "fingerprint": finding.fingerprint,
        "cites": finding.cites,
        "ignored": finding.ignored,
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "source": _name(place.source),
        "line": place.line,
        "offset": place.offset,
        "index": place.index,
        "sha256": place.sha256,
        "address": place.address,
    }


def _name(source: str) -> str:
    """A file's name; bytes of it that are no UTF-8, which JSON cannot hold, become escapes."""
    return source.encode(errors="backslashreplace").decode()
