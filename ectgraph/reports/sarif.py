"""Report -> SARIF 2.1.0, for code scanning and its viewers: one run for each report.

Kept to what GitHub's code scanning takes and shows: the worst results first, at most as many as it
shows, each with a line. What is cut is said in the run. The model is sarif-pydantic's; what it has
no field for is given under its name in SARIF.
"""

from __future__ import annotations

import os
import posixpath
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from sarif_pydantic import sarif

from ectgraph import escape, labels
from ectgraph.model import Finding, Place, Report, Severity
from ectgraph.reports import wording
from ectgraph.reports.forms import Options
from ectgraph.reports.json import indented, name
from ectgraph.rule import Rule
from ectgraph.version import __version__

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
RESULTS = 5000
"""Results of a run that code scanning shows."""
LOCATIONS = 100
"""Locations of a result that code scanning keeps."""
RELATED = 25_000
"""Related locations of a run: with more of them it might not be handed in, as it is too large."""
_DESCRIPTION = 1000
"""Characters of a rule's description; code scanning takes 1,024."""
_ROOT = "%SRCROOT%"
_LEVELS = {
    Severity.FATAL: "error",
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "note",
}


def write(reports: Sequence[Report], options: Options) -> Iterator[bytes]:
    """Write a log with a run for each report."""
    log = sarif.Sarif(schema_uri=SCHEMA, runs=[_run(report, options) for report in reports])
    yield indented(log.model_dump(mode="json", by_alias=True, exclude_none=True), 1)


def _run(report: Report, options: Options) -> Any:
    findings = wording.worst_first(report.findings)
    shown = findings[:RESULTS]
    codes = sorted({finding.code for finding in shown})
    first = {finding.code: finding for finding in reversed(shown)}
    rules = [_rule(options.catalogue.get(code), first[code], options) for code in codes]
    index = {code: number for number, code in enumerate(codes)}
    return sarif.Run(
        tool=sarif.Tool(driver=sarif.ToolDriver(name="ectgraph", version=__version__, rules=rules)),
        automation_details=sarif.RunAutomationDetails(
            id=f"ectgraph/{_quoted(wording.sources(report))}/"
        ),
        original_uri_base_ids={
            _ROOT: sarif.ArtifactLocation(description=_message("The folder in which ectgraph ran."))
        },
        artifacts=[
            sarif.Artifact(
                location=_artifact(source.source),
                length=source.bytes,
                hashes={"sha-256": source.sha256},
                roles=["analysisTarget"],
            )
            for source in report.inputs
        ],
        invocations=[
            sarif.Invocation(
                execution_successful=not report.summary.findings[Severity.FATAL],
                toolExecutionNotifications=list(_cut(len(findings), len(shown))),
            )
        ],
        results=list(_results(shown, report, index)),
        properties={"findings": len(findings), "shown": len(shown), "figures": _figures(report)},
    )


def _figures(report: Report) -> dict[str, Any]:
    return {"findings": report.summary.findings, "trust": report.summary.trust}


def _cut(findings: int, shown: int) -> Iterator[Any]:
    """What is said of results that are left out."""
    if shown < findings:
        text = f"{shown:,} of {labels.count(findings, 'finding')} are here, the worst first."
        yield sarif.Notification(level="warning", message=_message(text))


def _rule(rule: Rule | None, finding: Finding, options: Options) -> Any:
    """A rule, as far as it is known; of one that is in no catalogue, what its finding says."""
    level = _LEVELS[rule.severity if rule else finding.severity]
    doc = rule.doc if rule else finding.advice
    advised = f"{doc}\n\n{finding.advice}" if rule else doc
    first = " ".join(doc.split()).partition(". ")[0].rstrip(".") + "."
    return sarif.ReportingDescriptor(
        id=finding.code,
        name=finding.name,
        short_description=_message(textwrap.shorten(first, _DESCRIPTION, placeholder="…")),
        full_description=_message(textwrap.shorten(doc, _DESCRIPTION, placeholder="…")),
        help=_message(advised, markdown=f"{advised}\n\nSource: {finding.cites}"),
        help_uri=options.page(finding.code),
        default_configuration=sarif.ReportingConfiguration(level=level),
        properties={
            "tags": ["ect", rule.kind] if rule else ["ect"],
            "precision": "very-high",
            "problem.severity": "recommendation" if level == "note" else level,
            "cites": finding.cites,
        },
    )


def _message(text: str, **more: str) -> Any:
    return sarif.Message(text="\n".join(map(escape.sarif, text.splitlines())), **more)


def _results(
    findings: Sequence[Finding], report: Report, index: Mapping[str, int]
) -> Iterator[Any]:
    compared = any(basis.kind == "baseline" for basis in report.basis)
    room = RELATED
    for finding in findings:
        related = list(dict.fromkeys(finding.places[1:]))
        shown = related[: min(LOCATIONS, room)]
        room -= len(shown)
        left_out = {"placesLeftOut": len(related) - len(shown)} if shown != related else {}
        known = {"baselineState": "unchanged" if finding.known else "new"} if compared else {}
        yield sarif.Result(
            rule_id=finding.code,
            rule_index=index[finding.code],
            level=_LEVELS[finding.severity],
            message=sarif.Message(text=escape.sarif(finding.message, escape.LONG)),
            locations=[_location(wording.place(finding, report), finding)],
            related_locations=[_location(place) for place in shown] or None,
            partial_fingerprints={"ectgraph/v1": finding.fingerprint},
            suppressions=list(_suppressions(finding)),
            properties=_properties(finding) | left_out,
            **known,
        )


def _suppressions(finding: Finding) -> Iterator[Any]:
    """Why a finding does not count."""
    if finding.ignored:
        why = escape.terminal(finding.reason, escape.LONG) or "ignored by the caller"
        yield sarif.Suppression(kind="external", justification=why)
    elif finding.known:
        yield sarif.Suppression(kind="external", justification="known by the baseline")


def _properties(finding: Finding) -> dict[str, Any]:
    """Whom it is about."""
    said = {each: getattr(finding, each) for each in ("jti", "wid", "iss", "exec_act")}
    return {
        each: escape.terminal(value, escape.LONG)
        for each, value in said.items()
        if value is not None
    }


def _location(place: Place, finding: Finding | None = None) -> Any:
    """A place; one without a line is put at the first, and its properties say where it is."""
    where = {"index": place.index, "byteOffset": place.offset, "sha256": place.sha256}
    where |= {"address": None if place.address is None else escape.terminal(place.address)}
    task = None
    if finding is not None and finding.jti is not None:
        jti = escape.terminal(finding.jti, escape.LONG)
        task = [sarif.LogicalLocation(name=jti, fully_qualified_name=jti, kind="task")]
    return sarif.Location(
        physical_location=sarif.PhysicalLocation(
            artifact_location=_artifact(place.source),
            region=sarif.Region(start_line=place.line or 1),
        ),
        logical_locations=task,
        properties={each: value for each, value in where.items() if value is not None},
    )


def _artifact(source: str) -> Any:
    """A file; a relative name is relative to where ectgraph ran."""
    path = PurePath(_encodable(source))
    if path.is_absolute():
        return sarif.ArtifactLocation(uri=path.as_uri())
    relative = posixpath.normpath(path.as_posix())
    inside = not relative.startswith("..")
    return sarif.ArtifactLocation(uri=_quoted(relative), uri_base_id=_ROOT if inside else None)


def _quoted(text: str) -> str:
    """A name within a URI; bytes of it that are no UTF-8 stay the bytes they are."""
    return quote(os.fsencode(_encodable(text)))


def _encodable(text: str) -> str:
    """Text that can be the name of a file."""
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        return name(text)
    return text
