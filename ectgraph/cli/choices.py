"""What counts, how bad it is and what is known: by options of lint, or by settings alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ectgraph.cli.rule import complete_rule
from ectgraph.cli.settings import as_options
from ectgraph.errors import EctgraphError
from ectgraph.model import Basis, Severity

if TYPE_CHECKING:
    from ectgraph.baseline import Baseline
    from ectgraph.cli.options import Sources
    from ectgraph.policy import Policy

Select = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CODES", autocompletion=complete_rule, help="Only these rules count: ECT3,cycle."
    ),
]
ExtendSelect = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CODES", autocompletion=complete_rule, help="These count besides --select."
    ),
]
Ignore = Annotated[
    list[str] | None,
    typer.Option(metavar="CODES", autocompletion=complete_rule, help="These rules do not count."),
]
Graded = Annotated[
    list[str] | None,
    typer.Option(
        "--severity",
        metavar="CODE=LEVEL",
        autocompletion=complete_rule,
        help="Graded so: ECT502=note.",
    ),
]
Known = Annotated[
    Path | None,
    typer.Option("--baseline", metavar="FILE", help="Findings in it are known."),
]
LEVELS = [level for level in Severity if level is not Severity.FATAL]
"""Severities that somebody may give to a rule."""


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What a caller chooses, by options whose texts may hold several rules with commas between."""

    sources: Sources
    select: list[str] | None = None
    extend_select: list[str] | None = None
    ignore: list[str] | None = None
    severity: list[str] | None = None
    baseline: Path | None = None

    @classmethod
    def of_settings(cls, sources: Sources) -> Choices:
        """What the configuration chooses, for commands that have no options for it."""
        said = {} if sources.config is None else dict(as_options(sources.config.said(), None))
        names = {each.name for each in fields(cls)} - {"sources"}
        return cls(sources=sources, **{name: said[name] for name in names & said.keys()})

    @cached_property
    def known(self) -> Baseline | None:
        """The findings that are known."""
        from ectgraph.baseline import read  # noqa: PLC0415

        return None if self.baseline is None else read(self.baseline)

    def policy(self) -> Policy:
        """The policy, with the severities that are chosen."""
        rules = self.sources.rules
        if self.sources.config is not None:
            self.sources.config.check(rules)
        found: dict[str, Severity] = {}
        for part in _split(self.severity):
            name, _, level = part.partition("=")
            graded = level.strip().lower()
            if graded not in LEVELS:
                message = f"--severity {part!r}: write CODE=LEVEL, LEVEL being one of "
                raise EctgraphError(message + ", ".join(LEVELS))
            found |= dict.fromkeys(rules.meant(name), Severity(graded))
        return self.sources.choices(found)

    def marks(self) -> dict[str, Any]:
        """What `Case.lint` wants to know.

        Raises:
            EctgraphError: there is no such rule, no baseline to be read, or nothing left to count.

        """
        basis = list(self.sources.basis())
        if self.known is not None:
            basis.append(Basis("baseline", self.known.source, self.known.sha256))
        return {
            "select": self._selected(),
            "ignore": self._ignored(),
            "baseline": () if self.known is None else self.known.fingerprints,
            "basis": basis,
        }

    def _selected(self) -> list[str]:
        if self.extend_select and not self.select:
            message = (
                "--extend-select adds to --select, or to select of the configuration; there is "
                "neither"
            )
            raise EctgraphError(message)
        rules, ignored = self.sources.rules, self._ignored()
        selected = []
        for text in _split([*(self.select or ()), *(self.extend_select or ())]):
            codes = rules.meant(text)
            if ignored.keys() >= set(codes):
                raise EctgraphError(f"{text} is both selected and ignored")
            selected += codes
        return selected

    def _ignored(self) -> dict[str, str]:
        """Why each rule that is ignored is, as far as the configuration says so."""
        rules, config = self.sources.rules, self.sources.config
        reasons = {} if config is None else config.reasons(rules)
        codes = [code for text in _split(self.ignore) for code in rules.meant(text)]
        return {code: reasons.get(code, "") for code in codes}


def _split(given: Iterable[str] | None) -> Iterator[str]:
    for text in given or ():
        yield from (part.strip() for part in text.split(","))
