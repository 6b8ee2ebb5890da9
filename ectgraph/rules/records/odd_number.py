"""A number that not all readers read alike."""

from __future__ import annotations

from ectgraph.rule import Hit, Problem, Severity, problem_rule


@problem_rule(
    "ECT007",
    "odd-number",
    Severity.NOTE,
    cites="RFC 7493 §2.2, RFC 7519 §2 (NumericDate)",
    advice="Have the agent write times in whole seconds, and larger integers as text.",
    good=('a@0 ext={"exec_time_ms":9007199254740991}',),
    bad=("a@0.5", 'a@0 ext={"span":9007199254740993}'),
    step=12,
)
def check(problem: Problem) -> Hit:
    """A time is written with a fraction or an exponent, or an integer is beyond 2^53.

    Readers that want an integer refuse `1.5e9` and `5.0`, or cut them off, so two of them may
    disagree on which of two tasks came first. An integer beyond 2^53 is rounded by every reader
    that knows only doubles: in JavaScript, an id of 19 digits is the id of something else.
    """
    return Hit(
        f"not all readers read the number in {problem.where!r} alike: {problem.detail}",
        witness=problem.where,
    )
