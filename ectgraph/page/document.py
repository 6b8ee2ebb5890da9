"""A case as one JSON document for the scripts of a page: `ectgraph-page/1`.

Members may be added, never renamed or dropped. Texts are as they were found: the scripts show them
as text, and never as markup.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ectgraph import escape
from ectgraph.model import Finding
from ectgraph.page import details, tables
from ectgraph.page.groups import Groups
from ectgraph.page.selection import Selection
from ectgraph.render.drawing import Drawing
from ectgraph.render.positions import to_json
from ectgraph.render.timeline.drawing import Timeline
from ectgraph.rule import Evidence, Rule
from ectgraph.version import __version__

FORMAT = "ectgraph-page/1"
MAX_NODES = 400
"""Boxes of a diagram that Graphviz lays out; those of a larger one are in plain layers."""

_PARTS = ("boxes", "frames", "agents", "legend")
_CLAIMS = frozenset({"jti", "wid", "iss", "exec_act", "label", "words"})
"""What these parts of a diagram repeat of tokens."""


def document(
    evidence: Evidence,
    findings: Sequence[Finding],
    chosen: Selection,
    groups: Groups,
    *,
    catalogue: Mapping[str, Rule],
    drawing: Drawing | None,
    timeline: Timeline | None,
    title: str,
    limits: Sequence[str],
) -> dict[str, Any]:
    """The document, as plain JSON values.

    Args:
        evidence: what was judged.
        findings: all that was found.
        chosen: what of it the page holds.
        groups: agents, keys and workflows.
        catalogue: the rules.
        drawing: the diagram, if there is any task.
        timeline: what happened when, if it can be drawn.
        title: of the page.
        limits: what the page leaves out, in sentences.

    """
    rows = {task: row for row, task in enumerate(chosen.tasks)}
    return {
        "format": FORMAT,
        "tool": {"name": "ectgraph", "version": __version__},
        "title": title,
        "limits": list(limits),
        "tasks": tables.tasks(evidence, findings, chosen.tasks),
        "links": tables.links(evidence, rows),
        "findings": tables.findings(chosen.findings, rows),
        "rules": tables.rules((each.code for each in findings), catalogue),
        **groups.tables(),
        "details": details.packed(evidence, findings, chosen.tasks),
        "diagram": None if drawing is None else _diagram(drawing),
        "timeline": None if timeline is None else timeline.document(),
    }


def _diagram(drawing: Drawing) -> dict[str, Any]:
    """The diagram as `ectgraph-diagram/1`, its claims no longer than in a cell."""
    layout = drawing.layout(MAX_NODES)
    found: dict[str, Any] = json.loads(to_json(drawing.diagram, drawing.style, layout))
    for each in (p for part in _PARTS for p in found[part]):
        for name in _CLAIMS & each.keys():
            each[name] = each[name] and tables.fit(each[name])
    for box in found["boxes"]:
        box["claims"] = [[tables.fit(text) for text in claim] for claim in box["claims"]]
    return found


def to_text(document: Mapping[str, Any]) -> str:
    """A document as JSON that can stand within a script element."""
    return escape.script_json(json.dumps(document, ensure_ascii=False, separators=(",", ":")))
