"""Every rule, one file each, in folders by family; a rule is the `check` of its module.

Adding a rule is adding a file: the catalogue, the tests and the rules page follow from it.
"""

from __future__ import annotations

import difflib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from traceback import format_exc
from typing import Any

from ectgraph import escape
from ectgraph.errors import EctgraphError
from ectgraph.model import Hit, Problem, Token
from ectgraph.policy import Policy
from ectgraph.rule import BROKEN, Rule, broken


class Catalogue(Mapping[str, Rule]):
    """Rules by code, in the order of the codes; and what they say of one token.

    It goes to worker processes by its name, or by what made it: functions of rules need not.

    >>> RULES["ECT302"].name
    'equivocation'
    """

    def __init__(
        self, rules: Iterable[Rule], made_by: tuple[Callable[..., Any], tuple[Any, ...]] | None
    ) -> None:
        """Take rules.

        Args:
            rules: the rules, each code once.
            made_by: a function of a module and its arguments, which make this catalogue again;
                `None` is for the one that is `RULES`.

        """
        self._rules = {rule.code: rule for rule in sorted(rules, key=lambda rule: rule.code)}
        self._made_by = made_by
        every = self._rules.values()
        self._words = {rule.name: (rule.code, rule.word) for rule in every if rule.word}
        self._looks = [(rule.code, rule.look) for rule in every if rule.look]
        self._dates = [(rule.code, rule.date) for rule in every if rule.date]

    def __getitem__(self, code: str) -> Rule:
        """The rule of a code."""
        return self._rules[code]

    def __iter__(self) -> Iterator[str]:
        """The codes, sorted."""
        return iter(self._rules)

    def __len__(self) -> int:
        """How many rules there are."""
        return len(self._rules)

    def __reduce__(self) -> str | tuple[Any, ...]:
        """Go to another process by name, or by what made it."""
        return self._made_by or "RULES"

    def meant(self, text: str) -> list[str]:
        """The codes that somebody means: a code, the beginning of codes, or the name of a rule.

        Raises:
            EctgraphError: no rule is meant; the message names the nearest.

        >>> RULES.meant("equivocation"), RULES.meant("ect30")[:2]
        (['ECT302'], ['ECT301', 'ECT302'])
        """
        wanted = text.strip()
        names = {rule.name: code for code, rule in self._rules.items()}
        if wanted.upper() in self._rules:
            return [wanted.upper()]
        if wanted.lower() in names:
            return [names[wanted.lower()]]
        found = [code for code in self._rules if wanted and code.startswith(wanted.upper())]
        if found:
            return found
        known = [*self._rules, *names]
        for form in (wanted.upper(), wanted.lower()):
            near = difflib.get_close_matches(form[:80], known, n=1)
            if near:
                break
        hint = f"; did you mean {near[0]}?" if near else "; `ectgraph rule --all` lists them"
        message = f"no rule has the code or name '{escape.terminal(wanted, 80)}'{hint}"
        raise EctgraphError(message)

    def judge(
        self,
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
        hits = [self._word(problem) for problem in problems] if problems else []
        if token is not None:
            policy = policy.of(token.wid)
            for code, look in self._looks:
                try:
                    found = look(token, policy)
                except Exception:  # noqa: BLE001  # whatever a rule does wrong, the reading goes on
                    hits.append((BROKEN, broken(code, format_exc())))
                else:
                    if found:
                        hits += [(code, hit) for hit in found]
            if recorded is not None:
                hits += self._judge_entry(token, recorded, policy)
        return tuple(hits) if hits else ()

    def _judge_entry(self, token: Token, recorded: float, policy: Policy) -> list[tuple[str, Hit]]:
        hits = []
        for code, date in self._dates:
            try:
                hit = date(token, recorded, policy)
            except Exception:  # noqa: BLE001
                hit, code = broken(code, format_exc()), BROKEN  # noqa: PLW2901
            if hit is not None:
                hits.append((code, hit))
        return hits

    def _word(self, problem: Problem) -> tuple[str, Hit]:
        code, word = self._words[problem.kind]
        try:
            return code, word(problem)
        except Exception:  # noqa: BLE001
            return BROKEN, broken(code, format_exc())


def _collect() -> Iterator[Rule]:
    taken: set[str] = set()
    for module in pkgutil.walk_packages(__path__, f"{__name__}."):
        rule = getattr(import_module(module.name), "check", None)
        if isinstance(rule, Rule):
            if rule.code in taken:
                message = f"{module.name}: the code {rule.code} is taken"
                raise ImportError(message)
            taken.add(rule.code)
            yield rule


RULES = Catalogue(_collect(), None)
"""All rules of ectgraph."""

judge = RULES.judge
