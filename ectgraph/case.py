"""One investigation: a ledger, its keys, and everything that can be asked of them.

Thin methods over the rooms below; what each costs is paid when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cached_property
from importlib import import_module
from os import PathLike
from threading import Thread
from typing import TYPE_CHECKING, TypeAlias

from ectgraph import linter, loader
from ectgraph.keys import KeyRing
from ectgraph.ledger import Ledger
from ectgraph.model import Report
from ectgraph.policy import Policy
from ectgraph.render.picture import MAX_NODES, Drawing
from ectgraph.rule import Evidence
from ectgraph.rules import judge

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd

Keys: TypeAlias = str | PathLike[str] | Iterable[str | PathLike[str]] | KeyRing | None


def load(
    paths: loader.PathOrPaths,
    keys: Keys = None,
    *,
    policy: Policy | None = None,
    workers: int | None = None,
    progress: loader.Progress | None = None,
) -> Case:
    """Read one or more ledger files as one case, and verify every signature.

    Args:
        paths: ledger files; `-` is standard input.
        keys: JWKS or PEM files, folders of them, or a `KeyRing`; without keys every signature
            stays unchecked, and the report says so.
        policy: limits and choices; the defaults without it.
        workers: processes to verify with, at most; one for each core without it.
        progress: called with the number of bytes done since the last call.

    Raises:
        EctgraphError: a file cannot be read, or holds no usable key.

    >>> import ectgraph
    >>> case = ectgraph.load("sample_ledgers/clinical-review.jsonl", "sample_ledgers/keys.json")
    >>> case.report.summary.tasks, case.report.summary.trust["verified"]
    (6, 6)

    """
    ring = key_ring(keys)
    policy = policy or Policy()
    # networkx takes as long to import as a thousand signatures to verify: do both at once.
    Thread(target=import_module, args=("ectgraph.graph",)).start()
    ledger = loader.load(paths, ring, policy, judge=judge, workers=workers, progress=progress)
    return Case(ledger, ring, policy)


def key_ring(keys: Keys) -> KeyRing | None:
    """The key ring that a caller means."""
    if keys is None or isinstance(keys, KeyRing):
        return keys
    return KeyRing.load(*([keys] if isinstance(keys, (str, PathLike)) else keys))


class Case:
    """A ledger under investigation. Made by `load`."""

    def __init__(self, ledger: Ledger, ring: KeyRing | None, policy: Policy) -> None:
        """Take a loaded ledger, and the keys and the policy that it was loaded with."""
        self._evidence = Evidence(ledger, ring, policy)

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

    def lint(self, *, select: Collection[str] = (), ignore: Collection[str] = ()) -> Report:
        """Judge the ledger; see `linter.lint`."""
        return linter.lint(self._evidence, select=select, ignore=ignore)

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

    def draw(self, *, max_nodes: int | None = MAX_NODES) -> Drawing:
        """Draw the workflow; a picture in Jupyter, and `.save("name.svg")` elsewhere.

        Args:
            max_nodes: show at most so many tasks, those with findings first; the picture says how
                many it hides. `None` shows all, which Graphviz can draw up to some thousand.

        """
        from ectgraph.render.dot import to_dot  # noqa: PLC0415  # graphviz only when asked for

        hidden = 0 if max_nodes is None else max(0, len(self.graph) - max_nodes)
        report = self.report
        dot = to_dot(
            self.graph,
            report.findings,
            max_nodes=max_nodes,
            unreadable=report.summary.unreadable,
        )
        return Drawing(dot, hidden)
