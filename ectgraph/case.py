"""One investigation: a ledger, its keys, and everything that can be asked of them.

Thin methods over the rooms below; what each costs is paid when it is first asked for.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Unpack

from ectgraph import linter, moment
from ectgraph.artifacts import Artifacts
from ectgraph.checkpoint import Comparison
from ectgraph.collector import paused
from ectgraph.errors import EctgraphError
from ectgraph.keys import KeyRing
from ectgraph.ledger import Ledger
from ectgraph.model import Basis, Finding, Report
from ectgraph.policy import Policy
from ectgraph.render.diagram import MAX_NODES
from ectgraph.rule import Evidence
from ectgraph.rules import RULES, Catalogue

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd

    from ectgraph.page.page import Page
    from ectgraph.questions.answer import Answer
    from ectgraph.questions.asking import Ask
    from ectgraph.render.diagram import Cluster, Collapse, Diagram
    from ectgraph.render.drawing import Drawing
    from ectgraph.render.scope import Narrowing
    from ectgraph.render.style import Direction, Style
    from ectgraph.render.timeline.drawing import Timeline
    from ectgraph.render.widget.jupyter import Explorer
    from ectgraph.reports.invocation import Invocation
    from ectgraph.reports.stories.explanation import Explanation
    from ectgraph.reports.task import Task


class Case:
    """A ledger under investigation; `opening.load` makes it."""

    def __init__(
        self,
        ledger: Ledger,
        ring: KeyRing | None,
        policy: Policy,
        comparison: Comparison | None = None,
        *,
        rules: Catalogue = RULES,
        artifacts: Artifacts | None = None,
    ) -> None:
        """Take a loaded ledger, and what it was loaded and compared with."""
        self._evidence = Evidence(ledger, ring, policy, comparison, artifacts, rules=rules)
        self._rules = rules

    def __repr__(self) -> str:
        """Say what there is, in a line."""
        figures = self.report.summary
        errors = figures.findings["error"] + figures.findings["fatal"]
        return (
            f"<Case: {figures.records:,} records, {figures.tasks:,} tasks, "
            f"{figures.trust['verified']:,} verified, findings of error level: {errors:,}>"
        )

    def _repr_html_(self) -> str:
        from ectgraph.reports import cards  # noqa: PLC0415  # only in a notebook

        return cards.case(self.report)

    @property
    def ledger(self) -> Ledger:
        """The entries, in the order found."""
        return self._evidence.ledger

    @property
    def ring(self) -> KeyRing | None:
        """The keys; `None` when none were given."""
        return self._evidence.ring

    @property
    def policy(self) -> Policy:
        """The limits and choices that findings depend on."""
        return self._evidence.policy

    @property
    def graph(self) -> nx.DiGraph[str]:
        """Everything claimed, as a plain `networkx.DiGraph`; edges run from parent to child."""
        return self._evidence.graph

    @cached_property
    def report(self) -> Report:
        """The findings, and what was established and what was not."""
        return self.lint()

    def lint(
        self,
        *,
        select: Collection[str] = (),
        ignore: Collection[str] | Mapping[str, str] = (),
        baseline: Collection[str] = (),
        basis: Iterable[Basis] = (),
    ) -> Report:
        """Judge the ledger; see `linter.lint`."""
        return linter.lint(
            self._evidence,
            select=select,
            ignore=ignore,
            baseline=baseline,
            rules=self._rules,
            basis=basis,
        )

    def show(self, jti: str) -> Task:
        """One task whole, by its `jti` or the beginning of it; see `reports.task`.

        Raises:
            EctgraphError: no task is meant, or several are.

        """
        from ectgraph.analysis.lineage import find  # noqa: PLC0415  # it imports networkx
        from ectgraph.reports import task  # noqa: PLC0415

        return task.describe(self._evidence, self.report.findings, find(self.graph, jti))

    def explain(
        self,
        what: str | Finding,
        *,
        report: Report | None = None,
        invocation: Invocation | None = None,
    ) -> Explanation:
        """One finding, or one task, as a short story; see `reports.stories.explanation`.

        Args:
            what: a finding; or a fingerprint or its beginning, the code or the name of a rule that
                has one finding, or a `jti` or its beginning.
            report: what the rules found, where that is not `report`.
            invocation: how the ledger is read from a command line, for the commands to go on with.

        Raises:
            EctgraphError: nothing is meant, or several findings or tasks are.

        >>> import ectgraph
        >>> case = ectgraph.load("sample_ledgers/two-truths.jsonl", "sample_ledgers/keys.json")
        >>> print(str(case.explain("ECT302")).splitlines()[0])
        error ECT302 equivocation  [3e2ec82f16c3a796]

        """
        from ectgraph.reports.stories import explanation  # noqa: PLC0415

        named = getattr(what, "fingerprint", what)
        if not isinstance(named, str):
            message = "what is to be explained? give a finding, or a code, a fingerprint or a jti"
            raise EctgraphError(message)
        return explanation.explain(
            self._evidence,
            report or self.report,
            named,
            rules=self._rules,
            invocation=invocation,
        )

    @cached_property
    def ask(self) -> Ask:
        """Every question that can be asked of the case, as a method; it shows which there are.

        >>> import ectgraph
        >>> case = ectgraph.load("sample_ledgers/two-truths.jsonl", "sample_ledgers/keys.json")
        >>> print(case.ask.roots("b6f3").established[0])
        It goes back to 1 root.

        """
        from ectgraph.questions.asking import Ask  # noqa: PLC0415  # they import networkx

        return Ask(self._evidence)

    def taint(
        self,
        *,
        kid: str | None = None,
        iss: str | None = None,
        jti: str | None = None,
        since: float | datetime | str | None = None,
    ) -> Answer:
        """Everything that was built on a compromised key, agent or task; one of them is named.

        Args:
            kid: the key that was lost, by its `kid` or its thumbprint.
            iss: the agent that is not to be trusted.
            jti: the task, or the beginning of its `jti`.
            since: only what it signed from this time on: seconds since 1970, a `datetime` with its
                time zone, `2026-02-24` or `2026-02-24T14:23:20Z`.

        Raises:
            EctgraphError: not one of the three is named, or nothing has that name.

        """
        return self.ask("taint", kid=kid, iss=iss, jti=jti, since=since)

    def diff(self, other: Case) -> Answer:
        """What another ledger, or another copy of this one, has otherwise; see `questions.diff`.

        Raises:
            EctgraphError: the other one is not a case.

        """
        from ectgraph.questions.diff import diff  # noqa: PLC0415

        there = getattr(other, "_evidence", None)
        if there is None:
            message = "a case is compared with another one: case.diff(ectgraph.load(…))"
            raise EctgraphError(message)
        return diff(self._evidence, there)

    def revoked(self, kid: str, since: float | datetime | str) -> Case:
        """The same case, as it would be if a key had been revoked from some time on.

        Args:
            kid: the key; its thumbprint, where several have that `kid`.
            since: when, as in `taint`; tokens that say they are older stay as they are.

        Raises:
            EctgraphError: no key has this `kid`.

        """
        from ectgraph.analysis.revocation import revoked  # noqa: PLC0415

        made = revoked(self._evidence, kid, moment.seconds(since))
        return Case(
            made.ledger,
            made.ring,
            made.policy,
            made.comparison,
            rules=self._rules,
            artifacts=made.artifacts,
        )

    @cached_property
    def tasks(self) -> pd.DataFrame:
        """One row for each task; see `frames.tasks`."""
        from ectgraph import frames  # noqa: PLC0415  # pandas only when a table is asked for

        return frames.tasks(self.ledger, self.graph, self.report.findings)

    @cached_property
    def edges(self) -> pd.DataFrame:
        """One row for each parent link; see `frames.edges`."""
        from ectgraph import frames  # noqa: PLC0415

        return frames.edges(self.ledger, self.graph, self.tasks)

    @cached_property
    def findings(self) -> pd.DataFrame:
        """One row for each finding; see `frames.findings`."""
        from ectgraph import frames  # noqa: PLC0415

        return frames.findings(self.report.findings)

    @cached_property
    def records(self) -> pd.DataFrame:
        """One row for each record, readable or not; see `frames.records`."""
        from ectgraph import frames  # noqa: PLC0415

        return frames.records(self.ledger, self._evidence.chained, self.ring)

    @cached_property
    def agents(self) -> pd.DataFrame:
        """One row for each agent; see `frames.agents`."""
        from ectgraph import frames  # noqa: PLC0415

        return frames.agents(self.tasks, self.edges, self.records, self.findings)

    @cached_property
    def workflows(self) -> pd.DataFrame:
        """One row for each workflow; see `frames.workflows`."""
        from ectgraph import frames  # noqa: PLC0415

        return frames.workflows(self.tasks, self.edges, self.records, self.findings)

    @cached_property
    def keys(self) -> pd.DataFrame:
        """One row for each key, given or named by a token; see `frames.keys`."""
        from ectgraph import frames  # noqa: PLC0415

        return frames.keys(self.records, self.ring)

    def draw(  # everything that the command can do
        self,
        *,
        collapse: Collapse | None = None,
        cluster: Cluster = "auto",
        max_nodes: int | None = MAX_NODES,
        data_flow: bool = True,
        style: str | Style = "light",
        label: str | None = None,
        direction: Direction | None = None,
        report: Report | None = None,
        **narrow: Unpack[Narrowing],
    ) -> Drawing:
        r"""Draw the workflow; a picture in Jupyter, and `.save("name.svg")` elsewhere.

        Args:
            collapse: what becomes one box: `chain` (tasks in a row), `layer`, `action`, `agent`
                or `workflow`.
            cluster: what frames are drawn around: `workflow`, `agent` or `none`; `auto` frames
                workflows where there are several, but not many.
            max_nodes: the most boxes; a picture that would have more is reduced, and says so.
                `None` draws all, which Graphviz can do up to some thousand.
            data_flow: whether to tell where the output of a task is the input of another.
            style: `light`, `dark`, or a `render.style.Style` of your own.
            label: the lines of a box, such as `"{act}\\n{iss} {time}"`; see `caption.FIELDS`.
            direction: `LR` (left to right), `TB` (top to bottom), or what suits the graph.
            report: what the rules found, where that is not `report`.
            narrow: what to narrow the picture to; see `render.scope.Scope`.

        Raises:
            EctgraphError: something is named that there is not.

        >>> import ectgraph
        >>> case = ectgraph.load("sample_ledgers/forged-approval.jsonl", "sample_ledgers/keys.json")
        >>> drawing = case.draw(only_findings=True, hops=1, direction="LR")
        >>> len(drawing.diagram.boxes), drawing.diagram.scope
        (5, ('within 1 link of tasks with findings',))

        """
        from ectgraph.render.drawing import Drawing  # noqa: PLC0415  # only when asked for
        from ectgraph.render.style import style as theme  # noqa: PLC0415

        def make(room: int | None) -> Diagram:
            return self._compose(
                report,
                narrow,
                collapse=collapse,
                cluster=cluster,
                max_nodes=room,
                data_flow=data_flow,
            )

        said = {"label": label, "direction": direction}
        changes: Any = {name: value for name, value in said.items() if value is not None}
        look = dataclasses.replace(theme(style), **changes)
        return Drawing(make(max_nodes), look, make)

    def _compose(self, report: Report | None, narrow: Narrowing, **options: Any) -> Diagram:
        """What a picture of the case shows; see `render.compose`."""
        from ectgraph.render.compose import compose  # noqa: PLC0415
        from ectgraph.render.scope import Scope  # noqa: PLC0415

        report = report or self.report
        with paused():
            return compose(
                self.graph,
                ledger=self.ledger,
                findings=report.findings,
                scope=Scope.of(**narrow),
                shape=self._evidence.shape,
                **options,
            )

    def timeline(
        self,
        *,
        max_tasks: int = 10_000,
        links: bool = True,
        style: str | Style = "light",
        report: Report | None = None,
        **narrow: Unpack[Narrowing],
    ) -> Timeline:
        """Show what happened when, by agent; a picture in Jupyter, `.save("name.html")` elsewhere.

        Args:
            max_tasks: draw so many tasks one by one; of more, counts by agent and time are shown.
            links: whether to draw parent links; those that go back in time are always drawn.
            style: `light`, `dark`, or a `render.style.Style` of your own.
            report: what the rules found, where that is not `report`.
            narrow: what to narrow the picture to; see `render.scope.Scope`.

        Raises:
            EctgraphError: vl-convert-python is not installed, or something is named that there
                is not.

        >>> import ectgraph
        >>> case = ectgraph.load("sample_ledgers/clock-trouble.jsonl", "sample_ledgers/keys.json")
        >>> print(str(case.timeline()).splitlines()[0])
        Timeline of 7 tasks by 7 agents

        """
        from ectgraph.render.scope import Scope  # noqa: PLC0415  # only when asked for
        from ectgraph.render.scope import narrow as narrowed  # noqa: PLC0415
        from ectgraph.render.style import style as theme  # noqa: PLC0415
        from ectgraph.render.timeline.drawing import timeline  # noqa: PLC0415

        told = (report or self.report).findings
        tasks, scope = narrowed(self.graph, Scope.of(**narrow), ledger=self.ledger, findings=told)
        return timeline(
            self.graph,
            ledger=self.ledger,
            findings=told,
            tasks=tasks,
            scope=scope,
            style=theme(style),
            max_tasks=max_tasks,
            links=links,
        )

    def explore(
        self,
        *,
        collapse: Collapse | None = None,
        cluster: Cluster = "auto",
        max_nodes: int | None = 5000,
        data_flow: bool = True,
        style: str | Style = "light",
        height: int = 640,
        report: Report | None = None,
        **narrow: Unpack[Narrowing],
    ) -> Explorer:
        """Walk through the workflow in Jupyter: zoom, search, click a task to see its neighbours.

        It works without a network. `selected` of the widget is the task that was last clicked.

        Args:
            collapse: what becomes one box; see `draw`.
            cluster: what frames are drawn around; see `draw`.
            max_nodes: the most boxes; a browser moves some thousand without delay.
            data_flow: whether to tell where the output of a task is the input of another.
            style: `light`, `dark`, or a `render.style.Style` of your own.
            height: of the whole, in pixels.
            report: what the rules found, where that is not `report`.
            narrow: what to narrow the picture to; see `render.scope.Scope`.

        Raises:
            EctgraphError: anywidget is not installed, or something is named that there is not.

        """
        from ectgraph.render.widget.explorer import explorer  # noqa: PLC0415  # an extra

        drawing = self.draw(
            collapse=collapse,
            cluster=cluster,
            max_nodes=max_nodes,
            data_flow=data_flow,
            style=style,
            report=report,
            **narrow,
        )
        layout = drawing.layout(MAX_NODES)
        return explorer(drawing.diagram, drawing.style, layout=layout, height=height)

    def page(
        self,
        *,
        title: str | None = None,
        command: str | None = None,
        max_tasks: int = 20_000,
        report: Report | None = None,
    ) -> Page:
        """The case as one HTML file for people without Python: `.save("case.html")` writes it.

        Args:
            title: of the page; without it, the names of the ledgers.
            command: the command line that makes it, to be put down in it.
            max_tasks: the most tasks in its tables; those with findings come first.
            report: what the rules found, where that is not `report`.

        Raises:
            EctgraphError: the file of a ledger is gone, or no longer holds what was loaded.

        >>> import ectgraph
        >>> case = ectgraph.load("sample_ledgers/two-truths.jsonl", "sample_ledgers/keys.json")
        >>> case.page().headline
        '6 tasks, 1 error'

        """
        from ectgraph.page.page import make  # noqa: PLC0415  # only when asked for
        from ectgraph.render.timeline.drawing import available  # noqa: PLC0415

        report = report or self.report
        drawn = bool(self.graph)
        return make(
            self._evidence,
            report,
            drawing=self.draw(report=report) if drawn else None,
            timeline=self.timeline(max_tasks=2000, report=report)
            if drawn and available()
            else None,
            catalogue=self._rules,
            title=title,
            command=command,
            max_tasks=max_tasks,
        )
