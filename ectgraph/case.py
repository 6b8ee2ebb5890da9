"""One investigation: a ledger, its keys, and everything that can be asked of them.

Thin methods over the rooms below; what each costs is paid when it is first asked for.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from importlib import import_module
from os import PathLike, fspath
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeAlias, Unpack

from msgspec.structs import replace

from ectgraph import artifacts as hashes
from ectgraph import checkpoint, linter, loader
from ectgraph.artifacts import Artifacts
from ectgraph.checkpoint import Checkpoint, Comparison
from ectgraph.collector import paused
from ectgraph.errors import EctgraphError
from ectgraph.keys import KeyRing
from ectgraph.ledger import Ledger
from ectgraph.model import Basis, Input, Problem, Report
from ectgraph.policy import Policy
from ectgraph.reading import Manner
from ectgraph.render.diagram import MAX_NODES
from ectgraph.resume import load_since
from ectgraph.rule import Evidence
from ectgraph.rules import RULES, Catalogue
from ectgraph.sources import expand

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd

    from ectgraph.render.diagram import Cluster, Collapse, Diagram
    from ectgraph.render.drawing import Drawing
    from ectgraph.render.scope import Narrowing
    from ectgraph.render.style import Direction, Style
    from ectgraph.render.timeline.drawing import Timeline
    from ectgraph.render.widget.jupyter import Explorer
    from ectgraph.reports.invocation import Invocation
    from ectgraph.reports.stories.explanation import Explanation
    from ectgraph.reports.task import Task

Paths: TypeAlias = str | PathLike[str] | Iterable[str | PathLike[str]]
Keys: TypeAlias = Paths | KeyRing | None


def load(  # noqa: PLR0913  # the front door: one argument for each thing a caller may bring
    paths: loader.PathOrPaths,
    keys: Keys = None,
    *,
    roots: Paths | None = None,
    policy: Policy | None = None,
    rules: Catalogue = RULES,
    artifacts: str | PathLike[str] | Artifacts | None = None,
    manner: Manner | None = None,
    against: str | PathLike[str] | None = None,
    since: str | PathLike[str] | None = None,
    workers: int | None = None,
    progress: loader.Progress | None = None,
) -> Case:
    """Read one or more ledger files as one case, and verify every signature.

    Args:
        paths: ledger files, folders of them, patterns; `-` is standard input.
        keys: JWKS, PEM or certificate files, folders of them, or a `KeyRing`; without keys every
            signature stays unchecked, and the report says so.
        roots: certificates that those of the keys must chain to.
        policy: limits and choices; the defaults without it.
        rules: what to judge by; see `foreign` for rules of others.
        artifacts: a folder of files, to which the hashes in tokens are compared.
        manner: the format, the table and the column, where the bytes leave a choice.
        against: a checkpoint of the ledger, to compare it with.
        since: a checkpoint of the ledger; only what came after it is verified, when the bytes
            before are unchanged, and the keys and the policy are those of then.
        workers: processes to verify with, at most; one for each core without it.
        progress: called with the number of bytes done since the last call.

    Raises:
        EctgraphError: a file cannot be read, or holds no usable key.

    >>> import ectgraph
    >>> case = ectgraph.load("sample_ledgers/clinical-review.jsonl", "sample_ledgers/keys.json")
    >>> case.report.summary.tasks, case.report.summary.trust["verified"]
    (6, 6)

    """
    ring = key_ring(keys, roots)
    policy = policy or Policy()
    manner = manner or Manner()
    if artifacts is not None and not isinstance(artifacts, Artifacts):
        hashes.check(artifacts)
    if against is not None and since is not None:
        message = "against and since exclude each other: since compares with the checkpoint as well"
        raise EctgraphError(message)
    name = against or since
    seen = None if name is None else checkpoint.read(name)
    # networkx takes as long to import as a thousand signatures to verify: do both at once.
    Thread(target=import_module, args=("ectgraph.graph",)).start()
    running: dict[str, Any] = {"workers": workers, "progress": progress}
    ledger, refused = None, None
    if seen is not None and since is not None:
        refused = _refused(seen, ring, policy, rules)
        if refused is None:
            equipment = (ring, policy, rules.judge)
            ledger = load_since(one_path(paths), seen, equipment, manner, **running)
            refused = None if ledger is not None else "what came after it cannot be read by itself"
    if ledger is None:
        manner = manner if seen is None else replace(manner, digest=max(1, seen.bytes))
        ledger = loader.load(paths, ring, policy, judge=rules.judge, manner=manner, **running)
    comparison = None
    if seen is not None and name is not None:
        comparison = checkpoint.compare(seen, fspath(name), ledger, refused)
    if artifacts is not None and not isinstance(artifacts, Artifacts):
        artifacts = Artifacts.read(artifacts, hashes.algorithms(ledger))
    return Case(ledger, ring, policy, comparison, rules=rules, artifacts=artifacts)


def _refused(
    seen: Checkpoint, ring: KeyRing | None, policy: Policy, rules: Catalogue
) -> str | None:
    """Why a checkpoint does not spare the reading of what came before it, if it does not."""
    if rules is not RULES:
        return "rules of others were not asked then"
    if any(step.needs for step in policy.steps):
        return "the policy asks for earlier steps, which may lie before it"
    return seen.vouches_for(ring.digest if ring else None, policy)


def load_each(paths: loader.PathOrPaths, keys: Keys = None, **options: Any) -> Iterator[Case]:
    """Read each of several sources as a case of its own; see `load`.

    One that cannot be read is a case without records, and a finding says why.
    """
    ring = key_ring(keys, options.pop("roots", None))
    for origin in expand([paths] if isinstance(paths, (str, PathLike)) else paths):
        try:
            case = load([origin], ring, **options)
        except EctgraphError as error:
            if not isinstance(error.__cause__, OSError):  # then the caller asks for the wrong thing
                raise
            why = error.__cause__.strerror or str(error.__cause__)
            problem = Problem("unreadable-record", "source", why)
            unread = Input(origin.name, "unreadable", 0, "", 0, problems=(problem,))
            policy, rules = options.get("policy") or Policy(), options.get("rules", RULES)
            case = Case(Ledger(inputs=[unread]), ring, policy, rules=rules)
        yield case


def one_path(paths: loader.PathOrPaths) -> str:
    """The one file that is meant, where there must be just one.

    Raises:
        EctgraphError: there are several, or none.

    """
    origins = expand([paths] if isinstance(paths, (str, PathLike)) else paths)
    if len(origins) != 1:
        message = f"a checkpoint is of one ledger file, and {len(origins)} are given"
        raise EctgraphError(message)
    return origins[0].name


def key_ring(keys: Keys, roots: Paths | None = None) -> KeyRing | None:
    """The key ring that a caller means."""
    if keys is None or isinstance(keys, KeyRing):
        return keys
    paths = [keys] if isinstance(keys, (str, PathLike)) else keys
    return KeyRing.load(*paths, roots=roots)


class Case:
    """A ledger under investigation. Made by `load`."""

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
        self._evidence = Evidence(ledger, ring, policy, comparison, artifacts)
        self._rules = rules

    def __repr__(self) -> str:
        """Say what there is, in a line."""
        figures = self.report.summary
        errors = figures.findings["error"] + figures.findings["fatal"]
        return (
            f"<Case: {figures.records:,} records, {figures.tasks:,} tasks, "
            f"{figures.trust['verified']:,} verified, findings of error level: {errors:,}>"
        )

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
        self, what: str, *, report: Report | None = None, invocation: Invocation | None = None
    ) -> Explanation:
        """One finding, or one task, as a short story; see `reports.stories.explanation`.

        Args:
            what: a fingerprint or its beginning, the code or the name of a rule that has one
                finding, or a `jti` or its beginning.
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

        return explanation.explain(
            self._evidence,
            report or self.report,
            what,
            rules=self._rules,
            invocation=invocation,
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

        return frames.edges(self.ledger, self.graph)

    @cached_property
    def findings(self) -> pd.DataFrame:
        """One row for each finding; see `frames.findings`."""
        from ectgraph import frames  # noqa: PLC0415

        return frames.findings(self.report.findings)

    @cached_property
    def records(self) -> pd.DataFrame:
        """One row for each record, readable or not; see `frames.records`."""
        from ectgraph import frames  # noqa: PLC0415

        return frames.records(self.ledger, self._evidence.chained)

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
