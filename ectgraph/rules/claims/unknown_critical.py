"""A critical header that is not understood."""

from __future__ import annotations

from ectgraph.rule import Hit, Problem, Severity, problem_rule


@problem_rule(
    "ECT104",
    "unknown-critical",
    Severity.ERROR,
    cites="RFC 7515 §4.1.11",
    advice="Do not accept it; the issuer demands processing that is not known here.",
    baseline=False,
    good=("a@0",),
    bad=("a@0 !crit",),
    step=3,
)
def check(problem: Problem) -> Hit:
    """The header's `crit` names an extension that is not understood here.

    `crit` is the issuer's way to say: whoever does not know this must reject the token. With
    `b64`, for one, the signature covers other bytes than it seems to. An attacker counts on
    readers that pass over it: they verify one text and show another. An honest issuer who uses an
    extension has told its verifiers, so ask them first.
    """
    return Hit(
        f"it must be rejected by who does not understand it: {problem.detail}",
        witness=problem.where,
    )
