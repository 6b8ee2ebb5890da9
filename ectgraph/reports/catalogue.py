"""Catalogue -> lines for a terminal: one line for each rule, by family."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from rich.text import Text

from ectgraph import escape
from ectgraph.reports.text import STYLES
from ectgraph.rule import Rule
from ectgraph.rules import RULES


def headline(rule: Rule) -> str:
    """The first sentence of a rule's documentation, in one line.

    >>> headline(RULES["ECT406"])
    'More than 900 seconds lie between `iat` and `exp`.'
    """
    paragraph = " ".join(rule.doc.partition("\n\n")[0].split())
    end = paragraph.find(". ")
    return paragraph if end < 0 else paragraph[: end + 1]


def family(rule: Rule) -> str:
    """What a rule's folder says of itself; of a rule by others, whose it is.

    >>> family(RULES["ECT304"])
    'The graph: tasks, their parents, and how they hang together.'
    """
    if RULES.get(rule.code) is not rule:
        return f"Rules by {rule.origin}"
    function = rule.word or rule.look or rule.date or rule.compare or rule.check
    package = getattr(function, "__module__", "").rpartition(".")[0]
    return (sys.modules[package].__doc__ or "").strip()


def to_lines(rules: Iterable[Rule], width: int) -> Iterator[Text]:
    """A heading for each family, then a line for each of its rules, cut to a width."""
    families: dict[str, list[Rule]] = {}
    codes = names = 0
    for rule in rules:
        families.setdefault(family(rule), []).append(rule)
        codes, names = max(codes, len(rule.code)), max(names, len(rule.name))
    for title, some in families.items():
        yield Text(escape.terminal(title), "bold")
        for rule in some:
            line = Text(f"  {rule.code:{codes}}  ")
            line.append(f"{rule.severity:7}", STYLES[rule.severity])
            line.append(f"  {rule.name:{names}}  {escape.terminal(headline(rule))}")
            line.truncate(width, overflow="ellipsis")
            yield line
        yield Text()
    yield Text("ectgraph rule CODE tells what one of them means, and what to do about it.")
