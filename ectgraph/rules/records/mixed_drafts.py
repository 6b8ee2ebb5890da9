"""Two dialects of ECT, in one workflow or in one token."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import inf
from typing import TypeAlias

from ectgraph.model import Draft, Entry
from ectgraph.rule import Evidence, Hit, Severity, ledger_rule


@ledger_rule(
    "ECT008",
    "mixed-drafts",
    Severity.NOTE,
    cites="draft-00 §4 (par), draft-01 §4 (pred)",
    advice="Find out which agents write which draft; make sure that every reader knows both.",
    good=("a@0; b@5<a sub=spiffe://example.com/agent/agent-a", "a@0; b@0 wid=two draft=01"),
    bad=("a@0; b@5<a draft=01", "a@0 !two-lists"),
)
def check(evidence: Evidence) -> Iterator[Hit]:
    """Tokens of draft 01 and of draft 00 are in one workflow, or one token is of both.

    Draft 01 names parents under `pred`, draft 00 under `par`. A reader that knows only one of them
    sees tasks without parents: a history with pieces missing, which still verifies. An attacker who
    is to be judged by such a reader writes the other draft. While a deployment moves from the one
    to the other it is normal, and harmless where every reader knows both, as this one does.

    The early form of draft 00 differs from the published one in optional claims alone, so those two
    are no mixture. A token whose two lists differ is told as that (ECT117). Tokens without a `wid`
    are in no workflow.
    """
    counts: Counter[tuple[str, Draft]] = Counter()
    for position, entry in enumerate(evidence.ledger):
        token = entry.token
        if token is not None and token.both_lists:
            yield Hit(
                "it has both 'par' (draft 00) and 'pred' (draft 01), which agree",
                evidence={"parents": len(token.parents)},
                witness="lists",
                records=(position,),
            )
        elif token is not None and token.wid is not None and not _differ(entry):
            counts[token.wid, token.draft] += 1
    mixed = {
        wid
        for wid, draft in counts
        if draft == "01" and ((wid, "00") in counts or (wid, "early-00") in counts)
    }
    for wid, first in _first(evidence, mixed).items():
        drafts = {draft: counts[wid, draft] for draft in sorted(first)}
        stated = ", ".join(f"{count:,} of {draft}" for draft, count in drafts.items())
        yield Hit(
            f"the tokens of this workflow are of several drafts: {stated}",
            evidence={"wid": wid, "drafts": drafts},
            witness="workflow",
            records=tuple(position for *_, position in sorted(first.values())),
        )


def _differ(entry: Entry) -> bool:
    """Whether a token has two lists of parents that differ, which another rule tells."""
    return any(problem.kind == "two-parent-lists" for problem in entry.problems)


_Place: TypeAlias = tuple[float, str, int]
"""(`iat`, `jti`, position): which token is the earliest, wherever it lies."""


def _first(evidence: Evidence, mixed: set[str]) -> dict[str, dict[Draft, _Place]]:
    """The earliest token of each draft in each of some workflows, by what it says itself."""
    found: dict[str, dict[Draft, _Place]] = {wid: {} for wid in sorted(mixed)}
    for position, entry in enumerate(evidence.ledger) if mixed else ():
        token = entry.token
        if token is not None and token.wid in mixed and not (token.both_lists or _differ(entry)):
            place = (inf if token.iat is None else token.iat, token.jti or "", position)
            first = found[token.wid]
            first[token.draft] = min(place, first.get(token.draft, place))
    return found
