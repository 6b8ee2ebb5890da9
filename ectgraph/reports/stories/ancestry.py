"""A task -> a small part of what it hangs together with: signed and claimed links, and inferred.

A link is as good as the token that names the parent: *signed* where that token verified, *claimed*
where it did not. What two hashes suggest is *inferred*, and never mixed with the links.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from ectgraph.encoding import hash_defect
from ectgraph.model import Trust
from ectgraph.reports.task import Neighbour, neighbour
from ectgraph.rule import Evidence

UP, DOWN, ACROSS = 3, 2, 4
"""How many levels of parents and of children are shown, and how many tasks of each level."""
FLOWS = 4
"""How many inferred links are shown each way."""


@dataclass(frozen=True, kw_only=True)
class Kin:
    """A task, and those behind it that are shown."""

    node: str
    task: Neighbour
    codes: tuple[str, ...]
    """Of its findings."""
    signed: bool
    """Whether a token that verified says so; else it is only claimed."""
    again: bool
    """Whether it is shown elsewhere in the tree; then what is behind it is shown there."""
    behind: tuple[Kin, ...]
    hidden: int
    """How many more there are behind it that are not shown."""


@dataclass(frozen=True, kw_only=True)
class Flow:
    """A task whose output seems to have gone into another one, though no link says so."""

    node: str
    task: Neighbour
    into: bool
    """Whether it is the one that took it in; else it is the one that gave it out."""
    hash: str


@dataclass(frozen=True, kw_only=True)
class Ancestry:
    """Where a task stands."""

    focus: Kin
    """The task itself, with nothing behind it."""
    parents: tuple[Kin, ...]
    more_parents: int
    children: tuple[Kin, ...]
    more_children: int
    flows: tuple[Flow, ...]
    more_flows: int


@dataclass
class _Branch:
    """A task that is being placed in the tree."""

    node: str
    signed: bool = True
    again: bool = False
    behind: list[_Branch] = field(default_factory=list)
    hidden: int = 0


def ancestry(evidence: Evidence, codes: Mapping[str, tuple[str, ...]], node: str) -> Ancestry:
    """Parents and children of a task, a few levels and a few of each, those with findings first.

    Args:
        evidence: the ledger and its graph.
        codes: codes of the findings by task.
        node: the task.

    """
    graph = evidence.graph
    signed = _signed(evidence)
    seen = {node}
    above = _grow(node, graph.pred, UP, codes, seen, lambda child, parent: signed(parent, child))
    below = _grow(node, graph.succ, DOWN, codes, seen, signed)
    flows = _flows(evidence, node)
    return Ancestry(
        focus=_kin(evidence, codes, _Branch(node)),
        parents=tuple(_kin(evidence, codes, each) for each in above.behind),
        more_parents=above.hidden,
        children=tuple(_kin(evidence, codes, each) for each in below.behind),
        more_children=below.hidden,
        flows=tuple(flows[True][:FLOWS] + flows[False][:FLOWS]),
        more_flows=sum(max(0, len(found) - FLOWS) for found in flows.values()),
    )


def _grow(
    node: str,
    near: Mapping[str, Iterable[str]],
    levels: int,
    codes: Mapping[str, tuple[str, ...]],
    seen: set[str],
    signed: Callable[[str, str], bool],
) -> _Branch:
    """A tree of some levels, with at most `ACROSS` tasks in each."""
    root = _Branch(node)
    level = [root]
    for _ in range(levels):
        wanted = [
            (other not in codes, rank, position, other)
            for position, branch in enumerate(level)
            for rank, other in enumerate(near[branch.node])
        ]
        for branch in level:
            branch.hidden = len(list(near[branch.node]))
        below = []
        for _, _, position, other in sorted(wanted)[:ACROSS]:
            made = _Branch(other, signed(level[position].node, other), other in seen)
            seen.add(other)
            level[position].behind.append(made)
            level[position].hidden -= 1
            if not made.again:
                below.append(made)
        level = below
    for branch in level:
        branch.hidden = len(list(near[branch.node]))
    return root


def _kin(evidence: Evidence, codes: Mapping[str, tuple[str, ...]], branch: _Branch) -> Kin:
    """What is shown of a task; the tree is at most `UP` levels deep."""
    return Kin(
        node=branch.node,
        task=neighbour(evidence, branch.node),
        codes=codes.get(branch.node, ()),
        signed=branch.signed,
        again=branch.again,
        behind=tuple(_kin(evidence, codes, each) for each in branch.behind),
        hidden=branch.hidden,
    )


def _signed(evidence: Evidence) -> Callable[[str, str], bool]:
    """Says whether some token that verified names a task as the parent of another."""
    named: dict[str, frozenset[str]] = {}

    def signed(parent: str, child: str) -> bool:
        if child not in named:
            named[child] = frozenset(
                jti
                for entry in evidence.ledger.entries_of(child)
                if entry.trust is Trust.VERIFIED and entry.token is not None
                for jti in entry.token.parents
            )
        return evidence.graph.nodes[parent]["jti"] in named[child]

    return signed


def _flows(evidence: Evidence, node: str) -> dict[bool, list[Flow]]:
    """Tasks that a hash ties to this one, and no link: those it went into, those it came from."""
    found: dict[bool, list[Flow]] = {False: [], True: []}
    ledger, graph = evidence.ledger, evidence.graph
    tokens = [entry.token for entry in ledger.entries_of(node) if entry.token is not None]
    went_in = {_digest(token.inp_hash) for token in tokens} - {None}
    came_out = {_digest(token.out_hash) for token in tokens} - {None}
    if not went_in and not came_out:
        return found
    seen = {(node, False), (node, True)}
    for entry in ledger.entries:
        token = entry.token
        if token is None or token.jti is None:
            continue
        for into, ours, theirs in (
            (False, went_in, token.out_hash),
            (True, came_out, token.inp_hash),
        ):
            digest = "" if theirs is None else theirs.removeprefix(_SAME)
            if digest not in ours:
                continue
            other = ledger.node(token.jti, token.wid) or ""
            linked = graph.has_edge(node, other) if into else graph.has_edge(other, node)
            if linked or (other, into) in seen:
                continue
            seen.add((other, into))
            about = neighbour(evidence, other)
            found[into].append(Flow(node=other, task=about, into=into, hash=digest))
    return found


def _digest(stated: str | None) -> str | None:
    """A hash in one form; `None` where there is none that means something."""
    if stated is None or hash_defect(stated) is not None:
        return None
    return stated.removeprefix(_SAME)


_SAME = "sha-256:"
"""What the early draft has in front of the same hash."""
