"""A token that brings its own key along."""

from __future__ import annotations

from ectgraph.rule import Hit, Problem, Severity, problem_rule


@problem_rule(
    "ECT105",
    "key-in-token",
    Severity.WARNING,
    cites="draft-00 §3; RFC 7515 §4.1.2 to §4.1.6, RFC 8725 §3.10",
    advice="Have the agent leave it out; give its key to verifiers on a way of their own.",
    good=("a@0",),
    bad=("a@0 !jwk",),
    step=4,
)
def check(problem: Problem) -> Hit:
    """The header has `jwk`, `jku`, `x5u` or `x5c`: a key, or the place of one.

    It is never used here, and nothing is fetched: a key that comes with the token proves only that
    whoever made the token has a key. A forger brings one along and waits for a verifier that takes
    it; a `jku` or `x5u` makes such a verifier call whatever address the forger likes. It is
    harmless where every reader looks keys up by `kid` alone, as here, so the token is judged by the
    given keys as if it were not there. Thumbprints (`x5t`) only name a key, and are not told.
    """
    return Hit(
        f"it brings a key along, which is not used: {problem.detail}", witness=problem.detail
    )
