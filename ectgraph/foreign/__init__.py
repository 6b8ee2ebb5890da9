"""Rules by others: files and installed distributions -> Catalogue, next to ectgraph's own.

A rule of somebody else is code, and runs as such; so it is taken only from a file that the caller
names, or from a distribution that somebody installed (`offers`). It must have its papers in order
(`papers`), and what it says is looked at before anybody builds on it (`answers`). How to write
one: docs/rules-of-your-own.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from os import PathLike

from ectgraph.foreign.offers import File, of_distributions, of_file, read
from ectgraph.foreign.papers import take
from ectgraph.model import Basis
from ectgraph.rules import RULES, Catalogue

__all__ = ["basis", "load"]


class _Extended(Catalogue):
    """ectgraph's rules and those of others, and where these come from."""

    def __init__(self, files: tuple[File, ...], installed: bool) -> None:  # noqa: FBT001  # pickle
        found = list(of_distributions()) if installed else []
        self.basis = tuple(
            [Basis("rules", origin) for origin in dict.fromkeys(origin for origin, _ in found)]
            + [Basis("rules", file.name, sha256(file.source).hexdigest()) for file in files]
        )
        offers = [*found, *(offer for file in files for offer in of_file(file))]
        super().__init__([*RULES.values(), *take(offers)], (_Extended, (files, installed)))


def load(files: Sequence[str | PathLike[str]] = (), *, installed: bool = True) -> Catalogue:
    """The rules of ectgraph, those of installed distributions, and those of some files.

    A file is read once: worker processes get these bytes, and they are what `basis` digests.

    Args:
        files: Python files; every rule at the top level of one counts. The same file twice is one.
        installed: whether rules of distributions count: those of the entry points `ectgraph.rules`.

    Raises:
        EctgraphError: rules cannot be had, or one of them cannot be taken; it says whose, and why.

    >>> load(installed=False) is RULES
    True

    """
    different: dict[str, File] = {}
    for file in map(read, files):
        different.setdefault(file.path, file)
    catalogue = _Extended(tuple(different.values()), installed)
    return catalogue if len(catalogue) > len(RULES) else RULES


def basis(rules: Catalogue) -> tuple[Basis, ...]:
    """What a catalogue was loaded from: distributions, and files with their digests.

    >>> basis(RULES)
    ()
    """
    return rules.basis if isinstance(rules, _Extended) else ()
