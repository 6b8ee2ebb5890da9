"""One task and its ancestors -> what the rules about links and lineage say (draft-00 §6).

The rules are those of the archive linter. They run over a ledger made of the token and as many of
its ancestors as the policy lets a gate follow. A store that keeps books on lineage (`MemoryLedger`,
`FileLedger`) can say that there is nothing to be found there; then only the links to the parents
are looked at.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from traceback import format_exc
from typing import Protocol, TypeAlias

from msgspec.structs import replace

from ectgraph import linter
from ectgraph.agent.parse import Parsed, Verified
from ectgraph.agent.payload import Payload
from ectgraph.agent.verdict import refuse, step
from ectgraph.claims import read_claims
from ectgraph.encoding import compact_json, read_json
from ectgraph.errors import EctgraphError
from ectgraph.examiner import Facts
from ectgraph.ledger import Ledger
from ectgraph.model import Entry, Header, Hit, Severity, Token, Trust
from ectgraph.policy import Policy, matcher
from ectgraph.rule import BROKEN, Evidence, Link, Rule, broken
from ectgraph.rules import RULES, judge


class ECTStore(Protocol):
    """Where a gate looks up the tasks that a token builds on; `MemoryLedger` is one."""

    def get(self, jti: str, wid: str | None = None) -> Entry | None:
        """The entry of a task: of workflow `wid`, else of none, else of any; `None` for none.

        `parse(compact).entry` and `verify(compact, options).entry` make entries. The gate checks
        the signature of an entry whose trust is `UNCHECKED` itself.
        """


class SettledStore(ECTStore, Protocol):
    """A store that keeps books on the lineage of its tasks, so that a gate need not walk it.

    A gate asks any store that has this method.
    """

    def settled_parents(self, token: Token, policy: Policy) -> Sequence[Entry] | None:
        """The entries of a token's parents, each once, where nothing can be wrong with its lineage.

        That is: no entry has its `jti`, all its ancestors have entries, none is its own ancestor,
        and there are no more of them, in no longer a line, than the policy allows. `None` where
        that is not known for certain.
        """


@dataclass(frozen=True, kw_only=True)
class DAGConfig:
    """What a gate accepts of a token's place in its workflow; reaching a limit is an error."""

    clock_skew: int = 30
    """Seconds by which a parent may be later than its child."""
    max_parents: int = 100
    max_depth: int = 10_000
    """Parent links on the longest way to a root."""
    max_ancestors: int = 10_000
    cross_workflow: bool = False
    """Whether a task may build on one of another workflow."""
    compensation_by_flag: bool = True
    """Whether `compensation_required: true` lets a task follow a rejected or pending one."""
    review_by_decision: bool = True
    """Whether a task's own `pol_decision` can show it to be the human review of its parent."""

    def policy(self, policy: Policy) -> Policy:
        """A policy with these choices; at a gate a limit that is reached is an error.

        What is the default here is left to the policy.
        """
        return policy.but(
            skew=self.clock_skew,
            max_parents=self.max_parents,
            max_depth=self.max_depth,
            max_ancestors=self.max_ancestors,
            cross_workflow=self.cross_workflow,
            compensation_by_flag=self.compensation_by_flag,
            review_by_decision=self.review_by_decision,
            severities=policy.severities | LIMITS,
        )


LIMITS = dict.fromkeys(("ECT501", "ECT502", "ECT504", "ECT902"), Severity.ERROR)
"""Rules that only warn of a limit in an archive; a gate that reaches one lets nothing pass."""

Confirm: TypeAlias = Callable[[Entry], Entry]
"""Checks an entry whose signature nobody has checked yet."""

_LINK_RULES = [rule for rule in RULES.values() if rule.compare and rule.step is not None]
_PLACE = frozenset({"jti", "wid", "par", "iat"})
"""Claims that say where in its workflow a task is; without them nothing can be said of that."""
_STEPS = (0, 11, 14)
"""Steps of the gate that have to do with lineage: a rule that broke, those claims, lineage."""
_RIVAL_RULES = [RULES["ECT301"], RULES["ECT302"]]
_LINEAGE_RULES = [
    rule
    for rule in RULES.values()
    if (rule.check or rule.compare) and rule.step is not None and rule not in _RIVAL_RULES
]


def lineage(
    parsed: Parsed, store: ECTStore, policy: Policy, confirm: Confirm = lambda entry: entry
) -> list[tuple[str, Hit]]:
    """What the rules say about a task's parents and its lineage: (code, hit) of each that hits.

    Args:
        parsed: the task, which the store does not hold yet; it has a token with a `jti`.
        store: the tasks known.
        policy: what is allowed.
        confirm: checks the signature of a parent whose trust is `UNCHECKED`.

    """
    token = parsed.facts.token
    if token is None:  # pragma: no cover  # what has no token is refused before
        return []
    policy = policy.of(token.wid)
    # What a step needs may be any of its ancestors, and no books say which of them did what.
    settled = None if _needs(token, policy) else getattr(store, "settled_parents", None)
    parents = settled(token, policy) if settled is not None else None
    if parents is None:
        return _walked(parsed.entry, token, store, policy, confirm)
    links = []
    for entry in parents:
        parent = confirm(entry) if entry.trust is Trust.UNCHECKED else entry
        links.append(Link(parent.token, token, parent.trust, parsed.facts.trust))  # type: ignore[arg-type]
    return _compared(links, policy)


def _needs(token: Token, policy: Policy) -> tuple[str, ...]:
    """What the policy wants to have been done before a token's step."""
    steps = policy.steps_of(token.exec_act) if token.exec_act is not None else ()
    return tuple(need.act for step in steps for need in step.needs)


def _compared(links: list[Link], policy: Policy) -> list[tuple[str, Hit]]:
    """What the rules say of some links, as the linter would tell it."""
    hits: list[tuple[str, Hit]] = []
    for rule in _LINK_RULES:
        try:
            for link in links:
                hit = rule.compare(link, policy)  # type: ignore[misc]  # of a link rule
                if hit is not None:
                    hits.append((rule.code, replace(hit, witness=link.parent.jti or "")))
        except Exception:  # noqa: BLE001  # a rule that breaks lets nothing pass
            hits.append((BROKEN, broken(rule.code, format_exc())))
    return hits


def _walked(
    entry: Entry, token: Token, store: ECTStore, policy: Policy, confirm: Confirm
) -> list[tuple[str, Hit]]:
    """Collect the ancestors, and have the rules look at them as at any ledger."""
    known = {e.record.digest: e for e in _ancestors(token, store, policy, confirm)}
    hits = _judged([*known.values(), entry], _LINEAGE_RULES, policy)
    return conflict(entry, store, policy) + hits


def _judged(entries: list[Entry], rules: list[Rule], policy: Policy) -> list[tuple[str, Hit]]:
    """What rules say of the last of some entries; a rule that breaks lets nothing pass."""
    evidence = Evidence(Ledger(entries), None, policy)
    hits = [
        (rule.code, hit)
        for rule in rules
        for hit, positions in linter.judge(evidence, rule)
        if len(entries) - 1 in positions
    ]
    return hits + [(BROKEN, broken(*told)) for told in evidence.broken]


def conflict(entry: Entry, store: ECTStore, policy: Policy) -> list[tuple[str, Hit]]:
    """What the rules say when the store has the task already: a replay, or an equivocation."""
    token = entry.token
    rival = store.get(token.jti or "", token.wid) if token is not None else None
    if rival is None:
        return []
    # The two would be in one ledger, which is what makes the second a replay of the first.
    again = replace(entry, record=replace(entry.record, source=rival.record.source))
    hits = _judged([rival, again], _RIVAL_RULES, policy)
    # The linter counts two in the ledger; here the second is still outside.
    return [(c, replace(h, message=_AGAIN, evidence={}) if c == "ECT301" else h) for c, h in hits]


_AGAIN = "the ledger has this very token already"


def _ancestors(token: Token, store: ECTStore, policy: Policy, confirm: Confirm) -> Iterator[Entry]:
    """The entries of a token's ancestors: all parents first, at most one more than allowed.

    The signatures of the parents are confirmed, and those of what counts as a step that it needs.
    """
    parents = dict.fromkeys((jti, token.wid) for jti in token.parents)
    queue, seen = deque(parents), set(parents)
    found: set[bytes] = set()
    counts = matcher(_needs(token, policy))
    while queue and (len(found) <= policy.max_ancestors or queue[0] in parents):
        name = queue.popleft()
        entry = store.get(*name)
        if entry is None or entry.token is None:
            continue
        if entry.trust is Trust.UNCHECKED and (
            name in parents or counts(entry.token.exec_act or "")
        ):
            entry = confirm(entry)
        if entry.token is None or entry.record.digest in found:
            continue
        found.add(entry.record.digest)
        yield entry
        above = [(jti, entry.token.wid) for jti in entry.token.parents]
        queue += (name for name in above if name not in seen)
        seen.update(above)


def validate_dag(payload: Payload, store: ECTStore, config: DAGConfig | None = None) -> None:
    """Check a verified task's place in its workflow, against the tasks that a store knows.

    Its `jti` is new; its parents exist, were verified themselves, are not later than it, of the same
    workflow, and neither rejected nor pending; it is not its own ancestor; and no limit is reached.
    `verify` does the same when its options have a store. The payload is taken as verified.

    Raises:
        VerificationError: with the finding of the first rule that is broken.

    >>> from ectgraph.agent.ledger import MemoryLedger
    >>> validate_dag(Payload(jti="b", par=["a"]), MemoryLedger())
    Traceback (most recent call last):
    ectgraph.errors.VerificationError: ECT303 missing-parent: no record of task a is here, but it is a parent of a task b

    """  # noqa: E501
    verified = payload.verified or _as_if_verified(payload)
    policy = (config or DAGConfig()).policy(Policy())
    token, problems = verified.token, verified.facts.problems
    problems = tuple(problem for problem in problems if problem.where in _PLACE)
    hits = [hit for hit in judge(token, problems, policy) if step(*hit) in _STEPS]
    hits += lineage(verified, store, policy)
    refuse(hits, token, verified.digest, policy)


def _as_if_verified(payload: Payload) -> Verified:
    """A payload as `verify` would have given it, for a caller who says that it was verified."""
    try:
        data = compact_json(payload.claims())
        claims, _ = read_json(data, Policy().max_json_depth)
    except (TypeError, ValueError, RecursionError) as error:
        message = f"the payload is no JSON: {error}"
        raise EctgraphError(message) from error
    token, problems = read_claims(claims, Header(), signed=True)
    facts = Facts(token, Trust.VERIFIED, problems, (), None, None, None)
    return Verified(data, facts)
