"""What a rule is, and what it may look at.

A rule states one fact that must not be. There are five kinds, by what they look at, and each rule
is one decorated function in a file of its own under `rules/`; the file is also the rule's
documentation and its tests.

* `@problem_rule` words one problem that reading a token established.
* `@token_rule` looks at the claims of one token.
* `@entry_rule` looks at a token and the time at which the ledger took it in.
* `@link_rule` looks at a task and one of its parents.
* `@ledger_rule` looks at the whole ledger through `Evidence`.

The first three run where the token was read, in parallel. The live gate (`agent.verify`) runs the
very same functions; `step` says at which step of its own.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NotRequired, TypeAlias, TypedDict, Unpack

import msgspec

from ectgraph import labels
from ectgraph.checkpoint import Comparison
from ectgraph.integrity import Section, forks, holds, joined, sections
from ectgraph.ledger import Ledger
from ectgraph.model import Hit, Problem, Severity, Token, Trust
from ectgraph.policy import Policy

if TYPE_CHECKING:
    import networkx as nx

    from ectgraph.artifacts import Artifacts
    from ectgraph.graph import Shape
    from ectgraph.keys import KeyRing

__all__ = [
    "EntryCheck",
    "Evidence",
    "Hit",
    "LedgerCheck",
    "Link",
    "LinkCheck",
    "Policy",
    "Problem",
    "ProblemCheck",
    "Rule",
    "Severity",
    "Token",
    "TokenCheck",
    "Trust",
]


class Evidence:
    """All that a ledger rule may look at; every measure is computed once, for all rules."""

    def __init__(
        self,
        ledger: Ledger,
        ring: KeyRing | None,
        policy: Policy,
        comparison: Comparison | None = None,
        artifacts: Artifacts | None = None,
        *,
        rules: Mapping[str, Rule] | None = None,
    ) -> None:
        """Take what was loaded.

        Args:
            ledger: the entries.
            ring: the keys; `None` when none were given.
            policy: limits and choices.
            comparison: the ledger beside a checkpoint of it; `None` when none was given.
            artifacts: files by their hashes; `None` when none were given.
            rules: the rules by which the ledger was read and is judged; `None`: all of ectgraph.

        """
        self.ledger = ledger
        self.ring = ring
        self.policy = policy
        self.comparison = comparison
        self.artifacts = artifacts
        self.rules = rules
        self.broken: list[tuple[str, str]] = []
        """(code, traceback) of every rule that raised."""

    @cached_property
    def graph(self) -> nx.DiGraph[str]:
        """The graph of everything claimed."""
        from ectgraph.graph import build  # noqa: PLC0415  # workers never need networkx

        return build(self.ledger, self.chained)

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
    def links(self) -> list[tuple[str, int, Link]]:
        """(parent, position of the child's entry, both as `Link`) of every link between two tasks.

        Where several records claim one task, each answers for the parents that it names itself, and
        copies of one token answer once. A parent is spoken for by its witness.
        """
        from ectgraph.graph import versions  # noqa: PLC0415

        entries, tasks, node = self.ledger.entries, self.ledger.tasks, self.ledger.node
        witness = {task: self.ledger.witness(task) for task in tasks}
        links = []
        for child, positions in tasks.items():
            if len(positions) > 1:
                positions = [found[0] for found in versions(self.ledger, positions).values()]  # noqa: PLW2901
            for position in positions:
                entry = entries[position]
                token = entry.token
                if token is None or not token.parents:
                    continue
                for parent in dict.fromkeys(node(jti, token.wid) for jti in token.parents):
                    if parent is not None and parent != child:
                        above = witness[parent]
                        link = Link(above.token, token, above.trust, entry.trust)  # type: ignore[arg-type]
                        links.append((parent, position, link))
        return links

    @cached_property
    def sections(self) -> list[Section]:
        """The sources, as far as they state their place in a ledger."""
        return sections(self.ledger)

    @cached_property
    def chained(self) -> frozenset[str]:
        """The sources whose hash chain holds."""
        found = self.sections
        entries = self.ledger.entries
        forked = {entries[position].record.source for pair in self.forks for position in pair}
        return frozenset(
            each.source
            for each in found
            if each.chained and each.source not in forked and holds(self.ledger, each)
        )

    @cached_property
    def forks(self) -> list[tuple[int, int]]:
        """(position, position) of two different entries that follow the same one."""
        return forks(self.ledger, self.sections) if len(self.sections) > 1 else []

    @cached_property
    def ledgers(self) -> dict[str, str]:
        """For each source the name of the ledger that it is a part of."""
        return joined(self.sections)

    @cached_property
    def shape(self) -> Shape:
        """Depth and knots of the graph."""
        from ectgraph.graph import measure  # noqa: PLC0415

        return measure(self.graph)

    @cached_property
    def components(self) -> list[set[str]]:
        """The pieces of the graph that no link joins."""
        import networkx as nx  # noqa: PLC0415

        return list(nx.weakly_connected_components(self.graph))

    def crowded(self, limit: int) -> list[tuple[str, bool]]:
        """Tasks that nobody builds on and that have more than so many ancestors; see `graph`."""
        from ectgraph.graph import crowded  # noqa: PLC0415

        if max(map(len, self.components), default=0) - 1 <= limit:
            return []  # all of a task's ancestors are in one component with it
        return crowded(self.graph, limit)

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
        return labels.task(data.get("exec_act"), data["jti"])

    def jtis(self, tasks: Iterable[str]) -> list[str]:
        """The `jti`s of tasks."""
        return [self.graph.nodes[task]["jti"] for task in tasks]


class Link(msgspec.Struct, frozen=True, gc=False):
    """A task and one of its parents, as their tokens tell them."""

    parent: Token
    child: Token
    parent_trust: Trust
    child_trust: Trust

    @property
    def parent_name(self) -> str:
        """The parent as a person would name it."""
        return labels.task(self.parent.exec_act, self.parent.jti)


ProblemCheck: TypeAlias = Callable[[Problem], Hit]
TokenCheck: TypeAlias = Callable[[Token, Policy], Sequence[Hit]]
EntryCheck: TypeAlias = Callable[[Token, float, Policy], Hit | None]
LinkCheck: TypeAlias = Callable[[Link, Policy], Hit | None]
LedgerCheck: TypeAlias = Callable[[Evidence], Iterator[Hit]]


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
    baseline: bool = True
    """Whether findings of it can be taken as known; not those that the evidence itself rests on."""
    origin: str = "ectgraph"
    """Who made it: a distribution, or a file."""
    step: int | None = None
    """The step of the live gate at which it is checked (`agent.gate`); `None`: only in archives."""
    word: ProblemCheck | None = None
    """Words one problem; of a problem rule."""
    look: TokenCheck | None = None
    """Looks at a token's claims; of a token rule."""
    date: EntryCheck | None = None
    """Looks at a token and the time at which it was recorded; of an entry rule."""
    compare: LinkCheck | None = None
    """Looks at a task and one of its parents; of a link rule."""
    check: LedgerCheck | None = None
    """Looks at a ledger; of a ledger rule."""

    @property
    def kind(self) -> str:
        """`token`, `link` or `ledger`: what the rule looks at."""
        of_token = self.word or self.look or self.date
        return "token" if of_token else "link" if self.compare else "ledger"


class About(TypedDict):
    """What a rule says of itself, next to its code, its name and its severity; see `Rule`."""

    cites: str
    advice: str
    good: tuple[str, ...]
    bad: tuple[str, ...]
    step: NotRequired[int]
    baseline: NotRequired[bool]


def problem_rule(
    code: str, name: str, severity: Severity, **about: Unpack[About]
) -> Callable[[ProblemCheck], Rule]:
    """Make a rule of a function that words one problem; `name` is the kind of the problem."""
    return lambda word: _rule(word, code, name, severity, about, word=word)


def token_rule(
    code: str, name: str, severity: Severity, **about: Unpack[About]
) -> Callable[[TokenCheck], Rule]:
    """Make a rule of a function that looks at the claims of one token, signed or not."""
    return lambda look: _rule(look, code, name, severity, about, look=look)


def entry_rule(
    code: str, name: str, severity: Severity, **about: Unpack[About]
) -> Callable[[EntryCheck], Rule]:
    """Make a rule of a function that looks at a token and when it was recorded.

    Entries whose time of recording is not stated, or is no time, are not shown to it.
    """
    return lambda date: _rule(date, code, name, severity, about, date=date)


def link_rule(
    code: str, name: str, severity: Severity, **about: Unpack[About]
) -> Callable[[LinkCheck], Rule]:
    """Make a rule of a function that looks at a task and one of its parents.

    What it finds is about the child.
    """
    return lambda compare: _rule(compare, code, name, severity, about, compare=compare)


def ledger_rule(
    code: str, name: str, severity: Severity, **about: Unpack[About]
) -> Callable[[LedgerCheck], Rule]:
    """Make a rule of a function that looks at a whole ledger."""
    return lambda check: _rule(check, code, name, severity, about, check=check)


def _rule(
    function: object, code: str, name: str, severity: Severity, about: About, **slot: Any
) -> Rule:
    doc = inspect.getdoc(function) or ""
    return Rule(code=code, name=name, severity=severity, doc=doc, **slot, **about)


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
