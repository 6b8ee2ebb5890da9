"""What would change, had a key been revoked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ectgraph import labels, linter
from ectgraph.analysis import lineage
from ectgraph.analysis import revocation as supposed
from ectgraph.analysis.taint import keys_named
from ectgraph.columns import Column
from ectgraph.model import Finding, Trust
from ectgraph.questions import doubts
from ectgraph.questions.about import TASK, about
from ectgraph.questions.answer import Answer
from ectgraph.questions.lineage import by_distance, in_order
from ectgraph.questions.question import Time, question
from ectgraph.rule import Evidence

_COLUMNS = (
    Column("change", "category", "`falls`, `builds on it`, `finding comes` or `finding goes`"),
    Column("code", "category", "of the finding"),
    Column("distance", "integer", "links from the nearest task that falls"),
    *TASK,
    Column("detail", "text", "why a token falls; what a finding says"),
    Column("via", "text", "the parent through which it builds on that"),
)


@question
def revocation(evidence: Evidence, *, kid: str, since: Time | None = None) -> Answer:
    """What would change, had a key been revoked from a moment on?

    The keys of that `kid` are taken as revoked since then, or as never good where no moment is
    given, and everything is judged again: the same bytes, keys and policy. Tokens fall that verify
    now and would not; other tasks build on them; findings come and go. `trust` and `place` tell of
    the evidence as it is.

    A token that says it is older stays as good as it was, though whoever holds a key writes any
    time: `taint` tells what was recorded later. A `kid` that several keys share, by rotation, means
    all of them. The whole ledger is judged twice for this.

    >>> from ectgraph.testing import EPOCH, sketch
    >>> evidence = sketch("a@0 by=agent-b; b@60<a by=agent-b; c@90<b").evidence()
    >>> for sentence in revocation(evidence, kid="agent-b", since=EPOCH + 30).established:
    ...     print(sentence)
    1 of 2 tokens that verify with the key agent-b would fall.
    1 other task builds on what would fall: 1 directly.
    3 findings would come: 1 ECT206 key-not-valid-then, 1 ECT210 key-revoked-later, \
1 ECT308 untrusted-parent.
    No finding would go.
    """
    since = 0 if since is None else since
    then = supposed.revoked(evidence, kid, since)
    fallen = supposed.fallen(evidence.ledger, then.ledger)
    now_found, then_found = (linter.lint(each).findings for each in (evidence, then))
    come, go = _new(then_found, now_found), _new(now_found, then_found)
    distance = lineage.distances(evidence.graph, fallen.tasks)
    building = [task for task in in_order(evidence, distance) if distance[task]]
    via = lineage.steps(evidence.graph, distance)
    rows = (
        *_falling(evidence, then, fallen.positions),
        *(
            ("builds on it", None, distance[task], *about(evidence, task), None, via[task])
            for task in building
        ),
        *_told(evidence, "finding comes", come),
        *_told(evidence, "finding goes", go),
    )
    name = labels.fit(kid, 80)
    return Answer(
        question="revocation",
        title=f"What would change, had the key {name} been revoked from {labels.time(since)} on",
        columns=_COLUMNS,
        rows=rows,
        established=(
            _how_many(evidence, kid, fallen),
            _building(distance[task] for task in building),
            f"{_counted(come)} would come{_by_code(come)}.",
            f"{_counted(go)} would go{_by_code(go)}.",
        ),
        not_established=(
            *_several(evidence, kid),
            "When the key was really lost: tokens of before that moment stay as good as they are.",
            *doubts.of_links(evidence, distance),
        ),
        tasks=(*fallen.tasks, *building),
    )


def _new(there: Iterable[Finding], before: Iterable[Finding]) -> list[Finding]:
    """The findings of the one that the other does not have."""
    known = {finding.fingerprint for finding in before}
    return [finding for finding in there if finding.fingerprint not in known]


def _falling(
    evidence: Evidence, then: Evidence, positions: Sequence[int]
) -> Iterator[tuple[Any, ...]]:
    """A row for each token that would no longer verify."""
    for position in positions:
        token = evidence.ledger[position].token
        node = evidence.ledger.node(token.jti, token.wid) if token and token.jti else None
        why = "; ".join(problem.detail for problem in then.ledger[position].problems)
        place = str(linter.place(evidence.ledger[position].record))
        told = _NOTHING if node is None else about(evidence, node)
        yield "falls", None, 0, *told[:-1], place, why, None


_NOTHING = (None,) * len(TASK)


def _told(
    evidence: Evidence, change: str, findings: Iterable[Finding]
) -> Iterator[tuple[Any, ...]]:
    """A row for each finding."""
    for each in findings:
        told = _NOTHING if each.task is None else about(evidence, each.task)
        place = str(each.places[0]) if each.places else None
        yield change, each.code, None, *told[:-1], place, each.message, None


def _how_many(evidence: Evidence, kid: str, fallen: supposed.Fallen) -> str:
    """How many of the tokens that verify with the key now would fall."""
    keys = evidence.ring.keys if evidence.ring is not None else ()
    lost = {key.spki for key in keys_named(evidence.ring, kid)}
    own = {number for number, key in enumerate(keys) if key.spki in lost}
    good = sum(entry.key in own and entry.trust is Trust.VERIFIED for entry in evidence.ledger)
    verify = "verifies" if good == 1 else "verify"
    of = f"{len(fallen.positions):,} of {labels.count(good, 'token')} that {verify}"
    return f"{of} with the key {labels.fit(kid, 80)} would fall."


def _several(evidence: Evidence, kid: str) -> tuple[str, ...]:
    """That one name is that of several keys."""
    number = len({key.spki for key in keys_named(evidence.ring, kid)})
    if number < 2:
        return ()
    return (f"Which of the {number:,} keys of that name was lost: all were taken as revoked.",)


def _building(distances: Iterable[int]) -> str:
    links = list(distances)
    if not links:
        return "No other task builds on what would fall."
    builds = "builds" if len(links) == 1 else "build"
    number = labels.count(len(links), "other task")
    return f"{number} {builds} on what would fall{by_distance(links)}."


def _counted(findings: Sequence[Finding]) -> str:
    return labels.count(len(findings), "finding") if findings else "No finding"


def _by_code(findings: Iterable[Finding]) -> str:
    numbers = Counter((finding.code, finding.name) for finding in findings)
    told = [f"{number:,} {code} {name}" for (code, name), number in sorted(numbers.items())]
    return f": {', '.join(told)}" if told else ""
