"""Every rule, one file each, in folders by family; a rule is the `check` of its module.

Adding a rule is adding a file: the catalogue, the tests and the rules page follow from it.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from traceback import format_exc

from ectgraph.model import Hit, Problem, Token
from ectgraph.policy import Policy
from ectgraph.rule import BROKEN, EntryCheck, ProblemCheck, Rule, TokenCheck, broken


def _collect() -> dict[str, Rule]:
    rules: dict[str, Rule] = {}
    for module in pkgutil.walk_packages(__path__, f"{__name__}."):
        rule = getattr(import_module(module.name), "check", None)
        if isinstance(rule, Rule):
            if rule.code in rules:
                message = f"{module.name}: the code {rule.code} is taken"
                raise ImportError(message)
            rules[rule.code] = rule
    return dict(sorted(rules.items()))


RULES = _collect()
"""All rules by code, in the order of the codes."""

_WORDING: dict[str, tuple[str, ProblemCheck]] = {
    rule.name: (rule.code, rule.word) for rule in RULES.values() if rule.word is not None
}

_LOOKING: list[tuple[str, TokenCheck]] = [
    (rule.code, rule.look) for rule in RULES.values() if rule.look is not None
]


_DATING: list[tuple[str, EntryCheck]] = [
    (rule.code, rule.date) for rule in RULES.values() if rule.date is not None
]


def judge(
    token: Token | None,
    problems: tuple[Problem, ...],
    policy: Policy,
    recorded: float | None = None,
) -> tuple[tuple[str, Hit], ...]:
    """Have one token judged by all rules that need no other: (code, hit) of each that hits.

    Problems come first, in the order in which they were met. A rule that raises is a hit of
    `BROKEN`, and the others go on.

    Args:
        token: what could be read.
        problems: what is wrong with it, and its record, as reading and verifying found.
        policy: limits and choices.
        recorded: when the ledger took it in (seconds since 1970), where that is known.

    """
    hits = [_word(problem) for problem in problems] if problems else []
    if token is not None:
        for code, look in _LOOKING:
            try:
                found = look(token, policy)
            except Exception:  # noqa: BLE001  # whatever a rule does wrong, the reading goes on
                hits.append((BROKEN, broken(code, format_exc())))
            else:
                if found:
                    hits += [(code, hit) for hit in found]
        if recorded is not None:
            hits += _judge_entry(token, recorded, policy)
    return tuple(hits) if hits else ()


def _judge_entry(token: Token, recorded: float, policy: Policy) -> list[tuple[str, Hit]]:
    hits = []
    for code, date in _DATING:
        try:
            hit = date(token, recorded, policy)
        except Exception:  # noqa: BLE001
            hit, code = broken(code, format_exc()), BROKEN  # noqa: PLW2901
        if hit is not None:
            hits.append((code, hit))
    return hits


def _word(problem: Problem) -> tuple[str, Hit]:
    code, word = _WORDING[problem.kind]
    try:
        return code, word(problem)
    except Exception:  # noqa: BLE001
        return BROKEN, broken(code, format_exc())
