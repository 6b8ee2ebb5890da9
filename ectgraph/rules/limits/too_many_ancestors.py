"""A task with more ancestors than a gate follows."""

from __future__ import annotations

from collections.abc import Iterator

from ectgraph.rule import Evidence, Hit, Severity, ledger_rule


@ledger_rule(
    "ECT504",
    "too-many-ancestors",
    Severity.WARNING,
    cites="draft-00 §6; policy: max_ancestors",
    advice="Start a new workflow with a `wid` of its own, or raise `max_ancestors`.",
    good=("a@0; b@1<a; c@2<b; !max_ancestors=2",),
    bad=("a@0; b@1<a; c@2<b; !max_ancestors=1", "a@0; b@0; c@1<a,b; !max_ancestors=1"),
    step=14,
)
def check(evidence: Evidence) -> Iterator[Hit]:
    """A task has more ancestors than the policy allows. Told of tasks that nobody builds on.

    A gate walks from a token to its roots. One that stops at a limit and lets the token pass can
    be led past any check by a lineage that is long enough; this one refuses it.
    """
    policy = evidence.policy
    limits = {policy.max_ancestors, *(each.max_ancestors for each in policy.own)}
    wid = evidence.values("wid") if policy.workflows else {}
    for limit in sorted(limits):
        for task, counted in evidence.crowded(limit):
            if policy.of(wid.get(task)).max_ancestors != limit:
                continue
            said = "has" if counted else "may have (too many paths to count)"
            yield Hit(
                f"it {said} more than the {limit} ancestors that are allowed",
                task,
                evidence={"max_ancestors": limit, "counted": counted},
            )
