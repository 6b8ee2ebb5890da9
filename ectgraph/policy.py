"""Every number and choice that a check may depend on, and what a workflow asks of its steps.

Below everything that checks, so the live gate and the archive linter cannot disagree on a limit.
`Policy.load` reads it from a file (docs/policy.md).
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache, cached_property, lru_cache
from os import PathLike
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import asdict, replace

from ectgraph.model import Level, Severity

if TYPE_CHECKING:
    from ectgraph.toml import Mistake

Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]
Pattern: TypeAlias = Annotated[str, msgspec.Meta(min_length=1)]
"""Text in which `*` stands for any characters and `?` for one; nothing else is special."""

ALGORITHMS = ("ES256", "ES384", "EdDSA", "Ed25519", "RS256")
"""Values of `alg` that can be taken."""
MANY_AGENTS = 100
"""How many different agents a step can need at most."""


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The numbers and choices. The defaults are those of the reference implementation."""

    algorithms: tuple[str, ...] = ("ES256",)
    """Values of `alg` that are taken; also known are `ES384`, `EdDSA` and `RS256`."""
    minimum_level: Level = "L2"
    """Level below which a token is refused; `L1` takes unsigned ones (draft-01, downgrade)."""
    skew: Count = 30
    """Seconds by which clocks of agents may differ."""
    leeway: Count = 30
    """Seconds after its `exp` for which a token is still taken at the time `at`."""
    max_age: Count = 900
    """Seconds after its `iat` for which a token is taken at the time `at`."""
    max_ahead: Count = 30
    """Seconds by which an `iat` may lie ahead of the time `at`."""
    max_lifetime: Count = 900
    """Seconds between `iat` and `exp` above which a token is reported."""
    max_ext_bytes: Count = 4096
    """Size of the extension object, as compact JSON, above which it is reported."""
    max_ext_depth: Count = 5
    """Nesting of the extension object above which it is reported."""
    cross_workflow: bool = False
    """Whether a task may build on one of another workflow (another `wid`)."""
    disjoint_workflows: bool = False
    """Whether the tasks of one workflow may hang together in several pieces."""
    low_s: bool = False
    """Whether signers are known to make the low-S form alone, so that each high one is told."""
    compensation_by_flag: bool = True
    """Whether `compensation_required: true` lets a task follow a rejected or pending one."""
    review_by_decision: bool = True
    """Whether a task's own `pol_decision` can show it to be the human review of its parent."""
    max_parents: Count = 100
    """Fan-in above which a join is reported."""
    max_children: Count | None = None
    """Fan-out above which a task is reported; `None`: it is not looked at."""
    max_ancestors: Count = 10_000
    """Number of ancestors above which a task is reported."""
    max_depth: Count = 10_000
    """Length of the longest path, in parent links, above which a ledger is reported."""
    max_record_bytes: Count = 1 << 20
    """Size above which a record is reported and not read."""
    max_ratio: Count = 200
    """How many times its compressed size a source may grow to, beyond the first 64 MiB."""
    max_json_depth: Count = 64
    """Nesting of objects and arrays above which a JSON text is reported and not read."""


class Agent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What some agents may do."""

    iss: Pattern
    """Which agents."""
    may: tuple[Pattern, ...]
    """Values of `exec_act`."""


class Need(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What must have been done before a step."""

    act: Pattern
    """The `exec_act` that is needed among its ancestors."""
    agents: Annotated[int, msgspec.Meta(ge=1, le=MANY_AGENTS)] = 1
    """How many different agents must have done it."""
    by_others: bool = False
    """Whether the agent of the step itself does not count as one of them."""


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What some steps may follow, and what they need."""

    act: Pattern
    """The `exec_act` of the steps."""
    after: tuple[Pattern, ...] | None = None
    """The `exec_act`s that each parent must have one of; empty where there must be no parent;
    `None` where any parent will do."""
    needs: tuple[Need, ...] = ()


class Workflow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The limits and choices of some workflows, where they differ from those of all."""

    wid: Pattern
    """Which workflows."""
    skew: Count | UnsetType = UNSET
    max_lifetime: Count | UnsetType = UNSET
    max_ext_bytes: Count | UnsetType = UNSET
    max_ext_depth: Count | UnsetType = UNSET
    cross_workflow: bool | UnsetType = UNSET
    disjoint_workflows: bool | UnsetType = UNSET
    compensation_by_flag: bool | UnsetType = UNSET
    review_by_decision: bool | UnsetType = UNSET
    max_parents: Count | UnsetType = UNSET
    max_children: Count | UnsetType = UNSET
    max_ancestors: Count | UnsetType = UNSET
    max_depth: Count | UnsetType = UNSET


class Crossing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A link between workflows that is meant to be."""

    parent: Pattern
    """The `wid` of the parent."""
    child: Pattern
    """The `wid` of the task that names it."""


class Policy(Limits, frozen=True, kw_only=True, dict=True):
    """What the caller accepts.

    >>> Policy(max_parents=12).max_parents
    12
    """

    audience: str | None = None
    """The verifier's own id, which every token's `aud` must hold; `None`: any audience will do."""
    at: int | float | None = None
    """The time to judge tokens at (NumericDate), as a gate does. `None`, for archives: no time."""
    severities: dict[str, Severity] = {}
    """Severity by rule code, where it is not to be the rule's own."""
    agents: tuple[Agent, ...] = ()
    """Who may do what; nobody else may do anything. Empty: anybody may do everything."""
    steps: tuple[Step, ...] = ()
    """What steps may follow, and what they need; all that fit a step apply to it."""
    workflows: tuple[Workflow, ...] = ()
    """Limits of some workflows; of several that fit one, the first counts. See `of`."""
    crossings: tuple[Crossing, ...] = ()
    """Links between workflows that are meant to be."""
    boundary: tuple[str, ...] = ()
    """The `jti`s of parents that are known to be recorded elsewhere."""

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Policy:
        """Read a policy file (docs/policy.md).

        Raises:
            EctgraphError: it cannot be read, says nothing, or something that cannot be meant; with
                the line.

        """
        from ectgraph import toml  # noqa: PLC0415  # workers read no such file

        file = toml.read(path, PolicyFile, check=_mistakes)
        return cls(
            **asdict(file.limits),
            agents=file.agents,
            steps=file.steps,
            workflows=file.workflows,
            crossings=file.links.allowed,
            boundary=file.links.boundary,
        )

    def severity(self, code: str, usual: Severity) -> Severity:
        """How bad findings of a rule are, for a caller whose policy this is.

        That the tool itself failed stays fatal, whatever a policy says.

        >>> Policy(severities={"ECT112": Severity.ERROR}).severity("ECT112", Severity.WARNING)
        <Severity.ERROR: 'error'>
        """
        if usual is Severity.FATAL or code not in self.severities:
            return usual
        return Severity(self.severities[code])

    def but(self, **choices: Any) -> Policy:
        """This policy with a caller's choices, as far as they are not the usual ones.

        >>> Policy(skew=60, leeway=10).but(skew=30, leeway=5) == Policy(skew=60, leeway=5)
        True
        """
        usual = Policy()
        said = {name: value for name, value in choices.items() if value != getattr(usual, name)}
        return replace(self, **said)

    def of(self, wid: str | None) -> Policy:
        """The policy for the tasks of one workflow: this one, with that workflow's own limits.

        >>> policy = Policy(workflows=(Workflow(wid="close-*", max_parents=300),))
        >>> policy.of("close-2026-05").max_parents, policy.of("other").max_parents
        (300, 100)
        """
        if not self.workflows or wid is None:
            return self
        return self._of(wid)

    @cached_property
    def _of(self) -> Callable[[str], Policy]:
        fitting = sorter(tuple(each.wid for each in self.workflows))
        own = cache(lambda number: self._with(self.workflows[number]))

        @lru_cache(maxsize=_REMEMBERED)
        def of(wid: str) -> Policy:
            found = fitting(wid)
            return own(found[0]) if found else self

        return of

    @cached_property
    def own(self) -> tuple[Policy, ...]:
        """The policy for each of `workflows`."""
        return tuple(map(self._with, self.workflows))

    def _with(self, workflow: Workflow) -> Policy:
        said = {name: value for name, value in asdict(workflow).items() if value is not UNSET}
        del said["wid"]
        return replace(self, workflows=(), **said)

    def acts_of(self, iss: str) -> tuple[str, ...]:
        """The patterns of what an agent may do, where `agents` says so of anybody.

        >>> Policy(agents=(Agent(iss="*/cfo", may=("approve_*",)),)).acts_of("spiffe://a/cfo")
        ('approve_*',)
        """
        return tuple(dict.fromkeys(act for n in self._agents_of(iss) for act in self.agents[n].may))

    @cached_property
    def _agents_of(self) -> Callable[[str], list[int]]:
        return sorter(tuple(each.iss for each in self.agents))

    @cached_property
    def may(self) -> Callable[[str, str], bool]:
        """Whether an agent may do something: `policy.may(iss, exec_act)`."""
        fits = cache(lambda number: matcher(self.agents[number].may))

        @lru_cache(maxsize=_REMEMBERED)
        def may(iss: str, act: str) -> bool:
            return not self.agents or any(fits(number)(act) for number in self._agents_of(iss))

        return may

    @cached_property
    def steps_of(self) -> Callable[[str], tuple[Step, ...]]:
        """What is said of a step: `policy.steps_of(exec_act)`."""
        fitting = sorter(tuple(each.act for each in self.steps))

        @lru_cache(maxsize=_REMEMBERED)
        def steps_of(act: str) -> tuple[Step, ...]:
            return tuple(self.steps[number] for number in fitting(act))

        return steps_of

    @cached_property
    def crosses(self) -> Callable[[str, str], bool]:
        """Whether a link between workflows is meant to be: `policy.crosses(parent, child)`."""
        above = sorter(tuple(each.parent for each in self.crossings))
        below = sorter(tuple(each.child for each in self.crossings))
        return lambda parent, child: not set(above(parent)).isdisjoint(below(child))

    @cached_property
    def elsewhere(self) -> frozenset[str]:
        """The `boundary`, to look something up in."""
        return frozenset(self.boundary)


_REMEMBERED = 256
"""Answers that are kept of each kind; hostile names may be as long as a record."""


@lru_cache(maxsize=1024)
def matcher(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    """What says whether a text fits one of some patterns, in time linear in the text.

    >>> fits = matcher(("spiffe://*/agent/cfo", "[x]?"))
    >>> fits("spiffe://a.example/agent/cfo"), fits("[x]1"), fits("x1")
    (True, True, False)
    """
    plain = frozenset(pattern for pattern in patterns if not _is_pattern(pattern))
    # `fnmatch` makes each piece between two stars atomic, so there is no going back.
    found = "|".join(
        fnmatch.translate(pattern.replace("[", "[[]"))
        for pattern in patterns
        if pattern not in plain
    )
    match = re.compile(found).match if found else None
    return lambda text: text in plain or (match is not None and match(text) is not None)


@lru_cache(maxsize=64)
def sorter(patterns: tuple[str, ...]) -> Callable[[str], list[int]]:
    """What says which of many patterns a text fits, by their positions.

    Those without `*` or `?` take no time, however many there are.

    >>> sorter(("pay", "p*", "pray", "pay"))("pay")
    [0, 1, 3]
    """
    plain: dict[str, list[int]] = {}
    others: list[tuple[int, Callable[[str], bool]]] = []
    for number, pattern in enumerate(patterns):
        if _is_pattern(pattern):
            others.append((number, matcher((pattern,))))
        else:
            plain.setdefault(pattern, []).append(number)
    return lambda text: sorted(
        [*plain.get(text, ()), *(number for number, fits in others if fits(text))]
    )


# The file


class Links(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The table `[links]` of a policy file."""

    boundary: tuple[str, ...] = ()
    allowed: tuple[Crossing, ...] = ()


class PolicyFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a policy file may say."""

    limits: Limits = Limits()
    agents: tuple[Agent, ...] = ()
    steps: tuple[Step, ...] = ()
    workflows: tuple[Workflow, ...] = ()
    links: Links = Links()


def schema() -> dict[str, Any]:
    """The JSON Schema of a policy file.

    >>> sorted(schema()["$defs"]["Need"]["properties"])
    ['act', 'agents', 'by_others']
    """
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "ectgraph policy"}
    return head | msgspec.json.schema(PolicyFile)


def _mistakes(file: PolicyFile) -> Iterator[Mistake]:
    """What cannot be meant, though it can be read: where in the file, and why."""
    from ectgraph.toml import did_you_mean  # noqa: PLC0415

    for number, name in enumerate(file.limits.algorithms):
        if name not in ALGORITHMS:
            known = did_you_mean(name, ALGORITHMS)
            yield ("limits", "algorithms", number), f"{name!r} is no algorithm to be taken{known}"
    if not file.limits.algorithms:
        yield ("limits", "algorithms"), "no algorithm is taken, so nothing could be verified"
    may = tuple(dict.fromkeys(act for agent in file.agents for act in agent.may))
    for place, act in _acts(file.steps):
        if file.agents and not _may_meet(act, may):
            yield place, f"no agent may do {act!r}{did_you_mean(act, may)}"
    yield from _at_odds(file)


def _at_odds(file: PolicyFile) -> Iterator[Mistake]:
    """What contradicts something else in the file."""
    acts: set[str] = set()
    for number, step in enumerate(file.steps):
        if step.act in acts:
            yield (
                ("steps", number, "act"),
                f"{step.act!r} is told twice; make one [[steps]] of both",
            )
        acts.add(step.act)
        if step.after == () and step.needs:
            yield ("steps", number, "needs"), "with after = [] there are no ancestors to be needed"
    for number, workflow in enumerate(file.workflows):
        for first in file.workflows[:number]:
            # What fits a pattern, its stars read as text, fits it whatever the stars stand for.
            fits = "?" not in first.wid and matcher((first.wid,))(workflow.wid)
            if fits or first.wid == workflow.wid:
                why = f"all that fits {workflow.wid!r} fits {first.wid!r} before it"
                yield ("workflows", number, "wid"), f"{why}, and the first that fits counts"


def _acts(steps: Sequence[Step]) -> Iterator[Mistake]:
    """All actions that steps name, with their places."""
    for number, step in enumerate(steps):
        yield ("steps", number, "act"), step.act
        for position, act in enumerate(step.after or ()):
            yield ("steps", number, "after", position), act
        for position, need in enumerate(step.needs):
            yield ("steps", number, "needs", position, "act"), need.act


def _may_meet(act: str, may: Sequence[str]) -> bool:
    """Whether some action can fit both a pattern and one of others."""
    if not _is_pattern(act):
        return matcher(tuple(may))(act)
    return any(_is_pattern(each) or matcher((act,))(each) for each in may)


def _is_pattern(text: str) -> bool:
    return "*" in text or "?" in text
