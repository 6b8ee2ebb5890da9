"""What a rule is, and what it may look at.

A rule states one fact that must not be. There are two kinds, and each is one decorated function in
a file of its own under `rules/`; the file is also the rule's documentation and its tests.

* `@problem_rule` judges one problem that reading a token established. It runs where the token was
  read, in parallel, and in the live gate.
* `@ledger_rule` looks at the whole ledger through `Evidence`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict, Unpack

from ectgraph import labels
from ectgraph.ledger import Ledger
from ectgraph.model import Hit, Problem, Severity
from ectgraph.policy import Policy

if TYPE_CHECKING:
    import networkx as nx

    from ectgraph.graph import Shape
    from ectgraph.keys import KeyRing

__all__ = ["Check", "Evidence", "Hit", "Problem", "ProblemCheck", "Rule", "Severity"]


class Evidence:
    """All that a ledger rule may look at; every measure is computed once, for all rules."""

    def __init__(self, ledger: Ledger, ring: KeyRing | None, policy: Policy) -> None:
        """`ring` is `None` when no keys were given."""
        self.ledger = ledger
        self.ring = ring
        self.policy = policy
        self.broken: list[tuple[str, str]] = []
        """(code, traceback) of every rule that raised."""

    @cached_property
    def graph(self) -> nx.DiGraph[str]:
        """The graph of everything claimed."""
        from ectgraph.graph import build  # noqa: PLC0415  # workers never need networkx

        return build(self.ledger)

    @cached_property
    def contested(self) -> list[tuple[str, dict[bytes, list[int]]]]:
        """Tasks that several records claim: node, and positions of entries by the token's bytes.

        A `jti` without workflow must be unique in the whole ledger (draft-00 §4), so where one
        record of a `jti` has no `wid`, all its records claim one task.
        """
        from ectgraph.graph import versions  # noqa: PLC0415

        return [
            (task, versions(self.ledger, positions)) for task, positions in self.ledger.rivals()
        ]

    @cached_property
    def shape(self) -> Shape:
        """Depth and knots of the graph."""
        from ectgraph.graph import measure  # noqa: PLC0415

        return measure(self.graph)

    def cycle(self, knot: Iterable[str]) -> list[str]:
        """The tasks along a shortest cycle of a knot."""
        from ectgraph.graph import shortest_cycle  # noqa: PLC0415

        return shortest_cycle(self.graph, knot)

    def values(self, name: str) -> dict[str, Any]:
        """One attribute of every node of the graph; `None` for those that do not have it."""
        from ectgraph.graph import values  # noqa: PLC0415

        return values(self.graph, name)

    def name(self, task: str) -> str:
        """A task as a person would name it: its action and the beginning of its `jti`."""
        data = self.graph.nodes[task]
        return f"{data.get('exec_act', 'a task')} {labels.short(data['jti'])}"

    def jtis(self, tasks: Iterable[str]) -> list[str]:
        """The `jti`s of tasks."""
        return [self.graph.nodes[task]["jti"] for task in tasks]


ProblemCheck: TypeAlias = Callable[[Problem], Hit]
Check: TypeAlias = Callable[[Evidence], Iterator[Hit]]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule of the catalogue."""

    code: str
    name: str
    """For a problem rule also the `kind` of the problems that it judges."""
    severity: Severity
    cites: str
    """Where the requirement comes from."""
    advice: str
    """What somebody who sees the finding should do next."""
    good: tuple[str, ...]
    """Ledgers, as `testing.sketch` writes them, that yield no finding at all."""
    bad: tuple[str, ...]
    """Ledgers that yield this rule's code and no other."""
    doc: str
    """What it is, why it matters, how an attacker uses it."""
    check: Check | None = None
    """Looks at a ledger; of a ledger rule."""
    word: ProblemCheck | None = None
    """Words one problem; of a problem rule."""

    @property
    def kind(self) -> str:
        """`token` or `ledger`: what the rule looks at."""
        return "token" if self.word else "ledger"


class About(TypedDict):
    """What a rule says of itself, next to its code, its name and its severity; see `Rule`."""

    cites: str
    advice: str
    good: tuple[str, ...]
    bad: tuple[str, ...]


def problem_rule(
    code: str, name: str, severity: Severity, **about: Unpack[About]
) -> Callable[[ProblemCheck], Rule]:
    """Make a rule of a function that words one problem; `name` is the kind of the problem."""

    def make(word: ProblemCheck) -> Rule:
        doc = inspect.getdoc(word) or ""
        return Rule(code=code, name=name, severity=severity, doc=doc, word=word, **about)

    return make


def ledger_rule(
    code: str, name: str, severity: Severity, **about: Unpack[About]
) -> Callable[[Check], Rule]:
    """Make a rule of a function that looks at a whole ledger."""

    def make(check: Check) -> Rule:
        doc = inspect.getdoc(check) or ""
        return Rule(code=code, name=name, severity=severity, doc=doc, check=check, **about)

    return make


BROKEN = "ECT901"
"""The rule that tells of other rules that failed."""


def broken(code: str, traceback: str) -> Hit:
    """What `BROKEN` says of a rule that raised.

    >>> broken("ECT201", "KeyError: 'kid'").message
    "the rule ECT201 failed: KeyError: 'kid'"
    """
    last = traceback.strip().splitlines()[-1]
    return Hit(
        f"the rule {code} failed: {last}",
        evidence={"rule": code, "traceback": traceback},
        witness=code,
    )
