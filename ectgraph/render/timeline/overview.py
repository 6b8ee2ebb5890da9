"""Very many tasks -> counts by agent and stretch of time; where trouble is stays visible."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ectgraph.model import Finding, Severity
from ectgraph.render.timeline.moments import Moments

BINS = 40
"""Stretches that an axis is divided into."""
_CODES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The tasks of one lane that were issued within one stretch of time."""

    lane: int
    bin: int
    tasks: int
    unverified: int
    duplicates: int
    findings: tuple[tuple[str, int], ...]
    """(code, how many tasks have such findings), most first."""
    severity: Severity | None

    @property
    def codes(self) -> str:
        """The codes of its findings in words."""
        named = [f"{code} ×{number:,}" for code, number in self.findings[:_CODES]]
        more = len(self.findings) - len(named)
        return ", ".join([*named, *([f"and {more} more codes"] if more else [])])


def cells(moments: Moments, findings: Iterable[Finding]) -> list[Cell]:
    """Count tasks by lane and stretch, in that order; stretches without any have no cell."""
    coded: dict[str | None, set[str]] = {}
    for finding in findings:
        if not finding.ignored:
            coded.setdefault(finding.task, set()).add(finding.code)
    counts: dict[tuple[int, int], Counter[str]] = {}
    codes: dict[tuple[int, int], Counter[str]] = {}
    worst: dict[tuple[int, int], Severity] = {}
    start, length = moments.ruler.first, moments.ruler.length or 1
    for bar in moments.bars:
        at = int((moments.ruler.place(bar.iat) - start) / length * BINS)
        key = (bar.lane, min(max(at, 0), BINS - 1))
        count = counts.setdefault(key, Counter())
        count["tasks"] += 1
        count["unverified"] += not bar.verified
        count["duplicates"] += bar.duplicate
        if bar.severity is not None:
            codes.setdefault(key, Counter()).update(coded.get(bar.task, ()))
            worst[key] = max(worst.get(key, bar.severity), bar.severity, key=_rank)
    return [
        Cell(
            lane=key[0],
            bin=key[1],
            tasks=count["tasks"],
            unverified=count["unverified"],
            duplicates=count["duplicates"],
            findings=_most_first(codes.get(key, {})),
            severity=worst.get(key),
        )
        for key, count in sorted(counts.items())
    ]


def _rank(severity: Severity) -> int:
    return severity.rank


def _most_first(codes: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(codes.items(), key=lambda item: (-item[1], item[0])))


def abbreviated(number: int) -> str:
    """A count in at most four characters.

    >>> abbreviated(7), abbreviated(1234), abbreviated(12345), abbreviated(2_500_000)
    ('7', '1.2k', '12k', '2.5M')
    """
    for unit, size in (("M", 10**6), ("k", 10**3)):
        if number >= size:
            value = number / size
            return f"{value:.1f}{unit}" if value < 10 else f"{value:.0f}{unit}"
    return str(number)
