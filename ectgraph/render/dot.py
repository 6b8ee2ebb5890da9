"""Graph + findings -> DOT. The text is complete and deterministic; no program is run.

Nodes are named `n0 n1 …` in the order of the graph: ids such as `urn:uuid:…` would be split at the
colon. Ids appear in labels only, and every text of a token goes through `escape`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import graphviz
import networkx as nx

from ectgraph import escape, labels
from ectgraph.graph import measure, nodes, values
from ectgraph.model import Finding, Severity, Trust

PALETTE = (  # Paul Tol's "light" scheme: told apart by colour-blind readers, black text on it reads
    "#77aadd",
    "#ee8866",
    "#eedd88",
    "#ffaabb",
    "#99ddff",
    "#44bb99",
    "#bbcc33",
    "#aaaa00",
)
ERROR, WARNING, PLAIN = "#cc3311", "#b36b00", "#555555"
FONT = "Helvetica"
LABEL_WIDTH = 32
"""Characters of a line in a label."""
WIDE = 4
"""Tasks a generation, on average, above which a picture goes from left to right."""
LEGEND_AGENTS = 12
"""Agents that the legend names."""


def to_dot(
    graph: nx.DiGraph[str],
    findings: Iterable[Finding] = (),
    *,
    max_nodes: int | None = None,
    unreadable: int = 0,
) -> str:
    """Write a graph as DOT: tasks by agent, what is wrong with them, and a legend.

    Args:
        graph: as `ectgraph.graph.build` makes it.
        findings: those that are to be seen; ignored ones are not shown.
        max_nodes: draw at most so many tasks, those with findings first, and say how many are
            hidden; all of them without it.
        unreadable: how many records are no token, and so not in the graph; the legend says it.

    >>> g = nx.DiGraph()
    >>> g.add_node("x", jti="x", exec_act="review", status="present", trust="verified")
    >>> print(to_dot(g).splitlines()[0])
    digraph workflow {

    """
    by_task: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.task is not None and not finding.ignored:
            by_task.setdefault(finding.task, []).append(finding)
    shown = select(graph, by_task, max_nodes)
    names = {task: f"n{number}" for number, task in enumerate(graph) if task in shown}
    colours = agent_colours(graph)
    drawing = graphviz.Digraph("workflow")
    drawing.attr(fontname=FONT, fontsize="11", labelloc="b", ranksep="0.45", nodesep="0.25")
    shape = measure(graph)
    drawing.attr(rankdir="LR" if len(shown) > WIDE * (shape.depth + 1) else "TB")
    drawing.attr("node", fontname=FONT, fontsize="11", margin="0.12,0.06", height="0.3")
    drawing.attr("edge", color="#777777", arrowsize="0.7")
    drawing.attr(label=_legend(graph, shown, colours, by_task, unreadable))
    for task, name in names.items():
        drawing.node(name, **_node(graph.nodes[task], colours, by_task.get(task, [])))
    knots = {task: number for number, knot in enumerate(shape.knots) for task in knot}
    for parent, child in graph.edges:
        if parent in names and child in names:
            in_circle = parent in knots and knots[parent] == knots.get(child)
            look = {"color": ERROR, "penwidth": "2.5"} if in_circle or parent == child else {}
            drawing.edge(names[parent], names[child], **look)
    return str(drawing.source)


def select(
    graph: nx.DiGraph[str], with_findings: Collection[str], max_nodes: int | None
) -> Collection[str]:
    """The tasks to draw: all, or those with findings first and then in the order of the graph."""
    if max_nodes is None or len(graph) <= max_nodes:
        return list(graph)
    first = [task for task in graph if task in with_findings]
    others = (task for task in graph if task not in with_findings)
    return dict.fromkeys([*first, *others][:max_nodes])


def agent_colours(graph: nx.DiGraph[str]) -> dict[str, str]:
    """A fill colour for each agent, the same from run to run; colours recur after the eighth."""
    agents = sorted(set(values(graph, "iss").values()) - {None})
    return {agent: PALETTE[number % len(PALETTE)] for number, agent in enumerate(agents)}


def _node(
    attributes: Mapping[str, Any], colours: Mapping[str, str], findings: list[Finding]
) -> dict[str, str]:
    """DOT attributes of one task. Trust and trouble show in shape, line and words."""
    status, trust = attributes["status"], attributes.get("trust")
    iss, jti = attributes.get("iss"), attributes["jti"]
    lines = [] if status == "missing" else [attributes.get("exec_act", "(no action)")]
    lines += [labels.agent(iss)] if iss else []
    lines.append(labels.short(jti))
    look = {"shape": "box", "style": "filled,rounded", "color": PLAIN, "fillcolor": "#ffffff"}
    if iss:
        look["fillcolor"] = colours[iss]
    if status == "missing":
        lines.append("missing: no record")
        look |= {"style": "dashed", "penwidth": "1.5"}
    elif trust != Trust.VERIFIED.value:
        lines.append(f"not verified: {str(trust).replace('_', ' ')}")
        look |= {"style": "filled", "peripheries": "2"}
    if status == "duplicate":
        lines.append("recorded more than once")
        look["shape"] = "box3d"
    if findings:
        worst = max(findings, key=lambda finding: finding.severity.rank).severity
        lines.append(" ".join(sorted({finding.code for finding in findings})))
        colour = ERROR if worst.rank >= Severity.ERROR.rank else WARNING
        look |= {"color": colour, "penwidth": "3"}
    label = "\\n".join(escape.dot(labels.fit(line, LABEL_WIDTH)) for line in lines)
    return look | {"label": graphviz.nohtml(label)}


def _legend(
    graph: nx.DiGraph[str],
    shown: Collection[str],
    colours: Mapping[str, str],
    by_task: Mapping[str, list[Finding]],
    unreadable: int,
) -> str:
    """The legend, as the label of the whole graph: so it adds no node to the picture."""
    tasks = Counter(iss for iss in values(graph, "iss").values() if iss is not None)
    rows = [
        _row(f'<TD BGCOLOR="{colours[agent]}">  </TD>', escape.dot_html(agent, 60), tasks[agent])
        for agent in sorted(tasks)[:LEGEND_AGENTS]
    ]
    if len(tasks) > LEGEND_AGENTS:
        rows.append(_row("<TD></TD>", f"and {len(tasks) - LEGEND_AGENTS} more agents"))
    if len(tasks) > len(PALETTE):
        rows.append(_row("<TD></TD>", f"colours recur after {len(PALETTE)} agents"))
    states = Counter(
        "missing" if data["status"] == "missing" else data["trust"] for _, data in nodes(graph)
    )
    unverified = sum(states.values()) - states["missing"] - states[Trust.VERIFIED.value]
    for look, meaning, count in (
        (_DOUBLE, "double line: signature not verified", unverified),
        (_DASHED, "dashed: named as a parent, no record", states["missing"]),
        (_THICK, "thick line: findings, named by their codes", len(by_task)),
    ):
        if count:
            rows.append(_row(look, meaning, count))
    recorded, hidden = len(graph) - states["missing"], len(graph) - len(shown)
    links = labels.count(graph.number_of_edges(), "parent link")
    summary = f"{labels.count(recorded, 'task')}, {links}"
    summary += f", {states['missing']:,} missing" if states["missing"] else ""
    if hidden:
        summary = f"{len(shown):,} of {len(graph):,} tasks shown, {hidden:,} hidden"
    if unreadable:
        rows.append(_row("<TD>?</TD>", "not drawn: records that cannot be read", unreadable))
    rows.insert(0, f'<TR><TD COLSPAN="3" ALIGN="LEFT"><B>{summary}</B></TD></TR>')
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="3">{"".join(rows)}</TABLE>>'


_DASHED = '<TD BORDER="1" STYLE="DASHED">   </TD>'
_THICK = f'<TD BORDER="3" COLOR="{ERROR}">   </TD>'
_DOUBLE = (
    '<TD><TABLE BORDER="1" CELLBORDER="1" CELLSPACING="2" CELLPADDING="0">'
    "<TR><TD>  </TD></TR></TABLE></TD>"
)


def _row(look: str, meaning: str, count: int | None = None) -> str:
    number = "" if count is None else f"{count:,}"
    return f'<TR>{look}<TD ALIGN="LEFT">{meaning}</TD><TD ALIGN="RIGHT">{number}</TD></TR>'
