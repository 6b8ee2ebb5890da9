"""A step without what it needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from ectgraph import labels
from ectgraph.claims import PENDING, REJECTED
from ectgraph.policy import Need, matcher
from ectgraph.rule import Evidence, Hit, Severity, Token, Trust, ledger_rule

if TYPE_CHECKING:
    import networkx as nx

_POLICY = '!steps=[{"act":"pay","needs":[{"act":"approve"}]}]'
_FOUR_EYES = '!steps=[{"act":"pay","needs":[{"act":"approve","agents":2,"by_others":true}]}]'
_UNDONE = 'undo@5<approve ext={"compensation_required":true,"compensation_reason":"rejected"}'


@ledger_rule(
    "ECT713",
    "step-missing",
    Severity.ERROR,
    cites="policy: steps, needs",
    advice="Look for the missing step in other ledgers, and ask who went on without it.",
    good=(
        f"approve@0; check@5<approve; pay@9<check; {_POLICY}",
        f"a@0 act=approve; b@5<a act=approve by=agent-b; pay@9<b by=agent-c; {_FOUR_EYES}",
    ),
    bad=(
        f"check@5; pay@9<check; {_POLICY}",
        f"approve@0 pol=p pol_decision=rejected; {_UNDONE}; pay@9<undo; {_POLICY}",
        f"a@0 act=approve; b@5<a act=approve by=agent-b; pay@9<b; {_FOUR_EYES}",
    ),
    step=14,
)
def check(evidence: Evidence) -> Iterator[Hit]:
    """A step was taken, and a step that it needs is not among all that came before it.

    Or too few different agents took that one. It is the question behind most audits: was this
    approved, and by somebody else? What counts is a token of an ancestor that verified and whose
    own decision is neither rejected nor pending. An approval that the step does not rest on,
    directly or through others, approves nothing. An approval that was taken out of the ledger is
    missing here as well: where ancestors have no record, the finding says so, for it may be one of
    them. Agents are told apart by `iss`; where one key signs for two (ECT208), they may be one. In
    a circle each task comes before each (ECT305). Where no keys were given, unchecked tokens count.
    """
    past = _Past(evidence)
    for need, acts in past.needs().items():
        yield from past.without(need, acts)


SHOWN, WIDTH = 20, 200
"""Names of each kind that evidence gives, and characters of each: many steps may share them."""

_Names: TypeAlias = frozenset[str]
_NONE: _Names = frozenset()
_Done: TypeAlias = tuple[str, Token, Trust]
"""A task, a token that claims it, and what checking its signature came to."""


class _Past:
    """What was done before each task, and by whom."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._policy = evidence.policy
        self._node = evidence.ledger.node
        self._counts = {Trust.VERIFIED}
        if evidence.ring is None:
            self._counts.add(Trust.UNCHECKED)
        if evidence.policy.minimum_level == "L1":
            self._counts.add(Trust.UNSIGNED)

    def needs(self) -> dict[Need, dict[str, None]]:
        """What steps that were taken need, as the policy tells it, and what those steps did."""
        steps = self._policy.steps
        found: dict[Need, dict[str, None]] = {need: {} for step in steps for need in step.needs}
        for act in self._acts if found else ():
            for step in self._policy.steps_of(act):
                for need in step.needs:
                    found[need][act] = None
        return {need: acts for need, acts in found.items() if acts}

    def without(self, need: Need, acts: Iterable[str]) -> Iterator[Hit]:
        """The steps that lack what they need, each once."""
        steps = self._all(acts)
        done = self._all(filter(matcher((need.act,)), self._acts))
        agents: dict[str, _Names] = {}
        for task, token, trust in done:
            if self._objection(token, trust) is None:
                agents[task] = agents.get(task, _NONE) | {token.iss or ""}
        known = self._spread(agents, need.agents + 1)  # one may be the agent of the step itself
        doubtful: dict[str, _Names] | None = None
        told: set[str] = set()
        for task, token, _ in steps:
            found = self._before(task, token, known)
            others = found - {token.iss} if need.by_others else found
            if len(others) >= need.agents or task in told:
                continue
            if doubtful is None:
                own = {name: frozenset((name,)) for name, *_ in done if name not in agents}
                doubtful = self._spread(own, SHOWN)
            told.add(task)
            yield self._hit(task, token, need, found, self._before(task, token, doubtful))

    def _objection(self, token: Token, trust: Trust) -> str | None:
        """Why a token does not count; `None` when it does."""
        if trust not in self._counts:
            return trust.value.replace("_", " ")
        if token.iss is None:
            return "no issuer"
        return token.pol_decision if token.pol_decision in (REJECTED, PENDING) else None

    @cached_property
    def _acts(self) -> dict[str, list[_Done]]:
        """All tokens of tasks, by what they did."""
        acts: dict[str, list[_Done]] = {}
        entries = self._evidence.ledger.entries
        for task, positions in self._evidence.ledger.tasks.items():
            for position in positions:
                token = entries[position].token
                if token is not None and token.exec_act is not None:
                    done = task, token, entries[position].trust
                    acts.setdefault(token.exec_act, []).append(done)
        return acts

    def _all(self, acts: Iterable[str]) -> list[_Done]:
        return [each for act in acts for each in self._acts[act]]

    @cached_property
    def _graph(self) -> nx.DiGraph[str]:
        """All links, but for those that only a rival of a token that counts has stated.

        Whoever can write to the ledger could else link any task to an approval, by a forgery of it.
        """
        graph, entries = self._evidence.graph, self._evidence.ledger.entries
        forged: list[tuple[str, str]] = []
        for task, positions in self._evidence.ledger.tasks.items():
            if len(positions) == 1:
                continue
            good = [
                each for each in map(entries.__getitem__, positions) if each.trust in self._counts
            ]
            tokens = [each.token for each in good if each.token is not None]
            stated = {
                self._node(jti, token.wid) or jti for token in tokens for jti in token.parents
            }
            if tokens:
                forged += [(parent, task) for parent in graph.pred[task] if parent not in stated]
        if forged:
            graph = graph.copy()
            graph.remove_edges_from(forged)
        return graph

    @cached_property
    def _order(self) -> list[Sequence[str]]:
        """All tasks, parents first; those of a knot stand together."""
        import networkx as nx  # noqa: PLC0415  # workers never need networkx

        from ectgraph.graph import values  # noqa: PLC0415

        graph = self._graph
        try:
            return [(task,) for task in nx.topological_sort(graph)]
        except nx.NetworkXUnfeasible:
            condensed = nx.condensation(graph)
            members = values(condensed, "members")
            return [sorted(members[knot]) for knot in nx.topological_sort(condensed)]

    def _spread(self, own: Mapping[str, _Names], most: int) -> dict[str, _Names]:
        """For each task the names of its own and of its ancestors; of many, the first `most`."""
        found: dict[str, _Names] = {}
        parents = self._graph.predecessors
        for knot in self._order if own else ():
            names = _NONE
            for task in knot:
                for parent in parents(task):
                    more = found.get(parent)
                    if more is not None and more is not names:
                        names = _joined(names, more, most)
                if task in own:
                    names = _joined(names, own[task], most)
            if names:
                for task in knot:
                    found[task] = names
        return found

    def _before(self, task: str, token: Token, known: Mapping[str, _Names]) -> _Names:
        """The names that a token has among its ancestors; of versions, each has its own parents."""
        parents = {self._node(jti, token.wid) for jti in token.parents} - {task, None}
        return _NONE.union(*(known.get(parent or "", _NONE) for parent in parents))

    @cached_property
    def _unrecorded(self) -> dict[str, _Names]:
        """The `jti`s that have no record, among the ancestors of each task."""
        jti, status = self._evidence.values("jti"), self._evidence.values("status")
        own = {task: frozenset((jti[task],)) for task in status if status[task] == "missing"}
        return self._spread(own, SHOWN)

    def _hit(self, task: str, token: Token, need: Need, found: _Names, doubtful: _Names) -> Hit:
        others = sorted(found - {token.iss} if need.by_others else found)
        refused = [self._refused(name) for name in sorted(doubtful)[:SHOWN]]
        missing = self._before(task, token, self._unrecorded)
        missing |= {jti for jti in token.parents if self._node(jti, token.wid) is None}
        there = "there is none"
        if others:
            agents = [labels.fit(labels.agent(iss), 60) for iss in others]
            there = f"only that of {labels.some(agents)} is there"
        elif found:
            there = "only that of its own agent is there"
        not_counted = self._evidence.jtis(name for name, _ in refused)
        act = labels.fit(token.exec_act or "", 60)
        told = [f"{act} needs {_wanted(need)} before it, and {there}"]
        if refused:
            names = labels.some([f"{self._evidence.name(name)} ({why})" for name, why in refused])
            told.append(f"{names} cannot count")
        if missing:
            of_them = labels.count(len(missing), "ancestor")
            told.append(f"{of_them} with no record here may be what is missing")
        return Hit(
            "; ".join(told),
            task,
            related=tuple(name for name, _ in refused),
            evidence={
                "exec_act": token.exec_act,
                "needs": need.act,
                "agents_needed": need.agents,
                "by_others": need.by_others,
                "agents": [labels.fit(iss, WIDTH) for iss in others[:SHOWN]],
                "not_counted": [labels.fit(jti, WIDTH) for jti in not_counted],
                "unrecorded": [labels.fit(jti, WIDTH) for jti in sorted(missing)[:SHOWN]],
            },
            witness=f"{need.act} {need.agents} {need.by_others}",
        )

    def _refused(self, task: str) -> tuple[str, str]:
        """A task that does not count, and why not."""
        entry = self._evidence.ledger.witness(task)
        return task, self._objection(entry.token or Token(), entry.trust) or "another version"


def _joined(names: _Names, more: _Names, most: int) -> _Names:
    """The names of both, the first `most` of them; the same set where nothing is new."""
    joined = names | more if names else more
    if len(joined) == len(names):
        return names
    return joined if len(joined) <= most else frozenset(sorted(joined)[:most])


def _wanted(need: Need) -> str:
    """What a step needs, and by how many agents.

    >>> _wanted(Need(act="approve", agents=2, by_others=True))
    'approve by 2 other agents'
    """
    other = "other " if need.by_others else ""
    if need.agents > 1:
        return f"{need.act} by {need.agents} {other}agents"
    return f"{need.act} by another agent" if need.by_others else need.act
